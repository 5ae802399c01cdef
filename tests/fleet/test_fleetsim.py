"""fleetsim does what its README says: each behaviour as a client sees it, switching, feed files, counts, bad scripts."""

import configparser
import contextlib
import datetime
import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet, FleetError, binary, network  # noqa: E402

NET = network()
PORT = 21112
AGENT_PATH = "/?CAVIT"
SERVER_PATH = "/officescan/cgi/cgionstart.exe"
HTTP_AGENT, HTTPS_AGENT = f"{NET}.0.1", f"{NET}.1.1"
HTTP_SERVER, HTTPS_SERVER = f"{NET}.2.1", f"{NET}.2.2"
SCHEMES = ["http", "https"]
SHORT_S = 0.6  # in which nothing must come
LONG_S = 10  # in which something must

SCRIPT = f"""
tls cert=ec256 cert_file=%(directory)s/certificates.pem
agents PC-%%03d count=20 address={HTTP_AGENT} port={PORT}      # plain
agents TC-%%03d count=20 address={HTTPS_AGENT} port={PORT} scheme=https
server apex1 address={HTTP_SERVER} port=8080
server apex2 address={HTTPS_SERVER} port=4343 scheme=https
feed directory=%(directory)s/feed
"""


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


@pytest.fixture
def lonely(tmp_path):
    """Starts a fleet of the test's own from a script."""
    with contextlib.ExitStack() as stack:
        yield lambda script, *options: stack.enter_context(Fleet(script, tmp_path, *options))


def blind_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connection(scheme, address=None, port=PORT, timeout=LONG_S, context=None):
    if scheme == "http":
        return http.client.HTTPConnection(address or HTTP_AGENT, port, timeout=timeout)
    return http.client.HTTPSConnection(address or HTTPS_AGENT, port, timeout=timeout, context=context or blind_context())


def get(scheme, path=AGENT_PATH, **options):
    with contextlib.closing(connection(scheme, **options)) as client:
        client.request("GET", path)
        response = client.getresponse()
        return response.status, response.read(), response.headers


def set_first(fleet, behaviour, delay_ms=0):
    names = "TC-001" if behaviour in ("badcert", "wrongname") else "PC-001,TC-001"
    fleet.set(names, behaviour, delay_ms)


def silent(sock):
    sock.settimeout(SHORT_S)
    with pytest.raises(TimeoutError):
        sock.recv(1)
    return True


# --- the behaviours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_healthy_agent_shows_its_marker(fleet, scheme):
    status, body, _ = get(scheme)
    assert status == 200 and body.startswith(b"!CRYPT!") and len(body) > 20


@pytest.mark.parametrize("scheme, address, port", [("http", HTTP_SERVER, 8080), ("https", HTTPS_SERVER, 4343)])
def test_healthy_server_answers_minus_two(fleet, scheme, address, port):
    status, body, _ = get(scheme, SERVER_PATH, address=address, port=port)
    assert (status, body) == (200, b"-2")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_healthy_serves_its_own_page_alone(fleet, scheme):
    assert get(scheme, SERVER_PATH)[0] == 404


@pytest.mark.parametrize("scheme", SCHEMES)
def test_refused(fleet, scheme):
    set_first(fleet, "refused")
    with pytest.raises(ConnectionRefusedError):
        get(scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_backlogged_never_connects(fleet, scheme):
    set_first(fleet, "backlogged")
    with pytest.raises(TimeoutError):
        get(scheme, timeout=SHORT_S)


@pytest.mark.parametrize("address", [HTTP_AGENT, HTTPS_AGENT])
def test_hang_accepts_and_says_nothing(fleet, address):
    set_first(fleet, "hang")
    with socket.create_connection((address, PORT), LONG_S) as sock:
        sock.sendall(b"GET /?CAVIT HTTP/1.1\r\n\r\n")
        assert silent(sock)


def test_hang_never_answers_tls(fleet):
    set_first(fleet, "hang")
    with pytest.raises(TimeoutError):
        get("https", timeout=SHORT_S)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_stall_connects_and_reads_then_says_nothing(fleet, scheme):
    set_first(fleet, "stall")
    before = fleet.stats()["stall.requests"] if "stall.requests" in fleet.stats() else 0
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)  # TLS, where spoken, is complete after this
        assert silent(client.sock)
        assert fleet.stats()["stall.requests"] == before + 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_drip_sends_a_byte_a_second(fleet, scheme):
    set_first(fleet, "drip")
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        response = client.getresponse()
        start = time.monotonic()
        assert response.status == 200 and response.length == 3600
        assert len(response.read(2)) == 2
        assert 1.5 < time.monotonic() - start < 4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_wrong_is_a_page_of_somebody_else(fleet, scheme):
    set_first(fleet, "wrong")
    status, body, _ = get(scheme)
    assert status == 200 and body and b"!CRYPT!" not in body and b"-2" not in body


