"""Tools of OpenAPI documents, as the source reads them, called on Prism: somebody else's reading of the same documents.

Prism refuses what a document does not allow, so a call that it answers went where the document has it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigen.records import Reason, Tool
from openapi_specs import load
from rest_services import SHOP, example_calls, failures, one, run, started

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("npx") is None, reason="npm is not installed")]

DATA = Path(__file__).parent / "data"
PRISM = "@stoplight/prism-cli@5"


def mocked(document: Path) -> Iterator[dict[str, Tool]]:
    """The tools of a document, bound to a Prism that mocks it."""
    command = ["npx", "--yes", PRISM, "mock", "--errors", "--port", "PORT", str(document)]
    with started(command, "Prism is listening") as url:
        yield {tool.name: tool for tool in load(document, f"#server={url}&key=SHOP_KEY").tools}


@pytest.fixture(scope="module")
def shop() -> Iterator[dict[str, Tool]]:
    yield from mocked(SHOP / "openapi.yaml")


@pytest.fixture(scope="module")
def styles() -> Iterator[dict[str, Tool]]:
    yield from mocked(DATA / "styles.openapi.yaml")


@pytest.fixture(scope="module")
def older() -> Iterator[dict[str, Tool]]:
    yield from mocked(DATA / "swagger2.yaml")


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, Tool]]:
    yield from mocked(DATA / "places.openapi.yaml")


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


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("lists", {"many": [1, 2], "commas": [3, 4], "X-Trace": "a b"}, {"many": [1]}),
        ("lists", {"many": [1, 2], "X-Trace": "a b"}, {"X-Trace": "b"}),
        ("forms", {"id": 7, "text": "a&b=c d", "amount": 0.5}, {"text": "a"}),
        ("bodies", {"name": "ab", "parts": [{"size": 1}]}, {"parts": [{"size": "large"}]}),
    ],
)
def test_swagger_2_says_the_same(
    older: dict[str, Tool], name: str, arguments: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """Its forms, collections and bodies are what Prism takes, and it sees what is wrong in each."""
    execution = one(older, name, **arguments)
    assert (execution.ok, execution.result) == (True, True), execution.detail
    assert one(older, name, **arguments | wrong).reason is Reason.INVALID_ARGUMENT


SAME = {"id": 1, "query_id": "in the query", "cookie_id": 7, "body_id": True, "filter_kind": "é&b"}


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        *(("same", SAME, {key: "wrong"}) for key in ("id", "query_id", "body_id")),  # it looks into no cookies
        ("whole", {"body": [1, 2]}, {"body": [1]}),
        ("document", {"where": {"x": 1}, "deep": {"x": 2, "y": "a&b"}}, {"deep": {"y": "a"}}),
    ],
)
def test_every_argument_goes_to_its_place(
    places: dict[str, Tool], name: str, arguments: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """Also where several places use one name, and where the whole body is one argument."""
    execution = one(places, name, **arguments)
    assert (execution.ok, execution.result) == (True, True), execution.detail
    assert one(places, name, **arguments | wrong).reason is Reason.INVALID_ARGUMENT
