/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_end.c: begin and end of a session, as scripts.  Times are those of
 * Redis, so processes with different clocks agree on what is due. */
#include "region/redis/store_end.h"

#include <assert.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/redis/store_private.h"

/* A queue lives on while something waits in it. */
enum { QUEUE_LIFETIME_S = 2 * 24 * 3600, MAX_WORDS = 24 };

/* The first field of an item is its version, the second its kind. */
#define ITEM_NOTIFY "1 notify "
#define ITEM_END    "1 end "

/* What end_script returns for a session that another key has replaced. */
#define REPLACED "replaced"

static char *logouts_key(struct arena *a)
{
	return store_key(a, "logout", "queue");
}

static char *idle_key(struct arena *a)
{
	return store_key(a, "idle", "queue");
}

static char *gone_key(struct arena *a)
{
	return store_key(a, "gone", "queue");
}

static char *past_key(struct arena *a, const char *hex)
{
	return store_key_from_hash(a, "past", hex);
}

static char *seconds_text(struct arena *a, int64_t seconds)
{
	return arena_printf(a, "%lld", (long long)seconds);
}

/* A script with its keys and arguments, both NULL-terminated. */
static bool run_end_script(struct store *s, const struct config *cfg,
                           struct arena *a, const char *script,
                           const char *const *keys, const char *const *argv,
                           struct store_reply *ret_reply, struct error *err)
{
	const char *words[MAX_WORDS] = { "EVAL", script };
	size_t count = 3;

	for (; *keys; keys++)
		words[count++] = *keys;
	words[2] = arena_printf(a, "%zu", count - 3);
	for (; *argv && count < MAX_WORDS - 1; argv++)
		words[count++] = *argv;
	assert(count < MAX_WORDS);
	return store_command(s->conns, cfg, a, words, ret_reply, err);
}

/* ---- begin -------------------------------------------------------------- */

/* KEYS: parts, person, idle.  ARGV: the marker, its lifetime, the hex, the
 * lifetime of person, the member of idle, the time until it is due, the
 * lifetime of idle. */
static const char begin_script[] =
    "local now=tonumber(redis.call('TIME')[1]) "
    "redis.call('HSET',KEYS[1],'" STORE_SESSION_MARKER "',ARGV[1]) "
    "if redis.call('TTL',KEYS[1])<tonumber(ARGV[2]) then "
    "redis.call('EXPIRE',KEYS[1],ARGV[2]) end "
    "redis.call('SADD',KEYS[2],ARGV[3]) "
    "if redis.call('TTL',KEYS[2])<tonumber(ARGV[4]) then "
    "redis.call('EXPIRE',KEYS[2],ARGV[4]) end "
    "redis.call('ZADD',KEYS[3],now+ARGV[6],ARGV[5]) "
    "redis.call('EXPIRE',KEYS[3],ARGV[7]) return 1";

struct store_session store_session_of(struct arena *a, const char *hex,
                                      const char *sid, const char *person)
{
	return (struct store_session){
		hex, sid, hash_sha256_hex(a, person, strlen(person))
	};
}

static char *idle_member(struct arena *a, const struct store_session *session)
{
	return arena_printf(a, "%s %s %s", session->hex, session->sid,
	                    session->person_hex);
}

bool store_begin_session(struct store *s, const struct config *cfg,
                         const struct store_session *session,
                         const char *marker, int64_t parts_s, int64_t ttl_s,
                         struct error *err)
{
	struct arena *a = arena_open();
	const char *const keys[] = { store_key(a, "parts", session->sid),
		                     store_key_from_hash(a, "person",
		                                         session->person_hex),
		                     idle_key(a), NULL };
	const char *const argv[] = {
		marker,
		seconds_text(a, parts_s),
		session->hex,
		seconds_text(a, cfg->session_store.max_lifetime),
		idle_member(a, session),
		seconds_text(a, ttl_s),
		seconds_text(a, cfg->session_store.max_lifetime +
		                    QUEUE_LIFETIME_S),
		NULL
	};
	struct store_reply reply;
	bool good =
	    run_end_script(s, cfg, a, begin_script, keys, argv, &reply, err);

