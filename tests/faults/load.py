"""Much at once: everybody in one sweep, reloads in a row, walks beside changes."""

import time

from busy import Busy, Watcher
from estates import Churn, estate, judge, name, overruns, resident_kib, settle
from processes import wait_until


class Rate(Busy):
    """The most notifications that were sent in any second or so, against what is allowed in that time."""

    def __init__(self, scene, rate_per_s, burst):
        super().__init__(1)
        self.scene, self.rate_per_s, self.burst, self.excess, self.most_per_s = scene, rate_per_s, burst, 0, 0.0
        self.seen = None

    def turn(self):
        before = time.monotonic()
        sent = self.scene.manager.get("ahNotificationsSent")
        after = time.monotonic()
        if self.seen:
            began, last = self.seen
            self.most_per_s = max(self.most_per_s, (sent - last) / (before - began))
            # The counter is as old as the last snapshot.
            self.excess = max(self.excess, sent - last - self.burst - self.rate_per_s * (after - began + 1))
        self.seen = before, sent


def everybody(findings):
    """All agents go, and come back, each time within one sweep."""
    agents, rounds, rate_per_s, burst = findings.pick(4000, 20000), findings.pick(2, 4), 1000, 50
    with estate(agents, interval_s=findings.pick(4, 10)) as scene:
        scene.set("notifications", rate_per_s=rate_per_s, burst=burst).set("policy", history=2000)
        scene.start(judged=agents)
        everyone, seen = range(1, agents + 1), []
        with Rate(scene, rate_per_s, burst) as rate:
            for _ in range(rounds):
                for behaviour, sick in (("refused", everyone), ("healthy", ())):
                    scene.fleet.set(f"{name(1)}..{name(agents)}", behaviour)
                    wait_until("the verdicts", lambda: scene.manager.get("ahFleetOffline") == len(sick), 60)
                    wait_until("the alarms", lambda: scene.manager.get("ahAlarmsActive") == len(sick), 10)
                    settle(scene, sick, within_s=2 * agents / rate_per_s + 30)
                seen.append(resident_kib(scene))
        told = scene.trapd.log().count(scene.trapd.BEGIN) - 1  # but for snmpd's own coldStart
        due = 2 * scene.manager.get("ahAlarmsRaised")  # as all of them are over
        findings.count(2 * rounds, f"times {agents:,} transitions")
        findings.count(max(due - told, 0), "lost")
        findings.count(max(told - due, 0), "repeated")
        findings.must(told == due >= 2 * rounds * agents, f"each was told once: {told} of {due}")
        findings.must(not overruns(scene), f"snmptrapd kept up, but missed {overruns(scene)}")
        findings.count(rate.most_per_s, "a second at most")
        findings.must(rate.excess <= 0, f"not faster than configured, but {rate.excess} too many")
        findings.note(f"RSS {', '.join(f'{kib:,}' for kib in seen)} KiB")
        findings.must(seen[-1] <= seen[0] * 1.15, "memory stays flat")


def reloads(findings):
    """Half of the agents are removed and added again and again, while others come and go."""
    agents, times = findings.pick(400, 2000), findings.pick(60, 500)
    half, seen = agents // 2, []
    with estate(agents, interval_s=2) as scene:
        scene.start(judged=agents)
        small = scene.csv.with_suffix(".half")
        whole = scene.csv.read_text()
        small.write_text("".join(whole.splitlines(True)[:half + 1]))
        with Watcher(scene.snmpd.peer, timeout_s=3) as watcher, Churn(scene, half, 20) as churn:
            for number in range(times):
                scene.csv.write_text(small.read_text() if number % 2 == 0 else whole)
                scene.daemon.reload()
                if number % 2 and number >= times // 2:
                    seen.append(resident_kib(scene))
        findings.must(number % 2 == 1, "the last reload brought them all back")
        findings.count(times, "reloads")
        judge(scene, findings, churn.sick)
        findings.note(f"RSS {seen[0]:,} KiB half-way, {seen[-1]:,} KiB at the end, {max(seen):,} KiB at most")
        findings.must(min(seen[-5:]) <= max(seen[:5]) * 1.05 + 1024, "memory stays flat")
        findings.count(watcher.answers, "answers meanwhile")
        findings.count(len(watcher.failures), "failures")
        findings.must(watcher.answers and not watcher.failures, f"SNMP answers throughout: {watcher.failures[:2]}")


def walks(findings):
    """Rows that are there throughout are met in each walk, whatever changes beside it."""
    agents, times = findings.pick(4000, 20000), findings.pick(5, 50)
    half = agents // 2
    with estate(agents, interval_s=findings.pick(4, 10)) as scene:
        scene.set("policy", history=1000)
        scene.start(judged=agents)
        manager, everyone = scene.snmpd.manager(20), set(scene.manager.column("ahAgentName"))
        missed = disordered = 0
        with Flips(scene, agents, half) as flips:
            wait_until("changes", lambda: manager.get("ahFleetChangeSeq") > half, 60)
            began, first = time.monotonic(), manager.get("ahFleetChangeSeq")
            for _ in range(times):
                for column, met_of in (("ahAgentIcon", dict.keys), ("ahChangeAgent", dict.values)):
                    rows = manager.column(column)
                    missed += len(everyone - set(met_of(rows)))
                    disordered += list(rows) != sorted(rows)
            changes = manager.get("ahFleetChangeSeq") - first
        findings.count(2 * times, f"walks of {agents:,} rows")
        findings.count(changes / (time.monotonic() - began), "changes a second beside them")
        findings.count(disordered, "not increasing")
        findings.count(missed, "rows missed")
        findings.must(not disordered and not missed, "each row is met, in order")
        findings.must(changes > 0, "rows changed meanwhile")
        findings.must(flips.turns > 1, "agents were switched meanwhile")


class Flips(Busy):
    """Switches one half of all agents, then the other, once an interval."""

    def __init__(self, scene, agents, half):
        super().__init__(scene.settings["probe listener"]["interval_s"])
        self.scene, self.agents, self.half, self.turns = scene, agents, half, 0

    def turn(self):
        halves = [f"{name(1)}..{name(self.half)}", f"{name(self.half + 1)}..{name(self.agents)}"]
        for which, behaviour in zip(halves, ("forbidden", "healthy") if self.turns % 2 else ("healthy", "forbidden")):
            self.scene.fleet.set(which, behaviour)
        self.turns += 1


WALKS, EVERYBODY, RELOADS = (("walk beside changes", walks), ("everybody in one sweep", everybody),
                             ("reload under load", reloads))
