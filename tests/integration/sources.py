"""Simulated Smart Protection sources, and the proxies on the way to them, in a scene."""

from processes import wait_until
from scene import NET

SOURCE_PORT, WEB_PORT, PROXY_PORT = 10443, 15274, 18080


class Sources:
    """The sources sps1.., all of one list unless it says otherwise, in a scene; before it starts."""

    def __init__(self, scene, count=1, kind="standard", web=True, **options):
        self.scene, self.names, self.lines = scene, [], []
        self.ca = scene.directory / "fleet.pem"
        scene.fleet_lines = [f"tls cert=ec256 cert_file={self.ca}"]
        scene.set("probe source", interval_s=1, timeout_ms=1000, ca_file=self.ca, **options)
        scene.set("notifications", startup="silent")
        for _ in range(count):
            self.add(kind, web)

    def add(self, kind, web=True, scheme="https", **keys):
        number = len(self.names) + 1
        name, address = f"sps{number}", f"{NET}.251.{number}"
        self.names.append(name)
        self.lines.append(f"source {name} address={address} port={SOURCE_PORT} web_port={WEB_PORT} scheme={scheme} "
                          f"names={name}.example")
        self.scene.set(f"source {name}", list=kind, url=f"{scheme}://{address}:{SOURCE_PORT}/tmcss/",
                       web_reputation_url=f"{scheme}://{address}:{WEB_PORT}/" if web else None, **keys)
        return name

    def add_proxy(self, which="internal", kind="http", user=None, password="secret", told=None, **keys):
        number = len(self.lines) + 1
        address = f"{NET}.252.{number}"
        logon = f" user={user} password={password}" if user else ""
        self.lines.append(f"proxy {which} address={address} port={PROXY_PORT} kind={kind}{logon}")
        if told is not None:
            secret = self.scene.directory / f"{which}.secret"
            secret.write_text(told + "\n")
            secret.chmod(0o600)
            keys.update(user=user or "probe", password_file=secret.name)
        scheme = "http" if kind == "http" else "socks5"
        self.scene.set(f"proxy {which}", url=f"{scheme}://{address}:{PROXY_PORT}", **keys)

    def start(self, agents=1, checked=True, **options):
        self.scene.start(agents, lines=self.lines, feed=True, **options)
        if checked:
            wait_until("all are checked", lambda: len(self.all("ahSourceFileState")) == len(self.names) and
                       1 not in self.all("ahSourceFileState"))
        return self

    def all(self, column):
        return [*self.scene.manager.column(column).values()]

    def enum(self, column, index=1):
        return self.scene.manager.enum(column, index)

    def wait(self, column, value, index=1, within_s=20):
        wait_until(f"{column}.{index} is {value}", lambda: self.enum(column, index) == value or None, within_s)

    def locate(self, selection, profile=1):
        self.scene.fleet.ask(f"feed {selection} smartprotection.location_profile={profile}")
