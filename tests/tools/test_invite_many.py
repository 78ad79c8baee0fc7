# SPDX-License-Identifier: BSD-2-Clause
"""invite, of many at once: who is meant, and a file that agrees with the store whatever happens."""

import datetime
import os
import shlex
import shutil
import signal
import stat
import time

import pexpect
import pytest

import rig
from crowd import CODE, Crowd, account, invited, letters, opens
from tool import DONE, NO, SYSTEM, USAGE, faketime, read, write

pytestmark = pytest.mark.usefixtures("quick")

MANY = ["jan", "ria", "piet", "joke"]


@pytest.fixture(name="tool")
def unsealed_tool(tool):
    tool.key_file = "none"
    tool.settings(enroll_at_login="invited")
    return tool


@pytest.fixture(name="crowd")
def of_a_few(tool, tmp_path_factory):
    assert tool
    crowd = Crowd(tmp_path_factory.mktemp("crowd"))
    crowd.people(*MANY)
    yield crowd
    crowd.close()


@pytest.fixture(name="out", params=[".csv", ".json"])
def the_file(request, tool):
    return os.path.join(tool.directory, "letters" + request.param)


@pytest.fixture(name="csv")
def a_csv_file(tool):
    return os.path.join(tool.directory, "letters.csv")


def missing(tool, out, *more, **how):
    return tool.run("invite", "--all-missing", "--valid", "7d", "--out", out, *more, **how)


def group(tool, name, out, **how):
    return tool.run("invite", "--group", name, "--valid", "7d", "--out", out, **how)


