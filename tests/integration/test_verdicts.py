"""From evidence on the network and in feed files to what a manager reads: verdict, cause, guidance."""

import time

import pytest

import mibnames
from processes import wait_until
from scene import NET

HEALTHY, SICK = 1, 2  # indexes: agents are numbered in the order of the file

# What a peer does, and the cause that it gets: (behaviour, over http, over https).
BEHAVIOURS = [
    ("healthy", "none", "none"),
    ("refused", "refused", "refused"),
    ("backlogged", "timedOut", "timedOut"),
    ("hang", "timedOut", "timedOut"),
    ("stall", "timedOut", "timedOut"),
    ("drip", "timedOut", "timedOut"),
    ("wrong", "wrongAnswer", "wrongAnswer"),
    ("huge", "tooLarge", "tooLarge"),
    ("reset", "reset", "reset"),
    ("close", "reset", "reset"),
    ("redirect", "wrongAnswer", "wrongAnswer"),
    ("error500", "httpError", "httpError"),
    ("forbidden", "forbidden", "forbidden"),
    ("unauthorised", "authenticationFailed", "authenticationFailed"),
    ("garbage", "protocolError", "tlsRejected"),
    ("badcert", None, "none"),  # certificates of agents are not verified by default
]


def test_first_verdicts_appear_end_to_end(scene):
    scene.start(20)
    manager = scene.manager
    assert manager.get("ahFleetAgents") == 20 and manager.get("ahFleetHealthy") == 20
    names = manager.column("ahAgentName")
    assert {text.decode() for text in names.values()} == {f"PC-{number:05d}" for number in range(1, 21)}
    assert set(manager.column("ahAgentIcon").values()) == {mibnames.labels("AhIcon")["healthy"]}
    assert manager.text("ahServerName", 1) == "apex1"
    wait_until("the server is up", lambda: manager.enum("ahServerState", 1) == "up")
    assert manager.text("ahAgentGroup", 1) == "HQ" and manager.text("ahGroupName", 1) == "HQ"
    assert manager.get("ahGroupAgents", 1) == 20
    assert manager.get("ahConnectionServerSideRtt", 1) >= 1
    assert scene.trapd.received() == [], "the first verdicts are silent"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_behaviour_has_its_own_cause_and_harms_no_other_agent(scene, scheme):
    cases = [(name, cause) for name, *causes in BEHAVIOURS if (cause := causes[scheme == "https"])]
    names = [f"PC-{number:05d}" for number in range(1, 2 * len(cases) + 1)]
    scene.start_fleet(len(names), scheme=scheme)
    for number, (behaviour, _) in enumerate(cases):
        scene.fleet.set(names[2 * number + 1], behaviour)  # every second one, so that each has healthy neighbours
    scene.start(judged=len(names))

    rows = scene.manager.rows("ahAgentName", "ahConnectionServerSideCause", "ahAgentIcon")
    seen = {row["ahAgentName"].decode(): row for row in rows.values()}
    for number, (behaviour, cause) in enumerate(cases):
        sick, neighbour = seen[names[2 * number + 1]], seen[names[2 * number]]
        assert mibnames.label("AhCause", sick["ahConnectionServerSideCause"]) == cause, behaviour
        assert mibnames.label("AhIcon", sick["ahAgentIcon"]) == ("healthy" if cause == "none" else "offline"), behaviour
        assert mibnames.label("AhIcon", neighbour["ahAgentIcon"]) == "healthy", f"beside {behaviour}"


@pytest.mark.parametrize("trusted,cause", [(True, "none"), (False, "tlsRejected")])
def test_a_certificate_is_verified_where_it_is_asked_for(scene, trusted, cause):
    fleet_ca, no_ca = scene.directory / "fleet.pem", "/etc/ssl/certs/ca-certificates.crt"
    scene.start_fleet(1, scheme="https", lines=[f"tls cert_file={fleet_ca} names={NET}.0.1"])
    scene.set("probe listener", tls_verify="yes", ca_file=fleet_ca if trusted else no_ca)
    scene.start(judged=1)
    assert scene.manager.enum("ahConnectionServerSideCause", 1) == cause


