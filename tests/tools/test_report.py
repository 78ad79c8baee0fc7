# SPDX-License-Identifier: BSD-2-Clause
"""Who is enrolled and who is not: twostep report."""

import hashlib
import os
import re
import subprocess
import time

import pytest

import rig
from crowd import account
from tool import NO, SYSTEM, USAGE, Phone, plain_environment, read, write

COUNTS = ("total", "enrolled", "invited", "missing", "exempt", "locked")


def day(ahead):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + ahead * 86400))


def counts_of(report):
    return {word: report[word] for word in COUNTS}


def states_of(report):
    return {person.pop("user"): {word for word, stands in person.items() if stands}
            for person in report["people"]}


@pytest.fixture
def groups(crowd):
    """staff2 has u1, u2, u3, and u9 for its first group; empty2 has nobody."""
    crowd.accounts([account("u%d" % n, 1000 + n, 5000 if n == 9 else None)
                    for n in range(1, 31)])
    crowd.groups(staff2=["u1", "u2", "u3"], empty2=[])
    return ["u1", "u2", "u3", "u9"]


def test_each_state_is_counted_once(tool, groups):
    tool.settings(recovery_codes=0, lock_after=1, exempt="u3 u4", require_from=day(10),
                  enroll_at_login="invited")
    for user in ("u1", "u5", "u3"):
        tool.enroll(user)
    tool.run("invite", "u2")
    tool.verify("u5", Phone().code(), status=NO)
    report = tool.json("report")
    states = states_of(report)
    assert states["u1"] == {"enrolled"} and states["u2"] == {"invited", "missing"}
    assert states["u3"] == {"enrolled", "exempt"} and states["u4"] == {"exempt"}
    assert states["u5"] == {"enrolled", "locked"} and states["u6"] == {"missing"}
    assert counts_of(report) == dict(total=30, enrolled=3, invited=1, missing=26, exempt=2,
                                     locked=1)
    assert report["groups"] == [] and report["gone"] == 0


def test_by_group(tool, groups):
    tool.settings(recovery_codes=0, require="@staff2", exempt="@empty2")
    tool.enroll("u1")
    tool.enroll("u7")
    report = tool.json("report")
    assert report["groups"] == [
        dict(group="staff2", total=4, enrolled=1, invited=0, missing=3, exempt=0, locked=0),
        dict(group="empty2", total=0, enrolled=0, invited=0, missing=0, exempt=0, locked=0)]
    assert (report["missing"], report["enrolled"]) == (3, 2)
    assert {u for u, state in states_of(report).items() if "missing" in state} == {
        "u2", "u3", "u9"}


def test_one_group_alone(tool, groups):
    tool.settings(recovery_codes=0)
    tool.enroll("u1")
    tool.enroll("u7")
    report = tool.json("report", "--group", "staff2")
    assert list(states_of(report)) == groups
    assert counts_of(report) == dict(total=4, enrolled=1, invited=0, missing=3, exempt=0,
                                     locked=0)
    assert [g["group"] for g in report["groups"]] == ["staff2"]
    said = tool.run("report", "--group", "staff2").stdout
    assert "@staff2" in said and "u2" in said and "u7" not in said


def test_a_group_that_is_not_there_is_no_empty_one(tool, ann):
    tool.enroll(ann)
    tool.run("report", "--group", "nobodies", status=NO)
    done = tool.run("report", "--group", "", status=NO)
    assert done.stderr == "twostep: report: --group: '': no such group\n"
    tool.settings(require="@nobodies")
    assert "nobodies" in tool.run("report", status=SYSTEM).stderr


@pytest.mark.parametrize("ahead, days", [(10, 10), (1, 1), (-1, 0)])
def test_the_days_until_the_date(tool, ann, ahead, days):
    tool.settings(require_from=day(ahead))
    tool.enroll(ann)
    report = tool.json("report")
    assert report["days"] == days
    assert report["require_from"] == day(ahead) + "T00:00:00Z"
    said = tool.run("report").stdout
    assert day(ahead) in said
    assert ("%d day" % days in said) == (days > 0)


@pytest.mark.parametrize("moment, stands", [
    ("2099-05-05T00:00+02:00", "from 2099-05-05 on"), ("2025-05-05T00:00+02:00", "since 2025-05-05"),
    ("2025-05-05T23:30-05:00", "since 2025-05-05")])
def test_another_day_is_told_than_the_one_that_was_written(tool, ann, moment, stands):
    tool.settings(require_from=moment)
    tool.enroll(ann)
    assert "Required %s" % stands in tool.run("report").stdout


