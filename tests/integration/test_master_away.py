"""snmpd is absent, restarted, hung: probing goes on, SNMP comes back by itself, every transition is told once."""

import resource
import signal
import time

import pytest

from processes import SHORT, wait_until

AGENTS = 20


def offline_indexes(traps):
    return sorted(value for name, varbinds in traps if name == "ahAgentOffline"
                  for varbind, _, value in varbinds if varbind == "ahAgentIndex")


def requests(scene):
    return scene.fleet.stats("PC-00001..PC-%05d" % AGENTS)["requests"]


def back_in_service(scene):
    wait_until("SNMP is back", lambda: scene.snmpd.manager(1).get("ahFleetAgents") == AGENTS, 30)


def test_absent_at_the_start(scene):
    scene.start_fleet(AGENTS).write_conf()
    scene.trapd.start()
    scene.daemon.start()
    wait_until("probing", lambda: requests(scene) >= 3 * AGENTS)
    scene.fleet.set("PC-00002", "refused")
    time.sleep(3)  # the verdict falls while nobody can be told
    scene.snmpd.start()
    back_in_service(scene)
    assert offline_indexes(scene.trapd.wait_for(1)) == [2]
    scene.fleet.set("PC-00003", "refused")
    assert offline_indexes(scene.trapd.wait_for(2)) == [2, 3]


def test_restarted_again_and_again(scene):
    times = 3 if SHORT else 10
    scene.start(AGENTS)
    for number in range(1, times + 1):
        scene.snmpd.stop()
        scene.fleet.set(f"PC-{number:05d}", "refused")
        scene.snmpd.start()
        back_in_service(scene)
    traps = scene.trapd.wait_for(times)
    wait_until("nothing is queued", lambda: scene.manager.get("ahNotificationsQueued") == 0)
    assert offline_indexes(scene.trapd.received()) == list(range(1, times + 1)), "each once"
    assert len(traps) == times
    assert scene.manager.get("ahMasterReconnects") >= times
    assert scene.manager.get("ahFleetOffline") == times


@pytest.mark.alone
def test_hung_for_a_while(scene):
    hung_s = 6 if SHORT else 20
    scene.start(AGENTS)
    before = requests(scene)
    scene.snmpd.signal(signal.SIGSTOP)
    scene.fleet.set("PC-00001..PC-00005", "refused")
    gaps, last, start = [], before, time.monotonic()
    changed = start
    while time.monotonic() < start + hung_s:
        time.sleep(0.1)
        now = requests(scene)
        if now != last:
            gaps.append(time.monotonic() - changed)
            last, changed = now, time.monotonic()
    asked = last - before
    scene.snmpd.signal(signal.SIGCONT)
    assert asked >= (AGENTS - 5) * (hung_s - 3), "every agent that listens was asked about once a second"
    assert max(gaps) < 2.5, "probing never paused"
    back_in_service(scene)
    scene.trapd.wait_for(5)
    scene.fleet.set("PC-00006", "refused")
    scene.trapd.wait_for(6)
    assert offline_indexes(scene.trapd.received()) == [1, 2, 3, 4, 5, 6], "each once"


def test_two_thousand_descriptors_are_open_at_the_start(scene):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = min(hard, 8192)
    assert room > 3000, f"the limit of open files is {hard}"
    scene.start_fleet(AGENTS).write_conf()
    scene.trapd.start()
    scene.snmpd.start()
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))
        held = [open("/dev/null", "rb") for _ in range(2000)]
        scene.daemon.start(pass_fds=[file.fileno() for file in held])
    finally:
        for file in held:
            file.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    back_in_service(scene)
    assert len(list((scene.proc() / "fd").iterdir())) > 2000
    wait_until("verdicts", lambda: scene.manager.get("ahFleetHealthy") == AGENTS)
    scene.snmpd.stop()
    scene.snmpd.start()
    back_in_service(scene)
    scene.fleet.set("PC-00002", "refused")
    assert offline_indexes(scene.trapd.wait_for(1)) == [2]
