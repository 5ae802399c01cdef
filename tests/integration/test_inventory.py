"""Apex Central and Vision One against simulated ones: who is there by them, what they have on record, and what becomes of
it when they fail, lie or lose agents."""

import json
import time

import pytest

import mibnames
from processes import SHORT, agenthealthd, wait_until
from scene import NET, address

CENTRAL, VISION = mibnames.labels("AhDriver")["central"], mibnames.labels("AhDriver")["vision"]
HOSTILE = [  # what the simulator plays, and the cause that is shown
    ("refused", "refused"),
    ("hang", "timedOut"),
    ("close", "reset"),
    ("stall", "timedOut"),
    ("error500", "httpError"),
    ("forbidden", "forbidden"),
    ("unauthorised", "authenticationFailed"),
    ("unavailable", "httpError"),
    ("wrong", "wrongAnswer"),
    ("truncated", "protocolError"),
    ("nothing", "wrongAnswer"),
    ("reset", "wrongAnswer"),
]


def names(scene):
    """name -> index; of several with one name, a list."""
    found = {}
    for index, name in scene.manager.column("ahAgentName").items():
        found.setdefault(name.decode(), []).append(index)
    return {name: indexes[0] if len(indexes) == 1 else indexes for name, indexes in found.items()}


def wait_rows(scene, count, within_s=20):
    wait_until(f"{count} rows", lambda: scene.manager.get("ahFleetAgents") == count, within_s)


def wait_rounds(scene, more=2, driver=CENTRAL):
    """So many rounds that have begun since."""
    runs = scene.manager.get("ahProbeRuns", driver)
    wait_until("rounds", lambda: scene.manager.get("ahProbeRuns", driver) >= runs + more)


def wait_enum(scene, column, index, value, within_s=20):
    wait_until(f"{column}.{index} is {value}", lambda: scene.manager.enum(column, index) == value or None, within_s)


def begin(scene, agents, **options):
    """Everything, up to the point where each agent that a console knows is there and has a record."""
    scene.start(agents, judged=0, **options)
    unknown = mibnames.labels("ahConnectionRecorded")["unknown"]
    wait_until("all have a record", lambda: len(scene.manager.column("ahAgentName")) >= agents and
               unknown not in scene.manager.column("ahConnectionRecorded").values())
    return scene


def test_whom_central_knows_is_there(scene):
    begin(scene.use_central(), 3)
    assert set(names(scene)) == {"PC-00001", "PC-00002", "PC-00003"}
    wait_until("all are judged", lambda: scene.manager.get("ahFleetHealthy") == 3)
    row = {column: scene.manager.get(column, 2) for column in mibnames.table_columns("ahAgentTable")}
    assert row["ahAgentGuid"] == b"a6e00000-0000-4000-8000-000000000002"
    assert row["ahAgentGroup"] == b"Workgroup" and row["ahAgentServer"] == b"apex1"
    assert bytes(row["ahAgentAddress"]) == bytes(int(part) for part in address(2).split("."))
    assert mibnames.bits("AhConditions", row["ahAgentMonitored"]) == {"offline", "patternOutdated"}
    assert scene.manager.enum("ahConnectionRecorded", 2) == "active"
    assert scene.manager.get("ahConnectionRecordedTime", 2) != bytes(8)
    assert scene.manager.enum("ahProtectionMode", 2) == "normal"
    assert scene.manager.enum("ahProtectionPatternState", 2) == "upToDate"
    assert scene.manager.text("ahProtectionPatternVersion", 2) == "19.429.80"
    assert scene.manager.enum("ahComponentState", 2, 4) == "upToDate"
    assert scene.manager.get("ahComponentVersionsBehind", 2, 2) == 0
    assert scene.manager.get("ahProbeTargets", CENTRAL) == 1
    wait_enum(scene, "ahProbeLastCause", CENTRAL, "none")
    assert "central hq: 3 agents" in scene.daemon.log()


