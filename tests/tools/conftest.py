# SPDX-License-Identifier: BSD-2-Clause
"""A fresh store for each test, and a machine with the accounts u0, u1, u2, ..."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tool as tools  # noqa: E402
import rig  # noqa: E402
from crowd import Crowd  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "codes(count=2): people get so many recovery codes, not none")


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
