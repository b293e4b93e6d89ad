"""A request from a tool's description and schema alone, for tools that come without examples."""

import re
from random import Random

import msgspec

from apigen.models.offline.calendar import read_date, read_datetime, read_time
from apigen.models.offline.draft import MARK, Draft, mark
from apigen.models.offline.invent import Saying, invent
from apigen.models.offline.kinds import words_of
from apigen.models.offline.schema import Schema, narrow
from apigen.models.offline.sentences import DOING, Ask, write_ask
from apigen.models.offline.terms import spoken
from apigen.records import Call, Json, Tool, Wording

_NAMING = re.compile(
    r"(?:returns?|computes?|calculates?|gets?|finds?|gives?|determines?|estimates?|obtains?|fetch(?:es)?|derives?)\s+",
    re.IGNORECASE,
)
_TRUTH = re.compile(r"(?:true|false|whether|if)\b(?:\s+(?:if|when|iff|whether)\b)?\s*", re.IGNORECASE)
_INPUTS = re.compile(
    r"\s+(?:of|for|from|in|to|over)\s+(?:the |a |an |two |some |all )?(?:given |input |supplied |provided |numeric )*"
    r"(?:data|inputs?|values?|numbers?|lists?|iterable|sequence|samples?|strings?|texts?|arguments?|parameters?)"
    r"(?:\s+(?:of|or)\s+(?:numbers|values|data|reals|iterable|sequence))?$",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:\(|;|:\s|,? where |, as | -- | - |, based | as a |, so |, which |, such | e\.g\.|, assuming ).*$",
    re.DOTALL,
)
_IMPERATIVE = re.compile(r"[A-Z]?[a-z]+ (?:an?|the|any|all|one|every|each|some|this|multiple|several) \w")
"""A verb and the beginning of its object."""
_DAYS = {"day", "date", "on", "when"}
_HOURS = {"time", "start", "at", "when"}
_MEANS = {"method", "mode", "algorithm", "kernel", "strategy", "style", "unit", "format", "system", "scale", "formula"}
_UNITS = {"percent": "%", "pct": "%"} | {
    unit: f" {unit}"
    for unit in [
        "years",
        "months",
        "weeks",
        "days",
        "hours",
        "minutes",
        "seconds",
        "km",
        "miles",
        "meters",
        "cm",
        "kg",
        "pounds",
        "grams",
        "liters",
        "watts",
    ]
}
"""Last words of a parameter's name that are said after the number."""
LONGEST = 14
"""Words of a description's first sentence beyond which the tool's name says it better."""
OPTIONAL = 0.15
"""How often an optional parameter is spoken of."""


class _Piece(msgspec.Struct, frozen=True, eq=False):
    """One argument on its way into the query."""

    name: str
    schema: Schema
    saying: Saying


def compose(frames: Random, values: Random, tool: Tool, wording: Wording, *, repeated: bool = False) -> Draft:
    """Write a request for a tool.

    Args:
        frames: chance for the wording; the same state gives the same sentence around other values.
        values: chance for the values.
        tool: what is to be called.
        wording: how it should be put.
        repeated: whether others like it will stand beside it, so that the words before the values can be shared.
    """
    doing, core = subject(tool)
    text = _Text(frames, _pieces(frames, values, tool, core), repeated=repeated)
    asked = text.asked(doing, core, wording)
    arguments: dict[str, Json] = {piece.name: piece.saying.value for piece in text.pieces}
    return Draft(asked, tuple(piece.saying.text for piece in text.said), (Call(tool.name, arguments),))


def subject(tool: Tool) -> tuple[bool, str]:
    """What a tool does: ``(True, "convert ...")`` or ``(False, "the mean of ...")``."""
    first = re.split(r"(?<=\w)\.(?:\s|$)|\n\s*\n", tool.description.strip(), maxsplit=1)[0]
    first = re.sub(r"`+|\s*\n\s*", lambda match: " " if "\n" in match[0] else "", first)
    first = _CUT.sub("", first).strip().rstrip(".")
    if first and len(first.split()) <= LONGEST and first.isprintable():
        if naming := _NAMING.match(first):
            rest = first[naming.end() :]
            if truth := _TRUTH.match(rest):
                return True, f"check whether {_inside(rest[truth.end() :])}"
            return False, _the(rest)
        verb = first.split(" ", 1)[0].lower()
        for stem in (verb, verb.removesuffix("s"), verb.removesuffix("es")):
            if stem in DOING and " " in first:
                return True, f"{stem} {first.split(' ', 1)[1]}"
        if _IMPERATIVE.match(first) and not verb.endswith("s"):
            return True, _inside(first)
    name = spoken(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool.name).lower()).replace("-", " ")
    head, _, rest = name.partition(" ")
    if head in DOING and rest:
        return True, f"{head} the {rest}"
    return False, f"the {rest if head in ('get', 'fetch', 'find') and rest else name}"


