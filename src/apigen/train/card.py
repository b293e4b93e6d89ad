"""README.md of a trained model: the card that goes with it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import yaml


def card(record: Mapping[str, Any]) -> str:
    """Render the model card from the record."""
    return _template().render(
        record=record,
        recipe=yaml.safe_dump(record["recipe"], sort_keys=False),
        scratch=str(record["deciding"]["model"]).startswith("from-scratch "),
        base=record["deciding"]["model"],
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True)  # noqa: S701 - Markdown
    return environment.from_string(files("apigen.train").joinpath("templates/card.md.j2").read_text("utf-8"))
