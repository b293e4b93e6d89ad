"""Calls that wait at the same time are made together, and whoever waits is answered as if they were not."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from apigen.execute.gathering import Gathering
from apigen.execute.sandbox.bulk import Wanted
from apigen.records import Call, Execution, PythonBinding
from runs import PATIENCE_S

ADD = PythonBinding("add", module="numbers")


class Deciding:
    """Makes every call but those whose arguments say no, when it is let; remembers what came together."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.may_end = asyncio.Event()
        self.cancelled = 0
        self.fails = False

    async def __call__(self, calls: Mapping[Wanted, Call]) -> dict[Wanted, Execution]:
        self.batches.append([wanted.arguments for wanted in calls])
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise RuntimeError("broken")
        return {
            wanted: Execution(call, ok=True, result=wanted.arguments.decode())
            for wanted, call in calls.items()
            if wanted.arguments != b"no"
        }


def asking(gathering: Gathering, arguments: str, company: str = "ours") -> "asyncio.Task[Execution | None]":
    wanted = Wanted(ADD, arguments.encode())
    return asyncio.ensure_future(gathering.answer(company, wanted, Call("add", {"x": arguments})))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def results(answers: Sequence[Execution | None]) -> list[object]:
    return [None if answer is None else answer.result for answer in answers]


def test_what_waits_at_the_same_time_is_made_together() -> None:
    """Calls of one moment are one batch; what comes while it is made is the next."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=2)
        early = [asking(gathering, name) for name in "abc"]
        await settled()
        late = [asking(gathering, name) for name in "de"]
        await settled()
        assert decide.batches == [[b"a", b"b", b"c"]]
        decide.may_end.set()
        assert results(await asyncio.gather(*early, *late)) == ["a", "b", "c", "d", "e"]
        assert decide.batches[1:] == [[b"d", b"e"]]

    asyncio.run(main())


def test_a_batch_is_never_longer_than_one_process_takes() -> None:
    """But for the calls of one function, which stay together."""

    async def main() -> None:
        decide = Deciding()
        decide.may_end.set()
        gathering = Gathering(decide, at_once=1)
        calls = [
            asyncio.ensure_future(
                gathering.answer(
                    "ours", Wanted(PythonBinding(f"f{number // 3}", module="m"), b"%d" % number), Call("f")
                )
            )
            for number in range(600)
        ]
        await asyncio.gather(*calls)
        assert [len(batch) for batch in decide.batches] == [510, 90]

    asyncio.run(main())


def test_a_second_batch_begins_where_enough_wait() -> None:
    """No more batches are made at once than may be, and a few calls wait rather than begin another."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=2)
        calls = [asking(gathering, "first a"), asking(gathering, "first b")]
        await settled()
        calls += [asking(gathering, str(number), company="others") for number in range(300)]
        await settled()
        assert [len(batch) for batch in decide.batches] == [2, 300]
        calls += [asking(gathering, f"more {number}") for number in range(300)]
        await settled()
        assert len(decide.batches) == 2
        decide.may_end.set()
        assert all(await asyncio.gather(*calls))

    asyncio.run(main())


