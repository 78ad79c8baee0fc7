# SPDX-License-Identifier: BSD-2-Clause
"""`notify` with a real mail program behind it: what happened to an account is in its
owner's mailbox, and no login waits for that."""

import email
import os
import pwd
import shutil

import pytest

import place
import sitting

pytestmark = [sitting.ALL_INSTALLED, pytest.mark.skipif(
    shutil.which("exim4", path="/usr/sbin") is None,
    reason="exim4 (exim4-daemon-light) is not installed")]

MAIL = "/run/place/mail"
PROGRAM = "/run/place/tell-by-mail"

# Of a mail server that delivers to the accounts of this machine and nowhere else
EXIM = """\
primary_hostname = srv1
spool_directory = /run/place/exim
log_file_path = syslog
keep_environment =
begin routers
accounts:
  driver = accept
  check_local_user
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  file = %s/$local_part_data
""" % MAIL

SCRIPT = """\
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/bin
read -r line
user=${line#user=}
user=${user%% *}
sendmail -oi -t <<END
To: $user
Subject: Your second step on srv1

$line
END
"""


@pytest.fixture(scope="module", autouse=True)
def mail_server(the_place):
    owner = pwd.getpwnam("Debian-exim")
    for path, uid, mode in (("/run/place/exim", owner.pw_uid, 0o750), (MAIL, 0, 0o1777)):
        os.makedirs(path)
        os.chown(path, uid, -1)
        os.chmod(path, mode)
    the_place.write("/etc/exim4/exim4.conf", EXIM)
    the_place.write(PROGRAM, SCRIPT, 0o755)


@pytest.fixture(scope="module", name="server")
def server_that_tells(the_place):
    server = the_place.sshd("password", service="sshd-mail")
    yield server
    server.stop()


@pytest.fixture(name="told")
def what_was_told(here, bob):
    """What the next mail to bob says, as words and values; the mailbox is then empty."""
    since = here.log.now()

    def told():
        nonlocal since
        here.log.wait_for(r"exim.* => %s\b" % bob.name, since)
        since = here.log.now()
        with open(os.path.join(MAIL, bob.name), encoding="ascii") as file:
            mailbox = file.read()
        os.unlink(os.path.join(MAIL, bob.name))
        assert mailbox.count("\nSubject: ") == 1, mailbox
        text = email.message_from_string(mailbox.split("\n", 1)[1]).get_payload()
        return place.words_of(text)
    return told


def test_owner_is_not_told_of_what_a_login_did(here, opened, server, bob, told):
    here.conf(require="everyone", enroll_at_login="yes", recovery_codes=2, notify=PROGRAM,
              block_after=1)
    with sitting.ssh(here, server, bob) as seat:
        phone, codes = seat.links()
    mail = told()
    assert (mail["user"], mail["result"], mail["rhost"]) == (bob.name, "enrolled", "127.0.0.1")
    assert here.ssh_login(server, bob, codes[0]).entered
    mail = told()
    assert (mail["result"], mail["method"]) == ("accepted", "recovery")
    assert not here.ssh_login(server, bob, phone.wrong()).entered
    mail = told()
    assert (mail["result"], mail["blocks"]) == ("wrong", "yes")


def test_owner_is_not_told_of_what_the_administrator_did(here, bob, told):
    here.conf(enroll_at_login="invited", recovery_codes=0, notify=PROGRAM)
    sitting.activation_code(here, bob)
    assert told()["result"] == "invited"
    bob.enroll()
    assert told()["result"] == "enrolled"
    here.tool("remove", bob.name, input="yes\n")
    assert told()["result"] == "removed"


@pytest.mark.codes
def test_login_waits_for_a_mail_server_that_hangs(here, server, ann):
    """The program reads from a pipe that nobody writes to until the login is over."""
    pipe = "/run/place/pipe"
    os.mkfifo(pipe)
    here.write(PROGRAM + "-late", "#!/bin/sh\nread -r word <%s\nlogger -t late \"$word\"\n"
               % pipe, 0o755)
    here.conf(notify=PROGRAM + "-late")
    assert here.ssh_login(server, ann, ann.recovery_codes[0]).entered
    since = here.log.now()
    with open(pipe, "w", encoding="ascii") as end:
        end.write("delivered\n")
    here.log.wait_for("late: delivered", since)


@pytest.mark.codes
def test_program_that_is_not_there_refuses_a_login(here, server, ann):
    here.conf(notify="/nonexistent/program")
    since = here.log.now()
    assert here.ssh_login(server, ann, ann.recovery_codes[0]).entered
    assert any("notify=failed" in x for x in here.log.module_lines(since))
