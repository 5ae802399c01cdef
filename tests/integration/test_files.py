"""sscfg.ini against the ssnotify.ini of agents, by WinRM, in the feed's folder and by path: what agrees, what differs,
what can not be read, and that a file in the way holds up nothing else."""

import http.server
import json
import os
import threading
import time

import pytest

import mibnames
from processes import agenthealthd, wait_until

GOOD, OTHER = 1, 2
FILES = mibnames.labels("AhDriver")["files"]
LISTENER = mibnames.labels("AhDriver")["listener"]
UNKNOWN = 4294967295
SSCFG = ("[Scan Server]\r\nStandard_1=https://sps1.example/tmcss\r\nStandard_2=https://sps2.example/tmcss\r\n"
         "[Log]\r\nLevel=3\r\n")
SSNOTIFY = "; the agent's own\n[log]\nLEVEL = 3\n[scan server]\n" \
           "standard_2=https://sps2.example/tmcss\nstandard_1 = https://sps1.example/tmcss\n"
DIFFERENT = SSNOTIFY.replace("LEVEL = 3", "LEVEL = 4") + "[New]\nKey=1\n"


class Files:
    """Two agents, whose files are read in one of the ways; before the scene starts."""

    def __init__(self, scene, way, **keys):
        self.scene, self.way = scene, way
        self.sscfg = scene.directory / "sscfg.ini"
        self.folder = scene.directory / "share"
        self.folder.mkdir()
        self.put_sscfg(SSCFG)
        if way == "winrm":
            scene.use_winrm()
        if way == "feed":
            scene.use_feed()
        scene.set("smartprotection", **{
            "sscfg": self.sscfg.name, "interval_s": 1, "timeout_ms": 1000,
            "ssnotify": "share/%NAME%/ssnotify.ini" if way == "path" else way, **keys})
        for agent in GOOD, OTHER:
            self.path(agent).parent.mkdir(exist_ok=True)
            self.put(agent, SSNOTIFY)

    def put_sscfg(self, content):
        draft = self.sscfg.with_suffix(".draft")
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        draft.rename(self.sscfg)

    def path(self, agent):
        if self.way == "feed":
            return self.scene.feed / f"PC-{agent:05d}.ssnotify.ini"
        return self.folder / f"PC-{agent:05d}" / "ssnotify.ini"

    def put(self, agent, content):
        draft = self.scene.directory / ".draft"
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        draft.rename(self.path(agent))

    def start_fleet(self):
        """Endpoints have these files before anybody asks: else their own would be seen first."""
        self.scene.start_fleet(2)
        for agent in (GOOD, OTHER) if self.way == "winrm" else ():
            self.scene.fleet.ask(f"endpoint PC-{agent:05d} ssnotify={self.path(agent)}")
        return self

    def start(self):
        start = self.scene.daemon.start
        self.scene.daemon.start = lambda: start("-l", "info")
        self.start_fleet()
        self.scene.start_asked(2)
        return self

    def seen(self, agent):
        manager = self.scene.manager
        return (manager.enum("ahProtectionFilesInStep", agent), manager.get("ahProtectionKeysDiffering", agent),
                manager.text("ahProtectionKeysNamed", agent))

    def wait(self, agent, in_step, differing=None, named=""):
        wanted = (in_step, {"inStep": 0, "unknown": UNKNOWN}.get(in_step, differing), named)
        wait_until(f"agent {agent} shows {wanted}", lambda: self.seen(agent) == wanted, 15)

    def check(self, agent):
        """What a look by hand finds, and the note."""
        shown = agenthealthd("-c", self.scene.conf, "--probe", f"PC-{agent:05d}", "--json").stdout
        verdict = json.loads(shown)["verdict"]
        checks = {check["check"]: (check["result"], check["text"]) for check in verdict["checks"]}
        return checks["configurationFiles"], verdict["note"], shown

    def causes(self):
        return {mibnames.label("AhCause", cause): count
                for (driver, cause), count in self.scene.manager.column("ahProbeAnswers").items()
                if driver == FILES and count}

    def fault(self):
        return self.scene.manager.text("ahProbeLastFault", FILES)


