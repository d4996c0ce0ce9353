/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_contact.c: records in Redis that the catalogue was reached, and
 * logs an outage.  Without contact a person who is disabled is not noticed. */
#include <stdio.h>

#include "idp/revocation/revocation.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { CONTACT_INTERVAL_MS = 2000, ALARM_AFTER_S = 5 * 60 };

bool catalogue_contact_note(struct revocation *revocation,
                            const struct config *cfg, struct error *err)
{
	const int64_t now = clock_monotonic_ms();

	if (revocation->seen_ms &&
	    now - revocation->seen_ms < CONTACT_INTERVAL_MS)
		return true;
	if (!store_note_seen(revocation->store, cfg, "catalogue", err))
		return false;
	if (revocation->is_alarmed)
		log_event(LOG_REVOCATION_CATALOGUE_REACHED, NULL);
	revocation->is_alarmed = false;
	revocation->seen_ms = now;
	return true;
}

static int64_t contact_alarm_after_s(const struct config *cfg)
{
	const int64_t half = cfg->catalogue.max_staleness / 2;

	return half < ALARM_AFTER_S ? half : ALARM_AFTER_S;
}

/* The start counts as contact. */
void catalogue_contact_check(struct revocation *revocation,
                             const struct config *cfg)
{
	const int64_t now = clock_monotonic_ms();
	char minutes[24];

	if (!revocation->seen_ms)
		revocation->seen_ms = now;
	if (revocation->is_alarmed ||
	    now - revocation->seen_ms < contact_alarm_after_s(cfg) * 1000)
		return;
	revocation->is_alarmed = true;
	(void)snprintf(minutes, sizeof(minutes), "%lld",
	               (long long)(now - revocation->seen_ms) / 1000);
	log_event(LOG_REVOCATION_CATALOGUE_UNREACHED, "seconds", minutes, NULL);
}
