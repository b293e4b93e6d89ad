"""README.md of a run: the dataset card that goes with the data wherever it goes.

The front matter is that of the Hugging Face hub (https://huggingface.co/docs/hub/datasets-cards). Nothing in the card
depends on time or machine, so the same seed writes the same card.
"""

from collections.abc import Mapping
from typing import Any

from apigen.records import Stage
from apigen.report.money import cost_lines
from apigen.report.words import REASON_TEXT, STAGE_TEXT, percent, repairs_line, reverified_line, varying_line
from apigen.templates import markdown


def card(manifest: Mapping[str, Any]) -> str:
    """Render the dataset card from the manifest."""
    counts = manifest["counts"]
    return markdown("apigen.report", "templates/card.md.j2").render(
        manifest=manifest,
        counts=counts,
        stages=[stage for stage in Stage if stage is not Stage.GENERATION],
        stage_text=STAGE_TEXT,
        reason_text=REASON_TEXT,
        reasons=sorted((counts["reasons"] | counts["error_reasons"]).items(), key=lambda item: (-item[1], item[0])),
        size=_size(manifest["samples"]),
        percent=percent,
        repairs=repairs_line(counts),
        varying=varying_line(counts),
        reverified=reverified_line(manifest),
        costs=cost_lines(manifest),
    )


def _size(rows: int) -> str:
    """The hub's size category."""
    for most, name in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")):
        if rows < most:
            return name
    return "100K<n<1M" if rows < 1_000_000 else "n>1M"
