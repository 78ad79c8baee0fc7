# SPDX-License-Identifier: BSD-2-Clause
"""What the set-uid helper and its callers say to each other, as pam_twostep/helper/wire.h
has it; and callers that it has not been written for."""

import collections
import contextlib
import os
import socket
import struct
import subprocess
import time

VERSION = 1
KINDS = ("nothing look judge status recovery_new enroll remove forget answer "
         "facts judged summary ask say offer codes end").split()
VERDICTS = ("empty malformed wrong spent locked blocked unenrolled expired activated "
            "accepted").split()
# (`more`: what status tells, and recovery codes)
FORMAT = struct.Struct("<10I512s" "2q4I256s" "q10I" "6I40s" "1316s" "1020s")
FIELDS = ("version kind field given echo error status about tries typed_len typed "
          "created lasts standing enrolled invited nothing user "
          "wait verdict method failures since left digits locks blocks cut codes "
          "how type algorithm device_digits period nothing_else name more text").split()
Packet = collections.namedtuple("Packet", FIELDS)
NOTHING = Packet(*FORMAT.unpack(bytes(FORMAT.size)))


def packet(kind, typed="", **more):
    """The bytes of one packet."""
    words = {"version": VERSION, "kind": KINDS.index(kind), "typed": typed.encode(),
             "typed_len": len(typed.encode()), **more}
    return FORMAT.pack(*NOTHING._replace(**words))


def judge(typed, **more):
    return packet("judge", typed=typed, given=1, **more)


def read(data):
    """A packet that came: its numbers, with words for kind and verdict, and texts."""
    found = Packet(*FORMAT.unpack(data))
    return found._replace(kind=KINDS[found.kind], verdict=VERDICTS[found.verdict],
                          user=found.user.rstrip(b"\0").decode(),
                          typed=found.typed[:found.typed_len],
                          text=found.text.rstrip(b"\0").decode())


class Helper:
    """One helper that was started by `person`, or by whoever; `before` runs before exec."""

    def __init__(self, path, person=None, before=None, words=None, stdin=None, **more):
        self.socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)

        def become():
            if before is not None:
                before()
            if person is not None:
                person.become()

        self.process = subprocess.Popen(
            words or [path], executable=path, stdin=other if stdin is None else stdin,
            preexec_fn=become, **more)
        other.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.wait(20)

    def send(self, data):
        """False when it is gone already."""
        try:
            self.socket.send(data)
        except OSError:
            return False
        return True

    def receive(self):
        """The next packet that it sends, or None: it is gone."""
        for _ in range(2):
            # (one that left something unread is told of before what it sent)
            with contextlib.suppress(ConnectionResetError):
                data = self.socket.recv(65536)
                return read(data) if data else None
        return None

    def ask(self, data):
        """One request's answer, or None."""
        return self.receive() if self.send(data) else None

    def status(self):
        return self.process.wait(20)

    def proc(self, name):
        """A file of /proc about it."""
        with open("/proc/%d/%s" % (self.process.pid, name), encoding="ascii") as file:
            return file.read()

    def shed(self):
        """Waits until it runs, has made itself root's, and waits for a request."""
        link = "/proc/%d/fd" % self.process.pid
        while True:
            facts = dict(line.split(":\t", 1) for line in self.proc("status").splitlines()
                         if ":\t" in line)
            if facts["State"].startswith("Z"):
                raise AssertionError("it is gone")
            if facts["Uid"] == "0\t0\t0\t0" and facts["State"].startswith("S") and \
                    self.proc("comm").startswith("twostep-helper") and \
                    os.readlink(link + "/2") == "/dev/null":
                return facts


def running():
    """Processes of the helper. (Its zombies are the affair of whoever is process 1.)"""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, encoding="ascii") as file:
                name, state = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name.startswith("twostep-helper"[:15]) and state.split()[0] != "Z":
            found.append(int(pid))
    return found


def wait_until_all_are_gone(seconds=10):
    end = time.monotonic() + seconds
    while running():
        assert time.monotonic() < end, "helpers that are still there: %s" % running()
        os.sched_yield()
