"""Communication: text messages, telephone numbers, calls, speech and signalling alphabets."""

import datetime
import math
import re
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Communication"

# ITU-R Recommendation M.1677-1, "International Morse code".
_MORSE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.", "H": "....", "I": "..",
    "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---", "P": ".--.", "Q": "--.-", "R": ".-.",
    "S": "...", "T": "-", "U": "..-", "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--", "Z": "--..",
    "0": "-----", "1": ".----", "2": "..---", "3": "...--", "4": "....-", "5": ".....", "6": "-....", "7": "--...",
    "8": "---..", "9": "----.", ".": ".-.-.-", ",": "--..--", ":": "---...", "?": "..--..", "'": ".----.",
    "-": "-....-", "/": "-..-.", "(": "-.--.", ")": "-.--.-", '"': ".-..-.", "=": "-...-", "+": ".-.-.", "@": ".--.-.",
}  # fmt: skip

# ICAO Annex 10, volume II, radiotelephony spelling alphabet.
_NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
# APCO "police alphabet", as used by the Los Angeles Police Department.
_POLICE = (
    "Adam Boy Charles David Edward Frank George Henry Ida John King Lincoln Mary Nora Ocean Paul Queen Robert "
    "Sam Tom Union Victor William X-ray Young Zebra"
)
_SPELLINGS = {
    alphabet: {word[0]: word for word in words.split()} for alphabet, words in (("NATO", _NATO), ("police", _POLICE))
}
_DIGITS = "Zero One Two Three Four Five Six Seven Eight Niner"

# 3GPP TS 23.038, GSM 7 bit default alphabet and its extension table (whose characters count two).
_GSM_BASIC = frozenset(
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5\u0394_\u03a6\u0393\u039b\u03a9"
    "\u03a0\u03a8\u03a3\u0398\u039e\u00c6\u00e6\u00df\u00c9 !\"#\u00a4%&'()*+,-./0123456789:;<=>?\u00a1"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7\u00bfabcdefghijklmnopqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|\u20ac")

# ITU-T E.164 country codes, and the prefix that is dialled inside the country but dropped from abroad.
_NUMBERING = {
    "United States": ("1", "1"), "Canada": ("1", "1"), "United Kingdom": ("44", "0"), "Ireland": ("353", "0"),
    "Germany": ("49", "0"), "Austria": ("43", "0"), "Switzerland": ("41", "0"), "France": ("33", "0"),
    "Netherlands": ("31", "0"), "Belgium": ("32", "0"), "Spain": ("34", ""), "Portugal": ("351", ""),
    "Italy": ("39", ""), "Greece": ("30", ""), "Poland": ("48", ""), "Sweden": ("46", "0"), "Norway": ("47", ""),
    "Denmark": ("45", ""), "Finland": ("358", "0"), "Turkey": ("90", "0"), "Israel": ("972", "0"),
    "India": ("91", "0"), "China": ("86", "0"), "Japan": ("81", "0"), "South Korea": ("82", "0"),
    "Singapore": ("65", ""), "Australia": ("61", "0"), "New Zealand": ("64", "0"), "South Africa": ("27", "0"),
    "Mexico": ("52", ""),
}  # fmt: skip

_ShortText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        examples=["SOS", "Hello world", "Titanic", "HQ 7", "Meet me at noon", "KX4921", "Lighthouse", "Good luck"],
    ),
]


def text_to_morse(text: _ShortText, words_per_minute: Annotated[float, Field(ge=1, le=100)] = 20) -> dict[str, object]:
    """Write a text in international Morse code and tell how long it takes to send.

    Args:
        text: Latin letters, digits, spaces and common punctuation.
        words_per_minute: Sending speed in words a minute, by the standard word PARIS.

    Returns:
        ``code`` (letters separated by a space, words by " / ") and ``seconds``.

    Raises:
        ValueError: A character has no Morse code.

    Source: ITU-R Recommendation M.1677-1, "International Morse code".
    """
    words = text.upper().split()
    if not words:
        raise ValueError("the text is empty")
    if unknown := sorted({character for word in words for character in word} - _MORSE.keys()):
        raise ValueError(f"no Morse code for {unknown[0]!r}")
    coded = [[_MORSE[character] for character in word] for word in words]
    units = sum(_morse_units(word) for word in coded) + 7 * (len(coded) - 1)
    code = " / ".join(" ".join(word) for word in coded)
    return {"code": code, "seconds": round(units * 1.2 / words_per_minute, 2)}  # a dot lasts 1.2 s at 1 word a minute


