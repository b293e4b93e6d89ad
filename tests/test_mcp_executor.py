"""Calls of MCP tools are made for real; whatever a server answers is a result or a classified reject."""

from collections.abc import Iterator

import pytest

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.errors import UserError
from apigen.execute.table import make_executor
from apigen.records import Call, McpBinding, Reason, Tool
from mcp_lab import Lab, command, lab, odd


@pytest.fixture(scope="module")
def shelf() -> Iterator[Lab]:
    """A server that the SDK makes, and only one of it."""
    with lab(command("mcp_server.py")) as opened:
        yield opened


@pytest.fixture(scope="module")
def strange() -> Iterator[Lab]:
    """A server whose answers are odd."""
    with lab(odd(), timeout_s=10, result_kb=64) as opened:
        yield opened


def test_structured_results_come_as_they_are(shelf: Lab) -> None:
    """The SDK puts a plain value under ``result``; that is what the tool returned over the wire."""
    ran = shelf.call("add", a=2, b=3)
    assert (ran.ok, ran.result) == (True, {"result": 5})
    assert ran.duration_ms is not None
    assert not ran.varies


def test_text_is_read_as_json_where_it_is_an_object_or_a_list(shelf: Lab, strange: Lab) -> None:
    """Other text stays text, also where it looks like a number; several blocks make a list."""
    assert shelf.call("pack", box={"width": 2.5}).result == {"width": 2.5, "size": "None"}
    assert shelf.call("repeat", word="7").result == ["7", "7"]
    assert strange.call("does").result == "done"


def test_pictures_are_described_without_their_data(shelf: Lab) -> None:
    """A dataset of text has no use for the bytes, but must not hide that there was a picture."""
    assert shelf.call("swatch").result == {"type": "image", "mimeType": "image/png"}


def test_a_server_keeps_its_state_between_calls(shelf: Lab) -> None:
    """All calls of a run go to the same process."""
    shelf.call("forget")
    shelf.call("shelf_note", text="milk")
    assert shelf.call("shelf_note", text="bread").result == {"result": ["milk", "bread"]}
    assert shelf.call("forget").result == {"result": 2}


@pytest.mark.parametrize(
    ("tool", "arguments", "reason", "said"),
    [
        ("add", {"a": "two"}, Reason.INVALID_ARGUMENT, "valid integer"),
        ("add", {}, Reason.INVALID_ARGUMENT, "Field required"),
        ("fail", {"message": "no such shelf"}, Reason.RUNTIME_ERROR, "no such shelf"),
        ("fail", {"message": "several\n  lines"}, Reason.RUNTIME_ERROR, "several lines"),
        ("refuse", {"thing": "box"}, Reason.ERROR_RESULT, "error: box not found"),
        ("add", {"a": "\ud800"}, Reason.ARGUMENT_TYPE, "cannot be written as JSON"),
    ],
)
def test_failures_of_a_tool_say_why(
    shelf: Lab, tool: str, arguments: dict[str, object], reason: Reason, said: str
) -> None:
    """Bad arguments are told from failures, and failures from results that say that something failed."""
    ran = shelf.call(tool, **arguments)
    assert (ran.ok, ran.reason) == (False, reason)
    assert said in ran.detail
    assert "\n" not in ran.detail


@pytest.mark.parametrize(
    ("what", "reason", "said"),
    [
        ("nan", Reason.RESULT_NOT_JSON, "the result cannot be written as JSON"),
        ("half", Reason.RESULT_NOT_JSON, "the response is not a valid JSON-RPC message"),
        ("last", Reason.RESULT_NOT_JSON, "the response is not a valid JSON-RPC message"),
        ("surrogate", Reason.RESULT_NOT_JSON, "the response is not a valid JSON-RPC message"),
        ("deep", Reason.RESULT_NOT_JSON, "the response is not a valid JSON-RPC message"),
        ("text", Reason.RESULT_NOT_JSON, "the response is not a valid JSON-RPC message"),
        ("shape", Reason.RESULT_NOT_JSON, "the response violates the protocol: content: Input should be a valid list"),
        ("refuse", Reason.INVALID_ARGUMENT, "what is that?"),
        ("break", Reason.RUNTIME_ERROR, "the database is locked"),
    ],
)
def test_answers_that_are_none_are_rejected_at_once(strange: Lab, what: str, reason: Reason, said: str) -> None:
    """No time-out has to pass, and the server goes on serving."""
    ran = strange.call("does", what=what)
    assert (ran.ok, ran.reason) == (False, reason)
    assert ran.detail.startswith(said)
    assert strange.call("does").ok


