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

/* Whether the directory says this account is not to be used, whatever its
 * password. */
bool account_is_disabled(const struct directory_entry *e, int64_t now);

/* libldap may spin where no deadline reaches it.  A slot still taken a second
 * past its deadline ends the process; the master starts another. */
bool watchdog_start(struct fault *why) must_check;
int watchdog_enter(void);
void watchdog_leave(int slot);

#endif
