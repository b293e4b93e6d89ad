"""What an endpoint is reached by: keys in its address, and proxies of the environment."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from urllib.parse import quote, quote_plus

import pytest
from pydantic import ValidationError
from yarl import URL

from apigen.errors import ModelUnavailable, UserError
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.access import proxy_for
from apigen.models.batch.api import BatchApi, NotReached
from apigen.models.openai.client import Client
from apigen.models.openai.failures import TryAgain
from fault_server import always, answer, error, faults
from test_client_faults import QUICK, ask, one

KEY = "AIza-0123456789-abcdef"


def test_a_key_in_the_address_comes_from_the_environment_and_stays_out_of_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The configuration, which a run writes down, holds only the variable's name."""
    monkeypatch.setenv("GEMINI_KEY", KEY)
    query = {"key": "${GEMINI_KEY}", "alt": "json"}
    _, server, asked = one(always(answer(f"you said {KEY}")), query=query)
    assert server.heads[0].startswith(f"POST /v1/chat/completions?key={KEY}&alt=json HTTP/1.1")
    assert asked.facts()[0].base_url == server.url
    with pytest.raises(ModelUnavailable) as caught:
        one(always(error(401, f"no access with {KEY}")), query=query)
    assert KEY not in str(caught.value)
    assert "$GEMINI_KEY" in str(caught.value)


def test_a_key_that_the_environment_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent."""
    monkeypatch.delenv("GEMINI_KEY", raising=False)
    with pytest.raises(UserError, match=r"openai/m: query\.key is \$\{GEMINI_KEY\}, for which the environment has no"):
        one(always(answer()), query={"key": "${GEMINI_KEY}"})


@pytest.mark.parametrize("name", ["key", "subscription-key", "api_key", "access_token", "sig", "auth", "password"])
def test_a_key_written_into_an_address_is_refused(name: str) -> None:
    """It would stand in config.yaml; the line says where to put it, and does not repeat it."""
    for settings in ({"query": {name: KEY}}, {"base_url": f"https://host.example/v1?{name}={KEY}"}):
        with pytest.raises(ValidationError, match="put it into an environment variable") as caught:
            ModelConfig.model_validate({"name": "openai/m", **settings})
        assert KEY not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("name", ["api-version", "design", "author", "signal"])
def test_other_words_of_an_address_are_not_taken_for_keys(name: str) -> None:
    """A version stays where it is."""
    assert ModelConfig.model_validate({"name": "openai/m", "query": {name: "1"}}).query == {name: "1"}


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent the whole address, and NO_PROXY takes hosts out."""
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def main() -> None:
        async with faults(always(answer())) as (proxy,):
            monkeypatch.setenv("http_proxy", f"http://user:pass@127.0.0.1:{proxy.port}")
            config = ModelConfig(name="openai/m", base_url="http://models.invalid:8000/v1")
            asked = Client([config], 1, QUICK)
            try:
                assert await ask(asked) == "hi"
            finally:
                await asked.aclose()
            assert proxy.heads[0].startswith("POST http://models.invalid:8000/v1/chat/completions HTTP/1.1")
            assert "\r\nproxy-authorization: basic " in proxy.heads[0].lower()

    asyncio.run(main())
    monkeypatch.setenv("no_proxy", "models.invalid")
    assert proxy_for(URL("http://models.invalid:8000/v1")) is None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nothing_through_is_named_without_its_password(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By chat and by batch alike."""
    monkeypatch.setenv(f"{scheme}_proxy", "http://user:pass@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    address = f"{scheme}://models.invalid/v1"
    says = r"cannot connect: the proxy http://127\.0\.0\.1:9, which the environment names, does not let it through \("
    with pytest.raises(TryAgain, match=says):
        one(always(answer()), base_url=address, retries=0)

    async def batch() -> None:
        api = BatchApi(ModelConfig(name="openai/m", base_url=address), BatchConfig())
        try:
            await api.upload(BytesIO(b"{}"))
        finally:
            await api.aclose()

    with pytest.raises(NotReached, match=says):
        asyncio.run(batch())


def test_a_proxy_that_refuses_a_tunnel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it says."""
    monkeypatch.delenv("no_proxy", raising=False)

    async def main() -> None:
        async with faults(always(error(407, "who are you?"))) as (proxy,):
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
            config = ModelConfig(name="openai/m", base_url="https://models.invalid/v1", retries=0)
            asked = Client([config], 1, QUICK)
            try:
                await ask(asked)
            finally:
                await asked.aclose()

    with pytest.raises(TryAgain, match=r"the proxy http://127\.0\.0\.1:\d+, .* \(HTTP 407"):
        asyncio.run(main())


SPELLED = "AIza/0123+456789=abcdef &x"
SPELLINGS = (str, quote, quote_plus, lambda key: quote_plus(key).replace("%2F", "%2f"))


@pytest.mark.parametrize(
    "line",
    [
        "HTTP/1.1 200 OK\r\nbad header\x01: {key}",
        "HTTP/1.1 200 OK\r\nno colon {key}",
        "HTP {key}",
        "HTTP/1.1 twelve {key}",
        "HTTP/1.1 200 {key}\xff\r\nno colon",
    ],
)
@pytest.mark.parametrize("spell", SPELLINGS)
def test_an_answer_that_is_no_http_tells_no_key(
    line: str, spell: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the address that was asked nor by what came back; in chat and in batches."""
    monkeypatch.setenv("GEMINI_KEY", SPELLED)
    query = {"key": "${GEMINI_KEY}"}
    malformed = always(f"{line.format(key=spell(SPELLED))}\r\n\r\n".encode())
    with pytest.raises(TryAgain, match="connection lost: ") as by_chat:
        one(malformed, query=query, retries=0)

    async def batch() -> None:
        async with faults(malformed) as (server,):
            api = BatchApi(ModelConfig(name="openai/m", base_url=server.url, query=query), BatchConfig())
            try:
                await api.batch("batch_1")
            finally:
                await api.aclose()

    with pytest.raises(TryAgain, match="connection lost: ") as by_batch:
        asyncio.run(batch())
    for said in (str(by_chat.value), str(by_batch.value)):
        assert "key=" not in said
        assert "\n" not in said
        assert not any(form(SPELLED) in said for form in SPELLINGS)
        assert "0123" not in said


def test_the_words_beside_a_status_tell_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in for the message of an answer without one, and need not be UTF-8."""
    monkeypatch.setenv("GEMINI_KEY", SPELLED)
    bare = f"HTTP/1.1 401 no {SPELLED} ".encode() + b"\xff\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(ModelUnavailable, match=r"no \$GEMINI_KEY") as caught:
        one(always(bare), query={"key": "${GEMINI_KEY}"})
    assert "0123" not in str(caught.value)