def test_a_second_batch_begins_where_as_many_wait_as_are_made() -> None:
    """Beside a large batch, a small one waits, so that batches grow with what there is to do."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=2)
        calls = [asking(gathering, f"early {number}") for number in range(200)]
        await settled()
        calls += [asking(gathering, f"late {number}", company="others") for number in range(199)]
        await settled()
        assert [len(batch) for batch in decide.batches] == [200]
        calls += [asking(gathering, "one more", company="others")]
        await settled()
        assert [len(batch) for batch in decide.batches] == [200, 200]
        decide.may_end.set()
        assert all(await asyncio.gather(*calls))

    asyncio.run(main())


def test_a_call_alone_or_in_doubt_is_left_to_who_asked() -> None:
    """Where no other waits, and where nothing certain is found, the answer is that it has to be made by itself."""

    async def main() -> None:
        decide = Deciding()
        decide.may_end.set()
        gathering = Gathering(decide, at_once=2)
        assert await asking(gathering, "alone") is None
        assert decide.batches == []
        assert results(await asyncio.gather(asking(gathering, "a"), asking(gathering, "no"))) == ["a", None]

    asyncio.run(main())


def test_the_same_call_is_made_once() -> None:
    """All who want it get what it did."""

    async def main() -> None:
        decide = Deciding()
        decide.may_end.set()
        gathering = Gathering(decide, at_once=2)
        answers = await asyncio.gather(*(asking(gathering, name) for name in ("a", "b", "a")))
        assert results(answers) == ["a", "b", "a"]
        assert decide.batches == [[b"a", b"b"]]

    asyncio.run(main())


def test_a_batch_is_given_up_when_nobody_waits_for_any_of_it() -> None:
    """One who leaves costs the others nothing; the last one ends it."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=1)
        first, second = asking(gathering, "a"), asking(gathering, "b")
        await settled()
        first.cancel()
        await settled()
        assert decide.cancelled == 0
        second.cancel()
        await settled()
        assert decide.cancelled == 1
        decide.may_end.set()
        assert results(await asyncio.gather(asking(gathering, "c"), asking(gathering, "d"))) == ["c", "d"]

    asyncio.run(main())


def test_what_nobody_waits_for_any_more_is_not_made() -> None:
    """A call whose asker left before its turn is in no batch."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=1)
        running = [asking(gathering, name) for name in "ab"]
        await settled()
        waiting = [asking(gathering, name) for name in "cde"]
        await settled()
        waiting[1].cancel()
        decide.may_end.set()
        await asyncio.gather(*running, waiting[0], waiting[2])
        assert decide.batches[1:] == [[b"c", b"e"]]

    asyncio.run(main())


def test_closing_leaves_nobody_waiting() -> None:
    """Who waits is told to make the call by itself, whether it had begun or not; so is who asks afterwards."""

    async def main() -> None:
        decide = Deciding()
        gathering = Gathering(decide, at_once=1)
        begun = [asking(gathering, name) for name in "ab"]
        await settled()
        waiting = asking(gathering, "c")
        await settled()
        await gathering.close()
        assert await asyncio.gather(*begun, waiting, asking(gathering, "d")) == [None] * 4

    asyncio.run(main())


def test_what_breaks_reaches_everybody() -> None:
    """An executor that is broken is nobody's secret."""

    async def main() -> None:
        decide = Deciding()
        decide.fails = True
        decide.may_end.set()
        gathering = Gathering(decide, at_once=1)
        found = await asyncio.gather(asking(gathering, "a"), asking(gathering, "b"), return_exceptions=True)
        assert [type(each) for each in found] == [RuntimeError, RuntimeError]
        with pytest.raises(RuntimeError, match="broken"):
            await asyncio.gather(asking(gathering, "a"), asking(gathering, "b"))

    asyncio.run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_only_those_wait_that_something_is_made_ready_for(*, fails: bool) -> None:
    """Calls of others are made meanwhile, however few; the rest is made together then, also where that failed."""

    async def main() -> None:
        decide, ready = Deciding(), asyncio.Event()
        decide.may_end.set()
        gathering = Gathering(decide, at_once=1)

        async def prepares() -> None:
            await ready.wait()
            if fails:
                raise RuntimeError("broken")

        gathering.wait_for("ours", prepares())
        ours = [asking(gathering, name) for name in "ab"]
        await settled()
        theirs = [asking(gathering, name, company="theirs") for name in "cd"]
        assert results(await asyncio.gather(*theirs)) == ["c", "d"]
        ours.append(asking(gathering, "e"))
        await settled()
        assert decide.batches == [[b"c", b"d"]]
        ready.set()
        assert results(await asyncio.gather(*ours)) == ["a", "b", "e"]
        assert decide.batches == [[b"c", b"d"], [b"a", b"b", b"e"]]
        await gathering.close()

    asyncio.run(main())


def test_closing_gives_up_what_is_made_ready() -> None:
    """Whoever waits for that is told to make the call by itself."""

    async def main() -> None:
        gathering = Gathering(Deciding(), at_once=1)
        gathering.wait_for("ours", asyncio.sleep(PATIENCE_S))
        waiting = asking(gathering, "a")
        await settled()
        await gathering.close()
        assert await waiting is None
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
