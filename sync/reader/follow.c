/* SPDX-License-Identifier: AGPL-3.0-or-later
 * follow.c: follows one directory.  What comes is told to the writer in runs;
 * a run counts only when the writer has it whole, with its cookie. */
#include <string.h>
#include <time.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

enum {
	DEADLINE_MS = 20000,       /* of silence in the refresh stage */
	BATCH_BYTES = 40 * 1024,   /* of a frame's 64 KiB */
	MEMBERS_BYTES = 30 * 1024, /* of a group in one piece */
	ANCHORS = 1000,            /* in one frame */
	COMMIT_ENTRIES = 200,      /* in the persist stage, at the latest */
	FIRST_PAUSE_MS = 200,
	LONGEST_PAUSE_MS = 5000,
};

/* One conversation with the directory. */
struct talk {
	struct reader *reader;
	const struct region *region;
	const struct directory_conf *directory;
	bool synthetic;
	bool cookie_sent, persisting;
	int64_t known; /* records the writer has of it */
	int64_t run;   /* 0: none is open */
	json_t *batch;
	size_t batch_bytes;
	int64_t entries;            /* of this run */
	int64_t received, presents; /* of the refresh */
	char *cookie;               /* to be committed; lives in cookies */
	struct arena *cookies;
	struct arena *kept;
	int64_t compare_at;
	bool whole_next; /* the next conversation begins without a cookie */
	bool was_good;   /* it came to the end of its refresh */
	bool ended;      /* by us, to begin another at once */
};

/* ---- telling the writer */

static bool tell(struct talk *t, struct arena *a, enum kind_of_question kind,
                 json_t *question, json_t **ret_answer, struct fault *why)
{
	return ask(t->reader->writer, a, kind, t->region->hash,
	           js_keep(a, question), ret_answer, why);
}

static bool tell_only(struct talk *t, enum kind_of_question kind,
                      json_t *question, struct fault *why)
{
	struct arena *a = arena_open();
	json_t *answer = NULL;
	bool good = tell(t, a, kind, question, &answer, why);

	arena_close(a);
	return good;
}

static bool begin(struct talk *t, struct fault *why)
{
	struct arena *a = arena_open();
	json_t *answer = NULL;
	json_t *question =
	    json_pack("{s:s, s:s, s:b}", "directory", t->directory->name,
	              "scope", fields_scope(a, t->directory), "full",
	              !t->cookie_sent && !t->persisting);
	bool good = tell(t, a, ASK_BEGIN, question, &answer, why);

	t->run = good ? js_number(answer, "run", 0) : 0;
	t->entries = 0;
	arena_close(a);
	return good;
}

static bool need_run(struct talk *t, struct fault *why)
{
	return t->run > 0 || begin(t, why);
}

static bool flush(struct talk *t, struct fault *why)
{
	if (json_array_size(t->batch) == 0)
		return true;
	json_t *question =
	    json_pack("{s:I, s:O}", "run", t->run, "entries", t->batch);
	bool good = tell_only(t, ASK_ENTRIES, question, why);

	(void)json_array_clear(t->batch);
	t->batch_bytes = 0;
	return good;
}

static bool put(struct talk *t, struct arena *a, json_t *entry,
                struct fault *why)
{
	size_t bytes = strlen(js_write(a, entry));

	if (!need_run(t, why))
		return false;
	if (t->batch_bytes + bytes > BATCH_BYTES && !flush(t, why))
		return false;
	t->batch_bytes += bytes;
	(void)json_array_append(t->batch, entry);
	if (!js_true(entry, "more"))
		t->entries++;
	return true;
}

static bool commit(struct talk *t, bool sweep, struct fault *why)
{
	if (!flush(t, why))
		return false;
	json_t *question = json_pack("{s:I, s:b, s:I}", "run", t->run, "sweep",
	                             sweep, "count", t->entries);

	js_put(question, "cookie", t->cookie);
	t->run = 0;
	return tell_only(t, ASK_COMMIT, question, why);
}

/* ---- what the directory says */

/* A group of thousands does not go into one frame: later pieces follow. */
static bool put_group(struct talk *t, struct arena *a, json_t *entry,
                      struct fault *why)
{
	json_t *fields = js_object(entry, "attributes");
	json_t *members = json_incref(js_array(fields, "member"));
	json_t *piece = entry;
	size_t bytes = 0;
	bool good = true;

	js_keep(a, members);
	(void)json_object_set_new(fields, "member", json_array());
	for (size_t i = 0; i < json_array_size(members) && good; i++) {
		json_t *dn = json_array_get(members, i);

		bytes += json_string_length(dn) + 4;
		if (bytes > MEMBERS_BYTES) {
			good = put(t, a, piece, why);
			piece = js_keep(
			    a, json_pack("{s:s, s:b, s:{s:[]}}", "anchor",
			                 js_string(entry, "anchor"), "more", 1,
			                 "attributes", "member"));
			bytes = json_string_length(dn) + 4;
		}
		(void)json_array_append(
		    js_array(js_object(piece, "attributes"), "member"), dn);
	}
	return good && put(t, a, piece, why);
}

static bool add_number(struct talk *t, struct arena *a,
                       const struct directory_entry *e, json_t *entry,
                       struct fault *why)
{
	const char *number = fields_national(t->directory, e);

	if (!number)
		return true;
	if (national_is_valid(number, t->synthetic, clock_now()))
		return secrets_add(t->reader, t->region, a, number, entry, why);
	js_put(entry, "flaw", "national-id");
	return true;
}

