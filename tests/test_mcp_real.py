"""MCP servers that other people wrote, as they come from PyPI and npm, loaded, called, and used in a run."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from apigen.errors import ServiceUnavailable
from apigen.library.catalogue import load_library
from apigen.records import Call, McpBinding, Reason
from mcp_lab import DATA, lab
from runs import apigen, lines

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
SEEDS = Path(__file__).parent.parent / "examples" / "mixed_sources" / "time-seeds.jsonl"
TIME = f"mcp:{BIN / 'mcp-server-time'} --local-timezone=UTC"
GIT = f"mcp:{BIN / 'mcp-server-git'}"


def test_mcp_server_time_tells_and_converts_times() -> None:
    """Both of its tools; a zone that there is not fails, a missing argument is a wrong call."""
    with lab(TIME) as opened:
        assert set(opened.tools) == {"get_current_time", "convert_time"}
        now = opened.call("get_current_time", timezone="Asia/Tokyo")
        assert (now.result["timezone"], now.result["datetime"][-6:]) == ("Asia/Tokyo", "+09:00")
        converted = opened.call(
            "convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Kolkata"
        ).result
        assert converted["target"]["datetime"][11:16] == "17:30"
        nowhere = opened.call("get_current_time", timezone="Mars/Olympus_Mons")
        assert (nowhere.ok, nowhere.reason) == (False, Reason.RUNTIME_ERROR)
        assert opened.call("get_current_time").reason is Reason.INVALID_ARGUMENT


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_mcp_server_git_reads_and_only_writes_where_allowed(tmp_path: Path) -> None:
    """Its own hints say which of its tools change something; those are left out of a library that allows none."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    git = shutil.which("git") or ""
    subprocess.run([git, "init", "-q", tmp_path], check=True)
    subprocess.run([git, *who, "commit", "-q", "--allow-empty", "-m", "A first step"], check=True, cwd=tmp_path)
    tools = load_library([GIT]).tools
    writes = {tool.name for tool in tools if isinstance(tool.binding, McpBinding) and tool.binding.writes}
    assert {"git_add", "git_commit", "git_reset", "git_checkout", "git_create_branch"} <= writes
    assert not writes & {"git_status", "git_log", "git_diff", "git_show", "git_branch"}
    reading = load_library([GIT], may_write=lambda name: False)
    assert not writes & set(reading.by_name())
    with lab(GIT) as opened:
        log = opened.call("git_log", repo_path=str(tmp_path), max_count=1)
        assert "A first step" in str(log.result)
        assert opened.call("git_log", repo_path=str(tmp_path / "nowhere")).reason is Reason.RUNTIME_ERROR


def test_several_servers_serve_one_run(tmp_path: Path) -> None:
    """A run over functions and two servers makes its samples from all of them, with results that were really had."""
    out = tmp_path / "run"
    locators = ("starter:math", TIME, f"{GIT}#tool=git_status")
    arguments = [argument for locator in locators for argument in ("--library", locator)]
    done = apigen("run", *arguments, "--seeds", SEEDS, "--count", "40", "--out", out)
    assert done.returncode == 0, done.stderr
    samples = lines(out / "dataset.jsonl")
    times = [
        result
        for sample in samples
        for call, result in zip(sample["calls"], sample["results"], strict=True)
        if call["name"] == "get_current_time"
    ]
    assert times
    assert all(set(result) >= {"timezone", "datetime", "is_dst"} for result in times)


@contextmanager
def site(*command: str | Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that listens, and is ended with all that it started."""
    with subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            end = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < end:
                with closing(socket.socket()) as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of @modelcontextprotocol/server-everything, installed with npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    package = "@modelcontextprotocol/server-everything"
    subprocess.run([npm, "install", "--silent", "--prefix", folder, package], check=True, timeout=300)
    return folder / "node_modules" / ".bin" / "mcp-server-everything"


def test_server_everything_answers_over_streamable_http(everything: Path) -> None:
    """Text, numbers, structures, pictures, resources, refusals and a call that takes too long."""
    port = free_port()
    place = f"127.0.0.1:{port}"
    with (
        site(everything, "streamableHttp", port=port),
        lab(f"mcp:http://{place}/mcp", private=[place], timeout_s=10, result_kb=256) as opened,
    ):
        assert opened.call("echo", message="hello").result == "Echo: hello"
        assert opened.call("get-sum", a=2, b=3).result == "The sum of 2 and 3 is 5."
        assert opened.call("get-sum", a="two", b=3).reason is Reason.INVALID_ARGUMENT
        weather = opened.call("get-structured-content", location="Chicago").result
        assert set(weather) == {"temperature", "conditions", "humidity"}
        assert {"type": "image", "mimeType": "image/png"} in opened.call("get-tiny-image").result
        reference = opened.call("get-resource-reference", resourceType="Blob", resourceId=1).result
        assert "blob" not in next(block["resource"] for block in reference if isinstance(block, dict))
        assert opened.call("trigger-long-running-operation", duration=30, steps=3).reason is Reason.TIMEOUT
        ran = opened.calls(*(Call("echo", {"message": str(number)}) for number in range(50)))
        assert [execution.result for execution in ran] == [f"Echo: {number}" for number in range(50)]


def test_server_everything_answers_over_standard_input_and_output(everything: Path) -> None:
    """It is given none of our variables but the few that are safe to give to anybody, and a locale for text."""
    with lab(f"mcp:{everything} stdio", result_kb=256) as opened:
        shown = opened.call("get-env").result
        assert set(shown) <= {"HOME", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "USER"}


def test_a_server_at_an_address_that_dies_is_unavailable() -> None:
    """The call was under way; nobody can say whether it is right."""
    port = free_port()
    place = f"127.0.0.1:{port}"
    with (
        site(sys.executable, DATA / "mcp_server.py", str(port), port=port) as server,
        lab(f"mcp:http://{place}/mcp", private=[place], retries=1) as opened,
    ):
        assert opened.call("add", a=1).result == {"result": 2}
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        with pytest.raises(ServiceUnavailable, match=f"mcp:http://{place}/mcp: it cannot be reached"):
            opened.call("add", a=1)
