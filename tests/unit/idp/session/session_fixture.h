/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_fixture.h: people who log in, and their browsers, with a real Redis.
 * The list of ended sessions is scripted. */
#ifndef TESTS_UNIT_IDP_SESSION_SESSION_FIXTURE_H
#define TESTS_UNIT_IDP_SESSION_SESSION_FIXTURE_H

#include "tests/unit/idp/session/browser_fixture.h"

#include "idp/http/cookies.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/session_end.h"

/* ---- in place of gone_sessions.c */

static const char *gone_sid;

bool gone_sessions_find(struct gone_sessions *t, const char *sid,
                        bool *ret_gone, struct error *err)
{
	(void)t, (void)err;
	*ret_gone = text_equal(sid, gone_sid);
	return true;
}

void gone_sessions_add(struct gone_sessions *t, const char *sid)
{
	(void)t, (void)sid;
}

/* ---- people and browsers */

static char *no_texts[] = { NULL };

static const struct person *person_of(const char *id)
{
	struct affiliation *job = arena_new(f.arena, struct affiliation);
	struct person *p = arena_new(f.arena, struct person);

	*job = (struct affiliation){ .id = arena_printf(f.arena, "f-%s", id),
		                     .municipality = "notodden",
		                     .directory = "notodden",
		                     .anchor = id,
		                     .kind = KIND_EMPLOYEE,
		                     .status = STATUS_ACTIVE,
		                     .units = no_texts,
		                     .roles = no_texts,
		                     .acts_for = no_texts,
		                     .proved_links = no_texts };
	*p = (struct person){ .id = id,
		              .status = STATUS_ACTIVE,
		              .former_ids = no_texts,
		              .affiliations = job,
		              .affiliation_count = 1 };
	return p;
}

/* cookie: of a session, or NULL. */
static struct request_context *browser_with(struct browser *b,
                                            const char *cookie)
{
	return browser_with_cookie(b, SESSION_COOKIE, cookie);
}

/* A login of this person in the browser with this cookie. */
static const struct session *log_in(const char *id, const char *cookie)
{
	struct browser b;
	const struct person *p = person_of(id);
	const struct session *s;
	struct error err = { 0 };

	if (!session_create(browser_with(&b, cookie), p, p->affiliations->id,
	                    "pwd", "low", &s, &err))
		fail_msg("%s", err.text);
	return s;
}

static const struct session *session_of(const char *cookie)
{
	struct browser b;
	const struct session *s;
	struct error err = { 0 };

	if (!session_find(browser_with(&b, cookie), &s, &err))
		fail_msg("%s", err.text);
	return s;
}

static struct municipality notodden = { .name = "notodden" };

static inline int open_session_store(void **state)
{
	(void)open_all(state);
	r.session_store.idle_timeout = 1800;
	r.session_store.max_lifetime = 36000;
	r.municipalities = &notodden;
	r.municipality_count = 1;
	return 0;
}

#endif
