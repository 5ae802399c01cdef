"""Asks the endpoints of a fleetsim: by python3-winrm, which knows nothing of it, or by envelopes made here. What comes
back is read by Python's own XML reader. It checks of an answer only that it is whole."""

import base64
import http.client
import pathlib
import ssl
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET

import pytest
import requests
import winrm
from winrm.exceptions import WinRMTransportError

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import network  # noqa: E402

NET = network()
PORT = 25986
FIRST, SECOND = f"{NET}.40.1", f"{NET}.40.2"  # of the estate that tests share
OWN = f"{NET}.41.1"  # of a test's own
SERVER = f"{NET}.42.1"
USER, PASSWORD = "monitor", "secret"
ROOT = r"SOFTWARE\WOW6432Node\TrendMicro\PC-cillinNTCorp\CurrentVersion"
NATIVE = r"SOFTWARE\TrendMicro\PC-cillinNTCorp\CurrentVersion"
SSNOTIFY = r"C:\Program Files (x86)\Trend Micro\Security Agent\ssnotify.ini"
TRANSPORTS = ["basic", "ntlm"]

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "wsmid": "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
    "cim": "http://schemas.dmtf.org/wbem/wscim/1/common",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
WMI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
REGISTRY = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv"
CMD = NS["rsp"] + "/cmd"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
SOAP = {"Content-Type": "application/soap+xml;charset=UTF-8"}
IDENTIFY = (
    f'<s:Envelope xmlns:s="{NS["s"]}"><s:Header/><s:Body><i:Identify xmlns:i="{NS["wsmid"]}"/></s:Body></s:Envelope>'
)
QUERY = "SELECT * FROM Win32_OperatingSystem"


def nt_hash(password):
    """What python3-winrm takes for a password in NTLM: MD4 is not to be had from Python, but from openssl."""
    digest = subprocess.run(["openssl", "dgst", "-md4", "-provider", "legacy", "-provider", "default", "-r"],
                            input=password.encode("utf-16-le"), capture_output=True, check=True).stdout  # fmt: skip
    return 32 * "0" + ":" + digest.decode().split()[0]


def protocol(fleet, transport="basic", user=USER, password=PASSWORD, address=FIRST, scheme="https", **options):
    if transport == "ntlm":
        password = nt_hash(password)
    if scheme == "https":
        options.setdefault("ca_trust_path", str(fleet.directory / "certificates.pem"))
    return winrm.Protocol(f"{scheme}://{address}:{PORT}/wsman", transport=transport, username=user, password=password,
                          read_timeout_sec=10, operation_timeout_sec=8, message_encryption="never",
                          **options)  # fmt: skip


def run(client, command, *arguments, **options):
    """Runs a command as python3-winrm does. Returns its output, its errors, its exit code."""
    shell = client.open_shell(codepage=65001)
    command = client.run_command(shell, command, arguments, **options)
    try:
        out, errors, code = client.get_command_output(shell, command)
    finally:
        client.cleanup_command(shell, command)
        client.close_shell(shell)
    return out.decode(), errors.decode(), code


# --- HTTP, by hand ----------------------------------------------------------------------------------------------------


def connection(fleet, address=FIRST):
    context = ssl.create_default_context(cafile=str(fleet.directory / "certificates.pem"))
    return http.client.HTTPSConnection(address, PORT, timeout=10, context=context)


def post(fleet, body, path="/wsman", headers=SOAP, user=USER, address=FIRST, method="POST"):
    return requests.request(method, f"https://{address}:{PORT}{path}", data=body, headers=headers, timeout=10,
                            auth=(user, PASSWORD) if user else None,
                            verify=str(fleet.directory / "certificates.pem"))  # fmt: skip


