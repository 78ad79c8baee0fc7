# SPDX-License-Identifier: BSD-2-Clause
"""Callers of the helper that are no `twostep`: they skip what is asked before a change, and
send what they like, when they like."""

import base64
import contextlib
import itertools
import os

import pytest

import place
import test_self
import wire

REPLACE = {"how": 2, "device_digits": 6, "period": 30}


@pytest.fixture(autouse=True)
def service(here, opened):
    test_self.conf(here, recovery_codes=0)
    here.pam("twostep", test_self.SERVICE)
    yield
    wire.wait_until_all_are_gone()
    assert here.strays() == []


def answer(typed, **more):
    return wire.packet("answer", typed=typed, **dict({"given": 1}, **more))


@contextlib.contextmanager
def walk(here, person, kind, **more):
    with wire.Helper(here.HELPER, person) as helper:
        helper.send(wire.packet(kind, **more))
        yield helper


def until(helper, *kinds):
    """The next packet of one of these kinds; None at the end, or where it ended otherwise."""
    while True:
        found = helper.receive()
        if found is None or found.kind in kinds:
            return found
        if found.kind == "end":
            return None


def files(here):
    """All that the store holds of enrollments and invitations."""
    found = {}
    for kind in ("enrollments", "invitations"):
        directory = os.path.join(here.STORE, kind)
        for name in os.listdir(directory) if os.path.isdir(directory) else []:
            with open(os.path.join(directory, name), "rb") as file:
                found[kind, name] = file.read()
    return found


CHANGES = ["enroll", "remove", "forget", "recovery_new"]
ABOUT = "pam code activation device".split()


def ask(helper):
    """What the next question is about, or how it ended."""
    found = until(helper, "ask", "end")
    if found is None:
        return None
    return ABOUT[found.about] if found.kind == "ask" else ("end", found.status)


def offered(helper, person, *codes):
    """Answers all that comes before a key is shown; the key."""
    assert ask(helper) == "pam"
    helper.send(answer(person.password))
    for code in codes:
        assert ask(helper) == "code"
        helper.send(answer(code))
    return until(helper, "offer")


def ends_without_a_change(helper):
    found = until(helper, "offer", "codes", "end")
    assert found is None or (found.kind, found.status) == ("end", test_self.NO), found


def test_rule_23_anything_changes_without_the_password(here, ann):
    """The code is right; it comes in the place of the password, or at once, or alone."""
    before, code = files(here), ann.phone.code()
    ways = ([answer(code)], [answer(code), answer(code)], [answer(""), answer(code)],
            [answer("", given=0), answer(code)], [wire.judge(code)],
            [wire.packet("judged", verdict=9), answer(code)], [wire.packet("end"), answer(code)],
            [answer(ann.password, version=2), answer(code)], [answer(ann.password + "x")])
    for kind, packets in itertools.product(CHANGES[:2], ways):
        with walk(here, ann, kind, **REPLACE) as helper:
            for packet in packets:
                helper.send(packet)
            ends_without_a_change(helper)
    assert files(here) == before and ann.status()["failures"] == 0
    assert here.su(ann, code).entered, "the code was spent"


def test_rule_23_anything_changes_without_a_code(here, ann):
    before = files(here)
    ways = ([answer("", given=0)], [answer(ann.password)] * 3,
            [wire.packet("enroll", **REPLACE)], [wire.packet("answer", verdict=9)],
            [wire.packet("judged", verdict=9)])
    for kind, packets in itertools.product(CHANGES, ways):
        with walk(here, ann, kind, **REPLACE) as helper:
            assert ask(helper) == "pam"
            helper.send(answer(ann.password))
            assert ask(helper) == "code"
            for packet in packets:
                helper.send(packet)
            ends_without_a_change(helper)
    assert files(here) == before


def test_wish_changes_after_it_was_granted(here, ann):
    """Asked to add; answers that say replace, and name another user, decide nothing."""
    with walk(here, ann, "enroll", **dict(REPLACE, how=1)) as helper:
        assert ask(helper) == "pam"
        helper.send(answer(ann.password, **REPLACE, user=b"root", name=b"phone"))
        assert ask(helper) == "code"
        helper.send(answer(ann.phone.code(), **REPLACE))
        offer = until(helper, "offer")
        assert ask(helper) == "device"
        helper.send(answer(code_of(here, offer), **REPLACE))
        assert until(helper, "codes") is not None
    assert test_self.devices(ann) == ["phone", "phone-2"]


