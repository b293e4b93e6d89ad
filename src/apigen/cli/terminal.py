"""The terminal as commands print to it: styles are ours, text may be a server's."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from apigen.printable import escaped


class Terminal(Console):
    """A console that shows control characters in text as escapes, so that no text can move its cursor or recolor it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, styles and cursor movements of its own included."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(escaped(segment.text), segment.style)
