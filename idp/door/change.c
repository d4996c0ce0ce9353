/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_password.c: IPC_CHANGE_PASSWORD.  With the old password the change is
 * made with the person's own rights; a teacher's reset of a pupil's password is
 * made by the service account, which the directory allows that and no more. */
#include <string.h>

#include "idp/door/door.h"
#include "lib/text.h"

/* An IPC_CHANGE_PASSWORD request in progress. */
struct change {
	struct wanted who;
	const char *old; /* NULL: a reset by a teacher */
	const char *fresh;
	const char *anchor; /* NULL: any entry with that login and old password
	                     */
	enum bind_result proved;
	struct password_said said;
};

/* Binds as the person and changes the password on the same connection.  Active
 * Directory rejects a bind while the password must be changed, but accepts the
 * old one in the change itself. */
static bool as_person(struct directory *d, void *with, struct fault *why)
{
	struct change *c = with;
	const struct wanted *w = &c->who;

	directory_within(d, wanted_left(w));
	if (!directory_prove(d, w->dn, c->old, strlen(c->old), &c->proved, why))
		return false;
	if (c->proved != BIND_PROVED && c->proved != BIND_MUST_CHANGE) {
		c->said.result = PASSWORD_WRONG;
		return true;
	}
	directory_within(d, wanted_left(w));
	return w->directory->kind == DIRECTORY_AD ||
	       directory_set_password(d, w->arena, w->dn, c->old, c->fresh,
	                              &c->said, why);
}

static bool as_ourselves(struct directory *d, void *with, struct fault *why)
{
	struct change *c = with;
	const struct wanted *w = &c->who;

	directory_within(d, wanted_left(w));
	if (w->directory->kind == DIRECTORY_AD)
		return directory_set_ad_password(d, w->arena, w->dn, c->old,
		                                 c->fresh, &c->said, why);
	return directory_set_password(d, w->arena, w->dn, c->old, c->fresh,
	                              &c->said, why);
}

static bool use(struct change *c, struct directory_pool *pool, bool ours,
                bool (*work)(struct directory *d, void *with,
                             struct fault *why),
                struct fault *why)
{
	struct directory_address at;

	return wanted_address(&c->who, ours, &at, why) &&
	       directory_pool_use(pool, &at, work, c, why);
}

/* The entry's anchor is not the requested one: treat it as not found. */
static void be_nobody(struct wanted *w)
{
	w->count = 0;
	w->dn = arena_print(w->arena, "cn=nobody,%s", w->directory->base);
}

static bool is_ours_to_do(const struct change *c)
{
	if (c->said.result == PASSWORD_WRONG)
		return false;
	return !c->old || c->who.directory->kind == DIRECTORY_AD;
}

static bool change(void *with, struct fault *why)
{
	struct change *c = with;

	if (!wanted_find(&c->who, why))
		return false;
	if (!wanted_anchor(&c->who, c->anchor))
		be_nobody(&c->who);
	if (c->old && !use(c, door.binds, false, as_person, why))
		return false;
	if (c->who.count != 1)
		c->said.result = PASSWORD_WRONG;
	return !is_ours_to_do(c) ||
	       use(c, door.searches, true, as_ourselves, why);
}

static json_t *answer_of(const struct change *c)
{
	static const char *const words[] = {
		[PASSWORD_REFUSED] = "refused",
		[PASSWORD_SET] = "changed",
		[PASSWORD_WRONG] = "wrong",
	};
	json_t *answer = js_keep(c->who.arena, json_object());

	js_put(answer, "result", words[c->said.result]);
	if (c->said.result == PASSWORD_SET)
		js_put(answer, "anchor", wanted_anchor(&c->who, c->anchor));
	js_put(answer, "policy", c->said.policy);
	js_put(answer, "text", c->said.text);
	return answer;
}

static bool read_change(const struct question *q, struct change *c,
                        struct fault *why)
{
	c->old = js_string(q->body, "old");
	c->fresh = js_string(q->body, "new");
	c->anchor = js_string(q->body, "anchor");
	if (!wanted_read(q, &c->who, why))
		return false;
	/* RFC 3062 2: without newPasswd the server generates one. */
	if (!c->fresh || !*c->fresh || !*c->who.login || (c->old && !*c->old))
		return fault(why, FAULT_INVALID, "a password is missing");
	/* Without the old password, only the entry with that anchor may be
	 * changed. */
	if (!c->old && !c->anchor)
		return fault(why, FAULT_INVALID, "whose is not said");
	if (c->old ? !c->who.directory->own_passwords
	           : !c->who.directory->teachers_passwords)
		return fault_for(why, FAULT_REFUSED, "not-allowed",
		                 "passwords are not set here");
	return true;
}

bool door_change(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	struct change c = { 0 };

	if (!read_change(q, &c, why))
		return false;
	if (!door_watched(change, &c, why) && why->kind != FAULT_INVALID)
		return false;
	*ret_answer = answer_of(&c);
	return true;
}
