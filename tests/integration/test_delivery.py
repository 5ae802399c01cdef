"""What becomes of notifications that can not be told at once: summed up, repeated by snmpd, or replaced by the next."""

import re
import time

import mibnames
from processes import SHORT, Snmpd, wait_until

QUEUE = 64  # the least that can be configured
EXAMPLE = mibnames.ROOT / "dist" / "snmpd.conf.example"


def values(trap):
    return {name: value for name, _, value in trap[1]}


def test_more_than_the_queue_holds_are_one_summary_and_the_youngest(scene):
    agents = 200 if SHORT else 1000
    scene.set("notifications", queue=QUEUE).set("probe listener", concurrency=1000, interval_s=2).start(agents)
    before = scene.manager.get_many("ahAlarmLastSeq", "ahFleetChangeSeq", "ahSummaryNotifications")
    assert before[2] == 0
    scene.snmpd.stop()
    scene.fleet.set(f"PC-00001..PC-{agents:05d}", "refused")
    given_up = agents - QUEUE
    wait_until("they are summed up", lambda: f" {given_up} notifications were summed up" in scene.daemon.log(), 60)
    scene.snmpd.start()
    summary, *rest = scene.trapd.wait_for(QUEUE + 1, 40)
    wait_until("nothing is queued", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    assert len(scene.trapd.received()) == QUEUE + 1
    assert summary[0] == "ahNotificationsSummary" and {name for name, _ in rest} == {"ahAgentOffline"}
    assert [name for name, _, _ in summary[1]] == mibnames.members("ahNotificationsSummary")
    said = values(summary)
    assert said["ahSummaryNotifications"] == given_up == scene.manager.get("ahNotificationsDropped")
    assert (said["ahSummaryFirstAlarmSeq"], said["ahSummaryLastAlarmSeq"]) == (before[0] + 1, before[0] + given_up)
    assert [values(trap)["ahAlarmSeq"] for trap in rest] == [*range(before[0] + given_up + 1, before[0] + agents + 1)]
    for name in ("ahSummaryNotifications", "ahSummaryFirstAlarmSeq", "ahSummaryLastAlarmSeq", "ahSummaryResyncSeq"):
        assert scene.manager.get(name) == said[name], name
    assert scene.manager.get("ahSummaryTime") != bytes(8)
    assert said["ahFleetChangeSeq"] == scene.manager.get("ahFleetChangeSeq")
    told = {values(trap)["ahAgentIndex"] for trap in rest}
    behind = {agent for seq, agent in scene.manager.column("ahChangeAgent").items() if seq > said["ahSummaryResyncSeq"]}
    assert behind >= {*range(1, agents + 1)} - told, "the resync shows every agent that was not told of"
    assert said["ahSummaryResyncSeq"] >= before[1], "and nobody whose change is older"


def test_the_heartbeat_tells_of_now(scene):
    scene.set("notifications", heartbeat_s=1, enabled="no").start(3)
    assert scene.manager.get("ahHeartbeatInterval") == 1
    scene.fleet.set("PC-00002", "refused")
    scene.wait_icon(2, "offline")
    seen = len(scene.trapd.received())
    beat = scene.trapd.wait_for(seen + 2)[-1]
    assert beat[0] == "ahHeartbeat" and [name for name, _, _ in beat[1]] == mibnames.members("ahHeartbeat")
    for name, index, value in beat[1]:
        assert index == (0,) and value == scene.manager.get(name), name
    assert values(beat)["ahFleetOffline"] == 1
    assert {name for name, _ in scene.trapd.received()} == {"ahHeartbeat"}, "notifications are off, heartbeats are not"
    scene.set("notifications", heartbeat_s=0).write_conf()
    scene.daemon.reload()
    wait_until("it is off", lambda: scene.manager.get("ahHeartbeatInterval") == 0)
    time.sleep(0.5)
    seen = len(scene.trapd.received())
    time.sleep(3)
    assert len(scene.trapd.received()) == seen


def test_heartbeats_do_not_pile_up_while_the_master_is_away(scene):
    scene.set("notifications", heartbeat_s=1).start(2)
    scene.trapd.wait_for(2)
    scene.snmpd.stop()
    seen = len(scene.trapd.received())
    time.sleep(6)
    scene.fleet.set("PC-00002", "refused")
    start = time.monotonic()
    scene.snmpd.start()
    traps = scene.trapd.wait_for(1, 30, "ahAgentOffline")
    beats = len(scene.trapd.named("ahHeartbeat")) - seen
    assert beats <= time.monotonic() - start + 2, "at most one waited"
    assert len(traps) == 1


def informs(scene):
    """The line of the example, with this test's port."""
    line, = re.findall(r"^trapsess -Ci .*$", EXAMPLE.read_text(), re.M)
    return f"{line}:{scene.trapd.port}"


def test_informs_outlast_a_receiver_that_is_down(scene):
    agents, down_s = (20, 8) if SHORT else (150, 30)
    scene.snmpd = Snmpd(scene.directory, None, [informs(scene)])
    scene.manager = scene.snmpd.manager()
    scene.set("snmp", agentx_socket=f"unix:{scene.snmpd.socket}").start(agents)
    scene.fleet.set("PC-00001", "refused")
    scene.trapd.wait_for(1)
    scene.trapd.kill()
    back = time.monotonic() + down_s
    everybody = f"PC-00002..PC-{agents:05d}"
    scene.fleet.set(everybody, "refused")
    wait_until("all are offline", lambda: scene.manager.get("ahFleetOffline") == agents, down_s)
    scene.fleet.set(everybody, "healthy")
    wait_until("all are back", lambda: scene.manager.get("ahFleetOffline") == 1, down_s)
    wait_until("snmpd has them all", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    slowest = 0
    while time.monotonic() < back:
        start = time.monotonic()
        scene.manager.get("ahFleetAgents")
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.2)
    assert slowest < 4, "snmpd waits for no receiver"
    scene.trapd.start()
    expected = {(name, b"PC-%05d" % number) for number in range(2, agents + 1)
                for name in ("ahAgentOffline", "ahAgentOnline")} | {("ahAgentOffline", b"PC-00001")}

    def told():
        """Each once, by the key that a manager has."""
        by_key = {(trap[0], values(trap)["ahAlarmSeq"]): values(trap)["ahAgentName"] for trap in scene.trapd.received()}
        return sorted((name, agent) for (name, _), agent in by_key.items())

    wait_until("all have come", lambda: told() == sorted(expected), 60)
