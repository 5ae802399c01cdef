"""fleetsim's endpoints have a registry and a shell like those of Windows."""

import datetime
import pathlib
import re
import sys
import time
import uuid

import pytest
import winrm

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wsman_client import (  # noqa: E402
    CMD,
    FIRST,
    NATIVE,
    NET,
    NS,
    OWN,
    PASSWORD,
    PORT,
    ROOT,
    SSNOTIFY,
    TRANSPORTS,
    USER,
    ask,
    create,
    fault_code,
    nt_hash,
    protocol,
    read_registry,
    receive,
    run,
)

# --- the registry -----------------------------------------------------------------------------------------------------

TODAY = datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.parametrize(
    "method, key, name, expected",
    [
        ("GetDWORDValue", ROOT + r"\iCRC Scan", "ScanType", (0, "1")),
        ("GetDWORDValue", ROOT.lower() + r"\icrc scan\SCAN SERVER", "locationprofile", (0, "1")),
        ("GetDWORDValue", ROOT + r"\Misc.", "InternalNonCrcPatternVer", (0, "1942980")),
        ("GetDWORDValue", ROOT + r"\Misc.", "PatternVer", (0, "0")),
        ("GetDWORDValue", ROOT + r"\Real Time Scan Configuration", "Enable", (0, "1")),
        ("GetStringValue", ROOT + r"\Misc.", "ProgramVer", (0, "14.0.0.12345")),
        ("GetStringValue", ROOT + r"\Misc.", "VsAPINT-Ver", (0, "23.600.1005")),
        ("GetStringValue", ROOT + r"\iCRC Scan\Scan Server", "LocalScanServerUrl", (0, "https://sps1.example/tmcss")),
        ("GetStringValue", ROOT, "Server", (0, "apex1")),
        ("GetStringValue", ROOT, "IP", (0, FIRST)),
        ("GetDWORDValue", ROOT, "ServerSSLPort", (0, "4343")),
        ("GetDWORDValue", ROOT, "LocalServerPort", (0, "21112")),
        ("GetStringValue", ROOT + r"\iCRC Scan", "", (0, "smart")),
        ("GetStringValue", ROOT + r"\Real Time Scan Configuration\Exclusion", "Files", (0, "")),
        ("GetDWORDValue", ROOT, "NoSuchValue", (2, None)),
        ("GetDWORDValue", ROOT + r"\NoSuchKey", "Enable", (2, None)),
        ("GetDWORDValue", "", "Enable", (2, None)),
        ("GetDWORDValue", NATIVE + r"\iCRC Scan", "ScanType", (2, None)),
        ("GetStringValue", ROOT + r"\iCRC Scan", "ScanType", (2147749893, None)),
        ("GetDWORDValue", ROOT, "Server", (2147749893, None)),
        ("GetDWORDValue", ROOT + r"\Misc.", "Counter", (2147749893, None)),
    ],
)
def test_registry_values(fleet, method, key, name, expected):
    assert read_registry(protocol(fleet), method, key, name) == expected


def test_other_hives_are_not_there(fleet):
    assert read_registry(protocol(fleet), "GetDWORDValue", ROOT + r"\iCRC Scan", "ScanType", hive=2147483649)[0] == 5


@pytest.mark.parametrize("view, wow64, native", [("wow64", 0, 2), ("native", 2, 0), ("both", 0, 0)])
@pytest.mark.parametrize("by_script", [True, False])
def test_views(lonely, view, wow64, native, by_script):
    fleet = lonely(winrm=f"winrm port={PORT} view={view if by_script else 'wow64'}")
    fleet.endpoint("PC-1", f"view={view}")
    client = protocol(fleet, address=OWN)
    assert read_registry(client, "GetStringValue", ROOT, "Server")[0] == wow64
    assert read_registry(client, "GetStringValue", NATIVE, "Server")[0] == native
    codes = [run(client, f'reg query "HKLM\\{NATIVE}" /v Server {option}')[2] for option in ("/reg:32", "/reg:64", "")]
    assert codes == [min(wow64, 1), min(native, 1), min(native, 1)]