@pytest.mark.parametrize("way", ["winrm", "feed", "path"])
def test_a_file_that_goes_astray_is_seen_and_named(scene, way):
    files = Files(scene, way).start()
    files.wait(GOOD, "inStep")
    files.wait(OTHER, "inStep")
    files.put(OTHER, DIFFERENT)
    files.wait(OTHER, "different", 2, "Log:Level,New:Key")
    assert files.seen(GOOD) == ("inStep", 0, "")
    files.put(OTHER, b"\xff\xfe" + SSNOTIFY.encode("utf-16-le"))
    files.wait(OTHER, "inStep")


BAD = {
    "the same section twice": SSNOTIFY + "[LOG]\nx=1\n",
    "the same key twice": SSNOTIFY + "Standard_1=x\n",
    "not UTF-8": SSNOTIFY.encode() + b"x=\xe9\n",
    "half of UTF-16": b"\xff\xfe" + SSNOTIFY.encode("utf-16-le")[:-1],
    "a long line": SSNOTIFY + f"x={'y' * 2000}\n",
    "no INI": "<html>\n",
    "too large": SSNOTIFY + ";\n" * 200000,
    "missing": None,
}


WORDS = {"the same section twice": "[LOG]: given twice (lines 2 and 7)", "not UTF-8": "line 7: not UTF-8 text",
         "too large": "larger than 256 KiB"}
MISSING = {"winrm": "it is missing or empty, or not for this account", "path": "No such file or directory"}


@pytest.mark.parametrize("way", ["winrm", "path"])
@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_can_not_be_read_is_unknown_and_noted(scene, way, kind):
    files = Files(scene, way).start()
    files.wait(GOOD, "inStep")
    files.wait(OTHER, "inStep")
    if BAD[kind] is None:
        files.path(OTHER).unlink()
    else:
        files.put(OTHER, BAD[kind])
    files.wait(OTHER, "unknown")
    wait_until("the note", lambda: scene.manager.text("ahProtectionNote", OTHER) == "ssnotify.ini could not be read")
    assert scene.manager.text("ahProtectionNote", GOOD) == ""
    assert files.seen(GOOD) == ("inStep", 0, "")
    check, note, shown = files.check(OTHER)
    assert (check, note) == (("unknown", "ssnotify.ini could not be read"), "ssnotify.ini could not be read")
    assert WORDS.get(kind, "") in shown
    wait_until("its cause is counted", lambda: set(files.causes()) - {"none"})
    wait_until("it is the last fault", lambda: files.fault().startswith("PC-00002: "))
    assert WORDS.get(kind, MISSING[way] if kind == "missing" else "") in files.fault()
    assert len([line for line in scene.daemon.log().splitlines() if "its ssnotify.ini can not be read: " in line]) == 1
    files.put(OTHER, SSNOTIFY)
    files.wait(OTHER, "inStep")
    wait_until("no note", lambda: scene.manager.text("ahProtectionNote", OTHER) == "")


