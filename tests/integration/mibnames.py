"""AGENT-HEALTH-MIB's names as numbers and back, read from the module itself. It asks no agent."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "mib"))
import check  # noqa: E402
import smiv2  # noqa: E402

_module = smiv2.Reader((ROOT / "mib" / "AGENT-HEALTH-MIB.txt").read_text(encoding="ascii")).read()
check.check(_module)  # it also works out the arcs of every node
DEFAULT_ROOT = tuple(number for number, _ in _module.root_arcs)
_by_arcs = {node.arcs: name for name, node in _module.nodes.items()}


def oid(name, index=(), root=DEFAULT_ROOT):
    """ahAgentName, (3,) as a tuple of numbers; a scalar gets its .0 by index (0,)."""
    return root + _module.nodes[name].arcs + tuple(index)


def is_scalar(name):
    node = _module.nodes[name]
    return node.kind == "OBJECT-TYPE" and not node.children and _module.nodes[node.parent].kind != "OBJECT-TYPE"


def name_of(arcs, root=DEFAULT_ROOT):
    """The name that an OID begins with, as long as possible, and the rest."""
    assert arcs[:len(root)] == root, f"{arcs} is not below the root"
    below = arcs[len(root):]
    for length in range(len(below), 0, -1):
        if below[:length] in _by_arcs:
            return _by_arcs[below[:length]], below[length:]
    raise AssertionError(f"the module does not know {arcs}")


def labels(name):
    """label -> number of an object's or convention's enumeration or BITS."""
    syntax = _module.nodes[name].syntax if name in _module.nodes else _module.conventions[name]
    if syntax.type == "TruthValue":
        return {"true": 1, "false": 2}  # SNMPv2-TC's, which this module imports
    return dict(syntax.values or _module.conventions[syntax.type].values)


def label(name, number):
    return {value: text for text, value in labels(name).items()}[number]


def bits(name, value):
    """The labels of the bits that are set in a BITS value."""
    return {text for text, bit in labels(name).items() if bit // 8 < len(value) and value[bit // 8] & 0x80 >> bit % 8}


def members(name):
    """The OBJECTS of a notification, in order."""
    return list(_module.nodes[name].members)


def nodes(kind):
    return [node.name for node in _module.of_kind(kind)]


def writable():
    """The names of what managers may write."""
    return {node.name for node in _module.of_kind("OBJECT-TYPE") if node.access == "read-write"}


def table_columns(name):
    """The readable columns of a table, in order."""
    entry = _module.nodes[_module.nodes[name].children[0].name]
    return [node.name for node in entry.children if node.access in ("read-only", "read-write")]
