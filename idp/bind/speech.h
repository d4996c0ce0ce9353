/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sock_protocol.h: the protocol of slapd's sock overlay (slapd-sock(5)), one
 * connection per bind.
 *
 * slapd 2.5.13 treats a missing response as success (str2result()), so a
 * process that ends early would grant access.  Therefore every connection first
 * gets a denial and then the result; slapd uses the last code. */
#ifndef IDP_BIND_SPEECH_H
#define IDP_BIND_SPEECH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* A request is under 4 KiB. */
enum { SPEECH_MOST = 4096 };

/* Also the whole response to a request that is not parsed. */
#define SPEECH_DOUBT "RESULT\ncode: 52\n"

enum reply {
	REPLY_AWAY = 0,      /* 52: not verified because of an error */
	REPLY_BUSY,          /* 51: no slot is free */
	REPLY_WRONG,         /* 49, for any reason */
	REPLY_PROVED,        /* 0 */
	REPLY_ASK_THE_ENTRY, /* not a person's DN: slapd verifies it itself */
};

/* A BIND request. */
struct speech {
	const char *dn;       /* as sent; never empty */
	const char *password; /* UTF-8 without NUL, never empty */
	const char *address;  /* the client's IP address, or NULL */
};

/* Sends the default deny.  Returns false if the peer has closed. */
bool speech_begin(int fd) must_check;

/* Receives a request, complete or not, for at most half a second; returns its
 * length. */
size_t speech_hear(int fd, char *room, size_t size);

/* Parses a request, living in a; ERROR_INVALID unless it is exactly what slapd
 * writes: not for a DN with a newline or a password with a NUL. */
bool speech_read(struct arena *a, const char *said, size_t length,
                 struct speech *ret, struct fault *why) must_check;

void speech_end(int fd, enum reply r);

#endif
