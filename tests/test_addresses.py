"""Addresses and keys that a user gives: what may be written into a run, and what is refused without repeating it."""

import re
from functools import partial
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from apigen import rundir
from apigen.cli.resume import resumed_config
from apigen.cli.run import run_command
from apigen.config import Config, load_config
from apigen.errors import UserError
from apigen.model_config import ModelConfig
from test_client_access import run_options


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
        with pytest.raises(ValidationError, match="put it in an environment variable") as caught:
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
        ({"base_url": key}, "this is not an endpoint"),
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
        with pytest.raises(UserError, match=r"\$\{NAME\} is not expanded in an address: put it in `query`"):
            given()


def test_a_variable_is_the_whole_of_a_value() -> None:
    """One in the middle would be sent as it is written."""
    with pytest.raises(UserError, match=r"'user' is not filled in: \$\{NAME\} must be the whole value"):
        load_config(None, {"model": {"name": "openai/m", "query": {"user": "me-${NAME}"}}})


WRONG_ADDRESSES = [
    ("ftp://host.example/v1", "'ftp://host.example/v1' is not an endpoint address: write http://"),
    ("http://me:hunter2@host.example/v1", "an endpoint must not contain a password"),
    ("http://me:hun/ter2@host.example/v1", "an endpoint must not contain a password"),
    ("me:hunter2@host.example/v1", "is not an endpoint"),
    ("ftp://me:hunter2@host.example/v1", "an endpoint must not contain a password"),
    ("http://host.example/v1?key=hunter2", "'key' in an address looks like a key"),
    ("http://host.example:eighty/v1", "is not an endpoint"),
    ("http://[::1/v1", "is not an endpoint"),
]


@pytest.mark.parametrize(("address", "said"), WRONG_ADDRESSES)
def test_a_wrong_base_url_is_refused_by_all_who_take_one(address: str, said: str, tmp_path: Path) -> None:
    """In one line, without the password, before anything is written: by run, resume and estimate alike."""
    (tmp_path / rundir.CONFIG).write_text(Config().resolved().to_yaml())
    (tmp_path / rundir.LIBRARY).touch()
    before = (tmp_path / rundir.CONFIG).read_text()
    judge = {"judges": ["openai/x"]}
    for refused in (
        partial(run_command, run_options(judge, address, tmp_path / "new")),
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
