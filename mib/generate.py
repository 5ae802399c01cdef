#!/usr/bin/env python3
"""Writes the C side of the MIB module (numbers, enumerations, column lists, the module's text) into a folder.
The module is the only place where any of them is typed; nothing here knows an object by its name."""

import os
import re
import sys

import check
import smiv2

ACCESS = {
    "not-accessible": "AH_ACCESS_NONE", "accessible-for-notify": "AH_ACCESS_NOTIFY",
    "read-only": "AH_ACCESS_RO", "read-write": "AH_ACCESS_RW",
}
MAX_ARCS = 128  # of an object identifier (RFC 2578, section 3.5)
HEAD = """\
/* Generated from {source}: edit that. The MIB's object identifiers (relative to its root),
 * enumerations and column lists; never a value or a function. */
#ifndef AH_MIB_H
#define AH_MIB_H

/* The tag of a value's ASN.1 type (RFC 2578, section 7.1, and RFC 3416, section 3). BITS are octets. */
enum ah_syntax {{
    AH_SYNTAX_INTEGER = 0x02,
    AH_SYNTAX_OCTETS = 0x04,
    AH_SYNTAX_OID = 0x06,
    AH_SYNTAX_COUNTER32 = 0x41,
    AH_SYNTAX_UNSIGNED = 0x42,
    AH_SYNTAX_TIMETICKS = 0x43,
    AH_SYNTAX_COUNTER64 = 0x46,
}};

enum ah_access {{
    AH_ACCESS_NONE,   /* only part of a row's name */
    AH_ACCESS_NOTIFY, /* part of a row's name, and told in notifications */
    AH_ACCESS_RO,
    AH_ACCESS_RW,
}};

/* What an age, a round-trip time or a number that may be unknown reads when it is. */
#define AH_UNKNOWN_NUMBER 4294967295U
"""


