"""Starts a fleetsim for a test and talks to it. It checks nothing itself."""

import fcntl
import os
import pathlib
import select
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]


class FleetError(Exception):
    """The simulator did not start, or answered a command with an error."""


def binary():
    """The simulator: $FLEETSIM, else that of preset $AH_BUILD, else the one that was built last."""
    if "FLEETSIM" in os.environ:
        return os.environ["FLEETSIM"]
    if "AH_BUILD" in os.environ:
        return str(ROOT / "build" / os.environ["AH_BUILD"] / "bin" / "fleetsim")
    built = [path for path in ROOT.glob("build/*/**/fleetsim") if path.is_file()]
    if not built:
        raise FleetError("fleetsim is not built; name it in $FLEETSIM")
    return str(max(built, key=lambda path: path.stat().st_mtime))


_network = None  # this process's; locked for as long as it lives


def network():
    """A /16 in 127.0.0.0/8 for this process, so that tests can run beside each other: "127.X"."""
    global _network
    for number in range(os.getpid(), os.getpid() + 128) if _network is None else ():
        lock = open(f"/tmp/fleet-network-{64 + number % 128}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        _network = lock, f"127.{64 + number % 128}"
        break
    if _network is None:
        raise FleetError("all networks are in use")
    return _network[1]


class Fleet:
    """with Fleet(SCRIPT, DIRECTORY) as fleet: fleet.ask("set PC-1 behaviour=hang")

    The script is text without a control line. DIRECTORY takes the script and the socket."""

    def __init__(self, script, directory, *options, lifetime_s=300):
        self.directory = pathlib.Path(directory)
        self.socket = str(self.directory / "fleet.sock")
        self._script = self.directory / "fleet.script"
        self._script.write_text(f"{script}\ncontrol unix:{self.socket}\n")
        self._command = [binary(), "--lifetime", str(lifetime_s), *options, str(self._script)]
        self._stream, self._lock = None, threading.Lock()

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        self.ready = self.process.stdout.readline().decode() if ready else ""
        if not self.ready.startswith("ready "):
            self.__exit__(FleetError)
            raise FleetError("fleetsim did not start")
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.settimeout(60)
        control.connect(self.socket)
        self._stream = control.makefile("rw")
        control.close()  # the stream keeps it open
        return self

    def __exit__(self, error=None, *_):
        if self._stream:
            self._stream.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        if not error and self.process.returncode != 0:  # what a sanitizer found shows here, too
            raise FleetError(f"fleetsim ended with {self.process.returncode}")

    def ask(self, command):
        """Sends a command; returns what it answers as a dict of whole numbers. An error is raised. From any thread."""
        with self._lock:
            self._stream.write(command + "\n")
            self._stream.flush()
            state, _, rest = self._stream.readline().strip().partition(" ")
        if state != "ok":
            raise FleetError(rest)
        return {key: int(value) for key, value in (word.split("=") for word in rest.split())}

    def set(self, selection, behaviour, delay_ms=0):
        return self.ask(f"set {selection} behaviour={behaviour} delay_ms={delay_ms}")

    def endpoint(self, selection, *settings):
        return self.ask(f"endpoint {selection} {' '.join(settings)}")

    def stats(self, selection=""):
        return self.ask(f"stats {selection}".rstrip())
