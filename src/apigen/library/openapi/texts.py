"""Converts descriptions to plain text: strips Markdown and HTML, changes nothing else."""

import html
import re

MOST_CHARACTERS = 1024
"""Longest description of a tool; some providers refuse longer ones."""

_MARKED = re.compile(r"[<\[*#&\n\r\t]|  ")
_TAGS = (
    "a|abbr|article|aside|b|big|blockquote|body|br|caption|center|cite|code|dd|details|div|dl|dt|em|fullname|font|"
    "figure|footer|h[1-6]|header|hr|html|i|img|important|kbd|li|main|mark|note|ol|p|pre|q|s|samp|section|simpletable|"
    "small|span|strike|strong|strow|stentry|sub|summary|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|var"
)
_COMMENT = re.compile(r"<!--.{0,5000}?-->", re.DOTALL)
_ITEM = re.compile(r"<(?:li|dt)\b[^<>]{0,500}>\s*", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|hr)\b[^<>]{0,500}>|</(?:p|div|li|dd|h[1-6]|tr|table|ul|ol|dl)\s*>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,2000}})?/?>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}(?:\s+\"[^\"]{0,500}\")?\)")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def plain(text: object) -> str:
    """A description without markup.

    Args:
        text: Markdown or HTML as specs write it; what is no text says nothing.
    """
    if not isinstance(text, str):
        return ""
    if not _MARKED.search(text):
        return text.strip()
    if "<" in text:
        text = _COMMENT.sub("", text)
        text = _ITEM.sub("\n- ", text)
        text = _BREAK.sub("\n", text)
        text = _TAG.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    text = _LINK.sub(r"\1", text)
    text = _HEADING.sub("", text)
    text = _STRONG.sub(r"\1", text)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def joined(summary: str, description: str) -> str:
    """A summary with the description that goes on from it, neither said twice."""
    if not summary or description.lower().startswith(summary.lower().rstrip(".")):
        return description or summary
    if not description or summary.lower().startswith(description.lower().rstrip(".")):
        return summary
    return f"{summary}{'' if summary[-1] in '.!?:' else '.'} {description}"


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text's beginning, cut behind a sentence where there is one, else behind a word."""
    if len(text) <= most:
        return text
    start = text[: most - 1]
    for mark in (". ", ".\n", "\n", " "):
        place = start.rfind(mark)
        if place > most // 2:
            return f"{start[: place + (mark[0] == '.')].rstrip()}…"
    return f"{start}…"
