"""What Windows endpoints say when they are asked: conditions, causes, what a broken or hostile one makes of it."""

import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest

import mibnames
from processes import SHORT, agenthealthd, wait_until
from scene import NET, address

HEALTHY, SICK = 1, 2


def start(scene, agents=2, judged=None, **winrm):
    """Listener and WinRM, everybody healthy."""
    scene.use_winrm(**winrm)
    return scene.start(agents, judged=judged)


def endpoint(scene, words, name="PC-00002"):
    return scene.fleet.ask(f"endpoint {name} {words}")


def protection(scene, index, column):
    return scene.manager.enum(f"ahProtection{column}", index)


def note(scene, index):
    return scene.manager.text("ahProtectionNote", index)


def test_an_endpoint_fills_its_rows(scene):
    start(scene)
    manager = scene.manager
    assert manager.get("ahFleetHealthy") == 2
    assert protection(scene, 1, "RealTimeScan") == "enabled" and protection(scene, 1, "RealTimeScanService") == "running"
    assert protection(scene, 1, "ListenerService") == "running" and protection(scene, 1, "Tmusa") == "running"
    assert protection(scene, 1, "ScanMethod") == "smart" and protection(scene, 1, "Location") == "internal"
    assert protection(scene, 1, "PatternState") == "upToDate"
    assert manager.text("ahProtectionPatternVersion", 1) == "19.429.80"
    assert manager.text("ahProtectionSystem", 1) == "Microsoft Windows 10 Pro 10.0.19045"
    assert manager.text("ahProtectionSource", 1) == "sps1.example"
    assert manager.get("ahProtectionPatternAge", 1) < 2 * 86400
    assert note(scene, 1) == ""
    assert manager.enum("ahConnectionAgentSide", 1) == "online"
    assert manager.get("ahConnectionAgentSideRtt", 1) >= 1
    assert manager.text("ahConnectionAgentAddresses", 1) == address(1)
    assert manager.text("ahConnectionResolvedServer", 1) == f"{NET}.250.1"
    assert manager.text("ahConnectionNamedServer", 1) == "apex1"
    kinds = mibnames.labels("ahComponentKind")
    versions = {kind: manager.text("ahComponentVersion", 1, number) for kind, number in kinds.items()
                if kind != "unknown"}
    assert versions == {"pattern": "", "smartScanPattern": "19.429.80", "engine": "23.600.1005",
                        "program": "14.0.0.12345"}
    assert manager.enum("ahComponentState", 1, kinds["smartScanPattern"]) == "upToDate"
    assert manager.enum("ahComponentState", 1, kinds["pattern"]) == "notUsed"
    assert manager.get("ahComponentAge", 1, kinds["smartScanPattern"]) < 2 * 86400
    assert manager.get("ahProbeTargets", mibnames.labels("AhDriver")["winrm"]) == 2


# What an endpoint is like, the conditions that then hold, and the notification.
CONDITIONS = [
    (r"reg.Misc.\NonCrcPatternDate=today-30", {"patternOutdated"}, "ahPatternOutdated"),
    ("service.ntrtscan=Stopped", {"realTimeScanNotFunctioning"}, "ahRealTimeScanDown"),
    ("service.ntrtscan=StopPending", {"realTimeScanNotFunctioning"}, "ahRealTimeScanDown"),
    ("service.ntrtscan=-", {"realTimeScanNotFunctioning"}, "ahRealTimeScanDown"),
    (r"reg.Real_Time_Scan_Configuration\Enable=dword:0", {"realTimeScanDisabled"}, "ahRealTimeScanDown"),
    (r"reg.Real_Time_Scan_Configuration\Enable=string:0 service.ntrtscan=Stopped", {"realTimeScanDisabled"},
     "ahRealTimeScanDown"),
    (r"reg.Real_Time_Scan_Configuration\Enable=dword:0 reg.Misc.\Roaming=dword:1", {"standaloneUnprotected"},
     "ahStandaloneUnprotected"),
    ("ping=11010", {"offline"}, "ahAgentOffline"),
    (r"reg.iCRC_Scan\Scan_Server\LocalScanServerAddress=- reg.iCRC_Scan\Scan_Server\LocalScanServerUrl=-",
     {"smartProtectionUnavailable"}, "ahSmartProtectionLost"),
    (r"reg.iCRC_Scan\ScanType=dword:0 reg.Misc.\PatternVer=dword:1942980 reg.Misc.\PatternDate=today "
     "driver.tmusa=Stopped", {"smartProtectionUnavailable"}, "ahSmartProtectionLost"),
]