def _the(phrase: str) -> str:
    """A noun phrase with the definite article: the person asks for a certain one."""
    phrase = re.sub(r"^(?:an?|the)\s+", "", phrase, flags=re.IGNORECASE)
    return f"the {_inside(phrase)}"


def _inside(phrase: str) -> str:
    """A phrase as it reads inside a sentence."""
    return phrase[:1].lower() + phrase[1:] if phrase[1:2].islower() else phrase


def _pieces(frames: Random, values: Random, tool: Tool, core: str) -> list[_Piece]:
    """The arguments of one call: what is required, and now and then an optional one."""
    root = tool.parameters
    chosen = [name for name in tool.properties if name in tool.required]
    optional = [name for name in tool.properties if name not in chosen]
    for name in optional:
        spoken_of = name not in ("a", "i") and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", core)
        if spoken_of or frames.random() < OPTIONAL or (not chosen and name == optional[0]):
            chosen.append(name)
    items = frames.randint(4, 7)
    pieces = []
    for name in chosen:
        schema = narrow(tool.properties[name], root)
        if not schema.get("type") and name not in tool.required and not isinstance(schema.get("enum"), list):
            default = schema.get("default")
            if default is None:
                continue  # nothing says what it takes, and nobody asked for it
            schema = narrow(schema | {"type": _type_of(default)}, root)
        saying = invent(values, name, schema, root, items)
        if name not in tool.required and saying.value == schema.get("default"):
            continue
        pieces.append(_Piece(name, schema, saying))
    return pieces


def _type_of(value: Json) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _words(name: str) -> str:
    """A parameter's name in words; a character that we use as a mark cannot be spoken."""
    return MARK.sub("", spoken(name)).replace("-", " ") or "value"


def _plural(words: str) -> bool:
    return words.endswith("s") and not words.endswith(("ss", "us", "is"))


def _when(piece: _Piece) -> str:
    """The word before a date or a time that needs no other explanation."""
    name, value = piece.name.lower(), piece.saying.value
    if read_time(value):
        return "at" if name in _HOURS else ""
    return "on" if (read_date(value) or read_datetime(value)) and name in _DAYS else ""


def _be(core: str) -> str:
    """The verb of "What is the mean?" and "What are the weights?"."""
    return "are" if _plural(re.split(r" (?:of|for|in|from|between|with|using|by|on|at|to) ", core)[0]) else "is"


