"""Gaming: card tables and puzzle cubes."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Gaming"

_Card = Literal["ace", "2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king"]

_BLACKJACK = 21
_ACE_BONUS = 10  # an ace counts 11 instead of 1 while the hand stays within 21

# World Cube Association, "Regulations", article 12: notation of turns of the 3x3x3 cube.
_CUBE_TURN = re.compile(r"(?P<face>[RLUDFBMESxyz]|[RLUDFB]w)(?P<suffix>2|'|)")


def blackjack_hand_value(cards: Annotated[list[_Card], Field(min_length=2, max_length=12)]) -> dict[str, Any]:
    """Add up a hand at blackjack, with aces counted as is best, and tell whether it is bust.

    Args:
        cards: The ranks of the cards in the hand; suits do not matter.

    Returns:
        ``total``, whether it is ``soft`` (an ace counts 11), a ``blackjack`` (21 with two cards) or ``bust`` (over 21).

    Source: Bicycle Cards (United States Playing Card Company), "Blackjack".
    """
    hard = sum(1 if card == "ace" else 10 if card in ("jack", "queen", "king") else int(card) for card in cards)
    soft = "ace" in cards and hard + _ACE_BONUS <= _BLACKJACK
    total = hard + _ACE_BONUS if soft else hard
    blackjack = total == _BLACKJACK and len(cards) == 2
    return {"total": total, "soft": soft, "blackjack": blackjack, "bust": total > _BLACKJACK}


def reverse_cube_moves(
    moves: Annotated[
        str,
        Field(
            min_length=1,
            max_length=400,
            examples=["R U R' U'", "F2 L D' B", "R U2 R' U' R U' R'", "M2 U M U2 M' U M2", "L' U' L U L F' L' F"],
        ),
    ],
) -> str:
    """Reverse a sequence of turns of a Rubik's cube, so that it undoes a scramble or an algorithm.

    Args:
        moves: The turns in standard notation, separated by spaces, such as R U2 F'.

    Returns:
        The turns that undo them, in order.

    Raises:
        ValueError: A turn is not in standard notation.

    Source: World Cube Association, "Regulations", article 12 (notation).
    """
    undoing = {"": "'", "'": "", "2": "2"}
    reverse = []
    for turn in reversed(moves.split()):
        match = _CUBE_TURN.fullmatch(turn)
        if not match:
            raise ValueError(f"{turn!r} is no turn: write a face (R, L, U, D, F, B) and nothing, ' or 2 behind it")
        reverse.append(match["face"] + undoing[match["suffix"]])
    return " ".join(reverse)
