"""What outlives the daemon, however it ends: alarms with their sequences, verdicts, history, changes, what was told and
what was not."""

import resource
import shutil
import signal
import sqlite3
import struct
import time

import pytest

import mibnames
from processes import wait_until
from snmptools import date

AGENTS = 12
OFFLINE = "ahAgentOffline", "ahAgentOnline"


def sequences(traps):
    """(notification, alarm's sequence, agent) of each."""
    found = []
    for name, varbinds in traps:
        values = {varbind: value for varbind, _, value in varbinds}
        found.append((name, values.get("ahAlarmSeq"), values.get("ahAgentIndex")))
    return found


def tables(scene):
    """What has to be the same after a restart in which nothing happens."""
    manager = scene.manager
    return {name: manager.column(name) for name in
            ("ahAgentName", "ahAgentIcon", "ahAgentConditions", "ahAgentSince", "ahAgentChangeSeq", "ahAlarmCondition",
             "ahAlarmRaised", "ahAlarmText", "ahAlarmAcknowledged", "ahAlarmHistoryCleared", "ahAlarmHistoryWhy",
             "ahChangeAgent", "ahServerState", "ahAgentMaintenanceUntil")}


def saved(scene):
    """Until the keeper has nothing to do: what was published last is in the database."""
    path = scene.directory / "state" / "state.db"
    last = None
    while True:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT count(*), max(key) FROM rows WHERE kind IN (1, 2)").fetchone()
        if rows == last:
            return
        last = rows
        time.sleep(0.3)


def kill(scene):
    scene.daemon.signal(signal.SIGKILL)
    scene.daemon.popen.wait()


def restart(scene, how=kill, meanwhile=None):
    how(scene)
    if meanwhile:
        meanwhile()
    scene.daemon.start()
    wait_until("it is back", lambda: scene.manager.get("ahFleetAgents") == AGENTS)


def break_some(scene):
    scene.start(AGENTS)
    scene.fleet.set("PC-00002..PC-00005", "refused")
    scene.trapd.wait_for(4)
    scene.fleet.set("PC-00005", "healthy")
    scene.trapd.wait_for(5)
    return scene


