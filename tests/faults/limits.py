"""Descriptors and memory run out, while the daemon runs: it must tell nothing that is not so, count what it could not
do, and recover once there is room."""

import contextlib
import resource
import time

from estates import Churn, Watcher, estate, judge, name, restart, settle
from processes import wait_until

AGENTS = 300


@contextlib.contextmanager
def limited(scene, kind, limit):
    """The daemon's limit is lowered, and raised again at the end."""
    pid = scene.daemon.popen.pid
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


def open_descriptors(scene):
    return {int(path.name) for path in (scene.proc() / "fd").iterdir()}


def descriptors(findings):
    """No socket can be had for a question: that is no answer, good or bad."""
    seconds = findings.pick(6, 30)
    findings.note(f"none left for {seconds} s")
    with estate(AGENTS, interval_s=1, evidence_max_age_s=3) as scene:
        scene.start(judged=AGENTS)
        with limited(scene, resource.RLIMIT_NOFILE, 3):
            with Watcher(scene) as watcher:
                asked = scene.fleet.stats("agents")["connections"]
                time.sleep(seconds)
                missed = scene.manager.get("ahProbeNotStarted", 2)
                unknown = scene.manager.get("ahFleetUnknown")
                findings.must(scene.fleet.stats("agents")["connections"] - asked < AGENTS, "few were asked meanwhile")
        findings.count(missed, "questions not put, counted")
        findings.count(unknown, f"of {AGENTS} agents shown as unknown")
        findings.must(missed > 0, "what was not asked is counted")
        findings.must(unknown == AGENTS, "what is too old is shown as unknown")
        findings.must(watcher.answers and not watcher.failures, f"SNMP answers throughout: {watcher.failures[:2]}")
        wait_until("all are known again", lambda: scene.manager.get("ahFleetHealthy") == AGENTS, 30)
        findings.must(not scene.trapd.received(), "nothing is told of it")
        with Churn(scene, AGENTS, 50) as churn:
            time.sleep(3)
        judge(scene, findings, churn.sick)


def thousands_open(findings):
    """snmpd is lost and found while 2,000 descriptors are open: new ones have numbers beyond those of fd_set."""
    held_open, times = 2000, findings.pick(2, 10)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    with estate(AGENTS) as scene, contextlib.ExitStack() as stack:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
            held = [stack.enter_context(open("/dev/null", "rb")) for _ in range(held_open)]
            scene.daemon.spawn = with_descriptors(scene.daemon.spawn, held)
            scene.start(judged=AGENTS)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        findings.count(len(open_descriptors(scene)), "open")
        findings.must(len(open_descriptors(scene)) >= held_open, "they are open")
        with Churn(scene, AGENTS, 20) as churn:
            for _ in range(times):
                time.sleep(1)
                restart(scene.snmpd)
                wait_until("SNMP is back", lambda: scene.snmpd.manager(1).get("ahFleetAgents") == AGENTS)
        findings.count(times, "reconnects")
        judge(scene, findings, churn.sick)


def with_descriptors(spawn, files):
    return lambda *command, **options: spawn(*command, pass_fds=[file.fileno() for file in files], **options)


def memory(findings):
    """There is no more memory, just when an inventory of many is loaded; the one before stays in service."""
    many, room_kib = findings.pick(20000, 50000), 1024
    with estate(AGENTS) as scene:
        scene.start(judged=AGENTS)
        few = scene.csv.read_text()
        address_space_kib = int((scene.proc() / "statm").read_text().split()[0]) * resource.getpagesize() // 1024
        scene.csv.write_text(few + "".join(f"more-{number},127.0.0.1,9,,HQ\n" for number in range(many)))
        with Watcher(scene) as watcher, Churn(scene, AGENTS, 20) as churn:
            with limited(scene, resource.RLIMIT_AS, (address_space_kib + room_kib) * 1024):
                scene.daemon.reload()
                time.sleep(findings.pick(5, 20))
                findings.must(scene.manager.get("ahFleetAgents") < AGENTS + many, "not all found room")
                scene.csv.write_text(few)
            scene.daemon.reload()
            wait_until("the few", lambda: scene.manager.get("ahFleetAgents") == AGENTS, 30)
        said = [line for line in scene.daemon.log().splitlines() if "memory" in line]
        findings.count(len(said), "lines of the log about it")
        findings.must(said, "the log says so")
        findings.must(watcher.answers and not watcher.failures, f"SNMP answers throughout: {watcher.failures[:2]}")
        judge(scene, findings, churn.sick)


FAULTS = [("no descriptors left", descriptors), ("2,000 descriptors open", thousands_open), ("no memory left", memory)]
