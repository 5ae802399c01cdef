"""fleetsim's endpoints are reached as WinRM is: who may ask, HTTP, the headers of SOAP, its faults."""

import base64
import contextlib
import datetime
import email.utils
import http.client
import pathlib
import re
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
from winrm.exceptions import InvalidCredentialsError

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wsman_client import (  # noqa: E402
    CMD,
    FIRST,
    IDENTIFY,
    NET,
    NS,
    OWN,
    PASSWORD,
    PORT,
    QUERY,
    REGISTRY,
    SECOND,
    SOAP,
    TRANSPORTS,
    USER,
    WMI,
    ask,
    basic,
    connection,
    enumerate_request,
    envelope,
    fault_code,
    post,
    properties,
    protocol,
    run,
    select,
)

# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("user", [USER, "MONITOR", rf"CORP\{USER}"])
def test_users_are_let_in(fleet, transport, user):
    assert run(protocol(fleet, transport, user), "echo", "hallo") == ("hallo\r\n", "", 0)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("user, password", [(USER, "Secret"), (USER, ""), ("guest", PASSWORD), (USER + "s", PASSWORD)])
def test_others_are_not(fleet, transport, user, password):
    before = fleet.stats("TC-1.winrm")
    with pytest.raises(InvalidCredentialsError):
        protocol(fleet, transport, user, password).open_shell()
    after = fleet.stats("TC-1.winrm")
    assert after["logons_rejected"] == before["logons_rejected"] + 1
    assert after["logons_accepted"] == before["logons_accepted"] and after["shells_open"] == before["shells_open"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_logon_counts_once_a_connection(fleet, transport):
    before = fleet.stats("TC-1.winrm")
    run(protocol(fleet, transport), "echo", "hallo")
    after = fleet.stats("TC-1.winrm")
    assert after["logons_accepted"] == before["logons_accepted"] + 1
    assert after["logons_rejected"] == before["logons_rejected"]


@pytest.mark.parametrize("transport, offered", [("basic", "ntlm"), ("ntlm", "basic")])
def test_schemes_can_be_off(lonely, transport, offered):
    fleet = lonely(winrm=f"winrm port={PORT} auth={offered}")
    with pytest.raises(InvalidCredentialsError):
        protocol(fleet, transport, address=OWN).open_shell()
    other = "basic" if transport == "ntlm" else "ntlm"
    assert run(protocol(fleet, other, address=OWN), "echo", "x")[2] == 0
    fleet.endpoint("PC-1", f"auth={transport}")
    assert run(protocol(fleet, transport, address=OWN), "echo", "x")[2] == 0


def test_negotiate_carries_ntlm(lonely):
    fleet = lonely(winrm=f"winrm port={PORT} auth=negotiate")
    assert post(fleet, "", address=OWN, user=None).headers["WWW-Authenticate"] == "Negotiate"
    assert run(protocol(fleet, "ntlm", address=OWN), "echo", "x")[2] == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_users_of_one_endpoint(lonely, transport):
    fleet = lonely(r"endpoint PC-2 user=CORP\other password=Passw0rd", winrm=f"winrm port={PORT} user=boss password=x")
    for address, user, password in ((OWN, "boss", "x"), (f"{NET}.41.2", r"corp\other", "Passw0rd")):
        assert run(protocol(fleet, transport, user, password, address), "echo", "x")[2] == 0
    with pytest.raises(InvalidCredentialsError):
        protocol(fleet, transport, "boss", "x", f"{NET}.41.2").open_shell()
    fleet.endpoint("PC-2", "password=-")
    with pytest.raises(InvalidCredentialsError):
        protocol(fleet, transport, "other", "Passw0rd", f"{NET}.41.2").open_shell()


def test_domains_differ_for_basic_alone(lonely):
    fleet = lonely(winrm=rf"winrm port={PORT} user=CORP\monitor")
    with pytest.raises(InvalidCredentialsError):
        protocol(fleet, user=r"HOME\monitor", address=OWN).open_shell()
    assert run(protocol(fleet, user="monitor", address=OWN), "echo", "x")[2] == 0


@pytest.mark.parametrize("options, status", [(["--ntlm", "-u", rf"CORP\{USER}:{PASSWORD}"], 200),
                                             (["--ntlm", "-u", f"{USER}:wrong"], 401),
                                             (["--basic", "-u", f"{USER}:{PASSWORD}"], 200),
                                             (["--anyauth", "-u", f"{USER}:{PASSWORD}"], 200),
                                             ([], 401)])  # fmt: skip
def test_curl_is_let_in(fleet, options, status):
    """libcurl is the one that the daemon asks with, and its NTLM is another one than Python's."""
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}", "--noproxy", "*",
                           "--cacert", str(fleet.directory / "certificates.pem"), *options,
                           "-H", "Content-Type: application/soap+xml;charset=UTF-8", "-d", IDENTIFY,
                           f"https://{FIRST}:{PORT}/wsman"], capture_output=True, text=True, timeout=20)  # fmt: skip
    assert done.stdout == f"{status} 1"


