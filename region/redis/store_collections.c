/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_collections.c: sets, hashes, counters and revocations in Redis, and the
 * listing of keys for operators. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/redis/store_private.h"

enum { VALUE_VERSION = 1, MAX_LISTED_KEYS = 1000000 };

/* A revocation outlives every session and token it applies to; the catalogue
 * keeps the status for good. */
enum { REVOCATION_MIN_LIFETIME_S = 90 * 24 * 3600 };

/* ---- sets, hashes, counters */

/* A script, because a key without an expiry would stay for ever. */
static const char counter_incr_script[] =
    "local n=redis.call('INCR',KEYS[1]) "
    "if n==1 then redis.call('EXPIRE',KEYS[1],ARGV[1]) end return n";

bool store_set_remove(struct store *s, const struct config *cfg,
                      const char *kind, const char *secret, const char *member,
                      struct error *err)
{
	struct arena *a = arena_open();
	const char *args[] = { "SREM", store_key(a, kind, secret), member,
		               NULL };
	struct store_reply reply;
	bool good = store_command(s->conns, cfg, a, args, &reply, err);

	arena_close(a);
	return good;
}

/* Returns the strings of a list reply, NULL-terminated. */
static bool reply_to_strings(struct arena *a, const struct store_reply *reply,
                             char ***ret_texts, struct error *err)
{
	char **texts = arena_array(a, char *, reply->count + 1);

	if (reply->type != STORE_REPLY_ARRAY)
		return store_unexpected_reply(err);
	for (size_t i = 0; i < reply->count; i++) {
		if (reply->items[i].type != STORE_REPLY_STRING)
			return store_unexpected_reply(err);
		texts[i] = reply->items[i].text;
	}
	*ret_texts = texts;
	return true;
}

bool store_set_read(struct store *s, const struct config *cfg, struct arena *a,
                    const char *kind, const char *secret, char ***ret_members,
                    size_t *ret_count, struct error *err)
{
	const char *args[] = { "SMEMBERS", store_key(a, kind, secret), NULL };
	struct store_reply reply;

	if (!store_command(s->conns, cfg, a, args, &reply, err) ||
	    !reply_to_strings(a, &reply, ret_members, err))
		return false;
	*ret_count = reply.count;
	return true;
}