def spell_phonetic_alphabet(text: _ShortText, alphabet: Literal["NATO", "police"] = "NATO") -> str:
    """Spell a name or code letter by letter with code words (Alfa, Bravo, ...), to say it over phone or radio.

    Args:
        text: Latin letters and digits; spaces and punctuation are passed over.
        alphabet: NATO (the international ICAO words) or police (Adam, Boy, Charles, ..., used in the United States).

    Returns:
        The code words separated by spaces.

    Raises:
        ValueError: The text holds no letter and no digit, or a letter outside A to Z.

    Source: ICAO Annex 10, volume II; APCO spelling alphabet.
    """
    table = _SPELLINGS[alphabet] | {str(digit): word for digit, word in enumerate(_DIGITS.split())}
    characters = [character for character in text.upper() if character.isalnum()]
    if not characters:
        raise ValueError("there is no letter or digit to spell")
    if unknown := [character for character in characters if character not in table]:
        raise ValueError(f"the {alphabet} alphabet has no word for {unknown[0]!r}")
    return " ".join(table[character] for character in characters)


def sms_message_segments(
    message: Annotated[
        str,
        Field(
            min_length=1,
            max_length=5000,
            examples=[
                "Your table for two is ready!",
                "Running late, start without me",
                "Your code is 4821. Do not share it.",
                "Happy birthday 🎂",
            ],
        ),
    ],
) -> dict[str, str | int]:
    """Count the parts (segments) into which a text message is split when it is sent as SMS, and its encoding.

    Args:
        message: The text message exactly as it would be sent.

    Returns:
        ``segments`` that are billed, ``encoding`` (GSM-7 or UCS-2), ``units`` used and ``units_left`` in the last one.

    Source: 3GPP TS 23.038 (alphabets) and TS 23.040 (concatenated messages).
    """
    if set(message) <= _GSM_BASIC | _GSM_EXTENSION:
        encoding, alone, joined = "GSM-7", 160, 153
        sizes = [2 if character in _GSM_EXTENSION else 1 for character in message]
    else:
        encoding, alone, joined = "UCS-2", 70, 67
        sizes = [len(character.encode("utf-16-le")) // 2 for character in message]
    units = sum(sizes)
    capacity = alone if units <= alone else joined
    segments, filled = 1, 0
    for size in sizes:  # a character is never torn apart between two segments
        if filled + size > capacity:
            segments, filled = segments + 1, 0
        filled += size
    return {"segments": segments, "encoding": encoding, "units": units, "units_left": capacity - filled}


def phone_number_international(
    number: Annotated[
        str,
        Field(
            pattern=r"^[0-9(][0-9 ()./-]{3,24}$",
            examples=["020 7946 0958", "(212) 555-0147", "06 12345678", "030 901820", "0412 345 678", "91 411 11 11"],
        ),
    ],
    country: Literal[
        "United States",
        "Canada",
        "United Kingdom",
        "Ireland",
        "Germany",
        "Austria",
        "Switzerland",
        "France",
        "Netherlands",
        "Belgium",
        "Spain",
        "Portugal",
        "Italy",
        "Greece",
        "Poland",
        "Sweden",
        "Norway",
        "Denmark",
        "Finland",
        "Turkey",
        "Israel",
        "India",
        "China",
        "Japan",
        "South Korea",
        "Singapore",
        "Australia",
        "New Zealand",
        "South Africa",
        "Mexico",
    ],
    extension: Annotated[int, Field(ge=0, le=99_999)] | None = None,
) -> dict[str, str]:
    """Write a telephone number in the form in which it is dialled from abroad (E.164, +49...).

    Args:
        number: The number as it is dialled inside its country, with or without spaces, brackets, dots and hyphens.
        country: Country that the number belongs to.
        extension: Extension to dial once connected, if there is one.

    Returns:
        ``e164`` such as "+442079460958" and ``tel_uri`` for a link.

    Raises:
        ValueError: The number is too short, or longer than 15 digits with its country code.

    Source: ITU-T Recommendation E.164 and its list of country codes; RFC 3966 (tel URI).
    """
    code, trunk = _NUMBERING[country]
    national = re.sub(r"\D", "", number).removeprefix(trunk)
    if len(national) < 4 or len(code + national) > 15:
        raise ValueError(f"{number!r} has {len(national)} national digits, which is no valid number in {country}")
    full = f"+{code}{national}"
    return {"e164": full, "tel_uri": f"tel:{full}" if extension is None else f"tel:{full};ext={extension}"}


def text_readability_grade(
    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=20_000,
            examples=[
                "Please fill in the form and send it back by Monday.",
                "The committee deferred its decision pending further consultation.",
                "We lost your parcel. We are sorry. A new one is on its way.",
            ],
        ),
    ],
    formula: Literal["automated_readability_index", "coleman_liau"] = "automated_readability_index",
) -> dict[str, float | int]:
    """Estimate how hard an English text is to read, as the US school grade that is needed to understand it.

    Args:
        text: The text to rate, at least one word.
        formula: automated_readability_index or coleman_liau; both count letters instead of syllables.

    Returns:
        ``grade`` with the number of ``words`` and ``sentences``.

    Raises:
        ValueError: The text has no words.

    Source: Smith and Senter (1967), AMRL-TR-66-220; Coleman and Liau (1975), Journal of Applied Psychology 60(2).
    """
    words = re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", text)
    if not words:
        raise ValueError("the text has no words")
    sentences = max(1, len(re.findall(r"[.!?]+(?=\s|$|[\"')\u201d])", text)))
    letters = sum(character.isalnum() for word in words for character in word)
    if formula == "coleman_liau":
        grade = 0.0588 * (100 * letters / len(words)) - 0.296 * (100 * sentences / len(words)) - 15.8
    else:
        grade = 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43
    return {"grade": round(grade, 2), "words": len(words), "sentences": sentences}


