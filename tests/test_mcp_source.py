"""Tools of MCP servers are taken in as the server describes them; what cannot be offered says why."""

import sys

import pytest

from apigen.errors import UserError
from apigen.library.catalogue import load_library
from apigen.library.mcp import load_mcp
from apigen.locators import parse_locator
from apigen.records import McpBinding, Tool
from mcp_lab import command, odd


def notes_of(locator: str) -> dict[str, list[str]]:
    notes: dict[str, list[str]] = {}
    for note in load_library([locator]).notes:
        notes.setdefault(note.name, []).append(note.text)
    return notes


def binding_of(tool: Tool) -> McpBinding:
    assert isinstance(tool.binding, McpBinding)
    return tool.binding


def test_a_server_written_with_the_sdk_is_taken_in_without_loss() -> None:
    """Names, descriptions, nested schemas, choices, bounds, defaults and hints arrive; a call binds to the server."""
    library = load_library([command("mcp_server.py") + "#name=shelf"])
    tools = library.by_name()
    assert set(tools) == {
        f"shelf_{name}"
        for name in ("add", "pack", "shelf_note", "forget", "repeat", "fail", "refuse", "swatch", "wait")
    }
    assert library.skipped == ()
    add = tools["shelf_add"]
    assert add.description == "Add two numbers."
    assert add.parameters["properties"]["b"] == {"default": 1, "title": "B", "type": "integer"}
    assert add.required == ["a"]
    assert add.parameters["additionalProperties"] is False
    assert binding_of(add).command[-1].endswith("mcp_server.py")
    assert binding_of(add).tool == "add"
    pack = tools["shelf_pack"].parameters
    assert pack["$defs"]["Size"]["enum"] == ["small", "large"]
    assert pack["$defs"]["Box"]["properties"]["width"]["exclusiveMinimum"] == 0
    assert pack["properties"]["size"]["anyOf"] == [{"$ref": "#/$defs/Size"}, {"type": "null"}]
    assert {name for name, tool in tools.items() if binding_of(tool).writes} == {"shelf_forget", "shelf_shelf_note"}
    assert binding_of(tools["shelf_shelf_note"]).tool == "shelf.note"


def test_a_list_of_tools_may_have_pages() -> None:
    """All of them are asked for, the empty one included."""
    assert [tool.name for tool in load_library([odd("pages")]).tools] == ["one", "two", "three"]


def test_schemas_are_read_as_todays_or_left_with_a_reason() -> None:
    """Older drafts, missing types and references to the top are understood; one bad schema spoils no other."""
    library = load_library([odd("schemas")])
    tools = {name: tool.parameters for name, tool in library.by_name().items()}
    assert {entry.name: entry.reason.partition(":")[0] for entry in library.skipped} == {
        "no schema": "its inputSchema is missing",
        "true": "its inputSchema is not an object",
        "wrong": "its inputSchema is not valid JSON Schema",
        "list": "its inputSchema is not valid JSON Schema",
        "away": "its inputSchema is not valid JSON Schema",
    }
    assert tools["untyped"]["type"] == "object"
    assert tools["empty"] == {"type": "object", "properties": {}, "additionalProperties": False}
    assert tools["open"]["additionalProperties"] is True
    old = tools["old"]
    assert "$schema" not in old
    assert old["properties"]["a"] == {"type": "integer", "exclusiveMinimum": 0}
    assert old["properties"]["b"] == {"type": ["string", "null"], "enum": ["x", "y", None], "nullable": True}
    assert old["definitions"]["C"]["items"] == {"type": "string", "format": "date"}
    refers = tools["refers"]
    assert refers["properties"] == {"a": {"$ref": "#/$defs/A"}}
    assert refers["$defs"]["A"] == {"const": 1}
    assert refers["additionalProperties"] is False


def test_names_are_cleaned_and_what_cannot_be_offered_says_why() -> None:
    """Each name fits every provider and is the only one; a tool without name, description or direct answer is left."""
    library = load_library([odd("names")])
    assert [tool.name for tool in library.tools] == ["a_b_c", "a_b_c_b3f2d2", "x" * 57 + "_c71bd1", "titled"]
    assert [binding_of(tool).tool for tool in library.tools] == ["a.b/c", "a_b_c", "x" * 70, "titled"]
    assert [(entry.name, entry.reason) for entry in library.skipped] == [
        ("a_b_c", "the server lists this tool name more than once; the first one is used"),
        ("tool 5", "it has no name"),
        ("tool 6", "it has no name"),
        ("silent", "no description, so a model cannot know what it does"),
        ("later", "it only runs as an asynchronous task, which is not supported"),
    ]
    notes = notes_of(odd("names"))
    assert "its name on the server is 'a.b/c'" in notes["a_b_c"]
    assert "it has no description; its title is used instead" in notes["titled"]


