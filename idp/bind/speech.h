/* SPDX-License-Identifier: AGPL-3.0-or-later
 * speech.h: what slapd's socket overlay says and hears (slapd-sock(5)), once
 * for each bind.
 *
 * A slapd that is told nothing, because we died, lets the person in: to
 * str2result() of 2.5.13 silence is success.  So the first thing that every
 * connection hears is a no, and what we decide comes behind it; the last code
 * that was said counts. */
#ifndef IDP_BIND_SPEECH_H
#define IDP_BIND_SPEECH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* What slapd says is under a page, so it comes in one piece. */
enum { SPEECH_MOST = 4096 };

/* Also the whole answer to those who are never looked at. */
#define SPEECH_DOUBT "RESULT\ncode: 52\n"

enum reply {
	REPLY_AWAY = 0,      /* 52: nobody could say */
	REPLY_BUSY,          /* 51: no slot is free */
	REPLY_WRONG,         /* 49, whatever the reason */
	REPLY_PROVED,        /* 0 */
	REPLY_ASK_THE_ENTRY, /* not ours: slapd goes on by itself */
};

/* One bind as it was said. */
struct speech {
	const char *dn;       /* as typed; never empty */
	const char *password; /* UTF-8 without NUL, never empty */
	const char *address;  /* the client's, or NULL */
};

/* Says the doubt.  False: whoever asked is gone. */
bool speech_begin(int fd) must_check;

/* What was said, whole or not, within half a second: its length. */
size_t speech_hear(int fd, char *room, size_t size);

/* Reads it, living in a; INVALID for anything that is not, letter by letter,
 * what slapd writes: a DN with a line break in it, a password with a NUL. */
bool speech_read(struct arena *a, const char *said, size_t length,
                 struct speech *ret, struct fault *why) must_check;

void speech_end(int fd, enum reply r);

#endif
