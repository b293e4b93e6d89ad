"""A program that speaks the protocol by hand, and in some way badly: ``python mcp_odd.py WAY``.

Its tools read from the arguments what to do, so that one start serves many tests. Only the standard library is used, so
that it starts at once.
"""

import json
import os
import signal
import sys
import time
from typing import Any

WAY = sys.argv[1] if len(sys.argv) > 1 else "well"
NAN = "@NaN@"
OBJECT = {"type": "object", "properties": {}}


def tool(name: str, schema: Any = OBJECT, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": f"The tool {name}.", "inputSchema": schema, **more}


DOES = tool("does", {"type": "object", "properties": {"what": {"type": "string"}, "much": {"type": "integer"}}})
WRITES = {**DOES, "name": "writes", "annotations": {"readOnlyHint": False}}
PAGES: dict[str, list[Any]] = {
    "well": [[DOES, WRITES]],
    "pages": [[tool("one"), tool("two")], [tool("three")], []],
    "round": [[tool("one")]],
    "schemas": [
        [
            tool("no schema", None),
            tool("true", True),
            tool("wrong", {"type": "object", "properties": {"a": {"type": "number", "minimum": "low"}}}),
            tool("list", {"type": "array"}),
            tool("away", {"type": "object", "properties": {"a": {"$ref": "https://example.com/schema.json"}}}),
            tool("untyped", {"properties": {"a": {"type": "string"}}}),
            tool("empty", {}),
            tool("open", {"type": "object", "properties": {}, "additionalProperties": True}),
            tool(
                "old",
                {
                    "$schema": "http://json-schema.org/draft-04/schema#",
                    "type": "object",
                    "properties": {
                        "a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                        "b": {"type": "string", "enum": ["x", "y"], "nullable": True},
                        "c": {"$ref": "#/definitions/C"},
                    },
                    "definitions": {"C": {"type": "array", "items": {"type": "string", "format": "date"}}},
                    "required": ["a"],
                },
            ),
            tool(
                "refers",
                {
                    "$ref": "#/$defs/All",
                    "$defs": {"All": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}, "A": {"const": 1}},
                },
            ),
        ]
    ],
    "names": [
        [
            tool("a.b/c"),
            tool("a_b_c"),
            tool("a_b_c"),
            tool("x" * 70),
            {"inputSchema": OBJECT},
            "no tool",
            {"name": "silent", "inputSchema": OBJECT},
            {"name": "titled", "title": "A title", "inputSchema": OBJECT},
            tool("later", execution={"taskSupport": "required"}),
        ]
    ],
    "hints": [
        [
            tool("reads", annotations={"readOnlyHint": True, "destructiveHint": False}),
            tool("adds", annotations={"readOnlyHint": False, "destructiveHint": False}),
            tool("destroys", annotations={"destructiveHint": True}),
            tool("titled", annotations={"title": "Titled"}),
            tool("odd", annotations={"readOnlyHint": "yes"}),
            tool("unsaid"),
        ]
    ],
}


def send(message: Any) -> None:
    text = message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})
    sys.stdout.write(text.replace(f'"{NAN}"', "NaN") + "\n")
    sys.stdout.flush()


def text(value: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": value}]}


def call(number: int, what: str, much: int) -> None:
    result: Any = text("done")
    match what:
        case "name":
            result = text(str(os.getpid()))
        case "variables":
            result = text(json.dumps({name: os.environ.get(name) for name in ("ODD_SECRET", "ODD_OTHER")}))
        case "complain":
            send({"id": number, "error": {"code": 1, "message": f"bad key {os.environ['ODD_SECRET']}"}})
            return
        case "die":
            sys.stderr.write("out of luck\n")
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(3600)
        case "wait":
            time.sleep(much / 1000)
        case "nothing":
            return
        case "flood":
            for _ in range(much):
                sys.stderr.write("blah " * 2000 + "\n")
        case "large":
            result = text("x" * much)
        case "nan":
            result = {"content": [], "structuredContent": {"value": NAN}}
        case "deep":
            result = {"content": [], "structuredContent": json.loads("[" * 500 + "]" * 500)}
        case "half":
            send(f'{{"jsonrpc": "2.0", "id": {number}, "result": {{"content": [{{"type": "te')
            return
        case "last":
            send(f'{{"result": {{"content": [}}, "jsonrpc": "2.0", "id": {number}}}')
            return
        case "surrogate":
            send(f'{{"jsonrpc": "2.0", "id": {number}, "result": {{"content": [], "structuredContent": "\\ud800"}}}}')
            return
        case "shape":
            result = {"content": "hello"}
        case "text":
            result = "hello"
        case "chat":
            send("I am about to answer")
            sys.stdout.buffer.write(b"\xff\xfe\n")
        case "refuse":
            send({"id": number, "error": {"code": -32602, "message": "what is that?"}})
            return
        case "break":
            send({"id": number, "error": {"code": -32000, "message": "the database is locked"}})
            return
        case "stuck":  # answers, but does not end when its input does
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    send({"id": number, "result": result})


def answer(message: dict[str, Any]) -> None:
    number, method = message["id"], message["method"]
    parameters = message.get("params") or {}
    if method == "initialize":
        if WAY == "slow":
            time.sleep(3600)
        version = "1999-12-31" if WAY == "ancient" else "2024-11-05"
        about = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "odd", "version": "1"}}
        send({"id": number, "result": about})
    elif method == "tools/list" and WAY != "toolless":
        pages = PAGES.get(WAY, PAGES["well"])
        page = int(parameters.get("cursor") or 0)
        more = {"nextCursor": str(page + 1)} if page + 1 < len(pages) else {}
        if WAY == "round":
            more = {"nextCursor": "0"}
        if WAY == "secret":
            pages = [[{**tool("one"), "description": os.environ["ODD_SECRET"]}]]
        send({"id": number, "result": {"tools": pages[page], **more}})
    elif method == "tools/call":
        arguments = parameters.get("arguments") or {}
        call(number, arguments.get("what", ""), arguments.get("much", 0))
    else:
        send({"id": number, "error": {"code": -32601, "message": "no such method"}})


def main() -> None:
    if WAY == "exit":
        sys.exit("the key is missing")
    for line in sys.stdin:
        message = json.loads(line)
        if WAY == "nonsense":
            send("hello, who is there?")
        elif "id" in message:
            answer(message)


if __name__ == "__main__":
    main()