RECORDS = [  # of the simulator, and what is shown
    ("cn1=0", "unableToConnect", "unknown"), ("cn1=1", "active", "normal"), ("cn1=2", "inactive", "unknown"),
    ("cn1=100", "productActive", "unknown"), ("cn1=101", "agentActive", "unknown"), ("cn1=102", "roaming", "standalone"),
]


def test_what_central_has_on_record_is_shown_and_compared(scene):
    begin(scene.use_central(), 1)
    scene.wait_icon(1, "healthy")  # its listener has answered: that is what records are compared with
    for record, recorded, mode in RECORDS:
        scene.fleet.ask(f"record PC-00001 {record}")
        wait_enum(scene, "ahConnectionRecorded", 1, recorded)
        assert scene.manager.enum("ahProtectionMode", 1) == mode
        contradicted = recorded in ("unableToConnect", "inactive")
        assert scene.manager.enum("ahConnectionContradicted", 1) == ("true" if contradicted else "false")
        assert scene.manager.get("ahFleetContradicted") == contradicted
    scene.fleet.ask("record PC-00001 cn1=1")
    wait_enum(scene, "ahConnectionRecorded", 1, "active")
    scene.fleet.set("PC-00001", "refused")
    wait_enum(scene, "ahConnectionContradicted", 1, "true")
    assert scene.manager.enum("ahConnectionServerSide", 1) == "offline"


def test_a_record_that_makes_no_sense_is_unknown(scene):
    """Nobody else tells of it: what an older line says does not stand for it."""
    begin(scene.use_central(), 2)
    scene.fleet.ask("record PC-00001 cn1=7")
    wait_enum(scene, "ahConnectionRecorded", 1, "unknown", 5)
    assert scene.manager.enum("ahProtectionPatternState", 1) == "upToDate"
    scene.fleet.ask("record PC-00001 cn1=2 cn3=9")
    wait_enum(scene, "ahConnectionRecorded", 1, "inactive", 5)
    wait_enum(scene, "ahProtectionPatternState", 1, "unknown", 5)
    assert scene.manager.enum("ahConnectionRecorded", 2) == "active"
    wait_until("it is told", lambda: "make no sense" in scene.daemon.log() and "cn1 is missing" in scene.daemon.log())
    scene.fleet.ask("record PC-00001 cn1=1 cn3=1")
    wait_enum(scene, "ahProtectionPatternState", 1, "upToDate", 5)


def test_the_pattern_and_the_engine_by_the_record(scene):
    scene.use_central().set("policy", pattern_versions_behind=3)
    begin(scene, 1)
    scene.fleet.ask("record PC-00001 cn3=2")
    wait_until("one behind", lambda: scene.manager.get("ahComponentVersionsBehind", 1, 2) == 1)
    assert scene.manager.enum("ahProtectionPatternState", 1) == "upToDate"
    scene.fleet.ask("record PC-00001 cn3=3 engine.cn3=2")
    scene.wait_icon(1, "patternOutdated")
    wait_until("the engine", lambda: scene.manager.enum("ahComponentState", 1, 4) == "outdated" or None)
    assert len(scene.trapd.wait_for(1, 20, "ahPatternOutdated")) == 1
    scene.fleet.ask("record PC-00001 cn3=1 engine.cn3=1")
    scene.wait_icon(1, "healthy")
    assert len(scene.trapd.wait_for(1, 20, "ahPatternCurrent")) == 1


