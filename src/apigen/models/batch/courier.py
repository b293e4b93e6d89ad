"""The life of one batch: uploaded, created, polled until it has ended, and its answers fetched.

Whatever happens on the way, the journal records what was paid for and where it is.
"""

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from apigen.errors import ModelUnavailable
from apigen.files import storage_errors
from apigen.model_config import BatchConfig
from apigen.models.batch.api import BatchApi, NothingDone, NotReached, NotThere, TooLarge
from apigen.models.batch.book import BatchBook
from apigen.models.batch.journal import Entry, Stage
from apigen.models.batch.lines import Failure, Read, returned
from apigen.models.batch.remote import FINAL, RemoteBatch
from apigen.models.batch.waits import Waits
from apigen.models.openai.failures import TryAgain

OUTAGE_S = 3600.0
"""A provider that is unreachable for this long is given up; the batch stays, and the run can be resumed."""
FIRST_OUTAGE_S = 60.0
"""The same for one that never answered in this session: then the address is more likely wrong."""

CREATION_S = 10.0
"""How long to wait, when everything ends, for the id of a batch that is being created."""

_SLOWER = 1.15
_SLOWEST = 10.0
"""The growth of the wait between two polls, and its upper bound as a multiple of the first."""
_MOMENTS = 4
"""A batch that was just created, or a file that was just written, may be unknown for this many polls."""
_SKEW_S = 86_400.0
"""How far the clocks of a provider and of this machine may differ."""

_T = TypeVar("_T")


class Fetched(msgspec.Struct, frozen=True):
    """The result of a batch that has ended. Its answers are in the journal."""

    batch: RemoteBatch
    keys: tuple[str, ...]
    """Its requests, in the order of its lines."""
    answered: int
    failures: dict[str, Failure]
    """Why a line has no answer, where its provider reports it."""


