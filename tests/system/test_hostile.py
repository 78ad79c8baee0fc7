# SPDX-License-Identifier: BSD-2-Clause
"""Callers for which the set-uid helper was not written. None reaches another's record, gets a
code accepted that a login would refuse, or leaves anything behind."""

import base64
import contextlib
import ctypes
import fcntl
import os
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

import place
import wire
from screen import Locker

USAGE, SYSTEM = 2, 3
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_TRACEME, PTRACE_CONT, PTRACE_ATTACH = 0, 7, 16
PR_SET_TIMERSLACK, PR_SET_NO_NEW_PRIVS = 29, 38
IOPRIO_IDLE, SYS_IOPRIO_SET, SYS_IOPRIO_GET = 3 << 13, 251, 252

# Each alone decides what some library does in a program that is not set-uid.
ENVIRONMENT = {
    "LD_PRELOAD": "", "LD_AUDIT": "", "LD_LIBRARY_PATH": "/run/place/evil", "LD_DEBUG": "all",
    "LD_BIND_NOT": "1", "OPENSSL_CONF": "/run/place/evil/openssl.cnf",
    "OPENSSL_MODULES": "/run/place/evil", "OPENSSL_ENGINES": "/run/place/evil",
    "OPENSSL_ia32cap": "0", "SSL_CERT_FILE": "/run/place/evil/x", "MALLOC_CHECK_": "3",
    "MALLOC_TRACE": "/run/place/evil/trace", "MALLOC_PERTURB_": "90",
    "GLIBC_TUNABLES": "glibc.malloc.check=3", "GCONV_PATH": "/run/place/evil",
    "GETCONF_DIR": "/run/place/evil", "LOCPATH": "/run/place/evil", "NLSPATH": "/run/place/evil",
    "TZ": ":/run/place/evil/zone", "TZDIR": "/run/place/evil", "LC_ALL": "nl_NL.UTF-8",
    "LANGUAGE": "nl", "HOSTALIASES": "/run/place/evil/hosts", "RES_OPTIONS": "debug",
    "TMPDIR": "/run/place/evil", "HOME": "/run/place/evil", "PATH": "/run/place/evil",
    "IFS": "/", "SHELLOPTS": "xtrace", "TWOSTEP_CONF": "/run/place/evil/conf",
    "POSIXLY_CORRECT": "1", "XDG_CONFIG_HOME": "/run/place/evil",
}

# A configuration with which libcrypto finds no algorithm any more.
OPENSSL_CNF = """openssl_conf = all
config_diagnostics = 1
[all]
alg_section = algorithms
[algorithms]
default_properties = fips=yes
"""


@pytest.fixture(autouse=True)
def nothing_left_behind(here):
    if not here.HELPER:
        pytest.skip("built without the helper")
    yield
    wire.wait_until_all_are_gone()
    assert here.strays() == []


@pytest.fixture
def start(here):
    def run(person=None, **more):
        return wire.Helper(here.HELPER, person, **more)
    return run


def failures(person):
    return person.status()["failures"]


def as_user(person, function):
    """What the function returns in a process of the user's own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            person.become()
            os.write(theirs, repr(function()).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as file:
        told = file.read()
    os.waitpid(child, 0)
    return told


# ---- how it is started ------------------------------------------------------------------

def a_file():
    return os.open("/etc/passwd", os.O_RDONLY)


def a_pipe():
    return os.pipe()[0]


def asked(kind):
    """One end of a pair, on which a good request waits."""
    own, other = socket.socketpair(socket.AF_UNIX, kind)
    other.send(wire.packet("look"))
    asked.kept = other
    return own.detach()


def internet():
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM).detach()


def unconnected():
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).detach()


def served(end):
    """One end of a connection to somebody's server: of the client, or of the server itself."""
    path = "/run/place/server-%s" % end
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(path)
    server.listen(1)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(path)
    other = server.accept()[0]
    client.send(wire.packet("look"))
    other.send(wire.packet("look"))
    made = {"client": client, "connection": other, "listener": server}[end]
    made.set_inheritable(True)
    served.kept = [server, client, other]
    os.unlink(path)
    return made.fileno()


