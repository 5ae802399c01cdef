"""What is installed: the files, in their places, and that what they say is true."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / os.environ.get("AH_BUILD", "dev")
DOCS = "share/doc/agenthealthd"
FILES = {
    "sbin/agenthealthd", "share/man/man8/agenthealthd.8", "share/snmp/mibs/AGENT-HEALTH-MIB.txt",
    *(f"{DOCS}/{name}" for name in ("agenthealthd.conf.example", "snmpd.conf.example", "snmptrapd.conf.example",
                                    "README.md", "CHANGELOG.md", "LICENSE", "nms.md")),
    "share/agenthealthd/nms/ah-resync",
}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


def test_these_files_and_no_others_are_installed(prefix):
    assert {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()} == FILES


def test_the_program_runs_from_there_and_prints_the_module_beside_it(prefix):
    module = (prefix / "share/snmp/mibs/AGENT-HEALTH-MIB.txt").read_text()
    assert run(prefix / "sbin/agenthealthd", "--print-mib") == module


def test_the_example_is_what_the_program_prints(prefix):
    example = (prefix / DOCS / "agenthealthd.conf.example").read_text()
    assert example == run(prefix / "sbin/agenthealthd", "--print-config")


def test_the_manual_has_every_option_and_is_good_roff(prefix):
    manual = prefix / "share/man/man8/agenthealthd.8"
    text = manual.read_text()
    assert "@" not in re.sub(r"@\w*\.example", "", text)
    keys = set(re.findall(r"^;? ?(\w+) = ", run(prefix / "sbin/agenthealthd", "--print-config"), re.M))
    assert len(keys) > 40
    for key in keys:
        assert f".B {key}\n" in text, key
    for option in re.findall(r"^  (-\w|--[\w-]+)", run(prefix / "sbin/agenthealthd", "--help"), re.M):
        assert option.replace("-", r"\-") in text, option
    complaints = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", manual], capture_output=True, text=True)
    assert (complaints.returncode, complaints.stderr) == (0, "")