	arena_close(a);
	return good;
}

/* ---- participants ------------------------------------------------------- */

/* KEYS: parts.  ARGV: the field, its value, the lifetime. */
static const char participant_script[] =
    "if redis.call('HEXISTS',KEYS[1],'" STORE_SESSION_MARKER "')==0 then "
    "return 0 end "
    "redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) "
    "if redis.call('TTL',KEYS[1])<tonumber(ARGV[3]) then "
    "redis.call('EXPIRE',KEYS[1],ARGV[3]) end return 1";

bool store_set_participant(struct store *s, const struct config *cfg,
                           const char *sid, const char *participant,
                           const char *value, int64_t seconds, bool *ret_set,
                           struct error *err)
{
	struct arena *a = arena_open();
	const char *const keys[] = { store_key(a, "parts", sid), NULL };
	const char *const argv[] = { participant, value,
		                     seconds_text(a, seconds), NULL };
	struct store_reply reply;
	bool good = run_end_script(s, cfg, a, participant_script, keys, argv,
	                           &reply, err);

	*ret_set = good && reply.number == 1;
	arena_close(a);
	return good;
}

/* ---- end ---------------------------------------------------------------- */

/* KEYS: session, parts, person, past, logout, idle, gone.  ARGV: the hex, the
 * field end without its time, the lifetime of past, the time until the
 * notifications are due, the most of them, the lifetime of logout, the member
 * of idle.  A participant without a name has received nothing to end.  The
 * deletions come first: after them Redis accepts the rest of a
 * script also at its limit of memory.  A session that was replaced has no
 * value, and its marker has another key; of two logins at the same time, both
 * keys have a value and end the session. */
static const char end_script[] =
    "local now=tonumber(redis.call('TIME')[1]) "
    "local living=redis.call('DEL',KEYS[1]) "
    "redis.call('SREM',KEYS[3],ARGV[1]) "
    "redis.call('ZREM',KEYS[6],ARGV[7]) "
    "local marker=redis.call('HGET',KEYS[2],'" STORE_SESSION_MARKER "') "
    "if not marker then return {'0'} end "
    "if living==0 and string.find(marker,'\"key\"',1,true) and "
    "not string.find(marker,ARGV[1],1,true) then return {'" REPLACED "'} end "
    "local parts=redis.call('HGETALL',KEYS[2]) "
    "redis.call('DEL',KEYS[2]) "
    "local left=0 "
    "redis.call('HSET',KEYS[4],'" STORE_PAST_END "',ARGV[2]..now..'}') "
    "for i=1,#parts,2 do "
    "redis.call('HSET',KEYS[4],parts[i],parts[i+1]) "
    "if string.find(parts[i],' ',1,true) and "
    "string.find(parts[i+1],'\"name\"',1,true) then "
    "if redis.call('ZCARD',KEYS[5])<tonumber(ARGV[5]) then "
    "redis.call('ZADD',KEYS[5],now+ARGV[4],"
    "'" ITEM_NOTIFY "'..ARGV[1]..' '..parts[i]) "
    "else left=left+1 end end end "
    "redis.call('EXPIRE',KEYS[4],ARGV[3]) "
    "redis.call('EXPIRE',KEYS[5],ARGV[6]) "
    "redis.call('ZADD',KEYS[7],now,string.sub(KEYS[2],-64)) "
    "redis.call('ZREMRANGEBYSCORE',KEYS[7],'-inf',now-ARGV[3]) "
    "redis.call('EXPIRE',KEYS[7],ARGV[3]) "
    "table.insert(parts,1,tostring(left)) "
    "return parts";

/* Without the closing part of the object: the script adds the time. */
static char *past_end_prefix(struct arena *a,
                             const struct store_session *session,
                             const char *cause)
{
	json_t *value = js_own(a, json_pack("{s:i, s:s, s:s}", "v", 1, "sid",
	                                    session->sid, "cause", cause));
	char *text = js_dump(a, value);

	text[strlen(text) - 1] = '\0';
	return arena_printf(a, "%s,\"at\":", text);
}