def close_all():
    os.closerange(0, 3)


def test_anything_but_one_end_of_a_pair_is_talked_to(start, ann):
    for make in (a_file, a_pipe, lambda: asked(socket.SOCK_STREAM),
                 lambda: asked(socket.SOCK_DGRAM), internet, unconnected,
                 lambda: served("client"), lambda: served("connection"),
                 lambda: served("listener"), lambda: os.open("/dev/null", os.O_RDWR)):
        with start(ann, stdin=make()) as helper:
            assert helper.status() == USAGE, make
    for close in (lambda: os.close(0), close_all):
        with start(ann, before=close) as helper:
            assert helper.status() == USAGE


def test_words_of_the_command_line_count(here, start, ann):
    for words in (["twostep-helper", "--version"], ["x", ""], ["-", "root", "x"]):
        with start(ann, words=words) as helper:
            assert helper.ask(wire.packet("look")) is None and helper.status() == USAGE, words
    # but not the first of them, whatever it is
    for name in ("", "sh", "../../" + "x" * 4000):
        with start(ann, words=[name]) as helper:
            assert helper.ask(wire.packet("look")).user == ann.name


def test_other_names_of_the_file_are_other_programs(here, start, ann):
    hard, soft = here.HELPER + "-hard", "/tmp/soft"
    os.link(here.HELPER, hard)
    os.symlink(here.HELPER, soft)
    try:
        for path in (hard, soft):
            with wire.Helper(path, ann) as helper:
                assert helper.ask(wire.packet("look")).user == ann.name
    finally:
        os.unlink(hard)
        os.unlink(soft)


def test_copy_that_is_not_set_uid_serves(here, ann):
    copy = shutil.copy(here.HELPER, "/tmp/copy")
    for mode in (0o755, 0o2755):
        os.chmod(copy, mode)
        with wire.Helper(copy, ann) as helper:
            assert helper.ask(wire.packet("look")) is None and helper.status() == USAGE
    os.unlink(copy)


def test_no_new_privileges_serves(start, ann):
    with start(ann, before=lambda: LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) as helper:
        assert helper.ask(wire.packet("look")) is None and helper.status() == USAGE


def test_name_space_of_the_users_own_is_root(here, start, ann):
    """In there he is root, and so is the helper: of nothing that is outside."""
    told = subprocess.run(["unshare", "-Ur", "true"], preexec_fn=ann.become, capture_output=True)
    if told.returncode != 0:
        pytest.skip("no name spaces for users")
    unshare = shutil.which("unshare")
    with wire.Helper(unshare, ann, words=["unshare", "-Ur", here.HELPER]) as helper:
        answer = helper.ask(wire.packet("look"))
    assert answer is None or (answer.kind, answer.status) == ("end", SYSTEM)


def test_traced_start_keeps_its_privileges(here, ann):
    def trace():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child = os.fork()
        if child == 0:
            os.dup2(theirs.fileno(), 0)
            LIBC.ptrace(PTRACE_TRACEME, 0, 0, 0)
            os.execv(here.HELPER, ["x"])
        ours.send(wire.packet("look"))
        while True:
            status = os.waitpid(child, 0)[1]
            if not os.WIFSTOPPED(status):
                return os.waitstatus_to_exitcode(status)
            LIBC.ptrace(PTRACE_CONT, child, 0, 0)

    assert as_user(ann, trace) == str(USAGE)


# ---- what it is given -------------------------------------------------------------------

def test_packet_of_another_shape_is_answered(start, ann):
    good = wire.judge("123456")
    rows = [good[:-1], good + b"\0", b"", b"\0", good * 20, bytes(len(good)), b"\xff" * len(good),
            wire.judge("123456", version=0), wire.judge("123456", version=wire.VERSION + 1)]
    rows += [wire.packet(kind) for kind in wire.KINDS[wire.KINDS.index("answer"):] + ["nothing"]]
    draw = random.Random(5)
    rows += [draw.randbytes(draw.choice((8, 512, len(good), 4096, 60000))) for _ in range(20)]
    for data in rows:
        with start(ann) as helper:
            assert helper.ask(data) is None, data[:16]
            assert helper.status() == USAGE, data[:16]
    assert failures(ann) == 0


