# SPDX-License-Identifier: BSD-2-Clause
"""A fresh store for each test, and a machine with the accounts u0, u1, u2, ..."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tool as tools  # noqa: E402
import rig  # noqa: E402


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
def tool(tmp_path, journal):
    journal.take()
    return tools.Tool(tmp_path)


@pytest.fixture
def ann(names, tool):
    """The name of an account that is not enrolled."""
    return next(names)


@pytest.fixture
def empty_group(journal, tmp_path):
    """A group without members, while the test runs."""
    group = tmp_path / "group"
    with open("/etc/group", encoding="utf-8") as file:
        group.write_text(file.read() + "nobodies:x:31000:\n")
    group.chmod(0o644)
    rig.mount(str(group), "/etc/group", flags=rig.MS_BIND)
    yield "nobodies"
    rig.unmount("/etc/group")
