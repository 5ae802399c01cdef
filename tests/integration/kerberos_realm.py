"""A Kerberos realm for a test: Debian's KDC on loopback, with all that belongs to it in one folder. The machine's own
Kerberos is neither read nor changed. It checks nothing itself."""

import contextlib
import os
import pathlib
import socket
import subprocess

from processes import Process, free_port, wait_until

REALM = "TEST.EXAMPLE"
DOMAIN = REALM.lower()

CLIENT = """[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    default_client_keytab_name = FILE:{folder}/nobody.keytab
    default_keytab_name = FILE:{folder}/nobody.keytab
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    .{domain} = {realm}
"""
SERVER = """[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        acl_file = {folder}/kadm5.acl
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


class Realm(Process):
    """Accounts and services get random keys; each keytab is a file in the realm's folder."""

    def __init__(self, directory):
        folder = pathlib.Path(directory, "kerberos")
        folder.mkdir()
        super().__init__("krb5kdc", folder)
        self.port = free_port()
        words = {"realm": REALM, "domain": DOMAIN, "folder": folder, "port": self.port}
        (folder / "krb5.conf").write_text(CLIENT.format(**words))
        (folder / "kdc.conf").write_text(SERVER.format(**words))
        self.log_path = folder / "kdc.log"
        self.tickets = folder / "tickets"
        # What keeps a program that speaks Kerberos from looking anywhere else.
        self.environment = {"KRB5_CONFIG": str(folder / "krb5.conf"), "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
                            "KRB5CCNAME": f"FILE:{self.tickets}", "KRB5RCACHENAME": f"file2:{folder}/replays"}

    def run(self, *command, text=None):
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30,
                                env={**os.environ, **self.environment})
        assert result.returncode == 0, f"{command}: {result.stderr}"
        return result.stdout

    def create(self):
        self.run("/usr/sbin/kdb5_util", "-r", REALM, "create", "-s", "-P", "master key")
        return self

    def administer(self, *commands):
        for command in commands:
            self.run("/usr/sbin/kadmin.local", "-r", REALM, "-q", command)

    def add(self, name):
        """An account or a service, and its keytab."""
        self.administer(f"addprinc -randkey +requires_preauth {name}")
        return self.keytab(name)

    def keytab(self, name, change=False):
        """The keys of an account in a new keytab; `change`: new keys, with which older keytabs are worth nothing."""
        path = self.directory / f"{name.replace('/', '_')}-{len(list(self.directory.glob('*.keytab')))}.keytab"
        self.administer(f"ktadd -k {path} {'' if change else '-norandkey'} {name}")
        return path

    def start(self):
        self.spawn("/usr/sbin/krb5kdc", "-n", environment=self.environment)
        wait_until("the KDC serves", lambda: "commencing operation" in self.log() or not self.running())
        assert self.running(), self.log()
        return self

    def said(self, word):
        """How many lines of the KDC's log have it."""
        return sum(word in line for line in self.log().splitlines())

    def issued(self, service):
        """How many tickets for that service it has given."""
        return sum(": ISSUE: " in line and line.endswith(f" for {service}") for line in self.log().splitlines())


@contextlib.contextmanager
def silent(realm):
    """The KDC's place taken by one that hears and never answers."""
    realm.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        datagrams.bind(("127.0.0.1", realm.port))
        stream.bind(("127.0.0.1", realm.port))
        stream.listen()
        yield
