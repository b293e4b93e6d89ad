"""Training itself, on models so small that dozens of steps take seconds."""

import gc
import inspect
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import huggingface_hub
import peft
import tokenizers
import torch
import transformers

from apigen.cli.main import main
from apigen.cli.training_progress import TrainingProgress
from apigen.errors import JobFellShort, UserError
from apigen.train import hub, loading, outputs, supervised
from apigen.train.agreement import require_agreement
from apigen.train.batches import Collator
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, read_examples
from apigen.train.fit import fit
from apigen.train.job import METHODS, Job, TrainingResult
from apigen.train.pairs import read_pairs
from apigen.train.plan import make_plan
from apigen.train.prepared import Prepared, prepare
from apigen.train.probes import logits_of_answers, require_apart, require_packable
from apigen.train.recipe import make_recipe
from apigen.train.run import train
from apigen.train.scratch import SIZES, scratch_tokenizer, template
from apigen.train.steps import Diverged, Task, Watcher
from apigen.train.summary import kept_line
from apigen.train.tokens import Encoded, Encoder, ids_of
from apigen.train.trial import adapter_parameters
from runs import apigen_process, command, told
from tiny_chat_model import QWEN_STYLE, tokenizer, write_chat_model
from training import ADD, mixed_rows, pair_row, sum_row, write_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:torch.*"),
]

FAST = {"learning_rate": 3e-3, "warmup_steps": 2, "batch": 4, "accumulation": 1, "cutoff": 512}
PATIENCE_S = 300
LLAMA = transformers.LlamaConfig(
    vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, pad_token_id=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chat_model(tmp_path_factory.mktemp("model") / "qwen")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("data") / "rows.jsonl", mixed_rows(48))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "recipe.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in FAST.items()))
    return file


def trained(data: Path, out: Path, layers: tuple[str, ...] = (), **given: Any) -> TrainingResult:
    of_job = {key: given.pop(key) for key in ("model", "scratch", "form", "method", "resume") if key in given}
    of_job = {key: str(value) if key == "model" else value for key, value in of_job.items()}
    return train([data], Job(recipe=make_recipe(None, {**FAST, **given}, layers), out=out, **of_job))


def losses(result: TrainingResult) -> list[float]:
    return [point["loss"] for point in result.record["losses"]["points"] if "loss" in point]


def loaded(folder: Path) -> tuple[Any, Any]:
    return (
        transformers.AutoModelForCausalLM.from_pretrained(folder),
        transformers.AutoTokenizer.from_pretrained(folder),
    )


def reached(out: Path) -> list[int]:
    """The last steps of the sessions that are recorded."""
    file = out / "training.json"
    return [one["to_step"] for one in json.loads(file.read_text())["sessions"]] if file.is_file() else []


def refuse(*_: Any) -> None:
    raise AssertionError("nothing is to be shown")


