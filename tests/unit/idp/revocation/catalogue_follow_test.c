/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_follow_test.c: which changes of the catalogue revoke whom.  The
 * catalogue's messages are scripted, and revocations are listed here. */
#include "tests/unit/region/config/fixture.h"

#include "idp/revocation/revocation_record.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "region/ldap/directory.h"

#define PERSON "00000000-0000-4000-8000-00000000000"

static struct revocation revocation;
static struct strbuf revoked; /* "ID REASON; " in order */

/* ---- in place of Redis */

static bool note_revoked(const char *id, const char *reason)
{
	strbuf_appendf(&revoked, "%c %s; ", id[35], reason);
	return true;
}

bool revocation_record(struct revocation *r, const struct config *cfg,
                       const struct entry_slot *entry, const char *reason,
                       struct error *err)
{
	char id[37];

	(void)r, (void)cfg, (void)err;
	entry_uuid_format(entry->id, id);
	return note_revoked(id, reason);
}

bool revocation_record_person(struct revocation *r, const struct config *cfg,
                              const char *id, const char *reason,
                              struct error *err)
{
	(void)r, (void)cfg, (void)err;
	return note_revoked(id, reason);
}

bool revocation_person_above(const struct directory_entry *e, char ret_id[37])
{
	const char *parent = strchr(e->dn, ',') + strlen(",portvaktId=");

	(void)snprintf(ret_id, 37, "%s", parent);
	return strstr(e->dn, "f,") != NULL;
}

bool catalogue_contact_note(struct revocation *r, const struct config *cfg,
                            struct error *err)
{
	(void)r, (void)cfg, (void)err;
	return true;
}

void catalogue_contact_check(struct revocation *r, const struct config *cfg)
{
	(void)r, (void)cfg;
}

/* ---- in place of the catalogue */

static const struct syncrepl_callbacks *on;
static void *on_data;
static void (*script)(void);

bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct error *err)
{
	(void)at, (void)err;
	*ret_d = NULL;
	return true;
}

void directory_close(struct directory *d)
{
	(void)d;
}

bool directory_syncrepl_run(struct directory *d, const char *base,
                            const char *filter, const char *const *names,
                            const char *cookie, size_t cookie_length,
                            const struct syncrepl_callbacks *callbacks,
                            void *data, int *ret_code, struct error *err)
{
	(void)d, (void)base, (void)filter, (void)names, (void)cookie;
	(void)cookie_length, (void)ret_code, (void)err;
	on = callbacks;
	on_data = data;
	script();
	return false;
}

static char *uuid_of(struct arena *a, int n)
{
	return arena_printf(a, PERSON "%d", n);
}

/* An entry: of person n, or with `kind` of an affiliation of person n - 5. */
struct sent {
	int n;
	const char *kind, *status, *until, *doubt, *former_id;
	int parent; /* of an affiliation; 0: n - 5 */
};

static void send_entry(struct sent s)
{
	struct arena *a = arena_open();
	const char *const pairs[][2] = {
		{ "portvaktId", uuid_of(a, s.n) },
		{ "portvaktStatus", s.status ? s.status : "active" },
		{ "portvaktKind", s.kind },
		{ "portvaktUntil", s.until },
		{ "portvaktDoubt", s.doubt },
		{ "portvaktFormerId", s.former_id },
	};
	struct directory_value values[LENGTH(pairs)];
	struct directory_attribute attributes[LENGTH(pairs)];
	struct directory_entry e = { .attributes = attributes };
	struct error err = { 0 };

	for (size_t i = 0; i < LENGTH(pairs); i++) {
		if (!pairs[i][1])
			continue;
		values[e.count] =
		    (struct directory_value){ (char *)pairs[i][1],
			                      strlen(pairs[i][1]) };
		attributes[e.count] =
		    (struct directory_attribute){ pairs[i][0], &values[e.count],
			                          1 };
		e.count++;
	}
	e.dn = arena_printf(a, "portvaktId=%d%s,portvaktId=%s,ou=people", s.n,
	                    s.kind ? "f" : "",
	                    uuid_of(a, s.parent ? s.parent : s.n - 5));
	assert_true(on->entry(on_data, uuid_of(a, s.n), &e, &err));
	arena_close(a);
}

static void refresh_done(void)
{
	struct error err = { 0 };

	assert_true(on->refresh_done(on_data, NULL, 0, false, &err));
}

/* Persons 1 to 4 and the affiliation 6 of person 1, all active. */
static void send_all(void)
{
	for (int n = 1; n <= 4; n++)
		send_entry((struct sent){ .n = n });
	send_entry((struct sent){ .n = 6, .kind = "employee" });
	refresh_done();
}

static struct fixture f;
static struct config cfg;

