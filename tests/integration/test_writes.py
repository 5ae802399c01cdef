"""What managers may write, and what comes of it: SET in all its phases, acknowledged alarms, maintenance, who it was."""

import pytest

import mibnames
from processes import free_port, wait_until
from scene import Scene
from snmptools import Manager, SnmpError, date

NEVER = "0000000000000000"
AT_ONCE_S = 1  # until a write is seen, on a busy machine
MAINTENANCE = [("ahAgentMaintenanceUntil", 2), ("ahServerMaintenanceUntil", 1), ("ahGroupMaintenanceUntil", 1)]
UNTIL = ("ahAgentMaintenanceUntil", "x")


SETS = [  # object, index, snmpset type, value, error
    ("ahNotificationsEnabled", (), "u", 1, "wrongType"),
    ("ahNotificationsEnabled", (), "s", "yes", "wrongType"),
    ("ahNotificationsEnabled", (), "i", 3, "wrongValue"),
    ("ahNotificationsEnabled", (), "i", 0, "wrongValue"),
    ("ahVerifyNow", (), "i", 1, "wrongType"),
    ("ahVerifyNow", (), "u", 77, "inconsistentValue"),
    ("ahFleetAgents", (), "u", 1, "notWritable"),
    ("ahCollectorName", (), "s", "mine", "notWritable"),
    ("ahAgentName", (1,), "s", "mine", "notWritable"),
    ("ahAgentName", (9,), "s", "mine", "notWritable"),
    ("ahAlarmAcknowledged", (1,), "i", 3, "wrongValue"),
    ("ahAlarmAcknowledged", (1,), "s", "yes", "wrongType"),
    ("ahAlarmAcknowledged", (99,), "i", 1, "noCreation"),
    ("ahAlarmSeverity", (1,), "i", 2, "notWritable"),
    ("ahAlarmHistoryAcknowledged", (1,), "i", 1, "notWritable"),
    *((name, (index,), *wrong) for name, index in MAINTENANCE for wrong in [
        ("u", 0, "wrongType"),
        ("x", "00", "wrongLength"),
        ("x", NEVER + "0000", "wrongLength"),
        ("x", date(60) + "00", "wrongLength"),
        ("x", "07EA0D0100000000", "wrongValue"),
        ("x", "07EA021E000000002B0000", "wrongValue"),
        ("x", date(11 * 366 * 86400), "wrongValue"),
    ]),
    *((name, (99,), "x", NEVER, "noCreation") for name, _ in MAINTENANCE),
]


@pytest.fixture(scope="module")
def shared():
    """One estate for many questions that change nothing; agent 1 has alarm 1."""
    estate = Scene()
    try:
        estate.start(2)
        estate.fleet.set("PC-00001", "refused")
        estate.wait_icon(1, "offline")
        yield estate
    finally:
        estate.close()


@pytest.mark.parametrize("name,index,kind,value,error", SETS,
                         ids=[f"{number}-{row[0]}-{row[4]}" for number, row in enumerate(SETS)])
def test_a_set_that_can_not_be_is_refused_with_its_reason(shared, name, index, kind, value, error):
    before, log = shared.manager.look_for((name, *index)), shared.daemon.log()
    with pytest.raises(SnmpError, match=error):
        shared.writer.set(name, kind, value, *index)
    assert shared.manager.look_for((name, *index)) == before
    assert " sets " not in shared.daemon.log()[len(log):]


GOOD = [("ahNotificationsEnabled", "i", 2), ("ahVerifyNow", "u", 1), ("ahAlarmAcknowledged", "i", 1, 1),
        *((name, "x", date(600), index) for name, index in MAINTENANCE)]


@pytest.mark.parametrize("bad", [("ahFleetAgents", "u", 5), ("ahAlarmAcknowledged", "i", 1, 99),
                                 ("ahGroupMaintenanceUntil", "x", "00", 1), ("ahVerifyNow", "u", 77)],
                         ids=lambda bad: bad[0])
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_set_is_all_or_nothing(shared, bad, place):
    log = shared.daemon.log()
    with pytest.raises(SnmpError, match="notWritable|noCreation|wrongLength|inconsistentValue"):
        shared.writer.set_many(*GOOD[:place], bad, *GOOD[place:])
    assert shared.manager.get("ahNotificationsEnabled") == 1 and shared.manager.get("ahFleetMaintenance") == 0
    assert " sets " not in shared.daemon.log()[len(log):]


