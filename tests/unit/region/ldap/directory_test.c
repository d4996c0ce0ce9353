/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of directory_*.c against a real slapd in its own directory, and servers
 * that do not respond. */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"

enum { PORT = 12280 };

#define BASE  "dc=tinn,dc=example"
#define ADMIN "cn=admin," BASE
#define KARI  "uid=kari," BASE

static char dir[] = "/tmp/portvakt-directory-XXXXXX";
static char trust[64];
static char local_uri[256];
static pid_t slapd;

static int start_slapd(void **state)
{
	char line[32] = "";
	char command[256];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(command, sizeof(command),
	               "exec tests/unit/region/ldap/slapd.sh %s %d", dir, PORT);
	FILE *out = popen(command, "r");
	if (!out || !fgets(line, sizeof(line), out))
		return -1;
	slapd = (pid_t)strtol(line, NULL, 10);
	(void)snprintf(trust, sizeof(trust), "%s/cert.pem", dir);
	(void)snprintf(local_uri, sizeof(local_uri),
	               "ldapi://%%2ftmp%%2f%s%%2fldapi", dir + 5);
	return slapd > 0 ? 0 : -1;
}

static int stop_slapd(void **state)
{
	char command[128];

	(void)state;
	if (slapd > 0)
		(void)kill(slapd, SIGKILL);
	(void)snprintf(command, sizeof(command), "exec rm -rf %s", dir);
	FILE *rm = popen(command, "r");
	return rm ? pclose(rm) : -1;
}

static char plain[] = "ldap://127.0.0.1:12280";
static char secure[] = "ldaps://127.0.0.1:12281";
static char by_name[] = "ldaps://tinn.localhost:12281";
static char wrong_name[] = "ldaps://notodden.localhost:12281";

static bool open_as(char *uri, const char *dn, const char *password,
                    struct directory **ret, struct error *err)
{
	char *uris[] = { uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file = trust,
		                        .bind_dn = dn,
		                        .password = password,
		                        .deadline_ms = 2000 };

	return directory_open(&at, ret, err);
}

static struct directory *admin(void)
{
	struct directory *d = NULL;
	struct error err = { 0 };

	if (!open_as(plain, ADMIN, "passord", &d, &err))
		fail_msg("%s", err.text);
	return d;
}

static void every_uri_scheme_connects(void **state)
{
	char *uris[] = { plain, secure, by_name, local_uri };

	(void)state;
	for (size_t i = 0; i < LENGTH(uris); i++) {
		struct directory *d = NULL;
		struct error err = { 0 };

		if (!open_as(uris[i], ADMIN, "passord", &d, &err))
			fail_msg("%s: %s", uris[i], err.text);
		directory_close(d);
	}
}

