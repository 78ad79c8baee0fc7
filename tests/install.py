#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What make install and make uninstall do, and what the installed files are; prints TAP.

    tests/install.py BUILDDIR"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.realpath(sys.argv[1])
MODULE = BUILD + "/.libs/pam_twostep.so"
TOOL = BUILD + "/twostep"
SET_UID = BUILD + "/twostep-helper"


class Skipped(Exception):
    """Why nothing was looked at."""


def said(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=True, **more).stdout


def make(target, destination, *words, **more):
    return said("make", "-s", "-C", BUILD, target, "DESTDIR=" + destination, *words, **more)


def makefile(name):
    """A directory as make knows it."""
    value = "${%s}" % name
    with open(BUILD + "/Makefile", encoding="utf-8") as file:
        text = file.read()
    while "$" in value:
        value = re.sub(r"\$[{(](\w+)[})]", lambda found: re.search(
            r"^%s = ?(.*)$" % found.group(1), text, re.M).group(1), value)
    return value


PAM, BIN, MAN, CONF, STORE, LIBEXEC, UNITS, PROFILES = (makefile(name) for name in (
    "pamdir", "bindir", "mandir", "sysconfdir", "localstatedir", "libexecdir",
    "systemdsystemunitdir", "pamconfigsdir"))
HELPER = LIBEXEC + "/twostep-helper"
STACK = CONF + "/pam.d/twostep"
CONF += "/twostep/twostep.conf"
STORE += "/lib/twostep"
UNIT = "/twostep-unconfirmed.service"


def files(root):
    found = set()
    for directory, _, names in os.walk(root):
        found |= {os.path.join(directory, name)[len(root):] for name in names}
    return found


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def files_in_the_wrong_place(root):
    make("install", root)
    wanted = {PAM + "/pam_twostep.so", BIN + "/twostep", HELPER, CONF, STACK,
              MAN + "/man8/pam_twostep.8", MAN + "/man8/twostep.8",
              MAN + "/man8/twostep-helper.8", MAN + "/man5/twostep.conf.5"}
    if UNITS != "no":
        wanted |= {UNITS + UNIT, UNITS + "/sysinit.target.wants" + UNIT}
    if PROFILES != "no":
        wanted |= {PROFILES + "/twostep"}
    wrong = ["%s is missing" % path for path in sorted(wanted - files(root))]
    return wrong + ["%s should not be there" % path for path in sorted(files(root) - wanted)]


def module_where_libpam_does_not_look(_):
    return [] if os.path.exists(PAM + "/pam_permit.so") else ["no pam_permit.so in " + PAM]


def store_that_others_can_read(root):
    make("install", root)
    paths = [root + STORE + sub for sub in ("", "/enrollments", "/histories")]
    return ["%s is %o" % (path, mode(path)) for path in paths if mode(path) != 0o700]


def umask_that_shuts_people_out_or_lets_them_write(root):
    """One that takes from others what they need and leaves the group what it must not have."""
    make("install", root, umask=0o057)
    wrong = []
    for directory, names, _ in os.walk(root):
        there = {os.path.join(directory, name)[len(root):] for name in names}
        wrong += ["%s is %o" % (path, mode(root + path)) for path in there
                  if mode(root + path) != (0o700 if path.startswith(STORE) else 0o755)]
    return wrong + ["%s is %o" % (path, mode(root + path)) for path in files(root)
                    if not os.path.islink(root + path) and mode(root + path) & 0o66 != 0o44]


def helper_that_is_not_set_uid_root(root):
    make("install", root)
    owner = os.lstat(root + HELPER).st_uid
    wrong = [] if mode(root + HELPER) == 0o4755 else ["%s is %o" % (HELPER, mode(root + HELPER))]
    return wrong + (["%s is %d's" % (HELPER, owner)] if owner != os.geteuid() else [])


def key_made_by_install(root):
    make("install", root)
    return [path for path in files(root) if path.endswith("/key") or "/lib/twostep/" in path]


def what_somebody_wrote_overwritten(root):
    make("install", root)
    written = {CONF: "window = 2\n", STACK: "auth requisite pam_sss.so\n"}
    wrong = ["%s is %o" % (path, mode(root + path)) for path in written
             if mode(root + path) != 0o644]
    for path, text in written.items():
        with open(root + path, "w", encoding="utf-8") as file:
            file.write(text)
    make("install", root)
    make("uninstall", root)
    for path, text in written.items():
        with open(root + path, encoding="utf-8") as file:
            wrong += [] if file.read() == text else ["%s was changed" % path]
    return wrong


