"""Endpoint location against plain sockets: how reference servers end, what follows a reload, where agents should find
themselves, and what the checks of location and proxies say of it."""

import re

import pytest

import mibnames
from places import Places
from processes import agenthealthd, wait_until
from scene import NET
from sources import Sources

LOCATION = mibnames.labels("AhDriver")["location"]
CHECKS = mibnames.labels("ahSmartCheck")


@pytest.fixture
def places(scene):
    with Places(scene) as all_of_them:
        yield all_of_them


def protection(scene, column, index=1):
    return scene.manager.enum(f"ahProtection{column}", index)


def check(scene, name, index=1):
    number = CHECKS[name]
    return (scene.manager.enum("ahSmartCheckResult", index, number),
            scene.manager.text("ahSmartCheckText", index, number))


def feed(scene, *words, agents="PC-00001"):
    scene.fleet.ask(f"feed {agents} {' '.join(words)}")


def test_each_reference_server_ends_with_its_cause(scene, places):
    rows = [(places.accepting(), "up", "none"), (places.refusing(), "down", "refused"),
            (places.silent(), "down", "timedOut"), ("dc1.missing.invalid:389", "down", "nameNotFound")]
    places.write(*(name for name, _, _ in rows))
    scene.start(1)
    places.wait_states(*(state for _, state, _ in rows))
    assert places.shown() == [name for name, _, _ in rows]
    for place, (_, state, cause) in enumerate(rows, 1):
        assert scene.manager.enum("ahReferenceServerCause", place) == cause
        assert scene.manager.get("ahReferenceServerLastCheck", place) != bytes(8)
        assert (scene.manager.get("ahReferenceServerRtt", place) < 700) == (state == "up")
    assert scene.manager.get("ahProbeTargets", LOCATION) == 4
    assert scene.manager.get("ahAlarmsActive") == 0 and scene.trapd.received() == []
    sweep = agenthealthd("-c", scene.conf, "-1")
    assert "reference server dc1.missing.invalid port 389: the name does not resolve" in sweep.stderr
    assert f"{NET}.240.1" not in sweep.stderr


def test_rows_follow_the_file_and_keep_their_state(scene, places):
    up, down = places.accepting(), places.refusing()
    places.write(up, down, "# not asked yet", "  [::1]:9   # nobody's")
    scene.set("probe location", interval_s=3600)
    scene.start(1)
    places.wait_states("up", "down", "down")
    checked = {name: scene.manager.get("ahReferenceServerLastCheck", place)
               for place, name in enumerate(places.shown(), 1)}
    other = places.accepting(f"{NET}.240.4")
    places.write(other, down, up)
    scene.daemon.reload()
    wait_until("the new order", lambda: places.shown() == [other, down, up])
    assert places.states()[1:] == ["down", "up"]
    assert scene.manager.get("ahReferenceServerLastCheck", 2) == checked[down]
    assert scene.manager.get("ahReferenceServerLastCheck", 3) == checked[up]
    wait_until("the new one is known, long before the interval is over", lambda: places.states()[0] == "up")
    places.write("no port")
    scene.daemon.reload()
    assert places.shown() == [other, down, up], "a file with a fault changes nothing"
    assert "places.txt: line 1: \"no port\" has no port" in scene.daemon.log()
    places.write()
    scene.daemon.reload()
    wait_until("none is left", lambda: places.shown() == [])
    wait_until("nobody is asked", lambda: scene.manager.get("ahProbeTargets", LOCATION) == 0 or None)


def test_faults_are_told_with_their_lines(scene, places):
    scene.write_csv(["PC-00001"])
    places.write("dc1:389", "", "dc1:389", "2001:db8::1:443")
    result = agenthealthd("-c", scene.write_conf(), "-t")
    assert result.returncode == 1
    assert [line.rpartition("places.txt: ")[2] for line in result.stderr.splitlines() if "places.txt" in line] == [
        "line 3: the same as in line 1", 'line 4: "2001:db8::1:443" has an IPv6 address, which must stand in brackets']
    places.write(*(f"dc{number}:389" for number in range(321)))
    result = agenthealthd("-c", scene.conf, "-t")
    assert result.returncode == 1 and "places.txt: line 321: more than 320 reference servers" in result.stderr
    places.write(*(f"dc{number}:389" for number in range(320)))
    assert agenthealthd("-c", scene.conf, "-t").returncode == 0


