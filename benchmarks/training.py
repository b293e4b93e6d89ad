"""Tokens per second of `apigen train` against a plain PyTorch loop: same tiny model, same rows, in turns.

    python -m benchmarks.training [--rounds 5] [--steps 10] [--size tiny] [--vocabulary 4096]

Both take the same rows in the same order in fp32, with AdamW, clipping and a cosine schedule, and neither evaluates nor
writes checkpoints. The loop is what one would write: rows filled up at the end, a logit for every token. A pair is run
one after the other, the order changing each time; the figures are the medians of the pairs' ratios, by the clock and by
the processor's time, which others on the machine disturb less. Needs the extra `train`.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers

from apigen.records import Call, Message, Tool
from apigen.train import supervised
from apigen.train.batches import Collator
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example
from apigen.train.plan import Plan
from apigen.train.recipe import make_recipe
from apigen.train.scratch import SIZES, scratch_model, scratch_tokenizer
from apigen.train.steps import Task, Watcher
from apigen.train.tokens import Encoded, Encoder

RECIPE = make_recipe(
    None, {"batch": 4, "accumulation": 1, "cutoff": 512, "log_every": 1000, "precision": "fp32"}, ["scratch"]
)


def examples(count: int) -> list[Example]:
    """Rows of which no two are the same."""
    parameters = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    tool = Tool("add", "Add two whole numbers, and give their sum.", parameters)
    return [
        Example(
            str(number),
            (Message("user", f"Please tell me what {number * 37} and {number * number} make together."),),
            (tool,),
            (Call("add", {"a": number * 37, "b": number * number}),),
        )
        for number in range(count)
    ]


class Seconds(NamedTuple):
    """What something took."""

    clock: float
    processor: float

    @classmethod
    def now(cls) -> "Seconds":
        return cls(time.perf_counter(), time.process_time())

    def since(self, began: "Seconds") -> "Seconds":
        return Seconds(self.clock - began.clock, self.processor - began.processor)


def ours(model: Any, rows: Sequence[Encoded], steps: int, pad: int) -> tuple[Seconds, list[dict[str, Any]]]:
    """Seconds of the trainer, and its rows in batches as a plain loop has them."""
    plan = Plan(len(rows), steps, steps + 1, steps + 1)
    with tempfile.TemporaryDirectory() as folder:
        recipe = RECIPE.model_copy(update={"max_steps": steps})
        trainer = supervised.trainer(
            model, Task[Encoded](rows, (), recipe, plan, Path(folder), pad), Watcher(lambda *_: None)
        )
        trainer.args.save_strategy = transformers.trainer_utils.SaveStrategy.NO
        trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
        collator, trainer.data_collator = trainer.data_collator, Collator(pad, packing=False)
        transformers.set_seed(0)
        batches = [batch for _, batch in zip(range(steps), trainer.get_train_dataloader(), strict=False)]
        trainer.data_collator = collator
        transformers.set_seed(0)
        began = Seconds.now()
        trainer.train()
        return Seconds.now().since(began), batches


def plain(model: Any, batches: list[dict[str, Any]]) -> Seconds:
    """Seconds of a loop that does nothing but train."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RECIPE.learning_rate, weight_decay=0.0)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, RECIPE.warmup_steps, len(batches))
    model.train()
    began = Seconds.now()
    for batch in batches:
        model(**batch, use_cache=False).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), RECIPE.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return Seconds.now().since(began)


def main() -> None:
    """Run the pairs and print each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--size", choices=list(SIZES), default="tiny")
    parser.add_argument("--vocabulary", type=int, default=4096, help="of the model; those of today have 150,000")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    rows = examples(options.steps * RECIPE.batch)
    tokenizer = scratch_tokenizer(rows, SIZES[options.size], "native")
    corpus = Encoder(tokenizer, options.size, RECIPE.cutoff).corpus(dialogue(row, "native") for row in rows)
    model = scratch_model(tokenizer, SIZES[options.size], RECIPE.cutoff)
    model.resize_token_embeddings(options.vocabulary)
    model.config.use_cache = False
    start = {name: value.clone() for name, value in model.state_dict().items()}
    pad = tokenizer.pad_token_id
    _, batches = ours(model, corpus.rows, options.steps, pad)  # warms up, and says which batches there are
    tokens = sum(int(batch["attention_mask"].sum()) for batch in batches)
    ratios = []
    for number in range(options.rounds):
        seconds = {}
        for name in ("apigen", "plain") if number % 2 else ("plain", "apigen"):
            model.load_state_dict(start)
            seconds[name] = (
                ours(model, corpus.rows, options.steps, pad)[0] if name == "apigen" else plain(model, batches)
            )
        ratios.append(Seconds(*(a / b for a, b in zip(seconds["plain"], seconds["apigen"], strict=True))))
        told = ", ".join(f"{name} {tokens / value.clock:,.0f} tokens/s" for name, value in sorted(seconds.items()))
        print(f"pair {number + 1}: {told}, ratio {ratios[-1].clock:.3f} ({ratios[-1].processor:.3f})", flush=True)
    clock, processor = (statistics.median(each) for each in zip(*ratios, strict=True))
    print(
        f"{tokens:,} tokens in {options.steps} steps; median ratio by the clock {clock:.3f}, processor {processor:.3f}"
    )


if __name__ == "__main__":
    main()
