"""Configuration: what users write, checked, with one clear line for what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from apigen.config import Config, flatten, load_config
from apigen.errors import UserError


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cout: 5", "unknown key `cout`; did you mean `count`?"),
        ("sampling: {toolz: [2, 3]}", "unknown key `sampling.toolz`; did you mean `tools`?"),
        ("model: {name: offline, bse_url: x}", "did you mean `base_url`?"),
        ("judges: [{name: rules, timeout: 3}]", "unknown key `judges.0.timeout`; did you mean `timeout_s`?"),
        ("zzz: 5", "unknown key `zzz`; known keys here: `library`"),
        ("count: none", "count: must be a whole number (got 'none')"),
        ("count: 0", "count: must be at least 1 (got 0)"),
        ("count: 1.5", "count: must be a whole number (got 1.5)"),
        ("repair: maybe", "repair: must be true or false (got 'maybe')"),
        ("grounding: loose", "grounding: must be 'strict', 'lenient' or 'off' (got 'loose')"),
        ("models: 5", "models: must be a list"),
        ("sampling: 5", "sampling: must be a mapping of keys"),
        ("prices: [a]", "prices: must be text"),
        ("sampling: {tools: [2]}", "sampling.tools.1: is required"),
        ("sampling: {tools: [1, 2, 3]}", "sampling.tools: must have at most 2 entries"),
        ("models: [{}]", "models.0.name: is required"),
        ("focus: {styles: {odd: 1}}", "focus.styles.odd: must be 'simple', 'multiple', "),
        ("model: gpt-4", "'gpt-4' is not a model"),
        ("model: rules", "`rules` is a judge, not a writer"),
        ("judges: [offline]", "`offline` is a writer, not a judge"),
        ("styles: {simple: 0, multiple: 0, parallel: 0, parallel_multiple: 0}", "at least one style needs a weight"),
        ("sampling: {tools: [4, 2]}", "a range is [minimum, maximum]"),
        ("sampling: {calls: [1, 3]}", "`calls` must start at 2"),
        ("model: {name: openai/x, base_url: 'localhost:8000'}", "is not an endpoint"),
        ("model: {name: openai/x, base_url: 'https://me:secret@host/v1'}", "must not contain a password"),
        ("judges: []", "judges: must have at least 1 entry"),
        ("count: true", "count: true is not a valid value"),
        ("styles: {simple: .inf}", "styles.simple: must be a finite number"),
        ("execution: {wall_s: 1.0e+300}", "execution.wall_s: must be at most 3600 (got 1e+300)"),
        ("count: 5\nseed: 1\ncount: 6", "line 3, column 1: broken YAML, the key `count` appears twice"),
        ("? [a]\n: 1", "keys must be plain text"),
        ("[" * 5000, "nested too deeply"),
        ("a: [1, 2", "line 1"),
        ("- 1", "a configuration is a mapping"),
    ],
)
def test_a_wrong_file_gets_one_line_that_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    """The message names the file and the key, and the nearest right key for a misspelled one."""
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_config(path)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(path))
    assert "\n" not in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("text", "chosen", "said"),
    [
        ("seed: 1", {"budget": {"cost_usd": 0.0}}, "--max-cost: must be above 0 (got 0)"),
        ("count: 0", {"count": -3}, "--count: must be at least 1 (got -3)"),
        ("count: 5", {"models": ["gpt-4"]}, "--model: 'gpt-4' is "),
        ("count: 5", {"isolation": {"require": "total"}}, "--require-isolation: must be 'namespaced', "),
        ("focus: {strength: 2}", {"count": 0}, "--count: must be at least 1 (got 0); FILE: focus.strength: must be at"),
        ("budget: {tokens: 0}", {"budget": {"cost_usd": 5}}, "FILE: budget.tokens: must be at least 1 (got 0)"),
    ],
)
def test_a_wrong_option_is_named_as_it_was_typed(tmp_path: Path, text: str, chosen: dict[str, Any], said: str) -> None:
    """Whoever typed an option is not told of the key behind it, and a file is blamed only for its own mistakes."""
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_config(path, chosen)
    assert str(caught.value).startswith(said.replace("FILE", str(path)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path with nothing behind it is a user's slip, not a crash."""
    with pytest.raises(UserError, match="no such file"):
        load_config(tmp_path / "none.yaml")


def test_the_command_line_lies_over_the_file(tmp_path: Path) -> None:
    """Options replace what the file says; what neither says keeps its default."""
    config = load_config(write(tmp_path, "count: 7\nseed: 3\nlibrary: starter"), {"count": 9, "seed": None})
    assert (config.count, config.seed, config.library) == (9, 3, ("starter",))


def test_the_resolved_configuration_written_and_read_is_the_same(tmp_path: Path) -> None:
    """config.yaml of a run repeats the run: nothing is left to be derived."""
    config = Config(count=1000, models="openai/x", judges=["rules", "openai/y"]).resolved(base_url="http://h:1/v1")  # type: ignore[arg-type]
    again = load_config(write(tmp_path, config.to_yaml()))
    assert again == config
    assert again.resolved(base_url="http://other/v1") == config
    assert again.digest() == config.digest()
    assert config.models[0].base_url == "http://h:1/v1"
    assert config.rounds.requests == 15


def test_the_digest_ignores_what_cannot_change_a_result() -> None:
    """Concurrency and addresses decide how fast, not what."""
    config = Config().resolved()
    assert config.model_copy(update={"concurrency": 1}).digest() == config.digest()
    assert config.model_copy(update={"seed": 1}).digest() != config.digest()


def test_flatten_names_nested_keys_with_dots() -> None:
    """Keys are compared one by one, also inside lists."""
    assert flatten({"a": {"b": 1}, "c": [{"d": 2}], "e": []}) == {"a.b": 1, "c.0.d": 2, "e": []}


A = {"name": "openai/a"}
ONE, TWO = ({"base_url": f"http://{host}/v1"} for host in ("one", "two"))


@pytest.mark.parametrize(
    ("given", "under_way"),
    [
        ({}, 64),
        ({"concurrency": 8}, 16),
        ({"models": [A | ONE, A | TWO]}, 128),
        ({"models": [A | ONE, A | TWO | {"concurrency": 64}]}, 192),
        ({"models": [A, {"name": "openai/b"}]}, 64),
        ({"models": [A], "judges": [A]}, 64),
        ({"concurrency": 4, "judges": ["rules", A | ONE | {"concurrency": 9}, A | TWO]}, 26),
        ({"concurrency": 100, "models": [A | {"concurrency": 2}]}, 4),
        ({"concurrency": 100, "models": [A | {"concurrency": 2}], "judges": [A | {"concurrency": 3}]}, 6),
    ],
)
def test_under_way_is_what_the_widest_model_takes_twice(given: dict[str, Any], under_way: int) -> None:
    """Endpoints of one model add up; models do not, since a request goes to one of them."""
    assert Config.model_validate(given).resolved().under_way == under_way