def test_one_helper_takes_many_guesses(start, ann):
    with start(ann) as helper:
        for number in range(5):
            helper.send(wire.judge(ann.phone.wrong(number)))
        assert helper.receive().verdict == "wrong"
        assert helper.receive().kind == "end"
        assert helper.receive() is None
    assert failures(ann) == 1


def test_descriptor_that_comes_along_is_kept(start, ann):
    with start(ann) as helper:
        socket.send_fds(helper.socket, [wire.judge(ann.phone.code())], [0, 1, 2])
        assert helper.receive().verdict == "accepted"


def test_answer_that_nobody_reads_is_waited_for(start, ann):
    with start(ann) as helper:
        helper.send(wire.judge(ann.phone.wrong()))
        assert helper.status() == 0
    with start(ann) as helper:
        helper.send(wire.judge(ann.phone.wrong(1)))
        helper.socket.close()
        helper.status()
    assert failures(ann) == 2


def memory(pid):
    """All that the process can write."""
    found = b""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
            open("/proc/%d/mem" % pid, "rb", 0) as bytes_:
        for line in maps:
            if " rw" in line:
                start, end = (int(x, 16) for x in line.split()[0].split("-"))
                bytes_.seek(start)
                found += bytes_.read(end - start)
    return found


def test_lock_is_held_or_a_key_kept_while_somebody_types(here, start, ann):
    """He has given his password, and thinks about the code: nobody waits for him."""
    here.pam("twostep", ["auth required pam_permit.so", "account required pam_permit.so"])
    door, code = Locker(here), ann.phone.code()
    with open(here.KEY, "rb") as file:
        secrets = {"host key": file.read(), "key": base64.b32decode(ann.phone.key),
                   "code": code.encode()}
    with start(ann) as helper:
        assert helper.ask(wire.packet("recovery_new")).kind == "ask"
        kept = memory(helper.process.pid)
        assert ann.name.encode() in kept
        assert [name for name, secret in secrets.items() if secret in kept] == []
        for path in ("/histories/" + ann.name, "/enrollments/" + ann.name, "/decoy", "/marker"):
            with open(here.STORE + path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert door.run(ann, code)[0] == ["success"]
        # which spends it here, too
        assert helper.ask(wire.packet("answer", typed=code, given=1)).kind in ("say", "judged")
    os.unlink("/etc/pam.d/twostep")


@pytest.mark.skipif(not os.environ.get("TWOSTEP_LONG"), reason="runs with --long")
def test_caller_who_never_asks_keeps_it(start, ann):
    before = time.monotonic()
    with start(ann) as helper:
        assert helper.status() == USAGE
    assert 9 < time.monotonic() - before < 15


def drawn(draw, kind, typed):
    """A packet of the right form, filled with what nobody would send."""
    texts = ["", "0", "123456", "99999999", "x" * 512, "\b\n\r\x7fINCORRECT", "-" * 40, "%s%n",
             "ABCD-EFGH-JKMN-PQRS", "ABCD-EFGH-JKMN", *typed]
    names = [b"", b"phone", b"x" * 32, b"..", b"-"]
    wish = struct.pack("<6I40s", draw.randrange(3), draw.randrange(2), draw.randrange(3),
                       draw.randrange(6, 9), draw.choice((15, 30, 120)), 0, draw.choice(names))
    return wire.packet(kind, typed=draw.choice(texts), given=draw.randrange(2),
                       field=draw.randrange(2), echo=draw.randrange(2), error=draw.randrange(2),
                       status=draw.randrange(4), tries=draw.randrange(4),
                       enrolled=draw.randrange(2), user=draw.choice((b"root", b"", b"a" * 255)),
                       more=wish + bytes(1380 - len(wish)))


def test_conversation_that_makes_no_sense_ends_badly(here, start, ann, bob, opened):
    """Nobody dies of it, and nobody is linked, locked or blocked but he who talks."""
    here.pam("twostep", ["auth required pam_permit.so", "account required pam_permit.so"])
    here.conf(enroll_at_login="yes", recovery_codes=0)
    requests = wire.KINDS[wire.KINDS.index("look"):wire.KINDS.index("answer")]
    draw = random.Random(7)
    for _ in range(5000 if os.environ.get("TWOSTEP_LONG") else 60):
        with start(bob) as helper:
            helper.send(drawn(draw, draw.choice(requests), [bob.name]))
            for _ in range(draw.randrange(5)):
                kind = "answer" if draw.randrange(8) else draw.choice(wire.KINDS)
                helper.send(drawn(draw, kind, [ann.phone.code()]))
            helper.socket.shutdown(socket.SHUT_WR)
            while helper.receive() is not None:
                pass
            assert 0 <= helper.status() <= 3
    os.unlink("/etc/pam.d/twostep")
    status = ann.status()
    assert (status["failures"], len(status["devices"]), status["locked"]) == (0, 1, False)


def test_request_says_whose_account(here, start, ann, bob):
    other = here.account()
    other.enroll()
    for person, enrolled in ((ann, 1), (other, 1), (bob, 0)):
        with start(person) as helper:
            told = helper.ask(wire.packet("look", user=other.name.encode(), enrolled=1))
            assert (told.user, told.enrolled, told.standing) == (person.name, enrolled, 0)
    with start(bob) as helper:
        assert helper.ask(wire.judge(other.phone.code() if hasattr(other, "phone")
                                     else "123456")).verdict == "unenrolled"


def test_caller_without_an_account_is_served(here, start, ann):
    since = here.log.now()
    nobody = place.Account(here, "nobody", 54321, "")
    with start(nobody) as helper:
        answer = helper.ask(wire.packet("look"))
    assert (answer.kind, answer.status, answer.text) == ("end", SYSTEM, "")
    words = place.words_of(here.log.module_lines(since)[0])
    assert (words["user"], words["result"], words["by"]) == ("?", "unavailable", "54321")


def test_who_is_not_enrolled_gets_hold_of_what_all_share(here, start, bob, opened):
    decoy = here.STORE + "/decoy"
    before = os.stat(decoy)
    with open(decoy, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with start(bob) as helper:
            assert helper.ask(wire.judge("123456")).verdict == "unenrolled"
    assert os.stat(decoy).st_mtime_ns == before.st_mtime_ns


def test_exemption_or_place_counts(here, start, ann):
    here.conf(exempt=ann.name, remember="7d", trusted_networks="0.0.0.0/1")
    for typed, verdict in ((ann.phone.wrong(), "wrong"), (ann.phone.code(), "accepted")):
        with start(ann) as helper:
            assert helper.ask(wire.judge(typed)).verdict == verdict
    assert ann.status()["places"] == 0


def test_setting_that_is_wrong_is_passed_over(here, start, ann):
    here.conf(window="many")
    since = here.log.now()
    with start(ann) as helper:
        assert helper.ask(wire.judge("123456")).status == SYSTEM
    words = place.words_of(here.log.module_lines(since)[0])
    assert (words["result"], words["word"]) == ("misconfigured", "window")


# ---- what it is left --------------------------------------------------------------------

def evil_files(here):
    os.makedirs("/run/place/evil", exist_ok=True)
    here.write("/run/place/evil/openssl.cnf", OPENSSL_CNF)
    for name in ("libcrypto.so.3", "libpam.so.0", "libc.so.6"):
        shutil.copy(here.build + "/tests/tools/.libs/pam_say.so", "/run/place/evil/" + name)


def evil_environment():
    library = "/run/place/evil/libpam.so.0"
    return dict(ENVIRONMENT, LD_PRELOAD=library, LD_AUDIT=library)


LOWERED = (resource.RLIMIT_FSIZE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_NPROC)


# Whether root may lift what a caller has lowered for good (CAP_SYS_RESOURCE).
with open("/proc/self/status", encoding="ascii") as _status:
    MAY_RAISE = bool(int(re.search(r"CapEff:\s*(\w+)", _status.read())[1], 16) >> 24 & 1)


def leave_everything():
    """In the child before exec: all that survives one."""
    for number in set(range(1, signal.NSIG)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGALRM, signal.SIGUSR1):
        os.kill(os.getpid(), number)
    os.umask(0)
    os.chdir("/run/place/evil")
    for _ in range(20):
        os.set_inheritable(os.dup(0), True)
    os.nice(19)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    LIBC.syscall(SYS_IOPRIO_SET, 1, 0, IOPRIO_IDLE)
    LIBC.prctl(PR_SET_TIMERSLACK, ctypes.c_ulong(10 ** 15), 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    for limit in LOWERED if MAY_RAISE else ():
        resource.setrlimit(limit, (0, 0))


def limits(helper):
    rows = [line[:26].strip() + "=" + line[26:].split()[0]
            for line in helper.proc("limits").splitlines()]
    return dict(row.split("=") for row in rows)


def test_something_of_the_caller_stays(here, start, ann):
    evil_files(here)
    def before():
        leave_everything()
        os.setgroups([4, 24, ann.uid])
        os.setgid(ann.uid)
        os.setuid(ann.uid)

    with start(before=before, env=evil_environment(), close_fds=False) as helper:
        facts, pid = helper.shed(), helper.process.pid
        assert facts["Uid"] == facts["Gid"] == "0\t0\t0\t0" and facts["Groups"].strip() == ""
        assert int(facts["SigBlk"], 16) == int(facts["SigCgt"], 16) == 0
        ignored = int(facts["SigIgn"], 16)
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGSEGV):
            assert not ignored & 1 << (number - 1), number
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP, signal.SIGXFSZ):
            assert ignored & 1 << (number - 1), number
        assert int(facts["ShdPnd"], 16) == int(facts["SigPnd"], 16) == 0
        assert facts["Umask"] == "0077"
        assert os.readlink("/proc/%d/cwd" % pid) == "/"
        assert sorted(os.listdir("/proc/%d/fd" % pid)) == ["0", "1", "2"]
        assert os.readlink("/proc/%d/fd/1" % pid) == "/dev/null"
        assert "/evil/" not in helper.proc("maps")
        stat = helper.proc("stat").rsplit(")", 1)[1].split()
        assert stat[3] == str(pid) and stat[4] == "0"       # its session, and no terminal
        assert stat[16] == "0" and stat[38] == "0"          # nice, policy
        assert LIBC.syscall(SYS_IOPRIO_GET, 1, pid) != IOPRIO_IDLE
        assert int(helper.proc("timerslack_ns")) < 10 ** 6
        has = limits(helper)
        assert has["Max core file size"] == "0"
        assert has["Max open files"] == "64"
        for name in ("Max file size", "Max cpu time", "Max address space", "Max data size"):
            assert has[name] == "unlimited", name
        assert helper.ask(wire.judge(ann.phone.code())).verdict == "accepted"


def test_user_reaches_what_runs_for_him(start, ann):
    with start(ann) as helper:
        helper.shed()
        pid = helper.process.pid

        def tries():
            got = []
            for number in range(1, 65):
                with contextlib.suppress(PermissionError, OSError):
                    os.kill(pid, number)
                    got.append(number)
            for act in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
                        lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),
                        lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0)),
                        lambda: open("/proc/%d/mem" % pid, "rb").close(),
                        lambda: open("/proc/%d/environ" % pid, "rb").close(),
                        lambda: os.listdir("/proc/%d/fd" % pid)):
                with contextlib.suppress(PermissionError):
                    act()
                    got.append("act")
            if LIBC.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0:
                got.append("trace")
            return got

        assert as_user(ann, tries) == "[]"
        assert helper.ask(wire.judge(ann.phone.code())).verdict == "accepted"


