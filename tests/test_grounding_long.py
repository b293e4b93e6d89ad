"""Long queries, long texts and long lists: how grounding reads them, and that its work grows no faster than they do."""

import random
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding import invented, ungrounded

SYLLABLES = [consonant + vowel for consonant in "bcdfgklmnprst" for vowel in "aeiou"]


def candidate(query: str, value: Json) -> Candidate:
    tool = Tool("tool", "", {"type": "object", "properties": {"length_km": {}}})
    return Candidate(query, (Call("tool", {"length_km": value}),), (tool,))


def prose(size: int, seed: int) -> str:
    """Text of about so many characters, with all that a query may hold, but for its language."""
    draw = random.Random(seed)
    words: list[str] = []
    written = 0
    while written < size:
        word = "".join(draw.choices(SYLLABLES, k=draw.randint(1, 4)))
        number = draw.randint(1, 12)
        forms = [word, word, word, word.title(), "the", "of", f"{number} km", f"{number} pm", f'"{word} {word}"', "not"]
        words.append(draw.choice([*forms, str(number * 1001), f"{number} May {number + 2000}", f"{word}."]))
        written += len(words[-1]) + 1
    return " ".join(words)


CASES: dict[str, Callable[[int], tuple[str, Json]]] = {
    "a part of the query": lambda size: (prose(size, 1), prose(size, 1)[size // 4 : size // 2]),
    "another text": lambda size: (prose(size, 1), prose(size, 2)),
    "parts": lambda size: (prose(size, 1), ", ".join(prose(size, 2).split())),
    "one word": lambda size: (prose(size, 1), "Zanzibarium"),
    "a name": lambda size: (" ".join(["Jim", "Kilroy"] * (size // 10)), "Max Kilroy"),
    "a quoted part": lambda size: ('"a b c d" ' * (size // 10), "a b c"),
    "a number": lambda size: (prose(size, 1), 123456.75),
    "numbers": lambda size: ("7 " * (size // 2), 5),
    "a number below": lambda size: ("7 down " * (size // 7), -7.5),
    "a date": lambda size: (prose(size, 1), "2031-05-06"),
    "dates": lambda size: ("on 3/4/5 " * (size // 9), "2005-03-09"),
    "a time": lambda size: (prose(size, 1), "13:37"),
    "words again": lambda size: ("word " * (size // 5), "word " * (size // 10)),
    "turned down": lambda size: ("not the dog, " * (size // 13), "dog"),
    "number words": lambda size: ("one hundred and " * (size // 16), 123456),
}


def work(check: Callable[[Candidate], object], checked: Candidate) -> int:
    """How many functions are called; unlike time, the same on every machine."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        check(checked)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("case", CASES)
def test_work_grows_no_faster_than_the_text(case: str) -> None:
    """Four times the text takes less than eight times the work, where a look at all pairs would take sixteen."""
    for check in (ungrounded, invented):
        check(candidate(*CASES[case](1_000)))  # fills the tables
        few, many = (work(check, candidate(*CASES[case](size))) for size in (2_000, 8_000))
        assert many < 8 * few


def test_a_list_is_not_read_as_often_as_it_has_items() -> None:
    """Of values beyond the first thousand each costs little, however long the query."""
    query = prose(600, 1)
    few, many = (work(invented, candidate(query, list(range(10**6, 10**6 + size)))) for size in (1_000, 5_000))
    assert many < 2 * few


def test_a_long_text_is_looked_for_literally() -> None:
    """More than a thousand characters are grounded as they stand, or with one word in seven changed."""
    text = prose(3_000, 1)
    words = text.split()
    changed = [f"x{word}x" if number % 10 == 0 else word for number, word in enumerate(words)]
    strange = [f"x{word}x" if number % 2 == 0 else word for number, word in enumerate(words)]
    assert ungrounded(candidate(f"Please file this: {text} Thanks!", text)) == ()
    assert ungrounded(candidate(f"Please file this: {text} Thanks!", " ".join(changed))) == ()
    assert ungrounded(candidate(f"Please file this: {text} Thanks!", " ".join(strange))) != ()
    assert ungrounded(candidate("Please file this", text)) != ()
    assert invented(candidate("Please file this", text)) != ()


def test_the_end_of_a_long_list_is_looked_for_literally() -> None:
    """Beyond the first thousand values of a call a number or text must stand in the query as it is."""
    query = "from " + ", ".join(str(number) for number in range(2_000, 3_200)) + " to half of Oslo"
    numbers: list[Json] = list(range(2_000, 3_200))
    assert ungrounded(candidate(query, [*numbers, "Oslo"])) == ()
    (finding,) = ungrounded(candidate(query, [*numbers, "Bergen"]))
    assert finding.path == "length_km[1200]"
    assert [found.path for found in ungrounded(candidate(query, [*numbers, 3500]))] == ["length_km[1200]"]
    after_a_result = Candidate("file them", candidate("", [*numbers, 77]).calls, (), context=(str([*numbers, 77]),))
    assert ungrounded(after_a_result) == ()


def test_marks_without_a_letter() -> None:
    """A word of nothing but marks, such as a lone half-width voicing mark, is read too."""
    assert ungrounded(candidate("ﾞ ﾟ", "ﾞ")) == ()
    assert ungrounded(candidate("ﾞ x", "abc ﾞ")) != ()
