"""The module as its readers see it: two independent MIB compilers. Never looks at the generated C."""

import re

import pytest

from conftest import MODULE

TEXT = MODULE.read_text()

# Names that scripts rely on, and where they stand below the root.
PLACES = {
    "ahCollectorName": "1.1.1", "ahCollectorVersion": "1.1.2", "ahCollectorStartTime": "1.1.3",
    "ahCollectorConfigTime": "1.1.4", "ahNotificationsEnabled": "1.1.5", "ahNotificationsSent": "1.1.6",
    "ahNotificationsQueued": "1.1.7", "ahNotificationsDropped": "1.1.8", "ahMasterReconnects": "1.1.9",
    "ahVerifyNow": "1.1.10", "ahPersistenceState": "1.1.11", "ahFleetAgents": "1.2.1", "ahFleetAbsent": "1.2.4",
    "ahFleetPatternOutdated": "1.2.5", "ahFleetSmartProtectionUnavailable": "1.2.10", "ahFleetChangeSeq": "1.2.12",
    "ahFleetLastChange": "1.2.13", "ahFleetContradicted": "1.2.14", "ahServerName": "1.3.1.2",
    "ahServerState": "1.3.1.4", "ahSourceName": "1.4.1.2", "ahSourceFileState": "1.4.1.4", "ahAgentName": "1.5.1.2",
    "ahAgentIcon": "1.5.1.8", "ahAgentChangeSeq": "1.5.1.16", "ahAgentMonitored": "1.5.1.17",
    "ahConnectionServerSide": "1.6.1.1", "ahConnectionContradicted": "1.6.1.13", "ahProtectionMode": "1.7.1.1",
    "ahAlarmCondition": "1.8.1.5", "ahAlarmAcknowledged": "1.8.1.10", "ahAlarmHistoryWhy": "1.9.1.12",
    "ahChangeAgent": "1.10.1.2", "ahGuidanceText": "1.11.1.3", "ahProbeRuns": "1.12.1.2", "ahGroupName": "1.13.1.2",
    "ahProbeAnswers": "1.14.1.2", "ahComponentVersion": "1.15.1.2", "ahSmartCheckResult": "1.16.1.2",
    "ahReferenceServerState": "1.17.1.4", "ahGatewayKind": "1.18.1.3", "ahHeartbeatInterval": "1.19.1",
    "ahAlarmsActive": "1.20.1", "ahAlarmSeq": "1.21.1.1", "ahAgentIndex": "1.21.1.2",
    "ahPatternOutdated": "0.1", "ahAgentOffline": "0.7", "ahAgentOnline": "0.8", "ahPersistenceRestored": "0.20",
    "ahFullCompliance": "2.1.1",
}

CONDITIONS = ("patternOutdated realTimeScanNotFunctioning realTimeScanDisabled standaloneUnprotected offline "
              "smartProtectionUnavailable").split()
STATES = "unknown(1), up(2), down(3)"
# Values that scripts rely on.
VALUES = {
    "ahAgentIcon": "unknown(1), healthy(2), patternOutdated(3), realTimeScanNotFunctioning(4), "
                   "realTimeScanDisabled(5), standaloneUnprotected(6), offline(7), smartProtectionUnavailable(8)",
    "ahAgentConditions": ", ".join(f"{name}({bit})" for bit, name in enumerate(CONDITIONS)),
    "ahAgentSeverity": "unknown(1), cleared(2), warning(3), minor(4), major(5), critical(6)",
    "ahAgentDiagnosis": "unknown(1), none(2), networkFault(3), serverNameUnresolved(4), firewallBlocksServer(5), "
                        "agentAddressChanged(6), firewallOrAddress(7), unverified(8), serverDown(9), "
                        "listenerStopped(10)",
    "ahConnectionServerSide": "unknown(1), online(2), offline(3)",
    "ahConnectionAgentSide": "unknown(1), online(2), offline(3)",
    "ahConnectionPresence": "unknown(1), present(2), absent(3)",
    "ahConnectionServerSideCause": "unknown(1), none(2), nameNotFound(3), refused(4), timedOut(5), unreachable(6), "
                                   "reset(7), tlsRejected(8), authenticationFailed(9), forbidden(10), "
                                   "wrongAnswer(11), tooLarge(12), httpError(13), protocolError(14), cancelled(15), "
                                   "stale(16)",
    "ahConnectionRecorded": "unknown(1), unableToConnect(2), active(3), inactive(4), productActive(5), "
                            "agentActive(6), roaming(7)",
    "ahSourceList": "unknown(1), standard(2), custom(3), network(4)",
    "ahServerState": STATES, "ahSourceFileState": STATES, "ahSourceWebState": STATES,
    "ahSmartCheckResult": "unknown(1), ok(2), failed(3), notApplicable(4)",
    "ahPersistenceState": "unknown(1), working(2), off(3)",
}

