/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service.c: lists services, or prints one service's configuration and the
 * access rules that name it. */
#include "idp/admin/admin.h"

#include "lib/text.h"

static const char *protocol(const struct service *s)
{
	return s->oidc ? "oidc" : "saml";
}

static void list(const struct act *t)
{
	for (size_t i = 0; i < t->region->service_count; i++) {
		const struct service *s = &t->region->services[i];

		answer_line(t->question, "%-16s %-5s %-14s %s", s->name,
		            protocol(s), s->issuer->name, s->display);
	}
}

static void say_oidc(const struct act *t, const struct oidc_client *c)
{
	answer_line(t->question, "client id     %s", c->id);
	for (char **u = c->redirects; *u; u++)
		answer_line(t->question, "redirect      %s", *u);
	for (char **u = c->after_logout; u && *u; u++)
		answer_line(t->question, "after-logout  %s", *u);
	answer_line(t->question, "back-channel  %s",
	            c->back_channel ?: "none: it cannot be told of a logout");
	answer_line(t->question, "signature     %s%s", c->id_token_alg,
	            text_equal(c->id_token_alg, "RS256")
	                ? " (ES256 costs a tenth)"
	                : "");
}

static void say_who_may(const struct act *t, const struct service *s)
{
	for (size_t i = 0; i < t->region->municipality_count; i++) {
		const struct municipality *m = &t->region->municipalities[i];

		for (size_t k = 0; k < m->clause_count; k++)
			for (char **n = m->clauses[k].services; *n; n++)
				if (text_equal(*n, s->name) ||
				    text_equal(*n, "any"))
					answer_line(t->question, "%s:%d: %s",
					            m->clauses[k].place.file,
					            m->clauses[k].place.line,
					            m->clauses[k].text);
	}
}

static bool check(const struct act *t, struct fault *why)
{
	const struct service *s = region_service(t->region, t->words[2]);

	if (!s)
		return fault(why, FAULT_INVALID, "no service is called %s",
		             t->words[2]);
	answer_line(t->question, "%s (%s), %s:%d", s->name, s->display,
	            s->place.file, s->place.line);
	answer_line(t->question, "issuer        %s", s->issuer->url);
	if (s->oidc)
		say_oidc(t, s->oidc);
	else
		answer_line(t->question, "metadata      %s", s->saml);
	for (char **w = s->receives; w && *w; w++)
		answer_line(t->question, "receives      %s", *w);
	say_who_may(t, s);
	return true;
}

bool admin_service(const struct act *t, struct fault *why)
{
	if (t->count == 2 && text_equal(t->words[1], "list")) {
		list(t);
		return true;
	}
	if (t->count == 3 && text_equal(t->words[1], "check"))
		return check(t, why);
	return fault(why, FAULT_INVALID, "service list, or service check NAME");
}
