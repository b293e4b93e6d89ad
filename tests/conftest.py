"""Settings for all tests, and what several of them share: a nursery, a run, a server behind TLS."""

import compileall
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_httpserver import HTTPServer

import apigen
from nurseries import Nurseries
from runs import apigen as command_line
from runs import told

# A change must not fail for what chance found in somebody else's code: CI repeats itself, developers explore.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


def pytest_configure(config: pytest.Config) -> None:
    """Compile what hundreds of sandboxes import, once, also where Python is told to keep no bytecode.

    Proxies of whoever runs the tests are left out: servers of tests are on this machine, and some hosts nowhere.
    """
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(apigen.__file__).parent, quiet=2)


@pytest.fixture(scope="session", autouse=True)
def nurseries() -> Iterator[Nurseries]:
    """Kept for all descriptions of modules in this process."""
    kept = Nurseries()
    with kept.lent():
        yield kept


@pytest.fixture
def no_nursery_kept(nurseries: Nurseries) -> Iterator[None]:
    """For tests that look at all processes below this one."""
    with nurseries.none():
        yield


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, made by openssl."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    files = ("-keyout", str(folder / "both.pem"), "-out", str(folder / "certificate.pem"))
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    with (folder / "both.pem").open("a") as both:
        both.write((folder / "certificate.pem").read_text())
    return folder


@pytest.fixture
def tls_server(certificate: Path) -> HTTPServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "both.pem")
    return HTTPServer(ssl_context=context)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the offline writer over the starter library, which is read and never written to."""
    out = tmp_path_factory.mktemp("offline") / "run"
    ran = command_line("run", "--count", "60", "--out", out)
    assert ran.returncode == 0, told(ran)
    return out