def ntlm_challenge(fleet, connection):
    negotiate = base64.b64encode(b"NTLMSSP\0" + (1).to_bytes(4, "little") + bytes.fromhex("078208a2") + 24 * b"\0")
    connection.request("POST", "/wsman", headers={"Authorization": "NTLM " + negotiate.decode()})
    response = connection.getresponse()
    response.read()
    assert response.status == 401
    message = base64.b64decode(response.headers["WWW-Authenticate"].split()[1])
    assert message.startswith(b"NTLMSSP\0\x02\0\0\0")
    return message


def test_ntlm_challenges_are_fresh_and_complete(fleet):
    with contextlib.closing(connection(fleet)) as client:
        first, second = ntlm_challenge(fleet, client), ntlm_challenge(fleet, client)
    assert first[24:32] != second[24:32]
    length, offset = int.from_bytes(first[40:42], "little"), int.from_bytes(first[44:48], "little")
    info, pairs = first[offset : offset + length], {}
    while info[:2] != b"\0\0":
        size = int.from_bytes(info[2:4], "little")
        pairs[info[0]] = info[4 : 4 + size]
        info = info[4 + size :]
    assert pairs[1].decode("utf-16-le") == "TC-1" and pairs[2].decode("utf-16-le") == "TC-1"
    since_1601 = int.from_bytes(pairs[7], "little") / 1e7 - 11644473600
    assert abs(since_1601 - time.time()) < 5


@pytest.mark.parametrize("token", ["", "AAAA", "!!!!", "TlRMTVNTUAADAAAA",
                                   base64.b64encode(b"NTLMSSP\0\3\0\0\0" + 80 * b"\xff").decode()])  # fmt: skip
def test_ntlm_that_is_none_is_refused(fleet, token):
    with contextlib.closing(connection(fleet)) as client:
        ntlm_challenge(fleet, client)
        client.request("POST", "/wsman", IDENTIFY, {"Authorization": "NTLM " + token, **SOAP})
        assert client.getresponse().status == 401


def test_ntlm_is_of_the_connection(fleet):
    """What one connection has proved is nothing to another."""
    first = protocol(fleet, "ntlm")
    first.open_shell()
    assert post(fleet, IDENTIFY, user=None).status_code == 401


# --- HTTP -------------------------------------------------------------------------------------------------------------



BILLION = '<!DOCTYPE x [<!ENTITY a "b">]>' + IDENTIFY


@pytest.mark.parametrize(
    "options, status",
    [
        ({}, 200),
        ({"path": "/WSMan?PSVersion=5.1"}, 200),
        ({"path": "/"}, 404),
        ({"path": "/wsman2"}, 404),
        ({"path": "/?CAVIT"}, 404),
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"headers": {}}, 415),
        ({"headers": {"Content-Type": "text/xml"}}, 415),
        ({"headers": {"Content-Type": "application/soap+xmlish"}}, 415),
        ({"body": ""}, 400),
        ({"body": "hallo"}, 400),
        ({"body": IDENTIFY[:-3]}, 400),
        ({"body": BILLION}, 400),
        ({"body": IDENTIFY.replace("<s:Header/>", "<a>" * 40 + "</a>" * 40)}, 400),
        ({"body": "<a/>"}, 500),
        ({"body": IDENTIFY.replace("2003/05", "2001/12")}, 500),
        ({"body": IDENTIFY + " " * 500000}, 200),
    ],
)
def test_requests_of_all_sorts(fleet, options, status):
    answer = post(fleet, **{"body": IDENTIFY, **options})
    assert answer.status_code == status
    assert email.utils.parsedate_to_datetime(answer.headers["Date"]).tzinfo


@pytest.mark.parametrize("header, status", [("Content-Length: 524289", b"413"), ("Content-Length: -1", b"400"),
                                            ("Content-Length: x", b"400"),
                                            ("Transfer-Encoding: chunked", b"411")])  # fmt: skip
def test_bodies_that_can_not_be_read(fleet, header, status):
    with contextlib.closing(connection(fleet)) as client:
        client.connect()
        client.sock.sendall(f"POST /wsman HTTP/1.1\r\n{header}\r\n\r\n".encode())
        assert client.sock.recv(100)[9:12] == status


@pytest.mark.parametrize("size", [100, 300000])
def test_connections_are_kept(fleet, size):
    with contextlib.closing(connection(fleet)) as client:
        for _ in range(3):
            client.request("POST", "/wsman", IDENTIFY + size * " ", {**SOAP, **basic()})
            response = client.getresponse()
            assert response.status == 200 and b"IdentifyResponse" in response.read()
            first = client.sock
        assert client.sock is first


