#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares our codes with those of others over random draws; prints TAP.

    tests/core/oracle.py DRAWS-PROGRAM [HOW-MANY [SEED]]

The program prints draws of key, time or counter, hash, digits and period, with our code. It
is compared with oathtool, which is not ours in any part, and with pyotp where that is
installed. oathtool knows HMAC-SHA1 alone for HOTP; a HOTP counter is then a TOTP time
of one second a step, from 1970 on."""

import concurrent.futures
import datetime
import hashlib
import shutil
import subprocess
import sys

HASHES = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}


def by_oathtool(draw):
    kind, algorithm, digits, period, moment, key, _ = draw
    if kind == "hotp" and algorithm == "SHA1":
        words = ["--hotp", "--counter=" + moment]
    else:
        words = ["--totp=" + algorithm.lower(), "--now=@" + moment,
                 "--time-step-size=%ss" % (period if kind == "totp" else 1)]
    done = subprocess.run(["oathtool", "--digits=" + digits, *words, "-"], input=key,
                          capture_output=True, text=True, check=True)
    return done.stdout.strip()


def by_pyotp(draw):
    kind, algorithm, digits, period, moment, key, _ = draw
    import base64
    import pyotp
    encoded = base64.b32encode(bytes.fromhex(key)).decode()
    options = {"digits": int(digits), "digest": HASHES[algorithm]}
    if kind == "hotp":
        return pyotp.HOTP(encoded, **options).at(int(moment))
    utc = datetime.timezone.utc
    return pyotp.TOTP(encoded, interval=int(period), **options).at(
        datetime.datetime.fromtimestamp(int(moment), utc))


def compare(number, name, draws, codes):
    wrong = [(draw, code) for draw, code in zip(draws, codes) if code != draw[-1]]
    print("%s %d - %d of %d codes are %s's too" % (
        "not ok" if wrong else "ok", number, len(draws) - len(wrong), len(draws), name))
    for draw, code in wrong[:5]:
        print("# %s, and %s says %s" % (" ".join(draw), name, code))
    return not wrong


def main(words):
    program, options = words[0], words[1:]
    told = subprocess.run([program, *options], capture_output=True, text=True, check=True)
    draws = [line.split() for line in told.stdout.splitlines()]
    print("1..2")
    fine = bool(draws)
    if shutil.which("oathtool"):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            fine = compare(1, "oathtool", draws, list(pool.map(by_oathtool, draws))) and fine
    else:
        print("ok 1 - oathtool # SKIP oathtool is not installed")
    try:
        import pyotp    # noqa: F401
        fine = compare(2, "pyotp", draws, [by_pyotp(draw) for draw in draws]) and fine
    except ImportError:
        print("ok 2 - pyotp # SKIP pyotp is not installed")
    return 0 if fine else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
