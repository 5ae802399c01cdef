"""fleetsim's endpoints can behave badly, each in its own way; and what scripts and commands say of them."""

import contextlib
import http.client
import pathlib
import re
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet, FleetError  # noqa: E402
from wsman_client import (  # noqa: E402
    FIRST,
    IDENTIFY,
    NET,
    NS,
    OWN,
    PASSWORD,
    PORT,
    QUERY,
    ROOT,
    SECOND,
    SOAP,
    TRANSPORTS,
    USER,
    WMI,
    basic,
    begin,
    connection,
    enumerate_request,
    envelope,
    fault_code,
    post,
    properties,
    protocol,
    pull,
    read_registry,
    receive,
    run,
    select,
)

# --- behaviours -------------------------------------------------------------------------------------------------------


def raw_answer(fleet, wql="SELECT * FROM Win32_Service WHERE Name='ntrtscan'"):
    return post(fleet, envelope(NS["n"] + "/Enumerate", WMI + "*", enumerate_request(wql), message_id="uuid:1-2-3"))


def relation(text):
    return ET.fromstring(text).findtext("s:Header/a:RelatesTo", None, NS)


def test_answers_relate_to_others(fleet):
    assert relation(raw_answer(fleet).content) == "uuid:1-2-3"
    fleet.set("TC-1.winrm", "fakeid")
    assert re.fullmatch("uuid:[0-9A-F-]{36}", relation(raw_answer(fleet).content))
    fleet.set("TC-1.winrm", "noid")
    assert relation(raw_answer(fleet).content) is None


def test_wrong_namespaces(fleet):
    before = {element.tag for element in ET.fromstring(raw_answer(fleet).content).iter()}
    fleet.set("TC-1.winrm", "wrongns")
    after = {element.tag for element in ET.fromstring(raw_answer(fleet).content).iter()}

    def names(tags):
        return {tag.rpartition("}")[2] for tag in tags}

    assert names(before) == names(after) and all(tag.startswith("{" + NS["s"]) for tag in before & after)


@pytest.mark.parametrize("wql, place", [("SELECT * FROM Win32_Service", "&y;</p:"),
                                        ("SELECT Name FROM Win32_Service", "&y;</Name>")])  # fmt: skip
@pytest.mark.parametrize("behaviour, entity", [("entities", '<!ENTITY y "&h;'),
                                               ("external", '<!ENTITY y SYSTEM "file:///etc/passwd">')])  # fmt: skip
def test_entities(fleet, behaviour, entity, wql, place):
    fleet.set("TC-1.winrm", behaviour)
    text = raw_answer(fleet, wql).text
    assert text.startswith("<!DOCTYPE s:Envelope [") and entity in text and text.endswith("</s:Envelope>")
    assert place in text and text.count("&y;") == 1


@pytest.mark.parametrize("behaviour", ["entities", "external", "deep", "wrongns", "fakeid", "noid", "truncated",
                                       "fault"])  # fmt: skip
def test_identify_behaves_as_well(fleet, behaviour):
    fleet.set("TC-1.winrm", behaviour)
    answer = post(fleet, IDENTIFY)
    assert answer.status_code == (500 if behaviour == "fault" else 200)
    if behaviour in ("entities", "external"):
        assert "&y;</" in answer.text and "</s:Envelope>" in answer.text


def test_deep(fleet):
    fleet.set("TC-1.winrm", "deep")
    text = raw_answer(fleet).text
    assert "<d>" * 100000 + "</d>" * 100000 + "</s:Body>" in text


def test_truncated(fleet):
    whole = raw_answer(fleet).content
    fleet.set("TC-1.winrm", "truncated")
    half = raw_answer(fleet)
    assert int(half.headers["Content-Length"]) == len(half.content) == len(whole) // 2
    with pytest.raises(ET.ParseError):
        ET.fromstring(half.content)


def test_nothing(fleet):
    fleet.set("TC-1.winrm", "nothing")
    answer = raw_answer(fleet)
    assert (answer.status_code, answer.content) == (200, b"") and answer.headers["Content-Length"] == "0"


def test_fault(fleet):
    fleet.set("TC-1.winrm", "fault")
    client = protocol(fleet)
    assert fault_code(begin, client, QUERY) == 2150858793
    with pytest.raises(WinRMOperationTimeoutError):
        client.open_shell()


def test_endless(fleet):
    fleet.set("TC-1.winrm", "endless")
    client = protocol(fleet)
    answer = begin(client, QUERY, most=100)
    for _ in range(5):
        assert answer.find("w:EndOfSequence", NS) is None and answer.find("n:EndOfSequence", NS) is None
        answer = pull(client, answer.findtext("n:EnumerationContext", None, NS), 100)
        assert len(answer.find("n:Items", NS)) == 1
    shell = client.open_shell()
    command = client.run_command(shell, "echo x")
    for _ in range(5):
        out, ends, state, code, _ = receive(client, shell, command)
        assert out and (ends, state, code) == ([], "Running", None)
    client.close_shell(shell)


