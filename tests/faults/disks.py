"""The disk is full, read-only, or gives back something else than was written, no file may grow, or the folder is gone: the
log says so, persistence is off, a notification tells it if that happens in service, and service goes on. And the process
is killed at any instant."""

import bisect
import contextlib
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import time

import ledger
from estates import Churn, estate, judge, settle
from processes import wait_until

AGENTS = 60
TMPFS_BYTES = 4 << 20


def persistence(scene):
    return scene.manager.enum("ahPersistenceState")


def lost_and_restored(scene):
    """What was told of persistence, in order."""
    return [name for name, _ in scene.trapd.named("ahPersistenceLost", "ahPersistenceRestored")]


@contextlib.contextmanager
def small_disk(path):
    """A file system of a few MiB at that folder, in a name space where we may mount."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def fill(path):
    """Writes until there is no room at all."""
    with open(path / "filler", "wb", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    filler.write(b"x" * size)


def passing(findings, scene, befalls, passes, why):
    """What can not be written for a while is told, and kept as a whole once it can be."""
    retry_s = 60  # as the daemon tries again
    scene.start(judged=AGENTS)
    findings.must(persistence(scene) == "working", "it works at first")
    with Churn(scene, AGENTS, 10) as churn:
        befalls()
        wait_until("it is off", lambda: persistence(scene) == "off", 60)
        time.sleep(3)
        passes()
        wait_until("it works again", lambda: persistence(scene) == "working", retry_s + 20)
        time.sleep(1)
    findings.must(lost_and_restored(scene) == ["ahPersistenceLost", "ahPersistenceRestored"], "both are told, once")
    findings.must("state" in scene.daemon.log() and why in scene.daemon.log(), f"the log says {why}")
    judge(scene, findings, churn.sick)
    scene.daemon.stop()
    told = len(scene.trapd.received())
    scene.daemon.start()
    wait_until("verdicts", lambda: scene.judged() == AGENTS)
    settle(scene, churn.sick)
    findings.must(len(scene.trapd.received()) == told, "it had kept everything by its end: a restart tells nothing")


def disk_full(findings):
    with estate(AGENTS) as scene, small_disk(scene.directory / "state"):
        state = scene.directory / "state"
        passing(findings, scene, lambda: fill(state), (state / "filler").unlink, "full")


def file_limit(findings):
    """No file may grow beyond what the database's journal has by then."""
    with estate(AGENTS) as scene:
        def limit(most):
            resource.prlimit(scene.daemon.popen.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        passing(findings, scene, lambda: limit((scene.directory / "state" / "state.db-wal").stat().st_size),
                lambda: limit(resource.RLIM_INFINITY), "I/O error")


def removed(findings):
    """The folder is gone, with all that is in it: it is made anew."""
    with estate(AGENTS) as scene:
        passing(findings, scene, lambda: shutil.rmtree(scene.directory / "state"), lambda: None, "it was removed")


def read_only(findings):
    """The folder can not be written, from the start; as nobody, because root can."""
    with estate(AGENTS) as scene:
        state = scene.directory / "state"
        scene.directory.chmod(0o755)
        scene.snmpd.conf.write_text(scene.snmpd.conf.read_text() + "agentXPerms 0777 0755\n")
        state.chmod(0o555)
        scene.daemon.popen_options = {"user": "nobody"} if os.getuid() == 0 else {}
        scene.start(judged=AGENTS)
        said = [line for line in scene.daemon.log().splitlines() if str(state) in line]
        findings.must(said, "the log names the file")
        findings.must(persistence(scene) == "off", f"persistence is {persistence(scene)}")
        wait_until("it is told", lambda: lost_and_restored(scene) == ["ahPersistenceLost"])
        with Churn(scene, AGENTS, 10) as churn:
            time.sleep(3)
        judge(scene, findings, churn.sick)


def damages(rng, good):
    """For ever: what to write in the place of a good database, and what that is."""
    while True:
        yield "cut", good[:rng.randrange(len(good))]
        at, length = rng.randrange(len(good)), rng.randrange(1, 4096)
        yield "overwritten", good[:at] + rng.randbytes(length) + good[at + length:]
        yield "garbage", rng.randbytes(rng.randrange(1, 65536))


def newer(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1000")
        database.commit()


def damaged(findings):
    """The database is cut, overwritten, replaced, of a newer schema: the daemon serves on in any case, and either works
    with what is whole or says that it is off."""
    times, rng = findings.pick(12, 200), random.Random(20261126)
    states, silent, dead = {}, 0, 0
    with estate(AGENTS) as scene:
        state = scene.directory / "state"
        scene.start(judged=AGENTS)
        scene.fleet.set("PC-00001..PC-00010", "refused")
        settle(scene, range(1, 11))
        scene.daemon.stop()
        kept = scene.directory / "kept"
        shutil.copytree(state, kept)
        good, damage = (kept / "state.db").read_bytes(), damages(rng, (kept / "state.db").read_bytes())
        for number in range(times):
            shutil.rmtree(state)
            shutil.copytree(kept, state)
            if number == 0:
                newer(state / "state.db")
            else:
                what, content = next(damage)
                (state / "state.db").write_bytes(content)
            scene.daemon.log_path.write_text("")
            scene.daemon.start()
            wait_until("it serves", lambda: not scene.daemon.running() or scene.judged() == AGENTS)
            if not scene.daemon.running():
                dead += 1
                findings.must(False, f"{what} was survived: {scene.daemon.log()[-500:]}")
                continue
            shown = persistence(scene)
            states[shown] = states.get(shown, 0) + 1
            silent += shown != "working" and str(state) not in scene.daemon.log()
            scene.daemon.stop()
        findings.count(times, f"databases of {len(good):,} bytes")
        for shown, count in sorted(states.items()):
            findings.count(count, f"times {shown}")
        findings.count(dead, "times dead")
        findings.must(not silent, f"the log names the file, but {silent} times it did not")
        findings.must(states.get("off", 0) > 0, "it was off at least where the schema is newer")


def killed(findings):
    """kill -9 at any instant, while agents come and go."""
    agents, kills, per_s = findings.pick(300, 2000), findings.pick(15, 200), findings.pick(30, 100)
    rng, sizes, opened = random.Random(20261126), [], 0
    with estate(agents) as scene:
        scene.start(judged=agents)
        with Churn(scene, agents, per_s) as churn:
            for _ in range(kills):
                time.sleep(rng.uniform(0.05, 2))
                scene.daemon.kill()
                sizes.append(scene.trapd.log_path.stat().st_size)
                scene.daemon.log_path.write_text("")
                scene.daemon.start()
                wait_until("it serves", lambda: scene.snmpd.manager(1).get("ahFleetAgents") == agents and
                           persistence(scene) != "unknown", 60)
                opened += persistence(scene) == "working"
        findings.count(kills, "kills")
        events = judge(scene, findings, churn.sick)
        again = kills_repeated(scene, events, sizes)
        findings.count(again, "kills followed by repeats")
        if not findings.short:  # a few kills say nothing of a share
            findings.must(again <= kills * 0.05, f"repeats follow at most 5 % of the kills, but {again}")
        findings.note(f"database opened {opened}/{kills}")
        findings.must(opened == kills, "the database always opens")


def kills_repeated(scene, events, sizes):
    """How many of the kills, at which snmptrapd's log had these sizes, were followed by something told again."""
    log = scene.trapd.log_path.read_bytes()
    ends = [log.count(scene.trapd.BEGIN.encode(), 0, size) for size in sizes]
    ours = len(events) - log.count(scene.trapd.BEGIN.encode())  # what is not of agents came before all of it
    return len({bisect.bisect_right(ends, position - ours) for position in ledger.repeats(events)})


MOUNTING = ("disk full",)
FAULTS = [("disk full", disk_full), ("file size limit", file_limit), ("state_dir removed", removed),
          ("kill -9", killed), ("read-only state_dir", read_only), ("database damaged", damaged)]
