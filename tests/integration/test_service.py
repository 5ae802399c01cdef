"""What a service manager is told: a socket of the test's own takes systemd's place."""

import contextlib
import signal
import socket
import time

import pytest

from processes import agenthealthd, fill_backlog, wait_until


WATCHDOG_S = 1.0


class Manager:
    """The other end of NOTIFY_SOCKET; the words that came."""

    def __init__(self, directory):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(directory / "notify"))
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}
        self.heard = []

    def listen(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard += self.socket.recv(4096).decode().split("\n")
        return self.heard

    def words(self):
        """How it stands, without its pulse and its status."""
        return [word for word in self.listen() if not word.startswith(("WATCHDOG=", "STATUS=", "MONOTONIC_USEC="))]

    def status(self):
        return [word for word in self.listen() if word.startswith("STATUS=")]

    def fed_in(self, seconds):
        """How often the watchdog is fed in that time."""
        before = self.listen().count("WATCHDOG=1")
        time.sleep(seconds)
        return self.listen().count("WATCHDOG=1") - before


@pytest.fixture
def manager(scene):
    manager = Manager(scene.directory)
    yield manager
    manager.socket.close()


def start(scene, manager):
    scene.write_conf()
    scene.daemon.start(environment=manager.environment)
    wait_until("it is in service", lambda: "READY=1" in manager.words())


def test_it_tells_how_it_stands(scene, manager):
    scene.start_fleet(2)
    scene.snmpd.start()
    start(scene, manager)
    wait_until("the first verdicts", lambda: scene.judged() == 2)
    wait_until("its status", lambda: manager.status()[-1:] == ["STATUS=2 agents, 0 alarms; SNMP in service"])
    scene.fleet.set("PC-00001", "refused")
    wait_until("the alarm", lambda: manager.status()[-1] == "STATUS=2 agents, 1 alarms; SNMP in service")
    assert manager.words() == ["READY=1"]
    scene.daemon.reload()
    wait_until("it is in service again", lambda: manager.words() == ["READY=1", "RELOADING=1", "READY=1"])
    times = [int(word.split("=")[1]) for word in manager.listen() if word.startswith("MONOTONIC_USEC=")]
    assert len(times) == 1 and 0 <= time.monotonic() - times[0] / 1e6 < 20
    scene.conf.write_text("[nonsense]\n")
    scene.daemon.reload()
    wait_until("it goes on as before", lambda: manager.words()[3:] == ["RELOADING=1", "READY=1"])
    scene.daemon.check()
    assert manager.words()[5:] == ["STOPPING=1"]


def test_one_that_can_not_begin_is_never_in_service(scene, manager):
    access = scene.directory / "access.conf"
    access.write_text("rocommunity public 127.0.0.1\n")
    access.chmod(0o600)
    scene.set("snmp", mode="master", access_conf=access, listen="udp:192.0.2.1:1161")  # not of this host
    started = agenthealthd("-c", scene.write_conf(), "-f", env=manager.environment)
    assert started.returncode == 3 and manager.listen() == []


def test_the_watchdog_is_fed_at_twice_its_pace_by_a_loop_that_turns_alone(scene, manager):
    """Not while the process stands still, though its threads may be about to."""
    start(scene, manager)  # there is no snmpd
    assert 4 <= manager.fed_in(3) <= 7
    scene.daemon.signal(signal.SIGSTOP)
    time.sleep(0.2)
    assert manager.fed_in(2) == 0
    scene.daemon.signal(signal.SIGCONT)
    wait_until("it goes on", lambda: manager.fed_in(0.1))


def test_a_master_that_hangs_does_not_starve_the_watchdog(scene, manager):
    scene.start_fleet(2)
    scene.snmpd.start()
    start(scene, manager)
    wait_until("the first verdicts", lambda: scene.judged() == 2)
    scene.snmpd.signal(signal.SIGSTOP)
    peers = fill_backlog(scene.snmpd.socket)
    scene.fleet.set("all", "refused")
    assert manager.fed_in(4) >= 5
    scene.daemon.reload()
    assert manager.fed_in(2) >= 2
    for peer in peers:
        peer.close()


def test_a_watchdog_that_is_not_asked_for_is_not_fed(scene, manager):
    del manager.environment["WATCHDOG_USEC"]
    start(scene, manager)
    wait_until("its status", manager.status)
    assert "WATCHDOG=1" not in manager.listen()
