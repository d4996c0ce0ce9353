/* SPDX-License-Identifier: AGPL-3.0-or-later
 * syncrepl_session.c: a session by RFC 4533 (refreshAndPersist): the directory
 * sends changes as they happen.  Ends with an error; the next session sends the
 * committed cookie. */
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "sync/reader/reader.h"

enum {
	COMMIT_ENTRIES = 200, /* in the persist stage, at most */
	BEHIND_MS = 60000,    /* for a server to catch up with the others */
};

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

static struct sweep_facts facts_of(const struct talk *t, int code)
{
	return (struct sweep_facts){ .kind = t->directory->kind,
		                     .code = code,
		                     .cookie_sent = t->cookie_sent,
		                     .received = t->received,
		                     .presents = t->presents,
		                     .known = t->known };
}

static bool on_refreshed(void *with, const char *cookie, size_t length,
                         bool deletes, struct fault *why)
{
	struct talk *t = with;
	struct sweep_facts facts = facts_of(t, 0);

	facts.cookie_came = length > 0;
	facts.deletes = deletes;
	enum sweep sweep = sweep_decide(&facts);
	if (sweep == SWEEP_AFRESH) {
		t->whole_next = true;
		t->ended = true;
		return fault(why, FAULT_REFUSED, "once more, from the start");
	}
	clocks_look(t, cookie, length, false);
	tell_cookie(t, cookie, length);
	if (!tell_run(t, why) || !tell_commit(t, sweep == SWEEP_ABSENT, why))
		return false;
	t->reader->behind_since = 0;
	t->whole = false;
	daemon_rest();
	t->was_good = true;
	if (sweep == SWEEP_ABSENT)
		t->compare_at =
		    clock_monotonic_ms() + t->directory->compare * 1000;
	return true;
}

static bool on_cookie(void *with, const char *cookie, size_t length,
                      struct fault *why)
{
	struct talk *t = with;

	clocks_look(t, cookie, length, t->idle);
	t->idle = false;
	tell_cookie(t, cookie, length);
	if (t->entries < COMMIT_ENTRIES)
		return true;
	return tell_commit(t, false, why);
}

static bool on_idle(void *with, struct fault *why)
{
	struct talk *t = with;

	t->idle = true;
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

/* One of several servers with older data than ours has not been replicated to
 * yet: its entries would undo newer changes.  One that stays so, or is the only
 * one, was restored from a backup. */
static bool is_restored(struct talk *t)
{
	int64_t now = clock_monotonic_ms();

	if (!t->directory->uris[1])
		return true;
	if (t->reader->behind_since == 0)
		t->reader->behind_since = now;
	return now - t->reader->behind_since >= BEHIND_MS;
}

/* After a refresh that was interrupted or refused. */
static void judge(struct talk *t, int code)
{
	struct sweep_facts facts = facts_of(t, code);
	enum sweep sweep = code == 0 ? SWEEP_DISCARD : sweep_decide(&facts);

	if (sweep == SWEEP_AFRESH)
		t->whole_next = true;
	else if (sweep == SWEEP_BEHIND && is_restored(t))
		t->whole_next = true;
	else if (sweep == SWEEP_BEHIND)
		talk_skip(t);
}

/* Drops a cookie that the changelog does not cover. */
static bool look_at_cookie(struct talk *t, struct directory *d, char **cookie,
                           size_t length, struct fault *why)
{
	bool reaches = true;

	if (*cookie && t->directory->kind == DIRECTORY_389DS &&
	    !changelog_check(t, d, *cookie, length, &reaches, why))
		return false;
	if (!reaches) {
		log_info("its changelog begins after our cookie, reading all",
		         "directory", t->directory->name, NULL);
		*cookie = NULL;
	}
	t->cookie_sent = *cookie != NULL;
	t->whole = !t->cookie_sent;
	t->whole_next = false;
	return true;
}

bool follow_converse(struct talk *t, struct fault *why)
{
	struct directory *d = NULL;
	char *cookie = NULL;
	size_t length = 0;
	int code = 0;

	if (!tell_hello(t, &cookie, &length, why) || !talk_connect(t, &d, why))
		return false;
	(void)(look_at_cookie(t, d, &cookie, length, why) &&
	       tell_begin(t, why) &&
	       directory_follow(d, t->directory->base, "(objectClass=*)",
	                        fields_names(t->kept, t->directory), cookie,
	                        length, &events, t, &code, why));
	judge(t, code);
	directory_close(d);
	return false;
}
