"""Options, exit codes and outputs, without SNMP."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

import mibnames
from processes import BINARY, agenthealthd, wait_until
from scene import address


def test_help_and_version():
    shown = agenthealthd("--help")
    source = (mibnames.ROOT / "daemon" / "main.c").read_text()
    longs = re.findall(r'\{ "([a-z-]+)", (?:no|required)_argument', source)
    shorts = re.search(r'getopt_long\(argc, argv, "([^"]+)"', source).group(1).replace(":", "")
    assert len(longs) >= 7 and len(shorts) >= 8
    for option in [f"--{name}" for name in longs] + [f"-{letter}" for letter in shorts]:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", shown.stdout), option
    assert shown.returncode == 0
    version = agenthealthd("--version")
    assert version.returncode == 0 and version.stdout.startswith("agenthealthd 0.")


@pytest.mark.parametrize("arguments", [[], ["--surprise"], ["-c"], ["-c", "x", "surplus"], ["--json", "-c", "x"],
                                       ["-c", "x", "-l", "loud"]])
def test_a_wrong_command_line_is_two(arguments):
    wrong = agenthealthd(*arguments)
    assert wrong.returncode == 2 and wrong.stderr and not wrong.stdout


def test_a_good_configuration_is_zero_and_says_what_it_holds(scene):
    scene.write_csv(["PC-1", "PC-2"])
    good = agenthealthd("-c", scene.write_conf(), "-t")
    assert (good.returncode, good.stderr) == (0, "")
    assert "2 agents" in good.stdout and "1 servers" in good.stdout


def test_the_printed_example_is_a_good_configuration(scene):
    example = agenthealthd("--print-config")
    assert example.returncode == 0
    scene.conf.write_text(example.stdout)
    checked = agenthealthd("-c", scene.conf, "-t")
    assert (checked.returncode, checked.stderr) == (0, "")
    nobody = "nobody is watched before [inventory], an [agent NAME] or a console names agents"
    assert checked.stdout == f"{scene.conf}: good: 0 agents, 0 servers: {nobody}\n"
    daemon = scene.daemon.start()
    wait_until("it says so", lambda: nobody in daemon.log())


# What -1 finds: behaviours of the two agents, the exit code, the icons.
SWEEPS = [
    ("healthy", "healthy", 0, ["healthy", "healthy"]),
    ("healthy", "refused", 1, ["healthy", "offline"]),
    ("refused", "hang", 1, ["offline", "offline"]),
]


@pytest.mark.parametrize("first,second,code,icons", SWEEPS)
def test_one_sweep_prints_the_fleet_and_its_code_is_the_verdict(scene, first, second, code, icons):
    scene.start_fleet(2).write_conf()
    scene.fleet.set("PC-00001", first)
    scene.fleet.set("PC-00002", second)
    table = agenthealthd("-c", scene.conf, "-1")
    assert table.returncode == code
    lines = table.stdout.splitlines()
    assert len(lines) == 3 and "agent" in lines[0].lower()
    for line, name, icon in zip(lines[1:], ("PC-00001", "PC-00002"), icons):
        assert line.split()[0] == name and icon in line.split()
    machine = agenthealthd("-c", scene.conf, "-1", "--json")
    assert machine.returncode == code
    rows = json.loads(machine.stdout)["agents"]
    assert [(row["agent"], row["icon"]) for row in rows] == list(zip(("PC-00001", "PC-00002"), icons))
    assert all(type(row["rtt_ms"]) is int for row in rows)
    assert rows[0]["cause"] == ("none" if first == "healthy" else "refused")


def test_one_sweep_with_nothing_but_unknown_is_two(scene):
    scene.use_feed().set("probe listener", enabled="no").start_fleet(2).write_conf()
    machine = agenthealthd("-c", scene.conf, "-1", "--json")
    assert machine.returncode == 2
    assert [row["rtt_ms"] for row in json.loads(machine.stdout)["agents"]] == [None, None]


def test_one_sweep_reads_the_feed(scene):
    scene.start_fleet(2, feed=True).write_conf()
    scene.fleet.ask("feed PC-00002 realtimescan.enabled=no")
    machine = agenthealthd("-c", scene.conf, "-1", "--json")
    assert [row["icon"] for row in json.loads(machine.stdout)["agents"]] == ["healthy", "realTimeScanDisabled"]
    assert machine.returncode == 1


def test_one_sweep_of_a_configuration_that_can_not_be_used_is_one(scene):
    scene.conf.write_text("[surprise]\n")
    bad = agenthealthd("-c", scene.conf, "-1")
    assert bad.returncode == 1 and f"{scene.conf}: [surprise]" in bad.stderr and not bad.stdout


def test_the_module_is_printed_for_the_configured_root(scene):
    own = mibnames.ROOT / "mib" / "AGENT-HEALTH-MIB.txt"
    assert agenthealthd("--print-mib").stdout == own.read_text()
    scene.set("snmp", root_oid="1.3.6.1.4.1.99999.7").write_conf()
    printed = agenthealthd("-c", scene.conf, "--print-mib")
    assert printed.returncode == 0
    path = scene.directory / "AGENT-HEALTH-MIB"
    path.write_text(printed.stdout)
    base = subprocess.check_output([mibnames.ROOT / "tools" / "base-mibs"], text=True).strip()
    lint = subprocess.run(["smilint", "-s", "-m", "-l", "6", path], capture_output=True, text=True,
                          env={**os.environ, "SMIPATH": base})
    assert lint.stdout + lint.stderr == ""
    name = subprocess.run(["snmptranslate", "-M", f"{base}:{scene.directory}", "-m", "AGENT-HEALTH-MIB", "-On",
                           "AGENT-HEALTH-MIB::ahAgentName"], capture_output=True, text=True)
    assert name.stdout.strip() == ".1.3.6.1.4.1.99999.7.1.5.1.2", name.stderr


def test_a_second_one_with_the_same_pid_file_refuses_to_start(scene):
    scene.start_fleet(1).write_conf()
    pid_path = scene.directory / "pid"
    scene.snmpd.start()
    scene.daemon.start("-p", pid_path)
    wait_until("the pid file", lambda: pid_path.exists() and pid_path.read_text().strip())
    assert int(pid_path.read_text()) == scene.daemon.popen.pid
    second = agenthealthd("-c", scene.conf, "-f", "-p", pid_path)
    assert second.returncode == 3 and "another one is running" in second.stderr
    assert scene.daemon.stop() == 0 and not pid_path.exists()


def test_a_file_that_is_no_pid_file_is_left_alone(scene):
    done = agenthealthd("-c", scene.write_conf(), "-f", "-p", scene.conf)
    assert done.returncode == 3 and "it is there, and no pid file" in done.stderr
    assert "[collector]" in scene.conf.read_text()


def test_nobody_is_no_user(scene):
    done = agenthealthd("-c", scene.write_conf(), "-t", "-u", "")
    assert done.returncode == 2 and "-u takes the name of a user" in done.stderr


def test_a_second_signal_does_not_break_the_stop(scene):
    scene.start(1)
    scene.daemon.signal(signal.SIGTERM)
    for _ in range(20):
        scene.daemon.signal(signal.SIGTERM)
        time.sleep(0.01)
    assert scene.daemon.popen.wait(5) == 0


def is_alive(pid):
    """False for a zombie, too: whose child it is by now, is not ours to say."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_without_f_it_goes_to_the_background(scene):
    scene.start_fleet(1).write_conf()
    pid_path = scene.directory / "pid"
    started = subprocess.run([BINARY, "-c", scene.conf.name, "-p", pid_path.name], cwd=scene.directory,
                             capture_output=True, timeout=20)
    assert started.returncode == 0
    pid = int(wait_until("the pid file", lambda: pid_path.exists() and pid_path.read_text().strip()))
    os.kill(pid, 15)
    wait_until("its end", lambda: not pid_path.exists() and not is_alive(pid))


def test_one_sweep_tells_of_a_server_that_is_down(scene):
    scene.start_fleet(2).write_conf()
    assert agenthealthd("-c", scene.conf, "-1").stderr.count("apex1") == 0
    scene.fleet.set("apex1", "refused")
    swept = agenthealthd("-c", scene.conf, "-1")
    assert swept.returncode == 0 and "server apex1: the host answers, but nobody listens" in swept.stderr


def test_a_start_that_fails_is_told_to_who_started_it(scene):
    secret = scene.directory / "access.conf"
    secret.write_text("rocommunity public 127.0.0.1\n")
    secret.chmod(0o600)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        scene.set("snmp", mode="master", access_conf=secret, listen=f"udp:127.0.0.1:{taken.getsockname()[1]}")
        started = agenthealthd("-c", scene.write_conf())
    assert started.returncode == 3
    assert "can not listen on" in started.stderr


def test_an_agent_of_the_configuration_overrides_its_row(scene):
    scene.start_fleet(2)
    scene.set("agent PC-00002", address=address(1), port=scene.agent_port).write_conf()
    scene.fleet.set("PC-00002", "refused")
    assert agenthealthd("-c", scene.conf, "-1").returncode == 0
