"""A model in this process: what it is put, what it cannot take, and that it answers greedily."""

import asyncio
import importlib
import json
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apigen.errors import JobFellShort, UserError
from apigen.evaluate.asking.ask import ask_missing
from apigen.evaluate.asking.base import IN_USER_TURN, Answerer, Keep, Prompt, Response
from apigen.evaluate.asking.generating import Generated, Generator, NoRoom, default_device
from apigen.evaluate.asking.kept import Kept, Settings
from apigen.evaluate.asking.local import Local
from apigen.evaluate.asking.prompts import prompt_of
from apigen.evaluate.base import Question
from apigen.evaluate.evaluation import evaluated
from apigen.evaluate.held_out import HeldOut
from apigen.evaluate.in_memory import score_answerer
from apigen.evaluate.summary import remarks
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example
from apigen.train.rendering import Renderer
from runs import PATIENCE_S, apigen, lines, start, until
from tiny_chat_model import write_chat_model

BREW = {"name": "brew", "description": "Brews.", "parameters": {"type": "object", "properties": {}}}
SETTINGS = Settings("held-out:x", "local:x", "native", 0.0, 4, "sha256 x")


def questions(folder: Path, *queries: str) -> list[Question]:
    rows = [{"id": f"q{at}", "query": query, "tools": [BREW], "calls": []} for at, query in enumerate(queries)]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(HeldOut(path).questions())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Model and tokenizer; the model has random weights and 4,096 positions."""
    pytest.importorskip("torch")
    transformers: Any = importlib.import_module("transformers")
    folder = write_chat_model(tmp_path_factory.mktemp("model"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval(), tokenizer


class Telling:
    """Says one thing to every question."""

    def __init__(self, said: Callable[[Prompt], Response]) -> None:
        self._said = said

    async def ask(self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]) -> None:
        assert not stopped()
        for one in prompts:
            keep(one, self._said(one))

    def facts(self) -> dict[str, Any]:
        return {}

    async def aclose(self) -> None:
        pass


def asked(kept: Kept, answerer: Answerer, found: Sequence[Question]) -> dict[str, str | None]:
    asyncio.run(ask_missing(found, kept, answerer, "native"))
    return {id_: one.error for id_, one in kept.answers.items()}


@pytest.mark.parametrize(
    "said",
    [
        '<tool_call>{"name": "brew", "arguments": {"leaf": "\\ud83d"}}</tool_call>',
        '{"name": "brew", "parameters": {"leaf": "\\ud83d"}}',
        '[{"name": "brew", "arguments": {"leaf": "\\ud83d"}}]',
        '[brew(leaf="\\ud83d")]',
        "<function=brew><parameter=leaf>\ud83d</parameter></function>",
    ],
)
def test_half_a_character_in_a_call_is_an_undecodable_answer(tmp_path: Path, said: str) -> None:
    """It cannot be written as JSON; it is kept escaped, also when the evaluation is resumed, and scored as wrong."""
    found = questions(tmp_path, "Tea!")
    with Kept.create(tmp_path / "out", SETTINGS) as kept:
        assert asked(kept, Telling(lambda _: Response(said)), found) == {"q0": None}
    with Kept.resume(tmp_path / "out", SETTINGS) as kept:
        one = kept.answers["q0"]
        (verdict,) = (each.verdict() for each in evaluated(found, kept.answers, {}))
    assert one.calls is None
    assert "\\ud83d" in (one.text or "")
    answer = one.line().answer
    assert answer is not None
    assert answer.undecodable
    assert msgspec.json.encode(verdict)


def test_questions_that_do_not_fit_the_model_end_no_evaluation(tmp_path: Path) -> None:
    """However many come first; other errors end it after eight, unless a question was answered."""
    found = questions(tmp_path, *("Tea!" for _ in range(20)))
    with Kept.create(tmp_path / "unfit", SETTINGS) as kept:
        assert len(asked(kept, Telling(lambda _: Response(error="too long", unfit=True)), found)) == 20
    with (
        Kept.create(tmp_path / "refused", SETTINGS) as kept,
        pytest.raises(JobFellShort, match="refused; the first 8 questions all failed, none was answered"),
    ):
        asked(kept, Telling(lambda _: Response(error="refused")), found)
    assert len(kept.answers) == 8


def test_errors_are_grouped_by_their_reason(tmp_path: Path) -> None:
    """Numbers aside; those that asking again cannot cure are told apart from those that it may."""
    found = questions(tmp_path, *(f"{number} cups!" for number in range(5)), "Tea!", "Milk!")

    def said(prompt: Prompt) -> Response:
        query = prompt.messages[-1].content
        if query == "Tea!":
            return Response(error="HTTP 500", alone=True)
        return Response() if query == "Milk!" else Response(error=f"{query[0]},000 tokens are too many", unfit=True)

    scores = score_answerer(Telling(said), found, form="native")
    assert scores.figures["errors"] == 6
    assert scores.figures["error_reasons"] == [
        {"reason": "0,000 tokens are too many", "count": 5, "unfit": True},
        {"reason": "HTTP 500", "count": 1, "unfit": False},
    ]
    notes = remarks(scores.figures)
    assert notes == [
        "5 questions cannot be put to this model (most common reason, 5 of 5: 0,000 tokens are too many).",
        "1 question ended in an error (most common reason, 1 of 1: HTTP 500); --resume asks them again.",
    ]


@pytest.mark.slow
def test_questions_that_do_not_fit_are_no_reason_to_resume(tmp_path: Path) -> None:
    """The exit code is that of an evaluation that is done, and the reason is told with how often it occurred."""
    pytest.importorskip("torch")
    model = write_chat_model(tmp_path / "model")
    questions(tmp_path, "long " * 5000, "Tea!", "longer " * 5000)
    asked = ("--suite", f"held-out:{tmp_path / 'rows.jsonl'}", "--model", f"local:{model}", "--max-tokens", "4")
    ran = apigen("evaluate", *asked, "--out", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    told = " ".join(ran.stdout.split())
    assert "2 questions cannot be put to this model (most common reason, 2 of 2: the prompt has" in told
    assert "--resume" not in ran.stdout + ran.stderr
    kept = lines(tmp_path / "out" / "answers.jsonl")
    assert sorted(one["id"] for one in kept if one.get("unfit")) == ["q0", "q2"]
    record = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert (record["status"], record["answers"], record["errors"]) == ("done", 1, 2)
    questions(tmp_path, "long " * 5000)
    ran = apigen("evaluate", *asked, "--out", tmp_path / "none")
    assert (ran.returncode, "no question was answered" in ran.stderr) == (1, True)


class Full(Generator):
    """A model on a machine without memory for a single answer."""

    def generate(self, prompts: Sequence[str], most: int) -> list[Generated]:
        raise NoRoom


def test_a_prompt_that_does_not_fit_in_memory_alone_is_an_error_of_its_own(
    loaded: tuple[Any, Any], tmp_path: Path
) -> None:
    """The batch is halved until one prompt is left."""
    local = Local(Full(*loaded, "local:x"), 4, 4)
    with Kept.create(tmp_path / "out", SETTINGS) as kept:
        (error,) = asked(kept, local, questions(tmp_path, "Tea!")).values()
    assert error
    assert error.endswith("tokens does not fit in memory, even alone")
    assert local.facts()["batch"] == 1


@pytest.mark.slow
def test_rendering_stops_between_prompts(loaded: tuple[Any, Any], tmp_path: Path) -> None:
    """An interrupt need not wait until thousands of prompts are rendered."""
    found = questions(tmp_path, *("long " * 5000 for _ in range(9)))
    local = Local(Generator(*loaded, "local:x"), 8, 4)
    with Kept.create(tmp_path / "out", SETTINGS) as kept:
        asyncio.run(ask_missing(found, kept, local, "native", stopped=lambda: len(kept.answers) >= 3))
        assert len(kept.answers) == 3


@pytest.mark.slow
def test_a_second_signal_leaves_a_template_that_never_ends(tmp_path: Path) -> None:
    """The first one is noted and says so; neither the template's thread nor its loop keeps the process alive."""
    pytest.importorskip("torch")
    model = write_chat_model(tmp_path / "model")
    template = model / "chat_template.jinja"
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    template.write_text("{% if 'Milk' in messages[-1].content %}" + endless + "{% endif %}" + template.read_text())
    questions(tmp_path, "Milk!")
    out = tmp_path / "out"
    asked = ("--suite", f"held-out:{tmp_path / 'rows.jsonl'}", "--model", f"local:{model}", "--out", out)
    process = start("evaluate", *asked)
    until((out / "evaluation.json").exists, process)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    while "a second Ctrl-C or SIGTERM discards them and ends at once" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert said.endswith("Interrupted; no question was answered; run the same command again to start over.\n")