def test_gateways_are_shown_and_a_malformed_one_is_told(scene):
    scene.set("location", gateways="10.1.0.1, 00-11-22-33-44-55 router 0011.2233.4455")
    scene.start(1)
    assert [*scene.manager.column("ahGatewayAddress").values()] == [b"10.1.0.1", b"00-11-22-33-44-55", b"router",
                                                                    b"0011.2233.4455"]
    assert [scene.manager.enum("ahGatewayKind", place) for place in range(1, 5)] == ["ip", "mac", "malformed", "mac"]
    assert '[location] gateways: "router" is neither an IP address nor a MAC' in scene.daemon.log()
    assert agenthealthd("-c", scene.conf, "-t").returncode == 1
    scene.set("location", gateways="10.1.0.2")
    scene.write_conf()
    scene.daemon.reload()
    wait_until("one", lambda: [*scene.manager.column("ahGatewayAddress").values()] == [b"10.1.0.2"])


def test_a_gateway_tells_where_an_endpoint_is(scene):
    """Its server does not answer a ping, and nobody else says anything of where it is."""
    scene.set("location", gateways="10.9.0.1, 10.1.0.1")
    scene.set("probe listener", enabled="no").set("probe server", enabled="no")
    scene.use_winrm().start_fleet(3)
    scene.fleet.ask("endpoint PC-00001..PC-00003 ping=11010")
    scene.fleet.ask("endpoint PC-00001 gateways=10.1.0.1")
    scene.fleet.ask("endpoint PC-00002 gateways=192.168.0.1,10.7.0.1")
    scene.fleet.ask("endpoint PC-00003 gateways=-")
    scene.start()
    for index, expected in enumerate(("internal", "external", "external"), 1):
        wait_until(f"{index}: {expected}", lambda: protection(scene, "ExpectedLocation", index) == expected)
    assert scene.manager.text("ahProtectionNote", 1) == ""
    assert scene.manager.text("ahProtectionNote", 2) == "the agent finds itself internal, and should be external"
    shown = agenthealthd("-c", scene.conf, "--probe", "PC-00002").stdout
    assert "SELECT IPAddress,DefaultIPGateway FROM" in shown and "DefaultIPGateway=10.7.0.1" in shown
    assert "location       internal (expected: external)" in shown
    # A MAC is none that an endpoint tells: it may have that gateway.
    scene.set("location", gateways="10.1.0.1, 00-11-22-33-44-55")
    scene.write_conf()
    scene.daemon.reload()
    wait_until("that is open", lambda: protection(scene, "ExpectedLocation", 2) == "unknown")
    assert protection(scene, "ExpectedLocation", 1) == "internal"


def test_a_feed_tells_its_gateways(scene, places):
    places.write(places.refusing(), places.refusing(f"{NET}.240.5"))
    scene.set("location", gateways="10.1.0.1")
    scene.set("probe listener", enabled="no").set("probe server", enabled="no")
    scene.start(1, feed=True)
    places.wait_states("down", "down")
    rows = [  # what it says, and where it should find itself
        ("server.reachable=yes", "internal"),
        ("server.reachable=no", "external"),
        ("server.reachable=no agent.gateways=10.9.9.9,10.1.0.1", "internal"),
        ("server.reachable=- agent.gateways=10.9.9.9", "external"),
        ("server.reachable=- agent.gateways=-", "unknown"),
        ("server.reachable=- agent.gateways=10.2.0.1", "external"),
    ]
    for words, expected in rows:
        feed(scene, words)
        wait_until(f"{words}: {expected}", lambda: protection(scene, "ExpectedLocation") == expected)
    assert scene.manager.text("ahProtectionNote", 1) == "the agent finds itself internal, and should be external"
    feed(scene, "smartprotection.location_profile=2")
    wait_until("it agrees", lambda: scene.manager.text("ahProtectionNote", 1) == "")
    scene.set("location", gateways="10.2.0.1")
    scene.write_conf()
    scene.daemon.reload()
    wait_until("the file is read anew", lambda: protection(scene, "ExpectedLocation") == "internal")


def test_the_check_names_who_does_not_answer(scene, places):
    up, down = places.accepting(), places.refusing()
    places.write(up, down)
    scene.start(1, feed=True)
    feed(scene, "smartprotection.reachable=no")
    scene.wait_icon(1, "smartProtectionUnavailable")
    places.wait_states("up", "down")
    assert check(scene, "endpointLocation") == (
        "ok", f"the agent finds itself where it should; reference servers that do not answer: {down}"), "it needs one"
    assert scene.manager.get("ahSmartCheckGuidance", 1, CHECKS["endpointLocation"]) == (0, 0)
    places.write(up)
    scene.daemon.reload()
    wait_until("all answer", lambda: check(scene, "endpointLocation") == ("ok", "the agent finds itself where it should"))
    feed(scene, "smartprotection.reachable=no", "smartprotection.location_profile=2")
    wait_until("it differs", lambda: check(scene, "endpointLocation") == (
        "failed", "the agent finds itself external, and should be internal"))
    assert "endpointLocation" in scene.manager.text("ahAlarmText", [*scene.manager.column("ahAlarmSubject")][0])
    shown = agenthealthd("-c", scene.conf, "--probe", "PC-00001")
    assert "endpointLocation: failed: the agent finds itself external, and should be internal" in shown.stdout
    assert "location       external (expected: internal)" in shown.stdout
    places.write(down)
    scene.daemon.reload()
    wait_until("none answers", lambda: places.states() == ["down"])
    feed(scene, "smartprotection.reachable=no", "smartprotection.location_profile=1")
    wait_until("all are named", lambda: check(scene, "endpointLocation") == (
        "failed", f"no reference server answers: {down}"))
    guidance = scene.manager.get("ahSmartCheckGuidance", 1, CHECKS["endpointLocation"])
    assert guidance != (0, 0), "there are steps"


