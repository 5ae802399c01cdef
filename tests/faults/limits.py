"""Descriptors and memory run out, while the daemon runs: it must tell nothing that is not so, count what it could not
do, and recover once there is room."""

import contextlib
import errno
import os
import re
import resource
import signal
import time

from busy import Watcher
from estates import Churn, estate, judge, restart
from processes import wait_until
from scene import address

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
    """Hardly a socket can be had for questions: what is not asked has neither answered well nor badly."""
    seconds = findings.pick(8, 30)
    findings.note(f"hardly any for {seconds} s")
    with estate(AGENTS, interval_s=1, evidence_max_age_s=5) as scene:
        scene.fleet.set("agents", "healthy", delay_ms=2000)  # so that each question needs its socket for a while
        scene.start(judged=AGENTS)
        lasting = open_descriptors(scene)
        for _ in range(30):
            time.sleep(0.1)
            lasting &= open_descriptors(scene)
        with limited(scene, resource.RLIMIT_NOFILE, max(lasting) + 1), Watcher(scene.snmpd.peer, timeout_s=3) as watcher:
            time.sleep(seconds)
            missed = scene.manager.get("ahProbeNotStarted", 2)
            unknown = scene.manager.get("ahFleetUnknown")
        findings.count(missed, "questions not put, counted")
        findings.count(unknown, f"of {AGENTS} agents shown as unknown")
        findings.must(missed > 0, "what was not asked is counted")
        findings.must(unknown > AGENTS // 2, "what is too old is shown as unknown")
        findings.must(watcher.answers and not watcher.failures, f"SNMP answers throughout: {watcher.failures[:2]}")
        wait_until("all are known again", lambda: scene.manager.get("ahFleetHealthy") == AGENTS, 30)
        findings.must(not scene.trapd.received(), "nothing is told of it")
        scene.fleet.set("agents", "healthy")
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
            scene.daemon.popen_options = {"pass_fds": [file.fileno() for file in held]}
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


def load(scene):
    """A reload, up to the line of the log that tells its end."""
    def ends():
        return len(re.findall("reload: |could not be applied", scene.daemon.log()))
    before = ends()
    scene.daemon.signal(signal.SIGHUP)
    wait_until("the reload's end", lambda: ends() > before, 60)


def memory(findings):
    """There is no more memory, just when an inventory of many is loaded: at its first row, or anywhere behind."""
    many, rooms_mib = findings.pick(5000, 20000), findings.pick((0, 2, 8), (0, 1, 2, 4, 8, 12, 16, 24, 32))
    with estate(AGENTS, interval_s=2) as scene:
        scene.start(judged=AGENTS)
        few, refused = scene.csv.read_text(), 0
        more = "".join(f"more-{number},{address(1)},{scene.agent_port},,HQ\n" for number in range(many))
        with Watcher(scene.snmpd.peer, timeout_s=3) as watcher, Churn(scene, AGENTS, 20) as churn:
            for room_mib in rooms_mib:
                scene.csv.write_text(few + more)
                used = int((scene.proc() / "statm").read_text().split()[0]) * resource.getpagesize()
                with limited(scene, resource.RLIMIT_AS, used + (room_mib << 20)):
                    load(scene)
                    time.sleep(3)
                    refused += scene.manager.get("ahFleetAgents") < AGENTS + many
                    scene.csv.write_text(few)
                load(scene)
                wait_until("the few", lambda: scene.manager.get("ahFleetAgents") == AGENTS, 30)
        said = scene.daemon.log().count(os.strerror(errno.ENOMEM)) + scene.daemon.log().count("out of memory")
        findings.count(len(rooms_mib), f"reloads of {many:,} agents")
        findings.count(refused, "without room")
        findings.count(said, "lines of the log about it")
        findings.must(said >= refused > 0, "the log says so")
        findings.must(watcher.answers and not watcher.failures, f"SNMP answers throughout: {watcher.failures[:2]}")
        judge(scene, findings, churn.sick)


FAULTS = [("no descriptors left", descriptors), ("2,000 descriptors open", thousands_open), ("no memory left", memory)]