def speech_duration(
    word_count: Annotated[int, Field(ge=1, le=1_000_000)],
    words_per_minute: Annotated[float, Field(ge=10, le=600)] = 150,
    pauses: Annotated[int, Field(ge=0, le=10_000)] = 0,
    seconds_per_pause: Annotated[float, Field(ge=0, le=3600)] = 2,
) -> dict[str, float | str]:
    """Estimate how long a speech, talk or voice-over takes to deliver from the number of words in its script.

    Args:
        word_count: Words in the script.
        words_per_minute: Speaking pace in words a minute.
        pauses: Number of deliberate pauses, for applause or slides.
        seconds_per_pause: Length of each pause in seconds.

    Returns:
        ``minutes`` and ``clock`` as h:mm:ss.

    Source: National Center for Voice and Speech (about 150 words a minute in conversational US English).
    """
    seconds = word_count / words_per_minute * 60 + pauses * seconds_per_pause
    whole = math.floor(seconds + 0.5)
    clock = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return {"minutes": round(seconds / 60, 2), "clock": clock}


def call_time_between_utc_offsets(
    call_time: datetime.time,
    from_utc_offset: Annotated[float, Field(ge=-12, le=14)],
    to_utc_offset: Annotated[float, Field(ge=-12, le=14)] = 0,
) -> dict[str, str | int]:
    """Convert the time of a call or meeting between two time zones that are given as offsets from UTC.

    Args:
        call_time: Local time of the call (HH:MM) in the first zone.
        from_utc_offset: Offset of the first zone from UTC in hours, such as -5 or 5.5.
        to_utc_offset: Offset of the second zone from UTC in hours.

    Returns:
        ``time`` (HH:MM) in the second zone and ``day_shift``: -1 for the day before, 0 the same day, 1 the next.

    Source: ISO 8601-1:2019, time shift from UTC.
    """
    shifted = call_time.hour * 60 + call_time.minute + round((to_utc_offset - from_utc_offset) * 60)
    day_shift, minutes = divmod(shifted, 24 * 60)
    return {"time": f"{minutes // 60:02}:{minutes % 60:02}", "day_shift": day_shift}


def _morse_units(word: list[str]) -> int:
    """Length of a word in dots: a dash is 3, a gap inside a letter 1, between letters 3."""
    marks = sum({".": 1, "-": 3}[mark] for letter in word for mark in letter)
    return marks + sum(len(letter) - 1 for letter in word) + 3 * (len(word) - 1)
