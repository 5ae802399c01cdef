"""dist/nms/ah-resync after notifications were lost: what it prints puts a manager in step with the collector."""

import importlib.machinery
import importlib.util
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


@pytest.mark.parametrize("damage", ["", "{", "{}"])
def test_what_fails_is_told_and_forgets_nothing(scene, damage):
    scene.start(2)
    manager = Manager(scene)
    manager.file.write_text(damage)
    assert manager.resync().code == 1 and manager.error.startswith("ah-resync: ")
    assert manager.file.read_text() == damage
    manager.file.unlink()
    assert manager.resync().code == 0
    before = manager.file.read_text()
    scene.snmpd.stop()
    assert manager.resync().code == 1 and "Timeout" in manager.error
    assert manager.file.read_text() == before
    assert subprocess.run([SCRIPT], capture_output=True).returncode == 2
