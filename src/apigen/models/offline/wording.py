"""How a query is put: estimating the wording of a text, and changing it."""

import re
from random import Random

from apigen.models.offline.draft import MARK
from apigen.models.offline.phrases import phrases, slips, typos
from apigen.models.offline.sentences import read_ask, reask, sentences, write_ask
from apigen.records import Wording

_GREETING = re.compile(
    r"^(hey|hi|hello|morning|so |okay|ok |sorry|good (morning|evening)|funny|random|quick|well,)|thanks|thank you|"
    r"appreciate|cheers|you're a|i'd love|no rush|please\?$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\?|^(can|could|would|will|please|what|how|which|when|who|where|is|are|do|does|give|tell|show)\b|"
    r"\b(tell me|let me know|(can|could) you|please|i'd like to know|work out)\b",
    re.IGNORECASE,
)
_SLOPPY = re.compile(
    r"\b(i|im|ive|id|dont|whats|hows|cant|doesnt|isnt|thats|wont|pls|plz|thx|ur|u|teh|hwo|wat|wich|wiht|waht|taht|"
    r"hav|giv|mutch|pleese|becuase|recieve)\b"
)
_VERBISH = re.compile(
    r"\b(is|are|was|were|do|does|did|have|has|had|can|could|would|will|should|need|want|i|i'm|we|you|my|what's|please|"
    r"it's|give|tell|know|see|looking|trying)\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"\b(do you think you could|any chance you could|would you mind helping me|i'd like you to|i need you to|please|"
    r"can you|could you|would you|tell me|i need to|i want to|i'd like to|i'd like|i need|i want|"
    r"(?:what's|what is|what are|what would be)(?= (?:the|a|an|my|our)\b)|for me|a|an|the|my|our|(?<!what )(?:is|are)|"
    r"i have|we have|that|exactly|just)\b ?",
    re.IGNORECASE,
)
_CONTRACTED = {
    "What is ": "What's ",
    "I am ": "I'm ",
    "I would ": "I'd ",
    " do not ": " don't ",
    " cannot ": " can't ",
    "It is ": "It's ",
    " it is ": " it's ",
    "I have got ": "I've got ",
    " we are ": " we're ",
    "We are ": "We're ",
    "That is ": "That's ",
    " does not ": " doesn't ",
    "I will ": "I'll ",
}
_EXPANDABLE = {"What is ", "It is ", " it is ", " cannot ", " do not ", " does not "}
"""Contractions that stand for nothing else, so that they can be written out: "I'd" may be "I had"."""
_SWAPS = {
    " bought ": " picked up ",
    " roughly ": " about ",
    " whole ": " entire ",
    " right now": " at the moment",
    " purchase ": " buy ",
}


def hasty(text: str) -> bool:
    """Whether a text shows the slips of a hasty typist."""
    return bool(_SLOPPY.search(text)) or any(word.strip(".,?!:;").lower() in slips() for word in text.split())


def manner(text: str) -> Wording:
    """Which wording a text most likely has."""
    words = text.split()
    first = text.lstrip("\"'")[:1]
    lower = first.islower()
    if hasty(text):
        return Wording.MISSPELLED
    if not lower and read_ask(text):
        return Wording.PLAIN if len(words) <= 34 else Wording.CHATTY
    if (
        len(words) <= 18
        and len(_VERBISH.findall(text)) <= (0 if len(words) > 6 or not lower else 1)
        and not text.endswith("?")
    ):
        return Wording.TERSE
    if lower and text[-1:] not in ".?!":
        return Wording.MISSPELLED
    if len(words) > 34 or _GREETING.search(text) or (len(sentences(text)) > 2 and len(words) > 26):
        return Wording.CHATTY
    return Wording.PLAIN if _ASKING.search(text) else Wording.INDIRECT


_LEANING = re.compile(r"\b(it|its|this|that|these|those|they|them|he|she|him|her|one|so|also)\b", re.IGNORECASE)
"""Words that lean on an earlier sentence."""
_ACRONYMS = {"http", "apa", "sms", "vat", "npv", "iban", "jd", "isbn", "vin", "gcd", "lcm", "bmi", "gpa", "ip"}


_FROM = (Wording.TERSE, Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT, Wording.MISSPELLED)
_DISTANCES = {
    # to:              from terse, plain, chatty, indirect, misspelled
    Wording.TERSE: (0, 2, 6, 4, 7),
    Wording.PLAIN: (2, 0, 2, 2, 7),
    Wording.CHATTY: (3, 1, 0, 1, 7),
    Wording.INDIRECT: (3, 1, 2, 0, 7),
    Wording.MISSPELLED: (1, 1, 2, 1, 0),
    Wording.AMBIGUOUS: (2, 1, 2, 0, 7),
}
FAR = 3
"""The distance of a plain request that cannot be put as a need."""
UNFIT = 7
"""The distance of a hasty text from every other wording: its slips cannot be told from its values."""


def distance(text: str, wording: Wording) -> int:
    """How far a text is from a wording: 0 is there, ``FAR`` and more cannot be brought there in good style."""
    found = manner(text)
    far = _DISTANCES[wording][_FROM.index(found)]
    if wording is Wording.INDIRECT and found is Wording.PLAIN and reask(Random(0), text, wording) == text:
        return FAR
    return far + 2 if wording is Wording.TERSE and found is Wording.PLAIN and len(text.split()) > 16 else far


def reword(rng: Random, text: str, wording: Wording) -> str:
    """Bring a text (values as marks) to a wording, and vary its phrasing on the way."""
    found = manner(text)
    match wording:
        case Wording.PLAIN | Wording.CHATTY | Wording.INDIRECT if found is Wording.TERSE:
            return introduced(rng, text, wording)
        case Wording.TERSE:
            short = shortened(text) if found is Wording.PLAIN and len(text.split()) <= 20 else text
            return short.removesuffix(".")
        case Wording.MISSPELLED:
            return text if found is Wording.MISSPELLED else misspelled(rng, _touched(rng, text))
        case Wording.CHATTY if found in (Wording.PLAIN, Wording.INDIRECT):
            return chatty(rng, reask(rng, text, wording) if rng.random() < 0.6 else _touched(rng, text))
        case Wording.INDIRECT if found is Wording.PLAIN:
            return indirect(rng, text)
        case Wording.AMBIGUOUS if found in (Wording.PLAIN, Wording.TERSE, Wording.INDIRECT):
            return loose(rng, text)
        case Wording.PLAIN if found is Wording.PLAIN and rng.random() < 0.6:
            return _touched(rng, reask(rng, text, wording))
        case Wording.PLAIN if found is Wording.INDIRECT and text.endswith(".") and rng.random() < 0.4:
            return text + rng.choice((" Can you help with that?", " Can you sort that out for me?", " Could you help?"))
        case Wording.CHATTY if found is Wording.CHATTY and rng.random() < 0.5:
            return _touched(rng, reask(rng, text, wording))
        case _ if found in (Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT):
            return _touched(rng, text)
        case _:
            return text


def bare(text: str) -> str:
    """A text without the ways in and out that the offline model itself puts around one, so that they do not pile up."""
    before = text
    for kind in ("leads", "loose_leads", "noted"):
        for lead in phrases()[kind]:
            text = text.removeprefix(lead)
    for kind in ("closers", "loose_closers", "indirect_closers", "polite"):
        for closer in phrases()[kind]:
            if len(text) > len(closer) + 8:
                text = text.removesuffix(closer).removesuffix(f"{closer}.")
    return text if text == before else bare(text)


_QUESTION = re.compile(r"(what|how|which|when|who|where|is|are|can|could|would|do|does|did|was|will)\b", re.IGNORECASE)


def introduced(rng: Random, text: str, wording: Wording) -> str:
    """A few words as from a search box, put as a message: with a "please", or as they are."""
    body = text.rstrip(".?!")
    ask = read_ask(sentence_case(text))
    if ask and re.search(r"\b(?:an?|the|to|from|into|of|in|with)\b", body):  # "filter coffee, 7 cups" asks for nothing
        asked = write_ask(rng, ask, wording)
    elif _QUESTION.match(body):
        asked = f"{body[:1].upper()}{body[1:]}?"
    elif wording is Wording.INDIRECT:
        lead = rng.choice(phrases()["noted"]) if ":" not in body and rng.random() < 0.3 else ""
        asked = f"{lead}{body}." if lead else sentence_case(body)
    else:
        bare_is_best = wording is Wording.CHATTY or re.search(r"[:;]", body) or rng.random() < 0.3
        told = len(body.split()) > 10 or _VERBISH.search(body)
        polite = "" if bare_is_best or told else rng.choice(phrases()["polite"])
        asked = sentence_case(f"{body}{polite}")
    return chatty(rng, asked) if wording is Wording.CHATTY else asked


def _touched(rng: Random, text: str) -> str:
    """Small changes that leave the sense alone."""
    for long, short in (_CONTRACTED | _SWAPS).items():
        if rng.random() < 0.5:
            text = text.replace(long, short, 1)
        elif long in _EXPANDABLE and rng.random() < 0.4:
            text = text.replace(short, long, 1)
    return text


def sentence_case(text: str) -> str:
    """A capital first and a full stop last."""
    first = text.split(" ", 1)[0]
    if first in _ACRONYMS:
        text = first.upper() + text[len(first) :]
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".?!" else ".")


