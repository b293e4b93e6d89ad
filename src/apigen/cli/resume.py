"""``apigen run --resume``: what the run goes on with, and verifying again what is there where that has changed."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import SpinnerColumn, TextColumn

from apigen import rundir
from apigen.cli.live_bar import LiveBar
from apigen.config import Config, load_config
from apigen.report.words import outcome_changes
from apigen.reverify.run import Survey, Wanted, adopt, carry_out, survey

_NAMED = 6
"""Changed keys that are named in a line."""


def resumed_config(
    out: Path, config: Path | None, overrides: Mapping[str, Any], base_url: str | None, *, batch: bool = False
) -> Config:
    """The configuration that the run was started with, or that its file was edited to, with what was given over it.

    What may not change is refused later, with the keys, by ``resuming.changed_verification``.
    """
    before = rundir.read_config(out)
    given = {key: value for key, value in overrides.items() if value is not None}
    if config is not None:
        written = load_config(config, given).model_dump(mode="json", exclude_unset=True)
        given = {**written, **given}
    merged = _laid_over(
        before.model_dump(mode="json"), load_config(None, given).model_dump(mode="json", exclude_unset=True)
    )
    if base_url is not None:
        for model in (*merged["models"], *merged["judges"]):
            if model["name"].startswith("openai/"):
                model["base_url"] = base_url
    return load_config(None, merged).resolved(base_url=base_url or _common_address(before), batch=batch)


def _common_address(config: Config) -> str | None:
    """Where all language models of a run are, so that one that is new need not be told it again."""
    models = [model for model in (*config.models, *config.judges) if model.name.startswith("openai/")]
    addresses = {model.base_url for model in models}
    return addresses.pop() if len(addresses) == 1 else None


def _laid_over(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with some of them replaced; a model that is only named keeps its address."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            merged[key] = _laid_over(below, value)
        elif isinstance(below, list) and isinstance(value, list | tuple):
            named = {item["name"]: item for item in below if isinstance(item, dict) and "name" in item}
            merged[key] = [
                _laid_over(named.get(item.get("name"), {}), item) if isinstance(item, Mapping) else item
                for item in value
            ]
        else:
            merged[key] = value
    return merged


def verified_again(wanted: Wanted, console: Console) -> bool:
    """Verify again what a run wrote, saying before what is used again and what is asked anew.

    Returns:
        Whether it was done; Ctrl-C ends it, and then everything is as it was.
    """
    found = show_survey(wanted, console, stage=True)
    if found.is_complete:
        result: Survey | None = found
    else:
        with _Counting(console) as counting:
            result = asyncio.run(carry_out(wanted, counting.at, lambda line: _say(console, line)))
    if result is None:
        return False
    adopt(wanted, result)
    count, left = wanted.config.count, min(result.samples, wanted.config.count)
    then = "and no more are wanted" if left >= count else f"going on to {count:,}"
    _say(console, f"verified again: {outcome_changes(result.changed)}; {left:,} samples, {then}")
    return True


def show_survey(wanted: Wanted, console: Console, *, stage: bool) -> Survey:
    """Find out what a re-verification uses again, executes again and asks anew, and say that.

    Args:
        wanted: what is verified, and how.
        console: where it is said.
        stage: as for :func:`apigen.reverify.run.survey`.
    """
    keys = [str(change) for change in wanted.changes]
    more = f"; and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    _say(console, f"what was written is verified again: {'; '.join(keys[:_NAMED])}{more}")
    with _Counting(console) as counting:
        found = asyncio.run(survey(wanted, counting.at, stage=stage))
    asked = ", ".join(f"{name} about {candidates:,} candidates" for name, candidates in found.ask.items())
    again = f"; executed again: the calls of {found.execute:,} candidates, judged after that" if found.execute else ""
    _say(
        console,
        f"{found.completions:,} completions, {found.candidates:,} candidates, {found.executions:,} executions kept"
        f"{again}; judges asked anew: {asked or 'none'}",
    )
    return found


class _Counting(LiveBar):
    """Shows how many candidates were verified."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, (SpinnerColumn(), TextColumn("{task.fields[line]}")), line="reading what is there")

    def at(self, candidates: int) -> None:
        """Show how far it is."""
        line = f"{candidates:,} candidates verified again"
        self.show(line, line=line)


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)
