"""Management consoles are read, round by round: what comes of each way in which they can be wrong, and that the round
after it is good. The reader is the daemon's, run by console_rounds."""

import json
import pathlib
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
from fleet import Fleet, FleetError, network  # noqa: E402
from processes import BUILD, SANITIZER, SHORT  # noqa: E402

NET = network()
KEYS = {"application_id": "4711", "api_key": "0815-key-of-hq"}
TOKEN = "token-of-eu"
AGENTS, GENERATED = 3, 30
ALL = {"central": AGENTS + GENERATED, "vision": AGENTS + 1 + GENERATED}  # Vision One has no other products
SERVER = f"{NET}.120.9"

CONSOLES = {
    "hq": ("central", f"https://{NET}.120.1:8443"),
    "plain": ("central", f"http://{NET}.120.2:8443"),
    "eu": ("vision", f"https://{NET}.120.3:8443/"),
    "us": ("vision", f"http://{NET}.120.4:8443"),
}
KEY_WORDS = " ".join(f"{key}={value}" for key, value in KEYS.items())
SCRIPT = f"""
tls cert=ec256 cert_file=%s names={NET}.120.1,{NET}.120.3
central hq address={NET}.120.1 port=8443 {KEY_WORDS} agents={GENERATED}
central plain address={NET}.120.2 port=8443 scheme=http {KEY_WORDS} agents={GENERATED}
vision eu address={NET}.120.3 port=8443 token={TOKEN} agents={GENERATED}
vision us address={NET}.120.4 port=8443 scheme=http token={TOKEN} agents={GENERATED} fields=nested
server apex1 address={SERVER} port=4343 scheme=https
agents PC-%%03d count={AGENTS} address={NET}.121.1 port=21112
agent OTHER address={NET}.121.99 port=21112
record OTHER product=other
"""


