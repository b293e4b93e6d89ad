"""Naming where tools come from."""

from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.locators import FILE, Locator, absolute, parse_locator, short_locator, short_names

KINDS = ("starter", "python", "openapi", "toolbench", "openai", "mcp")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("starter", Locator("starter")),
        ("python:statistics", Locator("python", "statistics")),
        ("openapi:https://x.org/a.json?v=1", Locator("openapi", "https://x.org/a.json?v=1")),
        ("openapi:a.yaml#tag=pets&tag=shops", Locator("openapi", "a.yaml", (("tag", "pets"), ("tag", "shops")))),
        (
            "openapi:a.yaml#path=/pets/*&method=get",
            Locator("openapi", "a.yaml", (("path", "/pets/*"), ("method", "get"))),
        ),
        ("openapi:https://x.org/#/docs", Locator("openapi", "https://x.org/#/docs")),
        ("openapi:a.yaml#tag=a%26b+c", Locator("openapi", "a.yaml", (("tag", "a&b+c"),))),
        ("mcp:npx -y some-server --flag", Locator("mcp", "npx -y some-server --flag")),
        ("lib.jsonl#tool=get_*", Locator(FILE, "lib.jsonl", (("tool", "get_*"),))),
    ],
)
def test_a_locator_is_taken_apart_and_put_together(text: str, wanted: Locator) -> None:
    """Reading what was written gives the same again."""
    assert parse_locator(text, KINDS) == wanted
    assert parse_locator(str(wanted), KINDS) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mine.py", "did you mean `python:mine.py`?"),
        ("petstore.yaml", "did you mean `openapi:petstore.yaml`?"),
        ("https://x.org/openapi.json", "did you mean `openapi:https://x.org/openapi.json`?"),
        ("opnapi:x.yaml", "did you mean `openapi:x.yaml`?"),
        ("nothing", "a library is SOURCE:PLACE"),
    ],
)
def test_what_is_no_library_is_said_with_a_hint(text: str, said: str) -> None:
    """One line, with what was probably meant."""
    with pytest.raises(UserError) as caught:
        parse_locator(text, KINDS)
    assert said in str(caught.value)


def test_unknown_and_doubled_options_are_refused() -> None:
    """With the nearest one that there is."""
    locator = parse_locator("openapi:a.yaml#tagg=pets&method=get&method=put", KINDS)
    with pytest.raises(UserError, match="unknown option `tagg`; did you mean `tag`"):
        locator.require_known({"tag": "tags to take", "method": "methods"})
    with pytest.raises(UserError, match="`method` is given twice"):
        locator.value("method")


def test_patterns_choose_without_case() -> None:
    """Several patterns for a key are alternatives; none chooses everything."""
    locator = Locator("openapi", "a", (("tag", "pet*"), ("tag", "shops")))
    assert [locator.matches("tag", tag) for tag in ("Pets", "shops", "users")] == [True, True, False]
    assert locator.matches("method", "get")


def test_paths_become_absolute_and_addresses_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a written configuration works from anywhere; what is told to others has no folders."""
    monkeypatch.chdir(tmp_path)
    assert absolute("openapi:a.yaml#tag=x") == f"openapi:{tmp_path}/a.yaml#tag=x"
    assert absolute("python:mine.py") == f"python:{tmp_path}/mine.py"
    assert absolute("lib.jsonl") == f"{tmp_path}/lib.jsonl"
    for same in ("starter:math", "python:statistics", "openapi:https://x.org/a.json", "mcp:npx server ./folder"):
        assert absolute(same) == same
        assert short_locator(same) == same
    assert short_locator(f"openapi:{tmp_path}/a.yaml#tag=x") == "openapi:a.yaml#tag=x"


def test_names_for_tables_are_short_and_tell_sources_apart() -> None:
    """A command is named by its program, an address by its host, and two that would be alike say more."""
    shown = {
        "starter": "starter",
        "openapi:/home/me/shop.yaml": "openapi:shop.yaml",
        "openapi:https://pets.example.com/v3/openapi.json": "openapi:pets.example.com",
        "mcp:/opt/bin/mcp-server-time --local-timezone=UTC": "mcp:mcp-server-time",
        "mcp:npx -y @modelcontextprotocol/server-everything stdio": "mcp:server-everything",
        "mcp:docker run -i --rm mcp/git": "mcp:git",
        "mcp:http://127.0.0.1:3001/mcp": "mcp:127.0.0.1",
        "mcp:unclosed 'quote": "mcp:unclosed",
        "mcp:npx -y": "mcp:npx -y",
    }
    assert short_names(shown) == shown
    for alike in (
        ["mcp:server --root=a", "mcp:server --root=b"],
        ["openapi:/a/api.yaml", "openapi:/b/api.yaml"],
        ["openapi:https://x.org/a.json", "openapi:https://x.org/b.json"],
    ):
        assert short_names(alike) == {text: text for text in alike}
    assert short_names(["mcp:server", "mcp:server --root=b"]) == {
        "mcp:server": "mcp:server",
        "mcp:server --root=b": "mcp:server --root=b",
    }
