"""fleetsim's Apex Central: who may ask it, its inventory, its log of agents, and how all that can be wrong."""

import contextlib
import datetime
import email.utils
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from console_client import ask, blind_context, make_token, sign  # noqa: E402
from fleet import Fleet, FleetError, binary, network  # noqa: E402

NET = network()
PLACE = (f"{NET}.100.1", 8443)
APPLICATION, KEY = "4711-application", "0815-key"
INVENTORY = "/WebApp/API/AgentResource/ProductAgents"
PATTERNS, ENGINES = (f"/WebApp/api/v1/Logs/{kind}_updated_status" for kind in ("pattern", "engine"))
AGENTS, GENERATED = 12, 3000

SCRIPT = f"""
tls cert=ec256
central hq address={PLACE[0]} port={PLACE[1]} application_id={APPLICATION} api_key={KEY} agents={GENERATED}
server apex1 address={NET}.100.3 port=4343 scheme=https
agents PC-%03d count={AGENTS} address={NET}.101.1 port=21112
record PC-002 folder=HQ\\Sales domain=CORP cn1=2 isolation=isolated
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with Fleet(SCRIPT, tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture(autouse=True)
def everybody_is_healthy(request):
    yield
    if "fleet" in request.fixturenames:
        request.getfixturevalue("fleet").set("all", "healthy")


def get(path, place=PLACE, **changes):
    return ask(place, path, make_token(path, APPLICATION, KEY, **changes))


def get_json(path, place=PLACE):
    status, body, headers = get(path, place)
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    return json.loads(body)


def inventory(place=PLACE):
    answer = get_json(INVENTORY, place)
    assert answer["result_code"] == 1
    return answer["result_content"]


def log_path(path, since):
    return f"{path}?output_format=CEF&page_token=0&since_time={since}"


def page(path, since, place=PLACE):
    return get_json(log_path(path, since), place)["Data"]


def parse(line):
    """A line of CEF: its head, its keys, and when it was told, in seconds since 1970."""
    head, _, rest = line.rpartition("|")
    keys = {}
    for key, value in re.findall(r"(\S+?)=((?:\\.|[^\\=])*)(?= \S+?=|$)", rest):
        keys[key] = re.sub(r"\\(.)", r"\1", value)
    told = datetime.datetime.strptime(keys["rt"], "%b %d %Y %H:%M:%S GMT+00:00")
    return head, keys, int(told.replace(tzinfo=datetime.timezone.utc).timestamp())


def whole_log(path, since=0, place=PLACE):
    """All lines, by paging: the newest time of a page is where the next one begins. Returns the lines and the pages."""
    lines, pages = {}, 0
    while True:
        data = page(path, since, place)
        pages += 1
        assert data["Next"] == "" and len(data["Logs"]) <= 1000
        lines.update(dict.fromkeys(data["Logs"]))
        times = [parse(line)[2] for line in data["Logs"]]
        assert times == sorted(times) and all(told >= since for told in times)
        if len(data["Logs"]) < 1000:
            return list(lines), pages
        assert times[-1] > since, "paging stands still"
        since = times[-1]


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [INVENTORY, INVENTORY.lower(), log_path(PATTERNS, 0), log_path(ENGINES, 5)])
def test_a_good_token_is_accepted(fleet, path):
    before = fleet.stats("hq")
    assert get(path)[0] == 200
    after = fleet.stats("hq")
    assert after["logons_accepted"] == before["logons_accepted"] + 1
    assert after["logons_rejected"] == before["logons_rejected"]


@pytest.mark.parametrize("path", [INVENTORY, log_path(PATTERNS, 0)])
@pytest.mark.parametrize(
    "status, words, change",
    [
        (401, "token is missing", lambda path: None),
        (401, "token is missing", lambda path: "x.y.z"),
        (401, "token is missing", lambda path: make_token(path, APPLICATION, KEY) + ".x"),
        (401, "token is missing", lambda path: sign({"alg": "none"}, {"appid": APPLICATION}, KEY)),
        (401, "token is missing", lambda path: "A" * 6000 + ".e30.x"),
        (403, "no application", lambda path: make_token(path, "other", KEY)),
        (403, "no application", lambda path: make_token(path, APPLICATION, KEY, appid=7)),
        (401, "signature", lambda path: make_token(path, APPLICATION, "other")),
        (401, "signature", lambda path: make_token(path, APPLICATION, KEY)[:-6]),
        (401, "version", lambda path: make_token(path, APPLICATION, KEY, version="V2")),
        (401, "clock", lambda path: make_token(path, APPLICATION, KEY, iat=int(time.time()) - 130)),
        (401, "clock", lambda path: make_token(path, APPLICATION, KEY, iat=int(time.time()) + 130)),
        (401, "clock", lambda path: make_token(path, APPLICATION, KEY, iat="now")),
        (401, "checksum", lambda path: make_token(path + "x", APPLICATION, KEY)),
        (401, "checksum", lambda path: make_token(path, APPLICATION, KEY, method="POST")),
        (401, "checksum", lambda path: make_token(path, APPLICATION, KEY, checksum="")),
    ],
)
def test_wrong_tokens_are_told_apart(fleet, path, status, words, change):
    before = fleet.stats("hq")["logons_rejected"]
    answered, body, headers = ask(PLACE, path, change(path))
    assert answered == status and headers["Content-Type"].startswith("application/json")
    meta = json.loads(body)["Meta"]
    assert meta["Result"] == 0 and meta["ErrorCode"] < 0 and words in meta["ErrorMsg"]
    assert fleet.stats("hq")["logons_rejected"] == before + 1


@pytest.mark.parametrize("off_s", [-100, 100, 0.5])
def test_clocks_may_differ_a_little(fleet, off_s):
    assert get(log_path(PATTERNS, 0), iat=time.time() + off_s)[0] == 200


def test_a_token_is_good_for_its_request_alone(fleet):
    token = make_token(log_path(PATTERNS, 1), APPLICATION, KEY)
    assert ask(PLACE, log_path(PATTERNS, 1), token)[0] == 200
    assert ask(PLACE, log_path(PATTERNS, 2), token)[0] == ask(PLACE, INVENTORY, token)[0] == 401


def test_wrong_clock(fleet):
    fleet.set("hq", "wrongclock")
    status, body, headers = get(INVENTORY)
    assert status == 401 and "clock" in json.loads(body)["Meta"]["ErrorMsg"]
    told = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    assert abs(told - time.time() - 3600) < 5
    assert get(log_path(PATTERNS, 0), iat=int(told))[0] == 200


@pytest.mark.parametrize(
    "path, status",
    [
        ("/", 404),
        (INVENTORY + "x", 404),
        (PATTERNS, 400),
        (f"{PATTERNS}?page_token=0&since_time=0", 400),
        (f"{PATTERNS}?output_format=JSON&page_token=0&since_time=0", 400),
        (f"{PATTERNS}?output_format=CEF&since_time=0", 400),
        (f"{PATTERNS}?output_format=CEF&page_token=1&since_time=0", 400),
        (f"{PATTERNS}?output_format=CEF&page_token=0", 400),
        (f"{PATTERNS}?output_format=CEF&page_token=0&since_time=-1", 400),
        (f"{PATTERNS}?output_format=CEF&page_token=0&since_time=today", 400),
    ],
)
def test_what_is_not_understood(fleet, path, status):
    answered, body, _ = get(path)
    assert answered == status and json.loads(body)["Meta"]["ErrorCode"] < 0


# --- the inventory ----------------------------------------------------------------------------------------------------


def test_inventory_of_the_script_and_of_others(fleet):
    items = inventory()
    assert [item["host_name"] for item in items] == [f"PC-{i:03}" for i in range(1, AGENTS + 1)] + [
        f"GEN-{i:06}" for i in range(1, GENERATED + 1)
    ]
    assert len({item["entity_id"] for item in items}) == len({item["mac_address_list"] for item in items}) == len(items)
    assert items[0] == {
        "entity_id": "a6e00000-0000-4000-8000-000000000001",
        "product": "SLF_PRODUCT_OFFICESCAN_CE",
        "managing_server_id": "5e77e700-0000-4000-8000-000000000001",
        "ad_domain": "",
        "folder_path": "Workgroup",
        "ip_address_list": f"{NET}.101.1",
        "mac_address_list": "02-00-5e-00-00-01",
        "host_name": "PC-001",
        "isolation_status": "normal",
        "capabilities": ["cmd_uninstall_agent", "cmd_isolate_agent"],
    }
    second = items[1]
    assert (second["folder_path"], second["ad_domain"], second["isolation_status"]) == ("HQ\\Sales", "CORP", "isolated")
    last = items[-1]
    assert last["entity_id"] == f"6e600000-0000-4000-8000-{GENERATED:012x}"
    assert last["ip_address_list"] == f"10.64.{GENERATED >> 8}.{GENERATED & 255}"


def test_inventory_comes_in_chunks_or_to_the_end(fleet):
    _, _, headers = get(INVENTORY)
    assert headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in headers
    context = blind_context()
    with context.wrap_socket(socket.create_connection(PLACE, 20)) as sock:
        token = make_token(INVENTORY, APPLICATION, KEY)
        sock.sendall(f"GET {INVENTORY} HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: sock.recv(65536), b"")).partition(b"\r\n\r\n")
    assert b"chunked" not in head and len(json.loads(body)["result_content"]) == AGENTS + GENERATED


def test_a_connection_serves_several(fleet):
    with contextlib.closing(http.client.HTTPSConnection(*PLACE, timeout=20, context=blind_context())) as client:
        for path in (INVENTORY, log_path(PATTERNS, 0), INVENTORY):
            client.request("GET", path, headers={"Authorization": f"Bearer {make_token(path, APPLICATION, KEY)}"})
            response = client.getresponse()
            assert response.status == 200 and json.loads(response.read())


def test_a_hundred_thousand_agents_from_little_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "quarantine_size_mb=8")  # else what was freed would count
    place = (f"{NET}.100.9", 8443)
    keys = f"application_id={APPLICATION} api_key={KEY}"
    script = f"tls cert=ec256\ncentral big address={place[0]} port={place[1]} {keys} agents=100000"
    with Fleet(script, tmp_path) as fleet:
        start = time.monotonic()
        items = inventory(place)
        assert time.monotonic() - start < 60
        assert len({item["entity_id"] for item in items}) == 100000
        lines, pages = whole_log(PATTERNS, place=place)
        assert len(lines) == 100000 and pages < 130
        peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{fleet.process.pid}/status").read_text())[1]
        assert int(peak) < 100 << 10


# --- the log ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, event, version, msg", [(PATTERNS, "800101|Pattern Update Status", "19.429.80", "Virus Pattern"),
                                  (ENGINES, "800102|Engine Update Status", "22.620.1016", "Virus Scan Engine")]
)  # fmt: skip
def test_lines_of_a_healthy_agent(fleet, path, event, version, msg):
    lines = [parse(line) for line in whole_log(path)[0]]
    head, keys, told = next(line for line in lines if line[1]["shost"] == "PC-003")
    assert head == f"CEF:0|Trend Micro|Apex Central|2019|{event}|3"
    assert (keys["cs2"], keys["cn1"], keys["cn3"], keys["cs5"]) == (f"{NET}.101.3", "1", "1", version)
    assert keys["msg"].startswith(msg) and keys["cn1Label"] == "Connection_Status"
    assert keys["devicePayloadId"] == "a6e00000-0000-4000-8000-000000000003" and keys["ApexCentralHost"] == "hq"
    assert abs(told - time.time()) < 300
    assert len({line[1]["shost"] for line in lines}) == len(lines) == AGENTS + GENERATED


def test_values_are_escaped(fleet):
    line = next(line for line in whole_log(PATTERNS)[0] if "shost=PC-002 " in line)
    assert r"cs4=HQ\\Sales " in line and parse(line)[1]["cs4"] == "HQ\\Sales"
    assert parse(line)[1]["cn1"] == "2" and parse(line)[1]["deviceNtDomain"] == "CORP"


def test_records_are_told_anew(fleet):
    since = int(time.time())
    before = {parse(line)[1]["shost"] for line in page(PATTERNS, since)["Logs"]}
    assert "PC-004" not in before
    changes = "cn1=0 cn3=7 cs5=19.400.10 engine.cn3=2 engine.cs5=- host=RENAMED"
    assert fleet.ask(f"record PC-004..PC-005 {changes}") == {"targets": 2}
    told = [parse(line)[1] for line in page(PATTERNS, since)["Logs"]]
    found = [(keys["shost"], keys["cn1"], keys["cn3"], keys["cs5"]) for keys in told]
    assert found == 2 * [("RENAMED", "0", "7", "19.400.10")]
    engine = parse(page(ENGINES, since)["Logs"][0])[1]
    assert engine["cn3"] == "2" and "cs5" not in engine and "cs5Label" not in engine and engine["cn1"] == "0"
    assert [item["host_name"] for item in inventory()[3:6]] == ["RENAMED", "RENAMED", "PC-006"]
    fleet.ask("record PC-004 host=PC-004 cn1=1 cn3=1")
    fleet.ask("record PC-005 host=PC-005")


def test_many_vanish_in_a_row(tmp_path):
    """More than a part of the inventory has."""
    place = (f"{NET}.100.9", 8443)
    script = f"""tls cert=ec256
