# SPDX-License-Identifier: BSD-2-Clause
"""A user name is no path, and every name has a record of its own.

Typed through su: Debian's sshd cuts a name at a slash."""

import pytest

import events
import place


@pytest.fixture
def door(here):
    return events.Door(here, "su")


ODD_NAMES = [
    "per%cent", "per%25cent", "two words", "..dots", ".hidden", "a@b.example", "ANN",
    "slash/slash", "../../etc/passwd", "semi;colon", "dollar$(id)", "quo'te",
    "\u00e9cole", "x" * 64,
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_name_is_refused_or_leaves_the_store(here, door, name):
    person = here.account(name)
    phone = person.enroll()
    door.admits(person, phone.code())
    assert here.strays() == []


@pytest.mark.parametrize("ours, theirs", [
    ("a/b", "a%2Fb"), ("a%2fb", "a%2Fb"), ("c d", "c%20d"), ("Eve", "eve")])
def test_two_names_share_one_record(here, door, ours, theirs):
    mine, other = here.account(ours), here.account(theirs)
    phone = mine.enroll()
    door.refuses(other, phone.code())
    assert here.tool("status", "--", other.name, check=False).returncode == 1
    door.admits(mine, phone.code())


def test_name_of_255_characters_breaks_the_store(here, door):
    """Taken or refused, but whole: no half of an enrollment stays behind."""
    person = here.account("n" * 255)
    told = here.tool("enroll", "--no-confirm", "--qr", "none", "--key", "-", "--",
                     person.name, input="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n", check=False)
    phone = place.Device(here, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    if told.returncode == 0:
        door.admits(person, phone.code())
    else:
        assert told.stderr.startswith("twostep: "), told.stderr
        door.refuses(person, phone.code())
