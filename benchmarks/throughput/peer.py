"""distilabel's APIGen steps over the same server: write, execute, judge.

Runs in a virtual environment of its own, with ``distilabel[openai]`` and ``requests``, and imports nothing of ours:

    PYTHON peer.py URL TOOLS.py ROWS CONCURRENCY

The file holds a function ``add(x, y)``, which every answer of the server calls. A row takes two model requests.
"""

import sys
from typing import Any

TOOLS = '''def add(x: float, y: float) -> float:
    """Add two numbers.

    Args:
        x: The first.
        y: The second.
    """
    return x + y
'''
"""What the file holds."""


def main(url: str, tools: str, rows: int, concurrency: int) -> None:
    # Imported here: this module is also read where distilabel is not installed.
    from distilabel.models import OpenAILLM  # type: ignore[import-not-found]  # noqa: PLC0415
    from distilabel.pipeline import Pipeline  # type: ignore[import-not-found]  # noqa: PLC0415
    from distilabel.steps import LoadDataFromDicts  # type: ignore[import-not-found]  # noqa: PLC0415
    from distilabel.steps.tasks import (  # type: ignore[import-not-found]  # noqa: PLC0415
        APIGenExecutionChecker,
        APIGenGenerator,
        APIGenSemanticChecker,
    )

    def model(name: str) -> Any:
        return OpenAILLM(model=name, base_url=url, api_key="none")

    asked = {"func_name": "add", "func_desc": "Add two numbers.", "examples": "## Query:\nWhat are 1 and 2?\n"}
    data = [{**asked, "examples": f"{asked['examples']}({number})"} for number in range(rows)]
    size = {"input_batch_size": concurrency}
    with Pipeline(name="apigen") as pipeline:
        load = LoadDataFromDicts(data=data, batch_size=concurrency)
        write = APIGenGenerator(llm=model("peer-writer"), use_default_structured_output=False, **size)
        execute = APIGenExecutionChecker(libpath=tools, **size)
        judge = APIGenSemanticChecker(llm=model("peer-judge"), use_default_structured_output=False, **size)
        load >> write >> execute >> judge
    made = pipeline.run(use_cache=False)["default"]["train"]
    assert len(made) == rows
    assert all(made["keep_row_after_semantic_check"]), "a row fell: not the same work"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
