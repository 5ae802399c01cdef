"""What the benchmark measures with: the estate in a release build, the yardsticks, latencies. It judges nothing."""

import contextlib
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ["AH_BUILD"] = "release"
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import mibnames  # noqa: E402
from places import Places  # noqa: E402
from processes import BINARY, Process, Snmpd, wait_until  # noqa: E402
from scene import NET, Scene, address  # noqa: E402, F401
from sources import Sources  # noqa: E402

YARDSTICKS = ROOT / "build" / "yardsticks"
ENTRY = mibnames.oid("ahAgentTable", (1,))
REFSUB_ENTRY = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1, 1, 1)
SAME_COLUMNS = 19  # that refsub has: 2 to 20, as ahAgentTable's first


def dotted(oid):
    return "." + ".".join(map(str, oid))


def output(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True, **options).stdout


def build(*purposes):
    """The release build as the tree is now. purposes: what else packages are for (tools/packages)."""
    subprocess.run([ROOT / "tools" / "prepare", "build", "run", *purposes], check=True)
    output("cmake", "--preset", "release", cwd=ROOT)
    output("cmake", "--build", "--preset", "release", "-j2", "--target", "agenthealthd", "fleetsim", cwd=ROOT)


@contextlib.contextmanager
def estate(agents, quiet=False, winrm=False, central=0, binary=BINARY, **fleet):
    """A scene that is configured but not started, of the program `binary`. quiet: nobody is simulated and nobody is asked;
    the rows are there. winrm: the endpoints themselves are asked, too. central: an Apex Central is read, which knows so
    many more."""
    scene = Scene()
    scene.daemon.binary = binary
    try:
        scene.settings["probe listener"].update(interval_s=3600, timeout_ms=5000)
        scene.settings["probe server"].update(interval_s=3600, timeout_ms=5000)
        if winrm:
            scene.use_winrm(interval_s=3600, timeout_ms=10000)
        if central:
            scene.use_central(generated=central)
            scene.set("probe central", interval_s=3600, timeout_ms=30000, round_timeout_s=600)
        if quiet:
            scene.write_csv([f"PC-{number:05d}" for number in range(1, agents + 1)])
            scene.set("probe listener", enabled="no").set("probe server", enabled="no")
        else:
            scene.start_fleet(agents, **fleet)
        yield scene
    finally:
        scene.close()


@contextlib.contextmanager
def silent_places(references, sources, timeout_ms):
    """A scene of one agent around which nobody answers: the least that a sweep of it can take is the timeout."""
    with contextlib.closing(Scene()) as scene, Places(scene) as places:
        places.write_silent(references)
        silent = Sources(scene, count=sources)
        scene.set("probe location", timeout_ms=timeout_ms).set("probe source", timeout_ms=timeout_ms)
        scene.start_fleet(1, lines=silent.lines)
        scene.fleet.set(",".join(f"{name},{name}.web" for name in silent.names), "hang")
        yield scene


def serve(scene, agents):
    scene.write_conf()
    scene.snmpd.start()
    scene.daemon.start()
    wait_until("the rows", lambda: scene.manager.get("ahFleetAgents") == agents, 60)


def sweep_by_hand(scene):
    """Seconds that one sweep of a process of its own takes, by its own words."""
    scene.write_conf()
    done = subprocess.run([str(scene.daemon.binary), "-c", str(scene.conf), "-1"], capture_output=True, text=True,
                          timeout=300)
    return int(re.search(r"one sweep: \d+ agents in (\d+) ms", done.stderr)[1]) / 1000


def sweep_in_service(scene, agents, driver=2):
    """Seconds from the first question to the last answer when everybody is asked, in a daemon that runs: its own figure,
    as its numbers are published only once a second. Asking more often would take the CPU time that is measured."""
    runs = scene.manager.get("ahProbeRuns", driver)
    scene.writer.set("ahVerifyNow", "u", 0)
    wait_until("the sweep", lambda: scene.manager.get("ahProbeRuns", driver) >= runs + agents and
               scene.manager.get("ahProbeInFlight", driver) == 0, 120, every_s=1)
    return scene.manager.get("ahProbeSweepDuration", driver) / 1000