@pytest.mark.parametrize("behaviour,cause", HOSTILE[::3] if SHORT else HOSTILE)
def test_a_console_that_fails_has_its_cause_and_is_believed_for_a_while(scene, behaviour, cause):
    scene.use_central().set("policy", evidence_max_age_s=8)
    begin(scene, 2)
    scene.fleet.set("hq", behaviour)
    wait_enum(scene, "ahProbeLastCause", CENTRAL, cause)
    assert scene.manager.get("ahProbeAnswers", CENTRAL, mibnames.labels("AhCause")[cause]) >= 1
    assert scene.manager.text("ahProbeLastFault", CENTRAL).startswith(f"hq: {cause}")
    assert scene.manager.get("ahFleetAgents") == 2 and scene.manager.get("ahFleetRetired") == 0
    wait_enum(scene, "ahConnectionRecorded", 1, "unknown")  # it is too old by now
    wait_until("the pattern is not known any more", lambda: "patternOutdated" in
               mibnames.bits("AhConditions", scene.manager.get("ahAgentUnknowns", 1)))
    assert scene.daemon.log().count(f"central hq: {cause}") == 1, "told once"
    assert scene.manager.get("ahFleetAgents") == 2
    wait_until("it is left alone", lambda: scene.manager.get("ahProbeBackedOff", CENTRAL) == 1)
    scene.fleet.set("hq", "healthy")
    scene.writer.set("ahVerifyNow", "u", 0)
    wait_enum(scene, "ahConnectionRecorded", 1, "active", 40)
    wait_until("it is not left alone any more", lambda: scene.manager.get("ahProbeBackedOff", CENTRAL) == 0)
    assert scene.daemon.log().count("central hq: 2 agents") == 2, "and when it is well again"


def test_retry_after_is_honoured(scene):
    begin(scene.use_central(), 1)
    scene.fleet.set("hq", "ratelimited")
    wait_enum(scene, "ahProbeLastCause", CENTRAL, "httpError")
    before = scene.fleet.stats("hq")["requests"]
    wait_until("a request", lambda: scene.fleet.stats("hq")["requests"] > before)
    requests = scene.fleet.stats("hq")["requests"]
    time.sleep(0.2)
    scene.writer.set("ahVerifyNow", "u", 0)
    time.sleep(1.3)
    assert scene.fleet.stats("hq")["requests"] == requests, "it asked to be left alone, whoever else asks"
    wait_until("another request", lambda: scene.fleet.stats("hq")["requests"] > requests)


def test_a_wrong_key_is_told_and_not_shown(scene):
    scene.use_central(key="S3cret-Key").start(1, judged=0)
    wait_enum(scene, "ahProbeLastCause", CENTRAL, "authenticationFailed")
    assert scene.manager.get("ahFleetAgents") == 0
    log = scene.daemon.log() + scene.manager.text("ahProbeLastFault", CENTRAL)
    assert "S3cret" not in log and "central hq: authenticationFailed" in log
    (scene.directory / "hq.key").write_text("0815\n")
    scene.daemon.reload()
    wait_rows(scene, 1)


def test_a_console_with_another_clock_is_read(scene):
    """Its tokens are good for two minutes of its own clock."""
    begin(scene.use_central(), 1)
    scene.fleet.set("hq", "wrongclock")
    wait_rounds(scene, 3)
    assert scene.manager.enum("ahConnectionRecorded", 1) == "active"


def test_an_unchanged_inventory_moves_nothing(scene):
    begin(scene.use_central(), 5)
    wait_until("all are judged", lambda: scene.manager.get("ahFleetHealthy") == 5)
    wait_rounds(scene, 2)
    seq = scene.manager.get("ahFleetChangeSeq")
    wait_rounds(scene, 3)
    assert scene.manager.get("ahFleetChangeSeq") == seq


