# SPDX-License-Identifier: BSD-2-Clause
"""twostep doctor over the files of PAM: each broken stack gives its one finding, and what the
README and the manual show gives none."""

import hashlib
import os
import re
import time

import pytest

import etc as places
from etc import ACCOUNT, AUTH, COMMON, RED_HAT, SERVICES, guarded
from tool import DONE, NO, SOURCE, SYSTEM


@pytest.fixture(name="etc")
def an_etc(tmp_path):
    return places.Etc(tmp_path / "root")


@pytest.fixture
def ready(tool, ann):
    """A tool that somebody is enrolled with, so that what is found is about stacks alone."""
    tool.settings(recovery_codes=0, enroll_at_login="yes", require=ann)
    tool.enroll(ann)
    return tool


ACCOUNTS = ACCOUNT + "account required pam_unix.so\n"
FULL = "auth requisite pam_unix.so\n" + AUTH + ACCOUNTS


def full(**words):
    """A stack in full, with some of its lines said otherwise."""
    text = FULL
    for old, new in words.values():
        assert old in text
        text = text.replace(old, new, 1)
    return text


def auth(line):
    return full(a=("auth     required   pam_twostep.so\n", line))


# name: (service file, finding, line of it)
BROKEN = {
    "optional": (auth("auth optional pam_twostep.so\n"), "optional", 2),
    "sufficient": (auth("auth sufficient pam_twostep.so\n"), "sufficient", 2),
    "a refusal that is ignored": (
        auth("auth [success=ok default=ignore] pam_twostep.so\n"), "ignored", 2),
    "one refusal that is ignored": (
        auth("auth [success=ok ignore=ignore authinfo_unavail=ignore default=bad] "
             "pam_twostep.so\n"), "ignored", 2),
    "a refusal that is taken back": (
        auth("auth required pam_twostep.so\nauth [default=reset] pam_warn.so\n"), "ignored", 2),
    "nothing decides": (
        "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
        "auth required pam_twostep.so\n" + ACCOUNTS, "undecided", 3),
    "who is exempt dies": (
        auth("auth [success=ok default=die] pam_twostep.so\n"), "undecided", 2),
    "nobody gets in": (auth("auth required pam_twostep.so\nauth required pam_deny.so\n"),
                       "closed", 2),
    "sufficient before": (
        full(a=("requisite pam_unix", "sufficient pam_unix")), "round", 1),
    "done before": (
        full(a=("requisite pam_unix", "[success=done default=die] pam_unix")), "round", 1),
    "a jump that goes round": (
        full(a=("requisite pam_unix", "[success=1 default=die] pam_unix")), "round", 1),
    "another second factor that goes round": (
        auth("auth sufficient pam_u2f.so cue\nauth required pam_twostep.so\n"), "round", 2),
    "faillock's success goes round": (
        auth("auth sufficient pam_faillock.so authsucc\nauth required pam_twostep.so\n"),
        "round", 2),
    "required before": (full(a=("requisite pam_unix", "required pam_unix")), "stranger", 1),
    "optional before": (full(a=("requisite pam_unix", "optional pam_unix")), "stranger", 1),
    "a jump too far": (
        full(a=("requisite pam_unix.so\n", "[success=9 default=die] pam_unix.so\n"
                "auth requisite pam_unix.so\n")), "jump", 1),
    "no first factor": ("auth required pam_env.so\n" + AUTH + ACCOUNTS, "alone", 2),
    "the first factor behind it": (
        AUTH + "auth requisite pam_unix.so\n" + ACCOUNTS, "alone", 1),
    "no account line": (full(a=(ACCOUNT, "")), "account-missing", 2),
    "the account line behind others": (
        full(a=(ACCOUNT, ""), b=("account required pam_unix.so\n",
                                 "account required pam_unix.so\n" + ACCOUNT)),
        "account-order", 5),
    "the account line behind an include": (
        full(a=(ACCOUNT, "@include common-account\n" + ACCOUNT)), "account-order", 5),
    "an account line that decides nothing": (
        full(a=(ACCOUNT, "account optional pam_twostep.so\n")), "account-ignored", 4),
    "an unknown word behind": (full(a=(ACCOUNT, "account required pam_twostep.so nullok\n")), "setting", 4),
    "an unknown word in a line that a jump passes": (
        full(a=(AUTH, "auth [success=2 default=ignore] pam_succeed_if.so service=x\n"
                "auth required pam_twostep.so\nauth [default=1] pam_permit.so\nauth required pam_twostep.so nullok\n"
                "auth required pam_permit.so\n")), "setting", 5),
    "an account line that enrolls nobody": (
        full(a=(ACCOUNT, "account required pam_twostep.so enroll_at_login=invited\n")), "account-settings", 4),
    "an account line with another store": (
        full(a=(ACCOUNT, "account required pam_twostep.so store=file:/gone\n")), "account-settings", 4),
    "an account line with another key": (
        full(a=(ACCOUNT, "account required pam_twostep.so key_file=/gone\n")), "account-settings", 4),
    "an account line alone": (
        "auth requisite pam_unix.so\n" + ACCOUNT, "auth-missing", 2),
    "a second line of ours": (
        full(a=(ACCOUNT, "auth required pam_twostep.so\n" + ACCOUNT)), "twice", 4),
    "an account phase of ours alone": (full(b=("account required pam_unix.so\n", "")), "account-closed", 4),
    "an account phase that refuses": (
        full(b=("account required pam_unix.so\n", "account required pam_deny.so\n" * 2)), "account-closed", 4),
    "a type that there is not": (
        FULL + "session required pam_twostep.so\n", "type", 6),
    "a control that there is not": (
        FULL + "account [success=fine] pam_access.so\n", "line", 6),
    "a type misspelt": (FULL + "acount required pam_access.so\n", "line", 6),
    "a file that is not there": (FULL + "@include common-nothing\n", "line", 6),
    "files that include each other": (FULL + "account include x\n", "line", 6),
    "lines of DOS": (FULL + "account required pam_access.so\r\n", "line", 6),
    "a backslash at the end": (FULL + "account required \\\n", "line", 6),
    "an unknown word": (auth("auth required pam_twostep.so nullok\n"), "setting", 2),
    "a bad value": (auth("auth required pam_twostep.so \\\n [prompt=a: \\] b] window=x\n"),
                    "setting", 2),
    "a date that cannot be": (
        auth("auth required pam_twostep.so require_from=2025-02-30\n"), "setting", 2),
    "a network that cannot be": (
        auth("auth required pam_twostep.so trusted_networks=192.0.2.1/24\n"), "setting", 2),
    "every network": (
        auth("auth required pam_twostep.so trusted_networks=::/0\n"), "network-everywhere", 2),
    "a group that is not there": (
        auth("auth required pam_twostep.so require=@nobodies\n"), "group-missing", 2),
    "an account that is not there": (
        auth("auth required pam_twostep.so exempt=nobodyelse\n"), "user-missing", 2),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stack_gives_its_one_finding(ready, etc, name):
    text, finding, line = BROKEN[name]
    etc.service("x", text)
    assert etc.findings(ready) == [(finding, etc.path("x:%d" % line))]
    done = ready.run("doctor", "--root", etc.root, status=NO)
    assert done.stderr.startswith("twostep: doctor: %s: " % etc.path("x:%d" % line))
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_a_stack_in_full_gives_none(ready, etc):
    etc.service("x", FULL)
    assert etc.findings(ready) == []
    assert ready.run("doctor", "--root", etc.root).returncode == DONE


# ---- what the README and the manual show

@pytest.mark.parametrize("service", ["sshd", "sudo", "sudo-i", "su", "login"])
def test_the_services_of_debian_as_the_readme_guards_them(ready, etc, service):
    etc.service(service, guarded(SERVICES[service]))
    assert etc.findings(ready) == []


def test_ssh_with_key_and_code_as_the_readme_shows(ready, etc):
    etc.service("sshd", guarded(SERVICES["sshd"], instead=True))
    etc.sshd(places.KEY_AND_CODE)
    assert etc.findings(ready) == []


def test_a_code_alone_behind_a_key_wants_pam_permit(ready, etc):
    """Otherwise a PAM_IGNORE stands alone, which libpam takes for a refusal."""
    text = guarded(SERVICES["sshd"], instead=True)
    etc.service("sshd", text.replace("auth     required   pam_permit.so\n", ""))
    etc.sshd(places.KEY_AND_CODE)
    assert etc.findings(ready) == [("undecided", etc.path("sshd:2"))]


def test_all_services_of_debian_at_once(ready, etc):
    for name in ("sshd", "sudo", "sudo-i", "su", "login"):
        etc.service(name, guarded(SERVICES[name]))
    assert etc.findings(ready) == []


def shown():
    """The stacks of pam_twostep(8): what stands between .Bd and .Ed and names the module."""
    with open(os.path.join(SOURCE, "man", "pam_twostep.8"), encoding="utf-8") as file:
        blocks = re.findall(r"^\.Bd[^\n]*\n(.*?)^\.Ed", file.read(), re.M | re.S)
    return [block.replace("\\e", "\\") for block in blocks
            if re.search(r"^auth .*pam_twostep", block, re.M)]


@pytest.mark.parametrize("number", range(len(shown())))
def test_a_stack_that_the_manual_shows_gives_none(ready, etc, number):
    text = "".join(line for line in shown()[number].splitlines(keepends=True)
                   if not line.startswith("("))
    text += ("" if "account" in text else ACCOUNT) + "@include common-account\n"
    if not re.search(r"^(@include common-auth|auth.*pam_unix)", text, re.M):
        etc.sshd(places.KEY_AND_CODE)     # the code alone, for ssh
    etc.service("sshd", text)
    assert etc.findings(ready) == []


def test_what_names_the_module_nowhere_is_not_looked_at(ready, etc):
    etc.service("x", "auth optional pam_unix.so\nnonsense\n@include nothing\n")
    etc.service("sshd.dpkg-old", "auth optional pam_twostep.so\n")
    etc.service("# notes", "# auth optional pam_twostep.so\n")
    os.mkdir(etc.path("directory"))
    assert etc.findings(ready) == []


# ---- one field for password and code: the first factor stands behind the module

FIELD = "auth required pam_twostep.so combined\n%s" + ACCOUNTS
UNIX = "auth required pam_unix.so use_first_pass\n"
PERMIT = "auth required pam_permit.so\n"
FIELDS = {
    "the password behind it": (UNIX, None),
    "requisite": (UNIX.replace("required", "requisite"), None),
    "Debian's": ("@include common-auth\n", None),
    "and a success behind that": (UNIX + PERMIT, None),
    "nothing behind it": (PERMIT, "alone"),
    "a password that decides nothing": (UNIX.replace("required", "optional") + PERMIT, "alone"),
    "a password that is not needed": (UNIX.replace("required", "sufficient") + PERMIT, "alone"),
    "a password that is jumped over": (
        "auth [success=ignore default=1] pam_warn.so\n" + UNIX + PERMIT, "alone"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_first_factor_behind_one_field(ready, ann, etc, name):
    behind, finding = FIELDS[name]
    etc.service("x", FIELD % behind)
    assert etc.findings(ready) == ([(finding, etc.path("x:1"))] if finding else [])
    ready.settings(combined="yes", enroll_at_login="yes", require=ann)
    etc.service("x", FIELD.replace(" combined", "") % behind)
    assert etc.findings(ready) == ([(finding, etc.path("x:1"))] if finding else [])
    ready.settings(enroll_at_login="yes")
    assert etc.findings(ready)[0][0] == "alone", "without the setting the code comes first"


def test_one_field_enrolls_nobody_and_needs_no_account_line(ready, etc):
    etc.service("x", FIELD.replace(ACCOUNT, "") % UNIX)
    assert etc.findings(ready) == []
    ready.settings(remember="1h", require="nobody")
    assert etc.findings(ready) == [("account-missing", etc.path("x:1"))]


PASSWORDS = "UsePAM yes\nKbdInteractiveAuthentication no\nPasswordAuthentication yes\n"
BOTH = PASSWORDS + "AuthenticationMethods password\n"


@pytest.mark.parametrize("text, finding", [
    (BOTH, None), (PASSWORDS + "AuthenticationMethods publickey,password\n", None),
    (PASSWORDS + "PubkeyAuthentication no\n", None),
    (BOTH + "Match User x\nKbdInteractiveAuthentication no\n", None),
    (PASSWORDS, "methods-missing:0"), (PASSWORDS + "AuthenticationMethods publickey\n",
                                       "methods-round:4"),
    (PASSWORDS + "AuthenticationMethods publickey password\n", "methods-round:4"),
    (PASSWORDS + "AuthenticationMethods password,publickey\n", "methods-order:4"),
    ("PasswordAuthentication no\nAuthenticationMethods publickey,keyboard-interactive\n",
     "interactive")])
def test_password_method_of_sshd_is_enough_for_one_field(ready, etc, text, finding):
    etc.service("sshd", FIELD % UNIX)
    etc.sshd(text)
    found = etc.findings(ready)
    assert [name for name, _ in found] == ([finding.split(":")[0]] if finding else [])
    etc.service("sshd", guarded(SERVICES["sshd"]))
    assert [name for name, _ in etc.findings(ready)] != [], "a code is never asked there"


def test_one_field_for_sshd_without_a_password(ready, etc):
    etc.service("sshd", FIELD % PERMIT)
    etc.sshd(BOTH)
    assert [name for name, _ in etc.findings(ready)] == ["alone"]
    etc.sshd(PASSWORDS + "AuthenticationMethods publickey,password\n")
    assert etc.findings(ready) == []


# ---- stacks of other distributions

def red_hat(etc, control):
    for name, text in RED_HAT.items():
        etc.service(name, text)
    etc.service("x", "auth %s password-auth\n" % control + AUTH + ACCOUNT +
                "account include password-auth\n")


def test_include_of_red_hat_lets_people_in_without_a_code(ready, etc):
    red_hat(etc, "include")
    assert etc.findings(ready) == [("round", etc.path("x:1"))]


def test_rule_25_substack_of_red_hat_lets_strangers_lock_accounts(ready, etc):
    red_hat(etc, "substack")
    assert etc.findings(ready) == [("stranger", etc.path("x:1"))]
    said = ready.run("doctor", "--root", etc.root, status=NO).stderr
    assert "pam_unix (password-auth:5)" in said


def test_a_locker_asks_twice_that_includes_a_guarded_login(ready, etc):
    etc.service("login", guarded(SERVICES["login"]))
    etc.service("x", "auth required pam_twostep.so combined\nauth include login\n")
    assert etc.findings(ready) == [("twice", etc.path("x:2"))]
    etc.service("x", "auth required pam_twostep.so combined\n@include common-auth\n")
    assert etc.findings(ready) == []


def test_of_two_lines_a_jump_leaves_one(ready, etc):
    etc.service("x", full(a=(AUTH, "auth [success=2 default=ignore] pam_succeed_if.so service=x\n"
                             "auth required pam_twostep.so window=3\nauth [default=1] pam_permit.so\n" + AUTH)))
    assert etc.findings(ready) == []


def test_an_exception_opens_an_account_phase(ready, ann, etc):
    """Before a line of ours that stands alone."""
    ready.settings(recovery_codes=0, require=ann)
    etc.service("x", full(a=(ACCOUNT, "account sufficient pam_localuser.so\n" + ACCOUNT),
                          b=("account required pam_unix.so\n", "")))
    assert etc.findings(ready) == []


def test_in_common_auth_it_guards_what_nobody_thought_of(ready, etc):
    etc.service("common-auth", COMMON["common-auth"] + AUTH)
    etc.service("common-account", ACCOUNT + COMMON["common-account"])
    etc.service("sshd", SERVICES["sshd"].replace("account    required     pam_nologin.so\n", ""))
    etc.service("x", "auth required pam_unix.so\n")
    assert {place for _, place in etc.findings(ready)} == {
        etc.path("common-auth:9"), etc.path("common-account:1")}
    assert {finding for finding, _ in etc.findings(ready)} == {"shared"}


# ---- reading as libpam reads

SAME = {
    "a comment in the line": FULL.replace("pam_unix.so\n", "pam_unix.so # \\\n", 1),
    "continued": FULL.replace("requisite pam", "\\\n\n  # a remark\n requisite   \\  \n pam", 1),
    "capitals": FULL.replace("auth requisite", "AUTH Requisite", 1),
    "actions": FULL.replace("requisite", "[ success = ok new_authtok_reqd=ok ignore=ignore "
                            "default = die ]", 1),
    "an action for some alone": FULL.replace("required   pam_twostep",
                                             "[success=ok ignore=ignore] pam_twostep", 1),
    "actions without blanks": FULL.replace("requisite ", "[success=okdefault=die]", 1),
    "a whole path": FULL.replace("pam_twostep.so", "/usr/lib/security/pam_twostep.so"),
    "a dash": FULL.replace("auth requisite", "-auth requisite", 1),
    "an argument in brackets": FULL.replace("pam_twostep.so\n",
                                            "pam_twostep.so [prompt=a \\] [b] debug\n", 1),
    "no newline at the end": FULL[:-1],
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_stack_written_otherwise(ready, etc, name):
    etc.service("x", SAME[name])
    assert etc.findings(ready) == []
    etc.service("x", re.sub(r"auth +(required|\[success=ok ignore=ignore\]) ", "auth optional ",
                            SAME[name], count=1))
    assert [finding for finding, _ in etc.findings(ready)] == ["optional"]


def test_a_line_of_another_type_is_not_included(ready, etc):
    etc.service("other-auth", "auth optional pam_twostep.so\naccount required pam_unix.so\n")
    etc.service("x", "auth requisite pam_unix.so\naccount include other-auth\n")
    assert etc.findings(ready) == []


def test_a_substack_ends_itself_alone(ready, etc):
    """What ends a substack goes on behind it, and a jump takes it for one line."""
    etc.service("pass-stack", "auth sufficient pam_unix.so\nauth requisite pam_deny.so\n")
    etc.service("x", "auth substack pass-stack\n" + AUTH + ACCOUNTS)
    assert [finding for finding, _ in etc.findings(ready)] == ["stranger"]
    etc.service("x", "auth [success=1 default=ignore] pam_unix.so\nauth substack pass-stack\n" +
                AUTH + ACCOUNTS)
    assert [finding for finding, _ in etc.findings(ready)] == ["stranger"]
    etc.service("deny-stack", "auth optional pam_warn.so\nauth requisite pam_deny.so\n")
    etc.service("x", "auth [success=1 default=die] pam_unix.so\nauth substack deny-stack\n" +
                AUTH + ACCOUNTS)
    assert etc.findings(ready) == []


def test_a_reset_returns_to_where_the_substack_began(ready, etc):
    etc.service("s", "auth required pam_twostep.so\nauth [default=reset] pam_warn.so\n")
    etc.service("x", "auth requisite pam_unix.so\nauth substack s\n"
                "auth required pam_permit.so\n" + ACCOUNTS)
    assert etc.findings(ready) == [("ignored", etc.path("s:1"))]


def test_vendor_services_below_usr_lib(ready, etc):
    vendor = os.path.join(etc.root, "usr", "lib", "pam.d")
    os.makedirs(vendor)
    with open(os.path.join(vendor, "x"), "w", encoding="ascii") as file:
        file.write(FULL.replace("auth     required ", "auth optional", 1))
    assert etc.findings(ready) == [("optional", vendor + "/x:2")]
    etc.service("x", FULL)
    assert etc.findings(ready) == []


def test_what_cannot_be_read_is_no_sound_stack(ready, etc):
    etc.service("x", FULL)
    etc.service("many", "auth required pam_env.so\n" * 300 + "auth optional pam_twostep.so\n")
    done = ready.run("doctor", "--root", etc.root, status=SYSTEM)
    assert etc.path("many") in done.stderr
    ready.run("doctor", "--root", etc.root + "/nowhere", status=SYSTEM)


@pytest.mark.parametrize("before", ["\0\n", "# %s\n" % ("x" * (1 << 20))], ids=["nul", "mebibyte"])
def test_what_stands_behind_a_nul_or_a_mebibyte_is_sound(ready, etc, before):
    """libpam reads on."""
    etc.service("x", before + "auth optional pam_twostep.so\n")
    assert "doctor: x: " in ready.run("doctor", "--root", etc.root, status=SYSTEM).stderr


@pytest.mark.parametrize("text", [
    "AuthenticationMethods %s publickey\n" % ("publickey,keyboard-interactive:pam " * 12),
    "Port 22\n" * 600 + "AuthenticationMethods publickey\n"], ids=["long", "many"])
def test_settings_of_sshd_that_have_no_room_are_none(ready, etc, text):
    etc.sshd(text)
    assert "sshd_config: " in ready.run("doctor", "--root", etc.root, status=SYSTEM).stderr


# ---- sshd_config: with the password's line in PAM, or without any

PASSWORD, KEY = False, True
SSHD = {
    "no AuthenticationMethods": (PASSWORD, "KbdInteractiveAuthentication yes\n",
                                 "methods-missing", "ssh/sshd_config:0"),
    "any": (PASSWORD, "KbdInteractiveAuthentication yes\nAuthenticationMethods any\n",
            "methods-missing", "ssh/sshd_config.d/00-twostep.conf:2"),
    "a key alone": (PASSWORD, "KbdInteractiveAuthentication yes\n"
                    "AuthenticationMethods publickey keyboard-interactive\n",
                    "methods-round", "ssh/sshd_config.d/00-twostep.conf:2"),
    "a blank behind the comma": (
        PASSWORD, "KbdInteractiveAuthentication yes\n"
        "AuthenticationMethods publickey, keyboard-interactive:pam\n",
        "methods-round", "ssh/sshd_config.d/00-twostep.conf:2"),
    "a password that no code can follow": (
        PASSWORD, "KbdInteractiveAuthentication yes\nAuthenticationMethods publickey,password\n",
        "methods-password", "ssh/sshd_config.d/00-twostep.conf:2"),
    "a password method before the code": (
        PASSWORD, "KbdInteractiveAuthentication yes\n"
        "AuthenticationMethods publickey,password,keyboard-interactive:pam\n",
        "methods-password", "ssh/sshd_config.d/00-twostep.conf:2"),
    "a password method in one list of two": (
        KEY, "KbdInteractiveAuthentication yes\n"
        "AuthenticationMethods publickey,password publickey,keyboard-interactive\n",
        "password-method", "ssh/sshd_config.d/00-twostep.conf:2"),
    "keyboard-interactive first": (
        PASSWORD, "KbdInteractiveAuthentication yes\n"
        "AuthenticationMethods keyboard-interactive:pam,publickey\n",
        "methods-order", "ssh/sshd_config.d/00-twostep.conf:2"),
    "first in a Match block": (
        PASSWORD, places.PASSWORD_AND_CODE + "Match Group x\n"
        "AuthenticationMethods keyboard-interactive,publickey\n",
        "methods-order", "ssh/sshd_config.d/00-twostep.conf:6"),
    "Debian's own no": (PASSWORD, "AuthenticationMethods keyboard-interactive\n",
                        "interactive", "ssh/sshd_config:2"),
    "its old name": (PASSWORD, "challengeresponseauthentication=no\n" + places.PASSWORD_AND_CODE,
                     "interactive", "ssh/sshd_config.d/00-twostep.conf:1"),
    "no PAM": (PASSWORD, "UsePAM no\n" + places.PASSWORD_AND_CODE, "use-pam",
               "ssh/sshd_config.d/00-twostep.conf:1"),
    "a code alone": (KEY, places.PASSWORD_AND_CODE, "alone",
                     "ssh/sshd_config.d/00-twostep.conf:3"),
    "a code alone for some": (KEY, places.KEY_AND_CODE + "Match User x\n"
                              "AuthenticationMethods \"keyboard-interactive:pam\"\n", "alone",
                              "ssh/sshd_config.d/00-twostep.conf:9"),
    "anything for some": (KEY, places.KEY_AND_CODE + "Match User x\nAuthenticationMethods any\n",
                          "alone", "ssh/sshd_config.d/00-twostep.conf:9"),
    "a Match of all": (PASSWORD, places.PASSWORD_AND_CODE + "Match all\n"
                       "AuthenticationMethods publickey\n", "methods-round",
                       "ssh/sshd_config.d/00-twostep.conf:6"),
}


@pytest.mark.parametrize("name", SSHD)
def test_settings_of_sshd_that_go_round_the_module(ready, etc, name):
    key, text, finding, place = SSHD[name]
    etc.service("sshd", guarded(SERVICES["sshd"], instead=key))
    etc.sshd(text)
    assert etc.findings(ready) == [(finding, etc.path(place))]


SOUND = {
    "no other method is there": "KbdInteractiveAuthentication yes\nPubkeyAuthentication no\n"
                                "PasswordAuthentication no\n",
    "the first word counts": places.PASSWORD_AND_CODE + "AuthenticationMethods publickey\n",
    "several lists": "KbdInteractiveAuthentication yes\nAuthenticationMethods "
                     "publickey,keyboard-interactive gssapi-with-mic,keyboard-interactive:pam\n",
    "some are asked nothing": places.PASSWORD_AND_CODE +
                              "Match User x\n AuthenticationMethods publickey\n"
                              " KbdInteractiveAuthentication no\n",
}


@pytest.mark.parametrize("name", SOUND)
def test_settings_of_sshd_that_are_sound(ready, etc, name):
    etc.service("sshd", guarded(SERVICES["sshd"]))
    etc.sshd(SOUND[name])
    assert etc.findings(ready) == []


def test_an_included_match_block_ends_with_its_file(ready, etc):
    etc.service("sshd", guarded(SERVICES["sshd"]))
    etc.sshd("Match User x\nPasswordAuthentication no\n", "00-a.conf")
    etc.sshd("UsePAM no\n", "01-b.conf")
    assert etc.findings(ready) == [("use-pam", etc.path("ssh/sshd_config.d/01-b.conf:1"))]


def test_sshd_is_looked_at_only_where_its_service_is_guarded(ready, etc):
    etc.sshd("UsePAM no\n")
    etc.service("sudo", guarded(SERVICES["sudo"]))
    assert etc.findings(ready) == []
    etc.service("sshd", guarded(SERVICES["sshd"]))
    os.unlink(etc.path("ssh/sshd_config"))
    assert etc.findings(ready) == []


# ---- who must

def test_a_requirement_that_keeps_everybody_out(tool, names, etc):
    """Nobody is enrolled, the day has come, and nobody may enroll at login."""
    etc.service("x", FULL)
    ann = next(names)
    tool.enroll(ann)
    tool.run("remove", ann)
    for words, found in [
            ({}, [("nobody-gets-in", tool.conf + ":0")]),
            ({"require": ann}, [("nobody-gets-in", tool.conf + ":3")]),
            ({"require_from": "2024-02-29"}, [("nobody-gets-in", tool.conf + ":3")]),
            ({"enroll_at_login": "invited"}, [("nobody-gets-in", tool.conf + ":0")]),
            ({"require_from": "2124-02-29"}, []), ({"require": "nobody"}, []),
            ({"enroll_at_login": "yes"}, [])]:
        tool.settings(**words)
        assert etc.findings(tool) == found, words
    tool.settings(require=ann)
    tool.enroll(ann)
    assert etc.findings(tool) == []
    tool.settings()
    assert etc.findings(tool, status=DONE) == [("unenrolled", tool.conf + ":0")]


def mark(tool, service, ago):
    """As pam_twostep.so leaves it where an account phase is owed."""
    text = b"twostep-service 1\nsince %d\n" % (time.time() - ago)
    directory = os.path.join(tool.store, "services")
    os.makedirs(directory, 0o700, exist_ok=True)
    fd = os.open(os.path.join(directory, service), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    os.write(fd, text + b"sum %s\n" % hashlib.sha256(text).digest()[:8].hex().encode())
    os.close(fd)


def test_an_account_phase_that_never_came(ready, etc):
    etc.service("x", FULL)
    etc.service("y", FULL)
    mark(ready, "x", 110)
    assert etc.findings(ready) == []
    mark(ready, "x", 130)
    assert etc.findings(ready) == [("mark", etc.path("x:0"))]
    os.truncate(os.path.join(ready.store, "services", "x"), 30)
    assert etc.findings(ready) == [("store", ready.store + "/services/x:2")]
    mark(ready, "x", 130)
    ready.settings(enroll_at_login="no", require="nobody")
    assert etc.findings(ready) == []


def test_an_empty_group_in_the_settings(ready, ann, etc, crowd):
    crowd.groups(staff=["u1"], empty=[])
    ready.run("remove", ann)        # it is bound to the number of the account
    ready.enroll("u1")
    ready.settings(require="@staff @empty")
    assert etc.findings(ready) == [("group-empty", ready.conf + ":3")]


def test_settings_of_one_service_alone(ready, etc, tmp_path):
    other = tmp_path / "other.conf"
    other.write_text("window = 2\nlock_tme = 3m\n")
    os.chmod(other, 0o644)
    etc.service("x", auth("auth required pam_twostep.so conf=%s\n" % other))
    assert etc.findings(ready) == [("setting", "%s:2" % other)]


def test_remembering_wants_an_account_line_too(ready, etc):
    etc.service("x", full(a=(ACCOUNT, "")))
    ready.settings(remember="1d", require="nobody")
    assert etc.findings(ready) == [("account-missing", etc.path("x:2"))]
    ready.settings(require="nobody")
    assert etc.findings(ready) == []


def test_what_was_found_is_told_to_scripts(ready, etc):
    etc.service("x", auth("auth optional pam_twostep.so\n"))
    found = ready.json("doctor", "--root", etc.root, status=NO, errors=False)["findings"]
    assert found == [{"finding": "optional", "file": etc.path("x"), "line": 2,
                      "what": etc.path("x:2"), "why": found[0]["why"],
                      "mend": found[0]["mend"], "advice": False, "mended": False}]
    assert "optional" in found[0]["why"] and "required" in found[0]["mend"]


def test_sshd_config_that_includes_itself_has_an_end(ready, etc):
    etc.sshd("Include /etc/ssh/sshd_config.d/*.conf\n" + places.KEY_AND_CODE)
    done = ready.run("doctor", "--root", etc.root, status=SYSTEM)
    assert "Too many levels" in done.stderr and "sshd_config.d" in done.stderr
