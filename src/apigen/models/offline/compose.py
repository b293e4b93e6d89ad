"""A request from a tool's description and schema alone, for tools that come without examples."""

import re
from collections.abc import Sequence
from random import Random

from apigen.models.offline.clauses import Piece, clauses, plural, spoken_name
from apigen.models.offline.draft import Draft, agreeing, mark
from apigen.models.offline.invent import Saying, invent
from apigen.models.offline.schema import Schema, item_schema, narrow
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
    r"\s*(?:;|:\s|,? where |, as | -- | - |, based | as a |, so |, which |, such | e\.g\.|, [a-z]+ing |"
    r" in (?:euros|dollars|percent)$).*$",
    re.DOTALL,
)
_IMPERATIVE = re.compile(r"[A-Z]?[a-z]+ (?:an?|the|any|all|one|every|each|some|this|multiple|several) \w")
"""A verb and the beginning of its object."""
_ASKED = re.compile(
    r"(?:(?:tells?|says?|shows?|computes?|calculates?|finds?(?: out)?|returns?|works? out) )?"
    r"(?P<clause>(?:how (?:many|much|long|far|often|well)|when|where|what|which|who|whether) .+)",
    re.IGNORECASE,
)
"""A description that is a question: "How many pieces of a product are in the warehouse"."""
_DIRECT = re.compile(r"how (?:many|much) (?:\S+ ){1,8}?(?:is|are) \w", re.IGNORECASE)
"""Such a question whose words stand as they are asked."""
_INDEFINITE = re.compile(r"\b(?:an?|some|one) (?!\w+ of\b)\w+", re.IGNORECASE)
_PREPOSITION = r"(?:of|into|for|in|to|from|between|with|by|on|at|and|or|than|if|whether)"
_GENERIC = {"value", "values", "number", "numbers", "n", "x", "num", "data", "text"}
"""Names that say nothing that the value does not say."""
LONGEST = 14
"""Words of a description's first sentence beyond which the tool's name says it better."""
_SENTENCES = (Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT)
OPTIONAL = 0.15
"""How often an optional parameter is spoken of."""


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
    first = _CUT.sub("", re.sub(r"\s*\([^()]*\)", "", first)).strip().rstrip(".")
    if first and len(first.split()) <= LONGEST and first.isprintable():
        if asked := _ASKED.match(first):
            return False, _inside(asked["clause"])
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


def _pieces(frames: Random, values: Random, tool: Tool, core: str) -> list[Piece]:
    """The arguments of one call: what is required, and now and then an optional one."""
    root = tool.parameters
    chosen = [name for name in tool.properties if name in tool.required]
    optional = [name for name in tool.properties if name not in chosen]
    for name in optional:
        spoken_of = name not in ("a", "i") and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", core)
        if spoken_of or frames.random() < OPTIONAL or (not chosen and name == optional[0]):
            chosen.append(name)
    items = frames.randint(4, 7)
    pieces: list[Piece] = []
    # Lists come last: what is cut from a board is shorter than the board.
    for name in sorted(chosen, key=lambda name: narrow(tool.properties[name], root).get("type") == "array"):
        schema = narrow(tool.properties[name], root)
        if not schema.get("type") and name not in tool.required and not isinstance(schema.get("enum"), list):
            default = schema.get("default")
            if default is None:
                continue  # nothing says what it takes, and nobody asked for it
            schema = narrow(schema | {"type": _type_of(default)}, root)
        saying = invent(values, name, _bounded(name, schema, pieces, root), root, items)
        if name not in tool.required and saying.value == schema.get("default"):
            continue
        pieces.append(Piece(name, schema, saying))
    return sorted(pieces, key=lambda piece: chosen.index(piece.name))


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
        core = self._in_place(doing, core)
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
        brief = doing or core.startswith("the ") or _DIRECT.match(core)
        if brief and (wording is Wording.TERSE or (wording is Wording.MISSPELLED and not doing)):
            return core.removeprefix("the ")
        if _DIRECT.match(core) and rng.random() < 0.5 and wording in (Wording.PLAIN, Wording.CHATTY):
            return f"{core[:1].upper()}{core[1:]}?"
        return write_ask(rng, Ask(doing, core, _be(core) if core.startswith("the ") else ""), wording)

    def _mark(self, piece: Piece) -> str:
        self.said.append(piece)
        return mark(len(self.said) - 1)

    def _in_place(self, doing: bool, core: str) -> str:
        """Put values where the description names their parameters: "the mean of data", "the orders of a customer"."""
        for piece in self.pieces:
            name = spoken_name(piece.name)
            if name in ("a", "i") or isinstance(piece.saying.value, bool | dict):
                continue
            if (beside := self._beside(core, piece)) != core:
                core = beside
                continue
            if piece.moment:
                continue
            verb = r"|^\w+" if doing else ""
            pattern = re.compile(
                rf"(?<![\w-])(?:(?P<before>{_PREPOSITION}{verb}) )?"
                r"(?P<article>(?:(?:the|an?|given|some|this|numeric|numerical|input|several|multiple|all) )*)"
                rf"{re.escape(name)}(?![\w-])"
            )
            found = list(pattern.finditer(core))
            if len(found) != 1 or not found[0]["before"]:
                continue
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
        if piece.moment:
            head, _, last = spoken_name(piece.name).rpartition(" ")
            noun, joint = (head, "dated") if last == "date" else (head.removesuffix("ed"), "from")
        elif isinstance(value, list):
            noun, joint = (noun, "of") if unit else ("", "")
        elif isinstance(value, str):
            noun, joint = (noun, "") if "enum" in piece.schema else ("", "")
        else:
            stated = re.match(r"(\w+) in \w+$", str(piece.schema.get("description", "")))
            noun, joint = (stated[1].lower() if stated else noun), "of"
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
        text = isinstance(first.saying.value, str) and not first.moment and "enum" not in first.schema
        lone = len(left) == 1 and not isinstance(first.saying.value, bool | dict)
        return first if not lists and (text or (lone and first.name.lower() in _GENERIC)) else None

    def _attached(self, core: str, main: Piece) -> str:
        joint = " for" if " of " in core or isinstance(main.saying.value, str) else " of"
        return f"{joint} {self._mark(main)}{main.unit[1]}"

    def _data_first(self, core: str, main: Piece, left: list[Piece], wording: Wording) -> str:
        numeric = all(isinstance(item, int | float) for item in main.saying.value)
        openings = ("I've got {}.", "Here's what I have: {}.", "Take these: {}.", "This is my list: {}.")
        measured = ("My numbers are {}.", "These are my values: {}.", "I measured {}.", "The readings were {}.")
        opening = self._rng.choice(openings + measured if numeric else openings).format(self._mark(main))
        return f"{opening} {write_ask(self._rng, Ask(False, core + self._clauses(core, left), _be(core)), wording)}"

    def _clauses(self, core: str, left: list[Piece]) -> str:
        return clauses(left, self._mark, "with" if self.said or _INDEFINITE.search(core) else "for")
