"""Tools of web services and MCP servers, from a description through the probe or an audit to the table of reasons."""

import json
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stamina
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.library.file_reading import read_library_file
from apigen.records import Skipped
from checking import call, xlam
from mcp_lab import DATA, command
from runs import PATIENCE_S, apigen, lines

pytestmark = pytest.mark.slow

KEY = "a-key-of-many-letters"
DEAD = "http://127.0.0.1:9"
"""Nothing listens at the port of the discard protocol, and nothing may."""


def document(
    server: str, *operations: str, writing: tuple[str, ...] = (), locked: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An OpenAPI document whose operations, named by their paths, all take one word."""
    word = {"name": "word", "in": "query", "required": True, "schema": {"type": "string"}, "example": "oslo"}

    def operation(name: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "operationId": name,
            "summary": f"Looks up what is known of {name}",
            "parameters": [word],
        }
        return (
            said
            | ({"security": [{"key": []}]} if name in locked else {})
            | {"responses": {"200": {"description": "it"}}}
        )

    return {
        "openapi": "3.1.0",
        "info": {"title": "Words", "version": "1"},
        "servers": [{"url": server}],
        "paths": {f"/{name}": {"post" if name in writing else "get": operation(name)} for name in operations},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }


@pytest.fixture
def service(httpserver: HTTPServer) -> HTTPServer:
    """A service that fails in every way that one can while it is up."""

    answers: dict[str, Callable[[Request], Response]] = {
        "fine": lambda request: Response(json.dumps({"word": request.args["word"]}), content_type="application/json"),
        "gone": lambda _: Response('{"detail": "no such word"}', 404, content_type="application/json"),
        "locked": lambda _: Response('{"detail": "the key is wrong"}', 401, content_type="application/json"),
        "huge": lambda _: Response(b'"' + b"x" * 5_000_000 + b'"', content_type="application/json"),
        "inward": lambda _: Response("", 302, {"Location": "http://169.254.169.254/latest/meta-data"}),
        "broken": lambda _: Response("<h1>Oops</h1>", 500, content_type="text/html"),
        "busy": lambda _: Response("", 503),
    }
    for name, answer in answers.items():
        httpserver.expect_request(f"/{name}").respond_with_handler(answer)
    return httpserver


def write(path: str, value: object) -> None:
    Path(path).write_text(json.dumps(value))


def test_each_way_to_fail_has_its_reason(
    service: HTTPServer, tls_server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a service says of a call is told from what keeps it from answering; what writes is not called at all."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORDS_KEY", KEY)
    monkeypatch.delenv("NOT_SET", raising=False)
    names = ("fine", "gone", "locked", "huge", "inward", "broken", "busy", "remove")
    place = f"localhost:{service.port}"
    write("up.json", document(f"http://{place}", *names, writing=("remove",), locked=("locked",)))
    write("keyless.json", document(f"http://{place}", "keyless", locked=("keyless",)))
    write("dead.json", document(DEAD, "dead"))
    with tls_server:
        write("tls.json", document(f"https://localhost:{tls_server.port}", "untrusted"))
        sources = ("openapi:up.json", "openapi:keyless.json#key=NOT_SET", "openapi:dead.json", "openapi:tls.json")
        Path("config.yaml").write_text("remote: {retries: 0}\n")
        allowed = (place, "127.0.0.1:9", f"localhost:{tls_server.port}")
        private = [word for one in allowed for word in ("--allow-private", one)]
        check = ("library", "check", *sources, *private, "--config", "config.yaml", "-o", "clean.jsonl")
        done = apigen(*check, "--json")
        shown = " ".join(apigen(*check).stdout.split())
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    fallen = {one["name"]: (one["fall"], one["reason"]) for one in found["fallen"]}
    assert fallen == {
        "gone": ("failed", "not_found"),
        "locked": ("failed", "unauthorized"),
        "keyless": ("failed", "unauthorized"),
        "huge": ("failed", "result_too_large"),
        "inward": ("failed", "forbidden"),
        "broken": ("failed", "runtime_error"),
        "busy": ("unreachable", "service_unavailable"),
        "dead": ("unreachable", "service_unavailable"),
        "untrusted": ("unreachable", "service_unavailable"),
    }
    details = {one["name"]: one["detail"] for one in found["fallen"]}
    assert "set NOT_SET" in details["keyless"]
    assert "check WORDS_KEY" in details["locked"]
    assert "169.254.169.254:80 is not a host used by any tool of the library" in details["inward"]
    assert "SSL_CERT_FILE can name a file" in details["untrusted"]
    assert {state: found["probe"][state] for state in ("answered", "failed", "unreachable", "unprobed")} == {
        "answered": 1,
        "failed": 6,
        "unreachable": 3,
        "unprobed": 1,
    }
    assert not any(request.path == "/remove" for request, _ in service.log)
    kept = read_library_file(Path("clean.jsonl")).loaded
    assert {tool.name for tool in kept.tools} == {"fine", "remove"}
    assert {entry.name for entry in kept.skipped if isinstance(entry, Skipped)} == set(fallen)
    assert "probe service_unavailable 3" in shown
    assert "unauthorized 2" in shown
    assert KEY not in "".join(path.read_text("utf-8", "replace") for path in Path().iterdir())


def test_a_service_that_never_answers_is_not_waited_for(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out says something about the tool: it falls."""
    monkeypatch.chdir(tmp_path)
    over = threading.Event()

    def never(request: Request) -> Response:
        del request
        over.wait(PATIENCE_S)
        return Response("[]")

    httpserver.expect_request("/slow").respond_with_handler(never)
    place = f"localhost:{httpserver.port}"
    write("slow.json", document(f"http://{place}", "slow"))
    Path("config.yaml").write_text("remote: {retries: 0, timeout_s: 0.3}\n")
    done = apigen(
        "library", "check", "openapi:slow.json", "--allow-private", place, "--config", "config.yaml", "--json"
    )
    over.set()
    (fallen,) = json.loads(done.stdout)["fallen"]
    assert (fallen["fall"], fallen["reason"]) == ("failed", "timeout")
    assert (done.returncode, "no tool remains" in done.stderr) == (1, True)


def test_a_service_that_is_down_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be up again tomorrow; the note says what it did today."""
    monkeypatch.chdir(tmp_path)
    write("dead.json", document(DEAD, "dead"))
    Path("config.yaml").write_text("remote: {retries: 0, private: ['127.0.0.1:9']}\n")
    check = ("library", "check", "openapi:dead.json", "--config", "config.yaml", "-o", "clean.jsonl")
    assert apigen(*check, "--keep", "unreachable").returncode == 0
    (note,) = read_library_file(Path("clean.jsonl")).loaded.notes
    assert note.text.startswith("kept although service_unavailable: dead: 127.0.0.1:9: cannot connect")


def test_servers_of_tools_are_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answers, and what writes there is left alone; one that was imported and is gone since is unreachable."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "odd.py"
    program.write_bytes((DATA / "mcp_odd.py").read_bytes())
    locator = command("mcp_odd.py").replace(str(DATA / "mcp_odd.py"), str(program))
    assert apigen("library", "import", f"{locator}#name=gone&tool=gone_does", "-o", "gone.jsonl").returncode == 0
    program.unlink()
    Path("config.yaml").write_text("remote: {retries: 0}\n")
    check = ("library", "check", command("mcp_odd.py"), "gone.jsonl", "--config", "config.yaml", "--json")
    done = apigen(*check, "--keep", "undocumented")
    found = json.loads(done.stdout)
    assert {one["name"]: (one["fall"], one["reason"]) for one in found["fallen"]} == {
        "gone_does": ("unreachable", "service_unavailable")
    }
    assert (found["probe"]["answered"], found["probe"]["unprobed"]) == (1, 1)
    assert found["probe"]["unprobed_because"] == {"a call may change something": 1}


def test_a_sandbox_that_cannot_start_says_nothing_about_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stay, and the command says that it fell short."""
    monkeypatch.chdir(tmp_path)
    assert apigen("library", "import", "starter:math#tool=prime_factorization", "-o", "lib.jsonl").returncode == 0
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    done = apigen("library", "check", "lib.jsonl", "-o", "clean.jsonl", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["tools"]) == (1, 1)
    assert found["probe"]["unprobed_because"] == {"executor_unavailable": 1}
    assert "1 tools could not be probed: the sandbox failed" in done.stderr
    (note,) = read_library_file(Path("clean.jsonl")).loaded.notes
    assert note.text.startswith("not probed: ")


def test_an_audit_calls_services_and_one_that_is_dead_costs_its_own_rows(
    service: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of other services, and of functions, keep their results, and no call is made twice for it."""
    monkeypatch.chdir(tmp_path)
    place = f"localhost:{service.port}"
    write("up.json", document(f"http://{place}", "fine", "gone"))
    write("dead.json", document(DEAD, "dead"))
    Path("here.py").write_text('def half(number: int) -> float:\n    """Half of a number."""\n    return number / 2\n')
    word = {"word": {"type": "str", "description": "a word"}}
    number = {"number": {"type": "int", "description": "a number"}}
    tools: list[dict[str, Any]] = [
        {"name": "half", "description": "half", "parameters": number},
        *({"name": name, "description": name, "parameters": word} for name in ("fine", "gone", "dead")),
    ]
    rows = [
        xlam("half of 8", call("half", number=8), tools=tools, id="half"),
        xlam("look up oslo", call("fine", word="oslo"), tools=tools, id="fine"),
        xlam("look up bergen", call("gone", word="bergen"), tools=tools, id="gone"),
        xlam("look up moss", call("dead", word="moss"), tools=tools, id="dead"),
        xlam("oslo and moss", call("fine", word="oslo"), call("dead", word="moss"), tools=tools, id="both"),
    ]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    libraries = ("openapi:up.json", "openapi:dead.json", "python:here.py")
    arguments = [word for one in libraries for word in ("--library", one)]
    arguments += ["--allow-private", place, "--allow-private", "127.0.0.1:9"]
    with stamina.set_testing(True, attempts=10, cap=True):  # without waits between tries
        done = apigen("check", "rows.jsonl", *arguments, "--rejects", "bad.jsonl", "--json")
    found = json.loads(done.stdout)
    assert (found["passed"], found["rejected"], found["errors"]) == (2, 1, 2)
    assert done.returncode == 1, "an error is said"
    assert {line["id"]: (line["outcome"], line["reason"]) for line in lines(Path("bad.jsonl"))} == {
        "gone": ("reject", "not_found"),
        "dead": ("error", "service_unavailable"),
        "both": ("error", "service_unavailable"),
    }
    assert [request.path for request, _ in service.log].count("/fine") == 2
