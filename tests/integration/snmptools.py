"""net-snmp's command line tools, with names in and Python values out. It decides nothing about what it reads."""

import datetime
import re
import subprocess

import mibnames

# Numbers for names, types before values, octets always as hex, so that one pattern reads everything.
FORMAT = ["-On", "-Oe", "-Ot", "-OU", "-Ox"]
LINE = re.compile(r"^\.(?P<oid>[0-9.]+) = (?:(?P<type>[A-Za-z0-9-]+): )?(?P<value>.*)$", re.S)
ENVIRONMENT = {"MIBS": "", "SNMPCONFPATH": "/nonexistent", "PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class SnmpError(Exception):
    """The tool failed: a timeout, or an error status such as wrongType."""


class Missing(str):
    """noSuchObject, noSuchInstance or endOfMibView, in the tool's words."""


def parse_oid(text):
    return tuple(int(arc) for arc in text.strip(".").split("."))


def parse_value(kind, text):
    text = text.strip()
    if kind in ("Hex-STRING", "BITS", "Hex"):
        return bytes.fromhex(text)
    if kind == "STRING" or text.startswith('"'):
        return text.strip('"').encode()
    if kind == "OID":
        return parse_oid(text)
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if text.startswith(("No Such", "No more")):
        return Missing(text)
    raise SnmpError(f"cannot read {kind}: {text}")


def parse_varbinds(text):
    """(OID, value) of each varbind; long octet strings go on over several lines."""
    found = []
    for part in re.split(r"^(?=\.1\.)", text, flags=re.M):
        if part.strip():
            match = LINE.match(part.strip())
            if not match:
                raise SnmpError(f"cannot read {part!r}")
            found.append((parse_oid(match["oid"]), parse_value(match["type"], match["value"])))
    return found


def date(in_s, length=11):
    """A DateAndTime of so many seconds from now, in UTC."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=in_s)
    octets = at.year.to_bytes(2, "big") + bytes((at.month, at.day, at.hour, at.minute, at.second, 0)) + b"+\0\0"
    return octets[:length].hex()


class Manager:
    """Someone who asks one SNMP agent."""

    def __init__(self, peer, access=("-v2c", "-c", "public"), timeout_s=5, retries=0, root=mibnames.DEFAULT_ROOT):
        self.peer, self.access, self.root = peer, list(access), root
        self.timing = ["-t", str(timeout_s), "-r", str(retries)]

    def run(self, tool, *arguments):
        command = [tool, *self.access, *self.timing, *FORMAT, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
        if result.returncode or result.stderr:
            raise SnmpError(result.stderr.strip() or result.stdout.strip())
        return parse_varbinds(result.stdout)

    def oid_text(self, name, index):
        return ".".join(str(arc) for arc in ("", *mibnames.oid(name, index, self.root)))

    def get(self, name, *index):
        """One value; a scalar needs no index."""
        return self.get_many((name, *index))[0]

    def get_many(self, *wanted):
        """The values of (name, index...) tuples or scalars' names, in one request. What is missing is an SnmpError."""
        values = self.look_for(*wanted)
        for one, value in zip(wanted, values):
            if isinstance(value, Missing):
                raise SnmpError(f"{one}: {value}")
        return values

    def look_for(self, *wanted):
        """The same, where what is missing is a Missing."""
        oids = []
        for one in wanted:
            name, *index = (one,) if isinstance(one, str) else one
            oids.append(self.oid_text(name, index or (0,)))
        return [value for _, value in self.run("snmpget", self.peer, *oids)]

    def set(self, name, kind, value, *index):
        """Raises SnmpError with the error status in its text."""
        self.set_many((name, kind, value, *index))

    def set_many(self, *wanted):
        """Likewise, of (name, kind, value, index...) tuples in one request."""
        varbinds = [(self.oid_text(name, index or (0,)), kind, str(value)) for name, kind, value, *index in wanted]
        self.run("snmpset", self.peer, *(word for varbind in varbinds for word in varbind))

    def next(self, *arcs):
        """GETNEXT from below the module's root: (OID below the root, value)."""
        text = ".".join(str(arc) for arc in ("", *self.root, *arcs))
        found, value = self.run("snmpgetnext", self.peer, text)[0]
        return (found[len(self.root):] if found[:len(self.root)] == self.root else None), value

    def column(self, name, repetitions=50):
        """index -> value of a column; the index of one number is that number."""
        text = self.oid_text(name, ())
        length = len(mibnames.oid(name, (), self.root))
        rows = {}
        for found, value in self.run("snmpbulkwalk", f"-Cr{repetitions}", self.peer, text):
            if not isinstance(value, Missing):
                index = found[length:]
                rows[index[0] if len(index) == 1 else index] = value
        return rows

    def rows(self, *columns):
        """index -> {column: value}, of columns that were walked one after the other."""
        table = {}
        for name in columns:
            for index, value in self.column(name).items():
                table.setdefault(index, {})[name] = value
        return table

    def enum(self, name, *index):
        return mibnames.label(name, self.get(name, *index))

    def text(self, name, *index):
        return self.get(name, *index).decode()
