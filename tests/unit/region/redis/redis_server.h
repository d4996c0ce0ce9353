/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redis_server.h: a real redis-server on a Unix socket, under the ACL of
 * deploy/redis, and a configuration that names it. */
#ifndef TESTS_UNIT_REGION_REDIS_REDIS_SERVER_H
#define TESTS_UNIT_REGION_REDIS_REDIS_SERVER_H

#include "tests/unit/region/config/fixture.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/hash.h"

static struct fixture f;
static struct config r; /* only the fields that the store reads */
static pid_t redis;

static redisContext *connect_directly(void)
{
	redisContext *c = redisConnectUnix(fixture_path(&f, "redis.sock"));

	assert_non_null(c);
	return c;
}

static bool is_up(void)
{
	redisContext *c = connect_directly();
	redisReply *reply =
	    c->err ? NULL : redisCommand(c, "AUTH tester tester");
	bool up = reply && reply->type == REDIS_REPLY_STATUS;

	if (reply)
		freeReplyObject(reply);
	redisFree(c);
	return up;
}

static void start_redis(void)
{
	redis = fork();
	if (redis == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		assert_non_null(freopen("/dev/null", "w", stdout));
		execlp("redis-server", "redis-server", "--port", "0",
		       "--unixsocket", fixture_path(&f, "redis.sock"),
		       "--unixsocketperm", "700", "--save", "", "--appendonly",
		       "no", "--dir", f.folder, "--aclfile",
		       fixture_path(&f, "acl"), (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !is_up(); i++)
		(void)usleep(10000);
	assert_true(is_up());
}

static void stop_redis(int data)
{
	assert_int_equal(kill(redis, data), 0);
	(void)waitpid(redis, NULL, 0);
	(void)unlink(fixture_path(&f, "redis.sock"));
}

/* The ACL file of deploy/redis, with a test password. */
static const char *acl(void)
{
	const char *password = hash_sha256_hex(f.arena, "redis-password", 14);
	char *text = whole_file(f.arena, "deploy/redis/portvakt.acl");

	text = replaced(f.arena, text, "PUT-THE-SHA-256-OF-THE-PASSWORD-HERE",
	                password);
	return arena_printf(f.arena, "%suser tester on >tester ~* +@all\n",
	                    text);
}

/* Opens f and r, and starts the server. */
static void open_redis_fixture(void)
{
	f = fixture_open();
	fixture_put(&f, "acl", acl());
	fixture_put(&f, "credentials/redis", "redis-password");
	memset(r.hash, '0', 64);
	r.credentials_directory = fixture_path(&f, "credentials");
	r.session_store.url =
	    arena_printf(f.arena, "unix:%s", fixture_path(&f, "redis.sock"));
	r.session_store.user = "portvakt";
	r.session_store.secret = "redis";
	start_redis();
}

/* Runs a command as an operator, outside the store. */
static redisReply *run_as_operator(redisContext **ret_context,
                                   const char *format, const char *one,
                                   const char *other)
{
	redisContext *c = connect_directly();

	freeReplyObject(redisCommand(c, "AUTH tester tester"));
	redisReply *reply = redisCommand(c, format, one, other);

	assert_non_null(reply);
	*ret_context = c;
	return reply;
}

static inline long long number_from(const char *format, const char *key)
{
	redisContext *c;
	redisReply *reply = run_as_operator(&c, format, key, "");
	long long number = reply->integer;

	freeReplyObject(reply);
	redisFree(c);
	return number;
}

static inline char *string_at(const char *key)
{
	redisContext *c;
	redisReply *reply = run_as_operator(&c, "GET %s", key, "");
	char *text = reply->str ? arena_strdup(f.arena, reply->str) : NULL;

	freeReplyObject(reply);
	redisFree(c);
	return text;
}

static inline void plant(const char *key, const char *text)
{
	redisContext *c;

	freeReplyObject(run_as_operator(&c, "SET %s %s", key, text));
	redisFree(c);
}

#endif
