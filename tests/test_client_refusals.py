"""What providers say when they refuse, in their own shapes, and what that means for a request and a run."""

import json
from typing import Any

import pytest

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.openai.failures import Kind, TryAgain
from apigen.models.openai.quota import used_up
from apigen.models.openai.refusals import Answer, refusal
from apigen.models.openai.said import read_said
from apigen.models.openai.waits import asked_wait

NOW = 1_764_115_200.0  # 2025-11-26 00:00 UTC
ADDRESS = "http://server/v1/chat/completions"
CONFIG = ModelConfig(name="openai/tiny", base_url="http://server/v1", api_key_env="MY_KEY")


def refused(status: int, body: Any, *, config: ModelConfig = CONFIG, **headers: Any) -> Exception:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(Answer(status, "Said", named, content), config, ADDRESS)


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


GROQ_DAY = (
    "Rate limit reached for model `m` in organization `o` service tier `on_demand` on tokens per day (TPD): Limit 100, "
    "Used 97050, Requested 3619. Please try again in 9m38.016s. Upgrade at https://console.groq.com/settings/billing"
)
GROQ_MINUTE = GROQ_DAY.replace("per day (TPD)", "per minute (TPM)").replace("9m38.016s", "11.455s")
GOOGLE = "You exceeded your current quota, please check your plan and billing details."


def google(quota: str) -> list[dict[str, Any]]:
    failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45s"}
    message = f"{GOOGLE} Please retry in 45.578569677s."
    return [{"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": [failure, retry]}}]


def openrouter(limit: str, reset: str) -> dict[str, Any]:
    message = f"Rate limit exceeded: {limit}. Add 10 credits to unlock 1000 free model requests per day"
    headers = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    return {"error": {"message": message, "code": 429, "metadata": {"headers": headers}}}


