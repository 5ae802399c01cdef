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


def install(scene, *kinds):
    """The snippet as it is, on this test's ports, with those of its commented lines that begin with a kind."""
    text = SNIPPET.read_text().replace("/run/agentx/master", str(scene.snmpd.socket))
    text = re.sub(r"^agentXPerms .*$", "agentXPerms 0660 0550", text, flags=re.M)
    text = re.sub(r"^(trapsess .* 127\.0\.0\.1)$", rf"\1:{scene.trapd.port}", text, flags=re.M)
    for kind in kinds:
        text = re.sub(rf"^#   ({kind}\b)", r"\1", text, flags=re.M)
    for name, (authentication, encryption) in USERS.items():
        assert f'createUser {name} SHA-256 "{authentication}" AES "{encryption}"' in text
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
    with pytest.raises(SnmpError, match="noAccess|authorizationError"):
        nms.set("ahVerifyNow", "u", 0)
    with pytest.raises(SnmpError):
        user(scene, "operator").get("ahFleetAgents")
    with pytest.raises(SnmpError):
        Manager(scene.snmpd.peer, ["-v2c", "-c", "a-community"], timeout_s=1).get("ahFleetAgents")
    other = nms.run("snmpget", nms.peer, ".1.3.6.1.2.1.2.1.0")[0][1]
    assert isinstance(other, Missing), "the view holds this module and the system group alone"


def test_with_the_lines_for_operations_another_user_may_write_two_objects(scene):
    install(scene, "createUser", "view", "group  agenthealth-operators", "access agenthealth-operators")
    start(scene)
    operator = user(scene, "operator")
    operator.set("ahVerifyNow", "u", 0)
    operator.set("ahNotificationsEnabled", "i", 2)
    assert operator.get("ahNotificationsEnabled") == 2
    with pytest.raises(SnmpError, match="noAccess|authorizationError"):
        operator.set("ahAgentMaintenanceUntil", "x", "0000000000000000", 1)
    with pytest.raises(SnmpError, match="noAccess|authorizationError"):
        user(scene, "nms").set("ahVerifyNow", "u", 0)
