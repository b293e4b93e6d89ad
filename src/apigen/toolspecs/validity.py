"""Checks whether a schema is valid."""

import jsonschema_rs
import msgspec

from apigen.records import Json


def schema_problem(schema: dict[str, Json]) -> str:
    """Why a schema does not compile as JSON Schema (draft 2020-12); empty where it does.

    Nothing is fetched: what a schema refers to must stand in it.
    """
    try:
        text = msgspec.json.encode(schema).decode()
        jsonschema_rs.validator_for(text, offline=True)
    except jsonschema_rs.ReferencingError as problem:
        return f"has a reference that cannot be resolved within it: {_told(problem)}"
    except (ValueError, TypeError, OverflowError, RecursionError) as problem:
        return _told(problem)
    return ""


def _told(problem: Exception) -> str:
    place = "/".join(map(str, getattr(problem, "instance_path", ())))
    message = str(problem).partition("\n")[0][:200]
    return f"{place}: {message}" if place else message
