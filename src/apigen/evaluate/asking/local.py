"""A model in a folder, asked in batches."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from apigen.errors import UserError
from apigen.evaluate.asking.base import Keep, Prompt, Response
from apigen.evaluate.asking.generating import Generated, Generator, NoRoom
from apigen.evaluate.blocking import in_thread


class Local:
    """Asks a model in this process, many questions at once.

    Batches are formed by length, the longest first: there is little padding, running out of memory shows at once, and
    the same questions make the same batches, on which the last bit of a sum may depend.

    Args:
        generator: the model.
        batch: batch size; reduced when a batch runs out of memory.
        most: max new tokens per answer.
    """

    def __init__(self, generator: Generator, batch: int, most: int) -> None:
        self._generator = generator
        self._batch = batch
        self._most = most

    async def ask(self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Ask batch after batch.

        Raises:
            UserError: the model's chat template takes no tools, or its calls cannot be read.
        """
        if any(prompt.tools for prompt in prompts):
            self._generator.require_native()
        waiting = await in_thread(self._in_order, prompts, keep, stopped)
        while waiting and not stopped():
            chunk = self._next(waiting)
            began = time.monotonic()
            try:
                answers = await in_thread(self._generator.generate, [one[2] for one in chunk], self._most)
            except NoRoom:
                self._shrink(waiting, keep)
                continue
            del waiting[: len(chunk)]
            seconds = (time.monotonic() - began) / len(chunk)
            for (length, prompt, _), answer in zip(chunk, answers, strict=True):
                keep(prompt, _response(answer, length, seconds))

    def _in_order(
        self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]
    ) -> list[tuple[int, Prompt, str]]:
        """Length and text of each prompt, the longest first, as far as it comes before it is stopped.

        A question that is too long or that the chat template refuses is kept as an error of its own.
        """
        found = []
        for prompt in prompts:
            if stopped():
                break
            try:
                text = self._generator.prompt(prompt)
            except UserError as refused:
                keep(prompt, Response(error=str(refused), unfit=True))
                continue
            length = self._generator.length(text)
            if problem := self._generator.too_long(length):
                keep(prompt, Response(error=problem, unfit=True, prompt_tokens=length))
            else:
                found.append((length, prompt, text))
        return sorted(found, key=lambda one: -one[0])

    def _next(self, waiting: Sequence[tuple[int, Prompt, str]]) -> list[tuple[int, Prompt, str]]:
        """The next batch: the longest prompt, and those with the same room for an answer, so that none loses any."""
        rooms = [self._generator.room(length, self._most) for length, _, _ in waiting[: self._batch]]
        return list(waiting[: sum(room == rooms[0] for room in rooms)])

    def _shrink(self, waiting: list[tuple[int, Prompt, str]], keep: Keep) -> None:
        if self._batch > 1:
            self._batch //= 2
            return
        length, prompt, _ = waiting.pop(0)
        problem = f"a prompt of {length:,} tokens does not fit in memory, even alone"
        keep(prompt, Response(error=problem, alone=True, prompt_tokens=length))

    def facts(self) -> dict[str, Any]:
        """The model, the device, and the batch size."""
        return {**self._generator.facts(), "batch": self._batch}

    async def aclose(self) -> None:
        """Nothing is held open."""


def _response(answer: Generated, length: int, seconds: float) -> Response:
    return Response(answer.text, prompt_tokens=length, completion_tokens=answer.tokens, seconds=seconds, cut=answer.cut)