def test_who_waits_for_a_word_gets_it(fleet):
    context = ssl.create_default_context(cafile=str(fleet.directory / "certificates.pem"))
    head = "".join(f"{name}: {text}\r\n" for name, text in {**SOAP, **basic(), "Expect": "100-continue"}.items())
    with contextlib.closing(http.client.HTTPSConnection(FIRST, PORT, context=context, timeout=10)) as client:
        client.connect()
        client.sock.sendall(f"POST /wsman HTTP/1.1\r\n{head}Content-Length: {len(IDENTIFY)}\r\n\r\n".encode())
        assert client.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sock.sendall(IDENTIFY.encode())
        assert client.sock.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("skew", [0, 86400, -7200])
def test_clocks(fleet, skew):
    fleet.endpoint("TC-2", f"clock={skew}")
    now = datetime.datetime.now(datetime.timezone.utc)
    date = email.utils.parsedate_to_datetime(post(fleet, IDENTIFY, address=SECOND).headers["Date"])
    system = properties(select(protocol(fleet, address=SECOND), "SELECT * FROM Win32_OperatingSystem")[0])
    for there in (date, datetime.datetime.fromisoformat(system["LocalDateTime"])):
        assert abs((there - now).total_seconds() - skew) < 5


# --- identify, headers, faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("user, version", [(USER, "OS: 10.0.19045 SP: 0.0 Stack: 3.0"),
                                           (None, "OS: 0.0.0 SP: 0.0 Stack: 3.0")])  # fmt: skip
def test_identify(fleet, user, version):
    anonymous = {} if user else {"WSMANIDENTIFY": "unauthenticated"}
    answer = ET.fromstring(post(fleet, IDENTIFY, headers={**SOAP, **anonymous}, user=user).content)
    identity = answer.find("s:Body/wsmid:IdentifyResponse", NS)
    assert identity.findtext("wsmid:ProtocolVersion", None, NS) == NS["w"]
    assert identity.findtext("wsmid:ProductVendor", None, NS) == "Microsoft Corporation"
    assert identity.findtext("wsmid:ProductVersion", None, NS) == version


def test_only_identify_is_open_to_all(fleet):
    body = envelope(NS["n"] + "/Enumerate", WMI + "*", enumerate_request("SELECT * FROM Win32_Service"))
    assert post(fleet, body, headers={**SOAP, "WSMANIDENTIFY": "unauthenticated"}, user=None).status_code == 401


@pytest.mark.parametrize(
    "action, resource, body, code",
    [
        (NS["x"] + "/Put", CMD, "", 2150858753),
        (NS["n"] + "/Enumerate", CMD, enumerate_request(QUERY), 2150858753),
        (REGISTRY + "/DeleteKey", REGISTRY, f'<q:DeleteKey_INPUT xmlns:q="{REGISTRY}"/>', 2150858753),
        (NS["n"] + "/Enumerate", "http://example/nothing", enumerate_request(QUERY), 2150858752),
        (NS["n"] + "/Enumerate", WMI + "*", "<en:Pull/>", 2150858817),
        (NS["n"] + "/Pull", WMI + "*", "<en:Enumerate/>", 2150858817),
        (NS["n"] + "/Pull", WMI + "*", "<en:Pull/>", 2150858779),
        (NS["n"] + "/Release", WMI + "*", "<en:Release/>", 2150858779),
        (REGISTRY + "/GetDWORDValue", REGISTRY, f'<q:GetStringValue_INPUT xmlns:q="{REGISTRY}"/>', 2150858817),
        (REGISTRY + "/GetDWORDValue", REGISTRY, '<q:GetDWORDValue_INPUT xmlns:q="http://example"/>', 2150858817),
        (NS["x"] + "/Create", CMD, "<r:Shell/>", 2150858817),
        (NS["x"] + "/Create", CMD, "<r:CommandLine/>", 2150858817),
    ],
)
def test_faults(fleet, action, resource, body, code):
    assert fault_code(ask, protocol(fleet), action, resource, body) == code


@pytest.mark.parametrize("header", ["To", "ReplyTo", "MessageID", "ResourceURI", "Action"])
def test_headers_that_are_missing(fleet, header):
    whole = envelope(NS["n"] + "/Enumerate", WMI + "*", enumerate_request(QUERY))
    without = re.sub(rf"<(\w+):{header}\b.*?</\1:{header}>", "", whole, flags=re.DOTALL)
    client = protocol(fleet)
    assert without != whole and b"EnumerateResponse" in client.transport.send_message(whole)
    assert fault_code(client.transport.send_message, without) == 2150858769


@pytest.mark.parametrize("must, understood", [("true", False), ("1", False), ("false", True), ("0", True)])
def test_headers_that_must_be_understood(fleet, must, understood):
    header = f'<o:Strange xmlns:o="http://example" e:mustUnderstand="{must}">?</o:Strange>'
    whole = envelope(NS["n"] + "/Enumerate", WMI + "*", enumerate_request(QUERY), header=header)
    client = protocol(fleet)
    if understood:
        assert b"EnumerateResponse" in client.transport.send_message(whole)
    else:
        assert fault_code(client.transport.send_message, whole) == 2150858768
