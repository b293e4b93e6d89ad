"""Direct preference optimization by TRL's trainer, on pairs that are in tokens already."""

import os
from collections.abc import Sequence
from typing import Any

import datasets
import trl

from apigen.train.steps import Task, Watcher, arguments, on_one_device, writing
from apigen.train.tokens import EncodedPair


class _Trainer(trl.DPOTrainer):  # type: ignore[misc]
    """TRL's trainer without its own way of putting pairs into tokens, which knows nothing of odd chat templates."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _save_checkpoint(self, *args: Any, **given: Any) -> None:
        with writing():
            super()._save_checkpoint(*args, **given)


def trainer(model: Any, tokenizer: Any, task: Task[EncodedPair], watcher: Watcher) -> Any:
    """A trainer that is ready to go.

    What the model says before training is computed once, before the first step; its memory is then saved by the model
    itself, as with the other method, and not by TRL's default.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")  # the only way to tell TRL that its bar is not wanted
    datasets.disable_progress_bars()
    return _Trainer(
        model=model,
        args=on_one_device(
            trl.DPOConfig(
                **arguments(task),
                beta=task.recipe.beta,
                max_length=None,
                precompute_ref_log_probs=True,
                gradient_checkpointing=False,
            )
        ),
        train_dataset=_dataset(task.rows),
        eval_dataset=_dataset(task.held_out) if task.held_out else None,
        processing_class=tokenizer,
        callbacks=[watcher],
    )


def _dataset(rows: Sequence[EncodedPair]) -> Any:
    return datasets.Dataset.from_dict(
        {
            "prompt_ids": [row.prompt.tolist() for row in rows],
            "chosen_ids": [row.chosen.tolist() for row in rows],
            "rejected_ids": [row.rejected.tolist() for row in rows],
        }
    )
