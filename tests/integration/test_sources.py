"""Smart Protection sources against simulated ones: what ends a check how, proxies, certificates, and what a list that is
down means for its agents."""

import collections
import time

import pytest

import mibnames
from processes import SHORT, agenthealthd, wait_until
from scene import NET
from sources import SOURCE_PORT, WEB_PORT, Sources

CAUSES = [  # what the simulator plays, and the cause that is shown
    ("refused", "refused"),
    ("hang", "timedOut"),
    ("close", "reset"),
    ("badcert", "tlsRejected"),
    ("wrongname", "tlsRejected"),
    ("error500", "httpError"),
    ("forbidden", "forbidden"),
    ("unauthorised", "authenticationFailed"),
    ("wrong", "wrongAnswer"),
    ("redirect", "wrongAnswer"),
    ("huge", "tooLarge"),
    ("garbage", "tlsRejected"),
]


def values(trap):
    return {name: value for name, _, value in trap[1]}


def test_a_source_is_shown_as_it_is(scene):
    sources = Sources(scene).start()
    row = {column: scene.manager.get(column, 1) for column in mibnames.table_columns("ahSourceTable")}
    assert row["ahSourceName"] == b"sps1" and row["ahSourceUrl"].endswith(b"/tmcss/")
    assert row["ahSourceRtt"] < 1000 and row["ahSourceAgents"] == 1 and row["ahSourceAddressRanges"] == b""
    assert sources.enum("ahSourceList") == "standard"
    assert sources.enum("ahSourceFileState") == "up" and sources.enum("ahSourceWebState") == "up"
    assert sources.enum("ahSourceCause") == "none"
    assert sources.enum("ahSourceCertificateState") == "valid"
    assert sources.enum("ahSourceInternalProxyCause") == "unknown"
    assert row["ahSourceLastCheck"] != bytes(8) and row["ahSourceSince"] != bytes(8)


@pytest.mark.parametrize("behaviour,cause", CAUSES, ids=[row[0] for row in CAUSES])
def test_file_reputation_ends_with_its_cause(scene, behaviour, cause):
    sources = Sources(scene).start()
    scene.fleet.set("sps1", behaviour)
    sources.wait("ahSourceFileState", "down")
    sources.wait("ahSourceCause", cause)
    assert sources.enum("ahSourceWebState") == "up", "the other service is another matter"
    raised = scene.trapd.wait_for(1, 20, "ahSourceDown")[0]
    assert values(raised)["ahSourceName"] == b"sps1"
    assert f"warning: raised {values(raised)['ahAlarmSeq']}: " in scene.daemon.log()
    assert b"file reputation" in values(raised)["ahAlarmText"]
    scene.fleet.set("sps1", "healthy")
    cleared = scene.trapd.wait_for(1, 20, "ahSourceUp")[0]
    assert values(cleared)["ahAlarmSeq"] == values(raised)["ahAlarmSeq"]


@pytest.mark.parametrize("behaviour,state", [("refused", "down"), ("hang", "down"), ("error500", "up"),
                                             ("forbidden", "up"), ("wrong", "up")])
def test_web_reputation_is_up_if_anything_answers(scene, behaviour, state):
    sources = Sources(scene).start()
    scene.fleet.set("sps1.web", behaviour)
    if state == "down":
        sources.wait("ahSourceWebState", "down")
        assert b"web reputation" in values(scene.trapd.wait_for(1, 20, "ahSourceDown")[0])["ahAlarmText"]
    else:
        asked = scene.fleet.stats("sps1.web")["requests"]
        wait_until("it was asked again", lambda: scene.fleet.stats("sps1.web")["requests"] > asked + 1)
        assert sources.enum("ahSourceWebState") == "up"
    assert sources.enum("ahSourceFileState") == "up"


def test_without_a_url_web_reputation_is_not_asked(scene):
    sources = Sources(scene, web=False).start()
    assert sources.enum("ahSourceWebState") == "unknown" and sources.enum("ahSourceCause") == "none"
    assert scene.fleet.stats("sps1.web")["connections"] == 0


@pytest.mark.parametrize("verify,days,state,file_state", [
    ("yes", 40, "valid", "up"), ("yes", -3, "expired", "down"), ("no", -3, "expired", "up"), ("no", 5, "untrusted", "up")])
def test_the_certificate_is_looked_at(scene, verify, days, state, file_state):
    sources = Sources(scene)
    scene.set("probe source", tls_verify=verify)
    if verify == "no":
        scene.set("probe source", ca_file=None)
    sources.lines[0] += f" certificate_days={days}"
    sources.start()
    assert sources.enum("ahSourceFileState") == file_state
    assert sources.enum("ahSourceCertificateState") == state
    assert scene.manager.get("ahSourceCertificateDays", 1) in (days, days - 1), "an hour may have passed a day's border"