static bool parse_end_result(struct arena *a, const struct store_reply *reply,
                             struct store_end_result *ret, struct error *err)
{
	struct store_reply rest = *reply;
	long long dropped = 0;

	*ret = (struct store_end_result){ 0 };
	if (reply->type != STORE_REPLY_ARRAY || reply->count < 1 ||
	    reply->items[0].type != STORE_REPLY_STRING)
		return store_unexpected_reply(err);
	ret->is_replaced = text_equal(reply->items[0].text, REPLACED);
	if (!ret->is_replaced && !text_to_number(reply->items[0].text, 0,
	                                         STORE_LOGOUTS_MAX, &dropped))
		return store_unexpected_reply(err);
	rest.items++;
	rest.count--;
	ret->dropped = (size_t)dropped;
	return store_parse_fields(a, &rest, &ret->parts.names,
	                          &ret->parts.values, &ret->parts.count, err);
}

bool store_end_session(struct store *s, const struct config *cfg,
                       struct arena *a, const struct store_session *session,
                       const char *cause, int64_t notify_in_s,
                       struct store_end_result *ret, struct error *err)
{
	if (!store_is_hash(session->hex))
		return error_set(err, ERROR_INVALID,
		                 "key is not a SHA-256 hash");
	const char *const keys[] = {
		store_key_from_hash(a, "session", session->hex),
		store_key(a, "parts", session->sid),
		store_key_from_hash(a, "person", session->person_hex),
		past_key(a, session->hex),
		logouts_key(a),
		idle_key(a),
		gone_key(a),
		NULL
	};
	const char *const argv[] = { session->hex,
		                     past_end_prefix(a, session, cause),
		                     seconds_text(
					 a, cfg->session_store.max_lifetime),
		                     seconds_text(a, notify_in_s),
		                     seconds_text(a, STORE_LOGOUTS_MAX),
		                     seconds_text(a, QUEUE_LIFETIME_S),
		                     idle_member(a, session),
		                     NULL };
	struct store_reply reply;

	return run_end_script(s, cfg, a, end_script, keys, argv, &reply, err) &&
	       parse_end_result(a, &reply, ret, err);
}

/* ---- the record of a past session --------------------------------------- */

bool store_past_read(struct store *s, const struct config *cfg, struct arena *a,
                     const char *hex, struct store_fields *ret_past,
                     struct error *err)
{
	const char *args[] = { "HGETALL", past_key(a, hex), NULL };
	struct store_reply reply;

	return store_command(s->conns, cfg, a, args, &reply, err) &&
	       store_parse_fields(a, &reply, &ret_past->names,
	                          &ret_past->values, &ret_past->count, err);
}

char *store_past_status_field(struct arena *a, const char *participant)
{
	return arena_printf(a, "=%s", participant);
}

/* KEYS: past, logout.  ARGV: the field, the status, the item, the time until
 * it is due again or 0.  A record that expired is not created again. */
static const char settle_script[] =
    "local here=redis.call('EXISTS',KEYS[1])==1 "
    "if not here or ARGV[4]=='0' then redis.call('ZREM',KEYS[2],ARGV[3]) "
    "else redis.call('ZADD',KEYS[2],'XX',"
    "tonumber(redis.call('TIME')[1])+ARGV[4],ARGV[3]) end "
    "if here then redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) end return 1";

bool store_past_settle(struct store *s, const struct config *cfg,
                       const char *hex, const char *participant,
                       const char *status, int64_t retry_in_s,
                       struct error *err)
{
	struct arena *a = arena_open();
	const char *const keys[] = { past_key(a, hex), logouts_key(a), NULL };
	const char *const argv[] = {
		store_past_status_field(a, participant), status,
		arena_printf(a, ITEM_NOTIFY "%s %s", hex, participant),
		seconds_text(a, retry_in_s), NULL
	};
	struct store_reply reply;
	bool good =
	    run_end_script(s, cfg, a, settle_script, keys, argv, &reply, err);