def chatty(rng: Random, text: str) -> str:
    """A plain text with a natural way in or out, or both."""
    way_in, way_out = rng.choice(phrases()["leads"]), rng.choice(phrases()["closers"])
    ended = text if text[-1:] in ".?!" else text + "."
    draw = rng.random()
    if draw < 0.5:
        return way_in + ended
    return ended + way_out if draw < 0.75 else way_in + ended + way_out


def indirect(rng: Random, text: str) -> str:
    """A need rather than a request."""
    stated = reask(rng, text, Wording.INDIRECT)
    if stated != text and rng.random() < 0.5 and stated.endswith(".") and len(stated.split()) < 30:
        return stated + rng.choice(phrases()["indirect_closers"])
    return stated


def loose(rng: Random, text: str) -> str:
    """A text that leaves open what exactly is to be done."""
    body = sentence_case(text)
    if len(sentences(text)) > 2:
        return text
    if body.endswith("?"):
        return rng.choice(phrases()["loose_leads"]) + body if rng.random() < 0.6 else body
    return (
        rng.choice(phrases()["loose_leads"]) + body
        if rng.random() < 0.4
        else body + rng.choice(phrases()["loose_closers"])
    )


def clipped(text: str) -> str:
    """The end of a story: its shortest run of last sentences that says every value, asks, and stands alone."""
    parts = sentences(text)
    for start in range(len(parts) - 1, 0, -1):
        tail = " ".join(parts[start:])
        if len(MARK.findall(tail)) == len(MARK.findall(text)):
            asks = parts[-1].endswith("?") or read_ask(parts[-1])
            return tail if asks and not _LEANING.search(tail) else text
    return text