class Reader:
    """A console_rounds at work: each round is a dict of what it prints."""

    def __init__(self, directory, name, **settings):
        kind, url = CONSOLES[name]
        usual = {"kind": kind, "url": url, "ca_file": directory / "ca.pem", "verify": 1, "timeout_ms": 1500,
                 "round_ms": 60000, "body_max": 8 << 20, "agents_max": 200, "keep": 1000, "token": TOKEN}  # fmt: skip
        words = [f"{key}={value}" for key, value in (usual | KEYS | settings).items()]
        self.errors = open(directory / f"{name}-{id(self)}.err", "w+")
        self.process = subprocess.Popen([BUILD / "bin" / "console_rounds", *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)  # fmt: skip

    def begin(self, line="read"):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        answer = json.loads(self.process.stdout.readline())
        assert answer["error"] == 0
        return answer

    def read(self, line="read"):
        self.begin(line)
        return self.end()

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        self.errors.seek(0)
        said = self.errors.read()
        self.errors.close()
        assert code == 0 and not SANITIZER.search(said), said


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def fleet(directory):
    with Fleet(SCRIPT % (directory / "ca.pem"), directory) as running:
        yield running


@pytest.fixture(autouse=True)
def everybody_is_healthy(fleet):
    yield
    fleet.set("all", "healthy")


@pytest.fixture
def reader(directory):
    readers = []

    def start(name, **settings):
        readers.append(Reader(directory, name, **settings))
        return readers[-1]

    yield start
    for one in readers:
        one.close()


@pytest.fixture(scope="module")
def readers(directory, fleet):
    """One for each console, for all the tests in which they are asked as usual."""
    all_of_them = {name: Reader(directory, name) for name in CONSOLES}
    yield all_of_them
    for one in all_of_them.values():
        one.close()


def everybody(name):
    return ALL[CONSOLES[name][0]]


def assert_good(answer, name):
    assert (answer["cause"], answer["detail"], answer["odd"]) == ("none", "", 0)
    assert answer["inventory"] and answer["heard"] and answer["agents"] == everybody(name)


def named(answer, what="first_records"):
    return {item["name"]: item for item in answer[what]}


def told(answer, name, field):
    """The latest of its records that say something of a field; 0: none does."""
    return next((r[field] for r in reversed(answer["first_records"]) if r["name"] == name and r[field]), 0)


# --- what is good -----------------------------------------------------------------------------------------------------


def test_apex_central(fleet, reader):
    fleet.ask(r"record PC-002 folder=HQ\Sales cn1=102 cn3=4 cs5=19.400.10 engine.cn3=2 engine.cs5=22.1")
    answer = reader("hq").read()
    assert_good(answer, "hq")
    assert "OTHER" not in named(answer, "first_agents")
    assert answer["requests"] >= 3 and answer["records"] >= 2 * everybody("hq") and answer["rtt_ms"] > 0
    assert named(answer, "first_agents")["PC-002"] == {
        "name": "PC-002", "guid": "a6e00000-0000-4000-8000-000000000002",
        "server": "5e77e700-0000-4000-8000-000000000001", "group": "HQ\\Sales", "address": f"{NET}.121.2"}  # fmt: skip
    records = [record for record in answer["first_records"] if record["name"] == "PC-002"]
    pattern, engine = records[0], records[-1]
    assert (pattern["recorded"], pattern["pattern"], pattern["pattern_version"]) == (7, 4, "19.400.10")
    assert (engine["recorded"], engine["engine"], engine["engine_version"]) == (0, 2, "22.1")
    assert abs(pattern["wall_ms"] / 1000 - time.time()) < 60 and pattern["address"] == f"{NET}.121.2"
    fleet.ask("record PC-002 folder=Workgroup cn1=1 cn3=1 cs5=19.429.80 engine.cn3=1")


@pytest.mark.parametrize("name", ["eu", "us"])
def test_vision_one(fleet, reader, name):
    fleet.ask("record PC-002 status=off component=outdatedVersion connected=now-7200")
    answer = reader(name).read()
    assert_good(answer, name)
    assert answer["records"] == everybody(name)
    record = named(answer)["PC-002"]
    assert (record["recorded"], record["pattern"], record["address"]) == (4, 2, f"{NET}.121.2")
    assert abs(record["wall_ms"] / 1000 - (time.time() - 7200)) < 60
    assert (named(answer)["PC-001"]["recorded"], named(answer)["PC-001"]["pattern"]) == (3, 1)
    fleet.ask("record PC-002 status=on component=latestVersion connected=now")


def test_only_what_is_new_is_told_again(fleet, reader):
    central = reader("hq")
    central.read()
    time.sleep(2.1)  # out of the second in which the logs began
    fleet.ask("record PC-001 cn1=2 cn3=7")
    assert told(central.read(), "PC-001", "recorded") == 4
    time.sleep(2.1)
    fleet.ask("record PC-003 cn1=0")
    answer = central.read()
    assert_good(answer, "hq")
    assert set(named(answer)) == {"PC-001", "PC-003"}  # the second in which the last round ended comes again
    fleet.ask("record all cn1=1 cn3=1")


def test_what_a_bad_round_told_is_told_again(fleet, reader):
    central = reader("hq")
    central.read()
    time.sleep(2.1)
    fleet.ask("record PC-001 cn1=2")
    answer = spoil_logs(fleet, central, "hq", "truncated")
    assert (answer["cause"], answer["inventory"]) == ("protocolError", True)
    answer = central.read()
    assert_good(answer, "hq")
    assert told(answer, "PC-001", "recorded") == 4
    fleet.ask("record all cn1=1")


def test_agents_vanish(fleet, readers):
    fleet.ask("vanish PC-001")
    answer = readers["hq"].read()
    assert (answer["cause"], answer["agents"], answer["odd"]) == ("none", everybody("hq") - 1, 0)
    assert "PC-001" not in named(answer, "first_agents")
    fleet.ask("appear PC-001")
    assert_good(readers["hq"].read(), "hq")


def test_names_of_all_sorts(fleet, readers):
    name_of_ours = "\u65e5\u672c\u8a9e\uff11"
    fleet.ask(f"record PC-001 host={name_of_ours} folder=a=b\\c|d")
    for name in readers:
        answer = readers[name].read()
        assert_good(answer, name)
        assert name_of_ours in named(answer, "first_agents") and name_of_ours in named(answer)
    fleet.ask("record PC-001 host=PC-001 folder=Workgroup")


# --- what is wrong ----------------------------------------------------------------------------------------------------

# Behaviour: the cause for (Apex Central, Vision One), words in the detail.
BEHAVIOURS = {
    "refused": ("refused", "connect"),
    "backlogged": ("timedOut", "1500 ms"),
    "hang": ("timedOut", "1500 ms"),
    "close": ("reset", ""),
    "garbage": ({"https": "tlsRejected", "http": "protocolError"}, ""),
    "stall": ("timedOut", "nothing came for 1500 ms"),
    "drip": ("wrongAnswer", "no JSON"),
    "wrong": ("wrongAnswer", "no JSON"),
    "huge": ("tooLarge", "larger than allowed"),
    "reset": ("wrongAnswer", "no JSON"),
    "redirect": ("wrongAnswer", "redirects are not followed"),
    "error500": ("httpError", "HTTP status 500: 500 Internal"),
    "forbidden": ("forbidden", "HTTP status 403: 403 Forbidden"),
    "unauthorised": ("authenticationFailed", "HTTP status 401: 401 Unauthorized"),
    "ratelimited": ("httpError", "HTTP status 429: 429 Too Many"),
    "unavailable": ("httpError", "HTTP status 503: 503 Service"),
    "badcert": ({"https": "tlsRejected"}, "expired"),
    "wrongname": ({"https": "tlsRejected"}, "name"),
    "truncated": ("protocolError", "it ends too early"),
    "nothing": ("wrongAnswer", "it is empty"),
    "deep": ("protocolError", "nested too deeply"),
    "endless": ("tooLarge", "more than 200 agents"),
    "wrongtypes": ("wrongAnswer", "no item of its inventory makes sense"),
    "hugestrings": ("wrongAnswer", "no text for a name"),
    "wrongclock": ({"central": "authenticationFailed"}, "the console's is 36"),
    "circle": ({"vision": "wrongAnswer"}, "in a circle"),
    "elsewhere": ({"vision": "wrongAnswer"}, "leads to another host"),
}


@pytest.mark.parametrize("name", ["hq", "eu"] if SHORT else CONSOLES)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_is_wrong_has_its_cause(fleet, readers, behaviour, name):
    causes, words = BEHAVIOURS[behaviour]
    kind, url = CONSOLES[name]
    if isinstance(causes, dict):
        causes = causes.get(kind) or causes.get(url.split(":")[0])
    if causes is None:
        with pytest.raises(FleetError, match="is not for|https alone"):
            fleet.set(name, behaviour)
        return
    before = fleet.stats("apex1")["connections"]
    fleet.set(name, behaviour)
    answer = readers[name].read()
    assert answer["cause"] == causes and words in answer["detail"], answer["detail"]
    assert not answer["inventory"] and answer["heard"] == (behaviour != "backlogged")
    assert answer["retry_after_ms"] == (2000 if behaviour == "ratelimited" else 0)
    assert answer["seconds"] < 10 and fleet.stats("apex1")["connections"] == before
    fleet.set(name, "healthy")
    assert_good(readers[name].read(), name)


@pytest.mark.parametrize("name", ["hq", "eu"] if SHORT else CONSOLES)
def test_what_is_odd(fleet, readers, name):
    central = CONSOLES[name][0] == "central"
    fleet.set(name, "duplicates")
    answer = readers[name].read()
    assert (answer["cause"], answer["agents"], answer["odd"]) == ("none", 2 * everybody(name), 0)
    fleet.set(name, "oddvalues")
    answer = readers[name].read()
    assert (answer["cause"], answer["agents"]) == ("wrongAnswer" if central else "none", everybody(name))
    assert answer["odd_agents"] == 0 and answer["inventory"]
    for record in answer["first_records"]:
        assert record["recorded"] in (0, 1) and record["pattern"] in (0, 255), "nothing, or that it makes no sense"
    assert answer["odd"] >= (1 if central else everybody(name)) and "none of its table" in answer["detail"]
    fleet.set(name, "healthy")
    assert_good(readers[name].read(), name)


@pytest.mark.parametrize("name", ["hq", "eu"])
def test_a_new_certificate_of_the_same_trust(fleet, readers, name):
    fleet.set(name, "newcert")
    assert_good(readers[name].read(), name)


def spoil_logs(fleet, reader, name, behaviour):
    """A round in which the inventory is right, and the logs are not."""
    before = fleet.stats(name)["requests"]
    fleet.set(name, "healthy", delay_ms=700)
    reader.begin()
    deadline = time.monotonic() + 10
    while fleet.stats(name)["requests"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    fleet.set(name, behaviour)
    answer = reader.end()
    fleet.set(name, "healthy")
    return answer


@pytest.mark.parametrize(
    "behaviour, cause, words",
    [
        ("refused", "refused", "connect"),
        ("stall", "timedOut", "nothing came"),
        ("wrong", "wrongAnswer", "no JSON"),
        ("error500", "httpError", "HTTP status 500"),
        ("ratelimited", "httpError", "HTTP status 429"),
        ("truncated", "protocolError", "it ends too early"),
        ("nothing", "wrongAnswer", "it is empty"),
        ("deep", "protocolError", "nested too deeply"),
        ("endless", "tooLarge", "has no end"),
        ("wrongtypes", "wrongAnswer", "event 800101: no line makes sense: line 1: cn1 is missing"),
        ("hugestrings", "none", "event 800101, line 1: shost is too long"),
        ("oddlines", "none", "event 800101, line 1: does not begin with CEF:0|"),
        ("oddvalues", "wrongAnswer", "event 800101: no line makes sense: line 1: cn1 is missing"),
        ("duplicates", "none", ""),
    ],
)
@pytest.mark.parametrize("name", ["hq"] if SHORT else ["hq", "plain"])
def test_a_log_that_is_wrong(fleet, reader, name, behaviour, cause, words):
    central = reader(name)
    answer = spoil_logs(fleet, central, name, behaviour)
    assert answer["cause"] == cause and words in answer["detail"], answer["detail"]
    assert (answer["inventory"], answer["agents"]) == (True, everybody(name))
    assert (answer["odd"] > 0) == (behaviour in ("wrongtypes", "hugestrings", "oddlines", "oddvalues"))
    if behaviour == "oddlines":  # unknown keys spoil no line
        assert 0 < answer["records"] < everybody(name)
    answer = central.read()
    assert_good(answer, name)
    if cause != "none":
        assert answer["records"] >= 2 * everybody(name)


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, settings, cause, words",
    [
        ("hq", {"api_key": "other"}, "authenticationFailed", "The token's signature is wrong. (-3)"),
        ("hq", {"application_id": "other"}, "forbidden", "There is no application of that ID. (-2)"),
        ("eu", {"token": "other"}, "authenticationFailed", "The token is missing or wrong. (Unauthorized)"),
        ("eu", {"ca_file": ""}, "tlsRejected", "certificate"),
        ("eu", {"pin": "sha256//" + 43 * "A" + "="}, "tlsRejected", "SSL"),
        ("hq", {"url": CONSOLES["hq"][1] + "/elsewhere"}, "httpError", "There is no such resource. (-10)"),
        ("hq", {"agents_max": 32}, "tooLarge", "more than 32 agents"),
        ("us", {"agents_max": 33}, "tooLarge", "more than 33 agents"),
        ("us", {"body_max": 2000}, "tooLarge", "larger than allowed"),
    ],
)
def test_wrong_settings(fleet, reader, name, settings, cause, words):
    answer = reader(name, **settings).read()
    assert answer["cause"] == cause and words in answer["detail"], answer["detail"]


def test_certificates_need_not_be_verified(fleet, reader):
    fleet.set("eu", "badcert")
    assert_good(reader("eu", ca_file="", verify=0).read(), "eu")


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["stall", "backlogged", "hang"])
def test_a_round_is_stopped(fleet, readers, behaviour):
    fleet.set("hq", behaviour)
    answer = readers["hq"].read("read 300")
    assert (answer["cause"], answer["detail"]) == ("cancelled", "cancelled") and answer["seconds"] < 1.4