def test_an_endpoint_without_a_shell_says_why(scene):
    files = Files(scene, "winrm").start()
    files.wait(OTHER, "inStep")
    scene.fleet.ask("endpoint PC-00002 shell=denied")
    wait_until("the note", lambda: scene.manager.text("ahProtectionNote", OTHER)
               == "the endpoint allows no shell, which reading ssnotify.ini needs")
    assert files.seen(OTHER) == ("unknown", UNKNOWN, "")
    assert files.check(OTHER)[0] == ("unknown", "the endpoint allows no shell, which reading ssnotify.ini needs")
    wait_until("the fault", lambda: files.fault() ==
               "PC-00002: forbidden: ssnotify.ini: the endpoint allows no shell, which reading the file needs")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_sscfg_is_told_once_and_the_last_good_one_is_kept(scene, kind):
    files = Files(scene, "path").start()
    files.wait(GOOD, "inStep")
    if BAD[kind] is None:
        files.sscfg.unlink()
    else:
        files.put_sscfg(BAD[kind])
    wait_until("it is told", lambda: "sscfg.ini: " in scene.daemon.log())
    files.put(OTHER, DIFFERENT)
    files.wait(OTHER, "different", 2, "Log:Level,New:Key")
    assert files.seen(GOOD) == ("inStep", 0, "")
    assert scene.daemon.log().count("sscfg.ini: ") == 1, "one line in the log"
    wait_until("it is the last fault", lambda: files.fault().startswith("sscfg.ini: "))
    files.put_sscfg(DIFFERENT)
    files.wait(OTHER, "inStep")
    files.wait(GOOD, "different", 2, "log:LEVEL,New:Key")
    assert "sscfg.ini: it is good again" in scene.daemon.log()


def test_without_a_good_sscfg_nothing_is_in_step(scene):
    files = Files(scene, "winrm")
    files.put_sscfg("[a]\n[A]\n")
    files.start()
    wait_until("it is told", lambda: "[A]: given twice (lines 1 and 2)" in files.fault())
    scene.wait_icon(GOOD, "healthy")  # endpoints are asked all the same
    assert files.seen(GOOD) == ("unknown", UNKNOWN, "")
    files.put_sscfg(SSCFG)
    files.wait(GOOD, "inStep")


LIMIT_S = 6


@pytest.mark.parametrize("way", ["winrm", "feed", "path"])
def test_an_sscfg_that_was_good_too_long_ago_is_compared_with_no_more(scene, way):
    """At once, though the agents' own words would count for as long once more."""
    scene.set("policy", evidence_max_age_s=LIMIT_S)
    files = Files(scene, way).start()
    files.put(OTHER, DIFFERENT)
    files.wait(GOOD, "inStep")
    files.wait(OTHER, "different", 2, "Log:Level,New:Key")
    files.sscfg.unlink()
    since = time.monotonic()
    if way == "feed":  # else they are too old themselves
        threading.Timer(LIMIT_S / 2, lambda: [files.put(GOOD, SSNOTIFY), files.put(OTHER, DIFFERENT)]).start()
    files.wait(GOOD, "unknown")
    files.wait(OTHER, "unknown")
    assert time.monotonic() - since < LIMIT_S + 3
    assert "it was last read too long ago" in scene.daemon.log()
    assert files.check(GOOD)[0] == ("unknown", "there is no good sscfg.ini to compare with")
    files.put_sscfg(SSCFG)
    files.wait(GOOD, "inStep")


def test_who_takes_sscfg_away_takes_the_result_along(scene):
    files = Files(scene, "winrm").start()
    files.wait(GOOD, "inStep")
    scene.set("probe winrm", interval_s=60)
    scene.set("smartprotection", sscfg=None, ssnotify=None).write_conf()
    scene.daemon.reload()
    wait_until("nothing is known", lambda: files.seen(GOOD) == ("unknown", UNKNOWN, ""), 3)
    assert files.check(GOOD)[0] == ("unknown", "sscfg.ini and ssnotify.ini are not compared here")


@pytest.mark.parametrize("way", ["winrm", "path"])
def test_a_change_of_sscfg_is_seen_in_what_agents_show(scene, way):
    files = Files(scene, way).start()
    files.wait(GOOD, "inStep")
    files.put_sscfg(SSCFG.replace("Level=3", "Level=5"))
    files.wait(GOOD, "different", 1, "Log:Level")
    scene.set("smartprotection", ignore="log:*").write_conf()
    scene.daemon.reload()
    files.wait(GOOD, "inStep")


