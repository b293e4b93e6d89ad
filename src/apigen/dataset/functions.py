"""The tools of one exported row as OpenAI's protocol has them, under names that stay different without dots."""

from collections.abc import Iterable, Mapping

from apigen.dialogue.native import as_function, told_apart_by_dots, underscored
from apigen.errors import UserError
from apigen.records import Json


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
    return [as_function(tool | {"name": underscored(str(tool["name"]))}) for tool in listed]
