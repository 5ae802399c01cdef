"""fleetsim's Vision One: its list of endpoints page by page, and how that can be wrong."""

import contextlib
import datetime
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from console_client import ask  # noqa: E402
from fleet import Fleet, FleetError, binary, network  # noqa: E402

NET = network()
FLAT, NESTED = (f"{NET}.110.1", 8443), (f"{NET}.110.2", 8443)
SERVER = (f"{NET}.110.3", 4343)
TOKEN = "eyJ.token"
LIST = "/v3.0/endpointSecurity/endpoints"
AGENTS, GENERATED = 3, 200

SCRIPT = f"""
tls cert=ec256
vision eu address={FLAT[0]} port={FLAT[1]} token={TOKEN} agents={GENERATED} names=api.eu.example
vision us address={NESTED[0]} port={NESTED[1]} token={TOKEN} page=2 fields=nested
server apex1 address={SERVER[0]} port={SERVER[1]} scheme=https
agents PC-%d count={AGENTS} address={NET}.111.1 port=21112
record PC-2 status=off component=outdatedVersion connected=now-7200 isolation=isolated
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


def get(path=LIST, place=FLAT, token=TOKEN, **headers):
    status, body, _ = ask(place, path, token, **headers)
    return status, json.loads(body)


def follow(place=FLAT, path=LIST, pages_max=1000):
    """All pages from one on; each link has to lead to where the first one was."""
    pages = []
    while path and len(pages) < pages_max:
        status, page = get(path, place)
        assert status == 200 and page["count"] == len(page["items"])
        pages.append(page)
        link = urllib.parse.urlsplit(page.get("nextLink", ""))
        assert not link.netloc or (link.scheme, link.netloc) == ("https", f"{place[0]}:{place[1]}")
        path = f"{link.path}?{link.query}" if link.path else None
    return pages


def names(pages):
    return [item["endpointName"] for page in pages for item in page["items"]]


EVERYBODY = [f"PC-{i}" for i in range(1, AGENTS + 1)] + [f"GEN-{i:06}" for i in range(1, GENERATED + 1)]


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query, pages", [("", 5), ("?top=10", 21), ("?top=200&orderBy=x", 2), ("?top=1000", 1)])
def test_pages_have_everybody_once(fleet, query, pages):
    found = follow(path=LIST + query)
    assert names(found) == EVERYBODY and len(found) == pages
    assert {page["totalCount"] for page in found} == {len(EVERYBODY)} and "nextLink" not in found[-1]


def test_a_console_has_its_own_page_and_agents(fleet):
    found = follow(NESTED)
    assert [len(page["items"]) for page in found] == [2, 1] and names(found) == EVERYBODY[:AGENTS]


def test_links_lead_to_the_host_that_was_asked(fleet):
    link = get(Host="api.eu.example:99")[1]["nextLink"]
    assert link == f"https://api.eu.example:99{LIST}?top=50&skipToken=00000032"


def test_items(fleet):
    items = get()[1]["items"]
    told = items[0].pop("lastConnectedDateTime")
    assert items[0] == {
        "agentGuid": "a6e00000-0000-4000-8000-000000000001",
        "endpointName": "PC-1",
        "displayName": "PC-1",
        "type": "desktop",
        "osName": "Windows",
        "osPlatform": "windows",
        "lastUsedIp": f"{NET}.111.1",
        "ipAddresses": [f"{NET}.111.1"],
        "isolationStatus": "off",
        "eppAgentStatus": "on",
        "eppAgentComponentVersion": "latestVersion",
    }
    assert age_s(told) < 10 and 7190 < age_s(items[1]["lastConnectedDateTime"]) < 7300
    assert (items[1]["eppAgentStatus"], items[1]["eppAgentComponentVersion"]) == ("off", "outdatedVersion")
    assert items[1]["isolationStatus"] == "on"


def age_s(text):
    when = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return (datetime.datetime.now(datetime.timezone.utc) - when).total_seconds()


def test_fields_can_be_nested(fleet):
    item = get(place=NESTED)[1]["items"][1]
    assert (item["eppAgent"]["status"], item["eppAgent"]["componentVersion"]) == ("off", "outdatedVersion")
    assert age_s(item["eppAgent"]["lastConnectedDateTime"]) > 7000 and "eppAgentStatus" not in item


def test_records_change_and_vanish(fleet):
    fleet.ask("record PC-1 status=unknown component=-")
    fleet.ask("vanish PC-3,GEN-000001..GEN-000100")
    found = follow()
    assert names(found) == ["PC-1", "PC-2"] + EVERYBODY[AGENTS + 100 :]
    assert found[0]["totalCount"] == len(EVERYBODY) - 101
    first = found[0]["items"][0]
    assert first["eppAgentStatus"] == "unknown" and "eppAgentComponentVersion" not in first
    fleet.ask("appear all")
    fleet.ask("record PC-1 status=on component=latestVersion")
    assert names(follow()) == EVERYBODY


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "other", TOKEN + "x", TOKEN[:-1]])
def test_wrong_tokens(fleet, token):
    before = fleet.stats("eu")
    status, body = get(token=token)
    assert status == 401 and body["error"]["code"] == "Unauthorized" and body["error"]["message"]
    after = fleet.stats("eu")
    assert after["logons_rejected"] == before["logons_rejected"] + 1
    assert after["logons_accepted"] == before["logons_accepted"]


@pytest.mark.parametrize(
    "path, status, code",
    [
        ("/", 404, "NotFound"),
        (LIST + "/x", 404, "NotFound"),
        (LIST + "?top=0", 400, "BadRequest"),
        (LIST + "?top=1001", 400, "BadRequest"),
        (LIST + "?top=x", 400, "BadRequest"),
        (LIST + "?skipToken=x", 400, "BadRequest"),
        (LIST + "?skipToken=0000000x", 400, "BadRequest"),
    ],
)
def test_what_is_not_understood(fleet, path, status, code):
    answered, body = get(path)
    assert (answered, body["error"]["code"]) == (status, code)


def test_a_token_beyond_the_end(fleet):
    assert get(LIST + "?skipToken=ffffffff") == (200, {"items": [], "count": 0, "totalCount": len(EVERYBODY)})


# --- what can be wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour, status, code",
    [("error500", 500, "InternalServerError"), ("forbidden", 403, "Forbidden"), ("unauthorised", 401, "Unauthorized"),
     ("unavailable", 503, "ServiceUnavailable"), ("ratelimited", 429, "TooManyRequests")],
)  # fmt: skip
def test_errors_are_json(fleet, behaviour, status, code):
    fleet.set("eu", behaviour)
    answered, body, headers = ask(FLAT, LIST, TOKEN)
    assert (answered, json.loads(body)["error"]["code"]) == (status, code)
    assert headers["Retry-After"] == ("2" if status == 429 else None)


def test_a_circle(fleet):
    fleet.set("eu", "circle")
    assert names(follow(pages_max=10)) == EVERYBODY + EVERYBODY
    fleet.set("us", "circle")
    assert names(follow(NESTED, LIST + "?top=50", pages_max=3)) == 3 * EVERYBODY[:AGENTS]  # a page that leads to itself


def test_another_host(fleet):
    fleet.set("eu", "elsewhere")
    page = get(LIST + "?top=1000")[1]
    assert page["nextLink"] == f"https://{SERVER[0]}:{SERVER[1]}{LIST}?top=1000&skipToken=00000000"
    assert fleet.stats("apex1")["connections"] == 0


def test_another_host_where_there_is_none(tmp_path):
    script = f"tls cert=ec256\nvision v address={NET}.110.9 port=8443 token=t agents=1 behaviour=elsewhere"
    with Fleet(script, tmp_path):
        assert get(place=(f"{NET}.110.9", 8443), token="t")[1]["nextLink"].startswith("https://elsewhere.invalid/v3.0/")


def test_an_endless_chain(fleet):
    fleet.set("eu", "endless")
    pages = follow(path=LIST + "?top=200", pages_max=20)
    assert len(pages) == 20 and all(len(page["items"]) == 200 for page in pages)
    assert len({page["nextLink"] for page in pages}) == 20


def test_duplicates(fleet):
    fleet.set("eu", "duplicates")
    first, second = get()[1]["items"][:2]
    assert first["endpointName"] == second["endpointName"] and first["agentGuid"] != second["agentGuid"]
    assert sorted(names(follow())) == sorted(2 * EVERYBODY)


def test_odd_values(fleet):
    fleet.set("eu,us", "oddvalues")
    items = get()[1]["items"]
    assert {item["eppAgentStatus"] for item in items} == {"sideways", "", "ON"}
    assert items[0]["lastConnectedDateTime"] == "0000-99-99T99:99:99Z"
    assert get(place=NESTED)[1]["items"][0]["eppAgent"]["status"] == "sideways"


def test_wrong_types(fleet):
    fleet.set("eu", "wrongtypes")
    items = get()[1]["items"]
    assert {type(item) for item in items} == {dict, str}
    states = [item["eppAgentStatus"] for item in items if isinstance(item, dict)]
    assert {type(state) for state in states} == {int, list, dict, bool, type(None)}


def test_huge_strings(fleet):
    fleet.set("eu", "hugestrings")
    assert {len(item["endpointName"]) for item in get()[1]["items"]} == {100 * 1024}


def test_answers_that_are_no_json(fleet):
    for behaviour, good in (("truncated", False), ("nothing", False), ("wrong", False), ("deep", True)):
        fleet.set("eu", behaviour)
        status, body, _ = ask(FLAT, LIST, TOKEN)
        assert status == 200
        text = body.replace(b"[" * 100000 + b"]" * 100000, b"0")
        assert (len(text) < len(body)) == good
        with contextlib.nullcontext() if good else pytest.raises(json.JSONDecodeError):
            json.loads(text)


# --- commands and scripts ---------------------------------------------------------------------------------------------


def test_consoles_are_counted(fleet):
    assert fleet.ready == f"ready agents={AGENTS} servers=1 visions=2\n"
    assert fleet.set("visions", "healthy") == {"targets": 2}
    with pytest.raises(FleetError, match="eu: behaviour wrongclock is not for visions"):
        fleet.set("eu", "wrongclock")


@pytest.mark.parametrize(
    "line, error",
    [
        ("vision", "vision NAME address=A port=P ... expected"),
        ("vision v address={} port=1", "token= is missing"),
        ("vision v address={} port=1 token=", "token= is missing"),
        ("vision v address={} port=1 token=t page=0", "page=0: a number from 1 to 1000"),
        ("vision v address={} port=1 token=t agents=-1", "agents=-1: a number from 0 to 100000"),
        ("vision v address={} port=1 token=t fields=round", "fields=round: flat or nested expected"),
        ("vision v address={} port=1 token=t api_key=k", "api_key: unknown option"),
    ],
)
def test_bad_script_lines_are_named(tmp_path, line, error):
    script = tmp_path / "script"
    script.write_text(f"agent PC-1 address={NET}.112.2 port=21112\n{line.format(f'{NET}.112.3')}\n")
    done = subprocess.run([binary(), str(script)], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(re.escape(f"fleetsim: {script}:2: "), done.stderr) and error in done.stderr
