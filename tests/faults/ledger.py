"""What a manager can tell from notifications and tables alone: whether each transition was told, once, in order. Lists
and dicts go in, what is wrong comes out; nothing is asked or waited for here."""

import collections

import mibnames

KEYS = ("ahAgentIndex", "ahServerIndex", "ahSourceIndex", "ahGroupIndex")
CLEARED = mibnames.labels("AhSeverity")["cleared"]

# One telling of one transition. subject is (object, index), so that an agent 3 is not a server 3.
Event = collections.namedtuple("Event", "seq subject condition raised")
# One row of ahAlarmTable or, by its alarm's sequence, of ahAlarmHistoryTable.
Alarm = collections.namedtuple("Alarm", "subject condition")


def events_of(traps):
    """The transitions among received notifications, as Snmptrapd.received() has them, in their order."""
    events = []
    for _, varbinds in traps:
        values = {name: value for name, _, value in varbinds}
        if "ahAlarmSeq" in values:
            subject = next(((key, values[key]) for key in KEYS if key in values), ("collector", 0))
            events.append(Event(values["ahAlarmSeq"], subject, values["ahAlarmCondition"],
                                values["ahAlarmSeverity"] != CLEARED))
    return events


def first_tellings(events):
    """The events without those whose sequence and phase were told before."""
    tellings = {}
    for event in events:
        tellings.setdefault((event.seq, event.raised), event)
    return list(tellings.values())


def repeats(events):
    """Positions of the events that had been told before."""
    seen, positions = set(), []
    for position, event in enumerate(events):
        if (event.seq, event.raised) in seen:
            positions.append(position)
        seen.add((event.seq, event.raised))
    return positions


def contradictions(events):
    """Events that are about something else than an earlier one with the same sequence."""
    about = {}
    return [event for event in events
            if about.setdefault(event.seq, event[1:3]) != event[1:3]]


def out_of_order(events):
    """First tellings that raise a lower sequence than one before, or clear what was not raised before."""
    wrong, last, raised = [], 0, set()
    for event in first_tellings(events):
        if event.raised and event.seq < last or not event.raised and event.seq not in raised:
            wrong.append(event)
        if event.raised:
            last = max(last, event.seq)
            raised.add(event.seq)
    return wrong


def not_alternating(events):
    """First tellings that raise what stands, or clear what does not, per subject and condition."""
    wrong, standing = [], {}
    for event in first_tellings(events):
        key = event[1:3]
        if event.raised == (key in standing) or not event.raised and standing[key] != event.seq:
            wrong.append(event)
        if event.raised:
            standing[key] = event.seq
        else:
            standing.pop(key, None)
    return wrong


def standing(events):
    """sequence -> Alarm of what a manager that heard these, in whatever order, believes to be raised."""
    cleared = {event.seq for event in events if not event.raised}
    return {event.seq: Alarm(*event[1:3]) for event in events if event.raised and event.seq not in cleared}


def untold(events, active, history):
    """(sequence, phase) of what the tables have and nobody was told."""
    told = {(event.seq, event.raised) for event in events}
    due = {(seq, True) for seq in [*active, *history]} | {(seq, False) for seq in history}
    return sorted(due - told)


def unknown_to_tables(events, active, history):
    """Events of alarms that no table has, or that are told to be over while the table has them as active."""
    return [event for event in events if event.seq not in history and (event.seq not in active or not event.raised)]


IN_ORDER = ("out of order", "not alternating")  # complaints that informs may give rise to: each is repeated by itself


def judge(events, active, history, sick):
    """Complaints, by their short name, each a list that should be empty. sick: the indexes of the agents that the estate
    itself knows to be offline."""
    believed = standing(events)
    offline = mibnames.labels("AhAlarmKind")["offline"]
    truth = {Alarm(("ahAgentIndex", index), offline) for index in sick}
    return {
        "lost": untold(events, active, history),
        "out of order": out_of_order(events),
        "not alternating": not_alternating(events),
        "contradictory": contradictions(events),
        "of no alarm": unknown_to_tables(events, active, history),
        "believed otherwise than the table": sorted(set(believed.items()) ^ set(active.items())),
        "other than the truth": sorted(set(active.values()) ^ truth),
    }
