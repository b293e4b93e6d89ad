"""Gaming: dice, cards, boards, words and role-playing rules."""

import math
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Gaming"


class _ElementType(StrEnum):
    NORMAL = "normal"
    FIRE = "fire"
    WATER = "water"
    ELECTRIC = "electric"
    GRASS = "grass"
    ICE = "ice"
    FIGHTING = "fighting"
    POISON = "poison"
    GROUND = "ground"
    FLYING = "flying"
    PSYCHIC = "psychic"
    BUG = "bug"
    ROCK = "rock"
    GHOST = "ghost"
    DRAGON = "dragon"
    DARK = "dark"
    STEEL = "steel"
    FAIRY = "fairy"


# Type chart of the Pokemon games since generation VI (2013). Each attacking type with the types against which it does
# double, half and no damage; against all others it does normal damage.
_TYPE_CHART = {
    "normal": ("", "rock steel", "ghost"),
    "fire": ("grass ice bug steel", "fire water rock dragon", ""),
    "water": ("fire ground rock", "water grass dragon", ""),
    "electric": ("water flying", "electric grass dragon", "ground"),
    "grass": ("water ground rock", "fire grass poison flying bug dragon steel", ""),
    "ice": ("grass ground flying dragon", "fire water ice steel", ""),
    "fighting": ("normal ice rock dark steel", "poison flying psychic bug fairy", "ghost"),
    "poison": ("grass fairy", "poison ground rock ghost", "steel"),
    "ground": ("fire electric poison rock steel", "grass bug", "flying"),
    "flying": ("grass fighting bug", "electric rock steel", ""),
    "psychic": ("fighting poison", "psychic steel", "dark"),
    "bug": ("grass psychic dark", "fire fighting poison flying ghost steel fairy", ""),
    "rock": ("fire ice flying bug", "fighting ground steel", ""),
    "ghost": ("psychic ghost", "dark", "normal"),
    "dragon": ("dragon", "steel", "fairy"),
    "dark": ("psychic ghost", "fighting dark fairy", ""),
    "steel": ("ice rock fairy", "fire water electric steel", ""),
    "fairy": ("fighting dragon dark", "fire poison steel", ""),
}

# System Reference Document 5.1 (Wizards of the Coast, CC-BY-4.0), "Character Advancement": points for levels 1 to 20.
_EXPERIENCE_BY_LEVEL = (
    *(0, 300, 900, 2_700, 6_500, 14_000, 23_000, 34_000, 48_000, 64_000),
    *(85_000, 100_000, 120_000, 140_000, 165_000, 195_000, 225_000, 265_000, 305_000, 355_000),
)

# English-language Scrabble, as printed on the tiles.
_LETTER_POINTS = {
    letter: points
    for letters, points in {
        "AEILNORSTU": 1,
        "DG": 2,
        "BCMP": 3,
        "FHVWY": 4,
        "K": 5,
        "JX": 8,
        "QZ": 10,
    }.items()
    for letter in letters
}
_WORD_MULTIPLIERS = {"single": 1, "double": 2, "triple": 3}
_ALL_TILES_BONUS = 50

_WORDLE_LETTERS = 5
_FiveLetterWord = Annotated[
    str,
    Field(
        pattern="^[A-Za-z]{5}$",
        examples=["crane", "slate", "adieu", "stone", "pound", "lemon", "house", "fable", "night", "brick"],
    ),
]

_CARD_RANKS = ("2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king", "ace")
_HAND_SIZE = 5
_ACE_LOW_STRAIGHT = [0, 1, 2, 3, 12]


@dataclass(frozen=True)
class _PlayingCard:
    """One card of a standard deck."""

    rank: Annotated[
        Literal["2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king", "ace"],
        Field(description="Rank of the card."),
    ]
    suit: Annotated[Literal["clubs", "diamonds", "hearts", "spades"], Field(description="Suit of the card.")]


def chess_knight_distance(
    start: Annotated[str, Field(pattern="^[a-h][1-8]$", examples=["a1", "b1", "c6", "d4", "e5", "f3", "g8", "h8"])],
    target: Annotated[str, Field(pattern="^[a-h][1-8]$", examples=["a8", "b7", "c3", "d5", "e4", "f6", "g2", "h1"])],
) -> dict[str, int | list[str]]:
    """Find the fewest moves a chess knight needs from one square to another on an empty board.

    Args:
        start: Square the knight stands on, such as g1.
        target: Square it should reach, such as e5.

    Returns:
        Number of ``moves`` and one shortest ``path`` of squares, from start to target.

    Raises:
        ValueError: A square is not on the board.

    Source: FIDE Laws of Chess, article 3.6 (the knight's move), by breadth-first search.
    """
    goal = _square(target)
    origin = _square(start)
    came_from: dict[tuple[int, int], tuple[int, int] | None] = {origin: None}
    queue = deque([origin])
    while goal not in came_from:
        column, row = queue.popleft()
        for right, up in ((1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2)):
            square = (column + right, row + up)
            if square not in came_from and 0 <= square[0] <= 7 and 0 <= square[1] <= 7:
                came_from[square] = (column, row)
                queue.append(square)
    path: list[str] = []
    step: tuple[int, int] | None = goal
    while step is not None:
        path.insert(0, f"{'abcdefgh'[step[0]]}{step[1] + 1}")
        step = came_from[step]
    return {"moves": len(path) - 1, "path": path}