def day(days):
    return (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def agree(tool, out):
    """Every row opens, and nobody else was invited; who they are."""
    rows = letters(out)
    assert [user for user, code in rows.items() if not opens(tool, user, code)] == []
    assert invited(tool) == sorted(rows)
    return sorted(rows)


# ---- the file

def test_all_who_are_missing_get_a_code_that_opens(tool, crowd, out):
    assert crowd
    tool.enroll("ria")
    done = missing(tool, out)
    assert agree(tool, out) == ["jan", "joke", "piet"]
    assert "3 codes" in done.stdout and not CODE.search(done.stdout + done.stderr)
    assert stat.S_IMODE(os.lstat(out).st_mode) == 0o600


def test_the_file_is_for_its_owner_whatever_the_umask(tool, crowd, out):
    assert crowd
    missing(tool, out, preexec_fn=lambda: os.umask(0))
    assert stat.S_IMODE(os.lstat(out).st_mode) == 0o600


@pytest.mark.parametrize("there", ["file", "link", "dangling", "fifo", "directory"])
def test_what_is_there_is_never_written_to(tool, crowd, csv, there):
    assert crowd
    target = os.path.join(tool.directory, "target")
    if there in ("file", "link"):
        with open(csv if there == "file" else target, "w", encoding="ascii") as file:
            file.write("mine")
    if there in ("link", "dangling"):
        os.symlink(target, csv)
    elif there == "fifo":
        os.mkfifo(csv)
    elif there == "directory":
        os.mkdir(csv)
    missing(tool, csv, status=SYSTEM)
    assert invited(tool) == []
    if there in ("file", "link"):
        assert read(csv) == b"mine"
    assert os.path.exists(target) == (there == "link")


def test_a_directory_that_is_not_there(tool, crowd):
    assert crowd
    missing(tool, tool.directory + "/none/x.csv", status=SYSTEM)
    assert invited(tool) == []


@pytest.mark.parametrize("name", ["x", "x.txt", "x.CSV", ".csv", "csv", "x.csv.gz"])
def test_the_name_says_what_the_file_is(tool, crowd, name):
    assert crowd
    done = missing(tool, os.path.join(tool.directory, name),
                   status=None, errors=False)
    if name == ".csv":      # a directory goes before it
        assert done.returncode == DONE
    else:
        assert done.returncode == USAGE and "--out" in done.stderr and not invited(tool)


def test_where_nobody_is_missing_no_file_is_made(tool, crowd, out):
    crowd.people("jan")
    tool.enroll("jan")
    assert "Nobody" in missing(tool, out).stdout
    assert not os.path.exists(out)


def test_a_name_with_what_csv_is_made_of(tool, crowd, out):
    names = ["o,k", 'q"q', "jan"]
    crowd.people(*names)
    missing(tool, out)
    assert sorted(letters(out)) == sorted(names)


def test_running_it_again_makes_new_codes(tool, crowd, csv):
    assert crowd
    missing(tool, csv)
    again = csv.replace(".csv", "-2.csv")
    missing(tool, again)
    assert agree(tool, again) == sorted(MANY)
    assert not any(opens(tool, user, code) for user, code in letters(csv).items())


def test_each_leaves_a_line_without_the_code(tool, crowd, csv, journal):
    assert crowd
    journal.take()
    missing(tool, csv)
    lines = [line for line in journal.take() if "result=invited" in line]
    assert len(lines) == len(MANY)
    codes = letters(csv).values()
    assert not any(code in line or code.replace("-", "") in line
                   for line in lines for code in codes)


# ---- what must be said

@pytest.mark.parametrize("words", [
    ["--all-missing", "--out", "x.csv"], ["--all-missing", "--valid", "1h"],
    ["--all-missing", "--group", "staff", "--valid", "1h", "--out", "x.csv"],
    ["jan", "--all-missing", "--valid", "1h", "--out", "x.csv"],
    ["jan", "--group", "staff", "--valid", "1h", "--out", "x.csv"],
    ["--group", "staff", "--replace", "--valid", "1h", "--out", "x.csv"],
    ["--all-missing", "--json", "--valid", "1h", "--out", "x.csv"],
    ["jan", "--out", "x.csv"], ["--all-missing", "--valid", "9m", "--out", "x.csv"],
    ["--all-missing", "--valid", "31d", "--out", "x.csv"],
])
def test_wrong_words_invite_nobody(tool, crowd, words):
    assert crowd
    tool.run("invite", *words, status=USAGE, cwd=tool.directory)
    assert not os.path.exists(tool.store)
    assert not os.path.exists(os.path.join(tool.directory, "x.csv"))


# ---- who is meant

def test_people_are_those_with_a_login_shell_and_a_number_of_people(tool, crowd, csv):
    crowd.accounts([
        account("jan", 1000), account("last", 60000), account("low", 999),
        account("high", 60001), account("nobody", 65534), account("daemon", 1, 1),
        account("robot", 1001, shell="/usr/sbin/nologin"),
        account("other", 1002, shell="/bin/false"), account("plain", 1003, shell="")])
    missing(tool, csv)
    assert agree(tool, csv) == ["jan", "last", "plain"]


@pytest.mark.parametrize("text, who", [
    ("UID_MIN 500\nUID_MAX 1000\n", ["jan", "low"]), ("# UID_MIN 1\n", ["high", "jan"]),
    ("\tUID_MIN\t\t 1001\n", ["high"]), ("SYS_UID_MIN 1\nUID_MIN_X 1\n", ["high", "jan"]),
])
def test_the_numbers_are_those_of_login_defs(tool, crowd, csv, text, who):
    crowd.accounts([account("low", 500), account("jan", 1000), account("high", 60000)])
    crowd.login_defs(text)
    missing(tool, csv)
    assert agree(tool, csv) == who


@pytest.mark.parametrize("text", ["UID_MIN x\n", "\nUID_MAX -1\n", "UID_MIN 1000 2\n"])
def test_a_number_that_cannot_be_is_named(tool, crowd, csv, text):
    crowd.login_defs(text)
    done = missing(tool, csv, status=SYSTEM)
    assert "/etc/login.defs:%d" % (text.count("\n")) in done.stderr
    assert invited(tool) == [] and not os.path.exists(csv)


def test_root_is_meant_only_where_he_is_named(tool, crowd, csv):
    crowd.groups(wheel=["root", "jan"])
    tool.settings(enroll_at_login="invited", require="@wheel")
    missing(tool, csv)
    assert agree(tool, csv) == ["jan"]
    tool.settings(enroll_at_login="invited", require="root @wheel")
    missing(tool, csv + "2.csv")
    assert agree(tool, csv + "2.csv") == ["jan", "root"]


@pytest.mark.parametrize("words, who", [
    ({}, MANY), ({"require": "nobody"}, []), ({"require": "jan, ria"}, ["jan", "ria"]),
    ({"require": "@staff"}, ["jan", "piet"]), ({"require": "@staff ria"}, ["jan", "piet", "ria"]),
    ({"exempt": "jan @staff"}, ["joke", "ria"]),
    ({"exempt": "jan until=" + day(2)}, ["joke", "piet", "ria"]),
    ({"exempt": "jan until=" + day(-2)}, MANY), ({"require_from": day(9)}, MANY),
    ({"require_from": day(9), "exempt": "@staff"}, ["joke", "ria"]),
    ({"require": "jan gone-away"}, ["jan"]), ({"trusted_networks": "0.0.0.0/0"}, MANY),
])
def test_missing_are_those_whom_the_policy_holds_to_it(tool, crowd, csv, words, who):
    crowd.groups(staff=["jan", "piet", "gone-away"])
    tool.settings(enroll_at_login="invited", **words)
    missing(tool, csv)
    assert (agree(tool, csv) if who else invited(tool)) == sorted(who)


def test_a_group_that_is_not_there_is_named_with_its_setting(tool, crowd, csv):
    crowd.groups(staff=["jan"])
    for setting in ("require", "exempt"):
        tool.settings(enroll_at_login="invited", **{setting: "@stafff"})
        done = missing(tool, csv, status=SYSTEM)
        assert "%s: stafff: no such group" % setting in done.stderr
    assert invited(tool) == [] and not os.path.exists(csv)


def test_a_machine_without_accounts_is_one_that_does_not_answer(tool, crowd, csv):
    """A directory that is down must not look as if everybody were enrolled."""
    tool.enroll("jan")
    crowd.nobody()
    done = missing(tool, csv, status=SYSTEM)
    assert "name service" in done.stderr and not os.path.exists(csv)


def test_the_members_of_a_group(tool, crowd, out):
    """Whoever has it for his first group is one as well; whoever is enrolled is not invited."""
    crowd.accounts([account("jan", 1000), account("ria", 1001), account("piet", 1002, 5000),
                    account("joke", 1003), account("far", 99999),
                    account("robot", 1004, shell="/usr/sbin/nologin")])
    crowd.groups(staff=["jan", "ria", "far", "robot", "gone-away", "root"])
    tool.enroll("ria")
    tool.settings(enroll_at_login="invited", require="nobody")
    group(tool, "staff", out)
    assert agree(tool, out) == ["far", "jan", "piet"]


def test_a_group_of_hundreds(tool, crowd, csv):
    """More than fits the first room that is offered to the name service."""
    names = ["member-with-a-long-name-%03d" % n for n in range(900)]
    crowd.groups(staff=["jan", *names, "ria"])
    group(tool, "staff", csv)
    assert agree(tool, csv) == ["jan", "ria"]


def test_an_unknown_group(tool, crowd, csv):
    assert crowd
    done = group(tool, "stafff", csv, status=NO)
    assert "stafff: no such group" in done.stderr and not os.path.exists(csv)


# ---- what goes wrong

def forget(tool, out):
    shutil.rmtree(tool.store)
    os.unlink(out)


def everybody(out):
    return ["invite", "--all-missing", "--valid", "1h", "--out", out]


@pytest.mark.parametrize("wait", [1, 9])
def test_an_interrupt_ends_it_between_two(tool, crowd, out, wait):
    crowd.people(*["u%02d" % n for n in range(12)])
    status, done = tool.struck(*everybody(out), at="invitations/u%02d'" % wait,
                               action="run=kill -TERM $(cat %s/pid)" % tool.directory,
                               anew=lambda: forget(tool, out))
    assert status == NO, done
    count = len(agree(tool, out))
    assert 0 < count < 12
    assert "%d of 12 are invited" % count in done.stderr and out in done.stderr


def test_a_kill_leaves_a_file_that_tells_the_truth(tool, crowd, out):
    """At some of the calls in which the first is invited, and the ninth."""
    crowd.people(*["u%02d" % n for n in range(12)])
    calls = tool.sweep(*everybody(out))[0].calls
    for wait in (0, 8):
        first, last = (next(c.n for c in calls if c.name == "openat" and "invitations/u%02d'" % n in str(c.args))
                       for n in (wait, wait + 1))
        for number in range(first, last, 1 if rig.LONG else 9):
            forget(tool, out)
            trace, _ = tool.sweep(*everybody(out), options=["-n", str(number), "-a", "kill"])
            assert trace.end["signal"] == signal.SIGKILL
            rows = letters(out) if os.path.getsize(out) else {}
            assert [user for user, code in rows.items() if not opens(tool, user, code)] == []
            assert len(set(invited(tool)) - set(rows)) <= 1
    again = out.replace("letters", "again")
    missing(tool, again)
    assert len(agree(tool, again)) == 12


def test_who_enrolls_meanwhile_is_not_invited_to_replace_it(tool, crowd, csv):
    """Between two of the others: there is a second thread, and the same call is not always the same number."""
    crowd.people(*["u%02d" % n for n in range(12)], "zoe")
    run = "run=%s >/dev/null" % shlex.join(tool.command("enroll", "zoe", "--no-confirm", "--quiet"))
    second = [c.n for c in tool.sweep(*everybody(csv))[0].calls if c.name == "pwrite64" and csv in c.args][1]
    for number in range(second + 4, second + 24, 4):
        forget(tool, csv)
        trace, done = tool.sweep(*everybody(csv), options=["-n", str(number), "-a", run])
        if tool.enrolled("zoe"):        # or else the store was locked there
            break
    assert trace.end["exit"] == DONE and tool.enrolled("zoe"), done
    assert "zoe" not in agree(tool, csv)


def test_a_disk_that_is_full_takes_the_last_invitation_back(tool, crowd, out):
    crowd.people(*["u%d-%s" % (n, 150 * "x") for n in range(30)])
    small = os.path.join(tool.directory, "small")
    os.mkdir(small)
    rig.mount("tmpfs", small, "tmpfs", data="size=4k,mode=0700")
    try:
        out = os.path.join(small, os.path.basename(out))
        done = missing(tool, out, status=SYSTEM)
        count = len(agree(tool, out))
        assert 5 < count < 30 and "No space left" in done.stderr
        assert "%d of 30 are invited" % count in done.stderr
    finally:
        rig.unmount(small)


@pytest.mark.parametrize("harm", ["histories", "invitations"])
def test_a_damaged_record_keeps_no_other_waiting(tool, crowd, csv, harm):
    assert crowd
    tool.run("invite", "piet")
    write(os.path.join(tool.store, harm, "piet"), b"x")
    done = missing(tool, csv, status=SYSTEM if harm == "histories" else DONE)
    rows = sorted(letters(csv))
    assert rows == sorted(set(MANY) - ({"piet"} if harm == "histories" else set()))
    assert [user for user in rows if not opens(tool, user, letters(csv)[user])] == []
    if harm == "histories":
        assert "piet" in done.stderr and "3 of 4 are invited" in done.stderr


def test_a_store_that_cannot_be_written_ends_it(tool, crowd, csv):
    """And not with a complaint for each of thousands."""
    assert crowd
    tool.enroll("jan")
    rig.mount(tool.store, tool.store, flags=rig.MS_BIND)
    rig.mount("none", tool.store, flags=rig.MS_BIND | 32 | 1)    # remount, read-only
    try:
        done = missing(tool, csv, status=SYSTEM)
    finally:
        rig.unmount(tool.store)
    assert done.stderr.count("Read-only") == 1 and not os.path.exists(csv)


# ---- how far it is

def hurried():
    """A clock that runs so fast that each code takes seconds by it, cheap as it is."""
    return faketime("+0 x5000")


def test_a_bar_where_it_takes_long_and_somebody_looks(tool, crowd, csv):
    crowd.people(*["u%d" % n for n in range(12)])
    child = tool.spawn("invite", "--all-missing", "--valid", "30d", "--out", csv, env=hurried())
    child.expect(r"\r\[#*\.*\] \d+/12")
    child.expect("12 codes are in")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == DONE
    assert len(agree(tool, csv)) == 12


def test_no_bar_where_it_is_short(tool, crowd, csv):
    assert crowd
    child = tool.spawn("invite", "--all-missing", "--valid", "1h", "--out", csv)
    child.expect("codes are in")
    assert "[" not in child.before
    child.expect(pexpect.EOF)
    child.close()


def test_no_bar_in_a_pipe(tool, crowd, csv):
    crowd.people(*["u%d" % n for n in range(12)])
    done = missing(tool, csv, env=hurried())
    assert done.stderr == "" and "\r" not in done.stdout


def test_a_program_of_notify_that_does_not_start_is_complained_of_once(tool, crowd, csv):
    assert crowd
    tool.settings(enroll_at_login="invited", notify=tool.directory + "/none")
    done = missing(tool, csv, errors=False)
    assert done.returncode == DONE and done.stderr.count("/none") == 1
    assert agree(tool, csv) == sorted(MANY)


def test_the_program_of_notify_is_told_of_each(tool, crowd, csv):
    assert crowd
    told, program = (os.path.join(tool.directory, name) for name in ("told", "program"))
    with open(program, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\ncat >>%s\n" % told)
    os.chmod(program, 0o700)
    tool.settings(enroll_at_login="invited", notify=program)
    missing(tool, csv)
    deadline = time.time() + 20
    lines = []
    while len(lines) < len(MANY) and time.time() < deadline:
        time.sleep(0.01)
        lines = read(told).decode().splitlines() if os.path.exists(told) else []
    assert sorted(line.split()[0] for line in lines) == sorted("user=" + n for n in MANY)
    assert all("result=invited" in line and not CODE.search(line) for line in lines)