# Feed facts that differ from a healthy endpoint's, and the conditions that then hold.
CONDITIONS = [
    ("pattern.date=today-30", {"patternOutdated"}),
    ("realtimescan.service=stopped", {"realTimeScanNotFunctioning"}),
    ("realtimescan.service=missing", {"realTimeScanNotFunctioning"}),
    ("realtimescan.enabled=no", {"realTimeScanDisabled"}),
    ("realtimescan.enabled=no realtimescan.service=stopped", {"realTimeScanDisabled"}),
    ("realtimescan.enabled=no agent.mode=standalone", {"standaloneUnprotected"}),
    ("server.reachable=no", {"offline"}),
    ("smartprotection.reachable=no", {"smartProtectionUnavailable"}),
    ("smartprotection.reachable=no pattern.date=today-30 realtimescan.service=stopped",
     {"smartProtectionUnavailable", "patternOutdated", "realTimeScanNotFunctioning"}),
]
BY_RANK = ["realTimeScanNotFunctioning", "standaloneUnprotected", "realTimeScanDisabled", "offline",
           "patternOutdated", "smartProtectionUnavailable"]


def guidance_text(scene, index):
    """What the row's pointer into ahGuidanceTable leads to."""
    name, row = mibnames.name_of(scene.manager.get("ahAgentGuidance", index))
    return scene.manager.text(name, *row)


@pytest.mark.parametrize("facts,conditions", CONDITIONS, ids=[facts.split()[0] + str(n) for n, (facts, _) in
                                                              enumerate(CONDITIONS)])
def test_each_condition_is_seen_with_what_to_do(scene, facts, conditions):
    scene.start(2, feed=True)
    scene.fleet.ask(f"feed PC-00002 {facts}")
    wait_until(conditions, lambda: scene.conditions(SICK) == conditions)
    icon = next(name for name in BY_RANK if name in conditions)
    assert scene.icon(SICK) == icon
    assert len(guidance_text(scene, SICK)) > 20
    assert scene.conditions(HEALTHY) == set() and scene.icon(HEALTHY) == "healthy"
    for name in conditions:
        column = "ahFleet" + name[0].upper() + name[1:]
        assert scene.manager.get(column) == 1, column
    assert scene.manager.get("ahAlarmsActive") == len(conditions)


UNKNOWN = "server.reachable=-"
# agent side, listener, further facts -> condition 5 holds, diagnosis. Every row that has both sides' evidence.
DIAGNOSES = [
    ("server.reachable=no", "refused", True, "networkFault"),
    ("server.reachable=no", "healthy", True, "serverNameUnresolved"),
    ("server.reachable=yes", "refused", True, "firewallBlocksServer"),
    ("server.reachable=yes agent.addresses=10.99.0.1", "refused", True, "agentAddressChanged"),
    ("server.reachable=yes agent.addresses=-", "refused", True, "firewallOrAddress"),
    ("server.reachable=yes", "healthy", False, "none"),
    (UNKNOWN, "hang", True, "unverified"),
    (UNKNOWN, "healthy", False, "none"),
]


@pytest.mark.parametrize("facts,listener,offline,diagnosis", DIAGNOSES, ids=[f"{row[3]}{n}" for n, row in
                                                                             enumerate(DIAGNOSES)])
def test_both_sides_together_name_the_cause(scene, facts, listener, offline, diagnosis):
    scene.start_fleet(2, feed=True)
    scene.fleet.ask(f"feed PC-00002 {facts}")
    scene.fleet.set("PC-00002", listener)
    scene.start(judged=2)
    manager = scene.manager
    server_side = "online" if listener == "healthy" else "offline"
    wait_until(diagnosis, lambda: manager.enum("ahAgentDiagnosis", SICK) == diagnosis and
               manager.enum("ahConnectionServerSide", SICK) == server_side)
    assert ("offline" in scene.conditions(SICK)) == offline
    side = "unknown" if facts == UNKNOWN else "online" if "=yes" in facts else "offline"
    assert manager.enum("ahConnectionAgentSide", SICK) == side
    if offline:
        assert len(guidance_text(scene, SICK)) > 20
        alarm = scene.manager.rows("ahAlarmDiagnosis", "ahAlarmText").popitem()[1]
        assert mibnames.label("AhDiagnosis", alarm["ahAlarmDiagnosis"]) == diagnosis
        assert "PC-00002" in alarm["ahAlarmText"].decode()