static void a_certificate_for_another_host_is_rejected(void **state)
{
	struct directory *d = NULL;
	struct error err = { 0 };

	(void)state;
	assert_false(open_as(wrong_name, NULL, NULL, &d, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_null(d);
}

static void the_next_uri_is_tried(void **state)
{
	char nobody[] = "ldap://127.0.0.1:12299";
	char *uris[] = { nobody, plain, NULL };
	struct directory_address at = { .uris = uris, .deadline_ms = 1000 };
	struct directory *d = NULL;
	struct error err = { 0 };

	(void)state;
	assert_true(directory_open(&at, &d, &err));
	directory_close(d);
}

static void simple_bind_verifies_a_password(void **state)
{
	static char long_password[1025];
	static const struct {
		const char *dn, *password;
		size_t length;
		enum directory_bind_result expected;
	} tries[] = {
		{ KARI, "hemmelig-kari", 13, BIND_OK },
		{ KARI, "hemmelig-ola", 12, BIND_FAILED },
		{ KARI, "", 0, BIND_FAILED },
		{ KARI, "\0hemmelig-kari", 14, BIND_FAILED },
		{ KARI, "hemmelig-kari\0x", 15, BIND_FAILED },
		/* The server has exactly these passwords. */
		{ "uid=midt," BASE, "hemmelig\0x", 10, BIND_FAILED },
		{ "uid=foran," BASE, "\0x", 2, BIND_FAILED },
		{ "uid=lang," BASE, long_password, 1025, BIND_FAILED },
		{ "", "hemmelig-kari", 13, BIND_FAILED },
		{ "uid=nobody," BASE, "hemmelig-kari", 13, BIND_FAILED },
		{ "not a name", "hemmelig-kari", 13, BIND_FAILED },
		{ KARI, "hemmelig-kari", 13, BIND_OK },
	};
	struct directory *d = NULL;
	struct error err = { 0 };

	(void)state;
	memset(long_password, '0', sizeof(long_password));
	assert_true(open_as(secure, NULL, NULL, &d, &err));
	for (size_t i = 0; i < LENGTH(tries); i++) {
		enum directory_bind_result got = BIND_LOCKED;

		assert_true(directory_simple_bind(d, tries[i].dn,
		                                  tries[i].password,
		                                  tries[i].length, &got, &err));
		assert_int_equal(got, tries[i].expected);
	}
	directory_close(d);
}

static struct directory_value text_value(const char *text)
{
	return (struct directory_value){ (char *)text, strlen(text) };
}

static void lock(struct directory *d, const char *dn)
{
	struct directory_value for_ever = text_value("000001010000Z");
	struct directory_change change = { CHANGE_REPLACE,
		                           "pwdAccountLockedTime", &for_ever,
		                           1 };
	enum directory_write_result got = WRITE_FAILED;
	struct error err = { 0 };
	struct arena *a = arena_open();

	if (!directory_modify(d, a, dn, &change, 1, NULL, &got, NULL, &err))
		fail_msg("%s", err.text);
	arena_close(a);
	assert_int_equal(got, WRITE_OK);
}

static void a_locked_account_returns_locked(void **state)
{
	struct directory *d = admin();
	struct directory *other = NULL;
	struct error err = { 0 };
	enum directory_bind_result got = BIND_FAILED;

	(void)state;
	lock(d, "uid=ola," BASE);
	assert_true(open_as(plain, NULL, NULL, &other, &err));
	assert_true(directory_simple_bind(other, "uid=ola," BASE,
	                                  "hemmelig-ola", 12, &got, &err));
	assert_int_equal(got, BIND_LOCKED);
	directory_close(other);
	directory_close(d);
}

static void a_search_has_a_limit_and_a_missing_base_is_empty(void **state)
{
	static const char *const names[] = { "cn", NULL };
	struct directory *d = admin();
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	struct error err = { 0 };
	size_t n = 9;

	(void)state;
	assert_true(directory_search(d, a, BASE, SCOPE_ONE_LEVEL, "(cn=kari)",
	                             names, 1, &e, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(e[0].dn, KARI);
	assert_string_equal(directory_entry_text(&e[0], "CN"), "kari");
	assert_null(directory_entry_text(&e[0], "sn"));
	assert_true(directory_search(d, a, "ou=none," BASE, SCOPE_SUBTREE,
	                             "(cn=*)", names, 1, &e, &n, &err));
	assert_int_equal(n, 0);
	assert_false(directory_search(d, a, BASE, SCOPE_SUBTREE, "(cn=*)",
	                              names, 1, &e, &n, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	arena_close(a);
	directory_close(d);
}

static void a_write_returns_why_it_failed(void **state)
{
	struct directory *d = admin();
	struct arena *a = arena_open();
	struct directory_value person = text_value("inetOrgPerson");
	struct directory_value name = text_value("Åse Ærlig");
	struct directory_change entry[] = {
		{ CHANGE_ADD, "objectClass", &person, 1 },
		{ CHANGE_ADD, "cn", &name, 1 },
		{ CHANGE_ADD, "sn", &name, 1 },
	};
	struct directory_change title = { CHANGE_REPLACE, "title", &name, 1 };
	const char *dn = "uid=ase," BASE;
	enum directory_write_result got = WRITE_FAILED;
	char *csn = NULL;
	struct error err = { 0 };

	(void)state;
	assert_true(directory_add(d, a, dn, entry, 3, &got, &csn, &err));
	assert_int_equal(got, WRITE_OK);
	assert_non_null(csn);
	assert_true(directory_add(d, a, dn, entry, 3, &got, NULL, &err));
	assert_int_equal(got, WRITE_ALREADY_EXISTS);
	char *held = arena_printf(a, "(entryCSN=%s)", csn);
	assert_true(
	    directory_modify(d, a, dn, &title, 1, held, &got, &csn, &err));
	assert_int_equal(got, WRITE_OK);
	assert_true(
	    directory_modify(d, a, dn, &title, 1, held, &got, NULL, &err));
	assert_int_equal(got, WRITE_ASSERTION_FAILED);
	assert_true(directory_delete(d, dn, NULL, &got, &err));
	assert_int_equal(got, WRITE_OK);
	assert_true(directory_delete(d, dn, NULL, &got, &err));
	assert_int_equal(got, WRITE_NO_SUCH_OBJECT);
	arena_close(a);
	directory_close(d);
}

/* ---- servers that do not respond */

static int listen_on(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Accepts a connection and stops: at once, or in the middle of the handshake.
 */
static void stall(int listening, int pass)
{
	char bytes[4096];
	int from = accept(listening, NULL, NULL);
	ssize_t n = read(from, bytes, sizeof(bytes));
	/* The header of a TLS record longer than what follows. */
	static const unsigned char half[] = { 22, 3, 3, 0, 90, 2, 0, 0, 86 };

	if (pass && n > 0)
		(void)!write(from, half, sizeof(half));
	(void)sleep(10);
	_exit(0);
}

static int64_t cpu_ms(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static void returns_by_deadline(int port, char *uri, int pass)
{
	int listening = listen_on(port);
	pid_t server = fork();
	char *uris[] = { uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file = trust,
		                        .bind_dn = ADMIN,
		                        .password = "passord",
		                        .deadline_ms = 600 };
	struct directory *d = NULL;
	struct error err = { 0 };

	if (server == 0)
		stall(listening, pass);
	int64_t began = clock_monotonic_ms();
	int64_t burnt = cpu_ms();
	assert_false(directory_open(&at, &d, &err));
	int64_t took = clock_monotonic_ms() - began;
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	if (took < 500 || took > 1100)
		fail_msg("came back after %lld ms", (long long)took);
	if (cpu_ms() - burnt > 200)
		fail_msg("burnt %lld ms", (long long)(cpu_ms() - burnt));
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)close(listening);
}

static void a_silent_server_times_out(void **state)
{
	static char tls[] = "ldaps://127.0.0.1:12290";
	static char clear[] = "ldap://127.0.0.1:12291";

	(void)state;
	returns_by_deadline(12290, tls, 0);
	returns_by_deadline(12291, clear, 0);
}

static void a_stalled_handshake_times_out(void **state)
{
	static char tls[] = "ldaps://127.0.0.1:12292";

	(void)state;
	returns_by_deadline(12292, tls, 1);
}

/* Returns the ms of a successful opening. */
static int64_t opens_in(char **uris)
{
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file = trust,
		                        .bind_dn = ADMIN,
		                        .password = "passord",
		                        .deadline_ms = 2000 };
	struct directory *d = NULL;
	int64_t began = clock_monotonic_ms();

	assert_true(directory_open(&at, &d, NULL));
	directory_close(d);
	return clock_monotonic_ms() - began;
}

static void a_silent_uri_leaves_time_for_the_next_and_is_remembered(
    void **state)
{
	static char tls[] = "ldaps://127.0.0.1:12293";
	static char clear[] = "ldap://127.0.0.1:12294";
	char *silent[] = { tls, clear };

	(void)state;
	for (int i = 0; i < 2; i++) {
		int listening = listen_on(12293 + i);
		char *uris[] = { silent[i], plain, NULL };
		pid_t server = fork();

		if (server == 0)
			stall(listening, 0);
		assert_in_range(opens_in(uris), 900, 1900);
		assert_in_range(opens_in(uris), 0, 800);
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
		(void)close(listening);
	}
}

static void ldap_without_tls_is_for_loopback_only(void **state)
{
	char far[] = "ldap://192.0.2.1:389";
	struct directory *d = NULL;
	struct error err = { 0 };

	(void)state;
	assert_false(open_as(far, NULL, NULL, &d, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

/* ---- syncrepl */

struct followed {
	char log[512];
	char *cookie;
	size_t length;
	struct arena *arena;
	struct directory *writer;
	int step;
};

static void note(struct followed *f, const char *what)
{
	size_t n = strlen(f->log);

	(void)snprintf(f->log + n, sizeof(f->log) - n, "%s ", what);
}

static bool note_entry(void *data, const char *uuid,
                       const struct directory_entry *e, struct error *err)
{
	struct followed *f = data;
	const char *name = directory_entry_text(e, "cn");

	(void)err;
	assert_int_equal(strlen(uuid), 36);
	note(f, name ? name : "base");
	return true;
}

static bool note_present(void *data, char **uuids, size_t count,
                         struct error *err)
{
	(void)uuids, (void)count, (void)err;
	note(data, "present");
	return true;
}

static bool note_deleted(void *data, char **uuids, size_t count,
                         struct error *err)
{
	(void)uuids, (void)err;
	note(data, count == 1 ? "one-gone" : "many-gone");
	return true;
}

static bool note_refreshed(void *data, const char *cookie, size_t length,
                           bool deletes, struct error *err)
{
	struct followed *f = data;

	(void)err;
	f->cookie = arena_memdup(f->arena, cookie, length);
	f->length = length;
	note(f, deletes ? "gone-were-named" : "the-rest-is-gone");
	return true;
}

static bool note_cookie(void *data, const char *cookie, size_t length,
                        struct error *err)
{
	struct followed *f = data;

	(void)err;
	f->cookie = arena_memdup(f->arena, cookie, length);
	f->length = length;
	note(f, "cookie");
	return true;
}

static void set_cn_of_kari(struct followed *f, const char *to)
{
	struct directory_value v = text_value(to);
	struct directory_change c = { CHANGE_REPLACE, "cn", &v, 1 };
	enum directory_write_result got = WRITE_FAILED;
	struct error err = { 0 };

	if (!directory_modify(f->writer, f->arena, KARI, &c, 1, NULL, &got,
	                      NULL, &err))
		fail_msg("%s", err.text);
}

static bool change_then_stop(void *data, struct error *err)
{
	struct followed *f = data;

	if (f->step++ > 0)
		return error_set(err, ERROR_REFUSED, "enough");
	set_cn_of_kari(f, "Karianne");
	return true;
}

static const struct syncrepl_callbacks events = {
	.entry = note_entry,
	.present = note_present,
	.deleted = note_deleted,
	.refresh_done = note_refreshed,
	.cookie = note_cookie,
	.idle = change_then_stop,
};

static void follow(struct followed *f, const char *cookie, size_t length)
{
	static const char *const names[] = { "cn", NULL };
	struct directory *d = admin();
	struct error err = { 0 };
	int code = 0;

	f->log[0] = '\0';
	f->step = 0;
	assert_false(directory_syncrepl_run(d, BASE, "(objectClass=*)", names,
	                                    cookie, length, &events, f, &code,
	                                    &err));
	assert_string_equal(err.text, "enough");
	assert_int_equal(code, 0);
	directory_close(d);
}

static void a_refresh_is_followed_by_changes(void **state)
{
	struct followed f = { .arena = arena_open(), .writer = admin() };

	(void)state;
	follow(&f, NULL, 0);
	assert_string_equal(f.log, "base policy kari ola midt foran lang "
	                           "gone-were-named Karianne cookie ");
	set_cn_of_kari(&f, "kari");
	char *cookie = arena_memdup(f.arena, f.cookie, f.length);
	follow(&f, cookie, f.length);
	assert_string_equal(f.log, "kari gone-were-named Karianne cookie ");
	set_cn_of_kari(&f, "kari");
	directory_close(f.writer);
	arena_close(f.arena);
}

static void an_unknown_cookie_returns_everything(void **state)
{
	struct followed f = { .arena = arena_open(), .writer = admin() };

	(void)state;
	follow(&f, "rubbish", 7);
	assert_string_equal(
	    f.log,
	    "base policy kari ola midt foran lang gone-were-named Karianne ");
	assert_int_equal(f.length, 0);
	set_cn_of_kari(&f, "kari");
	directory_close(f.writer);
	arena_close(f.arena);
}

/* ---- DNs */

static void normalised_dns_compare_as_strings(void **state)
{
	static const struct {
		const char *dn, *normal;
	} rows[] = {
		{ "CN = Lærere , OU=Grupper,dc=Tinn,dc=example",
		  "cn=lærere,ou=grupper,dc=tinn,dc=example" },
		{ "cn=LÆRERE", "cn=lærere" },
		{ "cn=a  b", "cn=a b" },
		{ "", "" },
		{ "no name at All", "no name at all" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(dn_normalize(a, rows[i].dn),
		                    rows[i].normal);
	char *comma = dn_normalize(a, "cn=Ås\\, Kari,dc=tinn");
	assert_true(dn_is_under(comma, "dc=tinn"));
	assert_string_equal(comma, dn_normalize(a, "CN=ås\\2C kari,DC=Tinn"));
	arena_close(a);
}

static void a_dn_path_begins_at_the_root(void **state)
{
	static const struct {
		const char *dn, *path, *head;
		size_t depth;
	} rows[] = {
		{ "uid=a,ou=b,dc=c", "dc=c,ou=b,uid=a,", "uid=a,ou=b", 3 },
		{ "uid=a\\,b,dc=c", "dc=c,uid=a\\,b,", "uid=a\\,b,dc=c", 2 },
		{ "uid=a\\\\,dc=c", "dc=c,uid=a\\\\,", "uid=a\\\\,dc=c", 2 },
		{ "uid=a\\2C,dc=c", "dc=c,uid=a\\2C,", "uid=a\\2C,dc=c", 2 },
		{ "dc=c", "dc=c,", "dc=c", 1 },
		{ "uid=a\\", "uid=a\\,", "uid=a\\", 1 },
		{ "", "", "", 0 },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_string_equal(dn_path(a, rows[i].dn), rows[i].path);
		assert_string_equal(dn_first_rdns(a, rows[i].dn, 2),
		                    rows[i].head);
		assert_int_equal(dn_rdn_count(rows[i].dn), rows[i].depth);
	}
	arena_close(a);
}

static void descendants_sort_between_a_path_and_its_end(void **state)
{
	struct arena *a = arena_open();
	char *above = dn_path(a, "ou=a,dc=c");
	char *end = dn_path_end(a, above);

	(void)state;
	assert_true(strcmp(dn_path(a, "uid=x,ou=a,dc=c"), above) > 0);
	assert_true(strcmp(dn_path(a, "uid=\xc3\xb8,ou=a,dc=c"), end) < 0);
	assert_true(strcmp(dn_path(a, "ou=a b,dc=c"), end) > 0 ||
	            strcmp(dn_path(a, "ou=a b,dc=c"), above) < 0);
	assert_true(strcmp(dn_path(a, "ou=ab,dc=c"), end) > 0);
	assert_false(strcmp(dn_path(a, "ou=a,dc=c"), above) > 0);
	arena_close(a);
}

static void dn_is_under_matches_whole_rdns(void **state)
{
	(void)state;
	assert_true(dn_is_under("ou=a,dc=x", "dc=x"));
	assert_true(dn_is_under("dc=x", "dc=x"));
	assert_true(dn_is_under("dc=x", ""));
	assert_false(dn_is_under("ou=bdc=x", "dc=x"));
	assert_false(dn_is_under("dc=x", "ou=a,dc=x"));
}

/* ---- the pool */

/* Closes the connections of this process to slapd, as a server does that ends
 * idle ones. */
static void close_connections(void)
{
	struct sockaddr_in peer;

	for (int fd = 3; fd < 64; fd++) {
		socklen_t size = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
		    peer.sin_family == AF_INET && ntohs(peer.sin_port) == PORT)
			(void)shutdown(fd, SHUT_RDWR);
	}
}

struct pool_work {
	int calls;
	bool close_first, close_all;
};

static bool read_suffix(struct directory *d, void *data, struct error *err)
{
	struct pool_work *work = data;
	struct directory_entry *found = NULL;
	struct arena *a = arena_open();
	size_t count = 0;

	work->calls++;
	if (work->close_all || (work->close_first && work->calls == 1))
		close_connections();
	bool good = directory_search(d, a, BASE, SCOPE_BASE, "(objectClass=*)",
	                             NULL, 1, &found, &count, err);

	arena_close(a);
	return good;
}

static void a_kept_connection_that_closed_is_replaced_once(void **state)
{
	char *uris[] = { plain, NULL };
	const struct directory_address at = { .uris = uris,
		                              .bind_dn = ADMIN,
		                              .password = "passord",
		                              .deadline_ms = 6000 };
	struct directory_pool *pool = directory_pool_open(1);
	struct pool_work first = { 0 }, closed = { .close_first = true },
			 fresh = { .close_first = true },
			 always = { .close_all = true };
	struct error err = { 0 };

	(void)state;
	assert_true(directory_pool_use(pool, &at, read_suffix, &first, &err));
	assert_int_equal(first.calls, 1);
	/* The connection is kept, and closes while it is used. */
	assert_true(directory_pool_use(pool, &at, read_suffix, &closed, &err));
	assert_int_equal(closed.calls, 2);
	/* A new one that closes too is an error, not a loop. */
	assert_false(directory_pool_use(pool, &at, read_suffix, &always, &err));
	assert_int_equal(always.calls, 2);
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	/* So is one that was not kept. */
	assert_false(directory_pool_use(pool, &at, read_suffix, &fresh, &err));
	assert_int_equal(fresh.calls, 1);
	directory_pool_close(pool);
}

/* A request that fails on a connection that stays open; is_slow: after a search
 * that the server does not answer. */
struct failing_work {
	int calls;
	bool is_slow;
};

static bool fail_work(struct directory *d, void *data, struct error *err)
{
	struct failing_work *work = data;
	struct directory_entry *found;
	struct arena *a = arena_open();
	size_t count;

	work->calls++;
	if (work->is_slow)
		(void)!directory_search(d, a, BASE, SCOPE_SUBTREE,
		                        "(objectClass=*)", NULL, 50, &found,
		                        &count, err);
	arena_close(a);
	return error_set(err, ERROR_UNAVAILABLE, "busy");
}

/* A password must not be tried twice because a server is busy. */
static void a_request_that_fails_on_an_open_connection_is_not_repeated(
    void **state)
{
	char *uris[] = { plain, NULL };
	const struct directory_address at = { .uris = uris,
		                              .deadline_ms = 6000 };
	struct directory_pool *pool = directory_pool_open(1);
	struct pool_work first = { 0 };
	struct failing_work failing = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_true(directory_pool_use(pool, &at, read_suffix, &first, &err));
	assert_false(directory_pool_use(pool, &at, fail_work, &failing, &err));
	assert_int_equal(failing.calls, 1);
	directory_pool_close(pool);
}

static void a_kept_connection_has_the_deadline_of_its_request(void **state)
{
	char *uris[] = { plain, NULL };
	struct directory_address at = { .uris = uris, .deadline_ms = 20000 };
	struct directory_pool *pool = directory_pool_open(1);
	struct pool_work first = { 0 };
	struct failing_work slow = { .is_slow = true };
	struct error err = { 0 };

	(void)state;
	assert_true(directory_pool_use(pool, &at, read_suffix, &first, &err));
	assert_int_equal(kill(slapd, SIGSTOP), 0);
	(void)usleep(100 * 1000); /* until all its threads have stopped */
	at.deadline_ms = 500;
	int64_t began = clock_monotonic_ms();

	assert_false(directory_pool_use(pool, &at, fail_work, &slow, &err));
	int64_t took = clock_monotonic_ms() - began;

	assert_int_equal(kill(slapd, SIGCONT), 0);
	assert_in_range(took, 400, 5000);
	directory_pool_close(pool);
}

/* As after a reload that changes bind-dn or its secret. */
static void a_kept_connection_is_for_one_account(void **state)
{
	char *uris[] = { plain, NULL };
	struct directory_address at = { .uris = uris,
		                        .bind_dn = ADMIN,
		                        .password = "passord",
		                        .deadline_ms = 6000 };
	struct directory_pool *pool = directory_pool_open(1);
	struct pool_work work = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_true(directory_pool_use(pool, &at, read_suffix, &work, &err));
	at.bind_dn = KARI;
	assert_false(directory_pool_use(pool, &at, read_suffix, &work, &err));
	assert_int_equal(work.calls, 1);
	directory_pool_close(pool);
}

/* ---- a name with several addresses */

/* In place of the resolver: the addresses of dc.tinn.example.  All others are
 * numeric or localhost, and are not asked for. */
static const char *const *name_addresses;
static int resolver_flags;

static struct addrinfo *numeric_addrinfo(const char *address, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                        .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;

	assert_int_equal(getaddrinfo(address, port, &hints, &found), 0);
	return found;
}

int getaddrinfo_a(int mode, struct gaicb *list[], int count,
                  struct sigevent *event)
{
	struct addrinfo **last = &list[0]->ar_result;

	(void)mode, (void)count, (void)event;
	assert_string_equal(list[0]->ar_name, "dc.tinn.example");
	resolver_flags = list[0]->ar_request->ai_flags;
	for (size_t i = 0; name_addresses[i]; i++) {
		*last =
		    numeric_addrinfo(name_addresses[i], list[0]->ar_service);
		last = &(*last)->ai_next;
	}
	return 0;
}

int gai_error(struct gaicb *request)
{
	(void)request;
	return 0;
}

int gai_cancel(struct gaicb *request)
{
	(void)request;
	return EAI_ALLDONE;
}

/* Accepts connections in the kernel and never responds. */
static int listen_silently(const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(PORT + 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Returns the milliseconds until a connection to the name, within 3,000; -1 if
 * there is none. */
static int64_t connect_by_name(void)
{
	char uri[] = "ldaps://dc.tinn.example:12281";
	char *uris[] = { uri, NULL };
	const struct directory_address at = { .uris = uris,
		                              .tls_ca_file = trust,
		                              .bind_dn = ADMIN,
		                              .password = "passord",
		                              .deadline_ms = 3000 };
	int64_t began = clock_monotonic_ms();
	struct directory *d = NULL;
	struct error err = { 0 };

	if (!directory_open(&at, &d, &err))
		return -1;
	directory_close(d);
	return clock_monotonic_ms() - began;
}

static void all_addresses_of_a_name_are_tried_in_one_deadline(void **state)
{
	static const char *const refusing[] = { "127.0.0.2", "127.0.0.1",
		                                NULL };
	static const char *const silent[] = { "127.0.0.3", "127.0.0.1", NULL };
	static const char *const none[] = { "127.0.0.2", "127.0.0.3", NULL };
	int listener = listen_silently("127.0.0.3");
	int64_t began;

	(void)state;
	name_addresses = refusing;
	assert_in_range(connect_by_name(), 0, 3000);
	assert_true(resolver_flags & AI_ADDRCONFIG);
	/* The silent one has half of the time; then it is remembered. */
	name_addresses = silent;
	assert_in_range(connect_by_name(), 1400, 2900);
	assert_in_range(connect_by_name(), 0, 1200);
	name_addresses = none;
	began = clock_monotonic_ms();
	assert_int_equal(connect_by_name(), -1);
	assert_true(clock_monotonic_ms() - began < 4000);
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_uri_scheme_connects),
		cmocka_unit_test(a_certificate_for_another_host_is_rejected),
		cmocka_unit_test(the_next_uri_is_tried),
		cmocka_unit_test(a_refresh_is_followed_by_changes),
		cmocka_unit_test(an_unknown_cookie_returns_everything),
		cmocka_unit_test(simple_bind_verifies_a_password),
		cmocka_unit_test(a_locked_account_returns_locked),
		cmocka_unit_test(
		    a_search_has_a_limit_and_a_missing_base_is_empty),
		cmocka_unit_test(a_write_returns_why_it_failed),
		cmocka_unit_test(a_silent_server_times_out),
		cmocka_unit_test(
		    all_addresses_of_a_name_are_tried_in_one_deadline),
		cmocka_unit_test(
		    a_kept_connection_that_closed_is_replaced_once),
		cmocka_unit_test(
		    a_request_that_fails_on_an_open_connection_is_not_repeated),
		cmocka_unit_test(
		    a_kept_connection_has_the_deadline_of_its_request),
		cmocka_unit_test(a_kept_connection_is_for_one_account),
		cmocka_unit_test(
		    a_silent_uri_leaves_time_for_the_next_and_is_remembered),
		cmocka_unit_test(a_stalled_handshake_times_out),
		cmocka_unit_test(ldap_without_tls_is_for_loopback_only),
		cmocka_unit_test(normalised_dns_compare_as_strings),
		cmocka_unit_test(a_dn_path_begins_at_the_root),
		cmocka_unit_test(descendants_sort_between_a_path_and_its_end),
		cmocka_unit_test(dn_is_under_matches_whole_rdns),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, start_slapd,
	                                   stop_slapd);
}