@pytest.mark.slow
def test_prompts_that_are_too_long_are_errors_of_their_own(loaded: tuple[Any, Any], tmp_path: Path) -> None:
    """The others are answered, and a resumed evaluation finds the same and goes through."""
    found = questions(tmp_path, *("long " * 5000 for _ in range(9)), "Tea!")
    local = Local(Generator(*loaded, "local:x"), 8, 4)
    with Kept.create(tmp_path / "out", SETTINGS) as kept:
        first = asked(kept, local, found)
    assert [id_ for id_, error in first.items() if error is None] == ["q9"]
    assert "the context window holds 4,096 including" in str(first["q0"])
    with Kept.resume(tmp_path / "out", SETTINGS) as kept:
        assert asked(kept, local, found) == first


@pytest.mark.slow
def test_answers_are_greedy_whatever_the_model_is_set_to(loaded: tuple[Any, Any]) -> None:
    """Penalties, beams and forbidden tokens of its folder change nothing, and the model keeps them."""
    model, tokenizer = loaded
    plain = model.generation_config
    generator = Generator(model, tokenizer, "local:x")
    (first,) = generator.generate(["Tea!"], 24)
    said = tokenizer(first.text, add_special_tokens=False)["input_ids"]
    model.generation_config = set_otherwise = type(plain)(
        **plain.to_dict()
        | {"repetition_penalty": 9.0, "num_beams": 3, "no_repeat_ngram_size": 1, "do_sample": True, "top_k": 3}
        | {"suppress_tokens": said[:1], "max_length": 2}
    )
    try:
        assert Generator(model, tokenizer, "local:x").generate(["Tea!"], 24) == [first]
        assert model.generation_config is set_otherwise
    finally:
        model.generation_config = plain


