/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of the session store with a real redis-server on a Unix socket, under
 * the ACL of deploy/redis.  A fake signer handles the two MAC requests. */
#include "tests/unit/region/redis/store_fixture.h"

#include "lib/clock.h"

static json_t *value_of(int n)
{
	return js_own(f.arena,
	              json_pack("{s:i, s:s}", "n", n, "name", "Kåre æøå"));
}

static bool put(const char *kind, const char *secret, int n)
{
	bool done = false;

	assert_true(store_put(store, &r, kind, secret, value_of(n), 60, false,
	                      &done, NULL));
	return done;
}

/* Returns -1 if there is no value. */
static long long get(const char *kind, const char *secret)
{
	json_t *value = NULL;

	assert_true(store_get(store, &r, f.arena, kind, secret, &value, NULL));
	return value ? js_number(value, "n", -2) : -1;
}

/* ---- values */

static void a_value_is_readable_until_deleted(void **state)
{
	(void)state;
	assert_true(put("session", "secret-1", 7));
	assert_int_equal(get("session", "secret-1"), 7);
	assert_int_equal(get("session", "secret-2"), -1);
	assert_int_equal(get("code", "secret-1"), -1);
	assert_true(store_delete(store, &r, "session", "secret-1", NULL));
	assert_int_equal(get("session", "secret-1"), -1);
}

static void a_key_hides_the_secret_and_a_value_has_version_and_expiry(
    void **state)
{
	const char *key = store_key(f.arena, "session", "the-cookie");
	const char *text;

	(void)state;
	assert_true(put("session", "the-cookie", 7));
	assert_true(text_starts(key, "pv:1:session:"));
	assert_string_equal(key + strlen("pv:1:session:"),
	                    hash_sha256_hex(f.arena, "the-cookie", 10));
	text = string_at(key);
	assert_true(text_starts(text, "{\"n\":7,\"name\":"));
	assert_non_null(strstr(text, "\"v\":1}."));
	assert_int_equal(strlen(strrchr(text, '.')), 44);
	assert_null(strstr(text, "the-cookie"));
	assert_in_range(number_from("TTL %s", key), 50, 60);
}

/* A client that can write to Redis cannot create a session. */
static void a_planted_value_is_ignored(void **state)
{
	const char *key = store_key(f.arena, "session", "planted");
	const char *another = store_key(f.arena, "session", "another");
	const char *mac = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	const char *const rows[] = {
		"{\"n\":1,\"v\":1}",
		arena_printf(f.arena, "{\"n\":1,\"v\":1}.%s", mac),
		mac,
		".",
		"",
		arena_printf(f.arena, ".%s", mac),
		"rubbish",
		"\xff\xfe",
		arena_printf(f.arena, "\xff{}.%s", mac),
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		plant(key, rows[i]);
		assert_int_equal(get("session", "planted"), -1);
	}
	/* A valid value under another key or of another kind. */
	assert_true(put("session", "another", 5));
	plant(key, string_at(another));
	assert_int_equal(get("session", "planted"), -1);
	plant(store_key(f.arena, "code", "another"), string_at(another));
	assert_int_equal(get("code", "another"), -1);
	assert_int_equal(get("session", "another"), 5);
}

static void a_value_of_a_later_version_is_ignored(void **state)
{
	const json_t *later =
	    js_own(f.arena, json_pack("{s:i, s:i}", "v", 2, "n", 1));
	bool done;

	(void)state;
	assert_true(store_put(store, &r, "session", "later", later, 60, false,
	                      &done, NULL));
	assert_int_equal(get("session", "later"), -1);
}

static void the_signer_verifies_the_same_bytes_once(void **state)
{
	(void)state;
	assert_true(put("session", "twice", 1));
	int before = checks_requested;

	for (int i = 0; i < 5; i++)
		assert_int_equal(get("session", "twice"), 1);
	assert_int_equal(checks_requested, before);
	/* Another process has an empty cache. */
	struct store *fresh = store_open(signer);
	json_t *value;

	for (int i = 0; i < 5; i++)
		assert_true(store_get(fresh, &r, f.arena, "session", "twice",
		                      &value, NULL));
	assert_non_null(value);
	assert_int_equal(checks_requested, before + 1);
	store_close(fresh);
}

