"""A thought that a chat template opens at the end of every prompt, for models that think before they answer.

Some of these templates leave it out again where an answer follows. The model is asked with it nevertheless, so what is
trained has to follow it: the thought is closed at once, as such models do it where there is nothing to think about, and
the answer comes after that.
"""

import re

import msgspec

_NAMES = "think|thinking|thought|reasoning|reflection"
_TAG = rf"</?(?:{_NAMES})>|\[/?THINK\]"
_AT_THE_END = re.compile(rf"(?:(?:{_TAG})\s*)+\Z", re.IGNORECASE)
_OPENING = re.compile(rf"(?:<((?:{_NAMES}))>|\[(THINK)\])(\s*)\Z", re.IGNORECASE)


class Ending(msgspec.Struct, frozen=True):
    """What a prompt ends with beyond what a finished conversation may have in its place."""

    head: str
    """The prompt up to there, without white space behind it."""
    tail: str
    """Thoughts' tags and white space; may be empty."""

    @property
    def closing(self) -> str:
        """What closes a thought that the tail opens; empty where it opens none."""
        opened = _OPENING.search(self.tail)
        if opened is None:
            return ""
        angled, squared, space = opened.groups()
        tag = f"</{angled}>" if angled else f"[/{squared}]"
        return f"\n{tag}\n\n" if "\n" in space else tag


def ending(prompt: str) -> Ending:
    """A prompt in two: up to the thoughts' tags and white space at its end, and these."""
    tags = _AT_THE_END.search(prompt)
    head = (prompt[: tags.start()] if tags else prompt).rstrip()
    return Ending(head, prompt[len(head) :])