@pytest.mark.parametrize("words,conditions,notification", CONDITIONS, ids=[row[0][:40] for row in CONDITIONS])
def test_each_condition_is_seen_on_the_endpoint(scene, words, conditions, notification):
    scene.set("winrm names", value_mode=r"Misc.\Roaming")
    start(scene)
    endpoint(scene, words)
    since = time.monotonic()
    wait_until("the condition", lambda: scene.conditions(SICK) == conditions, 10)
    scene.trapd.wait_for(1)
    assert time.monotonic() - since < 1 + 2 + 1 or SHORT, "the interval and two seconds, and one for this test"
    assert [name for name, _ in scene.trapd.received()] == [notification]
    assert scene.manager.get("ahAgentUnknowns", SICK) == b"\0"
    assert scene.icon(HEALTHY) == "healthy"


# What both sides say, and the diagnosis.
DIAGNOSES = [
    ("healthy", "ping=unresolved", "serverNameUnresolved", "nameNotFound", "notFound"),
    ("healthy", "ping=11010", "serverNameUnresolved", "timedOut", "asExpected"),
    ("refused", "ping=11003", "networkFault", "unreachable", "asExpected"),
    ("refused", "ping=0", "firewallBlocksServer", "none", "asExpected"),
    ("refused", r"addresses=10.9.9.9 reg.IP=10.9.9.9", "agentAddressChanged", "none", "asExpected"),
]


@pytest.mark.parametrize("listener,words,diagnosis,cause,check", DIAGNOSES, ids=[row[1] for row in DIAGNOSES])
def test_two_sides_name_the_cause(scene, listener, words, diagnosis, cause, check):
    start(scene)
    endpoint(scene, words)
    scene.fleet.set("PC-00002", listener)
    wait_until(diagnosis, lambda: scene.manager.enum("ahAgentDiagnosis", SICK) == diagnosis, 10)
    assert scene.icon(SICK) == "offline"
    assert scene.manager.enum("ahConnectionAgentSideCause", SICK) == cause
    assert scene.manager.enum("ahConnectionNameCheck", SICK) == check


def test_the_server_that_the_agent_names_is_the_one_that_counts(scene):
    start(scene)
    endpoint(scene, "reg.Server=old.example ping.old.example=unresolved")
    wait_until("offline", lambda: scene.manager.enum("ahAgentDiagnosis", SICK) == "serverNameUnresolved", 10)
    assert scene.manager.text("ahConnectionNamedServer", SICK) == "old.example"
    assert scene.manager.enum("ahConnectionNameCheck", SICK) == "notFound"


def test_a_name_that_resolves_elsewhere_is_shown(scene):
    start(scene)
    endpoint(scene, "ping.address=127.0.99.9")
    wait_until("it is seen", lambda: scene.manager.enum("ahConnectionNameCheck", SICK) == "otherAddress")
    assert scene.manager.text("ahConnectionResolvedServer", SICK) == "127.0.99.9"
    assert scene.manager.enum("ahConnectionNameCheck", HEALTHY) == "asExpected"


def test_the_checks_of_smart_protection_that_failed_are_named(scene):
    start(scene)
    endpoint(scene, r"reg.iCRC_Scan\Scan_Server\LocalScanServerAddress=- reg.iCRC_Scan\Scan_Server\LocalScanServerUrl=-")
    scene.wait_icon(SICK, "smartProtectionUnavailable")
    checks = mibnames.labels("ahSmartCheck")
    results = scene.manager.column("ahSmartCheckResult")
    assert set(results) == {(SICK, number) for number in checks.values()}
    assert scene.manager.enum("ahSmartCheckResult", SICK, checks["locationProfile"]) == "failed"
    assert scene.manager.enum("ahSmartCheckResult", SICK, checks["tmusa"]) == "notApplicable"
    assert "location" in values(scene.trapd.wait_for(1)[0])["ahAlarmText"].decode().lower()


def values(trap):
    return {name: value for name, _, value in trap[1]}


