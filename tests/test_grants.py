"""Grants: what a tool is granted it can do, what it is not granted it cannot, and neither can its neighbours."""

import asyncio
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from apigen.cli.main import app
from apigen.config import Config, GrantConfig, load_config
from apigen.errors import UserError
from apigen.execute.addresses import is_public
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import Granted, Grants, read_grants, unenforced
from apigen.execute.python import Isolation, Level, probe_isolation
from apigen.execute.sandbox.broker import Channel, Connect, Lookup, Rules
from apigen.execute.secrets import Secrets
from apigen.library.catalogue import load_library
from apigen.records import Call, Execution, Reason
from apigen.rundir import read_manifest
from sandbox_lab import SHORT, tool_of

FILE = Path(__file__).parent / "data" / "granted.py"
KEY = "k3y-that/nobody knows"

linux = pytest.mark.skipif(
    sys.platform != "linux" or not probe_isolation().level.at_least(Level.FILTERED), reason="needs seccomp and Landlock"
)


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("granted")
    (folder / "open.txt").write_text("for you")
    (folder.parent / "closed.txt").write_text("not for you")
    return folder


class Lab:
    """Calls functions of ``granted.py`` under grants."""

    def __init__(self, runner: asyncio.Runner, executor: GrantedExecutor) -> None:
        self.runner = runner
        self.executor = executor

    def call(self, name: str, /, **arguments: Any) -> Execution:
        return self.runner.run(self.executor.execute(tool_of(name, FILE), Call(name, arguments)))


@pytest.fixture(scope="module")
def lab(port: int, folder: Path) -> Iterator[Lab]:
    """One set of grants for the whole module: starting a sandbox for each would take long."""
    here = f"127.0.0.1:{port}"
    rules = [
        GrantConfig(tools=("read_text", "change"), read=(str(folder),)),
        GrantConfig(tools=("fetch*", "opens", "breaks_the_channel"), hosts=(here, "granted.invalid:80")),
        GrantConfig(tools=("variable*", "fails_with"), variables=("APIGEN_TEST_KEY",)),
    ]
    grants = read_grants(rules, {"APIGEN_TEST_KEY": KEY, "OTHER_KEY": "another secret"})
    with asyncio.Runner() as runner:
        executor = GrantedExecutor(SHORT, 1, grants=grants)
        yield Lab(runner, executor)
        runner.run(executor.aclose())


@linux
def test_a_granted_folder_can_be_read_and_not_written(lab: Lab, folder: Path) -> None:
    """Everything beneath it can be read; what lies beside it cannot, and nothing can be changed."""
    assert lab.call("read_text", path=str(folder / "open.txt")).result == "for you"
    assert lab.call("read_text", path=str(folder.parent / "closed.txt")).reason is Reason.FORBIDDEN
    assert lab.call("change", path=str(folder / "open.txt")).reason is Reason.FORBIDDEN
    assert (folder / "open.txt").read_text() == "for you"


@linux
def test_a_granted_host_can_be_reached(lab: Lab, port: int) -> None:
    """By urllib, from several threads, and by aiohttp."""
    url = f"http://127.0.0.1:{port}/"
    assert lab.call("fetch", url=url).result == "hello"
    assert lab.call("fetch_in_threads", url=url, times=6).result == ["hello"] * 6
    assert lab.call("fetch_async", url=url).result == "hello"


@linux
def test_nothing_else_can_be_reached(lab: Lab, port: int) -> None:
    """Another port of the host and another host are forbidden, and the detail names them."""
    for url, place in (
        (f"http://127.0.0.1:{port + 1}/", f"127.0.0.1:{port + 1}"),
        (f"http://127.0.0.2:{port}/", "127.0.0.2"),
        ("http://example.com/", "example.com"),
    ):
        execution = lab.call("fetch", url=url)
        assert (execution.reason, f"{place} is not granted" in execution.detail) == (Reason.FORBIDDEN, True)


@linux
def test_a_granted_host_without_an_address_is_no_refusal(lab: Lab) -> None:
    """The network's own failures are not the sandbox's."""
    execution = lab.call("fetch", url="http://granted.invalid/")
    assert execution.reason is Reason.RUNTIME_ERROR
    assert "granted.invalid has no address" in execution.detail


@linux
@pytest.mark.parametrize("kind", ["udp", "unix", "listen", "interfaces", "fast open", "raw"])
def test_a_grant_opens_nothing_else_of_the_network(lab: Lab, port: int, kind: str) -> None:
    """Other kinds of sockets, listening, and asking a granted connection about the machine stay forbidden."""
    assert lab.call("opens", kind=kind, port=port).reason is Reason.FORBIDDEN


