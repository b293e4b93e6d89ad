"""Training and asking for real, as an ablation does both, on models so small that they take seconds."""

import gc
import shutil
from math import log
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from apigen.ablate.ablation import Ablation
from apigen.ablate.arms import Arm
from apigen.ablate.asking import Asking
from apigen.ablate.base import Interrupted
from apigen.ablate.figures import write_figures
from apigen.ablate.likelihood import bits_per_character
from apigen.ablate.pool import Trainable
from apigen.ablate.run import ablate, rehearse
from apigen.ablate.settings import keep_settings
from apigen.ablate.training import InitialModels, Training, unfit_rows
from apigen.errors import UserError
from apigen.evaluate.asking.generating import load
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, read_examples
from apigen.train.job import Job
from apigen.train.recipe import make_recipe
from apigen.train.tokens import Encoder
from runs import apigen, lines, told
from tiny_chat_model import QWEN_STYLE, write_chat_model
from tiny_chat_model import tokenizer as chat_tokenizer
from training import mixed_rows, sum_row, write_rows

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]

RECIPE = {"learning_rate": 3e-3, "warmup_steps": 0, "batch": 4, "accumulation": 1, "cutoff": 512, "held_out": 0.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chat_model(tmp_path_factory.mktemp("model") / "qwen")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "seen.jsonl", [sum_row(number) for number in range(10)])


def asking(stopped: Any = lambda: False) -> Asking:
    return Asking("native", 2, 8, lambda _: None, stopped)


def test_what_was_answered_before_an_interruption_is_not_asked_again(model: Path, rows: Path, tmp_path: Path) -> None:
    """It ends between two batches of one suite, and what comes of it is what comes without an interruption."""
    out = tmp_path / "format-1" / "seen"
    out.parent.mkdir()
    answered = 0

    def stopped() -> bool:
        nonlocal answered
        answered = len(lines(out / "answers.jsonl")) if (out / "answers.jsonl").is_file() else 0
        return answered >= 4

    with pytest.raises(Interrupted):
        asking(stopped)(model, rows, out)
    assert answered == 4
    before = (out / "answers.jsonl").read_bytes()
    found = asking()(model, rows, out)
    assert (out / "answers.jsonl").read_bytes().startswith(before)
    whole = tmp_path / "format-2" / "seen"
    whole.parent.mkdir()
    assert asking()(model, rows, whole) == found
    assert (found.answers, found.errors) == (10, 0)
    assert found.arguments is not None
    assert found.arguments.due == 20


def test_answers_of_another_model_are_not_taken_over(model: Path, rows: Path, tmp_path: Path) -> None:
    """They are known by the model's digest, also where both models have the same name."""
    out = tmp_path / "format-1" / "seen"
    out.parent.mkdir()
    asking()(model, rows, out)
    other = write_chat_model(tmp_path / "other")
    (other / "generation_config.json").write_text('{"do_sample": false}')
    with pytest.raises(UserError, match="model_digest changed"):
        asking()(other, rows, out)


def test_the_answers_of_a_cell_are_an_evaluation(model: Path, rows: Path, tmp_path: Path) -> None:
    """Two cells can be compared question by question."""
    for name in ("verified-1", "format-1"):
        (tmp_path / name).mkdir()
        asking()(model, rows, tmp_path / name / "seen")
    compared = apigen("evaluate", "compare", tmp_path / "verified-1" / "seen", tmp_path / "format-1" / "seen")
    assert compared.returncode == 0, told(compared)
    assert "verified-1" in compared.stdout


class WholeRows:
    """A model that cannot compute some logits only."""

    def __init__(self, net: Any) -> None:
        self.net = net
        self.config = net.config
        self.device = net.device

    def __call__(self, **given: Any) -> Any:
        return self.forward(**given)

    def forward(self, input_ids: Any, attention_mask: Any, use_cache: bool) -> Any:
        return self.net(input_ids=input_ids, attention_mask=attention_mask, use_cache=use_cache)