@pytest.mark.parametrize("words", ["shell=denied", "shell=denied view=native", "view=native", "view=both", "portions=2"])
def test_the_way_to_the_registry_is_found_out(scene, words):
    scene.use_winrm()
    scene.start_fleet(2)
    endpoint(scene, words)
    scene.start(judged=2)
    assert scene.manager.get("ahFleetHealthy") == 2
    for column in ("ahProtectionPatternVersion", "ahProtectionSource", "ahConnectionNamedServer"):
        assert scene.manager.get(column, SICK) == scene.manager.get(column, HEALTHY), column
    wait_until("no shell is left open", lambda: scene.fleet.stats("PC-00002.winrm")["shells_open"] == 0)


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_a_whole_set_takes_few_questions_and_one_connection(scene, auth):
    start(scene, 1, interval_s=3600, auth=auth)
    first = scene.fleet.stats("PC-00001.winrm")
    scene.writer.set("ahVerifyNow", "u", 1)
    wait_until("the second round", lambda: scene.manager.get("ahProbeRuns", mibnames.labels("AhDriver")["winrm"]) == 2)
    wait_until("its end", lambda: scene.manager.get("ahProbeInFlight", mibnames.labels("AhDriver")["winrm"]) == 0)
    second = scene.fleet.stats("PC-00001.winrm")
    handshake = 1 if auth == "ntlm" else 0  # NTLM's first message of each connection is answered by a challenge
    assert first["requests"] <= 8 + handshake and second["requests"] - first["requests"] <= 6 + handshake
    assert (first["connections"], second["connections"]) == (1, 2)
    assert second["logons_rejected"] == 0 and second["shells_open"] == 0


# What an endpoint does, and the cause that it gets.
HOSTILE = [
    ("refused", "refused"), ("hang", "timedOut"), ("stall", "timedOut"), ("drip", "timedOut"), ("close", "reset"),
    ("reset", "reset"), ("garbage", "tlsRejected"), ("badcert", "tlsRejected"), ("wrongname", "tlsRejected"),
    ("wrong", "wrongAnswer"), ("huge", "tooLarge"), ("redirect", "wrongAnswer"), ("error500", "httpError"),
    ("forbidden", "forbidden"), ("unauthorised", "authenticationFailed"), ("fakeid", "wrongAnswer"),
    ("noid", "wrongAnswer"), ("wrongns", "wrongAnswer"), ("entities", "wrongAnswer"), ("external", "wrongAnswer"),
    ("deep", "wrongAnswer"), ("truncated", "wrongAnswer"), ("nothing", "wrongAnswer"), ("fault", "timedOut"),
    ("badbase64", "wrongAnswer"), ("endless", "wrongAnswer"),
]


def test_each_hostile_answer_has_its_cause_and_harms_no_other_endpoint(scene):
    scene.use_winrm(concurrency=100, timeout_ms=4000 if SHORT else 2000, interval_s=2)
    scene.set("probe listener", enabled="no")
    names = [f"PC-{number:05d}" for number in range(1, 2 * len(HOSTILE) + 1)]
    scene.start_fleet(len(names))
    for number, (behaviour, _) in enumerate(HOSTILE):
        scene.fleet.set(f"{names[2 * number + 1]}.winrm", behaviour)
    scene.start(judged=len(HOSTILE))
    healthy = mibnames.labels("AhIcon")["healthy"]
    expected = {"none": len(HOSTILE)}
    for _, cause in HOSTILE:
        expected[cause] = expected.get(cause, 0) + 1
    driver = mibnames.labels("AhDriver")["winrm"]

    def answers():
        return {mibnames.label("AhCause", number): count
                for (row, number), count in scene.manager.column("ahProbeAnswers").items() if row == driver and count}
    wait_until("an answer of each kind",
               lambda: all(answers().get(cause, 0) >= count for cause, count in expected.items()), 30)
    assert set(answers()) == set(expected)
    icons = scene.manager.column("ahAgentIcon")
    assert [icons[2 * number + 1] for number in range(len(HOSTILE))] == [healthy] * len(HOSTILE)
    for number, (behaviour, cause) in enumerate(HOSTILE):
        assert note(scene, 2 * number + 2), behaviour


def test_odd_values_are_unknown_and_named(scene):
    scene.use_winrm()
    scene.start_fleet(3)
    scene.fleet.set("PC-00002.winrm", "wrongtypes")
    scene.fleet.set("PC-00003.winrm", "hugestrings")
    scene.start(judged=1)
    wait_until("notes", lambda: note(scene, 2) and note(scene, 3))
    for index in (2, 3):
        assert scene.manager.text("ahProtectionPatternVersion", index) in ("", "19.429.80")
        assert scene.icon(index) == "unknown" and scene.conditions(index) == set()
    assert scene.icon(1) == "healthy"


