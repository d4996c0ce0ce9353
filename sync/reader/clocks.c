/* SPDX-License-Identifier: AGPL-3.0-or-later
 * skew_and_cert_check.c: warns early of a source directory whose clock differs
 * from ours by more than a minute, and of a server certificate that expires
 * soon. */
#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

enum { SKEW_S = 60, CSN_SECONDS = 14, DAY_S = 24 * 60 * 60 };

/* A slapd cookie: rid=000,csn=20261121214555.532440Z#000000#000#000000;..., one
 * CSN per provider. */
bool clocks_of_cookie(struct arena *a, const char *cookie, int64_t *ret_newest)
{
	size_t count = 0;
	bool found = false;

	for (char **word = text_split(a, cookie, ",;=", &count); *word;
	     word++) {
		char text[CSN_SECONDS + sizeof("Z")] = "";
		int64_t when = 0;

		if (strlen(*word) <= CSN_SECONDS)
			continue;
		memcpy(text, *word, CSN_SECONDS);
		text[CSN_SECONDS] = 'Z';
		if (!clock_from_ldap(text, &when) ||
		    (found && when < *ret_newest))
			continue;
		*ret_newest = when;
		found = true;
	}
	return found;
}

static void warn_of_skew(struct talk *t, int64_t ahead)
{
	struct arena *a = arena_open();

	t->skew_told = true;
	log_warn("its clock and ours differ", "directory", t->directory->name,
	         "seconds-ahead", arena_print(a, "%" PRId64, ahead), NULL);
	arena_close(a);
}

/* A cookie may be as old as the last change, so a slow clock shows only in one
 * that arrives with a change while we wait. */
void clocks_look(struct talk *t, const char *cookie, size_t length, bool is_now)
{
	struct arena *a;
	int64_t newest = 0;

	if (t->skew_told || t->directory->kind != DIRECTORY_OPENLDAP ||
	    length == 0)
		return;
	a = arena_open();
	bool found =
	    clocks_of_cookie(a, arena_bytes(a, cookie, length), &newest);
	arena_close(a);
	int64_t ahead = newest - clock_now();
	if (found && (ahead > SKEW_S || (is_now && ahead < -SKEW_S)))
		warn_of_skew(t, ahead);
}

/* ---- certificates */

int clocks_days_left(int64_t until, int64_t now)
{
	static const int told[] = { 1, 7, 30 };

	for (size_t i = 0; i < LENGTH(told); i++)
		if (until - now <= (int64_t)told[i] * DAY_S)
			return told[i];
	return 0;
}

void clocks_certificate(struct reader *r, int64_t until)
{
	if (until == r->certificate_until)
		return;
	r->certificate_until = until;
	r->days_told = 0;
}

void clocks_tell(struct reader *r)
{
	struct arena *a;
	int days = r->certificate_until > 0
	               ? clocks_days_left(r->certificate_until, clock_now())
	               : 0;

	if (days == 0 || days == r->days_told)
		return;
	r->days_told = days;
	a = arena_open();
	log_warn("its certificate ends soon", "directory", r->name, "until",
	         clock_iso(a, r->certificate_until), NULL);
	arena_close(a);
}
