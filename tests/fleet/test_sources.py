"""fleetsim's Smart Protection Servers: what their two ports answer, how they fail, and when certificates end."""

import contextlib
import datetime
import http.client
import pathlib
import re
import socket
import ssl
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet, FleetError, binary, network  # noqa: E402

NET = network()
PLAIN, SECURE = f"{NET}.80.1", f"{NET}.80.2"
QUESTION = "/tmcss/?LCRC=08000000AC41080092000080C4F01936B21D9104"
LONG_S = 10
DAY = datetime.timedelta(days=1)

SCRIPT = f"""
tls cert=ec256 cert_file=%(directory)s/certificates.pem
agent PC-1 address={NET}.80.9 port=21112
source sps1 address={PLAIN} port=8082 scheme=http
source sps2 address={SECURE} port=8443 web_port=8274 names=sps2.example,cache.example
server apex1 address={NET}.80.3 port=4343 scheme=https
"""
PORTS = [  # the target, its scheme, where it listens, what is asked
    ("sps1", "http", (PLAIN, 8082), QUESTION),
    ("sps1.web", "http", (PLAIN, 5274), "/"),
    ("sps2", "https", (SECURE, 8443), QUESTION),
    ("sps2.web", "https", (SECURE, 8274), "/"),
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fleet")
    with Fleet(SCRIPT % {"directory": directory}, directory) as running:
        yield running


def trusting_context(fleet):
    return ssl.create_default_context(cafile=str(fleet.directory / "certificates.pem"))


def blind_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def get(scheme, place, path, context=None, timeout=LONG_S):
    made = http.client.HTTPConnection(*place, timeout=timeout) if scheme == "http" else http.client.HTTPSConnection(
        *place, timeout=timeout, context=context or blind_context())  # fmt: skip
    with contextlib.closing(made) as client:
        client.request("GET", path)
        response = client.getresponse()
        return response.status, response.read(), response.headers


# --- what they answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, scheme, place, path", [port for port in PORTS if port[3] == QUESTION])
def test_file_reputation_answers_in_octets(fleet, name, scheme, place, path):
    status, body, headers = get(scheme, place, path)
    assert (status, headers["Content-Type"]) == (200, "binary/octet-stream")
    assert 4 < len(body) < 64 and not body.isascii()


@pytest.mark.parametrize("name, scheme, place, path", [port for port in PORTS if port[3] == "/"])
def test_web_reputation_answers(fleet, name, scheme, place, path):
    assert get(scheme, place, path)[0] == 200


@pytest.mark.parametrize("path", ["/", "/tmcss/", "/tmcss/?lcrc=00", "/tmcss?LCRC=00"])
def test_file_reputation_answers_its_own_question_alone(fleet, path):
    assert get("https", (SECURE, 8443), path)[0] == 404


def test_web_reputation_has_one_page(fleet):
    assert get("https", (SECURE, 8274), QUESTION)[0] == 404


@pytest.mark.parametrize("name, scheme, place, path", PORTS)
@pytest.mark.parametrize("behaviour, expected", [("error500", 500), ("forbidden", 403), ("wrong", 200)])
def test_each_port_behaves_by_itself(fleet, name, scheme, place, path, behaviour, expected):
    fleet.set("sources", "healthy")
    fleet.set(name, behaviour)
    for other, other_scheme, other_place, other_path in PORTS:
        status, body, headers = get(other_scheme, other_place, other_path)
        assert status == (expected if other == name else 200)
        if other == name and behaviour == "wrong":
            assert headers["Content-Type"] == "text/html" and b"Somebody else" in body


@pytest.mark.parametrize("name, scheme, place, path", PORTS)
def test_ports_fail_like_any_other(fleet, name, scheme, place, path):
    fleet.set("sources", "healthy")
    fleet.set(name, "refused")
    with pytest.raises(ConnectionRefusedError):
        get(scheme, place, path)
    fleet.set(name, "hang")
    with pytest.raises(TimeoutError):
        get(scheme, place, path, timeout=0.6)
    fleet.set(name, "garbage")
    with pytest.raises((http.client.BadStatusLine, ssl.SSLError)):
        get(scheme, place, path)
    fleet.set(name, "healthy")
    assert get(scheme, place, path)[0] == 200


# --- certificates -----------------------------------------------------------------------------------------------------


def days_left(place):
    """Of the certificate that is shown, as a difference of times."""
    shown = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=ssl.get_server_certificate(place),
                           capture_output=True, text=True, check=True).stdout  # fmt: skip
    end = datetime.datetime.strptime(shown.strip(), "notAfter=%b %d %H:%M:%S %Y GMT")
    return end - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize("days", [400, 30, 1, 0])
def test_certificates_end_when_they_are_told_to(fleet, days):
    fleet.ask(f"set sps2 certificate_days={days}")
    assert days_left((SECURE, 8443)) // DAY == days
    assert get("https", (SECURE, 8443), QUESTION, trusting_context(fleet))[0] == 200