bool store_parse_fields(struct arena *a, const struct store_reply *reply,
                        char ***ret_names, char ***ret_values,
                        size_t *ret_count, struct error *err)
{
	char **texts;

	if (!reply_to_strings(a, reply, &texts, err))
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

bool store_hash_read(struct store *s, const struct config *cfg, struct arena *a,
                     const char *kind, const char *secret, char ***ret_names,
                     char ***ret_values, size_t *ret_count, struct error *err)
{
	const char *args[] = { "HGETALL", store_key(a, kind, secret), NULL };
	struct store_reply reply;

	return store_command(s->conns, cfg, a, args, &reply, err) &&
	       store_parse_fields(a, &reply, ret_names, ret_values, ret_count,
	                          err);
}

static const char counter_get_script[] =
    "return tonumber(redis.call('GET', KEYS[1]) or '0')";

static const char counter_decr_script[] =
    "if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then "
    "return redis.call('DECR', KEYS[1]) end return 0";

static const char counter_extend_script[] =
    "return redis.call('EXPIRE',KEYS[1],ARGV[1])";

bool store_counter_get(struct store *s, const struct config *cfg,
                       const char *name, const char *subject,
                       long long *ret_count, struct error *err)
{
	struct arena *a = arena_open();
	bool good = store_run_script(
	    s, cfg, a, counter_get_script,
	    store_key_from_pair(a, "count", name, subject),
	    (const char *[]){ NULL, NULL, NULL }, ret_count, err);

	arena_close(a);
	return good;
}

bool store_counter_clear(struct store *s, const struct config *cfg,
                         const char *name, const char *subject,
                         long long *ret_count, struct error *err)
{
	struct arena *a = arena_open();
	bool good =
	    store_counter_get(s, cfg, name, subject, ret_count, err) &&
	    store_delete_key(
		s, cfg, a, store_key_from_pair(a, "count", name, subject), err);

	arena_close(a);
	return good;
}

/* Runs the script on each counter in one round trip; seconds 0: no argument. */
static bool run_counter_script(struct store *s, const struct config *cfg,
                               const char *script,
                               const struct store_counter *counters,
                               size_t count, int64_t seconds,
                               long long *ret_counts, struct error *err)
{
	struct arena *a = arena_open();
	const char *args[STORE_MAX_COUNTERS][6];
	const char *const *commands[STORE_MAX_COUNTERS];
	struct store_reply replies[STORE_MAX_COUNTERS];

	assert(count <= STORE_MAX_COUNTERS);
	for (size_t i = 0; i < count; i++) {
		args[i][0] = "EVAL";
		args[i][1] = script;
		args[i][2] = "1";
		args[i][3] = store_key_from_pair(a, "count", counters[i].name,
		                                 counters[i].subject);
		args[i][4] =
		    seconds > 0 ? store_format_seconds(a, seconds) : NULL;
		args[i][5] = NULL;
		commands[i] = args[i];
	}
	bool good = count == 0 || store_pipeline(s->conns, cfg, a, commands,
	                                         count, replies, err);

	for (size_t i = 0; good && i < count; i++) {
		good = replies[i].type == STORE_REPLY_INTEGER ||
		       store_unexpected_reply(err);
		ret_counts[i] = replies[i].number;
	}
	arena_close(a);
	return good;
}

bool store_counters_incr(struct store *s, const struct config *cfg,
                         const struct store_counter *counters, size_t count,
                         int64_t seconds, long long *ret_counts,
                         struct error *err)
{
	long long counts[STORE_MAX_COUNTERS];

	if (!run_counter_script(s, cfg, counter_incr_script, counters, count,
	                        seconds, counts, err))
		return false;
	memcpy(ret_counts, counts, count * sizeof(*counts));
	return true;
}

bool store_counters_get(struct store *s, const struct config *cfg,
                        const struct store_counter *counters, size_t count,
                        long long *ret_counts, struct error *err)
{
	return run_counter_script(s, cfg, counter_get_script, counters, count,
	                          0, ret_counts, err);
}

bool store_counters_extend(struct store *s, const struct config *cfg,
                           const struct store_counter *counters, size_t count,
                           int64_t seconds, struct error *err)
{
	long long unused[STORE_MAX_COUNTERS];

	return run_counter_script(s, cfg, counter_extend_script, counters,
	                          count, seconds, unused, err);
}

bool store_counters_decr(struct store *s, const struct config *cfg,
                         const struct store_counter *counters, size_t count,
                         struct error *err)
{
	long long values[STORE_MAX_COUNTERS];

	return run_counter_script(s, cfg, counter_decr_script, counters, count,
	                          0, values, err);
}

bool store_counter_incr(struct store *s, const struct config *cfg,
                        const char *name, const char *subject, int64_t seconds,
                        long long *ret_count, struct error *err)
{
	return store_counters_incr(s, cfg,
	                           &(struct store_counter){ name, subject }, 1,
	                           seconds, ret_count, err);
}

bool store_counter_decr(struct store *s, const struct config *cfg,
                        const char *name, const char *subject,
                        struct error *err)
{
	return store_counters_decr(
	    s, cfg, &(struct store_counter){ name, subject }, 1, err);
}

/* ---- revocations */

/* A revocation that cannot be parsed counts as later than every session. */
static int64_t parse_revocation(struct arena *a,
                                const struct store_reply *reply)
{
	json_t *revocation;

	if (reply->type == STORE_REPLY_NIL)
		return 0;
	if (reply->type != STORE_REPLY_STRING ||
	    !js_parse(a, reply->text, reply->length, &revocation, NULL) ||
	    js_number(revocation, "v", 0) != VALUE_VERSION)
		return INT64_MAX;
	return js_number(revocation, "at", INT64_MAX);
}

size_t store_revoked_at_command(struct arena *a, const char *const ids[3],
                                const char *args[5])
{
	static const char *const subjects[] = { "person", "affiliation",
		                                "municipality" };
	size_t count = 0;

	args[0] = "MGET";
	for (size_t i = 0; i < LENGTH(subjects); i++)
		if (ids[i])
			args[++count] = store_key_from_pair(
			    a, "ended", subjects[i], ids[i]);
	args[count + 1] = NULL;
	return count;
}

bool store_parse_revoked_at(struct arena *a, const char *const ids[3],
                            const struct store_reply *reply,
                            struct revoked_at *ret_revoked_at,
                            struct error *err)
{
	int64_t times[3] = { 0 };
	size_t at = 0;

	if (reply->type != STORE_REPLY_ARRAY)
		return store_unexpected_reply(err);
	for (size_t i = 0; i < LENGTH(times); i++) {
		if (!ids[i])
			continue;
		if (at == reply->count)
			return store_unexpected_reply(err);
		times[i] = parse_revocation(a, &reply->items[at++]);
	}
	if (at != reply->count)
		return store_unexpected_reply(err);
	*ret_revoked_at = (struct revoked_at){ times[0], times[1], times[2] };
	return true;
}

bool store_get_revoked_at(struct store *s, const struct config *cfg,
                          const char *person, const char *affiliation,
                          const char *municipality,
                          struct revoked_at *ret_revoked_at, struct error *err)
{
	const char *const ids[3] = { person, affiliation, municipality };
	struct arena *a = arena_open();
	const char *args[5];
	struct store_reply reply = { .type = STORE_REPLY_ARRAY };
	bool good = (store_revoked_at_command(a, ids, args) == 0 ||
	             store_command(s->conns, cfg, a, args, &reply, err)) &&
	            store_parse_revoked_at(a, ids, &reply, ret_revoked_at, err);

	arena_close(a);
	return good;
}

bool store_revoke(struct store *s, const struct config *cfg,
                  const char *subject, const char *id, const char *reason,
                  struct error *err)
{
	struct arena *a = arena_open();
	const json_t *revocation =
	    js_own(a, json_pack("{s:i, s:I, s:s}", "v", VALUE_VERSION, "at",
	                        (json_int_t)clock_now(), "why", reason));
	int64_t lifetime =
	    cfg->session_store.max_lifetime > REVOCATION_MIN_LIFETIME_S
		? cfg->session_store.max_lifetime
		: REVOCATION_MIN_LIFETIME_S;
	bool done;
	bool good = store_set_text(
	    s, cfg, a, store_key_from_pair(a, "ended", subject, id),
	    js_dump(a, revocation), lifetime, false, &done, err);

	arena_close(a);
	return good;
}

bool store_clear_revocation(struct store *s, const struct config *cfg,
                            const char *subject, const char *id,
                            struct error *err)
{
	struct arena *a = arena_open();
	bool good = store_delete_key(
	    s, cfg, a, store_key_from_pair(a, "ended", subject, id), err);

	arena_close(a);
	return good;
}

/* ---- for operators */

static int compare_strings(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* SCAN may return a key twice. */
static size_t sort_unique_strings(char **hexes, size_t count)
{
	size_t unique = 0;

	if (count > 0)
		qsort(hexes, count, sizeof(*hexes), compare_strings);
	for (size_t i = 0; i < count; i++)
		if (unique == 0 || !text_equal(hexes[unique - 1], hexes[i]))
			hexes[unique++] = hexes[i];
	return unique;
}

bool store_list_keys(struct store *s, const struct config *cfg, struct arena *a,
                     const char *kind, char ***ret_hexes, size_t *ret_count,
                     struct error *err)
{
	const char *pattern = store_key_from_hash(a, kind, "*");
	const size_t prefix_length = strlen(pattern) - 1;
	VECTOR(char *) found = { 0 };
	const char *cursor = "0";

	do {
		const char *args[] = { "SCAN",  cursor, "MATCH", pattern,
			               "COUNT", "500",  NULL };
		struct store_reply reply;
		char **keys;

		if (!store_command(s->conns, cfg, a, args, &reply, err))
			return false;
		if (reply.type != STORE_REPLY_ARRAY || reply.count != 2 ||
		    reply.items[0].type != STORE_REPLY_STRING)
			return store_unexpected_reply(err);
		if (!reply_to_strings(a, &reply.items[1], &keys, err))
			return false;
		cursor = reply.items[0].text;
		for (; *keys && found.count < MAX_LISTED_KEYS; keys++)
			if (strlen(*keys) > prefix_length &&
			    store_is_hash(*keys + prefix_length))
				*vector_append(a, &found) =
				    *keys + prefix_length;
	} while (!text_equal(cursor, "0") && found.count < MAX_LISTED_KEYS);
	*ret_count = sort_unique_strings(found.at, found.count);
	*ret_hexes = found.at;
	return true;
}

bool store_clock_skew(struct store *s, const struct config *cfg,
                      int64_t *ret_seconds, struct error *err)
{
	struct arena *a = arena_open();
	struct store_reply reply;
	long long redis_time = 0;
	bool good = store_command(
	    s->conns, cfg, a, (const char *[]){ "TIME", NULL }, &reply, err);

	if (good &&
	    (reply.type != STORE_REPLY_ARRAY || reply.count != 2 ||
	     reply.items[0].type != STORE_REPLY_STRING ||
	     !text_to_number(reply.items[0].text, 0, 1LL << 40, &redis_time)))
		good = store_unexpected_reply(err);
	arena_close(a);
	if (good)
		*ret_seconds = clock_now() - redis_time;
	return good;
}

/* ---- contact */

bool store_note_seen(struct store *s, const struct config *cfg,
                     const char *what, struct error *err)
{
	struct arena *a = arena_open();
	bool done;
	bool good =
	    store_set_text(s, cfg, a, store_key(a, "seen", what),
	                   arena_printf(a, "%lld", (long long)clock_now()),
	                   REVOCATION_MIN_LIFETIME_S, false, &done, err);

	arena_close(a);
	return good;
}

bool store_last_seen(struct store *s, const struct config *cfg,
                     const char *what, int64_t *ret_when, struct error *err)
{
	struct arena *a = arena_open();
	const char *args[] = { "GET", store_key(a, "seen", what), NULL };
	struct store_reply reply = { 0 };
	bool good = store_command(s->conns, cfg, a, args, &reply, err);
	long long when = 0;

	if (good && reply.type == STORE_REPLY_STRING)
		(void)!text_to_number(reply.text, 1, INT64_MAX, &when);
	if (good)
		*ret_when = when;
	arena_close(a);
	return good;
}
