"""Types and descriptions as people write them in docstrings."""

import datetime
import enum
import inspect
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apigen.signatures.docstring_types import read_type_text
from apigen.signatures.docstrings import LONGEST_DESCRIPTION, read_docstring
from apigen.signatures.examples import shown_types
from apigen.signatures.expressions import Unresolved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", int),
        ("an integer", int),
        ("float, optional", float),
        ("float, optional, default: 0.5", float),
        ("bool, default True", bool),
        ("string", str),
        ("str or None", str | None),
        ("int, float or None", int | float | None),
        ("int | str", int | str),
        ("int/float", int | float),
        ("list of str", list[str]),
        ("List[int]", list[int]),
        ("list of lists of floats", list[list[float]]),
        ("sequence of (int or float), optional", None),
        ("tuple of int", tuple[int, ...]),
        ("set of strings", set[str]),
        ("Optional[str]", str | None),
        ("dict[str, int]", dict[str, int]),
        ("{'a', 'b'}", Literal["a", "b"]),
        ("{'a', 'b'} or None", Literal["a", "b"] | None),
        ("'a' or 'b'", Literal["a"] | Literal["b"]),
        ("array-like of shape (n,)", list[float]),
        ("array-like of shape (n, m)", list[list[float]]),
        ("array_like, shape (n,) or shape (n, m)", list[float]),
        ("(N,) array_like", list[float]),
        ("(N, M) ndarray", list[list[float]]),
        ("1-D array_like", list[float]),
        ("2D array, optional", list[list[float]]),
        ("array_like of ints", list[int]),
        ("array_like of real numbers", list[float]),
        ("positive integer", int),
        ("non-negative float", float),
        ("float (>=0)", float),
        ("positive thinking", None),
        ("datetime.date", datetime.date),
        ("datetime", datetime.datetime),
        (":class:`str`", str),
        ("callable", Callable),
        ("object", Any),
        ("Widget", None),
        ("__import__('os')", None),
        ("()", None),
        ("", None),
    ],
)
def test_type_texts(text: str, expected: Any) -> None:
    """Common ways of writing a type are understood, anything else is said to be unknown and never evaluated."""
    if expected is None:
        with pytest.raises(Unresolved):
            read_type_text(text)
    else:
        assert read_type_text(text) == expected


@example("'''")
@given(st.text(alphabet="intsrfloa [](){}|,.'\"/=:*0 \n", max_size=40))
def test_no_type_text_breaks_the_reader(text: str) -> None:
    """Whatever stands where a type should, it is a type or it is not."""
    try:
        read_type_text(text)
    except Unresolved:
        return


def test_calls_in_docstrings_show_types() -> None:
    """In doctests and quoted in the text, also as a module's; a call of something else shows nothing."""

    def distance(here, there, *more, unit=None):  # type: ignore[no-untyped-def]
        """Measure, as in ``distance((45.5, 4.8), (48.5, 2.3), unit="m")`` or `", ".distance(3)`.

        >>> geo.distance((1.5, 2.5), None, 7, 8)
        >>> other("x", "y")
        """

    shown = shown_types(distance, inspect.signature(distance))
    pair = tuple[float, ...]
    assert shown == {"here": pair, "there": pair, "more": int, "unit": str}


class Priority(enum.Enum):
    """How soon something is to be done."""

    LOW = "low"
    HIGH = "high"


class Text:
    """Named like a word that docstrings use for strings."""


LIMIT = 5
NAMES = {"Priority": Priority, "Text": Text, "LIMIT": LIMIT, "datetime": datetime.datetime, "dt": datetime}


def in_module(name: str) -> Any:
    if name in NAMES:
        return NAMES[name]
    raise Unresolved(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Priority", Priority),
        ("Priority, optional", Priority),
        ("a Priority", Priority),
        (":class:`~Priority`", Priority),
        ("Priority or None", Priority | None),
        ("list of Priority", list[Priority]),
        ("list[Priority]", list[Priority]),
        ("Optional[Priority]", Priority | None),
        ("Sequence[Priority]", Sequence[Priority]),
        ("dict[str, Priority], default {}", dict[str, Priority]),
        ("dt.date", datetime.date),
        ("datetime.date", datetime.date),
        ("datetime", datetime.datetime),
        ("date", datetime.date),
        ("decimal.Decimal", Decimal),
        ("uuid.UUID", uuid.UUID),
        ("Text", Text),
        ("text", str),
        ("LIMIT", None),
        ("dt", None),
        ("Priority.LOW", None),
    ],
)
def test_names_of_the_module_are_types(text: str, expected: Any) -> None:
    """Types of the function's own module count, before words of the same sound; constants and modules are no types."""
    if expected is None:
        with pytest.raises(Unresolved):
            read_type_text(text, in_module)
    else:
        assert read_type_text(text, in_module) == expected


def describe(docstring: str) -> str:
    def function() -> None: ...

    function.__doc__ = docstring
    return read_docstring(function).description


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Add two numbers.", "Add two numbers."),
        ("Add\ntwo numbers\n\nThey are added.", "Add two numbers. They are added."),
        ("Add.\n\nFor example:\n\n>>> add(1)\n1\n\nThat is all.", "Add. That is all."),
        ("Add.\n>>> add(1)\n1", "Add."),
        ("Add.\n\n```pycon\n>>> add(1)\n1\n\n```\nDone.", "Add. Done."),
        ("function(x, /)\n\nAdd in C.", "Add in C."),
        ("Add.\n\nSource: a book,\nsecond edition.\n\nThen more.", "Add. Then more."),
        ("Add.\n\n.. note:: Careful.", "Add."),
        ("Add ``x`` to *y*, see :func:`~math.fsum`.", "Add x to y, see math.fsum."),
        ("", ""),
    ],
)
def test_descriptions(docstring: str, expected: str) -> None:
    """What helps a caller is kept, as plain words on one line."""
    assert describe(docstring) == expected


def test_long_descriptions_end_with_a_sentence() -> None:
    """A description is cut where a sentence ends, never in the middle."""
    description = describe("Do it.\n\n" + "\n\n".join(f"Paragraph {index} says something." for index in range(100)))
    assert description.endswith("says something.")
    assert len(description) <= LONGEST_DESCRIPTION
    assert len(describe("Word " * 1000)) <= LONGEST_DESCRIPTION