def curlbare(scene, agents, scheme, concurrency, timeout_ms=5000):
    """Probes a second of the plain loop on the same estate."""
    urls = "\n".join(f"{scheme}://{address(number)}:{scene.agent_port}/?CAVIT" for number in range(1, agents + 1)) + "\n"
    text = output(YARDSTICKS / "curlbare", concurrency, timeout_ms, input=urls)
    assert f"ok={agents} " in text, text
    return float(re.search(r"probes_per_s=(\d+)", text)[1])


def colwalk(peer, entry, columns=SAME_COLUMNS, repetitions=10):
    """Values a second of columns side by side."""
    text = output(YARDSTICKS / "colwalk", peer, "public", dotted(entry), 2, columns, repetitions)
    return float(re.search(r"values_per_s=(\d+)", text)[1])


def bulkwalk(peer, column, rows):
    """Values a second of one column by snmpbulkwalk."""
    start = time.monotonic()
    text = output("snmpbulkwalk", "-v2c", "-c", "public", "-t", "10", "-Cr50", "-On", "-OQ", peer, dotted(column),
                  env={**os.environ, "MIBS": ""})
    seconds = time.monotonic() - start
    assert text.count(" = ") == rows, f"{text.count(' = ')} values"
    return rows / seconds


@contextlib.contextmanager
def refsub(rows, directory):
    """The plainest subagent below a snmpd of its own."""
    place = pathlib.Path(directory, "refsub")
    place.mkdir()
    snmpd = Snmpd(place)
    sub = Process("refsub", place)
    try:
        snmpd.start()
        sub.spawn(YARDSTICKS / "refsub", rows, f"unix:{snmpd.socket}")
        last = dotted(REFSUB_ENTRY + (2, rows))
        wait_until("refsub", lambda: snmpd.manager(1).run("snmpget", snmpd.peer, last)[0][1] == 2 * rows)
        yield snmpd.peer
    finally:
        for process in (sub, snmpd):
            if process.popen:
                process.kill()


def resident_mib(scene):
    status = (scene.proc() / "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


class Asker(threading.Thread):
    """A manager that gets one scalar again and again over a socket of its own; the answers' times in ms."""

    def __init__(self, peer, oid):
        super().__init__(daemon=True)
        host, port = peer.removeprefix("udp:").split(":")
        self.target, self.pdu = (host, int(port)), self.encode(oid)
        self.times_ms, self.lost, self.over = [], 0, threading.Event()

    @staticmethod
    def encode(oid):
        """An SNMPv2c GET of one OID, community public, request id 1 (RFC 3416, section 3)."""
        def tlv(tag, body):
            assert len(body) < 128
            return bytes([tag, len(body)]) + body

        def arc(number):
            groups = [number & 0x7F]
            while number := number >> 7:
                groups.append(number & 0x7F | 0x80)
            return bytes(reversed(groups))

        name = tlv(6, bytes([oid[0] * 40 + oid[1]]) + b"".join(arc(number) for number in oid[2:]))
        zero = tlv(2, b"\0")
        get = tlv(0xA0, tlv(2, b"\1") + zero + zero + tlv(0x30, tlv(0x30, name + b"\5\0")))
        return tlv(0x30, tlv(2, b"\1") + tlv(4, b"public") + get)

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect(self.target)
            asking.settimeout(5)
            while not self.over.is_set():
                start = time.monotonic()
                asking.send(self.pdu)
                try:
                    asking.recv(2048)
                    self.times_ms.append((time.monotonic() - start) * 1000)
                except TimeoutError:
                    self.lost += 1
                time.sleep(0.005)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def p99_ms(self):
        assert not self.lost and len(self.times_ms) > 50, f"{self.lost} lost of {len(self.times_ms)}"
        return statistics.quantiles(self.times_ms, n=100)[98]


def peak_mib(scene):
    status = (scene.proc() / "status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