static void without_the_signer_a_value_is_unavailable(void **state)
{
	struct error err = { 0 };
	struct store *fresh = store_open(signer);
	json_t *value = NULL;

	(void)state;
	assert_true(put("session", "unseen", 1));
	signer_is_down = true;
	assert_false(
	    store_get(fresh, &r, f.arena, "session", "unseen", &value, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_string_equal(err.reason, "signer-unavailable");
	signer_is_down = false;
	store_close(fresh);
}

/* ---- operations that succeed once */

static void a_key_is_added_only_once(void **state)
{
	bool done;

	(void)state;
	assert_true(store_put(store, &r, "code", "once", value_of(1), 60, true,
	                      &done, NULL));
	assert_true(done);
	assert_true(store_put(store, &r, "code", "once", value_of(2), 60, true,
	                      &done, NULL));
	assert_false(done);
	assert_int_equal(get("code", "once"), 1);
	assert_true(
	    store_add_if_absent(store, &r, "client", "jti", 60, &done, NULL));
	assert_true(done);
	assert_true(
	    store_add_if_absent(store, &r, "client", "jti", 60, &done, NULL));
	assert_false(done);
	assert_true(
	    store_add_if_absent(store, &r, "other", "jti", 60, &done, NULL));
	assert_true(done);
}

enum { TAKERS = 6, CODES = 100 };

static void *get_delete_all(void *won)
{
	struct arena *a = arena_open();

	for (int i = 0; i < CODES; i++) {
		json_t *value = NULL;

		if (store_get_delete(store, &r, a, "code",
		                     arena_printf(a, "race-%d", i), &value,
		                     NULL) &&
		    value)
			(*(int *)won)++;
	}
	arena_close(a);
	return NULL;
}

static void a_code_is_consumed_exactly_once(void **state)
{
	pthread_t threads[TAKERS];
	int won[TAKERS] = { 0 }, all = 0;

	(void)state;
	for (int i = 0; i < CODES; i++)
		assert_true(
		    put("code", arena_printf(f.arena, "race-%d", i), i));
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, get_delete_all, &won[i]),
		    0);
	for (int i = 0; i < TAKERS; i++) {
		(void)pthread_join(threads[i], NULL);
		all += won[i];
	}
	assert_int_equal(all, CODES);
}

static void compare_and_set_needs_the_old_value(void **state)
{
	json_t *was, *later;
	bool done;

	(void)state;
	assert_true(put("refresh", "family", 1));
	assert_true(
	    store_get(store, &r, f.arena, "refresh", "family", &was, NULL));
	assert_true(store_compare_and_set(store, &r, "refresh", "family", was,
	                                  value_of(2), 60, &done, NULL));
	assert_true(done);
	assert_int_equal(get("refresh", "family"), 2);
	/* The old value was already replaced by another client. */
	assert_true(store_compare_and_set(store, &r, "refresh", "family", was,
	                                  value_of(3), 60, &done, NULL));
	assert_false(done);
	assert_int_equal(get("refresh", "family"), 2);
	assert_true(store_compare_and_set(store, &r, "refresh", "nothing", was,
	                                  value_of(3), 60, &done, NULL));
	assert_false(done);
	assert_true(
	    store_get(store, &r, f.arena, "refresh", "family", &later, NULL));
	assert_true(store_delete(store, &r, "refresh", "family", NULL));
	assert_true(store_compare_and_set(store, &r, "refresh", "family", later,
	                                  value_of(3), 60, &done, NULL));
	assert_false(done);
}

static void set_maxmemory(const char *bytes)
{
	redisContext *c;

	freeReplyObject(
	    run_as_operator(&c, "CONFIG SET %s %s", "maxmemory", bytes));
	redisFree(c);
}

static void a_value_is_replaced_in_place_with_a_full_redis(void **state)
{
	const char *old_access = hash_sha256_hex(f.arena, "old", 3);
	const struct store_item next = { "refresh", "family", value_of(2), 60 };
	const struct store_item access = { "access", "new", value_of(7), 60 };
	struct error err = { 0 };
	json_t *was;
	bool done;

	(void)state;
	assert_true(put("refresh", "family", 1));
	assert_true(put("access", "old", 6));
	assert_true(
	    store_get(store, &r, f.arena, "refresh", "family", &was, NULL));
	set_maxmemory("1");
	assert_false(store_cas_multi(store, &r, was, &next, &access, 1, NULL,
	                             &done, &err));
	assert_true(store_error_is_full(&err));
	assert_true(store_cas_in_place(store, &r, was, &next, &access,
	                               &old_access, 1, NULL, &done, NULL));
	assert_true(done);
	/* Of two callers the second finds another value. */
	assert_true(store_cas_in_place(store, &r, was, &next, &access,
	                               &old_access, 1, NULL, &done, NULL));
	assert_false(done);
	set_maxmemory("0");
	assert_int_equal(get("refresh", "family"), 2);
	assert_int_equal(get("access", "new"), 7);
	assert_int_equal(get("access", "old"), -1);
}

