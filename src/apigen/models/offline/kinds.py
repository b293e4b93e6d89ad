"""What kind of thing a string is, recognised by its parameter and its value, and other things of that kind."""

import re
from random import Random

from apigen.models.offline.phrases import pools
from apigen.models.offline.schema import Leaf, Schema

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    ("hex_color", re.compile(r"#[0-9A-Fa-f]{6}")),
    ("url", re.compile(r"https?://\S+")),
    ("uuid", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("ip", re.compile(r"\d{1,3}(\.\d{1,3}){3}")),
)

PEOPLE = frozenset(
    {"customer", "client", "colleague", "colleagues", "employee", "patient", "student", "tenant", "owner"}
)
"""Words for people who are called by their full name."""
_COMPANY = {"attendee", "attendees", "participant", "participants", "player", "players", "guests", "members", "friends"}
_NAMED: tuple[tuple[str, frozenset[str]], ...] = (
    ("email", frozenset({"email", "mail"})),
    ("url", frozenset({"url", "uri", "link", "website"})),
    ("uuid", frozenset({"uuid", "guid"})),
    ("ip", frozenset({"ip", "ipv4", "address_ip"})),
    ("phone", frozenset({"phone", "telephone", "mobile"})),
    ("timezone", frozenset({"timezone", "tz"})),
    ("street", frozenset({"street", "road"})),
    ("zip", frozenset({"zip", "zipcode", "postcode", "postal"})),
    ("city", frozenset({"city", "town", "location", "destination", "origin", "place"})),
    ("country", frozenset({"country", "nation"})),
    ("language", frozenset({"language"})),
    ("language_code", frozenset({"lang", "locale"})),
    ("currency", frozenset({"currency", "currencies"})),
    (
        "first_name",
        frozenset(
            {"firstname", "person", "guest", "user", "author", "recipient", "member", "friend", "people"} | _COMPANY
        ),
    ),
    ("full_name", PEOPLE),
    ("last_name", frozenset({"surname", "lastname"})),
    ("company", frozenset({"company", "employer", "organization", "organisation", "brand", "vendor"})),
    ("food", frozenset({"food", "dish", "meal", "recipe"})),
    ("hex_color", frozenset({"hex"})),
    ("color", frozenset({"color", "colour"})),
    ("path", frozenset({"path", "file", "filename", "folder", "directory"})),
    ("title", frozenset({"title", "book", "movie", "film", "song"})),
    ("tag", frozenset({"tag", "tags", "topic", "keyword", "category", "label", "labels"})),
    ("note", frozenset({"note", "notes", "task", "reminder", "todo"})),
    ("product", frozenset({"product", "item", "article"})),
    ("separator", frozenset({"sep", "separator", "delim", "delimiter"})),
    ("subject", frozenset({"subject"})),
    ("camel", frozenset({"camel", "camelcase", "camelcased"})),
    ("snake", frozenset({"under", "snake", "underscored"})),
    ("marker", frozenset({"margin", "fill", "fillchar", "char", "character", "marker", "bullet"})),
    ("slug", frozenset({"slug"})),
    ("html", frozenset({"html", "markup"})),
    ("sentence", frozenset({"text", "sentence", "message", "phrase", "paragraph", "content", "body", "comment"})),
    ("sentence", frozenset({"description", "review", "headline", "document", "prompt", "summary"})),
    ("word", frozenset({"word", "words", "term", "noun", "verb", "letters", "left", "right", "first", "second"})),
    ("sentence", frozenset({"string", "s", "str"})),
)
_CODES = {
    "sku": "sku", "code": "code", "id": "code", "ident": "code", "identifier": "code", "number": "code", "no": "code",
    "ref": "code", "reference": "code", "key": "key", "version": "version", "hostname": "hostname", "host": "hostname",
    "username": "username", "login": "username", "filename": "file_name", "barcode": "barcode", "ean": "barcode",
    "upc": "barcode", "gtin": "barcode", "isbn": "isbn", "plate": "plate", "serial": "serial_code",
    "ticket": "ticket_code", "invoice": "invoice_code", "coupon": "coupon_code", "voucher": "coupon_code",
    "shipment": "tracking_code", "parcel": "tracking_code", "hexadecimal": "hex",
}  # fmt: skip
"""Words for codes: the last one of a name, or one of the first of a description."""
_SAID_CODES = frozenset(_CODES) - {"key", "no", "host", "ref", "login", "ticket", "invoice", "shipment", "parcel"}
"""Those of them that a description uses of nothing else; "number" only after another word."""
_JOINED = {"host name": "hostname", "user name": "username", "login name": "username", "file name": "file_name"}
_STEMS = {
    "zip": "zip", "postal": "zip", "post": "zip", "phone": "phone", "telephone": "phone", "mobile": "phone",
    "fax": "phone", "currency": "currency", "language": "language_code", "lang": "language_code",
    "country": "country_code", "hex": "hex_color", "color": "hex_color", "colour": "hex_color", "email": "email",
}  # fmt: skip
"""Words before a code word that say which code it is, where the pools do not go by their name."""
_NO_CODES = {"source", "python", "program", "whole", "integer", "a", "an", "the", "this", "any", "some", "its"}
"""Words before "number" or "code" after which it is no code."""
_YIELDING = {"", "word", "full_name", "first_name", "product", "company", "sentence"}
"""Kinds that a name only suggests: "customer" is a code where the description says "Customer ID"."""
TEMPLATES = frozenset(
    {"code", "sku", "username", "hostname", "version", "plate", "hex"}
    | {f"{stem}_code" for stem in ("order", "invoice", "ticket", "customer", "part", "device", "employee")}
    | {f"{stem}_code" for stem in ("account", "booking", "tracking", "serial", "coupon", "flight", "project", "user")}
)
"""Kinds whose pools hold patterns: ``#`` stands for a digit, ``@`` for a capital, ``~`` for a hexadecimal digit."""
_FREE_TEXT = re.compile(
    r"\b(?:texts?|strings?|sentences?|messages?|comments?|notes?|paragraphs?|content|body|prose|words)\b"
)
_VAGUE = {"string", "text", "word", "content", "first", "second", "left", "right", "item"}
"""Words of a description that say nothing about the kind: "A string that ..."."""
_PATTERNED = {"email", "hex_color", "url", "uuid", "ip"}


