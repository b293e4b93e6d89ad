"""Turns the public functions of imported modules into tools, and says why the others are none."""

import dataclasses
import enum
import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import msgspec
import pydantic
from typing_extensions import is_typeddict

from apigen.library.introspect.imports import Imported
from apigen.records import Json, PythonBinding, Skipped, Tool
from apigen.signatures.functions import FunctionSignature, read_signature
from apigen.signatures.problems import Undescribable

LONGEST_NAME = 64
"""Characters that every provider of function calling accepts in a tool's name."""
OTHER_CATEGORY = "Other"


def describe(modules: Iterable[Imported], origin: str | None) -> tuple[tuple[Tool, ...], tuple[Skipped, ...]]:
    """Describe all public functions.

    Args:
        modules: imported modules, whose functions are described in order of definition.
        origin: written into every tool; ``None`` writes each one's own locator.

    Returns:
        The tools, uniquely named, and what was left out: functions, and single parameters of functions that are kept
        (as ``function(parameter)``).
    """
    tools: list[Tool] = []
    names: set[str] = set()
    skipped: list[Skipped] = []
    for imported in modules:
        place = origin or f"python:{imported.locator}"
        seen: dict[int, str] = {}
        for name, found in _public(imported.module):
            try:
                _require_function(found, seen)
                seen[id(found)] = name
                signature = _described_signature(found, imported.module.__name__)
                tool = _tool(name, found, signature, imported)
                unique = _unique_name(name, imported.module.__name__, names)
                names.add(unique)
                tools.append(msgspec.structs.replace(tool, name=unique, origin=place))
            except Undescribable as problem:
                skipped.append(Skipped(name, str(problem), place))
            else:
                skipped += [
                    Skipped(f"{name}({left})", f"{why}; the tool is offered without it", place)
                    for left, why in signature.left_out
                ]
    return tuple(tools), tuple(skipped)


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module offers: what its ``__all__`` lists, else the callables without underscore that it defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        for name in dict.fromkeys(listed):
            if hasattr(module, name) and not (name.startswith("__") and name.endswith("__")):
                yield name, getattr(module, name)
        return
    own = (module.__name__, f"_{module.__name__}")  # such as bisect, whose functions are those of _bisect
    for name, value in list(vars(module).items()):
        if name.startswith("_") or not callable(value) or getattr(value, "__module__", None) not in own:
            continue
        if not _is_kind_of_value(value):
            yield name, value


def _is_kind_of_value(found: Any) -> bool:
    """Whether a class only gives parameters, results or errors their form: nobody would expect a tool of it."""
    if not isinstance(found, type):
        return False
    forms = (enum.Enum, BaseException, pydantic.BaseModel)
    is_named_tuple = issubclass(found, tuple) and hasattr(found, "_fields")
    return issubclass(found, forms) or dataclasses.is_dataclass(found) or is_typeddict(found) or is_named_tuple


def _require_function(found: Any, seen: dict[int, str]) -> None:
    """Say why something is no function that could be called as a tool.

    Raises:
        Undescribable: with the reason.
    """
    reason = ""
    if inspect.ismodule(found):
        reason = f"a module; load it as python:{found.__name__}"
    elif isinstance(found, type):
        reason = "a class; only functions become tools"
    elif not callable(found):
        reason = f"not a function but a value of type {type(found).__name__}"
    elif inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found):
        reason = "an async function; only plain functions are executed"
    elif id(found) in seen:
        reason = f"the same function as {seen[id(found)]}"
    if reason:
        raise Undescribable(reason)


def _described_signature(function: Callable[..., Any], module: str) -> FunctionSignature:
    """The signature of a function that a model could be offered.

    Raises:
        Undescribable: it says nothing about itself, or takes nothing that could be given by name.
    """
    signature = read_signature(function, module)
    if not signature.parameters:
        only = ", ".join(name for name, _ in signature.left_out)
        raise Undescribable(f"takes only {only}, which no call can give by name" if only else "takes no parameters")
    if not signature.docstring.description:
        raise Undescribable("no docstring; a model could not know what it does")
    return signature


def _tool(qualname: str, function: Callable[..., Any], signature: FunctionSignature, imported: Imported) -> Tool:
    """The function as a tool under its own name.

    Raises:
        Undescribable: its schema is no JSON Schema, say because of a pattern of the user's.
    """
    parameters: dict[str, Json] = {
        "type": "object",
        "properties": {parameter.name: parameter.schema for parameter in signature.parameters},
        "required": [parameter.name for parameter in signature.parameters if parameter.required],
        "additionalProperties": False,
    }
    try:
        jsonschema_rs.validator_for(parameters)
    except (ValueError, jsonschema_rs.ReferencingError) as problem:
        raise Undescribable(f"its JSON Schema is not valid: {' '.join(str(problem).split())[:200]}") from None
    return Tool(
        name=qualname,
        description=signature.docstring.description,
        parameters=parameters,
        category=_category(imported.module),
        binding=PythonBinding(qualname, imported.bound_module, imported.bound_file, _digest(function, imported.module)),
    )


def _category(module: ModuleType) -> str:
    category = getattr(module, "CATEGORY", None)
    return category if isinstance(category, str) and category.strip() else OTHER_CATEGORY


def _digest(function: Callable[..., Any], module: ModuleType) -> str:
    """Digest of the file that the function is written in; empty for what is compiled."""
    try:
        source = inspect.getsourcefile(inspect.unwrap(function)) or ""
    except TypeError:
        source = ""
    for file in (source, getattr(module, "__file__", None) or ""):
        if file.endswith(".py") and Path(file).is_file():
            return _digest_of_file(file)
    return ""


@functools.cache
def _digest_of_file(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]


def _unique_name(name: str, module: str, taken: set[str]) -> str:
    """A name that every provider accepts; where it is taken, with its module's name before it or a number after it."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:LONGEST_NAME]
    stem = re.sub(r"[^a-zA-Z0-9_-]", "_", module.rpartition(".")[2])
    candidates: Sequence[str] = (plain, f"{stem}_{plain}"[:LONGEST_NAME])
    for candidate in candidates:
        if candidate not in taken:
            return candidate
    number = 2
    while (candidate := f"{plain[: LONGEST_NAME - len(str(number)) - 1]}_{number}") in taken:
        number += 1
    return candidate