static void the_memory_of_redis_is_read(void **state)
{
	struct store_memory memory;

	(void)state;
	set_maxmemory("1073741824");
	assert_true(store_memory_read(store, &r, &memory, NULL));
	assert_int_equal(memory.most, 1073741824);
	assert_in_range(memory.used, 100000, 1073741824 / 10);
	assert_in_range(store_memory_percent(&memory), 0, 10);
	set_maxmemory("0");
	assert_true(store_memory_read(store, &r, &memory, NULL));
	assert_int_equal(store_memory_percent(&memory), 0);
	memory = (struct store_memory){ 70, 100 };
	assert_int_equal(store_memory_percent(&memory), 70);
}

/* ---- sets, hashes, counters */

static void sets_and_hashes_can_be_read(void **state)
{
	char **members, **names, **values;
	size_t count;

	(void)state;
	assert_int_equal(
	    number_from("SADD %s s1 s2", store_key(f.arena, "person", "p1")),
	    2);
	assert_true(store_set_remove(store, &r, "person", "p1", "s1", NULL));
	assert_true(store_set_read(store, &r, f.arena, "person", "p1", &members,
	                           &count, NULL));
	assert_int_equal(count, 1);
	assert_string_equal(members[0], "s2");
	assert_null(members[1]);
	assert_true(store_set_read(store, &r, f.arena, "person", "nobody",
	                           &members, &count, NULL));
	assert_int_equal(count, 0);
	const char *parts = store_key(f.arena, "parts", "sid");

	assert_int_equal(number_from("HSET %s one {} two {\"a\":1}", parts), 2);
	assert_true(store_hash_read(store, &r, f.arena, "parts", "sid", &names,
	                            &values, &count, NULL));
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "one");
	assert_string_equal(values[1], "{\"a\":1}");
}

static void a_counter_expires_after_its_first_increment(void **state)
{
	long long count = 0;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		assert_true(store_counter_incr(store, &r, "tries", "1.2.3.4", 1,
		                               &count, NULL));
		assert_int_equal(count, i);
	}
	(void)usleep(1200 * 1000);
	assert_true(
	    store_counter_incr(store, &r, "tries", "1.2.3.4", 1, &count, NULL));
	assert_int_equal(count, 1);
}

static void revocations_are_read_in_one_round_trip(void **state)
{
	struct revoked_at e = { 1, 1, 1 };

	(void)state;
	assert_true(store_get_revoked_at(store, &r, "p", "a", "m", &e, NULL));
	assert_true(e.person == 0 && e.affiliation == 0 && e.municipality == 0);
	assert_true(store_revoke(store, &r, "affiliation", "a", "ended", NULL));
	assert_true(store_get_revoked_at(store, &r, "p", "a", NULL, &e, NULL));
	assert_int_equal(e.person, 0);
	assert_in_range(e.affiliation, clock_now() - 5, clock_now() + 5);
	assert_true(
	    store_get_revoked_at(store, &r, NULL, NULL, NULL, &e, NULL));
	assert_true(
	    store_clear_revocation(store, &r, "affiliation", "a", NULL));
	assert_true(store_get_revoked_at(store, &r, NULL, "a", NULL, &e, NULL));
	assert_int_equal(e.affiliation, 0);
	/* An unreadable revocation denies. */
	struct strbuf name = strbuf_init(f.arena);

	strbuf_append_bytes(&name, "person\0p", 8);
	plant(arena_printf(f.arena, "pv:1:ended:%s",
	                   hash_sha256_hex(f.arena, name.data, name.length)),
	      "rubbish");
	assert_true(store_get_revoked_at(store, &r, "p", NULL, NULL, &e, NULL));
	assert_true(e.person == INT64_MAX);
}

static bool keys_of_value(void *data, const json_t *value,
                          struct validity_keys *ret)
{
	(void)data;
	*ret = (struct validity_keys){ js_string(value, "sid"), "p",
		                       js_string(value, "affiliation"), "m" };
	return ret->sid;
}

