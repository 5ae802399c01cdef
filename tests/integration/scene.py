"""A whole estate for a test: simulated agents and servers, snmpd, snmptrapd, the daemon and its configuration."""

import itertools
import pathlib
import shutil
import sys
import tempfile

import mibnames
from processes import Daemon, Snmpd, Snmptrapd, wait_until

sys.path.insert(0, str(mibnames.ROOT / "tests" / "fleet"))
from fleet import Fleet, network  # noqa: E402

NET = network()
_numbers = itertools.count()

# Fast and plain: what a test is about, it sets itself.
QUICK = {
    "collector": {"name": "test", "workers": 2},
    "snmp": {"mode": "agentx", "reconnect_s": 1},
    "notifications": {"rate_per_s": 10000, "burst": 1000},
    "policy": {"rise": 1, "fall": 1, "pattern_max_age_h": 72},
    "server apex1": {"url": None},
    "probe listener": {"interval_s": 1, "timeout_ms": 700, "scheme": "http"},
    "probe server": {"interval_s": 1, "timeout_ms": 700},
}


def address(number):
    """The address of the agent with that number (from 1)."""
    return f"{NET}.{number // 256}.{number % 256}"


def guid(number):
    return f"{number:08x}-0000-4000-8000-000000000000"


class Scene:
    """Nothing runs until start() or a start_...() is called; close() ends it all."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ah-", dir="/tmp"))  # short: socket paths are
        number = next(_numbers) % 1000  # so that two may live in one process
        self.agent_port, self.server_port, self.winrm_port = 21112 + number, 14343 + number, 25986 + number
        self.trapd = Snmptrapd(self.directory)
        self.snmpd = Snmpd(self.directory, self.trapd.port)
        self.conf = self.directory / "agenthealthd.conf"
        self.csv = self.directory / "agents.csv"
        self.feed = self.directory / "feed"
        self.feed.mkdir()
        self.daemon = Daemon(self.directory, self.conf)
        self.fleet = self.ca = None
        self.console_port, self.console_lines = 10444 + number, []  # of consoles in the simulator's script
        self.fleet_lines = []  # of the simulator's script, in place of the usual first one
        self.settings = {section: dict(keys) for section, keys in QUICK.items()}
        self.settings["server apex1"]["url"] = f"http://{NET}.250.1:{self.server_port}"
        self.settings["collector"]["state_dir"] = self.directory / "state"
        (self.directory / "state").mkdir()
        self.settings["snmp"]["agentx_socket"] = f"unix:{self.snmpd.socket}"
        self.manager, self.writer = self.snmpd.manager(), self.snmpd.writer()

    # What is configured

    def set(self, section, **keys):
        self.settings.setdefault(section, {}).update(keys)
        return self

    def use_feed(self):
        return self.set("probe feed", directory=self.feed, interval_s=1)

    def use_winrm(self, **keys):
        """Each simulated agent is a Windows endpoint as well, and is asked; before start_fleet()."""
        self.ca, secret = self.directory / "fleet.pem", self.directory / "winrm.secret"
        secret.write_text("secret\n")
        secret.chmod(0o600)
        self.fleet_lines = [f"winrm port={self.winrm_port} user=monitor password=secret",
                            f"tls cert=ec256 cert_file={self.ca}"]
        return self.set("probe winrm", **{
            "interval_s": 1, "timeout_ms": 2000, "port": self.winrm_port, "auth": "basic", "user": "monitor",
            "password_file": secret.name, "ca_file": self.ca, "host": "localhost", **keys})

    def use_central(self, generated=0, name="hq", key="0815", **keys):
        """A simulated Apex Central knows the agents, and so many generated ones; there is no CSV file, but what a test
        writes itself; before start_fleet()."""
        return self._use_console("central", name, f"application_id=4711 api_key=0815 agents={generated}", key,
                                 application_id="4711", api_key_file=f"{name}.key", **keys)

    def use_vision(self, generated=0, name="eu", key="0815", **keys):
        """Likewise a Vision One."""
        return self._use_console("vision", name, f"token=0815 agents={generated}", key, token_file=f"{name}.key", **keys)

    def _use_console(self, kind, name, options, key, **keys):
        address = f"{NET}.253.{len(self.console_lines) + 1}"
        secret = self.directory / f"{name}.key"
        secret.write_text(key + "\n")
        secret.chmod(0o600)
        self.console_lines.append(f"{kind} {name} address={address} port={self.console_port} {options} scheme=http")
        self.set(f"probe {kind}", interval_s=1, timeout_ms=1000, round_timeout_s=20)
        return self.set(f"{kind} {name}", url=f"http://{address}:{self.console_port}", **keys)

    def write_csv(self, names, group="HQ", start=1):
        """One row a name, with the addresses that the simulator gives to agents from number `start`."""
        lines = ["Endpoint,IP Address,Listening Port,GUID,Domain Hierarchy"]
        for number, name in enumerate(names, start):
            lines.append(f"{name},{address(number)},{self.agent_port},{guid(number)},{group}")
        self.csv.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.set("inventory", csv=self.csv.name)

    def write_conf(self):
        lines = []
        for section, keys in self.settings.items():
            lines += [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items() if value is not None), ""]
        self.conf.write_text("\n".join(lines), encoding="utf-8")
        return self.conf

    # What runs

    def start_fleet(self, agents, scheme="http", feed=False, server="http", options=(), lines=()):
        """`agents` simulated ones, PC-00001 and so on, and server apex1; they are configured by CSV, where no console
        knows them."""
        script = [*(self.fleet_lines or ["tls cert=ec256"]),
                  f"agents PC-%05d count={agents} address={address(1)} port={self.agent_port} scheme={scheme}",
                  f"server apex1 address={NET}.250.1 port={self.server_port} scheme={server}"]
        if feed:
            script.append(f"feed directory={self.feed} interval_s=1")
            self.use_feed()
        self.fleet = Fleet("\n".join([*script, *self.console_lines, *lines]), self.directory, *options)
        self.fleet.__enter__()
        for number in range(1, agents + 1) if self.ca else ():
            self.fleet.ask(f"endpoint PC-{number:05d} reg.GUID={guid(number)}")
        if not self.console_lines:
            self.write_csv([f"PC-{number:05d}" for number in range(1, agents + 1)])
        self.set("probe listener", scheme=scheme, port=self.agent_port)
        self.set("server apex1", url=f"{server}://{NET}.250.1:{self.server_port}")
        return self

    def start(self, agents=0, judged=None, **fleet):
        """Everything, up to the point where each agent has its first verdict (or `judged` of them)."""
        if agents:
            self.start_fleet(agents, **fleet)
        self.write_conf()
        self.trapd.start()
        self.snmpd.start()
        self.daemon.start()
        judged = agents if judged is None else judged
        wait_until("first verdicts", lambda: self.judged() >= judged, 60)
        return self

    def start_asked(self, agents):
        """Everything that does not run yet, up to the point where each listener has answered well; other verdicts may be
        open."""
        self.start(0 if self.fleet else agents, judged=0)
        online = mibnames.labels("AhSide")["online"]
        wait_until("answers", lambda: [*self.manager.column("ahConnectionServerSide").values()] == [online] * agents)
        return self

    def judged(self):
        """Agents that are no longer without any verdict."""
        return self.manager.get("ahFleetAgents") - self.manager.get("ahFleetUnknown")

    def close(self):
        try:
            self.daemon.check()
        finally:
            if self.fleet:
                self.fleet.__exit__()
            for process in (self.snmpd, self.trapd):
                if process.popen:
                    process.kill()
            shutil.rmtree(self.directory, ignore_errors=True)

    # What is seen

    def proc(self):
        """The daemon's folder below /proc."""
        return pathlib.Path("/proc", str(self.daemon.popen.pid))

    def index_of(self, name):
        found = [index for index, text in self.manager.column("ahAgentName").items() if text.decode() == name]
        assert len(found) == 1, f"{name} is there {len(found)} times"
        return found[0]

    def icon(self, index):
        return self.manager.enum("ahAgentIcon", index)

    def wait_icon(self, index, icon, within_s=20.0):
        wait_until(f"agent {index} is {icon}", lambda: self.icon(index) == icon or None, within_s)

    def conditions(self, index):
        return mibnames.bits("AhConditions", self.manager.get("ahAgentConditions", index))