def test_bits_are_those_of_the_answers_tokens(model: Path, rows: Path) -> None:
    """As computed row by row, whatever the batch, of logits of answers alone or of whole rows; it can be ended."""
    net, tokenizer = load(model)
    specials = {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}
    net.float()  # it is saved in bf16, in which batches differ by their rounding
    examples = [one for one in read_examples([rows]).kept if isinstance(one, Example)]
    nats, characters = 0.0, 0
    for row in Encoder(tokenizer, "a model", 512).corpus(dialogue(one, "native") for one in examples).rows:
        with torch.no_grad():
            scores = net(torch.tensor([row.ids])).logits[0].float().log_softmax(-1)
        nats -= sum(float(scores[at - 1, row.ids[at]]) for at in range(row.start, len(row.ids)))
        said = tokenizer.decode(row.ids[row.start :])
        characters += len(said) - sum(said.count(one) * len(one) for one in specials)
    widths: list[int] = []
    watched = net.register_forward_hook(lambda _, __, out: widths.append(out.logits.shape[1]))
    due = nats / log(2) / characters
    for batch in (1, 3, 16):
        found = bits_per_character(net, tokenizer, rows, "native", batch)
        assert found.bits == pytest.approx(due, rel=1e-5)
        assert found.scored == 10
    watched.remove()
    encoded = Encoder(tokenizer, "a model", 512).corpus(dialogue(one, "native") for one in examples).rows
    assert max(widths) == 1 + max(row.trained for row in encoded) < min(len(row.ids) for row in encoded)
    assert bits_per_character(WholeRows(net), tokenizer, rows, "native", 3).bits == pytest.approx(due, rel=1e-5)
    with pytest.raises(Interrupted):
        bits_per_character(net, tokenizer, rows, "native", 3, lambda: True)


class Guessing:
    """A model that finds every token of its vocabulary equally likely."""

    def __init__(self, vocabulary: int) -> None:
        self.device = torch.device("cpu")
        self.config = transformers.Qwen2Config(vocab_size=vocabulary)

    def __call__(self, **given: Any) -> Any:
        return self.forward(**given)

    def forward(self, input_ids: Any, attention_mask: Any, use_cache: bool) -> Any:
        logits = torch.zeros(*input_ids.shape, self.config.vocab_size)
        return transformers.modeling_outputs.CausalLMOutput(logits=logits)


def test_bits_per_character_do_not_depend_on_the_names_of_special_tokens(tmp_path: Path) -> None:
    """Of two tokenizers, one of which ends a turn in ten characters and one in three, at equal bits in all."""
    rows = write_rows(tmp_path / "rows.jsonl", [sum_row(3)])
    answer = '<tool_call>\n{"name": "add", "arguments": {"a": 3, "b": 6}}\n</tool_call>'
    for end in ("<|im_end|>", "<e>"):
        tokenizer = chat_tokenizer(QWEN_STYLE.replace("<|im_end|>", end))
        tokenizer.add_special_tokens({"eos_token": end})
        tokens = len(tokenizer(answer)["input_ids"]) + 1
        found = bits_per_character(Guessing(1024), tokenizer, rows, "native", 1)
        assert found.bits == pytest.approx(10 * tokens / len(answer))


