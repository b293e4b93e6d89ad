"""From a parsed JSON value to calls: what is there, before asking what it means."""

import msgspec

from apigen.records import Call, Json, Reason
from apigen.verify.format.faults import Fault, kind, shown


def read_calls(value: Json, name: str) -> tuple[list[tuple[int, Call]], list[Fault]]:
    """The calls of an answer that have the shape of calls, each with its position, and what is wrong with the others.

    Args:
        value: what should be a list of ``{name, arguments}``.
        name: the field that it stands in.
    """
    if not isinstance(value, list | tuple):
        return [], [Fault(Reason.WRONG_SHAPE, f"{name} is {kind(value)}, not a list of calls")]
    calls: list[tuple[int, Call]] = []
    faults: list[Fault] = []
    for index, item in enumerate(value):
        found = _call(item, f"{name}[{index}]")
        if isinstance(found, Call):
            calls.append((index, found))
        else:
            faults.append(found)
    return calls, faults


def _call(item: Json, where: str) -> Call | Fault:
    if not isinstance(item, dict):
        return Fault(Reason.WRONG_SHAPE, f"{where} is {kind(item)}, not an object with name and arguments")
    for field in ("name", "arguments"):
        if field not in item:
            return Fault(Reason.MISSING_FIELD, f"{where} has no {field!r}")
    name, arguments = item["name"], item["arguments"]
    if not isinstance(name, str):
        return Fault(Reason.WRONG_SHAPE, f"{where}.name is {kind(name)}, not a string")
    if isinstance(arguments, str):
        return _as_text(arguments, where)
    if not isinstance(arguments, dict):
        return Fault(Reason.WRONG_SHAPE, f"{where}.arguments is {kind(arguments)}, not an object")
    return Call(name, arguments)


def _as_text(arguments: str, where: str) -> Fault:
    try:
        inside = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Fault(Reason.NOT_JSON, f"{where}.arguments is a string that is not valid JSON: {shown(arguments)}")
    if isinstance(inside, dict):
        return Fault(
            Reason.ARGUMENTS_AS_STRING, f"{where}.arguments is a JSON string, {shown(arguments)}, not an object"
        )
    return Fault(Reason.WRONG_SHAPE, f"{where}.arguments is a string, {shown(arguments)}, not an object")
