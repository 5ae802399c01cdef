"""The SNMP side alone, on a made-up estate, while what is around it breaks: masters that are deaf, hung, overrun, in use
by another, or not masters at all."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

import mibnames
import processes
from processes import SHORT, Snmpd, Snmptrapd, fill_backlog, free_port, wait_until

SERVE = processes.BUILD / "bin" / "agentx_serve"
MANY = 1000 if SHORT else 5000


class Serve:
    """agentx_serve; its answers to commands, and its log."""

    def __init__(self, directory, *arguments):
        self.log_path = directory / "serve.log"
        self.log_file = open(self.log_path, "ab")
        self.popen = subprocess.Popen([str(SERVE), "rows=50", *arguments], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.log_file, text=True)
        assert self.popen.stdout.readline() == "ready\n", self.log()

    def log(self):
        return self.log_path.read_text()

    def lines(self):
        return [line for line in self.log().splitlines() if "SNMP master" in line]

    def ask(self, command):
        self.popen.stdin.write(command + "\n")
        self.popen.stdin.flush()
        return self.popen.stdout.readline().strip()

    def counters(self):
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", self.ask("counters"))}

    def connected(self):
        return self.counters()["connected"] == 1

    def stop(self):
        """How long the SNMP side took to stop, in seconds."""
        answer = self.ask("quit")
        code = self.popen.wait(20)
        self.log_file.close()
        assert code == 0 and not processes.SANITIZER.search(self.log()), self.log()[-6000:]
        return float(answer.removeprefix("stopped "))

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


@pytest.fixture
def place():
    """A folder with a short name, a snmptrapd and a snmpd in it that are not started, and a way to start the rest."""

    class Place:
        directory = pathlib.Path(tempfile.mkdtemp(prefix="ah-", dir="/tmp"))
        started = []

        def serve(self, *arguments):
            self.started.append(Serve(self.directory, *arguments))
            return self.started[-1]

        def connect(self, *arguments):
            serve = self.serve(f"socket=unix:{self.snmpd.socket}", *arguments)
            wait_until("connected", serve.connected)
            return serve

    here = Place()
    here.trapd = Snmptrapd(here.directory)
    here.snmpd = Snmpd(here.directory, here.trapd.port)
    try:
        yield here
    finally:
        for serve in here.started:
            serve.close()
        here.snmpd.stop()
        here.trapd.stop()
        shutil.rmtree(here.directory)


def sequences(trapd):
    """ahAlarmSeq of each notification received, in order."""
    key = ".".join(map(str, mibnames.oid("ahAlarmSeq", ())))
    return [int(seq) for seq in re.findall(rf"\.{key}\.(\d+)\.", trapd.log())]


def pause(snmpd, seconds):
    snmpd.signal(signal.SIGSTOP)
    time.sleep(seconds)
    snmpd.signal(signal.SIGCONT)


def test_every_notification_arrives_once_and_in_order(place):
    place.trapd.start()
    place.snmpd.start()
    serve = place.connect("rate=1000", "burst=50")
    assert serve.ask(f"notify {MANY}") == f"notified {MANY}"
    assert serve.ask("drain 60000") == "drained 1"
    wait_until("all", lambda: len(sequences(place.trapd)) >= MANY)
    assert sequences(place.trapd) == list(range(1, MANY + 1))
    assert serve.counters()["sent"] == MANY
    assert serve.stop() < 1


def test_a_master_that_hangs_in_a_burst_makes_nothing_come_twice(place):
    place.trapd.start()
    place.snmpd.start()
    serve = place.connect("rate=500", "burst=50", "reconnect=1")
    serve.ask("notify 1000")
    for _ in range(3):
        time.sleep(0.3)
        pause(place.snmpd, 3 if SHORT else 7)
    assert serve.ask("drain 60000") == "drained 1"
    wait_until("all", lambda: len(sequences(place.trapd)) >= 1000)
    assert sequences(place.trapd) == list(range(1, 1001))
    assert serve.counters()["reconnects"] == 0
    assert serve.stop() < 1


def test_a_master_that_is_killed_in_a_burst_loses_nothing(place):
    place.trapd.start()
    place.snmpd.start()
    serve = place.connect("rate=500", "burst=50", "reconnect=1")
    serve.ask("notify 1000")
    for _ in range(3):
        time.sleep(0.4)
        place.snmpd.kill()
        place.snmpd.start()
        wait_until("connected again", serve.connected)
    assert serve.ask("drain 60000") == "drained 1"
    wait_until("all", lambda: len(set(sequences(place.trapd))) == 1000)
    told = sequences(place.trapd)
    assert sorted(set(told)) == list(range(1, 1001))
    assert len(told) - 1000 <= 3 * 64, "only what was in flight is repeated"
    assert serve.counters()["reconnects"] == 3
    assert serve.stop() < 1


def test_stops_at_once_beside_a_hung_master(place):
    place.snmpd.start()
    serve = place.connect()
    place.snmpd.signal(signal.SIGSTOP)
    serve.ask("notify 100")
    time.sleep(1.5)
    assert serve.stop() < 1


def test_stops_at_once_while_it_opens_a_session_with_a_hung_master(place):
    place.snmpd.start()
    place.snmpd.signal(signal.SIGSTOP)
    serve = place.serve(f"socket=unix:{place.snmpd.socket}", "reconnect=1")
    time.sleep(1.1)
    assert serve.stop() < 1
    assert len(serve.lines()) == 1, serve.log()


class FalseMaster:
    """Something that listens where the master should, and answers with what it is given."""

    def __init__(self, path, backlog=1, answer=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(backlog)
        self.answer, self.peers = answer, []

    def accept_for(self, seconds):
        self.socket.settimeout(0.2)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                peer, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.peers.append(peer)
            if self.answer:
                try:
                    peer.sendall(self.answer)
                except BrokenPipeError:
                    pass  # it has gone already

    def close(self):
        for peer in self.peers:
            peer.close()
        self.socket.close()


def recovers(place, serve):
    """A real master takes the place of the false one."""
    place.snmpd.socket.unlink()
    place.snmpd.start()
    wait_until("connected", serve.connected)
    assert place.snmpd.manager().get("ahFleetAgents") == 50
    assert [line.endswith(": connected") for line in serve.lines()] == [False, True], serve.log()
    assert serve.stop() < 1


def test_a_full_backlog_is_a_failed_attempt(place):
    false = FalseMaster(place.snmpd.socket)
    false.peers += fill_backlog(place.snmpd.socket)
    serve = place.serve(f"socket=unix:{place.snmpd.socket}", "reconnect=1")
    time.sleep(2.5)
    assert "its backlog is full" in serve.log()
    false.close()
    recovers(place, serve)


@pytest.mark.parametrize("answer", [None, b"\0" * 64, b"HTTP/1.0 400 Bad Request\r\n\r\n",
                                    b"\1\x12\x10\0" + b"\xff" * 16, b"\1\x12\x10\0" + b"\0" * 15 + b"\x08" + b"\0" * 8])
def test_something_that_is_no_master_does_no_harm(place, answer):
    false = FalseMaster(place.snmpd.socket, answer=answer)
    serve = place.serve(f"socket=unix:{place.snmpd.socket}", "reconnect=1")
    false.accept_for(2.5)
    assert not serve.connected()
    false.close()
    recovers(place, serve)


def test_a_registration_that_is_refused_is_no_connection(place):
    place.snmpd.start()
    first = place.connect()
    second = place.serve(f"socket=unix:{place.snmpd.socket}", "reconnect=1")
    time.sleep(2.5)
    assert not second.connected()
    assert "another subagent has registered the same objects" in second.log()
    assert place.snmpd.manager().get("ahFleetAgents") == 50
    first.stop()
    wait_until("connected", second.connected)
    assert place.snmpd.manager().get("ahFleetAgents") == 50
    assert second.stop() < 1


def test_the_log_tells_each_change_once(place):
    serve = place.serve(f"socket=unix:{place.snmpd.socket}", "reconnect=1")
    time.sleep(3.5)
    place.snmpd.start()
    wait_until("connected", serve.connected)
    place.snmpd.stop()
    time.sleep(3.5)
    told = [line.split(": ", 1)[1] for line in serve.lines()]
    assert told == ["not connected, trying on: No such file or directory", "connected",
                    "connection lost, trying again"], serve.log()
    assert serve.stop() < 1


def test_a_master_over_tcp(place):
    port = free_port()
    place.snmpd.conf.write_text(re.sub(r"agentXSocket .*", f"agentXSocket tcp:127.0.0.1:{port}",
                                       place.snmpd.conf.read_text()))
    serve = place.serve(f"socket=tcp:127.0.0.1:{port}", "reconnect=1")
    place.snmpd.start()
    wait_until("connected", serve.connected)
    assert len(place.snmpd.manager().column("ahAgentName")) == 50
    place.snmpd.stop()
    place.snmpd.start()
    wait_until("connected again", lambda: serve.counters()["reconnects"] == 1)
    assert len(place.snmpd.manager().column("ahAgentName")) == 50
    assert serve.stop() < 1


def walk(peer):
    text = subprocess.run(["snmpbulkwalk", "-v2c", "-c", "public", "-On", "-Oe", peer,
                           "." + ".".join(map(str, mibnames.DEFAULT_ROOT))], capture_output=True, text=True, check=True,
                          env={"MIBS": "", "PATH": "/usr/bin"}).stdout
    return [line for line in text.splitlines() if " 07 E" not in line and "Timeticks" not in line]  # but for times


def test_a_subagent_and_a_master_of_its_own_show_the_same(place):
    place.snmpd.start()
    place.connect()
    access = place.directory / "access.conf"
    access.write_text("rocommunity public 127.0.0.1\n")
    port = free_port()
    place.serve(f"listen=udp:127.0.0.1:{port}", f"access={access}")
    through_snmpd = walk(place.snmpd.peer)
    assert len(through_snmpd) > 1000
    assert walk(f"udp:127.0.0.1:{port}") == through_snmpd


@pytest.mark.parametrize("access, listen, reason", [
    (None, "udp:127.0.0.1:{port}", "No such file or directory"),
    ("rocommunity\n", "udp:127.0.0.1:{port}", "access.conf: line 1"),
    ("nonsense here\n", "udp:127.0.0.1:{port}", "access.conf: line 1"),
    ("rocommunity public\n", "udp:192.0.2.1:{port}", "can not listen on udp:192.0.2.1"),
])
def test_a_master_of_its_own_that_can_not_start_says_why(place, access, listen, reason):
    conf = place.directory / "access.conf"
    if access is not None:
        conf.write_text(access)
    result = subprocess.run([str(SERVE), f"listen={listen.format(port=free_port())}", f"access={conf}"],
                            capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert result.returncode == 2
    assert reason in result.stderr.splitlines()[-1], result.stderr


@pytest.mark.parametrize("master", [False, True])
def test_no_configuration_of_the_host_is_read_and_no_state_is_written(place, master):
    place.snmpd.start()
    host, state, access = (place.directory / name for name in ("host", "state", "access.conf"))
    host.mkdir()
    for name in ("agenthealthd", "snmp", "snmpd"):
        (host / f"{name}.conf").write_text("nonsense here\n")
    access.write_text("rocommunity public 127.0.0.1\n")
    how = [f"listen=udp:127.0.0.1:{free_port()}", f"access={access}"] if master else [f"socket=unix:{place.snmpd.socket}"]
    serve = subprocess.run([str(SERVE), *how], input="counters\nquit\n", text=True, capture_output=True, timeout=60,
                           env={**os.environ, "SNMPCONFPATH": str(host), "SNMP_PERSISTENT_DIR": str(state)})
    assert serve.returncode == 0, serve.stderr
    assert "nonsense" not in serve.stderr
    assert not state.exists()