@pytest.mark.parametrize(
    "settings, method, key, name, expected",
    [
        (r"reg.Misc.\PatternVer=1942980", "GetDWORDValue", r"\Misc.", "PatternVer", (0, "1942980")),
        (r"reg.misc.\patternver=7", "GetDWORDValue", r"\Misc.", "PatternVer", (0, "7")),
        (r"reg.Misc.\PatternVer=string:19.429.80", "GetStringValue", r"\Misc.", "PatternVer", (0, "19.429.80")),
        (r"reg.Misc.\PatternVer=19.429.80", "GetStringValue", r"\Misc.", "PatternVer", (0, "19.429.80")),
        (r"reg.Misc.\PatternVer=dword:4294967295", "GetDWORDValue", r"\Misc.", "PatternVer", (0, "4294967295")),
        (r"reg.Misc.\PatternVer=dword:-1", "GetDWORDValue", r"\Misc.", "PatternVer", (0, "4294967295")),
        (r"reg.Misc.\ProgramVer=dword:14", "GetDWORDValue", r"\Misc.", "ProgramVer", (0, "14")),
        (r"reg.Misc.\PatternVer=-", "GetDWORDValue", r"\Misc.", "PatternVer", (2, None)),
        (r"reg.iCRC_Scan\Scan_Server\LocationProfile=2", "GetDWORDValue", r"\iCRC Scan\Scan Server", "LocationProfile",
         (0, "2")),
        (r"reg.Real_Time_Scan_Configuration\Enable=0", "GetDWORDValue", r"\Real Time Scan Configuration", "Enable",
         (0, "0")),
        (r"reg.Domain=Tokyo_Sales", "GetStringValue", "", "Domain", (0, "Tokyo_Sales")),
        (r"reg.A_New\Key\Its_Value=dword:5", "GetDWORDValue", r"\A New\Key", "Its Value", (0, "5")),
        (r"reg.GUID=a=b<&>", "GetStringValue", "", "GUID", (0, "a=b<&>")),
        (r"reg.Misc.\PatternDate=today", "GetStringValue", r"\Misc.", "PatternDate", (0, TODAY.strftime("%Y%m%d"))),
        (r"reg.Misc.\PatternDate=today-30", "GetStringValue", r"\Misc.", "PatternDate",
         (0, (TODAY - datetime.timedelta(30)).strftime("%Y%m%d"))),
        ("installed=no", "GetStringValue", "", "Server", (2, None)),
    ],
)  # fmt: skip
def test_registry_values_by_script(lonely, settings, method, key, name, expected):
    fleet = lonely(f"endpoint PC-1 {settings}")
    assert read_registry(protocol(fleet, address=OWN), method, ROOT + key, name) == expected


@pytest.mark.parametrize("text, offset", [("now", 0), ("now-3600", -3600), ("now+60", 60)])
def test_times_in_the_registry(lonely, text, offset):
    fleet = lonely(rf"endpoint PC-1 reg.Misc.\LastUpdateTime={text}")
    client = protocol(fleet, address=OWN)
    for skew in (0, 86400):
        fleet.endpoint("PC-1", f"clock={skew}")
        code, seconds = read_registry(client, "GetDWORDValue", ROOT + r"\Misc.", "LastUpdateTime")
        assert code == 0 and abs(int(seconds) - time.time() - offset - skew) < 5


# --- the shell --------------------------------------------------------------------------------------------------------

NOT_FOUND = "ERROR: The system was unable to find the specified registry key or value.\r\n"
SYNTAX = 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'
HKLM = "HKEY_LOCAL_MACHINE\\"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_reg_by_the_session(fleet, transport):
    password = nt_hash(PASSWORD) if transport == "ntlm" else PASSWORD
    session = winrm.Session(f"https://{FIRST}:{PORT}/wsman", auth=(USER, password), transport=transport,
                            ca_trust_path=str(fleet.directory / "certificates.pem"), read_timeout_sec=10,
                            operation_timeout_sec=8)  # fmt: skip
    done = session.run_cmd("reg", ["query", rf'"HKLM\{ROOT}\iCRC Scan"', "/v", "ScanType"])
    assert done.std_out.decode() == f"\r\n{HKLM}{ROOT}\\iCRC Scan\r\n    ScanType    REG_DWORD    0x1\r\n\r\n"
    assert (done.std_err, done.status_code) == (b"", 0)
    done = session.run_cmd(f'type "{SSNOTIFY}"')
    assert done.std_out.startswith(b"[Notify]\r\n") and done.status_code == 0


