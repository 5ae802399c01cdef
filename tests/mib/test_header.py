"""The generated header: it compiles as its users use it, and says what an independent reader of the module says."""

import pathlib
import re

import pytest

from conftest import run

SOURCE = pathlib.Path(__file__).parent / "use_header.c"


@pytest.fixture(scope="module", params=["gcc", "clang"])
def said(request, compile_c, generated):
    binary = generated / f"use_header_{request.param}"
    built = compile_c(request.param, binary, SOURCE)
    assert built.returncode == 0, built.stderr
    return run(binary).stdout.splitlines()


def test_missing_getter_does_not_compile(compile_c, generated):
    built = compile_c("gcc", generated / "broken", "-DMISSING_GETTER", SOURCE)
    assert built.returncode != 0 and "get_ahGatewayAddress" in built.stderr


def test_every_object_has_its_identifier(said, snmptranslate):
    ours = dict(line.split(".", 1) for line in said if re.match(r"ah\w+\.1", line))
    theirs = {}
    for line in snmptranslate("-Tz"):
        name, identifier = line.replace('"', "").split()
        if name.startswith("ah"):
            theirs[name] = identifier
    assert {name: theirs[name] for name in ours} == ours
    seen = {name for name in theirs if re.search(r"\.6101\.(0\.\d+|1\.\d+(\.\d+){1,2})$", theirs[name])}
    unreadable = {"ahAlarmHistorySeq", "ahChangeSeq", "ahGuidanceSubject", "ahGuidanceStep", "ahProbeDriver",
                  "ahProbeAnswerCause", "ahComponentKind", "ahSmartCheck", "ahReferenceServerIndex",
                  "ahGatewayIndex", "ahAlarmSeq", "ahServerIndex", "ahSourceIndex", "ahGroupIndex"}
    rows = {name for name in seen if name.endswith("Entry")}
    assert seen - rows - unreadable == {name for name in ours if not name.endswith("Table")
                                        and name not in ("ahCollector", "ahFleet", "ahDelivery", "ahAlarmInfo")}


def test_syntax_and_access(said):
    assert "agent 2 0x4 2" in said  # ahAgentName: OCTET STRING, read-only
    assert "agent 9 0x4 2" in said  # ahAgentConditions: BITS
    assert "agent 13 0x6 2" in said  # ahAgentGuidance: OBJECT IDENTIFIER
    assert "agent 19 0x4 3" in said  # ahAgentMaintenanceUntil: read-write
    assert "connection 3 0x42 2" in said  # ahConnectionServerSideRtt: Unsigned32 by a convention
    assert "fleet 13 0x43 2" in said  # ahFleetLastChange: TimeTicks by a convention
    assert "fleet 19 0x41 2" in said  # ahFleetDisagreements: Counter32
    assert [line for line in said if line.startswith("agent ")][0].startswith("agent 2 ")


def test_index_counts(said):
    assert "indexes 1 1 2" in said


def test_notifications_objects_in_order(said):
    assert ("objects ahAgentOffline 9 ahAlarmSeq ahAgentIndex ahAgentName ahAgentGroup ahAlarmCondition "
            "ahAlarmSeverity ahAlarmDiagnosis ahAlarmText ahAgentChangeSeq") in said
    assert ("objects ahServerDown 7 ahAlarmSeq ahServerIndex ahServerName ahAlarmCondition ahAlarmSeverity "
            "ahAlarmDiagnosis ahAlarmText") in said


def test_values(said):
    values = next(line for line in said if line.startswith("values"))
    assert values.startswith("values unknown(1) none(2) nameNotFound(3)") and values.endswith(" stale(16)")