def test_agents_vanish_and_come_back(scene):
    begin(scene.use_central(), 4)
    scene.fleet.ask("vanish PC-00002")
    wait_until("it has retired", lambda: scene.manager.get("ahFleetRetired") == 1)
    assert scene.manager.get("ahFleetAgents") == 4 and scene.manager.enum("ahAgentRetired", 2) == "true"
    assert "have vanished" not in scene.daemon.log()
    scene.fleet.set("PC-00002", "refused")
    scene.wait_icon(2, "offline")  # its verdicts go on
    scene.fleet.ask("appear PC-00002")
    wait_until("it is back", lambda: scene.manager.get("ahFleetRetired") == 0)
    assert names(scene)["PC-00002"] == 2
    scene.fleet.ask("vanish PC-00001..PC-00003")
    wait_until("more have retired", lambda: scene.manager.get("ahFleetRetired") == 3)
    assert "of 4 agents that it knew, 3 have vanished; they are kept for 72 h" in scene.daemon.log()
    assert names(scene) == {f"PC-{number:05d}": number for number in range(1, 5)}


def test_an_inventory_that_is_suddenly_empty_is_believed(scene):
    scene.use_central(generated=600)
    scene.set("probe listener", enabled="no").start(2, judged=0)
    wait_rows(scene, 602)
    before = names(scene)
    scene.fleet.ask("vanish all")
    wait_until("all have retired", lambda: scene.manager.get("ahFleetRetired") == 602)
    assert scene.manager.get("ahFleetAgents") == 602 and names(scene) == before
    assert "of 602 agents that it knew, 602 have vanished; they are kept for 72 h" in scene.daemon.log()
    wait_enum(scene, "ahProbeLastCause", CENTRAL, "none")
    scene.fleet.ask("appear all")
    wait_until("all are back", lambda: scene.manager.get("ahFleetRetired") == 0)
    assert names(scene) == before


def test_agents_are_removed_at_once_where_nobody_is_kept(scene):
    begin(scene.use_central(retire_after_h=0), 3)
    scene.fleet.ask("vanish PC-00001..PC-00002")
    wait_rows(scene, 1)
    assert "of 3 agents that it knew, 2 have vanished; they are removed" in scene.daemon.log()
    scene.fleet.ask("appear all")
    wait_rows(scene, 3)
    assert set(names(scene).values()) == {1, 2, 3}


def test_duplicate_hosts_are_two_agents(scene):
    scene.use_feed()
    begin(scene.use_central(), 1, feed=True)
    scene.fleet.set("hq", "duplicates")
    wait_rows(scene, 2)
    first, second = names(scene)["PC-00001"]
    assert first == 1 and scene.manager.text("ahAgentGuid", second).startswith("deadbeef")
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert done.returncode == 3 and "2 agents are called PC-00001" in done.stderr
    scene.fleet.set("hq", "healthy")
    wait_until("the other one has retired", lambda: scene.manager.enum("ahAgentRetired", second) == "true" or None)


def test_words_of_the_log(scene):
    """What is odd is told when it begins or is another thing; a name that several have is said of feed files, too."""
    scene.use_feed()
    begin(scene.use_central(), 1, feed=True)
    assert "0 agents, 1 servers, 1 consoles, " in scene.daemon.log()
    scene.fleet.set("hq", "duplicates")
    wait_rows(scene, 2)
    wait_until("it is said of the files", lambda: "belong to no configured agent; 1 of them by a name that several "
               "agents have" in scene.daemon.log())
    scene.fleet.set("hq", "healthy")
    scene.fleet.ask("record PC-00001 cn1=7")
    wait_until("it is told", lambda: " items make no sense" in scene.daemon.log())
    for _ in range(2):
        scene.fleet.ask("record PC-00001 cn1=7")
        wait_rounds(scene, 2)
    assert scene.daemon.log().count("cn1 is missing") == 1
    assert agenthealthd("-c", scene.conf, "-t").stdout.rstrip().endswith("good: 0 agents, 1 servers, 1 consoles")


