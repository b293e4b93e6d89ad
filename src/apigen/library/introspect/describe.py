"""Turns the public functions of modules into tools, with a reason for each one that cannot be a tool."""

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import msgspec

from apigen.library.introspect.protocol import Described
from apigen.library.introspect.public import Offer
from apigen.records import Json, Note, PythonBinding, Skipped, Tool
from apigen.signatures.functions import FunctionSignature, read_signature
from apigen.signatures.problems import Undescribable

LONGEST_NAME = 64
"""Characters that every provider of function calling accepts in a tool's name."""
OTHER_CATEGORY = "Other"


def describe(offers: Iterable[Offer], origin: str | None) -> Described:
    """Describe what modules offer.

    Args:
        offers: in the order of the tools.
        origin: written into every tool; ``None`` writes each one's own locator.

    Returns:
        The tools, uniquely named, and what was left out: functions, and single parameters of functions that are kept
        (as ``function(parameter)``).
    """
    tools: list[Tool] = []
    skipped: list[Skipped] = []
    notes: list[Note] = []
    taken: set[str] = set()
    for offer in offers:
        place = origin or f"python:{offer.imported.locator}"
        try:
            signature = _described_signature(offer)
            tool = _tool(offer, signature, place)
        except Undescribable as problem:
            skipped.append(Skipped(offer.name, str(problem), place))
            continue
        except Exception as error:  # noqa: BLE001 - looking at foreign objects may run their code
            skipped.append(Skipped(offer.name, f"inspecting it raised {type(error).__name__}", place))
            continue
        name = _unique_name(offer.name, offer.imported.module.__name__, taken)
        taken.add(name)
        tools.append(msgspec.structs.replace(tool, name=name))
        skipped += [
            Skipped(f"{offer.name}({left})", f"{why}; the tool is offered without it", place)
            for left, why in signature.left_out
        ]
        notes += [Note(name, text) for text in _guessed(signature)]
    return Described(tuple(tools), tuple(skipped), tuple(notes))


def _described_signature(offer: Offer) -> FunctionSignature:
    """The signature of a function that a model could be offered.

    Raises:
        Undescribable: it is no function, says nothing about itself, or takes nothing that could be given by name.
    """
    if offer.reason:
        raise Undescribable(offer.reason)
    signature = read_signature(offer.found, offer.imported.module.__name__)
    if not signature.parameters:
        only = ", ".join(name for name, _ in signature.left_out)
        if not inspect.isroutine(inspect.unwrap(offer.found)) and only.startswith("*"):
            raise Undescribable(f"an object of type {type(offer.found).__name__} whose call takes only {only}")
        raise Undescribable(
            f"takes only {only}, which JSON arguments cannot provide" if only else "takes no parameters"
        )
    if not signature.docstring.description:
        raise Undescribable("no docstring, so a model cannot know what it does")
    return signature


def _tool(offer: Offer, signature: FunctionSignature, origin: str) -> Tool:
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
    module, file = offer.imported.bound_module, offer.imported.bound_file
    digest = _digest(offer.found, offer.imported.module)
    return Tool(
        name=offer.name,
        description=signature.docstring.description,
        parameters=parameters,
        category=_category(offer.imported.module),
        origin=origin,
        binding=PythonBinding(offer.qualname, module, file, digest, offer.factory),
    )


def _guessed(signature: FunctionSignature) -> Iterator[str]:
    """What is said of parameters whose types nobody wrote down."""
    for parameter in signature.parameters:
        if parameter.guessed_from:
            yield f"the type of {parameter.name} is inferred from {parameter.guessed_from}"


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


def _unique_name(name: str, module: str, taken: Container[str]) -> str:
    """A name that every provider accepts; where it is taken, with names of modules before it or a number after it."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:LONGEST_NAME]
    candidate = plain
    for part in reversed(module.split(".")):
        if candidate not in taken:
            return candidate
        candidate = re.sub(r"[^a-zA-Z0-9_-]", "_", f"{part}_{candidate}")[:LONGEST_NAME]
    number = 2
    while candidate in taken:
        candidate = f"{plain[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        number += 1
    return candidate