static int open_all(void **state)
{
	(void)state;
	f = fixture_open();
	fixture_put(&f, "credentials/reader", "secret");
	cfg.catalogue.uri = "ldapi:///";
	cfg.catalogue.base = "dc=region";
	cfg.catalogue.reader_secret = "reader";
	cfg.credentials_directory = fixture_path(&f, "credentials");
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

/* Runs it and returns what was revoked. */
static const char *follow(void (*run)(void))
{
	struct error err = { 0 };

	revoked = strbuf_init(f.arena);
	script = run;
	(void)!catalogue_follow_run(&revocation, &cfg, &err);
	if (!on)
		fail_msg("%s", err.text);
	return revoked.data;
}

static int start(void **state)
{
	(void)state;
	assert_string_equal(follow(send_all), "");
	return 0;
}

static int forget(void **state)
{
	(void)state;
	free(revocation.entries.slots);
	memset(&revocation, 0, sizeof(revocation));
	return 0;
}

/* ---- tests */

static void send_suspended_twice(void)
{
	for (int i = 0; i < 2; i++)
		send_entry((struct sent){ .n = 2, .status = "suspended" });
}

static void send_active_and_suspended(void)
{
	send_entry((struct sent){ .n = 2 });
	send_entry((struct sent){ .n = 2, .status = "suspended" });
}

/* Not again by another change of the entry: what was granted since would end,
 * too. */
static void an_end_is_recorded_once(void **state)
{
	(void)state;
	assert_string_equal(follow(send_suspended_twice), "2 ended; ");
	assert_string_equal(follow(send_active_and_suspended), "2 ended; ");
}

static void send_dates(void)
{
	send_entry((struct sent){ .n = 1, .until = "20990101000000Z" });
	send_entry((struct sent){ .n = 2, .until = "20200101000000Z" });
	send_entry((struct sent){ .n = 3, .until = "next summer" });
}

static void a_date_that_is_past_or_unreadable_ends(void **state)
{
	(void)state;
	assert_string_equal(follow(send_dates), "2 ended; 3 ended; ");
}

static void send_doubts(void)
{
	for (int i = 0; i < 2; i++)
		send_entry((struct sent){
		    .n = 6, .kind = "employee", .doubt = "number" });
	send_entry((struct sent){ .n = 6, .kind = "employee" });
	send_entry(
	    (struct sent){ .n = 6, .kind = "employee", .doubt = "name" });
}

static void the_begin_of_a_doubt_ends_the_persons_sessions(void **state)
{
	(void)state;
	assert_string_equal(follow(send_doubts), "1 doubt; 1 doubt; ");
}

static void send_correlation(void)
{
	send_entry((struct sent){ .n = 4 });
	send_entry((struct sent){ .n = 4, .former_id = "p-9" });
	send_entry((struct sent){ .n = 4, .former_id = "p-9" });
	send_entry((struct sent){ .n = 6, .kind = "employee", .parent = 2 });
}

static void a_person_joined_or_an_affiliation_moved_ends(void **state)
{
	(void)state;
	assert_string_equal(follow(send_correlation), "4 joined; 6 joined; ");
}

static void delete_one(void)
{
	char *uuids[] = { uuid_of(f.arena, 3), (char[]){ "malformed" } };
	struct error err = { 0 };

	assert_true(on->deleted(on_data, uuids, 2, &err));
}

static void send_all_but_one(void)
{
	char *uuids[] = { uuid_of(f.arena, 2), uuid_of(f.arena, 4) };
	struct error err = { 0 };

	send_entry((struct sent){ .n = 1 });
	assert_true(on->present(on_data, uuids, 2, &err));
	refresh_done();
}

static void send_nothing(void)
{
	refresh_done();
}

static void a_deleted_entry_ends(void **state)
{
	(void)state;
	assert_string_equal(follow(delete_one), "3 ended; ");
}

/* Named or not, and 6 is the affiliation. */
static void what_a_refresh_does_not_name_ends_unless_it_is_most(void **state)
{
	(void)state;
	assert_string_equal(follow(send_nothing), "");
	assert_string_equal(follow(send_all_but_one), "3 ended; 6 ended; ");
}

#define FROM_THE_START(test) \
	cmocka_unit_test_setup_teardown(test, start, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FROM_THE_START(an_end_is_recorded_once),
		FROM_THE_START(a_date_that_is_past_or_unreadable_ends),
		FROM_THE_START(the_begin_of_a_doubt_ends_the_persons_sessions),
		FROM_THE_START(a_person_joined_or_an_affiliation_moved_ends),
		FROM_THE_START(a_deleted_entry_ends),
		FROM_THE_START(
		    what_a_refresh_does_not_name_ends_unless_it_is_most),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
