"""What a docstring says: what the function does, and each parameter's meaning and type.

Google, NumPy and Sphinx docstrings are read, by ``docstring_parser``.
"""

import inspect
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import docstring_parser
import msgspec

LONGEST_DESCRIPTION = 600
"""Characters of description that are kept: a prompt holds many tools, and what matters stands first."""
_ASIDE = re.compile(
    r"^(sources?|references?|see also|notes?|examples?|todo|credits?|authors?|raises|returns?|yields?|warnings?)\s*:",
    re.IGNORECASE,
)
"""First words of base-level paragraphs that speak to developers, not to a caller who chooses a tool."""
_ROLE = re.compile(r":[a-z:]+:`~?([^`<]*?)(?:\s*<[^>`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)\s*(?:<[^>`]*>)?`_{1,2}")
_CODE = re.compile(r"`{1,2}([^`]+)`{1,2}")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}(\w[^*\n]*)\*{1,2}(?![\w*])")
_DIRECTIVE = re.compile(r"^\.\. ")
_FENCED = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_UNDERLINE = re.compile(r"^(-{3,}|={3,})\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")
_DOCTEST = re.compile(r"^\s*(>>>|\$ )")


class Documented(msgspec.Struct, frozen=True):
    """What a docstring says about one parameter."""

    description: str = ""
    type_text: str = ""


class Docstring(msgspec.Struct, frozen=True):
    """What a docstring says about a function."""

    description: str
    """Summary and the paragraphs that help a caller; empty where there is none."""
    parameters: dict[str, Documented]


def read_docstring(function: Any) -> Docstring:
    """Read the docstring of a function; of an object that can be called, its own or that of its call."""
    text = inspect.getdoc(function) or ""
    call = inspect.getattr_static(type(function), "__call__", None)
    if not text and inspect.isfunction(call):
        text = inspect.getdoc(call) or ""
    if text.startswith(f"{getattr(function, '__name__', '')}("):  # how functions written in C show their signature
        text = text.partition("\n")[2].lstrip()
    parsed = docstring_parser.parse(_without_asides(text))
    parameters: dict[str, Documented] = {}
    for parameter in parsed.params:
        for name in parameter.arg_name.split(","):
            described = Documented(_one_line(parameter.description or ""), parameter.type_name or "")
            parameters.setdefault(name.strip().lstrip("*"), described)
    between = "\n\n" if parsed.blank_after_short_description else "\n"
    description = between.join(filter(None, (parsed.short_description, parsed.long_description)))
    return Docstring(_shortened(_paragraphs(description)), parameters)


def _without_asides(text: str) -> str:
    """The text without doctests, the sentences that lead up to them, and asides such as ``Source: ...``."""
    kept: list[str] = []
    for block in re.split(r"\n[ \t]*\n", _FENCED.sub("", text)):
        lines = block.strip("\n").splitlines()
        if any(_DOCTEST.match(line) for line in lines):
            if len(kept) > 1 and _is_prose(kept[-1]) and kept[-1].endswith((":", "?")):
                kept.pop()
            lines = list(takewhile(lambda line: not _DOCTEST.match(line), lines))
        if lines and not (_ASIDE.match(lines[0]) and not lines[0].rstrip().endswith(":")):
            kept.append("\n".join(lines))
    return "\n\n".join(kept)


def _is_prose(block: str) -> bool:
    """Whether a block is plain sentences, not a section or a list of parameters."""
    lines = block.splitlines()
    return not any(line.startswith((" ", "\t", ":")) or _UNDERLINE.match(line) for line in lines)


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a description that are prose, each on one line, up to the first heading or aside."""
    for index, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        lines = paragraph.strip("\n").splitlines()
        if not lines or _DIRECTIVE.match(lines[0]) or _DOCTEST.match(lines[0]):
            continue
        if _ASIDE.match(lines[0]):
            return
        if lines[0].startswith((" ", "\t")):
            continue  # a literal block
        prose = _one_line(" ".join(line for line in lines if not _DIRECTIVE.match(line.strip())))
        if prose.endswith(":"):  # leads up to an example or a formula that is not shown
            prose = " ".join(_SENTENCE_END.split(prose)[:-1]) or ("" if index else prose.rstrip(":"))
        if prose:
            yield prose


def _shortened(paragraphs: Iterator[str]) -> str:
    """As many whole paragraphs as fit; the first always, if need be cut after a sentence."""
    kept = ""
    for paragraph in paragraphs:
        if kept and len(kept) + len(paragraph) + 1 > LONGEST_DESCRIPTION:
            break
        if kept and kept[-1].isalnum():
            kept += "."
        kept = f"{kept} {paragraph}".strip()
    if len(kept) > LONGEST_DESCRIPTION:
        sentence_end = kept.rfind(". ", 0, LONGEST_DESCRIPTION)
        kept = kept[: sentence_end + 1] if sentence_end > 0 else f"{kept[: LONGEST_DESCRIPTION - 1]}…"
    return kept


def _one_line(text: str) -> str:
    """Plain words on one line, without the markup of documentation tools."""
    text = _DOCTEST.split(text)[0]
    for markup in (_ROLE, _LINK, _CODE, _EMPHASIS):
        text = markup.sub(r"\1", text)
    return " ".join(text.split())