@pytest.mark.parametrize("scheme", SCHEMES)
def test_huge_streams_a_gibibyte_from_little_memory(fleet, scheme):
    set_first(fleet, "huge")
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        response = client.getresponse()
        room = bytearray(1 << 20)
        total = 0
        while size := response.readinto(room):
            total += size
    assert total == 1 << 30
    assert peak_bytes(fleet.process.pid) < 1 << 29  # much of it a sanitizer's, where there is one


def peak_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_huge_harms_nobody_when_the_client_goes(fleet, scheme):
    set_first(fleet, "huge")
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        assert client.getresponse().read(1000) == bytes(1000)
    assert get("http", address=f"{NET}.0.2")[0] == 200


def test_reset_comes_in_mid_answer(fleet):
    set_first(fleet, "reset")
    with contextlib.closing(connection("http")) as client:
        client.request("GET", AGENT_PATH)
        response = client.getresponse()
        assert response.status == 200 and response.length == 4096
        with pytest.raises(ConnectionResetError):
            while response.read1(4096):
                pass


def test_reset_comes_under_tls(fleet):
    """TLS over memory, since Python's own TLS sockets call a reset an end."""
    set_first(fleet, "reset")
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = blind_context().wrap_bio(received, to_send)
    answer = b""
    with socket.create_connection((HTTPS_AGENT, PORT), LONG_S) as sock:

        def pump(call, *arguments):
            while True:
                try:
                    result = call(*arguments)
                    sock.sendall(to_send.read())
                    return result
                except ssl.SSLWantReadError:
                    sock.sendall(to_send.read())
                    data = sock.recv(4096)
                    assert data, "an end instead of a reset"
                    received.write(data)

        pump(session.do_handshake)
        pump(session.write, f"GET {AGENT_PATH} HTTP/1.1\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            while True:
                answer += pump(session.read, 4096)
    assert answer.startswith(b"HTTP/1.1 200") and len(answer) < 1024


@pytest.mark.parametrize("scheme", SCHEMES)
def test_redirect_leads_to_itself(fleet, scheme):
    set_first(fleet, "redirect")
    status, _, headers = get(scheme)
    assert (status, headers["Location"]) == (302, AGENT_PATH)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "behaviour, expected, header",
    [("error500", 500, None), ("forbidden", 403, None), ("unauthorised", 401, "WWW-Authenticate")],
)
def test_http_errors(fleet, scheme, behaviour, expected, header):
    set_first(fleet, behaviour)
    status, _, headers = get(scheme)
    assert status == expected and (header is None or header in headers)


@pytest.mark.parametrize("address", [HTTP_AGENT, HTTPS_AGENT])
def test_close_ends_at_once_with_fin(fleet, address):
    set_first(fleet, "close")
    with socket.create_connection((address, PORT), LONG_S) as sock:
        assert sock.recv(1) == b""


@pytest.mark.parametrize("address", [HTTP_AGENT, HTTPS_AGENT])
def test_garbage_is_no_protocol(fleet, address):
    set_first(fleet, "garbage")
    with socket.create_connection((address, PORT), LONG_S) as sock:
        first = sock.recv(100)
    assert first and not first.startswith(b"HTTP") and first[0] != 0x16