def test_plain_http_has_no_certificate(scene):
    sources = Sources(scene, count=0)
    sources.add("standard", scheme="http")
    scene.set("probe source", ca_file=None)
    sources.start()
    assert sources.enum("ahSourceFileState") == "up"
    assert sources.enum("ahSourceCertificateState") == "notApplicable"
    assert scene.manager.get("ahSourceCertificateDays", 1) == -32768


PROXIES = [  # kind, the proxy's user and password, what is told it, and how that ends
    ("http", None, None, "none"),
    ("http", "probe", "secret", "none"),
    ("http", "probe", "wrong", "authenticationFailed"),
    ("http", "probe", None, "authenticationFailed"),
    ("socks5", None, None, "none"),
    ("socks5", "probe", "secret", "none"),
    ("socks5", "probe", "wrong", "authenticationFailed"),
    ("socks5", "probe", None, "authenticationFailed"),
]


@pytest.mark.parametrize("kind,user,told,cause", PROXIES, ids=["-".join(str(w) for w in row[:3]) for row in PROXIES])
def test_a_proxy_is_tried_beside_the_straight_way(scene, kind, user, told, cause):
    sources = Sources(scene)
    sources.add_proxy(kind=kind, user=user, told=told)
    sources.start()
    sources.wait("ahSourceInternalProxyCause", cause)
    assert sources.enum("ahSourceExternalProxyCause") == "unknown"
    assert sources.enum("ahSourceFileState") == "up", "it answers straight"
    assert scene.fleet.stats("internal")["connections"] > 0
    log = scene.daemon.log() + scene.manager.text("ahProbeLastFault", mibnames.labels("AhDriver")["source"])
    assert "secret" not in log.replace(".secret", "")


@pytest.mark.parametrize("behaviour,cause", [("refused", "refused"), ("hang", "timedOut"), ("close", "reset"),
                                             ("garbage", "protocolError"), ("forbidden", "forbidden")])
def test_a_proxy_that_fails_has_its_cause(scene, behaviour, cause):
    sources = Sources(scene)
    sources.add_proxy()
    sources.start()
    sources.wait("ahSourceInternalProxyCause", "none")
    scene.fleet.set("internal", behaviour)
    sources.wait("ahSourceInternalProxyCause", cause)
    assert sources.enum("ahSourceFileState") == "up" and scene.trapd.received() == []
    assert f"source sps1: its agents' proxy: {cause}" in scene.daemon.log()
    scene.fleet.set("internal", "healthy")
    sources.wait("ahSourceInternalProxyCause", "none")
    assert "source sps1: its agents' proxy lets through again" in scene.daemon.log()


def test_a_name_that_only_the_proxy_knows(scene):
    sources = Sources(scene, kind="network")
    sources.add_proxy("external", kind="socks5")
    sources.add_proxy("internal")
    scene.set("source sps1", url=f"https://sps1.example:{SOURCE_PORT}/tmcss/",
              web_reputation_url=f"https://sps1.example:{WEB_PORT}/")
    sources.start()
    assert sources.enum("ahSourceFileState") == "up" and sources.enum("ahSourceWebState") == "up"
    assert sources.enum("ahSourceCertificateState") == "valid"
    assert sources.enum("ahSourceExternalProxyCause") == "none"
    assert sources.enum("ahSourceInternalProxyCause") == "unknown"
    assert scene.fleet.stats("internal")["connections"] == 0
    scene.fleet.set("external", "refused")
    sources.wait("ahSourceFileState", "down")
    assert sources.enum("ahSourceCause") == "nameNotFound", "that of the straight way"


def test_no_proxy_is_not_asked(scene):
    sources = Sources(scene, count=2)
    sources.add_proxy(no_proxy=f"{NET}.251.1/32, .example")
    sources.start()
    sources.wait("ahSourceInternalProxyCause", "none", 2)
    assert sources.enum("ahSourceInternalProxyCause", 1) == "unknown"


def test_agents_use_the_list_of_their_location_and_address(scene):
    sources = Sources(scene, count=2)
    sources.add("custom", ranges=f"{NET}.0.2/31")
    sources.add("network")
    sources.start(4)
    sources.locate("PC-00001..PC-00003")
    sources.locate("PC-00004", 2)
    wait_until("they are counted", lambda: sources.all("ahSourceAgents") == [1, 1, 2, 1])
    scene.fleet.set("sps3", "refused")
    scene.wait_icon(2, "smartProtectionUnavailable")
    scene.wait_icon(3, "smartProtectionUnavailable")
    assert scene.icon(1) == "healthy" and scene.icon(4) == "healthy"
    begun = values(scene.trapd.wait_for(1, 20, "ahMassOutageBegin")[0])
    assert begun["ahAlarmAgents"] == 2 and begun["ahAlarmSubjectName"] == f"custom {NET}.0.2/31".encode()


