/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Stories of two directories, told entry by entry: what must not happen to one
 * person while something else goes wrong. */
#include "tests/unit/sync/writer/writer_in_memory.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/writer/decisions.h"

enum { SOURCES = 2, EVERYBODY = 30, DAY = 24 * 60 * 60 };

/* ---- the region */

static const char *const names[SOURCES] = { "notodden", "tinn" };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .under = "ou=ansatte" },
};
static struct directory_conf directories[SOURCES];
static struct people_from from[SOURCES];
static struct municipality municipalities[SOURCES];
static struct region region = {
	.hash = "the first",
	.grace = 30 * DAY,
	.directories = directories,
	.directory_count = SOURCES,
	.municipalities = municipalities,
	.municipality_count = SOURCES,
};

static char nowhere[] = "ldapi:///";
static char *uris[] = { nowhere, NULL };

static void make_region(void)
{
	region.catalogue.base = "dc=region";
	for (size_t i = 0; i < SOURCES; i++) {
		directories[i] = (struct directory_conf){ .name = names[i],
			                                  .base = "dc=example",
			                                  .bind_as = "cn=sync",
			                                  .uris = uris,
			                                  .brake_percent = 2 };
		from[i] = (struct people_from){ .directory = &directories[i],
			                        .rules = rules,
			                        .rule_count = LENGTH(rules),
			                        .join_by_national_id = true };
		municipalities[i] =
		    (struct municipality){ .name = names[i],
			                   .display = names[i],
			                   .number = "999800002",
			                   .language = "nb",
			                   .people = &from[i],
			                   .people_count = 1 };
	}
}

/* ---- what the directories have: everybody of both by a number of their own,
 * and the first one of each is the same person */

struct entry {
	bool there;
	const char *protected, *until, *disabled;
};

static struct entry entries[SOURCES][EVERYBODY];

static char *anchor_of(struct arena *a, int s, int i)
{
	return arena_print(a, "%08d-0000-4000-8000-%012d", s, i);
}

static void put(json_t *body, const char *name, const char *value)
{
	if (value)
		(void)json_object_set_new(js_object(body, "attributes"), name,
		                          json_pack("[s]", value));
}

static json_t *body_of(struct arena *a, int s, int i)
{
	const struct entry *e = &entries[s][i];
	int human = i == 0 ? 0 : 1000 * s + i;
	json_t *body = json_pack(
	    "{s:s, s:s, s:s, s:{s:[s], s:[s], s:[s], s:[s]}}", "anchor",
	    anchor_of(a, s, i), "dn",
	    arena_print(a, "uid=l%d,ou=ansatte,dc=example", i), "class",
	    "person", "attributes", "login", arena_print(a, "l%d", i), "name",
	    arena_print(a, "Navn%d Slekt", human), "given-name",
	    arena_print(a, "Navn%d", human), "family-name", "Slekt");

	put(body, "protected", e->protected);
	put(body, "until", e->until);
	put(body, "disabled", e->disabled);
	js_put(body, "join", arena_print(a, "join-%d", human));
	js_put(body, "sealed", "c2VhbGVk");
	return body;
}

/* All that the directory has. */
static void tell(int s)
{
	struct arena *a = arena_open();
	json_t *list = json_array();
	(void)say(a, stage_hello,
	          json_pack("{s:s, s:s}", "directory", names[s], "scope", "x"));
	int64_t run =
	    js_number(say(a, stage_begin,
	                  json_pack("{s:s, s:s, s:b}", "directory", names[s],
	                            "scope", "x", "full", 1)),
	              "run", 0);

	for (int i = 0; i < EVERYBODY; i++)
		if (entries[s][i].there)
			(void)json_array_append_new(list, body_of(a, s, i));
	(void)say(a, stage_entries,
	          json_pack("{s:I, s:o}", "run", run, "entries", list));
	(void)say(a, stage_commit,
	          json_pack("{s:I, s:b}", "run", run, "sweep", 1));
	arena_close(a);
}

/* ---- the writer */

static struct round round_state;
static char folder[] = "/tmp/pv-stories-XXXXXX";
static char *cache;

static void open_cache(void)
{
	struct fault why = { 0 };

	if (!state_open(cache, &why))
		fail_msg("%s", why.text);
	stage_forget_unfinished();
	round_state = (struct round){ 0 };
}

static void lose_cache(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct arena *a = arena_open();

	state_close();
	for (size_t i = 0; i < LENGTH(suffixes); i++)
		(void)unlink(arena_print(a, "%s%s", cache, suffixes[i]));
	open_cache();
	arena_close(a);
}

