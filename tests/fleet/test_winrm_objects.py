"""fleetsim's endpoints answer queries in WQL as Windows does, and each is what a script says."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wsman_client import (  # noqa: E402
    FIRST,
    NET,
    NS,
    OWN,
    QUERY,
    SERVER,
    WMI,
    ask,
    begin,
    fault_code,
    properties,
    protocol,
    pull,
    select,
)

# --- objects ----------------------------------------------------------------------------------------------------------


def test_whole_objects_are_of_their_class(fleet):
    (item,) = select(protocol(fleet), "SELECT * FROM Win32_Service WHERE Name='ntrtscan'")
    assert item.tag == f"{{{WMI}Win32_Service}}Win32_Service"
    assert item.get(f"{{{NS['xsi']}}}type").endswith(":Win32_Service_Type")
    assert all(element.tag.startswith(f"{{{WMI}Win32_Service}}") for element in item)
    found = properties(item)
    assert (found["Name"], found["State"], found["StartMode"]) == ("ntrtscan", "Running", "Auto")
    assert found["InstallDate"] is None and found["SystemName"] == "TC-1" and found["Started"] == "true"


def test_chosen_properties_are_a_fragment(fleet):
    (item,) = select(protocol(fleet), "select state, NAME from win32_service where name = \"NTRTSCAN\"")
    assert item.tag == f"{{{NS['w']}}}XmlFragment"
    assert {element.tag: element.text for element in item} == {"Name": "ntrtscan", "State": "Running"}


def test_datetimes_and_arrays(fleet):
    client = protocol(fleet)
    whole = select(client, "SELECT * FROM Win32_OperatingSystem")[0]
    when = whole.find(f"{{{WMI}Win32_OperatingSystem}}LocalDateTime")
    assert [element.tag for element in when] == [f"{{{NS['cim']}}}Datetime"]
    fragment = select(client, "SELECT LocalDateTime FROM Win32_OperatingSystem")[0]
    assert [element.tag for element in fragment.find("LocalDateTime")] == ["Datetime"]
    fleet.endpoint("TC-1", "addresses=10.1.2.3,fe80::1")
    adapters = "SELECT IPAddress FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled="
    assert properties(select(client, adapters + "TRUE")[0]) == {"IPAddress": ["10.1.2.3", "fe80::1"]}
    assert properties(select(client, adapters + "FALSE")[0]) == {"IPAddress": None}
    fleet.endpoint("TC-1", f"addresses={FIRST}")
    adapters = "SELECT DefaultIPGateway FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled=TRUE"
    assert properties(select(client, adapters)[0]) == {"DefaultIPGateway": "10.0.0.1"}
    fleet.endpoint("TC-1", "gateways=10.1.0.1,fe80::1")
    assert properties(select(client, adapters)[0]) == {"DefaultIPGateway": ["10.1.0.1", "fe80::1"]}
    fleet.endpoint("TC-1", "gateways=-")
    assert properties(select(client, adapters)[0]) == {"DefaultIPGateway": None}
    fleet.endpoint("TC-1", "gateways=10.0.0.1")


@pytest.mark.parametrize(
    "where, expected",
    [
        ("Name='ntrtscan' OR Name='tmlisten'", ["ntrtscan", "tmlisten"]),
        ("Name='tmusa' OR Name='ntrtscan'", ["ntrtscan", "tmusa"]),
        ("Name='ntrtscan' AND State='Stopped'", []),
        ("Name='ntrtscan' AND (State='Stopped' OR Started=TRUE)", ["ntrtscan"]),
        ("NOT Started=TRUE AND StartMode='Disabled'", ["RemoteRegistry"]),
        ("Name LIKE 'tm%' AND Name LIKE '%_n'", ["tmlisten"]),
        ("Name LIKE 't_usa'", ["tmusa"]),
        ("Name >= 'w' AND Name < 'winrn' AND Name <> 'W32Time'", ["WinRM"]),
        ("InstallDate IS NOT NULL", []),
        ("InstallDate = NULL AND Name = 'Beep'", ["Beep"]),
        ("ExitCode > 0 AND Name != 'BITS' AND Name <= 'S'", ["RemoteRegistry"]),
        (r"PathName = 'C:\\Windows\\system32\\spoolsv.exe'", ["Spooler"]),
        (r"DisplayName = 'it\'s'", []),
        ("Name = 'A' OR Name = 'Beep' AND Name = 'disk' OR Name = 'disk'", ["disk"]),
    ],
)
def test_conditions(fleet, where, expected):
    items = select(protocol(fleet), f"SELECT Name FROM Win32_BaseService WHERE {where}")
    assert sorted((properties(item)["Name"] for item in items), key=str.lower) == expected


def test_a_base_class_has_the_objects_of_both(fleet):
    client = protocol(fleet)
    names = {"Win32_Service": [], "Win32_SystemDriver": []}
    for item in select(client, "SELECT * FROM Win32_BaseService"):
        names[item.tag.rpartition("}")[2]].append(properties(item)["Name"])
    for name, expected in names.items():
        assert [properties(item)["Name"] for item in select(client, f"SELECT * FROM {name}")] == expected
        assert {"ntrtscan", "tmlisten"} <= set(expected) or "tmusa" in expected


def test_a_class_may_be_the_resource(fleet):
    body = "<en:Enumerate><m:OptimizeEnumeration/><m:MaxElements>9</m:MaxElements></en:Enumerate>"
    answer = ask(protocol(fleet), NS["n"] + "/Enumerate", WMI + "Win32_OperatingSystem", body)
    (item,) = answer.find("n:EnumerateResponse/w:Items", NS)
    assert properties(item)["Caption"] == "Microsoft Windows 10 Pro"


@pytest.mark.parametrize(
    "wql, code",
    [
        ("SELECT * FROM Win32_Toaster", 2150858752),
        ("SELECT Flavour FROM Win32_Service", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Flavour='x'", 2150858778),
        ("SELECT ProcessId FROM Win32_BaseService", 2150858778),
        ("SELECT * FROM Win32_PingStatus", 2150858778),
        ("SELECT * FROM Win32_PingStatus WHERE Timeout=1", 2150858778),
        ("SELECT", 2150858778),
        ("", 2150858778),
        ("SELECT * FROM", 2150858778),
        ("DELETE FROM Win32_Service", 2150858778),
        ("SELECT Name State FROM Win32_Service", 2150858778),
        ("SELECT Name, FROM Win32_Service", 2150858778),
        ("SELECT * FROM Win32_Service WHERE", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name='x", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name='C:\\x'", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name=x", 2150858778),
        ("SELECT * FROM Win32_Service WHERE (Name='x'", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name='x' AND", 2150858778),
        ("SELECT * FROM Win32_Service x", 2150858778),
        ("SELECT * FROM Win32_Service WHERE " + "NOT " * 100 + "Name='x'", 2150858778),
        ("SELECT * FROM Win32_Service WHERE " + " OR ".join(100 * ["Name='x'"]), 2150858778),
        ("SELECT " + ",".join(100 * ["Name"]) + " FROM Win32_Service", 2150858778),
        ("SELECT * FROM Win32_Service WHERE Name='" + 300 * "x" + "'", 2150858778),
    ],
    ids=lambda text: str(text)[:40],
)
def test_queries_that_are_none(fleet, wql, code):
    assert fault_code(begin, protocol(fleet), wql) == code


def test_other_dialects(fleet):
    assert fault_code(begin, protocol(fleet), QUERY, dialect="http://www.w3.org/TR/xpath") == 2150858777


@pytest.mark.parametrize("optimized", [True, False])
@pytest.mark.parametrize("most", [1, 3, 100])
def test_pulling(fleet, optimized, most):
    client = protocol(fleet)
    expected = [properties(item)["Name"] for item in select(client, "SELECT Name FROM Win32_Service", most=200)]
    answer = begin(client, "SELECT Name FROM Win32_Service", most=most, optimized=optimized)
    sizes, names, context = [], [], answer.findtext("n:EnumerationContext", None, NS)
    if optimized:
        names = [properties(item)["Name"] for item in answer.find("w:Items", NS)]
        sizes = [len(names)]
    else:
        assert answer.find("w:Items", NS) is None
    while answer.find("w:EndOfSequence", NS) is None and answer.find("n:EndOfSequence", NS) is None:
        assert context.startswith("uuid:")
        answer = pull(client, context, most)
        items = [properties(item)["Name"] for item in answer.find("n:Items", NS)]
        sizes.append(len(items))
        names += items
    assert names == expected and len(expected) == 12
    assert sizes == [most] * (12 // most) + ([12 % most] if 12 % most else [])
    if sizes != [12] or not optimized:
        assert fault_code(pull, client, context, most) == 2150858779  # it is over


def test_an_empty_result(fleet):
    assert select(protocol(fleet), "SELECT * FROM Win32_Service WHERE Name='none'") == []


def test_release(fleet):
    client = protocol(fleet)
    context = begin(client, "SELECT * FROM Win32_Service", most=1).findtext("n:EnumerationContext", None, NS)
    body = f"<en:Release><en:EnumerationContext>{context}</en:EnumerationContext></en:Release>"
    assert len(ask(client, NS["n"] + "/Release", WMI + "*", body)) == 0
    assert fault_code(pull, client, context, 1) == 2150858779


def test_enumerations_that_nobody_ends_are_forgotten(fleet):
    client = protocol(fleet)
    contexts = [begin(client, "SELECT Name FROM Win32_Service", most=1).findtext("n:EnumerationContext", None, NS)
                for _ in range(60)]  # fmt: skip
    assert fault_code(pull, client, contexts[0], 1) == 2150858779
    assert len(pull(client, contexts[-1], 1).find("n:Items", NS)) == 1


# --- what an endpoint is like -----------------------------------------------------------------------------------------


def unit(client, name, kind="Win32_BaseService"):
    found = select(client, f"SELECT Name,State,StartMode FROM {kind} WHERE Name='{name}'")
    return (properties(found[0])["State"], properties(found[0])["StartMode"]) if found else None


@pytest.mark.parametrize(
    "settings, name, expected",
    [
        ("", "ntrtscan", ("Running", "Auto")),
        ("service.ntrtscan=Stopped", "ntrtscan", ("Stopped", "Auto")),
        ("service.ntrtscan=StartPending", "ntrtscan", ("Start Pending", "Auto")),
        ("service.ntrtscan=Stopped startmode.ntrtscan=Disabled", "ntrtscan", ("Stopped", "Disabled")),
        ("service.tmlisten=Paused", "tmlisten", ("Paused", "Auto")),
        ("service.ntrtscan=-", "ntrtscan", None),
        ("service.NewName=Running", "newname", ("Running", "Auto")),
        ("driver.tmusa=Stopped", "tmusa", ("Stopped", "Auto")),
        ("driver.tmusa=-", "tmusa", None),
        ("installed=no", "ntrtscan", None),
        ("installed=no", "tmusa", None),
        ("installed=no", "Spooler", ("Running", "Auto")),
    ],
)
def test_services_and_drivers(lonely, settings, name, expected):
    fleet = lonely(*([f"endpoint PC-1 {settings}"] if settings else []))
    assert unit(protocol(fleet, address=OWN), name) == expected


PING = ["StatusCode", "ProtocolAddress", "PrimaryAddressResolutionStatus"]


@pytest.mark.parametrize(
    "settings, name, expected",
    [
        ("", "apex1", ["0", SERVER, "0"]),
        ("", SERVER, ["0", SERVER, "0"]),
        ("", "PC-3", ["0", f"{NET}.41.3", "0"]),
        ("", "nowhere.example", [None, "", "11001"]),
        ("", "192.0.2.9", ["11010", "", "0"]),
        ("ping=11010", "apex1", ["11010", "", "0"]),
        ("ping=11003", SERVER, ["11003", "", "0"]),
        ("ping=unresolved", "APEX1", [None, "", "11001"]),
        ("ping.address=10.9.9.9", "apex1", ["0", "10.9.9.9", "0"]),
        ("ping.other.example=0", "other.example", ["0", SERVER, "0"]),
        ("ping.192.0.2.9=0", "192.0.2.9", ["0", "192.0.2.9", "0"]),
        ("ping.other.example=11013", "other.example", ["11013", "", "0"]),
        ("reg.Server=apex9.example", "apex9.example", ["0", SERVER, "0"]),
        ("reg.Server=apex9.example ping=11010", "apex9.example", ["11010", "", "0"]),
    ],
)
def test_pings(lonely, settings, name, expected):
    fleet = lonely(*([f"endpoint PC-1 {settings}"] if settings else []))
    wql = f"SELECT {','.join(PING)},ResponseTime FROM Win32_PingStatus WHERE Address='{name}' AND Timeout=500"
    (item,) = select(protocol(fleet, address=OWN), wql)
    found = properties(item)
    assert [found[name] for name in PING] == expected
    assert (found["ResponseTime"] is None) == (expected[0] != "0")


def test_pings_of_several(fleet):
    wql = "SELECT Address,StatusCode FROM Win32_PingStatus WHERE Address='apex1' OR Address='nowhere'"
    found = [properties(item) for item in select(protocol(fleet), wql)]
    assert found == [{"Address": "apex1", "StatusCode": "0"}, {"Address": "nowhere", "StatusCode": None}]


def test_systems(lonely):
    fleet = lonely("endpoint PC-1 os.caption=Microsoft_Windows_Server_2022_Standard os.version=10.0.20348 os.type=3")
    wql = "SELECT Caption,Version,BuildNumber,ProductType FROM Win32_OperatingSystem"
    assert properties(select(protocol(fleet, address=OWN), wql)[0]) == {
        "Caption": "Microsoft Windows Server 2022 Standard", "Version": "10.0.20348", "BuildNumber": "20348",
        "ProductType": "3"}  # fmt: skip
    fleet.endpoint("PC-1", "os.caption=- os.type=-")
    found = properties(select(protocol(fleet, address=OWN), wql)[0])
    assert found["Caption"] is None and found["ProductType"] is None


def test_settings_are_of_their_endpoint_alone(lonely):
    fleet = lonely("endpoint PC-1 service.ntrtscan=Stopped")
    assert unit(protocol(fleet, address=f"{NET}.41.2"), "ntrtscan") == ("Running", "Auto")
    assert fleet.endpoint("PC-1..PC-2,PC-1.winrm,apex1", "service.ntrtscan=Paused") == {"targets": 2}
    assert fleet.endpoint("winrms", "os.type=3") == {"targets": 3}
    assert fleet.endpoint("all", "os.type=3") == {"targets": 3}
    assert unit(protocol(fleet, address=f"{NET}.41.2"), "ntrtscan") == ("Paused", "Auto")
