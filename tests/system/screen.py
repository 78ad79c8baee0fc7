# SPDX-License-Identifier: BSD-2-Clause
"""Logins in a process of the user's own, which may not read the store."""

import json
import os
import shutil
import subprocess

import events
import place

CODES = {0: "success", 3: "service error", 4: "system error", 7: "refused", 9: "unavailable"}
LOGIN = "/run/place/bin/locker"


class Locker:
    """A program that runs as its user and asks for a code: a screen locker."""

    def __init__(self, here, *words):
        self.here = here
        self.since = here.log.now()
        line = " ".join(["required pam_twostep.so", *words])
        here.pam("locker", ["auth " + line, "auth required pam_permit.so", "account " + line,
                            "account required pam_permit.so"])
        shutil.copy(os.path.join(here.build, "tests/pam/login"), LOGIN)

    def run(self, person, *codes, user=None, options=(), root=False):
        """What each try came to, and all that was shown; `root` needs no helper."""
        done = subprocess.run(
            [LOGIN, *options, "locker", "/etc/pam.d", user or person.name, *codes],
            preexec_fn=None if root else person.become, capture_output=True, text=True, timeout=60)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return ([CODES[x["code"]] for x in lines if x["event"] == "authenticate"],
                events.in_words(" ".join(x.get("text", "") for x in lines)))

    def results(self, person):
        """The results that the journal has, each with the service that wrote it."""
        lines = self.here.log.module_lines(self.since, user=person.name)
        words = [place.words_of(line) for line in lines]
        return [(w["result"], w.get("by", w["service"])) for w in words
                if w["service"] != "twostep"]