@pytest.mark.slow
def test_a_template_that_knows_no_system_is_put_the_prompt_of_training(loaded: tuple[Any, Any], tmp_path: Path) -> None:
    """The system's words begin the user's message; a template that refuses that as well is told."""
    model, tokenizer = loaded
    (question,) = questions(tmp_path, "Tea!")
    strict = type(tokenizer)(tokenizer_object=tokenizer.backend_tokenizer, eos_token="<|im_end|>")
    refusing = "{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    strict.chat_template = "{% for m in messages %}" + refusing + "<{{ m.role }}>{{ m.content }}{% endfor %}"
    example = Example("q0", question.messages, question.tools, ())
    trained = Renderer(strict, "x").render(dialogue(example, "prompted")).prompt
    asking = Generator(model, strict, "local:x")
    assert asking.prompt(prompt_of(question, "prompted")) == trained
    assert trained.startswith("<user>Handle the user's request by calling the tools listed below.")
    assert asking.facts()["system"] == IN_USER_TURN
    assert Generator(model, tokenizer, "local:x").facts()["system"] == "template"
    strict.chat_template = "{{ raise_exception('nothing at all') }}"
    with pytest.raises(UserError, match=r"local:x: its chat template raises an error for .* messages .nothing at all"):
        asking.prompt(prompt_of(question, "prompted"))


@pytest.mark.slow
def test_a_question_that_the_template_refuses_is_an_error_of_its_own(loaded: tuple[Any, Any], tmp_path: Path) -> None:
    """The others are answered, however many are refused; a template that takes no tools refuses all at the start."""
    model, tokenizer = loaded
    picky = type(tokenizer)(tokenizer_object=tokenizer.backend_tokenizer, eos_token="<|im_end|>")
    refusing = "{% if 'Milk' in messages[-1].content %}{{ raise_exception('no milk') }}{% endif %}"
    picky.chat_template = refusing + tokenizer.chat_template
    found = questions(tmp_path, *("Milk!" for _ in range(9)), "Tea!")
    with Kept.create(tmp_path / "out", SETTINGS) as kept:
        errors = asked(kept, Local(Generator(model, picky, "local:x"), 8, 4), found)
    assert [id_ for id_, error in errors.items() if error is None] == ["q9"]
    assert "no milk" in str(errors["q0"])
    picky.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    with Kept.create(tmp_path / "plain", SETTINGS) as kept, pytest.raises(UserError, match="does not support tools"):
        asked(kept, Local(Generator(model, picky, "local:x"), 8, 4), found)


@pytest.mark.slow
def test_a_gpu_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA's first, then Apple's, as in training."""
    torch: Any = pytest.importorskip("torch")
    told = {}
    for cuda, mps in ((True, True), (False, True), (False, False)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        told[cuda, mps] = default_device()
    assert list(told.values()) == ["cuda", "mps", "cpu"]


@pytest.mark.slow
def test_room_for_an_answer_does_not_depend_on_what_it_is_asked_with(loaded: tuple[Any, Any], tmp_path: Path) -> None:
    """A prompt that fills the model's places shortens its own answer, and no other of the batch."""
    found = questions(tmp_path, "long " * 970, "Tea!", "Milk!")
    filled = Generator(*loaded, "local:x").length(Generator(*loaded, "local:x").prompt(prompt_of(found[0], "native")))
    most = 4096 - filled + 1
    told = {}
    for batch in (1, 3):
        with Kept.create(tmp_path / str(batch), SETTINGS) as kept:
            asked(kept, Local(Generator(*loaded, "local:x"), batch, most), found)
            told[batch] = {id_: (one.cut, one.tokens.completion) for id_, one in kept.answers.items()}
    assert told[1] == told[3]
    assert [told[3][one] for one in ("q0", "q1", "q2")] == [(True, most - 1), (True, most), (True, most)]


@pytest.mark.slow
def test_places_are_those_of_the_part_that_writes(loaded: tuple[Any, Any]) -> None:
    """A model that sees as well has them one level down in its configuration."""
    transformers: Any = importlib.import_module("transformers")
    model, tokenizer = loaded
    seeing = transformers.Qwen2VLConfig(text_config={"max_position_embeddings": 77})
    assert not hasattr(seeing, "max_position_embeddings")
    plain, model.config = model.config, seeing
    try:
        assert "the context window holds 77 including" in Generator(model, tokenizer, "local:x").too_long(77)
    finally:
        model.config = plain
