"""The simulated model behind the ``Model`` protocol."""

from collections.abc import Mapping, Sequence
from random import Random

from apigen.models.base import EndpointFacts, Options
from apigen.models.offline.model import written
from apigen.models.simulated.ledger import Entry, Keep, request_key
from apigen.models.simulated.profiles import Profile
from apigen.models.simulated.spoil import Spoiler
from apigen.records import Completion, Json, Message

PREFIX = "simulated/"


class SimulatedModel:
    """Writes what the offline writer writes, and errs as often as a published generator did.

    What it answers depends on the messages, their seed, the profile and its own seed alone.

    Args:
        profile: how often it errs.
        seed: decides, together with each request, what is spoiled and how.
        keep: is given the ledger's entries of each completion.
    """

    def __init__(self, profile: Profile, seed: int = 0, keep: Keep = lambda entries: None) -> None:
        self._profile = profile
        self._seed = seed
        self._keep = keep

    @property
    def locator(self) -> str:
        """``simulated/PROFILE``."""
        return f"{PREFIX}{self._profile.name}"

    @property
    def llm(self) -> bool:
        """False: no language model is involved."""
        return False

    @property
    def extra(self) -> Mapping[str, Json]:
        """There is nothing to add."""
        return {}

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer a generation prompt.

        Raises:
            ModelUnavailable: the messages are not a generation prompt.
        """
        prompt, right = written(messages, options)
        key = request_key(messages, options)
        rng = Random(f"{self._seed}/{self._profile.name}/{key}")
        found = Spoiler(prompt, right, self._profile, rng).spoiled()
        self._keep(
            [
                Entry(
                    request=key,
                    pair=at,
                    profile=self._profile.name,
                    seed=options.seed,
                    kind=pair.kind,
                    stage=pair.stage,
                    what=pair.what,
                    noise=found.noise,
                    query=right[at].query,
                    calls=right[at].answers,
                    written=pair.text,
                )
                for at, pair in enumerate(found.pairs)
            ]
        )
        return Completion(found.text, self.locator, finish_reason="length" if found.cut_off else "stop")

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """There are none."""
        return ()

    def stop(self) -> None:
        """Nothing is ever sent."""

    async def aclose(self) -> None:
        """Nothing is held open."""
