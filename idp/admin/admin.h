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
bool admin_decide(const struct act *t, struct fault *why);
bool admin_quarantine(const struct act *t, struct fault *why);
bool admin_part(const struct act *t, struct fault *why);
bool admin_leave(const struct act *t, struct fault *why);
bool admin_import(const struct act *t, struct fault *why);
bool admin_sync(const struct act *t, struct fault *why);

/* The value behind --name among the words, or NULL. */
const char *act_option(const struct act *t, const char *name);

/* The words from the first on that are neither options nor their values. */
char **act_operands(const struct act *t, size_t first, size_t *ret_count);

/* The one person these words mean; INVALID for nobody or several, and then
 * the several have been listed. */
bool act_person(const struct act *t, const char *who,
                const struct person **ret_person, struct fault *why) must_check;

/* Into the record before it is done: who did what to whom. */
bool act_record(const struct act *t, const struct person *p,
                const struct affiliation *f, struct fault *why) must_check;

/* What somebody decides about synchronisation (docs/decisions/0005). */
struct deciding {
	const char *decides;
	const char *about; /* the first subject of each entry, or NULL */
	const char *word;  /* the second, or NULL */
	const char *const *subjects;
	size_t count; /* more than 500 go into several entries */
	const char *hash;
	int64_t until; /* 0: not said */
};

/* Ends the person's sessions after having said which services they had been
 * in: as whom those knew them may change now. */
bool act_end_sessions(const struct act *t, const struct person *p,
                      struct fault *why) must_check;

/* Whether --by and --reason were said. */
bool act_is_signed(const struct act *t, struct fault *why) must_check;

/* Records it, writes it to ou=decisions, signed by --by and --reason, and
 * tells sync.  p: whom it is about, or NULL. */
bool act_decide(const struct act *t, const struct deciding *d,
                const struct person *p, struct fault *why) must_check;

/* Asks sync in words as portvaktctl would; each line goes to each. */
bool act_ask_sync(const struct act *t, char **words,
                  void (*each)(const char *line, void *with), void *with,
                  struct fault *why) must_check;
/* That ou=decisions has changed; says so where nobody listens. */
void act_tell_sync(const struct act *t);

#endif