class _Text:
    """Words around the arguments; ``said`` grows in the order of their marks."""

    def __init__(self, rng: Random, pieces: list[_Piece], *, repeated: bool) -> None:
        self.pieces = pieces
        self.said: list[_Piece] = []
        self._rng = rng
        self._repeated = repeated

    def asked(self, doing: bool, core: str, wording: Wording) -> str:
        """The whole request."""
        rng = self._rng
        core = self._in_place(core)
        left = [piece for piece in self.pieces if piece not in self.said]
        main = self._main(left)
        if main is not None:
            core = _INPUTS.sub("", core)
            left.remove(main)
            listed = isinstance(main.saying.value, list)
            if (
                listed
                and not doing
                and not self._repeated
                and rng.random() < 0.3
                and wording in (Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT)
            ):
                return self._data_first(core, main, left, wording)
            core = f"{core}{self._attached(core, main)}"
        elif left:
            core = _INPUTS.sub("", core)
        core = f"{core}{self._clauses(left)}"
        if wording in (Wording.TERSE, Wording.MISSPELLED) and not doing:
            return core.removeprefix("the ")
        if wording is Wording.TERSE:
            return core
        return write_ask(rng, Ask(doing, core, "" if doing else _be(core)), wording)

    def _mark(self, piece: _Piece) -> str:
        self.said.append(piece)
        return mark(len(self.said) - 1)

    def _in_place(self, core: str) -> str:
        """Put values where the description names their parameters: "the mean of data"."""
        for piece in self.pieces:
            if len(piece.name) == 1 and piece.name in "aIi":
                continue
            pattern = re.compile(
                r"(?:\b(?:the|a|an|given|some|this|numeric|numerical|input|several|multiple|all) )*"
                rf"(?<![\w-]){re.escape(piece.name)}(?![\w-])"
            )
            found = list(pattern.finditer(core))
            if len(found) == 1 and found[0].start() > 0 and not isinstance(piece.saying.value, bool | dict):
                core = core[: found[0].start()] + self._mark(piece) + core[found[0].end() :]
        return core

    def _main(self, left: list[_Piece]) -> _Piece | None:
        """The argument that the request is about, where one stands out."""
        if self.said:
            return None
        lists = [piece for piece in left if isinstance(piece.saying.value, list)]
        plain = [piece for piece in left if not isinstance(piece.saying.value, bool | dict)]
        if len(lists) == 1:
            return lists[0]
        if (
            not lists
            and plain
            and ("enum" not in plain[0].schema)
            and (len(left) == 1 or isinstance(plain[0].saying.value, str))
        ):
            return plain[0]
        return None

    def _attached(self, core: str, main: _Piece) -> str:
        joint = " for" if " of " in core or isinstance(main.saying.value, str) else " of"
        return f"{joint} {self._mark(main)}"

    def _data_first(self, core: str, main: _Piece, left: list[_Piece], wording: Wording) -> str:
        numeric = all(isinstance(item, int | float) for item in main.saying.value)
        openings = ("I've got {}.", "Here's what I have: {}.", "Take these: {}.", "This is my list: {}.")
        measured = ("My numbers are {}.", "These are my values: {}.", "I measured {}.", "The readings were {}.")
        opening = self._rng.choice(openings + measured if numeric else openings).format(self._mark(main))
        return f"{opening} {write_ask(self._rng, Ask(False, core + self._clauses(left), _be(core)), wording)}"

    def _clauses(self, left: list[_Piece]) -> str:
        """What is left to say: "using the inclusive method", "with interval 2.5"."""
        using = [piece for piece in left if set(words_of(piece.name)) & _MEANS and isinstance(piece.saying.value, str)]
        dated = {id(piece): joint for piece in left if (joint := _when(piece))}
        rest = [piece for piece in left if piece not in using and id(piece) not in dated]
        text = "".join(f" {dated[id(piece)]} {self._mark(piece)}" for piece in left if id(piece) in dated)
        text += "".join(f" using the {self._mark(piece)} {_words(piece.name)}" for piece in using)
        if not rest:
            return text
        glue = " for" if not self.said else " with"
        parts = [self._clause(piece) for piece in rest]
        return f"{text}{glue} {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}"

    def _clause(self, piece: _Piece) -> str:
        words = _words(piece.name)
        value = piece.saying.value
        if isinstance(value, bool):
            words = re.sub(r"^(?:is|has|use|include|with|allow|enable|do) ", "", words)
            return f"{words} turned {self._mark_switch(piece)}"
        if isinstance(value, list | dict):
            return f"{words}{' =' if len(words) == 1 else ':' if isinstance(value, dict) else ''} {self._mark(piece)}"
        if len(words) == 1 or words[-1].isdigit():
            return f"{words} = {self._mark(piece)}"
        if isinstance(value, int) and _plural(words) and " " not in words and value > 1:
            return f"{self._mark(piece)} {words}"
        if not isinstance(value, int | float):
            return f"{self._mark(piece)} as the {words}"
        head, _, unit = words.rpartition(" ")
        amount = f"{self._mark(piece)}"
        if head and unit in _UNITS:
            words, amount = head, f"{amount}{_UNITS[unit]}"
        article = "" if _plural(words) else "an " if words[0] in "aeiou" else "a "
        return f"{article}{words} of {amount}"

    def _mark_switch(self, piece: _Piece) -> str:
        switched = Saying(piece.saying.value, "on" if piece.saying.value else "off")
        return self._mark(msgspec.structs.replace(piece, saying=switched))
