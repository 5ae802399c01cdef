"""Configurations and inventories that are wrong: -t names file, section or line, and key; its exit code is 1."""

import os
import shutil
import subprocess

import pytest

from processes import BINARY, agenthealthd

BASE = "[server apex1]\nurl = http://127.0.0.1:14343\n"
AGENT = "[agent PC-1]\naddress = 127.0.0.1\n"
ROWS = "Endpoint,IP Address,Listening Port,GUID,Domain Hierarchy\n"
INVENTORY = BASE + "[inventory]\ncsv = agents.csv\n"

# What the file holds, and what each line of complaint must begin with behind "FILE: ".
FAULTS = {
    "unknown section": (BASE + "[surprise]\nkey = 1\n", "[surprise]"),
    "section of a driver that is not there": (BASE + "[probe sensor]\nenabled = yes\n", "[probe sensor]"),
    "unknown key": (BASE + "[policy]\ncolour = blue\n", "[policy] colour"),
    "duplicate key": (BASE + "[policy]\nrise = 1\nrise = 2\n", "[policy] rise"),
    "duplicate section": (BASE + AGENT + AGENT, "[agent PC-1]"),
    "empty value": (BASE + "[policy]\nrise =\n", "[policy] rise"),
    "out of range": (BASE + "[probe listener]\nport = 70000\n", "[probe listener] port"),
    "not a number": (BASE + "[policy]\nfall = often\n", "[policy] fall"),
    "a unit that is none": (BASE + "[probe listener]\ninterval_s = 60s\n", "[probe listener] interval_s"),
    "a long line": (BASE + "[policy]\nrise = 1" + " " * 1100 + "\n", ""),
    "unreadable secret": (BASE + "[snmp]\nmode = master\nlisten = udp:127.0.0.1:1161\naccess_conf = missing.conf\n",
                          "[snmp] access_conf"),
    "secret that others can read": (BASE + "[snmp]\nmode = master\nlisten = udp:127.0.0.1:1161\naccess_conf = open.conf\n",
                                    "[snmp] access_conf"),
    "two agents with one key": (BASE + "[agent PC-1]\naddress = 127.0.0.1\nguid = abc-1\n"
                                "[agent PC-2]\naddress = 127.0.0.2\nguid = ABC-1\n", "[agent PC-2]"),
    "agent without an address": (BASE + "[agent PC-1]\ngroup = HQ\n", "[agent PC-1] address"),
    "agent of an unknown server": (BASE + AGENT + "server = apex9\n", "[agent PC-1] server"),
    "master without access": (BASE + "[snmp]\nmode = master\n", "[snmp] access_conf"),
    "feed folder that is missing": (BASE + "[probe feed]\ndirectory = nowhere\n", "[probe feed] directory"),
    "inventory that is missing": (BASE + "[inventory]\ncsv = nowhere.csv\n", "[inventory] csv"),
    "inventory that is a folder": (BASE + "[inventory]\ncsv = /tmp\n", "[inventory] csv"),
    "a URL that is none": ("[server apex1]\nurl = apex1.example\n", "[server apex1] url"),
    "a URL with credentials": ("[server apex1]\nurl = https://me:secret@apex1.example\n", "[server apex1] url"),
    "a root that is no OID": (BASE + "[snmp]\nroot_oid = 9.9.9.9\n", "[snmp] root_oid"),
    "an unknown word": (BASE + "[policy]\nabsent = perhaps\n", "[policy] absent"),
    "no section": ("rise = 1\n" + BASE, ""),
    "a name of 300 bytes": (BASE + f"[agent {'x' * 300}]\naddress = 127.0.0.1\n", ""),
    "a name with control characters": (BASE + "[agent PC\x07]\naddress = 127.0.0.1\n", ""),
    "binary": (bytes(range(1, 256)) * 16, ""),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_is_named_with_its_place(scene, kind):
    content, place = FAULTS[kind]
    opened = scene.directory / "open.conf"
    opened.write_text("rocommunity public\n")
    opened.chmod(0o644)
    scene.conf.write_bytes(content if isinstance(content, bytes) else content.encode())
    bad = agenthealthd("-c", scene.conf, "-t")
    assert bad.returncode == 1 and bad.stdout == ""
    lines = bad.stderr.splitlines()
    assert any(line.startswith(f"{scene.conf}: {place}") for line in lines), bad.stderr
    assert "secret@" not in bad.stderr


def test_every_fault_is_named_not_the_first_alone(scene):
    scene.conf.write_text(BASE + "[policy]\nrise = 0\nfall = 0\n[probe listener]\nport = x\n[moon]\n")
    bad = agenthealthd("-c", scene.conf, "-t")
    for place in ("[policy] rise: ", "[policy] fall: ", "[probe listener] port: ", "[moon]"):
        assert f"{scene.conf}: {place}" in bad.stderr


@pytest.mark.parametrize("path,what", [("missing.conf", "No such file"), (".", "directory")])
def test_a_configuration_that_can_not_be_read(scene, path, what):
    bad = agenthealthd("-c", scene.directory / path, "-t")
    assert bad.returncode == 1 and what in bad.stderr and str(scene.directory) in bad.stderr


def test_a_configuration_that_may_not_be_read(scene):
    scene.conf.write_text(BASE)
    scene.conf.chmod(0)
    scene.directory.chmod(0o755)
    own = shutil.copy(BINARY, scene.directory)  # which anybody may run, wherever the tree is
    user = {"user": 65534, "group": 65534} if os.getuid() == 0 else {}
    bad = subprocess.run([own, "-c", scene.conf, "-t"], capture_output=True, text=True, cwd="/", **user)
    assert bad.returncode == 1 and "Permission denied" in bad.stderr


# Rows, and the line that is complained about; all other rows are used.
BAD_ROWS = {
    "a missing column": ("PC-1\nPC-2,127.0.0.2,21112,,HQ\n", 2),
    "no address": ("PC-1,,21112,,HQ\nPC-2,127.0.0.2,21112,,HQ\n", 2),
    "no name": (",127.0.0.1,21112,,HQ\nPC-2,127.0.0.2,21112,,HQ\n", 2),
    "a port that is none": ("PC-2,127.0.0.2,21112,,HQ\nPC-1,127.0.0.1,99999,,HQ\n", 3),
    "a name of 300 bytes": (f"{'x' * 300},127.0.0.1,21112,,HQ\nPC-2,127.0.0.2,21112,,HQ\n", 2),
    "control characters": ("PC\x01,127.0.0.1,21112,,HQ\nPC-2,127.0.0.2,21112,,HQ\n", 2),
    "the same key twice": ("PC-2,127.0.0.2,21112,g-1,HQ\nPC-1,127.0.0.1,21112,G-1,HQ\n", 3),
    "invalid UTF-8": (b"PC-2,127.0.0.2,21112,,HQ\nPC-\xff,127.0.0.1,21112,,HQ\n", 3),
    "unbalanced quotes": ('PC-2,127.0.0.2,21112,,HQ\n"PC-1,127.0.0.1,21112,,HQ\n', 3),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_named_by_its_line_and_the_others_count(scene, kind):
    rows, line = BAD_ROWS[kind]
    scene.csv.write_bytes(ROWS.encode() + (rows if isinstance(rows, bytes) else rows.encode()))
    scene.conf.write_text(INVENTORY)
    bad = agenthealthd("-c", scene.conf, "-t")
    assert bad.returncode == 1
    assert f"{scene.csv}: line {line}: " in bad.stderr, bad.stderr


@pytest.mark.parametrize("content", [b"", b"\n", b"Endpoint\nPC-1\n", b"Name,Place\nPC-1,127.0.0.1\n",
                                     bytes(range(1, 256)) * 16])
def test_an_inventory_without_its_columns_can_not_be_used(scene, content):
    scene.csv.write_bytes(content)
    scene.conf.write_text(INVENTORY)
    bad = agenthealthd("-c", scene.conf, "-t")
    assert bad.returncode == 1 and f"{scene.csv}: " in bad.stderr


@pytest.mark.parametrize("encoding,bom", [("UTF-8", b""), ("UTF-8", b"\xef\xbb\xbf"), ("UTF-16", None),
                                          ("Shift_JIS", b"")])
def test_exports_in_the_encodings_of_consoles_are_read(scene, encoding, bom):
    text = "端末,アドレス\nノートPC-01,127.0.0.1\n"
    scene.csv.write_bytes((bom or b"") + text.encode(encoding))
    scene.conf.write_text(INVENTORY + f"encoding = {encoding}\ncolumn_name = 端末\ncolumn_address = アドレス\n")
    good = agenthealthd("-c", scene.conf, "-t")
    assert (good.returncode, good.stderr) == (0, "") and "1 agents" in good.stdout