def test_csv_and_both_consoles_are_one_row(scene):
    scene.use_central().use_vision()
    scene.write_csv(["PC-00001", "PC-00009"], group="CSV")
    rows = scene.csv.read_text().replace(f"{1:08x}-0000-4000-8000-000000000000", "")  # its GUID is not known
    scene.csv.write_text(rows)
    scene.start(2, judged=0)
    wait_rows(scene, 3)
    wait_enum(scene, "ahConnectionRecorded", 1, "active")
    found = names(scene)
    wait_until("Apex Central has told, too", lambda: scene.manager.text("ahAgentGroup", found["PC-00002"]) == "Workgroup")
    assert found["PC-00001"] == 1 and scene.manager.text("ahAgentGroup", 1) == "CSV"
    assert scene.manager.text("ahAgentGuid", 1) == "a6e00000-0000-4000-8000-000000000001"
    assert scene.manager.get("ahProbeTargets", VISION) == 1
    scene.fleet.ask("vanish all")
    wait_until("the other one retires", lambda: scene.manager.get("ahFleetRetired") == 1)
    assert scene.manager.enum("ahAgentRetired", 1) == "false", "who is configured does not"
    assert scene.manager.enum("ahAgentRetired", found["PC-00002"]) == "true"


def test_consoles_that_disagree_tell_nothing_at_the_start(scene):
    """Vision One answers first, and is believed less."""
    scene.use_central().use_vision().start_fleet(1, feed=False)
    scene.fleet.ask("record PC-00001 cn3=4 component=latestVersion")
    scene.fleet.set("hq", "healthy", delay_ms=900)
    scene.set("policy", fall=1).set("probe central", timeout_ms=5000)
    scene.start()
    wait_rounds(scene, 1, VISION)
    assert scene.manager.get("ahProbeRuns", CENTRAL) == 0 and scene.manager.get("ahFleetAgents") == 1
    wait_enum(scene, "ahProtectionPatternState", 1, "outdated")
    wait_rounds(scene, 2, VISION)
    assert not scene.trapd.received()
    scene.fleet.ask("record PC-00001 cn3=1")
    wait_enum(scene, "ahProtectionPatternState", 1, "upToDate", 30)


def test_a_section_without_an_address_is_an_override(scene):
    scene.use_central()
    scene.settings["agent pc-00001"] = {"group": "Ours"}
    scene.settings["agent Second"] = {"guid": "a6e00000-0000-4000-8000-000000000002", "port": scene.agent_port}
    begin(scene, 2)
    found = names(scene)
    assert set(found) == {"pc-00001", "Second"} and scene.manager.text("ahAgentGroup", found["pc-00001"]) == "Ours"
    assert bytes(scene.manager.get("ahAgentAddress", found["Second"])) == bytes(map(int, address(2).split(".")))
    assert "no console knows it" not in scene.daemon.log()
    scene.settings["agent Nobody"] = {"group": "Ours"}
    scene.write_conf()
    scene.daemon.reload()
    wait_until("it is told", lambda: "[agent Nobody] address: missing, and no console knows it" in scene.daemon.log())
    wait_rows(scene, 3)
    assert agenthealthd("-c", scene.conf, "-t").returncode == 0


def test_a_server_that_nobody_has_configured_is_told(scene):
    scene.use_central().set("server apex2", url=f"http://{NET}.250.1:1", central_id="ours")
    begin(scene, 2)
    words = "2 agents belong to server GUID 5e77e700-0000-4000-8000-000000000001, which no [server] names by central_id"
    assert words in scene.daemon.log() and scene.manager.text("ahAgentServer", 1) == ""
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert "  server: 5e77e700-0000-4000-8000-000000000001" in done.stdout
    wait_rounds(scene, 2)
    assert scene.daemon.log().count(words) == 1
    scene.set("server apex1", central_id="5E77E700-0000-4000-8000-000000000001").write_conf()
    scene.daemon.reload()
    wait_until("it is known", lambda: scene.manager.text("ahAgentServer", 1) == "apex1")
    wait_rounds(scene, 2)
    assert scene.daemon.log().count("which no [server]") == 1


