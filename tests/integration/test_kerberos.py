"""Logging on to endpoints by Kerberos: a KDC, an endpoint that takes its tickets, and a keytab for the daemon."""

import json
import time

import pytest

import mibnames
from kerberos_endpoint import Endpoint
from kerberos_realm import DOMAIN, REALM, Realm, silent
from processes import SHORT, agenthealthd, wait_until
from scene import address

AGENT, HOST = "PC-1", f"pc-1.{DOMAIN}"
MONITOR = f"monitor@{REALM}"
QUESTIONS = 8  # identity, services, a shell that is denied, a value in both views, ping, system, addresses
AT_ONCE_S = 20 if SHORT else 5


@pytest.fixture
def realm(scene, monkeypatch):
    """A realm with an account and the endpoint's service; this process and its children live in it, with no keytab."""
    realm = Realm(scene.directory).create()
    for name, value in realm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("KRB5_CLIENT_KTNAME", raising=False)
    realm.service, realm.account = realm.add(f"HTTP/{HOST}"), realm.add("monitor")
    realm.start()
    try:
        yield realm
    finally:
        realm.stop()


def serve(scene, realm, persistent=None, **winrm):
    """The endpoint, and a configuration by which it alone is asked."""
    endpoint = Endpoint(address(1), scene.winrm_port, scene.directory, HOST, realm.service, MONITOR, persistent)
    scene.set("probe listener", enabled="no").set("probe server", enabled="no")
    scene.set("probe winrm", **{"port": scene.winrm_port, "auth": "negotiate", "user": "monitor", "timeout_ms": 10000,
                                "ca_file": endpoint.certificate, "host": f"%NAME%.{DOMAIN}", **winrm})
    scene.write_csv([AGENT])
    scene.write_conf()
    return endpoint


def probe(scene, endpoint):
    """What --probe shows of WinRM, after a look for what must not be shown."""
    result = agenthealthd("-c", scene.conf, "--probe", AGENT, "--json", "-l", "debug")
    assert endpoint.failures == []
    for token in endpoint.tokens:
        assert token[:40] not in result.stdout + result.stderr
    answer, = json.loads(result.stdout)["probes"]
    assert answer["driver"] == "winrm"
    return answer


# What the endpoint says of a logon in Persistent-Auth, and how many a conversation takes: libcurl believes only in what
# it is told.
PERSISTENCE = [(None, QUESTIONS), ("true", 1), ("false", QUESTIONS)]


@pytest.mark.parametrize("persistent,logons", PERSISTENCE, ids=[str(row[0]) for row in PERSISTENCE])
def test_a_keytab_lets_in_over_one_connection(scene, realm, monkeypatch, persistent, logons):
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.account}")
    with serve(scene, realm, persistent) as endpoint:
        for conversation in (1, 2):
            answer = probe(scene, endpoint)
            assert (answer["cause"], answer["detail"]) == ("none", "")
            assert [question["cause"] for question in answer["questions"]] == ["none"] * QUESTIONS
            assert endpoint.users == {MONITOR}
            assert (endpoint.connections, endpoint.requests, endpoint.logons) == (
                conversation, conversation * QUESTIONS, conversation * logons)
    # Asked for once; then they are in the cache, which is nobody else's.
    assert (realm.issued(f"krbtgt/{REALM}@{REALM}"), realm.issued(f"HTTP/{HOST}@{REALM}")) == (1, 1)
    assert realm.tickets.stat().st_mode & 0o077 == 0


def test_tickets_need_no_file(scene, realm, monkeypatch):
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.account}")
    monkeypatch.setenv("KRB5CCNAME", "MEMORY:")
    with serve(scene, realm) as endpoint:
        assert probe(scene, endpoint)["cause"] == "none"
        assert (endpoint.connections, endpoint.logons) == (1, QUESTIONS)
    assert not realm.tickets.exists()
    assert (realm.issued(f"krbtgt/{REALM}@{REALM}"), realm.issued(f"HTTP/{HOST}@{REALM}")) == (1, 1)


def outdated(realm):
    realm.keytab("monitor", change=True)
    return realm.account


# How the daemon comes by its keytab, whom the endpoint hears of, and how often the KDC counts a wrong password.
REFUSED = [
    ("none", lambda realm: None, set(), 0),
    ("missing", lambda realm: realm.directory / "missing.keytab", set(), 0),
    ("outdated", outdated, set(), 1),
    ("stranger's", lambda realm: realm.add("stranger"), {f"stranger@{REALM}"}, 0),
]


@pytest.mark.parametrize("keytab,users,wrong_passwords", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_who_has_no_good_keytab_is_refused_at_once(scene, realm, monkeypatch, keytab, users, wrong_passwords):
    path = keytab(realm)
    if path:
        monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{path}")
    with serve(scene, realm) as endpoint:
        since = time.monotonic()
        answer = probe(scene, endpoint)
        assert time.monotonic() - since < AT_ONCE_S
        assert answer["cause"] == "authenticationFailed" and len(answer["questions"]) == 1
        assert endpoint.users == users
        assert (endpoint.connections, endpoint.requests) == (1, 1)
        assert realm.said("PREAUTH_FAILED") == wrong_passwords


@pytest.mark.parametrize("with_keytab", [True, False], ids=["let in", "refused"])
def test_no_connection_outlives_its_conversation(scene, realm, monkeypatch, with_keytab):
    if with_keytab:
        monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.account}")
    with serve(scene, realm, interval_s=3600) as endpoint:
        scene.snmpd.start()
        scene.daemon.start()
        wait_until("a conversation", lambda: endpoint.requests == (QUESTIONS - 1 if with_keytab else 1))  # who it is, nobody reads
        wait_until("its connection's end", lambda: endpoint.open == 0, 5)
        assert endpoint.connections == 1


def test_a_silent_kdc_is_the_cause_and_is_not_waited_for(scene, realm, monkeypatch):
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.account}")
    with serve(scene, realm, timeout_ms=2000) as endpoint, silent(realm):
        since = time.monotonic()
        answer = probe(scene, endpoint)
        assert time.monotonic() - since < 2 + AT_ONCE_S
        assert answer["cause"] == "authenticationFailed" and "KDC" in answer["detail"]
        assert (endpoint.requests, endpoint.users) == (1, set()), "it is asked all the same: is it there?"


def test_a_silent_kdc_delays_no_other_probe_and_no_end(scene, realm, monkeypatch):
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{realm.account}")
    scene.start_fleet(1)
    with serve(scene, realm, timeout_ms=20000, interval_s=1), silent(realm):
        scene.set("collector", workers=1).set("probe listener", enabled="yes", timeout_ms=2000)
        scene.write_conf()
        scene.snmpd.start()
        scene.daemon.start()
        listener, winrm = (mibnames.labels("AhDriver")[name] for name in ("listener", "winrm"))
        wait_until("listener checks", lambda: scene.manager.get("ahProbeRuns", listener) >= 5)
        assert scene.manager.get("ahProbeInFlight", winrm) == 1, "it waits meanwhile"
        assert scene.manager.enum("ahProbeLastCause", listener) == "none"
        since = time.monotonic()
        scene.daemon.stop()
        assert time.monotonic() - since < 2 or SHORT