def upper(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def lower(name):
    return upper(name).lower()


def arcs(node):
    return ", ".join(map(str, node.arcs))


class Header:
    """Collects the lines of ah_mib.h; a C name that is defined twice is an error."""

    def __init__(self, module, source):
        self.module = module
        self.lines = [HEAD.format(source=source)]
        self.defined = {}

    def claim(self, name, origin):
        if name in self.defined:
            line = self.module.nodes.get(origin, self.module.root).line
            raise smiv2.MibError(line, f"{origin} and {self.defined[name]} would both be {name} in C")
        self.defined[name] = origin

    def define(self, name, value, origin):
        self.claim(name, origin)
        self.lines.append(f"#define {name} {value}")

    def define_list(self, name, entries, origin):
        """An X-macro, one X(...) per line."""
        self.claim(name, origin)
        self.lines.append(" \\\n".join([f"#define {name}(X)"] + [f"    X({', '.join(entry)})" for entry in entries]))

    def enum(self, tag, constants):
        """Each constant is its C name, its number and what it comes from."""
        self.claim(f"enum {tag}", tag)
        self.lines.append(f"enum {tag} {{")
        for name, number, origin in constants:
            self.claim(name, origin)
            self.lines.append(f"    {name} = {number},")
        self.lines.append("};")

    def root(self):
        module = self.module
        numbers = [number for number, _ in module.root_arcs]
        longest = max(len(column.arcs) + len(self.indexes(row)) for row, column in self.columns())
        self.define("AH_ROOT_ARCS", ", ".join(map(str, numbers)), "the root")
        self.define("AH_ROOT_ARC_COUNT", len(numbers), "the root")
        self.lines.append("/* A longer root would leave no room for the longest name below it. */")
        self.define("AH_ROOT_ARC_COUNT_MAX", MAX_ARCS - longest, "the root")

    def tables(self):
        return [node for node in self.module.of_kind("OBJECT-TYPE") if node.syntax.row]

    def columns(self):
        return [(table.children[0], column) for table in self.tables() for column in table.children[0].children]

    def indexes(self, row):
        row = self.module.nodes[row.augments] if row.augments else row
        return [self.module.nodes[name] for name in row.index]

    def entry(self, node):
        syntax = f"AH_SYNTAX_{self.module.application_type(node.syntax)}"
        return upper(node.name), node.name, syntax, ACCESS[node.access]

    @staticmethod
    def constant(node):
        return upper(node.name), node.arc, node.name

    def values(self, name, syntax):
        kind = "BITS" if syntax.type == "BITS" else "values"
        self.lines.append(f"\n/* {name}: {kind} */")
        constants = [(f"{upper(name)}_{upper(label)}", number, name) for label, number in syntax.values]
        self.enum(lower(name), constants)
        pairs = [(constant[0], label) for constant, (label, _) in zip(constants, syntax.values)]
        self.define_list(f"{upper(name)}_VALUES", pairs, name)

    def enumerations(self):
        for name, syntax in self.module.conventions.items():
            if syntax.values:
                self.values(name, syntax)
        for node in self.module.of_kind("OBJECT-TYPE"):
            if node.syntax.values:
                self.values(node.name, node.syntax)

    def scalars(self):
        groups = []
        for node in self.module.of_kind("OBJECT"):
            leaves = [child for child in node.children if child.kind == "OBJECT-TYPE" and not child.syntax.row]
            if not leaves:
                continue
            groups.append((upper(node.name), node.name))
            self.lines.append(f"\n/* {node.name}: scalars */")
            self.define(f"{upper(node.name)}_ARCS", arcs(node), node.name)
            self.enum(f"{lower(node.name)}_scalar", map(self.constant, leaves))
            self.define_list(f"{upper(node.name)}_SCALARS", map(self.entry, leaves), node.name)
        self.lines.append("")
        self.define_list("AH_SCALAR_GROUPS", groups, "the scalar groups")

    def table(self, table):
        row, name = table.children[0], upper(table.name)
        indexes = self.indexes(row)
        readable = [column for column in row.children if column.access in ("read-only", "read-write")]
        self.lines.append(f"\n/* {table.name} */")
        self.define(f"{name}_ARCS", arcs(table), table.name)
        self.define(f"{name}_ENTRY_ARCS", arcs(row), table.name)
        self.define(f"{name}_INDEX_COUNT", len(indexes), table.name)
        self.define_list(f"{name}_INDEXES", map(self.entry, indexes), table.name)
        tag = f"{lower(table.name.removesuffix('Table'))}_column"
        self.enum(tag, map(self.constant, row.children))
        if readable:
            self.define(f"{name}_LAST_COLUMN", upper(readable[-1].name), table.name)
            self.define_list(f"{name}_COLUMNS", map(self.entry, readable), table.name)
        return bool(readable)

    def names(self):
        self.lines.append("\n/* The name of each object without its instance, for varbinds: AH_ARCS_##name. */")
        for node in self.module.of_kind("OBJECT-TYPE"):
            if node.access != "not-accessible":
                self.define(f"AH_ARCS_{node.name}", arcs(node), node.name)

    def notifications(self):
        nodes = self.module.of_kind("NOTIFICATION-TYPE")
        self.lines.append("\n/* Notifications, and the objects of each in their order */")
        self.enum("ah_notification", map(self.constant, nodes))
        for node in nodes:
            self.define(f"{upper(node.name)}_ARCS", arcs(node), node.name)
            self.define(f"{upper(node.name)}_OBJECT_COUNT", len(node.members), node.name)
            self.define_list(f"{upper(node.name)}_OBJECTS", [(member,) for member in node.members], node.name)
        entries = [(upper(node.name), node.name, f"{upper(node.name)}_OBJECTS") for node in nodes]
        self.define_list("AH_NOTIFICATIONS", entries, "the notifications")

    def text(self):
        self.root()
        self.enumerations()
        self.scalars()
        readable = [(upper(table.name), table.name) for table in self.tables() if self.table(table)]
        self.lines.append("\n/* The tables that have columns to read */")
        self.define_list("AH_TABLES", readable, "the tables")
        self.names()
        self.notifications()
        self.lines.append("\n#endif\n")
        return "\n".join(self.lines)


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def c_lines(name, text):
    lines = "".join(f"    {c_string(line)},\n" for line in text.splitlines(keepends=True))
    return f"const char *const {name}[] = {{\n{lines}    NULL,\n}};\n"


def text_source(module, text, source):
    start, end = module.root_span
    arc_lines = "".join(
        f"    {{{number}, {c_string(label) if label else 'NULL'}}},\n" for number, label in module.root_arcs)
    return "\n".join([
        f"/* Generated from {source}: edit that. The module's text; never the code that prints it. */",
        '#include "ah_mib_text.h"\n',
        c_lines("ah_mib_text_before", text[:start]),
        f"const struct ah_mib_arc ah_mib_text_root[] = {{\n{arc_lines}}};\n",
        "const size_t ah_mib_text_root_length = sizeof(ah_mib_text_root) / sizeof(ah_mib_text_root[0]);\n",
        c_lines("ah_mib_text_after", text[end:]),
    ])


TEXT_HEADER = """\
/* Generated from {source}: edit that. The module's text around its root; never the code that prints it. */
#ifndef AH_MIB_TEXT_H
#define AH_MIB_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* One arc of the default root, with its name (NULL: it has none). */
struct ah_mib_arc {{
    uint32_t number;
    const char *name;
}};

/* The text in pieces, to be put out one after the other; each array ends with NULL. */
extern const char *const ah_mib_text_before[];
extern const struct ah_mib_arc ah_mib_text_root[];
extern const size_t ah_mib_text_root_length;
extern const char *const ah_mib_text_after[];

#endif
"""


def main(arguments):
    if len(arguments) != 3:
        print(f"usage: {arguments[0]} MODULE FOLDER", file=sys.stderr)
        return 2
    path, folder = arguments[1:]
    source = os.path.basename(path)
    try:
        with open(path, encoding="ascii", newline="") as file:
            text = file.read()
        module = smiv2.Reader(text).read()
        check.check(module)
        outputs = {
            "ah_mib.h": Header(module, source).text(),
            "ah_mib_text.h": TEXT_HEADER.format(source=source),
            "ah_mib_text.c": text_source(module, text, source),
        }
        os.makedirs(folder, exist_ok=True)
        for name, content in outputs.items():
            with open(os.path.join(folder, name), "w", encoding="ascii", newline="") as file:
                file.write(content)
    except smiv2.MibError as error:
        print(f"{path}:{error}", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
