"""Fixtures of the integration tests. What runs is in scene.py and processes.py."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import forms  # noqa: E402
import processes  # noqa: E402
from scene import Scene  # noqa: E402


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.originalname in forms.shortened(item.path):
            item.add_marker("shortened")
    surplus = forms.surplus(items, processes.ROWS)
    if surplus:
        config.hook.pytest_deselected(items=surplus)
        items[:] = [item for item in items if item not in surplus]


@pytest.fixture(scope="session", autouse=True)
def built():
    if not processes.BINARY.is_file():
        pytest.exit(f"{processes.BINARY} is not built; AH_BUILD names the preset", returncode=3)


@pytest.fixture
def scene():
    """An estate that is not started yet."""
    with_all = Scene()
    try:
        yield with_all
    finally:
        with_all.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the ends of the logs."""
    report = (yield).get_result()
    estate = item.funcargs.get("scene") if hasattr(item, "funcargs") else None
    if report.failed and estate:
        for process in (estate.daemon, estate.snmpd, estate.trapd):
            report.sections.append((f"log of {process.name}", process.log()[-4000:]))
