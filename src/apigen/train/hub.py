"""The hub of models, asked once whether it answers: its client would try for half a minute for each file."""

from functools import cache
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError

_PATIENCE_S = 10


def where(model: str) -> dict[str, Any]:
    """What transformers' ``from_pretrained`` is told to find a model: a folder, what was downloaded before, or the hub.

    Args:
        model: a name on the hub, or a folder, which may begin with ``~``.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return {"pretrained_model_name_or_path": str(folder), "local_files_only": True}
    return {"pretrained_model_name_or_path": model, "local_files_only": not _answers(model)}


@cache
def _answers(model: str) -> bool:
    huggingface_hub.utils.logging.set_verbosity_error()  # what is tried again is no news to who trains
    try:
        huggingface_hub.HfApi().model_info(model, timeout=_PATIENCE_S)
    except (HfHubHTTPError, ValueError):
        return True  # it answers that there is no such model, which loading tells better
    except Exception:  # noqa: BLE001 - what a connection fails with is another library's in each version
        return False
    return True