LIMITS = {"FSIZE": 0, "NOFILE": 0, "CPU": 0, "AS": 0, "STACK": 0, "DATA": 0, "CORE": 0, "NPROC": 0,
          "MEMLOCK": 0, "SIGPENDING": 0, "RTTIME": 1, "MSGQUEUE": 0, "RTPRIO": 0, "NICE": 0}
TINY = {"CORE": 4096, "AS": 20 << 20, "STACK": 200 << 10, "DATA": 100 << 10, "NOFILE": 2, "CPU": 1, "FSIZE": 4096}


@pytest.mark.parametrize("limits_of_the_caller", [LIMITS, TINY], ids=["none", "tiny"])
def test_limit_lets_a_guess_go_uncounted(start, ann, limits_of_the_caller):
    """Whoever cannot even be started, or cannot write, judges nothing, and tells nothing."""
    told = {}
    for number, (name, limit) in enumerate(limits_of_the_caller.items()):
        what = getattr(resource, "RLIMIT_" + name)

        def before(what=what, limit=limit):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            signal.signal(signal.SIGXCPU, signal.SIG_IGN)
            resource.setrlimit(what, (limit, limit))
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            with start(ann, before=before, stderr=subprocess.DEVNULL) as helper:
                answer = helper.ask(wire.judge(ann.phone.wrong(number)))
                told[name] = answer and (answer.kind, answer.status, answer.verdict)
    counted = [name for name, answer in told.items() if answer == ("judged", 0, "wrong")]
    others = {told[name] for name in set(told) - set(counted)}
    assert others <= {None, ("end", SYSTEM, "empty"), ("judged", 0, "locked")}
    assert "CORE" in told and ("FSIZE" in counted) == MAY_RAISE
    assert failures(ann) == len(counted)


