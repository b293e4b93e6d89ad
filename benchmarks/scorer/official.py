"""The official scoring of ``bfcl-eval``, run as it stands: a program of its own that reads answers and writes verdicts.

    python -m benchmarks.scorer.official PATH

PATH is the wheel, or the folder that holds ``bfcl_eval``. Reads JSON lines of :class:`Asked` and writes :class:`Said`.
The functions of the package's own runner decide; what they import beside it (clients of providers, tables, parsers of
Java) is replaced by modules that hold nothing, since none of it takes part in a verdict on Python calls.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
import time
import types
from collections.abc import Sequence
from typing import Any

import msgspec

from apigen.records import Json
from benchmarks.verification.bfcl_official import UNDERSCORED, stub_models


class Asked(msgspec.Struct, frozen=True):
    """An answer to score."""

    category: str
    row: Json
    """The row of BFCL, as it is."""
    truth: Json
    calls: Sequence[dict[str, Json]] | None = None
    """``{name: arguments}`` each; ``None`` where the answer is a text."""
    text: str = ""
    underscores: bool = False


class Said(msgspec.Struct, frozen=True):
    """What the official code says of it."""

    valid: bool
    kind: str = ""
    """Its kind of error; empty for a valid answer."""
    raised: str = ""
    """The exception that the scoring ended with, which ends the whole evaluation there."""
    ns: int = 0
    """CPU time."""


class Nothing:
    """Stands for whatever a missing package holds: may be called, used as a decorator, and subclassed."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, *given: object, **_: object) -> object:
        return given[0] if len(given) == 1 and callable(given[0]) else self

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __or__(self, other: object) -> "Nothing":
        return self

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        return ()


class Hollow(types.ModuleType):
    """A module that holds nothing."""

    def __getattr__(self, name: str) -> Nothing:
        return getattr(Nothing(), name)  # type: ignore[no-any-return]


class HollowModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what nobody else finds, outside the package itself."""

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name.split(".", maxsplit=1)[0] == "bfcl_eval":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Hollow(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class Handler:
    """What the runner asks to decode an answer: prompted models' own decoder for a text, nothing for calls."""

    def __init__(self, decode_text: Any) -> None:
        self._decode_text = decode_text

    def decode_ast(self, answer: Any, language: Any = None, has_tool_call_tag: bool = False) -> Any:
        return self._decode_text(answer, language, has_tool_call_tag) if isinstance(answer, str) else answer


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    sys.meta_path.append(HollowModules())
    # Also where it is installed: it looks for further packages, and takes those that are hollow for broken ones.
    sys.modules["pandas"] = Hollow("pandas")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BFCL_PROJECT_ROOT"] = folder  # it makes folders for results when it is imported
        stub_models()
        # Only found on the path given, and only after what it needs is in place.
        from bfcl_eval.constants.enums import Language, ReturnFormat  # type: ignore[import-not-found]  # noqa: PLC0415
        from bfcl_eval.eval_checker import eval_runner  # type: ignore[import-not-found]  # noqa: PLC0415
        from bfcl_eval.model_handler.utils import (  # type: ignore[import-not-found]  # noqa: PLC0415
            default_decode_ast_prompting,
        )

        handler = Handler(default_decode_ast_prompting)

        def judge(asked: Asked) -> Any:
            model = UNDERSCORED if asked.underscores else "any"
            answer = asked.text if asked.calls is None else list(asked.calls)
            id_ = asked.row["id"]
            if asked.category.endswith("relevance"):
                return eval_runner._evaluate_single_relevance_entry(
                    handler, id_, answer, asked.row, model, asked.category
                )
            return eval_runner._evaluate_single_ast_entry(
                handler,
                id_,
                answer,
                asked.truth,
                asked.row,
                model,
                asked.category,
                Language.PYTHON,
                ReturnFormat.PYTHON,
            )

        decoder = msgspec.json.Decoder(Asked)
        for line in sys.stdin.buffer:
            asked = decoder.decode(line)
            began = time.thread_time_ns()
            try:
                found, raised = judge(asked), ""
            except Exception as error:  # noqa: BLE001 - a checker that raises is a finding of its own
                found, raised = {"valid": False}, f"{type(error).__name__}: {error}"
            spent = time.thread_time_ns() - began
            said = Said(found["valid"], "" if found["valid"] else str(found.get("error_type", "")), raised, spent)
            sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")


if __name__ == "__main__":
    main()