@pytest.mark.parametrize("scheme, error", [("http", http.client.BadStatusLine), ("https", ssl.SSLError)])
def test_garbage_is_refused_by_clients(fleet, scheme, error):
    set_first(fleet, "garbage")
    with pytest.raises(error):
        get(scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("behaviour, expected", [("healthy", 200), ("error500", 500)])
def test_delay_comes_before_any_answer(fleet, scheme, behaviour, expected):
    set_first(fleet, behaviour, delay_ms=400)
    start = time.monotonic()
    assert get(scheme)[0] == expected
    assert 0.4 <= time.monotonic() - start < 3


# --- TLS --------------------------------------------------------------------------------------------------------------


def trusting_context(fleet):
    return ssl.create_default_context(cafile=str(fleet.directory / "certificates.pem"))


def test_good_certificate_stands_for_the_servers(fleet):
    status, _, _ = get("https", SERVER_PATH, address=HTTPS_SERVER, port=4343, context=trusting_context(fleet))
    assert status == 200


@pytest.mark.parametrize("behaviour, reason", [("badcert", "expired"), ("wrongname", "IP address mismatch")])
def test_bad_certificates(fleet, behaviour, reason):
    fleet.set("apex2", behaviour)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        get("https", SERVER_PATH, address=HTTPS_SERVER, port=4343, context=trusting_context(fleet))
    assert get("https", SERVER_PATH, address=HTTPS_SERVER, port=4343)[1] == b"-2"  # to those who do not look


def public_key(address, port):
    certificate = ssl.get_server_certificate((address, port))
    return subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=certificate, capture_output=True, text=True,
                          check=True).stdout  # fmt: skip


def test_new_certificate_is_as_good(fleet):
    before = public_key(HTTPS_SERVER, 4343)
    fleet.set("apex2", "newcert")
    assert get("https", SERVER_PATH, address=HTTPS_SERVER, port=4343, context=trusting_context(fleet))[1] == b"-2"
    assert public_key(HTTPS_SERVER, 4343) != before == public_key(HTTPS_AGENT, PORT)


@pytest.mark.parametrize("behaviour", ["badcert", "wrongname", "newcert"])
def test_bad_certificates_need_https(fleet, behaviour):
    with pytest.raises(FleetError, match=f"PC-001: behaviour {behaviour} is for https alone"):
        fleet.set("TC-001,PC-001", behaviour)
    assert get("https", context=None)[0] == 200


def resume(address):
    """Connects twice, the second time with the session of the first; returns whether it was taken up."""
    context = blind_context()
    session = None
    for _ in range(2):
        with socket.create_connection((address, PORT), LONG_S) as plain:
            with context.wrap_socket(plain, server_hostname=address, session=session) as sock:
                sock.sendall(f"GET {AGENT_PATH} HTTP/1.1\r\n\r\n".encode())
                assert sock.recv(100).startswith(b"HTTP/1.1 200")  # and with it the ticket, in TLS 1.3
                session, reused = sock.session, sock.session_reused
    return reused


def test_tickets_resume_sessions(fleet):
    before = fleet.stats()["tls_resumed"]
    assert resume(HTTPS_AGENT)
    assert fleet.stats()["tls_resumed"] == before + 1


def test_tickets_can_be_off(lonely):
    lonely(f"tls cert=ec256 tickets=no\nagent TC-1 address={NET}.3.1 port={PORT} scheme=https")
    assert not resume(f"{NET}.3.1")


@pytest.mark.parametrize("key, bits", [("rsa2048", 2048), ("ec256", 256)])
def test_kinds_of_keys(lonely, tmp_path, key, bits):
    lonely(f"tls cert={key} cert_file={tmp_path}/c.pem\nagent TC-1 address={NET}.3.2 port={PORT} scheme=https")
    shown = subprocess.run(["openssl", "x509", "-in", f"{tmp_path}/c.pem", "-noout", "-text"], capture_output=True,
                           text=True, check=True).stdout  # fmt: skip
    assert f"Public-Key: ({bits} bit)" in shown and "CN = fleetsim good" in shown


# --- HTTP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_connections_are_kept_alive(fleet, scheme):
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        client.getresponse().read()
        first = client.sock
        client.request("GET", AGENT_PATH)
        assert client.getresponse().status == 200 and client.sock is first


@pytest.mark.parametrize("request_head", ["GET /?CAVIT HTTP/1.1\r\nconnection:  Close\r\n\r\n", "GET /?CAVIT HTTP/1.0\r\n\r\n"])
def test_connections_end_as_asked(fleet, request_head):
    with socket.create_connection((HTTP_AGENT, PORT), LONG_S) as sock:
        sock.sendall(request_head.encode())
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200") and b"!CRYPT!" in answer


