"""The folder of a training, for those who read it without what trains: its files' names, its status and its prompts."""

from pathlib import Path

import msgspec

from apigen.errors import UserError

RECORD = "training.json"
ADAPTER = "adapter"
DONE = "done"


def record_path(folder: Path) -> Path:
    """Where the record of a model's training is, if it has one: an adapter's is in the folder above it.

    Absolute, so that it is found from every working directory.
    """
    folder = folder.expanduser().resolve()
    return (folder.parent if folder.name == ADAPTER and not (folder / RECORD).exists() else folder) / RECORD


class _Status(msgspec.Struct, frozen=True):
    status: str


class TrainedAs(msgspec.Struct, frozen=True):
    """The prompts that a model was trained with."""

    form: str
    prompt_version: str = ""
    """See :func:`apigen.dialogue.form.prompt_version`; empty where an earlier version did not record it."""


class _Prompts(msgspec.Struct, frozen=True):
    prompts: str = ""


class _Form(msgspec.Struct, frozen=True):
    form: str
    deciding: _Prompts = _Prompts()


def trained_as(folder: Path) -> TrainedAs | None:
    """The form and the wording of the prompts of a training; ``None`` where its record does not say."""
    try:
        record = msgspec.json.decode(record_path(folder).read_bytes(), type=_Form)
    except (OSError, msgspec.MsgspecError):
        return None
    return TrainedAs(record.form, record.deciding.prompts)


def require_finished(folder: Path) -> None:
    """Refuse the folder of a training that has not come to its end, where there is no model yet.

    Raises:
        UserError: it is one.
    """
    try:
        status = msgspec.json.decode((folder / RECORD).read_bytes(), type=_Status).status
    except (OSError, msgspec.MsgspecError):
        return  # not made here, or unreadable: whoever loads the model will say what is wrong with it
    if status != DONE:
        raise UserError(
            f"{folder}: its training is not finished, so there is no model yet; `apigen train` with the same options "
            "and --resume finishes it"
        )
