"""snmpd is restarted, hangs, is not there, does not let us in, does not accept; its receiver is away. Meanwhile agents
come and go: probing must not pause, and each transition must be told, once."""

import contextlib
import os
import signal
import socket
import time

from estates import Churn, Pulse, estate, judge, restart
from mibnames import ROOT
from processes import Snmpd, fill_backlog, wait_until

AGENTS, PER_S, INTERVAL_S = 200, 20, 1
INFORMS = next(line for line in (ROOT / "dist/snmpd.conf.example").read_text().splitlines()
               if line.startswith("trapsess -Ci "))


@contextlib.contextmanager
def under_churn(findings, prepare=None, in_order=True):
    """A scene in service, whose agents come and go; at the end, what was told is judged."""
    with estate(AGENTS, interval_s=INTERVAL_S) as scene:
        if prepare:
            prepare(scene)
        scene.start(judged=AGENTS)
        with Pulse(scene) as pulse:
            with Churn(scene, AGENTS, PER_S) as churn:
                yield scene
            events = judge(scene, findings, churn.sick, in_order)
        conclude(findings, pulse, events)


def conclude(findings, pulse, events):
    findings.count(pulse.longest_s, "s longest pause of probing")
    findings.must(pulse.longest_s <= INTERVAL_S + 2, "probing never pauses")
    findings.must(len(events) == len(set(events)), "each is told once")


def restarted(findings):
    times = findings.pick(5, 20)
    findings.count(times, "restarts")
    with under_churn(findings) as scene:
        for _ in range(times):
            time.sleep(1)
            restart(scene.snmpd)
            wait_until("SNMP is back", lambda: scene.snmpd.manager(1).get("ahFleetAgents") == AGENTS)


def hung(findings):
    seconds = findings.pick(8, 60)
    findings.note(f"stopped for {seconds} s")
    with under_churn(findings) as scene:
        scene.snmpd.signal(signal.SIGSTOP)
        time.sleep(seconds)
        scene.snmpd.signal(signal.SIGCONT)


def gone(findings):
    seconds = findings.pick(4, 20)
    findings.note(f"no socket for {seconds} s")
    with under_churn(findings) as scene:
        scene.snmpd.stop()
        scene.snmpd.socket.unlink(missing_ok=True)
        time.sleep(seconds)
        scene.snmpd.start()


def not_permitted(findings):
    """The daemon is nobody, and the socket is root's; without root, the socket is closed to us all the same."""
    seconds = findings.pick(4, 20)
    findings.note(f"locked out for {seconds} s")

    with estate(AGENTS, interval_s=INTERVAL_S) as scene:
        user = "nobody" if os.getuid() == 0 else None
        scene.directory.chmod(0o755)
        (scene.directory / "state").chmod(0o777)
        scene.write_conf()
        scene.trapd.start()
        scene.snmpd.start()
        scene.snmpd.socket.chmod(0o000)
        scene.daemon.start(user=user)
        wait_until("refused", lambda: "Permission denied" in scene.daemon.log())
        asked = scene.fleet.stats("agents")["requests"]
        wait_until("first answers", lambda: scene.fleet.stats("agents")["requests"] >= asked + 3 * AGENTS)
        with Pulse(scene) as pulse:
            with Churn(scene, AGENTS, PER_S) as churn:
                time.sleep(seconds)
                scene.snmpd.socket.chmod(0o777)
                wait_until("in service", lambda: scene.manager.get("ahFleetAgents") == AGENTS)
            events = judge(scene, findings, churn.sick)
        conclude(findings, pulse, events)


def backlog_full(findings):
    seconds = findings.pick(4, 20)
    findings.note(f"backlog full for {seconds} s")
    with under_churn(findings) as scene:
        scene.snmpd.stop()
        scene.snmpd.socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as nobody:
            nobody.bind(str(scene.snmpd.socket))
            nobody.listen(1)
            peers = fill_backlog(scene.snmpd.socket)
            time.sleep(seconds)
            for peer in peers:
                peer.close()
        scene.snmpd.socket.unlink()
        scene.snmpd.start()


def receiver_down(findings):
    """Informs, sent by snmpd as the example for its configuration says."""
    seconds = findings.pick(8, 30)
    findings.note(f"receiver down for {seconds} s")

    def use_informs(scene):
        scene.snmpd = Snmpd(scene.directory, lines=[f"{INFORMS}:{scene.trapd.port}"])
        scene.manager = scene.snmpd.manager()

    with under_churn(findings, use_informs, in_order=False) as scene:
        time.sleep(2)
        scene.trapd.stop()
        time.sleep(seconds)
        scene.trapd.start()


FAULTS = [("snmpd restarted", restarted), ("snmpd hung", hung), ("socket gone", gone),
          ("socket not permitted", not_permitted), ("listen backlog full", backlog_full),
          ("receiver down, informs", receiver_down)]