def dice_sum_probability(
    dice: Annotated[int, Field(ge=1, le=20)],
    sides: Annotated[int, Field(ge=2, le=100)],
    total: Annotated[int, Field(ge=1, le=2000)],
    comparison: Literal["exactly", "at_least", "at_most"] = "at_least",
) -> dict[str, float]:
    """Compute the chance that several dice add up to a total.

    Args:
        dice: How many dice are rolled.
        sides: Sides of each die, such as 6 or 20.
        total: The sum to compare with.
        comparison: Whether the dice must show exactly the total, at least it, or at most it.

    Returns:
        ``probability`` from 0 to 1 and the same as ``percent``.

    Source: elementary probability; every outcome is counted.
    """
    ways = Counter({0: 1})
    for _ in range(dice):
        following: Counter[int] = Counter()
        for reached, count in ways.items():
            for face in range(1, sides + 1):
                following[reached + face] += count
        ways = following
    low = 0 if comparison == "at_most" else total
    high = dice * sides if comparison == "at_least" else total
    probability = sum(count for reached, count in ways.items() if low <= reached <= high) / sides**dice
    return {"probability": round(probability, 6), "percent": round(100 * probability, 4)}


def dnd_experience_level(
    experience_points: Annotated[int, Field(ge=0, le=100_000_000)],
) -> dict[str, int | None]:
    """Look up the level of a Dungeons & Dragons (fifth edition) character from its experience points.

    Args:
        experience_points: Total experience points (XP) of the character.

    Returns:
        ``level``, ``proficiency_bonus`` and ``points_to_next_level`` (null at level 20).

    Source: System Reference Document 5.1 (Wizards of the Coast, CC-BY-4.0), "Character Advancement".
    """
    level = sum(experience_points >= needed for needed in _EXPERIENCE_BY_LEVEL)
    top = level == len(_EXPERIENCE_BY_LEVEL)
    return {
        "level": level,
        "proficiency_bonus": 2 + (level - 1) // 4,
        "points_to_next_level": None if top else _EXPERIENCE_BY_LEVEL[level] - experience_points,
    }


def loot_drop_chance(
    drop_rate_percent: Annotated[float, Field(ge=1e-6, le=100)],
    attempts: Annotated[int, Field(ge=1, le=100_000)],
    copies: Annotated[int, Field(ge=1, le=1000)] = 1,
) -> float:
    """Compute the chance of getting a rare item after a number of tries, such as boss kills or gacha pulls.

    Args:
        drop_rate_percent: Chance of the item in one try, in percent.
        attempts: How many tries are made.
        copies: How many of the item are wanted at least.

    Returns:
        Chance of at least that many copies, in percent.

    Source: the binomial distribution.
    """
    if copies > attempts:
        return 0.0
    if drop_rate_percent >= 100:
        return 100.0
    hit, miss = math.log(drop_rate_percent / 100), math.log1p(-drop_rate_percent / 100)
    # In logarithms, because the binomial coefficients of many attempts are too large for a float.
    too_few = math.fsum(
        math.exp(_log_binomial(attempts, got) + got * hit + (attempts - got) * miss) for got in range(copies)
    )
    return round(100 * max(0.0, 1 - too_few), 4)


def poker_hand_rank(
    cards: Annotated[list[_PlayingCard], Field(min_length=5, max_length=5)],
) -> str:
    """Name the poker hand that five cards make, from high card to royal flush.

    Args:
        cards: The five cards of the hand.

    Returns:
        Name of the hand, such as ``full house``.

    Raises:
        ValueError: There are not five different cards.

    Source: standard poker hand rankings (World Series of Poker tournament rules).
    """
    if len(set(cards)) != _HAND_SIZE or len(cards) != _HAND_SIZE:
        raise ValueError(f"a hand has {_HAND_SIZE} different cards, got {len(set(cards))} different of {len(cards)}")
    order = sorted(_CARD_RANKS.index(card.rank) for card in cards)
    flush = len({card.suit for card in cards}) == 1
    straight = order == list(range(order[0], order[0] + _HAND_SIZE)) or order == _ACE_LOW_STRAIGHT
    if straight and flush:
        return "royal flush" if order[0] == _CARD_RANKS.index("10") else "straight flush"
    groups = sorted(Counter(order).values(), reverse=True)
    by_groups = {
        (4, 1): "four of a kind",
        (3, 2): "full house",
        (3, 1, 1): "three of a kind",
        (2, 2, 1): "two pair",
        (2, 1, 1, 1): "one pair",
    }
    if flush or straight:
        return "flush" if flush else "straight"
    return by_groups.get(tuple(groups), "high card")


