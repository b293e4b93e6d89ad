"""Reading ``CONFIG.yaml`` with the command line's options over it; mistakes are one line that names file and key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import yaml

from apigen.config.mistakes import explain, flat_keys
from apigen.config.whole import Config, in_full
from apigen.errors import UserError, in_one_line


def load_config(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file and lay the command line's options over it.

    Raises:
        UserError: the file cannot be read, is not YAML, or has an unknown key or an invalid value.
    """
    written: dict[str, Any] = read_mapping(path) if path else {}
    chosen = {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        merged = laid_over(in_full(written), in_full(chosen))
    except ValueError as error:
        raise UserError(f"{path}: {error}" if path else str(error)) from None
    try:
        return Config.model_validate(merged)
    except pydantic.ValidationError as error:
        raise UserError(explain(error, path, flat_keys(chosen))) from None


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a duplicated key is a mistake, not a silent choice of the later one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, once its keys are known to be distinct."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "keys must be plain text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` appears twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def broken(error: yaml.YAMLError) -> str:
    """Where YAML is broken, and why."""
    mark = getattr(error, "problem_mark", None)
    at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{at}broken YAML, {getattr(error, 'problem', None) or in_one_line(error)}"


def read_yaml(path: Path, name: str = "", what: str = "configuration") -> Any:
    """Read a YAML file that holds one document.

    Args:
        path: the file.
        name: what to call it in messages; by default its path.
        what: the kind of file.

    Raises:
        UserError: it cannot be read, is not YAML, or has a duplicated key.
    """
    name = name or str(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{name}: no such file; give the path of a YAML {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: cannot be read as UTF-8 text ({error}); give a YAML {what}") from None
    try:
        return yaml.load(text, UniqueKeys)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise UserError(f"{name}: nested too deeply for a {what}; flatten it") from None
    except yaml.YAMLError as error:
        raise UserError(f"{name}: {broken(error)}") from None


def read_mapping(
    path: Path, name: str = "", what: str = "configuration", example: str = "count: 500"
) -> dict[str, Any]:
    """Read a YAML file of keys and values; see :func:`read_yaml`.

    Args:
        path: the file.
        name: what to call it in messages; by default its path.
        what: the kind of file.
        example: a line that could be in it.

    Raises:
        UserError: it cannot be read, or is something else.
    """
    loaded = read_yaml(path, name, what)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UserError(f"{name or path}: a {what} is a mapping of keys, such as `{example}`, not {_kind(loaded)}")
    return {str(key): value for key, value in loaded.items()}


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping merged over another, section by section: keys that the upper one lacks keep their values."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = laid_over(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _kind(value: object) -> str:
    return {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}.get(
        type(value), f"a {type(value).__name__}"
    )
