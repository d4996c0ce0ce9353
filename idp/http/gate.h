/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gate.h: the request gate.  libmicrohttpd lets through two lengths, two
 * hosts, length with chunks, NUL and broken escapes; nothing of that gets
 * past here, whatever stands in front of us. */
#ifndef IDP_HTTP_GATE_H
#define IDP_HTTP_GATE_H

#include "idp/http/request.h"

enum {
	GATE_HEAD_MOST = 16 * 1024,
	GATE_HEADERS_MOST = 100,
	GATE_BODY_MOST = 128 * 1024,
};

/* What a request was turned away for. */
struct turned_away {
	int status;
	const char *reason; /* word of reasons.def */
};

/* Judges the head and fills r from it: method, host, path, query and its
 * words, cookies, address, listener.  r->arena and r->headers are there.
 * uri: the request target, raw. */
bool gate_head(struct request *r, const char *method, const char *version,
               const char *uri, struct turned_away *ret);

/* Reads the form of a POST out of r->body. */
bool gate_body(struct request *r, struct turned_away *ret);

#endif
