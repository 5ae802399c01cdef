"""Transitions as a real snmptrapd hears them: what is told, in which words, how often."""

import collections

import pytest

import mibnames
from processes import SHORT, wait_until

SICK = 2
PAIRS = [  # feed facts; raised, cleared, and the condition that the alarm names
    ("pattern.date=today-30", "ahPatternOutdated", "ahPatternCurrent", "patternOutdated"),
    ("realtimescan.service=stopped", "ahRealTimeScanDown", "ahRealTimeScanUp", "realTimeScanNotFunctioning"),
    ("realtimescan.enabled=no", "ahRealTimeScanDown", "ahRealTimeScanUp", "realTimeScanDisabled"),
    ("realtimescan.enabled=no agent.mode=standalone", "ahStandaloneUnprotected", "ahStandaloneProtected",
     "standaloneUnprotected"),
    ("server.reachable=no", "ahAgentOffline", "ahAgentOnline", "offline"),
    ("smartprotection.reachable=no", "ahSmartProtectionLost", "ahSmartProtectionRestored",
     "smartProtectionUnavailable"),
]
GOOD = ("pattern.date=today realtimescan.service=running realtimescan.enabled=yes agent.mode=normal "
        "server.reachable=yes smartprotection.reachable=yes")


def values(trap):
    return {name: value for name, _, value in trap[1]}


@pytest.mark.parametrize("facts,raised,cleared,condition", PAIRS, ids=[row[3] for row in PAIRS])
def test_raised_and_cleared_are_a_pair(scene, facts, raised, cleared, condition):
    scene.start(2, feed=True)
    scene.fleet.ask(f"feed PC-00002 {facts}")
    up = scene.trapd.wait_for(1)[0]
    scene.wait_icon(SICK, condition)
    alarm = scene.manager.rows("ahAlarmCondition", "ahAlarmSeverity", "ahAlarmText")
    scene.fleet.ask(f"feed PC-00002 {GOOD}")
    down = scene.trapd.wait_for(2)[1]
    assert (up[0], down[0]) == (raised, cleared)
    assert values(up)["ahAlarmCondition"] == mibnames.labels("AhAlarmKind")[condition]
    assert values(up)["ahAlarmSeq"] == values(down)["ahAlarmSeq"], "the cleared one names what it clears"
    assert values(down)["ahAlarmSeverity"] == mibnames.labels("AhSeverity")["cleared"]
    (seq, row), = alarm.items()
    assert seq == values(up)["ahAlarmSeq"]
    for column in row:
        assert row[column] == values(up)[column], column
    wait_until("the history has it", lambda: scene.manager.get("ahAlarmHistoryEntries") == 1)
    assert scene.manager.get("ahAlarmsActive") == 0


def test_varbinds_come_in_the_order_of_the_mib_with_the_values_of_the_tables(scene):
    scene.start(2)
    scene.fleet.set("PC-00002", "refused")
    name, varbinds = scene.trapd.wait_for(1)[0]
    assert name == "ahAgentOffline"
    assert [varbind for varbind, _, _ in varbinds] == mibnames.members(name)
    seq = values((name, varbinds))["ahAlarmSeq"]
    keys = {"ahAlarmSeq": seq, "ahAgentIndex": SICK}
    for varbind, index, value in varbinds:
        if varbind in keys:
            assert (index, value) == ((seq, SICK, 0, 0, 0), keys[varbind]), varbind
        else:
            assert index == ((seq,) if varbind.startswith("ahAlarm") else (SICK,)), varbind
            assert value == scene.manager.get(varbind, *index), varbind


def test_a_notification_says_what_was_true_at_its_transition(scene):
    scene.set("notifications", rate_per_s=1, burst=1).start(6)
    scene.fleet.set("PC-00001..PC-00006", "refused")
    wait_until("all offline", lambda: scene.manager.get("ahFleetOffline") == 6)
    scene.fleet.set("PC-00001..PC-00006", "healthy")
    wait_until("all back", lambda: scene.manager.get("ahFleetOffline") == 0)
    assert len(scene.trapd.received()) < 12, "the pace is slow enough for the test"
    traps = scene.trapd.wait_for(12, 40)
    assert [name for name, _ in traps] == ["ahAgentOffline"] * 6 + ["ahAgentOnline"] * 6
    assert {values(trap)["ahAlarmSeverity"] for trap in traps[:6]} == {mibnames.labels("AhSeverity")["major"]}
    assert {values(trap)["ahAlarmDiagnosis"] for trap in traps[:6]} == {mibnames.labels("AhDiagnosis")["unverified"]}


@pytest.mark.parametrize("startup,count", [("silent", 0), ("full", 1)])
def test_what_holds_at_the_first_verdict_is_told_only_if_asked_for(scene, startup, count):
    scene.set("notifications", startup=startup).start_fleet(3)
    scene.fleet.set("PC-00002", "refused")
    scene.start(judged=3)
    wait_until("the alarm", lambda: scene.manager.get("ahAlarmsActive") == 1)
    scene.fleet.set("PC-00002", "healthy")
    wait_until("no alarm", lambda: scene.manager.get("ahAlarmsActive") == 0)
    scene.fleet.set("PC-00003", "refused")  # told in any case, so that waiting for it shows what came before
    traps = scene.trapd.wait_for(2 * count + 1)
    of_the_first = [("ahAgentOffline", b"PC-00002"), ("ahAgentOnline", b"PC-00002")][:2 * count]
    told = [(trap[0], values(trap)["ahAgentName"]) for trap in traps]
    assert told == of_the_first + [("ahAgentOffline", b"PC-00003")]


def test_switched_off_they_are_not_sent_and_not_made_up_for(scene):
    scene.set("notifications", enabled="no").start(2)
    assert scene.manager.enum("ahNotificationsEnabled") == "false"
    scene.fleet.set("PC-00001", "refused")
    scene.wait_icon(1, "offline")
    scene.writer.set("ahNotificationsEnabled", "i", 1)
    wait_until("on", lambda: scene.manager.get("ahNotificationsEnabled") == 1)
    scene.fleet.set("PC-00002", "refused")
    assert values(scene.trapd.wait_for(1)[0])["ahAgentName"] == b"PC-00002"


@pytest.mark.alone
def test_thousands_that_go_offline_at_once_are_told_once_each(scene):
    agents = 500 if SHORT else 5000
    scene.set("notifications", rate_per_s=1000, burst=50).set("probe listener", concurrency=1000, timeout_ms=3000)
    scene.set("probe listener", interval_s=5 if SHORT else 10).start(agents)
    scene.fleet.set(f"PC-00001..PC-{agents:05d}", "refused")
    traps = scene.trapd.wait_for(agents, 120)
    wait_until("all are acknowledged", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    assert scene.manager.get("ahNotificationsSent") == agents
    assert scene.manager.get("ahNotificationsDropped") == 0
    assert collections.Counter(name for name, _ in scene.trapd.received()) == {"ahAgentOffline": agents}
    assert len({values(trap)["ahAgentIndex"] for trap in traps}) == agents, "none twice"
    sequences = [values(trap)["ahAlarmSeq"] for trap in traps]
    assert sequences == sorted(sequences), "in order"
    assert scene.manager.get("ahFleetOffline") == agents and scene.manager.get("ahAlarmsActive") == agents