def test_hints_decide_whether_a_call_writes() -> None:
    """Adding is writing too; without a hint a tool counts as one that does not write, and a note says so."""
    library = load_library([odd("hints")])
    assert {tool.name for tool in library.tools if binding_of(tool).writes} == {"adds", "destroys"}
    unsaid = {name for name, texts in notes_of(odd("hints")).items() if any("does not say" in text for text in texts)}
    assert unsaid == {"titled", "odd", "unsaid"}
    allowed = load_library([odd("hints")], may_write=lambda name: name == "adds")
    assert "destroys" not in allowed.by_name()
    assert "adds" in allowed.by_name()


def test_two_servers_share_a_library() -> None:
    """The same name on both is told apart, and tools can be chosen by pattern."""
    library = load_library([odd("pages"), odd("well") + "#tool=do*", odd("hints") + "#name=h"])
    names = [tool.name for tool in library.tools]
    assert names[:4] == ["one", "two", "three", "does"]
    assert "h_reads" in names
    twice = load_library([odd("well") + "#tool=does", odd("") + "#tool=does"])
    assert len({tool.name for tool in twice.tools}) == len(twice.tools) == 2


def test_a_server_is_given_only_the_variables_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A named variable must be set; its value must not stand in what models are shown."""
    locator = odd("secret") + "#variable=ODD_SECRET"
    monkeypatch.delenv("ODD_SECRET", raising=False)
    with pytest.raises(UserError, match=r"environment variable \$ODD_SECRET is not set"):
        load_library([locator])
    monkeypatch.setenv("ODD_SECRET", "correct horse battery")
    with pytest.raises(UserError, match="appears in the description"):
        load_library([locator])
    monkeypatch.setenv("ODD_SECRET", "short")
    (tool,) = load_library([locator]).tools
    assert tool.description == "short"
    assert binding_of(tool).variables == ("ODD_SECRET",)


@pytest.mark.parametrize(
    ("locator", "said"),
    [
        ("mcp:no-such-program --port 1", "no such executable: `no-such-program`"),
        ("mcp:", "needs a command or a URL, such as"),
        ("mcp:server 'unclosed", "not a valid command: no closing quotation"),
        ("mcp:https://", "not a valid URL"),
        ("mcp:https://user:secret@example.com/mcp", "must not contain a user name or password"),
        ("mcp:https://example.com/mcp#variable=A&variable=B", "a URL takes one variable"),
        ("mcp:server#variable=A-B", "not a valid variable name"),
        ("mcp:server#name=ä", "`name` may have up to 24 letters"),
        ("mcp:server#tols=x", "unknown option `tols`; did you mean `tool`"),
        ("mcp:http://127.0.0.1:9/mcp", "it cannot be reached"),
        ("mcp:http://nowhere.invalid/mcp", "nowhere.invalid has no address"),
    ],
)
def test_a_locator_that_leads_nowhere_is_one_clear_line(locator: str, said: str) -> None:
    """It says what is wrong, and never shows a password."""
    with pytest.raises(UserError) as caught:
        load_library([locator])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("exit", "it exited before it answered; its last line on stderr is 'the key is missing'"),
        ("ancient", "Unsupported protocol version from the server: 1999-12-31"),
        ("toolless", "it offers no tools"),
        ("round", "its paginated tool list never ends"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_clear_line(way: str, said: str) -> None:
    """It ends, speaks a protocol of long ago, has no tools, or never comes to an end of them."""
    with pytest.raises(UserError) as caught:
        load_library([odd(way)])
    assert str(caught.value) == f"{odd(way)}: {said}"


@pytest.mark.slow
def test_a_server_that_never_gets_ready_is_given_up() -> None:
    """It hangs as soon as it is greeted."""
    with pytest.raises(UserError, match=r"it was not ready within 0\.5 s"):
        load_mcp(parse_locator(odd("slow"), ["mcp"]), start_s=0.5)


@pytest.mark.slow
def test_a_server_that_talks_of_something_else_is_given_up() -> None:
    """What it says is shown."""
    with pytest.raises(
        UserError, match="within 5 s; it wrote 'hello, who is there\\?', which is not a protocol message"
    ):
        load_mcp(parse_locator(odd("nonsense"), ["mcp"]), start_s=5)


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else works without it."""
    for name in [name for name in sys.modules if name.startswith("apigen.execute.mcp.connection")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(UserError, match=r"pip install 'apigen-pipeline\[mcp\]'"):
        load_library([odd()])