static void put_session(const char *sid, const char *affiliation)
{
	own(release_json) json_t *value =
	    json_pack("{s:s, s:s}", "sid", sid, "affiliation", affiliation);

	assert_true(store_put(store, &r, "session", "watched", value, 60, false,
	                      NULL, NULL));
}

static struct validity read_validity(void)
{
	struct validity seen = { 0 };
	json_t *value;

	assert_true(store_get_with_validity(store, &r, f.arena, "session",
	                                    "watched", keys_of_value, NULL,
	                                    &value, &seen, NULL));
	assert_non_null(value);
	return seen;
}

static void validity_is_right_whatever_is_cached(void **state)
{
	struct validity seen;

	(void)state;
	assert_int_equal(number_from("HSET %s session 1",
	                             store_key(f.arena, "parts", "one")),
	                 1);
	put_session("one", "a");
	for (int i = 0; i < 2; i++) {
		seen = read_validity();
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.names[0], "session");
		assert_int_equal(seen.revoked_at.affiliation, 0);
	}
	/* The cached keys are outdated now. */
	assert_true(store_revoke(store, &r, "affiliation", "b", "test", NULL));
	put_session("two", "b");
	for (int i = 0; i < 2; i++) {
		seen = read_validity();
		assert_int_equal(seen.count, 0);
		assert_true(seen.revoked_at.affiliation > 0);
	}
	/* A revocation after a cache hit is visible at once. */
	assert_true(store_revoke(store, &r, "person", "p", "test", NULL));
	assert_true(read_validity().revoked_at.person > 0);
	assert_true(store_clear_revocation(store, &r, "person", "p", NULL));
}

static void a_missing_value_has_no_validity(void **state)
{
	struct validity seen = { .count = 7 };
	json_t *value;

	(void)state;
	store_prefetch_hint(store, "nothing",
	                    &(struct validity_keys){ "one", "p", "a", "m" });
	assert_true(store_get_with_validity(store, &r, f.arena, "session",
	                                    "nothing", keys_of_value, NULL,
	                                    &value, &seen, NULL));
	assert_null(value);
	assert_int_equal(seen.count, 7);
}

static void every_key_of_a_kind_is_listed(void **state)
{
	char **hexes;
	size_t count;

	(void)state;
	for (int i = 0; i < 1200; i++)
		assert_true(put("par", arena_printf(f.arena, "each-%d", i), i));
	plant("pv:1:par:not-a-hash", "x");
	assert_true(
	    store_list_keys(store, &r, f.arena, "par", &hexes, &count, NULL));
	assert_int_equal(count, 1200);
	json_t *value;

	assert_true(store_get_hashed(store, &r, f.arena, "par", hexes[0],
	                             &value, NULL));
	assert_non_null(value);
	assert_true(store_delete_hashed(store, &r, "par", hexes[0], NULL));
	assert_true(store_get_hashed(store, &r, f.arena, "par", hexes[0],
	                             &value, NULL));
	assert_null(value);
	assert_false(store_delete_hashed(store, &r, "par", "*", NULL));
}

static void the_clock_skew_is_measured(void **state)
{
	int64_t skew = 99;

	(void)state;
	assert_true(store_clock_skew(store, &r, &skew, NULL));
	assert_in_range(skew + 2, 0, 4);
}

/* ---- Redis failures */

static bool is_away(const struct config *cfg)
{
	struct store *fresh = store_open(signer);
	struct error err = { 0 };
	json_t *value;
	bool good =
	    store_get(fresh, cfg, f.arena, "session", "x", &value, &err);

	store_close(fresh);
	return !good && err.kind == ERROR_UNAVAILABLE &&
	       text_equal(err.reason, "session-store-unavailable");
}

static void a_wrong_redis_password_is_unavailable(void **state)
{
	struct config wrong = r;

	(void)state;
	fixture_put(&f, "credentials/wrong", "another");
	wrong.session_store.secret = "wrong";
	assert_true(is_away(&wrong));
	wrong.session_store.secret = "missing";
	assert_true(is_away(&wrong));
	wrong.session_store.secret = NULL;
	assert_true(is_away(&wrong));
	wrong = r;
	wrong.session_store.url = "unix:/nowhere.example/redis.sock";
	assert_true(is_away(&wrong));
	wrong.session_store.url = "redis.example:6379";
	assert_true(is_away(&wrong));
	assert_false(is_away(&r));
}

