"""Checks that a module which could be read also hangs together: places, rows, types, groups.
It never repairs: the first fault is raised with its line."""

import smiv2
from smiv2 import MibError


def place_nodes(module):
    """Gives every node its arcs below the root and its children in the order of their arcs."""
    if not module.root:
        raise MibError(1, "no MODULE-IDENTITY")
    for node in module.nodes.values():
        if node is module.root:
            continue
        if node.parent not in module.nodes:
            raise MibError(node.line, f"{node.name}: {node.parent} is not defined")
        siblings = module.nodes[node.parent].children
        for other in siblings:
            if other.arc == node.arc:
                raise MibError(node.line, f"{node.name}: number {node.arc} is already that of {other.name}")
        siblings.append(node)
    reached = [module.root]
    for node in reached:
        node.children.sort(key=lambda child: child.arc)
        for child in node.children:
            child.arcs = node.arcs + (child.arc,)
        reached.extend(node.children)
    for node in module.nodes.values():
        if node not in reached:
            raise MibError(node.line, f"{node.name} does not hang below the root")


def check_types(module):
    for name, syntax in module.conventions.items():
        if syntax.type not in smiv2.BASE_TYPES:
            raise MibError(syntax.line, f"{name}: {syntax.type} is no base type")
    for node in module.of_kind("OBJECT-TYPE"):
        kind = node.syntax.type
        known = kind in module.conventions or kind in smiv2.BASE_TYPES or kind in module.sequences
        if not known and not (kind in smiv2.IMPORTED_TYPES and kind in module.imports) and kind != "SEQUENCE":
            raise MibError(node.line, f"{node.name}: unknown type {kind}")


def check_row(module, table):
    if not table.name.endswith("Table") or len(table.children) != 1 or table.children[0].arc != 1:
        raise MibError(table.line, f"{table.name}: a table is named ...Table and has one row, numbered 1")
    row = table.children[0]
    if row.syntax is None or row.syntax.type != table.syntax.row or row.syntax.type not in module.sequences:
        raise MibError(row.line, f"{row.name}: not the row that {table.name} is made of")
    if bool(row.index) == bool(row.augments):
        raise MibError(row.line, f"{row.name}: a row has either INDEX or AUGMENTS")
    if row.augments and not (row.augments in module.nodes and module.nodes[row.augments].index):
        raise MibError(row.line, f"{row.name}: augments {row.augments}, which is no row with an INDEX")
    for name in row.index:
        if name not in module.nodes or module.nodes[name].kind != "OBJECT-TYPE":
            raise MibError(row.line, f"{row.name}: INDEX {name} is no object")
    line, sequence = module.sequences[row.syntax.type]
    columns = [(column.name, column.syntax.type) for column in row.children]
    for written, column in zip(sequence + [None], columns + [None]):
        if written != column:
            raise MibError(line, f"{row.syntax.type}: the SEQUENCE has {written}, the columns have {column}")
    if columns == []:
        raise MibError(row.line, f"{row.name}: no columns")


def check_members(module):
    """Notifications and groups name what exists, and everything that can be seen is in a group."""
    visible = [node for node in module.of_kind("OBJECT-TYPE") if node.access != "not-accessible"]
    allowed = {
        "NOTIFICATION-TYPE": visible,
        "OBJECT-GROUP": visible,
        "NOTIFICATION-GROUP": module.of_kind("NOTIFICATION-TYPE"),
        "MODULE-COMPLIANCE": module.of_kind("OBJECT-GROUP") + module.of_kind("NOTIFICATION-GROUP"),
    }
    for kind, candidates in allowed.items():
        names = {node.name for node in candidates}
        grouped = set()
        for node in module.of_kind(kind):
            for member in node.members:
                if member not in names:
                    raise MibError(node.line, f"{node.name}: {member} does not belong here")
            grouped.update(node.members)
        if kind == "NOTIFICATION-TYPE":
            continue
        for node in candidates:
            if node.name not in grouped:
                raise MibError(node.line, f"{node.name}: in no {kind}")
    for node in module.of_kind("MODULE-COMPLIANCE"):
        writable = {item.name for item in visible if item.access == "read-write"}
        if set(node.index) != writable:
            raise MibError(node.line, f"{node.name}: MIN-ACCESS must be given for {sorted(writable)}")


def check(module):
    place_nodes(module)
    check_types(module)
    for node in module.of_kind("OBJECT-TYPE"):
        if node.syntax.row:
            check_row(module, node)
        elif node.syntax.type in module.sequences:
            table = module.nodes[node.parent].syntax
            if not table or not table.row:
                raise MibError(node.line, f"{node.name}: a row outside of a table")
        elif node.children:
            raise MibError(node.line, f"{node.name}: only tables and rows have children")
    check_members(module)