@pytest.mark.parametrize("facts,offline,diagnosis", [("server.reachable=no", True, "unverified"),
                                                     (UNKNOWN, False, "unknown")])
def test_without_listener_probes_the_server_side_is_unknown(scene, facts, offline, diagnosis):
    scene.set("probe listener", enabled="no").start(2, judged=1, feed=True, lines=[f"feed PC-00002 {facts}"])
    wait_until(diagnosis, lambda: scene.manager.enum("ahAgentDiagnosis", SICK) == diagnosis)
    assert scene.manager.enum("ahConnectionServerSide", SICK) == "unknown"
    assert ("offline" in scene.conditions(SICK)) == offline
    unknowns = mibnames.bits("AhConditions", scene.manager.get("ahAgentUnknowns", SICK))
    assert ("offline" in unknowns) == (facts == UNKNOWN)


def test_a_server_that_is_down_is_named_instead_of_its_agents(scene):
    scene.start(3, feed=True)
    scene.fleet.set("apex1", "refused")
    wait_until("the server is down", lambda: scene.manager.enum("ahServerState", 1) == "down")
    scene.fleet.ask("feed PC-00002 server.reachable=no")
    wait_until("serverDown", lambda: scene.manager.enum("ahAgentDiagnosis", SICK) == "serverDown")
    assert scene.manager.enum("ahConnectionAgentSide", SICK) == "unknown"
    assert "offline" not in scene.conditions(SICK), "the listener still answers"
    assert scene.manager.enum("ahServerCause", 1) == "refused"
    assert [name for name, _ in scene.trapd.wait_for(1)] == ["ahServerDown"]
    scene.fleet.set("apex1", "healthy")
    scene.fleet.ask("feed PC-00002 server.reachable=yes")
    scene.wait_icon(SICK, "healthy")
    assert [name for name, _ in scene.trapd.wait_for(2)] == ["ahServerDown", "ahServerUp"]


@pytest.mark.parametrize("absent,icon", [("alarm", "offline"), ("note", "healthy")])
def test_an_endpoint_that_is_switched_off_is_an_alarm_or_a_note(scene, absent, icon):
    scene.set("policy", absent=absent).start(2)
    scene.fleet.set("PC-00002", "backlogged")
    wait_until("absent", lambda: scene.manager.enum("ahConnectionPresence", SICK) == "absent")
    assert scene.icon(SICK) == icon
    assert scene.manager.get("ahFleetAbsent") == 1


def test_a_bad_verdict_takes_as_many_answers_as_fall_says_and_a_good_one_as_rise(scene):
    scene.set("policy", rise=3, fall=4).set("probe listener", interval_s=3600).start(2, judged=0)
    manager = scene.manager

    def asked():
        return manager.get("ahConnectionServerSideTime", SICK)

    def verify():
        """One more observation of the sick one, by the time that its row then has, of a tenth of a second."""
        before = asked()
        time.sleep(0.1)
        scene.writer.set("ahVerifyNow", "u", SICK)
        wait_until("the answer is shown", lambda: asked() != before)

    def answers_until(icon):
        for count in range(10):
            if scene.icon(SICK) == icon:
                return count
            verify()
        raise AssertionError(f"never {icon}")

    wait_until("the first sweep", lambda: any(asked()))
    assert answers_until("healthy") == 2, "the first sweep was the first of three"
    scene.fleet.set("PC-00002", "refused")
    assert answers_until("offline") == 4
    scene.fleet.set("PC-00002", "healthy")
    assert answers_until("healthy") == 3


def test_old_evidence_becomes_unknown_not_healthy(scene):
    scene.set("policy", evidence_max_age_s=4)
    scene.start(2, feed=True, lines=["feed PC-00002 realtimescan.service=stopped"])
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")
    scene.fleet.ask("feed-remove PC-00002")
    wait_until("unknown", lambda: "realTimeScanNotFunctioning" in mibnames.bits(
        "AhConditions", scene.manager.get("ahAgentUnknowns", SICK)))
    assert scene.conditions(SICK) == set() and scene.icon(SICK) == "unknown"
    assert scene.manager.enum("ahProtectionRealTimeScanService", SICK) == "unknown"
    assert scene.manager.get("ahAlarmsActive") == 1, "only evidence clears an alarm"
