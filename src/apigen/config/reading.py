"""Reading ``CONFIG.yaml`` with the command line on top of it; what is wrong is said in one line, by file and key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import yaml

from apigen.config.mistakes import explain
from apigen.config.whole import Config, in_full
from apigen.errors import UserError, in_one_line


def load_config(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file and lay the command line's choices over it.

    Raises:
        UserError: the file cannot be read, is no YAML, or holds an unknown key or a wrong value.
    """
    written: dict[str, Any] = read_mapping(path) if path else {}
    chosen = {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        merged = laid_over(in_full(written), in_full(chosen))
    except ValueError as error:
        raise UserError(f"{path or 'the command line'}: {error}") from None
    try:
        return Config.model_validate(merged)
    except pydantic.ValidationError as error:
        where = str(path) if path else "the command line"
        raise UserError(f"{where}: {explain(error)}") from None


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice of the later one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, once its keys are known to be different."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def broken(error: yaml.YAMLError) -> str:
    """Where YAML is broken, and how."""
    mark = getattr(error, "problem_mark", None)
    at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{at}broken YAML, {getattr(error, 'problem', None) or in_one_line(error)}"


def read_yaml(path: Path, name: str = "", what: str = "configuration") -> Any:
    """Read a YAML file that holds one document.

    Args:
        path: the file.
        name: how it is called in messages; by default its path.
        what: it is.

    Raises:
        UserError: it cannot be read, is no YAML, or holds a key twice.
    """
    name = name or str(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{name}: no such file; give the path of a YAML {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: cannot be read as text: {error}") from None
    try:
        return yaml.load(text, UniqueKeys)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise UserError(f"{name}: nested too deeply for a {what}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{name}: {broken(error)}") from None


def read_mapping(
    path: Path, name: str = "", what: str = "configuration", example: str = "count: 500"
) -> dict[str, Any]:
    """Read a YAML file of keys and values; see :func:`read_yaml`.

    Args:
        path: the file.
        name: how it is called in messages; by default its path.
        what: it is.
        example: a line that could stand in it.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    loaded = read_yaml(path, name, what)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UserError(f"{name or path}: a {what} is a mapping of keys, such as `{example}`, not a {_kind(loaded)}")
    return {str(key): value for key, value in loaded.items()}


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping over another, mapping by mapping: what the upper one leaves out stays as it was."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = laid_over(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _kind(value: object) -> str:
    return {list: "list", str: "text", int: "number", float: "number"}.get(type(value), type(value).__name__)
