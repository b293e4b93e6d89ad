"""Answers near the right ones: each acceptable answer, bent in one or two places, as calls or as text."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from apigen.records import Json

Calls = list[tuple[str, dict[str, Json]]]
HUGE = 10**400
"""More than a float can hold."""
Choose = Callable[[Sequence[Json]], Json]


class Row(NamedTuple):
    """A row of BFCL."""

    category: str
    row: Json
    truth: Json

    @property
    def id(self) -> str:
        return str(self.row["id"])


def first_answer(row: Row) -> Calls:
    """The first acceptable value everywhere; a call without arguments where only the calling counts."""
    if row.truth is None:
        functions = row.row["function"]
        return [(functions[0]["name"], {})] if "irrelevance" not in row.category and functions else []
    return [(name, _chosen(arguments, _first)) for one in row.truth for name, arguments in one.items()]


def some_answer(row: Row, rng: random.Random) -> Calls:
    """An acceptable value everywhere, drawn."""
    if row.truth is None:
        functions = row.row["function"]
        return [(rng.choice(functions)["name"], {"x": 1})] if functions and rng.random() < 0.5 else []
    return [(name, _chosen(arguments, rng.choice)) for one in row.truth for name, arguments in one.items()]


def _first(values: Sequence[Json]) -> Json:
    return next((value for value in values if value != ""), "")


def _chosen(arguments: dict[str, Json], choose: Choose) -> dict[str, Json]:
    """One of the acceptable values for each argument; a dict's keys have acceptable values again, deeper ones not."""
    return {name: _whole(value, choose) for name, value in _kept(arguments, choose).items()}


def _kept(choices: dict[str, Json], choose: Choose) -> dict[str, Json]:
    found = {name: choose(values) if values else "" for name, values in choices.items()}
    return {name: value for name, value in found.items() if value != ""}


def _whole(value: Json, choose: Choose) -> Json:
    if isinstance(value, dict):
        return _kept(value, choose)
    if isinstance(value, list):
        return [_kept(one, choose) if isinstance(one, dict) else one for one in value]
    return value


def mutated(row: Row, pool: Sequence[Row], rng: random.Random) -> Calls:
    """An acceptable answer bent in one place, seldom in none or two."""
    calls = some_answer(row, rng)
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 2))):
        bend = _bend_answer if not calls or rng.random() < 0.15 else _bend_call
        calls = bend(calls, row, pool, rng)
    return calls


def _bend_answer(calls: Calls, row: Row, pool: Sequence[Row], rng: random.Random) -> Calls:
    at = rng.randrange(len(calls)) if calls else 0
    match rng.randrange(6):
        case 0:
            return [call for index, call in enumerate(calls) if index != at]
        case 1:
            return [*calls, *calls[at : at + 1]]
        case 2:
            return rng.sample(calls, len(calls))
        case 3:
            return some_answer(rng.choice(pool), rng)
        case 4:
            return [*calls[:at], *some_answer(row, rng)[at:]]
    moved = [arguments for _, arguments in calls]
    rng.shuffle(moved)
    return [(name, arguments) for (name, _), arguments in zip(calls, moved, strict=True)]


def _bend_call(calls: Calls, row: Row, pool: Sequence[Row], rng: random.Random) -> Calls:
    at = rng.randrange(len(calls))
    name, arguments = calls[at]
    arguments = dict(arguments)
    kind = rng.random()
    if kind < 0.08:
        name = _bend_name(name, row, rng)
    elif kind < 0.2 or not arguments:
        arguments |= _further(name, row, rng)
    else:
        chosen = rng.choice(list(arguments))
        value = arguments[chosen]
        if kind < 0.28:
            del arguments[chosen]
        elif kind < 0.33:
            del arguments[chosen]
            arguments[rng.choice((chosen + "s", chosen.upper(), "_" + chosen))] = value
        elif kind < 0.38:
            arguments[chosen] = arguments[rng.choice(list(arguments))]
        else:
            arguments[chosen] = bent(value, rng)
    return [*calls[:at], (name, arguments), *calls[at + 1 :]]


def _bend_name(name: str, row: Row, rng: random.Random) -> str:
    others: list[str] = [function["name"] for function in row.row["function"]]
    return rng.choice((name.replace(".", "_"), name.upper(), name.rsplit(".", maxsplit=1)[-1], name + "_", *others))


def _further(name: str, row: Row, rng: random.Random) -> dict[str, Json]:
    """An argument that the answer has not got: one that the tool has, or none that it has."""
    properties: dict[str, Json] = {"unheard_of": {}}
    for function in row.row["function"]:
        if function["name"] == name:
            properties |= function["parameters"]["properties"]
    chosen = rng.choice(list(properties))
    samples: dict[str, Json] = {"string": "", "integer": 1, "float": 0.5, "boolean": False, "array": [], "dict": {}}
    told = properties[chosen].get("default")
    return {
        chosen: told if told is not None and rng.random() < 0.5 else samples.get(properties[chosen].get("type"), "")
    }