def test_pipelined_and_cut_requests(fleet):
    head = f"GET {AGENT_PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with socket.create_connection((HTTP_AGENT, PORT), LONG_S) as sock:
        sock.sendall(2 * head + head[:9])
        time.sleep(0.1)
        sock.sendall(head[9:-4] + b"\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize(
    "request_head, status",
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / SPDY/9\r\n\r\n", b"400"),
        (b"POST /?CAVIT HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /" + 300 * b"x" + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nx: " + 20000 * b"y", b"431"),
        (b"\x00\r\n\r\n", b"400"),
    ],
)
def test_bad_requests(fleet, request_head, status):
    with socket.create_connection((HTTP_AGENT, PORT), LONG_S) as sock:
        sock.sendall(request_head)
        assert sock.recv(100)[9:12] == status


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "selection, expected",
    [("PC-001", 1), ("PC-001..PC-005", 5), ("PC-001,TC-002..TC-003", 3), ("agents", 40), ("servers", 2), ("all", 42)],
)
def test_selections(fleet, selection, expected):
    assert fleet.set(selection, "healthy") == {"targets": expected}


def test_switch_is_in_force_when_answered(fleet):
    for _ in range(50):
        fleet.set("PC-001..PC-010", "refused")
        with pytest.raises(ConnectionRefusedError):
            get("http", address=f"{NET}.0.10")
        fleet.set("PC-001..PC-010", "error500")
        assert get("http", address=f"{NET}.0.10")[0] == 500


def test_every_behaviour_follows_every_other(fleet):
    names = ["healthy", "refused", "backlogged", "hang", "wrong", "close"]
    for before in names:
        for after in names:
            fleet.set("PC-003", before)
            fleet.set("PC-003", after)
            fleet.set("PC-003", "forbidden")
            assert get("http", address=f"{NET}.0.3")[0] == 403


@pytest.mark.parametrize("scheme", SCHEMES)
def test_switch_ends_idle_connections(fleet, scheme):
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        client.getresponse().read()
        set_first(fleet, "hang")
        assert client.sock.recv(1) == b""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_switch_leaves_what_is_under_way(fleet, scheme):
    set_first(fleet, "healthy", delay_ms=500)
    with contextlib.closing(connection(scheme)) as client:
        client.request("GET", AGENT_PATH)
        time.sleep(0.1)
        set_first(fleet, "refused")
        response = client.getresponse()
        assert response.status == 200 and response.read().startswith(b"!CRYPT!")
        assert response.headers["Connection"] == "close"


def test_stats_count_what_came(fleet):
    fleet.set("PC-015", "wrong")
    before, mine = fleet.stats(), fleet.stats("PC-015")
    for _ in range(3):
        get("http", address=f"{NET}.0.15")
    after = fleet.stats()
    for key in ("connections", "requests", "wrong.connections", "wrong.requests"):
        assert after[key] == before.get(key, 0) + 3
    assert after["wrong.targets"] == 1 and after["agents"] == 40 and after["servers"] == 2
    assert fleet.stats("PC-015") == {"targets": 1, "connections": mine["connections"] + 3,
                                     "requests": mine["requests"] + 3}  # fmt: skip


def test_stats_know_what_is_open(fleet):
    fleet.set("PC-016", "hang")
    before = fleet.stats()["open"]
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(socket.create_connection((f"{NET}.0.16", PORT)))
        wait_until(lambda: fleet.stats()["open"] == before + 30)
        assert fleet.stats()["open_peak"] >= before + 30
    wait_until(lambda: fleet.stats()["open"] == before)


def wait_until(condition, seconds=LONG_S):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def test_stats_count_failed_handshakes(fleet):
    before = fleet.stats()["tls_failed"]
    with socket.create_connection((HTTPS_AGENT, PORT), LONG_S) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            sock.recv(100)
    wait_until(lambda: fleet.stats()["tls_failed"] == before + 1)