static void a_frozen_redis_times_out_after_a_second(void **state)
{
	struct error err = { 0 };
	json_t *value = NULL;

	(void)state;
	assert_true(put("session", "one", 1));
	assert_true(put("session", "two", 2));
	assert_int_equal(get("session", "one"), 1);
	assert_int_equal(kill(redis, SIGSTOP), 0);
	int64_t before = clock_monotonic_ms();
	bool good =
	    store_get(store, &r, f.arena, "session", "one", &value, &err);
	int64_t took = clock_monotonic_ms() - before;

	assert_int_equal(kill(redis, SIGCONT), 0);
	assert_false(good);
	assert_string_equal(err.reason, "session-store-unavailable");
	assert_in_range(took, 990, 3000);
	/* The late reply was for "one". */
	assert_int_equal(get("session", "two"), 2);
}

static void a_restarted_redis_is_reconnected(void **state)
{
	struct error err = { 0 };
	json_t *value;

	(void)state;
	assert_true(put("session", "gone", 1));
	stop_redis(SIGKILL);
	assert_false(
	    store_get(store, &r, f.arena, "session", "gone", &value, &err));
	assert_string_equal(err.reason, "session-store-unavailable");
	start_redis();
	assert_int_equal(get("session", "gone"), -1);
	assert_true(put("session", "back", 3));
	assert_int_equal(get("session", "back"), 3);
}

/* A server that answers the first command of each connection with this text,
 * then with ":7". */
static const char *scripted_reply;
static int scripted_listener;

static void *serve_script(void *unused)
{
	char request[4096];
	int fd;

	while ((fd = accept(scripted_listener, NULL, NULL)) >= 0) {
		const char *reply = scripted_reply;

		while (read(fd, request, sizeof(request)) > 0) {
			(void)send(fd, reply, strlen(reply), MSG_NOSIGNAL);
			reply = ":7\r\n";
		}
		(void)close(fd);
	}
	return unused;
}

static void start_script(struct config *ret_cfg, pthread_t *ret_thread)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	*ret_cfg = r;
	ret_cfg->session_store.secret = NULL;
	ret_cfg->session_store.url =
	    arena_printf(f.arena, "unix:%s", fixture_path(&f, "script.sock"));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s",
	               fixture_path(&f, "script.sock"));
	scripted_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(scripted_listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(scripted_listener, 8), 0);
	assert_int_equal(pthread_create(ret_thread, NULL, serve_script, NULL),
	                 0);
}

static void stop_script(pthread_t thread)
{
	(void)shutdown(scripted_listener, SHUT_RDWR);
	(void)close(scripted_listener);
	(void)unlink(fixture_path(&f, "script.sock"));
	(void)pthread_join(thread, NULL);
}

/* Otherwise the next command would read them as its reply. */
static void bytes_after_the_last_reply_are_an_error(void **state)
{
	static const char *const replies[] = { ":1\r\n:5\r\n", ":1\r\n:",
		                               ":1\r\n$3\r\nabc\r\n" };
	struct config scripted;
	pthread_t thread;

	(void)state;
	start_script(&scripted, &thread);
	for (size_t i = 0; i < LENGTH(replies); i++) {
		struct store *other = store_open(signer);
		struct error err = { 0 };
		long long count = 0;

		scripted_reply = replies[i];
		assert_false(store_counter_get(other, &scripted, "guess", "x",
		                               &count, &err));
		assert_string_equal(err.text,
		                    "Redis: more replies than commands");
		/* The connection is not used again. */
		scripted_reply = ":3\r\n";
		assert_true(store_counter_get(other, &scripted, "guess", "x",
		                              &count, &err));
		assert_int_equal(count, 3);
		store_close(other);
	}
	stop_script(thread);
}

static void a_reply_over_eight_megabytes_is_refused(void **state)
{
	enum { LENGTH_OF_REPLY = 9 * 1024 * 1024 };
	char *reply = arena_alloc(f.arena, LENGTH_OF_REPLY + 64);
	struct config scripted;
	pthread_t thread;
	struct store *other;
	struct error err = { 0 };
	json_t *value;

	(void)state;
	start_script(&scripted, &thread);
	other = store_open(signer);
	(void)snprintf(reply, 64, "$%d\r\n", LENGTH_OF_REPLY);
	memset(reply + strlen(reply), 'x', LENGTH_OF_REPLY);
	scripted_reply = reply;
	assert_false(
	    store_get(other, &scripted, f.arena, "session", "x", &value, &err));
	assert_string_equal(err.text, "Redis: the reply is too large");
	store_close(other);
	stop_script(thread);
}

