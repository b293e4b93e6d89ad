"""What an endpoint is reached by: keys in its address, and proxies of the environment."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from pydantic import ValidationError

from apigen import rundir
from apigen.cli.resume import resumed_config
from apigen.cli.run import RunOptions, run_command
from apigen.config import Config, load_config
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
    with pytest.raises(UserError, match=r"openai/m: query\.key is \$\{GEMINI_KEY\}, for which the environment has no"):
        one(always(answer()), query={"key": "${GEMINI_KEY}"})


@pytest.mark.parametrize(
    "name",
    [
        *(
            "key",
            "subscription-key",
            "api_key",
            "apikey",
            "apiKey",
            "APIKey",
            "x.api.key",
            "access_token",
            "accessToken",
        ),
        *("sig", "signature", "auth", "authorization", "password", "passwd", "pwd", "user_pass", "clientSecret"),
        *("credential", "credentials", "code", "jwt", "Bearer", "key2"),
    ],
)
def test_a_key_written_into_an_address_is_refused(name: str) -> None:
    """It would stand in config.yaml; the line says where to put it, and does not repeat it."""
    value = "correct horse"
    for settings in (
        {"query": {name: value}},
        {"base_url": f"https://host.example/v1?{name}={value}"},
        {"base_url": f"https://host.example/v1#{name}={value}"},
    ):
        with pytest.raises(ValidationError, match="put it into an environment variable") as caught:
            ModelConfig.model_validate({"name": "openai/m", **settings})
        said = caught.value.errors()[0]["msg"]
        assert value not in said
        advice = re.search(r"query: \{.*\}", said)
        assert advice
        assert yaml.safe_load(advice[0]) == {"query": {name: "${NAME}"}}


@pytest.mark.parametrize(
    "name",
    [
        *("api-version", "design", "author", "signal", "max_tokens", "maxTokens", "tokenizer", "keyspace", "monkey"),
        *("country_code", "compass", "secretary", "encoder"),
    ],
)
def test_other_words_of_an_address_are_not_taken_for_keys(name: str) -> None:
    """A version stays where it is."""
    assert ModelConfig.model_validate({"name": "openai/m", "query": {name: "1"}}).query == {name: "1"}


@pytest.mark.parametrize("beginning", ["sk-", "AIza", "eyJ", "ghp_", "xoxb-"])
def test_what_looks_like_a_key_is_refused_under_any_name(beginning: str, tmp_path: Path) -> None:
    """In addresses, and in the place of names of a variable and of a header; the line does not repeat it."""
    key = f"{beginning}0123456789abcdef"
    for settings, said in (
        ({"query": {"id": key}}, 'query: {id: "${NAME}"}'),
        ({"query": {key: ""}}, 'query: {key: "${NAME}"}'),
        ({"base_url": f"https://host.example/v1?id={key}"}, 'query: {id: "${NAME}"}'),
        ({"base_url": f"https://host.example/v1?{key}"}, 'query: {key: "${NAME}"}'),
        ({"base_url": key}, "this is no endpoint"),
        ({"api_key_env": key}, "models.0.api_key_env: write the name of an environment variable, such as"),
        ({"api_key_header": key}, "models.0.api_key_header: write the name of a header, such as"),
    ):
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump({"model": {"name": "openai/m", **settings}}))
        with pytest.raises(UserError) as caught:
            load_config(path)
        assert said in str(caught.value)
        assert "0123456789" not in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "my key", "${MY_KEY}", "$MY_KEY", "1KEY", "MY-KEY", "hunter2!", "MY_KEY\n"])
def test_api_key_env_is_the_name_of_a_variable(name: str) -> None:
    """Whatever else stands there may be the key, so it is not repeated."""
    with pytest.raises(UserError, match="write the name of an environment variable") as caught:
        load_config(None, {"model": {"name": "openai/m", "api_key_env": name}})
    assert "got" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://${HOST}/v1", "http://h/v1?key=${KEY}", "http://u:${PW}@h/v1", "${ALL}"])
def test_a_variable_in_an_address_is_refused(address: str) -> None:
    """Nothing would be filled in; the line says where something is."""
    for given in (
        partial(load_config, None, {"model": {"name": "openai/m", "base_url": address}}),
        partial(Config().resolved, base_url=address),
    ):
        with pytest.raises(UserError, match=r"nothing is filled into an address: put \$\{NAME\} into `query`"):
            given()


def test_a_variable_is_the_whole_of_a_value() -> None:
    """One in the middle would be sent as it is written."""
    with pytest.raises(UserError, match=r"'user' is not filled in: \$\{NAME\} must be the whole of a value"):
        load_config(None, {"model": {"name": "openai/m", "query": {"user": "me-${NAME}"}}})


def _options(overrides: dict[str, Any], base_url: str | None, out: Path) -> RunOptions:
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


WRONG_ADDRESSES = [
    ("ftp://host.example/v1", "'ftp://host.example/v1' is no endpoint: write http://"),
    ("http://me:hunter2@host.example/v1", "an endpoint must not hold a password"),
    ("http://me:hun/ter2@host.example/v1", "an endpoint must not hold a password"),
    ("me:hunter2@host.example/v1", "is no endpoint"),
    ("ftp://me:hunter2@host.example/v1", "an endpoint must not hold a password"),
    ("http://host.example/v1?key=hunter2", "'key' in an address looks like a key"),
    ("http://host.example:eighty/v1", "is no endpoint"),
    ("http://[::1/v1", "is no endpoint"),
]


@pytest.mark.parametrize(("address", "said"), WRONG_ADDRESSES)
def test_a_wrong_base_url_is_refused_by_all_who_take_one(address: str, said: str, tmp_path: Path) -> None:
    """In one line, without the password, before anything is written: by run, resume and estimate alike."""
    (tmp_path / rundir.CONFIG).write_text(Config().resolved().to_yaml())
    (tmp_path / rundir.LIBRARY).touch()
    before = (tmp_path / rundir.CONFIG).read_text()
    judge = {"judges": ["openai/x"]}
    for refused in (
        partial(run_command, _options(judge, address, tmp_path / "new")),
        partial(resumed_config, tmp_path, None, judge, address),
        partial(resumed_config, tmp_path, None, {}, address),
        partial(load_config(None, judge).resolved, base_url=address),
    ):
        with pytest.raises(UserError) as caught:
            refused()
        assert str(caught.value).startswith("--base-url: ")
        assert said in str(caught.value)
        assert "ter2" not in str(caught.value)
        assert "\n" not in str(caught.value)
    assert (tmp_path / rundir.CONFIG).read_text() == before
    assert not (tmp_path / "new").exists()


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
        ("socks5://user:hunter2@proxy.example:1080", "is socks5://proxy.example:1080, which is no HTTP proxy: "),
        ("socks5h://proxy.example", "is socks5h://proxy.example, which is no HTTP proxy: "),
        ("http://user:hunter2@proxy.example:eighty", "is no address: "),
        ("http://user:hun/ter2@proxy.example:80", "is no address: "),
        ("http://user:1/hunter2@proxy.example:80", "is no address: "),
        ("http://user:hunter2@[::1", "is no address: "),
        ("http://", "is no address: "),
        ("http://user:hunter2@a b:1", "is no address: "),
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
    assert f"write {variable.upper()}=http://HOST:PORT, or models.example into NO_PROXY" in line
    assert "ter2" not in line
    assert "user" not in line
    assert "\n" not in line


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_nobody_knows_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By chat and by batch: the model's own host is not looked up at all."""
    monkeypatch.setenv(f"{scheme}_proxy", "http://user:hunter2@proxy.invalid:3128")
    address = f"{scheme}://models.invalid/v1"
    says = r"the proxy http://proxy\.invalid:3128, .* \(no address is known for proxy\.invalid\)"
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


@pytest.mark.parametrize(
    ("query", "proxy", "said"),
    [
        ({"key": "${NOT_THERE}"}, "", "query.key is ${NOT_THERE}, for which the environment has no value; set it"),
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
        run_command(_options(judge, None, tmp_path / "out"))
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nothing_through_is_named_without_its_password(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By chat and by batch alike."""
    monkeypatch.setenv(f"{scheme}_proxy", "http://user:pass@127.0.0.1:9")
    address = f"{scheme}://models.invalid/v1"
    says = r"cannot connect: the proxy http://127\.0\.0\.1:9, which the environment names, does not let it through \("
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