def bent(value: Json, rng: random.Random) -> Json:
    """Another value, near enough that the rules have to look."""
    if rng.random() < 0.06:
        return rng.choice((None, "", [], {}, [value], str(value), 0, True, {"value": value}))
    match value:
        case bool():
            return rng.choice((not value, int(value), float(value), str(value), str(value).lower(), [value]))
        case int() if abs(value) < HUGE:
            return rng.choice((value + 1, -value, float(value), value + 0.5, str(value), bool(value), [value], HUGE))
        case float():
            near: tuple[Json, ...] = (value + 0.5, -value, str(value), [value], round(value), round(value) + 0.0)
            return rng.choice((*near, int(value)))
        case str():
            return _bent_text(value, rng)
        case list():
            return _bent_list(value, rng)
        case dict():
            return _bent_dict(value, rng)
    return rng.choice((0, "", "None", False))


def _bent_text(text: str, rng: random.Random) -> Json:
    at = rng.randint(0, len(text))
    match rng.randrange(10):
        case 0:
            return text[:at] + rng.choice(" ,./-_*^") + text[at:]
        case 1:
            return text[:at] + rng.choice("';:!?\t\u00a0xX\"") + text[at:]
        case 2:
            return rng.choice((text.upper(), text.lower(), text.title(), text.swapcase()))
        case 3:
            return "".join(letter for letter in text if letter not in " ,./-_*^")
        case 4:
            return text.replace("'", '"') if "'" in text else text.replace('"', "'")
        case 5:
            return text[:at] + text[at + 1 :]
        case 6:
            return [text]
        case 7:
            return int(text) if text.isascii() and text.isdigit() else text.encode("ascii", "ignore").decode()
        case 8:
            return text.split()
    return text + " " + rng.choice(("please", ".", "*", "2"))


def _bent_list(items: list[Json], rng: random.Random) -> Json:
    at = rng.randrange(len(items)) if items else 0
    match rng.randrange(9):
        case 0:
            return items[::-1]
        case 1:
            return rng.sample(items, len(items))
        case 2:
            return items[:at] + items[at + 1 :]
        case 3:
            return [*items, *items[at : at + 1]]
        case 4:
            return [items]
        case 5:
            return items[0] if items else None
        case 6:
            return rng.choice(([], "", str(items), [*items, None]))
    return [*items[:at], bent(items[at], rng), *items[at + 1 :]] if items else [0]


def _bent_dict(value: dict[str, Json], rng: random.Random) -> Json:
    if not value:
        return rng.choice(([], "", {"a": 1}))
    key = rng.choice(list(value))
    others = {name: one for name, one in value.items() if name != key}
    match rng.randrange(7):
        case 0:
            return others
        case 1:
            return {**value, "unheard_of": 1}
        case 2:
            return {**others, key.upper(): value[key]}
        case 3:
            return rng.choice(([value], {key: value}, str(value)))
        case 4:
            return dict(reversed(value.items()))
    return {**others, key: bent(value[key], rng)}


def as_text(calls: Calls, rng: random.Random) -> str:
    """The calls as Python, mostly clean."""
    written = ", ".join(
        f"{name}({', '.join(f'{one}={_written(value, rng)}' for one, value in arguments.items())})"
        for name, arguments in calls
    )
    text = f"[{written}]"
    match rng.randrange(24):
        case 0:
            return written
        case 1:
            return f"`{text}`"
        case 2:
            return f"```python\n{text}\n```"
        case 3:
            return f"```\n{text}\n```"
        case 4:
            return f"Sure: {text}"
        case 5:
            return text[: rng.randint(0, len(text))]
        case 6:
            return f"{text}, {text}"
        case 7:
            return rng.choice(("", "[]", "I cannot do that.", "42", "None", "[None]", "f", "{f()}"))
    return text


def _written(value: Any, rng: random.Random) -> str:
    if rng.random() < 0.9:
        return repr(value)
    choices = [repr(value), f"f({value!r})", f"f(x={value!r})", f"x[{value!r}]", f"({value!r})", f"({value!r},)"]
    if isinstance(value, str):
        choices += [f"f{value!r}", f"{value[:2]!r} + {value[2:]!r}", f"b{value!r}", f"str({value!r})"]
        choices += [value] if value.isidentifier() else []
    if isinstance(value, int | float):
        choices += [
            f"{value!r} * 1",
            f"{value!r} + 1 - 1",
            f"-(-{abs(value)!r})",
            f"2 ** 3 + {value!r}",
            f"{value!r} / 1",
        ]
    if isinstance(value, bool):
        choices += [str(value).lower(), f"not {value}"]
    if isinstance(value, list):
        choices += [repr(tuple(value)), f"[*{value!r}]", f"{value!r}[0]"]
    return rng.choice(choices)
