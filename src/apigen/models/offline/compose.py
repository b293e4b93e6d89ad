"""A request from a tool's description and schema alone, for tools that come without examples."""

import re
from collections.abc import Sequence
from random import Random

import msgspec

from apigen.models.offline.clauses import Piece, clauses, plural, spoken_name
from apigen.models.offline.draft import Draft, agreeing, mark
from apigen.models.offline.hints import plausible, settled
from apigen.models.offline.invent import Saying, invent, part_of
from apigen.models.offline.kinds import schema_kind, words_of
from apigen.models.offline.schema import Schema, item_schema, listed, narrow
from apigen.models.offline.sentences import Ask, write_ask
from apigen.models.offline.subject import subject
from apigen.records import Call, Json, Tool, Wording

_INPUTS = re.compile(
    r"\s+(?:of|for|from|in|to|over)\s+(?:the |a |an |two |some |all )?(?:given |input |supplied |provided |numeric )*"
    r"(?:data|inputs?|values?|numbers?|lists?|iterable|sequence|samples?|strings?|texts?|arguments?|parameters?)"
    r"(?:\s+(?:of|or)\s+(?:numbers|values|data|reals|iterable|sequence))?$",
    re.IGNORECASE,
)
_DIRECT = re.compile(r"how (?:many|much) (?:\S+ ){1,8}?(?:is|are) \w", re.IGNORECASE)
"""Such a question whose words stand as they are asked."""
_INDEFINITE = re.compile(r"\b(?:an?|some|one) (?!\w+ of\b)\w+", re.IGNORECASE)
_PREPOSITION = r"(?:of|into|for|in|to|from|between|with|by|on|at|and|or|than|if|whether|until|since|before|after)"
_GENERIC = {"value", "values", "number", "numbers", "n", "x", "num", "data", "text"}
"""Names that say nothing that the value does not say."""
_SENTENCES = (Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT)
_BARE_THING = r"(?!(?:list|set|number|value|string|text)\b)\w+(?=$| (?:is|are|was|has|have|had|costs?|will|in|at)\b)"
"""The thing that a parameter called ``id`` alone belongs to, where it is named by one word: "where a parcel is"."""
OPTIONAL = 0.15
"""How often an optional parameter is spoken of."""
_PAIRS = (
    ("floor", "ceil"), ("low", "high"), ("lower", "upper"), ("min", "max"), ("minimum", "maximum"),
    ("start", "end"), ("today", "deadline"), ("begin", "end"),
)  # fmt: skip
"""Words of two parameters, the first of which has the smaller value."""
_SIZES: tuple[tuple[str, Schema], ...] = (
    ("large integer", {"type": "integer", "minimum": 1_000_000, "maximum": 9_000_000_000}),
    ("commas", {"type": "integer", "minimum": 1_000, "maximum": 9_000_000}),
    ("number of bytes", {"type": "integer", "minimum": 2_000, "maximum": 90_000_000}),
    ("number of seconds", {"type": "integer", "minimum": 90, "maximum": 90_000}),
)
"""Words of a description that say how large its value is."""
_ANYTHING = re.compile(
    r"(?P<before>^\w+ (?:if |whether )?|\b(?:of|from|for) )(?:"
    r"(?:an? (?:timedelta or )?)?number of (?P<unit>seconds|bytes|days|minutes)|the (?:argument|input|object)|"
    r"(?:an?|some|the given|each) (?:(?!of\b|to\b)[\w-]+ ){0,2}?"
    r"(?:integer|number|float|value|string|text|bytestring|word|sentence|phrase|iterable|time)s?\b(?! of\b)"
    r"(?: or (?:an? )?\w+)?(?:, \w+,)?)|(?P<named>^the (?:number|value|integer|string|text))(?= )"
)
"""Words of a description that stand for whatever the tool is given: "convert an integer to ..."."""


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