def test_rows_beyond_a_models_positions_are_not_scored(tmp_path: Path, rows: Path) -> None:
    """With positions learnt one by one, as GPT-2 has them, a longer row would end the whole in an error."""
    tokenizer = chat_tokenizer()
    short = write_rows(tmp_path / "short.jsonl", [sum_row(number) for number in range(3)])
    long = [sum_row(number) | {"query": f"What is {number} plus {2 * number}? " * 9} for number in range(3, 5)]
    both = write_rows(tmp_path / "both.jsonl", [*map(sum_row, range(3)), *long])
    examples = [one for one in read_examples([short]).kept if isinstance(one, Example)]
    encoded = Encoder(tokenizer, "a model", 4096).corpus(dialogue(one, "native") for one in examples).rows
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer), n_positions=max(len(row.ids) for row in encoded), n_embd=32, n_layer=1, n_head=2
    )
    net = transformers.GPT2LMHeadModel(config).eval()
    found = bits_per_character(net, tokenizer, both, "native", 2)
    assert found.scored == 3
    assert found.bits == pytest.approx(bits_per_character(net, tokenizer, short, "native", 2).bits, rel=1e-5)
    only = bits_per_character(net, tokenizer, write_rows(tmp_path / "long.jsonl", long), "native", 2)
    assert (only.bits, only.scored) == (None, 0)


