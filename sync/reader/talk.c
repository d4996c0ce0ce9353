/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_session.c: runs one session with the source directory after another,
 * according to its kind, with increasing pauses after failures. */
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

enum {
	DEADLINE_MS = 20000, /* without any message, during a request */
	FIRST_PAUSE_MS = 200,
	LONGEST_PAUSE_MS = 5000,
	REREAD_S = 60, /* ... for a full read that failed */
};

bool talk_connect(struct talk *t, struct directory **ret_d, struct fault *why)
{
	const struct directory_conf *d = t->directory;
	struct reader *r = t->reader;
	struct directory_address at = { .uris = d->uris + r->skip,
		                        .trust = d->trust,
		                        .bind_as = d->bind_as,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!region_secret(t->region, t->kept, d->secret, &password, why))
		return false;
	at.password = password;
	t->from = r->skip;
	r->skip = 0;
	if (!directory_open(&at, ret_d, why))
		return false;
	clocks_certificate(r, directory_certificate_until(*ret_d));
	identity_read(t, *ret_d);
	return true;
}

void talk_skip(struct talk *t)
{
	struct reader *r = t->reader;
	size_t count = 0;

	while (t->directory->uris[count])
		count++;
	r->skip = t->from + 1 < count ? t->from + 1 : 0;
}

bool talk_is_over(struct talk *t, struct fault *why)
{
	struct region *now = snapshot_current();
	bool changed = strcmp(now->hash, t->region->hash) != 0;

	region_release(now);
	clocks_tell(t->reader);
	t->ended = changed;
	if (changed)
		return !fault(why, FAULT_REFUSED, "a new configuration");
	if (!atomic_exchange(&t->reader->compare_now, false) &&
	    clock_monotonic_ms() < t->compare_at)
		return false;
	t->whole_next = true;
	t->ended = true;
	return !fault(why, FAULT_REFUSED, "time for a full compare");
}

static bool (*const by_kind[])(struct talk *t, struct fault *why) = {
	[DIRECTORY_OPENLDAP] = follow_converse,
	[DIRECTORY_389DS] = follow_converse,
	[DIRECTORY_AD] = ad_converse,
	[DIRECTORY_OTHER] = compare_converse,
};

/* A failed session starts over; less often where that is a full read. */
static int longest_pause(const struct directory_conf *d)
{
	if (d->kind != DIRECTORY_OTHER)
		return LONGEST_PAUSE_MS;
	return d->poll < REREAD_S ? (int)d->poll * 1000 : REREAD_S * 1000;
}

static void pause_for(int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Returns the pause before the next session, in milliseconds. */
static int talk_once(struct reader *r, const struct region *region,
                     const struct directory_conf *d, bool *whole, int pause)
{
	struct talk t = { .reader = r,
		          .region = region,
		          .directory = d,
		          .synthetic = national_is_synthetic_in(region),
		          .batch = json_array(),
		          .kept = arena_open(),
		          .whole_next = *whole };
	struct fault why = { 0 };

	(void)!by_kind[d->kind](&t, &why);
	tell_abort(&t, &why);
	*whole = t.whole_next || text_equal(why.text, "history gone");
	json_decref(t.batch);
	arena_close(t.cookies);
	arena_close(t.kept);
	if (t.ended) {
		log_info("following anew", "directory", d->name, "why",
		         why.text, NULL);
		return 0;
	}
	log_warn("no longer following", "directory", d->name, "why", why.text,
	         NULL);
	if (t.was_good || pause == 0)
		return FIRST_PAUSE_MS;
	return pause * 2 < longest_pause(d) ? pause * 2 : longest_pause(d);
}

void reader_follow(struct reader *r)
{
	const struct directory_conf *d;
	bool whole = false;
	int pause = 0;

	do {
		struct region *region = snapshot_current();

		d = region_directory(region, r->name);
		if (d)
			pause = talk_once(r, region, d, &whole, pause);
		region_release(region);
		pause_for(pause);
	} while (d);
}
