"""What an endpoint is reached by: keys in its address, and proxies of the environment."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from apigen.cli.run import RunOptions, run_command
from apigen.errors import ModelUnavailable, UserError
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.batch.api import BatchApi, NotReached
from apigen.models.environment import proxy_for
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
    with pytest.raises(UserError, match=r"openai/m: query\.key: the environment variable GEMINI_KEY is not set"):
        one(always(answer()), query={"key": "${GEMINI_KEY}"})


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one without a scheme; it is sent the whole address, and NO_PROXY takes hosts out."""

    async def main() -> None:
        async with faults(always(answer())) as (proxy,):
            monkeypatch.setenv("http_proxy", f"user:pass@127.0.0.1:{proxy.port}")
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
    assert proxy_for("http://models.invalid:8000/v1") is None


@pytest.mark.parametrize(
    ("variables", "address", "used"),
    [
        ({"https_proxy": "proxy.example:8080"}, "https://models.example/v1", "http://proxy.example:8080"),
        ({"HTTPS_PROXY": "https://proxy.example"}, "https://models.example/v1", "https://proxy.example"),
        ({"ALL_PROXY": "http://proxy.example:1"}, "http://models.example/v1", "http://proxy.example:1"),
        ({"HTTP_PROXY": "http://proxy.example:1"}, "https://models.example/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://localhost:8000/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://LocalHost.:8000/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://127.8.9.1:8000/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://[::1]:8000/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://[::ffff:127.0.0.1]:8000/v1", None),
        ({"HTTP_PROXY": "p:1"}, "http://localhost.example:8000/v1", "http://p:1"),
        ({"HTTP_PROXY": "socks5://p:1"}, "http://localhost:8000/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "x, gpu1:8000"}, "http://gpu1:8000/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "gpu1:8000"}, "http://gpu1:8001/v1", "http://p:1"),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "gpu1:80"}, "http://gpu1/v1", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "models.example:443"}, "https://models.example/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": ".example"}, "http://models.example:8000/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "[fd00::1]:8000"}, "http://[fd00::1]:8000/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "fd00::1"}, "http://[fd00::1]:8000/v1", None),
        ({"HTTP_PROXY": "p:1", "NO_PROXY": "*"}, "http://models.example/v1", None),
        ({"HTTP_PROXY": "socks5://p:1", "NO_PROXY": "*"}, "http://models.example/v1", None),
    ],
)
def test_which_proxy_is_used(
    variables: dict[str, str], address: str, used: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By scheme, none for this machine, and none for what NO_PROXY names with or without a port."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(address) == used


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://user:hunter2@proxy.example:1080", "is socks5://proxy.example:1080, which is not an HTTP proxy: "),
        ("socks5h://proxy.example", "is socks5h://proxy.example, which is not an HTTP proxy: "),
        ("http://user:hunter2@proxy.example:eighty", "is not a valid address: "),
        ("http://user:hun/ter2@proxy.example:80", "is not a valid address: "),
        ("http://user:1/hunter2@proxy.example:80", "is not a valid address: "),
        ("http://user:hunter2@[::1", "is not a valid address: "),
        ("http://", "is not a valid address: "),
        ("http://user:hunter2@a b:1", "is not a valid address: "),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_told_in_one_line(
    proxy: str, said: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which variable it is and what to write there, without user and password."""
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(UserError) as caught:
        proxy_for("https://models.example/v1")
    line = str(caught.value)
    assert line.startswith(f"{variable.upper()}, the environment's proxy for ")
    assert said in line
    assert f"set {variable.upper()}=http://HOST:PORT, or add models.example to NO_PROXY" in line
    assert "ter2" not in line
    assert "user" not in line
    assert "\n" not in line


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_nobody_knows_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By chat and by batch: the model's own host is not looked up at all."""
    monkeypatch.setenv(f"{scheme}_proxy", "http://user:hunter2@proxy.invalid:3128")
    address = f"{scheme}://models.invalid/v1"
    says = r"to proxy http://proxy\.invalid:3128 \(from the environment\): its host proxy\.invalid cannot be resolved"
    with pytest.raises(TryAgain, match=says):
        one(always(answer()), base_url=address, retries=0)
    with pytest.raises(NotReached, match=says):
        asyncio.run(_look_at_a_batch(address))


async def _look_at_a_batch(address: str, **settings: Any) -> None:
    api = BatchApi(ModelConfig(name="openai/m", base_url=address, **settings), BatchConfig())
    try:
        await api.batch("batch_1")
    finally:
        await api.aclose()


def run_options(overrides: dict[str, Any], base_url: str | None, out: Path) -> RunOptions:
    return RunOptions(
        config=None,
        overrides=overrides,
        base_url=base_url,
        out=out,
        resume=False,
        dry_run=False,
        as_json=False,
        batch=False,
        no_wait=False,
        focus=None,
    )


@pytest.mark.parametrize(
    ("query", "proxy", "said"),
    [
        ({"key": "${NOT_THERE}"}, "", "query.key: the environment variable NOT_THERE is not set; set it"),
        ({}, "socks5://p:1", "HTTP_PROXY, the environment's proxy for http addresses, is socks5://p:1, which is no"),
    ],
)
def test_what_the_environment_lacks_is_told_before_there_is_a_directory(
    query: dict[str, str], proxy: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the same command can be given again; of judges as well."""
    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    judge = {"judges": [{"name": "openai/x", "base_url": "http://models.invalid/v1", "query": query}]}
    with pytest.raises(UserError) as caught:
        run_command(run_options(judge, None, tmp_path / "out"))
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nothing_through_is_named_without_its_password(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By chat and by batch alike."""
    monkeypatch.setenv(f"{scheme}_proxy", "http://user:pass@127.0.0.1:9")
    address = f"{scheme}://models.invalid/v1"
    says = r"cannot connect to proxy http://127\.0\.0\.1:9 \(from the environment\): "
    with pytest.raises(TryAgain, match=says):
        one(always(answer()), base_url=address, retries=0)

    with pytest.raises(NotReached, match=says):
        asyncio.run(_look_at_a_batch(address))


def test_a_proxy_that_refuses_a_tunnel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it says."""

    async def main() -> None:
        async with faults(always(error(407, "who are you?"))) as (proxy,):
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
            config = ModelConfig(name="openai/m", base_url="https://models.invalid/v1", retries=0)
            asked = Client([config], 1, QUICK)
            try:
                await ask(asked)
            finally:
                await asked.aclose()

    with pytest.raises(TryAgain, match=r"to proxy http://127\.0\.0\.1:\d+ \(from the environment\): HTTP 407"):
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
            await _look_at_a_batch(server.url, query=query)

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
