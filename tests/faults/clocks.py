"""The wall clock steps, and time stands still for the daemon: neither is a transition."""

import calendar
import signal
import sysconfig
import time

from estates import estate, settle
from processes import wait_until

AGENTS, DAY_S = 100, 86400
FAKETIME = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketimeMT.so.1"


def verdicts(scene):
    columns = ("ahAgentIcon", "ahAgentConditions", "ahAgentUnknowns", "ahAgentDiagnosis", "ahAgentChangeSeq")
    return scene.manager.rows(*columns)


def stepped(findings):
    """A day ahead, back, and a day behind, by a clock that is the daemon's alone."""
    steps_s, rounds = (DAY_S, 0, -DAY_S, 0), findings.pick(1, 5)
    with estate(AGENTS, fall=1) as scene:
        offset = scene.directory / "offset"
        offset.write_text("+0s\n")
        scene.daemon.popen_options = {"environment": {
            "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}}
        sick = range(1, 6)
        scene.start(judged=AGENTS)
        scene.fleet.set("PC-00001..PC-00005", "refused")
        settle(scene, sick)
        before, told = verdicts(scene), len(scene.trapd.received())
        for step_s in steps_s * rounds:
            asked = scene.fleet.stats("PC-00006")["requests"]
            offset.write_text(f"{step_s:+d}s\n")
            wait_until("the daemon's own clock has stepped",
                       lambda: abs(observed_s(scene, 6) - time.time() - step_s) < 3600)
            wait_until("all are asked again", lambda: scene.fleet.stats("PC-00006")["requests"] >= asked + 3)
        findings.count(len(steps_s) * rounds, "steps of a day")
        findings.count(len(scene.trapd.received()) - told, "notifications")
        findings.must(len(scene.trapd.received()) == told, "nothing is told")
        changed = sum(row != before[index] for index, row in verdicts(scene).items())
        findings.count(changed, f"of {AGENTS} verdicts changed")
        findings.must(not changed, "no verdict changes")


def observed_s(scene, index):
    """When an agent was observed last, by the daemon's wall clock; seconds since 1970."""
    octets = scene.manager.get("ahAgentObserved", index)
    moment = (int.from_bytes(octets[:2], "big"), *octets[2:7], 0, 0, 0)
    offset_s = (octets[9] * 60 + octets[10]) * 60 * (1 if octets[8:9] == b"+" else -1) if len(octets) > 8 else 0
    return calendar.timegm(moment) - offset_s


def suspended(findings):
    """Questions are under way when the daemon is stopped, and their time is over when it goes on."""
    times, seconds = findings.pick(3, 10), findings.pick(4, 10)
    with estate(AGENTS, fall=1, evidence_max_age_s=3) as scene:
        scene.set("probe listener", timeout_ms=1000)
        scene.fleet.set("agents", "healthy", delay_ms=400)
        scene.start(judged=AGENTS)
        for _ in range(times):
            time.sleep(1.3)
            scene.daemon.signal(signal.SIGSTOP)
            time.sleep(seconds)
            scene.daemon.signal(signal.SIGCONT)
            wait_until("SNMP is back", lambda: scene.snmpd.manager(1).get("ahFleetAgents") == AGENTS, 30)
            wait_until("all are well", lambda: scene.manager.get("ahFleetHealthy") == AGENTS, 30)
        settle(scene, ())
        findings.count(times, f"times {seconds} s")
        findings.count(len(scene.trapd.received()), "notifications")
        findings.must(not scene.trapd.received(), f"nothing is told: {scene.trapd.received()[:1]}")


FAULTS = [("clock stepped", stepped), ("suspended", suspended)]
