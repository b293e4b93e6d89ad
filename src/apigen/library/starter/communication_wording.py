"""Communication: secret writing, numbers in words and letters on the telephone keypad."""

from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Communication"

_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))

# ITU-T Recommendation E.161: letters on the telephone keypad.
_KEYS = {
    letter: key
    for key, letters in {
        "2": "ABC",
        "3": "DEF",
        "4": "GHI",
        "5": "JKL",
        "6": "MNO",
        "7": "PQRS",
        "8": "TUV",
        "9": "WXYZ",
    }.items()
    for letter in letters
}


def caesar_cipher(
    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            examples=["Attack at dawn", "Meet me by the oak", "Hello from the attic", "The key is under the mat"],
        ),
    ],
    shift: Annotated[int, Field(ge=1, le=25)],
) -> str:
    """Write a secret message in the Caesar cipher, which shifts every letter in the alphabet.

    Args:
        text: The message to encrypt; a secret text is read by a shift of 26 less its own.
        shift: By how many letters to shift; 13 is ROT13.

    Returns:
        The shifted text; everything but the letters from A to Z stays as it is.

    Source: Suetonius, "The Life of Julius Caesar", chapter 56 (a shift of three).
    """
    moved = _LETTERS[shift:] + _LETTERS[:shift]
    return text.translate(str.maketrans(_LETTERS + _LETTERS.upper(), moved + moved.upper()))


def number_in_words(
    number: Annotated[int, Field(ge=-999_999_999_999, le=999_999_999_999)],
    style: Literal["American", "British"] = "American",
) -> str:
    """Write a whole number out in English words, as on a check or in a contract.

    Args:
        number: The number.
        style: American (one hundred five) or British (one hundred and five).

    Returns:
        The number in words.

    Source: The Chicago Manual of Style, section 9.5 (American); New Hart's Rules, chapter 11 (British, with "and").
    """
    if number < 0:
        return f"minus {_in_words(-number, style)}"
    return _in_words(number, style)


def vanity_number_digits(
    vanity_number: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9 ()+-]{2,40}$",
            examples=["1-800-FLOWERS", "0800 REPAIR", "1-888-GO-SOLAR", "555-PIZZA", "1300 TAXI NOW", "1-877-KITTENS"],
        ),
    ],
) -> str:
    """Turn a telephone number that is advertised in letters (1-800-FLOWERS) into the digits to dial.

    Args:
        vanity_number: The number with letters in it.

    Returns:
        The same number with a digit for each letter.

    Raises:
        ValueError: It has neither letters nor digits.

    Source: ITU-T Recommendation E.161 (letters on the keypad).
    """
    if not any(character.isalnum() for character in vanity_number):
        raise ValueError(f"{vanity_number!r} has neither letters nor digits")
    return "".join(_KEYS.get(character.upper(), character) for character in vanity_number)


def _in_words(number: int, style: str) -> str:
    """A number that is not negative in words."""
    for value, name in _SCALES:
        if number >= value:
            rest = number % value
            joint = " and " if style == "British" and rest < 100 else " "
            return f"{_in_words(number // value, style)} {name}" + (joint + _in_words(rest, style) if rest else "")
    if number >= 100:
        joint = " and " if style == "British" else " "
        head = f"{_SMALL[number // 100]} hundred"
        return head + (joint + _in_words(number % 100, style) if number % 100 else "")
    if number < len(_SMALL):
        return _SMALL[number]
    return _TENS[number // 10] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