def test_one_agent_shows_reference_servers_in_order(scene, places):
    names = [places.refusing(), places.accepting(), "dc1.missing.invalid:389"]
    places.write(*names)
    scene.start_fleet(1)
    shown = agenthealthd("-c", scene.write_conf(), "--probe", "PC-00001").stdout
    assert re.findall(r"^location (\S+): (\w+)", shown, re.M) == [
        (names[0], "refused"), (names[1], "answered"), (names[2], "nameNotFound")]
    assert f"connect to {names[1]}" in shown


@pytest.mark.parametrize("behaviour,cause,words", [
    ("refused", "refused", "the host answers, but nobody listens on the port"), ("forbidden", "forbidden", "access is forbidden")])
def test_a_proxy_that_fails_is_the_agents_check(scene, behaviour, cause, words):
    sources = Sources(scene, count=2)
    sources.add_proxy("internal")
    sources.start(2)
    wait_until("it works", lambda: protection(scene, "Proxies") == "working")
    sources.locate("PC-00002", 2)
    wait_until("outside there is none", lambda: protection(scene, "Proxies", 2) == "notApplicable")
    scene.fleet.set("internal", behaviour)
    sources.wait("ahSourceInternalProxyCause", cause)
    wait_until("it fails", lambda: protection(scene, "Proxies") == "failed")
    assert scene.icon(1) == "healthy", "the sources answer straight"
    feed(scene, "smartprotection.reachable=no")
    scene.wait_icon(1, "smartProtectionUnavailable")
    wait_until("both are named", lambda: check(scene, "proxies") == (
        "failed", f"the agent's proxy does not reach its sources: sps1 ({words}), sps2 ({words})"))
    scene.fleet.set("internal", "healthy")
    wait_until("it works again", lambda: protection(scene, "Proxies") == "working")


def test_a_source_that_is_down_is_not_the_proxys_fault(scene):
    sources = Sources(scene, count=2, web=False)
    sources.add_proxy("internal")
    sources.start(1)
    wait_until("it works", lambda: protection(scene, "Proxies") == "working")
    scene.fleet.set("sps1", "refused")
    sources.wait("ahSourceFileState", "down")
    assert scene.manager.enum("ahSourceInternalProxyCause", 1) != "none"
    assert protection(scene, "Proxies") == "working", "it reaches the other"
    scene.fleet.set("sps2", "refused")
    sources.wait("ahSourceFileState", "down", 2)
    wait_until("nothing is left to tell by", lambda: protection(scene, "Proxies") == "unknown")
    assert check(scene, "proxies")[0] == "unknown", "nor is it blamed in the check"


def test_every_check_but_that_of_files_has_a_result(scene, places):
    places.write(places.accepting())
    sources = Sources(scene)
    sources.add_proxy("internal")
    sources.start(1)
    places.wait_states("up")
    feed(scene, "smartprotection.reachable=no", "agent.scan_method=conventional")
    scene.wait_icon(1, "smartProtectionUnavailable")
    wait_until("results", lambda: {name: check(scene, name)[0] for name in CHECKS} == {
        "endpointLocation": "ok", "sourceList": "ok", "configurationFiles": "unknown", "locationProfile": "failed",
        "proxies": "ok", "tmusa": "ok"})


@pytest.mark.alone
def test_all_reference_servers_and_fifty_sources_are_one_timeout(scene, places):
    """A measurement: it prints what a sweep takes when nobody answers, and tests that everybody was asked."""
    places.write_silent(320)
    scene.set("probe location", timeout_ms=1000)
    sources = Sources(scene, count=50)
    scene.start_fleet(1, lines=sources.lines, feed=True)
    scene.fleet.set(",".join(sources.names), "hang")
    sweep = agenthealthd("-c", scene.write_conf(), "-1")
    seconds = int(re.search(r"one sweep: \d+ agents in (\d+) ms", sweep.stderr)[1]) / 1000
    print(f"320 reference servers and 50 sources that are silent, longest timeout 1 s: {seconds:.2f} s")
    assert len(re.findall(r"reference server \S+ port \d+: no answer in time", sweep.stderr)) == 320
    assert sweep.stderr.count(": file reputation: no answer in time") == 50