def test_an_agent_that_is_not_installed_is_unknown_and_says_why(scene):
    start(scene)
    endpoint(scene, "installed=no")
    scene.set("policy", evidence_max_age_s=2)
    scene.write_conf()
    scene.daemon.reload()
    wait_until("a note", lambda: "not installed" in note(scene, SICK))
    wait_until("unknown", lambda: scene.icon(SICK) == "unknown", 10)
    unknowns = mibnames.bits("AhConditions", scene.manager.get("ahAgentUnknowns", SICK))
    assert {"patternOutdated", "realTimeScanDisabled", "smartProtectionUnavailable"} <= unknowns
    assert protection(scene, SICK, "RealTimeScanService") == "missing"


def test_a_wrong_clock_is_marked_and_changes_no_age(scene):
    scene.use_winrm()
    scene.start_fleet(2)
    endpoint(scene, r"clock=864000 reg.Misc.\NonCrcPatternDate=" + time.strftime("%Y%m%d", time.gmtime()))
    scene.start(judged=2)
    assert scene.icon(SICK) == "healthy"
    assert "clock" in note(scene, SICK) and "10 days" in note(scene, SICK)
    assert scene.manager.get("ahProtectionPatternAge", SICK) < 86400


def test_another_agent_at_the_address_is_not_taken_for_it(scene):
    start(scene)
    endpoint(scene, "reg.GUID=ffffffff-0000-4000-8000-000000000000 service.ntrtscan=Stopped")
    driver = mibnames.labels("AhDriver")["winrm"]
    wait_until("it is noticed", lambda: scene.manager.enum("ahProbeLastCause", driver) == "wrongAnswer")
    assert "PC-00002" in scene.manager.text("ahProbeLastFault", driver)
    assert "ffffffff" in scene.manager.text("ahProbeLastFault", driver)
    wait_until("a note", lambda: note(scene, SICK))
    assert scene.conditions(SICK) == set()


def test_sources_that_disagree_are_shown(scene):
    scene.use_winrm()
    scene.start(2, feed=True)
    wait_until("they agree", lambda: scene.manager.get("ahFleetDisagreeing") == 0)
    scene.fleet.ask("feed PC-00002 realtimescan.service=stopped")
    wait_until("a disagreement", lambda: scene.manager.get("ahFleetDisagreeing") == 1)
    assert mibnames.bits("AhFacts", scene.manager.get("ahAgentDisagreements", SICK)) == {"realTimeScanService"}
    assert scene.manager.get("ahFleetDisagreements") >= 1
    scene.fleet.ask("feed PC-00002 realtimescan.service=running")
    wait_until("its end", lambda: scene.manager.get("ahFleetDisagreeing") == 0)


def test_a_wrong_password_locks_no_account(scene):
    scene.use_winrm()
    scene.start_fleet(30)
    (scene.directory / "winrm.secret").write_text("wrong\n")
    scene.start(judged=0)
    driver = mibnames.labels("AhDriver")["winrm"]
    wait_until("the refusals", lambda: scene.fleet.stats("winrms")["logons_rejected"] >= 3)
    time.sleep(3)
    assert scene.fleet.stats("winrms")["logons_rejected"] <= 4, "three in a row, and one that was under way"
    assert scene.manager.enum("ahProbeLastCause", driver) == "authenticationFailed"
    assert scene.manager.get("ahProbeBackedOff", driver) == 30
    assert scene.daemon.log().count("the account is refused again and again") == 1
    (scene.directory / "winrm.secret").write_text("secret\n")
    scene.daemon.reload()
    wait_until("everybody is healthy", lambda: scene.manager.get("ahFleetHealthy") == 30, 30)
    wait_until("nobody is left alone", lambda: scene.manager.get("ahProbeBackedOff", driver) == 0)


def test_one_endpoint_that_refuses_is_asked_later_and_later(scene):
    start(scene, 5)
    endpoint(scene, "password=other")
    before = scene.fleet.stats("winrms")["logons_accepted"]
    time.sleep(6)
    stats = scene.fleet.stats("PC-00002.winrm")
    assert 2 <= stats["logons_rejected"] <= 4, "after 1, 2 and 4 seconds"
    assert scene.fleet.stats("winrms")["logons_accepted"] > before + 8, "the others are asked as ever"
    assert scene.manager.get("ahProbeBackedOff", mibnames.labels("AhDriver")["winrm"]) == 1
    assert "credentials" in note(scene, SICK)


def pin_of(certificate):
    """The pin of the first certificate of a file, as curl has it."""
    script = (f"openssl x509 -in {certificate} -pubkey -noout | openssl pkey -pubin -outform der | "
              "openssl dgst -sha256 -binary | openssl base64")
    return "sha256//" + subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.strip()


