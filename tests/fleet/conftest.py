"""What the tests of endpoints share: an estate that stands while a file of them runs, and one of a test's own."""

import contextlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet  # noqa: E402
from wsman_client import FIRST, NET, OWN, PORT, SERVER  # noqa: E402

SCRIPT = f"""
tls cert=ec256 cert_file=%(directory)s/certificates.pem names={",".join(f"{NET}.40.{i}" for i in range(1, 6))}
winrm port={PORT}
agents TC-%%d count=5 address={FIRST} port=21112 scheme=https
server apex1 address={SERVER} port=4343 scheme=https
server apex2 address={NET}.42.2 port=4343 scheme=https
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fleet")
    with Fleet(SCRIPT % {"directory": directory}, directory) as running:
        yield running


@pytest.fixture
def lonely(tmp_path):
    """Starts a fleet of the test's own: three endpoints, of which a test can do what it likes."""
    with contextlib.ExitStack() as stack:

        def start(*lines, winrm="winrm port=%d" % PORT):
            script = "\n".join(
                [
                    f"tls cert=ec256 cert_file={tmp_path}/certificates.pem names={OWN},{NET}.41.2",
                    f"agents PC-%d count=3 address={OWN} port=21112",
                    winrm,
                    f"server apex1 address={SERVER} port=4344",
                    *lines,
                ]
            )
            return stack.enter_context(Fleet(script, tmp_path))

        yield start


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def everybody_is_healthy(request):
    yield
    if "fleet" in request.fixturenames:
        request.getfixturevalue("fleet").set("all", "healthy")
