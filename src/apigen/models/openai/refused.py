"""A server's refusal of what a request's body contains, and what it is about."""

import re

from apigen.errors import ModelRefused
from apigen.models.openai.wire import error_message, error_of

MAX_SAID = 2_000
"""Characters of a refusal that are looked at to find out what is refused."""

_FORM = r"response_?format|json_?(?:schema|object|mode)|grammar|guided|tool_?choice"
_ABOUT_FORM = re.compile(rf"{_FORM}|schema|structured|tool|function.?call", re.IGNORECASE)
_SURELY = re.compile(_FORM, re.IGNORECASE)
TOO_LONG = re.compile(
    r"context.?(?:length|size|window)|maximum context|exceed_context_size|too many tokens|maximum.{0,20}tokens"
    r"|(?:prompt|input|tokens?) (?:is |are )?too long|reduce the length",
    re.IGNORECASE,
)
"""How OpenAI, Azure, vLLM, llama.cpp (also with HTTP 500), Ollama and Anthropic report a prompt that is too long."""
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt)s?[\w ]{0,20} not (?:be )?(?:supported|allowed|enabled)"
    r"|(?:not|n't) support (?:the |a )?'?system\b|developer instruction is not enabled|roles? must alternate"
    r"|only user and assistant roles",
    re.IGNORECASE,
)
"""How chat templates (Gemma's, Mistral's first ones), Google and OpenAI refuse a system message."""
_OUT_OF_RANGE = re.compile(
    r"expected a value [<>]|must be [<>=]|(?:above|below) (?:the )?m(?:ax|in)imum"
    r"|(?:less|greater|more|lower|higher) than"
    r"|at (?:most|least)\b|\bbetween\b|\brange\b|too (?:large|high|low|small)|non-?negative|positive|exceed",
    re.IGNORECASE,
)
"""How OpenAI, DeepSeek, vLLM and servers that validate with pydantic report a number that is too large or too small."""
_TEMPERATURE = re.compile(r"^.{0,40}\btemperature\b", re.IGNORECASE)
NO_ROUTE = re.compile(r"no endpoints? found that (?:supports?|can handle)", re.IGNORECASE)
"""How OpenRouter reports that no provider of a model takes what a body asks for; the model itself is there."""


class BodyRefused(ModelRefused):
    """The server refuses a request for what its body contains, and reports what: asked otherwise, it may answer.

    Args:
        message: for people.
        status: of HTTP; 0 where several tries broke in several ways.
        said: the server's own message, more of it than is shown.
        param: the part of the body that it names as the culprit, if it names one.
    """

    def __init__(self, message: str, status: int = 0, said: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.param = param

    @property
    def about_system(self) -> bool:
        """Whether it is the system message that is refused; llama.cpp so reports a chat template's error with 500."""
        return self.status in (400, 422, 500) and _NO_SYSTEM.search(f"{self.said} {self.param}") is not None

    @property
    def out_of_range(self) -> bool:
        """Whether a number in it is too large or too small."""
        return _OUT_OF_RANGE.search(self.said) is not None

    @property
    def about_temperature(self) -> bool:
        """Whether its temperature is out of range, which is the same in all requests."""
        named = self.param == "temperature" or (not self.param and _TEMPERATURE.search(self.said) is not None)
        return self.status in (400, 422) and named and self.out_of_range and not self.about_form

    @property
    def about_form(self) -> bool:
        """Whether it is the way in which a form of the answer is asked for that is refused."""
        said = f"{self.said} {self.param}"
        if self.status == 404:
            return NO_ROUTE.search(said) is not None
        if self.status >= 500:  # llama-cpp-python says so to a response_format that it does not know
            return _SURELY.search(said) is not None
        return _ABOUT_FORM.search(said) is not None and TOO_LONG.search(said) is None


def body_refused(message: str, status: int, content: bytes) -> BodyRefused:
    """A refusal with what the server reports as its cause."""
    param = error_of(content).get("param")
    return BodyRefused(message, status, error_message(content, MAX_SAID), param if isinstance(param, str) else "")
