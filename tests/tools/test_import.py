# SPDX-License-Identifier: BSD-2-Clause
"""import: people from google-authenticator and pam_oath, whose codes go on working."""

import base64
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import rig
from tool import DONE, NO, SYSTEM, USAGE, Phone, faketime, plain_environment, read

NAMES = ["jan", "ria", "piet", "joke"]
FILE = ".google_authenticator"


class Homes:
    """Accounts with homes of their own, which they own."""

    def __init__(self, crowd, directory):
        self.directory, self.crowd, self.uid = str(directory), crowd, {}
        for path in (self.directory, os.path.dirname(self.directory)):
            os.chmod(path, 0o755)

    def people(self, *names):
        self.uid = {name: 20000 + n for n, name in enumerate(names)}
        self.crowd.accounts(["%s:x:%d:%d::%s:/bin/sh" % (name, uid, uid, self.home(name))
                             for name, uid in self.uid.items()])
        for name in names:
            os.makedirs(self.home(name), exist_ok=True)
            os.chmod(self.home(name), 0o700)
            os.chown(self.home(name), self.uid[name], self.uid[name])

    def home(self, name):
        return os.path.join(self.directory, name)

    def file(self, name):
        return os.path.join(self.home(name), FILE)

    def write(self, name, text, path=None, mode=0o400):
        path = path or self.file(name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
        os.chown(path, self.uid[name], self.uid[name])
        return path

    def snapshot(self):
        found = {}
        for directory, _, names in os.walk(self.directory):
            for path in (os.path.join(directory, name) for name in names):
                st = os.lstat(path)
                found[path] = (st.st_mode, st.st_uid, st.st_mtime_ns, st.st_ctime_ns,
                               read(path) if os.path.isfile(path) else None)
        return found


@pytest.fixture(name="homes")
def of_a_few(crowd):
    # not below tmp_path: its parents are for root alone
    directory = "/tmp/twostep-homes-%d" % os.getpid()
    os.makedirs(directory + "/h")
    there = Homes(crowd, directory + "/h")
    there.people(*NAMES)
    yield there
    shutil.rmtree(directory)


def google(phone, *options, codes=(), hotp=None):
    lines = [phone.key, '" RATE_LIMIT 3 30', '" WINDOW_SIZE 17']
    lines += ['" HOTP_COUNTER %d' % hotp] if hotp else ['" DISALLOW_REUSE', '" TOTP_AUTH']
    lines = [line for line in lines
             if line.split()[1:2] not in [option.split()[1:2] for option in options]]
    return "\n".join([*lines, *options, *codes]) + "\n"


def homes_of(tool, *more, **how):
    return tool.run("import", "google-authenticator", "--all-homes", *more, **how)


def files(tool, *paths, **how):
    return tool.run("import", "google-authenticator", *paths, **how)


def users_oath(tool, *lines):
    path = os.path.join(tool.directory, "users.oath")
    with open(path, "w", encoding="ascii") as file:
        file.write("".join(line + "\n" for line in lines))
    os.chmod(path, 0o600)
    return path


def oath_line(user, phone, *past, pin="-"):
    kind = "HOTP/E/%d" % phone.digits if phone.hotp else "HOTP/T%d/%d" % (phone.period,
                                                                         phone.digits)
    padded = phone.key + "=" * (-len(phone.key) % 8)
    return "\t".join([kind, user, pin, base64.b32decode(padded).hex(), *map(str, past)])


def records(tool):
    return {path: data for path, data in tool.files().items() if path.startswith(tool.store)}


def both_codes_of_this_moment_work(tool, user, phone):
    """The one that the app shows, and the next, which a clock that is a little ahead shows."""
    tool.verify(user, phone.code())
    tool.verify(user, phone.code(1))
    tool.verify(user, phone.code(1), status=NO)


# ---- google-authenticator

def test_files_of_the_real_program_are_taken(tool, homes):
    if shutil.which("google-authenticator") is None:
        pytest.skip("google-authenticator is not installed")
    for name, words in (("jan", ["-t", "-d"]), ("ria", ["-t", "-D", "-S", "60"]),
                        ("piet", ["-c"])):
        path = os.path.join(homes.directory, "made")
        subprocess.run(["google-authenticator", *words, "-f", "-r", "3", "-R", "30", "-w", "3",
                        "-q", "-s", path], check=True, stdin=subprocess.DEVNULL,
                       capture_output=True)
        homes.write(name, read(path).decode())
        os.unlink(path)
    assert "taken: 3;" in homes_of(tool).stdout
    for name, phone in (("jan", Phone("")), ("ria", Phone("", period=60))):
        phone.key = read(homes.file(name)).decode().split("\n", maxsplit=1)[0]
        both_codes_of_this_moment_work(tool, name, phone)
    token = Phone(read(homes.file("piet")).decode().split("\n", maxsplit=1)[0], hotp=True)
    tool.verify("piet", token.code(0), status=NO)
    tool.verify("piet", token.code(1))
    for name in NAMES[:3]:
        for code in re.findall(r"(?m)^\d{8}$", read(homes.file(name)).decode()):
            tool.verify(name, code)
            tool.verify(name, code, status=NO)


def test_nothing_of_the_source_changes(tool, homes):
    for name in NAMES:
        homes.write(name, google(Phone(), codes=["12345678"]))
    before = homes.snapshot()
    homes_of(tool)
    files(tool, homes.file("jan"))
    assert homes.snapshot() == before


def test_running_it_again_changes_nothing(tool, homes):
    for name in NAMES:
        homes.write(name, google(Phone(), codes=["12345678"]))
    homes_of(tool)
    before = records(tool)
    for more in ([], ["--replace"], ["--dry-run"]):
        assert "there already: 4;" in homes_of(tool, *more).stdout
    assert records(tool) == before


def test_a_dry_run_changes_nothing_and_needs_no_store(tool, homes):
    homes.write("jan", google(Phone()))
    homes.write("ria", "bad\n")
    done = homes_of(tool, "--dry-run", status=NO)
    assert "jan: would be taken" not in done.stdout and ": would be taken: jan" in done.stdout
    assert "would be taken: 1; there already: 0; not taken: 1" in done.stdout
    assert homes.file("ria") + ":1: " in done.stderr
    assert not os.path.exists(tool.store) and not os.path.exists(tool.key_file)
    homes_of(tool, status=NO)
    before = tool.files()
    homes.write("piet", google(Phone()))
    assert "would be taken: 1; there already: 1" in homes_of(tool, "--dry-run", status=NO).stdout
    assert tool.files() == before


def test_steps_that_were_used_are_spent(tool, homes):
    phone = Phone()
    now = int(time.time()) // 30
    homes.write("jan", google(phone, '" DISALLOW_REUSE %d %d' % (now - 1, now)))
    homes_of(tool)
    tool.verify("jan", phone.code(-1, at=now * 30), status=NO)
    tool.verify("jan", phone.code(0, at=now * 30), status=NO)
    tool.verify("jan", phone.code(1, at=now * 30))


@pytest.mark.parametrize("skew", [-20, -3, 2, 20])
def test_the_drift_of_the_clock_goes_along(tool, homes, skew):
    phone = Phone()
    homes.write("jan", google(phone, '" TIME_SKEW %d' % skew))
    homes_of(tool)
    assert tool.json("status", "jan")["devices"][0]["drift"] == skew
    tool.verify("jan", phone.code(skew))
    tool.verify("jan", phone.code(skew + 1))


def test_a_clock_that_is_far_off_is_warned_of(tool, homes):
    homes.write("jan", google(Phone(), '" TIME_SKEW 100'))
    done = homes_of(tool, errors=False)
    assert "taken: 1;" in done.stdout and "jan" in done.stderr and "clock" in done.stderr
    assert tool.json("status", "jan")["devices"][0]["drift"] == 20


@pytest.mark.codes
def test_scratch_codes_neither_open_a_lock_nor_outlive_new_ones(tool, homes):
    tool.settings(lock_after=3)
    codes = ["%d" % n for n in (12345678, 23456789, 34567890, 45678901)]
    homes.write("jan", google(Phone(), codes=codes))
    homes_of(tool)
    assert tool.json("status", "jan")["scratch_codes_left"] == 4
    tool.verify("jan", codes[0])
    assert tool.json("status", "jan")["scratch_codes_left"] == 3
    for wrong in ("11111111", "11111112", "11111113"):
        tool.verify("jan", wrong, status=NO)
    assert tool.json("status", "jan")["locked"]
    tool.verify("jan", codes[1], status=NO)
    tool.run("unlock", "jan")
    tool.verify("jan", codes[1])
    tool.run("recovery", "jan", "--new")
    assert tool.json("status", "jan")["scratch_codes_left"] == 0
    tool.verify("jan", codes[2], status=NO)


@pytest.mark.codes
def test_who_is_enrolled_is_left_alone(tool, homes):
    mine, theirs = tool.enroll("jan"), Phone()
    homes.write("jan", google(theirs, codes=["12345678"]))
    before = records(tool)
    done = homes_of(tool, status=NO)
    assert homes.file("jan") in done.stderr and "--replace" in done.stderr
    assert records(tool) == before
    homes_of(tool, "--replace")
    tool.verify("jan", mine.code(), status=NO)
    tool.verify("jan", mine.recovery[0], status=NO)
    tool.verify("jan", theirs.code())
    tool.verify("jan", "12345678")


def test_what_is_used_here_stays_used_when_it_is_imported_once_more(tool, homes):
    phone = Phone()
    homes.write("jan", google(phone, codes=["12345678"]))
    homes_of(tool)
    code = phone.code()
    tool.verify("jan", code)
    tool.run("remove", "jan")
    homes_of(tool)
    tool.verify("jan", code, status=NO)


@pytest.mark.parametrize("kind", ["link", "hard link", "fifo", "directory", "another's", "writable",
                                  "long", "of root", "empty", "socket-like device"])
def test_rule_26_a_hostile_home_gives_nothing(tool, homes, kind):
    good, path = google(Phone()), homes.file("jan")
    homes.write("ria", good)
    if kind == "link":
        os.symlink(homes.file("ria"), path)
    elif kind == "hard link":
        homes.write("jan", good, path + "2")
        os.link(path + "2", path)
    elif kind == "fifo":
        os.mkfifo(path)
        os.chown(path, homes.uid["jan"], -1)
    elif kind == "directory":
        os.mkdir(path)
        os.chown(path, homes.uid["jan"], -1)
    elif kind == "socket-like device":
        os.mknod(path, 0o020600, os.makedev(1, 5))
        os.chown(path, homes.uid["jan"], -1)
    else:
        text = good + "\n" * 70000 if kind == "long" else "" if kind == "empty" else good
        homes.write("jan", text, mode=0o666 if kind == "writable" else 0o444)
        if kind in ("another's", "of root"):
            os.chown(path, homes.uid["ria"] if kind == "another's" else 0, -1)
    done = homes_of(tool, status=NO)
    assert "taken: 1;" in done.stdout and path in done.stderr and "in time" not in done.stderr
    assert not tool.enrolled("jan") and tool.enrolled("ria")


def test_rule_26_a_link_in_the_home_leads_nowhere_that_its_owner_cannot_go(tool, homes):
    secret = os.path.join(tool.directory, "secret")
    os.mkdir(secret, 0o700)
    homes.write("jan", google(Phone()), os.path.join(secret, FILE))
    shutil.rmtree(homes.home("jan"))
    os.symlink(secret, homes.home("jan"))
    done = homes_of(tool, status=NO)
    assert homes.file("jan") in done.stderr and not tool.enrolled("jan")


def test_rule_26_the_file_is_opened_as_its_owner(tool, homes):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    homes.write("jan", google(Phone()))
    trace = os.path.join(tool.directory, "trace")
    # no leaks are looked for in a traced process
    subprocess.run(["strace", "-f", "-o", trace, "-e",
                    "trace=open,openat,setresuid,setresgid,setgroups,prctl",
                    *tool.command("import", "google-authenticator", "--all-homes")], check=True,
                   capture_output=True, env=dict(plain_environment(), ASAN_OPTIONS="detect_leaks=0"))
    lines = read(trace).decode().split("\n")
    opened = next(n for n, line in enumerate(lines) if FILE in line and homes.home("jan") in line)
    process = lines[opened].split()[0]
    calls = [line.split(None, 1)[1] for line in lines[:opened] if line.startswith(process)]
    names = [call.split("(")[0] for call in calls]
    assert names[-4:] == ["prctl", "setgroups", "setresgid", "setresuid"], calls
    assert "%d, %d, %d" % ((homes.uid["jan"],) * 3) in calls[-1]
    assert "O_NOFOLLOW" in lines[opened] and "O_NONBLOCK" in lines[opened]


def test_who_stops_the_reading_is_left_behind(tool, homes):
    """His own process rights let him stop what runs under his number: here it stops at his file."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    homes.write("jan", google(Phone()))
    homes.write("ria", google(Phone()))
    # the clock runs a hundred times as fast, so that nobody waits for long
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-P", homes.file("jan"), "-e", "trace=openat",
         "-e", "inject=openat:signal=STOP", *tool.command("import", "google-authenticator", "--all-homes")],
        capture_output=True, text=True, timeout=60,
        env=plain_environment(**dict(faketime("+0 x100"),
                                     ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")))
    assert done.returncode == NO and "taken: 1; there already: 0; not taken: 1" in done.stdout, done
    assert done.stderr.split("\n")[0].startswith("twostep: import: %s: could not be read in time" % homes.file("jan")), done
    assert tool.enrolled("ria") and not tool.enrolled("jan")


def test_files_are_their_owners_or_bear_the_name(tool, homes):
    phones = {name: Phone() for name in NAMES}
    kept = os.path.join(homes.directory, "kept")
    os.mkdir(kept, 0o755)
    homes.write("jan", google(phones["jan"]))
    mine = homes.write("ria", google(phones["ria"]), os.path.join(kept, "whatever"))
    roots = homes.write("piet", google(phones["piet"]), os.path.join(kept, "piet"))
    os.chown(roots, 0, 0)
    nobody = homes.write("joke", google(phones["joke"]), os.path.join(kept, "no-account"))
    os.chown(nobody, 0, 0)
    done = files(tool, homes.file("jan"), mine, roots, nobody, status=NO)
    assert nobody in done.stderr and "taken: 3;" in done.stdout
    for name in NAMES[:3]:
        tool.verify(name, phones[name].code())
    assert not tool.enrolled("joke")


def test_of_two_files_of_one_user_the_first_is_taken(tool, homes):
    phone = Phone()
    homes.write("jan", google(phone))
    second = homes.write("jan", google(Phone()), homes.file("jan") + "-2")
    for _ in range(2):
        done = files(tool, homes.file("jan"), second, "--replace", status=NO)
        assert second in done.stderr
    tool.verify("jan", phone.code())


def test_a_file_that_is_named_and_is_not_there(tool, homes):
    done = files(tool, homes.file("jan"), "none", status=NO, cwd=homes.directory)
    assert homes.file("jan") in done.stderr and "none" in done.stderr
    assert "not taken: 2" in done.stdout


@pytest.mark.parametrize("text, line", [
    ("", 1), ("\n", 1), ("GEZDGNBVGY3TQOJQ\n", 1), ("not a key!\n", 1),
    ("@\n\" NONE\n", 2), ("@\n1234567\n", 2), ("@\n\n12345678\n\" HOTP_COUNTER x\n", 4),
    ("@\n\" STEP_SIZE 1\n", 2), ("@\n" + "12345678\n" * 21, 22),
])
def test_a_file_that_no_login_could_rest_on_is_named_with_its_line(tool, homes, text, line):
    key = Phone().key
    homes.write("jan", text.replace("@", key))
    homes.write("ria", google(Phone()))
    done = homes_of(tool, status=NO)
    assert "%s:%d: " % (homes.file("jan"), line) in done.stderr
    assert done.stderr.count("\n") == 1 and key not in done.stderr + done.stdout
    assert not tool.enrolled("jan") and tool.enrolled("ria")


def test_json_names_each(tool, homes):
    tool.enroll("ria")
    homes.write("jan", google(Phone()))
    homes.write("ria", google(Phone()))
    homes.write("piet", "bad\n")
    told = tool.json("import", "google-authenticator", "--all-homes", status=NO)
    rows = {row["user"]: row for row in told["records"]}
    assert {user: row["result"] for user, row in rows.items()} == {
        "jan": "taken", "ria": "refused", "piet": "refused"}
    assert rows["jan"]["why"] is None and rows["ria"]["why"]
    assert rows["piet"]["source"] == homes.file("piet") + ":1"
    assert (told["taken"], told["there"], told["refused"], told["dry_run"]) == (1, 0, 2, False)
    assert tool.json("import", "google-authenticator", "--all-homes", status=NO)["there"] == 1


def test_each_leaves_a_line_without_a_key(tool, homes, journal):
    phone = Phone()
    homes.write("jan", google(phone, codes=["12345678"]))
    journal.take()
    homes_of(tool)
    lines = [line for line in journal.take() if "result=enrolled" in line]
    assert len(lines) == 1 and "user=jan" in lines[0] and "device=google-authenticator" in lines[0]
    assert phone.key not in lines[0] and "12345678" not in lines[0]


# ---- pam_oath

@pytest.mark.parametrize("phone", [
    Phone(hotp=True), Phone(hotp=True, digits=8), Phone(), Phone(period=60), Phone(digits=8),
    Phone(digits=7)], ids=lambda p: "%s%d-%d" % ("h" if p.hotp else "t", p.period, p.digits))
def test_tokens_of_every_type_go_on_working(tool, homes, phone):
    assert homes
    tool.run("import", "oath", users_oath(tool, oath_line("jan", phone, *([3] if phone.hotp else []))))
    if phone.hotp:
        tool.verify("jan", phone.code(2), status=NO)
        tool.verify("jan", phone.code(3))
        tool.verify("jan", phone.code(4))
    else:
        both_codes_of_this_moment_work(tool, "jan", phone)


def test_what_pam_oath_calls_used_is_spent(tool, homes):
    assert homes
    clock, button = Phone(), Phone(hotp=True)
    now = int(time.time())
    when = "2025-05-05T12:00:00L"
    tool.run("import", "oath", users_oath(
        tool, oath_line("jan", clock, 0, clock.code(at=now), when),
        oath_line("ria", button, 5, button.code(5), when)))
    tool.verify("jan", clock.code(at=now), status=NO)
    tool.verify("jan", clock.code(1, at=now))
    tool.verify("ria", button.code(5), status=NO)
    tool.verify("ria", button.code(6))


def test_several_tokens_of_one_user_in_any_order(tool, homes):
    assert homes
    phones = [Phone() for _ in range(9)]
    lines = [oath_line("jan", phone) for phone in phones]
    lines[3:3] = ["", "# a comment", oath_line("ria", Phone()), lines[0]]
    done = tool.run("import", "oath", users_oath(tool, *lines), status=NO)
    assert re.findall(r"users\.oath:(\d+): ", done.stderr) == ["7", "13"]
    assert tool.devices("jan") == ["oath"] + ["oath-%d" % n for n in range(2, 9)]
    tool.verify("jan", phones[7].code())
    before = records(tool)
    tool.run("import", "oath", users_oath(tool, *lines), "--replace", status=NO)
    assert records(tool) == before


@pytest.mark.parametrize("line", [
    "bad", "HOTP jan", "HOTP jan - 00", "MOTP jan - " + "00" * 20, "HOTP/T5 jan - " + "00" * 20,
    "HOTP jan 1234 " + "00" * 20, "HOTP jan - " + "0g" * 20, "HOTP jan - %s x" % ("00" * 20),
    "HOTP nobody-here - " + "00" * 20, "HOTP ../jan - " + "00" * 20, "HOTP jan - %s 1 2 3 4" % ("00" * 20),
    "HOTP " + "u" * 300 + " - " + "00" * 20,
])
def test_a_line_that_no_login_could_rest_on_is_named(tool, homes, line):
    assert homes
    good = Phone()
    done = tool.run("import", "oath", users_oath(tool, line, oath_line("ria", good)), status=NO)
    assert re.search(r"users\.oath:1: \S", done.stderr) and done.stderr.count("\n") == 1
    assert "00000000" not in done.stderr and not tool.enrolled("jan")
    tool.verify("ria", good.code())


@pytest.mark.parametrize("kind", ["link", "fifo", "directory", "another's", "writable", "absent"])
def test_a_users_file_that_is_not_root_s_is_refused_whole(tool, homes, kind):
    path = users_oath(tool, oath_line("jan", Phone()))
    if kind == "link":
        os.rename(path, path + "2")
        os.symlink(path + "2", path)
    elif kind == "another's":
        os.chown(path, homes.uid["jan"], -1)
    elif kind == "writable":
        os.chmod(path, 0o666)
    else:
        os.unlink(path)
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            os.mkdir(path)
    done = tool.run("import", "oath", path, status=SYSTEM)
    assert path in done.stderr and not tool.enrolled("jan")


# ---- whatever happens

def test_interrupted_at_any_point_and_run_again_ends_the_same(tool, homes):
    names = ["p%d" % n for n in range(60)]
    homes.people(*names)
    phones = {name: Phone() for name in names}
    skews = {name: n % 5 - 2 for n, name in enumerate(names)}
    path = users_oath(tool, *[oath_line(name, phones[name]) for name in names[:30]])
    for name in names[30:]:
        homes.write(name, google(phones[name], '" TIME_SKEW %d' % skews[name],
                                 codes=["12345678"]))
    runs = [("oath", path), ("google-authenticator", "--all-homes")]
    draw = random.Random(11)
    for n in range(24):
        words = runs[n % 2]
        running = tool.pipes("import", *words)
        time.sleep(draw.random() * 0.06)
        running.send_signal(signal.SIGKILL if n % 3 else signal.SIGINT)
        running.communicate()
    for words in runs:
        tool.run("import", *words)
        assert "taken: 0; there already: 30; not taken: 0" in tool.run("import", *words).stdout
    for n, name in enumerate(names):
        skew = skews[name] if n >= 30 else 0
        rig.steady()
        tool.verify(name, phones[name].code(skew))
        told = tool.json("status", name)
        assert told["scratch_codes_left"] == (1 if n >= 30 else 0)
        assert told["devices"][0]["drift"] == skew


def test_an_interrupt_is_told(tool, homes):
    names = ["p%d" % n for n in range(400)]
    homes.people(*names)
    path = users_oath(tool, *[oath_line(name, Phone()) for name in names])
    running = tool.pipes("import", "oath", path)
    while not os.path.exists(tool.enrollment("p0")):
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    out, errors = running.communicate()
    assert running.returncode == NO and "run it again" in errors
    taken = int(re.search(r"^taken: (\d+);", out, re.M).group(1))
    assert 0 < taken < 400 and len(os.listdir(tool.store + "/enrollments")) == taken


def test_a_bar_is_drawn_at_a_terminal_alone(tool, homes):
    names = ["p%d" % n for n in range(3)]
    homes.people(*names)
    path = users_oath(tool, *[oath_line(name, Phone()) for name in names])
    # The clock runs so fast that each of them takes two seconds, in memory and on a quick machine.
    child = tool.spawn("import", "oath", path, env=faketime("+0 x100000"))
    child.expect("taken: 3")
    assert "/3" in child.before
    child.close()
    assert "\r" not in tool.run("import", "oath", path).stderr


def test_a_store_that_cannot_be_written_is_told(tool, homes):
    homes.write("jan", google(Phone()))
    homes_of(tool)
    homes.write("ria", google(Phone()))
    with open(tool.enrollment("jan"), "ab") as file:
        file.write(b"x")
    done = homes_of(tool, status=SYSTEM)
    assert "jan" in done.stderr and tool.enrolled("ria")


@pytest.mark.parametrize("words", [
    [], ["google-authenticator"], ["oath"], ["other", "x"], ["oath", "x", "y"],
    ["oath", "--all-homes"], ["google-authenticator", "x", "--all-homes"],
    ["oath", "x", "--add"]])
def test_wrong_words_take_nobody(tool, homes, words):
    assert homes
    tool.run("import", *words, status=USAGE)
    assert not os.path.exists(tool.store)
