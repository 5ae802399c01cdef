"""The programs that a test starts: snmpd, snmptrapd, the daemon. Each one's end and log belong to its object."""

import contextlib
import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import mibnames
import snmptools

BUILD = pathlib.Path(mibnames.ROOT, "build", os.environ.get("AH_BUILD", "dev"))
BINARY = BUILD / "bin" / "agenthealthd"
SHORT = os.environ.get("AH_SHORT") == "1"  # smaller numbers, for slow builds
ROWS = int(os.environ.get("AH_ROWS", "1"))  # one of so many rows of a table, for builds that look at threads alone
SANITIZER = re.compile(r"AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|UndefinedBehaviorSanitizer")


def wait_until(what, predicate, within_s=20.0, every_s=0.05):
    """What the predicate returns as soon as it is true; an AssertionError with its last value when time is up."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            last = predicate()
        except snmptools.SnmpError as error:
            last = None
            trouble = error
        else:
            trouble = last
        if last:
            return last
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}; last: {trouble}"
        time.sleep(every_s)


_ports = itertools.cycle(range(20000 + os.getpid() % 120 * 100, 20100 + os.getpid() % 120 * 100))


def free_port():
    """A UDP port of 127.0.0.1, below those that the kernel hands out; tests that run beside each other have others."""
    for port in itertools.islice(_ports, 100):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def fill_backlog(path):
    """Connects to a socket at which nobody accepts until it takes no more; the sockets, for the caller to close."""
    peers = []
    while True:
        peers.append(socket.socket(socket.AF_UNIX))
        peers[-1].setblocking(False)
        try:
            peers[-1].connect(str(path))
        except BlockingIOError:
            return peers


class Process:
    """A program in the foreground with its output in a file."""

    stop_within_s = 10

    def __init__(self, name, directory):
        self.name, self.directory, self.popen = name, pathlib.Path(directory), None
        self.log_path = self.directory / f"{name}.log"

    def spawn(self, *command, environment=None, **options):
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env={**os.environ, **(environment or {})}, **options)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)

    def stop(self):
        """SIGTERM; its exit code."""
        if self.popen is None:
            return None
        if self.running():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(self.stop_within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop:\n{self.log()[-3000:]}") from None

    def kill(self):
        if self.running():
            self.popen.kill()
        self.popen.wait()


class Snmpd(Process):
    """The system's snmpd as AgentX master, on a port and a socket of the test's own."""

    def __init__(self, directory, trap_port=None, lines=()):
        super().__init__("snmpd", directory)
        self.port = free_port()
        self.peer = f"udp:127.0.0.1:{self.port}"
        self.socket = self.directory / "agentx"
        sinks = [f"trap2sink 127.0.0.1:{trap_port} public"] if trap_port else []
        self.conf = self.directory / "snmpd.conf"
        self.conf.write_text("\n".join([
            f"agentaddress {self.peer}", "master agentx", f"agentXSocket unix:{self.socket}", "agentXTimeout 5",
            "agentXRetries 1", "rocommunity public 127.0.0.1", "rwcommunity private 127.0.0.1",
            "v1trapaddress 127.0.0.1", *sinks, *lines, ""]))

    def start(self):
        self.spawn("/usr/sbin/snmpd", "-C", "-c", self.conf, "-f", "-Lf", self.directory / "snmpd.lib.log",
                   environment={"MIBS": "", "SNMP_PERSISTENT_DIR": str(self.directory / "snmpd.state")})
        wait_until("snmpd answers", lambda: self.manager(0.5).run("snmpget", self.peer, ".1.3.6.1.2.1.1.3.0"))
        return self

    def manager(self, timeout_s=5):
        return snmptools.Manager(self.peer, timeout_s=timeout_s)

    def writer(self):
        return snmptools.Manager(self.peer, ("-v2c", "-c", "private"))


class Snmptrapd(Process):
    """The system's snmptrapd; the notifications that it has received, in order."""

    BEGIN, END = "@trap@", "@end@"

    def __init__(self, directory):
        super().__init__("snmptrapd", directory)
        self.port = free_port()
        self.conf = self.directory / "snmptrapd.conf"
        # Room for bursts: what finds none in the socket is lost, and nobody could tell by whom.
        self.conf.write_text("[snmp] serverRecvBuf 4000000\ndisableAuthorization yes\ndoNotRetainNotificationLogs yes\n"
                             f"format2 {self.BEGIN}%V|%v{self.END}\\n\n")

    def start(self):
        """Also again, after it was stopped or killed."""
        before = self.log().count("NET-SNMP version")
        self.spawn("/usr/sbin/snmptrapd", "-C", "-c", self.conf, "-f", "-n", "-Lo", *snmptools.FORMAT,
                   f"udp:127.0.0.1:{self.port}",
                   environment={"MIBS": "", "SNMP_PERSISTENT_DIR": str(self.directory / "snmptrapd.state")})
        wait_until("snmptrapd listens", lambda: self.log().count("NET-SNMP version") > before)
        return self

    def received(self):
        """The module's notifications that have arrived as a whole: (name, [(object, index, value), ...])."""
        texts = re.findall(f"{self.BEGIN}(.*?){self.END}", self.log(), re.S)
        parsed = [snmptools.parse_varbinds(text.strip().replace("|.", "\n.")) for text in texts]
        return [self.named_varbinds(varbinds) for varbinds in parsed if not self.is_of_snmpd(varbinds)]

    @staticmethod
    def is_of_snmpd(varbinds):
        """coldStart and its kin, which snmpd itself sends."""
        return varbinds[1][1][:len(mibnames.DEFAULT_ROOT)] != mibnames.DEFAULT_ROOT

    @staticmethod
    def named_varbinds(varbinds):
        (uptime, _), (trap, identity), *rest = varbinds
        assert uptime == (1, 3, 6, 1, 2, 1, 1, 3, 0) and trap == (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
        name, nothing = mibnames.name_of(identity)
        assert nothing == ()
        return name, [(*mibnames.name_of(oid), value) for oid, value in rest]

    def named(self, *names):
        return [trap for trap in self.received() if trap[0] in names]

    def wait_for(self, count, within_s=30.0, *names):
        wait_until(f"{count} notifications", lambda: len(self.named(*names) if names else self.received()) >= count,
                   within_s)
        return self.named(*names) if names else self.received()


class Daemon(Process):
    """agenthealthd in the foreground."""

    stop_within_s = 10

    def __init__(self, directory, conf):
        super().__init__("agenthealthd", directory)
        self.binary, self.conf, self.popen_options = BINARY, conf, {}  # of each start

    def start(self, *options, **popen):
        self.spawn(self.binary, "-c", self.conf, "-f", *options, **{**self.popen_options, **popen})
        return self

    def reload(self):
        before = self.log().count("reload: ")
        self.signal(signal.SIGHUP)
        wait_until("a line about the reload", lambda: self.log().count("reload: ") > before)

    def check(self):
        """A daemon that was told to stop says so by 0, and no sanitizer has complained."""
        if self.popen is None:
            return
        code = self.stop()
        complaint = SANITIZER.search(self.log())
        assert not complaint, f"{complaint.group()}:\n{self.log()[complaint.start():][:6000]}"
        assert code in (0, -signal.SIGKILL), f"exit code {code}:\n{self.log()[-3000:]}"


def agenthealthd(*arguments, within_s=120, **options):
    """Runs it to its end; the finished process with its texts."""
    result = subprocess.run([str(BINARY), *[str(word) for word in arguments]], capture_output=True, text=True,
                            timeout=within_s, **options)
    assert not SANITIZER.search(result.stderr), result.stderr
    return result