def test_more_than_can_be_taken_at_once_is_refused_as_a_whole(shared):
    log = shared.daemon.log()
    many = [("ahAlarmAcknowledged", "i", 1, 1), *[(*UNTIL, NEVER, 1)] * 50, *[("ahVerifyNow", "u", 1)] * 50]
    with pytest.raises(SnmpError, match="resourceUnavailable"):
        shared.writer.set_many(*many)
    assert shared.manager.enum("ahAlarmAcknowledged", 1) == "false"
    assert " sets " not in shared.daemon.log()[len(log):]


def test_a_set_needs_the_right_to_write(shared):
    for good in GOOD:
        with pytest.raises(SnmpError, match="noAccess|authorizationError"):
            shared.manager.set_many(good)


def test_notifications_can_be_switched_and_read_back_at_once(scene):
    scene.start(1)
    for value in (2, 1, 2):
        scene.writer.set("ahNotificationsEnabled", "i", value)
        assert scene.manager.get("ahNotificationsEnabled") == value


@pytest.mark.parametrize("index,asked", [(0, 3), (2, 1)])
def test_verify_now_asks_at_once(scene, index, asked):
    scene.set("probe listener", interval_s=3600).start(3)
    requests = scene.fleet.stats("PC-00001..PC-00003")["requests"]
    scene.writer.set("ahVerifyNow", "u", index)
    wait_until("they are asked", lambda: scene.fleet.stats("PC-00001..PC-00003")["requests"] == requests + asked)
    assert scene.manager.get("ahVerifyNow") == index, "it reads what was written last"


def test_an_alarm_is_acknowledged_and_stays_so_when_it_is_over(scene):
    scene.start(2)
    scene.fleet.set("PC-00001,PC-00002", "refused")
    wait_until("two alarms", lambda: scene.manager.get("ahAlarmsActive") == 2)
    changed = scene.manager.get("ahAlarmsLastChanged")
    scene.writer.set("ahAlarmAcknowledged", "i", 1, 2)
    wait_until("it is seen", lambda: scene.manager.enum("ahAlarmAcknowledged", 2) == "true", AT_ONCE_S, 0.01)
    assert scene.manager.enum("ahAlarmAcknowledged", 1) == "false"
    assert scene.manager.get("ahAlarmsLastChanged") > changed
    name = scene.manager.text("ahAlarmSubjectName", 2)
    assert f"a manager, by way of the master sets ahAlarmAcknowledged.2 ({name}): false -> true" in scene.daemon.log()
    scene.fleet.set("PC-00001,PC-00002", "healthy")
    wait_until("no alarm", lambda: scene.manager.get("ahAlarmsActive") == 0)
    past = scene.manager.rows("ahAlarmHistoryAlarm", "ahAlarmHistoryAcknowledged").values()
    assert {row["ahAlarmHistoryAlarm"]: row["ahAlarmHistoryAcknowledged"] for row in past} == {1: 2, 2: 1}


@pytest.mark.parametrize("name,index,concerned", [(*MAINTENANCE[0], 1), (*MAINTENANCE[1], 3), (*MAINTENANCE[2], 3)],
                         ids=lambda value: str(value))
def test_maintenance_begins_and_ends(scene, name, index, concerned):
    scene.set("probe listener", interval_s=3600).start(3)
    until = date(4)
    scene.writer.set(name, "x", until, index)
    wait_until("it is seen", lambda: scene.manager.get(name, index).hex() == until, AT_ONCE_S, 0.01)
    assert scene.manager.get("ahFleetMaintenance") == concerned
    wait_until("it is over", lambda: scene.manager.get("ahFleetMaintenance") == 0, 8)
    assert scene.manager.get(name, index).hex() == NEVER
    for past in (date(-60), NEVER):
        scene.writer.set(name, "x", date(600), index)
        wait_until("it is seen", lambda: scene.manager.get("ahFleetMaintenance") == concerned, AT_ONCE_S, 0.01)
        scene.writer.set(name, "x", past, index)
        wait_until("it is ended", lambda: scene.manager.get("ahFleetMaintenance") == 0, AT_ONCE_S, 0.01)
        assert scene.manager.get(name, index).hex() == NEVER
    assert scene.daemon.log().count(f"sets {name}.{index} (") == 5
    assert "): none -> 20" in scene.daemon.log() and "Z -> none" in scene.daemon.log()