/* As after a reload that changes the url of the session store. */
static void another_address_is_connected_to(void **state)
{
	struct config scripted;
	pthread_t thread;
	struct error err = { 0 };
	long long count = 0;

	(void)state;
	start_script(&scripted, &thread);
	scripted_reply = ":11\r\n";
	assert_true(
	    store_counter_get(store, &r, "guess", "no-one", &count, &err));
	assert_int_equal(count, 0);
	assert_true(store_counter_get(store, &scripted, "guess", "no-one",
	                              &count, &err));
	assert_int_equal(count, 11);
	assert_true(
	    store_counter_get(store, &r, "guess", "no-one", &count, &err));
	assert_int_equal(count, 0);
	stop_script(thread);
}

static void redis_error_replies_do_not_leak_keys(void **state)
{
	static const char *const rows[][2] = {
		{ "maxmemory", "1" },
		{ "min-replicas-to-write", "1" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err = { 0 };
		redisContext *c;
		bool done;

		freeReplyObject(run_as_operator(&c, "CONFIG SET %s %s",
		                                rows[i][0], rows[i][1]));
		redisFree(c);
		assert_false(store_put(store, &r, "session", "secret-name",
		                       value_of(1), 60, false, &done, &err));
		assert_int_equal(err.kind, ERROR_UNAVAILABLE);
		assert_string_equal(err.reason, "session-store-unavailable");
		assert_null(strstr(err.text, "secret-name"));
		freeReplyObject(
		    run_as_operator(&c, "CONFIG SET %s %s", rows[i][0], "0"));
		redisFree(c);
		assert_true(put("session", "secret-name", 1));
	}
}

static void the_acl_denies_other_commands_and_keys(void **state)
{
	redisContext *c = connect_directly();
	redisReply *reply =
	    redisCommand(c, "AUTH portvakt %s", "redis-password");

	(void)state;
	assert_int_equal(reply->type, REDIS_REPLY_STATUS);
	freeReplyObject(reply);
	reply = redisCommand(c, "FLUSHALL");
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	freeReplyObject(reply);
	reply = redisCommand(c, "GET other:key");
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	freeReplyObject(reply);
	redisFree(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_readable_until_deleted),
		cmocka_unit_test(
		    a_key_hides_the_secret_and_a_value_has_version_and_expiry),
		cmocka_unit_test(a_planted_value_is_ignored),
		cmocka_unit_test(a_value_of_a_later_version_is_ignored),
		cmocka_unit_test(the_signer_verifies_the_same_bytes_once),
		cmocka_unit_test(without_the_signer_a_value_is_unavailable),
		cmocka_unit_test(a_key_is_added_only_once),
		cmocka_unit_test(a_code_is_consumed_exactly_once),
		cmocka_unit_test(compare_and_set_needs_the_old_value),
		cmocka_unit_test(
		    a_value_is_replaced_in_place_with_a_full_redis),
		cmocka_unit_test(the_memory_of_redis_is_read),
		cmocka_unit_test(sets_and_hashes_can_be_read),
		cmocka_unit_test(a_counter_expires_after_its_first_increment),
		cmocka_unit_test(revocations_are_read_in_one_round_trip),
		cmocka_unit_test(validity_is_right_whatever_is_cached),
		cmocka_unit_test(a_missing_value_has_no_validity),
		cmocka_unit_test(every_key_of_a_kind_is_listed),
		cmocka_unit_test(the_clock_skew_is_measured),
		cmocka_unit_test(a_wrong_redis_password_is_unavailable),
		cmocka_unit_test(a_frozen_redis_times_out_after_a_second),
		cmocka_unit_test(a_restarted_redis_is_reconnected),
		cmocka_unit_test(bytes_after_the_last_reply_are_an_error),
		cmocka_unit_test(a_reply_over_eight_megabytes_is_refused),
		cmocka_unit_test(another_address_is_connected_to),
		cmocka_unit_test(redis_error_replies_do_not_leak_keys),
		cmocka_unit_test(the_acl_denies_other_commands_and_keys),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
