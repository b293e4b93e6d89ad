"""The ways to ask an endpoint for an answer of one form, the strictest first.

They differ in what they add to a request and in where its answer then is. Whatever an endpoint promises, whoever
reads the answer checks it.
"""

from typing import Protocol

from apigen.models.base import Shape
from apigen.models.openai.strict import fits_strict
from apigen.models.openai.wire import Reply
from apigen.records import Json


class Rung(Protocol):
    """One way to ask."""

    @property
    def name(self) -> str:
        """As ``structured`` in a configuration names it."""
        ...

    def added(self, shape: Shape) -> dict[str, Json]:
        """What a request's body has besides messages and sampling."""
        ...

    def answer(self, reply: Reply) -> str:
        """The answer in what came back."""
        ...


class JsonSchema:
    """OpenAI's structured outputs, which vLLM, SGLang, Ollama and llama.cpp's own server have as well."""

    name = "json_schema"

    def added(self, shape: Shape) -> dict[str, Json]:
        """``strict`` where OpenAI's rules for that are kept; the others enforce a schema without it."""
        described = {"name": shape.name, "schema": shape.schema, "strict": fits_strict(shape.schema)}
        return {"response_format": {"type": "json_schema", "json_schema": described}}

    def answer(self, reply: Reply) -> str:
        """The text."""
        return reply.text


class JsonObject:
    """A schema beside ``json_object``, which llama-cpp-python's server takes."""

    name = "json_object"

    def added(self, shape: Shape) -> dict[str, Json]:
        """The schema is in ``response_format`` itself."""
        return {"response_format": {"type": "json_object", "schema": shape.schema}}

    def answer(self, reply: Reply) -> str:
        """The text."""
        return reply.text


class ForcedTool:
    """A tool that the model must call and whose arguments are the answer, for whoever knows tools and no schemas."""

    name = "tool"

    def added(self, shape: Shape) -> dict[str, Json]:
        """One tool, and no choice but to call it."""
        function = {"name": shape.name, "description": "Gives the answer.", "parameters": shape.schema}
        choice = {"type": "function", "function": {"name": shape.name}}
        return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}

    def answer(self, reply: Reply) -> str:
        """The call's arguments; the text where no call was made after all."""
        return reply.arguments or reply.text


class PlainText:
    """Nothing but the prompt's own words about the form."""

    name = "text"

    def added(self, shape: Shape) -> dict[str, Json]:
        """Nothing."""
        return {}

    def answer(self, reply: Reply) -> str:
        """The text."""
        return reply.text


TEXT = PlainText()
RUNGS: dict[str, Rung] = {rung.name: rung for rung in (JsonSchema(), JsonObject(), ForcedTool(), TEXT)}
"""All of them, from the top of the ladder to its foot."""
