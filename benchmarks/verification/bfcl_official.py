"""The official checker of BFCL, run by an interpreter that has ``bfcl-eval`` installed; imports nothing of ours.

Reads JSON lines ``{calls, function, truth, category}`` and writes ``{valid, kind, error}`` for each. The module that
names every model is replaced by a stub, because it imports the clients of all providers.
"""

import json
import sys
import types

UNDERSCORED = "underscored"
"""The model whose server allows no dots in names; any other model is called ``any``."""


class _AnyModel:
    def __init__(self, name: str) -> None:
        self.underscore_to_dot = name == UNDERSCORED


class _Models(dict[str, _AnyModel]):
    def __missing__(self, name: str) -> _AnyModel:
        return _AnyModel(name)


def stub_models() -> None:
    """Put a stub in the place of the module that names every model."""
    stub = types.ModuleType("bfcl_eval.constants.model_config")
    stub.MODEL_CONFIG_MAPPING = _Models()  # type: ignore[attr-defined]
    sys.modules[stub.__name__] = stub


def main() -> None:
    stub_models()
    # Only this interpreter's environment has it, and only after the stub is in place.
    from bfcl_eval.constants.enums import Language  # type: ignore[import-not-found]  # noqa: PLC0415
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # type: ignore[import-not-found]  # noqa: PLC0415

    for line in sys.stdin:
        row = json.loads(line)
        calls = [{call["name"]: call["arguments"]} for call in row["calls"]]
        try:
            found = ast_checker(row["function"], calls, row["truth"], Language.PYTHON, row["category"], "any")
        except Exception as error:  # noqa: BLE001 - a checker that raises is a finding of its own
            found = {"valid": False, "error_type": f"raised {type(error).__name__}", "error": [str(error)]}
        kind = _innermost(found)
        said = {"valid": found["valid"], "kind": kind, "error": str(found.get("error", ""))[:300]}
        sys.stdout.write(json.dumps(said) + "\n")


def _innermost(found: dict[str, object]) -> str:
    """The kind of error; of parallel calls, that of the comparison that failed last."""
    kinds = [str(found.get("error_type", ""))]
    errors = found.get("error")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            kinds += [str(inner.get("sub_error_type")) for inner in error.values() if isinstance(inner, dict)]
    if found["valid"]:
        return ""
    telling = [kind for kind in kinds[1:] if not kind.endswith("wrong_func_name")]
    return (telling or kinds[1:] or kinds)[0]


if __name__ == "__main__":
    main()
