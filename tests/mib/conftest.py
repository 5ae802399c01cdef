"""What the tests of the MIB share: where things are, and how the tools are called. Never a verdict."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = ROOT / "mib" / "AGENT-HEALTH-MIB.txt"
WARNINGS = ("-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wconversion "
            "-Wno-sign-conversion -Werror")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture(scope="session")
def base_mibs():
    folder = os.environ.get("AH_BASE_MIBS", "")
    if not (pathlib.Path(folder) / "SNMPv2-SMI.mib").is_file():
        pytest.fail("AH_BASE_MIBS must name the folder that holds SNMPv2-SMI.mib and the other base modules")
    return folder


@pytest.fixture
def smilint(base_mibs):
    """Everything that smilint has to say about a module's file, at its strictest."""

    def lint(path):
        result = run("smilint", "-s", "-m", "-l", "6", path, env={**os.environ, "SMIPATH": base_mibs})
        return result.stdout + result.stderr

    return lint


@pytest.fixture
def snmptranslate(base_mibs):
    """The lines that snmptranslate prints with the module in folder loaded."""

    def translate(*arguments, folder=MODULE.parent):
        result = run("snmptranslate", "-M", f"{base_mibs}:{folder}", "-m", "AGENT-HEALTH-MIB", *arguments)
        assert result.returncode == 0 and not result.stderr, result.stderr
        return result.stdout.splitlines()

    return translate


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The folder with the C side of the module."""
    folder = tmp_path_factory.mktemp("generated")
    result = run(sys.executable, "-B", MODULE.parent / "generate.py", MODULE, folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="session")
def compile_c(generated):
    """Compiles C files against the generated header with one compiler; returns the finished process."""

    def build(compiler, output, *sources):
        assert shutil.which(compiler), f"{compiler} is not installed"
        return run(compiler, "-std=gnu11", *WARNINGS.split(), f"-I{generated}", f"-I{MODULE.parent}", f"-I{ROOT}", "-o",
                   output, *sources)

    return build
