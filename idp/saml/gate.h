/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gate.h: what every SAML message must be before anybody reads on. */
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

/* What all of them have.  Nothing in it has been proved by the gate. */
struct message {
	enum message_kind kind;
	const struct xml *root;
	const char *id;
	const char *issuer;      /* entityID, printable ASCII */
	const char *destination; /* NULL: none */
	bool is_signed;          /* has a ds:Signature of its own */
};

/* Reads the bytes of a message that must have been issued about now.  Every
 * refusal is INVALID with reason "bad-saml". */
bool gate_read(struct arena *a, const char *bytes, size_t length, int64_t now,
               struct message *ret_message, struct fault *why) must_check;

/* The same refusal for whoever reads on. */
bool gate_refuse(struct fault *why, const char *format, ...) printf_like(2, 3);

#endif
