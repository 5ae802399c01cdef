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
    "lib/systemd/system/agenthealthd.service", "lib/sysusers.d/agenthealthd.conf", "lib/tmpfiles.d/agenthealthd.conf",
    *(f"{DOCS}/{name}" for name in ("agenthealthd.conf.example", "snmpd.conf.example", "snmptrapd.conf.example",
                                    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/decisions.md",
                                    "docs/measurements.md", "docs/nms.md", "tests/fleet/README.md")),
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


def test_the_manual_names_the_files_that_are_installed(prefix):
    text = (prefix / "share/man/man8/agenthealthd.8").read_text().replace(r"\-", "-")
    files = text[text.index("\n.SH FILES\n"):text.index("\n.SH EXAMPLES\n")]
    named = re.findall(r"^\.IR? (share/\S+)", files, re.M)
    assert named == ["share/snmp/mibs/AGENT-HEALTH-MIB.txt", "share/agenthealthd/nms/ah-resync", DOCS]
    assert all((prefix / name).exists() for name in named)
    unit = (prefix / "lib/systemd/system/agenthealthd.service").read_text()
    assert re.search(r"^\.I (/etc/\S+)$", files, re.M).group(1) in unit


def anchors(text):
    """Where a link within a page may lead: its headings, as renderers of Markdown name them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.M)}


def test_links_of_the_documents_lead_somewhere(prefix):
    links = 0
    for page in prefix.rglob("*.md"):
        text = page.read_text()
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
            path, _, anchor = target.partition("#")
            assert (page.parent / path).exists(), f"{page}: {target}"
            assert not anchor or anchor in anchors((page.parent / path).read_text() if path else text), f"{page}: {target}"
            links += 1
    assert links > 5


def test_the_unit_is_good_and_starts_the_program_beside_it(prefix):
    unit = prefix / "lib/systemd/system/agenthealthd.service"
    assert f"\nExecStart={prefix}/sbin/agenthealthd " in unit.read_text()
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_the_unit_is_as_confined_as_the_readme_says(prefix):
    unit = prefix / "lib/systemd/system/agenthealthd.service"
    told = re.search(r"`systemd-analyze security` rates it (\d\.\d)", (ROOT / "README.md").read_text()).group(1)
    rated = run("systemd-analyze", "security", "--offline=true", unit)
    assert f"Overall exposure level for agenthealthd.service: {told} " in rated, rated


def test_the_user_and_the_folders_are_made(tmp_path):
    """As at an installation for good, but below another root."""
    run("env", f"DESTDIR={tmp_path}", "cmake", "--install", BUILD, "--prefix", "/usr/local")
    assert "\nExecStart=/usr/local/sbin/agenthealthd " in (
        tmp_path / "usr/local/lib/systemd/system/agenthealthd.service").read_text()
    (tmp_path / "etc").mkdir()
    run("systemd-sysusers", f"--root={tmp_path}")
    name, _, uid, gid, _, home, shell = (tmp_path / "etc/passwd").read_text().strip().split(":")
    assert (name, home, shell) == ("agenthealthd", "/var/lib/agenthealthd", "/usr/sbin/nologin")
    assert (tmp_path / "etc/group").read_text() == f"agenthealthd:x:{gid}:\n"
    run("systemd-tmpfiles", "--create", f"--root={tmp_path}")
    uid, gid = int(uid), int(gid)
    for path, owner in (("etc/agenthealthd", 0), ("var/lib/agenthealthd", uid), ("var/lib/agenthealthd/feed", uid)):
        status = (tmp_path / path).stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (owner, gid, 0o750), path
