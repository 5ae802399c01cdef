"""What managers may ask: tables, GETNEXT at odd places, other languages and roots."""

import random

import pytest

import mibnames
from processes import SHORT, free_port, wait_until
from snmptools import Manager, Missing, SnmpError


def test_every_table_walks_in_order_and_every_column_has_every_row(scene):
    scene.start(30, feed=True)
    scene.fleet.ask("feed PC-00003 realtimescan.service=stopped")
    scene.fleet.set("PC-00004", "refused")
    scene.wait_icon(4, "offline")
    scene.wait_icon(3, "realTimeScanNotFunctioning")
    for table in [node for node in mibnames.nodes("OBJECT-TYPE") if node.endswith("Table")]:
        indexes = [list(scene.manager.column(column)) for column in mibnames.table_columns(table)]
        for rows in indexes:
            assert rows == indexes[0] and rows == sorted(rows), table
        if table in ("ahAgentTable", "ahConnectionTable", "ahProtectionTable", "ahChangeTable"):
            assert len(indexes[0]) == 30, table


def test_the_whole_module_is_served_by_one_walk(scene):
    scene.start(10)
    text = scene.manager.oid_text("ahObjects", ())
    served = {mibnames.name_of(oid)[0] for oid, _ in scene.manager.run("snmpbulkwalk", "-Cr50", scene.manager.peer, text)}
    scalars = {name for name in mibnames.nodes("OBJECT-TYPE") if mibnames.is_scalar(name)}
    assert scalars <= served
    assert set(mibnames.table_columns("ahAgentTable")) | set(mibnames.table_columns("ahGuidanceTable")) <= served


def test_getnext_answers_between_and_behind_rows(scene):
    scene.start(3)
    entry = mibnames.oid("ahAgentTable", (), ()) + (1,)
    name, last = mibnames.table_columns("ahAgentTable")[0], mibnames.table_columns("ahAgentTable")[-1]
    column, last_column = mibnames.oid(name, (), ()), mibnames.oid(last, (), ())
    cases = [  # asked, answered
        (entry, column + (1,)),
        (entry + (0,), column + (1,)),
        (entry + (1, 7), column + (1,)),  # the index column itself is not readable
        (column, column + (1,)),
        (column + (0,), column + (1,)),
        (column + (0, 9, 9), column + (1,)),
        (column + (1,), column + (2,)),
        (column + (1, 0), column + (2,)),
        (column + (1, 4294967295), column + (2,)),
        (column + (2, 1, 2, 3), column + (3,)),
        (column + (3,), column[:-1] + (column[-1] + 1, 1)),
        (column + (4294967295,), column[:-1] + (column[-1] + 1, 1)),
        (column + (4294967295, 1), column[:-1] + (column[-1] + 1, 1)),
        (last_column + (3,), mibnames.oid("ahConnectionServerSide", (1,), ())),
        (entry + (4294967295,), mibnames.oid("ahConnectionServerSide", (1,), ())),
    ]
    for asked, answered in cases:
        assert scene.manager.next(*asked)[0] == answered, asked


def test_gets_of_what_is_not_there_say_so(scene):
    scene.start(1)
    asked = [("ahAgentName", 1), ("ahAgentName", 2), ("ahAgentName", 1, 1), ("ahAgentIndex", 1), ("ahFleetAgents", 1)]
    there, *missing = scene.manager.look_for(*asked)
    assert there == b"PC-00001"
    for value, what in zip(missing, asked[1:]):
        assert isinstance(value, Missing), what