static void pass(int64_t seconds)
{
	time_ms += seconds * 1000;
	for (int i = 0; i < 20; i++) {
		time_ms += 400;
		for (int more = 0; more < 50 && round_go(&round_state, &region);
		     more++)
			continue;
	}
}

static const json_t *affiliation(int s, int i, const char **ret_dn)
{
	struct arena *a = arena_open();
	const char *anchor = anchor_of(a, s, i);
	const json_t *found = NULL;
	const char *dn;
	json_t *entry;

	json_object_foreach(memory.entries, dn, entry)
	{
		const json_t *t = json_object_get(entry, "a");

		if (text_equal(form_text(t, "portvaktAnchor"), anchor)) {
			found = t;
			if (ret_dn)
				*ret_dn = dn;
		}
	}
	arena_close(a);
	return found;
}

static const char *status_of(int s, int i)
{
	return form_text(affiliation(s, i, NULL), "portvaktStatus");
}

static const char *protection_of_person(int s, int i)
{
	const char *dn = NULL;

	assert_non_null(affiliation(s, i, &dn));
	return form_text(
	    json_object_get(json_object_get(memory.entries, memory_above(dn)),
	                    "a"),
	    "portvaktProtected");
}

/* ---- decisions, as admin writes them */

static int decision_count;

/* Subjects until NULL. */
static void decide(const char *decides, const char *until,
                   const char *const *subjects)
{
	char dn[120], id[40];
	json_t *list = json_array();

	(void)snprintf(id, sizeof(id), "decision-%d", ++decision_count);
	(void)snprintf(dn, sizeof(dn), "portvaktId=%s,ou=decisions,dc=region",
	               id);
	for (; *subjects; subjects++)
		(void)json_array_append_new(list, json_string(*subjects));
	struct arena *a = arena_open();
	json_t *attributes =
	    json_pack("{s:[s], s:[s], s:[s], s:o, s:[s]}", "portvaktId", id,
	              "objectClass", "portvaktDecision", "portvaktDecides",
	              decides, "portvaktSubject", list, "portvaktFrom",
	              clock_ldap(a, clock_now()));
	if (until)
		(void)json_object_set_new(attributes, "portvaktUntil",
		                          json_pack("[s]", until));
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:o}", "csn", "1", "a", attributes));
	decisions_want();
	arena_close(a);
}

static char *subject(struct arena *a, int s, int i)
{
	return decision_subject(a, names[s], anchor_of(a, s, i));
}

static char *in_ldap(struct arena *a, int64_t seconds)
{
	return clock_ldap(a, clock_now() + seconds);
}

/* ---- each story begins with both directories read, a week ago */

static const char *const tree[] = {
	"dc=region",
	"ou=people,dc=region",
	"ou=groups,dc=region",
	"ou=municipalities,dc=region",
	"ou=feide,dc=region",
	"ou=decisions,dc=region",
	"ou=issued,ou=decisions,dc=region",
};

static int begin(void **state)
{
	(void)state;
	time_ms = INT64_C(1800000000000);
	memory = (struct catalogue_writer){ json_object(), 0, -1 };
	for (size_t i = 0; i < LENGTH(tree); i++) {
		const char *equals = strchr(tree[i], '=') + 1;

		(void)json_object_set_new(memory.entries, tree[i],
		                          json_pack("{s:s, s:{s:[s%]}}", "csn",
		                                    "0", "a", "ou", equals,
		                                    strcspn(equals, ",")));
	}
	catalogue_writer = &memory;
	make_region();
	rules[0].kind = KIND_EMPLOYEE;
	(void)snprintf(region.hash, sizeof(region.hash), "the first");
	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < EVERYBODY; i++)
			entries[s][i] = (struct entry){ .there = true };
	open_cache();
	return 0;
}

static int end(void **state)
{
	(void)state;
	lose_cache();
	state_close();
	json_decref(memory.entries);
	return 0;
}

static void read_all(void)
{
	for (int s = 0; s < SOURCES; s++)
		tell(s);
	pass(0);
	pass(7 * DAY);
}

static void empty(int s)
{
	for (int i = 0; i < EVERYBODY; i++)
		entries[s][i].there = false;
	tell(s);
	pass(0);
}

/* ---- a protected address */

static void a_lost_cache_bares_nobody_whose_directory_is_away(void **state)
{
	(void)state;
	entries[1][0].protected = "6";
	read_all();
	assert_string_equal(protection_of_person(0, 0), "6");
	lose_cache();
	tell(0);
	pass(0);
	assert_string_equal(protection_of_person(0, 0), "6");
	tell(1);
	pass(0);
	assert_string_equal(protection_of_person(0, 0), "6");
}