def test_timer_of_the_caller_ends_it(start, ann):
    """(Those of its own time are not heard either; they would take longer to come.)"""
    with start(ann, before=lambda: signal.setitimer(signal.ITIMER_REAL, 0.15, 0.15)) as helper:
        helper.shed()
        helper.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            helper.receive()
        helper.socket.settimeout(20)
        assert helper.ask(wire.judge(ann.phone.wrong())).verdict == "wrong"


def test_libcrypto_reads_a_file_of_the_caller(here, start, ann):
    evil_files(here)
    spoilt = dict(os.environ, OPENSSL_CONF="/run/place/evil/openssl.cnf")
    if shutil.which("openssl"):
        told = subprocess.run(["openssl", "dgst", "-sha1"], input=b"", env=spoilt, capture_output=True)
        assert told.returncode != 0, "the file spoils nothing: %s" % told
    with start(ann, env=spoilt) as helper:
        assert helper.ask(wire.judge(ann.phone.code())).verdict == "accepted"


def test_clock_of_the_caller_stands_in_the_journal(here, start, ann):
    """What the C library would write there in his time zone."""
    since = here.log.now()
    with start(ann, env={"TZ": "XXX-11:37"}) as helper:
        helper.ask(wire.judge(ann.phone.wrong()))
    hour, minute = re.match(r"\w+ +\d+ (\d+):(\d+):", here.log.module_lines(since)[0]).groups()
    late = time.localtime().tm_hour * 60 + time.localtime().tm_min - int(hour) * 60 - int(minute)
    assert late % 1440 in (0, 1)


def leads_a_session(terminal):
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_terminal_of_the_caller_stops_it(start, ann):
    master, terminal = os.openpty()
    with start(ann, before=lambda: leads_a_session(terminal)) as helper:
        os.close(terminal)
        helper.shed()
        os.write(master, b"\x03\x1a\x1c\x11\x13")
        os.close(master)        # which hangs up
        assert helper.ask(wire.judge(ann.phone.wrong())).verdict == "wrong"


def test_leader_of_a_group_of_processes_stays_in_reach(start, ann):
    with start(ann, before=os.setpgrp) as helper:
        assert helper.ask(wire.packet("look")) is None and helper.status() == USAGE
