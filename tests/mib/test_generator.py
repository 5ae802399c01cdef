"""The generator's strictness: each fault in a module is one line that names the file, the line and the fault."""

import sys

import pytest

from conftest import MODULE, run

GENERATOR = MODULE.parent / "generate.py"

SMALL = """\
SMALL-MIB DEFINITIONS ::= BEGIN
IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Unsigned32 FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, TruthValue FROM SNMPv2-TC;
small MODULE-IDENTITY
    LAST-UPDATED "202611230000Z"
    ORGANIZATION "o"
    CONTACT-INFO "c"
    DESCRIPTION "d"
    ::= { iso org(3) 99 }
objects OBJECT IDENTIFIER ::= { small 1 }
Colour ::= TEXTUAL-CONVENTION
    STATUS current
    DESCRIPTION "d"
    SYNTAX INTEGER { red(1), green(2) }
thingTable OBJECT-TYPE
    SYNTAX SEQUENCE OF ThingEntry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION "d"
    ::= { objects 1 }
thingEntry OBJECT-TYPE
    SYNTAX ThingEntry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION "d"
    INDEX { thingIndex }
    ::= { thingTable 1 }
ThingEntry ::= SEQUENCE { thingIndex Unsigned32, thingColour Colour, thingBig TruthValue }
thingIndex OBJECT-TYPE
    SYNTAX Unsigned32 (1..10)
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION "d"
    ::= { thingEntry 1 }
thingColour OBJECT-TYPE
    SYNTAX Colour
    MAX-ACCESS read-write
    STATUS current
    DESCRIPTION "d"
    ::= { thingEntry 2 }
thingBig OBJECT-TYPE
    SYNTAX TruthValue
    MAX-ACCESS read-only
    STATUS current
    DESCRIPTION "d"
    ::= { thingEntry 3 }
thingGone NOTIFICATION-TYPE
    OBJECTS { thingColour }
    STATUS current
    DESCRIPTION "d"
    ::= { small 2 }
thingObjects OBJECT-GROUP
    OBJECTS { thingColour, thingBig }
    STATUS current
    DESCRIPTION "d"
    ::= { small 3 }
thingNotifications NOTIFICATION-GROUP
    NOTIFICATIONS { thingGone }
    STATUS current
    DESCRIPTION "d"
    ::= { small 4 }
all MODULE-COMPLIANCE
    STATUS current
    DESCRIPTION "d"
    MODULE MANDATORY-GROUPS { thingObjects, thingNotifications }
        OBJECT thingColour MIN-ACCESS read-only DESCRIPTION "d"
    ::= { small 5 }
END
"""