def test_vision_alone(scene):
    begin(scene.use_vision(), 2)
    assert scene.manager.enum("ahConnectionRecorded", 1) == "active"
    scene.fleet.ask("record PC-00001 status=off component=outdatedVersion")
    wait_enum(scene, "ahConnectionRecorded", 1, "inactive")
    scene.wait_icon(1, "patternOutdated")


def test_reload_leaves_a_console_alone_that_has_not_changed(scene):
    scene.use_central()
    scene.settings["probe central"]["interval_s"] = 3600
    begin(scene, 2)
    runs = 1
    wait_until("the first round", lambda: scene.manager.get("ahProbeRuns", CENTRAL) == runs)
    scene.set("policy", fall=3).write_conf()
    scene.daemon.reload()
    time.sleep(1)
    assert scene.manager.get("ahProbeRuns", CENTRAL) == runs and scene.manager.get("ahFleetAgents") == 2
    assert scene.manager.enum("ahConnectionRecorded", 1) == "active"
    scene.set("central hq", retire_after_h=5).write_conf()
    scene.daemon.reload()
    wait_until("it is read anew", lambda: scene.manager.get("ahProbeRuns", CENTRAL) > runs)
    assert scene.manager.get("ahFleetAgents") == 2
    del scene.settings["central hq"]
    scene.write_conf()
    scene.daemon.reload()
    wait_rows(scene, 0)
    wait_until("it is read no more", lambda: scene.manager.get("ahProbeTargets", CENTRAL) == 0)


def test_reload_with_both_consoles(scene):
    scene.use_central().use_vision()
    for kind in ("central", "vision"):
        scene.settings[f"probe {kind}"]["interval_s"] = 3600
    begin(scene, 2)
    wait_until("both are read", lambda: all(scene.manager.get("ahProbeRuns", kind) == 1 for kind in (CENTRAL, VISION)))
    scene.daemon.reload()
    wait_until("it is reloaded", lambda: "reload: " in scene.daemon.log())
    assert scene.manager.get("ahFleetAgents") == 2
    assert [scene.manager.get("ahProbeRuns", kind) for kind in (CENTRAL, VISION)] == [1, 1]
    scene.set("vision eu", retire_after_h=5).write_conf()
    scene.daemon.reload()
    wait_until("one is read anew", lambda: scene.manager.get("ahProbeRuns", VISION) == 2)
    assert scene.manager.get("ahProbeRuns", CENTRAL) == 1 and scene.manager.get("ahFleetAgents") == 2


def test_the_index_outlives_a_restart(scene):
    begin(scene.use_central(), 3)
    before = names(scene)
    scene.fleet.ask("record all folder=Moved")
    scene.daemon.check()
    scene.daemon.start()
    wait_rows(scene, 3)
    wait_until("moved", lambda: set(scene.manager.column("ahAgentGroup").values()) == {b"Moved"})
    assert names(scene) == before


@pytest.mark.parametrize("end", ["check", "kill"])
def test_whom_a_console_knew_is_there_after_a_restart_before_it_answers(scene, end):
    begin(scene.use_central(), 4)
    scene.fleet.ask("vanish PC-00002")
    wait_until("it has retired", lambda: scene.manager.get("ahFleetRetired") == 1)
    before = names(scene)
    wait_rounds(scene)
    getattr(scene.daemon, end)()
    scene.fleet.set("hq", "refused")
    scene.daemon.start()
    wait_rows(scene, 4, 5)
    assert names(scene) == before and scene.manager.enum("ahAgentRetired", 2) == "true"
    scene.fleet.set("PC-00003", "refused")
    scene.wait_icon(3, "offline")  # they are asked
    scene.fleet.set("hq", "healthy")
    scene.fleet.ask("appear PC-00002")
    wait_until("its word counts again", lambda: scene.manager.get("ahFleetRetired") == 0)
    assert names(scene) == before
    assert "have vanished" not in scene.daemon.log()


