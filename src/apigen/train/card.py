"""README.md of a trained model: the card that goes with it."""

from collections.abc import Mapping
from typing import Any

import yaml

from apigen.report.words import counted
from apigen.templates import markdown


def card(record: Mapping[str, Any]) -> str:
    """Render the model card from the record."""
    return markdown("apigen.train", "templates/card.md.j2").render(
        record=record,
        kind="preference pair" if record["method"] == "dpo" else "row",
        counted=counted,
        recipe=yaml.safe_dump(record["recipe"], sort_keys=False),
        scratch=str(record["deciding"]["model"]).startswith("from-scratch "),
        base=record["deciding"]["model"],
    )
