"""The requests that a run had drawn beyond those that it committed: some may already be answered and paid for."""

import itertools
from collections import deque
from collections.abc import Iterator

from apigen.config import Config
from apigen.library.catalogue import Library
from apigen.records import Attempt, Request
from apigen.sampling.drawing import Drawing, Past
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import Lesson, SamplingState


def drawn_already(
    config: Config, library: Library, written: Iterator[tuple[Attempt, ...]], past: Past
) -> list[Request]:
    """The requests behind the last one that was committed, as far as they could be drawn then.

    Once the candidates are re-verified, other samples are accepted, and these requests would be drawn differently. So
    they are kept: an answer to one of them is then found in the store of completions.

    Args:
        config: resolved; only the keys that affect drawing matter.
        library: the tools and seeds.
        written: the attempts of each committed request, in order, as they were verified first.
        past: what had been drawn before an earlier re-verification.
    """
    drawing = Drawing(config, Sampler(library.tools, config), SamplingState(library.seeds), past)
    lessons: deque[Lesson] = deque()
    left: list[Request] = []
    for number in itertools.count():
        if number >= config.rounds.lag:
            if not lessons:
                return left
            drawing.learn(lessons.popleft())
        round_attempts: list[Attempt] = []
        for request in drawing.round(number):
            attempts = next(written, None)
            if attempts is None:
                left.append(request)
            else:
                drawing.taken(request, attempts[0])
                round_attempts.extend(attempts)
        if not left:
            lessons.append(Lesson.of(round_attempts))
    raise AssertionError("counting does not end")
