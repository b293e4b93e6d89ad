"""Which attempt is which line of the ledger: requests are drawn again, as for a resumed run, to know their keys."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from apigen import rundir
from apigen.generate.prompts import generation_messages
from apigen.library.catalogue import load_library
from apigen.models.base import Options
from apigen.models.simulated.ledger import Entry, request_key
from apigen.records import Attempt, Request
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import Lesson, SamplingState


class Joined(NamedTuple):
    """One pair that was written, with what became of it."""

    entry: Entry | None
    """``None`` where the writer wrote no pair at all."""
    attempt: Attempt | None
    """``None`` where the reader found no such pair in the completion."""


def read_ledger(path: Path) -> dict[str, list[Entry]]:
    """The entries of each request, in order; a request that was asked twice has them once."""
    decoder = msgspec.json.Decoder(Entry)
    found: dict[str, dict[int, Entry]] = {}
    with path.open("rb") as file:
        for line in file:
            entry = decoder.decode(line)
            found.setdefault(entry.request, {})[entry.pair] = entry
    return {key: [entries[pair] for pair in sorted(entries)] for key, entries in found.items()}


def joined(run: Path, ledger: dict[str, list[Entry]]) -> Iterator[Joined]:
    """Every pair of a run, in its order."""
    decoder = msgspec.json.Decoder(Attempt)
    with (run / "attempts.jsonl").open("rb") as file:
        attempts = [decoder.decode(line) for line in file]
    by_request = [tuple(group) for _, group in itertools.groupby(attempts, key=lambda attempt: attempt.request)]
    if by_request and not by_request[-1][-1].last:
        by_request.pop()  # cut off by the end of the run
    for request, group in zip(_requests(run, by_request), by_request, strict=False):
        key = request_key(generation_messages(request, thought=True), Options(seed=request.seed))
        yield from _paired(ledger.get(key, []), group)


def _requests(run: Path, attempts: Sequence[Sequence[Attempt]]) -> Iterator[Request]:
    """The requests of a run, drawn again from what its rounds taught."""
    config = rundir.read_config(run)
    library = load_library(config.library, config.seeds)
    sampler, state = Sampler(library.tools, config), SamplingState(library.seeds)
    size = config.rounds.requests
    assert size is not None
    for number in itertools.count():
        learned = number - config.rounds.lag
        if learned >= 0:
            rows = attempts[learned * size : (learned + 1) * size]
            state.learn(Lesson.of(attempt for group in rows for attempt in group))
        yield from sampler.round(number, number * size, state)


def _paired(entries: Sequence[Entry], attempts: Sequence[Attempt]) -> Iterator[Joined]:
    if not entries:
        yield from (Joined(None, attempt) for attempt in attempts)
    elif len(entries) == len(attempts):
        yield from map(Joined, entries, attempts)
    else:
        yield from _by_query(entries, attempts)


def _by_query(entries: Sequence[Entry], attempts: Sequence[Attempt]) -> Iterator[Joined]:
    """The reader found more or fewer pairs than were written: those with the same query belong together.

    What is left of the attempts could not be read; it goes to the entries that are left, from the end.
    """
    left = list(attempts)
    found: dict[int, Attempt] = {}
    for entry in entries:
        same = next((attempt for attempt in left if attempt.query and attempt.query == _query(entry)), None)
        if same is not None:
            left.remove(same)
            found[entry.pair] = same
    for entry in reversed(entries):
        if left and entry.pair not in found:
            found[entry.pair] = left.pop()
    for entry in entries:
        yield Joined(entry, found.get(entry.pair))


def _query(entry: Entry) -> str:
    try:
        value = json.loads(entry.written)
    except ValueError:
        return ""
    said = value.get("query") if isinstance(value, dict) else None
    return said.strip() if isinstance(said, str) else ""
