# SPDX-License-Identifier: BSD-2-Clause
"""twostep doctor against libpam itself: random stacks, tried out with every answer that their
modules may give, must be as the doctor says.

Copies of pam_say.c, which say who they are and answer what they are told, stand for the modules;
libpam reads the same files as the doctor."""

import ctypes
import itertools
import os
import random
import re
import shutil

import pytest

import etc as places
import rig

pytestmark = pytest.mark.skipif(
    rig.SANITIZED, reason="libpam is in this process, which cannot load a sanitized module")

STACKS = 400 if rig.LONG else 20
NUMBERS = {"success": 0, "service_err": 3, "perm_denied": 6, "auth_err": 7,
           "authinfo_unavail": 9, "user_unknown": 10, "ignore": 25}
FACTOR = ["success", "auth_err", "user_unknown", "authinfo_unavail"]
SIDE = ["success", "auth_err", "perm_denied", "ignore"]
REFUSALS = ["auth_err", "user_unknown", "authinfo_unavail", "service_err", "perm_denied"]
ANSWERS = {"pam_unix": FACTOR, "pam_sss": FACTOR, "pam_env": SIDE,
           "pam_permit": ["success"], "pam_deny": ["auth_err"],
           "pam_twostep": REFUSALS + ["success", "ignore"]}


# ---- libpam, called as an application calls it

class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int,
                            ctypes.POINTER(ctypes.POINTER(Message)),
                            ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [("converse", CONVERSE), ("data", ctypes.c_void_p)]


class Libpam:
    def __init__(self):
        self._pam, self._libc = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
        self._libc.calloc.restype = ctypes.c_void_p
        self._said = []
        self._conversation = Conversation(CONVERSE(self._converse), None)

    def _converse(self, count, messages, answers, _):
        self._said += [messages[i].contents.text.decode() for i in range(count)]
        answers[0] = self._libc.calloc(count, 16)
        return 0

    def authenticate(self, service, directory):
        """(what it returned, the arguments of those that were called)"""
        handle, self._said = ctypes.c_void_p(), []
        assert self._pam.pam_start_confdir(service.encode(), b"root",
                                           ctypes.byref(self._conversation),
                                           directory.encode(), ctypes.byref(handle)) == 0
        code = self._pam.pam_authenticate(handle, 0x8000)
        self._pam.pam_end(handle, code)
        return code, list(self._said)


# ---- random stacks

def control(rnd):
    if rnd.random() < 0.6:
        return rnd.choices(["required", "requisite", "sufficient", "optional"], [4, 4, 1, 1])[0]
    actions = ["ignore", "ok", "done", "bad", "die", "reset", "1", "2"]
    pairs = ["success=" + rnd.choice(["ok", "ok", "done", "1", "1", "2"])]
    pairs += [answer + "=" + rnd.choice(actions) for answer in rnd.sample(
        ["auth_err", "user_unknown", "perm_denied", "ignore"], rnd.randint(0, 2))]
    pairs.append("default=" + rnd.choice(["ignore", "bad", "die", "1"]))
    return "[" + " ".join(pairs) + "]"


class Stack:
    """Lines of one service, some of which may stand in a file that it includes."""

    def __init__(self, rnd, name):
        self.name, self.way = name, rnd.choice(["", "include", "substack"])
        modules = ["pam_twostep", "pam_unix"] + rnd.choices(
            ["pam_sss", "pam_env", "pam_permit", "pam_deny"], [1, 2, 4, 2], k=rnd.randint(1, 3))
        rnd.shuffle(modules)
        if rnd.random() < 0.8:      # most stacks have the first factor first
            modules.remove("pam_unix")
            modules.insert(0, "pam_unix")
        self.modules = modules
        self.controls = [control(rnd) for _ in modules]
        self.cut = sorted(rnd.sample(range(len(modules) + 1), 2))
        self.ours = modules.index("pam_twostep")

    def write(self, directory, home, answers, where=""):
        """`where` is put before the name of the included file: libpam 1.5 finds no other one in
        a directory that is not its own."""
        begin, end = self.cut
        lines = ["auth %s %s/%s.so %d %d\n" % (
            self.controls[n], home, module, NUMBERS[answers[n]], n)
            for n, module in enumerate(self.modules)]
        if self.way:
            with open(os.path.join(directory, self.name + "-part"), "w",
                      encoding="ascii") as file:
                file.writelines(lines[begin:end])
            lines[begin:end] = ["auth %s %s%s-part\n" % (self.way, where, self.name)]
        with open(os.path.join(directory, self.name), "w", encoding="ascii") as file:
            file.writelines(lines + ["session required pam_permit.so\n"])

    def tried(self, libpam, directory, home):
        """All that can happen, in the doctor's words, and what a success was due to."""
        seen = set()
        for answers in itertools.product(*(ANSWERS[module] for module in self.modules)):
            self.write(directory, home, answers, directory + "/")
            code, said = libpam.authenticate(self.name, directory)
            called = [int(word) for word in said]
            if self.ours not in called:
                seen |= {"round"} if code == 0 else set()
                continue
            factors = [n for n in called[:called.index(self.ours)]
                       if ANSWERS[self.modules[n]] is FACTOR]
            if factors and all(answers[n] != "success" for n in factors):
                seen.add("stranger")
            if code == 0:
                seen.add(answers[self.ours] if answers[self.ours] in ("success", "ignore")
                         else "ignored")
        return seen


def expected(stack, seen, jump):
    """The findings that go with what happened: what follows from another is none."""
    found = {"jump"} if jump else set()
    control_of_ours = stack.controls[stack.ours]
    if control_of_ours in ("optional", "sufficient"):
        found.add(control_of_ours)
    excused = control_of_ours in ("optional", "sufficient")
    if seen & {"round", "stranger"}:
        found.add("round" if "round" in seen else "stranger")
    if "ignored" in seen and not excused:
        found.add("ignored")
    if not found:
        found |= {"closed"} if "success" not in seen else (
            {"undecided"} if "ignore" not in seen else set())
    if stack.modules.index("pam_unix") > stack.ours and "pam_sss" not in (
            stack.modules[:stack.ours]):
        found.add("alone")
    return found


@pytest.mark.parametrize("seed", range(STACKS // 20))
def test_the_doctor_says_what_libpam_does(tool, ann, tmp_path, seed):
    tool.enroll(ann)
    rnd, etc, libpam = random.Random(seed), places.Etc(tmp_path / "root"), Libpam()
    home = str(tmp_path / "modules")
    os.mkdir(home)
    for module in ANSWERS:
        shutil.copy(rig.built("tests/tools/.libs/pam_say.so"), "%s/%s.so" % (home, module))
    stacks = [Stack(rnd, "x%d" % n) for n in range(20)]
    trial = str(tmp_path / "trial")
    os.mkdir(trial)
    with open(trial + "/other", "w", encoding="ascii") as file:
        file.write("auth required %s/pam_deny.so 7 0\n" % home)
    happened = {stack.name: stack.tried(libpam, trial, home) for stack in stacks}
    for stack in stacks:
        stack.write(etc.pam, home, ["success"] * len(stack.modules))
    told = {stack.name: set() for stack in stacks}
    for finding, place in etc.findings(tool):
        name = re.fullmatch(r".*/(x\d+)(?:-part)?:\d+", place).group(1)
        if finding != "setting":    # the arguments are pam_say's, and not the module's
            told[name].add(finding)
    for stack in stacks:
        right = expected(stack, happened[stack.name], "jump" in told[stack.name])
        assert told[stack.name] == right, (list(zip(stack.controls, stack.modules)),
                                           stack.way, stack.cut)
