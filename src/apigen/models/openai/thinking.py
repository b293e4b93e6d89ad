"""A reasoning model's thinking, separated from its answer, however a server returns the two.

Servers put the thinking into a field of its own (``reasoning_content``, ``reasoning``, ``reasoning_details``), into
parts of the content, or leave it in the text between the tags of the model's chat template, of which the first may be
missing, since the template wrote it into the prompt.
"""

import re

from apigen.records import Json

_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
"""Fields of a message that hold thinking; the first that is not empty counts, since some servers send two alike."""
_WORDS = ("text", "thinking", "reasoning", "summary", "content", "refusal")
"""Where a part of a content, or of a list of thoughts, has its text."""

_NAMES = "think|thinking|thought|reasoning|reflection|seed:think"
_OPENING = re.compile(
    rf"\s*(?:<(?:{_NAMES})>|\[THINK\]|◁think▷|(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"</(?:{_NAMES})>|\[/THINK\]|◁/think▷"
    r"|(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final(?:\s*<\|constrain\|>\w+)?<\|message\|>",
    re.IGNORECASE,
)
"""Of most models; Mistral's Magistral, Kimi's thinking models, and gpt-oss (the Harmony format) have their own."""
_END = re.compile(r"<\|(?:return|end)\|>\s*$")
"""What the Harmony format puts behind an answer."""


def told_apart(message: dict[str, Json]) -> tuple[str, str]:
    """The answer and the thoughts in an assistant's message; either may be empty."""
    text, thoughts = _parts(message.get("content"))
    field = next((said for name in _FIELDS if (said := _words(message.get(name)))), "")
    answer, tagged = _without_tags(_END.sub("", text))
    return answer, "\n".join(part for part in (field, thoughts, tagged) if part)


def _parts(content: Json) -> tuple[str, str]:
    """Text and thoughts of a content that is text, or a list of typed parts."""
    if not isinstance(content, list):
        return _words(content), ""
    text, thoughts = "", ""
    for part in content:
        kind = str(part.get("type", "")) if isinstance(part, dict) else ""
        if "thinking" in kind or "reasoning" in kind:
            thoughts += _words(part)
        else:
            text += _words(part)
    return text, thoughts


def _words(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_words, value))
    if isinstance(value, dict):
        return next((said for name in _WORDS if (said := _words(value.get(name)))), "")
    return ""


def _without_tags(text: str) -> tuple[str, str]:
    """A text without the thoughts that stand before the answer, and these."""
    thoughts: list[str] = []
    while opening := _OPENING.match(text):
        closing = _CLOSING.search(text, opening.end())
        if closing is None:  # it never came to an answer
            return "", "\n".join([*thoughts, text[opening.end() :].strip()])
        thoughts.append(text[opening.end() : closing.start()].strip())
        text = text[closing.end() :].lstrip()
    if thoughts or text.lstrip().startswith(("[", "{", "```")):
        return text, "\n".join(thoughts)  # a tag inside the answer belongs to it
    closings = list(_CLOSING.finditer(text))
    if len(closings) != 1:  # where there are several, somebody may have been quoted: whoever reads the answer decides
        return text, ""
    return text[closings[0].end() :].lstrip(), text[: closings[0].start()].strip()