central many address={place[0]} port={place[1]} application_id={APPLICATION} api_key={KEY} agents={GENERATED}
"""
    with Fleet(script, tmp_path) as many:
        many.ask(f"vanish GEN-000003..GEN-{GENERATED - 1:06d}")
        assert [item["host_name"] for item in inventory(place)] == ["GEN-000001", "GEN-000002", f"GEN-{GENERATED:06d}"]
        many.ask("vanish all")
        assert inventory(place) == []
        many.ask("appear all")
        assert len(inventory(place)) == GENERATED


def test_agents_vanish_and_appear(fleet):
    assert fleet.ask("vanish PC-006,GEN-000002..GEN-000011") == {"targets": 11}
    names = {item["host_name"] for item in inventory()}
    assert len(names) == AGENTS + GENERATED - 11 and not names & {"PC-006", "GEN-000002", "GEN-000011"}
    assert "GEN-000012" in names
    assert not [line for line in whole_log(PATTERNS)[0] if "shost=PC-006 " in line]
    assert fleet.ask("appear all") == {"targets": AGENTS + GENERATED}
    assert len(whole_log(PATTERNS)[0]) == len(inventory()) == AGENTS + GENERATED


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.2)


def test_many_are_told_one_second_after_the_other(fleet):
    since = int(time.time()) + 1
    time.sleep(1.1)
    fleet.ask("record generated cn3=4")
    assert len(page(PATTERNS, since)["Logs"]) <= 1000
    wait_until(lambda: len([line for line in whole_log(PATTERNS, since)[0] if " cn3=4 " in line]) == GENERATED)
    fleet.ask("record generated cn3=1")
    wait_until(lambda: len(whole_log(PATTERNS, since)[0]) == GENERATED)


@pytest.mark.parametrize(
    "selection, expected",
    [("agents", AGENTS), ("generated", GENERATED), ("PC-011..GEN-000002", 4), ("GEN-003000", 1)],
)
def test_selections(fleet, selection, expected):
    assert fleet.ask(f"appear {selection}") == {"targets": expected}


# --- what can be wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour, status", [("error500", 500), ("forbidden", 403), ("unauthorised", 401),
                                               ("unavailable", 503), ("ratelimited", 429)])  # fmt: skip
def test_errors_are_json(fleet, behaviour, status):
    fleet.set("hq", behaviour)
    answered, body, headers = get(INVENTORY)
    assert answered == status and json.loads(body)["Meta"]["ErrorMsg"].startswith(str(status))
    assert headers["Retry-After"] == ("2" if status == 429 else None)


@pytest.mark.parametrize("path", [INVENTORY, log_path(PATTERNS, 0)])
def test_answers_that_are_no_json(fleet, path):
    fleet.set("hq", "wrong")
    status, body, headers = get(path)
    assert (status, headers["Content-Type"]) == (200, "text/html") and body.startswith(b"<html>")
    fleet.set("hq", "nothing")
    assert get(path)[:2] == (200, b"")
    fleet.set("hq", "truncated")
    status, body, _ = get(path)
    assert status == 200 and len(body) > 1000 and body.startswith(b"{")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize("path", [INVENTORY, log_path(PATTERNS, 0)])
def test_deep(fleet, path):
    fleet.set("hq", "deep")
    status, body, _ = get(path)
    assert status == 200 and b"[" * 100000 + b"]" * 100000 in body
    json.loads(body.replace(b"[" * 100000 + b"]" * 100000, b"0"))


def test_an_endless_log(fleet):
    fleet.set("hq", "endless")
    since = 0
    for _ in range(20):
        lines = page(PATTERNS, since)["Logs"]
        newest = max(parse(line)[2] for line in lines)
        assert len(lines) == 1000 and newest > since
        since = newest


def beginning(path, size):
    """So many bytes of an answer that may have no end."""
    with contextlib.closing(http.client.HTTPSConnection(*PLACE, timeout=20, context=blind_context())) as client:
        client.request("GET", path, headers={"Authorization": f"Bearer {make_token(path, APPLICATION, KEY)}"})
        return client.getresponse().read(size)


def test_an_endless_inventory(fleet):
    fleet.set("hq", "endless")
    assert beginning(INVENTORY, 8 << 20).count(b'"PC-001"') > 2


def test_duplicates(fleet):
    fleet.set("hq", "duplicates")
    items = inventory()
    assert len(items) == 2 * (AGENTS + GENERATED) and items[0]["host_name"] == items[1]["host_name"] == "PC-001"
    assert items[0]["entity_id"] != items[1]["entity_id"] and items[0]["ip_address_list"] != items[1]["ip_address_list"]
    lines = page(PATTERNS, 0)["Logs"]
    assert 40 < len(lines) - len(set(lines)) <= 50
    whole_log(PATTERNS)


def test_odd_lines(fleet):
    fleet.set("hq", "oddlines")
    lines = page(PATTERNS, 0)["Logs"][:4]
    assert lines[0].startswith("CEF:7|") and "|899999|" in lines[1]
    assert " xyzzy=1 " in lines[2] and "CEF" not in lines[3]


def test_odd_values(fleet):
    fleet.set("hq", "oddvalues")
    found = {parse(line)[1]["cn1"] for line in page(PATTERNS, 0)["Logs"]}
    assert found == {"77", "-1", "99999999999999999999", "", "1.5"}
    assert {item["isolation_status"] for item in inventory()} == {"floating", "", "NORMAL"}


def test_wrong_types(fleet):
    fleet.set("hq", "wrongtypes")
    items = inventory()
    types = {type(item) for item in items}
    assert types == {dict, str}
    names = [item["host_name"] for item in items if isinstance(item, dict)]
    assert {type(name) for name in names} == {int, list, dict, bool, type(None)}
    lines = page(PATTERNS, 0)["Logs"]
    assert {type(line) for line in lines} == {str, int} and any(" cn1=many " in str(line) for line in lines)


def test_huge_strings(fleet):
    fleet.set("hq", "hugestrings")
    line = page(PATTERNS, 0)["Logs"][0]
    assert len(parse(line)[1]["shost"]) == 100 * 1024
    assert b"x" * 100000 in beginning(INVENTORY, 1 << 20)


# --- commands and scripts ---------------------------------------------------------------------------------------------


def test_consoles_are_counted(fleet):
    assert fleet.ready == f"ready agents={AGENTS} servers=1 centrals=1\n"
    assert fleet.stats()["centrals"] == 1 and fleet.set("centrals", "healthy") == {"targets": 1}


@pytest.mark.parametrize(
    "command, error",
    [
        ("record PC-001", "record SELECTION key=value ... expected"),
        ("record PC-001 colour=red", "colour: a record has no such key"),
        ("record PC-001 cn1", "cn1: key=value expected"),
        ("record PC-001 host=" + 200 * "x", "host: at most 159 characters expected"),
        ("record PC-999 cn1=1", "PC-999: no agent of that name"),
        ("record apex1 cn1=1", "apex1: no agent of that name"),
        ("record GEN-003001 cn1=1", "GEN-003001: no agent of that name"),
        ("record GEN-00000x cn1=1", "GEN-00000x: no agent of that name"),
        ("record PC-002..PC-001 cn1=1", "the last stands before the first"),
        ("record , cn1=1", "no agent is named"),
        ("vanish", "vanish SELECTION expected"),
        ("appear a b", "appear SELECTION expected"),
        ("set hq behaviour=circle", "hq: behaviour circle is not for centrals"),
        ("set hq behaviour=fakeid", "hq: behaviour fakeid is not for centrals"),
        ("set apex1 behaviour=oddlines", "apex1: behaviour oddlines is not for servers"),
    ],
)
def test_bad_commands(fleet, command, error):
    with pytest.raises(FleetError, match=re.escape(error)):
        fleet.ask(command)


@pytest.mark.parametrize(
    "line, error",
    [
        ("central", "central NAME address=A port=P ... expected"),
        ("central c address={} port=1 application_id=a", "application_id= and api_key= are missing"),
        ("central c address={} port=1 api_key=a", "application_id= and api_key= are missing"),
        ("central c address={} port=1 application_id=a api_key=b agents=100001", "agents=100001: a number from 0"),
        ("central c address={} port=1 application_id=a api_key=b page=1", "page: unknown option"),
        ("central c address={} port=1 application_id=a api_key=b scheme=ftp", "scheme=ftp"),
        ("record PC-1 cn1=1", "the script names no console"),
        ("vanish PC-1", "the script names no console"),
    ],
)
def test_bad_script_lines_are_named(tmp_path, line, error):
    script = tmp_path / "script"
    script.write_text(f"agent PC-1 address={NET}.102.2 port=21112\n{line.format(f'{NET}.102.3')}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"fleetsim: {script}:2: ") and error in done.stderr
