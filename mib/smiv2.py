"""Reads the one SMIv2 module of this project into plain objects, strictly: what it does not know
is an error with its line. It never reads other modules; the few types that ours imports are known here."""

import re
from dataclasses import dataclass, field

# The ASN.1 application type behind each type that a module may use without defining it.
BASE_TYPES = {
    "INTEGER": "INTEGER", "Integer32": "INTEGER", "Unsigned32": "UNSIGNED", "Gauge32": "UNSIGNED",
    "Counter32": "COUNTER32", "Counter64": "COUNTER64", "TimeTicks": "TIMETICKS", "BITS": "OCTETS",
}
IMPORTED_TYPES = {
    "SnmpAdminString": "OCTETS", "DateAndTime": "OCTETS", "InetAddress": "OCTETS", "RowPointer": "OID",
    "TimeStamp": "TIMETICKS", "TruthValue": "INTEGER", "InetAddressType": "INTEGER", "InetPortNumber": "UNSIGNED",
}
ACCESS = ("not-accessible", "accessible-for-notify", "read-only", "read-write")
TOKEN = re.compile(
    r"""(?P<space>\s+|--.*) | (?P<string>"[^"]*") | (?P<name>[A-Za-z][A-Za-z0-9-]*) | (?P<number>-?\d+)
      | (?P<mark>::=|\.\.|[{}(),;|])""", re.X)


class MibError(Exception):
    """A fault in the module: its line and what is wrong."""

    def __init__(self, line, what):
        super().__init__(f"{line}: {what}")


@dataclass
class Token:
    kind: str
    text: str
    line: int
    start: int
    end: int


@dataclass
class Syntax:
    type: str  # the name as written: a base type or a textual convention
    line: int
    values: list = None  # (label, number) of an enumeration or of BITS
    row: str = None  # the row type of SEQUENCE OF


@dataclass
class Node:
    """Whatever has an OID. The fields that its kind does not have stay empty."""
    name: str
    kind: str
    line: int
    parent: str = None
    arc: int = 0
    arcs: tuple = ()  # below the root; known once the module is whole
    syntax: Syntax = None
    access: str = None
    index: list = field(default_factory=list)
    augments: str = None
    members: list = field(default_factory=list)  # of a notification, a group or a compliance statement
    children: list = field(default_factory=list)


@dataclass
class Module:
    root: Node = None
    root_arcs: list = field(default_factory=list)  # (number, label or None)
    root_span: tuple = ()  # where the root's value stands in the text, braces included
    imports: set = field(default_factory=set)
    nodes: dict = field(default_factory=dict)
    conventions: dict = field(default_factory=dict)  # name -> Syntax
    sequences: dict = field(default_factory=dict)  # row type -> (line, [(column, type)])

    def of_kind(self, kind):
        return [node for node in self.nodes.values() if node.kind == kind]

    def application_type(self, syntax):
        name = self.conventions[syntax.type].type if syntax.type in self.conventions else syntax.type
        return BASE_TYPES.get(name) or IMPORTED_TYPES[name]


def tokenize(text):
    tokens, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise MibError(line, f"cannot read {text[at:at + 20].splitlines()[0]!r}")
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group(), line, at, match.end()))
        line += match.group().count("\n")
        at = match.end()
    tokens.append(Token("end", "the end of the file", line, at, at))
    return tokens


