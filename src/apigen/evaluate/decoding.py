"""From a model's output to calls: JSON in the usual shapes, or the text of Python calls.

Python text is read as BFCL's own decoder reads it, so that scores are comparable: brackets around the list may be
missing, backticks around it are dropped, positional arguments too, a bare name is a string. What that decoder hands to
``eval`` is not evaluated here: sums of numbers are worked out, anything else of the kind is undecodable.
"""

import json

import msgspec

from apigen.evaluate.base import Answer, short
from apigen.evaluate.python_text import NoCalls, python_calls
from apigen.records import Call, Json


def decode_text(text: str) -> Answer:
    """The answer that a text is: JSON if it is JSON, else the text of Python calls. Never raises."""
    try:
        value = json.loads(text.strip("`\n ").removeprefix("json"))
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        return decode_calls(value)
    try:
        return _answer(tuple(Call(name, arguments) for name, arguments in python_calls(text)))
    except NoCalls as problem:
        return Answer(undecodable=str(problem))


def decode_calls(value: Json) -> Answer:
    """The answer that parsed JSON is. Never raises.

    Args:
        value: a list of calls, ``{"tool_calls": [...]}``, or one call. A call is ``{"name", "arguments"}``, or has that
            under ``function``; its arguments are an object or the JSON text of one.
    """
    if isinstance(value, dict):
        value = (value["tool_calls"] or []) if "tool_calls" in value else [value]
    if not isinstance(value, list):
        return Answer(undecodable=f"the calls are {short(value)}, not a list")
    try:
        return _answer(tuple(_call(one, f"calls[{index}]") for index, one in enumerate(value)))
    except NoCalls as problem:
        return Answer(undecodable=str(problem))


def encodable(value: object) -> bool:
    """Whether a value can be written as JSON: a lone surrogate cannot, nor can what is nested too deeply."""
    try:
        msgspec.json.encode(value, enc_hook=repr)
    except (UnicodeEncodeError, RecursionError):
        return False
    except TypeError:
        return True  # keys that JSON does not have, such as Python's None
    return True


def _answer(calls: tuple[Call, ...]) -> Answer:
    if not encodable(calls):
        raise NoCalls("the calls contain half of a character (a lone surrogate) or are nested too deeply")
    return Answer(calls)


def _call(value: Json, where: str) -> Call:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise NoCalls(f"{where} is {short(value)}, not an object with a name")
    arguments = value.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError) as problem:
            raise NoCalls(f"{where}: its arguments are not valid JSON ({problem})") from None
    if not isinstance(arguments, dict):
        raise NoCalls(f"{where}: its arguments are {short(arguments)}, not an object")
    return Call(value["name"], arguments)
