/* SPDX-License-Identifier: AGPL-3.0-or-later
 * admin.h: what an operator may have done or told, one function for each
 * word of portvaktctl.  The words come as they were typed; lines go back
 * through answer_line. */
#ifndef IDP_ADMIN_ADMIN_H
#define IDP_ADMIN_ADMIN_H

#include "region/answer.h"
#include "region/catalogue.h"
#include "region/receipt.h"
#include "region/store.h"

/* Whom admin asks; made once, at start. */
struct clerk {
	struct ask *keeper, *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct judge_sockets *judges;
};
extern struct clerk clerk;

/* One act under way. */
struct act {
	const struct question *question;
	struct arena *arena;
	const struct region *region;
	char **words; /* NULL-terminated, the act's own name first */
	size_t count;
};

/* True when done; otherwise why says what was wrong, for the operator. */
bool admin_reload(const struct act *t, struct fault *why);
bool admin_person(const struct act *t, struct fault *why);
bool admin_explain(const struct act *t, struct fault *why);
bool admin_receipt(const struct act *t, struct fault *why);
bool admin_sessions(const struct act *t, struct fault *why);
bool admin_role(const struct act *t, struct fault *why);
bool admin_service(const struct act *t, struct fault *why);
bool admin_keys(const struct act *t, struct fault *why);
bool admin_record(const struct act *t, struct fault *why);

/* The value behind --name among the words, or NULL. */
const char *act_option(const struct act *t, const char *name);

/* The one person these words mean; INVALID for nobody or several, and then
 * the several have been listed. */
bool act_person(const struct act *t, const char *who,
                const struct person **ret_person, struct fault *why) must_check;

/* Into the record before it is done: who did what to whom. */
bool act_record(const struct act *t, const struct person *p,
                const struct affiliation *f, struct fault *why) must_check;

#endif