def words_of(name: str) -> list[str]:
    """The words of an identifier, in order."""
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def named_kind(name: str, description: str = "") -> str:
    """The kind that a parameter's name, or the first words of its description, say."""
    words = words_of(name)
    joined = "".join(words)
    if code := _code_named(words, description):
        return code
    named = _ordinary_kind(words, joined, description)
    own = {mark for kind, marks in _NAMED if kind in ("sentence", "title", "note") for mark in marks}
    if named in _YIELDING and not own & set(words) and (code := _code_described(words_of(description)[:6])):
        return code
    return named


def _code_named(words: list[str], description: str) -> str:
    """The kind of code that a name's last words say, ``""`` for a name that says none."""
    singular = [word[:-1] if word.endswith("s") and word[:-1] in _CODES else word for word in words]
    if " ".join(singular[-2:]) in _JOINED:
        return _JOINED[" ".join(singular[-2:])]
    if "hex" in singular and len(singular) > 1 and not re.search("colou?r", f"{singular} {description.lower()}"):
        return "hex"
    if not singular or singular[-1] not in _CODES or (singular == ["code"] and "source" in description.lower()):
        return ""
    stem = singular[-2] if len(singular) > 1 else ""
    if singular[-1] in ("code", "id", "number", "key") and not stem:
        return _code_described(words_of(description)[:6]) or _CODES[singular[-1]]
    return _code_of(stem, singular[-1])


def _code_described(words: list[str]) -> str:
    """The kind of code that the first words of a description say: "Tracking number of the shipment"."""
    for stem, word in zip(["", *words], words, strict=False):
        if f"{stem} {word}" in _JOINED:
            return _JOINED[f"{stem} {word}"]
        if word in _SAID_CODES and not (word in ("number", "code", "id") and stem in _NO_CODES - {"a", "the"}):
            if word == "number" and (not stem or stem in _NO_CODES):
                continue
            return _code_of(stem, word)
    return ""


def _code_of(stem: str, word: str) -> str:
    kind = _CODES[word]
    if kind not in ("code", "key"):
        return kind
    if stem in _STEMS:
        return _STEMS[stem]
    if f"{stem}_code" in pools():
        return f"{stem}_code"
    return kind if not stem or kind == "code" else "code" if stem in ("api", "access", "license") else "key"