def test_connections_without_a_farewell_have_not_failed(fleet):
    before = fleet.stats()
    with blind_context().wrap_socket(socket.create_connection((HTTPS_AGENT, PORT), LONG_S)) as sock:
        sock.sendall(f"GET {AGENT_PATH} HTTP/1.1\r\n\r\n".encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
    wait_until(lambda: fleet.stats()["open"] == before["open"])
    after = fleet.stats()
    assert after["tls_handshakes"] == before["tls_handshakes"] + 1 and after["tls_failed"] == before["tls_failed"]


@pytest.mark.parametrize(
    "command, error",
    [
        ("", "a command expected"),
        ("dance", "dance: no such command"),
        ("set PC-001", "set SELECTION"),
        ("set PC-001 behaviour=merry", "there is no such behaviour"),
        ("set PC-001 delay_ms=-1", "a number from 0"),
        ("set PC-001 delay_ms=1x", "a number from 0"),
        ("set PC-001 colour=red", "colour: unknown option"),
        ("set PC-001 delay_ms=1 delay_ms=2", "delay_ms: given twice"),
        ("set PC-999 behaviour=hang", "PC-999: no target of that name"),
        ("set PC-002..PC-001 behaviour=hang", "the last stands before the first"),
        ("set , behaviour=hang", "no target is named"),
        ("feed PC-001 nonsense", "section.key=value expected"),
        ("feed PC-001 .key=1", "section.key expected"),
        ("feed PC-001 section.=1", "section.key expected"),
        ("feed-remove PC-001 x", "feed-remove SELECTION expected"),
        ("stats a b", "stats [SELECTION] expected"),
        ("quit now", "quit alone"),
        ("set " + 70 * "x ", "too many words"),
    ],
)
def test_bad_commands(fleet, command, error):
    with pytest.raises(FleetError, match=re.escape(error)):
        fleet.ask(command)
    assert get("http")[0] == 200


def test_command_line_without_end(fleet):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(LONG_S)
        sock.connect(fleet.socket)
        with contextlib.suppress(BrokenPipeError):
            sock.sendall(100000 * b"x")
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""
    assert fleet.stats()["agents"] == 40


def ask_by_shell(fleet, *words):
    return subprocess.run([binary(), "--control", *words], capture_output=True, text=True, timeout=LONG_S)


def test_control_client(fleet):
    done = ask_by_shell(fleet, f"unix:{fleet.socket}", "set", "PC-001", "behaviour=wrong")
    assert (done.returncode, done.stdout) == (0, "ok targets=1\n")
    done = ask_by_shell(fleet, fleet.socket, "dance")
    assert (done.returncode, done.stdout) == (1, "error dance: no such command\n")
    done = ask_by_shell(fleet, fleet.socket + ".none", "stats")
    assert done.returncode == 1 and "No such file" in done.stderr


# --- the feed ---------------------------------------------------------------------------------------------------------


def facts(fleet, name):
    parser = configparser.ConfigParser()
    parser.read_string((fleet.directory / "feed" / f"{name}.ini").read_text())
    return {section: dict(parser[section]) for section in parser.sections()}


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)


def test_feed_of_a_healthy_agent(fleet):
    today = utc_now().date().isoformat()
    fleet.ask("feed PC-001")
    told = facts(fleet, "PC-001")
    when = datetime.datetime.strptime(told["agent"].pop("time"), "%Y-%m-%dT%H:%M:%SZ")
    assert abs((utc_now() - when).total_seconds()) <= 2
    assert told["pattern"].pop("date") in (today, utc_now().date().isoformat())
    assert told == {
        "agent": {"name": "PC-001", "addresses": HTTP_AGENT, "mode": "normal", "scan_method": "smart"},
        "server": {"reachable": "yes", "resolved": HTTP_SERVER},
        "realtimescan": {"enabled": "yes", "service": "running"},
        "pattern": {"version": "19.429.80"},
        "smartprotection": {"reachable": "yes", "location_profile": "1"},
        "driver": {"tmusa": "running"},
    }


def test_feed_is_written_for_every_agent_and_no_server(fleet):
    names = sorted(path.name for path in (fleet.directory / "feed").iterdir())
    assert names == sorted([f"PC-{i:03}.ini" for i in range(1, 21)] + [f"TC-{i:03}.ini" for i in range(1, 21)])


def test_feed_facts_change_and_go_missing(fleet):
    fleet.ask("feed PC-002..PC-003 pattern.date=2026-11-01 realtimescan.service=- server.port=4343 new.key=a=b mode=standalone")
    told = facts(fleet, "PC-003")
    assert told["pattern"]["date"] == "2026-11-01" and "service" not in told["realtimescan"]
    assert told["server"] == {"reachable": "yes", "resolved": HTTP_SERVER, "port": "4343"}
    assert told["new"] == {"key": "a=b"} and told["agent"]["mode"] == "standalone"
    fleet.ask("feed PC-003 realtimescan.service=stopped pattern.date=today-30 time=now-7200")
    told = facts(fleet, "PC-003")
    assert told["realtimescan"]["service"] == "stopped" and told["server"]["port"] == "4343"
    assert (utc_now().date() - datetime.date.fromisoformat(told["pattern"]["date"])).days in (30, 31)
    when = datetime.datetime.strptime(told["agent"]["time"], "%Y-%m-%dT%H:%M:%SZ")
    assert 7199 <= (utc_now() - when).total_seconds() <= 7205
    assert facts(fleet, "PC-002")["pattern"]["date"] == "2026-11-01"
    assert facts(fleet, "PC-004")["realtimescan"]["service"] == "running"


