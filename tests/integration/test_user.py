"""Who the daemon is: it becomes another user for good when root starts it, and says what that user may not."""

import os
import pwd
import signal
import subprocess

import pytest

from processes import BINARY, agenthealthd, wait_until

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def open_scene(scene):
    """In a folder that anybody may enter, on a free state folder."""
    scene.directory.chmod(0o755)
    (scene.directory / "state").rmdir()
    scene.start_fleet(2)
    yield scene


def identity(scene):
    """The user ids, group ids and groups, and whether new privileges are out."""
    status = dict(line.split(":\t", 1) for line in (scene.proc() / "status").read_text().splitlines())
    return status["Uid"].split(), status["Gid"].split(), status["Groups"].split(), status["NoNewPrivs"]


def start(scene, *options):
    scene.write_conf()
    scene.snmpd.start()
    scene.snmpd.socket.chmod(0o777)
    scene.daemon.start(*options)
    wait_until("the verdicts", lambda: scene.judged() == 2)


@pytest.mark.parametrize("options,user", [((), "nobody"), (("-u", "nobody"), None), (("-u", "nobody"), "root")])
def test_it_becomes_another_user_for_good(open_scene, options, user):
    scene = open_scene
    pid_path = scene.directory / "pid"
    start(scene.set("collector", user=user), "-p", pid_path, *options)
    uid, gid = [str(NOBODY.pw_uid)] * 4, [str(NOBODY.pw_gid)] * 4
    assert identity(scene) == (uid, gid, [gid[0]], "1")
    for path, mode in (("state", 0o700), ("state/state.db", 0o600)):
        status = (scene.directory / path).stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (NOBODY.pw_uid, NOBODY.pw_gid, mode), path
    assert int(pid_path.read_text()) == scene.daemon.popen.pid and pid_path.stat().st_uid == 0
    scene.daemon.reload()
    assert "reload: 2 agents" in scene.daemon.log() and "as root" not in scene.daemon.log()
    assert scene.daemon.stop() == 0
    assert pid_path.read_text() == "", "the folder is root's, and so the file stays"
    scene.daemon.start("-p", pid_path, *options)
    wait_until("it runs again", lambda: pid_path.read_text() == f"{scene.daemon.popen.pid}\n")


def test_it_stays_who_it_is_without_a_user_and_root_is_warned(open_scene):
    start(open_scene)
    assert identity(open_scene)[0] == ["0"] * 4
    assert open_scene.daemon.log().count("running as root") == 1


def test_it_becomes_another_user_in_the_background(open_scene):
    scene = open_scene
    pid_path = scene.directory / "pid"
    subprocess.run([BINARY, "-c", scene.write_conf(), "-p", pid_path, "-u", "nobody"], check=True, timeout=60)
    pid = int(pid_path.read_text())
    try:
        assert os.stat(f"/proc/{pid}/task/{pid}").st_uid in (0, NOBODY.pw_uid)
        assert f"\nUid:\t{NOBODY.pw_uid}\t" in open(f"/proc/{pid}/status").read()
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until("its end", lambda: pid_path.read_text() == "")


def secret(scene):
    path = scene.directory / "winrm.secret"
    path.write_text("secret\n")
    path.chmod(0o600)
    scene.set("probe winrm", user="monitor", password_file=path)
    return "[probe winrm] password_file: ", "winrm.secret: Permission denied"


def configuration(scene):
    scene.write_conf().chmod(0o600)
    return "agenthealthd.conf", "Permission denied"


def inventory(scene):
    scene.csv.chmod(0o600)
    return "[inventory] csv: ", "agents.csv: Permission denied"


@pytest.mark.parametrize("mode", ["-t", "-f"])
@pytest.mark.parametrize("shut", [secret, configuration, inventory])
def test_what_that_user_may_not_is_said(open_scene, shut, mode):
    words = shut(open_scene)
    done = agenthealthd("-c", open_scene.write_conf(), "-u", "nobody", mode)
    assert done.returncode == 1 and all(word in done.stderr for word in words), done.stderr
    assert len(done.stderr.splitlines()) == 1 and "good" not in done.stdout