@pytest.mark.alone
def test_a_list_that_is_down_is_told_once(scene):
    agents = 50 if SHORT else 1000
    sources = Sources(scene, count=2)
    scene.set("probe listener", interval_s=30).set("probe feed", interval_s=60)
    sources.start(agents)
    sources.locate(f"PC-00001..PC-{agents:05d}")
    wait_until("all use the list", lambda: sources.all("ahSourceAgents") == [agents] * 2, 60)
    scene.fleet.set("sps1", "refused")
    scene.trapd.wait_for(1, 20, "ahSourceDown")
    assert scene.manager.get("ahFleetSmartProtectionUnavailable") == 0, "another of the list answers"
    scene.fleet.set("sps2", "hang")
    wait_until("all have lost it", lambda: scene.manager.get("ahFleetSmartProtectionUnavailable") == agents)
    begun = values(scene.trapd.wait_for(1, 20, "ahMassOutageBegin")[0])
    assert begun["ahAlarmSubject"] == mibnames.labels("AhSubjectKind")["sourceList"]
    assert begun["ahAlarmSubjectIndex"] == 1, "the first source of the list"
    assert (begun["ahAlarmAgents"], begun["ahGroupIndex"], begun["ahGroupName"]) == (agents, 0, b"")
    assert "smartProtectionUnavailable" in scene.conditions(7)
    assert mibnames.label("ahProtectionSmartProtection", scene.manager.get("ahProtectionSmartProtection", 7)) == "down"
    check = mibnames.labels("ahSmartCheck")["sourceList"]
    assert scene.manager.enum("ahSmartCheckResult", 7, check) == "failed"
    assert scene.manager.text("ahSmartCheckText", 7, check).endswith(
        ": sps1 (the host answers, but nobody listens on the port), sps2 (no answer in time)")
    scene.fleet.set("sps1,sps2", "healthy")
    ended = values(scene.trapd.wait_for(1, 20, "ahMassOutageEnd")[0])
    assert ended["ahAlarmSeq"] == begun["ahAlarmSeq"] and ended["ahAlarmAgents"] == 0
    wait_until("all have it back", lambda: scene.manager.get("ahFleetSmartProtectionUnavailable") == 0)
    scene.trapd.wait_for(2, 20, "ahSourceUp")
    told = collections.Counter(name for name, _ in scene.trapd.received())
    assert told == {"ahSourceDown": 2, "ahSourceUp": 2, "ahMassOutageBegin": 1, "ahMassOutageEnd": 1}
    wait_until("no alarm is left", lambda: scene.manager.get("ahAlarmsActive") == 0)


def test_fifty_sources_that_hang_are_one_timeout(scene):
    sources = Sources(scene, count=50)
    sources.add_proxy()
    sources.start()
    scene.fleet.set("sources,proxies", "hang")
    source = mibnames.labels("AhDriver")["source"]
    wait_until("all are down", lambda: sources.all("ahSourceFileState") == [3] * 50, 30)
    scene.set("probe source", interval_s=3600)
    began = time.monotonic()
    result = agenthealthd("-c", scene.write_conf(), "-1")
    assert time.monotonic() - began < 1 + 1 + 1.5, "the longest timeout, a second, and the start of a process"
    assert result.stderr.count("file reputation: no answer in time") == 50
    assert scene.manager.get("ahProbeTargets", source) == 50


def test_one_sweep_and_one_agent_show_the_sources(scene):
    sources = Sources(scene, count=2)
    sources.add("network")
    sources.start(2)
    sources.locate("PC-00001..PC-00002")
    wait_until("both use the list", lambda: sources.all("ahSourceAgents") == [2, 2, 0])
    scene.fleet.set("sps1", "refused")
    shown = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert shown.returncode == 0, shown.stdout
    assert "source sps1: refused" in shown.stdout and "source sps2: answered" in shown.stdout
    assert "source sps3" not in shown.stdout and "LCRC=" in shown.stdout
    sweep = agenthealthd("-c", scene.conf, "-1")
    assert "source sps1: file reputation: the host answers, but nobody listens" in sweep.stderr
    scene.fleet.set("sps2", "refused")
    shown = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert shown.returncode == 1 and "smartProtectionUnavailable: what to do" in shown.stdout


def test_a_reload_changes_the_sources(scene):
    sources = Sources(scene, count=2).start()
    del scene.settings["source sps1"]
    scene.set("source sps2", web_reputation_url=None)
    scene.write_conf()
    scene.daemon.reload()
    wait_until("one is left", lambda: [*scene.manager.column("ahSourceName").values()] == [b"sps2"])
    sources.wait("ahSourceWebState", "unknown", 2)
    assert sources.enum("ahSourceFileState", 2) == "up"
