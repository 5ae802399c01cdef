"""fleetsim's proxies, asked by curl: HTTP and SOCKS5, who may pass them, where they lead, how they fail."""

import base64
import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet, FleetError, binary, network  # noqa: E402

NET = network()
PLAIN, SECURE = f"{NET}.90.1", f"{NET}.90.2"
HTTP, HTTP_GUARDED, SOCKS, SOCKS_GUARDED = (f"{NET}.91.{i}" for i in range(1, 5))
PORT = 8128
PATH = "/tmcss/?LCRC=08000000AC41080092000080C4F01936B21D9104"
USER, PASSWORD = "probe", "p:ss"
LONG_S = 10

SCRIPT = f"""
tls cert=ec256 cert_file=%(directory)s/certificates.pem
agents PC-%%d count=2 address={NET}.92.1 port=21112
source sps1 address={PLAIN} port=8082 scheme=http names=sps1.example
source sps2 address={SECURE} port=8443 names=sps2.example
proxy open address={HTTP} port={PORT} kind=http
proxy guarded address={HTTP_GUARDED} port={PORT} kind=http user={USER} password={PASSWORD}
proxy sopen address={SOCKS} port={PORT} kind=socks5
proxy sguarded address={SOCKS_GUARDED} port={PORT} kind=socks5 user={USER} password={PASSWORD}
"""
KINDS = [("open", f"http://{HTTP}:{PORT}"), ("sopen", f"socks5h://{SOCKS}:{PORT}")]
GUARDED = [("guarded", "http", HTTP_GUARDED), ("sguarded", "socks5h", SOCKS_GUARDED)]
URLS = [
    f"http://{PLAIN}:8082{PATH}",
    f"http://sps1.example:8082{PATH}",
    f"http://sps1:8082{PATH}",
    f"https://{SECURE}:8443{PATH}",
    f"https://SPS2.example:8443{PATH}",
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fleet")
    with Fleet(SCRIPT % {"directory": directory}, directory) as running:
        yield running


@pytest.fixture(autouse=True)
def everybody_is_healthy(request):
    yield
    if "fleet" in request.fixturenames:
        request.getfixturevalue("fleet").set("all", "healthy")


def curl(fleet, proxy, url, *options, seconds=LONG_S):
    """Asks by a proxy; returns curl's exit code, the status of the answer and of the proxy's to CONNECT."""
    done = subprocess.run(
        ["curl", "-q", "-s", "-o", str(fleet.directory / "answer"), "-m", str(seconds), "--noproxy", "", "-x", proxy,
         "--cacert", str(fleet.directory / "certificates.pem"), "-w", "%{http_code} %{http_connect}", *options, url],
        capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    answer, connect = done.stdout.split()
    return done.returncode, int(answer), int(connect)


# --- where they lead --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, proxy", KINDS)
@pytest.mark.parametrize("url", URLS)
def test_proxies_lead_to_targets(fleet, name, proxy, url):
    target = "sps1" if url.startswith("http:") else "sps2"
    before, passed = fleet.stats(target), fleet.stats(name)
    code, status, _ = curl(fleet, proxy, url)
    assert (code, status) == (0, 200) and 4 < (fleet.directory / "answer").stat().st_size < 64
    assert fleet.stats(target)["requests"] == before["requests"] + 1
    after = fleet.stats(name)
    assert after["connections"] == passed["connections"] + 1 and after["requests"] == passed["requests"] + 1
    assert after["logons_accepted"] == after["logons_rejected"] == 0


def test_http_proxies_open_tunnels_for_plain_http(fleet):
    code, status, connect = curl(fleet, KINDS[0][1], URLS[0], "--proxytunnel")
    assert (code, status, connect) == (0, 200, 200)


def test_socks_proxies_take_addresses(fleet):
    assert curl(fleet, f"socks5://{SOCKS}:{PORT}", URLS[3])[:2] == (0, 200)


def test_the_target_s_own_answer_comes_through(fleet):
    fleet.set("sps1", "error500")
    for _, proxy in KINDS:
        assert curl(fleet, proxy, URLS[0])[:2] == (0, 500)
    fleet.set("sps1", "reset")
    for _, proxy in KINDS:
        assert curl(fleet, proxy, URLS[0])[0] in (18, 56)  # a part of it came, or a reset was seen


def test_certificates_are_those_of_the_target(fleet):
    fleet.set("sps2", "badcert")
    for _, proxy in KINDS:
        assert curl(fleet, proxy, URLS[3])[0] == 60
    fleet.set("sps2", "healthy")
    fleet.ask("set sps2 certificate_days=-2")
    for _, proxy in KINDS:
        assert curl(fleet, proxy, URLS[4])[0] == 60
    fleet.ask("set sps2 certificate_days=365")


UNREACHABLE = [
    ("10.0.0.1", 403, 2),
    ("0.0.0.0", 403, 2),
    ("128.0.0.1", 403, 2),
    ("elsewhere.example", 502, 4),
    (f"{NET}.90.77", 502, 5),  # nobody listens
]


@pytest.mark.parametrize("host, status, _", UNREACHABLE)
def test_http_proxies_say_where_they_do_not_lead(fleet, host, status, _):
    assert curl(fleet, KINDS[0][1], f"http://{host}:8082/")[:2] == (0, status)
    assert curl(fleet, KINDS[0][1], f"https://{host}:8443/")[0::2] == (56, status)


@pytest.mark.parametrize("host, _, reply", UNREACHABLE)
def test_socks_proxies_say_where_they_do_not_lead(fleet, host, _, reply):
    assert curl(fleet, KINDS[1][1], f"http://{host}:8082/")[0] == 97
    name = host.encode()
    request = b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack("!H", 8082)
    assert ask(SOCKS, b"\x05\x01\x00", request) == [b"\x05\x00", bytes([5, reply, 0, 1]) + bytes(6)]


def test_a_huge_answer_passes_in_little_memory(fleet):
    fleet.set("sps1", "huge")
    for _, proxy in KINDS:
        done = subprocess.run(["curl", "-q", "-s", "-o", "/dev/null", "-m", "60", "-x", proxy, "-w", "%{size_download}",
                               URLS[0]], capture_output=True, text=True)  # fmt: skip
        assert (done.returncode, done.stdout) == (0, str(1 << 30))
    peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{fleet.process.pid}/status").read_text())[1]
    assert int(peak) < 1 << 19


def test_tunnels_carry_both_ways_and_wait_for_slow_readers(fleet):
    """Through a SOCKS proxy to an echo of the test's own, with nobody who reads for a while."""
    with socket.create_server((f"{NET}.93.1", 0)) as server:
        threading.Thread(target=echo, args=(server,), daemon=True).start()
        with socket.create_connection((SOCKS, PORT), LONG_S) as sock:
            sock.sendall(b"\x05\x01\x00\x05\x01\x00\x01" + socket.inet_aton(f"{NET}.93.1")
                         + struct.pack("!H", server.getsockname()[1]))  # fmt: skip
            assert read_exactly(sock, 12) == b"\x05\x00\x05\x00\x00\x01" + bytes(6)
            sent = bytes(range(256)) * (1 << 14)
            writer = threading.Thread(target=sock.sendall, args=(sent,))
            writer.start()
            time.sleep(0.3)
            assert read_exactly(sock, len(sent)) == sent
            writer.join()


def echo(server):
    peer, _ = server.accept()
    with peer:
        while data := peer.recv(65536):
            peer.sendall(data)


def test_a_tunnel_ends_with_either_side(fleet):
    fleet.set("PC-1", "hang")
    before = fleet.stats()["open"]
    with socket.create_connection((HTTP, PORT), LONG_S) as sock:
        sock.sendall(b"CONNECT PC-1:21112 HTTP/1.1\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
        wait_until(lambda: fleet.stats()["open"] == before + 2)
    wait_until(lambda: fleet.stats()["open"] == before)
    fleet.set("PC-1", "close")
    with socket.create_connection((HTTP, PORT), LONG_S) as sock:
        sock.sendall(b"CONNECT PC-1:21112 HTTP/1.1\r\n\r\n")
        assert b"".join(iter(lambda: sock.recv(100), b"")).startswith(b"HTTP/1.1 200")
    wait_until(lambda: fleet.stats()["open"] == before)


def wait_until(condition):
    end = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


# --- who may pass -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, scheme, address", GUARDED)
@pytest.mark.parametrize("url", [URLS[0], URLS[4]])
def test_right_credentials_pass(fleet, name, scheme, address, url):
    before = fleet.stats(name)
    assert curl(fleet, f"{scheme}://{address}:{PORT}", url, "--proxy-user", f"{USER}:{PASSWORD}")[:2] == (0, 200)
    after = fleet.stats(name)
    assert after["logons_accepted"] == before["logons_accepted"] + 1
    assert after["logons_rejected"] == before["logons_rejected"]


@pytest.mark.parametrize("name, scheme, address", GUARDED)
@pytest.mark.parametrize("credentials", [f"{USER}:wrong", f"other:{PASSWORD}", f"{USER}:", f"{USER}:{PASSWORD}x"])
def test_wrong_credentials_are_counted(fleet, name, scheme, address, credentials):
    before, asked = fleet.stats(name), fleet.stats("sps2")
    refusal = curl(fleet, f"{scheme}://{address}:{PORT}", URLS[3], "--proxy-user", credentials)
    assert refusal == ((56, 0, 407) if scheme == "http" else (97, 0, 0))
    after = fleet.stats(name)
    assert after["logons_rejected"] == before["logons_rejected"] + 1
    assert after["logons_accepted"] == before["logons_accepted"] and fleet.stats("sps2") == asked


@pytest.mark.parametrize("name, scheme, address", GUARDED)
def test_nobody_passes_without_credentials(fleet, name, scheme, address):
    before = fleet.stats(name)["logons_rejected"]
    assert curl(fleet, f"{scheme}://{address}:{PORT}", URLS[3]) == ((56, 0, 407) if scheme == "http" else (97, 0, 0))
    assert curl(fleet, f"{scheme}://{address}:{PORT}", URLS[0])[1] == (407 if scheme == "http" else 0)
    assert fleet.stats(name)["logons_rejected"] == before  # nobody tried


def test_a_refusal_offers_basic_and_keeps_the_connection(fleet):
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with socket.create_connection((HTTP_GUARDED, PORT), LONG_S) as sock:
        sock.sendall(b"CONNECT sps2:8443 HTTP/1.1\r\n\r\n")
        assert b"\r\nProxy-Authenticate: Basic realm=" in sock.recv(4096)
        sock.sendall(f"CONNECT sps2:8443 HTTP/1.1\r\nProxy-Authorization: Basic {token}\r\n\r\n".encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("proof", ["Basic ***", "Basic", "Digest x", "Basic eA==", f"Basic {'A' * 4000}"])
def test_credentials_that_are_none(fleet, proof):
    with socket.create_connection((HTTP_GUARDED, PORT), LONG_S) as sock:
        sock.sendall(f"CONNECT sps2:8443 HTTP/1.1\r\nProxy-Authorization: {proof}\r\n\r\n".encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 407 ")


def test_the_proxy_s_credentials_go_no_further(fleet):
    """The target is an echo of the test's own, which shows what it was sent."""
    with socket.create_server((f"{NET}.93.2", 0)) as server, socket.create_connection((HTTP_GUARDED, PORT)) as sock:
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        port = server.getsockname()[1]
        sock.sendall(f"GET http://{NET}.93.2:{port}/a?b HTTP/1.1\r\nAuthorization: Bearer t\r\n"
                     f"Proxy-Authorization: Basic {token}\r\n\r\n".encode())  # fmt: skip
        peer, _ = server.accept()
        with peer:
            peer.settimeout(LONG_S)
            seen = b""
            while b"\r\n\r\n" not in seen:
                seen += peer.recv(4096)
    assert seen.split(b"\r\n") == [
        b"GET /a?b HTTP/1.1", f"Host: {NET}.93.2:{port}".encode(), b"Connection: close", b"Authorization: Bearer t",
        b"", b"",
    ]  # fmt: skip


# --- how they fail ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour, by_http, by_socks",
    [
        ("refused", (7, 0, 0), (7, 0, 0)),
        ("backlogged", (28, 0, 0), (28, 0, 0)),
        ("hang", (28, 0, 0), (28, 0, 0)),
        ("stall", (28, 0, 0), (28, 0, 0)),
        ("close", (56, 0, 0), (97, 0, 0)),
        ("garbage", None, (97, 0, 0)),
        ("forbidden", (56, 0, 403), (97, 0, 0)),
        ("error500", (56, 0, 500), (97, 0, 0)),
        ("unauthorised", (56, 0, 407), (97, 0, 0)),
        ("wrong", (35, 0, 200), None),
    ],
)
def test_behaviours(fleet, behaviour, by_http, by_socks):
    token = ["--proxy-user", f"{USER}:{PASSWORD}"]
    asked = fleet.stats("sps2")
    for (name, scheme, address), expected in zip(GUARDED, (by_http, by_socks)):
        if expected is None and behaviour == "wrong":
            with pytest.raises(FleetError, match="sguarded: behaviour wrong is for HTTP alone"):
                fleet.set(name, behaviour)
            continue
        fleet.set(name, behaviour)
        result = curl(fleet, f"{scheme}://{address}:{PORT}", URLS[3], *token, seconds=0.6)
        assert result == expected if expected else result[0] not in (0, 28)
    assert fleet.stats("sps2") == asked


def test_a_delay_comes_first(fleet):
    fleet.set("open,sopen", "healthy", delay_ms=400)
    for _, proxy in KINDS:
        start = time.monotonic()
        assert curl(fleet, proxy, URLS[3])[0] == 0
        assert 0.4 <= time.monotonic() - start < 3


def read_exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            break
        data += more
    return data


def ask(address, *messages):
    """Sends messages of SOCKS; returns what came after each, b"" for an end."""
    answers = []
    with socket.create_connection((address, PORT), LONG_S) as sock:
        for message in messages:
            sock.sendall(message)
            answers.append(sock.recv(100))
    return answers


@pytest.mark.parametrize(
    "messages, answers",
    [
        ([b"\x04\x01\x00\x50"], [b""]),  # SOCKS4
        ([b"\x05\x01\x02"], [b"\x05\xff"]),
        ([b"\x05\x00"], [b"\x05\xff"]),
        ([b"\x05\x02\x02\x00", b"\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50"],
         [b"\x05\x00", b"\x05\x07\x00\x01" + bytes(6)]),  # BIND
        ([b"\x05\x01\x00", b"\x05\x01\x00\x04" + bytes(18)], [b"\x05\x00", b"\x05\x08\x00\x01" + bytes(6)]),  # IPv6
        ([b"\x05\x01\x00", b"\x06\x01\x00\x01\x7f\x00\x00\x01\x00\x50"], [b"\x05\x00", b""]),
    ],
)  # fmt: skip
def test_socks_refusals(fleet, messages, answers):
    assert ask(SOCKS, *messages) == answers


def test_socks_logon_byte_by_byte(fleet):
    name = b"sps1.example"
    said = (b"\x05\x01\x02\x01" + bytes([len(USER)]) + USER.encode() + bytes([len(PASSWORD)]) + PASSWORD.encode()
            + b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack("!H", 8082)
            + f"GET {PATH} HTTP/1.0\r\n\r\n".encode())  # fmt: skip
    with socket.create_connection((SOCKS_GUARDED, PORT), LONG_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(said)):
            sock.sendall(said[i : i + 1])
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"\x05\x02\x01\x00\x05\x00\x00\x01" + bytes(6) + b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "head, status",
    [
        ("GET / HTTP/1.1", b"400"),
        ("GET https://sps2/ HTTP/1.1", b"400"),
        ("GET http://sps1?x HTTP/1.1", b"400"),
        ("GET http://:80/ HTTP/1.1", b"400"),
        ("CONNECT sps1 HTTP/1.1", b"400"),
        ("CONNECT sps1:0 HTTP/1.1", b"400"),
        ("CONNECT sps1:65536 HTTP/1.1", b"400"),
        ("CONNECT sps1:x HTTP/1.1", b"400"),
        ("POST http://sps1/ HTTP/1.1", b"405"),
    ],
)
def test_bad_requests(fleet, head, status):
    with socket.create_connection((HTTP, PORT), LONG_S) as sock:
        sock.sendall(f"{head}\r\n\r\n".encode())
        assert sock.recv(100)[9:12] == status


# --- commands and scripts ---------------------------------------------------------------------------------------------


def test_proxies_are_a_group(fleet):
    assert fleet.ready == "ready agents=2 servers=0 sources=2 proxies=4\n"
    assert fleet.set("proxies", "healthy") == {"targets": 4} and fleet.stats()["proxies"] == 4
    assert "shells_open" not in fleet.stats("proxies") and "logons_accepted" not in fleet.stats("sources")


def test_scripts_change_proxies(tmp_path):
    script = f"proxy p address={NET}.94.1 port={PORT} kind=http names=p.example\nproxy p behaviour=refused"
    with Fleet(script, tmp_path), pytest.raises(ConnectionRefusedError):
        socket.create_connection((f"{NET}.94.1", PORT))


@pytest.mark.parametrize(
    "line, error",
    [
        ("proxy", "proxy NAME address=A port=P kind=K ... expected"),
        ("proxy p address={} port=1", "kind=: http or socks5 expected"),
        ("proxy p address={} port=1 kind=socks4", "kind=socks4: http or socks5 expected"),
        ("proxy p address={} port=1 kind=http user=u", "user= and password= go together"),
        ("proxy p address={} port=1 kind=http password=u", "user= and password= go together"),
        ("proxy p address={} port=1 kind=http user=u password=", "password=: 1 to 255 characters"),
        ("proxy p address={} port=1 kind=http scheme=https", "proxies speak no TLS themselves"),
        ("proxy p address={} port=1 kind=http behaviour=badcert", "badcert is for https alone"),
        ("proxy p address={} port=1 kind=socks5 behaviour=huge", "p: behaviour huge is for HTTP alone"),
        ("proxy p address={} port=1 kind=http names=a/b", "a/b: not a name for a host"),
        ("proxy PC-1 address={} port=1 kind=http", "PC-1: there is one already"),
        ("proxy p address=10.0.0.1 port=1 kind=http", "outside 127.0.0.0/8"),
    ],
)
def test_bad_script_lines_are_named(tmp_path, line, error):
    script = tmp_path / "script"
    script.write_text(f"agent PC-1 address={NET}.94.2 port=21112\n{line.format(f'{NET}.94.3')}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"fleetsim: {script}:2: ") and error in done.stderr