def test_a_result_of_five_megabytes_is_too_large(strange: Lab) -> None:
    """It is read, measured and let go."""
    ran = strange.call("does", what="large", much=5_000_000)
    assert (ran.reason, ran.result, ran.detail) == (
        Reason.RESULT_TOO_LARGE,
        None,
        "the result is larger than 64 KiB of JSON",
    )
    assert strange.call("does", what="large", much=65_000).ok


def test_chatter_on_standard_output_is_ignored(strange: Lab) -> None:
    """Lines that are no messages, not even text, cost no answer."""
    assert strange.call("does", what="chat").result == "done"


def test_a_flood_on_standard_error_blocks_nothing(strange: Lab) -> None:
    """Ten megabytes, far more than a pipe holds, are taken in while the answer is waited for."""
    assert strange.call("does", what="flood", much=1000).result == "done"


def test_many_calls_share_a_server(strange: Lab) -> None:
    """Results come in the order of the calls, each with its own call."""
    calls = [Call("does", {"what": "large", "much": number}) for number in range(40)]
    ran = strange.calls(*calls)
    assert [execution.result for execution in ran] == ["x" * number for number in range(40)]
    assert [execution.call for execution in ran] == calls


def test_a_tool_that_the_server_no_longer_has_is_not_executable(strange: Lab) -> None:
    """A library file may be older than its server."""
    old = strange.tools["does"]
    assert isinstance(old.binding, McpBinding)
    gone = Tool("gone", "", {}, binding=McpBinding("gone", old.binding.command))
    ran = strange.runner.run(strange.executor.execute(gone, Call("gone")))
    assert (ran.reason, ran.detail) == (Reason.NOT_EXECUTABLE, "the server no longer has a tool 'gone'")


def test_secrets_are_hidden_in_results_and_details(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server sees the variables that are named and no others; their values are never written."""
    monkeypatch.setenv("ODD_SECRET", "correct horse battery")
    monkeypatch.setenv("ODD_OTHER", "staple staple staple")
    with lab(odd() + "#variable=ODD_SECRET") as opened:
        assert opened.call("does", what="variables").result == {"ODD_SECRET": "$ODD_SECRET", "ODD_OTHER": None}
        ran = opened.call("does", what="complain")
        assert (ran.reason, ran.detail) == (Reason.RUNTIME_ERROR, "bad key $ODD_SECRET")
        monkeypatch.delenv("ODD_SECRET")
        missing = McpBinding("does", ("server",), variables=("ODD_SECRET",))
        with pytest.raises(UserError, match=r"environment variable \$ODD_SECRET is not set"):
            opened.runner.run(opened.executor.execute(Tool("does", "", {}, binding=missing), Call("does")))


def test_a_tool_that_writes_needs_an_allowance_by_name() -> None:
    """As it does of a web service; no server is started for it."""
    with lab(odd(), writes="other*") as opened:
        execution = opened.call("writes", what="name")
    assert execution.reason is Reason.FORBIDDEN
    assert "allow it with `--allow-writes writes`" in execution.detail


def test_the_executor_of_a_run_knows_mcp_servers(strange: Lab) -> None:
    """Calls are sent to it by their binding."""

    async def run() -> object:
        executor = make_executor(ExecutionConfig(), RemoteConfig(), tools=strange.tools.values())
        try:
            return (await executor.execute(strange.tools["does"], Call("does"))).result
        finally:
            await executor.aclose()

    assert strange.runner.run(run()) == "done"