@linux
def test_a_call_cannot_break_the_network_of_the_next(lab: Lab, port: int) -> None:
    """Each call has a channel of its own, and may connect often."""
    assert lab.call("breaks_the_channel", host="", port=0).result == "broken"
    assert lab.call("opens", kind="flood", port=port).result == "open"
    assert lab.call("fetch", url=f"http://127.0.0.1:{port}/").result == "hello"


@linux
def test_a_neighbour_gains_nothing(lab: Lab, port: int, folder: Path) -> None:
    """Tools of the same file with other grants, or none, have only their own."""
    assert lab.call("read_text", path=str(FILE)).ok
    assert lab.call("fetch", url=f"file://{folder}/open.txt").reason is Reason.FORBIDDEN
    assert lab.call("variable", name="OTHER_KEY").result == "not set"
    with asyncio.Runner() as runner:
        rules = [GrantConfig(tools=("fetch",), hosts=(f"127.0.0.1:{port}",))]
        executor = GrantedExecutor(SHORT, 1, grants=read_grants(rules, {}))
        alone = Lab(runner, executor)
        assert alone.call("fetch", url=f"http://127.0.0.1:{port}/").ok
        assert alone.call("opens", kind="flood", port=port).reason is Reason.FORBIDDEN
        assert alone.call("variable", name="APIGEN_TEST_KEY").result == "not set"
        runner.run(executor.aclose())


@linux
def test_bulk_keeps_to_the_grants_too(lab: Lab, folder: Path) -> None:
    """Calls of several tools at once come back in order, each under its own grant."""
    wanted = [
        ("read_text", {"path": str(folder / "open.txt")}),
        ("variable", {"name": "APIGEN_TEST_KEY"}),
        ("fetch", {"url": f"file://{folder}/open.txt"}),
        ("read_text", {"path": str(folder.parent / "closed.txt")}),
    ]
    pairs = [(tool_of(name, FILE), Call(name, arguments)) for name, arguments in wanted]
    found = lab.runner.run(lab.executor.execute_many(pairs))
    assert [execution.result for execution in found] == ["for you", "$APIGEN_TEST_KEY", None, None]
    assert [execution.reason for execution in found[2:]] == [Reason.FORBIDDEN] * 2


@linux
def test_values_of_variables_come_out_nowhere(lab: Lab) -> None:
    """A tool sees the value; results and details show the variable's name in its place, also where one was cut."""
    assert lab.call("variable", name="APIGEN_TEST_KEY").result == "$APIGEN_TEST_KEY"
    assert lab.call("variable_in_forms", name="APIGEN_TEST_KEY").result == {
        "$APIGEN_TEST_KEY": ["before $APIGEN_TEST_KEY after"],
        "url": "?key=$APIGEN_TEST_KEY",
        "number": 0,
    }
    assert lab.call("fails_with", name="APIGEN_TEST_KEY").detail == "RuntimeError: no access with $APIGEN_TEST_KEY"
    cut = lab.call("fails_with", name="APIGEN_TEST_KEY", filler=260).detail
    assert "k3y-" not in cut


def test_numbers_and_deep_values_are_hidden_too() -> None:
    """A value of digits is hidden where it is returned as a number; one that lies too deep costs the result."""
    secrets = Secrets({"PIN": "12345678"})
    assert secrets.hide({"a": [12345678, 1.5, True, None]}) == {"a": ["$PIN", 1.5, True, None]}
    deep: Any = "12345678"
    for _ in range(900):
        deep = [deep]
    hidden = secrets.hide_in_execution(Execution(Call("f"), ok=True, result=deep))
    assert "12345678" not in str(hidden)
    assert not Secrets({}).stand_in("anything")


