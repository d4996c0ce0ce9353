/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sock_protocol.h: the protocol of slapd's sock overlay (slapd-sock(5)), one
 * connection per bind.
 *
 * slapd 2.5.13 treats a missing response as success (str2result()), so a
 * process that ends early would grant access.  Therefore every connection first
 * gets a denial and then the result; slapd uses the last code. */
#ifndef IDP_SLAPD_SOCK_SOCK_PROTOCOL_H
#define IDP_SLAPD_SOCK_SOCK_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/* A request is under 4 KiB. */
enum { SLAPD_SOCK_MAX_REQUEST = 4096 };

/* Also the whole response to a request that is not parsed. */
#define SLAPD_SOCK_DEFAULT_DENY "RESULT\ncode: 52\n"

enum sock_result {
	SOCK_RESULT_UNAVAILABLE = 0, /* 52: not verified because of an error */
	SOCK_RESULT_BUSY,            /* 51: no slot is free */
	SOCK_RESULT_INVALID_CREDENTIALS, /* 49, for any reason */
	SOCK_RESULT_SUCCESS,             /* 0 */
	SOCK_RESULT_CONTINUE, /* not a person's DN: slapd verifies it itself */
};

/* A BIND request. */
struct sock_bind_request {
	const char *dn;       /* as sent; never empty */
	const char *password; /* UTF-8 without NUL, never empty */
	const char *address;  /* the client's IP address, or NULL */
};

/* Sends the default deny.  Returns false if the peer has closed. */
bool sock_send_default_deny(int fd) must_check;

/* Receives a request, complete or not, for at most half a second; returns its
 * length. */
size_t sock_receive(int fd, char *buffer, size_t size);

/* Parses a request, living in a; ERROR_INVALID unless it is exactly what slapd
 * writes: not for a DN with a newline or a password with a NUL. */
bool sock_parse(struct arena *a, const char *request, size_t length,
                struct sock_bind_request *ret, struct error *err) must_check;

void sock_send_result(int fd, enum sock_result r);

#endif
