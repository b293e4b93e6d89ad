"""``apigen run --resume``: the configuration to resume with, and re-verification where that has changed."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import SpinnerColumn, TextColumn

from apigen import rundir
from apigen.cli.live_bar import LiveBar
from apigen.config import Config, given_address, laid_over, load_config
from apigen.errors import UserError
from apigen.report.words import outcome_changes
from apigen.resuming import in_words, verified_with
from apigen.reverify.run import Survey, Wanted, adopt, carry_out, survey

_MODELS = ("models", "judges")
_OWN_KEY = {"api_key_env", "api_key_header", "query"}
_NAMED = 6
"""Changed keys listed in a line."""


def resumed_config(
    out: Path, config: Path | None, overrides: Mapping[str, Any], base_url: str | None, *, batch: bool = False
) -> Config:
    """The run's configuration, as started or edited, with the given file and options over it.

    Keys that must not change are refused later by ``resuming.changed_verification``.

    Raises:
        UserError: the file or an option is wrong, or it is unclear which models ``base_url`` moves.
    """
    base_url = given_address(base_url)
    before = rundir.read_config(out)
    given = {key: value for key, value in overrides.items() if value is not None}
    if config is not None:
        written = load_config(config, given).model_dump(mode="json", exclude_unset=True)
        given = {**written, **given}
    over = load_config(None, given).model_dump(mode="json", exclude_unset=True)
    base = before.model_dump(mode="json")
    default = default_address(before)
    merged = laid_over(base, over)
    merged |= {key: models_laid_over(base[key], over.get(key, base[key])) for key in _MODELS}
    if base_url is not None:
        named = {
            (model["name"], model["base_url"])
            for key in _MODELS
            for model in over.get(key, ())
            if model.get("base_url")
        }
        asked = [model for key in _MODELS for model in merged[key] if model["name"].startswith("openai/")]
        _move([model for model in asked if (model["name"], model.get("base_url")) not in named], default, base_url)
    return load_config(None, merged).resolved(base_url=base_url or default, batch=batch)


def default_address(config: Config) -> str | None:
    """The address of a run's language models that have none of their own, if it is unambiguous.

    It is the one address of all of them, or of those with the default key: a model with its own address usually has its
    own key.
    """
    models = [model for model in (*config.models, *config.judges) if model.name.startswith("openai/")]
    for some in (models, [model for model in models if not _OWN_KEY & model.model_dump(exclude_defaults=True).keys()]):
        addresses = {model.base_url for model in some}
        if len(addresses) == 1:
            return addresses.pop()
    return None


def _move(models: Sequence[dict[str, Any]], default: str | None, base_url: str) -> None:
    """Move models from the run's default address to another one.

    Args:
        models: those whose address was not just given; the address of those without one is filled in later.
        default: the address; ``None`` if it is ambiguous.
        base_url: the new one.
    """
    placed = [model for model in models if model.get("base_url")]
    addresses = sorted({model["base_url"] for model in placed})
    if default is None and len(addresses) == 1:
        default = addresses[0]  # all that can move are at one place
    if default is None and base_url in addresses:
        return  # as the run was started
    if default is None and placed and len(placed) == len(models):
        raise UserError(
            f"--base-url {base_url}: the run's models are at {', '.join(addresses)}, so it is unclear which of "
            "them to move; write the new address into the run's config.yaml"
        )
    for model in placed:
        if model["base_url"] == default:
            model["base_url"] = base_url


def models_laid_over(base: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries of models or judges merged over those of a run; keys that an entry lacks keep their values.

    Entries match by name and address, so that no API key reaches another host. The name alone is enough where it
    appears once in both lists, or where one unmatched entry of it is left in each and the given one has no address. A
    name with nothing else matches all its entries. An entry without a match is taken as given.
    """
    places = {(model["name"], model.get("base_url")): model for model in base}
    given_places = {(model["name"], model.get("base_url")) for model in given}
    merged: list[dict[str, Any]] = []
    for item in given:
        name, address = item["name"], item.get("base_url")
        same = [model for model in base if model["name"] == name]
        alone = sum(other["name"] == name for other in given) == 1
        left = [model for model in same if (name, model.get("base_url")) not in given_places]
        if alone and same and item.keys() == {"name"}:
            merged.extend(map(dict, same))
        elif (name, address) in places:
            merged.append(laid_over(places[name, address], item))
        elif (alone and len(same) == 1) or (address is None and len(left) == 1):
            merged.append(laid_over((left or same)[0], item))
        else:
            merged.append(dict(item))
    return merged


def verified_again(wanted: Wanted, console: Console) -> bool:
    """Re-verify the candidates of a run, reporting first what is reused and what is requested again.

    Returns:
        Whether it was done; if Ctrl-C ended it, the data is unchanged.
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
    then = "as many as wanted" if left >= count else f"continuing to {count:,}"
    _say(console, f"re-verified: {outcome_changes(result.changed)}; {left:,} samples, {then}")
    return True


def show_survey(wanted: Wanted, console: Console, *, stage: bool) -> Survey:
    """Find out and report what a re-verification reuses, executes again and requests again.

    Args:
        wanted: what to re-verify, and how.
        console: where to report it.
        stage: as for :func:`apigen.reverify.run.survey`.
    """
    keys = in_words(wanted.changes, verified_with(wanted.directory.path), wanted.config)
    more = f"; and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    _say(console, f"re-verifying existing candidates: {'; '.join(keys[:_NAMED])}{more}")
    with _Counting(console) as counting:
        found = asyncio.run(survey(wanted, counting.at, stage=stage))
    asked = ", ".join(f"{name} for {candidates:,} candidates" for name, candidates in found.ask.items())
    again = f"; re-executing the calls of {found.execute:,} candidates, then judging them" if found.execute else ""
    _say(
        console,
        f"{found.completions:,} completions, {found.candidates:,} candidates, {found.executions:,} executions reused"
        f"{again}; new judge requests: {asked or 'none'}",
    )
    return found


class _Counting(LiveBar):
    """Shows the number of verified candidates."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console,
            (SpinnerColumn(), TextColumn("{task.fields[line]}", markup=False)),
            line="reading candidates",
        )

    def at(self, candidates: int) -> None:
        """Show the progress."""
        line = f"{candidates:,} candidates re-verified"
        self.show(line, line=line)


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)
