# SPDX-License-Identifier: BSD-2-Clause
"""A directory that looks like / to twostep doctor: the files of PAM and sshd.

They are Debian 12's, without the comments; guarded() puts the module in as the README shows."""

import os

COMMON = {
    "common-auth": """\
# here are the per-package modules (the "Primary" block)
auth	[success=1 default=ignore]	pam_unix.so nullok
# here's the fallback if no module succeeds
auth	requisite			pam_deny.so
auth	required			pam_permit.so
# and here are more per-package modules (the "Additional" block)
auth	optional			pam_cap.so 
# end of pam-auth-update config
""",
    "common-account": """\
account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so 
account	requisite			pam_deny.so
account	required			pam_permit.so
""",
    "common-password": """\
password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
""",
    "common-session": """\
session	[default=1]			pam_permit.so
session	requisite			pam_deny.so
session	required			pam_permit.so
session	required	pam_unix.so 
session	optional	pam_systemd.so 
""",
}
COMMON["common-session-noninteractive"] = COMMON["common-session"]

SERVICES = {
    "sshd": """\
# PAM configuration for the Secure Shell service
@include common-auth
account    required     pam_nologin.so
# account  required     pam_access.so
@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so close
session    required     pam_loginuid.so
@include common-session
session    optional     pam_mail.so standard noenv # [1]
session    required     pam_limits.so
@include common-password
""",
    "sudo": """\
#%PAM-1.0
session    required   pam_limits.so
@include common-auth
@include common-account
@include common-session-noninteractive
""",
    "su": """\
auth       sufficient pam_rootok.so
# auth       required   pam_wheel.so
session       required   pam_env.so readenv=1
session    required   pam_limits.so
@include common-auth
@include common-account
@include common-session
""",
    "su-l": """\
#%PAM-1.0
auth		include		su
account		include		su
password	include		su
session		optional	pam_keyinit.so force revoke
session		include		su
""",
    "login": """\
auth       optional   pam_faildelay.so  delay=3000000
auth       requisite  pam_nologin.so
session    required     pam_loginuid.so
session       required   pam_env.so readenv=1
@include common-auth
auth       optional   pam_group.so
session    required   pam_limits.so
@include common-account
@include common-session
@include common-password
""",
    "cron": """\
@include common-auth
session       required   pam_env.so
@include common-account
@include common-session-noninteractive
""",
    "systemd-user": """\
@include common-account
session  required pam_loginuid.so
@include common-session-noninteractive
session optional pam_systemd.so
""",
    "other": """\
@include common-auth
@include common-account
@include common-password
@include common-session
""",
}
SERVICES["sudo-i"] = SERVICES["sudo"].replace("-noninteractive", "")

RED_HAT = {
    "password-auth": """\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_deny.so
account     required                                     pam_unix.so
account     sufficient                                   pam_localuser.so
account     sufficient                                   pam_usertype.so issystem
account     [default=bad success=ok user_unknown=ignore] pam_sss.so
account     required                                     pam_permit.so
""",
    "postlogin": "session optional pam_umask.so silent\n",
}

AUTH = "auth     required   pam_twostep.so\nauth     required   pam_permit.so\n"
ACCOUNT = "account  required   pam_twostep.so\n"

SSHD_CONFIG = """\
Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
Subsystem	sftp	/usr/lib/openssh/sftp-server
"""
KEY_AND_CODE = """\
KbdInteractiveAuthentication yes
PasswordAuthentication no
AuthenticationMethods publickey,keyboard-interactive:pam
LoginGraceTime 300

Match User ansible,backup
	AuthenticationMethods publickey
"""
PASSWORD_AND_CODE = """\
KbdInteractiveAuthentication yes
PasswordAuthentication no
AuthenticationMethods keyboard-interactive:pam
LoginGraceTime 300
"""


def guarded(text, instead=False):
    """A service of Debian with the module in it."""
    lines = text.splitlines(keepends=True)
    auth = lines.index("@include common-auth\n")
    lines[auth:auth + 1] = ([] if instead else ["@include common-auth\n"]) + [AUTH]
    account = next(n for n, line in enumerate(lines)
                   if line.startswith("account") or line == "@include common-account\n")
    lines.insert(account, ACCOUNT)
    return "".join(lines)


class Etc:
    def __init__(self, directory):
        self.root = str(directory)
        self.pam = os.path.join(self.root, "etc", "pam.d")
        self.ssh = os.path.join(self.root, "etc", "ssh")
        os.makedirs(self.pam)
        os.makedirs(os.path.join(self.ssh, "sshd_config.d"))
        for name, text in list(COMMON.items()) + list(SERVICES.items()):
            self.service(name, text)
        self.sshd(PASSWORD_AND_CODE)
        with open(os.path.join(self.ssh, "sshd_config"), "w", encoding="ascii") as file:
            file.write(SSHD_CONFIG)

    def service(self, name, text):
        with open(os.path.join(self.pam, name), "w", encoding="ascii", newline="") as file:
            file.write(text)

    def sshd(self, text, name="00-twostep.conf"):
        with open(os.path.join(self.ssh, "sshd_config.d", name), "w", encoding="ascii") as file:
            file.write(text)

    def path(self, name):
        """"sshd:3" is a place in /etc/pam.d, "ssh/..." one in /etc/ssh."""
        return os.path.join(self.root, "etc", *(
            name.split("/") if name.startswith("ssh/") else ["pam.d", name]))

    def findings(self, tool, **more):
        """[(finding, file:line)]"""
        more = dict({"status": None, "errors": False}, **more)
        done = tool.json("doctor", "--root", self.root, **more)
        return [(f["finding"], "%s:%d" % (f["file"], f["line"])) for f in done["findings"]]