def pokemon_type_effectiveness(
    attack_type: _ElementType,
    defender_types: Annotated[list[_ElementType], Field(min_length=1, max_length=2)],
) -> float:
    """Look up how effective an attack type is against a Pokemon's type or pair of types.

    Args:
        attack_type: Type of the move that attacks.
        defender_types: The one or two types of the Pokemon that is hit.

    Returns:
        Damage multiplier: 0, 0.25, 0.5, 1, 2 or 4.

    Raises:
        ValueError: There is no defending type, more than two, or the same one twice.

    Source: type chart of the Pokemon games since generation VI (2013).
    """
    if len(set(defender_types)) != len(defender_types) or not 1 <= len(defender_types) <= 2:
        raise ValueError("defender_types must be one type or two different ones")
    double, half, none = (types.split() for types in _TYPE_CHART[attack_type])
    multiplier = 1.0
    for defender in defender_types:
        multiplier *= 2 if defender in double else 0.5 if defender in half else 0 if defender in none else 1
    return multiplier


def scrabble_word_score(
    word: Annotated[
        str,
        Field(
            pattern="^[A-Za-z]{2,15}$",
            examples=["quartz", "jazzy", "oxygen", "banjo", "wizard", "kayak", "rhythm", "zephyr", "lemon"],
        ),
    ],
    word_multiplier: Literal["single", "double", "triple"] = "single",
    all_seven_tiles: bool = False,
) -> int:
    """Score a word in English-language Scrabble.

    Args:
        word: The word, without blanks.
        word_multiplier: Word square that it covers, such as ``triple`` for a triple word score.
        all_seven_tiles: The player laid all seven tiles of the rack, which earns 50 points more.

    Returns:
        Points for the word.

    Raises:
        ValueError: The word has other characters than the letters A to Z, or fewer than seven for a full rack.

    Source: Scrabble rules (Hasbro/Mattel), letter values of the English edition.
    """
    letters = word.upper()
    unknown = sorted(set(letters) - _LETTER_POINTS.keys())
    if unknown or not letters:
        raise ValueError(f"word {word!r} must consist of the letters A to Z")
    if all_seven_tiles and len(letters) < 7:
        raise ValueError(f"word {word!r} has {len(letters)} letters, too few to lay all seven tiles")
    points = sum(_LETTER_POINTS[letter] for letter in letters) * _WORD_MULTIPLIERS[word_multiplier]
    return points + _ALL_TILES_BONUS * all_seven_tiles


def wordle_feedback(
    guess: _FiveLetterWord,
    answer: _FiveLetterWord,
) -> list[str]:
    """Show the colours that Wordle gives to a guess.

    Args:
        guess: The five-letter word that was guessed.
        answer: The five-letter word to be found.

    Returns:
        One colour for each letter of the guess: ``green`` (right place), ``yellow`` (elsewhere in the answer) or
        ``gray`` (not in it, or no further time).

    Raises:
        ValueError: A word has not exactly five letters.

    Source: Wordle's rules (The New York Times Games).
    """
    guess, answer = guess.upper(), answer.upper()
    for word in (guess, answer):
        if len(word) != _WORDLE_LETTERS or not word.isalpha():
            raise ValueError(f"{word!r} must have exactly {_WORDLE_LETTERS} letters")
    # A letter turns yellow only as often as the answer holds it beyond the green ones.
    left = Counter(wanted for wanted, given in zip(answer, guess, strict=True) if wanted != given)
    colours = []
    for wanted, given in zip(answer, guess, strict=True):
        if wanted == given:
            colours.append("green")
        elif left[given] > 0:
            left[given] -= 1
            colours.append("yellow")
        else:
            colours.append("gray")
    return colours


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _square(name: str) -> tuple[int, int]:
    """Column and row of a square, both from 0."""
    if len(name) != 2 or name[0] not in "abcdefgh" or name[1] not in "12345678":
        raise ValueError(f"{name!r} is not a square: use a1 to h8")
    return "abcdefgh".index(name[0]), int(name[1]) - 1
