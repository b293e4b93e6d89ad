"""A row's calls as its tools want them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from apigen.audit.mend.values import Mend, mend_object, only_match
from apigen.dataset.read.base import Row
from apigen.records import Json, Tool
from apigen.verify.format.schemas import Schemas


class Mender:
    """Mends rows; what it makes of them has to be checked again."""

    def __init__(self) -> None:
        self._schemas = Schemas()

    def mend(self, row: Row) -> tuple[list[Json], tuple[Mend, ...]]:
        """The row's calls, mended where that needs no guess.

        Returns:
            All calls, and the mends; none where nothing could be done.
        """
        if row.problem is not None or not isinstance(row.calls, list | tuple):
            return [], ()
        tools = {tool.name: tool for tool in row.tools}
        calls: list[Json] = []
        mends: list[Mend] = []
        for index, call in enumerate(row.calls):
            new, found = self._call(call, tools, f"calls[{index}]")
            calls.append(new)
            mends += found
        return calls, tuple(mends)

    def _call(self, call: Json, tools: Mapping[str, Tool], where: str) -> tuple[Json, list[Mend]]:
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return call, []
        name, arguments = call["name"], call.get("arguments")
        mends: list[Mend] = []
        if name not in tools and (match := only_match(name, tools)) is not None:
            mends.append(Mend("tool_name", f"{where}.name", name, match))
            name = match
        if isinstance(arguments, str) and (read := _object(arguments)) is not None:
            mends.append(Mend("arguments_from_text", f"{where}.arguments", arguments, read))
            arguments = read
        if name in tools and isinstance(arguments, dict):
            schema = self._schemas.compiled(tools[name].parameters).schema
            arguments, found = mend_object(arguments, schema, where, self._valid)
            mends += found
        return ({**call, "name": name, "arguments": arguments} if mends else call), mends

    def _valid(self, schema: Mapping[str, Any], value: Json) -> bool:
        compiled = self._schemas.compiled(dict(schema))
        return compiled.validator is not None and bool(compiled.validator.is_valid(value))


def _object(text: str) -> dict[str, Json] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