def folder(mode):
    def shut(scene):
        (scene.directory / "state").mkdir(mode=mode)
        return "state: Permission denied"
    return shut


def file(name):
    """In a folder of that user's, a file that is root's."""
    def shut(scene):
        (scene.directory / "state").mkdir()
        os.chown(scene.directory / "state", NOBODY.pw_uid, NOBODY.pw_gid)
        (scene.directory / "state" / name).touch(mode=0o600)
        return f"state/{name}: Permission denied"
    return shut


def nowhere(scene):
    scene.set("collector", state_dir="none/state")
    return "none/state: No such file or directory"


AS_NOBODY = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
STATES = [folder(0o755), folder(0o700), file("state.db"), file("state.db-wal"), file("state.db-shm"), nowhere]
STATE_IDS = ["readable", "shut", "database", "journal", "index", "nowhere"]


@pytest.mark.parametrize("start_as", [{}, AS_NOBODY], ids=["root", "nobody"])
@pytest.mark.parametrize("shut", [*STATES, file("told")], ids=[*STATE_IDS, "told"])
def test_a_state_that_user_can_not_keep_is_a_fault(open_scene, shut, start_as):
    why = shut(open_scene)
    done = agenthealthd("-c", open_scene.write_conf(), *([] if start_as else ["-u", "nobody"]), "-t", **start_as)
    assert done.returncode == 1 and "[collector] state_dir: " in done.stderr and done.stderr.endswith(f"{why}\n")
    assert len(done.stderr.splitlines()) == 1 and "good" not in done.stdout


def test_a_state_folder_that_can_be_made_is_no_fault(open_scene):
    conf = open_scene.write_conf()
    assert agenthealthd("-c", conf, "-t", "-u", "nobody").returncode == 0, "root makes it"
    done = agenthealthd("-c", conf, "-t", **AS_NOBODY)
    assert done.returncode == 1 and "state: Permission denied" in done.stderr
    open_scene.directory.chmod(0o777)
    assert agenthealthd("-c", conf, "-t", **AS_NOBODY).returncode == 0
    assert not (open_scene.directory / "state").exists()


@pytest.mark.parametrize("shut", STATES, ids=STATE_IDS)
def test_without_a_state_it_goes_on(open_scene, shut):
    shut(open_scene)
    start(open_scene, "-u", "nobody")
    assert open_scene.manager.enum("ahPersistenceState", 0) == "off"
    reason = "No such file or directory" if shut is nowhere else "Permission denied"
    assert f"{reason}; going on without: a restart forgets everything" in open_scene.daemon.log()


@pytest.mark.parametrize("mode", ["-t", "-1", "-f"])
def test_a_user_that_is_not_there_is_said(open_scene, mode):
    done = agenthealthd("-c", open_scene.set("collector", user="gr0ucho").write_conf(), mode)
    assert done.returncode == 1 and "become the user gr0ucho: there is none of that name" in done.stderr
    assert agenthealthd("-c", open_scene.conf, mode, "-u", "chic0").returncode == 2


def test_only_root_becomes_somebody_else(open_scene):
    scene = open_scene
    scene.set("collector", user="daemon").write_conf()
    done = agenthealthd("-c", scene.conf, "-f", **AS_NOBODY)
    assert done.returncode == 1 and "can not become the user daemon: Operation not permitted" in done.stderr
    assert agenthealthd("-c", scene.conf, "-t", **AS_NOBODY).returncode == 0, "anybody may look"
    assert agenthealthd("-c", scene.conf, "-t", "-u", "daemon", **AS_NOBODY).returncode == 2


def test_who_is_that_user_already_goes_on(open_scene):
    scene = open_scene
    scene.set("collector", user="nobody", state_dir=scene.directory / "own")
    (scene.directory / "own").mkdir()
    os.chown(scene.directory / "own", NOBODY.pw_uid, NOBODY.pw_gid)
    scene.write_conf()
    scene.daemon.start(user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
    wait_until("it began", lambda: "2 workers" in scene.daemon.log())
    assert (scene.directory / "own" / "state.db").exists() and "as root" not in scene.daemon.log()