@pytest.mark.parametrize(
    ("status", "body", "headers", "says"),
    [
        (429, openai(GOOGLE, "insufficient_quota", "insufficient_quota"), {}, "no credit left"),
        (402, {"error": {"code": 402, "message": "This request requires more credits"}}, {}, "no credit left"),
        (400, openai("Your credit balance is too low to access the API"), {}, "no credit left"),
        (
            429,
            openai(GROQ_DAY, "rate_limit_exceeded", "tokens"),
            {},
            "the daily quota is used up until .*in 10 min",
        ),
        (429, google("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), {}, "daily quota is used up$"),
        (429, openrouter("free-models-per-day", "99999999999999"), {}, "the daily quota is used up until 51"),
        (
            429,
            {"error": {"message": "slow", "metadata": {"limit_source": "openrouter_free_tier_daily"}}},
            {},
            "daily quota",
        ),
        (
            429,
            openai("Requests exceeded"),
            {"x_ratelimit_remaining_requests_day": "0", "x_ratelimit_reset_requests_day": "33011.3"},
            r"the daily quota is used up until .*\(in 9 h 10 min\)",
        ),
        (429, openai("No"), {"x_ratelimit_remaining_tokens_per_day": "0"}, "the daily quota is used up$"),
        (429, openai("Monthly limit reached"), {}, "the monthly quota is used up"),
        (
            429,
            openai("Please retry after 86400 seconds."),
            {"retry_after": "86400"},
            r"the server asks to wait until .*24 h",
        ),
        (503, openai("Maintenance"), {"retry_after": "7200"}, "the server asks to wait until .*2 h 0 min"),
        (
            503,
            openai("Maintenance"),
            {"retry_after": "inf"},
            "asks to wait; the server names no valid renewal time$",
        ),
        (
            429,
            openai("Maintenance"),
            {"retry_after": "9" * 30},
            "asks to wait; the server names no valid renewal time$",
        ),
    ],
)
def test_a_quota_that_waiting_does_not_bring_back_ends_the_run(
    status: int, body: Any, headers: dict[str, Any], says: str
) -> None:
    """One line says what is used up and until when, as far as the provider tells."""
    error = refused(status, body, **headers)
    assert isinstance(error, ModelUnavailable)
    with pytest.raises(ModelUnavailable, match=says):
        raise error
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait_s"),
    [
        (429, openai("Rate limit reached for requests"), {"retry_after": "2"}, 2),
        (429, openai("Rate limit reached"), {"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        (429, openai(GROQ_MINUTE, "rate_limit_exceeded", "tokens"), {}, 11.455),
        (429, google("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), {}, 45.578569677),
        (429, openai("Requests have exceeded token rate limit. Please retry after 37 seconds."), {}, 37),
        (429, openrouter("free-models-per-min", "1"), {}, 1),
        (
            429,
            openai("Rate limit reached"),
            {
                "x_ratelimit_remaining_requests": "0",
                "x_ratelimit_reset_requests": "1m0.5s",
                "x_ratelimit_remaining_tokens": "900",
                "x_ratelimit_reset_tokens": "6m0s",
            },
            60.5,
        ),
        (
            429,
            openai("Too many requests"),
            {"x_ratelimit_remaining_requests_day": "14000", "x_ratelimit_reset_requests_day": "33011"},
            None,
        ),
        (429, openai("see https://docs.example.com/daily/limits"), {}, None),
        (429, b"Too Many Requests", {}, None),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, {}, None),
        (503, openai("server busy, please try again.  maximum pending requests exceeded"), {}, None),
        (503, {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}, {}, None),
        (503, openai("No capacity", "capacity_exceeded"), {"retry_after": "soon"}, None),
        (503, openai("overloaded"), {"retry_after": "3"}, 3),
    ],
)
def test_a_burst_limit_only_slows_a_run_down(
    status: int, body: Any, headers: dict[str, Any], wait_s: float | None
) -> None:
    """The wait that the server asks for is known, in whichever way it asks."""
    error = refused(status, body, **headers)
    assert isinstance(error, TryAgain)
    assert error.kind is Kind.BUSY
    assert error.wait_s == pytest.approx(wait_s)


@pytest.mark.parametrize(
    ("headers", "message", "wait_s"),
    [
        ({"retry-after": "Wed, 26 Nov 2099 00:00:30 GMT"}, "", None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, "", 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 20)}, "", 20),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW + 20) * 1000)}, "", 20),
        (
            {"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "2025-11-26T00:00:15Z"},
            "",
            15,
        ),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}, "", 0.12),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, "", None),
        ({"retry-after": "soon", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, "", 30),
        ({"retry-after": "soon"}, "Please try again in 4s", 4),
        ({"retry-after": "120s", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, "", 120),
        ({"retry-after": f"Wed, 21 Oct 2026 07:28:00 +{'9' * 20}"}, "", None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0001-01-01T00:00:00"}, "", None),
        ({}, "try again in 1 hour and 30 minutes", 5400),
        ({}, "Please wait 5 s", 5),
        ({}, "I tried 3 models", None),
        ({}, "retry after a while, at most 4096 tokens", None),
    ],
)
def test_a_wait_is_read_from_headers_and_words(headers: dict[str, str], message: str, wait_s: float | None) -> None:
    """Numbers, durations, times since 1970, dates, sentences."""
    found = asked_wait(headers, message, NOW)
    if "2099" in headers.get("retry-after", ""):
        assert found is not None
        assert found > 1e9
    else:
        assert found == (None if wait_s is None else pytest.approx(wait_s))


def test_the_end_of_a_quota_is_said_as_a_time_and_a_wait() -> None:
    """In UTC, for whoever plans to resume."""
    quota = used_up(429, read_said(b""), {}, 33_000.0, NOW)
    assert quota is not None
    assert quota.words(NOW) == "the server asks to wait until 2025-11-26 09:10 UTC (in 9 h 10 min)"


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, openai("Incorrect API key provided: sk-x", "invalid_api_key"), "set MY_KEY to a valid key"),
        (401, {"statusCode": 401, "message": "Unauthorized. Access token is missing"}, "set MY_KEY to a valid key"),
        (400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}], "set MY_KEY"),
        (
            403,
            b"<html><head><title>Access denied</title></head></html>",
            "a web page titled 'Access denied'; something in front of the server .* refuses this client",
        ),
        (
            404,
            openai("The model `tiny` does not exist", "model_not_found"),
            "check --base-url and the model name 'tiny'",
        ),
        (404, {"object": "error", "message": "The model `tiny` does not exist.", "code": 404}, "model name 'tiny'"),
        (404, {"error": {"message": 'model "tiny" not found, try pulling it first'}}, "try pulling it first; check"),
        (404, {"error": {"code": "404", "message": "Resource not found"}}, "Resource not found; check --base-url"),
        (404, {"error": {"code": "404", "message": "API version not supported"}}, "set query: {api-version: ...}"),
        (400, {"error": {"message": "tiny is not a valid model ID", "code": 400}}, "the model name 'tiny'"),
        (307, b"", "HTTP 307: .*check --base-url"),
        (501, b"not implemented", "check --base-url"),
    ],
)
def test_what_refuses_everything_stops_the_run_with_a_hint(status: int, body: Any, says: str) -> None:
    """OpenAI, Azure, Google, vLLM, Ollama, OpenRouter, and a proxy in between."""
    error = refused(status, body)
    assert isinstance(error, ModelUnavailable)
    with pytest.raises(ModelUnavailable, match=says):
        raise error


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, openai("This model's maximum context length is 8192 tokens.", "context_length_exceeded")),
        (400, {"object": "error", "message": "This model's maximum context length is 6048 tokens.", "code": 400}),
        (400, {"error": {"code": 400, "message": "too big", "type": "exceed_context_size_error", "n_ctx": 256}}),
        (500, {"error": {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}}),
        (413, openai("prompt is too long: 210000 tokens > 200000 maximum")),
    ],
)
def test_a_prompt_that_is_too_long_is_refused_alone(status: int, body: Any) -> None:
    """OpenAI, vLLM, llama.cpp (once as an error of its own), Anthropic: no try more, and the run goes on."""
    error = refused(status, body)
    assert isinstance(error, ModelRefused)
    assert "longer than the model takes" in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"code": "content_filter", "message": "The response was filtered", "status": 400}}),
        (403, {"error": {"code": 403, "message": "requires moderation and your input was flagged"}}),
        (404, {"error": {"code": 404, "message": "No endpoints found that support tool use"}}),
        (422, {"detail": "top_p out of range"}),
    ],
)
def test_a_refused_prompt_concerns_that_prompt_alone(status: int, body: Any) -> None:
    """Azure's filter, OpenRouter's moderation and routing, and whatever else HTTP 4xx says of one body."""
    assert isinstance(refused(status, body), ModelRefused)