def test_feed_section_without_a_key_is_not_written(fleet):
    fleet.ask("feed PC-005 driver.tmusa=-")
    assert "driver" not in facts(fleet, "PC-005")


def test_feed_remove(fleet):
    path = fleet.directory / "feed" / "PC-006.ini"
    assert path.exists()
    assert fleet.ask("feed-remove PC-006,apex1") == {"targets": 1}
    assert not path.exists()
    fleet.ask("feed PC-006 agent.mode=standalone")
    assert path.exists()


def test_feed_comes_by_rename(fleet):
    path = fleet.directory / "feed" / "PC-007.ini"
    with open(path) as before:
        fleet.ask("feed PC-007 agent.mode=standalone")
        assert "mode = normal" in before.read()  # the old file, whole, for those who have it open
    assert "mode = standalone" in path.read_text()


def test_feed_too_many_facts(fleet):
    with pytest.raises(FleetError, match="too many facts"):
        for i in range(100):
            fleet.ask(f"feed PC-008 x.key{i}=1")
    fleet.ask("feed PC-008 x.key1=2")
    assert facts(fleet, "PC-008")["x"]["key1"] == "2"


def test_feed_interval_renews(lonely, tmp_path):
    lonely(f"agents PC-%d count=3 address={NET}.3.10 port={PORT}\nfeed directory={tmp_path}/feed interval_s=1")
    path = tmp_path / "feed" / "PC-3.ini"
    first = path.stat().st_ino, path.stat().st_mtime_ns
    wait_until(lambda: (path.stat().st_ino, path.stat().st_mtime_ns) != first)
    lonely_time = path.read_text()
    assert "name = PC-3" in lonely_time


# --- scripts ----------------------------------------------------------------------------------------------------------

GOOD = f"agent PC-1 address={NET}.4.1 port={PORT}"


