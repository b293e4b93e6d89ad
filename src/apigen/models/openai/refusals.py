"""What an HTTP answer without a completion means for the request, the endpoint and the run."""

import os
import re
from collections.abc import Mapping
from time import time
from typing import NamedTuple
from urllib.parse import urlsplit

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.openai.failures import BUSY, NEVER, Kind, NoChat, TryAgain, may_pass_later
from apigen.models.openai.quota import used_up
from apigen.models.openai.refused import NO_ROUTE, TOO_LONG, body_refused
from apigen.models.openai.room import ADVICE, little_room, no_room
from apigen.models.openai.said import Said, is_web_page, read_said
from apigen.models.openai.waits import asked_wait


class Answer(NamedTuple):
    """What came back over HTTP."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes


_BAD_KEY = re.compile(r"api[_ -]?key not valid|invalid[_ ]api[_ ]key|incorrect api key", re.IGNORECASE)
"""Google reports it with HTTP 400."""
_NO_MODEL = re.compile(r"not a valid model|model_not_found|model .{0,80}(?:not found|does not exist)", re.IGNORECASE)
_MODERATED = re.compile(r"moderation|flagged|content[_ ](?:filter|policy)", re.IGNORECASE)
"""OpenRouter reports it with HTTP 403."""
_TEMPERATURE = (
    "set generation.temperature to a value that the model accepts in a new run; for `apigen evaluate`, --temperature"
)
_BUSY = re.compile(r"busy|overload|capacity|pending requests|too many requests", re.IGNORECASE)
"""How servers whose queue is full word HTTP 503: "server busy, please try again. maximum pending requests exceeded"
(Ollama), "The model is overloaded" (Google). A server that starts ("Loading model") is not busy."""


def refusal(answer: Answer, config: ModelConfig, address: str, *, status: int | None = None) -> Exception:
    """What an answer without a completion means.

    Args:
        answer: as it came.
        config: how the endpoint is reached.
        address: where that is, without secrets.
        status: in place of the answer's own, for errors inside an answer with a good status.

    Returns:
        :class:`TryAgain`, :class:`ModelUnavailable` or :class:`ModelRefused`, to be raised.
    """
    status, said, now = status or answer.status, read_said(answer.content), time()
    problem = f"HTTP {status}: {said.message or answer.reason}"
    who = f"{config.name} at {address}: {problem.rstrip('. ')}"
    headers = {**said.headers, **answer.headers}
    wait_s = asked_wait(headers, said.text, now)
    if quota := used_up(status, said, headers, wait_s, now):
        return ModelUnavailable(f"{who}; {quota.words(now)}")
    refused = body_refused(who, status, answer.content)
    if (status in (404, 500) and refused.about_form) or (status == 500 and refused.about_system):
        return refused  # asked in another way, it may answer
    if status in (400, 413, 422, 500):
        if room := no_room(refused.said):
            return ModelUnavailable(f"{who}; {room}")
        if little_room(refused.said):
            return ModelRefused(f"{who}; the context is too small for this prompt and max_tokens together; {ADVICE}")
        if TOO_LONG.search(said.text):
            return ModelRefused(f"{who}; the prompt is longer than the model takes")
    if refused.about_temperature:
        return ModelUnavailable(f"{who}; {_TEMPERATURE}")
    if may_pass_later(status):
        return TryAgain(problem, wait_s, _kind(status, said, wait_s))
    hint = _hint(status, said, config, page=is_web_page(answer.content))
    if not hint:
        return refused
    # A name that the endpoint does not know is the user's mistake, also where requests go in batches.
    no_chat = status in (404, 405) and not _NO_MODEL.search(said.text)
    return (NoChat if no_chat else ModelUnavailable)(f"{who}; {hint}")


def _kind(status: int, said: Said, wait_s: float | None) -> Kind:
    if status in BUSY or (status == 503 and (wait_s is not None or _BUSY.search(f"{said.code} {said.message}"))):
        return Kind.BUSY
    return Kind.DOWN if status >= 500 or status == 408 else Kind.UNREADABLE


def _hint(status: int, said: Said, config: ModelConfig, *, page: bool) -> str:
    """How to fix what makes a server refuse everything; empty where it refuses one prompt."""
    if "api-version" in said.text.lower() or "api version" in said.text.lower():
        return "set query: {api-version: ...} of the model to a version that this endpoint supports"
    if (status == 403 and _MODERATED.search(said.text)) or (status == 404 and NO_ROUTE.search(said.text)):
        return ""
    if status == 403 and page:
        return (
            "something in front of the server (a firewall, a bot guard, a proxy) refuses this client; check "
            "--base-url, or ask whoever runs it to let API clients through"
        )
    if status in (401, 403, 407) or (status == 400 and _BAD_KEY.search(said.text)):
        unset = "" if os.environ.get(config.api_key_env, "").strip() else " (it is not set)"
        azure = "azure.com" in (config.base_url or "") and config.api_key_header == "Authorization"
        header = "; Azure may need api_key_header: api-key" if azure else ""
        return f"set {config.api_key_env} to a valid key{unset}{header}"
    if status in (404, 405, *NEVER) or status < 400 or (status == 400 and _NO_MODEL.search(said.text)):
        model = f"check --base-url and the model name {config.name.removeprefix('openai/')!r}"
        bare = status in (404, 405) and not _NO_MODEL.search(said.text) and not urlsplit(config.base_url or "").path
        return f"{model}; most servers want {config.base_url}/v1" if bare else model
    return ""
