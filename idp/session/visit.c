/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_context.c: helpers of the request context. */
#include "idp/session/visit.h"

/* Never taken from the Host header, which is only compared with these. */
const char *visit_origin(const struct visit *v)
{
	if (v->on_login_host || !v->issuer)
		return v->region->login_url;
	return v->issuer->url;
}

bool visit_ask_door(struct visit *v, const struct directory_conf *d,
                    enum kind_of_question kind, json_t *question,
                    json_t **ret_answer, struct fault *why)
{
	return doors_ask(v->staff->doors, v->arena, v->region, d->name, kind,
	                 question, ret_answer, why);
}
