"""Feed files that are broken, wrong or huge: one counted, logged error each, and the last facts stay."""

import datetime

import pytest

from processes import wait_until

SICK = 2
FEED_DRIVER = 4
GOOD = """[agent]
name = PC-00002
time = {time}
addresses = 127.0.0.1
mode = normal
[realtimescan]
enabled = yes
service = {service}
"""


def stamp(offset_s=0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def put(scene, content, name="PC-00002.ini"):
    """By rename, as an endpoint does."""
    draft = scene.feed / ".draft"
    draft.write_bytes(content if isinstance(content, bytes) else content.encode())
    draft.rename(scene.feed / name)


STOPPED = GOOD.replace("{service}", "stopped")
BAD = {
    "half-written": lambda: GOOD.format(time=stamp(), service="stopped")[:60],
    "cut in a key": lambda: GOOD.format(time=stamp(), service="stopped")[:-15],
    "empty": lambda: "",
    "binary": lambda: bytes(range(256)) * 64,
    "zero bytes": lambda: STOPPED.format(time=stamp()).replace("stopped", "stop\0ped"),
    "from the future": lambda: STOPPED.format(time=stamp(3600)),
    "no time": lambda: STOPPED.format(time=""),
    "a time that is none": lambda: STOPPED.format(time="yesterday"),
    "of somebody else": lambda: STOPPED.format(time=stamp()).replace("PC-00002", "PC-00001"),
    "an unknown key": lambda: STOPPED.format(time=stamp()) + "colour = blue\n",
    "an unknown section": lambda: STOPPED.format(time=stamp()) + "[moon]\nphase = full\n",
    "a value that is none": lambda: STOPPED.format(time=stamp()).replace("enabled = yes", "enabled = perhaps"),
    "a long line": lambda: STOPPED.format(time=stamp()) + f"; {'x' * 2000}\n",
}


def errors(scene):
    """Answers of the feed that are not good, by the counters of ahProbeAnswerTable."""
    return sum(count for (driver, cause), count in scene.manager.column("ahProbeAnswers").items()
               if driver == FEED_DRIVER and cause != 2)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_error_and_changes_no_facts(scene, kind):
    scene.use_feed().set("probe feed", interval_s=3600).start_asked(2)
    put(scene, GOOD.format(time=stamp(), service="running"))
    wait_until("the good facts", lambda: scene.manager.enum("ahProtectionRealTimeScanService", SICK) == "running")
    before, lines = errors(scene), scene.daemon.log().count("feed: PC-00002")
    put(scene, BAD[kind]())
    wait_until("the error is counted", lambda: errors(scene) == before + 1)
    assert scene.manager.enum("ahProtectionRealTimeScanService", SICK) == "running"
    assert scene.daemon.log().count("feed: PC-00002") == lines + 1, "one line in the log"
    put(scene, STOPPED.format(time=stamp()))
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")


def test_a_huge_file_is_refused_and_not_read_into_memory(scene):
    scene.use_feed().start_asked(2)
    before = errors(scene)
    huge = scene.feed / ".huge"
    with open(huge, "wb") as file:
        file.write(GOOD.format(time=stamp(), service="stopped").encode())
        file.truncate(100 << 20)
    huge.rename(scene.feed / "PC-00002.ini")
    wait_until("the error is counted", lambda: errors(scene) > before)
    status = (scene.proc() / "status").read_text()
    peak_kib = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    assert peak_kib < (1 << 20), f"{peak_kib} KiB"
    assert scene.manager.enum("ahProtectionRealTimeScanService", SICK) == "unknown"


def test_a_file_of_an_unknown_agent_is_said_once_and_harms_nobody(scene):
    scene.use_feed().start_asked(2)
    put(scene, GOOD.format(time=stamp(), service="running").replace("PC-00002", "STRANGER"), "STRANGER.ini")
    put(scene, STOPPED.format(time=stamp()))
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")
    said = f"feed: 1 files in {scene.feed} belong to no configured agent"
    wait_until("it is said", lambda: said in scene.daemon.log())
    assert scene.daemon.log().count("no configured agent") == 1
    assert scene.manager.get("ahFleetAgents") == 2


def test_missing_keys_are_unknown_not_false(scene):
    scene.use_feed().start_asked(2)
    put(scene, f"[agent]\nname = PC-00002\ntime = {stamp()}\n[server]\nreachable = yes\n")
    wait_until("the agent side", lambda: scene.manager.enum("ahConnectionAgentSide", SICK) == "online")
    assert scene.manager.enum("ahProtectionRealTimeScan", SICK) == "unknown"
    assert scene.manager.enum("ahProtectionMode", SICK) == "unknown"
    assert scene.conditions(SICK) == set()


def test_the_file_of_an_agent_that_comes_back_is_read_again(scene):
    scene.use_feed().start_asked(2)
    put(scene, STOPPED.format(time=stamp()))
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")
    scene.write_csv(["PC-00001"])
    scene.daemon.reload()
    wait_until("it is gone", lambda: scene.manager.get("ahFleetAgents") == 1)
    scene.write_csv(["PC-00001", "PC-00002"])
    scene.daemon.reload()
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")


def test_a_feed_that_is_switched_on_again_is_read_anew(scene):
    scene.use_feed().start_asked(2)
    put(scene, STOPPED.format(time=stamp()))
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")

    def read(times):
        wait_until(f"read {times} times", lambda: scene.manager.column("ahProbeRuns").get(FEED_DRIVER) == times)

    read(1)
    for enabled in "no", "yes":
        scene.set("probe feed", enabled=enabled).write_conf()
        scene.daemon.reload()
    read(2)


def test_a_folder_that_goes_and_comes_back_is_watched_again(scene):
    scene.use_feed().set("probe feed", interval_s=2).start_asked(2)
    put(scene, GOOD.format(time=stamp(), service="running"))
    wait_until("read", lambda: scene.manager.enum("ahProtectionRealTimeScanService", SICK) == "running")
    scene.feed.rename(scene.directory / "old")
    scene.feed.mkdir()
    put(scene, STOPPED.format(time=stamp()))
    scene.wait_icon(SICK, "realTimeScanNotFunctioning")
