# SPDX-License-Identifier: BSD-2-Clause
"""Runs these tests inside the private place, with a fresh person for each of them."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

pytest.register_assert_rewrite("events")

import place  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "codes: ann has two recovery codes, not none")


def pytest_cmdline_main(config):
    if place.why_not() is None and not place.inside():
        capture = config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.stop_global_capturing()
        sys.stdout.flush()
        place.enter()


def pytest_collection_modifyitems(items):
    reason = place.why_not()
    if reason is None and not place.inside():
        reason = "runs in its private place only: tests/system/run"
    ours = [x for x in items if str(x.path).startswith(place.HERE + os.sep)]
    for item in ours if reason else []:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", name="the_place")
def one_place():
    """One machine for all tests: nobody meets the people of another test."""
    try:
        return place.Place()
    except place.Unable as why:
        pytest.exit(str(why), returncode=1)


@pytest.fixture
def here(the_place):
    """The place with default settings; afterwards no log may hold a secret."""
    the_place.conf()
    since = the_place.log.now()
    yield the_place
    found = the_place.secrets_in(the_place.log.lines(since))
    assert not found, "a secret stands in the log"


@pytest.fixture(scope="session")
def opened(the_place):
    """The administrator was here: there are key and store, and people can enroll."""
    the_place.conf(recovery_codes=0)
    the_place.account().enroll()


@pytest.fixture
def ann(here, request):
    """A fresh account with one TOTP device, as `ann.phone`."""
    person = here.account()
    # each code costs its scrypt
    here.conf(recovery_codes=2 if request.node.get_closest_marker("codes") else 0)
    person.phone = person.enroll()
    here.conf()
    return person


@pytest.fixture
def bob(here):
    """A fresh account that never enrolled."""
    return here.account()