@pytest.mark.parametrize(
    "line, error",
    [
        ("dance", "dance: no such directive"),
        ("agents", "agents PATTERN"),
        (f"agents PC address={NET}.4.2 port=1 count=2", "PC: one %d is expected"),
        (f"agents PC-%s address={NET}.4.2 port=1", "PC-%s: one %d is expected"),
        (f"agents %d%d address={NET}.4.2 port=1", "one %d is expected"),
        (f"agents PC-%99d address={NET}.4.2 port=1", "too long"),
        (f"agents PC-%d address={NET}.4.2 port=1 count=0", "count=0: a number from 1"),
        (f"agents PC-%d address={NET}.4.2 port=1 count=2x", "count=2x"),
        (f"agents PC-%d from=1 address={NET}.4.2 port=1", "PC-1: there is one already"),
        ("agents Q-%d address=127.255.255.255 port=1 count=2", "Q-2: its address is outside 127.0.0.0/8"),
        ("agent PC-2 address=10.0.0.1 port=1", "PC-2: its address is outside 127.0.0.0/8"),
        ("agent PC-2 address=0.0.0.0 port=1", "PC-2: its address is outside 127.0.0.0/8"),
        ("agent PC-2 address=localhost port=1", "not an IPv4 address"),
        (f"agent PC-2 address={NET}.4.2", "address= and port= are missing"),
        (f"agent PC-2 address={NET}.4.2 port=0", "port=0: a number from 1 to 65535"),
        (f"agent PC-2 address={NET}.4.2 port=65536", "port=65536"),
        (f"agent PC-2 address={NET}.4.2 port=1 port=2", "port: given twice"),
        (f"agent PC-2 address={NET}.4.2 port=1 count=2", "count: unknown option"),
        (f"agent PC-2 address={NET}.4.2 port=1 scheme=ftp", "scheme=ftp"),
        (f"agent PC-2 address={NET}.4.2 port=1 behaviour=merry", "no such behaviour"),
        (f"agent PC-2 address={NET}.4.2 port=1 behaviour=badcert", "https alone"),
        (f"agent PC/2 address={NET}.4.2 port=1", "PC/2: not a name"),
        (f"agent ..  address={NET}.4.2 port=1", "..: not a name"),
        (f"agent all address={NET}.4.2 port=1", "all: not a name"),
        (f"agent winrms address={NET}.4.2 port=1", "winrms: not a name"),
        ("winrm port=0", "port=0: a number from 1 to 65535"),
        ("winrm scheme=ftp", "scheme=ftp: http or https expected"),
        ("winrm auth=kerberos", "auth=kerberos: basic, ntlm or negotiate"),
        ("winrm view=16", "view=16: wow64, native or both expected"),
        ("winrm colour=red", "colour: unknown option"),
        ("winrm\nwinrm", "winrm: given twice"),
        (f"winrm\nagent {58 * 'x'} address={NET}.4.2 port=1", "x.winrm: not a name for a target"),
        ("endpoint PC-1 installed=no", "the script makes no agent a winrm endpoint"),
        ("winrm\nendpoint PC-1 installed=perhaps", "installed=perhaps: yes or no expected"),
        ("winrm\nendpoint PC-2 installed=no", "PC-2: no target of that name"),
        (f"agent PC-2 address={NET}.4.2 port=1 behaviour=deep", "PC-2: behaviour deep is not for agents"),
        ("agent PC-1 port=5", "port: unknown option"),
        (f"server PC-1 address={NET}.4.2 port=1", "PC-1: there is one already"),
        ("server apex1", "server NAME address=A"),
        ("set PC-9 behaviour=hang", "PC-9: no target"),
        ("tls cert=rsa512", "cert=rsa512"),
        ("tls tickets=maybe", "tickets=maybe: yes or no"),
        ("feed interval_s=1", "directory= is missing"),
        ("feed PC-1 a.b=c", "names no feed directory"),
        ("feed directory=/tmp interval_s=-1", "interval_s=-1"),
        ("control /tmp/x", "control unix:PATH expected"),
        ("control unix:/tmp/a\ncontrol unix:/tmp/b", "control: given twice"),
        (GOOD + " #" + 9000 * "x", "the line is too long"),
        ("set " + 70 * "x ", "too many words"),
    ],
)
def test_bad_script_lines_are_named(tmp_path, line, error):
    script = tmp_path / "script"
    script.write_text(f"# a comment\n\n{GOOD}\n{line}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"fleetsim: {script}:{4 + line.count(chr(10))}: ") and error in done.stderr


@pytest.mark.parametrize(
    "text, error",
    [
        ("# nothing\n", "it describes nobody"),
        (f"agent A address={NET}.4.1 port=1\nagent B address={NET}.4.1 port=1\n", f"cannot listen on {NET}.4.1:1"),
        (f"{GOOD}\nfeed directory=/proc/nowhere\n", "feed directory /proc/nowhere: "),
        (f"{GOOD}\ncontrol unix:/proc/nowhere/s\n", "control socket /proc/nowhere/s: "),
        (f"{GOOD}\ncontrol unix:/{200 * 'x'}\n", "File name too long"),
        (f"agent T address={NET}.4.1 port=9999 scheme=https\ntls cert=ec256 cert_file=/proc/nowhere/c\n", "certificates"),
    ],
)
def test_scripts_that_cannot_run(tmp_path, text, error):
    script = tmp_path / "script"
    script.write_text(text)
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (1, "") and error in done.stderr


def test_script_that_is_not_there(tmp_path):
    for path, error in ((tmp_path / "none", "No such file"), (tmp_path, "cannot be read")):
        done = subprocess.run([binary(), str(path)], capture_output=True, text=True, timeout=LONG_S)
        assert done.returncode == 1 and error in done.stderr


def test_control_socket_replaces_no_file(tmp_path):
    precious, script = tmp_path / "precious", tmp_path / "script"
    precious.write_text("data")
    script.write_text(f"{GOOD}\ncontrol unix:{precious}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert done.returncode == 1 and "Address already in use" in done.stderr
    assert precious.read_text() == "data"


@pytest.mark.parametrize("options", [[], ["--threads", "0", "x"], ["--lifetime", "x", "y"], ["--dance"], ["a", "b"]])
def test_bad_usage(options):
    done = subprocess.run([binary(), *options], capture_output=True, text=True, timeout=LONG_S)
    assert done.returncode == 2 and "usage:" in done.stderr


def test_script_may_set_and_feed(lonely, tmp_path):
    lonely(
        f"agents PC-%02d from=5 count=4 address={NET}.3.20 port={PORT} behaviour=wrong delay_ms=10\n"
        "agent PC-06 behaviour=refused\n"
        "set PC-07..PC-08 behaviour=forbidden delay_ms=0\n"
        f"feed directory={tmp_path}/feed\n"
        "feed PC-05 agent.mode=standalone"
    )
    assert get("http", address=f"{NET}.3.20")[0] == 200
    with pytest.raises(ConnectionRefusedError):
        get("http", address=f"{NET}.3.21")
    assert get("http", address=f"{NET}.3.23")[0] == 403
    assert "mode = standalone" in (tmp_path / "feed" / "PC-05.ini").read_text()
    assert "resolved" not in (tmp_path / "feed" / "PC-05.ini").read_text()  # there is no server


# --- the process ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(lonely, number):
    fleet = lonely(GOOD)
    with socket.create_connection((f"{NET}.4.1", PORT)):
        fleet.process.send_signal(number)
        assert fleet.process.wait(LONG_S) == 0
    assert not os.path.exists(fleet.socket)


def test_quit_and_lifetime_end_it(lonely):
    fleet = lonely(GOOD)
    assert fleet.ask("quit") == {}
    assert fleet.process.wait(LONG_S) == 0
    script = fleet.directory / "fleet.script"
    start = time.monotonic()
    done = subprocess.run([binary(), "--lifetime", "1", str(script)], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (0, "ready agents=1 servers=0\n") and time.monotonic() - start >= 1


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_share_the_targets(lonely, threads):
    fleet = lonely(f"agents PC-%d count=10 address={NET}.5.1 port={PORT}", "--threads", threads)
    for i in range(1, 11):
        assert get("http", address=f"{NET}.5.{i}")[0] == 200
    assert fleet.stats()["threads"] == int(threads) and fleet.stats()["requests"] == 10


def limited(count):
    """What to put before a command to run it under a limit on open files."""
    return ["prlimit", f"--nofile={count}:{count}"]


def test_more_targets_than_descriptors(tmp_path, monkeypatch):
    """Each thread then has a table of its own, and there are as many threads as it takes."""
    # ThreadSanitizer takes the same number in two tables for one descriptor.
    monkeypatch.setenv("TSAN_OPTIONS", "report_bugs=0")
    fleet = Fleet(f"agents PC-%d count=2000 address={NET}.8.1 port={PORT}", tmp_path, "--threads", "1")
    fleet._command = limited(600) + fleet._command
    with fleet:
        assert fleet.stats()["threads"] == 7  # 2,000 sockets, 300 of each table's 600 kept for connections
        for last in (1, 100, 200, 250):
            assert get("http", address=f"{NET}.8.{last}")[0] == 200
        fleet.set("all", "refused")
        with pytest.raises(ConnectionRefusedError):
            get("http", address=f"{NET}.8.9")


def test_connections_beyond_the_descriptors_are_shed(tmp_path):
    fleet = Fleet(f"agent PC-1 address={NET}.3.40 port={PORT} behaviour=hang", tmp_path)
    fleet._command = limited(64) + fleet._command
    with fleet, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.create_connection((f"{NET}.3.40", PORT))) for _ in range(100)]
        wait_until(lambda: fleet.stats()["shed"] + fleet.stats()["open"] == 100)
        counted = fleet.stats()
        assert counted["shed"] > 40 and counted["open"] > 10
        socks[-1].settimeout(LONG_S)
        assert socks[-1].recv(1) == b""
        idle = cpu_ticks(fleet.process.pid)
        time.sleep(0.5)
        assert cpu_ticks(fleet.process.pid) - idle < 10  # it does not spin


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_it_outlives_clients_that_reset(fleet):
    for address in (HTTP_AGENT, HTTPS_AGENT):
        for _ in range(20):
            sock = socket.create_connection((address, PORT))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(b"GET")
            sock.close()
    wait_until(lambda: fleet.stats()["open"] == 0)
    assert get("http")[0] == 200 and get("https")[0] == 200
