"""A key that a service throws back is written nowhere: into no tool, no prompt, no record, no recording."""

import base64
import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chat_server import serving
from runs import apigen

KEY = "sesame/open+now"
FORMS = (KEY, "sesame%2Fopen%2Bnow", "sesame%2fopen%2bnow", base64.b64encode(KEY.encode()).decode().rstrip("="))


def test_no_file_of_a_run_holds_a_key(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do the prompts, the terminal, and what other commands write about the same tools."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ECHO_KEY", KEY)
    seen: list[str] = []

    def echoes(request: Request) -> Response:
        seen.append(request.headers["X-Key"])
        told = {
            "city": request.args["city"],
            "you sent": dict(request.headers),
            "login": base64.b64encode(KEY.encode()).decode(),
        }
        status = 200 if request.args["city"] != "Moss" else 422
        return Response(
            json.dumps(told | {"detail": f"{KEY} at {request.url}"}), status, content_type="application/json"
        )

    httpserver.expect_request("/weather").respond_with_handler(echoes)
    place = f"localhost:{httpserver.port}"
    city = {"name": "city", "in": "query", "required": True, "schema": {"type": "string"}, "example": "Oslo"}
    operation = {"operationId": "weather", "summary": "Tells the weather of a city", "parameters": [city]}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Echo", "version": "1"},
        "servers": [{"url": f"http://{place}"}],
        "security": [{"key": []}],
        "paths": {"/weather": {"get": operation | {"responses": {"200": {"description": "it"}}}}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }
    Path("echo.json").write_text(json.dumps(document))
    cities = ("Oslo", "Moss", "Bergen", "Hamar", "Molde", "Narvik")
    seeds = [
        {"query": f"weather in {one}?", "calls": [{"name": "weather", "arguments": {"city": one}}]} for one in cities
    ]
    Path("seeds.jsonl").write_text("".join(json.dumps(seed) + "\n" for seed in seeds))
    Path("config.yaml").write_text(
        "execution: {recordings: record}\nstyles: {simple: 1, multiple: 0, parallel: 0, parallel_multiple: 0}\n"
    )
    library = ("--library", "openapi:echo.json", "--allow-private", place)
    with serving() as server:
        judge = ("--judge", "openai/j", "--base-url", server.url)
        made = apigen("run", "config.yaml", *library, "--seeds", "seeds.jsonl", "--count", "4", *judge, "--out", "run")
        prompts = "".join(server.prompts)
    checked = apigen(
        "library", "check", "openapi:echo.json", "--allow-private", place, "-o", "clean.jsonl", "--report", "r.html"
    )
    shown = apigen("library", "show", "weather", "--library", "openapi:echo.json")
    assert made.returncode == 0, made.stderr
    assert set(seen) == {KEY}, "it was sent"
    assert "$ECHO_KEY" in Path("run/dataset.jsonl").read_text(), "and came back"
    assert "$ECHO_KEY" in prompts, "to the judge as well"
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert {"attempts.jsonl", "recordings.sqlite", "completions.sqlite"} <= {path.name for path in files}
    written = {str(path): path.read_bytes() for path in files}
    written |= {"prompts": prompts.encode()}
    written |= {str(ran.args): (ran.stdout + ran.stderr).encode() for ran in (made, checked, shown)}
    holding = [name for name, text in written.items() if any(form.encode() in text for form in FORMS)]
    assert holding == []
