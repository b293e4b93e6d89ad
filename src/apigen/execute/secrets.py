"""Redacts the values of granted variables from everything that is written.

A tool that sees a key may print it, return it, or raise an error with a URL in which it stands. Each occurrence is
replaced by the variable's name. This is against accidents: a hostile tool can write a value in another form.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

import msgspec

from apigen.records import Execution, Json, Reason

SHORTEST = 8
"""Characters of a value; shorter ones could stand in any text by chance."""
_SHORTEST_PIECE = 4


class Secrets:
    """Values to keep out, by name."""

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Prepare for these values, also as they stand in a URL, in a Python or JSON string, or in base64.

        Args:
            values: by name; pairs where a name has several, such as a login and the password in it.
        """
        forms: dict[str, str] = {}
        for name, value in values.items() if isinstance(values, Mapping) else values:
            escaped = (repr(value)[1:-1], msgspec.json.encode(value).decode()[1:-1])
            in_base64 = b64encode(value.encode("utf-8", "surrogateescape")).decode().rstrip("=")
            written = (value, value.strip(), quote(value), quote(value, ""), quote_plus(value), *escaped, in_base64)
            forms |= dict.fromkeys(written, name)
        self._forms = {form: forms[form] for form in sorted(forms, key=len, reverse=True) if form}
        self._pattern = re.compile("|".join(map(re.escape, self._forms))) if self._forms else None

    def stand_in(self, text: str) -> bool:
        """Whether a value stands in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def hide_in_text(self, text: str) -> str:
        """The text with each value replaced by ``$NAME``, also the beginning of one with which a cut text ends."""
        if self._pattern is None:
            return text
        hidden = self._pattern.sub(lambda found: f"${self._forms[found[0]]}", text)
        end = hidden.rstrip("…")
        for form, name in self._forms.items():
            for size in range(len(form) - 1, _SHORTEST_PIECE - 1, -1):
                if end.endswith(form[:size]):
                    return f"{end[:-size]}${name}"
        return hidden

    def hide(self, value: Json) -> Json:
        """A JSON value without them, in strings, keys and numbers.

        Raises:
            RecursionError: it is nested too deeply to look at.
        """
        if isinstance(value, str):
            return self._hide_whole(value)
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        if isinstance(value, dict):
            return {self._hide_whole(key): self.hide(item) for key, item in value.items()}
        if isinstance(value, int | float) and self.stand_in(str(value)):
            return self._hide_whole(str(value))
        return value

    def hide_in_execution(self, execution: Execution) -> Execution:
        """An execution without them, in what the call returned and in what is said about it."""
        if self._pattern is None:
            return execution
        detail = self.hide_in_text(execution.detail)
        if not self.stand_in(msgspec.json.encode(execution.result).decode()):
            return msgspec.structs.replace(execution, detail=detail)
        try:
            return msgspec.structs.replace(execution, result=self.hide(execution.result), detail=detail)
        except RecursionError:
            detail = "the value of a granted variable appears in the result, nested too deeply to redact it"
            return msgspec.structs.replace(
                execution, ok=False, result=None, reason=Reason.RESULT_NOT_JSON, detail=detail
            )

    def _hide_whole(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(lambda found: f"${self._forms[found[0]]}", text)
