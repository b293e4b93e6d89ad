"""Servers that treat a form of the answer as real engines and gateways do, as handlers for pytest-httpserver.

Each gets the body of a request and returns a status and what it answers. What follows a form is the smallest value
that fits it; what follows none is what a model would say by itself.
"""

import json
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

Handler = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
BY_ITSELF = '{"colours": ["white", "black"]}'


def answer(content: Any, ended: str = "stop", usage: dict[str, Any] | None = None, **message: Any) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": ended}
    return {"choices": [choice], "usage": usage or {"prompt_tokens": 7, "completion_tokens": 2}}


def error(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def smallest(schema: dict[str, Any]) -> Any:
    """The smallest value that fits a form."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0])
    if schema.get("type") == "object":
        return {name: smallest(schema["properties"][name]) for name in schema.get("required", ())}
    if schema.get("type") == "array":
        return [smallest(schema["items"])] * schema.get("minItems", 0)
    return {"string": "x", "boolean": True, "integer": 1, "number": 1.5}.get(schema.get("type", ""))


def fitting(schema: dict[str, Any]) -> str:
    return json.dumps(smallest(schema))


def called(body: dict[str, Any], *, as_object: bool = False, ended: str = "tool_calls") -> dict[str, Any]:
    """An answer that calls the tool that it must."""
    function = body["tools"][0]["function"]
    value = smallest(function["parameters"])
    call = {"name": function["name"], "arguments": value if as_object else json.dumps(value)}
    return answer(None, ended, tool_calls=[{"id": "1", "type": "function", "function": call}])


def vllm(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Enforces ``json_schema``, and knows no schema beside ``json_object``."""
    asked = body.get("response_format", {})
    if asked.get("type") == "json_schema":
        return 200, answer(fitting(asked["json_schema"]["schema"]))
    return 200, answer(BY_ITSELF)


def llama_cpp_python(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Enforces a schema beside ``json_object``; ``json_schema`` is a server's error to it."""
    asked = body.get("response_format", {})
    if asked.get("type") == "json_schema":
        said = "1 validation error: [{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text'\"}]"
        return 500, error(said)
    return 200, answer(fitting(asked["schema"]) if "schema" in asked else BY_ITSELF)


def gateway(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Takes no notice of ``response_format``, and passes tools on; arguments come as an object."""
    return 200, called(body, as_object=True) if "tools" in body else answer(BY_ITSELF)


def router(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Has no provider for what a body asks for, and says so as if there were no such model."""
    if "response_format" in body or "tools" in body:
        return 404, error("No endpoints found that can handle the requested parameters.")
    return 200, answer(BY_ITSELF)


def deaf(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Takes no notice of anything, as ``transformers serve``."""
    return 200, answer(BY_ITSELF)


def strict(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Refuses everything that it does not know, and reasons: OpenAI's manner."""
    for name in ("max_tokens", "temperature", "seed"):
        if name in body:
            hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
            said = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
            return 400, error(said, name, "unsupported_parameter")
    asked = body.get("response_format", {})
    if "schema" in asked:
        return 400, error("Unknown parameter: 'response_format.schema'.", "response_format.schema")
    schema = asked.get("json_schema", {}).get("schema")
    return 200, answer(fitting(schema) if schema else BY_ITSELF)


def formless(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Refuses every way to ask for a form."""
    for name in ("response_format", "tools"):
        if name in body:
            return 400, error(f"{name} is not supported by this backend")
    return 200, answer(BY_ITSELF)


def behaving(handler: Handler) -> Callable[[Request], Response]:
    """A handler for the server."""

    def respond(request: Request) -> Response:
        status, value = handler(request.get_json())
        return Response(json.dumps(value), status, content_type="application/json")

    return respond
