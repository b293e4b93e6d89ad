"""What follows from a tool alone is worked out once for each."""

from apigen.records import Tool
from apigen.toolspecs.remembering import once_for_each


def test_each_tool_is_looked_at_once() -> None:
    """A tool that merely equals another is looked at by itself: nothing is compared."""
    looked_at: list[Tool] = []

    @once_for_each
    def name_of(tool: Tool) -> str:
        """Its name."""
        looked_at.append(tool)
        return tool.name

    first, same = (Tool("a", "A.", {"type": "object"}) for _ in range(2))
    assert [name_of(tool) for tool in (first, same, first, same)] == ["a"] * 4
    assert len(looked_at) == 2
    assert looked_at[0] is first
    assert name_of.__doc__ == "Its name."