static bool on_entry(void *with, const char *uuid,
                     const struct directory_entry *e, struct fault *why)
{
	struct talk *t = with;
	struct arena *a = arena_open();
	json_t *entry = fields_entry(a, t->directory, uuid, e);
	const char *class = js_string(entry, "class");
	bool good = true;

	t->received++;
	if (text_equal(class, "person"))
		good = add_number(t, a, e, entry, why);
	if (good && text_equal(class, "group"))
		good = put_group(t, a, entry, why);
	else if (good)
		good = put(t, a, entry, why);
	arena_close(a);
	return good;
}

static bool tell_some_anchors(struct talk *t, enum kind_of_question kind,
                              char **uuids, size_t count, struct fault *why)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(uuids[i]));
	return tell_only(
	    t, kind, json_pack("{s:I, s:o}", "run", t->run, "anchors", list),
	    why);
}

/* slapd names 256 at a time; RFC 4533 sets no limit. */
static bool tell_anchors(struct talk *t, enum kind_of_question kind,
                         char **uuids, size_t count, struct fault *why)
{
	/* In the order in which it was said: added, then deleted. */
	bool good = need_run(t, why) && flush(t, why);

	for (size_t i = 0; i < count && good; i += ANCHORS)
		good = tell_some_anchors(
		    t, kind, uuids + i,
		    count - i < ANCHORS ? count - i : ANCHORS, why);
	return good;
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

static void keep_cookie(struct talk *t, const char *cookie, size_t length)
{
	if (length == 0)
		return;
	arena_close(t->cookies);
	t->cookies = arena_open();
	t->cookie = base64url_write(t->cookies, cookie, length);
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
	keep_cookie(t, cookie, length);
	if (!need_run(t, why) || !commit(t, snapshot, why))
		return false;
	t->persisting = true;
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

	keep_cookie(t, cookie, length);
	if (t->entries < COMMIT_ENTRIES)
		return true;
	return commit(t, false, why);
}

/* Whether something ends this conversation for a reason of ours. */
static bool is_over(struct talk *t, struct fault *why)
{
	struct region *now = snapshot_current();
	bool changed = strcmp(now->hash, t->region->hash) != 0;

	region_release(now);
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

static bool on_idle(void *with, struct fault *why)
{
	struct talk *t = with;

	if (t->run > 0 && !commit(t, false, why))
		return false;
	return !is_over(t, why);
}

static const struct follow_events events = {
	.entry = on_entry,
	.present = on_present,
	.deleted = on_deleted,
	.refreshed = on_refreshed,
	.cookie = on_cookie,
	.idle = on_idle,
};

/* ---- a conversation from beginning to end */

static bool connect_to(struct talk *t, struct directory **ret_d,
                       struct fault *why)
{
	const struct directory_conf *d = t->directory;
	struct directory_address at = { .uris = d->uris,
		                        .trust = d->trust,
		                        .bind_as = d->bind_as,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!region_secret(t->region, t->kept, d->secret, &password, why))
		return false;
	at.password = password;
	return directory_open(&at, ret_d, why);
}

/* By when it was last compared whole, however often the connection was lost
 * since. */
static void plan_compare(struct talk *t, int64_t age)
{
	int64_t left = t->directory->compare - age;

	t->compare_at = clock_monotonic_ms() + (left > 0 ? left : 0) * 1000;
}

static bool hello(struct talk *t, char **ret_cookie, size_t *ret_length,
                  struct fault *why)
{
	json_t *answer = NULL;
	json_t *question =
	    json_pack("{s:s, s:s}", "directory", t->directory->name, "scope",
	              fields_scope(t->kept, t->directory));

	if (!tell(t, t->kept, ASK_HELLO, question, &answer, why))
		return false;
	const char *cookie = js_string(answer, "cookie");
	t->known = js_number(answer, "known", 0);
	plan_compare(t, js_number(answer, "age", 0));
	*ret_cookie = NULL;
	if (!cookie || t->whole_next)
		return true;
	return base64url_read(t->kept, cookie, strlen(cookie),
	                      (unsigned char **)ret_cookie, ret_length) ||
	       fault(why, FAULT_UNAVAILABLE, "the cookie cannot be read");
}

static bool converse(struct talk *t, struct fault *why)
{
	struct directory *d = NULL;
	char *cookie = NULL;
	size_t length = 0;

	if (!hello(t, &cookie, &length, why) || !connect_to(t, &d, why))
		return false;
	t->cookie_sent = cookie != NULL;
	t->whole_next = false;
	bool good = begin(t, why) &&
	            directory_follow(d, t->directory->base, "(objectClass=*)",
	                             fields_names(t->kept, t->directory),
	                             cookie, length, &events, t, why);
	directory_close(d);
	return good;
}

static void abort_run(struct talk *t, const struct fault *why)
{
	json_t *question = json_pack("{s:I}", "run", t->run);

	/* A directory's own words need not be UTF-8. */
	js_put(question, "why", why->text);
	if (t->run > 0)
		(void)!tell_only(t, ASK_ABORT, question, NULL);
	else
		json_decref(question);
}

static void pause_for(int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* The pause before the next conversation, in milliseconds. */
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

	(void)!converse(&t, &why);
	abort_run(&t, &why);
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
	return t.was_good || pause == 0       ? FIRST_PAUSE_MS
	       : pause * 2 < LONGEST_PAUSE_MS ? pause * 2
	                                      : LONGEST_PAUSE_MS;
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