@pytest.mark.parametrize(
    "command, out, errors, code",
    [
        (rf'reg query "HKLM\{ROOT}\Misc." /v ProgramVer', f"\r\n{HKLM}{ROOT}\\Misc.\r\n"
         "    ProgramVer    REG_SZ    14.0.0.12345\r\n\r\n", "", 0),
        (rf'REG.EXE QUERY "HKEY_LOCAL_MACHINE\{ROOT}\misc.\\" /v programver', f"\r\n{HKLM}{ROOT}\\misc.\r\n"
         "    ProgramVer    REG_SZ    14.0.0.12345\r\n\r\n", "", 0),
        (rf'reg query "HKLM\{NATIVE}\Misc." /v ProgramVer /reg:32', f"\r\n{HKLM}{NATIVE}\\Misc.\r\n"
         "    ProgramVer    REG_SZ    14.0.0.12345\r\n\r\n", "", 0),
        (rf'reg query "HKLM\{ROOT}\iCRC Scan" /ve', f"\r\n{HKLM}{ROOT}\\iCRC Scan\r\n"
         "    (Default)    REG_SZ    smart\r\n\r\n", "", 0),
        (rf'reg query "HKLM\{ROOT}\iCRC Scan"', f"\r\n{HKLM}{ROOT}\\iCRC Scan\r\n    (Default)    REG_SZ    smart\r\n"
         f"    ScanType    REG_DWORD    0x1\r\n\r\n{HKLM}{ROOT}\\iCRC Scan\\Scan Server\r\n", "", 0),
        (rf'reg query "HKLM\{ROOT}\Real Time Scan Configuration" /s',
         f"\r\n{HKLM}{ROOT}\\Real Time Scan Configuration\r\n    Enable    REG_DWORD    0x1\r\n\r\n"
         f"{HKLM}{ROOT}\\Real Time Scan Configuration\\Exclusion\r\n    Files    REG_SZ    \r\n\r\n", "", 0),
        (rf'reg query "HKLM\{ROOT}\iCRC Scan" /s /v LocationProfile',
         f"\r\n{HKLM}{ROOT}\\iCRC Scan\\Scan Server\r\n    LocationProfile    REG_DWORD    0x1\r\n\r\n"
         "End of search: 1 match(es) found.\r\n", "", 0),
        (rf'reg query "HKLM\{ROOT}" /v Nothing', "", NOT_FOUND, 1),
        (rf'reg query "HKLM\{ROOT}\Nothing"', "", NOT_FOUND, 1),
        (rf'reg query "HKLM\{NATIVE}"', "", NOT_FOUND, 1),
        (rf'reg query "HKCU\{ROOT}"', "", NOT_FOUND, 1),
        ("reg query", "", SYNTAX, 1),
        ("reg delete HKLM\\SOFTWARE", "", SYNTAX, 1),
        (rf'reg query "HKLM\{ROOT}" /x', "", SYNTAX, 1),
        (rf'reg query "HKLM\{ROOT}" /v', "", SYNTAX, 1),
        ("echo hallo Welt", "hallo Welt\r\n", "", 0),
        ("echo.", "\r\n", "", 0),
        ("echo", "ECHO is on.\r\n", "", 0),
        ("ECHO a & echo b", "a \r\nb\r\n", "", 0),
        ('echo "a & b"', '"a & b"\r\n', "", 0),
        ("cmd /c echo a", "a\r\n", "", 0),
        ('cmd.exe /C "echo a & echo b"', "a \r\nb\r\n", "", 0),
        ("type nothing.ini & echo x", "x\r\n", "The system cannot find the file specified.\r\n", 0),
        ("type nothing.ini && echo x", "", "The system cannot find the file specified.\r\n", 1),
        ("echo x && echo y", "x \r\ny\r\n", "", 0),
        (r'type "C:\Windows\ssnotify.ini"', "", "The system cannot find the file specified.\r\n", 1),
        ("whoami /all", "", "'whoami' is not recognized as an internal or external command,\r\n"
         "operable program or batch file.\r\n", 1),
        ("echo " + 9000 * "x", "", "The command line is too long.\r\n", 1),
    ],
    ids=lambda text: str(text)[:40],
)  # fmt: skip
def test_commands(fleet, command, out, errors, code):
    assert run(protocol(fleet), command) == (out, errors, code)


