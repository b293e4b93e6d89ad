"""Numbers that follow from those in the query by one step that the parameter's name asks for: a total, a difference."""

from itertools import combinations

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.numbers import close
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.words import split_words, word_set

_TOTAL = word_set("total sum combined overall altogether")
_DIFFERENCE = word_set(
    "difference delta change remaining left elapsed duration gap increase decrease profit net age years"
)
_RATIO = word_set("ratio rate fraction proportion percent percentage average mean")
_MOST = 6
"""Numbers beyond which what follows from any two of them says nothing."""


def one_step(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """The two numbers whose sum, difference or ratio the parameter asks for."""
    numbers = reading.numbers
    if not 1 < len(numbers) <= _MOST:
        return None
    asked = frozenset(split_words(leaf.name))
    everything = sum(number.values[0] for number in numbers)
    if asked & _TOTAL and _agree(everything, value):
        return tuple((number.start, number.end) for number in numbers)
    for one, other in combinations(numbers, 2):
        a, b = one.values[0], other.values[0]
        results = [a + b] if asked & _TOTAL else []
        if asked & _DIFFERENCE:
            results += [a - b, b - a]
        if asked & _RATIO:
            results += [x / y for x, y in ((a, b), (b, a)) if y] + [100 * x / y for x, y in ((a, b), (b, a)) if y]
            results.append((a + b) / 2)
        if any(_agree(result, value) for result in results):
            return (one.start, one.end), (other.start, other.end)
    return None


def _agree(result: float, value: float) -> bool:
    return close(result, value, 5e-4)
