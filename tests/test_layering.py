"""The layering check accepts this tree, and can fail: each kind of breach, planted in a small tree, is named."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / os.environ.get("AH_BUILD", "dev")


def check(*options):
    return subprocess.run([sys.executable, HERE / "layering.py", *options], capture_output=True, text=True)


def test_this_tree_keeps_its_layers():
    result = check("--core-archive", BUILD / "core" / "libah_core.a")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.fixture
def tree(tmp_path):
    """A small tree that is in order: one header a folder, and a source that includes it."""
    for folder in ("core", "mib", "probes", "agentx", "daemon"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}_a.h").write_text("#include <stdint.h>\n")
        (tmp_path / folder / "a.c").write_text(f'#include "{folder}_a.h"\n')
    return tmp_path


def test_a_tree_in_order_passes(tree):
    assert check("--root", tree).returncode == 0


@pytest.mark.parametrize("folder,header", [
    ("core", '"daemon/daemon_a.h"'), ("core", '"probes/probes_a.h"'), ("core", "<curl/curl.h>"),
    ("core", '"../agentx/agentx_a.h"'), ("core", '"ah_mib.h"'), ("mib", '"core/core_a.h"'),
    ("mib", "<net-snmp/net-snmp-config.h>"), ("probes", '"agentx/agentx_a.h"'),
    ("probes", "<net-snmp/net-snmp-config.h>"), ("probes", '"mib/mib_a.h"'), ("probes", "<sqlite3.h>"),
    ("agentx", '"probes/probes_a.h"'), ("agentx", "<curl/curl.h>"), ("agentx", "<event2/event.h>"),
    ("agentx", '"daemon/daemon_a.h"'), ("daemon", "<net-snmp/net-snmp-config.h>"), ("daemon", '"stranger.h"'),
])
def test_a_breach_is_named_with_its_line(tree, folder, header):
    with open(tree / folder / "a.c", "a") as source:
        source.write(f"/* why */\n#include {header}\n")
    result = check("--root", tree)
    assert result.returncode == 1 and result.stdout.startswith(f"{folder}/a.c:3: ")


@pytest.mark.parametrize("header", ['"core/core_a.h"', '"mib/mib_a.h"', '"probes/probes_a.h"', '"agentx/agentx_a.h"',
                                    "<sqlite3.h>", "<event2/event.h>", "<libsmartcols/libsmartcols.h>"])
def test_the_daemon_may_know_all(tree, header):
    (tree / "daemon" / "a.c").write_text(f"#include {header}\n")
    assert check("--root", tree).returncode == 0


CALL = """#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
void f(void);
void f(void) { CALL; }
"""


@pytest.mark.parametrize("call", ["time(0)", 'fopen("x", "r")', "clock_gettime(0, 0)", "pthread_mutex_lock(0)",
                                  "socket(1, 1, 0)", 'printf("%d", 1)', 'syslog(1, "x")'])
def test_what_core_must_not_call_is_seen_in_its_archive(tree, call):
    source, archive = tree / "call.c", tree / "libah_core.a"
    source.write_text(CALL.replace("CALL", call))
    subprocess.run(["gcc", "-w", "-O0", "-c", source, "-o", tree / "call.o"], check=True)
    subprocess.run(["ar", "rc", archive, tree / "call.o"], check=True)
    result = check("--root", tree, "--core-archive", archive)
    assert result.returncode == 1 and f"{call.split('(')[0]}()" in result.stdout


def test_an_empty_tree_is_no_success(tmp_path):
    assert check("--root", tmp_path).returncode == 2
