"""Hand-written query/answer examples: one JSON object a line."""

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from apigen.errors import UserError
from apigen.records import Seed

_decoder = msgspec.json.Decoder(Seed)


def parse_seeds(text: str, where: str) -> list[Seed]:
    """Read seeds from JSONL text; blank lines are passed over.

    Raises:
        UserError: a line is no seed; the message names the line and the field.
    """
    seeds = []
    for number, line in enumerate(text.split("\n"), 1):  # a query may hold U+2028
        if not line.strip():
            continue
        try:
            seed = _decoder.decode(line)
        except msgspec.MsgspecError as error:
            form = '{"query": ..., "calls": [{"name": ..., "arguments": {...}}]}'
            raise UserError(f"{where} line {number}: {error}; a seed looks like {form}") from None
        if not seed.query.strip() or not seed.calls:
            raise UserError(f"{where} line {number}: a seed needs a query and at least one call")
        seeds.append(seed)
    return seeds


NOTHING: Mapping[str, str] = MappingProxyType({})


def read_seeds(path: Path, tool_names: Collection[str], left_out: Mapping[str, str] = NOTHING) -> list[Seed]:
    """Read a user's seed file and hold it to the tools of the library.

    Args:
        path: the file.
        tool_names: what the library has.
        left_out: why other tools of its sources are not in it, by name.

    Raises:
        UserError: the file cannot be read, a line is no seed, or a seed calls a tool that the library does not have.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such seed file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text: {error}") from None
    seeds = parse_seeds(text, str(path))
    for seed in seeds:
        for name in sorted(seed.tool_names - set(tool_names)):
            if name in left_out:
                raise UserError(
                    f"{path}: the seed {seed.query[:60]!r} calls {name!r}, which was not loaded: {left_out[name]}"
                )
            near = difflib.get_close_matches(name, tool_names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; `apigen library list` lists the tools"
            raise UserError(f"{path}: the seed {seed.query[:60]!r} calls {name!r}, which is not in the library{hint}")
    return seeds