def test_a_certificate_that_changes_under_a_pin_is_noticed(scene):
    scene.use_winrm()
    scene.start_fleet(2)
    scene.set("probe winrm", pin=pin_of(scene.ca))
    scene.start(judged=2)
    assert scene.manager.get("ahFleetHealthy") == 2
    scene.fleet.set("PC-00002.winrm", "newcert")
    driver = mibnames.labels("AhDriver")["winrm"]
    wait_until("it is noticed", lambda: scene.manager.enum("ahProbeLastCause", driver) == "tlsRejected")
    assert scene.icon(HEALTHY) == "healthy"


class CertificateKeeper:
    """Stands in for an endpoint that wants a client certificate, and refuses everybody; what it has seen."""

    def __init__(self, where, directory):
        key, certificate = directory / "keeper.key", directory / "keeper.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "1", "-subj", "/CN=keeper", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        self.key, self.certificate, self.seen = key, certificate, []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(certificate)  # it trusts itself: one certificate is enough for both ends
        context.verify_mode = ssl.CERT_REQUIRED
        keeper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                keeper.seen.append((self.connection.getpeercert()["subject"], self.headers["Authorization"]))
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(where, Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_client_certificate_is_the_logon(scene):
    scene.use_winrm()
    keeper = CertificateKeeper((address(9), scene.winrm_port), scene.directory)
    try:
        scene.settings["probe winrm"] = {"port": scene.winrm_port, "host": "localhost", "auth": "certificate",
                                         "ca_file": keeper.certificate, "cert_file": keeper.certificate,
                                         "key_file": keeper.key}
        scene.write_csv(["PC-00009"], start=9)
        shown = agenthealthd("-c", scene.write_conf(), "--probe", "PC-00009")
    finally:
        keeper.server.shutdown()
        keeper.server.server_close()
    assert "winrm: authenticationFailed" in shown.stdout
    assert keeper.seen == [(((("commonName", "keeper"),),),
                            "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual")]


def test_probe_shows_each_question_and_no_secret(scene):
    scene.use_winrm()
    (scene.directory / "sscfg.ini").write_text("[Log]\nLevel=3\n")
    scene.set("smartprotection", sscfg="sscfg.ini", ssnotify="winrm")
    scene.start_fleet(2)
    endpoint(scene, "service.ntrtscan=Stopped")
    conf = scene.write_conf()
    shown = agenthealthd("-c", conf, "--probe", "pc-00002")
    assert shown.returncode == 1 and shown.stderr == ""
    for text in ("listener: answered", "winrm: answered", "Win32_BaseService", "Name=ntrtscan", "State=Stopped", "Win32_PingStatus",
                 "verdict: realTimeScanNotFunctioning (critical)", "what to do", "ssnotify.ini:"):
        assert text in shown.stdout, text
    assert agenthealthd("-c", conf, "--probe", "PC-00001").returncode == 0

    result = agenthealthd("-c", conf, "--probe", "PC-00002", "--json", "-l", "debug")
    whole = json.loads(result.stdout)
    assert whole["agent"]["name"] == "PC-00002" and whole["verdict"]["icon"] == "realTimeScanNotFunctioning"
    assert [probe["driver"] for probe in whole["probes"]].count("winrm") == 1
    questions = {probe["driver"]: probe["questions"] for probe in whole["probes"]}["winrm"]
    assert questions[0]["question"] == "Identify" and "Microsoft" in questions[0]["answer"]
    assert len(questions) == 9 and all(question["cause"] == "none" for question in questions)
    assert whole["guidance"][0]["steps"]
    for secret in ("secret", "bW9uaXRvcjpzZWNyZXQ"):  # as it is, and as Basic has it
        assert secret not in result.stdout + result.stderr + shown.stdout
    assert agenthealthd("-c", conf, "--probe", "nobody").returncode == 3


def test_a_server_whose_answer_is_on_its_way_is_not_suspected(scene):
    """An endpoint that does not reach its server has the server asked, but not once more while it is being asked."""
    scene.use_winrm()
    scene.start_fleet(2)
    scene.fleet.set("apex1", "hang")
    endpoint(scene, "ping=11010")
    shown = agenthealthd("-c", scene.write_conf(), "--probe", "PC-00002", "--json").stdout
    assert [probe["driver"] for probe in json.loads(shown)["probes"]].count("server") == 1


def test_probe_says_what_went_wrong(scene):
    scene.use_winrm()
    scene.start_fleet(1)
    (scene.directory / "winrm.secret").write_text("wrong\n")
    scene.fleet.set("PC-00001", "refused")
    shown = agenthealthd("-c", scene.write_conf(), "--probe", "PC-00001")
    assert shown.returncode == 1
    assert "winrm: authenticationFailed" in shown.stdout and "listener: refused" in shown.stdout
    assert "unverified" in shown.stdout and "note " in shown.stdout


def test_a_name_that_changed_needs_a_line_in_a_file(scene):
    scene.use_winrm()
    scene.start_fleet(1)
    endpoint(scene, r"service.ntrtscan=- service.newscan=Running reg.New\Enable=dword:1 "
             r"reg.Real_Time_Scan_Configuration\Enable=-", "PC-00001")
    scene.set("winrm names", service_realtimescan="newscan", value_realtimescan=r"New\Enable")
    scene.start(judged=1)
    assert scene.icon(1) == "healthy"
    assert protection(scene, 1, "RealTimeScan") == "enabled"


def test_a_listener_service_that_is_stopped_is_no_firewall(scene):
    start(scene)
    endpoint(scene, "service.tmlisten=Stopped")
    scene.fleet.set("PC-00002", "refused")
    wait_until("its diagnosis", lambda: scene.manager.enum("ahAgentDiagnosis", SICK) == "listenerStopped", 10)
    assert "tmlisten" in scene.manager.column("ahAlarmText").popitem()[1].decode()


def test_an_endpoint_that_is_switched_off_is_not_behind_a_firewall(scene):
    scene.set("policy", fall=2)
    start(scene)
    for name in ("PC-00002", "PC-00002.winrm"):
        scene.fleet.set(name, "backlogged")
    scene.trapd.wait_for(1)
    text = values(scene.trapd.named("ahAgentOffline")[0])["ahAlarmText"].decode()
    assert "unverified" in text, text
    wait_until("absent", lambda: scene.manager.enum("ahConnectionPresence", SICK) == "absent")
    wait_until("the hint", lambda: "switched on" in scene.manager.column("ahAlarmText").popitem()[1].decode())


def test_what_an_endpoint_says_no_more_is_unknown_at_once(scene):
    start(scene)
    endpoint(scene, r"reg.iCRC_Scan\Scan_Server\LocationProfile=-")
    wait_until("unknown", lambda: protection(scene, SICK, "Location") == "unknown", 5)
    endpoint(scene, "installed=no")
    wait_until("unknown", lambda: scene.icon(SICK) == "unknown", 5)
    assert scene.conditions(SICK) == set() and scene.trapd.received() == []


def test_many_reloads_leave_nothing_behind(scene):
    start(scene, 5)

    def resident_kib():
        return int((scene.proc() / "statm").read_text().split()[1]) * 4

    def reload_often():
        for _ in range(8):
            scene.daemon.reload()
            time.sleep(0.3)
    reload_often()
    before = resident_kib()
    reload_often()
    reload_often()
    assert SHORT or resident_kib() - before < 1000, "what a generation has asked with is freed with the next"


def test_probe_says_why_a_row_looks_odd(scene):
    scene.use_winrm()
    scene.start_fleet(2, feed=True)
    scene.fleet.ask("feed PC-00002 realtimescan.service=stopped smartprotection.reachable=-")
    endpoint(scene, r"reg.iCRC_Scan\Scan_Server\LocationProfile=2 clock=864000")
    conf = scene.write_conf()
    wait_until("the feed", lambda: (scene.feed / "PC-00002.ini").exists())
    shown = agenthealthd("-c", conf, "--probe", "PC-00002").stdout
    for text in ("[realtimescan]", "disagreements", "realTimeScanService", "the clock is off by 10 days", "internet_host"):
        assert text in shown, text
    verdict = json.loads(agenthealthd("-c", conf, "--probe", "PC-00002", "--json").stdout)["verdict"]
    assert verdict["disagreements"] == ["realTimeScanService", "location"] and "10 days" in verdict["note"]
    scene.fleet.ask("feed PC-00002 smartprotection.reachable=yes")  # then it is known
    wait_until("the feed", lambda: "reachable = yes" in
               (scene.feed / "PC-00002.ini").read_text().split("[smartprotection]")[-1].replace("=yes", " = yes"))
    verdict = json.loads(agenthealthd("-c", conf, "--probe", "PC-00002", "--json").stdout)["verdict"]
    assert "10 days" in verdict["note"] and "internet_host" not in verdict["note"]