@pytest.mark.parametrize("name,index", MAINTENANCE[:2])
def test_what_happens_in_maintenance_is_shown_and_what_lasts_is_told_at_its_end(scene, name, index):
    scene.start(2)
    scene.writer.set(name, "x", date(600), index)
    wait_until("it is seen", lambda: scene.manager.get("ahFleetMaintenance") > 0, AT_ONCE_S, 0.01)
    scene.fleet.set("PC-00002", "refused")
    wait_until("an alarm", lambda: scene.manager.get("ahAlarmsActive") == 1)
    scene.fleet.set("PC-00002", "healthy")
    wait_until("it is over", lambda: scene.manager.get("ahAlarmHistoryEntries") == 1)
    scene.fleet.set("PC-00002", "refused")
    wait_until("another", lambda: scene.manager.get("ahAlarmsActive") == 1)
    assert scene.trapd.received() == [] and scene.manager.get("ahNotificationsWithheld") > 0
    scene.writer.set(name, "x", NEVER, index)
    (told,) = scene.trapd.wait_for(1)
    assert told[0] == "ahAgentOffline" and told[1][0][2] == 2, "the second alarm, which still stands"


def test_several_rows_in_one_set(scene):
    scene.start(3)
    until = date(600)
    scene.writer.set_many(("ahVerifyNow", "u", 0), *((*UNTIL, until, index) for index in (1, 3)))
    wait_until("both", lambda: scene.manager.get("ahFleetMaintenance") == 2)
    assert {index: value.hex() for index, value in scene.manager.column("ahAgentMaintenanceUntil").items()} == {
        1: until, 2: NEVER, 3: until}


ACCESS = {
    "community": ("com2sec ops 127.0.0.1 a-secret-word\ngroup ops v2c ops\naccess ops \"\" v2c noauth exact all all none",
                  ["-v2c", "-c", "a-secret-word"], "ops"),
    "user": ('createUser mary SHA-256 "authentication1" AES "encryption1"\ngroup ops usm mary\n'
             'access ops "" usm priv exact all all none',
             ["-v3", "-l", "authPriv", "-u", "mary", "-a", "SHA-256", "-A", "authentication1", "-x", "AES", "-X",
              "encryption1"], "mary"),
}


@pytest.mark.parametrize("kind", ACCESS)
def test_a_master_of_its_own_logs_who_has_written(scene, kind):
    lines, options, who = ACCESS[kind]
    port = free_port()
    secret = scene.directory / "access.conf"
    secret.write_text(f"view all included .1\n{lines}\ntrap2sink 127.0.0.1:{scene.trapd.port} public\n")
    secret.chmod(0o600)
    scene.set("snmp", mode="master", listen=f"udp:127.0.0.1:{port}", access_conf=secret)
    scene.manager = scene.writer = Manager(f"udp:127.0.0.1:{port}", options)
    scene.start(2)
    scene.writer.set_many((*UNTIL, date(600), 1), ("ahNotificationsEnabled", "i", 2))
    wait_until("it is seen", lambda: scene.manager.get("ahFleetMaintenance") == 1, AT_ONCE_S, 0.01)
    written = [line for line in scene.daemon.log().splitlines() if " sets " in line]
    assert len(written) == 2 and all(f"{who} (UDP: [127.0.0.1]:" in line for line in written), written
    assert "ahAgentMaintenanceUntil.1 (PC-00001): none -> 20" in written[0]
    assert "ahNotificationsEnabled.0: true -> false" in written[1]
    assert "a-secret-word" not in scene.daemon.log()