def code_of(here, offer):
    key = base64.b32encode(offer.typed).decode()
    here.secret(key)
    return place.Device(here, key).code()


def test_code_is_answered_twice(here, ann):
    """Ahead of the questions, and to two helpers: it is spent once."""
    code = ann.phone.code()
    told = []
    for codes in ([code], [code, code, code]):
        with walk(here, ann, "forget") as helper:
            for typed in [ann.password] + codes:
                helper.send(answer(typed))
            told.append(until(helper, "end").status)
    assert told == [test_self.DONE, test_self.NO]


def test_caller_that_dies_leaves_something_behind(here, ann, bob):
    """At each question, and while the answer to it is on its way."""
    before = files(here)
    for person, kind, codes in ((ann, "enroll", [0]), (ann, "remove", []), (bob, "enroll", [])):
        for answers in range(3):
            with walk(here, person, kind, **REPLACE) as helper:
                typed = [person.password] + [person.phone.wrong() for _ in codes]
                for one in typed[:answers]:
                    until(helper, "ask")
                    helper.send(answer(one))
                if answers == 1:
                    until(helper, "ask")
    wire.wait_until_all_are_gone()
    assert files(here) == before


def test_key_is_the_same_twice_or_finishes_another_dialogue(here, bob):
    with walk(here, bob, "enroll", **REPLACE) as helper:
        first = offered(helper, bob)
    with walk(here, bob, "enroll", **REPLACE) as helper:
        second = offered(helper, bob)
        assert second.typed != first.typed
        assert ask(helper) == "device"
        helper.send(answer(code_of(here, first)))
        assert ask(helper) == "device"
    assert not bob.status()["enrolled"]


def test_two_at_once_both_link(here, bob):
    with walk(here, bob, "enroll", **REPLACE) as one, walk(here, bob, "enroll", **REPLACE) as two:
        offers = [offered(helper, bob) for helper in (one, two)]
        ends = []
        for helper, offer in zip((one, two), offers):
            assert ask(helper) == "device"
            helper.send(answer(code_of(here, offer)))
            ends.append(until(helper, "end"))
    assert [end.status for end in ends] == [test_self.DONE, test_self.NO]
    assert ends[1].text == "changed by somebody else meanwhile; nothing was done here"
    assert bob.status()["enrolled"]


def test_device_that_the_administrator_linked_meanwhile_is_replaced(here, bob):
    """Nobody has shown a code of it."""
    with walk(here, bob, "enroll", **REPLACE) as helper:
        offer = offered(helper, bob)
        bob.enroll()
        assert ask(helper) == "device"
        helper.send(answer(code_of(here, offer)))
        assert until(helper, "end").status == test_self.NO
    with walk(here, bob, "enroll", **REPLACE) as helper:
        assert ask(helper) == "pam"
        helper.send(answer(bob.password))
        assert ask(helper) == "code"


def test_key_that_was_removed_while_somebody_typed_is_replaced(here, ann):
    with walk(here, ann, "enroll", **REPLACE) as helper:
        assert ask(helper) == "pam"
        helper.send(answer(ann.password))
        assert ask(helper) == "code"
        here.tool("remove", ann.name)
        helper.send(answer(ann.phone.code()))
        judged = until(helper, "judged")
        assert judged.verdict == "unenrolled"
        assert until(helper, "end").status == test_self.NO
    assert not ann.status()["enrolled"]


def test_wish_that_no_tool_would_have_is_granted(here, bob):
    for wish in ({"how": 3}, {"device_digits": 5}, {"device_digits": 9}, {"period": 1},
                 {"period": 121}, {"type": 2}, {"algorithm": 3}, {"name": b"../../etc"},
                 {"name": b"a" * 40}, {"name": b"a b"}):
        with walk(here, bob, "enroll", **dict(REPLACE, **wish)) as helper:
            assert helper.receive() is None and helper.status() == test_self.USAGE, wish