@linux
def test_importing_a_module_is_granted_what_its_tools_are(tmp_path: Path) -> None:
    """Also where the tools are named by a pattern; another module's grant is not given to it."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "table.txt").write_text("a b")
    file = tmp_path / "geo.py"
    file.write_text(
        f"TABLE = open({str(data / 'table.txt')!r}).read()\n"
        'def geo_find(name: str) -> str:\n    """Find a place."""\n    return TABLE\n'
    )
    rules = [GrantConfig(tools=("geo_*",), read=(str(data),))]
    library = load_library([f"python:{file}"], grants=read_grants(rules, {}))
    assert [tool.name for tool in library.tools] == ["geo_find"]
    for other in ((), (GrantConfig(tools=("weather_*",), read=(str(data),)),)):
        with pytest.raises(UserError, match=r"PermissionError: .*table\.txt.*grants: \[\{read: \[.*table\.txt"):
            load_library([f"python:{file}"], grants=read_grants(other, {}))


@linux
def test_a_value_in_a_description_is_refused(tmp_path: Path) -> None:
    """It would get into every prompt; and an error while importing does not show it either."""
    file = tmp_path / "keyed.py"
    file.write_text(
        'import os\ndef look(name: str) -> str:\n    """Look."""\n    return name\n'
        "look.__doc__ = f\"Look with {os.environ['APIGEN_TEST_KEY']}\"\n"
    )
    grants = read_grants([GrantConfig(variables=("APIGEN_TEST_KEY",))], {"APIGEN_TEST_KEY": KEY})
    with pytest.raises(UserError, match="granted variable appears in the description") as refusal:
        load_library([f"python:{file}"], grants=grants)
    assert KEY not in str(refusal.value)
    file.write_text("import os\nraise RuntimeError(os.environ['APIGEN_TEST_KEY'])\n")
    with pytest.raises(UserError, match=r"RuntimeError: \$APIGEN_TEST_KEY"):
        load_library([f"python:{file}"], grants=grants)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"hosts": "example.com"}, "is not HOST:PORT"),
        ({"hosts": "https://example.com:443"}, "is not HOST:PORT"),
        ({"hosts": "example.com:443/path"}, "is not HOST:PORT"),
        ({"hosts": "example.com:0"}, "no port between 1 and 65535"),
        ({"hosts": "example.com:70000"}, "no port between 1 and 65535"),
        ({"hosts": "*.example.com:443"}, "patterns are not supported"),
        ({"hosts": "::1:443"}, "IPv6 addresses need brackets"),
        ({"hosts": "[nonsense]:443"}, "grants.0.hosts"),
        ({"hosts": "localhost:80"}, "grant a private address by its number"),
        ({"variables": "KEY=value"}, "write only the name here"),
        ({"tools": ["a"]}, "it grants nothing"),
        ({"hosts": "a.com:1", "tools": []}, "grants.0.tools"),
        ({"host": "a.com:1"}, "did you mean `hosts`?"),
    ],
)
def test_a_grant_that_cannot_be_meant_is_one_line(tmp_path: Path, written: dict[str, Any], expected: str) -> None:
    """Before anything starts."""
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"grants": [written]}))
    with pytest.raises(UserError) as refusal:
        load_config(path)
    assert expected in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"read": ("/nowhere/at/all",)}, "/nowhere/at/all does not exist"),
        ({"read": ("/",)}, "would expose the whole machine"),
        ({"read": ("/proc",)}, "would expose the whole machine"),
        ({"variables": ("APIGEN_NOT_SET",)}, "$APIGEN_NOT_SET is not set"),
        ({"variables": ("APIGEN_SHORT",)}, "fewer than 8 characters"),
    ],
)
def test_a_grant_that_this_machine_cannot_give_is_one_line(rule: dict[str, Any], expected: str) -> None:
    """It names the grant, and never a value."""
    with pytest.raises(UserError) as refusal:
        read_grants([GrantConfig(**rule)], {"APIGEN_SHORT": "pin1"})
    assert str(refusal.value).startswith("grants.0.")
    assert expected in str(refusal.value)
    assert "pin1" not in str(refusal.value)


def test_a_grant_for_no_tool_is_refused() -> None:
    """A slip in a name would otherwise leave a tool without its grant."""
    grants = read_grants([GrantConfig(tools=("get_wether",), hosts=("a.com:1",))], {})
    with pytest.raises(UserError, match=r"grants\.0\.tools: 'get_wether' matches no tool"):
        load_library(["starter:math"], grants=grants)


def test_a_tool_has_the_union_of_its_grants() -> None:
    """Each in one spelling; tools with the same grants stand together, those without are not listed."""
    grants = read_grants(
        [
            GrantConfig(hosts=("API.example.com.:443",), tools=("a", "b")),
            GrantConfig(variables=("APIGEN_TEST_KEY",), hosts=("[0::1]:8",), tools=("b*",)),
        ],
        {"APIGEN_TEST_KEY": KEY},
    )
    assert grants.granted(["a", "b", "bb", "bc", "none"]) == (
        Granted(("a",), (), ("api.example.com:443",), ()),
        Granted(("b",), (), ("[::1]:8", "api.example.com:443"), ("APIGEN_TEST_KEY",)),
        Granted(("bb", "bc"), (), ("[::1]:8",), ("APIGEN_TEST_KEY",)),
    )
    assert grants.of("b").sentence() == "connect to [::1]:8, api.example.com:443; see $APIGEN_TEST_KEY"
    assert KEY not in repr(grants.sight(grants.of("b")))


def test_grants_decide_a_run_and_isolation_does_not() -> None:
    """A run with other grants is another run; the level that is required may change when it is resumed."""
    plain = Config()
    assert plain.digest() != Config(grants=(GrantConfig(hosts=("a.com:1",)),)).digest()
    assert plain.digest() == load_config(None, {"isolation": "filtered"}).digest()


def test_grants_are_relative_to_where_the_run_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The written configuration has absolute paths."""
    monkeypatch.chdir(tmp_path)
    resolved = Config(grants=(GrantConfig(read=("data",)),)).resolved()
    assert resolved.grants[0].read == (str(tmp_path.resolve() / "data"),)
    assert yaml.safe_load(resolved.to_yaml())["grants"][0]["read"] == [str(tmp_path.resolve() / "data")]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (("seccomp", "Landlock ABI 7"), ""),
        (("network namespace", "Landlock ABI 7"), ""),
        (("seccomp",), "every tool can read any file"),
        (("resource limits",), "every tool can read any file and reach any host"),
    ],
)
def test_where_grants_are_not_enforced_it_is_said(layers: Sequence[str], expected: str) -> None:
    """Without the walls a grant is only a wish."""
    isolation = Isolation(Level.LIMITS, tuple(layers), "")
    granted = (Granted(("a",), (), ("a.com:1",), ()),)
    assert unenforced(granted, isolation).endswith(expected)
    assert unenforced((), isolation) == ""


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
        ("2002:7f00:1::", False),
        ("not an address", False),
    ],
)
def test_private_addresses_are_told_from_public_ones(address: str, public: bool) -> None:
    """In every spelling that would reach one."""
    assert is_public(address) is public


