"""Sampling is seeded, pure, even over the tools, and true to the style mix."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.config import Config
from apigen.errors import UserError
from apigen.records import Attempt, Call, Outcome, Request, Seed, Stage, Style, Tool, Verdict, Wording
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import POOL_PER_TOOL, Lesson, SamplingState


def make_tools(count: int, categories: int = 3) -> list[Tool]:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    return [Tool(f"tool_{i}", f"Does {i}.", schema, category=f"cat_{i % categories}") for i in range(count)]


def make_seeds(tools: list[Tool], each: int = 3) -> list[Seed]:
    return [Seed(f"{tool.name} with {n}", (Call(tool.name, {"x": n}),)) for tool in tools for n in range(each)]


def draw(config: Config, tools: list[Tool], rounds: int, seeds: list[Seed] | None = None) -> list[Request]:
    sampler, state = Sampler(tools, config), SamplingState(make_seeds(tools) if seeds is None else seeds)
    size = config.rounds.requests or 0
    return [request for n in range(rounds) for request in sampler.round(n, n * size, state)]


def config(**settings: object) -> Config:
    return Config.model_validate({"rounds": {"requests": 10}, **settings}).resolved()


def attempt(request: Request, *, outcome: Outcome = Outcome.PASS) -> Attempt:
    return Attempt(
        f"{request.index}.0",
        request.index,
        0,
        True,
        request.round,
        request.style,
        request.wording,
        tuple(tool.name for tool in request.tools),
        request.targets,
        "test",
        outcome,
        (Verdict(Stage.SEMANTICS, outcome),),
        query=f"grown {request.index}",
        calls=tuple(Call(name, {"x": 1}) for name in request.targets),
    )


@given(seed=st.integers(0, 1000), count=st.integers(2, 30))
@settings(max_examples=25, deadline=None)
def test_every_request_keeps_the_rules_of_its_style(seed: int, count: int) -> None:
    """Offered tools, targets, calls and pairs stay within style and configuration, whatever the seed and library."""
    tools = make_tools(count)
    settings = config(seed=seed)
    for request in draw(settings, tools, 3):
        offered = [tool.name for tool in request.tools]
        assert len(set(offered)) == len(offered)
        assert set(request.targets) <= set(offered)
        assert len(offered) == 1 if not request.style.many_tools else 2 <= len(offered) <= min(4, count)
        assert len(request.targets) >= 2 if request.style is Style.PARALLEL_MULTIPLE else len(request.targets) == 1
        assert request.calls == (1, 1) if not request.style.many_calls else request.calls[0] >= 2
        assert request.calls[0] <= request.calls[1]
        assert 3 <= request.pairs <= 5
        assert len(request.examples) == len({example.query for example in request.examples})
        assert any(request.targets[0] in example.tool_names for example in request.examples)


def test_the_same_seed_draws_the_same_requests_and_another_seed_others() -> None:
    """Sampling depends on seed, library and state alone."""
    tools = make_tools(12)
    assert draw(config(seed=1), tools, 4) == draw(config(seed=1), tools, 4)
    assert draw(config(seed=1), tools, 4) != draw(config(seed=2), tools, 4)


def test_every_tool_is_a_target_about_equally_often() -> None:
    """Coverage is balanced: after many rounds no tool was asked for much more than another."""
    tools = make_tools(21, categories=7)
    counts = Counter(name for request in draw(config(), tools, 30) for name in request.targets)
    assert len(counts) == 21
    assert max(counts.values()) - min(counts.values()) <= 2


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (4, 2, 1, 1), (1, 0, 0, 1)])
def test_the_style_mix_follows_the_weights(weights: tuple[int, ...]) -> None:
    """Requests are shared out by the quotas as long as all styles bring equally much."""
    styles = dict(zip([style.value for style in Style], weights, strict=True))
    counts = Counter(request.style for request in draw(config(styles=styles), make_tools(10), 16))
    for style in Style:
        assert counts[style] == pytest.approx(160 * styles[style] / sum(weights), abs=2)


def test_a_style_whose_samples_are_rejected_is_asked_for_more() -> None:
    """Quotas are of accepted samples: a style that brings half as many gets about twice the requests."""
    settings = config(styles={"simple": 1, "multiple": 0, "parallel": 1, "parallel_multiple": 0})
    tools = make_tools(10)
    sampler, state = Sampler(tools, settings), SamplingState(make_seeds(tools))
    counts: Counter[Style] = Counter()
    for number in range(40):
        requests = sampler.round(number, number * 10, state)
        counts.update(request.style for request in requests)
        story = []
        for request in requests:
            passed = request.style is Style.SIMPLE or request.index % 2 == 0
            story.append(attempt(request, outcome=Outcome.PASS if passed else Outcome.REJECT))
        state.learn(Lesson.of(story))
    assert 1.6 < counts[Style.PARALLEL] / counts[Style.SIMPLE] < 2.5


def test_companions_come_mostly_from_the_targets_category() -> None:
    """Distractors are hard: they are drawn from the same category as far as configured."""
    tools = make_tools(40, categories=4)
    by_name = {tool.name: tool for tool in tools}
    settings = config(sampling={"same_category": 1.0}, styles={"simple": 0, "parallel": 0, "parallel_multiple": 0})
    for request in draw(settings, tools, 5):
        assert {tool.category for tool in request.tools} == {by_name[request.targets[0]].category}


def test_accepted_samples_become_examples_and_the_pool_stays_small() -> None:
    """What was accepted is drawn as an example later, and a tool keeps the newest few only."""
    tools = make_tools(1)
    settings = config()
    sampler, state = Sampler(tools, settings), SamplingState(make_seeds(tools, each=1))
    assert sampler.shares == {Style.SIMPLE: 0.5, Style.PARALLEL: 0.5}, "one tool cannot serve the other styles"
    for number in range(5):
        requests = sampler.round(number, number * 10, state)
        state.learn(Lesson.of(attempt(request) for request in requests))
    assert len(state.grown("tool_0")) == POOL_PER_TOOL
    later = sampler.round(5, 50, state)
    assert any(example.query.startswith("grown") for request in later for example in request.examples)
    off = Sampler(tools, config(sampling={"feedback": False})).round(5, 50, state)
    assert not any(example.query.startswith("grown") for request in off for example in request.examples)


def test_examples_tend_to_fit_the_style() -> None:
    """A parallel request is shown parallel examples more often than chance has it, and always a single call."""
    tools = make_tools(1)
    both = tuple(Call("tool_0", {"x": n}) for n in (1, 2))
    seeds = [*make_seeds(tools, each=8), Seed("1 and 2", both), Seed("3 and 4", both[::-1], Wording.TERSE)]
    settings = config(styles={"simple": 0, "multiple": 0, "parallel_multiple": 0})
    drawn = draw(settings, tools, 20, seeds)
    fitting = sum(example.fits(Style.PARALLEL) for request in drawn for example in request.examples)
    assert fitting / len(drawn) > 1, "two of ten seeds fit; by chance alone there would be 0.8 of them in a prompt"
    assert all(any(len(example.calls) == 1 for example in request.examples) for request in drawn)


def test_examples_never_call_a_tool_that_is_not_offered_while_others_are_there() -> None:
    """A seed over two tools is no example for a prompt that offers one of them."""
    tools = make_tools(4, categories=1)
    pairs = [Seed(f"both {n}", (Call("tool_0", {"x": n}), Call("tool_1", {"x": n}))) for n in range(20)]
    for request in draw(config(styles={"parallel": 0, "parallel_multiple": 0}), tools, 5, make_seeds(tools) + pairs):
        own = [example for example in request.examples if request.targets[0] in example.tool_names]
        assert own
        assert all(example.tool_names <= {tool.name for tool in request.tools} for example in own)


def test_a_library_that_can_serve_no_wanted_style_is_refused() -> None:
    """One tool without parameters can be asked simply, and nothing else."""
    lonely = [Tool("now", "Tell the time.", {"type": "object", "properties": {}})]
    assert draw(config(), lonely, 1, [])[0].style is Style.SIMPLE
    with pytest.raises(UserError, match=r"multiple cannot be generated from 1 tool"):
        Sampler(lonely, config(styles={"simple": 0, "parallel": 0, "parallel_multiple": 0}))


@given(st.integers(0, 100))
def test_use_is_what_was_asked_for_and_a_quarter_of_what_came_of_it(seed: int) -> None:
    """However it is come by: drawn, learned, or drawn otherwise by an earlier session."""
    tools = make_tools(6)
    settings, state = config(seed=seed), SamplingState(make_seeds(tools))
    sampler = Sampler(tools, settings)
    for number in range(3):
        requests = sampler.round(number, number * 10, state)
        state.drawn_otherwise(requests[0], requests[-1])
        state.learn(Lesson.of([attempt(request) for request in requests]))
        assert all(state.use[tool.name] == state.sampled[tool.name] + state.accepted[tool.name] / 4 for tool in tools)