def basic(user=USER, password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# --- envelopes, by hand -----------------------------------------------------------------------------------------------


def envelope(action, resource, body, shell=None, message_id=None, header=""):
    selector = f'<m:SelectorSet><m:Selector Name="ShellId">{shell}</m:Selector></m:SelectorSet>' if shell else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>
        <e:Envelope xmlns:e="{NS["s"]}" xmlns:ad="{NS["a"]}" xmlns:m="{NS["w"]}" xmlns:en="{NS["n"]}"
                    xmlns:r="{NS["rsp"]}">
        <e:Header><ad:To>https://endpoint:5986/wsman</ad:To>
        <ad:ReplyTo><ad:Address e:mustUnderstand="true">{NS["a"]}/role/anonymous</ad:Address></ad:ReplyTo>
        <m:MaxEnvelopeSize e:mustUnderstand="true">512000</m:MaxEnvelopeSize>
        <ad:MessageID>{message_id or f"uuid:{uuid.uuid4()}"}</ad:MessageID><m:OperationTimeout>PT5S</m:OperationTimeout>
        <m:ResourceURI e:mustUnderstand="true">{resource}</m:ResourceURI>
        <ad:Action e:mustUnderstand="true">{action}</ad:Action>{selector}{header}</e:Header>
        <e:Body>{body}</e:Body></e:Envelope>"""


def ask(client, action, resource, body, **options):
    """Sends an envelope; returns the body of the answer. A fault is raised as the transport's error."""
    message_id = f"uuid:{uuid.uuid4()}"
    message = envelope(action, resource, body, message_id=message_id, **options)
    root = ET.fromstring(client.transport.send_message(message))
    assert root.findtext("s:Header/a:RelatesTo", None, NS) == message_id
    assert root.findtext("s:Header/a:MessageID", None, NS).startswith("uuid:")
    assert root.findtext("s:Header/a:Action", None, NS) == action + "Response"
    return root.find("s:Body", NS)


def fault_code(call, *arguments, **options):
    """The code of the fault by which a request is answered, which must be whole."""
    with pytest.raises(WinRMTransportError) as caught:
        call(*arguments, **options)
    assert caught.value.code == 500
    fault = ET.fromstring(caught.value.response_text).find("s:Body/s:Fault", NS)
    assert fault.findtext("s:Reason/s:Text", None, NS).strip()
    assert fault.findtext("s:Detail/f:WSManFault/f:Message", None, NS).strip()
    return int(fault.find("s:Detail/f:WSManFault", NS).get("Code"))


def enumerate_request(wql, most=None, optimized=True, dialect=WQL):
    optimize = "<m:OptimizeEnumeration/>" if optimized else ""
    most = f"<m:MaxElements>{most}</m:MaxElements>" if most else ""
    wql = wql.replace("&", "&amp;").replace("<", "&lt;")
    return f'<en:Enumerate>{optimize}{most}<m:Filter Dialect="{dialect}">{wql}</m:Filter></en:Enumerate>'


def begin(client, wql, resource=WMI + "*", **options):
    answer = ask(client, NS["n"] + "/Enumerate", resource, enumerate_request(wql, **options))
    return answer.find("n:EnumerateResponse", NS)


def pull(client, context, most):
    elements = f"<en:EnumerationContext>{context}</en:EnumerationContext><en:MaxElements>{most}</en:MaxElements>"
    body = f"<en:Pull>{elements}</en:Pull>"
    return ask(client, NS["n"] + "/Pull", WMI + "*", body).find("n:PullResponse", NS)


def value(element):
    if element.get(f"{{{NS['xsi']}}}nil") == "true":
        return None
    children = list(element)
    return children[0].text if children else element.text or ""


def properties(item):
    """An item's properties, by name; where a name comes more than once, all that it says."""
    found = {}
    for element in item:
        found.setdefault(element.tag.rpartition("}")[2], []).append(value(element))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def select(client, wql, **options):
    """All items of a query, by Enumerate and as many Pulls as it takes."""
    answer = begin(client, wql, **options)
    items = list(answer.find("w:Items", NS) if answer.find("w:Items", NS) is not None else [])
    while answer.find("w:EndOfSequence", NS) is None and answer.find("n:EndOfSequence", NS) is None:
        answer = pull(client, answer.findtext("n:EnumerationContext", None, NS), options.get("most", 20))
        items += list(answer.find("n:Items", NS))
    return items


def read_registry(client, method, key, name, hive=2147483650):
    answer = ask(client, f"{REGISTRY}/{method}", REGISTRY,
                 f'<q:{method}_INPUT xmlns:q="{REGISTRY}"><q:hDefKey>{hive}</q:hDefKey>'
                 f"<q:sSubKeyName>{key}</q:sSubKeyName><q:sValueName>{name}</q:sValueName>"
                 f"</q:{method}_INPUT>")  # fmt: skip
    output = answer.find(f"{{{REGISTRY}}}{method}_OUTPUT")
    found = properties(output)
    return int(found.pop("ReturnValue")), found.popitem()[1]


def receive(client, shell, command):
    """One Receive: what came of each stream, whether each ended, the state, the exit code."""
    body = f'<r:Receive><r:DesiredStream CommandId="{command}">stdout stderr</r:DesiredStream></r:Receive>'
    answer = ask(client, NS["rsp"] + "/Receive", CMD, body, shell=shell).find("rsp:ReceiveResponse", NS)
    streams = answer.findall("rsp:Stream", NS)
    assert all(stream.get("CommandId") == command for stream in streams)
    state = answer.find("rsp:CommandState", NS)
    out = [base64.b64decode(s.text, validate=True).decode() for s in streams if s.get("Name") == "stdout" and s.text]
    return (
        "".join(out),
        [s.get("Name") for s in streams if s.get("End") == "true"],
        state.get("State").rpartition("/")[2],
        state.findtext("rsp:ExitCode", None, NS),
        len([s for s in streams if s.text]),
    )


def create(client, idle="PT60S"):
    body = f"<r:Shell><r:IdleTimeOut>{idle}</r:IdleTimeOut><r:InputStreams>stdin</r:InputStreams>" \
           "<r:OutputStreams>stdout stderr</r:OutputStreams></r:Shell>"  # fmt: skip
    answer = ask(client, NS["x"] + "/Create", CMD, body)
    shell = answer.find("rsp:Shell", NS)
    path = "x:ResourceCreated/a:ReferenceParameters/w:SelectorSet/w:Selector"
    assert answer.findtext(path, None, NS) == shell.findtext("rsp:ShellId", None, NS)
    assert shell.findtext("rsp:OutputStreams", None, NS) == "stdout stderr"
    return shell.findtext("rsp:ShellId", None, NS), shell.findtext("rsp:IdleTimeOut", None, NS)