@pytest.mark.parametrize("how", [kill, lambda scene: scene.daemon.stop()], ids=["killed", "stopped"])
def test_nothing_has_happened(scene, how):
    break_some(scene)
    assert scene.manager.enum("ahPersistenceState", 0) == "working"
    wait_until("quiet", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    scene.writer.set("ahAlarmAcknowledged", "i", 1, min(scene.manager.column("ahAlarmCondition")))
    scene.writer.set("ahAgentMaintenanceUntil", "x", date(3600), 9)
    wait_until("both are shown", lambda: 1 in scene.manager.column("ahAlarmAcknowledged").values() and
               any(scene.manager.get("ahAgentMaintenanceUntil", 9)))
    saved(scene)
    before, last = tables(scene), scene.manager.get("ahAlarmLastSeq")
    restart(scene, how)
    wait_until("verdicts", lambda: scene.judged() == AGENTS)
    assert tables(scene) == before, "at once"
    time.sleep(2.5)  # each was asked again, twice
    after = tables(scene)
    assert after == before
    if how is not kill:
        assert scene.manager.get("ahAlarmLastSeq") == last
    assert len(scene.trapd.received()) == 5, "a restart tells nothing"


def test_what_happened_meanwhile_is_told_once(scene):
    break_some(scene)
    told = sequences(scene.trapd.received())
    alarm_of = {agent: seq for name, seq, agent in told if name == "ahAgentOffline"}
    saved(scene)

    def meanwhile():
        scene.fleet.set("PC-00002", "healthy")
        scene.fleet.set("PC-00007", "refused")

    restart(scene, meanwhile=meanwhile)
    scene.trapd.wait_for(7)
    time.sleep(2)
    news = sequences(scene.trapd.received())[5:]
    assert sorted(name for name, _, _ in news) == ["ahAgentOffline", "ahAgentOnline"]
    assert ("ahAgentOnline", alarm_of[2], 2) in news, "by the sequence of the alarm that it clears"
    raised = [seq for name, seq, agent in news if name == "ahAgentOffline" and agent == 7]
    assert raised and raised[0] > max(seq for _, seq, _ in told), "a number that was never given"
    scene.fleet.set("PC-00007", "healthy")
    assert sequences(scene.trapd.wait_for(8))[7] == ("ahAgentOnline", raised[0], 7)


def test_what_was_not_told_is_told_in_order(scene):
    scene.start(AGENTS)
    scene.snmpd.stop()
    scene.fleet.set("PC-00002", "refused")
    time.sleep(2.5)
    scene.fleet.set("PC-00003", "refused")
    time.sleep(2.5)
    scene.fleet.set("PC-00002", "healthy")
    time.sleep(2.5)
    saved(scene)
    kill(scene)
    scene.daemon.start()
    time.sleep(1)
    assert scene.trapd.received() == []
    scene.snmpd.start()
    told = sequences(scene.trapd.wait_for(3))
    assert [(name, agent) for name, _, agent in told] == [
        ("ahAgentOffline", 2), ("ahAgentOffline", 3), ("ahAgentOnline", 2)]
    assert told[0][1] == told[2][1]
    time.sleep(2)
    wait_until("nothing is queued", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    assert len(scene.trapd.received()) == 3
    restart(scene)  # nor is any of it told again now
    time.sleep(2)
    assert len(scene.trapd.received()) == 3


def sent_slots(scene):
    """The notifications that are noted as sent and not answered."""
    content = (scene.directory / "state" / "told").read_bytes()
    return sorted(slot[0] for slot in struct.iter_unpack("=IIQ", content) if slot[0] and not slot[1])


@pytest.mark.parametrize("then", ["goes on", "goes on before", "is killed", "is replaced"])
def test_what_is_in_the_socket_of_a_master_that_hangs(scene, then):
    """The master has it and will tell it, as long as it lives: who comes next sends it to no other than another one."""
    scene.start(AGENTS)
    wait_until("nothing is queued", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    scene.snmpd.signal(signal.SIGSTOP)
    scene.fleet.set("PC-00001..PC-00008", "refused")
    wait_until("all are sent", lambda: len(sent_slots(scene)) == 8)
    kill(scene)
    if then == "goes on before":
        scene.snmpd.signal(signal.SIGCONT)
        scene.trapd.wait_for(8)
    if then in ("is killed", "is replaced"):
        scene.snmpd.kill()
    if then == "is replaced":
        scene.snmpd.start()
    scene.daemon.start()
    if then == "is killed":
        scene.snmpd.start()
    if then == "goes on":
        scene.snmpd.signal(signal.SIGCONT)
    told = sequences(scene.trapd.wait_for(8))
    assert sorted(agent for _, _, agent in told) == list(range(1, 9))
    wait_until("it is back", lambda: scene.judged() == AGENTS)
    wait_until("nothing is queued", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    time.sleep(1)
    assert sequences(scene.trapd.received()) == told, "each once"


def test_killed_again_and_again_while_agents_fall_and_rise(scene):
    scene.start(AGENTS)
    down = set()
    for number in range(10):
        name = f"PC-{number % AGENTS + 1:05d}"
        scene.fleet.set(name, "healthy" if name in down else "refused")
        down ^= {name}
        time.sleep(0.2 + number * 0.17)
        kill(scene)
        scene.daemon.start()
    wait_until("it is back", lambda: scene.manager.get("ahFleetAgents") == AGENTS)
    scene.fleet.set(f"PC-00001..PC-{AGENTS:05d}", "healthy")
    wait_until("all is well", lambda: not scene.manager.column("ahAlarmCondition"))
    wait_until("all is told", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    time.sleep(0.5)
    open_alarms, seen = {}, set()
    for name, seq, agent in sequences(scene.trapd.named(*OFFLINE)):
        if (name, seq) in seen:
            continue  # it was in flight
        seen.add((name, seq))
        if name == "ahAgentOffline":
            assert agent not in open_alarms
            open_alarms[agent] = seq
        else:
            assert open_alarms.pop(agent, None) == seq
    assert open_alarms == {}
    assert len([name for name, _ in seen if name == "ahAgentOffline"]) == 10


def test_who_is_not_configured_any_more_ends(scene):
    break_some(scene)
    saved(scene)
    rest = [f"PC-{number:05d}" for number in range(1, AGENTS + 1) if number != 3]
    kill(scene)
    text = scene.csv.read_text().splitlines()
    scene.csv.write_text("\n".join(line for line in text if "PC-00003" not in line) + "\n")
    scene.daemon.start()
    wait_until("it is back", lambda: scene.manager.get("ahFleetAgents") == len(rest))
    told = sequences(scene.trapd.wait_for(6))
    raised = {agent: seq for name, seq, agent in told if name == "ahAgentOffline"}
    assert told[5] == ("ahAgentOnline", raised[3], 3)
    history = scene.manager.column("ahAlarmHistoryWhy")
    assert mibnames.label("ahAlarmHistoryWhy", history[max(history)]) == "removed"


# The database can not be used

def spoil_garbage(path):
    path.write_bytes(b"This is a letter, and not a database. " * 300)


def spoil_cut(path):
    path.write_bytes(path.read_bytes()[:5000])


def spoil_newer(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize("spoil, reason", [(spoil_garbage, "not a database"), (spoil_cut, "malformed"),
                                           (spoil_newer, "newer version")])
def test_a_database_that_can_not_be_used(scene, spoil, reason):
    scene.start(AGENTS)
    assert scene.daemon.stop() == 0
    path = scene.directory / "state" / "state.db"
    for journal in ("state.db-wal", "state.db-shm"):
        (path.parent / journal).unlink(missing_ok=True)
    spoil(path)
    before = path.read_bytes()
    scene.daemon.start()
    wait_until("it goes on", lambda: scene.judged() == AGENTS)
    assert scene.manager.enum("ahPersistenceState", 0) == "off"
    lost = scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    text = [value for name, _, value in lost[0][1] if name == "ahAlarmText"][0]
    assert reason in scene.daemon.log() and str(path) in scene.daemon.log()
    assert b"state" in text
    scene.fleet.set("PC-00002", "refused")
    scene.trapd.wait_for(1, 30, "ahAgentOffline")
    assert scene.daemon.stop() == 0
    assert path.read_bytes() == before, "what could not be read is left alone"


def alarms_of(traps):
    return [alarm for _, alarm, _ in sequences(traps)]


def test_the_end_of_a_loss_is_told_by_who_works_again(scene):
    path = scene.directory / "state" / "state.db"
    break_some(scene)
    assert scene.daemon.stop() == 0
    good = path.read_bytes()
    spoil_garbage(path)
    restart(scene)
    lost = scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    restart(scene, meanwhile=lambda: path.write_bytes(good))
    restored = scene.trapd.wait_for(1, 30, "ahPersistenceRestored")
    assert scene.manager.enum("ahPersistenceState", 0) == "working"
    assert alarms_of(restored) == alarms_of(lost) == [1]
    values = {name: value for name, _, value in restored[0][1]}
    assert values["ahAlarmSeverity"] == mibnames.labels("AhSeverity")["cleared"]
    assert values["ahPersistenceState"] == mibnames.labels("ahPersistenceState")["working"]
    wait_until("the mark is gone", lambda: not (path.parent / "lost").is_symlink())
    told = len(scene.trapd.received())
    restart(scene, how=lambda scene: scene.daemon.stop())
    time.sleep(2)
    assert len(scene.trapd.received()) == told


def test_an_empty_database_is_said(scene):
    (scene.directory / "state" / "state.db").write_bytes(b"")
    scene.start(AGENTS)
    assert scene.daemon.log().count("state.db is empty: beginning anew") == 1
    restart(scene)
    assert scene.manager.enum("ahPersistenceState", 0) == "working"
    assert scene.daemon.log().count("beginning anew") == 1


def test_a_folder_that_is_removed_in_service(scene):
    scene.start(AGENTS)
    shutil.rmtree(scene.directory / "state")
    lost = scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    assert b"removed, or replaced" in [value for name, _, value in lost[0][1] if name == "ahAlarmText"][0]
    assert scene.manager.enum("ahPersistenceState", 0) == "off"
    assert "can not be written: state.db: it was removed, or replaced by another" in scene.daemon.log()


def test_a_limit_of_file_sizes_is_an_error_of_writing(scene):
    scene.start(AGENTS)
    resource.prlimit(scene.daemon.popen.pid, resource.RLIMIT_FSIZE, (scene.daemon.log_path.stat().st_size + 4096, -1))
    scene.fleet.set("PC-00002", "refused")
    scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    scene.trapd.wait_for(1, 30, "ahAgentOffline")
    assert scene.daemon.running() and "writing: disk I/O error" in scene.daemon.log()


def test_a_folder_that_can_not_be_made(scene):
    (scene.directory / "file").write_text("")
    scene.set("collector", state_dir=scene.directory / "file")
    scene.start(AGENTS)
    assert scene.manager.enum("ahPersistenceState", 0) == "off"
    scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    assert "Not a directory" in scene.daemon.log()


def test_the_database_fails_in_service(scene):
    scene.start(AGENTS)
    path = scene.directory / "state" / "state.db"
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    scene.fleet.set("PC-00002", "refused")
    scene.trapd.wait_for(1, 30, "ahPersistenceLost")
    assert scene.manager.enum("ahPersistenceState", 0) == "off"
    scene.trapd.wait_for(1, 30, "ahAgentOffline")  # what waited for the database is told
    assert "state: the database can not be written" in scene.daemon.log()
    other.execute("ROLLBACK")
    other.close()
    scene.fleet.set("PC-00003", "refused")
    scene.trapd.wait_for(2, 30, "ahAgentOffline")
