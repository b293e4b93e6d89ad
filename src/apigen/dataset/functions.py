"""Tools and calls as the ``function`` objects of OpenAI's protocol, under the names that its servers allow."""

from collections.abc import Iterable, Iterator, Mapping

from apigen.dialogue.native import told_apart_by_dots, underscored
from apigen.errors import UserError
from apigen.records import Call, Json


def offered(tools: Iterable[Mapping[str, Json]], row: str) -> list[dict[str, Json]]:
    """The tools of one row, with ``_`` for each dot in their names.

    Args:
        tools: name, description and parameters of each.
        row: its id.

    Raises:
        UserError: two of them would have the same name.
    """
    listed = [dict(tool) for tool in tools]
    if alike := told_apart_by_dots(str(tool["name"]) for tool in listed):
        raise UserError(
            f"row {row}: the tools {alike[0]} and {alike[1]} have the same name with dots replaced by underscores, as "
            "servers require; export xlam, or rename one of them"
        )
    return [{"type": "function", "function": tool | {"name": underscored(str(tool["name"]))}} for tool in listed]


def made(calls: Iterable[Call]) -> Iterator[dict[str, Json]]:
    """Each call's ``function``, its arguments as an object."""
    return ({"name": underscored(call.name), "arguments": call.arguments} for call in calls)
