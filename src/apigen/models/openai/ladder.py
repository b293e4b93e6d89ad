"""Which way of asking for a form an endpoint is asked in: tried once, remembered, and left where it fails.

The ways are the rungs of a ladder (:mod:`.rungs`). Before the first answer that is to have a form, each rung is tried
from the top, until one is seen to hold. A request that the endpoint refuses for its form falls a rung, and a rung that
so fails again and again is left for good.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, Protocol

import msgspec

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.models.openai import probe
from apigen.models.openai.dialect import dropped
from apigen.models.openai.probe import Finding, Probe
from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.rungs import RUNGS, TEXT, Rung
from apigen.records import Completion

FAILURES = 5
"""Requests in a row that must have fallen from a rung before it is left."""

_log = logging.getLogger(__name__)

Ask = Callable[[Rung], Awaitable[Completion]]


class Structured(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the form of answers is enforced at one endpoint, as the manifest says."""

    rung: str
    """The way in which it is asked now, such as ``json_schema``; empty before the first request that has a form."""
    by: Literal["configuration", "probe", "nobody"]
    """Who chose it; ``nobody`` before it was."""
    probes: tuple[Probe, ...] = ()
    fell: dict[str, int] = {}
    """By rung, the requests that were refused there for their form and answered further down."""
    left: tuple[str, ...] = ()
    """Rungs that were given up for it."""
    changes: tuple[str, ...] = ()
    """What this endpoint takes otherwise than most, such as ``max_completion_tokens for max_tokens``."""


class Memory(Protocol):
    """Keeps what was learned about an endpoint for the next session, and what that cost."""

    def recall(self) -> bytes | None:
        """What was kept last."""
        ...

    def remember(self, facts: bytes) -> None:
        """Keep this in the place of what was there."""
        ...

    def paid(self, what: str, completion: Completion) -> None:
        """Enter an answer in the accounts that no role asked for."""
        ...


class Ladder:
    """Chooses the rung for each request to one endpoint.

    Args:
        wanted: ``auto``, or the name of the rung that the user chose.
        memory: what earlier sessions learned; ``None`` where nothing is kept.
        model: its name, for messages.
    """

    def __init__(self, wanted: str, memory: Memory | None = None, model: str = "the model") -> None:
        self._memory = memory
        self._model = model
        self._in_a_row: Counter[str] = Counter()
        self._probing = self._stopped = False
        self._probe_ended = asyncio.Event()
        """Set when the present probe ends, however it does, or nothing more is sent."""
        self._told = Structured("", "nobody") if wanted == "auto" else Structured(wanted, "configuration")
        with suppress(msgspec.MsgspecError):  # another version kept it otherwise; it is learned anew
            if memory and (kept := memory.recall()) is not None:
                self._told = msgspec.json.decode(kept, type=Structured)

    @property
    def told(self) -> Structured:
        """What there is to say about it by now."""
        return self._told

    def learn(self, names: tuple[str, ...]) -> None:
        """Keep what the endpoint takes otherwise than most."""
        if not set(names) <= set(self._told.changes):
            for parameter in dropped(set(names) - set(self._told.changes)):
                _log.warning("%s does not accept %s; its requests are sent without it", self._model, parameter)
            self._tell(changes=tuple(dict.fromkeys([*self._told.changes, *names])))

    async def top(self, ask: Ask) -> Rung:
        """The rung to begin with, found by trying before the first request; the others wait for that.

        Args:
            ask: sends the probe over a rung.

        Raises:
            ModelUnavailable: the server is down, or nothing more is sent.
            ModelRefused: the server refuses the probe in every way, also without a form.
        """
        while not self._told.rung:
            if self._stopped:
                raise ModelUnavailable("no more requests are sent, because the run is ending")
            if self._probing:
                await self._probe_ended.wait()
                continue
            self._probing = True
            try:
                await self._probe(ask)
            finally:
                self._probing = False
                self._release()
        return RUNGS[self._told.rung]

    def stop(self) -> None:
        """Whoever waits for a probe has sent nothing, and is told at once; the probe itself is the client's."""
        self._stopped = True
        self._release()

    def _release(self) -> None:
        self._probe_ended.set()
        self._probe_ended = asyncio.Event()

    async def _probe(self, ask: Ask) -> None:
        probes: list[Probe] = []
        for rung in (rung for rung in RUNGS.values() if rung is not TEXT):
            probes.append(await self._probed(rung, ask))
            if probes[-1].finding is Finding.ENFORCED:
                break
        if all(each.finding is Finding.REFUSED for each in probes):
            # Was it the form that was refused, or everything? If that, nothing was learned, and this raises.
            self._paid(TEXT, await ask(TEXT))
        found = {each.finding: each.rung for each in reversed(probes)}
        chosen = found.get(Finding.ENFORCED) or found.get(Finding.UNCLEAR) or TEXT.name
        self._tell(rung=chosen, by="probe", probes=tuple(probes))

    async def _probed(self, rung: Rung, ask: Ask) -> Probe:
        try:
            completion = await ask(rung)
        except ModelRefused as refused:
            return _refused(rung, refused)
        self._paid(rung, completion)
        return probe.judged(rung.name, completion)

    def unasked(self, problem: ModelUnavailable | ModelRefused) -> Rung:
        """Where requests go whose endpoint answers none by itself, so that nothing can be tried: to plain text."""
        if not self._told.rung:
            # Not for the next session: the endpoint may answer by then.
            probes = (_refused(TEXT, problem),)
            self._told = msgspec.structs.replace(self._told, rung=TEXT.name, by="probe", probes=probes)
        return RUNGS[self._told.rung]

    def _paid(self, rung: Rung, completion: Completion) -> None:
        if self._memory:
            self._memory.paid(rung.name, completion)

    def below(self, rung: Rung, refused: ModelRefused) -> Rung | None:
        """Where a request goes that was refused on a rung; ``None`` where it was not for its form."""
        if rung is TEXT or not isinstance(refused, BodyRefused) or not refused.about_form:
            return None
        names = list(RUNGS)
        unfit = {each.rung for each in self._told.probes if each.finding is Finding.REFUSED} | set(self._told.left)
        return next((RUNGS[name] for name in names[names.index(rung.name) + 1 :] if name not in unfit), TEXT)

    def answered(self, rung: Rung, fallen: tuple[Rung, ...]) -> None:
        """Take note of an answer.

        Args:
            rung: where it came.
            fallen: the rungs above, on which this request was refused.
        """
        self._in_a_row[rung.name] = 0
        if not fallen:
            return
        names = [each.name for each in fallen]
        self._in_a_row.update(names)
        fell = self._told.fell | {name: self._told.fell.get(name, 0) + 1 for name in names}
        given_up = [name for name in names if self._in_a_row[name] >= FAILURES and name not in self._told.left]
        left = (*self._told.left, *given_up)
        now = self._told.rung if self._told.rung not in left else rung.name
        self._tell(fell=fell, left=left, rung=now)

    def _tell(self, **changed: object) -> None:
        self._told = msgspec.structs.replace(self._told, **changed)
        if self._memory:
            self._memory.remember(msgspec.json.encode(self._told))


def _refused(rung: Rung, problem: ModelUnavailable | ModelRefused) -> Probe:
    said = problem.said if isinstance(problem, BodyRefused) else str(problem)
    return Probe(rung.name, Finding.REFUSED, probe.shortened(said))
