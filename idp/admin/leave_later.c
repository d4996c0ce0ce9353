/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_scheduler.c: a thread that runs `remove --after DATE` once the date
 * has come, in the name of the operator who ordered it. After an error it
 * tries again every ten seconds and logs once an hour. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "idp/admin/leaving.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { LOOK_S = 10, SAY_S = 3600, MOST = 1000, KEEP_RECORD = 8 };

/* A removal ordered for later. */
struct later {
	int64_t when;
	const char *by, *reason;
	bool keeps_record;
};

static bool says_keep(struct arena *a, const struct directory_entry *e)
{
	char **subjects = entry_texts(a, e, "portvaktSubject");

	for (; *subjects; subjects++)
		if (text_equal(*subjects, keep_record))
			return true;
	return false;
}

static bool find_later(const struct leaving *l, struct later *ret,
                       struct fault *why)
{
	static const char *const names[] = { "portvaktUntil", "portvaktBy",
		                             "portvaktReason",
		                             "portvaktSubject", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(
		l->catalogue, l->arena,
		arena_print(l->arena, "ou=decisions,%s",
	                    l->act->region->catalogue.base),
		SCOPE_ONE,
		arena_print(l->arena,
	                    "(&(portvaktDecides=leave)(portvaktSubject=%s)"
	                    "(portvaktSubject=step after))",
	                    l->m->name),
		names, MOST, &found, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *until = entry_text(&found[i], "portvaktUntil");
		int64_t when = 0;

		/* The order with the latest date counts. */
		if (!until || !clock_from_ldap(until, &when) ||
		    when < ret->when)
			continue;
		*ret =
		    (struct later){ when, entry_text(&found[i], "portvaktBy"),
			            entry_text(&found[i], "portvaktReason"),
			            says_keep(l->arena, &found[i]) };
	}
	return true;
}

static bool is_under_way(const struct act *t, const struct municipality *m)
{
	return access(arena_print(t->arena, "%s/admin/removing-%s.json",
	                          t->region->state, m->name),
	              F_OK) == 0;
}

static bool is_due(const struct act *t, const struct municipality *m,
                   struct later *ret, bool *ret_due, struct fault *why)
{
	struct leaving l = { .act = t, .arena = t->arena, .m = m };
	int64_t removed = 0;

	*ret_due = false;
	*ret = (struct later){ 0 };
	if (!act_catalogue(t, &l.catalogue, why) || !find_later(&l, ret, why) ||
	    !leaving_decided(&l, "remove", &removed, why))
		return false;
	*ret_due = ret->when > 0 && ret->when <= clock_now() &&
	           (removed == 0 || is_under_way(t, m));
	return true;
}

static bool look_at(const struct region *r, struct arena *a,
                    const struct municipality *m, struct fault *why)
{
	const struct question nobody = { .arena = a, .region = r, .fd = -1 };
	struct act t = { .question = &nobody, .arena = a, .region = r };
	struct later later;
	bool due;

	if (!is_due(&t, m, &later, &due, why))
		return false;
	if (!due)
		return true;
	char *words[] = { arena_copy(a, "leave"),
		          arena_copy(a, m->name),
		          arena_copy(a, "remove"),
		          arena_copy(a, "--now"),
		          arena_copy(a, "--by"),
		          arena_copy(a, later.by ?: "?"),
		          arena_copy(a, "--reason"),
		          arena_copy(a, later.reason ?: "?"),
		          arena_copy(a, "--keep-record"),
		          NULL };

	if (!later.keeps_record)
		words[KEEP_RECORD] = NULL;

	t.words = words;
	t.count = later.keeps_record ? KEEP_RECORD + 1 : KEEP_RECORD;
	return leaving_remove(&t, m, why);
}

static void look(const struct region *r, int64_t *said_at)
{
	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];
		struct arena *a = arena_open();
		struct fault why = { 0 };

		if (municipality_has_left(m, clock_now()) &&
		    !look_at(r, a, m, &why) &&
		    clock_now() - *said_at >= SAY_S) {
			*said_at = clock_now();
			log_warn("one that left is not removed yet",
			         "municipality", m->name, "why", why.text,
			         NULL);
		}
		arena_close(a);
	}
}

static void *keep_looking(void *nothing)
{
	const struct timespec pause = { .tv_sec = LOOK_S };
	int64_t said_at = 0;

	(void)nothing;
	for (;;) {
		struct region *r = snapshot_current();

		look(r, &said_at);
		region_release(r);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

bool leaving_later(struct fault *why)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, keep_looking, NULL) == 0 ||
	       fault(why, FAULT_UNAVAILABLE, "no thread");
}