	arena_close(a);
	return good;
}

/* ---- the queue of notifications ----------------------------------------- */

/* KEYS: logout.  ARGV: the lease, the most. */
static const char take_script[] =
    "local now=tonumber(redis.call('TIME')[1]) "
    "local due=redis.call('ZRANGEBYSCORE',KEYS[1],'-inf',now,"
    "'LIMIT',0,ARGV[2]) "
    "for _,item in ipairs(due) do "
    "redis.call('ZADD',KEYS[1],now+ARGV[1],item) end "
    "return due";

static bool reply_to_items(struct arena *a, const struct store_reply *reply,
                           char ***ret_items, size_t *ret_count,
                           struct error *err)
{
	char **items = arena_array(a, char *, reply->count + 1);

	if (reply->type != STORE_REPLY_ARRAY)
		return store_unexpected_reply(err);
	for (size_t i = 0; i < reply->count; i++) {
		if (reply->items[i].type != STORE_REPLY_STRING)
			return store_unexpected_reply(err);
		items[i] = reply->items[i].text;
	}
	*ret_items = items;
	*ret_count = reply->count;
	return true;
}

bool store_logouts_take(struct store *s, const struct config *cfg,
                        struct arena *a, int64_t lease_s, size_t max,
                        char ***ret_items, size_t *ret_count, struct error *err)
{
	const char *const keys[] = { logouts_key(a), NULL };
	const char *const argv[] = { seconds_text(a, lease_s),
		                     arena_printf(a, "%zu", max), NULL };
	struct store_reply reply;

	return run_end_script(s, cfg, a, take_script, keys, argv, &reply,
	                      err) &&
	       reply_to_items(a, &reply, ret_items, ret_count, err);
}

bool store_logout_remove(struct store *s, const struct config *cfg,
                         const char *item, struct error *err)
{
	struct arena *a = arena_open();
	const char *args[] = { "ZREM", logouts_key(a), item, NULL };
	struct store_reply reply;
	bool good = store_command(s->conns, cfg, a, args, &reply, err);

	arena_close(a);
	return good;
}

static bool logout_parse_end(char **words, size_t count,
                             struct store_logout_item *ret)
{
	long long until;

	if (count != 3 || !text_to_number(words[2], 0, 1LL << 40, &until))
		return false;
	ret->person = words[0];
	ret->affiliation = text_equal(words[1], "-") ? NULL : words[1];
	ret->until = until;
	return true;
}

bool store_logout_parse(struct arena *a, const char *item,
                        struct store_logout_item *ret)
{
	size_t count;
	char **words;

	*ret = (struct store_logout_item){ 0 };
	if (text_starts(item, ITEM_END)) {
		words = text_split(a, item + strlen(ITEM_END), " ", &count);
		return logout_parse_end(words, count, ret);
	}
	if (!text_starts(item, ITEM_NOTIFY))
		return false;
	words = text_split(a, item + strlen(ITEM_NOTIFY), " ", &count);
	if (count != 3 || !store_is_hash(words[0]))
		return false;
	ret->hex = words[0];
	ret->participant = arena_printf(a, "%s %s", words[1], words[2]);
	return true;
}

/* KEYS: logout, person.  ARGV: the item without its time, the most items, the
 * lifetime of logout. */
static const char queue_script[] =
    "local now=tonumber(redis.call('TIME')[1]) "
    "if redis.call('EXISTS',KEYS[2])==0 or "
    "redis.call('ZCARD',KEYS[1])>=tonumber(ARGV[2]) then return 0 end "
    "redis.call('ZADD',KEYS[1],now,ARGV[1]..now) "
    "redis.call('EXPIRE',KEYS[1],ARGV[3]) return 1";

bool store_queue_revocation(struct store *s, const struct config *cfg,
                            const char *person, const char *affiliation,
                            struct error *err)
{
	struct arena *a = arena_open();
	const char *const keys[] = { logouts_key(a),
		                     store_key(a, "person", person), NULL };
	const char *const argv[] = { arena_printf(a, ITEM_END "%s %s ", person,
		                                  affiliation ? affiliation
		                                              : "-"),
		                     seconds_text(a, STORE_LOGOUTS_MAX),
		                     seconds_text(a, QUEUE_LIFETIME_S), NULL };
	struct store_reply reply;
	bool good =
	    run_end_script(s, cfg, a, queue_script, keys, argv, &reply, err);

