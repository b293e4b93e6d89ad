"""Tools: lengths, names in code and boards to cut."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Tools"

_LengthUnit = Literal[
    "millimeters", "centimeters", "meters", "kilometers", "inches", "feet", "yards", "miles", "nautical_miles"
]  # fmt: skip

# NIST Special Publication 811, appendix B.8: units of length in meters.
_METERS = {
    "millimeters": 0.001, "centimeters": 0.01, "meters": 1.0, "kilometers": 1000.0, "inches": 0.0254, "feet": 0.3048,
    "yards": 0.9144, "miles": 1609.344, "nautical_miles": 1852.0,
}  # fmt: skip

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class _Piece:
    """A piece to cut, and how many of it."""

    length_cm: Annotated[float, Field(gt=0, le=10_000, description="Length of the piece in centimeters.")]
    quantity: Annotated[int, Field(ge=1, le=200, description="How many such pieces are needed.")] = 1


def convert_length(
    length: Annotated[float, Field(ge=0, le=1e15)], from_unit: _LengthUnit, to_unit: _LengthUnit
) -> float:
    """Convert a length or distance from one unit to another, such as feet to meters.

    Args:
        length: The length in the first unit.
        from_unit: Unit in which it is given.
        to_unit: Unit in which it is wanted.

    Returns:
        The length in the wanted unit, to six decimals.

    Source: NIST Special Publication 811, appendix B.8.
    """
    return round(length * _METERS[from_unit] / _METERS[to_unit], 6)


def convert_name_style(
    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            examples=["userAccountId", "max_retry_count", "Order Line Total", "HTTPServerPort", "tax-rate-table"],
        ),
    ],
    style: Literal["snake_case", "camelCase", "PascalCase", "kebab-case", "CONSTANT_CASE"],
) -> str:
    """Rewrite the name of a variable, column or file in another naming style, such as snake_case or camelCase.

    Args:
        name: The name in any style, or a few words.
        style: The style wanted.

    Returns:
        The name in that style.

    Raises:
        ValueError: The name holds no letter from A to Z and no digit.

    Source: Python PEP 8 (naming styles); Google Style Guides (camel case with abbreviations written as words).
    """
    words: list[str] = [word.lower() for word in _WORD.findall(name)]
    if not words:
        raise ValueError(f"{name!r} holds no letter from A to Z and no digit")
    if style == "camelCase":
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if style == "PascalCase":
        return "".join(word.capitalize() for word in words)
    if style == "CONSTANT_CASE":
        return "_".join(words).upper()
    return ("-" if style == "kebab-case" else "_").join(words)


def board_cutting_plan(
    board_length_cm: Annotated[float, Field(gt=0, le=10_000)],
    pieces: Annotated[list[_Piece], Field(min_length=1, max_length=30)],
    saw_cut_mm: Annotated[float, Field(ge=0, le=20)] = 3,
) -> dict[str, Any]:
    """Plan how to cut pieces of wood, pipe or profile from boards of one length so that few boards are needed.

    Args:
        board_length_cm: Length of the boards on sale in centimeters.
        pieces: The pieces needed, each with its length and how many of it.
        saw_cut_mm: Width of the saw cut in millimeters, lost between two pieces.

    Returns:
        ``boards`` needed, the ``cuts`` of each board in centimeters, and ``waste_cm`` left over. The longest pieces are
        placed first, each on the first board with room, which rarely takes a board more than the best plan.

    Raises:
        ValueError: A piece is longer than a board.

    Source: first-fit decreasing; Johnson, "Near-optimal bin packing algorithms" (MIT, 1973).
    """
    saw_cut = saw_cut_mm / 10
    lengths = sorted((piece.length_cm for piece in pieces for _ in range(piece.quantity)), reverse=True)
    if lengths[0] > board_length_cm:
        raise ValueError(f"a piece of {lengths[0]:g} cm does not fit on a board of {board_length_cm:g} cm")
    boards: list[list[float]] = []
    for length in lengths:
        for board in boards:
            if sum(board) + saw_cut * len(board) + length <= board_length_cm + 1e-9:
                board.append(length)
                break
        else:
            boards.append([length])
    waste = board_length_cm * len(boards) - sum(lengths)
    return {"boards": len(boards), "cuts": boards, "waste_cm": round(waste, 2)}
