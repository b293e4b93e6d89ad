"""Preference pairs for TRL's DPOTrainer (https://huggingface.co/docs/trl/dataset_formats#preference), with tools.

``prompt``, ``chosen`` and ``rejected`` are lists of messages; ``origin`` and ``reason`` say how a rejected answer came
about and why it is one. Load it like the trl format.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping

from apigen.dataset.preferences import Pair, as_candidate, made_pairs, natural_pairs, row
from apigen.records import Attempt, Json, Sample, Tool


def pairs(samples: Iterable[Sample], attempts: Iterable[Attempt], tools: Mapping[str, Tool]) -> Iterator[Pair]:
    """The pairs of a run: those that came about in it, then one made of each accepted answer."""
    made = made_pairs([(str(sample.id), as_candidate(sample)) for sample in samples])
    return itertools.chain(natural_pairs(attempts, tools), made)


def rows(
    samples: Iterable[Sample], attempts: Iterable[Attempt], tools: Mapping[str, Tool]
) -> Iterator[dict[str, Json]]:
    """Each pair as one row."""
    return map(row, pairs(samples, attempts, tools))
