"""The table in docs/sandbox.md, made from the list."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from attacks import GROUPS
from attacks.attack import Attack
from attacks.on_import import ON_IMPORT, PATCHING, ImportAttack

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"
_BEGIN, _END = "<!-- attacks: written by `python -m attacks` -->\n", "<!-- end of attacks -->\n"


def table() -> str:
    """All attacks in Markdown, group by group."""
    return "\n".join(_lines()) + "\n"


def written_into(text: str) -> str:
    """A document with the table between its marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{table()}{_END}{after}"


def _lines() -> Iterator[str]:
    groups: dict[str, Sequence[Attack | ImportAttack]] = {
        **GROUPS,
        "When a module is imported": (*ON_IMPORT, *PATCHING),
    }
    for group, attacks in groups.items():
        yield f"\n### {group}\n"
        yield "| attack | what it does | outcome |"
        yield "|---|---|---|"
        for attack in attacks:
            outcomes = "; or ".join(dict.fromkeys(map(str, attack.outcomes)))
            calls = ", twice" if isinstance(attack, Attack) and attack.twice else ""
            yield f"| {attack.name} | {attack.tries}{calls} | {_cell(outcomes)} |"


def _cell(text: str) -> str:
    return (text if len(text) <= 160 else text[:159] + "…").replace("|", "\\|")
