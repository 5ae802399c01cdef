"""docs/coverage.md names only what exists, and leaves out no condition, diagnosis, check or step of guidance."""

import re

import pytest

from conftest import MODULE, ROOT

TEXT = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
LINES = [re.split(r"(?<!\\)\|", line)[1:-1] for line in TEXT.splitlines() if line.startswith("| ")]
TESTS = {path.name: path.read_text(encoding="utf-8")
         for folder in ("integration", "mib", "unit") for path in (ROOT / "tests" / folder).rglob("test_*")
         if path.suffix in (".c", ".py")}


def words(text):
    return re.findall(r"`([^`]+)`", text)


def camel(constant):
    first, *rest = constant.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def core(name):
    return (ROOT / "core" / name).read_text(encoding="utf-8")


def steps():
    """The steps of each subject of the guidance."""
    checks = {number: camel(name) for name, number in re.findall(r"CHECK_(\w+) = (\d)", core("model.h"))}
    names = {}
    for icon, diagnosis, check, step in re.findall(
            r"GUIDANCE\(\s*(?:ICON_(\w+)|GUIDANCE_OF_DIAGNOSIS\(DIAGNOSIS_(\w+)\)|GUIDANCE_OF_CHECK\((\d)\)),\s*(\d+),",
            core("guidance.def")):
        names.setdefault(camel(icon or diagnosis) if icon or diagnosis else checks[check], set()).add(int(step))
    return names


def told():
    """The steps that the tables lead to."""
    found = {}
    for line in LINES:
        for subject, first, last in re.findall(r"`(\w+)` (\d)(?:-(\d))?(?= |$|;)", " ".join(line[1:])):
            found.setdefault(subject, set()).update(range(int(first), int(last or first) + 1))
    return found


def test_the_tables_are_read():
    assert len(LINES) > 25 and len(steps()) > 15


@pytest.mark.parametrize("name", sorted({word for word in words(TEXT) if re.fullmatch(r"ah[A-Z]\w+", word)}))
def test_the_object_exists(name):
    assert re.search(rf"^{name}\s+(OBJECT|NOTIFICATION)-TYPE", MODULE.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("name", sorted({word for word in words(TEXT) if re.search(r"test_\w+\.(c|py)", word)}))
def test_the_test_exists(name):
    file, _, function = name.rpartition("/")[2].partition("::")
    assert file in TESTS
    assert not function or re.search(rf"^(def {function}\(|static void {function}\(void \*\*)", TESTS[file], re.M)


def test_every_step_of_guidance_is_led_to():
    assert told() == steps()


def test_every_condition_and_diagnosis_has_a_line():
    named = {word for line in LINES for word in words(" ".join(line[:3]))}
    conditions = set(re.findall(r"^CONDITION\(\w+, (\w+)", core("conditions.def"), re.M))
    diagnoses = {camel(name) for name in re.findall(r"DIAGNOSIS_(\w+) = \d", core("model.h"))}
    assert len(conditions) == 6 and conditions <= named
    assert len(diagnoses) == 10 and diagnoses <= named


def test_every_line_has_a_test():
    bare = [line[0] for line in LINES if not re.search(r"test_\w+\.(c|py)", line[-1]) and not line[-1].strip() == "tests"]
    assert not bare
