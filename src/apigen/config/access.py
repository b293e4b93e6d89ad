"""What tools may access: services, changes there, and what Python tools are granted beyond the sandbox."""

import fnmatch
import ipaddress
import re
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from apigen.sections import Section

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class RemoteConfig(Section):
    """How tools that are web services or MCP servers are reached. Python tools have `grants` instead."""

    writes: tuple[str, ...] = Field(
        default=(),
        description="Names or patterns of tools that may be called although they modify data; others are skipped.",
    )
    private: tuple[str, ...] = Field(
        default=(),
        description="Addresses on this machine or its private network that may be reached, each as `HOST:PORT`.",
    )
    timeout_s: float = Field(default=20.0, gt=0, le=3600, description="Timeout for one answer, in seconds.")
    retries: int = Field(default=2, ge=0, le=10, description="Retries of calls that can be repeated without harm.")
    per_host: int = Field(default=8, ge=1, le=1024, description="Concurrent calls to one host or server.")
    rate: float | None = Field(
        default=None, gt=0, description="Maximum calls per second to one host. Default: no limit."
    )

    @field_validator("writes", "private", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("private")
    @classmethod
    def _hosts_with_ports(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host_with_port(host, local=True) for host in hosts)

    def may_write(self, tool: str) -> bool:
        """Whether a tool of that name may be called although it modifies data."""
        return any(fnmatch.fnmatchcase(tool, pattern) for pattern in self.writes)


class GrantConfig(Section):
    """What some tools may do beyond the sandbox. Values of variables come from the environment."""

    tools: tuple[str, ...] = Field(
        default=("*",), min_length=1, description="Names of tools, or patterns such as `weather_*`."
    )
    read: tuple[str, ...] = Field(default=(), description="Folders and files that they may read.")
    hosts: tuple[str, ...] = Field(default=(), description="Hosts that they may connect to, each as `HOST:PORT`.")
    variables: tuple[str, ...] = Field(default=(), description="Names of environment variables that they may see.")

    @field_validator("tools", "read", "hosts", "variables", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("hosts")
    @classmethod
    def _hosts_with_ports(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host_with_port(host) for host in hosts)

    @field_validator("variables")
    @classmethod
    def _names_of_variables(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name.isidentifier():
                msg = f"{name!r} is not the name of a variable; write only the name here, never the value"
                raise ValueError(msg)
        return names

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.read or self.hosts or self.variables):
            msg = "it grants nothing: give `read`, `hosts` or `variables`"
            raise ValueError(msg)
        return self


def _host_with_port(text: str, *, local: bool = False) -> str:
    """A host and its port in one spelling, such as ``api.example.com:443`` or ``[2001:db8::1]:443``.

    Args:
        text: as the user wrote it.
        local: whether ``localhost`` is allowed.

    Raises:
        ValueError: it is not, or no grant can name it.
    """
    host, _, port = text.rpartition(":")
    if text != text.strip() or "/" in text or not host or not (port.isascii() and port.isdigit()):
        msg = f"{text!r} is not HOST:PORT; write it as `api.example.com:443`, without https:// and path"
        raise ValueError(msg)
    if not 0 < int(port) < 1 << 16:
        msg = f"{text!r} has no port between 1 and 65535"
        raise ValueError(msg)
    if host.startswith("["):
        host = f"[{ipaddress.IPv6Address(host[1:].removesuffix(']'))}]"
    elif not _HOST.fullmatch(host):
        msg = f"{text!r} is not a host: patterns are not supported, and IPv6 addresses need brackets"
        raise ValueError(msg)
    if host.lower().rstrip(".") == "localhost" and not local:
        msg = f"{text!r}: grant a private address by its number, `127.0.0.1:{port}` or `[::1]:{port}`"
        raise ValueError(msg)
    return f"{host.lower().rstrip('.')}:{int(port)}"