def _pieces(frames: Random, values: Random, tool: Tool, core: str) -> list[Piece]:
    """The arguments of one call: what is required, and now and then an optional one."""
    root = tool.parameters | {"description": tool.description}  # which may tell the range of a parameter
    chosen = [name for name in tool.properties if name in tool.required]
    optional = [name for name in tool.properties if name not in chosen]
    for name in optional:
        separates = schema_kind(name, settled(tool.properties[name], root)) == "separator"
        if not plausible(name, tool.properties[name], root) or (separates and name not in core):
            continue
        options = listed(settled(tool.properties[name], root), "enum")
        hinted = any(isinstance(option, str) and option[:5].lower() in core for option in options if option)
        spoken_of = hinted or (name not in ("a", "i") and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", core))
        if spoken_of or frames.random() < OPTIONAL or (not chosen and name == optional[0]):
            chosen.append(name)
    items = frames.randint(4, 7)
    pieces: list[Piece] = []
    # Lists come last: what is cut from a board is shorter than the board.
    for name in sorted(chosen, key=lambda name: narrow(tool.properties[name], root).get("type") == "array"):
        schema = settled(tool.properties[name], root)
        if not schema.get("type") and name not in tool.required and not isinstance(schema.get("enum"), list):
            default = schema.get("default")
            if default is None:
                continue  # nothing says what it takes, and nobody asked for it
            schema = narrow(schema | {"type": _type_of(default)}, root)
        if name not in tool.required and (choices := listed(schema, "enum")):
            schema = schema | {"enum": [each for each in choices if each != schema.get("default")] or choices}
        if name.lower() in _GENERIC and schema.get("type") in ("integer", "number"):
            schema = schema | next((size for words, size in _SIZES if words in core), {})
        beside = next((each.saying.value for each in pieces if isinstance(each.saying.value, str)), "")
        saying = part_of(values, name, beside) if schema.get("type") == "string" else None
        saying = saying or invent(values, name, _bounded(name, schema, pieces, root), root, items)
        if name not in tool.required and saying.value == schema.get("default"):
            continue
        pieces.append(Piece(name, schema, saying))
    return _ordered(sorted(pieces, key=lambda piece: chosen.index(piece.name)))


def _ordered(pieces: list[Piece]) -> list[Piece]:
    """The same arguments, a floor below its ceiling and a start before its end."""
    for low, high in _PAIRS:
        below = next((each for each in pieces if low in words_of(each.name)), None)
        above = next((each for each in pieces if high in words_of(each.name)), None)
        if below is None or above is None:
            continue
        both = (below.saying.value, above.saying.value)
        alike = all(isinstance(each, str) for each in both) or all(isinstance(each, int | float) for each in both)
        if alike and both[0] > both[1] and below.schema.get("type") == above.schema.get("type"):
            swapped = {id(below): above.saying, id(above): below.saying}
            pieces = [msgspec.structs.replace(each, saying=swapped.get(id(each), each.saying)) for each in pieces]
    return pieces


def _bounded(name: str, schema: Schema, others: Sequence[Piece], root: Schema) -> Schema:
    """The schema of a list whose items are smaller than a single value of the same unit."""
    unit = Piece(name, {}, Saying(None, "")).unit[1]
    whole = next((each.saying.value for each in others if unit and each.unit[1] == unit), None)
    inner = item_schema(schema, 0, root)
    if schema.get("type") != "array" or not isinstance(whole, int | float) or inner.keys() - {"type", "description"}:
        return schema
    return schema | {"items": inner | {"minimum": round(whole / 8), "maximum": round(whole / 2)}}


def _type_of(value: Json) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _be(core: str) -> str:
    """The verb of "What is the mean?" and "What are the weights?"."""
    return "are" if plural(re.split(r" (?:of|for|in|from|between|with|using|by|on|at|to) ", core)[0]) else "is"


def _cited(name: str) -> re.Pattern[str]:
    """A parameter's identifier in a description, with the words that introduce it."""
    return re.compile(rf"(?:the one (?:provided|given) as )?\b{re.escape(name)}\b(?: (?:parameter|argument))?")


def _sets(core: str, piece: Piece) -> bool:
    """Whether a request changes what a parameter holds: "raise the priority"."""
    verbs = r"(?:set|raise|change|update|lower|switch|adjust|move)"
    return bool(re.match(rf"{verbs} (?:the |an? )?{re.escape(spoken_name(piece.name))}\b", core))


class _Text:
    """Words around the arguments; ``said`` grows in the order of their marks."""

    def __init__(self, rng: Random, pieces: list[Piece], *, repeated: bool) -> None:
        self.pieces = pieces
        self.said: list[Piece] = []
        self._rng = rng
        self._repeated = repeated

    def asked(self, doing: bool, core: str, wording: Wording) -> str:
        """The whole request."""
        rng = self._rng
        core = self._for_anything(doing, self._in_place(doing, core))
        left = [piece for piece in self.pieces if piece not in self.said]
        main = self._main(left)
        if left:
            core = _INPUTS.sub("", core)
        if main is not None:
            left.remove(main)
            data = isinstance(main.saying.value, list) and not doing and not self._repeated
            if data and core.startswith("the ") and rng.random() < 0.3 and wording in _SENTENCES:
                return self._data_first(core, main, left, wording)
            core = f"{core}{self._attached(core, main)}"
        core = f"{core}{self._clauses(core, left)}"
        asks = wording is Wording.TERSE and re.match(r"(?:when|what|where|how|who|which) ", core)
        brief = doing or core.startswith("the ") or _DIRECT.match(core) or asks
        if brief and (wording is Wording.TERSE or (wording is Wording.MISSPELLED and not doing)):
            return core.removeprefix("the ")
        if _DIRECT.match(core) and rng.random() < 0.5 and wording in (Wording.PLAIN, Wording.CHATTY):
            return f"{core[:1].upper()}{core[1:]}?"
        return write_ask(rng, Ask(doing, core, _be(core) if core.startswith("the ") else ""), wording)

    def _mark(self, piece: Piece) -> str:
        self.said.append(piece)
        return mark(len(self.said) - 1)

    def _for_anything(self, doing: bool, core: str) -> str:
        """Put the main value where the description says "an integer" or "a string"."""
        left = [piece for piece in self.pieces if piece not in self.said]
        main = self._main(left) or next((each for each in left if each.name.lower() in _GENERIC), None)
        if main is None:
            return core
        if found := _ANYTHING.search(core):
            unit = f" {found['unit']}" if found["unit"] and not main.moment else main.unit[1]
            before = f"{found['named']} " if found["named"] else found["before"]
            return f"{core[: found.start()]}{before}{self._mark(main)}{unit}{core[found.end() :]}"
        if doing and (found := re.match(r"\w+(?= (?:to|into)\b)|(?:run )?\w+$", core)):
            joint = " on" if core.startswith("run ") else ""
            return f"{found[0]}{joint} {self._mark(main)}{main.unit[1]}{core[found.end() :]}"
        return core

    def _in_place(self, doing: bool, core: str) -> str:
        """Put values where the description names their parameters: "the mean of data", "the orders of a customer"."""
        for piece in self.pieces:
            name = spoken_name(piece.name)
            if "_" in piece.name and len(cited := _cited(piece.name).findall(core)) == 1:
                core = core.replace(cited[0], self._mark(piece))
                continue
            if name in ("a", "i") or isinstance(piece.saying.value, bool):
                continue
            if (beside := self._beside(core, piece)) != core:
                core = beside
                continue
            if piece.moment and not re.search(rf"\ban? {re.escape(name)}(?![\w-])", core):
                continue
            if "enum" in piece.schema and doing and re.match(rf"\w+ (?:the |an? )?{re.escape(name)}(?![\w-])", core):
                continue
            verb = r"|^\w+" if doing else ""
            pattern = re.compile(
                rf"(?<![\w-])(?:(?P<before>{_PREPOSITION}{verb}) )?"
                r"(?P<article>(?:(?:the|an?|given|some|this|numeric|numerical|input|several|multiple|all) )*)"
                rf"(?:{re.escape(name)}|{re.escape(piece.name)})(?![\w-])"
            )
            found = list(pattern.finditer(core))
            if len(found) != 1 or not found[0]["before"]:
                continue
            if found[0]["before"] == "by" and not found[0]["article"] and name in ("email", "mail", "phone"):
                continue  # "by email" says how
            head = f"{found[0]['before']} " if found[0]["before"] else ""
            thing = name in ("product", "item", "article") and piece.saying.text.islower()
            core = (
                f"{core[: found[0].start()]}{head}{'the ' if thing else ''}{self._mark(piece)}{core[found[0].end() :]}"
            )
        return core

    def _beside(self, core: str, piece: Piece) -> str:
        """Put a value beside the thing in the description that it belongs to: "an invoice dated 3 May 2024"."""
        noun, unit = piece.unit
        value = piece.saying.value
        if isinstance(value, dict):
            return re.sub(
                rf"\ban? {re.escape(noun)}\b", lambda found: f"{found[0]} with {self._mark(piece)}", core, count=1
            )
        if piece.moment:
            head, _, last = spoken_name(piece.name).rpartition(" ")
            noun, joint = (head, "dated") if last == "date" else (head.removesuffix("ed"), "from")
        elif isinstance(value, list):
            noun, joint = (noun, "of") if unit else ("", "")
        elif isinstance(value, str):
            noun, joint = (noun, "") if "enum" in piece.schema else ("", "")
        else:
            stated = re.match(r"(\w+) in \w+$", str(piece.schema.get("description", "")))
            noun, joint = (stated[1].lower() if stated else "" if noun in _GENERIC else noun), "of"
        head, _, last = spoken_name(piece.name).rpartition(" ")
        thing = re.escape(head) if head else _BARE_THING
        if last in ("id", "number", "no") and len(named := re.findall(rf"\ban? ({thing})(?![\w-])", core)) == 1:
            return re.sub(rf"\ban? {re.escape(named[0])}(?![\w-])", f"{named[0]} {self._mark(piece)}", core, count=1)
        found = list(re.finditer(rf"\b(an?|some) (\w+ )?{re.escape(noun)}(?![\w-])", core)) if noun else []
        if len(found) != 1 or (not joint and not found[0][2]):
            return core
        if joint:
            kept = found[0][0].removeprefix("some ")
            return f"{core[: found[0].start()]}{kept} {joint} {self._mark(piece)}{unit}{core[found[0].end() :]}"
        rest = f"{found[0][2]}{noun}{core[found[0].end() :]}"
        return f"{core[: found[0].start()]}{agreeing('a', piece.saying.text)} {self._mark(piece)} {rest}"

    def _main(self, left: list[Piece]) -> Piece | None:
        """The argument that the request is about, where one stands out."""
        if self.said or not left:
            return None
        lists = [piece for piece in left if isinstance(piece.saying.value, list)]
        if len(lists) == 1 and (len(left) == 1 or not lists[0].unit[1]):
            return lists[0]
        first = left[0]
        coded = words_of(first.name)[-1:] in (["id"], ["number"], ["code"]) and len(words_of(first.name)) > 1
        text = isinstance(first.saying.value, str) and not first.moment and not coded and "enum" not in first.schema
        plain = not isinstance(first.saying.value, bool | dict)
        return first if not lists and (text or (plain and first.name.lower() in _GENERIC)) else None

    def _attached(self, core: str, main: Piece) -> str:
        value = main.saying.value
        naming = " of " not in core and (core.startswith("the ") or isinstance(value, list))
        joint = " of" if naming and not isinstance(value, str) else " at" if main.name == "email" else " for"
        thing = main.name in ("product", "item", "article") and isinstance(value, str) and main.saying.text.islower()
        return f"{joint} {'the ' if thing else ''}{self._mark(main)}{main.unit[1]}"

    def _data_first(self, core: str, main: Piece, left: list[Piece], wording: Wording) -> str:
        numeric = all(isinstance(item, int | float) for item in main.saying.value)
        openings = ("I've got {}.", "Here's what I have: {}.", "Take these: {}.", "This is my list: {}.")
        measured = ("My numbers are {}.", "These are my values: {}.", "I measured {}.", "The readings were {}.")
        opening = self._rng.choice(openings + measured if numeric else openings).format(self._mark(main))
        return f"{opening} {write_ask(self._rng, Ask(False, core + self._clauses(core, left), _be(core)), wording)}"

    def _clauses(self, core: str, left: list[Piece]) -> str:
        setting = next((each for each in left if "enum" in each.schema and _sets(core, each)), None)
        if setting is not None:
            rest = [each for each in left if each is not setting]
            return f" to {self._mark(setting)}{self._clauses(core, rest)}"
        return clauses(left, self._mark, "with" if self.said or _INDEFINITE.search(core) else "for")