def test_a_model_from_scratch_learns_and_is_loaded_by_transformers(data: Path, tmp_path: Path) -> None:
    """The loss falls by far, and the folder answers a question it has seen in the form it was taught."""
    out = tmp_path / "model"
    result = trained(data, out, ("scratch",), scratch="tiny", epochs=8, learning_rate=4e-3)
    assert result.finished
    assert losses(result)[0] > 5
    assert result.loss is not None
    assert result.loss < 1.5
    model, tokenizer = loaded(out)
    put = dialogue(read_examples([data]).kept[3], "native")  # type: ignore[arg-type]
    told = tokenizer.apply_chat_template(
        put.prompt, tools=put.tools, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    answer = model.generate(**told, max_new_tokens=8, do_sample=False)[0, told["input_ids"].shape[1] :]
    assert tokenizer.decode(answer).startswith("<tool_call>\n")
    assert {"report.html", "README.md", "training.json", "recipe.yaml"} <= {path.name for path in out.iterdir()}
    assert not (out / "checkpoints").exists()


def test_the_template_from_scratch_marks_what_is_generated(data: Path, tmp_path: Path) -> None:
    """TRL's own mask of the assistant's tokens is ours, but for what follows the end."""
    examples = [one for one in read_examples([data]).kept if isinstance(one, Example)]
    tokenizer = scratch_tokenizer(examples, SIZES["tiny"], "native")
    put = [dialogue(one, "native") for one in examples]
    rows = Encoder(tokenizer, "scratch", 512).corpus(put).rows
    for one, row in zip(put, rows, strict=True):
        found = tokenizer.apply_chat_template(
            [*one.prompt, one.answer], tools=one.tools, return_dict=True, return_assistant_tokens_mask=True
        )
        mask = found["assistant_masks"]
        assert found["input_ids"][: len(row.ids)] == row.ids.tolist()
        assert mask[: len(row.ids)] == [0] * row.start + [1] * row.trained
        assert sum(mask) == row.trained


def test_an_opened_thought_stays_in_the_prompt_to_the_token(data: Path, model: Path) -> None:
    """The tag of a thought and that of a call begin alike, and neither is cut: the call's is one token and trained."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    tags = ["<think>", "</think>", "<tool_call>", "</tool_call>"]
    tokenizer.add_tokens([tokenizers.AddedToken(tag, normalized=False) for tag in tags])
    think, closed, call = tokenizer.convert_tokens_to_ids(tags[:3])
    asked = "add_generation_prompt %}{{- '<|im_start|>assistant\\n"
    assert asked in QWEN_STYLE
    tokenizer.chat_template = QWEN_STYLE.replace(asked, asked + "<think>\\n")
    put = dialogue(read_examples([data]).kept[0], "native")  # type: ignore[arg-type]
    corpus = Encoder(tokenizer, "a model", 512).corpus([put])
    (row,) = corpus.rows
    prompt = tokenizer.apply_chat_template(put.prompt, tools=put.tools, add_generation_prompt=True, tokenize=False)
    assert row.ids[: row.start].tolist() == tokenizer(prompt, add_special_tokens=False)["input_ids"]
    assert think in row.ids[row.start - 3 : row.start]
    trained = row.ids[row.start :]
    assert (trained.count(closed), trained.count(call), trained.count(think)) == (1, 1, 0)
    assert tokenizer.decode(trained).startswith("\n</think>\n\n<tool_call>\n{")
    assert "from finished turns; it is kept" in corpus.notes[0]


def test_a_real_worlds_template_without_marks_is_trained(data: Path, model: Path, tmp_path: Path) -> None:
    """The weights come back in the type they came in, and generation ends where answers end."""
    result = trained(data, tmp_path / "out", model=model, epochs=3)
    assert losses(result)[0] > losses(result)[-1] + 0.5
    made, tokenizer = loaded(tmp_path / "out")
    assert str(made.dtype) == "torch.bfloat16"
    ends = made.generation_config.eos_token_id
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") in (ends if isinstance(ends, list) else [ends])


def test_the_same_seed_gives_the_same_losses(data: Path, model: Path, tmp_path: Path) -> None:
    """To the last digit on one machine's processor; another seed gives others."""
    first, second, other = (
        losses(trained(data, tmp_path / name, model=model, max_steps=6, seed=seed))
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == second
    assert first != other


def test_packed_rows_do_not_see_each_other(data: Path, model: Path) -> None:
    """A packed batch has the loss of its rows."""
    job = Job(recipe=make_recipe(None, FAST), out=Path("nowhere"), model=str(model))
    rows = [row for row in prepare(read_examples([data]), job).rows if isinstance(row, Encoded)][:4]
    made, _ = loaded(model)
    made = made.float()
    with torch.no_grad():
        packed = made(**Collator(0, packing=True)([tuple(rows[:3]), (rows[3],)]), use_cache=False).loss
        apart = made(**Collator(0, packing=False)([(row,) for row in rows]), use_cache=False).loss
    assert float(packed) == pytest.approx(float(apart), rel=1e-4)


@pytest.mark.parametrize("kind", ["Llama", "Qwen3", "Gemma2", "Granite", "GPT2", "Bloom"])
def test_logits_of_answers_alone_give_the_same_gradients(kind: str) -> None:
    """Whatever a family of models does to its logits, and however it counts positions."""
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=16, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    torch.manual_seed(0)
    made = getattr(transformers, f"{kind}LMHeadModel" if kind == "GPT2" else f"{kind}ForCausalLM")(config).eval()
    assert logits_of_answers(made)
    rows = [(Encoded(str(size), ids_of(3 + place % 50 for place in range(size)), size - 4),) for size in (9, 30, 21)]
    found = []
    for only in (False, True):
        made.zero_grad()
        given = Collator(0, packing=False, answers_only=only)(rows)
        loss = made(**given).loss
        loss.backward()
        gradients = [each.grad.flatten() for each in made.parameters() if each.grad is not None]
        found.append((given["labels"].shape[1], float(loss.detach()), torch.cat(gradients)))
    (all_columns, whole, there), (few_columns, alone, here) = found
    assert (all_columns, few_columns) == (30, 5)
    assert alone == pytest.approx(whole, rel=1e-5)
    assert float((here - there).norm() / there.norm()) < 1e-4


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"temperature": 0.6, "top_p": 0.9}, {"temperature": 0.6, "top_p": 0.9, "do_sample": True}),
        ({"temperature": 0.0}, {"temperature": None, "do_sample": None}),
        ({"length_penalty": 2.0, "temperature": 0.6}, {"length_penalty": None, "temperature": None}),
    ],
)
def test_a_model_whose_settings_contradict_each_other_is_trained_and_saved(
    data: Path, model: Path, tmp_path: Path, settings: dict[str, Any], kept: dict[str, Any]
) -> None:
    """A temperature without sampling is common; transformers loads that and refuses to write it."""
    base = tmp_path / "base"
    shutil.copytree(model, base)
    file = base / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    result = trained(data, tmp_path / "out", model=base, max_steps=2, checkpoint_every=1)
    assert result.finished
    made = transformers.GenerationConfig.from_pretrained(tmp_path / "out")
    assert {name: getattr(made, name) for name in kept} == kept
    assert made.eos_token_id


class FragileLlama(transformers.LlamaForCausalLM):  # type: ignore[misc]
    """Has the right loss where rows are filled up in front, and gradients that are no numbers."""

    def forward(self, *args: Any, **given: Any) -> Any:
        found = super().forward(*args, **given)
        if not given["attention_mask"].all() and not given["attention_mask"][:, 0].all():
            weight = self.lm_head.weight
            found.loss = found.loss + (weight - weight.detach()).abs().sum().sqrt()
        return found

    forward.__signature__ = inspect.signature(transformers.LlamaForCausalLM.forward)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "sound"), [(transformers.LlamaForCausalLM, True), (FragileLlama, False)])
def test_logits_of_answers_alone_need_gradients_that_are_numbers(kind: Any, sound: bool) -> None:
    """The loss by itself does not show it; a model is as it was after it was tried."""
    torch.manual_seed(0)
    made = kind(LLAMA).train()
    assert logits_of_answers(made) is sound
    assert made.training
    assert all(each.grad is None for each in made.parameters())


@pytest.mark.parametrize(("precision", "casts"), [("fp32", False), ("mixed", True)])
def test_a_model_is_tried_in_the_precision_of_its_training(precision: str, casts: bool, tmp_path: Path) -> None:
    """And after the trainer has put it where it will be."""
    made = transformers.LlamaForCausalLM(LLAMA)
    seen: list[bool] = []
    made.register_forward_pre_hook(lambda *_: seen.append(torch.is_autocast_enabled(made.device.type)))
    recipe = make_recipe(None, {**FAST, "precision": precision})
    rows = [Encoded("a", ids_of([1, 2, 3, 4]), 2)]
    task = Task[Encoded](rows, (), recipe, make_plan(1, recipe), tmp_path, pad=0)
    trainer = supervised.trainer(made, task, Watcher(lambda *_: None))
    assert seen == [casts, casts]
    assert made.device.type == trainer.args.device.type
    assert trainer.data_collator.answers_only


def test_a_model_of_several_parts_is_tried_for_packing() -> None:
    """Its vocabulary is that of the part that writes text."""
    config = transformers.Gemma3Config(
        text_config={
            "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 16,
            "num_attention_heads": 2, "num_key_value_heads": 1,
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "image_size": 28, "patch_size": 14,
        },
        mm_tokens_per_image=1, image_token_index=57, boi_token_index=58, eoi_token_index=59,
    )  # fmt: skip
    torch.manual_seed(0)
    made = transformers.AutoModelForCausalLM.from_config(config)
    assert not hasattr(config, "vocab_size")
    require_apart(made)
    assert logits_of_answers(made)


class SeeingLlama(transformers.LlamaForCausalLM):  # type: ignore[misc]
    """Numbers positions itself, so that packed rows are one to it."""

    def forward(self, *args: Any, **given: Any) -> Any:
        return super().forward(*args, **{**given, "position_ids": None})


