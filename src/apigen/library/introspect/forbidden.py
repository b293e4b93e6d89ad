"""Explains what the sandbox forbade while a module was imported, and how to allow it."""

import traceback

from apigen.execute.sandbox.raised import refusal_in


def advice_on(problem: BaseException) -> str:
    """What to do about a module that needs more than an import in the sandbox may do; empty where it is not that."""
    error = problem.__cause__
    if error is None:
        return ""
    if isinstance(error, KeyError) and _raised_in(error) == "<frozen os>":
        name = error.args[0] if error.args else "NAME"
        return _advice("environment variables are hidden", f"variables: [{name}]")
    refusal = refusal_in(error)
    if refusal is None:
        return ""
    path = getattr(refusal, "filename", None)
    if isinstance(path, str):
        return _advice(
            "only Python's own files, installed packages and the module's own folder are readable, and nothing is "
            "writable",
            f"read: [{path}]",
            "it only reads",
        )
    place = _raised_in(refusal)
    if place.endswith("subprocess.py"):
        return "; modules are imported in the sandbox, which cannot start other programs: do that inside a function"
    if "socket" in place or "socket" in type(refusal).__module__ or type(refusal).__name__ == "gaierror":
        return _advice("there is no network access", "hosts: ['HOST:PORT']")
    return "; modules are imported in the sandbox, which does not allow that: do it inside a function"


def _advice(what: str, grant: str, condition: str = "it needs that") -> str:
    return (
        f"; modules are imported in the sandbox, where {what}: do it inside a function or, if {condition}, "
        f"add `grants: [{{{grant}}}]` to the configuration"
    )


def _raised_in(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].filename if frames else ""