static void a_directory_that_is_emptied_bares_nobody(void **state)
{
	(void)state;
	entries[1][0].protected = "7";
	read_all();
	empty(1);
	assert_string_equal(status_of(1, 0), "active");
	entries[0][0].until = "2099-01-01";
	tell(0);
	pass(0);
	assert_string_equal(protection_of_person(0, 0), "7");
}

static void a_protection_that_is_hidden_stays_until_somebody_accepts(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[0][3].protected = "7";
	read_all();
	assert_string_equal(protection_of_person(0, 3), "7");
	entries[0][3].protected = NULL;
	tell(0);
	pass(0);
	assert_string_equal(protection_of_person(0, 3), "7");
	lose_cache();
	pass(0);
	for (int s = 0; s < SOURCES; s++)
		tell(s);
	pass(0);
	assert_string_equal(protection_of_person(0, 3), "7");
	pass(60);
	assert_string_equal(protection_of_person(0, 3), "7");
	decide("accept", NULL,
	       (const char *[]){ names[0], "values", subject(a, 0, 3), NULL });
	pass(60);
	assert_null(protection_of_person(0, 3));
	arena_close(a);
}

/* ---- what somebody decided */

static void who_is_decided_out_leaves_while_others_are_held(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	for (int i = 5; i < EVERYBODY; i++)
		entries[1][i].there = false;
	tell(1);
	pass(0);
	assert_string_equal(status_of(1, 20), "active");
	decide("out", NULL, (const char *[]){ subject(a, 1, 2), NULL });
	decide("out", NULL, (const char *[]){ subject(a, 1, 20), NULL });
	pass(60);
	assert_string_equal(status_of(1, 2), "suspended");
	assert_string_equal(status_of(1, 20), "suspended");
	assert_string_equal(status_of(1, 21), "active");
	arena_close(a);
}

static void who_is_decided_out_leaves_though_the_directory_is_away(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	lose_cache();
	pass(0);
	decide("out", NULL, (const char *[]){ subject(a, 1, 2), NULL });
	pass(60);
	assert_string_equal(status_of(1, 2), "suspended");
	assert_string_equal(status_of(1, 3), "active");
	arena_close(a);
}

static const char *leaver(struct arena *a)
{
	entries[1][4].there = false;
	tell(1);
	pass(0);
	assert_string_equal(status_of(1, 4), "suspended");
	return arena_copy(a, form_text(affiliation(1, 4, NULL), "portvaktId"));
}

/* Found by a random history: the link to the person who had gone was kept,
 * and nothing could be written below nobody. */
static void who_is_decided_out_before_anything_was_written_may_come_later(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][0].there = false;
	read_all();
	entries[1][0].there = true;
	tell(1);
	memory.writes_left = 0;
	pass(0);
	memory.writes_left = -1;
	decide("out", in_ldap(a, 40 * DAY),
	       (const char *[]){ subject(a, 1, 0), NULL });
	entries[0][0].there = false;
	tell(0);
	pass(60);
	assert_null(affiliation(1, 0, NULL));
	pass(31 * DAY);
	assert_null(affiliation(0, 0, NULL));
	pass(10 * DAY);
	tell(1);
	pass(120);
	assert_string_equal(status_of(1, 0), "active");
	arena_close(a);
}

static void who_is_to_be_removed_on_a_day_before_grace_is_over_is(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	const char *id = leaver(a);
	decide("grace", in_ldap(a, 2 * DAY), (const char *[]){ id, NULL });
	pass(DAY);
	assert_non_null(affiliation(1, 4, NULL));
	pass(DAY);
	assert_null(affiliation(1, 4, NULL));
	arena_close(a);
}

static void a_day_that_cannot_be_read_removes_nobody(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	const char *id = leaver(a);
	decide("grace", "in spring", (const char *[]){ id, NULL });
	pass(60);
	assert_non_null(affiliation(1, 4, NULL));
	pass(DAY);
	assert_non_null(affiliation(1, 4, NULL));
	arena_close(a);
}

/* The rest of the list was never written. */
static void a_release_that_is_not_whole_lets_go_neither_people_nor_groups(
    void **state)
{
	static const char dn[] = "portvaktId=torn,ou=decisions,dc=region";
	struct arena *a = arena_open();

	(void)state;
	read_all();
	empty(1);
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:{s:[s], s:[s], s:[s], s:[s, s], s:[s], s:[s]}}",
	              "csn", "1", "a", "portvaktId", "torn", "objectClass",
	              "portvaktDecision", "portvaktDecides", "release",
	              "portvaktSubject", names[1], subject(a, 1, 2),
	              "portvaktFrom", clock_ldap(a, clock_now()),
	              "portvaktHash", "of a longer list"));
	decisions_want();
	pass(60);
	assert_string_equal(status_of(1, 2), "active");
	assert_int_equal(state_number("SELECT count(*) FROM meta WHERE name"
	                              " = 'groups tinn'",
	                              ""),
	                 0);
	arena_close(a);
}