AGENT_OBJECTS = ("ahAlarmSeq ahAgentIndex ahAgentName ahAgentGroup ahAlarmCondition ahAlarmSeverity "
                 "ahAlarmDiagnosis ahAlarmText ahAgentChangeSeq")
AGENT_PAIRS = ("ahPatternOutdated ahPatternCurrent ahRealTimeScanDown ahRealTimeScanUp ahStandaloneUnprotected "
               "ahStandaloneProtected ahAgentOffline ahAgentOnline ahSmartProtectionLost ahSmartProtectionRestored "
               "ahAgentFlappingBegin ahAgentFlappingEnd").split()


def test_smilint_is_silent(smilint):
    assert smilint(MODULE) == ""


@pytest.mark.parametrize("old, new, complaint", [
    ("SYNTAX AhIcon\n", "SYNTAX AhIconn\n", "AhIconn"),
    ("    ::= { ahAgentEntry 3 }", "    ::= { ahAgentEntry 2 }", "ahAgentGuid"),
    ("netSnmpPlaypen(9999)", "9999", "implicit node definition"),
    ("MAX-ACCESS accessible-for-notify", "MAX-ACCESS not-accessible", "ahAlarmSeq"),
], ids=["type", "number", "root", "access"])
def test_smilint_finds_planted_faults(smilint, tmp_path, old, new, complaint):
    assert old in TEXT
    faulty = tmp_path / MODULE.name
    faulty.write_text(TEXT.replace(old, new, 1))
    assert complaint in smilint(faulty)


def test_places(snmptranslate):
    root = snmptranslate("-On", "AGENT-HEALTH-MIB::agentHealthMIB")[0]
    assert root == ".1.3.6.1.4.1.8072.9999.9999.6101"
    found = snmptranslate("-On", *(f"AGENT-HEALTH-MIB::{name}" for name in PLACES))
    assert [line for line in found if line] == [f"{root}.{place}" for place in PLACES.values()]


def test_tree_shows_types_and_indexes(snmptranslate):
    tree = "\n".join(snmptranslate("-Tp", "AGENT-HEALTH-MIB::agentHealthMIB"))
    for line in ("+-- -R-- EnumVal   ahAgentIcon(8)", "+-- -RW- EnumVal   ahNotificationsEnabled(5)",
                 "+-- ---N Unsigned  ahAgentIndex(2)", "+-- -R-- BitString ahAgentConditions(9)",
                 "|  Index: ahAgentIndex, ahSmartCheck"):
        assert line in tree


@pytest.mark.parametrize("name", VALUES)
def test_values(snmptranslate, name):
    shown = " ".join(snmptranslate("-Td", f"AGENT-HEALTH-MIB::{name}"))
    assert re.search(r"SYNTAX\s+(?:INTEGER|BITS)\s+\{(.*?)\}", shown).group(1).strip() == VALUES[name]


@pytest.mark.parametrize("name", AGENT_PAIRS)
def test_agents_notifications_carry_the_same_objects(snmptranslate, name):
    shown = " ".join(snmptranslate("-Td", f"AGENT-HEALTH-MIB::{name}"))
    assert re.search(r"OBJECTS\s+\{(.*?)\}", shown).group(1).replace(",", "").split() == AGENT_OBJECTS.split()


def test_root_stands_in_one_place():
    assert len(re.findall(r"\b6101\b", TEXT)) == 1