def test_a_trained_folder_is_where_all_trainings_begin(tmp_path: Path) -> None:
    """With its own tokenizer, though the rows would make another one; training goes on from its weights."""
    base, rows = tmp_path / "base", write_rows(tmp_path / "rows.jsonl", mixed_rows(8))
    trained = apigen("train", rows, "--from-scratch", "tiny", "--cutoff", "512", "--max-steps", "1", "--out", base)
    assert trained.returncode == 0, told(trained)
    others = write_rows(tmp_path / "others.jsonl", [sum_row(number) for number in range(40, 48)])
    job = Job(recipe=make_recipe(None, {**RECIPE, "max_steps": 1}), out=tmp_path, model=str(base))
    training = Training(InitialModels(job, others, tmp_path / "starts"), lambda *_: None, lambda: False)
    assert training(others, tmp_path / "model", seed=1).rows == 8
    assert (tmp_path / "model" / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    assert not (tmp_path / "starts").exists()
    before, after = load(base)[0].state_dict(), load(tmp_path / "model")[0].state_dict()
    moved = max(float((after[name] - before[name]).abs().max()) for name in before)
    assert 0 < moved < 0.02


def test_seeds_begin_with_their_own_weights_and_one_tokenizer(rows: Path, tmp_path: Path) -> None:
    """A start is made once, and is the same when it is made again."""
    job = Job(recipe=make_recipe(None, RECIPE, ["scratch"]), out=tmp_path, scratch="tiny")
    first, again = InitialModels(job, rows, tmp_path / "a"), InitialModels(job, rows, tmp_path / "b")
    one, two, other = (Path(start.job(seed).model) for start, seed in ((first, 1), (again, 1), (first, 2)))
    assert (one / "model.safetensors").read_bytes() == (two / "model.safetensors").read_bytes()
    assert (one / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()
    assert (one / "tokenizer.json").read_bytes() == (other / "tokenizer.json").read_bytes()


@pytest.mark.parametrize("scratch", ["tiny", ""])
def test_a_folder_that_was_moved_is_resumed(rows: Path, model: Path, tmp_path: Path, scratch: str) -> None:
    """With its initial models, wherever they are now; with a base model of other weights it is another training."""
    recipe = make_recipe(None, {**RECIPE, "max_steps": 2}, ["scratch"] if scratch else [])
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    if not scratch:
        shutil.copytree(model, before / "base")

    def training(folder: Path, stopped: Any) -> Training:
        job = Job(recipe=recipe, out=folder, scratch=scratch, model="" if scratch else str(folder / "base"))
        return Training(InitialModels(job, rows, folder / "starts"), lambda *_: None, stopped)

    with pytest.raises(Interrupted):
        training(before, lambda: True)(rows, before / "model", 1)
    before.rename(after)
    assert training(after, lambda: False)(rows, after / "model", 1).steps == 2
    changed = after / ("starts/1" if scratch else "base") / "config.json"
    changed.write_text(changed.read_text() + "\n")
    with pytest.raises(UserError, match="cannot resume: the base model's weights"):
        training(after, lambda: False)(rows, after / "model", 1)


def _attempts_of(run: Path) -> list[dict[str, Any]]:
    made = apigen("run", "--model", "simulated/mixtral-8x7b-inst", "--count", "40", "--out", run)
    assert made.returncode == 0, told(made)
    return lines(run / "attempts.jsonl")


def test_rows_over_the_cutoff_are_in_no_set_whatever_the_arms(tmp_path: Path) -> None:
    """They are counted by stage, with the cutoff that would keep them; sizes and drawing do not know them."""
    run, out = tmp_path / "run", tmp_path / "ablation"
    attempts = _attempts_of(run)
    rejected = next(
        one
        for one in attempts
        if one["outcome"] == "reject" and one["verdicts"][0]["stage"] == "format" and one["calls"]
    )
    job = Job(recipe=make_recipe(None, {**RECIPE, "cutoff": 4096}, ["scratch"]), out=out, scratch="tiny")
    ablation = Ablation(run, job, arms=(Arm.VERIFIED,), seeds=(1,), held_out=0.0)
    before = rehearse(ablation)
    assert (before.pool.too_long, "over the cutoff" in "".join(before.lines())) == ((), False)
    verified = next(one.id for one in before.pool.train if one.rejected_at is None)
    long = next(one for one in attempts if one["id"] == verified)
    rejected["query"] *= 500
    long["query"] *= 500
    write_rows(run / "attempts.jsonl", attempts)
    plans = [rehearse(msgspec.structs.replace(ablation, arms=arms)) for arms in ((Arm.VERIFIED,), tuple(Arm)[::3])]
    for plan in plans:
        assert {one.id for one in plan.pool.too_long} == {rejected["id"], long["id"]}
        assert plan.sizes.size == before.sizes.size - 1
        assert plan.pool.longest is not None
        said = next(line for line in plan.lines() if line.startswith("rows too long"))
        assert "2 rows over the cutoff of 4,096 tokens in no set" in said
        assert f"--cutoff {plan.pool.longest} would keep them all" in said
    plan = plans[-1]
    keep_settings(out, plan.settings, resume=False)
    figures = write_figures(out, plan.settings, plan.pool, [], {})
    assert figures["pool"]["too_long"] == {"verified": 1, "format": 1}
    longer = job.recipe.model_copy(update={"cutoff": plan.pool.longest})
    wide = msgspec.structs.replace(job, recipe=longer, out=tmp_path / "wide")
    assert rehearse(msgspec.structs.replace(ablation, job=wide)).pool.too_long == ()


def test_an_ablation_with_rows_over_the_cutoff_is_done(tmp_path: Path) -> None:
    """With a model from scratch, whose tokenizer is the one that rows were measured with."""
    run, out = tmp_path / "run", tmp_path / "ablation"
    attempts = _attempts_of(run)
    recipe = make_recipe(None, {**RECIPE, "cutoff": 700, "max_steps": 1}, ["scratch"])
    job = Job(recipe=recipe, out=out, scratch="tiny")
    ablation = Ablation(run, job, (Arm.VERIFIED, Arm.UNVERIFIED), (1,), held_out=0.0, questions=2, answer_tokens=4)
    result = ablate(ablation)
    assert result.finished
    assert result.figures is not None
    left_out = sum(result.figures["pool"]["too_long"].values())
    assert 0 < left_out < len(attempts)
    sizes = {len(lines(out / "cells" / name / "rows.jsonl")) for name in ("verified-1", "unverified-1")}
    assert sizes == {result.figures["settings"]["size"]}
    again = msgspec.structs.replace(ablation, job=msgspec.structs.replace(job, resume=True))
    assert ablate(again).done == 2


def test_rows_are_measured_before_anything_is_trained(model: Path) -> None:
    """Those over the cutoff are named with the length of the longest; a recipe that a library refuses is refused."""
    job = Job(recipe=make_recipe(None, RECIPE), out=Path("nowhere"), model=str(model))
    usual = [Trainable(str(number), None, sum_row(number)) for number in range(4)]
    assert unfit_rows(job, usual).too_long == frozenset()
    long = Trainable("9", None, sum_row(9) | {"query": "What is 1 plus 2? " * 200})
    found = unfit_rows(job, [*usual, long])
    assert found.too_long == {"9"}
    assert found.longest > job.recipe.cutoff
    assert found.refused == ()
    wrong = job.recipe.model_copy(update={"optimizer": "nobodys"})
    with pytest.raises(UserError, match="the recipe does not work"):
        unfit_rows(msgspec.structs.replace(job, recipe=wrong), usual)


def test_rows_that_the_chat_template_refuses_are_refused_where_they_may_be_drawn(tmp_path: Path) -> None:
    """A template that takes no two calls at once: another form is the way out, not a larger cutoff."""
    refusing = (
        "{%- for message in messages %}{%- if (message.tool_calls or [])|length > 1 %}"
        "{{- raise_exception('one call at a time') }}{%- endif %}{%- endfor %}" + QWEN_STYLE
    )
    model = write_chat_model(tmp_path / "picky", refusing)
    run = tmp_path / "run"
    attempts = _attempts_of(run)
    for one in attempts:
        one["calls"] = one.get("calls", [])[:1]
    two = next(
        one
        for one in attempts
        if one["outcome"] == "reject" and one["verdicts"][0]["stage"] == "format" and one["calls"]
    )
    two["calls"] *= 2
    write_rows(run / "attempts.jsonl", attempts)
    job = Job(recipe=make_recipe(None, {**RECIPE, "cutoff": 4096}), out=tmp_path / "out", model=str(model))
    ablation = Ablation(run, job, arms=(Arm.VERIFIED,), held_out=0.0)
    rehearse(ablation)
    both = msgspec.structs.replace(ablation, arms=(Arm.VERIFIED, Arm.FORMAT))
    with pytest.raises(UserError, match=rf"1 row cannot be rendered .*row {two['id']}: .*, so use --form prompted$"):
        rehearse(both)
    rehearse(msgspec.structs.replace(both, job=msgspec.structs.replace(job, form="prompted")))


def test_a_set_with_a_row_over_the_cutoff_is_refused_by_its_length(model: Path, tmp_path: Path) -> None:
    """Which is not said to be the chat template's fault, since another form would not help."""
    long = sum_row(8) | {"query": "What is 8 plus 16, " + "please " * 600}
    file = write_rows(tmp_path / "rows.jsonl", [sum_row(1), long])
    job = Job(recipe=make_recipe(None, RECIPE), out=tmp_path, model=str(model))
    training = Training(InitialModels(job, file, tmp_path / "starts"), lambda *_: None, lambda: False)
    with pytest.raises(
        UserError, match=r"1 row cannot be trained on .* longer than the cutoff of 512\); .* --cutoff \d+$"
    ):
        training(file, tmp_path / "model", 1)
    assert not (tmp_path / "model").exists()


def test_no_model_is_held_once_it_was_trained_or_asked(model: Path, rows: Path, tmp_path: Path) -> None:
    """Though Python, left to itself, would not have looked for it yet: the next one needs the place."""

    def held() -> int:
        return sum(type(one) is transformers.Qwen2ForCausalLM for one in gc.get_objects())

    job = Job(recipe=make_recipe(None, {**RECIPE, "max_steps": 1}), out=tmp_path, model=str(model))
    gc.collect()
    before = held()
    gc.disable()
    try:
        Training(InitialModels(job, rows, tmp_path / "starts"), lambda *_: None, lambda: False)(
            rows, tmp_path / "model", 1
        )
        assert held() == before
        asking()(tmp_path / "model", rows, tmp_path / "seen")
        assert held() == before
    finally:
        gc.enable()
