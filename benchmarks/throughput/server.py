"""A model server that costs next to nothing: it answers what it was asked before from memory, after a set wait.

Speaks the protocol of OpenAI's ``POST /v1/chat/completions`` on persistent connections, and no more of HTTP than the
clients here use. What it answers goes by the model's name: a judge passes everything; a writer is the offline writer,
whose answer is kept by the request's bytes. So a first pass over the same requests takes the cost of writing out of
every later one.

    python -m benchmarks.throughput.server

The first line on its output is its address. ``POST /begin`` with ``{"latency_s": 0.05}`` sets the wait and forgets what
was counted; ``GET /told`` answers what was counted since, as :class:`Told`; ``GET /bodies`` all requests since, one a
line.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Callable

import msgspec

from apigen.models.base import Options
from apigen.models.offline.model import OfflineModel
from apigen.records import Message
from apigen.verify.judges.criteria import CRITERIA

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_LENGTH = b"content-length:"
_END = b"\r\n\r\n"

_FITS = {"thought": "It fits.", "criteria": {name: {"holds": True, "quote": ""} for name in CRITERIA}, "pass": True}
_PAIR = {"query": "What are 3.5 and 4?", "answers": [{"name": "add", "arguments": {"x": 3.5, "y": 4.0}}]}
WRITER, JUDGE, PEER_WRITER, PEER_JUDGE = "writer", "judge", "peer-writer", "peer-judge"
_ALWAYS = {JUDGE: _FITS, PEER_WRITER: [_PAIR], PEER_JUDGE: {"thought": "It fits.", "passes": "yes"}}
"""What these models say, whatever they are asked."""


class Told(msgspec.Struct):
    """What a server counted.

    Attributes:
        answered: requests.
        met: those of them that were answered from memory.
        first: when the first arrived, on the server's own clock; 0 where none did.
        last: when the last was answered.
        cpu_s: of the server.
        in_flight: at every change, when it was and how many there were from then on.
    """

    answered: int = 0
    met: int = 0
    first: float = 0.0
    last: float = 0.0
    cpu_s: float = 0.0
    in_flight: list[tuple[float, int]] = []


class _Asked(msgspec.Struct):
    model: str
    messages: list[Message]
    seed: int | None = None


class Answers:
    """Answers by request, and what was counted since the last beginning."""

    def __init__(self) -> None:
        self.told = Told()
        self.latency_s = 0.0
        self.bodies: list[bytes] = []
        self._known: dict[bytes, bytes] = {}
        self._now_in_flight = 0
        self._cpu_before = 0.0

    def begin(self, latency_s: float) -> None:
        self.told, self.latency_s, self.bodies = Told(in_flight=[]), latency_s, []
        self._cpu_before = _cpu_s()

    def arrived(self, body: bytes) -> None:
        self.bodies.append(body)
        self._count(1)
        self.told.first = self.told.first or self.told.in_flight[-1][0]

    def left(self) -> None:
        self._count(-1)
        self.told.answered += 1
        self.told.last = self.told.in_flight[-1][0]

    def answer(self, body: bytes) -> bytes:
        """The whole response to a request."""
        known = self._known.get(body)
        if known is None:
            known = self._known[body] = _response(_written(msgspec.json.decode(body, type=_Asked)))
        else:
            self.told.met += 1
        return known

    def counted(self) -> bytes:
        self.told.cpu_s = _cpu_s() - self._cpu_before
        return msgspec.json.encode(self.told)

    def _count(self, more: int) -> None:
        self._now_in_flight += more
        self.told.in_flight.append((time.monotonic(), self._now_in_flight))


class Connection(asyncio.Protocol):
    """One client's connection: a request at a time, answered when its time has come."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._unread = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head, found, _ = self._unread.partition(_END)
        if not found:
            return
        line, _, fields = bytes(head).partition(b"\r\n")
        _, named, rest = fields.lower().partition(_LENGTH)
        begin = len(head) + len(_END)
        end = begin + (int(rest.partition(b"\r\n")[0]) if named else 0)
        if len(self._unread) < end:
            return
        body = bytes(self._unread[begin:end])
        del self._unread[:end]
        self._serve(line.split(b" ")[1], body)

    def _serve(self, path: bytes, body: bytes) -> None:
        answers = self._answers
        if path == b"/begin":
            answers.begin(float(msgspec.json.decode(body)["latency_s"]))
            self._send(_response_of(b"{}"))
        elif path == b"/told":
            self._send(_response_of(answers.counted()))
        elif path == b"/bodies":
            self._send(_response_of(b"\n".join(answers.bodies)))
        else:
            answers.arrived(body)
            response = answers.answer(body)
            if answers.latency_s:
                asyncio.get_running_loop().call_later(answers.latency_s, self._finish, response)
            else:
                self._finish(response)

    def _finish(self, response: bytes) -> None:
        self._answers.left()
        self._send(response)

    def _send(self, response: bytes) -> None:
        assert self._transport is not None
        self._transport.write(response)


def _written(asked: _Asked) -> str:
    """What a model says."""
    if asked.model in _ALWAYS:
        return msgspec.json.encode(_ALWAYS[asked.model]).decode()
    if "<tools>" not in asked.messages[-1].content:
        return "white"  # what is asked to learn how the endpoint holds answers to a form
    writing = OfflineModel().complete(asked.messages, Options(seed=asked.seed))
    try:
        writing.send(None)  # it waits for nothing
    except StopIteration as done:
        return str(done.value.text)
    raise AssertionError("the offline model waits for nothing")


def _response(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    known = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return _response_of(msgspec.json.encode(known))


def _response_of(body: bytes) -> bytes:
    return _HEAD % len(body) + body


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def serve(say: Callable[[str], object]) -> None:
    """Serve until standard input ends."""
    answers = Answers()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0, backlog=1024)
    say(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(lambda line: print(line, flush=True)))
