#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what core/policy decides with what this page decides by itself; prints TAP.

    tests/core/policy_oracle.py POLICIES-PROGRAM [HOW-MANY [SEED]]

Random settings and people are decided twice: by the program, and here from the text of the
settings alone, slowly, with the calendar and the addresses of Python. Settings that cannot be
must be refused by both, with the same word."""

import collections
import datetime
import ipaddress
import random
import re
import subprocess
import sys

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime.datetime(2025, 5, 5, 12, 0, tzinfo=UTC)
SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)

USERS = ["alice", "bob", "carol", "root"]
GROUPS = ["staff", "wheel", "guests", "alice"]
NO_NAMES = ["yes", "no", "all", "none", "everybody", "until", "everyone", "nobody", ""]

Decision = collections.namedtuple("Decision", "policy rule remind offer days")


class Refused(Exception):
    """The settings cannot be."""


# ---- what the text of a setting says ----------------------------------------------

def moment(text):
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?)?(Z|[+-]\d\d:\d\d)?", text,
                         re.ASCII)
    if not found:
        raise Refused
    day, clock, second, zone = found.groups()
    try:
        when = datetime.datetime.strptime(
            "%s %s%s %s" % (day, clock or "00:00", second or ":00", zone or "Z"),
            "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        raise Refused from None
    if when < EPOCH or (second and int(second[1:]) > 59):
        raise Refused
    return when


def span(text):
    found = re.fullmatch(r"(0|[1-9]\d*)([smhd]?)", text, re.ASCII)
    if not found:
        raise Refused
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]] * SECOND


def pieces(text):
    return [piece for piece in re.split("[ \t,]+", text) if piece]


def names(text, may_end):
    """[(name, with its @; end or None)]"""
    found = []
    for piece in pieces(text):
        if piece.startswith("until="):
            if not may_end or not found or found[-1][1] is not None:
                raise Refused
            found[-1] = (found[-1][0], moment(piece[len("until="):]))
            continue
        if not re.fullmatch(r"@?[A-Za-z0-9._$\\\x80-\U0010ffff][A-Za-z0-9._@$\\+\x80-\U0010ffff-]*",
                            piece) or piece in NO_NAMES:
            raise Refused
        found.append((piece, None))
    if len({name for name, _ in found}) != len(found):
        raise Refused
    if sum(name.startswith("@") for name, _ in found) > 32:
        raise Refused
    return found


def required_names(text):
    if text in ("everyone", "nobody"):
        return text
    found = names(text, False)
    if not found:
        raise Refused
    return found


def exempt_names(text):
    return names(text, True)


def address(text):
    if "%" in text:
        raise Refused
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise Refused from None
    return getattr(found, "ipv4_mapped", None) or found


def networks(text):
    found = []
    for piece in pieces(text):
        try:
            if "%" in piece or not re.fullmatch(r"[^/]*(/(0|[1-9]\d*))?", piece, re.ASCII):
                raise Refused
            network = ipaddress.ip_network(piece)
        except ValueError:
            raise Refused from None
        inner = getattr(network.network_address, "ipv4_mapped", None)
        if inner is not None and network.prefixlen >= 96:
            network = ipaddress.ip_network("%s/%d" % (inner, network.prefixlen - 96))
        found.append(network)
    return found


def when(text):
    return moment(text) if text else EPOCH


def word_of(*words):
    def one_of(text):
        if text not in words:
            raise Refused
        return text
    return one_of


READ = {
    "require": ("everyone", required_names), "require_from": ("", when),
    "remind": ("30d", span), "offer": ("0", span), "exempt": ("", exempt_names),
    "trusted_networks": ("", networks), "enroll_at_login": ("no", word_of("no", "invited", "yes")),
}


def read(given):
    """{word: value}; the first word that cannot be ends it."""
    values = {word: reader(standard) for word, (standard, reader) in READ.items()}
    for word, text in given:
        try:
            values[word] = READ[word][1](text)
        except Refused:
            raise Refused(word) from None
    return values


# ---- what is decided --------------------------------------------------------------

def means(name, who):
    return name[1:] in who["groups"] if name.startswith("@") else name == who["user"]


def is_loopback(address):
    return address in ipaddress.ip_network(
        "127.0.0.0/8" if address.version == 4 else "::1/128")


def is_trusted(values, who):
    try:
        here = address(who["rhost"] or "")
    except Refused:
        return False
    holding = [n for n in values["trusted_networks"] if n.version == here.version and here in n]
    if is_loopback(here):
        holding = [n for n in holding if is_loopback(n[0]) and is_loopback(n[-1])]
    return bool(holding)


def decide(values, who):
    """The policy, by what is true of the case and not by the order of any guard."""
    mine = [end for name, end in values["exempt"] if means(name, who)]
    wrong_clock = who["now"] < who["created"]
    for_ever = None in mine
    for_now = not wrong_clock and any(end is not None and end > who["now"] for end in mine)
    early = not wrong_clock and who["now"] < values["require_from"]
    required = values["require"] == "everyone" or (
        values["require"] != "nobody" and any(means(n, who) for n, _ in values["require"]))
    here = values["enroll_at_login"]
    can_enroll = here == "yes" or (here == "invited" and who["invited"])
    new = who["looked"] and not who["enrolled"] and not for_now
    open_to_all = who["account"] and not for_ever and not is_trusted(values, who)
    left = values["require_from"] - who["now"]

    possible = []
    if not who["account"]:
        possible.append(Decision("deny", "-", 0, 0, 0))
    if who["account"] and for_ever:
        possible.append(Decision("pass", "exempt", 0, 0, 0))
    if who["account"] and not for_ever and is_trusted(values, who):
        possible.append(Decision("pass", "trusted_networks", 0, 0, 0))
    if open_to_all and not who["looked"]:
        possible.append(Decision("look", "-", 0, 0, 0))
    if open_to_all and who["looked"] and for_now:
        possible.append(Decision("pass", "exempt", 0, 0, 0))
    if open_to_all and who["looked"] and not for_now and who["enrolled"]:
        possible.append(Decision("pass", "remember", 0, 0, 0) if who["remembered"]
                        else Decision("ask", "-", 0, 0, 0))
    if open_to_all and new and not required:
        possible.append(Decision("pass", "require", 0, int(who["invited"] and here != "no"), 0))
    if open_to_all and new and required and early:
        days = 0
        while days * DAY < left:
            days += 1
        possible.append(Decision(
            "pass", "require_from", int(who["now"] >= values["require_from"] - values["remind"]),
            int(can_enroll and who["now"] >= values["require_from"] - values["offer"]), days))
    if open_to_all and new and required and not early:
        possible.append(Decision("enroll" if can_enroll else "deny", "-", 0, 0, 0))
    assert len(possible) == 1, possible
    return possible[0]


def groups_of(values):
    listed = [] if isinstance(values["require"], str) else values["require"]
    found = [name for name, _ in listed + values["exempt"] if name.startswith("@")]
    return "".join(dict.fromkeys(found))


# ---- what is drawn ----------------------------------------------------------------

def draw_moment(draw):
    """Near now, at it, or far; in some zone; now and then one that cannot be."""
    if draw.random() < 0.02:
        return draw.choice(["2025-02-29", "2025-04-31", "2025-13-01", "tomorrow", "1969-12-31",
                            "2025-05-05T24:00", "2025-05-05T12:00:60", "2025-5-5", "20250505",
                            "2025-05-05+2:00", "1970-01-01+00:01", "2025-05-05 T12:00"])
    seconds = draw.choice([0, 1, -1, 3600, -3600, 86400, -86400, 30 * 86400, 30 * 86400 + 1,
                           7 * 86400, 7 * 86400 - 1, draw.randint(-10**8, 10**8)])
    offset = draw.choice([0, 0, 120, -330, 845, -720, 1439])
    there = NOW + seconds * SECOND + offset * 60 * SECOND
    zone = "%s%02d:%02d" % ("-" if offset < 0 else "+", abs(offset) // 60, abs(offset) % 60)
    zone = draw.choice(["", "Z", zone]) if offset == 0 else zone
    return there.strftime(draw.choice(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])) + zone


def draw_names(draw, may_end):
    parts = []
    known = USERS + ["@" + group for group in GROUPS]
    for name in draw.sample(known * (1 + (draw.random() < 0.05)), draw.randint(0, 5)):
        parts.append(name)
        if may_end and draw.random() < 0.4:
            parts.append("until=" + draw_moment(draw))
    if draw.random() < 0.04:
        parts.insert(draw.randint(0, len(parts)), draw.choice(
            ["yes", "none", "everyone", "nobody", "@", "@@staff", "until=2999-01-01", "untill=x",
             "until", "#", "-alice", "a@b", "j\u00f6rg", "a=b", '"alice"', "@everyone"]))
    text = "".join(part + draw.choice([",", " ", ", ", "  "]) for part in parts)
    return text if draw.random() < 0.1 else text.rstrip(", ")


def draw_address(draw):
    return draw.choice([
        "192.0.2.7", "192.0.2.8", "192.0.3.7", "10.1.2.3", "127.0.0.1", "127.9.9.9", "0.0.0.0",
        "255.255.255.255", "::1", "::", "2001:db8::7", "2001:db8:0:0::8", "2001:DB8:1::7",
        "fe80::1", "::ffff:192.0.2.7", "::ffff:c000:208", "::ffff:127.0.0.1", "::192.0.2.7",
        "64:ff9b::192.0.2.7", str(ipaddress.IPv4Address(draw.getrandbits(32))),
        str(ipaddress.IPv6Address(draw.getrandbits(128))),
        str(ipaddress.IPv4Address(0xc0000200 + draw.getrandbits(9)))])


def draw_rhost(draw):
    if draw.random() < 0.2:
        return draw.choice([None, "", "localhost", "trusted.example.net", "192.0.2.7.example.net",
                            "fe80::1%eth0", "2001:db8::7%1", "192.0.2.07", "0300.0.2.7",
                            "192.0.2.7 ", "192.0.2", "3221225991", "[::1]", "192.0.2.7:22",
                            "1:2:3:4:5:6:7:8::", ":::", "::1::", "12345::", "192.0.2.7/32"])
    return draw_address(draw)


def draw_networks(draw):
    parts = []
    for _ in range(draw.randint(0, 4)):
        here = draw_address(draw)
        if draw.random() < 0.7:
            most = 128 if ":" in here else 32
            bits = draw.choice([0, 1, 8, most - 8, most - 1, most, draw.randint(0, most)])
            network = ipaddress.ip_network("%s/%d" % (here, bits), strict=False)
            here = draw.choice([str(network)] * 30 + ["%s/%d" % (here, bits)])
        parts.append(here)
    if draw.random() < 0.04:
        parts.insert(draw.randint(0, len(parts)), draw.choice(
            ["example.net", "192.0.2.0/33", "192.0.2.0/255.255.255.0", "192.0.2.0/", "/24",
             "192.0.2.0/024", "fe80::%eth0/64", "::/129", "192.0.2", "yes", "192.0.2.0/-1"]))
    return draw.choice([" ", ",", ", "]).join(parts)


def draw_span(draw):
    return draw.choice(["0", "30d", "7d", "24h", "1440m", "86400s", "1", "90d"] * 12 + ["-1", "1w"])


def draw_settings(draw):
    draws = {
        "require": lambda: draw.choice(["everyone", "everyone", "nobody", draw_names(draw, False),
                                        draw_names(draw, False)]),
        "require_from": lambda: draw.choice([draw_moment(draw)] * 9 + [""]),
        "remind": lambda: draw_span(draw), "offer": lambda: draw_span(draw),
        "exempt": lambda: draw_names(draw, True),
        "trusted_networks": lambda: draw_networks(draw),
        "enroll_at_login": lambda: draw.choice(["no", "invited", "yes"] * 30 + ["maybe"]),
    }
    words = [word for word in draws if draw.random() < (
        0.35 if word in ("exempt", "trusted_networks") else 0.6)]
    draw.shuffle(words)
    return [(word, draws[word]()) for word in words]


def draw_case(draw):
    now = NOW + draw.choice([0, 0, 0, 1, -1, draw.randint(-10**7, 10**7)]) * SECOND
    return {
        "account": draw.random() < 0.95, "user": draw.choice(USERS), "rhost": draw_rhost(draw),
        "groups": [group for group in GROUPS if draw.random() < 0.3], "now": now,
        "looked": draw.random() < 0.9, "enrolled": draw.random() < 0.35,
        "invited": draw.random() < 0.4, "remembered": draw.random() < 0.3,
        "created": draw.choice([EPOCH, now - 1000 * DAY, now - SECOND, now, now + SECOND,
                                now + 30 * DAY]),
    }


# ---- both, side by side -----------------------------------------------------------

def line_of(who, given):
    def told(value):
        if isinstance(value, datetime.datetime):
            return str((value - EPOCH) // SECOND)
        return str(int(value))
    fields = [told(who["account"]), who["user"], ",".join(who["groups"]),
              "-" if who["rhost"] is None else who["rhost"]]
    fields += [told(who[word]) for word in ("now", "looked", "enrolled", "invited", "remembered",
                                            "created")]
    return "\t".join(fields + ["%s=%s" % pair for pair in given])


def expected(who, given):
    try:
        values = read(given)
    except Refused as word:
        return "refused %s" % word
    return "%s %s %d %d %d %s" % (*decide(values, who), groups_of(values))


def main(words):
    program = words[0]
    count = int(words[1]) if len(words) > 1 else 10000
    seed = int(words[2]) if len(words) > 2 else random.SystemRandom().getrandbits(32)
    draw = random.Random(seed)
    cases = [(draw_case(draw), draw_settings(draw)) for _ in range(count)]
    lines = [line_of(*case) for case in cases]
    said = subprocess.run([program], input="".join(line + "\n" for line in lines), text=True,
                          stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout.split("\n")
    wanted = [expected(*case) for case in cases]
    wrong = [row for row in zip(lines, wanted, said) if row[1] != row[2]]
    wrong += [("the end", "%d lines" % count, "%d" % (len(said) - 1))] * (len(said) != count + 1)
    outcomes = collections.Counter(" ".join(row.split()[:2 - row.startswith("refused")])
                                   for row in wanted)
    # draws that never reach an outcome would prove nothing of it
    rare = [name for name in ("ask -", "deny -", "enroll -", "look -", "pass exempt", "refused",
                              "pass trusted_networks", "pass remember", "pass require",
                              "pass require_from") if outcomes[name] < count // 200]
    print("1..2\n# seed %d" % seed)
    print("%s 1 - %d of %d policies are decided alike" % (
        "not ok" if wrong else "ok", count - len(wrong), count))
    for line, here, there in wrong[:5]:
        print("# %r: here %s, there %s" % (line, here, there))
    print("%s 2 - every outcome is among them: %s" % (
        "not ok" if rare else "ok",
        ", ".join("%s %d" % pair for pair in sorted(outcomes.items()))))
    return 1 if wrong or rare else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
