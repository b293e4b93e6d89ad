"""The three samplers of the paper: APIs, examples, and prompts (style and wording)."""

from collections.abc import Callable, Container, Sequence
from random import Random

from apigen.config import Config
from apigen.errors import UserError
from apigen.records import Request, Seed, Style, Tool, Wording
from apigen.sampling.focus import focused_shares, tool_weights
from apigen.sampling.state import SamplingState

GROWN_SHARE = 0.5
"""How often an example is drawn from what earlier rounds accepted, where there is both."""


class Sampler:
    """Draws rounds of requests.

    Args:
        tools: what may be offered, in a fixed order.
        config: ranges, weights and the seed.

    Raises:
        UserError: the library cannot serve any of the styles that are wanted.
    """

    def __init__(self, tools: Sequence[Tool], config: Config) -> None:
        self._tools = tuple(tools)
        self._config = config
        self._callable_in_parallel = tuple(tool for tool in tools if tool.properties)
        self._by_category: dict[str, list[Tool]] = {}
        for tool in tools:
            self._by_category.setdefault(tool.category, []).append(tool)
        self.shares = focused_shares(self._possible_shares(), config.focus)
        self._weights = tool_weights(self._tools, config.focus)
        chance, of_one = Random(f"{config.seed}/focus"), 1 + sum(config.sampling.pairs) / 2 / 4
        self._ahead = {name: of_one * chance.random() for name in self._weights}

    def _possible_shares(self) -> dict[Style, float]:
        """The configured style mix without the styles that this library cannot serve."""
        possible = {
            Style.SIMPLE: True,
            Style.MULTIPLE: len(self._tools) > 1,
            Style.PARALLEL: bool(self._callable_in_parallel),
            Style.PARALLEL_MULTIPLE: len(self._tools) > 1,
        }
        wanted = self._config.styles.shares()
        kept = {style: share for style, share in wanted.items() if share and possible[style]}
        if not kept:
            names = ", ".join(style for style, share in wanted.items() if share)
            raise UserError(
                f"styles: {names} cannot be generated from {len(self._tools)} tool(s): they need several tools, "
                "or one with parameters; add a library or give `simple` a weight"
            )
        total = sum(kept.values())
        return {style: share / total for style, share in kept.items()}

    def round(self, number: int, first_index: int, state: SamplingState) -> tuple[Request, ...]:
        """Draw one round and note it in the state.

        Args:
            number: the round, from 0.
            first_index: the run-wide index of its first request.
            state: learned up to a fixed lag before this round.
        """
        random = Random(f"{self._config.seed}/{number}")
        size = self._config.rounds.requests
        assert size is not None, "the configuration is resolved before sampling"  # noqa: S101
        requests: list[Request] = []
        for slot in range(size):
            request = self._request(random, number, first_index + slot, state)
            state.drawn((request,))
            requests.append(request)
        return tuple(requests)

    def _request(self, random: Random, number: int, index: int, state: SamplingState) -> Request:
        sampling = self._config.sampling
        style = self._style(state)
        targets, offered = self._sample_tools(random, style, state)
        wordings = self._config.wordings.weights()
        wording: Wording = random.choices(list(wordings), list(wordings.values()))[0]
        low, high = sampling.calls if style.many_calls else (1, 1)
        return Request(
            index=index,
            round=number,
            style=style,
            wording=wording,
            tools=offered,
            targets=tuple(tool.name for tool in targets),
            examples=self._sample_examples(random, style, wording, targets, offered, state),
            pairs=random.randint(*sampling.pairs),
            calls=(max(low, len(targets)), max(high, len(targets))) if style.many_calls else (1, 1),
            seed=random.getrandbits(32),
        )

    def _style(self, state: SamplingState) -> Style:
        """The style that is furthest behind its quota, counting what its requests usually bring."""

        def expected(style: Style) -> float:
            learned, accepted = state.style_learned[style], state.style_accepted[style]
            # Two requests that brought two samples each stand in for a style of which nothing is known yet.
            per_request = (accepted + 4) / (learned + 2)
            return accepted + (state.style_requests[style] - learned) * per_request

        return min(self.shares, key=lambda style: (expected(style) / self.shares[style], list(Style).index(style)))

    def _sample_tools(self, random: Random, style: Style, state: SamplingState) -> tuple[list[Tool], tuple[Tool, ...]]:
        """The API sampler: the least used tools as targets, and companions mostly from the same category."""
        eligible = self._callable_in_parallel if style is Style.PARALLEL else self._tools
        first = self._next(random, eligible, state)
        if not style.many_tools:
            return [first], (first,)
        low, high = self._config.sampling.tools
        wanted = min(random.randint(low, high), len(self._tools))
        others = self._companions(random, first, wanted - 1, state)
        most_targets = min(len(others) + 1, self._config.sampling.calls[1])
        targets = [first]
        if style is Style.PARALLEL_MULTIPLE:
            targets += others[: random.randint(2, max(2, most_targets)) - 1]
        offered = [first, *others]
        random.shuffle(offered)
        return targets, tuple(offered)

    def _companions(self, random: Random, first: Tool, wanted: int, state: SamplingState) -> list[Tool]:
        """Tools to stand beside the first one, least used first so that coverage stays even."""
        chosen: list[Tool] = []
        while len(chosen) < wanted:
            near = random.random() < self._config.sampling.same_category
            pool = self._by_category[first.category] if near else self._tools
            left = [tool for tool in pool if tool is not first and tool not in chosen]
            left = left or [tool for tool in self._tools if tool is not first and tool not in chosen]
            chosen.append(self._next(random, left, state))
        return chosen

    def _next(self, random: Random, tools: Sequence[Tool], state: SamplingState) -> Tool:
        """The tool with the least use so far, chance deciding between equals; with a focus, the least for its weight.

        Use counts what was asked for and what came of it, so that a tool whose samples are rejected is asked for more
        often, but never without end. With a focus, each tool has a head start of its own, up to the use of one
        request, before use is divided by weight: tools come up in proportion to their weights, also in runs that are
        too short for each of them to come up once.
        """
        if self._weights:
            ahead, weights = self._ahead, self._weights
            return min(tools, key=lambda tool: (state.use[tool.name] + ahead[tool.name]) / weights[tool.name])
        chance = random.random
        chances = [chance() for _ in tools]  # one for each, whether or not it is needed, so that draws stay comparable
        uses = [state.use[tool.name] for tool in tools]
        least = min(uses)
        _, place = min((chances[place], place) for place, use in enumerate(uses) if use == least)
        return tools[place]

    def _sample_examples(
        self,
        random: Random,
        style: Style,
        wording: Wording,
        targets: Sequence[Tool],
        offered: Sequence[Tool],
        state: SamplingState,
    ) -> tuple[Seed, ...]:
        """The example sampler: seeds that call the targets, then others of the category that show the style.

        Each target gets an example of a single call first: it shows how people speak of that tool, whatever the style.
        """
        wanted = random.randint(*self._config.sampling.examples)
        names = {tool.name for tool in offered}
        examples: list[Seed] = []

        def take(seeds: Sequence[Seed], most: int) -> None:
            fresh = [seed for seed in seeds if seed not in examples]
            examples.extend(_shuffled(random, fresh, style, wording)[: max(0, most)])

        pools = [self._pool(tool, names, state) for tool in targets]
        if style.many_calls:
            for pool in pools:
                take([seed for seed in pool(random) if len(seed.calls) == 1], 1)
        while len(examples) < wanted:
            before = len(examples)
            for pool in pools:
                take(pool(random), 1 if len(examples) < wanted else 0)
            if len(examples) == before:
                break
        neighbours = [seed for tool in self._by_category[targets[0].category] for seed in state.written(tool.name)]
        take([seed for seed in neighbours if seed.fits(style)], wanted - len(examples))
        return tuple(examples)

    def _pool(self, tool: Tool, offered: Container[str], state: SamplingState) -> Callable[[Random], Sequence[Seed]]:
        """Examples that call a tool and none that is not offered: hand-written ones or, as often, accepted ones."""
        written, grown = (
            [seed for seed in seeds if all(name in offered for name in seed.tool_names)]
            for seeds in (state.written(tool.name), state.grown(tool.name) if self._config.sampling.feedback else ())
        )
        if not (written and grown):
            return lambda _: written or grown
        # Half and half, so that a pool grown from few seeds does not drift away from what people wrote.
        return lambda random: grown if random.random() < GROWN_SHARE else written


def _shuffled(random: Random, seeds: Sequence[Seed], style: Style, wording: Wording) -> list[Seed]:
    """Seeds in a random order in which those of the style and of the wording tend to come first."""

    def odds(seed: Seed) -> float:
        fitting = 4.0 if seed.fits(style) else 1.0
        if seed.wording is wording:
            return fitting * 4
        # Typos are catching: a hasty example among others makes the answers hasty as well.
        return fitting * (0.05 if Wording.MISSPELLED in (seed.wording, wording) else 1)

    # Weighted sampling without replacement (Efraimidis and Spirakis, Inf. Process. Lett. 97, 2006).
    return sorted(seeds, key=lambda seed: -(random.random() ** (1 / odds(seed))))
