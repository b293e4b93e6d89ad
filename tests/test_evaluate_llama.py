"""A model behind llama.cpp's server evaluated: random weights, so what it says is noise unless it is held to a form."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llama_server import LlamaServer, llama_serving, require_engine
from runs import apigen, lines
from tiny_llama import NAME

pytestmark = pytest.mark.slow

BREW = {
    "name": "brew",
    "description": "Brews.",
    "parameters": {"type": "object", "properties": {"leaf": {"type": "string"}}, "required": ["leaf"]},
}
GREEN_TEA, BLACK_TEA = ({"name": "brew", "arguments": {"leaf": leaf}} for leaf in ("green", "black"))
ROWS = [
    {"id": "tea", "query": "Green tea!", "tools": [BREW], "calls": [GREEN_TEA]},
    {
        "id": "black",
        "query": "Black tea!",
        "tools": [BREW],
        "calls": [BLACK_TEA],
    },
    {"id": "none", "query": "Sing!", "tools": [BREW], "calls": []},
]


def exactly(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


HELD = exactly(
    tool_calls={
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": exactly(name={"const": "brew"}, arguments=exactly(leaf={"const": "green"})),
    }
)
"""Holds every answer to one call."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    require_engine()
    with llama_serving(tmp_path_factory.mktemp("llama")) as serving:
        yield serving


def evaluate(server: LlamaServer, folder: Path, form: str, extra: dict[str, Any]) -> Any:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    model = {"name": f"openai/{NAME}", "base_url": server.url, "extra": extra}
    (folder / "config.yaml").write_text(json.dumps({"models": [model]}))
    ran = apigen(
        "evaluate",
        *("--suite", f"held-out:{folder / 'rows.jsonl'}", "--model", f"openai/{NAME}", "--form", form),
        *("--config", folder / "config.yaml", "--out", folder / "out", "--max-tokens", "200", "--json"),
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_an_engine_that_is_held_to_one_answer_gives_it(server: LlamaServer, tmp_path: Path) -> None:
    """What the configuration adds to each request goes along, and the answer in the text is right where it is due."""
    found = evaluate(server, tmp_path, "prompted", {"response_format": {"type": "json_object", "schema": HELD}})
    assert {one["id"]: one["reason"] for one in lines(tmp_path / "out" / "verdicts.jsonl")} == {
        "tea": None,
        "black": "wrong_value",
        "none": "called_needlessly",
    }
    assert found["extra"]["response_format"]["type"] == "json_object"
    assert found["tokens"]["completion"] > 0


def test_noise_makes_no_call(server: LlamaServer, tmp_path: Path) -> None:
    """Tools are taken, text comes, nothing is an error; only where no call is due is that right."""
    found = evaluate(server, tmp_path, "native", {})
    assert (found["answers"], found["correct"], found["errors"]) == (3, 1, 0)
    assert found["reasons"] == {"no_call": 2}
    assert found["cut"] == sum(one.get("cut", False) for one in lines(tmp_path / "out" / "answers.jsonl"))