def shortened(text: str) -> str:
    """A plain text without the words that a search box does not need."""
    if '"' in text or len(sentences(text)) > 1:
        return text
    short = _FILLER.sub("", text).rstrip(".?! ")
    short = re.sub(r"\s+", " ", re.sub(r"\s+([,.?])", r"\1", short)).strip(" ,")
    return lowered(short) if len(short.split()) >= 3 or MARK.search(short) else text


def lowered(text: str) -> str:
    """A text without its first capital, where that letter belongs to an ordinary word."""
    first = re.split(r"[\s,']", text, maxsplit=1)[0]
    if first == "I" or not first[1:].islower():
        return text[:1].lower() + text[1:] if first == "A" else text
    return text[:1].lower() + text[1:]


def misspelled(rng: Random, text: str) -> str:
    """The same text typed in haste; values and quoted words stay as they are."""
    known = typos()
    pieces = re.split(r"(\"[^\"]*\"|'[^']{2,}'(?!\w))", text)
    words = [word for piece in pieces[::2] for word in re.findall(r"[A-Za-z]+(?![\w'’])", piece)]  # noqa: RUF001
    likely = sorted({word for word in words if word.lower() in known})
    rng.shuffle(likely)
    wrong = {word: known[word.lower()] for word in likely[: rng.randint(1, 3)]}
    if len(wrong) < 2:
        others = sorted({word for word in words if len(word) > 5 and word.islower() and word not in wrong})
        for word in rng.sample(others, min(len(others), 2 - len(wrong))):
            at = rng.randrange(2, len(word) - 2)
            wrong[word] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for index in range(0, len(pieces), 2):
        for word, slip in wrong.items():
            pieces[index] = re.sub(rf"\b{word}\b", slip, pieces[index], count=1)
        if rng.random() < 0.6:
            pieces[index] = re.sub(r"\b(\w+)n't\b|\b(I)'m\b|\b(\w+)'s\b", _without_apostrophe, pieces[index], count=1)
    sloppy = "".join(pieces)
    sloppy = lowered(sloppy)
    if rng.random() < 0.7:
        sloppy = sloppy.rstrip(".?!")
    return sloppy


def _without_apostrophe(match: re.Match[str]) -> str:
    plain = match[0].replace("'", "")
    return (
        plain.lower()
        if plain.lower() in ("whats", "im", "dont", "cant", "doesnt", "isnt", "lets", "hows")
        else match[0]
    )
