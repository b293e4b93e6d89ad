"""What may change between the sessions of a run, and what must not.

A run is started with a configuration, a library and seeds. What only decides how fast or how far it goes may change
freely; what decides how candidates are verified may change too, and then those that are there are verified again; what
decides what is asked of the writer must stay, since going on would mix two runs in one dataset.
"""

from pathlib import Path

import msgspec
import pydantic
from msgspec import UNSET, UnsetType

from apigen.config import Config, decides_executions, is_verification
from apigen.errors import UserError
from apigen.library.catalogue import Library
from apigen.records import Json
from apigen.rundir import ATTEMPTS, CONFIG, MANIFEST, read_config, read_library, read_manifest

_VERIFICATION = "judges, judging, grounding, execution, remote.private and grants"


class Change(msgspec.Struct, frozen=True):
    """A key of the configuration that was changed; a value is left out where the key was not, or is not, set."""

    key: str
    before: Json | UnsetType = UNSET
    now: Json | UnsetType = UNSET

    def __str__(self) -> str:
        was, is_now = ("not set" if value is UNSET else repr(value) for value in (self.before, self.now))
        return f"{self.key}: {was} then, {is_now} now"


def changes(before: Config, now: Config) -> tuple[Change, ...]:
    """The keys that differ between two configurations and matter, in their order."""
    old, new = before.deciding(), now.deciding()
    return tuple(
        Change(key, old.get(key, UNSET), new.get(key, UNSET))
        for key in sorted(old.keys() | new.keys())
        if old.get(key, UNSET) != new.get(key, UNSET)
    )


def keeps_executions(changed: tuple[Change, ...]) -> bool:
    """Whether what calls did before these changes still counts."""
    return not any(decides_executions(change.key) for change in changed)


def changed_verification(path: Path, now: Config, library: Library) -> tuple[Change, ...]:
    """What the verification of a run's candidates lacks to be that of a configuration.

    Args:
        path: the run directory.
        now: the configuration to go on with.
        library: the tools and seeds to go on with.

    Returns:
        The changed keys; none where the candidates need not be verified again.

    Raises:
        UserError: what decides what is asked of the writer has changed: tools, seeds or such a key.
    """
    written = read_config(path)
    _require_same_tools(path, library)
    begun = (path / MANIFEST).is_file() or (path / ATTEMPTS).is_file()  # else nothing is there that could be mixed
    started_with = _started_with(path, library) if begun else written
    edited = _not_allowed(changes(started_with, written))
    if edited:
        raise UserError(
            f"{path / CONFIG}: was edited after the run was started; {edited}. Of what decides the data only the "
            f"verification may change: {_VERIFICATION}. Restore the rest, or start a new run with another --out"
        )
    changed = changes(started_with, now)
    other = _not_allowed(changed)
    if other:
        raise UserError(
            f"{path}: was started with another configuration; {other}. Of what decides the data only the "
            f"verification may change: {_VERIFICATION}. Resume without the rest, or start a new run with another --out"
        )
    return changed if (path / ATTEMPTS).is_file() else ()


def _not_allowed(changed: tuple[Change, ...]) -> str:
    return "; ".join(str(change) for change in changed if not is_verification(change.key))


def _require_same_tools(path: Path, library: Library) -> None:
    old = {tool.name: tool for tool in read_library(path)}
    new = library.by_name()
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if changed:
        raise UserError(
            f"{path}: the library has changed since the run was started ({', '.join(changed[:5])}"
            f"{', ...' if len(changed) > 5 else ''}); restore it, or start a new run with another --out"
        )


def _started_with(path: Path, library: Library) -> Config:
    """The configuration that a run's candidates were last verified with; seeds are compared in passing."""
    manifest = read_manifest(path)
    try:
        config = Config.model_validate(manifest["config"])
        digest = manifest["library"]["digest"]
    except (pydantic.ValidationError, KeyError, TypeError):
        raise UserError(f"{path / MANIFEST}: was edited and cannot be read any more; restore it") from None
    if digest != library.digest():
        raise UserError(
            f"{path}: the seed examples have changed since the run was started; restore them, or start a new run "
            "with another --out"
        )
    return config