def test_bad_base64(fleet):
    fleet.set("TC-1.winrm", "badbase64")
    client = protocol(fleet)
    shell = client.open_shell()
    with pytest.raises(ValueError):
        receive(client, shell, client.run_command(shell, "echo x"))
    client.close_shell(shell)
    assert len(select(client, QUERY)) == 1  # all else is well


def test_wrong_types(fleet):
    fleet.set("TC-1.winrm", "wrongtypes")
    client = protocol(fleet)
    found = properties(select(client, "SELECT * FROM Win32_OperatingSystem")[0])
    assert (found["ProductType"], found["Caption"], found["LocalDateTime"]) == ("many", "99999999", "99999999")
    assert read_registry(client, "GetDWORDValue", ROOT + r"\iCRC Scan", "ScanType") == (0, "many")
    assert read_registry(client, "GetStringValue", ROOT, "Server") == (0, "99999999")
    out = run(client, f'reg query "HKLM\\{ROOT}"')[0]
    assert "    Server    REG_DWORD    0x5f5e0ff\r\n" in out and "    ServerSSLPort    REG_SZ    many\r\n" in out


def test_huge_strings(fleet):
    fleet.set("TC-1.winrm", "hugestrings")
    client = protocol(fleet)
    found = properties(select(client, "SELECT Name,ExitCode FROM Win32_Service WHERE Name='ntrtscan'")[0])
    assert found == {"Name": 102400 * "x", "ExitCode": "0"}
    assert read_registry(client, "GetStringValue", ROOT, "Server") == (0, 102400 * "x")
    assert f"    Server    REG_SZ    {102400 * 'x'}\r\n" in run(client, f'reg query "HKLM\\{ROOT}" /v Server')[0]


@pytest.mark.parametrize("behaviour, status", [("error500", 500), ("forbidden", 403), ("unauthorised", 401),
                                               ("wrong", 200), ("redirect", 302)])  # fmt: skip
def test_behaviours_of_all_targets(fleet, behaviour, status):
    fleet.set("TC-1.winrm", behaviour)
    answer = requests.post(f"https://{FIRST}:{PORT}/wsman", IDENTIFY, headers=SOAP, auth=(USER, PASSWORD),
                           verify=str(fleet.directory / "certificates.pem"), allow_redirects=False,
                           timeout=10)  # fmt: skip
    assert answer.status_code == status and b"IdentifyResponse" not in answer.content and "Date" in answer.headers


@pytest.mark.parametrize("behaviour", ["refused", "hang", "stall", "close", "garbage", "backlogged", "badcert",
                                       "wrongname"])  # fmt: skip
def test_behaviours_without_an_answer(fleet, behaviour):
    fleet.set("TC-1.winrm", behaviour)
    with pytest.raises(requests.exceptions.RequestException):
        requests.post(f"https://{FIRST}:{PORT}/wsman", IDENTIFY, headers=SOAP, auth=(USER, PASSWORD), timeout=0.8,
                      verify=str(fleet.directory / "certificates.pem"))  # fmt: skip


def test_reset_comes_in_mid_answer(fleet):
    fleet.set("TC-1.winrm", "reset")
    with contextlib.closing(connection(fleet)) as client:
        client.request("POST", "/wsman", IDENTIFY, {**SOAP, **basic()})
        response = client.getresponse()
        assert response.status == 200 and response.length == 4096
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()


def test_behaviours_and_delays_are_of_the_endpoint_alone(fleet):
    fleet.set("TC-1", "refused")
    assert raw_answer(fleet).status_code == 200
    fleet.set("TC-1", "healthy")
    fleet.set("TC-1.winrm", "healthy", delay_ms=400)
    start = time.monotonic()
    assert raw_answer(fleet).status_code == 200 and 0.4 <= time.monotonic() - start < 5


def public_key(address=FIRST):
    certificate = ssl.get_server_certificate((address, PORT))
    return subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=certificate, capture_output=True, text=True,
                          check=True).stdout  # fmt: skip


def test_newcert_is_good_and_new(fleet):
    before = public_key()
    fleet.set("TC-1.winrm", "newcert")
    assert raw_answer(fleet).status_code == 200 and public_key() != before
    assert public_key(SECOND) == before


def test_a_new_password_ends_idle_connections(lonely):
    fleet = lonely()
    client = protocol(fleet, "ntlm", address=OWN)
    client.open_shell()
    fleet.endpoint("PC-1", "os.type=3")
    client.open_shell()
    assert fleet.stats("PC-1.winrm")["connections"] == 1
    fleet.endpoint("PC-1", "password=other")
    with pytest.raises(InvalidCredentialsError):
        client.open_shell()


# --- scripts and commands ---------------------------------------------------------------------------------------------


