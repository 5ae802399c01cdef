"""Is it the fleet, or is it us? Silence of everything at once, and of a part, by a simulated estate."""

import time

import pytest

import mibnames
from processes import wait_until

AGENTS = 10
ALL = f"PC-00001..PC-{AGENTS:05d},apex1"
# Connections that are accepted and answered by nothing, and those that never come about. To begin with the latter, the
# simulator closes its sockets: a connection in that moment is reset, which is no silence, so one fault must not count.
SILENT = {"hang": 1, "backlogged": 2}  # the behaviour, and [policy] fall for it


def names(scene):
    return [name for name, _ in scene.trapd.received()]


def uplink(scene):
    return scene.manager.enum("ahCollectorUplink")


def values(trap):
    return {name: value for name, _, value in trap[1]}


def offline(scene):
    return scene.manager.get("ahFleetOffline")


@pytest.mark.parametrize("behaviour", SILENT)
def test_when_all_is_silent_the_collector_is_cut_off_and_nobody_is_blamed(scene, behaviour):
    scene.set("policy", fall=SILENT[behaviour]).start(AGENTS)
    assert uplink(scene) == "up"
    scene.fleet.set(ALL, behaviour)
    down = scene.trapd.wait_for(1, 20)[0]
    assert (down[0], uplink(scene)) == ("ahCollectorCutOff", "down")
    assert [varbind for varbind, _, _ in down[1]] == mibnames.members("ahCollectorCutOff")
    time.sleep(3)  # three more sweeps
    assert scene.manager.get("ahFleetHealthy") == AGENTS and offline(scene) == 0
    assert scene.manager.column("ahServerState").popitem()[1] == mibnames.labels("AhState")["up"]
    scene.fleet.set(ALL, "healthy")
    up = scene.trapd.wait_for(2, 20)[1]
    assert (up[0], uplink(scene)) == ("ahCollectorReconnected", "up")
    assert values(up)["ahAlarmSeq"] == values(down)["ahAlarmSeq"]
    time.sleep(3)
    assert names(scene) == ["ahCollectorCutOff", "ahCollectorReconnected"]
    assert scene.manager.get("ahAlarmsRaised") == 1 and scene.manager.get("ahFleetHealthy") == AGENTS


def test_what_is_still_silent_when_the_uplink_is_back_is_told(scene):
    scene.start(AGENTS)
    scene.fleet.set(ALL, "hang")
    scene.trapd.wait_for(1, 20)
    scene.fleet.set(f"PC-00002..PC-{AGENTS:05d},apex1", "healthy")
    scene.trapd.wait_for(3, 20)
    assert names(scene) == ["ahCollectorCutOff", "ahCollectorReconnected", "ahAgentOffline"]
    assert values(scene.trapd.received()[2])["ahAgentName"] == b"PC-00001"


def test_a_short_outage_is_no_ones(scene):
    scene.set("probe server", timeout_ms=9000).start(AGENTS)  # it is not cut off before ten seconds are over
    scene.fleet.set(ALL, "hang")
    time.sleep(3)
    scene.fleet.set(ALL, "healthy")
    time.sleep(3)
    assert names(scene) == [] and scene.manager.get("ahFleetHealthy") == AGENTS
    assert uplink(scene) == "up"


@pytest.mark.parametrize("behaviour", SILENT)
def test_half_a_fleet_that_is_silent_is_told(scene, behaviour):
    scene.start(AGENTS)
    scene.fleet.set(f"PC-00001..PC-{AGENTS // 2:05d}", behaviour)
    wait_until("half are offline", lambda: offline(scene) == AGENTS // 2)
    assert set(names(scene)) <= {"ahAgentOffline"} and uplink(scene) == "up"
    assert len(scene.trapd.wait_for(AGENTS // 2)) == AGENTS // 2


def test_an_estate_too_small_to_tell_is_told_as_it_looks(scene):
    scene.start(1)
    scene.fleet.set("PC-00001,apex1", "backlogged")
    scene.trapd.wait_for(2, 10)
    assert sorted(names(scene)) == ["ahAgentOffline", "ahServerDown"] and uplink(scene) == "up"


def test_the_collector_starts_cut_off(scene):
    scene.start_fleet(AGENTS)
    scene.fleet.set(ALL, "backlogged")
    scene.start(judged=0)
    assert scene.trapd.wait_for(1, 20)[0][0] == "ahCollectorCutOff"
    time.sleep(2)
    assert scene.manager.get("ahFleetUnknown") == AGENTS
    scene.fleet.set(ALL, "healthy")
    wait_until("all are healthy", lambda: scene.manager.get("ahFleetHealthy") == AGENTS)
    assert names(scene) == ["ahCollectorCutOff", "ahCollectorReconnected"]


def test_those_who_are_absent_for_good_neither_cut_off_nor_wait(scene):
    scene.set("policy", absent="note").start_fleet(AGENTS)
    scene.fleet.set(f"PC-00003..PC-{AGENTS:05d}", "backlogged")
    scene.start(judged=2)
    wait_until("eight are absent", lambda: scene.manager.get("ahFleetAbsent") == AGENTS - 2)
    scene.fleet.set("PC-00001", "refused")
    wait_until("one is offline", lambda: offline(scene) == 1)
    scene.fleet.set("apex1,PC-00002", "refused")  # nothing is good any more, yet all three are there
    time.sleep(4)
    assert uplink(scene) == "up" and "ahCollectorCutOff" not in names(scene)
    scene.fleet.set("apex1,PC-00001,PC-00002", "backlogged")
    wait_until("cut off", lambda: uplink(scene) == "down")


def test_a_reload_leaves_nothing_behind(scene):
    scene.start(AGENTS)
    scene.fleet.set(ALL, "backlogged")
    wait_until("cut off", lambda: uplink(scene) == "down")
    scene.write_csv([f"PC-{number:05d}" for number in range(1, 5)])
    scene.daemon.reload()
    wait_until("four are left", lambda: scene.manager.get("ahFleetAgents") == 4)
    assert uplink(scene) == "down"
    scene.fleet.set(ALL, "healthy")
    wait_until("it is back", lambda: uplink(scene) == "up")
    wait_until("all are healthy", lambda: scene.manager.get("ahFleetHealthy") == 4)
