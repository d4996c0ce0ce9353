/* SPDX-License-Identifier: AGPL-3.0-or-later
 * follow.c: a conversation by RFC 4533: the directory says what has changed
 * as it changes. */
#include "lib/clock.h"
#include "lib/daemon.h"
#include "sync/reader/reader.h"

enum { COMMIT_ENTRIES = 200 }; /* in the persist stage, at the latest */

static bool on_entry(void *with, const char *uuid,
                     const struct directory_entry *e, struct fault *why)
{
	struct talk *t = with;

	t->received++;
	return tell_entry(t, uuid, e, why);
}

static bool on_present(void *with, char **uuids, size_t count,
                       struct fault *why)
{
	struct talk *t = with;

	t->presents += (int64_t)count;
	return tell_anchors(t, ASK_PRESENT, uuids, count, why);
}

static bool on_deleted(void *with, char **uuids, size_t count,
                       struct fault *why)
{
	return tell_anchors(with, ASK_DELETED, uuids, count, why);
}

/* A server may take no notice of our cookie (RFC 4533 3.3.2 b), and slapd and
 * 389-DS do, each in its way.  What then looks like the whole and is much less
 * than we knew, or came without a new cookie, is asked for again from the
 * beginning. */
static bool is_doubtful(const struct talk *t, size_t length, bool snapshot)
{
	if (!t->cookie_sent || !snapshot)
		return false;
	return length == 0 ||
	       (t->presents == 0 && t->received * 10 < t->known * 9);
}

static bool on_refreshed(void *with, const char *cookie, size_t length,
                         bool snapshot, struct fault *why)
{
	struct talk *t = with;

	if (is_doubtful(t, length, snapshot)) {
		t->whole_next = true;
		t->ended = true;
		return fault(why, FAULT_REFUSED, "once more, from the start");
	}
	tell_cookie(t, cookie, length);
	if (!tell_run(t, why) || !tell_commit(t, snapshot, why))
		return false;
	t->whole = false;
	daemon_rest();
	t->was_good = true;
	if (snapshot)
		t->compare_at =
		    clock_monotonic_ms() + t->directory->compare * 1000;
	return true;
}

static bool on_cookie(void *with, const char *cookie, size_t length,
                      struct fault *why)
{
	struct talk *t = with;

	tell_cookie(t, cookie, length);
	if (t->entries < COMMIT_ENTRIES)
		return true;
	return tell_commit(t, false, why);
}

static bool on_idle(void *with, struct fault *why)
{
	struct talk *t = with;

	if (t->run > 0 && !tell_commit(t, false, why))
		return false;
	return !talk_is_over(t, why);
}

static const struct follow_events events = {
	.entry = on_entry,
	.present = on_present,
	.deleted = on_deleted,
	.refreshed = on_refreshed,
	.cookie = on_cookie,
	.idle = on_idle,
};

bool follow_converse(struct talk *t, struct fault *why)
{
	struct directory *d = NULL;
	char *cookie = NULL;
	size_t length = 0;

	if (!tell_hello(t, &cookie, &length, why) || !talk_connect(t, &d, why))
		return false;
	t->cookie_sent = cookie != NULL;
	t->whole = !t->cookie_sent;
	t->whole_next = false;
	bool good = tell_begin(t, why) &&
	            directory_follow(d, t->directory->base, "(objectClass=*)",
	                             fields_names(t->kept, t->directory),
	                             cookie, length, &events, t, why);
	directory_close(d);
	return good;
}