def test_a_round_has_a_deadline(fleet, reader):
    fleet.set("hq", "stall")
    answer = reader("hq", round_ms=700, timeout_ms=5000).read()
    assert (answer["cause"], answer["detail"]) == ("timedOut", "the round was not over after 700 ms")
    assert 0.6 < answer["seconds"] < 3


def test_a_slow_console_is_no_fault(fleet, readers):
    fleet.set("hq,eu", "healthy", delay_ms=600)
    assert_good(readers["hq"].read(), "hq")
    assert_good(readers["eu"].read(), "eu")


# --- many agents ------------------------------------------------------------------------------------------------------


def test_many_agents_from_little_memory(tmp_path, fleet, directory):
    many = 5000 if SHORT else 100000
    place = f"{NET}.122.1"
    script = f"tls cert=ec256\ncentral big address={place} port=8443 {KEY_WORDS} agents={many}"
    with Fleet(script, tmp_path):
        big = Reader(directory, "hq", url=f"https://{place}:8443", ca_file="", verify=0, agents_max=many,
                     body_max=256 << 20, keep=0, round_ms=120000)  # fmt: skip
        answer = big.read()
        again = big.read()
        big.close()
    assert (answer["cause"], answer["agents"], answer["odd"]) == ("none", many, 0)
    assert answer["records"] >= 2 * many
    assert (again["cause"], again["agents"]) == ("none", many) and again["records"] < answer["records"] / 2
    if not SHORT:  # sanitizers have memory of their own
        assert answer["peak_kib"] < 24 << 10
