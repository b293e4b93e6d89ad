"""The hub of models, asked once whether it answers: its client would try for half a minute for each file."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import huggingface_hub
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from apigen.errors import UserError

_PATIENCE_S = 10
WANTED = "pass a causal language model: its name on the hub, or a folder"
"""What can be passed as a model."""


def where(model: str) -> dict[str, Any]:
    """Arguments for transformers' ``from_pretrained``: a folder, what was downloaded before, or the hub.

    Args:
        model: a name on the hub, or a folder, which may begin with ``~``.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return {"pretrained_model_name_or_path": str(folder), "local_files_only": True}
    return {"pretrained_model_name_or_path": model, "local_files_only": not _asked(model).answers}


def require_there(model: str) -> None:
    """Refuse a model that is neither a folder, nor downloaded before, nor on the hub as far as that is known.

    Raises:
        UserError: it is none of these.
    """
    if Path(model).expanduser().is_dir():
        return
    if model.startswith((".", "/", "~")):
        raise UserError(f"{model}: no such folder; {WANTED}")
    asked = _asked(model)
    if asked.problem and not _downloaded(model):
        raise UserError(f"{model}: no such folder, and not found on the Hugging Face Hub ({asked.problem}); {WANTED}")


def revision(model: str) -> str:
    """The commit of a model on the hub: the newest where the hub answers, else the one downloaded before.

    Args:
        model: a name on the hub.

    Returns:
        The commit; empty where neither is known.
    """
    if found := _asked(model).commit:
        return found
    return _downloaded(model)


def _downloaded(model: str) -> str:
    """The commit of a model that was downloaded before; empty where there is none."""
    try:
        path = huggingface_hub.try_to_load_from_cache(model, "config.json")
    except ValueError:  # no name that the hub could have
        return ""
    return Path(path).parent.name if isinstance(path, str) else ""


class _Hub(NamedTuple):
    answers: bool
    commit: str = ""
    problem: str = ""
    """Why the model cannot be had from there; empty where it can, or where loading it reports better why not."""


@cache
def _asked(model: str) -> _Hub:
    huggingface_hub.utils.logging.set_verbosity_error()  # its retries are no news to the user
    try:
        return _Hub(True, huggingface_hub.HfApi().model_info(model, timeout=_PATIENCE_S).sha or "")
    except GatedRepoError:
        return _Hub(True)
    except RepositoryNotFoundError:
        return _Hub(True, problem="no model of this name, or a private one")
    except HfHubHTTPError:
        return _Hub(True)
    except ValueError:
        return _Hub(True, problem="not a name that a model there can have")
    except Exception:  # noqa: BLE001 - what a connection fails with is another library's in each version
        return _Hub(False, problem="which cannot be reached")