def test_servers_that_stumble_may_be_down_and_others_are_not() -> None:
    """5xx and HTTP 408 count against the server; 409 and 425 are tried again, no more."""
    kinds = {status: refused(status, b"boom") for status in (408, 409, 425, 500, 502, 503, 504, 520)}
    assert all(isinstance(error, TryAgain) for error in kinds.values())
    up = {status for status, error in kinds.items() if isinstance(error, TryAgain) and error.kind is not Kind.DOWN}
    assert up == {409, 425}


def test_azure_is_told_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its older addresses take no Authorization header; and a variable that is not set is said to be unset."""
    azure = CONFIG.model_copy(update={"base_url": "https://me.openai.azure.com/openai/deployments/x"})
    monkeypatch.delenv("MY_KEY", raising=False)
    said = str(refused(401, {"error": {"code": "401", "message": "Access denied"}}, config=azure))
    assert said.endswith("set MY_KEY to a valid key (it is not set); Azure may need api_key_header: api-key")
    monkeypatch.setenv("MY_KEY", "k")
    assert "(it is not set)" not in str(refused(401, b"", config=azure))


def test_openrouter_passes_on_what_the_provider_said() -> None:
    """ "Provider returned error" alone helps nobody."""
    body = {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "CUDA out of memory"}}}
    assert str(refused(502, body)) == "HTTP 502: Provider returned error (CUDA out of memory)"
