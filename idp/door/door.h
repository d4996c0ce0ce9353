/* SPDX-License-Identifier: AGPL-3.0-or-later
 * door.h: the door to one directory: whose password is it?  A directory that
 * hangs costs the door's eight slots and nobody else anything. */
#ifndef IDP_DOOR_DOOR_H
#define IDP_DOOR_DOOR_H

#include <stdbool.h>

#include "region/answer.h"
#include "region/directory.h"

enum {
	DOOR_SLOTS = 8,
	DOOR_DEADLINE_MS = 2500, /* the asker gives us three seconds */
	DOOR_GRACE_MS = 1000,    /* past that a slot is stuck */
};

struct door {
	const char *directory; /* its name in the configuration */
	struct directory_pool *searches;
	struct directory_pool *binds;
};

extern struct door door;

/* Answers ASK_PROVE. */
bool door_prove(const struct question *q, json_t **ret_answer,
                struct fault *why);

/* The anchor that sync knows this entry by, living in a; NULL where it has
 * none. */
char *anchor_of(struct arena *a, enum directory_kind kind,
                const struct directory_entry *e);

/* Whether one of the entry's names is login, or login without its domain, but
 * for the case of ASCII letters. */
bool account_is_called(struct arena *a, const struct directory_entry *e,
                       const char *attribute, const char *login);

/* Whether the directory says this account is not to be used, whatever its
 * password.  also: the attribute that `read disabled from` names, or NULL. */
bool account_is_disabled(const struct directory_entry *e,
                         enum directory_kind kind, const char *also,
                         int64_t now);

/* What a bind's result says to whoever asked, and what only the record may
 * hold.  Where the directory refused before it looked at the password, nothing
 * was proved, and a stranger learns no more than from a wrong one. */
struct said {
	const char *result, *aside; /* aside: or NULL */
};
struct said account_said(enum bind_result r, bool is_disabled);

/* libldap may spin where no deadline reaches it.  A slot still taken a second
 * past its deadline ends the process; the master starts another. */
bool watchdog_start(struct fault *why) must_check;
int watchdog_enter(void);
void watchdog_leave(int slot);

#endif