def _ordinary_kind(words: list[str], joined: str, description: str) -> str:
    """The kind of a thing that is no code."""
    if "name" in words or joined in ("firstname", "lastname", "fullname"):
        for kind, marks in _NAMED:
            if kind in ("city", "country", "company", "product", "path", "food") and marks & set(words):
                return kind
        return {"first": "first_name", "last": "last_name"}.get(words[0], "full_name")
    for source in (words, words_of(description)[:8]):
        for kind, marks in _NAMED:
            said = marks & set(source) - (set() if source is words else _VAGUE)
            if said and (source is words or len(max(said, key=len)) > 3):
                return kind
    return ""


def kind_of(leaf: Leaf) -> str:
    """The kind of a string in a call, ``""`` where it is not known well enough to replace it."""
    value = str(leaf.value)
    for kind, shape in _SHAPES:
        if shape.fullmatch(value):
            return kind
    if any(character.isdigit() for character in value) or any(key in leaf.schema for key in ("pattern", "format")):
        return ""
    kind = named_kind(leaf.name, str(leaf.schema.get("description", "")))
    words = value.split()
    if kind in _PATTERNED:
        return ""
    if kind in ("sentence", "word", "note"):
        if len(words) >= 4:
            return "sentence"
        return "word" if len(words) == 1 and value.isalpha() and value.islower() else ""
    if kind == "full_name":
        capitals = all(word[:1].isupper() for word in words)
        if words_of(leaf.name) == ["name"] and words[0] not in pools()["first_name"]:
            return ""  # a shop, a song, a planet
        return ("first_name" if len(words) == 1 else "full_name") if capitals and len(words) <= 2 else ""
    if kind in ("city", "country", "first_name", "last_name", "language", "company", "title"):
        return kind if value[:1].isupper() else ""
    if kind in ("tag", "product", "food", "color"):
        return kind if value.islower() else ""
    if kind == "timezone":
        return kind if "/" in value else ""
    if kind == "currency":
        return kind if value.isupper() and len(value) == 3 else ""
    return ""


def pool_value(rng: Random, kind: str, value: str = "") -> str | None:
    """Another value of a kind, or nothing where there is none that fits beside ``value``."""
    if kind == "email":
        first, last = rng.choice(pools()["first_name"]), rng.choice(pools()["last_name"])
        return f"{first}.{last}@{rng.choice(pools()['domain'])}".lower()
    if kind == "full_name":
        return f"{rng.choice(pools()['first_name'])} {rng.choice(pools()['last_name'])}"
    options = pools().get(kind)
    if not options:
        return None
    drawn = rng.choice(options)
    if kind in TEMPLATES:
        return _filled(rng, drawn)
    if kind == "sentence" and value:
        drawn += value[-1] if value[-1] in ".!" else ""
        return drawn if value[:1].isupper() else drawn.lower()
    return drawn


def _filled(rng: Random, pattern: str) -> str:
    """A code of a pattern; no number in it begins with zero."""
    fresh = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ", "~": "0123456789abcdef"}
    pattern = re.sub(r"(?<!\d)(?<!#)#", lambda _: rng.choice("123456789"), pattern)
    return re.sub("[#@~]", lambda found: rng.choice(fresh[found[0]]), pattern)


def open_kind(name: str, schema: Schema) -> str:
    """The kind to invent where nothing says one: a sentence for a text, else a single word."""
    spoken = f"{' '.join(words_of(name))} {schema.get('description', '')}".lower()
    return "sentence" if _FREE_TEXT.search(spoken) else "word"


def schema_kind(name: str, schema: Schema) -> str:
    """The kind of string to invent for a parameter, ``""`` where nothing says it."""
    by_format = {"email": "email", "uri": "url", "url": "url", "uuid": "uuid", "ipv4": "ip", "color": "hex_color"}
    wanted = by_format.get(str(schema.get("format")))
    description = str(schema.get("description", ""))
    numeric = re.match(r"(?:an? |the )?(?:integer|number(?! o[nf]\b)|float|decimal)\b", description, re.IGNORECASE)
    return wanted or ("number" if numeric else named_kind(name, description))