def test_a_name_at_a_private_address_is_refused() -> None:
    """Whoever owns a name decides where it points: it must not point into the network of the user."""
    channel = Channel(Rules(["localhost:80", "127.0.0.1:9"]), None)  # type: ignore[arg-type]
    answers = [
        channel._answer(_encoded(request))[0]
        for request in (
            Lookup("localhost"),
            Connect("127.0.0.1", 80, 1.0),
            Connect("localhost", 80, 1.0),
            Connect("127.0.0.1", 9, 0.5),
            Lookup("127.0.0.1"),
        )
    ]
    refused, other_port, no_address, granted, literal = answers
    assert (refused.error, "private address" in refused.problem) == (1, True)
    assert (other_port.error, no_address.error) == (1, 1)
    assert granted.error not in (0, 1)  # allowed, though nobody listens there
    assert literal.addresses == ("127.0.0.1",)
    assert channel._answer(b"{}")[0].error != 0


def _encoded(request: Lookup | Connect) -> bytes:

    return msgspec.json.encode(request)


def test_no_grants_cost_nothing() -> None:
    """Without grants every tool has the same, empty one."""
    assert Grants().of("anything").is_empty
    assert not os.environ.get("APIGEN_TEST_KEY")


@linux
def test_a_run_shows_and_records_its_grants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start and in the manifest; the value of a variable that a tool returns is in no file."""
    monkeypatch.setenv("APIGEN_TEST_KEY", KEY)
    file = tmp_path / "keyed.py"
    file.write_text(
        'import os\ndef look_up(name: str) -> str:\n    """Look up the key of a place.\n\n    Args:\n'
        "        name: the place, such as Paris.\n"
        '    """\n    return name + os.environ[\'APIGEN_TEST_KEY\']\n'
    )
    written = {
        "library": f"python:{file}",
        "count": 2,
        "styles": {"multiple": 0, "parallel": 0, "parallel_multiple": 0},
        "isolation": "filtered",
        "grants": [{"tools": "look_*", "variables": "APIGEN_TEST_KEY", "read": str(tmp_path)}],
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(written))
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["run", str(tmp_path / "config.yaml"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"granted to look_up: read {tmp_path}; see $APIGEN_TEST_KEY" in done.output
    manifest = read_manifest(out)
    assert manifest["grants"] == [
        {"tools": ["look_up"], "read": [str(tmp_path)], "hosts": [], "variables": ["APIGEN_TEST_KEY"]}
    ]
    schema = json.loads((Path(__file__).parents[1] / "docs" / "schemas" / "manifest.schema.json").read_text())
    jsonschema_rs.validate(schema, manifest)
    assert "$APIGEN_TEST_KEY" in (out / "dataset.jsonl").read_text()
    for path in out.iterdir():
        assert KEY.encode() not in path.read_bytes(), path


def test_a_required_level_that_is_not_reached_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a library is loaded or a directory made."""
    weak = Isolation(Level.LIMITS, (), "", ("no seccomp: because",))
    monkeypatch.setattr("apigen.execute.sandbox.isolation.probe_isolation", lambda: weak)
    done = CliRunner().invoke(app, ["run", "--dry-run", "--require-isolation", "filtered"])
    assert isinstance(done.exception, UserError)
    assert "`filtered` is required, but this machine only provides `limits`: no seccomp: because" in str(done.exception)
    done = CliRunner().invoke(app, ["run", "--dry-run", "--require-isolation", "most"])
    assert "--require-isolation: must be 'namespaced', 'filtered'" in str(done.exception)