def test_what_a_console_told_goes_with_its_section(scene):
    begin(scene.use_central().use_vision(), 2)
    wait_until("both are kept", lambda: {path.name for path in (scene.directory / "state").glob("*.roster")} ==
               {"central-hq.roster", "vision-eu.roster"})
    section = scene.settings.pop("central hq")
    scene.write_conf()
    scene.daemon.reload()
    wait_until("it is gone", lambda: not (scene.directory / "state" / "central-hq.roster").exists())
    assert section and (scene.directory / "state" / "vision-eu.roster").exists()


def test_a_roster_that_can_not_be_read_or_written_is_told(scene):
    begin(scene.use_central(), 2)
    file = scene.directory / "state" / "central-hq.roster"
    wait_until("it is kept", file.exists)
    scene.daemon.check()
    file.write_bytes(file.read_bytes()[:-1])
    scene.daemon.start()
    wait_rows(scene, 2)
    assert f"{file} can not be read: it is damaged" in scene.daemon.log()
    wait_until("it is good again", lambda: len(file.read_bytes()) > 60)
    (scene.directory / "state" / "central-hq.roster.new").mkdir()
    scene.fleet.ask("vanish PC-00001")
    wait_until("it is told", lambda: "what it tells can not be kept" in scene.daemon.log())
    wait_rounds(scene, 3)
    assert scene.daemon.log().count("can not be kept") == 1
    (scene.directory / "state" / "central-hq.roster.new").rmdir()
    wait_until("it is kept again", lambda: "what it tells is kept again" in scene.daemon.log())


def test_a_round_that_hangs_does_not_keep_the_daemon(scene):
    begin(scene.use_central(), 1)
    scene.set("probe central", timeout_ms=60000, round_timeout_s=600).write_conf()
    scene.fleet.set("hq", "hang")
    scene.daemon.reload()
    wait_until("a round is under way", lambda: scene.manager.get("ahProbeInFlight", CENTRAL) == 1)
    start = time.monotonic()
    scene.daemon.reload()
    scene.daemon.check()
    assert time.monotonic() - start < 2.5
    assert "SIGALRM" not in scene.daemon.log()


def test_by_hand(scene):
    scene.use_central(generated=0).start_fleet(3, feed=False)
    scene.fleet.ask("record PC-00002 cn1=2 cn3=4")
    scene.write_conf()
    done = agenthealthd("-c", scene.conf, "-1")
    assert done.returncode == 1 and all(f"PC-0000{number}" in done.stdout for number in (1, 2, 3)), done.stdout
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00002")
    assert "central hq: listed" in done.stdout and "on record: inactive" in done.stdout
    assert "3 versions behind" in done.stdout and "inactive, since " in done.stdout and ", contradicted" in done.stdout
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00002", "--json")
    record = json.loads(done.stdout)["records"][0]
    assert (record["versionsBehind"], record["engineUpToDate"], record["contradicted"]) == (3, True, True)
    scene.fleet.ask("record PC-00001 cn3=9 cs5=")
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00001", "--json")
    assert json.loads(done.stdout)["records"][0]["versionsBehind"] is None
    scene.fleet.ask("record PC-00001 cn3=1 cs5=")
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert "  pattern: 0 versions behind" in done.stdout and "contradicted" not in done.stdout
    scene.fleet.set("hq", "refused")
    done = agenthealthd("-c", scene.conf, "--probe", "PC-00002")
    assert done.returncode == 3 and "central hq: refused" in done.stderr
    assert "tried again" not in done.stderr
    done = agenthealthd("-c", scene.conf, "-1")
    assert done.returncode == 2 and "PC-0000" not in done.stdout
    assert "1 console could not be read" in done.stderr and "tried again" not in done.stderr
    scene.write_csv(["PC-00001"])
    scene.write_conf()
    assert agenthealthd("-c", scene.conf, "-1").returncode == 2, "who is there is healthy, but there may be others"
    scene.fleet.set("PC-00001", "refused")
    assert agenthealthd("-c", scene.conf, "-1").returncode == 1
