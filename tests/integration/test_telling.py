"""What is held back: flapping, the least gap, mass outages, maintenance, as a real snmptrapd hears it."""

import pytest

import mibnames
from processes import wait_until
from test_writes import date


def values(trap):
    return {name: value for name, _, value in trap[1]}


def told(scene):
    """What has arrived so far: (notification, alarm's sequence)."""
    return [(name, values((name, varbinds))["ahAlarmSeq"]) for name, varbinds in scene.trapd.received()]


def switch(scene, agents, behaviour, icon, *indexes):
    scene.fleet.set(agents, behaviour)
    for index in indexes:
        scene.wait_icon(index, icon)


def test_what_comes_and_goes_is_told_as_flapping_and_then_as_steady(scene):
    scene.set("policy", flap_high_pct=20, flap_low_pct=20).start(2)
    for _ in range(3):  # six changes: the fourth is a fifth of the last twenty verdicts
        switch(scene, "PC-00001", "refused", "offline", 1)
        switch(scene, "PC-00001", "healthy", "healthy", 1)
    names = ["ahAgentOffline", "ahAgentOnline", "ahAgentOffline", "ahAgentOnline", "ahAgentFlappingBegin"]
    begin = scene.trapd.wait_for(5)
    assert [name for name, _ in begin] == names
    flapping = values(begin[4])
    assert flapping["ahAlarmCondition"] == mibnames.labels("AhAlarmKind")["flapping"]
    assert flapping["ahAgentName"] == b"PC-00001" and b"offline" in flapping["ahAlarmText"]
    assert mibnames.bits("AhConditions", scene.manager.get("ahAgentFlapping", 1)) == {"offline"}
    assert scene.manager.get("ahFleetFlapping") == 1
    switch(scene, "PC-00001", "refused", "offline", 1)
    assert scene.manager.get("ahNotificationsWithheld") == 3
    # It stays, and is told as it is once it is steady.
    end = scene.trapd.wait_for(7, 40)
    assert [name for name, _ in end[5:]] == ["ahAgentFlappingEnd", "ahAgentOffline"]
    assert values(end[5])["ahAlarmSeq"] == flapping["ahAlarmSeq"]
    assert scene.manager.get("ahFleetFlapping") == 0
    assert list(scene.manager.column("ahAlarmCondition").values()) == [mibnames.labels("AhAlarmKind")["offline"]]


def test_within_the_least_gap_only_what_lasts_is_told(scene):
    scene.set("policy", min_gap_s=6).start(2)
    switch(scene, "PC-00001", "refused", "offline", 1)
    scene.trapd.wait_for(1)
    for behaviour, icon in [("healthy", "healthy"), ("refused", "offline"), ("healthy", "healthy")]:
        switch(scene, "PC-00001", behaviour, icon, 1)
    assert len(scene.trapd.received()) == 1
    assert [name for name, _ in scene.trapd.wait_for(2)] == ["ahAgentOffline", "ahAgentOnline"]
    wait_until("the history has both", lambda: scene.manager.get("ahAlarmHistoryEntries") == 2)
    assert {seq for _, seq in told(scene)} == {1}, "the second alarm came and went within the gap"


def test_a_mass_outage_is_told_once_for_its_group(scene):
    scene.set("policy", mass_outage_pct=50, mass_outage_agents=5, mass_outage_wait_s=3).start(20)
    switch(scene, "PC-00001..PC-00015", "refused", "offline", 1, 15)
    begin, = scene.trapd.wait_for(1)
    assert begin[0] == "ahMassOutageBegin"
    assert values(begin)["ahGroupName"] == b"HQ" and b"offline" in values(begin)["ahAlarmText"]
    seq = values(begin)["ahAlarmSeq"]
    wait_until("all are counted", lambda: scene.manager.get("ahAlarmAgents", seq) == 15)
    assert scene.manager.get("ahFleetOffline") == 15 and scene.manager.get("ahAlarmsActive") == 16
    assert list(scene.manager.column("ahGroupMassOutage").values()) == [1]
    switch(scene, "PC-00004..PC-00015", "healthy", "healthy", 4, 15)
    traps = scene.trapd.wait_for(5)
    assert [name for name, _ in traps] == ["ahMassOutageBegin", "ahMassOutageEnd"] + ["ahAgentOffline"] * 3
    assert values(traps[1])["ahAlarmSeq"] == seq
    assert sorted(values(trap)["ahAgentIndex"] for trap in traps[2:]) == [1, 2, 3], "those that stay are told by now"
    assert list(scene.manager.column("ahGroupMassOutage").values()) == [2]


def test_a_few_are_told_each_a_little_later(scene):
    scene.set("policy", mass_outage_pct=50, mass_outage_agents=5, mass_outage_wait_s=2).start(20)
    switch(scene, "PC-00001..PC-00002", "refused", "offline", 1, 2)
    assert [name for name, _ in scene.trapd.wait_for(2)] == ["ahAgentOffline"] * 2


@pytest.mark.parametrize("name", ["ahAgentMaintenanceUntil", "ahGroupMaintenanceUntil", "ahServerMaintenanceUntil"])
def test_in_maintenance_transitions_are_recorded_and_what_lasts_is_told_at_its_end(scene, name):
    index = 2 if name.startswith("ahAgent") else 1
    scene.start(2)
    switch(scene, "PC-00002", "refused", "offline", 2)
    scene.trapd.wait_for(1)
    scene.writer.set(name, "x", date(3600), index)
    switch(scene, "PC-00002", "healthy", "healthy", 2)
    switch(scene, "PC-00002", "refused", "offline", 2)
    assert scene.manager.get("ahAlarmHistoryEntries") == 1 and scene.manager.get("ahAlarmsActive") == 1
    assert scene.manager.get("ahNotificationsWithheld") == 2
    assert len(scene.trapd.received()) == 1
    scene.writer.set(name, "x", "0000000000000000", index)
    scene.trapd.wait_for(3)
    assert told(scene) == [("ahAgentOffline", 1), ("ahAgentOnline", 1), ("ahAgentOffline", 2)]