def test_no_date_and_nobody(tool, ann):
    tool.enroll(ann)
    report = tool.json("report")
    assert report["require_from"] is None and report["days"] == 0 and report["missing"] > 0
    tool.settings(require="nobody")
    assert tool.json("report")["missing"] == 0
    assert "Nobody must" in tool.run("report").stdout


def test_root_counts_once_he_has_a_record(tool, ann):
    tool.settings(recovery_codes=0)
    tool.enroll(ann)
    assert "root" not in states_of(tool.json("report"))
    tool.enroll("root")
    report = tool.json("report")
    assert states_of(report)["root"] == {"enrolled"} and report["enrolled"] == 2


def test_records_without_an_account_are_told_apart(tool, ann):
    tool.enroll(ann)
    for path in (tool.enrollment, tool.history):
        with open(path("gone"), "wb") as file:
            file.write(read(path(ann)))
    report = tool.json("report")
    assert (report["gone"], report["enrolled"]) == (1, 1)
    assert "1 record" in tool.run("report").stdout


def test_a_damaged_history_does_not_hide_the_others(tool, names):
    ann, bob = next(names), next(names)
    tool.enroll(ann)
    tool.enroll(bob)
    write(tool.history(ann), b"\0" * 8192)
    done = tool.run("report", status=SYSTEM)
    assert "histories/" + ann in done.stderr and "everybody" in done.stdout
    report = tool.json("report", status=SYSTEM)
    assert report["enrolled"] == 2


def test_people_are_shown_some_names_and_scripts_all(tool, crowd, ann):
    tool.enroll(ann)
    said = tool.run("report").stdout
    shown = said.split("Missing:")[1].split("\n    and ")[0].split()
    more = int(re.search(r"and (\d+) more", said).group(1))
    assert (len(shown), more, tool.json("report")["missing"]) == (20, 9, 29)


def test_no_user_and_no_secret(tool, ann):
    phone = tool.enroll(ann)
    tool.run("report", ann, status=USAGE)
    for words in (["report"], ["report", "--json"]):
        assert phone.key not in tool.run(*words).stdout


def test_before_the_first_enrollment_nothing_is_counted(tool):
    tool.run("report", status=SYSTEM)


# ---- many

def fill(tool, like, users):
    """Records of all of these, as enrolling makes them."""
    enrollment = read(tool.enrollment(like))
    slot = read(tool.history(like))[:2048].replace(b"\nuser %s\n" % like.encode(),
                                                   b"\nuser %s\n", 1)
    for user in users:
        text = slot.replace(b"%s", user.encode(), 1)
        text = text[:text.index(b"\n\n") + 1].ljust(2048 - 21, b"\n")
        total = hashlib.sha256(text).digest()[:8].hex().encode()
        for path, data in ((tool.enrollment(user), enrollment),
                           (tool.history(user), text + b"sum " + total + b"\n")):
            fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            os.write(fd, data)
            if path == tool.history(user):
                os.ftruncate(fd, 8192)
            os.close(fd)


@pytest.mark.parametrize("words, groups", [(["report"], True), (["doctor"], True), (["status", "--all"], False)])
def test_the_name_service_is_not_asked_for_each(tool, crowd, tmp_path, words, groups):
    """getpwnam reads /etc/passwd from its beginning every time: quadratic in the accounts."""
    crowd.accounts([account("u%d" % n, 900 + n) for n in range(300)])    # 100 are no people
    crowd.groups(staff=["u%d" % n for n in range(200, 300, 2)])
    tool.settings(recovery_codes=0, require="@staff", exempt="u205")
    tool.enroll("u0")
    fill(tool, "u0", ["u%d" % n for n in range(1, 300)])
    trace = tmp_path / "trace"
    subprocess.run([rig.built("tests/system/sweep"), "-o", str(trace), "-t", "60", "--",
                    *tool.command(*words)], check=True, env=plain_environment(),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    calls = rig.Trace(trace.read_text()).calls
    opened = [str(c.args) for c in calls if c.name in ("open", "openat")]
    assert sum("histories/" in path for path in opened) >= 300
    for name in ("/etc/passwd", *["/etc/group"][:groups]):
        assert 0 < sum(name in path for path in opened) <= 8, name


@pytest.mark.skipif(not rig.LONG, reason="100,000 accounts take a minute to make")
def test_a_hundred_thousand_accounts_in_seconds(tool, crowd):
    many = 100000
    crowd.login_defs("UID_MIN 1000\nUID_MAX 900000\n")
    crowd.people(*("u%d" % n for n in range(many)))
    tool.enroll("u0")
    fill(tool, "u0", ["u%d" % n for n in range(1, many)])
    began = time.monotonic()
    report = tool.json("report")
    assert time.monotonic() - began < 30
    assert (report["total"], report["enrolled"]) == (many, many)