class Reader:
    """One pass over the tokens. Each method reads what it is named after and leaves the next token in place."""

    def __init__(self, text):
        self.tokens = tokenize(text)
        self.at = 0
        self.module = Module()

    @property
    def next(self):
        return self.tokens[self.at]

    def fail(self, what, token=None):
        raise MibError((token or self.next).line, what)

    def take(self, kind=None):
        token = self.next
        if kind and token.kind != kind:
            self.fail(f"expected {kind}, found {token.text}")
        self.at += 1
        return token

    def expect(self, *texts):
        for text in texts:
            if self.next.text != text:
                self.fail(f"expected {text}, found {self.next.text}")
            self.at += 1

    def accept(self, text):
        found = self.next.text == text
        self.at += found
        return found

    def string(self, clause):
        self.expect(clause)
        token = self.take("string")
        if not token.text.strip('" \n'):
            self.fail(f"{clause} is empty", token)
        return token.text[1:-1]

    def status_and_description(self):
        self.expect("STATUS", "current")
        self.string("DESCRIPTION")

    def names(self):
        self.expect("{")
        names = [self.take("name").text]
        while self.accept(","):
            names.append(self.take("name").text)
        self.expect("}")
        return names

    def new_name(self):
        """A name that becomes one in C, too."""
        token = self.take("name")
        if "-" in token.text:
            self.fail(f"hyphen in {token.text}", token)
        return token

    def number(self):
        return int(self.take("number").text)

    def place(self, node):
        """::= { parent arc }"""
        self.expect("::=", "{")
        node.parent, node.arc = self.take("name").text, self.number()
        self.expect("}")

    def named_values(self):
        self.expect("{")
        values = []
        while True:
            label = self.new_name()
            self.expect("(")
            number = self.number()
            self.expect(")")
            if values and number <= values[-1][1]:
                self.fail(f"{label.text}({number}) does not ascend", label)
            if label.text in dict(values):
                self.fail(f"{label.text} is named twice", label)
            values.append((label.text, number))
            if not self.accept(","):
                break
        self.expect("}")
        return values

    def syntax(self):
        self.expect("SYNTAX")
        token = self.take("name")
        if token.text == "SEQUENCE":
            self.expect("OF")
            return Syntax("SEQUENCE", token.line, row=self.take("name").text)
        if token.text in ("INTEGER", "BITS"):
            return Syntax(token.text, token.line, self.named_values())
        if self.accept("("):
            self.number()
            self.expect("..")
            self.number()
            self.expect(")")
        return Syntax(token.text, token.line)

    def imports(self):
        self.expect("IMPORTS")
        while not self.accept(";"):
            names = [self.take("name").text]
            while self.accept(","):
                names.append(self.take("name").text)
            self.expect("FROM")
            self.take("name")
            self.module.imports.update(names)

    def module_identity(self, node):
        self.string("LAST-UPDATED")
        self.string("ORGANIZATION")
        self.string("CONTACT-INFO")
        self.string("DESCRIPTION")
        while self.next.text == "REVISION":
            self.string("REVISION")
            self.string("DESCRIPTION")
        self.expect("::=")
        start = self.next.start
        self.expect("{", "iso")
        arcs = [(1, "iso")]
        while self.next.text != "}":
            if self.next.kind == "number":
                arcs.append((self.number(), None))
                continue
            label = self.take("name").text
            self.expect("(")
            arcs.append((self.number(), label))
            self.expect(")")
        self.module.root_span = (start, self.take().end)
        self.module.root, self.module.root_arcs = node, arcs

    def object_type(self, node):
        node.syntax = self.syntax()
        if self.next.text == "UNITS":
            self.string("UNITS")
        self.expect("MAX-ACCESS")
        access = self.take("name")
        if access.text not in ACCESS:
            self.fail(f"unknown access {access.text}", access)
        node.access = access.text
        self.status_and_description()
        if self.accept("INDEX"):
            node.index = self.names()
        elif self.accept("AUGMENTS"):
            self.expect("{")
            node.augments = self.take("name").text
            self.expect("}")
        self.place(node)

    def notification_type(self, node):
        self.expect("OBJECTS")
        node.members = self.names()
        self.status_and_description()
        self.place(node)

    def object_group(self, node):
        self.expect("OBJECTS")
        node.members = self.names()
        self.status_and_description()
        self.place(node)

    def notification_group(self, node):
        self.expect("NOTIFICATIONS")
        node.members = self.names()
        self.status_and_description()
        self.place(node)

    def module_compliance(self, node):
        self.status_and_description()
        self.expect("MODULE", "MANDATORY-GROUPS")
        node.members = self.names()
        while self.accept("OBJECT"):
            node.index.append(self.take("name").text)
            self.expect("MIN-ACCESS", "read-only")
            self.string("DESCRIPTION")
        self.place(node)

    def upper_case(self, token):
        self.expect("::=")
        if token.text in self.module.conventions or token.text in self.module.sequences:
            self.fail(f"{token.text} is defined twice", token)
        if self.accept("TEXTUAL-CONVENTION"):
            if self.next.text == "DISPLAY-HINT":
                self.string("DISPLAY-HINT")
            self.status_and_description()
            self.module.conventions[token.text] = self.syntax()
            return
        self.expect("SEQUENCE", "{")
        columns = []
        while True:
            columns.append((self.take("name").text, self.take("name").text))
            if not self.accept(","):
                break
        self.expect("}")
        self.module.sequences[token.text] = (token.line, columns)

    MACROS = {
        "MODULE-IDENTITY": module_identity, "OBJECT-TYPE": object_type, "NOTIFICATION-TYPE": notification_type,
        "OBJECT-GROUP": object_group, "NOTIFICATION-GROUP": notification_group,
        "MODULE-COMPLIANCE": module_compliance,
    }

    def lower_case(self, token):
        if token.text in self.module.nodes:
            self.fail(f"{token.text} is defined twice", token)
        macro = self.take()
        node = Node(token.text, macro.text, token.line)
        if macro.text == "OBJECT":
            self.expect("IDENTIFIER")
            self.place(node)
        elif macro.text not in self.MACROS:
            self.fail(f"unknown construct {macro.text}", macro)
        else:
            self.MACROS[macro.text](self, node)
        self.module.nodes[token.text] = node

    def read(self):
        self.take("name")
        self.expect("DEFINITIONS", "::=", "BEGIN")
        self.imports()
        while not self.accept("END"):
            token = self.new_name()
            if token.text[0].isupper():
                self.upper_case(token)
            else:
                self.lower_case(token)
        self.take("end")
        return self.module
