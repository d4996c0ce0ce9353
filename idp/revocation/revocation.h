/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation.h: follows the catalogue and records revocations in Redis. */
#ifndef IDP_REVOCATION_REVOCATION_H
#define IDP_REVOCATION_REVOCATION_H

#include "idp/revocation/entry_table.h"
#include "region/config/config.h"
#include "region/redis/session_store.h"

struct revocation {
	struct store *store;
	struct entry_table entries;
	int64_t dates_checked_at; /* last check of portvaktUntil, Unix time */
	int64_t seen_ms;          /* last contact, monotonic ms */
	bool is_alarmed;          /* the outage has been logged */
};

/* Contact with the catalogue, for catalogue_staleness.c of portvakt-web:
 * records it; and logs an outage once, when it lasts for 5 minutes or half of
 * max-staleness. */
bool catalogue_contact_note(struct revocation *revocation,
                            const struct config *cfg,
                            struct error *err) must_check;
void catalogue_contact_check(struct revocation *revocation,
                             const struct config *cfg);

/* Logs once when 70 % of the memory of Redis are in use, and once when they are
 * no longer; looks every 5 s at most. */
void store_alarm_check(struct store *store, const struct config *cfg);

/* Follows the catalogue until the catalogue or Redis fails or the configuration
 * changes, then returns false with the cause in err: it never returns true. The
 * entry table is kept for the next call. */
bool catalogue_follow_run(struct revocation *revocation,
                          const struct config *cfg,
                          struct error *err) must_check;

#endif
