/* SPDX-License-Identifier: AGPL-3.0-or-later
 * admin.h: the commands of portvaktctl, one function per command. Arguments
 * come as typed; output lines are returned with ipc_reply_line(). */
#ifndef IDP_ADMIN_ADMIN_H
#define IDP_ADMIN_ADMIN_H

#include "region/answer.h"
#include "region/catalogue.h"
#include "region/receipt.h"
#include "region/store.h"

/* Connections of portvakt-admin to other processes; opened at start. */
struct clerk {
	struct ask *keeper, *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct judge_sockets *judges;
};
extern struct clerk clerk;

/* One command in progress. */
struct act {
	const struct question *question;
	struct arena *arena;
	const struct region *region;
	char **words; /* NULL-terminated; argv[0] is the command */
	size_t count;
};

/* Each returns true when done. On error err holds a message for the
 * operator. */
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

/* Returns the value after --name, or NULL. */
const char *act_option(const struct act *t, const char *name);

/* Returns the arguments from first on that are neither options nor option
 * values. */
char **act_operands(const struct act *t, size_t first, size_t *ret_count);

/* Returns the person that who identifies. On error ERROR_INVALID: no match, or
 * several, which are listed first. */
bool act_person(const struct act *t, const char *who,
                const struct person **ret_person, struct fault *why) must_check;

/* Writes the command to the audit log before it is carried out, and prints the
 * receipt. p and f may be NULL. */
bool act_record(const struct act *t, const struct person *p,
                const struct affiliation *f, struct fault *why) must_check;

/* An operator's override of synchronisation (docs/decisions/0005). */
struct deciding {
	const char *decides;
	const char *about; /* first portvaktSubject of each entry, or NULL */
	const char *word;  /* second portvaktSubject, or NULL */
	const char *const *subjects;
	size_t count; /* over 500 are split into several entries */
	const char *hash;
	int64_t until; /* 0: no end */
};

/* Lists the services that the person's sessions entered, and ends the sessions:
 * the identifiers those services received may change now. */
bool act_end_sessions(const struct act *t, const struct person *p,
                      struct fault *why) must_check;

/* On error ERROR_INVALID: --by or --reason is missing, or the reason contains a
 * national identity number. */
bool act_is_signed(const struct act *t, struct fault *why) must_check;

/* Audits the override, writes it to ou=decisions with --by and --reason, and
 * notifies sync. p: the person concerned, or NULL. */
bool act_decide(const struct act *t, const struct deciding *d,
                const struct person *p, struct fault *why) must_check;

/* Sends a request to sync, as portvaktctl does; each (NULL: none) is called for
 * every line of the response. */
bool act_ask_sync(const struct act *t, char **words,
                  void (*each)(const char *line, void *with), void *with,
                  struct fault *why) must_check;
/* Notifies sync that ou=decisions changed; prints an error if sync does not
 * respond. */
void act_tell_sync(const struct act *t);

#endif