@pytest.mark.parametrize("days", [-1, -36500])
def test_certificates_may_have_ended(fleet, days):
    fleet.ask(f"set sps2.web certificate_days={days}")
    assert days_left((SECURE, 8274)) // DAY == days
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        get("https", (SECURE, 8274), "/", trusting_context(fleet))
    assert get("https", (SECURE, 8274), "/")[0] == 200


def test_an_end_is_one_port_s_affair(fleet):
    fleet.ask("set sps2 certificate_days=7")
    fleet.ask("set sps2.web certificate_days=9")
    assert days_left((SECURE, 8443)) // DAY == 7 and days_left((SECURE, 8274)) // DAY == 9
    assert days_left((f"{NET}.80.3", 4343)) // DAY == 364


def test_an_end_is_of_good_certificates_alone(fleet):
    fleet.ask("set sps2 certificate_days=7 behaviour=badcert")
    assert days_left((SECURE, 8443)) // DAY == -2
    fleet.ask("set sps2 behaviour=healthy")
    assert days_left((SECURE, 8443)) // DAY == 7


def test_an_end_needs_https(fleet):
    with pytest.raises(FleetError, match="sps1: certificate_days is for https alone"):
        fleet.ask("set sources certificate_days=7")


def test_scripts_choose_ends(tmp_path):
    script = (
        "tls cert=ec256 certificate_days=20\n"
        f"source a address={NET}.80.20 port=8443\n"
        f"source b address={NET}.80.21 port=8443 certificate_days=-3\n"
    )
    with Fleet(script, tmp_path):
        assert days_left((f"{NET}.80.20", 8443)) // DAY == 20
        assert days_left((f"{NET}.80.21", 8443)) // DAY == -3 == days_left((f"{NET}.80.21", 5274)) // DAY


def test_certificates_name_the_sources(fleet):
    for name in ("sps2", "sps2.example", "CACHE.example", SECURE):
        context = trusting_context(fleet)
        with contextlib.closing(http.client.HTTPSConnection(SECURE, 8443, timeout=LONG_S)) as client:
            client.sock = context.wrap_socket(socket.create_connection((SECURE, 8443)), server_hostname=name)
            client.request("GET", QUESTION)
            assert client.getresponse().status == 200


# --- commands and scripts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "selection, expected",
    [("sources", 4), ("sps1", 1), ("sps1.web", 1), ("sps1..sps2", 2), ("sps1.web..sps2.web", 2), ("PC-1..apex1", 4),
     ("all", 6)],
)
def test_selections(fleet, selection, expected):
    assert fleet.set(selection, "healthy") == {"targets": expected}


def test_sources_are_counted_once(fleet):
    assert fleet.ready == "ready agents=1 servers=1 sources=2\n"
    assert fleet.stats()["sources"] == 2
    before = fleet.stats("sps2.web")["requests"]
    get("https", (SECURE, 8274), "/")
    assert fleet.stats("sps2.web")["requests"] == before + 1


GOOD = f"source sps1 address={NET}.81.1 port=8443"


@pytest.mark.parametrize(
    "line, error",
    [
        ("source", "source NAME address=A port=P ... expected"),
        ("source sps2 port=1", "address= and port= are missing"),
        (f"source sps2 address={NET}.81.2 port=1 web_port=0", "web_port=0: a number from 1 to 65535"),
        (f"source sps2 address={NET}.81.2 port=1 colour=red", "colour: unknown option"),
        (f"source sps2 address={NET}.81.2 port=1 certificate_days=x", "certificate_days=x: a number from -36500"),
        (f"source sps2 address={NET}.81.2 port=1 scheme=http certificate_days=1",
         "certificate_days is for https alone"),
        (f"source sps2 address={NET}.81.2 port=1 names=a/b", "a/b: not a name for a host"),
        (f"source sps2 address={NET}.81.2 port=1 names=ok,{64 * 'x'}", "too long for a name"),
        (f"source a address={NET}.81.2 port=1 names=x.y\nsource b address={NET}.81.3 port=1 names=X.y",
         "X.y: the name of another address already"),
        (f"agents PC-%d address={NET}.81.2 port=1 names=x.y", "names: for one target alone"),
        (f"agent sps1.web address={NET}.81.2 port=1", "sps1.web: there is one already"),
        (f"agent sources address={NET}.81.2 port=1", "sources: not a name for a target"),
        ("source sps1 behaviour=deep", "sps1: behaviour deep is not for sources"),
        ("source sps1 web_port=1", "web_port: unknown option"),
        ("tls certificate_days=1.5", "certificate_days=1.5: a number from -36500"),
    ],
)
def test_bad_script_lines_are_named(tmp_path, line, error):
    script = tmp_path / "script"
    script.write_text(f"{GOOD}\n{line}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(re.escape(f"fleetsim: {script}:{2 + line.count(chr(10))}: "), done.stderr) and error in done.stderr
