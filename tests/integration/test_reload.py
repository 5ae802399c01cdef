"""SIGHUP: a bad file changes nothing, a good one changes what it says and nothing else, SNMP answers throughout."""

import pathlib
import signal
import subprocess
import sys
import time

import pytest

from busy import Watcher
from processes import SHORT, wait_until


def test_a_bad_file_changes_nothing(scene):
    scene.start(3)
    good = scene.conf.read_text()
    since = scene.manager.column("ahAgentSince")
    sequence = scene.manager.get("ahFleetChangeSeq")
    scene.conf.write_text(good.replace("rise = 1", "rise = often") + "[surprise]\n")
    scene.daemon.reload()
    assert f"{scene.conf}: [policy] rise: " in scene.daemon.log()
    assert f"{scene.conf}: [surprise]" in scene.daemon.log()
    assert scene.manager.column("ahAgentSince") == since
    assert scene.manager.get("ahFleetChangeSeq") == sequence
    scene.fleet.set("PC-00002", "refused")
    scene.wait_icon(2, "offline")


def test_a_good_file_keeps_the_state_and_snmp_answers_throughout(scene):
    scene.start(50, feed=True)
    scene.fleet.set("PC-00002", "refused")
    scene.wait_icon(2, "offline")
    before = scene.manager.rows("ahAgentName", "ahAgentIcon", "ahAgentSince")
    alarms = scene.manager.column("ahAlarmText")
    with Watcher(scene.snmpd.peer) as watcher:
        for number in range(10):
            scene.set("policy", pattern_max_age_h=100 + number).write_conf()
            scene.daemon.reload()
    assert not watcher.failures and watcher.answers > 2
    assert scene.manager.rows("ahAgentName", "ahAgentIcon", "ahAgentSince") == before
    assert scene.manager.column("ahAlarmText") == alarms
    assert len(scene.trapd.received()) == 1, "a reload is no transition"


def test_the_inventory_grows_and_shrinks(scene):
    scene.start_fleet(6)
    scene.write_csv([f"PC-{number:05d}" for number in (1, 2, 3)])
    scene.start(judged=3)
    scene.fleet.set("PC-00001..PC-00002", "refused")
    scene.trapd.wait_for(2)
    scene.write_csv(["PC-00002", "PC-00003", "PC-00004", "PC-00005"], start=2)
    scene.daemon.reload()
    wait_until("four agents", lambda: scene.manager.get("ahFleetHealthy") == 3)
    names = {index: text.decode() for index, text in scene.manager.column("ahAgentName").items()}
    assert names == {2: "PC-00002", 3: "PC-00003", 4: "PC-00004", 5: "PC-00005"}, "indexes stay, and are not reused"
    assert scene.icon(2) == "offline"
    assert len(scene.manager.column("ahAlarmText")) == 1, "the alarm of the one that is gone is gone"
    assert scene.manager.get("ahGroupAgents", 1) == 4
    scene.write_csv([f"PC-{number:05d}" for number in range(1, 7)])
    scene.daemon.reload()
    wait_until("six agents", lambda: scene.manager.get("ahFleetAgents") == 6)
    assert scene.index_of("PC-00001") == 1, "one that returns has its old index"


def test_a_bad_row_is_reported_and_the_others_are_used(scene):
    scene.start(2)
    with open(scene.csv, "a", encoding="utf-8") as csv:
        csv.write("PC-00009,,21112,,HQ\nPC-00010,127.0.0.9,99999,,HQ\n")
    scene.daemon.reload()
    assert f"{scene.csv}: line 4: " in scene.daemon.log() and f"{scene.csv}: line 5: " in scene.daemon.log()
    assert scene.manager.get("ahFleetAgents") == 2
    wait_until("they are counted", lambda: scene.manager.get("ahCollectorRowsRejected") == 2)
    scene.write_csv(["PC-00001", "PC-00002"])
    scene.daemon.reload()
    wait_until("they are mended", lambda: scene.manager.get("ahCollectorRowsRejected") == 0)


@pytest.mark.alone
@pytest.mark.parametrize("behaviour", ["hang", "backlogged"])
def test_sigterm_ends_within_two_seconds_whatever_is_in_flight(scene, behaviour):
    scene.set("probe listener", timeout_ms=30000, interval_s=30).start_fleet(50)
    scene.fleet.set("PC-00001..PC-00050", behaviour)
    scene.start(judged=0)
    wait_until("in flight", lambda: scene.manager.get("ahProbeInFlight", 2) == 50)
    scene.snmpd.signal(signal.SIGSTOP)
    start = time.monotonic()
    scene.daemon.signal(signal.SIGTERM)
    code = scene.daemon.popen.wait(10)
    seconds = time.monotonic() - start
    assert code == 0 and seconds < 2.0, f"{seconds:.2f} s"


# Holds all threads of a process but its first, as a file system that does not answer would: PTRACE_SEIZE and
# PTRACE_INTERRUPT, ptrace(2). They are let go when this program ends.
FREEZE = """
import ctypes, os, sys, time
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
for thread in map(int, os.listdir(f"/proc/{pid}/task")):
    if thread != pid:
        for request in (0x4206, 0x4207):
            assert libc.ptrace(request, thread, None, None) == 0, os.strerror(ctypes.get_errno())
print("frozen", flush=True)
time.sleep(30)
"""


@pytest.mark.alone
def test_sigterm_ends_within_two_seconds_though_threads_hang(scene):
    scene.start(1)
    pid = scene.daemon.popen.pid
    with subprocess.Popen([sys.executable, "-c", FREEZE, str(pid)], stdout=subprocess.PIPE, text=True) as freezer:
        assert freezer.stdout.readline() == "frozen\n"
        start = time.monotonic()
        scene.daemon.signal(signal.SIGTERM)
        # A process with traced threads has ended when its first thread has.
        wait_until("the end", lambda: pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z", 5)
        seconds = time.monotonic() - start
        freezer.kill()
    assert scene.daemon.popen.wait(10) == 0
    # A sanitizer holds signals back while the first thread waits in a call.
    assert seconds < (6 if SHORT else 2.2), f"{seconds:.2f} s"



def test_a_restart_keeps_indexes_and_sequences(scene):
    scene.start_fleet(4)
    scene.write_csv([f"PC-{number:05d}" for number in (3, 4)], start=3)
    scene.start(judged=2)
    scene.fleet.set("PC-00003", "refused")
    told = {name: value for name, _, value in scene.trapd.wait_for(1)[0][1]}
    sequence = scene.manager.get("ahFleetChangeSeq")
    assert scene.daemon.stop() == 0
    scene.write_csv([f"PC-{number:05d}" for number in (1, 2, 3, 4)])
    scene.daemon.start()
    wait_until("verdicts", lambda: scene.judged() == 4, 30)
    assert {scene.index_of("PC-00003"), scene.index_of("PC-00004")} == {1, 2}
    assert {scene.index_of("PC-00001"), scene.index_of("PC-00002")} == {3, 4}
    assert scene.manager.get("ahFleetChangeSeq") > sequence
    scene.fleet.set("PC-00004", "refused")
    wait_until("told", lambda: len(scene.trapd.received()) >= 2)
    again = {name: value for name, _, value in scene.trapd.received()[-1][1]}
    assert again["ahAlarmSeq"] > told["ahAlarmSeq"] and again["ahAgentName"] == b"PC-00004"