@pytest.mark.parametrize("bf16", [False, True])
def test_rows_that_see_each_other_are_found(bf16: bool) -> None:
    """In either precision, and only where they do."""
    torch.manual_seed(0)
    seeing = SeeingLlama(LLAMA)
    with pytest.raises(UserError, match="llama models attend across packed rows"):
        require_apart(seeing, bf16=bf16)
    require_apart(transformers.LlamaForCausalLM(LLAMA), bf16=bf16)


def test_a_step_is_the_same_however_its_rows_are_divided(tmp_path: Path) -> None:
    """Eight rows at once, one by one, or two by two: the losses of three steps, which depend on their gradients."""
    found = []
    for batch, accumulation in ((8, 1), (1, 8), (2, 4)):
        given = {"learning_rate": 0.3, "optimizer": "sgd", "schedule": "constant", "precision": "fp32"}
        given |= {"max_grad_norm": 1e6}  # else it would hide that gradients are of another size
        recipe = make_recipe(None, {**FAST, **given, "batch": batch, "accumulation": accumulation, "max_steps": 3})
        rows = [
            Encoded(str(size), ids_of(3 + place * size % 50 for place in range(size)), size - size % 5 - 2)
            for size in (9, 30, 21, 12, 8, 17, 25, 14)
        ]
        torch.manual_seed(0)
        made = transformers.LlamaForCausalLM(LLAMA)
        task = Task[Encoded](rows, (), recipe, make_plan(len(rows), recipe), tmp_path / str(batch), pad=0)
        trainer = supervised.trainer(made, task, Watcher(lambda *_: None))
        assert trainer.data_collator.answers_only
        trainer.train()
        weights = torch.cat([each.detach().flatten() for each in made.parameters()])
        found.append(([one["loss"] for one in trainer.state.log_history if "loss" in one], weights))
    (whole, there), *others = found
    assert whole[2] < whole[0] - 0.1
    for parts, here in others:
        assert parts == pytest.approx(whole, rel=1e-4)
        assert float((here - there).norm() / there.norm()) < 1e-5


def test_packing_trains(data: Path, model: Path, tmp_path: Path) -> None:
    """In fewer steps for the same rows."""
    result = trained(data, tmp_path / "out", model=model, packing=True, cutoff=1024, epochs=2)
    assert result.record["plan"]["sequences"] < result.record["rows"]["trained"] / 2
    assert losses(result)[-1] < losses(result)[0]


def test_an_adapter_is_trained_merged_and_kept(data: Path, model: Path, tmp_path: Path) -> None:
    """Only its own parameters are trained; the folder loads without peft, and the adapter with it."""
    out = tmp_path / "out"
    result = trained(data, out, ("lora",), model=model, epochs=2, learning_rate=2e-2, gradient_checkpointing=True)
    assert losses(result)[-1] < losses(result)[0] - 0.05
    parameters = result.record["parameters"]
    assert parameters["trained"] == parameters["adapter"]
    merged, tokenizer = loaded(out)
    base, _ = loaded(model)
    adapted = peft.PeftModel.from_pretrained(base, str(out / "adapter"))
    ids = torch.tensor([tokenizer("What is 3 plus 6?")["input_ids"]])
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, adapted(ids).logits, atol=0.1)
        assert not torch.allclose(merged(ids).logits, loaded(model)[0](ids).logits, atol=0.1)


