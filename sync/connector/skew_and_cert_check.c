/* SPDX-License-Identifier: AGPL-3.0-or-later
 * skew_and_cert_check.c: warns early of a source directory whose clock differs
 * from ours by more than a minute, and of a server certificate that expires
 * soon. */
#include "sync/connector/skew_and_cert_check.h"

#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/connector/connector.h"
#include "sync/connector/source_session.h"

enum { MAX_SKEW_S = 60, CSN_SECONDS_LENGTH = 14, DAY_S = 24 * 60 * 60 };

/* The cookie of slapd has one CSN for each provider:
 * rid=000,csn=20261121214555.532440Z#000000#000#000000;... */
bool cookie_newest_csn_time(struct arena *a, const char *cookie,
                            int64_t *ret_newest)
{
	size_t count = 0;
	bool found = false;

	for (char **part = text_split(a, cookie, ",;=", &count); *part;
	     part++) {
		char text[CSN_SECONDS_LENGTH + sizeof("Z")] = "";
		int64_t when = 0;

		if (strlen(*part) <= CSN_SECONDS_LENGTH)
			continue;
		memcpy(text, *part, CSN_SECONDS_LENGTH);
		text[CSN_SECONDS_LENGTH] = 'Z';
		if (!clock_parse_generalized_time(text, &when) ||
		    (found && when < *ret_newest))
			continue;
		*ret_newest = when;
		found = true;
	}
	return found;
}

static void source_clock_skew_warn(struct source_session *s, int64_t ahead)
{
	struct arena *a = arena_open();

	s->skew_warned = true;
	log_event(LOG_SYNC_SOURCE_CLOCK_SKEW, "directory", s->directory->name,
	          "seconds_ahead", arena_printf(a, "%" PRId64, ahead), NULL);
	arena_close(a);
}

/* A CSN is as old as the last change, so it shows a slow clock only if it comes
 * with a change that was made while the session waited. */
void source_clock_skew_check(struct source_session *s, const char *cookie,
                             size_t length, bool is_now)
{
	struct arena *a;
	int64_t newest = 0;

	if (s->skew_warned || s->directory->type != DIRECTORY_OPENLDAP ||
	    length == 0)
		return;
	a = arena_open();
	bool found =
	    cookie_newest_csn_time(a, arena_memdup(a, cookie, length), &newest);
	arena_close(a);
	int64_t ahead = newest - clock_now();
	if (found && (ahead > MAX_SKEW_S || (is_now && ahead < -MAX_SKEW_S)))
		source_clock_skew_warn(s, ahead);
}

/* ---- certificates */

int source_certificate_days(int64_t expires, int64_t now)
{
	static const int thresholds[] = { 1, 7, 30 };

	for (size_t i = 0; i < LENGTH(thresholds); i++)
		if (expires - now <= (int64_t)thresholds[i] * DAY_S)
			return thresholds[i];
	return 0;
}

void source_certificate_set_expiry(struct connector *c, int64_t expires)
{
	if (expires == c->certificate_expires)
		return;
	c->certificate_expires = expires;
	c->certificate_days_warned = 0;
}

void source_certificate_warn(struct connector *c)
{
	struct arena *a;
	int days =
	    c->certificate_expires > 0
		? source_certificate_days(c->certificate_expires, clock_now())
		: 0;

	if (days == 0 || days == c->certificate_days_warned)
		return;
	c->certificate_days_warned = days;
	a = arena_open();
	log_event(LOG_SYNC_SOURCE_CERTIFICATE_EXPIRES, "directory", c->name,
	          "expires", clock_format_iso(a, c->certificate_expires), NULL);
	arena_close(a);
}
