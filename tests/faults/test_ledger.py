"""The ledger complains about each thing that can be wrong with what was told, and about nothing else."""

import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "integration")]
import ledger  # noqa: E402
import mibnames  # noqa: E402
from ledger import Alarm, Event  # noqa: E402

OFFLINE = mibnames.labels("AhAlarmKind")["offline"]
ONE, TWO = ("ahAgentIndex", 1), ("ahAgentIndex", 2)


def up(seq, subject):
    return Event(seq, subject, OFFLINE, True)


def down(seq, subject):
    return Event(seq, subject, OFFLINE, False)


# Agent 1 went and came back, then agent 2 went.
TOLD = [up(1, ONE), down(1, ONE), up(2, TWO)]
ACTIVE, HISTORY = {2: Alarm(TWO, OFFLINE)}, {1: Alarm(ONE, OFFLINE)}

CASES = [
    ("all is well", TOLD, ACTIVE, HISTORY, {2}, set()),
    ("a repeat is none", [TOLD[0], *TOLD], ACTIVE, HISTORY, {2}, set()),
    ("a late repeat is none", [*TOLD, TOLD[0]], ACTIVE, HISTORY, {2}, set()),
    ("a raising is missing", TOLD[:2], ACTIVE, HISTORY, {2}, {"lost", "believed otherwise than the table"}),
    ("a clearing is missing", [TOLD[0], TOLD[2]], ACTIVE, HISTORY, {2}, {"lost", "believed otherwise than the table"}),
    ("a pair is missing", TOLD[2:], ACTIVE, HISTORY, {2}, {"lost"}),
    ("cleared before raised", [TOLD[1], TOLD[0], TOLD[2]], ACTIVE, HISTORY, {2},
     {"out of order", "not alternating"}),
    ("two raised the wrong way round", [TOLD[2], TOLD[0], TOLD[1]], ACTIVE, HISTORY, {2}, {"out of order"}),
    ("raised twice under two sequences", [*TOLD, up(3, TWO)], {**ACTIVE, 3: Alarm(TWO, OFFLINE)}, HISTORY, {2},
     {"not alternating"}),
    ("cleared by another sequence", [up(1, ONE), up(2, TWO), down(2, ONE)], {1: Alarm(ONE, OFFLINE)},
     {2: Alarm(TWO, OFFLINE)}, {1}, {"not alternating", "contradictory"}),
    ("a sequence that is used again", [*TOLD, up(2, ONE)], ACTIVE, HISTORY, {2},
     {"contradictory", "believed otherwise than the table"}),
    ("told but in no table", [*TOLD, up(3, ONE)], ACTIVE, HISTORY, {2},
     {"of no alarm", "believed otherwise than the table"}),
    ("told to be over, and active", [*TOLD, down(2, TWO)], ACTIVE, HISTORY, {2},
     {"of no alarm", "believed otherwise than the table"}),
    ("another agent is sick", TOLD, ACTIVE, HISTORY, {1}, {"other than the truth"}),
    ("nobody is sick", TOLD, ACTIVE, HISTORY, set(), {"other than the truth"}),
]


@pytest.mark.parametrize("events,active,history,sick,complaints", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_complaints(events, active, history, sick, complaints):
    assert {name for name, found in ledger.judge(events, active, history, sick).items() if found} == complaints


def test_repeats_are_told_by_their_positions():
    assert ledger.repeats([*TOLD, TOLD[0], TOLD[2]]) == [3, 4]
    assert ledger.repeats(TOLD) == []


def test_events_are_read_from_notifications():
    def trap(severity, **subject):
        values = {"ahAlarmSeq": 7, **subject, "ahAlarmCondition": OFFLINE,
                  "ahAlarmSeverity": mibnames.labels("AhSeverity")[severity]}
        return "any", [(name, (), value) for name, value in values.items()]
    heartbeat = "ahHeartbeat", [("ahCollectorName", (0,), b"test")]
    assert ledger.events_of([trap("major", ahAgentIndex=1), heartbeat, trap("cleared", ahServerIndex=1),
                             trap("minor")]) == [
        up(7, ONE), Event(7, ("ahServerIndex", 1), OFFLINE, False), Event(7, ("collector", 0), OFFLINE, True)]
