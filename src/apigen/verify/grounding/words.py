"""Words: how a query is cut into tokens, and when two words count as the same.

Stemming is light on purpose: plural, ``-ing``, ``-ed``, ``-ly`` and a final ``e``. That is enough to see
"ascending" in "ascend" or "calories" in "calorie" without making strangers equal.
"""

import re
import unicodedata
from functools import lru_cache

_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_LATIN}]+(?:'(?:t|s|re|ve|ll|d|m)(?![^\W\d_]))?|[^\W\d_{_LATIN}]+(?:'s(?![^\W\d_]))?"
)
"""A number (with its separators) or a run of letters of one script (with a contraction's tail): "5km" is two tokens,
and so is a Latin name with the Chinese word that follows it."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that read better as lines of words."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """
    a an and are as at be been but by can could did do does for from get give got had has have he her hers him his how i
    if in into is it its ive im id just let lets like may me might much many my need of on onto or our ours out over own
    per please pls plz shall she should so some tell that the their them then there these they this those to too up us
    was we were what whats when where which who whom whose why will with would you your yours youre about also am any
    able because before after all more most other than very really want wants wanted thanks thank hi hey hello ok okay
    each both here now one ones use using used given show make way lot kind know find see help
    """
)
"""Words that say nothing about what is asked for."""

FILLER_WORDS = word_set("inc ltd llc corp corporation co company city the a an of and in on at to for by with")
"""Words that may be added to or left out of a name without changing which thing it names."""

NEGATIONS = word_set(
    """
    no not none without dont doesnt didnt isnt arent wont cant shouldnt wouldnt neither nor never exclude excluding
    excludes except skip omit ignore ignoring disable disabled off false minus nothing avoid drop hide un non free
    """
)
"""Words that turn a statement round, as normalised tokens ("don't" is ``dont``)."""

_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201b": "'", "\u02bc": "'", "\u00b4": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u00d7": "x", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
    }
)  # fmt: skip
_ESCAPED = re.compile(r"\\[nrt](?=[A-Z\W])")
"""A line end or tab that was escaped once too often, unless it begins a lower-case word, as in a path."""

_PLAIN_LETTERS = (("ß", "ss"), ("ø", "o"), ("ł", "l"), ("æ", "ae"), ("đ", "d"))
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def plain_type(text: str) -> str:
    """The text with typographic quotes, dashes, spaces and the times sign as one types them, and escaped line
    ends as spaces; as long as before."""
    if "\\" in text:
        text = _ESCAPED.sub("  ", text)
    return text if text.isascii() else text.translate(_TYPOGRAPHY)


def normalise(word: str) -> str:
    """Lower case, no diacritics, no possessive, no apostrophes."""
    word = word.casefold()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) or word
        for letter, ascii_letters in _PLAIN_LETTERS:
            word = word.replace(letter, ascii_letters)
    if "'" in word:
        word = word.removesuffix("'s").replace("'", "")
    return word


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The light stem of a normalised word; words of up to three letters and numbers stay as they are."""
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "ches", "shes", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in ("ing", "ed", "ly"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and any(c in "aeiouy" for c in word[: -len(suffix)]):
            word = word[: -len(suffix)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    if word.endswith("y") and len(word) > 3:
        word = word[:-1] + "i"
    return word


@lru_cache(maxsize=65536)
def normal_and_stem(text: str) -> tuple[str, str]:
    """A word as it stands in a text, normalised, and its stem."""
    word = normalise(text)
    return word, stem(word)


def stem_set(text: str) -> frozenset[str]:
    """The stems of a text's words, for tables."""
    return frozenset(map(stem, text.split()))


@lru_cache(maxsize=8192)
def split_words(text: str) -> tuple[str, ...]:
    """The normalised words of a name, enum value or description; splits ``snake_case`` and ``camelCase``."""
    return tuple(normalise(match.group()) for match in TOKEN.finditer(_CAMEL.sub(" ", text.replace("_", " "))))


@lru_cache(maxsize=8192)
def content_stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words without stop words, in order."""
    return tuple(stem(word) for word in split_words(text) if word not in STOP_WORDS)


def typo_of(written: str, meant: str) -> bool:
    """Whether ``written`` is a plausible slip for ``meant``.

    One edit (insertion, deletion, substitution or swap of neighbours) in words of at least five letters, two from
    nine letters on; never in anything with digits, where one character makes another code, and rarely in
    the first letter: "looking" is no slip for "cooking".
    """
    shorter = min(len(written), len(meant))
    if shorter < 5 or not (written.isalpha() and meant.isalpha()) or written[0] not in meant[:2]:
        return False
    allowed = 2 if shorter >= 9 else 1
    return abs(len(written) - len(meant)) <= allowed and _edits(written, meant) <= allowed


def _edits(a: str, b: str) -> int:
    """Optimal string alignment distance (Damerau-Levenshtein without overlapping edits)."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