def stack_that_lets_by_without_a_password(root):
    make("install", root)
    with open(root + STACK, encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#") and line.strip()]
    return [] if lines == [["auth", "requisite", "pam_unix.so"],
                           ["account", "required", "pam_unix.so"]] else ["it is %s" % lines]


def store_removed_by_uninstall(root):
    make("install", root)
    record = root + STORE + "/enrollments/ann"
    with open(record, "w", encoding="utf-8"):
        pass
    make("uninstall", root)
    left = files(root) - {record[len(root):]}
    wrong = [] if os.path.exists(record) else ["the record is gone"]
    return wrong + ["%s was left behind" % path for path in sorted(left)]


def service_left_without_its_module(root):
    """That nobody gets in any more is said to whom is still logged in."""
    make("install", root)
    services = {"sudo": "auth required pam_twostep.so\n", "su": "auth [success=ok] /x/pam_twostep.so x\n",
                "cron": "# pam_twostep.so\nauth required pam_unix.so\n"}
    for name, text in services.items():
        with open(root + "/etc/pam.d/" + name, "w", encoding="utf-8") as file:
            file.write(text)
    told = [line.split()[0] for line in make("uninstall", root).splitlines()[-2:] if "nobody gets in" in line]
    return [] if told == [root + "/etc/pam.d/su", root + "/etc/pam.d/sudo"] else ["told of %s" % told]


def texts_that_name_other_directories(root):
    make("install", root, "sysconfdir=/opt/etc", "localstatedir=/opt/var",
         "libexecdir=/opt/libexec")
    wrong = []
    for path in ("/opt/etc/twostep/twostep.conf", MAN + "/man5/twostep.conf.5",
                 MAN + "/man8/twostep.8", MAN + "/man8/twostep-helper.8",
                 MAN + "/man8/pam_twostep.8"):
        with open(root + path, encoding="utf-8") as file:
            text = file.read()
        wrong += [] if "/opt/" in text else ["%s names no directory" % path]
        wrong += ["%s names %s" % (path, old) for old in re.findall(
            r"(?<!/opt)(?:/etc/twostep|/var/lib/twostep|/libexec/twostep)", text)]
    return wrong


def unit_that_systemd_refuses(root):
    """Where it is installed it is wanted at boot, and names a program that can be run."""
    if UNITS == "no" or shutil.which("systemd-analyze") is None:
        raise Skipped("no directory for units" if UNITS == "no" else
                      "systemd-analyze is not installed")
    make("install", root)
    link = root + UNITS + "/sysinit.target.wants" + UNIT
    with open(link, encoding="ascii") as file:
        text = file.read()
    path = os.path.join(root, UNIT[1:])
    with open(path, "w", encoding="ascii") as file:
        file.write(text.replace(BIN + "/twostep", root + BIN + "/twostep"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    wrong = [line for line in done.stdout.splitlines() if UNIT[1:] in line]
    words = re.search(r"^ExecStart=(.*)$", text, re.M).group(1)
    return wrong + ([] if words == BIN + "/twostep disable --unconfirmed" else [words])


def symbols_that_the_module_shows(_):
    rows = said("nm", "-D", "--defined-only", MODULE).splitlines()
    names = {row.split()[-1].split("@")[0] for row in rows}
    wanted = {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt"}
    return sorted("%s" % name for name in names ^ wanted)


# All that the set-uid program may ask of its libraries; whoever adds a name says what for.
# Nothing here reads the environment, starts a shell, loads a library or prints. (execve is for
# the program that `notify` names.)
HELPER_ASKS = r"""
    EVP_(MAC|CIPHER|Cipher|Digest|PBE_scrypt|aes_256_gcm|sha256)\w* CRYPTO_memcmp
    OSSL_PARAM_construct_\w+
    pam_start pam_end pam_authenticate pam_acct_mgmt pam_get_item
    mem(chr|cmp|cpy|move|set) bcmp gnu_dev_(major|minor) str(chr|cmp|cspn|error|len|ncmp|nlen|rchr|spn) snprintf malloc calloc
    realloc free
    open openat fstat fstatat stat lstat fdopendir readdir closedir fopen fgets sscanf fclose close
    dup2 fcntl faccessat fchmod ftruncate mkdir mkdirat renameat unlinkat realpath pread pwrite write
    fsync fdatasync flock ioctl getrandom umask chdir
    getsockname getpeername getsockopt poll send recv pipe2 gethostname
    getpwnam_r getpwuid_r getgrnam_r getuid geteuid getegid getpid getsid setsid setgroups
    setresgid setresuid getrlimit setrlimit setpriority sched_setscheduler prctl syscall clearenv
    clone execve waitpid _exit alarm clock_gettime nanosleep
    sigaction sig(add|empty|fill)set sigprocmask pthread_sigmask sigtimedwait
    openlog syslog closelog
    """.split()


def plain(name):
    """Without what a libc makes of it: __memcpy_chk, __isoc99_sscanf, __openat64_2."""
    name = re.sub(r"^__(isoc\d+_)?(\w+?)(64)?(_chk|_2)?$", r"\2", name)
    return re.sub(r"(?<=[a-z])64(_time64)?$", "", name)


def imports_of_the_helper_that_nobody_named(_):
    rows = [row.split() for row in said("nm", "-Du", SET_UID).splitlines()]
    names = {row[1].split("@")[0] for row in rows if row[0] == "U"}
    if "execve" not in names:
        return ["its imports cannot be read"]
    own = {"libc_start_main", "errno_location", "stack_chk_fail", "stack_chk"}
    allowed = re.compile("|".join(HELPER_ASKS))
    return sorted(name for name in names
                  if not allowed.fullmatch(plain(name)) and plain(name) not in own)


def needed(path):
    found = {re.sub(r"\.so.*", "", name) for name in re.findall(
        r"\(NEEDED\).*\[(.*)\]", said("readelf", "-dW", path))}
    return found if "libc" in found else {"nothing that could be read"}


def libraries_that_a_login_does_not_use(_):
    wrong = ["the module needs " + n for n in needed(MODULE) - {"libpam", "libcrypto", "libc"}]
    wrong += ["the helper needs " + n for n in needed(SET_UID) - {"libpam", "libcrypto", "libc"}]
    return wrong + ["the tool needs " + name for name in needed(TOOL) - {
        "libcrypto", "libqrencode", "libpng16", "libc"}]


def hardening_that_is_missing(_):
    wrong = []
    for path in (MODULE, TOOL, SET_UID):
        told = said("readelf", "-hldW", path)
        for pattern, what in (
                (r"Type: +DYN", "no position-independent code"),
                (r"GNU_RELRO", "no RELRO"), (r"BIND_NOW|FLAGS.*NOW", "lazy binding"),
                (r"GNU_STACK.* RW +0x", "an executable stack")):
            if not re.search(pattern, told):
                wrong.append("%s: %s" % (path, what))
        if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", told):
            wrong.append("%s: RPATH or TEXTREL" % path)
        if "__stack_chk_fail" not in said("nm", "-Du", path):
            wrong.append("%s: no stack protector" % path)
    return wrong


def users_who_are_not_sent_to_root(root):
    """The tool of a build without the helper, made of the objects of this one: all but its caller's are the same."""
    for path in sorted(files(BUILD)):
        if re.search(r"/(twostep-[^/]*\.o|lib\w+_la-[^/]*\.l?o|\.dirstamp)$", path) and \
                "la-call." not in path and not path.startswith("/pam_twostep-"):    # (distcheck's, beside this)
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            shutil.copy(BUILD + path, root + path)
    said("make", "-s", "twostep", cwd=root)
    os.chmod(root, 0o755)
    told = "twostep: %s: this is for root alone: the helper, which would serve you, is not in this build\n"
    wrong = []
    for verb in ("status", "enroll", "recovery", "remove", "forget"):
        done = subprocess.run([root + "/twostep", verb], stdin=subprocess.DEVNULL, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"LANG": "C"},
                              user=65534 if os.geteuid() == 0 else None)
        if (done.returncode, done.stdout) != (1, told % verb):
            wrong.append("%s: %d: %s" % (verb, done.returncode, done.stdout.rstrip()))
    return wrong


def module_elsewhere_than_pam_pc_says(root):
    """configure beside another libpam than the machine's (without the helper, for whom it is run)."""
    os.makedirs(root + "/lib/security")
    for name, text in (("lib/security/pam_permit.so", ""), ("pam.pc", "libdir=%s/lib\nName: pam\n"
                       "Description: pam\nVersion: 1.5\nLibs: -lpam\n" % root)):
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(text)
    said(TOP + "/configure", "-q", "--without-helper", cwd=root,
         env=dict(os.environ, PKG_CONFIG_PATH=root))
    with open(root + "/Makefile", encoding="utf-8") as file:
        found = re.search(r"^pamdir = (.*)$", file.read(), re.M).group(1)
    return [] if found == root + "/lib/security" else ["the module goes to " + found]


def helper_or_place_that_configure_was_not_told(root):
    elsewhere = module_elsewhere_than_pam_pc_says(root)
    told = said("make", "-n", "V=1", "all", "install", "DESTDIR=/nowhere", cwd=root)
    wrong = ["make does something with it"] if re.search(
        r"tools/helper/|chmod 4755|man/twostep-helper", told) else []
    wrong += [] if "-DTWOSTEP_HELPER='\"\"'" in told else ["somebody calls it"]
    return wrong + elsewhere + users_who_are_not_sent_to_root(root)


# What configure can find missing, and what it would then take for known.
MISSING = [
    (["gcc libc6-dev", "gcc", "gcc", "gcc", "build-base"], {"CC": "", "ac_cv_prog_some_cc": ""}),
    (["pkg-config", "pkgconf-pkg-config", "pkg-config", "pkgconf", "pkgconf"],
     {"ac_cv_path_PKG_CONFIG": "", "ac_cv_path_ac_pt_PKG_CONFIG": ""}),
    (["python3", "python3", "python3", "python", "python3"], {"ac_cv_path_PYTHON": ""}),
    (["make"] * 5, {"MAKE": "", "ac_cv_prog_some_make": ""}),
    (["linux-libc-dev", "kernel-headers", "linux-glibc-devel", "linux-api-headers",
      "linux-headers"], {"ac_cv_header_linux_fs_h": "no"}),
    (["libpam0g-dev", "pam-devel", "pam-devel", "pam", "linux-pam-dev"],
     {"ac_cv_header_security_pam_modules_h": "no"}),
    (["libssl-dev", "openssl-devel", "libopenssl-devel", "openssl", "openssl-dev"], {}),
    (["libqrencode-dev", "qrencode-devel", "qrencode-devel", "qrencode", "libqrencode-dev"], {}),
    (["libpng-dev", "libpng-devel", "libpng16-devel", "libpng", "libpng-dev"], {}),
]
DISTRIBUTIONS = ["Debian, Ubuntu", "Fedora", "openSUSE", "Arch", "Alpine"]


def missing_package_that_is_not_named(root):
    """configure on machines that have no compiler, no pkg-config, no make, none of the libraries."""
    rows = [row for row in MISSING if "python" not in row[0] or
            not os.path.exists(TOP + "/po/languages.c")]
    wrong = []
    for group in (rows[:1], rows[1:2], rows[2:]):
        known = dict(PKG_CONFIG_LIBDIR="/nonexistent", PKG_CONFIG_PATH="")
        for _, more in group:
            known.update(more)
        done = subprocess.run([TOP + "/configure", "-q"], cwd=root, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, env=dict(os.environ, **known))
        wanted = [" | ".join(map(" ".join, zip(DISTRIBUTIONS, names))) for names, _ in group]
        wrong += ["it does not say " + line for line in wanted if line not in done.stdout]
        wrong += [] if done.returncode != 0 else ["it succeeds"]
    return wrong


def missing_pkg_config_that_bootstrap_does_not_name(root):
    """What autoconf says by itself without its macros is that it does not know AS_IF."""
    macros, copy = root + "/aclocal", root + "/copy"
    os.makedirs(copy)
    shutil.copytree(said("aclocal", "--print-ac-dir").strip(), macros,
                    ignore=lambda _, names: [n for n in names if n == "pkg.m4"])
    for name in ("bootstrap", "configure.ac", "Makefile.am"):
        shutil.copy(os.path.join(TOP, name), copy)
    done = subprocess.run(["./bootstrap"], cwd=copy, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False, umask=0o77, env=dict(
                              os.environ, ACLOCAL="aclocal --system-acdir=" + macros, ACLOCAL_PATH=""))
    line = " | ".join(map(" ".join, zip(DISTRIBUTIONS, MISSING[1][0])))
    wrong = [] if done.returncode != 0 and line in done.stdout else done.stdout.splitlines()
    return wrong + ([] if mode(copy + "/m4") == 0o755 else ["what it makes is its caller's alone"])


CHECKS = [
    files_in_the_wrong_place, module_where_libpam_does_not_look, store_that_others_can_read,
    umask_that_shuts_people_out_or_lets_them_write, helper_that_is_not_set_uid_root,
    key_made_by_install, what_somebody_wrote_overwritten,
    stack_that_lets_by_without_a_password, store_removed_by_uninstall,
    service_left_without_its_module,
    texts_that_name_other_directories, unit_that_systemd_refuses, symbols_that_the_module_shows,
    libraries_that_a_login_does_not_use, imports_of_the_helper_that_nobody_named, hardening_that_is_missing,
    helper_or_place_that_configure_was_not_told,
    missing_package_that_is_not_named, missing_pkg_config_that_bootstrap_does_not_name,
]


def main():
    failed = False
    print("1..%d" % len(CHECKS))
    for number, check in enumerate(CHECKS, 1):
        root, skipped = tempfile.mkdtemp(), ""
        try:
            wrong = check(root)
        except Skipped as reason:
            wrong, skipped = [], " # SKIP %s" % reason
        except subprocess.CalledProcessError as error:
            wrong = ("%s\n%s" % (error, error.output)).splitlines()
        except OSError as error:
            wrong = [str(error)]
        shutil.rmtree(root)
        failed = failed or bool(wrong)
        print("%s %d - %s%s" % ("not ok" if wrong else "ok", number,
                                check.__name__.replace("_", " "), skipped))
        print("".join("# %s\n" % line for line in wrong), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
