/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_message_check.h: parses and checks what all SAML messages have in common
 * (SAML Core 3.2.1), before any signature is verified. */
#ifndef IDP_SAML_SAML_MESSAGE_CHECK_H
#define IDP_SAML_SAML_MESSAGE_CHECK_H

#include <stdint.h>

#include "lib/xml.h"

enum { SAML_MESSAGE_MAX = 16 * 1024, SAML_MAX_SKEW_S = 3 * 60 };

enum saml_message_kind {
	MESSAGE_NONE = 0,
	MESSAGE_AUTHN_REQUEST,
	MESSAGE_LOGOUT_REQUEST,
	MESSAGE_LOGOUT_RESPONSE,
};

/* The common part of a message; nothing in it is verified yet. */
struct saml_message {
	enum saml_message_kind kind;
	const struct xml *root;
	const char *id;
	const char *issuer;      /* entityID, printable ASCII */
	const char *destination; /* NULL: none */
	bool is_signed;          /* has a ds:Signature of its own */
};

/* Parses a message whose IssueInstant is at most SAML_MAX_SKEW_S seconds from
 * now; *ret_message is owned by a.  Every error is INVALID "bad-saml". */
bool saml_message_parse(struct arena *a, const char *bytes, size_t length,
                        int64_t now, struct saml_message *ret_message,
                        struct error *err) must_check;

/* Sets INVALID "bad-saml" with a printf-style text; returns false. */
bool saml_message_error(struct error *err, const char *format, ...)
    printf_like(2, 3);

#endif
