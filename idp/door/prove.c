/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind_check.c: IPC_VERIFY_PASSWORD: one search for the entry and one bind as
 * it (RFC 4513 5.1.3).  An unknown login and a wrong password give the same
 * reply after the same two requests. */
#include <string.h>

#include "idp/door/door.h"
#include "lib/clock.h"
#include "lib/text.h"

/* An IPC_VERIFY_PASSWORD request in progress. */
struct proof {
	struct wanted who;
	const char *password;
	enum bind_result result;
};

static bool try_bind(struct directory *d, void *with, struct fault *why)
{
	struct proof *p = with;

	directory_within(d, wanted_left(&p->who));
	return directory_prove(d, p->who.dn, p->password, strlen(p->password),
	                       &p->result, why);
}

static bool prove(void *with, struct fault *why)
{
	struct proof *p = with;
	struct directory_address at;

	return wanted_find(&p->who, why) &&
	       wanted_address(&p->who, false, &at, why) &&
	       directory_pool_use(door.binds, &at, try_bind, p, why);
}

static json_t *answer_of(struct proof *p, const char *asked_for)
{
	const struct wanted *w = &p->who;
	json_t *answer = js_keep(w->arena, json_object());
	const struct directory_entry *e = w->count == 1 ? w->entries : NULL;
	char *anchor = wanted_anchor(w, asked_for);

	if (!anchor)
		p->result = BIND_FAILED;
	const char *off = account_attribute(w->directory, "disabled");
	const struct said said = account_said(
	    p->result,
	    e && account_is_disabled(e, w->directory->kind, off, clock_now()));

	js_put(answer, "result", said.result);
	js_put(answer, "aside", said.aside);
	if (!text_equal(said.result, "wrong"))
		js_put(answer, "anchor", anchor);
	return answer;
}

static bool prove_watched(struct proof *p, struct fault *why)
{
	if (door_watched(prove, p, why))
		return true;
	if (why->kind != FAULT_INVALID)
		return false;
	p->who.count = 0;
	p->result = BIND_FAILED;
	return true;
}

bool door_prove(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	struct proof p = { .password = js_string(q->body, "password") };

	if (!wanted_read(q, &p.who, why))
		return false;
	if (!p.password)
		return fault(why, FAULT_INVALID, "password missing");
	/* RFC 4513 5.1.2: an empty password is not an authentication. */
	if (p.who.login[0] != '\0' && p.password[0] != '\0' &&
	    !prove_watched(&p, why))
		return false;
	*ret_answer = answer_of(&p, js_string(q->body, "anchor"));
	return true;
}
