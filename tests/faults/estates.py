"""The estates that faults befall, who changes them meanwhile, and who looks on. It judges nothing: see ledger.py."""

import contextlib
import pathlib
import random
import re
import time

import ledger
import mibnames
from busy import Busy
from processes import wait_until
from scene import Scene

LIFETIME_S = 1200
# Nothing is held back.
TELL_ALL = {"flap_high_pct": 0, "mass_outage_pct": 0, "min_gap_s": 0, "history": 1000000}


def name(number):
    return f"PC-{number:05d}"


def number_of(index, names):
    return int(names[index].decode().removeprefix("PC-"))


@contextlib.contextmanager
def estate(agents, interval_s=1, **policy):
    """A scene with so many simulated agents, in which every transition is told; configured but not started."""
    scene = Scene()
    try:
        scene.set("policy", **TELL_ALL, **policy)
        scene.set("notifications", rate_per_s=500, burst=50)  # what snmptrapd can follow
        scene.set("probe listener", interval_s=interval_s, concurrency=1000, timeout_ms=3000)
        scene.start_fleet(agents, options=("--lifetime", str(LIFETIME_S)))
        yield scene
    finally:
        scene.close()


class Churn(Busy):
    """Switches agents off and on, so many a second, and knows which are off: the truth. Those below `calm` stay well."""

    def __init__(self, scene, agents, per_s, calm=4, behaviour="refused"):
        super().__init__(0.1)
        self.scene, self.per_turn, self.behaviour = scene, max(1, per_s // 10), behaviour
        self.numbers, self.sick, self.switched = range(calm, agents + 1), set(), 0

    def switch(self, numbers):
        for healthy in (False, True):
            chosen = [number for number in numbers if (number not in self.sick) == healthy]
            for start in range(0, len(chosen), 500):  # a command is a line of 8 KiB
                self.scene.fleet.set(",".join(map(name, chosen[start:start + 500])),
                                     self.behaviour if healthy else "healthy")
        self.sick ^= set(numbers)
        self.switched += len(numbers)

    def turn(self):
        self.switch(random.sample(self.numbers, self.per_turn))


class Pulse(Busy):
    """Watches, by the simulator's counters, that single agents are asked on; the longest pause of any."""

    def __init__(self, scene, numbers=(1, 2, 3)):
        super().__init__(0.05)
        self.scene, self.longest_s = scene, 0.0
        self.seen = {number: (-1, time.monotonic()) for number in numbers}

    def turn(self):
        for number, (before, since) in self.seen.items():
            requests, now = self.scene.fleet.stats(name(number))["requests"], time.monotonic()
            self.longest_s = max(self.longest_s, now - since)
            if requests != before:
                self.seen[number] = requests, now


def restart(process):
    process.stop()
    process.start()


def settle(scene, sick, within_s=60):
    """Until the verdicts are those of the fleet, all of them have been told, and nothing arrives any more."""
    def told():
        assert scene.daemon.running(), scene.daemon.log()[-3000:]
        if scene.manager.get("ahFleetOffline") != len(sick) or scene.manager.get("ahNotificationsQueued"):
            return False
        size = scene.trapd.log_path.stat().st_size
        time.sleep(1)
        return size == scene.trapd.log_path.stat().st_size
    wait_until("all is told", told, within_s, every_s=0.2)


def tables(scene):
    """ahAlarmTable and ahAlarmHistoryTable as the ledger takes them."""
    kind = mibnames.labels("AhSubjectKind")
    keys = {kind["agent"]: "ahAgentIndex", kind["server"]: "ahServerIndex", kind["source"]: "ahSourceIndex",
            kind["group"]: "ahGroupIndex"}

    def read(prefix):
        rows = scene.manager.rows(*(prefix + column for column in ("Subject", "SubjectIndex", "Condition")))
        return {seq: ledger.Alarm((keys.get(row[prefix + "Subject"], "collector"), row[prefix + "SubjectIndex"]),
                                  row[prefix + "Condition"]) for seq, row in rows.items()}
    history, alarms = read("ahAlarmHistory"), scene.manager.column("ahAlarmHistoryAlarm")
    return read("ahAlarm"), {alarms[seq]: alarm for seq, alarm in history.items()}


def overruns(scene):
    """Datagrams that found no room at snmptrapd's socket: lost behind all that is tested here."""
    rows = [line.split() for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]]
    return sum(int(row[-1]) for row in rows if int(row[1].split(":")[1], 16) == scene.trapd.port)


def of_agent(event):
    return event.subject[0] == "ahAgentIndex"


def judge(scene, findings, sick, in_order=True):
    """The ledger's judgement of all that was told of agents since the scene's start; the events, for more."""
    settle(scene, sick)
    active, history = ({seq: alarm for seq, alarm in table.items() if of_agent(alarm)} for table in tables(scene))
    names = scene.manager.column("ahAgentName")
    indexes = {index for index in names if number_of(index, names) in sick}
    events = [event for event in ledger.events_of(scene.trapd.received()) if of_agent(event)]
    findings.count(2 * len(history) + len(active), "transitions")
    complaints = ledger.judge(events, active, history, indexes)
    findings.count(len(complaints["lost"]), "lost")
    findings.count(len(ledger.repeats(events)), "repeated")
    findings.count(len(complaints["out of order"]), "out of order")
    for what, found in complaints.items():
        findings.must(not found or not in_order and what in ledger.IN_ORDER, f"{len(found)} {what}: {found[:3]}")
    findings.must(len(history) + len(active) > 0, "there were transitions")
    findings.must(not overruns(scene), f"snmptrapd kept up, but missed {overruns(scene)}")
    return events


def resident_kib(scene):
    return int(re.search(r"VmRSS:\s+(\d+)", (scene.proc() / "status").read_text())[1])