def test_names_are_cut_between_names(scene):
    files = Files(scene, "path").start()
    files.put(OTHER, SSNOTIFY + "".join(f"鍵{number:03d}=1\n" for number in range(100)))
    wait_until("it differs", lambda: scene.manager.get("ahProtectionKeysDiffering", OTHER) == 100)
    named = scene.manager.get("ahProtectionKeysNamed", OTHER)
    assert 255 - len("scan server:鍵000,".encode()) < len(named) <= 255
    names = named.decode().split(",")
    assert names == [f"scan server:鍵{number:03d}" for number in range(len(names))]


def test_the_check_of_a_lost_source_names_the_keys(scene):
    files = Files(scene, "winrm").start()
    files.put(OTHER, DIFFERENT)
    scene.fleet.ask(r"endpoint PC-00002 reg.iCRC_Scan\Scan_Server\LocalScanServerAddress=- "
                    r"reg.iCRC_Scan\Scan_Server\LocalScanServerUrl=-")
    scene.wait_icon(OTHER, "smartProtectionUnavailable")
    check = mibnames.labels("ahSmartCheck")["configurationFiles"]
    wait_until("the check", lambda: scene.manager.enum("ahSmartCheckResult", OTHER, check) == "failed")
    assert scene.manager.text("ahSmartCheckText", OTHER, check) == \
        "sscfg.ini and ssnotify.ini differ: 2 keys (Log:Level,New:Key)"
    subject = mibnames.labels("ahGuidanceSubject")["configurationFiles"]
    assert scene.manager.get("ahSmartCheckGuidance", OTHER, check)[-2:] == (subject, 1)
    assert "ssnotify.ini" in scene.manager.text("ahGuidanceText", subject, 1)


def test_each_thing_that_is_wrong_with_sscfg_is_told(scene):
    """Their causes are the same. An agent's bad file does not hide them."""
    files = Files(scene, "path").start()
    files.wait(GOOD, "inStep")
    files.put(OTHER, "[a]\n[a]\n")
    for put, words in ((lambda: files.put_sscfg("[b]\n[b]\n"), "[b]: given twice (lines 1 and 2)"),
                       (lambda: files.put_sscfg(""), "empty: it has no section"),
                       (lambda: [files.sscfg.unlink(), os.mkfifo(files.sscfg)], "not a regular file")):
        put()
        wait_until("it is told", lambda: f"sscfg.ini: protocolError: {words}" in scene.daemon.log())
        wait_until("it is shown", lambda: files.fault() == f"sscfg.ini: protocolError: {words}")
        time.sleep(1.5)
        assert files.fault() == f"sscfg.ini: protocolError: {words}"
    files.sscfg.unlink()
    files.put_sscfg(SSCFG)
    wait_until("the agent's is next", lambda: files.fault().startswith("PC-00002: "))


def test_what_stands_in_a_files_place_holds_up_nothing(scene):
    """A FIFO without a writer, a folder, a device, for an agent and for sscfg.ini; listeners are asked on."""
    files = Files(scene, "path").start()
    files.wait(GOOD, "inStep")
    for in_the_way in (lambda path: os.mkfifo(path), lambda path: path.mkdir(), lambda path: path.symlink_to("/dev/zero")):
        for path in files.path(OTHER), files.sscfg:
            path.unlink() if path.is_symlink() or not path.is_dir() else path.rmdir()
            in_the_way(path)
        before, since = scene.manager.column("ahProbeRuns")[LISTENER], time.monotonic()
        files.wait(OTHER, "unknown")
        wait_until("listeners are asked on", lambda: scene.manager.column("ahProbeRuns")[LISTENER] >= before + 6)
        assert time.monotonic() - since < 3 + 3, "two agents, once a second, three times"
        assert files.seen(GOOD) == ("inStep", 0, "")
    files.sscfg.unlink()
    files.path(OTHER).unlink()
    files.put_sscfg(SSCFG)
    files.put(OTHER, SSNOTIFY)
    files.wait(OTHER, "inStep")


