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

/* Answers ASK_PROVE and ASK_CHANGE. */
bool door_prove(const struct question *q, json_t **ret_answer,
                struct fault *why);
bool door_change(const struct question *q, json_t **ret_answer,
                 struct fault *why);

/* ---- find.c */

/* An account somebody asks about, and what was found of it. */
struct wanted {
	struct arena *arena;
	const struct region *region;
	const struct directory_conf *directory;
	const char *login;
	int64_t until; /* clock_monotonic_ms */
	const char *filter;
	struct directory_entry *entries;
	size_t count; /* 1: it is there */
	/* Where it is not, a name that nobody has: to be tried all the same, so
	 * that both take the same time. */
	const char *dn;
};

/* Who is asked about by q, with our deadline; UNAVAILABLE where this directory
 * is no more. */
bool wanted_read(const struct question *q, struct wanted *ret,
                 struct fault *why) must_check;
bool wanted_find(struct wanted *w, struct fault *why) must_check;
/* The anchor of the one that was found, if it is that one (NULL: any). */
char *wanted_anchor(const struct wanted *w, const char *asked_for);
int wanted_left(const struct wanted *w); /* milliseconds, at least 1 */
/* Where the directory is; ours: as our own account there. */
bool wanted_address(const struct wanted *w, bool ours,
                    struct directory_address *ret,
                    struct fault *why) must_check;

/* Does it with a slot that is watched.  INVALID where more entries than one
 * have that name; anything else that fails is UNAVAILABLE, "directory-away". */
bool door_watched(bool (*work)(void *with, struct fault *why), void *with,
                  struct fault *why) must_check;

/* Which attribute the configuration says that something is in, or NULL. */
const char *account_attribute(const struct directory_conf *d, const char *what);

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
