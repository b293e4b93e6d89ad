"""Models of a run that is resumed: which entry is which, and where keys and requests go."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from apigen import rundir
from apigen.cli.resume import resumed_config
from apigen.config import Config, load_config
from apigen.errors import UserError

ONE, TWO, THREE = (f"http://{host}.example/v1" for host in ("one", "two", "three"))
PLAIN = {"name": "openai/a", "base_url": ONE}
KEYED = {"name": "openai/a", "base_url": TWO, "api_key_env": "KEY_TWO", "concurrency": 7, "weight": 2.0}
JUDGE = {"name": "openai/j", "base_url": TWO, "api_key_env": "KEY_J"}


def started(folder: Path, written: dict[str, Any], base_url: str | None = None) -> Config:
    """Start a run with a file, as far as its configuration."""
    file(folder, written)
    config = load_config(folder / "given.yaml").resolved(base_url=base_url)
    (folder / rundir.CONFIG).write_text(config.to_yaml())
    (folder / rundir.LIBRARY).touch()
    return config


def file(folder: Path, written: dict[str, Any]) -> Path:
    path = folder / "given.yaml"
    path.write_text(yaml.safe_dump(written))
    return path


def reached(config: Config) -> list[tuple[str, str | None, str]]:
    return [(model.name, model.base_url, model.api_key_env) for model in (*config.models, *config.judges)]


@pytest.mark.parametrize(
    "models",
    [
        [PLAIN, KEYED],
        [KEYED, PLAIN],
        [KEYED, {"name": "openai/a"}],
        [PLAIN, KEYED, {"name": "openai/b", "weight": 3}, {"name": "openai/c", "base_url": TWO}],
        ["openai/a", "openai/b"],
        "openai/a",
        ["offline"],
        [{"name": "simulated/perfect", "weight": 2}, "simulated/deepseek-v2-chat"],
    ],
)
def test_the_same_file_changes_nothing(tmp_path: Path, models: Any) -> None:
    """Also where several entries share a name, and where one has its address from --base-url."""
    config = started(tmp_path, {"models": models, "judges": ["rules", JUDGE]}, base_url=THREE)
    assert resumed_config(tmp_path, tmp_path / "given.yaml", {}, None) == config
    assert resumed_config(tmp_path, None, {}, None) == config


def test_an_endpoint_that_is_added_gets_no_others_key(tmp_path: Path) -> None:
    """An entry with another address is another one, where its name stands more than once."""
    started(tmp_path, {"models": [PLAIN, KEYED]})
    given = file(tmp_path, {"models": [PLAIN, KEYED, {"name": "openai/a", "base_url": THREE}]})
    assert reached(resumed_config(tmp_path, given, {}, None))[:3] == [
        ("openai/a", ONE, "OPENAI_API_KEY"),
        ("openai/a", TWO, "KEY_TWO"),
        ("openai/a", THREE, "OPENAI_API_KEY"),
    ]


def test_an_entry_that_stands_alone_is_known_by_its_name(tmp_path: Path) -> None:
    """So its address can be edited, and what the file leaves out stays."""
    started(tmp_path, {"models": [KEYED]})
    given = file(tmp_path, {"models": [{"name": "openai/a", "base_url": THREE}]})
    (model,) = resumed_config(tmp_path, given, {}, None).models
    assert (model.base_url, model.api_key_env, model.concurrency) == (THREE, "KEY_TWO", 7)


def test_a_name_alone_stands_for_all_its_entries(tmp_path: Path) -> None:
    """``--model NAME`` on the command line drops no endpoint."""
    config = started(tmp_path, {"models": [PLAIN, KEYED], "judges": [JUDGE]})
    assert resumed_config(tmp_path, None, {"models": ["openai/a"], "judges": ["openai/j"]}, None) == config


def moved(folder: Path, base_url: str, config: Path | None = None, **given: Sequence[str]) -> Sequence[Any]:
    return [address for _, address, _ in reached(resumed_config(folder, config, given, base_url)) if address]


def test_base_url_moves_what_has_no_address_of_its_own(tmp_path: Path) -> None:
    """A judge with its own address and key stays where it is; a new one goes where the others go."""
    started(tmp_path, {"models": ["openai/a"], "judges": [JUDGE]}, base_url=ONE)
    assert moved(tmp_path, THREE) == [THREE, TWO]
    assert moved(tmp_path, THREE, judges=["openai/j", "openai/new"]) == [THREE, TWO, THREE]
    assert moved(tmp_path, THREE, file(tmp_path, {"models": [PLAIN], "judges": [JUDGE]})) == [ONE, TWO]


def test_base_url_is_refused_where_it_is_not_plain_what_moves(tmp_path: Path) -> None:
    """Two endpoints never become one; a new model alone takes the address."""
    started(tmp_path, {"models": [PLAIN, {"name": "openai/a", "base_url": TWO}]})
    with pytest.raises(UserError, match=f"--base-url {THREE}: the run's models are at {ONE}, {TWO}, so it is"):
        moved(tmp_path, THREE)
    assert moved(tmp_path, THREE, judges=["openai/new"]) == [ONE, TWO, THREE]
    started(tmp_path, {"models": [PLAIN, KEYED]})
    with pytest.raises(UserError, match="appears twice with the same address"):
        moved(tmp_path, TWO)
