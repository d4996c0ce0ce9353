/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_message_check.h: parses and checks what all SAML messages have in common
 * (SAML Core 3.2.1), before any signature is verified. */
#ifndef IDP_SAML_GATE_H
#define IDP_SAML_GATE_H

#include <stdint.h>

#include "lib/xml.h"

enum { GATE_MOST = 16 * 1024, GATE_SKEW = 3 * 60 };

enum message_kind {
	MESSAGE_NONE = 0,
	MESSAGE_AUTHN_REQUEST,
	MESSAGE_LOGOUT_REQUEST,
	MESSAGE_LOGOUT_RESPONSE,
};

/* The common part of a message; nothing in it is verified yet. */
struct message {
	enum message_kind kind;
	const struct xml *root;
	const char *id;
	const char *issuer;      /* entityID, printable ASCII */
	const char *destination; /* NULL: none */
	bool is_signed;          /* has a ds:Signature of its own */
};

/* Parses a message whose IssueInstant is at most SAML_MAX_SKEW_S seconds from
 * now; *ret_message is owned by a.  Every error is INVALID "bad-saml". */
bool gate_read(struct arena *a, const char *bytes, size_t length, int64_t now,
               struct message *ret_message, struct fault *why) must_check;

/* Sets INVALID "bad-saml" with a printf-style text; returns false. */
bool gate_refuse(struct fault *why, const char *format, ...) printf_like(2, 3);

#endif
