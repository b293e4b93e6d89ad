"""A language model used through the batch protocol, with the same interface as any other model.

Requests that come close together go in one batch. ``complete`` waits for its own answer, which may take a day; a run
that ends before finds its batches again when it is resumed.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from apigen.errors import AnswersPending, ModelRefused, ModelUnavailable
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.base import EndpointFacts, Options
from apigen.models.batch.api import BatchApi, NotThere, TooLarge
from apigen.models.batch.book import BatchBook
from apigen.models.batch.courier import OUTAGE_S, Courier, Fetched
from apigen.models.batch.journal import Entry, Stage, owned_by
from apigen.models.batch.lines import Failure, request_files, request_line
from apigen.models.batch.speech import Speech, Wording
from apigen.models.openai.failures import TryAgain
from apigen.models.openai.refused import BodyRefused
from apigen.models.store import request_key
from apigen.records import Completion, Json, Message

FULL_QUEUE = frozenset({"token_limit_exceeded", "too_many_batches"})
"""Codes of a batch that failed because others are running: the same batch passes later."""


class _Asked:
    """A request that somebody waits for."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
        self.answer: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self.waiting = 0
        self.tries = 0


class BatchModel:
    """A model behind an endpoint that supports the batch protocol.

    Args:
        config: name, resolved ``base_url``, key, timeouts, retries, and ``batch``.
        speech: builds requests and reads answers.
        book: the batches of the run.
        role: what the model is used for; with its name, it identifies its batches.
        outage_s: how long the provider may be unreachable.
    """

    def __init__(
        self, config: ModelConfig, speech: Speech, book: BatchBook, role: str, *, outage_s: float = OUTAGE_S
    ) -> None:
        self._config = config
        self._batch = config.batch or BatchConfig()
        self._speech = speech
        self._book = book
        self._journal = book.journal
        self._owner = owned_by(role, config.name)
        self._url = config.base_url or ""
        self._api = BatchApi(config, self._batch)
        self._courier = Courier(self._api, book, self._batch, config.name, speech.read, outage_s=outage_s)
        self._asked: dict[str, _Asked] = {}
        self._gathered: list[str] = []
        self._gathering: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()
        self._most = self._batch.requests
        self._on_their_way: dict[int, asyncio.Task[None]] = {}
        self._working: set[int] = set()
        self._stuck: dict[int, Exception] = {}
        self._attached = False
        self._stopped = False
        book.ended_by(self._cancel)

    @property
    def locator(self) -> str:
        """``openai/NAME``."""
        return self._config.name

    @property
    def llm(self) -> bool:
        """A server with this protocol is assumed to serve a language model."""
        return True

    @property
    def extra(self) -> Mapping[str, Json]:
        """Parameters that the configuration adds to every request."""
        return self._config.extra

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer from a batch already fetched, or wait for the one that this request is in or joins now.

        Raises:
            ModelUnavailable: the provider is unreachable, refuses everything, or the batch was cancelled there.
            ModelRefused: the provider refuses this request.
            AnswersPending: the batch is running, and the run does not wait for it.
        """
        self._attach()
        key = self._key(messages, options)
        asked = self._asked.get(key)
        if asked is None:
            known = self._journal.find(key)
            if isinstance(known, Completion):
                return known
            if self._stopped:
                raise AnswersPending(f"no more requests are sent to {self._url}: the run is ending")
            asked = self._asked[key] = _Asked(self._speech.worded(messages, options))
            if known is None:
                self._gather([key])
            elif known not in self._on_their_way:
                self._forget(key, self._stuck.get(known) or self._elsewhere(known))
        asked.waiting += 1
        try:
            # Shielded, since several may wait for one answer, and one of them may be cancelled.
            return await asyncio.shield(asked.answer)
        finally:
            asked.waiting -= 1
            if not asked.waiting and self._asked.get(key) is asked:
                del self._asked[key]

    def _key(self, messages: Sequence[Message], options: Options) -> str:
        """The identity of a request, however its body is built, so that paid answers are found again."""
        return request_key(self._owner, self.locator, messages, options, self.extra).hex()

    def _elsewhere(self, number: int) -> ModelUnavailable:
        entry = self._journal.entry(number)
        requests = _counted(entry.requests, "request")
        if entry.batch_id:
            what = f"batch {entry.batch_id} with {requests} is running"
        else:
            what = f"a batch of {requests} may be running (metadata apigen={entry.tag})"
        return ModelUnavailable(
            f"{self.locator}: {what} at {entry.url}, but the model is now at {self._url}; restore its base_url until "
            "the batch is answered, or move batches.sqlite away to send it again"
        )

    def _attach(self) -> None:
        """Resume the batches that an earlier session left."""
        if self._attached:
            return
        self._attached = True
        for entry in self._journal.unfinished():
            if entry.owner != self._owner:
                continue
            if entry.stage in (Stage.MADE, Stage.UPLOADED):  # never created: sent again when needed
                self._courier.discard(entry)
            elif entry.url == self._url:
                self._start(entry, None)

    def _gather(self, keys: list[str]) -> None:
        """Let requests join the next batch."""
        self._gathered += keys
        self._joined.set()
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        """Send the gathered requests once no more join for a while, or they fill a batch."""
        with self._book.sending():
            while self._gathered:
                while len(self._gathered) < self._most:
                    self._joined.clear()
                    try:
                        await asyncio.wait_for(self._joined.wait(), self._batch.collect_s)
                    except TimeoutError:
                        break
                keys = list(dict.fromkeys(self._gathered))
                self._gathered.clear()
                try:
                    lines = [(key, await self._line(key, asked)) for key in keys if (asked := self._asked.get(key))]
                    # Those that nobody waits for any more need no answer.
                    wanted = (line for line in lines if line[0] in self._asked)
                    for part, file in request_files(wanted, self._most):
                        entry = self._journal.make(self._owner, self._url, secrets.token_hex(8), part)
                        self._start(entry, file)
                except Exception as error:  # noqa: BLE001 - such as a full disk: whoever waits must know
                    for key in keys:
                        self._forget(key, error)

    async def _line(self, key: str, asked: _Asked) -> bytes:
        return request_line(key, self._batch.endpoint, await asked.wording.body())

    def _start(self, entry: Entry, lines: IO[bytes] | None) -> None:
        self._on_their_way[entry.number] = asyncio.ensure_future(self._carry(entry, lines))

    async def _carry(self, entry: Entry, lines: IO[bytes] | None) -> None:
        """Take one batch to its end, and settle its requests."""
        keys = self._journal.keys(entry.number)
        try:
            await self._carried(entry, lines, keys)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must know
            self._stuck[entry.number] = error
            for key in keys:
                self._forget(key, error)
        finally:
            self._working.discard(entry.number)
            del self._on_their_way[entry.number]
            if lines is not None:
                lines.close()

    async def _carried(self, entry: Entry, lines: IO[bytes] | None, keys: list[str]) -> None:
        with self._book.sending():
            if lines is not None:
                try:
                    entry = await self._courier.submit(entry, lines)
                except TooLarge as error:
                    if len(keys) == 1:
                        raise ModelUnavailable(str(error)) from None
                    self._most = max(1, len(keys) // 2)
                    self._again(dict.fromkeys(keys, str(error)), counts=False)
                    return
                lines.close()
            elif entry.stage is Stage.IN_DOUBT:
                found = await self._courier.find(entry)
                if found is None:
                    self._courier.discard(entry)
                    self._again(dict.fromkeys(keys, "its batch was never created"), counts=False)
                    return
                entry = found
            self._working.add(entry.number)
            batch = await self._courier.look(entry)
        if not batch.final:
            if not self._book.wait:
                await self._book.all_sent(self._batch.collect_s)
                raise AnswersPending(f"{entry.batch_id} is still running at {self._url}")
            batch = await self._courier.ended(entry)
        with self._book.sending():
            fetched = await self._courier.fetch(entry, batch)
            self._working.discard(entry.number)
            await self._settle(entry, fetched)

    async def _settle(self, entry: Entry, fetched: Fetched) -> None:
        """Hand out the answers of a batch, and handle the requests that have none."""
        batch, missing, otherwise = fetched.batch, dict[str, str](), dict[str, str]()
        for key in fetched.keys:
            asked = self._asked.get(key)
            if asked is None:
                continue
            answer = self._journal.find(key)
            failure = fetched.failures.get(key, Failure(f"batch {batch.id} has no readable answer to this request"))
            if isinstance(answer, Completion):
                asked.wording.answered()
                self._forget(key, answer)
            elif isinstance(failure.refused, BodyRefused) and asked.wording.refused(failure.refused):
                otherwise[key] = failure.why
            elif failure.refused:
                self._forget(key, failure.refused)
            else:
                missing[key] = failure.why
        hopeless = next((failure.hopeless for failure in fetched.failures.values() if failure.hopeless), None)
        if hopeless and (missing or otherwise):
            raise ModelUnavailable(
                f"{hopeless}; {batch.id} answered {fetched.answered} of its {entry.requests} requests"
            )
        if batch.status == "cancelled" and not entry.cancelled and (missing or otherwise):
            raise ModelUnavailable(
                f"{self.locator}: {batch.id} was cancelled at the provider; {fetched.answered} of its {entry.requests} "
                "requests were answered, and a resumed run sends the rest again"
            )
        self._again(otherwise, counts=False)
        if batch.status == "failed":
            await self._failed(fetched, missing)
        else:
            self._again(missing, alive=fetched.answered > 0)

    async def _failed(self, fetched: Fetched, missing: dict[str, str]) -> None:
        """Handle a batch that was never started: one invalid line is enough for that."""
        flaws, keys = fetched.batch.flaws, fetched.keys
        wrong = {flaw.line: flaw for flaw in flaws if flaw.line and flaw.line <= len(keys)}
        said = "; ".join(map(str, flaws[:3])) or "no reason given"
        if wrong:
            for number, flaw in wrong.items():
                key = keys[number - 1]
                missing.pop(key, None)
                self._forget(key, ModelRefused(f"{self.locator} at {self._url}: {flaw}"))
        elif any(flaw.code in FULL_QUEUE for flaw in flaws) and (self._working or len(keys) > 1):
            if not self._working:
                self._most = max(1, len(keys) // 2)
            await self._until_there_is_room()
        else:
            raise ModelUnavailable(f"{self.locator} at {self._url}: {fetched.batch.id} failed: {said}")
        self._again(missing, counts=False)

    async def _until_there_is_room(self) -> None:
        """Wait until another batch has ended, or one poll interval if there is none."""
        before = set(self._working)
        if before and not self._book.wait:
            running = _counted(len(before), "batch", "batches")
            raise AnswersPending(f"the queue at {self._url} is full ({running} running)")
        while True:
            await asyncio.sleep(self._batch.poll_s)
            if not before or before - self._working:
                return

    def _again(self, missing: dict[str, str], *, alive: bool = True, counts: bool = True) -> None:
        """Send requests again in the next batch, if still wanted.

        Args:
            missing: the requests, and why they have no answer.
            alive: whether other requests of the batch were answered, so that the provider works.
            counts: whether this counts as one of the tries of a request.
        """
        wanted = [key for key in missing if key in self._asked]
        tries = self._config.retries + 1
        for key in wanted:
            self._asked[key].tries += counts
            if self._asked[key].tries >= tries:
                kind = ModelRefused if alive else ModelUnavailable
                problem = f"{missing[key]} (tried {tries} time{'s' if tries > 1 else ''})"
                self._forget(key, kind(f"{self.locator} at {self._url}: {problem}"))
        left = [key for key in wanted if key in self._asked]
        if left:
            self._gather(left)

    def _forget(self, key: str, outcome: Completion | Exception) -> None:
        """Give whoever waits for a request its outcome."""
        asked = self._asked.pop(key, None)
        if asked is None or asked.answer.done():
            return
        if isinstance(outcome, Completion):
            asked.answer.set_result(outcome)
        else:
            asked.answer.set_exception(outcome)
            asked.answer.exception()  # retrieved, so that asyncio does not complain if nobody waits any more

    async def _cancel(self) -> None:
        """Cancel the batches that are still running, if the provider can be reached; send no more."""
        self.stop()
        if self._gathering:
            self._gathering.cancel()
        ours = dict(self._on_their_way)
        for entry in self._journal.unfinished():
            if entry.number in ours and not entry.batch_id:
                ours[entry.number].cancel()
        await self._courier.creations()
        for entry in self._journal.unfinished():
            if entry.number in ours and entry.batch_id:
                with suppress(TryAgain, NotThere, ModelUnavailable):
                    await self._courier.cancel(entry)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """Facts about the endpoint, from the single requests sent to learn its dialect."""
        return self._speech.endpoints()

    def stop(self) -> None:
        """Stop waiting for answers; running batches continue at the provider."""
        self._stopped = True
        self._speech.stop()
        for key in list(self._asked):
            self._forget(key, AnswersPending(f"answers are still pending at {self._url}"))

    async def aclose(self) -> None:
        """Stop waiting and close the connections; running batches continue at the provider."""
        tasks = [*self._on_their_way.values(), *([self._gathering] if self._gathering else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._courier.creations()
        await self._api.aclose()
        await self._speech.aclose()


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
