/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_collections.c: sets, hashes, counters and revocations in Redis, and the
 * listing of keys for operators. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/store_inner.h"

enum { VERSION = 1, MOST_KEYS = 1000000 };

/* A revocation outlives every session and token it applies to; the catalogue
 * keeps the status for good. */
enum { ENDED_LIFE = 90 * 24 * 3600 };

/* ---- sets, hashes, counters */

/* A script, because a key without an expiry would stay for ever. */
static const char add_script[] =
    "redis.call('SADD',KEYS[1],ARGV[1]) "
    "if redis.call('TTL',KEYS[1])<tonumber(ARGV[2]) then "
    "redis.call('EXPIRE',KEYS[1],ARGV[2]) end return 1";
static const char field_script[] =
    "redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) "
    "if redis.call('TTL',KEYS[1])<tonumber(ARGV[3]) then "
    "redis.call('EXPIRE',KEYS[1],ARGV[3]) end return 1";
static const char count_script[] =
    "local n=redis.call('INCR',KEYS[1]) "
    "if n==1 then redis.call('EXPIRE',KEYS[1],ARGV[1]) end return n";

bool store_set_add(struct store *s, const struct region *r, const char *kind,
                   const char *secret, const char *member, int64_t seconds,
                   struct fault *why)
{
	struct arena *a = arena_open();
	long long one;
	bool good = store_run_script(
	    s, r, a, add_script, store_key(a, kind, secret),
	    (const char *[]){ member, store_seconds(a, seconds), NULL }, &one,
	    why);

	arena_close(a);
	return good;
}

bool store_set_remove(struct store *s, const struct region *r, const char *kind,
                      const char *secret, const char *member, struct fault *why)
{
	struct arena *a = arena_open();
	const char *words[] = { "SREM", store_key(a, kind, secret), member,
		                NULL };
	struct reply reply;
	bool good = store_command(s->links, r, a, words, &reply, why);

	arena_close(a);
	return good;
}

/* Returns the strings of a list reply, NULL-terminated. */
static bool texts_of(struct arena *a, const struct reply *reply,
                     char ***ret_texts, struct fault *why)
{
	char **texts = arena_array(a, char *, reply->count + 1);

	if (reply->type != REPLY_LIST)
		return store_strange(why);
	for (size_t i = 0; i < reply->count; i++) {
		if (reply->items[i].type != REPLY_TEXT)
			return store_strange(why);
		texts[i] = reply->items[i].text;
	}
	*ret_texts = texts;
	return true;
}

bool store_set_read(struct store *s, const struct region *r, struct arena *a,
                    const char *kind, const char *secret, char ***ret_members,
                    size_t *ret_count, struct fault *why)
{
	const char *words[] = { "SMEMBERS", store_key(a, kind, secret), NULL };
	struct reply reply;

	if (!store_command(s->links, r, a, words, &reply, why) ||
	    !texts_of(a, &reply, ret_members, why))
		return false;
	*ret_count = reply.count;
	return true;
}

bool store_field_put(struct store *s, const struct region *r, const char *kind,
                     const char *secret, const char *field, const char *value,
                     int64_t seconds, struct fault *why)
{
	struct arena *a = arena_open();
	long long one;
	bool good = store_run_script(
	    s, r, a, field_script, store_key(a, kind, secret),
	    (const char *[]){ field, value, store_seconds(a, seconds) }, &one,
	    why);

	arena_close(a);
	return good;
}

bool store_fields_read(struct arena *a, const struct reply *reply,
                       char ***ret_names, char ***ret_values, size_t *ret_count,
                       struct fault *why)
{
	char **texts;

	if (!texts_of(a, reply, &texts, why))
		return false;
	const size_t count = reply->count / 2;
	char **names = arena_array(a, char *, count + 1);
	char **values = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++) {
		names[i] = texts[2 * i];
		values[i] = texts[2 * i + 1];
	}
	*ret_names = names;
	*ret_values = values;
	*ret_count = count;
	return true;
}

bool store_fields(struct store *s, const struct region *r, struct arena *a,
                  const char *kind, const char *secret, char ***ret_names,
                  char ***ret_values, size_t *ret_count, struct fault *why)
{
	const char *words[] = { "HGETALL", store_key(a, kind, secret), NULL };
	struct reply reply;

	return store_command(s->links, r, a, words, &reply, why) &&
	       store_fields_read(a, &reply, ret_names, ret_values, ret_count,
	                         why);
}