	arena_close(a);
	return good;
}

/* ---- sessions that ended ------------------------------------------------- */

static bool gone_parse(const struct store_reply *reply,
                       struct store_gone *ret_gone, struct error *err)
{
	for (size_t i = 0; i + 1 < reply->count; i += 2) {
		const struct store_reply *one = &reply->items[i];
		long long at;

		if (one[0].type != STORE_REPLY_STRING ||
		    one[1].type != STORE_REPLY_STRING ||
		    !store_is_hash(one[0].text) ||
		    !text_to_number(one[1].text, 0, 1LL << 40, &at))
			return store_unexpected_reply(err);
		ret_gone[i / 2] = (struct store_gone){ one[0].text, at };
	}
	return true;
}

bool store_gone_read(struct store *s, const struct config *cfg, struct arena *a,
                     int64_t since, size_t max, struct store_gone **ret_gone,
                     size_t *ret_count, struct error *err)
{
	const char *args[] = { "ZRANGEBYSCORE",
		               gone_key(a),
		               seconds_text(a, since),
		               "+inf",
		               "WITHSCORES",
		               "LIMIT",
		               "0",
		               arena_printf(a, "%zu", max),
		               NULL };
	struct store_reply reply;

	if (!store_command(s->conns, cfg, a, args, &reply, err))
		return false;
	if (reply.type != STORE_REPLY_ARRAY)
		return store_unexpected_reply(err);
	*ret_count = reply.count / 2;
	*ret_gone = arena_array(a, struct store_gone, *ret_count + 1);
	return gone_parse(&reply, *ret_gone, err);
}

/* ---- sessions whose time is over ---------------------------------------- */

/* KEYS: idle.  ARGV: the lease, the most, the prefix of the keys of sessions.
 */
static const char idle_script[] =
    "local now=tonumber(redis.call('TIME')[1]) "
    "local due=redis.call('ZRANGEBYSCORE',KEYS[1],'-inf',now-1,"
    "'LIMIT',0,ARGV[2]) "
    "local over={} "
    "for _,item in ipairs(due) do "
    "local left=redis.call('TTL',ARGV[3]..string.sub(item,1,64)) "
    "if left>=0 then redis.call('ZADD',KEYS[1],now+left,item) "
    "else redis.call('ZADD',KEYS[1],now+ARGV[1],item) "
    "table.insert(over,item) end end "
    "return over";

static bool idle_parse(struct arena *a, const char *item,
                       struct store_session *ret)
{
	size_t count;
	char **words = text_split(a, item, " ", &count);

	if (count != 3 || !store_is_hash(words[0]) || !store_is_hash(words[2]))
		return false;
	*ret = (struct store_session){ words[0], words[1], words[2] };
	return true;
}

bool store_idle_take(struct store *s, const struct config *cfg, struct arena *a,
                     int64_t lease_s, size_t max,
                     struct store_session **ret_sessions, size_t *ret_count,
                     struct error *err)
{
	const char *const keys[] = { idle_key(a), NULL };
	const char *const argv[] = { seconds_text(a, lease_s),
		                     arena_printf(a, "%zu", max),
		                     store_key_from_hash(a, "session", ""),
		                     NULL };
	struct store_reply reply;
	char **items;
	size_t taken, count = 0;

	if (!run_end_script(s, cfg, a, idle_script, keys, argv, &reply, err) ||
	    !reply_to_items(a, &reply, &items, &taken, err))
		return false;
	struct store_session *sessions =
	    arena_array(a, struct store_session, taken + 1);

	for (size_t i = 0; i < taken; i++)
		if (idle_parse(a, items[i], &sessions[count]))
			count++;
	*ret_sessions = sessions;
	*ret_count = count;
	return true;
}
