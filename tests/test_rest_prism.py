"""Calls of Prism, a server of somebody else's that refuses what an OpenAPI document does not allow."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigen.records import Reason, Tool
from rest_document import tools_in
from rest_services import SHOP, example_calls, failures, one, run, started

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("npx") is None, reason="npm is not installed")]

STYLES = Path(__file__).parent / "data" / "styles.openapi.yaml"
PRISM = "@stoplight/prism-cli@5"


def mocked(document: Path) -> Iterator[dict[str, Tool]]:
    """The tools of a document, bound to a Prism that mocks it."""
    command = ["npx", "--yes", PRISM, "mock", "--errors", "--port", "PORT", str(document)]
    with started(command, "Prism is listening") as url:
        yield tools_in(document, url)


@pytest.fixture(scope="module")
def shop() -> Iterator[dict[str, Tool]]:
    yield from mocked(SHOP / "openapi.yaml")


@pytest.fixture(scope="module")
def styles() -> Iterator[dict[str, Tool]]:
    yield from mocked(STYLES)


def test_every_example_is_a_valid_request(shop: dict[str, Tool]) -> None:
    """As the document of the shop has it."""
    assert failures(run(shop, example_calls())) == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("listProducts", {"category": "boats"}),
        ("listProducts", {"limit": 51}),
        ("listProducts", {"in_stock": "maybe"}),
        ("getProduct", {"sku": "tnt"}),
        ("compareProducts", {"skus": ["TNT-201"]}),
        ("quoteShipping", {"country": "SE"}),
        ("getOpeningHours", {"store_id": "bergen", "date": "tomorrow"}),
        ("createOrder", {"customer_id": "C-1001", "lines": []}),
        ("createOrder", {"customer_id": "C-1001", "lines": [{"sku": "TNT-201", "quantity": 0}]}),
        ("updateAddress", {"customer_id": "C-1001", "city": "Oslo"}),
    ],
)
def test_wrong_arguments_are_invalid(shop: dict[str, Tool], name: str, arguments: dict[str, Any]) -> None:
    """And said to be so, though Prism makes up the words that the document promises for such an answer."""
    execution = one(shop, name, **arguments)
    assert execution.reason is Reason.INVALID_ARGUMENT
    assert "HTTP 422" in execution.detail


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("simple", {"number": 0.5, "text": "a/b?c#d e%2f+é"}),
        ("label", {"list": [1, 2, 3]}),
        ("matrix", {"object": {"x": 1, "y": -2}}),
        *(("query", {name: [1, 2, 3]}) for name in ("form", "commas", "pipes")),
        ("deep", {"deep": {"x": 1, "y": -2}}),
        ("query", {"flag": True, "text": "a&b=c d+é/?#%"}),
        ("header", {"X-List": [1, 2, 3], "X-Object": {"x": 1, "y": -2}, "session": 7}),
        ("form", {"text": "a&b=c d+é/?#%", "flag": True}),
        ("multipart", {"text": "a&b=c d+é/?#%", "flag": False}),
    ],
)
def test_styles_are_read_back(styles: dict[str, Tool], name: str, arguments: dict[str, Any]) -> None:
    """What is written in each style is what another implementation of OpenAPI reads."""
    execution = one(styles, name, **arguments)
    assert (execution.ok, execution.result) == (True, True), execution.detail


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("query", {"pipes": ["a", "b"]}),
        ("deep", {"deep": {"x": 1}}),
        ("query", {"text": "a"}),
        ("form", {"text": "a&b=c d+é/?#%"}),
        ("multipart", {"text": "b", "flag": True}),
    ],
)
def test_wrong_values_are_seen_behind_the_styles(styles: dict[str, Tool], name: str, arguments: dict[str, Any]) -> None:
    """So that the test above means something."""
    assert one(styles, name, **arguments).reason is Reason.INVALID_ARGUMENT
