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
	int64_t dates_checked_at; /* when validity dates were last checked */
};

/* Follows the catalogue until an error, a failure to write to Redis or a new
 * configuration ends it; the entry table is kept.  Always returns false, with
 * the cause in err. */
bool catalogue_follow_run(struct revocation *revocation,
                          const struct config *cfg,
                          struct error *err) must_check;

#endif