class Courier:
    """Takes batches to one provider and back.

    Args:
        api: of the provider.
        book: records their progress.
        config: how often they are polled.
        locator: the model's, for messages.
        read: reads the body of an answer.
        outage_s: how long a provider may be unreachable.
    """

    def __init__(
        self,
        api: BatchApi,
        book: BatchBook,
        config: BatchConfig,
        locator: str,
        read: Read,
        *,
        outage_s: float = OUTAGE_S,
    ) -> None:
        self._api = api
        self._book = book
        self._journal = book.journal
        self._config = config
        self._locator = locator
        self._read = read
        self._outage_s = outage_s
        self._met = False
        self._creations: set[asyncio.Future[None]] = set()

    async def submit(self, entry: Entry, lines: IO[bytes]) -> Entry:
        """Upload a new batch's lines and have it created.

        Raises:
            ModelUnavailable: the provider is unreachable, or refuses. The batch is discarded, or in doubt.
            TooLarge: the file is too large for the provider. The batch is discarded.
        """
        self._book.tell(entry, "uploading")
        try:
            file = await self._patiently(
                entry,
                lambda: self._api.upload(lines),
                lambda: self._book.tell(entry, "provider unreachable, not sent yet"),
            )
            file_id = file.id
            self._journal.uploaded(entry.number, file_id)
            while not file.ready:
                await asyncio.sleep(self._config.poll_s)
                file = await self._patiently(entry, lambda: self._api.file(file_id))
            return await self._created(self._journal.entry(entry.number), file_id)
        except ModelUnavailable:
            if self._journal.entry(entry.number).stage is not Stage.IN_DOUBT:
                self.discard(entry)
            raise
        except TooLarge:
            self.discard(entry)
            raise
        except NotThere as error:  # a file that was just uploaded, or no such address: nothing was created
            self.discard(entry)
            raise ModelUnavailable(
                f"{error}; does this provider support batches? If not, drop --batch or remove `batch`"
            ) from None

    async def _created(self, entry: Entry, file_id: str) -> Entry:
        self._book.tell(entry, "creating")
        waits = self._waits(entry)
        while True:
            self._journal.in_doubt(entry.number)
            try:
                await self._shielded(self._create(entry, file_id))
            except NothingDone as error:
                self._journal.uploaded(entry.number, file_id)
                await waits.after(error, self._outage_s)
                continue
            except TryAgain as error:
                # It may have been created all the same, and asking again would then cost twice.
                await waits.after(error, self._outage_s)
                found = await self.find(entry)
                if found is not None:
                    return found
                continue
            except (ModelUnavailable, NotThere):  # refused before anything was created
                self._journal.uploaded(entry.number, file_id)
                raise
            return self._journal.entry(entry.number)

    async def _create(self, entry: Entry, file_id: str) -> None:
        batch = await self._api.create(file_id, entry.tag)
        self._journal.created(entry.number, batch.id)

    async def _shielded(self, creation: Coroutine[None, None, None]) -> None:
        """Create a batch, even if nobody waits for it any more: the provider may have it by then."""
        task = asyncio.ensure_future(creation)
        self._creations.add(task)
        task.add_done_callback(self._over)
        await asyncio.shield(task)

    def _over(self, creation: "asyncio.Task[None]") -> None:
        self._creations.discard(creation)
        if not creation.cancelled():
            creation.exception()  # retrieved, so that asyncio does not complain if nobody waits any more

    async def creations(self) -> None:
        """Wait a moment for the ids of batches that are being created; those without one stay in doubt."""
        if self._creations:
            _, unheard = await asyncio.wait(self._creations, timeout=CREATION_S)
            for task in unheard:
                task.cancel()

    async def find(self, entry: Entry) -> Entry | None:
        """Look for a batch in doubt at its provider; it is then running, or still in doubt.

        Raises:
            ModelUnavailable: the provider is unreachable, or does not list its batches.
        """
        self._book.tell(entry, "looking for it at the provider")
        file_id = entry.file_id
        assert file_id is not None, "a batch in doubt has its file"  # noqa: S101
        for wait_s in (0.0, self._config.poll_s):  # the list may lag behind a little
            await asyncio.sleep(wait_s)
            try:
                batch = await self._patiently(entry, lambda: self._api.find(file_id, entry.tag, entry.made - _SKEW_S))
            except NotThere as error:
                raise ModelUnavailable(
                    f"{error}; it is unknown whether the batch of file {entry.file_id} was created. If the provider "
                    f"shows none with the metadata apigen={entry.tag}, move batches.sqlite away to send it again"
                ) from None
            if batch is not None:
                self._journal.created(entry.number, batch.id)
                return self._journal.entry(entry.number)
        return None

    async def look(self, entry: Entry) -> RemoteBatch:
        """Poll a running batch once, patiently."""
        return await self._patiently(
            entry, lambda: self._look(entry), lambda: self._book.tell(entry, "provider unreachable")
        )

    async def ended(self, entry: Entry) -> RemoteBatch:
        """Poll a running batch, ever less often, until it has ended.

        Raises:
            ModelUnavailable: the provider is unreachable for too long, refuses, or does not have the batch.
        """
        looks = 0
        while True:
            batch = await self.look(entry)
            if batch.final:
                return batch
            longer = min(_SLOWER**looks, _SLOWEST)
            await asyncio.sleep(self._config.poll_s * longer * random.uniform(0.8, 1.2))
            looks += 1

    async def _look(self, entry: Entry) -> RemoteBatch:
        batch_id = entry.batch_id
        assert batch_id is not None, "only a batch that was created is looked at"  # noqa: S101
        try:
            batch = await self._soon_there(lambda: self._api.batch(batch_id))
        except NotThere as error:
            raise ModelUnavailable(
                f"{error}; batch {batch_id} with {entry.requests} requests was sent with another key or to another "
                "address, or the provider dropped it: restore these, or move batches.sqlite away to send it again"
            ) from None
        if not batch.known:
            self._book.warn(
                f"{self._locator}: {batch_id} has the unknown status {batch.status!r}; waiting for one of "
                f"{', '.join(sorted(FINAL))}"
            )
        self._book.tell(entry, batch.status, batch.counts.completed + batch.counts.failed)
        return batch

    async def _soon_there(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Ask for something that exists but may still be unknown for a moment."""
        for _ in range(_MOMENTS):
            try:
                return await ask()
            except NotThere:
                await asyncio.sleep(self._config.poll_s)
        return await ask()

    async def fetch(self, entry: Entry, batch: RemoteBatch) -> Fetched:
        """Fetch and keep the answers of a batch that has ended; then the batch is over.

        Raises:
            ModelUnavailable: the provider is unreachable, or its file is gone.
        """
        batch = await self._with_files(entry, batch)
        self._book.tell(entry, "fetching", entry.requests)
        keys = tuple(self._journal.keys(entry.number))
        failures: dict[str, Failure] = {}
        answered: set[str] = set()
        scratch = storage_errors(Path(tempfile.gettempdir()))
        with scratch, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            for file_id, file in ((batch.output_file_id, output), (batch.error_file_id, errors)):
                if file_id:
                    await self._download(entry, file_id, file)
            with self._journal.ending(entry.number):
                for file in (output, errors):
                    file.seek(0)
                    for key, outcome in returned(file, self._read, self._api.refusal):
                        if isinstance(outcome, Failure):
                            failures.setdefault(key, outcome)
                        elif self._journal.answered(entry.number, key, outcome):
                            answered.add(key)
        self._book.over(entry.number)
        return Fetched(batch, keys, len(answered), failures)

    async def _with_files(self, entry: Entry, batch: RemoteBatch) -> RemoteBatch:
        """Wait for the files of a completed batch, which some providers name a moment later.

        Raises:
            ModelUnavailable: there are none, though it probably has answers: sending it again would be paying twice.
        """
        for _ in range(_MOMENTS):
            if not batch.lacks_files:
                return batch
            await asyncio.sleep(self._config.poll_s)
            batch = await self.look(entry)
        if batch.lacks_files:
            answers = f" with {batch.counts.completed} answers" if batch.counts.completed else ""
            raise ModelUnavailable(
                f"{self._locator}: {batch.id} is completed{answers}, but the provider names no output file; resume "
                "later to fetch the answers, or move batches.sqlite away to send the batch again"
            )
        return batch

    async def _download(self, entry: Entry, file_id: str, into: IO[bytes]) -> None:
        try:
            await self._patiently(entry, lambda: self._soon_there(lambda: self._api.download(file_id, into)))
        except NotThere as error:
            self.discard(entry)
            raise ModelUnavailable(
                f"{error}: the provider no longer has the answers of {entry.batch_id}; --resume sends "
                "those requests again"
            ) from None

    async def cancel(self, entry: Entry) -> None:
        """Cancel a batch that nobody needs any more."""
        assert entry.batch_id is not None, "only a batch that was created is cancelled"  # noqa: S101
        self._journal.cancelled(entry.number)
        await self._api.cancel(entry.batch_id)

    def discard(self, entry: Entry) -> None:
        """Forget a batch that was never created, or will never answer: its requests may be sent again."""
        with self._journal.ending(entry.number):
            pass
        self._book.over(entry.number)

    async def _patiently(
        self, entry: Entry, ask: Callable[[], Awaitable[_T]], away: Callable[[], None] = lambda: None
    ) -> _T:
        """Retry a request about a batch until there is an answer, or the provider was unreachable for too long."""
        waits = self._waits(entry)
        while True:
            try:
                found = await ask()
            except TryAgain as error:
                self._met |= not isinstance(error, NotReached)
                away()
                await waits.after(error, self._outage_s if self._met else min(self._outage_s, FIRST_OUTAGE_S))
            else:
                self._met = True
                return found

    def _waits(self, entry: Entry) -> Waits:
        who = f"{self._locator}, {entry.batch_id or f'batch {entry.number}'}"
        return Waits(self._config.poll_s, who, self._book.warn)
