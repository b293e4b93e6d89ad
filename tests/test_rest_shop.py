"""Calls of the example service, started as its documentation says."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from apigen.records import Call, Reason, Tool
from openapi_specs import load
from rest_services import SHOP, example_calls, failures, one, run, started

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, Tool]]:
    with started([sys.executable, "-u", str(SHOP / "shop.py"), "--port", "PORT"], "Running on") as url:
        yield {tool.name: tool for tool in load(SHOP / "openapi.yaml", f"#server={url}&key=SHOP_KEY").tools}


def test_every_example_is_answered(tools: dict[str, Tool]) -> None:
    """All hand-written queries, those that write last; each operation is in one of them."""
    calls = example_calls()
    assert {call.name for call in calls} == set(tools)
    assert failures(run(tools, calls)) == []


def test_the_shop_remembers(tools: dict[str, Tool]) -> None:
    """An order takes products out of stock, cancelling it puts them back, once."""
    before = one(tools, "getStock", sku="JKT-503").result["total"]
    order = one(tools, "createOrder", customer_id="C-1003", lines=[{"sku": "JKT-503", "quantity": 3}]).result
    assert (order["status"], order["total"]) == ("placed", 297.0)
    assert one(tools, "getStock", sku="JKT-503").result["total"] == before - 3
    assert one(tools, "getOrder", order_id=order["id"]).result == order
    assert one(tools, "cancelOrder", order_id=order["id"]).result["status"] == "cancelled"
    assert one(tools, "getStock", sku="JKT-503").result["total"] == before
    again = one(tools, "cancelOrder", order_id=order["id"])
    assert (again.reason, "is cancelled and can no longer" in again.detail) == (Reason.RUNTIME_ERROR, True)


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("getProduct", {"sku": "TNT-999"}, Reason.NOT_FOUND),
        ("getProduct", {"sku": "../stores"}, Reason.INVALID_ARGUMENT),
        ("listProducts", {"category": "boats"}, Reason.INVALID_ARGUMENT),
        ("quoteShipping", {"country": "SE"}, Reason.INVALID_ARGUMENT),
        ("createOrder", {"customer_id": "C-1001", "lines": [{"sku": "TNT-204"}]}, Reason.RUNTIME_ERROR),
    ],
)
def test_wrong_calls_are_told_apart(
    tools: dict[str, Tool], name: str, arguments: dict[str, Any], reason: Reason
) -> None:
    """By what the service says."""
    assert one(tools, name, **arguments).reason is reason


def test_the_key_is_needed_where_the_document_says_so(tools: dict[str, Tool]) -> None:
    """Without one nothing is sent; a wrong one is refused by the service."""
    call = [Call("getOrder", {"order_id": "O-20001"})]
    assert "set SHOP_KEY" in run(tools, call, {})[0].detail
    refused = run(tools, call, {"SHOP_KEY": "the-wrong-key"})[0]
    assert refused.reason is Reason.UNAUTHORIZED
    assert "HTTP 401: this needs the right key" in refused.detail


def test_pages_follow_each_other(tools: dict[str, Tool]) -> None:
    """Each says where the next begins, the last does not."""
    skus: list[str] = []
    page: dict[str, Any] = {"total": 0, "next_offset": 0}
    while "next_offset" in page:
        page = one(tools, "listProducts", limit=10, offset=page["next_offset"]).result
        skus += [product["sku"] for product in page["items"]]
    assert len(skus) == len(set(skus)) == page["total"] == 23


def test_the_document_says_what_the_shop_does() -> None:
    """Every route is in the document with its method, and the other way round."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from shop import routes\n"
        "for route in routes: print(route.method, route.path)"
    )
    printed = subprocess.run([sys.executable, "-c", program, str(SHOP)], check=True, capture_output=True, text=True)
    served = {tuple(line.split()) for line in printed.stdout.splitlines()} - {("GET", "/openapi.json")}
    paths = yaml.safe_load((SHOP / "openapi.yaml").read_text("utf-8"))["paths"]
    described = {(method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"}
    assert served == described