static const char counted_script[] =
    "return tonumber(redis.call('GET', KEYS[1]) or '0')";

static const char uncount_script[] =
    "if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then "
    "return redis.call('DECR', KEYS[1]) end return 0";

bool store_counted(struct store *s, const struct region *r, const char *what,
                   const char *who, long long *ret_count, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = store_run_script(
	    s, r, a, counted_script, store_key_of_two(a, "count", what, who),
	    (const char *[]){ NULL, NULL, NULL }, ret_count, why);

	arena_close(a);
	return good;
}

/* Runs the script on each counter in one round trip; seconds 0: no argument. */
static bool run_on_all(struct store *s, const struct region *r,
                       const char *script, const struct store_counter *of,
                       size_t count, int64_t seconds, long long *ret_counts,
                       struct fault *why)
{
	struct arena *a = arena_open();
	const char *words[STORE_COUNTERS_MOST][6];
	const char *const *commands[STORE_COUNTERS_MOST];
	struct reply replies[STORE_COUNTERS_MOST];

	assert(count <= STORE_COUNTERS_MOST);
	for (size_t i = 0; i < count; i++) {
		words[i][0] = "EVAL";
		words[i][1] = script;
		words[i][2] = "1";
		words[i][3] =
		    store_key_of_two(a, "count", of[i].what, of[i].who);
		words[i][4] = seconds > 0 ? store_seconds(a, seconds) : NULL;
		words[i][5] = NULL;
		commands[i] = words[i];
	}
	bool good = count == 0 || store_commands(s->links, r, a, commands,
	                                         count, replies, why);

	for (size_t i = 0; good && i < count; i++) {
		good = replies[i].type == REPLY_NUMBER || store_strange(why);
		ret_counts[i] = replies[i].number;
	}
	arena_close(a);
	return good;
}

bool store_count_all(struct store *s, const struct region *r,
                     const struct store_counter *of, size_t count,
                     int64_t seconds, long long *ret_counts, struct fault *why)
{
	long long counts[STORE_COUNTERS_MOST];

	if (!run_on_all(s, r, count_script, of, count, seconds, counts, why))
		return false;
	memcpy(ret_counts, counts, count * sizeof(*counts));
	return true;
}

bool store_uncount_all(struct store *s, const struct region *r,
                       const struct store_counter *of, size_t count,
                       struct fault *why)
{
	long long left[STORE_COUNTERS_MOST];

	return run_on_all(s, r, uncount_script, of, count, 0, left, why);
}

bool store_count(struct store *s, const struct region *r, const char *what,
                 const char *who, int64_t seconds, long long *ret_count,
                 struct fault *why)
{
	return store_count_all(s, r, &(struct store_counter){ what, who }, 1,
	                       seconds, ret_count, why);
}

bool store_uncount(struct store *s, const struct region *r, const char *what,
                   const char *who, struct fault *why)
{
	return store_uncount_all(s, r, &(struct store_counter){ what, who }, 1,
	                         why);
}

/* ---- revocations */

/* A revocation that cannot be parsed counts as later than every session. */
static int64_t ended_at(struct arena *a, const struct reply *reply)
{
	json_t *note;

	if (reply->type == REPLY_NIL)
		return 0;
	if (reply->type != REPLY_TEXT ||
	    !js_read(a, reply->text, reply->length, &note, NULL) ||
	    js_number(note, "v", 0) != VERSION)
		return INT64_MAX;
	return js_number(note, "at", INT64_MAX);
}

size_t store_ended_words(struct arena *a, const char *const names[3],
                         const char *words[5])
{
	static const char *const what[] = { "person", "affiliation",
		                            "municipality" };
	size_t count = 0;

	words[0] = "MGET";
	for (size_t i = 0; i < LENGTH(what); i++)
		if (names[i])
			words[++count] =
			    store_key_of_two(a, "ended", what[i], names[i]);
	words[count + 1] = NULL;
	return count;
}

