/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.h: entries in doubt, each with the reason.  An entry may have one
 * reason of each area.  The caller holds the lock. */
#ifndef SYNC_ENGINE_STATE_QUARANTINE_H
#define SYNC_ENGINE_STATE_QUARANTINE_H

/* The rules that find a doubt and end it. */
enum quarantine_area {
	QUARANTINE_JOIN,  /* which person it is */
	QUARANTINE_FEIDE, /* its login name at Feide */
	QUARANTINE_WRITE, /* the catalogue rejects it */
	QUARANTINE_DATE,  /* a date that cannot be read */
	QUARANTINE_NAME   /* a login name or mail address of another entry */
};

/* Stores the reason; NULL: ends the doubt of this area.  other: the entry that
 * it is in conflict with, "DIRECTORY:ANCHOR", or NULL.  The wait for a name
 * begins anew with another reason. */
void quarantine_set(const char *directory, const char *anchor,
                    enum quarantine_area area, const char *reason,
                    const char *other);
/* Removes the entry from quarantine. */
void quarantine_clear(const char *directory, const char *anchor);

#endif
