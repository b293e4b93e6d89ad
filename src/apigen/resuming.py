"""What may change between the sessions of a run, and what must not.

A run is started with a configuration, a library and seeds. Settings that only affect how fast or how far it goes may
change freely. Verification settings may change too; existing candidates are then re-verified. Settings that affect what
the writer is asked must stay, since resuming with others would mix two runs in one dataset.
"""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec
import pydantic
from msgspec import UNSET, UnsetType

from apigen.config import Config, decides_executions, is_verification
from apigen.errors import UserError
from apigen.library.catalogue import Library
from apigen.model_config import one_by_name
from apigen.records import Json
from apigen.rundir import ATTEMPTS, CONFIG, MANIFEST, read_config, read_library, read_manifest

_VERIFICATION = "judges, judging, grounding, execution, remote.private and grants"


class Change(msgspec.Struct, frozen=True):
    """A configuration key that changed; a value is unset where the key was not, or is not, set."""

    key: str
    before: Json | UnsetType = UNSET
    now: Json | UnsetType = UNSET

    def __str__(self) -> str:
        was, is_now = ("not set" if value is UNSET else repr(value) for value in (self.before, self.now))
        return f"{self.key}: {was} before, {is_now} now"


def changes(before: Config, now: Config) -> tuple[Change, ...]:
    """The keys that differ between two configurations and matter, in their order."""
    old, new = before.deciding(), now.deciding()
    return tuple(
        Change(key, old.get(key, UNSET), new.get(key, UNSET))
        for key in sorted(old.keys() | new.keys())
        if old.get(key, UNSET) != new.get(key, UNSET)
    )


def in_words(changed: Sequence[Change], before: Config, now: Config) -> list[str]:
    """Changes for people: where other models write or judge, their names instead of every key of each.

    Args:
        changed: between the two configurations.
        before: the one that the run was started, or last verified, with.
        now: the one to resume with.
    """
    words, dropped = list[str](), set[str]()
    for section in ("models", "judges"):
        old, new = (one_by_name(getattr(config, section), weighed=False) for config in (before, now))
        names = [[model.name for model in models] for models in (old, new)]
        if names[0] != names[1]:
            words.append(f"{section}: {', '.join(names[0])} before; {', '.join(names[1])} now")
            pairs = enumerate(zip_longest(*names))
            dropped |= {f"{section}.{number}." for number, (was, is_now) in pairs if was != is_now}
    return words + [str(change) for change in changed if not change.key.startswith(tuple(dropped))]


def keeps_executions(changed: tuple[Change, ...]) -> bool:
    """Whether the results of calls made before these changes still count."""
    return not any(decides_executions(change.key) for change in changed)


def changed_verification(path: Path, now: Config, library: Library) -> tuple[Change, ...]:
    """The verification settings that changed since a run's candidates were last verified.

    Args:
        path: the run directory.
        now: the configuration to resume with.
        library: the tools and seeds to resume with.

    Returns:
        The changed keys; none where the candidates need not be re-verified.

    Raises:
        UserError: something that affects what the writer is asked has changed: tools, seeds or such a key.
    """
    written = read_config(path)
    _require_same_tools(path, library)
    begun = (path / MANIFEST).is_file() or (path / ATTEMPTS).is_file()  # else nothing is there that could be mixed
    started_with = _started_with(path, library) if begun else written
    edited = _not_allowed(started_with, written)
    if edited:
        raise UserError(
            f"{path / CONFIG}: was edited after the run was started; {edited}. Of the settings that affect the data "
            f"only verification may change: {_VERIFICATION}. Restore the rest, or start a new run with another --out"
        )
    other = _not_allowed(started_with, now)
    if other:
        raise UserError(
            f"{path}: was started with another configuration; {other}. Of the settings that affect the data only "
            f"verification may change: {_VERIFICATION}. Drop the rest, or start a new run with another --out"
        )
    return changes(started_with, now) if (path / ATTEMPTS).is_file() else ()


def _not_allowed(before: Config, now: Config) -> str:
    """What has changed that must not, in words."""
    refused = [change for change in changes(before, now) if not is_verification(change.key)]
    # Judges may change, so only the names of writers are of interest here.
    return "; ".join(in_words(refused, before, now.model_copy(update={"judges": before.judges})))


def _require_same_tools(path: Path, library: Library) -> None:
    old = {tool.name: tool for tool in read_library(path)}
    new = library.by_name()
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if changed:
        raise UserError(
            f"{path}: the library has changed since the run was started ({', '.join(changed[:5])}"
            f"{', ...' if len(changed) > 5 else ''}); restore it, or start a new run with another --out"
        )


def verified_with(path: Path) -> Config:
    """The configuration that a run's candidates were last verified with.

    Raises:
        UserError: the manifest cannot be read.
    """
    try:
        return Config.model_validate(read_manifest(path)["config"])
    except pydantic.ValidationError:
        raise UserError(f"{path / MANIFEST}: was edited and can no longer be read; restore it") from None


def _started_with(path: Path, library: Library) -> Config:
    """The same; seeds are compared in passing."""
    config = verified_with(path)
    try:
        digest = read_manifest(path)["library"]["digest"]
    except (KeyError, TypeError):
        raise UserError(f"{path / MANIFEST}: was edited and can no longer be read; restore it") from None
    if digest != library.digest():
        raise UserError(
            f"{path}: the seed examples have changed since the run was started; restore them, or start a new run "
            "with another --out"
        )
    return config
