"""Which results are errors in disguise, and which only look like one."""

from typing import Any

import pytest

from apigen.execute.error_shapes import error_in


@pytest.mark.parametrize(
    "result",
    [
        {"error": "no such city"},
        {"Error": "no such city"},
        {"error": True},
        {"error": {"code": 404, "message": "not found"}},
        {"error": {"code": 500}},
        {"errors": ["bad id"]},
        {"errors": [{"message": "bad id"}]},
        {"data": None, "errors": [{"message": "x"}]},
        {"exception": "KeyError"},
        {"traceback": "Traceback ..."},
        {"error_message": "quota exceeded"},
        {"status": "error"},
        {"status": "Failed", "message": "no funds"},
        {"status": "failure", "code": 7},
        {"success": False},
        {"success": False, "data": None},
        {"ok": False, "description": "chat not found"},
        {"status": 404, "message": "Not Found"},
        {"statusCode": 500, "message": "Internal Server Error"},
        {"status_code": "401", "detail": "Unauthorized"},
        {"code": 403, "msg": "forbidden"},
        "Error: no such city",
        "error: division by zero",
        "Traceback (most recent call last):\n  File ...",
        "An error occurred: timeout",
        "ValueError: bad date",
        "requests.exceptions.HTTPError: 404",
        "[ERROR] no data",
    ],
)
def test_errors_are_recognised(result: Any) -> None:
    """Errors that a function returns instead of raising them."""
    assert error_in(result)


@pytest.mark.parametrize(
    "result",
    [
        None,
        False,
        0,
        404,
        "",
        [],
        {},
        {"error": None},
        {"error": False},
        {"error": ""},
        {"error": "none"},
        {"error": 0},
        {"error": 0.05},
        {"error": 3},
        {"error": [0.1, 0.2]},
        {"error": {"mean": 0.1, "max": 0.3}},
        {"errors": []},
        {"errors": 0},
        {"errors": None, "data": {"id": 1}},
        {"standard_error": 0.2},
        {"error_rate": 0.1},
        {"mean": 3.0, "error": 0.1},
        {"status": "ok"},
        {"status": "success", "code": 200, "message": "fine"},
        {"status": 200, "message": "OK"},
        {"status": "failed", "payment_id": "p-17", "amount": 30},
        {"success": True},
        {"success": 0},
        {"ok": True},
        {"code": 404},
        {"code": 450, "name": "chestnut"},
        {"area_code": 415, "message": "San Francisco"},
        "Mean absolute error: 0.3",
        "There were no errors.",
        "Errors and their causes",
        "Error correction codes detect flipped bits",
        "Exceptional",
        "The word ValueError: a Python exception",
        [{"error": "of one row among many"}],
    ],
)
def test_legitimate_results_are_left_alone(result: Any) -> None:
    """Results that speak of errors without being one."""
    assert error_in(result) is None


def test_the_message_is_short() -> None:
    """Whatever an error holds, what is said about it is one short line."""
    message = error_in({"error": "line\n" * 1000})
    assert message
    assert "\n" not in message
    assert len(message) < 250