def test_preferences_are_learnt(model: Path, tmp_path: Path) -> None:
    """DPO begins at ln 2, where nothing is preferred, and falls."""
    pytest.importorskip("trl")
    pairs = write_rows(tmp_path / "pairs.jsonl", [pair_row(number) for number in range(24)])
    result = trained(
        pairs, tmp_path / "out", ("dpo",), model=model, method="dpo", epochs=4, learning_rate=3e-3, beta=0.5
    )
    assert losses(result)[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses(result)[-1] < 0.68
    loaded(tmp_path / "out")


def test_an_adapter_that_prefers_is_saved_alone(model: Path, tmp_path: Path) -> None:
    """At its own rate, without the copy that TRL makes of it, and with nothing of the model held afterwards."""
    pytest.importorskip("trl")
    pairs = write_rows(tmp_path / "pairs.jsonl", [pair_row(number) for number in range(12)])
    out = tmp_path / "out"
    line = ("train", pairs, "--model", model, "--method", "dpo", "--lora", "--max-steps", "2", "--cutoff", "512")
    ran = apigen_process(*line, "--out", out, "--json")
    assert ran.returncode == 0, ran.stderr
    record = json.loads(ran.stdout)
    assert record["recipe"]["learning_rate"] == 1e-5
    assert record["parameters"]["trained"] == record["parameters"]["adapter"]
    assert {path.name for path in (out / "adapter").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", "README.md",
    }  # fmt: skip
    peft.PeftModel.from_pretrained(loaded(model)[0], str(out / "adapter"))


@pytest.mark.parametrize("layers", [(), ("lora",)])
def test_nothing_of_a_model_is_held_after_its_training(
    data: Path, model: Path, tmp_path: Path, layers: tuple[str, ...]
) -> None:
    """A notebook that trains again has the memory for it."""
    gc.collect()

    def models() -> int:
        return sum(isinstance(one, transformers.PreTrainedModel) for one in gc.get_objects())

    before = models()
    trained(data, tmp_path / "out", layers, model=model, max_steps=1)
    assert models() == before


def test_the_plain_template_begins_with_the_token_that_begins_texts(data: Path) -> None:
    """Where the tokenizer has one, since nothing else would write it; asked and trained alike."""
    made = tokenizer(template("plain"))
    put = dialogue(read_examples([data]).kept[0], "prompted")  # type: ignore[arg-type]
    found: list[list[int]] = []
    for bos in (None, "<|endoftext|>"):
        made.bos_token = bos
        (row,) = Encoder(made, "a model", 4096).corpus([put]).rows
        prompt = made.apply_chat_template(put.prompt, add_generation_prompt=True, tokenize=False)
        assert row.ids[: row.start].tolist() == made(prompt, add_special_tokens=False)["input_ids"]
        found.append(row.ids.tolist())
    assert found[1] == [made.bos_token_id, *found[0]]


def test_a_killed_training_goes_on_from_its_checkpoint(data: Path, model: Path, recipe: Path, tmp_path: Path) -> None:
    """After kill -9 it loses the steps since the checkpoint, and ends with the losses of one that was not killed."""
    recipe.write_text(recipe.read_text() + "checkpoint_every: 4\nkeep_checkpoints: 2\n")
    out = tmp_path / "killed"
    line = ("train", data, "--model", model, "--recipe", recipe, "--max-steps", "16", "--out")
    process = subprocess.Popen(command(*line, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while not any(step >= 4 for step in reached(out)) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    killed = json.loads((out / "training.json").read_text())
    assert killed["status"] == "running"
    resumed = apigen_process(*line, out, "--resume", "--json")
    assert resumed.returncode == 0, resumed.stderr
    found = json.loads(resumed.stdout)
    whole = apigen_process(*line, tmp_path / "whole", "--json")
    assert found["sessions"][:-1] == killed["sessions"]
    (before,), after = killed["sessions"], found["sessions"][-1]
    assert (before["from_step"], after["to_step"]) == (0, 16)
    assert 4 <= before["to_step"] <= after["from_step"]
    assert before["seconds"] > 0
    assert {"started", "ended", "device", "precision", "versions"} <= set(before)
    assert found["losses"]["points"] == json.loads(whole.stdout)["losses"]["points"]
    again = apigen_process(*line, out, "--resume")
    assert again.returncode == 0
    assert told(again) == ""
    assert again.stdout == f"This training is already finished (16 steps); nothing to do. {out}\n"
    other = apigen_process(*line, out, "--resume", "--seed", "5")
    assert other.returncode == 2
    assert "cannot resume: recipe.seed changed from 0 to 5" in other.stderr


def test_a_full_disk_is_told_in_one_line_and_resumed(data: Path, model: Path, recipe: Path, tmp_path: Path) -> None:
    """Files that may not grow stand for a disk that is full; what was cut off is removed."""
    line = ("train", data, "--model", model, "--recipe", recipe, "--max-steps", "6", "--out", tmp_path / "out")

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    full = apigen_process(*line, preexec_fn=small_files)
    assert full.returncode == 1
    said = full.stderr.strip().splitlines()[-1]
    assert re.match(r"apigen: .*out: cannot write a checkpoint: .*--resume starts over", said), full.stderr
    assert "Traceback" not in full.stderr
    assert list((tmp_path / "out" / "checkpoints").iterdir()) == []
    resumed = apigen_process(*line, "--resume")
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.parametrize("layers", [(), ("lora",)])
def test_a_model_that_could_not_be_saved_is_saved_from_its_last_checkpoint(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layers: tuple[str, ...]
) -> None:
    """No step is trained again."""

    def full(*_: Any) -> None:
        raise JobFellShort("no room")

    recipe = make_recipe(None, {**FAST, "max_steps": 4}, layers)
    with monkeypatch.context() as patched:
        patched.setattr(outputs, "_save", full)
        with pytest.raises(JobFellShort):
            train([data], Job(recipe=recipe, out=tmp_path / "out", model=str(model)))
    result = train([data], Job(recipe=recipe, out=tmp_path / "out", model=str(model), resume=True))
    assert result.record["sessions"][-1]["from_step"] == 4
    assert len(losses(result)) == 4
    whole = train([data], Job(recipe=recipe, out=tmp_path / "whole", model=str(model)))
    assert losses(whole) == losses(result)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (tmp_path / "out", tmp_path / "whole")]
    assert weights[0] == weights[1]


def test_what_the_model_from_scratch_writes_is_read_as_calls_by_transformers(data: Path) -> None:
    """The tokenizer says how, which `transformers serve` goes by."""
    examples = [one for one in read_examples([data]).kept if isinstance(one, Example)]
    tokenizer = scratch_tokenizer(examples, SIZES["tiny"], "native")
    row = Encoder(tokenizer, "scratch", 512).corpus([dialogue(examples[0], "native")]).rows[0]
    read = tokenizer.parse_response(row.ids[row.start :], prefix=tokenizer.decode(row.ids[: row.start]))
    assert read["tool_calls"] == [{"type": "function", "function": {"name": "add", "arguments": {"a": 0, "b": 0}}}]


def test_a_recipe_that_a_library_refuses_is_told_before_anything_is_written(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """A schedule that does not exist or needs more, an optimizer that is not installed, modules that are not there.

    The plan is not shown either, and the same folder takes the training once the recipe is mended.
    """
    out = tmp_path / "out"
    wrongs: tuple[dict[str, Any], ...] = (
        {"schedule": "zigzag"},
        {"schedule": "cosine_with_min_lr"},
        {"optimizer": "adamw_nobodys"},
        {"optimizer": "adamw_bnb_8bit"},
        {"lora": {"use": True, "targets": ["nowhere"]}},
    )
    for number, wrong in enumerate(wrongs):
        file = tmp_path / f"{number}.yaml"
        file.write_text(json.dumps(wrong))
        job = Job(recipe=make_recipe(file, FAST), out=out, model=str(model))
        with pytest.raises(UserError, match="the recipe does not work with this model"):
            train([data], job, shown=refuse)
        assert not out.exists()


def test_packing_is_refused_before_the_weights_are_loaded(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bloom knows no positions, so a model of its kind with two layers shows it; one of Llama's kind is let through."""
    monkeypatch.setattr("apigen.train.fit.load_model", refuse)
    config = transformers.BloomConfig(vocab_size=800, hidden_size=32, n_layer=3, n_head=2)
    base = tmp_path / "bloom"
    transformers.BloomForCausalLM(config).save_pretrained(base)
    tokenizer().save_pretrained(base)
    with pytest.raises(UserError, match="--packing: bloom models attend across packed rows"):
        trained(data, tmp_path / "out", model=base, packing=True)
    assert config.num_hidden_layers == 3
    require_packable(LLAMA)
    assert LLAMA.vocab_size == 60


@pytest.mark.parametrize(
    ("config", "targets", "count"),
    [
        (transformers.GPT2Config(vocab_size=60, n_embd=32, n_layer=2, n_head=2), "all-linear", 2 * 4 * (32 * 16)),
        (LLAMA, r".*layers\.1\..*(q|v)_proj", 2 * 4 * (32 + 32)),
        (LLAMA, ["q_proj"], 2 * 4 * (32 + 32)),
        (LLAMA, ["nowhere"], None),
    ],
)
def test_an_adapters_parameters_are_those_that_are_trained(config: Any, targets: Any, count: int | None) -> None:
    """Whatever kind of layer a model is made of, and however the recipe names its modules; the model stays as it is."""
    with torch.device("meta"):
        empty = transformers.AutoModelForCausalLM.from_config(config)
    before = empty.num_parameters()
    recipe = make_recipe(None, {"lora": {"rank": 4, "targets": targets}})
    assert adapter_parameters(recipe, empty) == count
    assert empty.num_parameters() == before


def test_a_training_that_is_refused_late_leaves_its_folder_free(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the model itself shows, such as packed rows that see each other, is found when the record stands."""

    def see_each_other(*_: Any, **__: Any) -> None:
        raise UserError("--packing: rows see each other")

    job = Job(recipe=make_recipe(None, {**FAST, "max_steps": 1}), out=tmp_path / "out", model=str(model))
    with monkeypatch.context() as patched:
        patched.setattr(supervised, "require_apart", see_each_other)
        packing = job.recipe.model_copy(update={"packing": True})
        with pytest.raises(UserError, match="see each other"):
            train([data], msgspec.structs.replace(job, recipe=packing))
    assert train([data], job).finished


def test_a_resumption_that_is_refused_late_leaves_the_record_as_it_was(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session in which nothing could be done is none."""

    def see_each_other(*_: Any, **__: Any) -> None:
        raise UserError("--packing: rows see each other")

    recipe = make_recipe(None, {**FAST, "max_steps": 3, "packing": True})
    job = Job(recipe=recipe, out=tmp_path / "out", model=str(model))
    assert not train([data], job, stopped=lambda: True).finished
    before = (job.out / "training.json").read_bytes()
    again = msgspec.structs.replace(job, resume=True)
    with monkeypatch.context() as patched:
        patched.setattr(supervised, "require_apart", see_each_other)
        with pytest.raises(UserError, match="see each other"):
            train([data], again)
    assert (job.out / "training.json").read_bytes() == before
    sessions = train([data], again).record["sessions"]
    assert [(one["from_step"], one["to_step"]) for one in sessions] == [(0, 1), (1, 3)]


def test_a_loss_that_is_no_number_ends_the_training(data: Path, model: Path, tmp_path: Path) -> None:
    """It would be trained on for nothing, and nothing of it is saved."""
    out = tmp_path / "out"
    with pytest.raises(JobFellShort, match=r"became NaN or infinite by step \d.* lower --learning-rate"):
        trained(data, out, model=model, max_steps=8, learning_rate=1e30, warmup_steps=0, max_grad_norm=1e30)
    assert not (out / "model.safetensors").exists()


def test_steps_that_are_not_logged_are_checked_before_anything_is_saved(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """The loss of every step counts, and a resumption would only repeat it, so the message names what is kept."""
    given: dict[str, Any] = {"learning_rate": 1e12, "log_every": 50, "max_steps": 6, "max_grad_norm": 1e30}
    out = tmp_path / "out"
    with pytest.raises(JobFellShort, match=r"became NaN .* by step 6; there is no good checkpoint, so nothing is kept"):
        trained(data, out, model=model, **given, checkpoint_every=6)
    assert list((out / "checkpoints").iterdir()) == []
    assert not (out / "model.safetensors").exists()
    out = tmp_path / "kept"
    with pytest.raises(
        JobFellShort, match=r"the last good checkpoint, .*checkpoint-2, is kept; train again with a low"
    ):
        trained(data, out, model=model, **given, checkpoint_every=2)
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["checkpoint-2"]
    kept = transformers.AutoModelForCausalLM.from_pretrained(out / "checkpoints" / "checkpoint-2")
    assert all(each.isfinite().all() for each in kept.parameters())


def test_weights_that_the_last_step_ruined_are_not_saved() -> None:
    """Its loss was computed before, and shows nothing."""
    watcher = Watcher(lambda *_: None, lambda: False)
    made = torch.nn.Linear(2, 2)
    state = transformers.TrainerState(global_step=4, max_steps=4)
    control = transformers.TrainerControl(should_save=True)
    assert watcher.on_step_end(None, state, control, model=made).should_log
    with torch.no_grad():
        made.weight[1, 0] = float("inf")
    with pytest.raises(Diverged, match="the weights became NaN or infinite by step 4"):
        watcher.on_step_end(None, state, control, model=made)


def test_an_error_that_has_nothing_to_do_with_checkpoints_is_not_taken_for_one(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """Such as a compiler that is not installed, which kernels may need."""

    def fail(*_: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory", "gcc")

    job = Job(recipe=make_recipe(None, FAST), out=tmp_path / "out", model=str(model))
    with pytest.raises(JobFellShort, match=r"^training failed \(.*gcc.*\); there is no checkpoint yet"):
        train([data], job, watch=fail)


def test_a_resumption_with_another_base_model_is_refused(data: Path, model: Path, tmp_path: Path) -> None:
    """By the weights, not by the name; a record that does not have their digest yet is taken as it is."""
    base, out = tmp_path / "base", tmp_path / "out"
    shutil.copytree(model, base)
    job = Job(recipe=make_recipe(None, {**FAST, "max_steps": 4}), out=out, model=str(base))
    assert not train([data], job, stopped=lambda: True).finished
    torch.manual_seed(1)
    other = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(base))
    other.to(torch.bfloat16).save_pretrained(base)
    again = msgspec.structs.replace(job, resume=True)
    with pytest.raises(UserError, match="cannot resume: the base model's weights, configuration or tokenizer changed"):
        train([data], again)
    record = json.loads((out / "training.json").read_text())
    for key in ("base", "precision", "prompts", "words", "shipped_template"):
        del record["deciding"][key]
    record["deciding"]["recipe.precision"] = "auto"
    (out / "training.json").write_text(json.dumps(record))
    assert train([data], again).finished


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("data", "undo the change"),
        ("prompts", "resume with the version of apigen that began it"),
        ("words", "resume with the version of apigen that began it"),
        ("shipped_template", "resume with the version of apigen that began it"),
    ],
)
def test_a_refused_resumption_says_what_can_be_done(tmp_path: Path, key: str, fix: str) -> None:
    """Nobody can undo what another version of apigen changed."""
    now = {"base": "", key: "b"}
    with pytest.raises(UserError, match=f"changed from 'a' to 'b'; {fix}, or choose another --out$"):
        require_agreement({"base": "", key: "a"}, now, tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU decides where there is one")
def test_a_resumption_in_another_precision_is_refused(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `auto` came to counts: it may be something else on another machine, and can be asked for by name."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    job = Job(recipe=make_recipe(None, {**FAST, "max_steps": 3}), out=tmp_path / "out", model=str(model))
    train([data], job, stopped=lambda: True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    again = msgspec.structs.replace(job, resume=True)
    with pytest.raises(UserError, match="cannot resume: precision changed from 'fp32' to 'mixed'"):
        train([data], again)
    named = make_recipe(None, {**FAST, "max_steps": 3, "precision": "fp32"})
    assert train([data], msgspec.structs.replace(again, recipe=named)).finished


@pytest.mark.parametrize("at", [0, 3])
def test_a_training_that_ends_at_once_says_what_is_kept(
    data: Path, model: Path, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], at: int,
) -> None:  # fmt: skip
    """As a second Ctrl-C does: the last whole checkpoint, and the way to resume."""

    def interrupt(_: Any, done: int, *__: Any) -> None:
        if done > at:
            raise KeyboardInterrupt

    recipe.write_text(recipe.read_text() + "checkpoint_every: 2\n")
    out = tmp_path / "out"
    line = ["apigen", "train", data, "--model", model, "--recipe", recipe, "--max-steps", "6", "--out", out]
    monkeypatch.setattr(sys, "argv", list(map(str, line)))
    monkeypatch.setattr(TrainingProgress, "update", interrupt)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    said = capsys.readouterr().err.strip().splitlines()[-1]
    again = f"the same command with --resume --out {out}"
    assert said == (
        f"Interrupted; the checkpoint of step 2 is kept; {again} continues from there."
        if at
        else f"Interrupted; there is no complete checkpoint yet; {again} starts over."
    )


def test_a_training_that_ended_before_its_record_says_that_nothing_is_kept(tmp_path: Path) -> None:
    """Not even a folder is there."""
    assert kept_line(Job(make_recipe(), tmp_path / "out", scratch="tiny")) == "nothing was trained or written"


def test_the_loss_on_held_out_rows_is_per_token_whatever_the_batch(data: Path, model: Path, tmp_path: Path) -> None:
    """As the training loss is; the mean over batches of their means would depend on which rows share one."""
    found = []
    for batch in (1, 4, 12):
        given: dict[str, Any] = {
            "held_out": 0.5,
            "batch": batch,
            "max_steps": 1,
            "precision": "fp32",
            "warmup_steps": 1,
        }
        found.append(trained(data, tmp_path / str(batch), model=model, **given).evaluation_loss)
    assert found[1:] == pytest.approx([found[0]] * 2, rel=1e-5)
    recipe = make_recipe(None, {**FAST, "held_out": 0.5})
    prepared = prepare(read_examples([data]), Job(recipe=recipe, out=tmp_path, model=str(model)))
    made, _ = loaded(model)
    nats, tokens = 0.0, 0
    for row in prepared.held_out:
        assert isinstance(row, Encoded)
        with torch.no_grad():
            nats += float(made.float()(**Collator(0, packing=False)([(row,)])).loss) * row.trained
        tokens += row.trained
    assert found[0] == pytest.approx(nats / tokens, rel=1e-4)


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_read(model: Path, tmp_path: Path) -> None:
    """The data are not there either, and not what is complained of."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"sub: cannot be created in .*file; choose another --out"):
        trained(tmp_path / "nowhere.jsonl", tmp_path / "file" / "sub", model=model)


def test_what_is_said_of_a_step_has_its_loss(model: Path, tmp_path: Path) -> None:
    """Each step is told once, with the loss of that step, in both methods."""
    pytest.importorskip("trl")
    rows = write_rows(tmp_path / "rows.jsonl", [sum_row(number) for number in range(12)])
    pairs = write_rows(tmp_path / "pairs.jsonl", [pair_row(number) for number in range(12)])
    for method, data in (("sft", rows), ("dpo", pairs)):
        said: list[tuple[int, int, float | None]] = []
        recipe = make_recipe(None, {**FAST, "max_steps": 3}, ["dpo"] if method == "dpo" else [])
        job = Job(recipe=recipe, out=tmp_path / method, model=str(model), method=METHODS[method])
        result = train([data], job, watch=lambda *told, said=said: said.append(told))
        assert said == [(number + 1, 3, loss) for number, loss in enumerate(losses(result))]


def test_a_hub_that_does_not_answer_is_told_in_one_line(data: Path, tmp_path: Path) -> None:
    """Without what its client tries again and again."""
    env = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    ran = apigen_process("train", data, "--model", "some/model", "--out", tmp_path / "out", env=env)
    assert ran.returncode == 2
    assert told(ran) == (
        "apigen: some/model: no such folder, and not found on the Hugging Face Hub (which cannot be reached); pass a "
        "causal language model: its name on the hub, or a folder"
    )


def test_a_model_of_the_hub_has_the_commit_that_was_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the hub does not answer; a name that nobody knows, and one that could not be, have none."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    stored = tmp_path / "models--someone--trained"
    (stored / "snapshots" / commit).mkdir(parents=True)
    (stored / "snapshots" / commit / "config.json").write_text("{}")
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert hub.revision("someone/trained") == commit
    assert hub.where("someone/trained")["local_files_only"]
    assert hub.revision("someone/unknown") == hub.revision("no such/na/me") == ""


def test_what_is_wrong_with_a_folder_is_told_to_its_end(data: Path, model: Path, tmp_path: Path) -> None:
    """Also where transformers says it in several lines."""
    shutil.copytree(model, tmp_path / "broken")
    (tmp_path / "broken" / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="cannot load it") as error:
        trained(data, tmp_path / "out", model=tmp_path / "broken")
    assert str(error.value.__cause__).split()[-1] in str(error.value)
    assert "\n" not in str(error.value)


def test_ctrl_c_ends_with_a_checkpoint(data: Path, model: Path, tmp_path: Path) -> None:
    """The step under way is finished, and --resume goes on after it."""
    calls = 0

    def stopped() -> bool:
        nonlocal calls
        calls += 1
        return calls == 3

    recipe = make_recipe(None, {**FAST, "max_steps": 8})
    job = Job(recipe=recipe, out=tmp_path / "out", model=str(model))
    first = train([data], job, stopped=stopped)
    assert not first.finished
    assert first.record["status"] == "interrupted"
    second = train([data], Job(recipe=recipe, out=tmp_path / "out", model=str(model), resume=True))
    assert second.finished
    assert [(one["from_step"], one["to_step"]) for one in second.record["sessions"]] == [(0, 3), (3, 8)]


@pytest.mark.parametrize("damaged", ["model.safetensors", "optimizer.pt", "trainer_state.json", "rng_state.pth"])
def test_a_damaged_checkpoint_is_named(data: Path, model: Path, tmp_path: Path, damaged: str) -> None:
    """Without it, training goes on from the one before."""
    recipe = make_recipe(None, {**FAST, "max_steps": 4, "checkpoint_every": 1})
    job = Job(recipe=recipe, out=tmp_path / "out", model=str(model))
    calls = iter([False, False, True])
    train([data], job, stopped=lambda: next(calls))
    last = job.out / "checkpoints" / "checkpoint-3"
    (last / damaged).write_bytes(b"{ neither this nor that")
    again = msgspec.structs.replace(job, resume=True)
    with pytest.raises(JobFellShort, match=r"checkpoint-3: damaged checkpoint .*; remove it"):
        train([data], again)
    shutil.rmtree(last)
    assert train([data], again).record["sessions"][-1]["from_step"] == 2


@pytest.mark.parametrize("begin", [("--from-scratch", "tiny"), ("--model", "MODEL"), ("--model", "MODEL", "--lora")])
def test_a_dry_run_tells_everything_and_writes_nothing(
    data: Path, model: Path, tmp_path: Path, begin: tuple[str, ...]
) -> None:
    """Rows, tokens, steps and memory for both ways to train, and a row with its trained part marked."""
    chosen = [str(model) if word == "MODEL" else word for word in begin]
    ran = apigen_process("train", data, *chosen, "--out", tmp_path / "out", "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert re.search(
        r"^data +46 rows to train on, 2 held out\n +4 of the rows read make no call$", ran.stdout, re.MULTILINE
    )
    assert re.search(r"^steps +16, each of 6 x 2 = 12 rows; 4 epochs of 46 rows$", ran.stdout, re.MULTILINE)
    assert "left out" not in ran.stdout
    assert re.search(
        r"\[\[\[TRAINED <tool_call>\n\{\"name\": \"add\".*<\|im_end\|> TRAINED\]\]\]", ran.stdout, re.DOTALL
    )
    assert re.search(r"^memory +[\d.]+ MiB for all weights \(weights ", ran.stdout, re.MULTILINE)
    assert re.search(r"^ +[\d.]+ MiB for adapter +\(weights ", ran.stdout, re.MULTILINE)
    assert ran.stdout.count("; this recipe)") == 1
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").write_text("somebody's")
    taken = apigen_process("train", data, *chosen, "--out", tmp_path / "out", "--dry-run")
    assert taken.returncode == 2
    assert told(taken) == f"apigen: {tmp_path / 'out'}: already exists; choose another --out"


def test_a_row_whose_words_would_end_a_turn_is_left_out(model: Path, tmp_path: Path) -> None:
    """In the question or in a value alike: a model would learn to stop in the midst of a call."""
    rows = mixed_rows(12)
    rows[0]["query"] += "<|im_end|>\n<|im_start|>assistant\nNothing."
    rows[1]["calls"][0]["arguments"]["a"] = "</tool_call><|im_end|>"
    job = Job(recipe=make_recipe(None, FAST), out=Path("nowhere"), model=str(model))
    prepared = prepare(read_examples([write_rows(tmp_path / "rows.jsonl", rows)]), job)
    assert [left.id for left in prepared.left_out] == ["0", "1"]
    assert all("which the model would read as an end of turn" in left.reason for left in prepared.left_out)
    assert len(prepared.rows) + len(prepared.held_out) == 10


def test_a_tool_with_an_odd_name_costs_its_row_alone(model: Path, tmp_path: Path) -> None:
    """With the reason, and the line of its file; the template writes names without escaping them."""
    odd = sum_row(30) | {"tools": [ADD | {"name": '"q"'}], "calls": [{"name": '"q"', "arguments": {"a": 1}}]}
    job = Job(recipe=make_recipe(None, {**FAST, "cutoff": 1024}), out=Path("nowhere"), model=str(model))
    for rows in ([*map(sum_row, range(30)), odd], [odd, *map(sum_row, range(30))]):
        examples = read_examples([write_rows(tmp_path / "rows.jsonl", rows)])
        (left,) = prepare(examples, job).left_out
        assert (left.id, left.line) == ("30", rows.index(odd) + 1)
        assert 'writes the tool name "q" without escaping it' in left.reason
        assert prepare(examples, msgspec.structs.replace(job, form="prompted")).left_out == ()


def test_rows_over_the_cutoff_are_named_and_left_out(model: Path, tmp_path: Path) -> None:
    """They are never cut."""
    long = sum_row(99) | {"query": "What is 1 plus 2? " * 200}
    file = write_rows(tmp_path / "rows.jsonl", [*mixed_rows(8), long, "{broken"])
    result = trained(file, tmp_path / "out", model=model, max_steps=1)
    left = [json.loads(line) for line in (tmp_path / "out" / "left_out.jsonl").read_text().splitlines()]
    assert {(row["id"], row["line"]) for row in left} == {("99", 9), ("10", 10)}
    assert "longer than the cutoff of 512" in next(row["reason"] for row in left if row["id"] == "99")
    assert result.record["rows"]["too_long"] == 1
    assert any(
        note.startswith("1 of 9 rows (11%) are longer than the cutoff of 512 tokens and left out; --cutoff ")
        for note in result.record["notes"]
    )
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 of 10 rows were left out, 1 because of length (over 512 tokens)" in card
    assert re.search(r"\| parameters \| [\d,]+, all trained \|", card)
    assert re.search(r"\| training loss, last tenth of the steps \| \d+\.\d{4} \|", card)


def test_a_model_without_template_names_the_ways_out(data: Path, tmp_path: Path) -> None:
    """And the way out works: prompted, with a template of our own that is saved with the model."""
    bare = write_chat_model(tmp_path / "bare", template=None)
    with pytest.raises(UserError, match="no chat template; use --form prompted"):
        trained(data, tmp_path / "out", model=bare, max_steps=1)
    result = trained(data, tmp_path / "out", model=bare, max_steps=1, form="prompted", cutoff=2048)
    assert result.finished
    assert loaded(tmp_path / "out")[1].chat_template


@pytest.mark.parametrize("name", ["./nowhere", "README.md"])
def test_a_model_that_is_none_is_told_in_one_line(data: Path, tmp_path: Path, name: str) -> None:
    """With what to give instead."""
    with pytest.raises(UserError, match="pass a causal language model: its name on the hub, or a folder"):
        trained(data, tmp_path / "out", model=name)


def test_a_folder_that_holds_something_is_not_overwritten(data: Path, model: Path, tmp_path: Path) -> None:
    """Neither another training nor anything else."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    with pytest.raises(UserError, match="already exists; choose another --out"):
        trained(data, tmp_path / "out", model=model)
    with pytest.raises(UserError, match="no training to resume there"):
        trained(data, tmp_path / "none", model=model, resume=True)


def test_a_training_that_began_elsewhere_meanwhile_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    """The folder is looked at again once it is locked: planning takes long enough for another training to end."""
    out = tmp_path / "out"

    def another(_: Prepared) -> None:
        out.mkdir()
        (out / "training.json").write_text("{}")

    job = Job(make_recipe(None, {**FAST, "max_steps": 1}), out, scratch="tiny")
    with pytest.raises(UserError, match="already exists; add --resume"):
        train([data], job, shown=another)
    assert (out / "training.json").read_text() == "{}"


def test_only_a_resumed_training_begins_with_a_checkpoint(data: Path, model: Path, tmp_path: Path) -> None:
    """Another one's weights are not taken for the base model's."""
    seen: list[Prepared] = []
    job = Job(make_recipe(None, {**FAST, "max_steps": 3}), tmp_path / "out", model=str(model))
    train([data], job, shown=seen.append, stopped=lambda: True)
    assert reached(job.out) == [1]
    steps: list[int] = []
    fit(seen[0], job, lambda step, *_: steps.append(step), lambda: False, lambda _: None)
    assert min(step for step in steps if step) == 1


def test_a_training_cut_off_before_its_record_was_written_simply_begins(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """What it left is its own; the same names in a folder that no training held are somebody's."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("recipe.yaml", "left_out.jsonl", ".training.json.x1"):
        (out / name).touch()
    with pytest.raises(UserError, match="already exists"):
        trained(data, out, model=model, max_steps=1)
    (out / ".lock").touch()
    assert trained(data, out, model=model, max_steps=1).finished
    assert not (out / "left_out.jsonl").exists()


def test_rows_with_one_id_are_held_out_by_their_questions(model: Path, tmp_path: Path) -> None:
    """No held-out question is trained, whatever ids the rows have."""
    file = write_rows(tmp_path / "rows.jsonl", [sum_row(number) | {"id": number % 3} for number in range(40)])
    recipe = make_recipe(None, {**FAST, "held_out": 0.25})
    prepared = prepare(read_examples([file]), Job(recipe=recipe, out=tmp_path / "out", model=str(model)))
    assert (len(prepared.rows), len(prepared.held_out)) == (30, 10)
    sides = (prepared.rows, prepared.held_out)
    prompts = [{tuple(one.ids[: one.start]) for one in side if isinstance(one, Encoded)} for side in sides]
    assert len(prompts[0] | prompts[1]) == 40


def test_pairs_of_which_none_is_whole_are_told_in_one_line(model: Path, tmp_path: Path) -> None:
    """One answer of each is within the cutoff and the other is not; a longer rejected answer counts for memory."""
    rows = [pair_row(number) for number in range(4)]
    for row in rows:
        row["rejected"][0]["tool_calls"] *= 4
    pairs = read_pairs([write_rows(tmp_path / "pairs.jsonl", rows)])
    job = Job(recipe=make_recipe(None, FAST, ["dpo"]), out=tmp_path / "out", model=str(model), method="dpo")
    assert max(row.longest for row in prepare(pairs, job).rows) > prepare(pairs, job).lengths.max
    short = make_recipe(None, {**FAST, "cutoff": prepare(pairs, job).lengths.max}, ["dpo"])
    with pytest.raises(UserError, match=r"none of 4 pairs can be trained on.* the first is row 1: [\d,]+ tokens"):
        prepare(pairs, msgspec.structs.replace(job, recipe=short))


def test_pairs_that_share_an_id_are_left_out_one_by_one(model: Path, tmp_path: Path) -> None:
    """Each counts once, whether one of its answers is too long or both."""
    rows = [pair_row(number) | {"id": "same" if number else "first"} for number in range(3)]
    for row in rows[1:]:
        row["rejected"][0]["tool_calls"] *= 40
    rows[2]["chosen"][0]["tool_calls"] *= 40
    pairs = read_pairs([write_rows(tmp_path / "pairs.jsonl", rows)])
    recipe = make_recipe(None, {**FAST, "held_out": 0.0}, ["dpo"])
    prepared = prepare(pairs, Job(recipe=recipe, out=tmp_path / "out", model=str(model), method="dpo"))
    assert [row.id for row in prepared.rows] == ["first"]
    assert [left.id for left in prepared.too_long] == ["same", "same"]


def test_a_word_that_answers_end_with_ends_no_generation(data: Path, tmp_path: Path) -> None:
    """Where neither template nor tokenizer has a token that ends an answer, none is made one."""
    base = write_chat_model(tmp_path / "base", template=QWEN_STYLE.replace("<|im_end|>", "."))
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(base)
    trained(data, tmp_path / "out", model=base, max_steps=1)
    before, after = (transformers.GenerationConfig.from_pretrained(each) for each in (base, tmp_path / "out"))
    assert after.eos_token_id == before.eos_token_id


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU decides where there is one")
@pytest.mark.parametrize(("has", "comes_to"), [("avx512_bf16", "mixed"), ("amx_bf16", "mixed"), ("avx2", "fp32")])
def test_a_processor_with_bf16_computes_in_it(has: str, comes_to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it would be emulated, and what is asked for otherwise, stays as it is."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {has: True}, raising=False)
    assert loading.precision(make_recipe()) == comes_to
    assert loading.precision(make_recipe(None, {"precision": "bf16"})) == "bf16"
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert loading.precision(make_recipe()) == "fp32"


def test_a_gpu_that_is_asked_for_and_not_there_is_told(data: Path, tmp_path: Path) -> None:
    """Before the model is loaded."""
    env = {"CUDA_VISIBLE_DEVICES": ""}
    out = tmp_path / "out"
    ran = apigen_process("train", data, "--from-scratch", "tiny", "--out", out, "--require-gpu", env=env)
    assert ran.returncode == 1
    assert "finds no GPU" in ran.stderr
    assert not out.exists()