def test_the_change_table_tells_a_manager_what_is_new(scene):
    agents, changed = 1000 if SHORT else 3000, 10
    scene.set("probe listener", interval_s=3600, timeout_ms=3000, concurrency=500).start(agents)
    manager = scene.manager
    wait_until("the first sweep is over", lambda: manager.get("ahProbeInFlight", 2) == 0 and
               manager.get("ahFleetHealthy") == agents, 60)
    remembered = manager.get("ahFleetChangeSeq")
    sick = sorted(random.Random(7).sample(range(1, agents + 1), changed))
    scene.fleet.set(",".join(f"PC-{number:05d}" for number in sick), "refused")
    for number in sick:
        scene.writer.set("ahVerifyNow", "u", number)
    wait_until("they are offline", lambda: manager.get("ahFleetOffline") == changed)

    column = mibnames.oid("ahChangeAgent", (), ())
    found, requests = [], 0
    place = column + (remembered,)
    while True:
        place, value = manager.next(*place)
        requests += 1
        if place is None or place[:len(column)] != column:
            break
        found.append(value)
    assert sorted(found) == sick and requests == changed + 1, "only what changed is walked"
    rows = manager.column("ahChangeAgent")
    assert len(rows) == agents and len(set(rows.values())) == agents, "each agent once"


@pytest.mark.parametrize("access,options", [
    ("rocommunity public 127.0.0.1", ["-v2c", "-c", "public"]),
    ('createUser watcher SHA-256 "authentication1" AES "encryption1"\nrouser watcher priv',
     ["-v3", "-l", "authPriv", "-u", "watcher", "-a", "SHA-256", "-A", "authentication1", "-x", "AES", "-X",
      "encryption1"]),
])
def test_master_mode_serves_without_snmpd(scene, access, options):
    port = free_port()
    secret = scene.directory / "access.conf"
    secret.write_text(f"{access}\ntrap2sink 127.0.0.1:{scene.trapd.port} public\n")
    secret.chmod(0o600)
    scene.set("snmp", mode="master", listen=f"udp:127.0.0.1:{port}", access_conf=secret)
    scene.manager = Manager(f"udp:127.0.0.1:{port}", options)
    scene.start(3)
    assert len(scene.manager.column("ahAgentName")) == 3
    scene.fleet.set("PC-00002", "refused")
    assert scene.trapd.wait_for(1)[0][0] == "ahAgentOffline"
    with pytest.raises(SnmpError):
        Manager(scene.manager.peer, ["-v2c", "-c", "wrong"], timeout_s=1).get("ahFleetAgents")


def test_another_root_is_served_where_the_configuration_says(scene):
    root = (1, 3, 6, 1, 4, 1, 99999, 7)
    scene.set("snmp", root_oid=".".join(map(str, root)))
    scene.manager = Manager(scene.snmpd.peer, root=root)
    scene.start(2)
    assert scene.manager.text("ahAgentName", 1) == "PC-00001"
    assert isinstance(Manager(scene.snmpd.peer).look_for("ahFleetAgents")[0], Missing)


def test_names_groups_and_guidance_in_japanese(scene):
    scene.set("collector", language="ja")
    scene.start_fleet(2)
    scene.write_csv(["営業部-ノートPC-01", "PC-00002"], group="東京\\営業部")
    scene.start(judged=2)
    scene.fleet.set("PC-00001", "refused")
    scene.wait_icon(1, "offline")
    assert scene.manager.text("ahAgentName", 1) == "営業部-ノートPC-01"
    assert scene.manager.text("ahAgentGroup", 1) == "東京\\営業部"
    name, row = mibnames.name_of(scene.manager.get("ahAgentGuidance", 1))
    assert any("ぁ" <= letter <= "ヿ" for letter in scene.manager.text(name, *row))
    varbinds = {name: value for name, _, value in scene.trapd.wait_for(1)[0][1]}
    assert varbinds["ahAgentName"].decode() == "営業部-ノートPC-01"
    assert "オフライン" in varbinds["ahAlarmText"].decode()
    for text in scene.manager.column("ahGuidanceText").values():
        assert len(text) <= 255 and text.decode()


def test_nothing_is_answered_before_the_estate_is_known(scene):
    agents = 1000 if SHORT else 5000
    scene.write_csv([f"PC-{number:05d}" for number in range(1, agents + 1)])
    scene.set("probe listener", enabled="no").set("probe server", enabled="no").write_conf()
    scene.snmpd.start()
    scene.daemon.start()
    first, = wait_until("an answer", lambda: [scene.manager.get("ahFleetAgents")], every_s=0)
    assert first == agents
