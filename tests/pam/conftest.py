# SPDX-License-Identifier: BSD-2-Clause
"""One journal and one mount namespace for all these tests, a fresh store for each."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rig as rigs  # noqa: E402


@pytest.fixture(scope="session", name="journal")
def one_journal(tmp_path_factory):
    reason = rigs.why_not()
    if reason:
        pytest.skip(reason)
    return rigs.seclude(str(tmp_path_factory.mktemp("etc")))


@pytest.fixture
def rig(tmp_path, journal):
    made = rigs.Rig(tmp_path, journal)
    journal.take()
    yield made
    made.close()


@pytest.fixture
def quick(journal, monkeypatch):
    """All that runs in the test has cheap recovery codes."""
    for name, value in rigs.cheap_scrypt().items():
        monkeypatch.setenv(name, value)
