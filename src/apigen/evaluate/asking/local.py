"""A model in a folder, asked in batches."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from apigen.errors import UserError
from apigen.evaluate.asking.base import Keep, Put, Said
from apigen.evaluate.asking.generating import Generated, Generator, NoRoom


class Local:
    """Asks a model in this process, many questions at once.

    Questions are put together by length, the longest first: little is padding, a batch that does not fit into memory is
    found out at once, and the same questions make the same batches, on which the last bit of a sum may depend.

    Args:
        generator: the model.
        batch: questions at once; fewer where they do not fit into memory.
        most: tokens of an answer.
    """

    def __init__(self, generator: Generator, batch: int, most: int) -> None:
        self._generator = generator
        self._batch = batch
        self._most = most

    async def ask(self, puts: Sequence[Put], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Ask batch after batch.

        Raises:
            UserError: the model's chat template takes no tools, or its calls cannot be read.
        """
        if any(put.tools for put in puts):
            self._generator.require_native()
        waiting = await asyncio.to_thread(self._in_order, puts, keep)
        while waiting and not stopped():
            chunk = self._next(waiting)
            began = time.monotonic()
            try:
                answers = await asyncio.to_thread(self._generator.generate, [one[2] for one in chunk], self._most)
            except NoRoom:
                self._shrink(waiting, keep)
                continue
            del waiting[: len(chunk)]
            seconds = (time.monotonic() - began) / len(chunk)
            for (length, put, _), answer in zip(chunk, answers, strict=True):
                keep(put, _said(answer, length, seconds))

    def _in_order(self, puts: Sequence[Put], keep: Keep) -> list[tuple[int, Put, str]]:
        """Length and text of each prompt, the longest first.

        A question that is too long or that the chat template refuses is kept as an error of its own.
        """
        found = []
        for put in puts:
            try:
                prompt = self._generator.prompt(put)
            except UserError as refused:
                keep(put, Said(error=str(refused), unfit=True))
                continue
            length = self._generator.length(prompt)
            if problem := self._generator.too_long(length):
                keep(put, Said(error=problem, unfit=True, prompt_tokens=length))
            else:
                found.append((length, put, prompt))
        return sorted(found, key=lambda one: -one[0])

    def _next(self, waiting: Sequence[tuple[int, Put, str]]) -> list[tuple[int, Put, str]]:
        """The next batch: the longest, and with it what has as much room for an answer, which none may take away."""
        rooms = [self._generator.room(length, self._most) for length, _, _ in waiting[: self._batch]]
        return list(waiting[: sum(room == rooms[0] for room in rooms)])

    def _shrink(self, waiting: list[tuple[int, Put, str]], keep: Keep) -> None:
        if self._batch > 1:
            self._batch //= 2
            return
        length, put, _ = waiting.pop(0)
        problem = f"a prompt of {length:,} tokens does not fit into memory"
        keep(put, Said(error=problem, unfit=True, prompt_tokens=length))

    def facts(self) -> dict[str, Any]:
        """The model, the device, and how many questions were asked at once."""
        return {**self._generator.facts(), "batch": self._batch}

    async def aclose(self) -> None:
        """Nothing is held open."""


def _said(answer: Generated, length: int, seconds: float) -> Said:
    return Said(answer.text, prompt_tokens=length, completion_tokens=answer.tokens, seconds=seconds, cut=answer.cut)
