"""dist/nms/ah-resync after notifications were lost: what it prints puts a manager in step with the collector."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import time

import pytest

import mibnames
from processes import wait_until

SCRIPT = mibnames.ROOT / "dist" / "nms" / "ah-resync"


def module():
    loader = importlib.machinery.SourceFileLoader("ah_resync", str(SCRIPT))
    loaded = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(loaded)
    return loaded


class Manager:
    """Who hears no notifications and runs the script, and what it believes."""

    def __init__(self, scene):
        self.scene, self.file = scene, scene.directory / "resync.json"
        self.alarms, self.icons, self.cleared, self.code = {}, {}, [], None

    def resync(self, *options):
        peer = self.scene.snmpd.peer
        done = subprocess.run([str(SCRIPT), *options, str(self.file), "-v2c", "-c", "public", "-r", "0", peer],
                              capture_output=True, text=True, timeout=120)
        self.code, self.error = done.returncode, done.stderr
        self.lines = [line.split("\t") for line in done.stdout.splitlines()]
        self.cleared = [fields for fields in self.lines if fields[0] == "cleared"]
        for what, sequence, _, *rest in self.lines:
            if what == "cleared":
                self.alarms.pop(int(sequence), None)
            elif what == "raised":
                assert int(sequence) not in self.alarms, "it is raised once"
                self.alarms[int(sequence)] = (rest[2], rest[3])
            elif what == "changed":
                self.icons[int(rest[1])] = rest[3]
        return self

    def is_in_step(self):
        """What it believes is what the tables have; True, for those who assert it."""
        rows = self.scene.manager.rows("ahAlarmSubjectName", "ahAlarmCondition")
        assert self.alarms == {seq: (row["ahAlarmSubjectName"].decode(),
                                     mibnames.label("ahAlarmCondition", row["ahAlarmCondition"]))
                               for seq, row in rows.items()}
        assert self.icons == {index: mibnames.label("ahAgentIcon", icon)
                              for index, icon in self.scene.manager.column("ahAgentIcon").items()}
        return True


def switch(scene, behaviours, offline):
    for selection, behaviour in behaviours.items():
        scene.fleet.set(selection, behaviour)
    wait_until("the verdicts", lambda: scene.manager.get("ahFleetOffline") == offline)


def test_its_names_and_numbers_are_the_modules():
    script = module()
    for table in (script.SCALARS, script.ALARM, script.HISTORY, script.CHANGE):
        for name, arcs in table.items():
            index = (0,) if mibnames.is_scalar(name) else ()
            assert arcs == ".".join(map(str, mibnames.oid(name, index, ()))), name
    assert script.ROOT == ".".join(map(str, mibnames.DEFAULT_ROOT))
    assert mibnames.labels("AhConditions") == {name: bit for bit, name in enumerate(script.CONDITIONS)}
    for kind, name in (("Subject", "AhSubjectKind"), ("Icon", "AhIcon"), ("Condition", "AhAlarmKind"),
                       ("Severity", "AhSeverity"), ("Diagnosis", "AhDiagnosis"), ("Why", "ahAlarmHistoryWhy")):
        assert {text: number for number, text in enumerate(script.LABELS[kind], 1) if text} == mibnames.labels(name)


def test_lost_notifications_are_made_up_for(scene):
    scene.start(60)  # more than are asked for at a time
    switch(scene, {"PC-00001..PC-00040": "refused"}, 40)
    manager = Manager(scene).resync()
    assert manager.code == 0 and manager.is_in_step()
    assert not manager.resync().lines and manager.code == 0, "nothing is new"
    assert {line[0] for line in manager.resync("--all").lines} == {"stands"} and len(manager.lines) == 40

    scene.trapd.kill()
    switch(scene, {"PC-00001..PC-00010": "healthy", "PC-00051": "refused"}, 31)
    switch(scene, {"PC-00001": "refused", "PC-00002": "refused"}, 33)
    switch(scene, {"PC-00002": "healthy"}, 32)  # it came and went
    assert manager.resync().code == 0 and manager.is_in_step()
    assert [line[4] for line in manager.cleared].count("2") == 2, "each of them is cleared"
    assert {line[-1] for line in manager.cleared} == {"recovered"}
    assert {line[4] for line in manager.lines if line[0] == "changed"} == {*map(str, range(1, 11)), "51"}


def test_a_history_that_is_too_short_is_told(scene):
    scene.set("policy", history=3).start(12)
    manager = Manager(scene).resync()
    switch(scene, {"PC-00001..PC-00008": "refused"}, 8)
    assert manager.resync().code == 0
    switch(scene, {"PC-00001..PC-00003": "healthy"}, 5)
    assert manager.resync().code == 0 and len(manager.cleared) == 3 and manager.is_in_step()
    switch(scene, {"PC-00004..PC-00008": "healthy"}, 0)
    assert manager.resync().code == 4 and manager.is_in_step()
    assert sorted(line[-1] for line in manager.cleared) == ["recovered"] * 3 + ["unseen"] * 2
    assert manager.resync().code == 0


def test_a_collector_that_began_anew_is_told(scene):
    scene.start(4)
    manager = Manager(scene)
    switch(scene, {"PC-00001..PC-00003": "refused"}, 3)
    switch(scene, {"PC-00001": "healthy"}, 2)
    manager.resync()
    scene.daemon.stop()
    for path in (scene.directory / "state").iterdir():
        path.unlink()
    scene.daemon.start()
    wait_until("first verdicts", lambda: scene.judged() == 4)
    time.sleep(1)  # for the alarms behind them
    assert manager.resync().code == 3 and manager.is_in_step()
    assert {line[-1] for line in manager.cleared} == {"anew"}
    assert manager.resync().code == 0 and manager.is_in_step()


def test_a_restart_that_keeps_the_state_is_no_new_beginning(scene):
    scene.start(4)
    switch(scene, {"PC-00001..PC-00003": "refused"}, 3)
    switch(scene, {"PC-00001": "healthy"}, 2)
    manager = Manager(scene).resync()
    scene.daemon.stop()
    scene.fleet.set("PC-00002", "healthy")  # while nobody looks
    scene.daemon.start()
    wait_until("the verdicts", lambda: scene.judged() == 4 and scene.manager.get("ahFleetOffline") == 1)
    assert manager.resync().code == 0 and manager.is_in_step()
    assert [(line[4], line[-1]) for line in manager.cleared] == [("2", "recovered")]


@pytest.mark.parametrize("damage", ["", "{}"])
def test_what_fails_is_told_and_forgets_nothing(scene, damage):
    scene.start(2)
    manager = Manager(scene)
    manager.file.write_text(damage)
    assert manager.resync().code == 1 and manager.error.startswith("ah-resync: ")
    assert manager.file.read_text() == damage
    manager.file.unlink()
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([SCRIPT, manager.file, "-v2c", "-c", "public", scene.snmpd.peer], stdout=writing,
                          stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "ah-resync: Broken pipe\n") and not manager.file.exists()
    assert manager.resync().code == 0
    before = manager.file.read_text()
    scene.snmpd.stop()
    assert manager.resync().code == 1 and "Timeout" in manager.error
    assert manager.file.read_text() == before
    assert not list(manager.file.parent.glob("*.new"))


NOBODY = ("-v2c", "-c", "public", "-r", "0", "-t", "1", "127.0.0.1:1")


def fails(*arguments):
    """(exit code, what it says) of a run that has one line for its user."""
    done = subprocess.run([str(word) for word in (SCRIPT, *arguments)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1 and done.stderr.startswith("ah-resync: ")
    return done.returncode, done.stderr.removeprefix("ah-resync: ").rstrip()


@pytest.mark.parametrize("arguments,says", [
    ([], "FILE and HOST are missing"), (["f.json"], "HOST is missing"), (["--root"], "--root: expected one argument"),
    (["--root", "a.b", "f.json", *NOBODY], "--root a.b is no OID"), (NOBODY, "-v2c is no option of its own"),
    (["--every", "f.json", *NOBODY], "--every is no option of its own"),
    (["f.json", "--all", *NOBODY], "--all comes before FILE"),
    (["f.json", "--root=1.3", *NOBODY], "--root=1.3 comes before FILE"),
    (["f.json", "-v2c", "127.0.0.1:1"], "No community name"),
])
def test_wrong_usage_is_told_in_one_line(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, said = fails(*arguments)
    assert code == 2 and says in said
    assert not list(tmp_path.iterdir())


LINE = ["raised", 1, "-", "agent", 7, "PC", "offline", "major", "unknown", "text"]
KNOWN = {"started": "07", "alarm": 1, "change": 1, "history": 0, "cleared": "", "alarms": {"1": LINE}}
NOT_ITS_OWN = {
    "no JSON": b"{", "no UTF-8": b"\xff{}", "too deep": b"[" * 100000, "a list": b"[]",
    **{f"{key} is {value!r}": json.dumps({**KNOWN, key: value}).encode() for key, value in (
        ("started", 7), ("alarm", "1"), ("alarm", True), ("change", -1), ("history", 1 << 32), ("cleared", None),
        ("alarms", []), ("alarms", {"1": 7}), ("alarms", {"1": LINE[:9]}), ("alarms", {"1": ["raised", "1", *LINE[2:]]}))},
}


@pytest.mark.parametrize("what", NOT_ITS_OWN)
def test_a_file_that_is_not_its_own_is_told_and_left(tmp_path, what):
    path = tmp_path / "f.json"
    path.write_bytes(NOT_ITS_OWN[what])
    assert fails(path, *NOBODY) == (
        1, f"{path}: not as ah-resync writes it; remove it to begin with nothing remembered")
    assert path.read_bytes() == NOT_ITS_OWN[what]


def test_a_file_of_its_own_is_taken(tmp_path):
    """What the table above damages is good."""
    path = tmp_path / "f.json"
    path.write_text(json.dumps(KNOWN))
    code, said = fails(path, *NOBODY)
    assert code == 1 and "Timeout" in said
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.json"]


def test_a_place_that_can_not_be_written_is_found_before_anybody_is_asked(tmp_path):
    (tmp_path / "plain").touch()
    os.mkfifo(tmp_path / "fifo")
    for place, says in (("none/f.json", "none/f.json.new: No such file or directory"), ("fifo", "fifo: not a regular file"),
                        ("", f"{tmp_path}: not a regular file"), ("plain/f.json", "plain/f.json.new: Not a directory")):
        code, said = fails(tmp_path / place, *NOBODY)
        assert code == 1 and says in said
