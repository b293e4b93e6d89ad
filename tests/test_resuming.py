"""What may change between the sessions of a run: every key of a configuration has its place."""

from pathlib import Path
from typing import Any

import pytest

from apigen.config import Config, GrantConfig, decides_executions, flatten, is_free, is_verification
from apigen.resuming import Change, changes, in_words, keeps_executions

DOCUMENT = Path(__file__).parent.parent / "docs" / "resume.md"
FREE, VERIFIED, EXECUTED, FIXED = "free", "verified again", "executed again", "refused"
PLACES = {
    "library": FIXED,
    "seeds": FIXED,
    "models.0.name": FIXED,
    "models.0.base_url": FREE,
    "models.0.price.prompt": FREE,
    "models.0.weight": FIXED,
    "budget.cost_usd": FREE,
    "judges.0.name": VERIFIED,
    "judges.0.timeout_s": FREE,
    "judging.rule": VERIFIED,
    "judging.results_chars": VERIFIED,
    "repair": FIXED,
    "grounding": VERIFIED,
    "count": FREE,
    "seed": FIXED,
    "concurrency": FREE,
    "prices": FREE,
    "styles.simple": FIXED,
    "wordings.terse": FIXED,
    "sampling.feedback": FIXED,
    "focus.strength": FIXED,
    "focus.tools.add": FIXED,
    "focus.source": FREE,
    "rounds.lag": FIXED,
    "generation.temperature": FIXED,
    "execution.wall_s": EXECUTED,
    "execution.twice": EXECUTED,
    "execution.recordings": EXECUTED,
    "execution.varying": VERIFIED,
    "isolation.require": FREE,
    "remote.writes": FIXED,
    "remote.private.0": EXECUTED,
    "remote.rate": FREE,
    "grants.0.hosts.0": EXECUTED,
}


@pytest.mark.parametrize("key", PLACES)
def test_every_kind_of_key_has_its_place(key: str) -> None:
    """What is free is compared first; what decides executions is verification too."""
    if is_free(key):
        place = FREE
    elif not is_verification(key):
        place = FIXED
    else:
        place = EXECUTED if decides_executions(key) else VERIFIED
    assert place == PLACES[key]


def test_the_document_names_every_section() -> None:
    """Whoever adds a section to the configuration decides what becomes of it on resume."""
    text = DOCUMENT.read_text("utf-8")
    assert {key.partition(".")[0] for key in PLACES} == set(Config.model_fields)
    for section in Config.model_fields:
        assert f"`{section}" in text, section


def test_changes_name_both_values_and_what_was_not_set() -> None:
    """Free keys are left out; a value that is not there is told from one that is null."""
    before = Config(judges=["rules"], concurrency=3).resolved()  # type: ignore[arg-type]
    grant = GrantConfig(hosts=("api.example.com:443",))
    now = before.model_copy(update={"concurrency": 9, "grounding": "off", "grants": (grant,)})
    changed = changes(before, now)
    assert [str(change) for change in changed if change.key in ("grounding", "grants")] == [
        "grants: [] before, not set now",
        "grounding: 'strict' before, 'off' now",
    ]
    assert not keeps_executions(changed)
    assert keeps_executions((Change("grounding", "strict", "off"),))
    assert {key.partition(".")[0] for key in flatten(now.model_dump(mode="json"))} == set(Config.model_fields)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ([{"name": "openai/a"}], ["openai/a", "openai/b"], ["judges: openai/a before; openai/a, openai/b now"]),
        (["rules", "openai/a"], ["openai/a"], ["judges: rules, openai/a before; openai/a now"]),
        (
            ["openai/a", "openai/b"],
            [{"name": "openai/a", "extra": {"top_k": 5}}],
            ["judges: openai/a, openai/b before; openai/a now", "judges.0.extra.top_k: not set before, 5 now"],
        ),
        (["openai/a"], [{"name": "openai/a", "extra": {"top_k": 5}}], ["judges.0.extra.top_k: not set before, 5 now"]),
    ],
)
def test_other_judges_are_told_by_name(before: Any, now: Any, said: list[str]) -> None:
    """Every key of a judge that came or went would say nothing; a key of one that stayed does."""
    old, new = config(judges=before, grounding="off"), config(judges=now)
    words = in_words(changes(old, new), old, new)
    assert words[-1] == "grounding: 'off' before, 'strict' now" or "grounding: 'off' before, 'strict' now" in words
    assert [line for line in words if "judges" in line and "extra: " not in line] == said


A = {"name": "openai/a"}
B = {"name": "openai/b"}
ONE, TWO = {"base_url": "http://one.example/v1"}, {"base_url": "http://two.example/v1"}


def config(**given: Any) -> Config:
    return Config.model_validate(given).resolved()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"models": [A | ONE]}, {"models": [A | TWO, A | ONE]}),
        ({"models": [A | ONE, A | TWO]}, {"models": [A | TWO | {"weight": 4}]}),
        ({"models": [A | ONE, B | ONE]}, {"models": [A | ONE | {"weight": 0.25}, A | TWO | {"weight": 0.75}, B | TWO]}),
        ({"judges": [A | ONE, B | ONE]}, {"judges": [A | TWO, A | ONE | {"weight": 9}, B | ONE]}),
    ],
)
def test_how_many_endpoints_a_model_has_is_free(before: Any, now: Any) -> None:
    """Endpoints may come, go and be weighed anew: they decide how a model is reached."""
    assert changes(config(**before), config(**now)) == ()
    assert config(**before).digest() == config(**now).digest()


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"models": [A, B]}, {"models": [A | ONE, A | TWO, B]}, "models.0.weight: 1.0 before, 2.0 now"),
        ({"models": [A]}, {"models": [A | {"extra": {"top_k": 5}}]}, "models.0.extra.top_k: not set before, 5 now"),
        ({"judges": [A]}, {"judges": [A, B]}, "judges.1.name: not set before, 'openai/b' now"),
    ],
)
def test_who_is_asked_for_what_is_not_free(before: Any, now: Any, said: str) -> None:
    """A writer's share, what is added to requests, and who judges decide what comes out."""
    assert said in [str(change) for change in changes(config(**before), config(**now))]
    assert config(**before).digest() != config(**now).digest()