def test_a_file_in_the_feed_is_no_feed_and_ages(scene):
    scene.set("policy", evidence_max_age_s=4)
    files = Files(scene, "feed").start()
    files.wait(GOOD, "inStep")
    assert "no configured agent" not in scene.daemon.log()
    (scene.feed / "NOBODY.ssnotify.ini").write_text(SSNOTIFY)
    wait_until("a stranger", lambda: "feed: 1 files in" in scene.daemon.log())
    files.wait(GOOD, "unknown")  # nobody brings it anew
    files.path(GOOD).unlink()
    (scene.feed / "pc-00001.ssnotify.ini").write_text(SSNOTIFY)  # as another spells it
    files.wait(GOOD, "inStep")
    assert scene.manager.get("ahProbeTargets", FILES) == 3, "sscfg.ini and two agents"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.text.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.status, server.text = [], 200, SSCFG
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_sscfg_comes_by_url(scene, web):
    files = Files(scene, "path", sscfg=f"http://127.0.0.1:{web.server_port}/sscfg.ini").start()
    files.wait(GOOD, "inStep")
    assert set(web.asked) == {"/sscfg.ini"}
    web.text = SSCFG.replace("Level=3", "Level=5")
    files.wait(GOOD, "different", 1, "Log:Level")
    web.status = 503
    wait_until("it is told", lambda: "sscfg.ini: httpError: HTTP status 503" in scene.daemon.log())
    web.status, web.text = 200, "x" * (1 << 20)
    wait_until("it is told", lambda: "sscfg.ini: tooLarge" in scene.daemon.log())
    assert files.seen(GOOD) == ("different", 1, "Log:Level")
    web.text = SSCFG
    files.wait(GOOD, "inStep")


def test_a_reload_follows(scene):
    files = Files(scene, "path").start()
    files.wait(GOOD, "inStep")
    other = scene.directory / "other.ini"
    other.write_text("[x]\ny=1\n")
    scene.set("smartprotection", sscfg=other.name).write_conf()
    scene.daemon.reload()
    files.wait(GOOD, "different", 4, "x:y,log:LEVEL,scan server:standard_2,scan server:standard_1")
    scene.set("smartprotection", ssnotify="none").write_conf()
    scene.daemon.reload()
    wait_until("sscfg.ini alone", lambda: scene.manager.get("ahProbeTargets", FILES) == 1)
    scene.set("smartprotection", sscfg=None).write_conf()
    scene.daemon.reload()
    wait_until("nothing", lambda: scene.manager.get("ahProbeTargets", FILES) == 0)


@pytest.mark.parametrize("way", ["winrm", "path"])
def test_one_look_compares_as_well(scene, way):
    files = Files(scene, way).start_fleet()
    files.put(OTHER, DIFFERENT)
    conf = scene.write_conf()
    shown = agenthealthd("-c", conf, "--probe", "PC-00002")
    asked = [line.strip() for line in shown.stdout.splitlines() if line.startswith("  /")]
    assert asked == [str(files.sscfg)] + ([str(files.path(OTHER))] if way == "path" else []), "each once, sscfg.ini first"
    for text in (str(files.sscfg), "it can be compared with", "it differs from sscfg.ini: 2 keys (Log:Level,New:Key)",
                 "configurationFiles: failed: sscfg.ini and ssnotify.ini differ: 2 keys (Log:Level,New:Key)"):
        assert text in shown.stdout, shown.stdout
    assert "PC-00001" not in shown.stdout
    whole = json.loads(agenthealthd("-c", conf, "--probe", "PC-00001", "--json").stdout)
    checks = {check["check"]: check["result"] for check in whole["verdict"]["checks"]}
    assert checks["configurationFiles"] == "ok"
    assert {probe["driver"] for probe in whole["probes"]} >= {"files", "listener"}
    assert agenthealthd("-c", conf, "-1").returncode == 0