@pytest.mark.parametrize("key", [ROOT, r"SOFTWARE\WOW6432Node\TrendMicro"])
def test_reg_query_of_all(fleet, key):
    """All keys and values, read as a reader has to: names may have blanks, values may be empty."""
    out, errors, code = run(protocol(fleet), f'reg query "HKLM\\{key}" /s')
    assert (errors, code) == ("", 0) and out.replace("\r\n", "").isprintable()
    found, current = {}, None
    for line in out.split("\r\n"):
        if line.startswith(HKLM):
            current = line[len(HKLM) :]
        elif line:
            name, kind, text = re.fullmatch(r"    (.*?)    (REG_[A-Z_]+)    (.*)", line).groups()
            assert (current, name) not in found
            found[current, name] = kind, text
    assert found[ROOT + r"\Misc.", "InternalNonCrcPatternVer"] == ("REG_DWORD", hex(1942980))
    assert found[ROOT + r"\Misc.", "Program    Folder"] == ("REG_EXPAND_SZ", r"%ProgramFiles(x86)%\Trend Micro")
    assert found[ROOT + r"\Misc.", "NonCrcPatternDate"][1] in (TODAY.strftime("%Y%m%d"), datetime.datetime.now(
        datetime.timezone.utc).strftime("%Y%m%d"))  # fmt: skip
    assert found[ROOT + r"\Misc.", "PatternDate"] == ("REG_SZ", "")
    assert found[ROOT, "Application Path"][1] + "ssnotify.ini" == SSNOTIFY
    assert len(found) == 29 and [name for _, name in found].count("Enable") == 3


def test_a_list_as_a_client_asks(fleet):
    command = rf'reg query "HKLM\{ROOT}\iCRC Scan" /v ScanType & echo. & echo --- & type "{SSNOTIFY}"'
    out, errors, code = run(protocol(fleet), command)
    registry, _, file = out.partition("--- \r\n")
    assert "0x1" in registry and file.startswith("[Notify]\r\n") and (errors, code) == ("", 0)


def test_ssnotify_can_be_another_file(lonely, tmp_path):
    text = b"\xff\xfea\0=\0" + bytes(range(256)) * 1000
    (tmp_path / "mine.ini").write_bytes(text)
    fleet = lonely(f"endpoint PC-1 ssnotify={tmp_path}/mine.ini")
    client = protocol(fleet, address=OWN)
    shell = client.open_shell()
    out, errors, code = client.get_command_output(shell, client.run_command(shell, "type", [f'"{SSNOTIFY}"']))
    assert (out, errors, code) == (text, b"", 0)
    expanded = r'type "%ProgramFiles(x86)%\Trend Micro\Security Agent\ssnotify.ini"'
    assert client.get_command_output(shell, client.run_command(shell, expanded))[0] == text
    for setting in ("ssnotify=-", f"ssnotify={tmp_path}/mine.ini installed=no"):
        fleet.endpoint("PC-1", setting)
        assert run(client, f'type "{SSNOTIFY}"')[1:] == ("The system cannot find the file specified.\r\n", 1)


@pytest.mark.parametrize("command, arguments", [("reg", ["query", rf'"HKLM\{ROOT}"', "/v", "IP"]),
                                                ("cmd", ["/c", "echo x"])])  # fmt: skip
def test_programs_without_the_interpreter(fleet, command, arguments):
    assert run(protocol(fleet), command, *arguments, skip_cmd_shell=True)[2] == 0


@pytest.mark.parametrize("command", ["type x", "echo x", "whoami"])
def test_only_programs_without_the_interpreter(fleet, command):
    client = protocol(fleet)
    shell = client.open_shell()
    body, option = "<r:CommandLine><r:Command>%s</r:Command></r:CommandLine>" % command, '<m:OptionSet><m:Option \
        Name="WINRS_SKIP_CMD_SHELL">TRUE</m:Option></m:OptionSet>'
    code = fault_code(ask, client, NS["rsp"] + "/Command", CMD, body, shell=shell, header=option)
    client.close_shell(shell)
    assert code == 2147942402