def test_plain_http(lonely):
    fleet = lonely(winrm=f"winrm port={PORT} scheme=http")
    for transport in TRANSPORTS:
        assert run(protocol(fleet, transport, address=OWN, scheme="http"), "echo", "x")[2] == 0


def test_stats_and_selections(lonely):
    fleet = lonely("agent PC-9 address=127.9.9.9 port=21112")
    assert fleet.ready == "ready agents=4 servers=1 winrms=4\n"
    counted = fleet.stats()
    assert (counted["agents"], counted["servers"], counted["winrms"], counted["healthy.targets"]) == (4, 1, 4, 9)
    for selection, count in (("winrms", 4), ("all", 9), ("agents", 4), ("PC-1.winrm..PC-3.winrm", 3), ("PC-1..PC-3", 3),
                             ("PC-1..PC-9", 5), ("PC-9.winrm,PC-1", 2)):  # fmt: skip
        assert fleet.set(selection, "healthy") == {"targets": count}
    assert "shells_open" not in fleet.stats("agents") and fleet.stats("PC-9.winrm")["shells_open"] == 0


@pytest.mark.parametrize(
    "command, error",
    [
        ("endpoint PC-1", "endpoint SELECTION key=value"),
        ("endpoint PC-1 colour", "colour: key=value expected"),
        ("endpoint PC-1 colour=red", "colour: an endpoint has no such key"),
        ("endpoint PC-1 service.=Running", "service.: an endpoint has no such key"),
        ("endpoint PC-1 installed=maybe", "installed=maybe: yes or no expected"),
        ("endpoint PC-1 shell=-", "shell=-: allowed or denied expected"),
        ("endpoint PC-1 portions=3", "portions=3: 1 or 2 expected"),
        ("endpoint PC-1 view=32", "view=32: wow64, native or both expected"),
        ("endpoint PC-1 clock=soon", "clock=soon: seconds expected"),
        ("endpoint PC-1 service.ntrtscan=Dancing", "a state expected"),
        ("endpoint PC-1 startmode.ntrtscan=Never", "a start mode expected"),
        ("endpoint PC-1 os.type=4", "os.type=4: 1, 2 or 3 expected"),
        ("endpoint PC-1 addresses=10.1.2", "addresses expected"),
        ("endpoint PC-1 ping=up", "a status or unresolved expected"),
        ("endpoint PC-1 ping.x=-", "a status or unresolved expected"),
        ("endpoint PC-1 ping.address=name", "an address expected"),
        ("endpoint PC-1 user=Jürgen", "a name in ASCII expected"),
        ("endpoint PC-1 auth=kerberos", "basic, ntlm or negotiate"),
        ("endpoint PC-1 ssnotify=/nowhere/at/all", "a file expected"),
        ("endpoint PC-1 reg.X=dword:12x", "a value expected"),
        ("endpoint PC-1 reg.X=dword:4294967296", "a value expected"),
        ("endpoint PC-1 reg." + 200 * "x" + "=1", "too long for a key"),
        ("endpoint PC-7 installed=no", "PC-7: no target of that name"),
        ("set PC-1 behaviour=fakeid", "PC-1: behaviour fakeid is not for agents"),
        ("set PC-1.winrm,apex1 behaviour=deep", "apex1: behaviour deep is not for servers"),
        ("set apex1 behaviour=newcert", "apex1: behaviour newcert is for https alone"),
    ],
)
def test_bad_commands(lonely, command, error):
    fleet = lonely()
    with pytest.raises(FleetError, match=re.escape(error)):
        fleet.ask(command)


def test_no_endpoints_without_the_directive(tmp_path):
    with Fleet(f"agent PC-1 address={OWN} port=21112", tmp_path) as fleet:
        with pytest.raises(FleetError, match="the script makes no agent a winrm endpoint"):
            fleet.endpoint("PC-1", "installed=no")
        assert fleet.stats()["winrms"] == 0 and fleet.ready == "ready agents=1 servers=0\n"


def test_settings_are_limited(lonely):
    fleet = lonely()
    with pytest.raises(FleetError):
        for i in range(300):
            fleet.endpoint("PC-1", f"reg.X{i}=1")
    assert fleet.endpoint("PC-1", "reg.X1=2") == {"targets": 1}


def test_many_endpoints(tmp_path):
    """A thousand, each on two sockets, and one request at each tenth."""
    script = f"winrm port={PORT} scheme=http\nagents PC-%d count=1000 address={NET}.44.1 port=21112"
    with Fleet(script, tmp_path) as fleet:
        assert fleet.stats()["winrms"] == 1000
        for i in range(1, 250, 25):
            answer = requests.post(f"http://{NET}.44.{i}:{PORT}/wsman", IDENTIFY, headers=SOAP, auth=(USER, PASSWORD),
                                   timeout=10)  # fmt: skip
            assert answer.status_code == 200
        assert fleet.stats("winrms")["logons_accepted"] == 10