/* ---- ends */

static void an_end_that_all_are_told_today_is_no_announcement(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	for (int i = 0; i < EVERYBODY; i++)
		entries[1][i].until = in_ldap(a, DAY / 2);
	tell(1);
	pass(0);
	pass(DAY);
	for (int i = 0; i < EVERYBODY; i++)
		assert_string_equal(status_of(1, i), "active");
	arena_close(a);
}

static void an_end_that_one_is_told_today_comes(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	entries[1][7].until = in_ldap(a, DAY / 2);
	tell(1);
	pass(0);
	assert_string_equal(status_of(1, 7), "active");
	pass(DAY);
	assert_string_equal(status_of(1, 7), "suspended");
	arena_close(a);
}

static void ends_that_were_known_for_days_come_for_all(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	for (int i = 0; i < EVERYBODY; i++)
		entries[1][i].until = in_ldap(a, 3 * DAY);
	tell(1);
	pass(0);
	pass(4 * DAY);
	for (int i = 0; i < EVERYBODY; i++)
		assert_string_equal(status_of(1, i), "suspended");
	arena_close(a);
}

static void an_end_that_cannot_be_read_is_no_leave_to_stay(void **state)
{
	(void)state;
	read_all();
	entries[1][7].until = "31.12.2026";
	tell(1);
	pass(0);
	assert_string_equal(status_of(1, 7), "suspended");
}

/* ---- a configuration */

static void who_is_held_by_a_configuration_stays_so_when_their_entry_changes(
    void **state)
{
	(void)state;
	read_all();
	rules[0].kind = KIND_GUEST;
	(void)snprintf(region.hash, sizeof(region.hash), "the second");
	pass(0);
	assert_string_equal(form_text(affiliation(1, 8, NULL), "portvaktKind"),
	                    "employee");
	entries[1][8].until = "2099-01-01";
	tell(1);
	pass(0);
	assert_string_equal(form_text(affiliation(1, 8, NULL), "portvaktKind"),
	                    "employee");
	pass(60);
	assert_string_equal(form_text(affiliation(1, 8, NULL), "portvaktKind"),
	                    "employee");
}

static void who_is_held_by_a_configuration_leaves_on_their_last_day(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	rules[0].kind = KIND_GUEST;
	(void)snprintf(region.hash, sizeof(region.hash), "the second");
	pass(0);
	entries[1][8].until = in_ldap(a, 3 * DAY);
	tell(1);
	pass(0);
	pass(2 * DAY);
	assert_string_equal(status_of(1, 8), "active");
	pass(DAY + 60);
	assert_string_equal(status_of(1, 8), "suspended");
	assert_string_equal(status_of(1, 9), "active");
	arena_close(a);
}

#define STORY(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
	const struct CMUnitTest stories[] = {
		STORY(a_lost_cache_bares_nobody_whose_directory_is_away),
		STORY(a_directory_that_is_emptied_bares_nobody),
		STORY(a_protection_that_is_hidden_stays_until_somebody_accepts),
		STORY(who_is_decided_out_leaves_while_others_are_held),
		STORY(who_is_decided_out_leaves_though_the_directory_is_away),
		STORY(
		    who_is_decided_out_before_anything_was_written_may_come_later),
		STORY(who_is_to_be_removed_on_a_day_before_grace_is_over_is),
		STORY(a_day_that_cannot_be_read_removes_nobody),
		STORY(
		    a_release_that_is_not_whole_lets_go_neither_people_nor_groups),
		STORY(an_end_that_all_are_told_today_is_no_announcement),
		STORY(an_end_that_one_is_told_today_comes),
		STORY(ends_that_were_known_for_days_come_for_all),
		STORY(an_end_that_cannot_be_read_is_no_leave_to_stay),
		STORY(who_is_held_by_a_configuration_leaves_on_their_last_day),
		STORY(
		    who_is_held_by_a_configuration_stays_so_when_their_entry_changes),
	};
	struct arena *a = arena_open();
	int failed = 1;

	if (mkdtemp(folder)) {
		cache = arena_print(a, "%s/cache.sqlite", folder);
		failed =
		    cmocka_run_group_tests_name(__FILE__, stories, NULL, NULL);
		(void)unlink(cache);
		(void)rmdir(folder);
	}
	arena_close(a);
	return failed;
}
