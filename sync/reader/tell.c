/* SPDX-License-Identifier: AGPL-3.0-or-later
 * provisioner_client.c: sends the entries of a source directory to the
 * provisioner in runs.  A run takes effect only when the provisioner has
 * committed it, with its cookie. */
#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

enum {
	BATCH_BYTES = 40 * 1024, /* of a frame of 64 KiB */
	ANCHORS = 1000,          /* per frame */
};

/* ---- runs */

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

bool tell_begin(struct talk *t, struct fault *why)
{
	struct arena *a = arena_open();
	json_t *answer = NULL;
	json_t *question =
	    json_pack("{s:s, s:s, s:b}", "directory", t->directory->name,
	              "scope", fields_scope(a, t->directory), "full", t->whole);

	js_put(question, "source", t->identity);
	bool good = tell(t, a, ASK_BEGIN, question, &answer, why);

	t->run = good ? js_number(answer, "run", 0) : 0;
	t->entries = 0;
	arena_close(a);
	return good;
}

bool tell_run(struct talk *t, struct fault *why)
{
	return t->run > 0 || tell_begin(t, why);
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

bool tell_put(struct talk *t, struct arena *a, json_t *entry, struct fault *why)
{
	size_t bytes = strlen(js_write(a, entry));

	if (!tell_run(t, why))
		return false;
	if (t->batch_bytes + bytes > BATCH_BYTES && !flush(t, why))
		return false;
	t->batch_bytes += bytes;
	(void)json_array_append(t->batch, entry);
	if (!js_true(entry, "more"))
		t->entries++;
	return true;
}

bool tell_commit(struct talk *t, bool sweep, struct fault *why)
{
	if (!flush(t, why))
		return false;
	json_t *question = json_pack("{s:I, s:b, s:I}", "run", t->run, "sweep",
	                             sweep, "count", t->entries);

	js_put(question, "cookie", t->cookie);
	js_put(question, "health", t->health);
	t->run = 0;
	struct arena *a = arena_open();
	json_t *answer = NULL;
	bool good = tell(t, a, ASK_COMMIT, question, &answer, why);

	/* The provisioner needs another full sync. */
	if (good && js_true(answer, "again"))
		atomic_store(&t->reader->compare_now, true);
	arena_close(a);
	return good;
}

bool tell_alone(struct talk *t, struct arena *a, json_t *entry,
                json_t **ret_answer, struct fault *why)
{
	if (!tell_run(t, why) || !flush(t, why))
		return false;
	t->entries++;
	return tell(t, a, ASK_ENTRIES,
	            json_pack("{s:I, s:[O]}", "run", t->run, "entries", entry),
	            ret_answer, why);
}

/* ---- entries */

static bool add_number(struct talk *t, struct arena *a,
                       const struct directory_entry *e, json_t *entry,
                       struct fault *why)
{
	const char *number =
	    national_plain(a, fields_national(t->directory, e));

	if (!number || national_is_local(number, clock_now()))
		return true;
	if (national_is_valid(number, t->synthetic, clock_now()))
		return secrets_add(t->reader, t->region, a, number, entry, why);
	js_put(entry, "flaw", "national-id");
	return true;
}

bool tell_entry(struct talk *t, const char *uuid,
                const struct directory_entry *e, struct fault *why)
{
	struct arena *a = arena_open();
	json_t *entry = fields_entry(a, t->directory, uuid, e);
	const char *class = js_string(entry, "class");
	bool good = true;

	if (text_equal(class, "person"))
		good = add_number(t, a, e, entry, why);
	if (good && text_equal(class, "group"))
		good = group_put(t, a, entry, why);
	else if (good)
		good = tell_put(t, a, entry, why);
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

/* slapd sends 256 at a time; RFC 4533 sets no limit. */
bool tell_anchors(struct talk *t, enum kind_of_question kind, char **uuids,
                  size_t count, struct fault *why)
{
	/* Entries queued before these must be sent first. */
	bool good = tell_run(t, why) && flush(t, why);

	for (size_t i = 0; i < count && good; i += ANCHORS)
		good = tell_some_anchors(
		    t, kind, uuids + i,
		    count - i < ANCHORS ? count - i : ANCHORS, why);
	return good;
}

void tell_cookie(struct talk *t, const char *cookie, size_t length)
{
	if (length == 0)
		return;
	arena_close(t->cookies);
	t->cookies = arena_open();
	t->cookie = base64url_write(t->cookies, cookie, length);
}

/* ---- opening and aborting */

/* Counted from the last full sync, however often the connection was lost
 * since. */
static void plan_compare(struct talk *t, int64_t age)
{
	int64_t left = t->directory->compare - age;

	t->compare_at = clock_monotonic_ms() + (left > 0 ? left : 0) * 1000;
}

bool tell_hello(struct talk *t, char **ret_cookie, size_t *ret_length,
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
	t->age = js_number(answer, "age", 0);
	plan_compare(t, t->age);
	*ret_cookie = NULL;
	if (!cookie || t->whole_next)
		return true;
	return base64url_read(t->kept, cookie, strlen(cookie),
	                      (unsigned char **)ret_cookie, ret_length) ||
	       fault(why, FAULT_UNAVAILABLE, "the cookie cannot be read");
}

void tell_abort(struct talk *t, const struct fault *why)
{
	json_t *question = json_pack("{s:I, s:s}", "run", t->run, "directory",
	                             t->directory->name);

	/* The server's diagnostic message need not be UTF-8. */
	js_put(question, "why", t->ended ? NULL : why->text);
	(void)!tell_only(t, ASK_ABORT, question, NULL);
}
