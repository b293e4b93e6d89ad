"""What models take from the environment besides keys: query values of their addresses, and proxies.

It is checked before a run has a directory, also where no model is asked: nothing here imports an HTTP client.
"""

import ipaddress
import os
from collections.abc import Iterable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from apigen.errors import UserError
from apigen.model_config import ModelConfig

_PORTS = {"http": 80, "https": 443}
_NO_HOST = frozenset(' \t\r\n"<>\\^`{|}')
"""Characters that no host has."""


def require_environment(configs: Iterable[ModelConfig]) -> None:
    """Check that the environment has what models need, before anything is written or asked.

    Args:
        configs: language models, with resolved ``base_url``.

    Raises:
        UserError: a variable has no value, or names a proxy that cannot be used.
    """
    for config in configs:
        query_values(config)
        proxy_for(config.base_url or "")


def query_values(config: ModelConfig) -> dict[str, str]:
    """A model's ``query``, filled in.

    Raises:
        UserError: the environment lacks a variable.
    """
    taken = dict(config.query)
    for name, variable in config.query_variables().items():
        value = os.environ.get(variable, "").strip()
        if not value:
            where = f"{config.name}: query.{name}"
            raise UserError(f"{where}: the environment variable {variable} is not set; set it")
        taken[name] = value
    return taken


def proxy_for(address: str) -> str | None:
    """The proxy that the environment names for an address, none for those of this machine and those in ``NO_PROXY``.

    Looked up once for each endpoint: aiohttp's ``trust_env`` would do so in a thread for each request, and would send
    passwords of ``.netrc`` as well.

    Raises:
        UserError: what it names is not an HTTP proxy.
    """
    parts = urlsplit(address)
    host, scheme, proxies = parts.hostname, parts.scheme, getproxies()
    kind = scheme if proxies.get(scheme) else "all"
    found = proxies.get(kind, "").strip()
    if not found or not host or _is_here(host) or _is_exempt(host, parts.port or _PORTS[scheme]):
        return None
    # curl and others take HOST:PORT as well.
    found = found if "://" in found else f"http://{found}"
    variable = f"{kind.upper()}_PROXY"
    which = f"{variable}, the environment's proxy for {'all' if kind == 'all' else scheme} addresses,"
    fix = f"set {variable}=http://HOST:PORT, or add {host} to NO_PROXY to connect directly"
    try:
        proxy = urlsplit(found)
        place, behind = proxy.hostname or "", f":{proxy.port}" if proxy.port else ""
    except ValueError:  # whose words repeat pieces
        place, behind, proxy = "", "", urlsplit("")
    # Of a password that is not quoted, the rest may stand where a path does.
    if not place or _NO_HOST & set(place) or "@" in proxy.path + proxy.query + proxy.fragment:
        raise UserError(f"{which} is not a valid address: {fix}")
    if proxy.scheme not in _PORTS:
        raise UserError(f"{which} is {proxy.scheme}://{place}{behind}, which is not an HTTP proxy: {fix}")
    return found


def _is_here(host: str) -> bool:
    """Whether a host is this machine, which a proxy would look for at its own place."""
    name = host.rstrip(".")
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _is_exempt(host: str, port: int) -> bool:
    hosts = (host, f"[{host}]") if ":" in host else (host,)
    return any(proxy_bypass(each) or proxy_bypass(f"{each}:{port}") for each in hosts)