bool store_ended_read(struct arena *a, const char *const names[3],
                      const struct reply *reply, struct ended *ret_ended,
                      struct fault *why)
{
	int64_t times[3] = { 0 };
	size_t at = 0;

	if (reply->type != REPLY_LIST)
		return store_strange(why);
	for (size_t i = 0; i < LENGTH(times); i++) {
		if (!names[i])
			continue;
		if (at == reply->count)
			return store_strange(why);
		times[i] = ended_at(a, &reply->items[at++]);
	}
	if (at != reply->count)
		return store_strange(why);
	*ret_ended = (struct ended){ times[0], times[1], times[2] };
	return true;
}

bool store_ended(struct store *s, const struct region *r, const char *person,
                 const char *affiliation, const char *municipality,
                 struct ended *ret_ended, struct fault *why)
{
	const char *const names[3] = { person, affiliation, municipality };
	struct arena *a = arena_open();
	const char *words[5];
	struct reply reply = { .type = REPLY_LIST };
	bool good = (store_ended_words(a, names, words) == 0 ||
	             store_command(s->links, r, a, words, &reply, why)) &&
	            store_ended_read(a, names, &reply, ret_ended, why);

	arena_close(a);
	return good;
}

bool store_note_ended(struct store *s, const struct region *r, const char *what,
                      const char *id, const char *reason, struct fault *why)
{
	struct arena *a = arena_open();
	const json_t *note =
	    js_keep(a, json_pack("{s:i, s:I, s:s}", "v", VERSION, "at",
	                         (json_int_t)clock_now(), "why", reason));
	int64_t life =
	    r->sessions.longest > ENDED_LIFE ? r->sessions.longest : ENDED_LIFE;
	bool done;
	bool good =
	    store_set_text(s, r, a, store_key_of_two(a, "ended", what, id),
	                   js_write(a, note), life, false, &done, why);

	arena_close(a);
	return good;
}

bool store_clear_ended(struct store *s, const struct region *r,
                       const char *what, const char *id, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = store_drop_key(s, r, a,
	                           store_key_of_two(a, "ended", what, id), why);

	arena_close(a);
	return good;
}

/* ---- for operators */

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* SCAN may return a key twice. */
static size_t sort_and_unite(char **hexes, size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(hexes, count, sizeof(*hexes), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !text_equal(hexes[kept - 1], hexes[i]))
			hexes[kept++] = hexes[i];
	return kept;
}

bool store_each(struct store *s, const struct region *r, struct arena *a,
                const char *kind, char ***ret_hexes, size_t *ret_count,
                struct fault *why)
{
	const char *pattern = store_key_of(a, kind, "*");
	const size_t before = strlen(pattern) - 1;
	LIST(char *) found = { 0 };
	const char *cursor = "0";

	do {
		const char *words[] = { "SCAN",  cursor, "MATCH", pattern,
			                "COUNT", "500",  NULL };
		struct reply reply;
		char **keys;

		if (!store_command(s->links, r, a, words, &reply, why))
			return false;
		if (reply.type != REPLY_LIST || reply.count != 2 ||
		    reply.items[0].type != REPLY_TEXT)
			return store_strange(why);
		if (!texts_of(a, &reply.items[1], &keys, why))
			return false;
		cursor = reply.items[0].text;
		for (; *keys && found.count < MOST_KEYS; keys++)
			if (strlen(*keys) > before &&
			    store_is_hex(*keys + before))
				*list_add(a, &found) = *keys + before;
	} while (!text_equal(cursor, "0") && found.count < MOST_KEYS);
	*ret_count = sort_and_unite(found.at, found.count);
	*ret_hexes = found.at;
	return true;
}

bool store_skew(struct store *s, const struct region *r, int64_t *ret_seconds,
                struct fault *why)
{
	struct arena *a = arena_open();
	struct reply reply;
	long long theirs = 0;
	bool good = store_command(
	    s->links, r, a, (const char *[]){ "TIME", NULL }, &reply, why);

	if (good &&
	    (reply.type != REPLY_LIST || reply.count != 2 ||
	     reply.items[0].type != REPLY_TEXT ||
	     !text_to_number(reply.items[0].text, 0, 1LL << 40, &theirs)))
		good = store_strange(why);
	arena_close(a);
	if (good)
		*ret_seconds = clock_now() - theirs;
	return good;
}
