"""The shipped snmpd.conf snippet: who may read, who may write, and what else they see."""

import re

import pytest

import mibnames
from processes import wait_until
from snmptools import Manager, Missing, SnmpError

SNIPPET = mibnames.ROOT / "dist" / "snmpd.conf.example"
USERS = {"nms": ("a long phrase", "another long phrase"), "operator": ("a third phrase", "a fourth phrase")}


def user(scene, name):
    authentication, encryption = USERS[name]
    return Manager(scene.snmpd.peer, ["-v3", "-l", "authPriv", "-u", name, "-a", "SHA-256", "-A", authentication,
                                      "-x", "AES", "-X", encryption])


def uncomment(*kinds):
    """The snippet with those of its commented lines that begin with a kind."""
    text = SNIPPET.read_text()
    for kind in kinds:
        text = re.sub(rf"^#   ({kind}\b)", r"\1", text, flags=re.M)
    for name, (authentication, encryption) in USERS.items():
        assert f'createUser {name} SHA-256 "{authentication}" AES "{encryption}"' in text
    return text


def install(scene, *kinds):
    """The snippet as it is but for these lines, on this test's ports."""
    text = uncomment(*kinds).replace("/run/agentx/master", str(scene.snmpd.socket))
    text = re.sub(r"^agentXPerms .*$", "agentXPerms 0660 0550", text, flags=re.M)
    text = re.sub(r"^(trapsess .* 127\.0\.0\.1)$", rf"\1:{scene.trapd.port}", text, flags=re.M)
    # For readiness alone: the tests' own way of asking whether snmpd answers.
    scene.snmpd.conf.write_text(f"agentaddress {scene.snmpd.peer}\n{text}\n"
                                "view up included .1.3.6.1.2.1.1.3\ncom2sec watch 127.0.0.1 public\n"
                                "group watch v2c watch\naccess watch \"\" v2c noauth exact up none none\n")


def start(scene):
    scene.start_fleet(2).write_conf()
    scene.trapd.start()
    scene.snmpd.start()
    scene.daemon.start()
    wait_until("verdicts", lambda: user(scene, "nms").get("ahFleetHealthy") == 2)


def test_as_it_is_one_user_may_read_and_nobody_may_write(scene):
    install(scene, "createUser")
    start(scene)
    nms = user(scene, "nms")
    assert nms.text("ahAgentName", 1) == "PC-00001"
    for write in WRITES.values():
        with pytest.raises(SnmpError, match="noAccess|authorizationError"):
            nms.set_many(write)
    with pytest.raises(SnmpError):
        user(scene, "operator").get("ahFleetAgents")
    with pytest.raises(SnmpError):
        Manager(scene.snmpd.peer, ["-v2c", "-c", "a-community"], timeout_s=1).get("ahFleetAgents")
    other = nms.run("snmpget", nms.peer, ".1.3.6.1.2.1.2.1.0")[0][1]
    assert isinstance(other, Missing), "the view holds this module and the system group alone"


OPERATORS = ("createUser", "view", "group  agenthealth-operators", "access agenthealth-operators")
WRITES = {  # each object that can be written, and a write of it
    "ahNotificationsEnabled": ("ahNotificationsEnabled", "i", 2),
    "ahVerifyNow": ("ahVerifyNow", "u", 0),
    "ahServerMaintenanceUntil": ("ahServerMaintenanceUntil", "x", "0000000000000000", 1),
    "ahAgentMaintenanceUntil": ("ahAgentMaintenanceUntil", "x", "0000000000000000", 1),
    "ahAlarmAcknowledged": ("ahAlarmAcknowledged", "i", 1, 1),
    "ahGroupMaintenanceUntil": ("ahGroupMaintenanceUntil", "x", "0000000000000000", 1),
}


def operate(scene):
    """An operator writes all that can be written and nothing else; whoever only reads writes nothing."""
    assert {*WRITES} == mibnames.writable()
    operator, nms = user(scene, "operator"), user(scene, "nms")
    scene.fleet.set("PC-00001", "refused")
    wait_until("an alarm", lambda: operator.get("ahAlarmsActive") == 1)
    for write in WRITES.values():
        operator.set_many(write)
        with pytest.raises(SnmpError, match="noAccess|authorizationError"):
            nms.set_many(write)
    wait_until("all is seen", lambda: operator.get_many("ahNotificationsEnabled", ("ahAlarmAcknowledged", 1)) == [2, 1])
    for write in [("ahAgentName", "s", "mine", 1), ("ahAlarmSeverity", "i", 2, 1), ("ahFleetAgents", "u", 1)]:
        with pytest.raises(SnmpError, match="noAccess|authorizationError"):
            operator.set_many(write)
    with pytest.raises(SnmpError, match="noAccess|authorizationError"):
        operator.run("snmpset", operator.peer, ".1.3.6.1.2.1.1.6.0", "s", "here")


def test_with_the_lines_for_operations_another_user_may_write_what_can_be_written(scene):
    install(scene, *OPERATORS)
    start(scene)
    operate(scene)


def test_the_same_lines_do_in_the_access_file_of_a_master_of_its_own(scene):
    lines = [line for line in uncomment(*OPERATORS).splitlines()
             if re.match(r"(createUser|view|group|access)\b", line)]
    secret = scene.directory / "access.conf"
    secret.write_text("\n".join([*lines, f"trap2sink 127.0.0.1:{scene.trapd.port} public", ""]))
    secret.chmod(0o600)
    scene.set("snmp", mode="master", listen=scene.snmpd.peer, access_conf=secret)
    scene.trapd.start()
    scene.start_fleet(2).write_conf()
    scene.daemon.start()
    wait_until("verdicts", lambda: user(scene, "nms").get("ahFleetHealthy") == 2)
    operate(scene)
    assert "operator (UDP: [127.0.0.1]:" in scene.daemon.log()
