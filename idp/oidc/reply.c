/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_response.c: authorization responses by redirect (RFC 6749
 * 4.1.2), always with iss against mix-up attacks (RFC 9207). */
#include "idp/oidc/reply.h"

#include "idp/oidc/redirect.h"

void reply_code(struct visit *v, const struct reply_to *to, const char *code)
{
	const struct pair words[] = {
		{ "code", code },
		{ "state", to->state },
		{ "iss", to->issuer->url },
	};

	answer_see_other(v->answer, redirect_with(v->arena, to->redirect, words,
	                                          LENGTH(words)));
}

void reply_error(struct visit *v, const struct reply_to *to, const char *error,
                 const char *description)
{
	const struct pair words[] = {
		{ "error", error },
		{ "error_description", description },
		{ "state", to->state },
		{ "iss", to->issuer->url },
	};

	answer_see_other(v->answer, redirect_with(v->arena, to->redirect, words,
	                                          LENGTH(words)));
}
