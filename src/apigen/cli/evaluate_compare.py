"""``apigen evaluate compare``: models on the same questions."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from apigen.cli.targets import ANEW, require_target
from apigen.cli.terminal import Terminal
from apigen.errors import UserError
from apigen.evaluate.compare_page import compare_page, comparison, is_compare_page, legend
from apigen.evaluate.comparing import compared, differing, read_sides
from apigen.files import replacing


def compare_command(folders: Sequence[Path], out: Path | None, *, as_json: bool) -> None:
    """Carry out ``apigen evaluate compare``."""
    if out is not None:
        require_target("-o", out, own=is_compare_page)
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UserError("the same evaluation is listed twice; list each one once")
    sides = read_sides(folders)
    found, rows = compared(sides), differing(sides)
    if out is not None:
        with replacing(out, ANEW) as file:
            file.write(compare_page(found, sides, rows).encode("utf-8", "backslashreplace"))
    if as_json:
        sys.stdout.write(msgspec.json.encode({**found, "differing": [row.id for row in rows]}).decode() + "\n")
        return
    console = Terminal(markup=False)
    for line in legend(found):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(comparison(found))
    if out is not None:
        console.print(f"{out}  figures, and the questions on which the models differ", highlight=False, soft_wrap=True)