FAULTS = {  # what is replaced, by what: the line and the words of the error
    "unknown construct": ("thingGone NOTIFICATION-TYPE", "thingGone TRAP-TYPE", 48, "unknown construct TRAP-TYPE"),
    "unknown clause": ('MAX-ACCESS read-only\n', 'MAX-ACCESS read-only\n    REFERENCE "r"\n', 45,
                       "expected STATUS, found REFERENCE"),
    "unknown mark": ("iso org(3)", "iso org[3]", 10, "cannot read '[3] 99 }'"),
    "unknown type": ("SYNTAX Colour", "SYNTAX Color", 36, "thingColour: unknown type Color"),
    "type not imported": (", TruthValue", "", 42, "thingBig: unknown type TruthValue"),
    "unknown access": ("read-write", "write-only", 38, "unknown access write-only"),
    "deprecated": ("STATUS current", "STATUS deprecated", 13, "expected current, found deprecated"),
    "no description": ('    DESCRIPTION "d"\n    ::= { thingEntry 3 }', "    ::= { thingEntry 3 }", 46,
                       "expected DESCRIPTION, found ::="),
    "empty description": ('DESCRIPTION "d"\n    ::= { thingEntry 3 }', 'DESCRIPTION " "\n    ::= { thingEntry 3 }',
                          46, "DESCRIPTION is empty"),
    "column number twice": ("{ thingEntry 3 }", "{ thingEntry 2 }", 42,
                            "thingBig: number 2 is already that of thingColour"),
    "name twice": ("thingBig OBJECT-TYPE", "thingColour OBJECT-TYPE", 42, "thingColour is defined twice"),
    "type twice": ("ThingEntry ::= SEQUENCE", "Colour ::= SEQUENCE", 29, "Colour is defined twice"),
    "value twice": ("green(2)", "green(1)", 15, "green(1) does not ascend"),
    "label twice": ("green(2)", "red(2)", 15, "red is named twice"),
    "no parent": ("{ thingEntry 3 }", "{ thingRow 3 }", 42, "thingBig: thingRow is not defined"),
    "column not in sequence": (", thingBig TruthValue", "", 29,
                               "ThingEntry: the SEQUENCE has None, the columns have ('thingBig', 'TruthValue')"),
    "other type in sequence": ("thingBig TruthValue", "thingBig Unsigned32", 29,
                               "ThingEntry: the SEQUENCE has ('thingBig', 'Unsigned32'), "
                               "the columns have ('thingBig', 'TruthValue')"),
    "no index": ("    INDEX { thingIndex }\n", "", 22, "thingEntry: a row has either INDEX or AUGMENTS"),
    "unknown index": ("INDEX { thingIndex }", "INDEX { thingSeq }", 22, "thingEntry: INDEX thingSeq is no object"),
    "augments nothing": ("INDEX { thingIndex }", "AUGMENTS { otherEntry }", 22,
                         "thingEntry: augments otherEntry, which is no row with an INDEX"),
    "row of another": ("SYNTAX ThingEntry", "SYNTAX Colour", 22, "thingEntry: not the row that thingTable is made of"),
    "notifies the unseen": ("OBJECTS { thingColour }", "OBJECTS { thingIndex }", 48,
                            "thingGone: thingIndex does not belong here"),
    "in no group": ("{ thingColour, thingBig }", "{ thingColour }", 42, "thingBig: in no OBJECT-GROUP"),
    "group not mandatory": (", thingNotifications }", " }", 58, "thingNotifications: in no MODULE-COMPLIANCE"),
    "no least access": ('        OBJECT thingColour MIN-ACCESS read-only DESCRIPTION "d"\n', "", 63,
                        "all: MIN-ACCESS must be given for ['thingColour']"),
    "cut short": ("END\n", "", 69, "expected name, found the end of the file"),
    "more behind the end": ("END\n", "END more\n", 69, "expected end, found more"),
    "name with a hyphen": ("thingBig OBJECT-TYPE", "thing-big OBJECT-TYPE", 42, "hyphen in thing-big"),
    "label with a hyphen": ("green(2)", "light-green(2)", 15, "hyphen in light-green"),
    "circle": ("{ small 1 }", "{ thingTable 9 }", 11, "objects does not hang below the root"),
    "convention of a convention": ("SYNTAX INTEGER { red(1), green(2) }", "SYNTAX TruthValue", 15,
                                   "Colour: TruthValue is no base type"),
    "column below a column": ("{ thingEntry 3 }", "{ thingColour 3 }", 29,
                              "ThingEntry: the SEQUENCE has ('thingBig', 'TruthValue'), the columns have None"),
}


@pytest.fixture
def generate(tmp_path):
    def call(text):
        module = tmp_path / "SMALL-MIB.txt"
        module.write_text(text)
        result = run(sys.executable, "-B", GENERATOR, module, tmp_path / "out")
        return result, tmp_path / "out", str(module)

    return call


def test_small_module_is_good(generate):
    result, folder, _ = generate(SMALL)
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == ["ah_mib.h", "ah_mib_text.c", "ah_mib_text.h"]


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(generate, fault):
    old, new, line, words = FAULTS[fault]
    assert old in SMALL
    result, folder, module = generate(SMALL.replace(old, new, 1))
    assert result.returncode == 1
    assert result.stderr == f"{module}:{line}: {words}\n"
    assert not folder.exists()


def test_one_name_for_two_things_in_c(generate):
    result, folder, module = generate(SMALL.replace("thingGone", "thingBIG"))
    assert result.stderr == f"{module}:48: thingBIG and thingBig would both be THING_BIG in C\n"
    assert result.returncode == 1 and not folder.exists()


def test_missing_module(tmp_path):
    result = run(sys.executable, "-B", GENERATOR, tmp_path / "none.txt", tmp_path)
    assert result.returncode == 1 and "No such file or directory" in result.stderr


def test_wrong_arguments():
    assert run(sys.executable, "-B", GENERATOR).returncode == 2
