# SPDX-License-Identifier: BSD-2-Clause
"""A fresh store for each test, and a machine with the accounts u0, u1, u2, ..."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tool as tools  # noqa: E402
import rig  # noqa: E402
from crowd import Crowd  # noqa: E402


# Row by row these are given what others wrote, for the parsers of the tool.
READERS = {"test_enable.py", "test_import.py", "test_stacks.py", "test_usage.py"}


def pytest_configure(config):
    config.addinivalue_line("markers", "codes(count=2): people get so many recovery codes, not none")


def pytest_collection_modifyitems(config, items):
    """A sanitizer looks at memory. Of a test whose rows go one way through the program and come to other
    words, a build with one runs the first row and the last."""
    if not rig.SANITIZED or rig.LONG:
        return
    rows = {}
    for item in items:
        rows.setdefault(item.nodeid.partition("[")[0], []).append(item)
    alike = {item for same in rows.values() if same[0].path.name not in READERS for item in same[1:-1]}
    config.hook.pytest_deselected(items=list(alike))
    items[:] = [item for item in items if item not in alike]


@pytest.fixture(scope="session", name="journal")
def one_journal(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("needs root, for a mount namespace of its own")
    if not os.path.exists(tools.PROGRAM):
        pytest.fail("%s is not built" % tools.PROGRAM)
    return rig.seclude(str(tmp_path_factory.mktemp("etc")))


@pytest.fixture(name="names")
def all_names():
    """Every store is new, so that the names can be those of the test before."""
    return ("u%d" % n for n in range(1, rig.PEOPLE))


@pytest.fixture
def quick(journal, monkeypatch):
    """All that runs in the test has cheap recovery codes."""
    for name, value in rig.cheap_scrypt().items():
        monkeypatch.setitem(tools.BESIDE, name, value)


@pytest.fixture
def tool(tmp_path, journal, request):
    journal.take()
    codes = request.node.get_closest_marker("codes")
    return tools.Tool(tmp_path, (codes.args or [2])[0] if codes else 0)


@pytest.fixture
def ann(names, tool):
    """The name of an account that is not enrolled."""
    return next(names)


@pytest.fixture
def crowd(journal, tmp_path):
    """Other accounts and groups than the machine's, while the test runs: u1 to u30."""
    directory = tmp_path / "crowd"
    directory.mkdir()
    there = Crowd(directory)
    there.people(*("u%d" % n for n in range(1, 31)))
    yield there
    there.close()
