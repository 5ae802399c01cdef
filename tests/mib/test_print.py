"""Printing the module for a root: the C function, judged by both MIB compilers."""

import pathlib
import subprocess

import pytest

from conftest import MODULE, run

HERE = pathlib.Path(__file__).parent
DEFAULT = "1.3.6.1.4.1.8072.9999.9999.6101"


@pytest.fixture(scope="session")
def printer(compile_c, generated):
    binary = generated / "print_root"
    built = compile_c("gcc", binary, HERE / "print_root.c", MODULE.parent / "print_mib.c", generated / "ah_mib_text.c")
    assert built.returncode == 0, built.stderr
    return binary


def test_default_root_prints_the_file(printer):
    assert run(printer, *DEFAULT.split(".")).stdout == MODULE.read_text()


@pytest.mark.parametrize("root", [
    "1.3.6.1.4.1.32473", "1.3.6.1.4.1.32473.1.2.3.4.5.6.7.8.9", "1.3.6.1.4.1.8072.9999.9999.6102",
    "1.3.6.1.4.1.8072.9999.9999.6101.1", "1.3.6.1.3.77", "1.3.6.1.6.77.1", "2.16.840.1",
])
def test_other_roots(printer, smilint, snmptranslate, tmp_path, root):
    path = tmp_path / MODULE.name
    printed = run(printer, *root.split("."))
    assert printed.returncode == 0
    path.write_text(printed.stdout)
    assert smilint(path) == ""
    assert snmptranslate("-On", "AGENT-HEALTH-MIB::ahAgentName", folder=tmp_path) == [f".{root}.1.5.1.2"]
    assert snmptranslate("-On", "AGENT-HEALTH-MIB::ahAgentOffline", folder=tmp_path) == [f".{root}.0.7"]
    assert max(map(len, printed.stdout.splitlines())) <= 78


@pytest.mark.parametrize("root", ["1.3", "3.1.1", "1.40.1", "1.3" + ".1" * 118])
def test_no_root(printer, root):
    printed = run(printer, *root.split("."))
    assert (printed.stdout, printed.stderr) == ("", "Invalid argument\n")


def test_longest_root(printer):
    assert run(printer, *("1.3" + ".1" * 117).split(".")).returncode == 0


def test_full_disk_is_reported(printer):
    with open("/dev/full", "w") as full:
        result = subprocess.run([printer, *DEFAULT.split(".")], stdout=full, stderr=subprocess.PIPE, text=True,
                                timeout=60)
    assert (result.returncode, result.stderr) == (1, "No space left on device\n")
