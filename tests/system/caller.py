#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The PAM calls of a program that is not here: cron, or a login of the day before.

    caller.py SERVICE USER CALL ...

CALL is authenticate, setcred or account. Every prompt is answered with the first line
of standard input. Out comes all that was shown or asked, and a line `CALL NUMBER` for
what each call gave."""

import ctypes
import sys

MESSAGE = type("Message", (ctypes.Structure,), {"_fields_": [
    ("style", ctypes.c_int), ("text", ctypes.c_char_p)]})
ANSWER = type("Answer", (ctypes.Structure,), {"_fields_": [
    ("text", ctypes.c_void_p), ("code", ctypes.c_int)]})
CONVERSE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(MESSAGE)),
    ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
CONVERSATION = type("Conversation", (ctypes.Structure,), {"_fields_": [
    ("converse", CONVERSE), ("data", ctypes.c_void_p)]})
PROMPTS = (1, 2)        # PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON
PAM_ESTABLISH_CRED = 2

LIBC = ctypes.CDLL(None)
LIBC.calloc.restype = LIBC.strdup.restype = ctypes.c_void_p
LIBPAM = ctypes.CDLL("libpam.so.0")
TYPED = sys.stdin.readline().rstrip("\n").encode()


@CONVERSE
def converse(count, messages, answers, _):
    answers[0] = LIBC.calloc(count, ctypes.sizeof(ANSWER))
    for i, answer in enumerate((ANSWER * count).from_address(answers[0])):
        print((messages[i].contents.text or b"").decode())
        if messages[i].contents.style in PROMPTS:
            answer.text = LIBC.strdup(TYPED)
    return 0


def main(service, user, *calls):
    handle = ctypes.c_void_p()
    conversation = CONVERSATION(converse, None)
    LIBPAM.pam_start(service.encode(), user.encode(), ctypes.byref(conversation),
                     ctypes.byref(handle))
    made = {"authenticate": lambda: LIBPAM.pam_authenticate(handle, 0),
            "setcred": lambda: LIBPAM.pam_setcred(handle, PAM_ESTABLISH_CRED),
            "account": lambda: LIBPAM.pam_acct_mgmt(handle, 0)}
    for call in calls:
        print(call, made[call]())
    LIBPAM.pam_end(handle, 0)


main(*sys.argv[1:])
