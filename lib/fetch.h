/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fetch.h: the door to libcurl: one outgoing HTTPS request with a limit on
 * time and size, that follows no redirect and cannot be turned inwards. */
#ifndef LIB_FETCH_H
#define LIB_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

enum { FETCH_MOST = 64 * 1024 };

struct fetch {
	const char *url;
	const char *form;          /* NULL: GET; else POSTed, form-encoded */
	const char *accept;        /* NULL: any type */
	const char *authorization; /* the header's value, or NULL */
	const char *ca_file;       /* NULL: the system's */
	int64_t milliseconds;      /* in all; 0: 5 seconds */
	/* Loopback, private and link-local addresses too, and an address in
	 * place of a name: where configuration says so, never by itself. */
	bool inside;
	/* http:// too, where inside is true and the host is loopback. */
	bool plain;
};

struct fetched {
	long status; /* 200, 404, ... : the caller judges */
	char *body;  /* at most FETCH_MOST, a NUL behind it */
	size_t length;
	const char *type; /* the Content-Type, or "" */
};

/* Once, in main(), before any thread. */
void fetch_begin(void);

/* The answer, living in a.  INVALID: an address we do not go to; UNAVAILABLE:
 * no answer in time, an unknown certificate, a body too large. */
bool fetch_do(struct arena *a, const struct fetch *f, struct fetched *ret,
              struct fault *why) must_check;

#endif
