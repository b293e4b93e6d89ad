"""Grants: files, hosts and environment variables that tools may use beyond the sandbox's default.

The configuration says it by tools' names; here it becomes one :class:`Grant` for each tool. Tools whose grants differ
never share a sandbox process, so that none gains from its neighbour. Values of variables stay in memory.
"""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from apigen.config import GrantConfig
from apigen.errors import UserError
from apigen.execute.sandbox.isolation import Isolation
from apigen.execute.sandbox.launch import Sight
from apigen.execute.secrets import SHORTEST, Secrets
from apigen.toolspecs.names import snake_case

_EVERYTHING = ("/", "/proc", "/sys", "/dev")
"""Folders through which one sees other processes or the whole machine; single files in them may be granted."""
_LONGEST_SOURCE = 1 << 22
_NAME = re.compile(r"[A-Za-z_]\w*")


class Grant(msgspec.Struct, frozen=True):
    """What one tool may do beyond the walls; tools with equal ones may share a sandbox process."""

    read: tuple[str, ...] = ()
    """Absolute paths of folders and files."""
    hosts: tuple[str, ...] = ()
    """``HOST:PORT``."""
    variables: tuple[str, ...] = ()
    """Names of environment variables."""

    @property
    def is_empty(self) -> bool:
        """Whether it grants nothing."""
        return not (self.read or self.hosts or self.variables)

    def sentence(self) -> str:
        """What it grants, for people."""
        parts = (("read", self.read), ("connect to", self.hosts), ("see", tuple(f"${name}" for name in self.variables)))
        return "; ".join(f"{verb} {', '.join(what)}" for verb, what in parts if what)


class Granted(msgspec.Struct, frozen=True):
    """A grant with the tools that have it, as the manifest records it."""

    tools: tuple[str, ...]
    read: tuple[str, ...]
    hosts: tuple[str, ...]
    variables: tuple[str, ...]


class Grants:
    """All grants of a run, with the values of the variables that they name."""

    def __init__(self, rules: Sequence[GrantConfig] = (), values: Mapping[str, str] | None = None) -> None:
        """Put together what :func:`read_grants` has checked.

        Args:
            rules: as the configuration has them, with absolute paths.
            values: of the variables, by name.
        """
        self._rules = tuple(rules)
        self._values = dict(values or {})
        self.secrets = Secrets(self._values)

    def of(self, tool: str) -> Grant:
        """What a tool of that name may do: all that any rule grants it."""
        return self._union([rule for rule in self._rules if _matches(rule, (tool,))])

    def of_source(self, file: Path | None, *, methods: bool = False) -> Grant:
        """What importing a module may do: all that any of its tools may.

        Its tools are known only once it has been imported, so each name that stands in its file counts. That gives
        it nothing that it could not have by defining a function of that name.

        Args:
            file: its source; ``None`` where there is none to look at, and then only what all tools may do counts.
            methods: whether its tools are methods, whose names are put together from those of a class and a method.
        """
        names: set[str] = set()
        if file is not None and any(rule.tools != ("*",) for rule in self._rules):
            try:
                with file.open("rb") as source:
                    names = set(_NAME.findall(source.read(_LONGEST_SOURCE).decode("utf-8", "replace")))
            except OSError:
                names = set()
        if methods:
            stems = {snake_case(name) for name in names if not name.islower()}
            names = {f"{stem}_{name}" for stem in stems for name in names}
        return self._union([rule for rule in self._rules if _matches(rule, names)])

    def sight(self, grant: Grant) -> Sight:
        """A grant as a sandbox process is told it, with the values of its variables."""
        return Sight((), grant.read, grant.hosts, {name: self._values[name] for name in grant.variables})

    def granted(self, tools: Iterable[str]) -> tuple[Granted, ...]:
        """What is granted to which of these tools, in the order of the tools; none for those without a grant."""
        by_grant: dict[Grant, list[str]] = {}
        for tool in tools:
            grant = self.of(tool)
            if not grant.is_empty:
                by_grant.setdefault(grant, []).append(tool)
        return tuple(Granted(tuple(names), *msgspec.structs.astuple(grant)) for grant, names in by_grant.items())

    def require_used(self, tools: Sequence[str]) -> None:
        """Refuse a grant that no tool has.

        Raises:
            UserError: a rule matches none of these tools.
        """
        for number, rule in enumerate(self._rules):
            for pattern in rule.tools:
                if not fnmatch.filter(tools, pattern):
                    some = ", ".join(tools[:3])
                    raise UserError(f"grants.{number}.tools: {pattern!r} matches no tool; the library has {some}, ...")

    def _union(self, rules: Sequence[GrantConfig]) -> Grant:
        return Grant(
            tuple(sorted({path for rule in rules for path in rule.read})),
            tuple(sorted({host for rule in rules for host in rule.hosts})),
            tuple(sorted({name for rule in rules for name in rule.variables})),
        )


NO_GRANTS = Grants()


def read_grants(rules: Sequence[GrantConfig], environment: Mapping[str, str]) -> Grants:
    """Check grants against this machine and take up the values of their variables.

    Args:
        rules: as the configuration has them, with absolute paths.
        environment: of the run, such as ``os.environ``.

    Raises:
        UserError: a path does not exist or would open too much, a variable is not set or too short to be kept secret.
    """
    values: dict[str, str] = {}
    for number, rule in enumerate(rules):
        for path in rule.read:
            if not Path(path).exists():
                raise UserError(f"grants.{number}.read: {path} does not exist; name an existing folder or file")
            if str(Path(path).resolve()) in _EVERYTHING:
                raise UserError(
                    f"grants.{number}.read: {path} would expose the whole machine; "
                    "name the files or folders that are needed in it"
                )
        for name in rule.variables:
            value = environment.get(name)
            if value is None:
                raise UserError(f"grants.{number}.variables: ${name} is not set; set it, or remove it from the grant")
            if len(value) < SHORTEST:
                raise UserError(
                    f"grants.{number}.variables: the value of ${name} has fewer than {SHORTEST} characters, too few to "
                    "be recognised and redacted from the dataset; put values that are not secret into the code"
                )
            values[name] = value
    return Grants(rules, values)


def unenforced(granted: Sequence[Granted], isolation: Isolation) -> str:
    """Why this machine cannot hold tools to their grants, in a sentence; empty where it can, or none is given."""
    layers = " ".join(isolation.layers)
    open_ = [
        what
        for what, wall in (("read any file", "Landlock"), ("reach any host", "seccomp"))
        if wall not in layers and not (wall == "seccomp" and "network namespace" in layers)
    ]
    if not granted or not open_:
        return ""
    return f"grants are not enforced on this machine: every tool can {' and '.join(open_)}"


def _matches(rule: GrantConfig, names: Iterable[str]) -> bool:
    return any(pattern == "*" or fnmatch.filter(names, pattern) for pattern in rule.tools)