def test_receiving_at_once(fleet):
    client = protocol(fleet)
    shell = client.open_shell()
    command = client.run_command(shell, f'reg query "HKLM\\{ROOT}" /s')
    out, ends, state, code, streams = receive(client, shell, command)
    client.close_shell(shell)
    assert (ends, state, code) == (["stdout", "stderr"], "Done", "0") and streams > 1 and out.endswith("\r\n\r\n")


def test_receiving_in_portions(lonely):
    fleet = lonely("endpoint PC-1 portions=2")
    client = protocol(fleet, address=OWN)
    shell = client.open_shell()
    for _ in range(2):
        command = client.run_command(shell, "echo 123456")
        assert receive(client, shell, command) == ("1234", [], "Running", None, 1)
        assert receive(client, shell, command) == ("56\r\n", ["stdout", "stderr"], "Done", "0", 1)
        client.cleanup_command(shell, command)


def test_signals(fleet):
    client = protocol(fleet)
    shell = client.open_shell()
    command = client.run_command(shell, "echo x")

    def signal(code):
        body = f'<r:Signal CommandId="{command}"><r:Code>{NS["rsp"]}/signal/{code}</r:Code></r:Signal>'
        return ask(client, NS["rsp"] + "/Signal", CMD, body, shell=shell)

    assert fault_code(signal, "hangup") == 2150858817
    signal("ctrl_c")
    assert receive(client, shell, command)[2:4] == ("Done", "-1073741510")
    signal("terminate")
    assert fault_code(receive, client, shell, command) == 2150858843
    assert fault_code(signal, "terminate") == 2150858843
    client.close_shell(shell)


def test_shells_that_are_not_there(fleet):
    client = protocol(fleet)
    shell = client.open_shell()
    nobody = str(uuid.uuid4()).upper()
    assert fault_code(receive, client, shell, nobody) == 2150858843
    client.close_shell(shell)
    for gone in (shell, nobody):
        assert fault_code(receive, client, gone, nobody) == 2150858843
        assert fault_code(ask, client, NS["x"] + "/Delete", CMD, "", shell=gone) == 2150858843


def test_shells_are_limited_and_counted(lonely):
    fleet = lonely()
    client = protocol(fleet, address=OWN)
    shells = [create(client)[0] for _ in range(30)]
    assert fault_code(create, client) == 2150859173
    assert fleet.stats("PC-1.winrm")["shells_open"] == 30 and fleet.stats()["shells_open"] == 30
    create(protocol(fleet, address=f"{NET}.41.2"))
    client.close_shell(shells[7])
    assert fleet.stats()["shells_open"] == 30
    create(client)


@pytest.mark.parametrize("asked, kept", [("PT60S", "PT60.000S"), ("PT5M", "PT300.000S"), ("PT1H", "PT3600.000S"),
                                         ("soon", "PT7200.000S"), ("PT999999S", "PT7200.000S")])  # fmt: skip
def test_idle_times(fleet, asked, kept):
    client = protocol(fleet)
    shell, idle = create(client, asked)
    client.close_shell(shell)
    assert idle == kept


def test_idle_shells_end(fleet):
    client = protocol(fleet)
    before = fleet.stats("TC-1.winrm")["shells_open"]
    shell, _ = create(client, "PT2S")
    for _ in range(3):  # what is used is not idle
        time.sleep(0.9)
        client.run_command(shell, "echo x")
    assert fleet.stats("TC-1.winrm")["shells_open"] == before + 1
    time.sleep(2.5)
    assert fleet.stats("TC-1.winrm")["shells_open"] == before
    assert fault_code(ask, client, NS["x"] + "/Delete", CMD, "", shell=shell) == 2150858843


def test_shells_can_be_denied(lonely):
    fleet = lonely("endpoint PC-1 shell=denied")
    client = protocol(fleet, address=OWN)
    assert fault_code(create, client) == 5
    assert read_registry(client, "GetStringValue", ROOT, "Server") == (0, "apex1")
    fleet.endpoint("PC-1", "shell=allowed")
    create(client)
