/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Scenarios with two directories: what must not happen to one person while
 * something else fails. */
#include "tests/unit/sync/engine/engine_in_memory.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/main_loop.h"
#include "sync/engine/source/staging.h"
#include "sync/engine/state/state.h"

enum { SOURCES = 2, ENTRIES = 30, DAY = 24 * 60 * 60 };

/* ---- the region */

static const char *const names[SOURCES] = { "notodden", "tinn" };
static struct people_rule rules[] = {
	{ .kind = KIND_EMPLOYEE, .subtree = "ou=ansatte" },
	{ .kind = KIND_GUEST, .subtree = "ou=gjester" },
	{ .kind = KIND_TEACHER, .subtree = "ou=lærere" },
	{ .kind = KIND_PUPIL, .subtree = "ou=elever" },
	{ .role = "health", .subtree = "ou=helse,ou=elever" },
};
static struct directory_conf directories[SOURCES];
static struct source_mapping mappings[SOURCES];
static struct municipality municipalities[SOURCES];
static struct config region = {
	.hash = "the first",
	.delete_after = 30 * DAY,
	.directories = directories,
	.directory_count = SOURCES,
	.municipalities = municipalities,
	.municipality_count = SOURCES,
};

static char unused_uri[] = "ldapi:///";
static char *uris[] = { unused_uri, NULL };

static void build_region(void)
{
	region.catalogue.base = "dc=region";
	for (size_t i = 0; i < SOURCES; i++) {
		directories[i] =
		    (struct directory_conf){ .name = names[i],
			                     .base = "dc=example",
			                     .bind_dn = "cn=sync",
			                     .uris = uris,
			                     .max_deactivations_percent = 2,
			                     .limits = &generous_limits };
		mappings[i] =
		    (struct source_mapping){ .directory = &directories[i],
			                     .rules = rules,
			                     .rule_count = LENGTH(rules),
			                     .join_by_national_id = true };
		municipalities[i] =
		    (struct municipality){ .name = names[i],
			                   .display = names[i],
			                   .organisation_number = "999800002",
			                   .language = "nb",
			                   .source_mappings = &mappings[i],
			                   .source_mapping_count = 1 };
	}
}

/* ---- the directories: different people, but the first entry of both is the
 * same person */

struct entry {
	bool there, has_no_number, is_guest;
	int again; /* how often it was created again, with another anchor */
	const char *protected, *from, *until, *disabled;
	const char *number, *given, *family, *mail; /* NULL: as usual */
	const char *container;                      /* NULL: ou=ansatte */
	int same_as; /* another entry of this person, or 0 */
};

static struct entry entries[SOURCES][ENTRIES];

static char *anchor_of(struct arena *a, int s, int i)
{
	return arena_printf(a, "%08d-0000-4000-8%03d-%012d", s,
	                    entries[s][i].again, i);
}

static void set_attribute(json_t *body, const char *name, const char *value)
{
	if (value)
		(void)json_object_set_new(js_object(body, "attributes"), name,
		                          json_pack("[s]", value));
}

/* The numbers of all but the first begin here: others than before. */
static int first_human;

static json_t *body_of(struct arena *a, int s, int i)
{
	const struct entry *e = &entries[s][i];
	int number = e->same_as ? e->same_as : i;
	int human = number == 0 ? 0 : first_human + 1000 * s + number;
	const char *given = e->given ?: arena_printf(a, "Navn%d", human);
	const char *family = e->family ?: "Slekt";
	json_t *body = json_pack(
	    "{s:s, s:s, s:s, s:{s:[s], s:[s], s:[s], s:[s]}}", "anchor",
	    anchor_of(a, s, i), "dn",
	    arena_printf(a, "uid=l%d,%s,dc=example", i,
	                 e->container  ? e->container
	                 : e->is_guest ? "ou=gjester"
	                               : "ou=ansatte"),
	    "class", "person", "attributes", "login", arena_printf(a, "l%d", i),
	    "name", arena_printf(a, "%s %s", given, family), "given-name",
	    given, "family-name", family);

	set_attribute(body, "protected", e->protected);
	set_attribute(body, "from", e->from);
	set_attribute(body, "until", e->until);
	set_attribute(body, "disabled", e->disabled);
	set_attribute(body, "mail", e->mail);
	if (!e->has_no_number)
		js_set_string(body, "join",
		              e->number ?: arena_printf(a, "join-%d", human));
	js_set_string(body, "sealed", "c2VhbGVk");
	return body;
}

/* Sends the complete directory. */
static void send_directory(int s)
{
	struct arena *a = arena_open();
	json_t *list = json_array();
	(void)send_request(
	    a, IPC_SYNC_OPEN,
	    json_pack("{s:s, s:s}", "directory", names[s], "scope", "x"));
	int64_t run =
	    js_number(send_request(a, IPC_SYNC_BEGIN,
	                           json_pack("{s:s, s:s, s:b, s:i}",
	                                     "directory", names[s], "scope",
	                                     "x", "full", 1, "certificate", 0)),
	              "run", 0);

	for (int i = 0; i < ENTRIES; i++)
		if (entries[s][i].there)
			(void)json_array_append_new(list, body_of(a, s, i));
	const json_int_t count = (json_int_t)json_array_size(list);

	(void)send_request(
	    a, IPC_SYNC_ENTRIES,
	    json_pack("{s:I, s:o}", "run", run, "entries", list));
	(void)send_request(a, IPC_SYNC_COMMIT,
	                   json_pack("{s:I, s:b, s:I, s:b}", "run", run,
	                             "delete_unnamed", 1, "count", count,
	                             "went_back", 0));
	arena_close(a);
}

/* ---- the provisioner */

static struct main_loop round_state;
static char folder[] = "/tmp/pv-stories-XXXXXX";
static char *cache;

static void open_cache(void)
{
	struct error err = { 0 };

	if (!state_open(cache, &err))
		fail_msg("%s", err.text);
	staging_discard_all();
	round_state = (struct main_loop){ 0 };
}

static void lose_cache(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct arena *a = arena_open();

	state_close();
	for (size_t i = 0; i < LENGTH(suffixes); i++)
		(void)unlink(arena_printf(a, "%s%s", cache, suffixes[i]));
	open_cache();
	arena_close(a);
}

static void advance_time(int64_t seconds)
{
	time_ms += seconds * 1000;
	for (int i = 0; i < 20; i++) {
		time_ms += 400;
		for (int more = 0;
		     more < 50 && main_loop_run(&round_state, &region); more++)
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

		if (text_equal(entry_json_value(t, "portvaktAnchor"), anchor)) {
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
	return entry_json_value(affiliation(s, i, NULL), "portvaktStatus");
}

static const char *value_of_person(int s, int i, const char *name)
{
	const char *dn = NULL;

	assert_non_null(affiliation(s, i, &dn));
	return entry_json_value(
	    json_object_get(
		json_object_get(memory.entries, memory_parent_dn(dn)), "a"),
	    name);
}

static const char *protection_of_person(int s, int i)
{
	return value_of_person(s, i, "portvaktProtected");
}

/* ---- overrides, as admin writes them */

static int decision_count;

/* subjects: NULL-terminated. */
static void write_override(const char *decides, const char *until,
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
	              clock_format_generalized_time(a, clock_now()));
	if (until)
		(void)json_object_set_new(attributes, "portvaktUntil",
		                          json_pack("[s]", until));
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:o}", "csn", "1", "a", attributes));
	overrides_request_load();
	arena_close(a);
}

static char *subject_of(struct arena *a, int s, int i)
{
	return overrides_subject(a, names[s], anchor_of(a, s, i));
}

static char *ldap_time_after(struct arena *a, int64_t seconds)
{
	return clock_format_generalized_time(a, clock_now() + seconds);
}

/* ---- setup: each scenario starts a week after both directories were read */

static const char *const base_entries[] = {
	"dc=region",
	"ou=people,dc=region",
	"ou=groups,dc=region",
	"ou=municipalities,dc=region",
	"ou=feide,dc=region",
	"ou=decisions,dc=region",
	"ou=issued,ou=decisions,dc=region",
	"ou=tombstones,ou=decisions,dc=region",
};

static int setup(void **state)
{
	(void)state;
	time_ms = INT64_C(1800000000000);
	memory = (struct catalogue_writer){ .entries = json_object(),
		                            .writes_left = -1 };
	for (size_t i = 0; i < LENGTH(base_entries); i++) {
		const char *equals = strchr(base_entries[i], '=') + 1;

		(void)json_object_set_new(memory.entries, base_entries[i],
		                          json_pack("{s:s, s:{s:[s%]}}", "csn",
		                                    "0", "a", "ou", equals,
		                                    strcspn(equals, ",")));
	}
	catalogue_writer = &memory;
	build_region();
	rules[0].kind = KIND_EMPLOYEE;
	(void)snprintf(region.hash, sizeof(region.hash), "the first");
	region.remember_ids = region.hold_released_names = 0;
	first_human = 0;
	for (int s = 0; s < SOURCES; s++)
		for (int i = 0; i < ENTRIES; i++)
			entries[s][i] = (struct entry){ .there = true };
	open_cache();
	return 0;
}

static int teardown(void **state)
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
		send_directory(s);
	advance_time(0);
	advance_time(7 * DAY);
}

static void empty_directory(int s)
{
	for (int i = 0; i < ENTRIES; i++)
		entries[s][i].there = false;
	send_directory(s);
	advance_time(0);
}

/* ---- a protected address */

static void a_lost_cache_keeps_protection_while_the_directory_is_unavailable(
    void **state)
{
	(void)state;
	entries[1][0].protected = "6";
	read_all();
	assert_string_equal(protection_of_person(0, 0), "6");
	lose_cache();
	send_directory(0);
	advance_time(0);
	assert_string_equal(protection_of_person(0, 0), "6");
	send_directory(1);
	advance_time(0);
	assert_string_equal(protection_of_person(0, 0), "6");
}

static void an_emptied_directory_keeps_protection(void **state)
{
	(void)state;
	entries[1][0].protected = "7";
	read_all();
	empty_directory(1);
	assert_string_equal(status_of(1, 0), "active");
	entries[0][0].until = "2099-01-01";
	send_directory(0);
	advance_time(0);
	assert_string_equal(protection_of_person(0, 0), "7");
}

static void a_removed_protection_stays_until_it_is_accepted(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[0][3].protected = "7";
	read_all();
	assert_string_equal(protection_of_person(0, 3), "7");
	entries[0][3].protected = NULL;
	send_directory(0);
	advance_time(0);
	assert_string_equal(protection_of_person(0, 3), "7");
	lose_cache();
	advance_time(0);
	for (int s = 0; s < SOURCES; s++)
		send_directory(s);
	advance_time(0);
	assert_string_equal(protection_of_person(0, 3), "7");
	advance_time(60);
	assert_string_equal(protection_of_person(0, 3), "7");
	/* An approval of values does not cover it. */
	write_override(
	    "accept", NULL,
	    (const char *[]){ names[0], "values", subject_of(a, 0, 3), NULL });
	advance_time(60);
	assert_string_equal(protection_of_person(0, 3), "7");
	write_override("accept", NULL,
	               (const char *[]){ names[0], "protected",
	                                 subject_of(a, 0, 3), NULL });
	advance_time(60);
	assert_null(protection_of_person(0, 3));
	arena_close(a);
}

/* ---- overrides */

static void an_excluded_entry_is_suspended_while_others_are_held(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	for (int i = 5; i < ENTRIES; i++)
		entries[1][i].there = false;
	send_directory(1);
	advance_time(0);
	assert_string_equal(status_of(1, 20), "active");
	write_override("out", NULL,
	               (const char *[]){ subject_of(a, 1, 2), NULL });
	write_override("out", NULL,
	               (const char *[]){ subject_of(a, 1, 20), NULL });
	advance_time(60);
	assert_string_equal(status_of(1, 2), "suspended");
	assert_string_equal(status_of(1, 20), "suspended");
	assert_string_equal(status_of(1, 21), "active");
	arena_close(a);
}

static void an_excluded_entry_is_suspended_while_the_directory_is_unavailable(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	lose_cache();
	advance_time(0);
	write_override("out", NULL,
	               (const char *[]){ subject_of(a, 1, 2), NULL });
	advance_time(60);
	assert_string_equal(status_of(1, 2), "suspended");
	assert_string_equal(status_of(1, 3), "active");
	arena_close(a);
}

static const char *delete_entry(struct arena *a)
{
	entries[1][4].there = false;
	send_directory(1);
	advance_time(0);
	assert_string_equal(status_of(1, 4), "suspended");
	return arena_strdup(
	    a, entry_json_value(affiliation(1, 4, NULL), "portvaktId"));
}

/* The catalogue rejects the suspension, and is unavailable when only that is
 * tried: it must not count as done. The person stays active elsewhere, so this
 * is the last change. */
static void a_suspension_is_repeated_after_an_outage(void **state)
{
	(void)state;
	read_all();
	entries[1][0].there = false;
	send_directory(1);
	memory.rejects_status = true;
	advance_time(0);
	assert_false(memory.rejects_status);
	assert_string_equal(status_of(1, 0), "active");
	memory.writes_left = -1;
	advance_time(10);
	assert_string_equal(status_of(1, 0), "suspended");
}

static void an_outage_is_no_rejection_by_the_catalogue(void **state)
{
	(void)state;
	read_all();
	entries[0][3].family = "Tveito";
	send_directory(0);
	memory.writes_left = 0;
	advance_time(0);
	assert_int_equal(state_number("SELECT count(*) FROM quarantine WHERE"
	                              " reason = 'catalogue-refuses'",
	                              ""),
	                 0);
	memory.writes_left = -1;
	advance_time(10);
	assert_string_equal(value_of_person(0, 3, "sn"), "Tveito");
}

/* Its entry may be in the directory that was not read yet. */
static void a_person_without_affiliations_is_kept_until_all_is_read(
    void **state)
{
	struct arena *a = arena_open();
	const char *dn = NULL;

	(void)state;
	read_all();
	assert_non_null(affiliation(1, 3, &dn));
	const char *person = arena_strdup(a, memory_parent_dn(dn));

	(void)json_object_del(memory.entries, arena_strdup(a, dn));
	entries[1][3].there = false;
	lose_cache();
	send_directory(0);
	advance_time(60);
	assert_non_null(json_object_get(memory.entries, person));
	send_directory(1);
	advance_time(60);
	assert_null(json_object_get(memory.entries, person));
	arena_close(a);
}

/* The link to the removed person was kept, so that the affiliation could not be
 * written below it. */
static void an_entry_excluded_before_the_first_write_can_be_included_later(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][0].there = false;
	read_all();
	entries[1][0].there = true;
	send_directory(1);
	memory.writes_left = 0;
	advance_time(0);
	memory.writes_left = -1;
	write_override("out", ldap_time_after(a, 40 * DAY),
	               (const char *[]){ subject_of(a, 1, 0), NULL });
	entries[0][0].there = false;
	send_directory(0);
	advance_time(60);
	assert_null(affiliation(1, 0, NULL));
	advance_time(31 * DAY);
	assert_null(affiliation(0, 0, NULL));
	advance_time(10 * DAY);
	send_directory(1);
	advance_time(120);
	assert_string_equal(status_of(1, 0), "active");
	arena_close(a);
}

static void a_removal_date_before_the_end_of_grace_applies(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	const char *id = delete_entry(a);
	write_override("grace", ldap_time_after(a, 2 * DAY),
	               (const char *[]){ id, NULL });
	advance_time(DAY);
	assert_non_null(affiliation(1, 4, NULL));
	advance_time(DAY);
	assert_null(affiliation(1, 4, NULL));
	arena_close(a);
}

static void an_invalid_removal_date_removes_nothing(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	const char *id = delete_entry(a);
	write_override("grace", "in spring", (const char *[]){ id, NULL });
	advance_time(60);
	assert_non_null(affiliation(1, 4, NULL));
	advance_time(DAY);
	assert_non_null(affiliation(1, 4, NULL));
	arena_close(a);
}

/* The other parts of the list are missing. */
static void an_incomplete_release_releases_neither_people_nor_groups(
    void **state)
{
	static const char dn[] = "portvaktId=torn,ou=decisions,dc=region";
	struct arena *a = arena_open();

	(void)state;
	read_all();
	empty_directory(1);
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:{s:[s], s:[s], s:[s], s:[s, s], s:[s], s:[s]}}",
	              "csn", "1", "a", "portvaktId", "torn", "objectClass",
	              "portvaktDecision", "portvaktDecides", "release",
	              "portvaktSubject", names[1], subject_of(a, 1, 2),
	              "portvaktFrom",
	              clock_format_generalized_time(a, clock_now()),
	              "portvaktHash", "of a longer list"));
	overrides_request_load();
	advance_time(60);
	assert_string_equal(status_of(1, 2), "active");
	assert_int_equal(state_number("SELECT count(*) FROM meta WHERE name"
	                              " = 'groups tinn'",
	                              ""),
	                 0);
	arena_close(a);
}

/* ---- last days */

static void last_days_set_for_all_on_the_same_day_are_held(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].until = ldap_time_after(a, DAY / 2);
	send_directory(1);
	advance_time(0);
	advance_time(DAY);
	for (int i = 0; i < ENTRIES; i++)
		assert_string_equal(status_of(1, i), "active");
	arena_close(a);
}

static void a_single_last_day_set_today_applies(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	entries[1][7].until = ldap_time_after(a, DAY / 2);
	send_directory(1);
	advance_time(0);
	assert_string_equal(status_of(1, 7), "active");
	advance_time(DAY);
	assert_string_equal(status_of(1, 7), "suspended");
	arena_close(a);
}

static void last_days_known_in_advance_apply_to_all(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].until = ldap_time_after(a, 3 * DAY);
	read_all();
	advance_time(4 * DAY);
	for (int i = 0; i < ENTRIES; i++)
		assert_string_equal(status_of(1, i), "suspended");
	arena_close(a);
}

static void last_days_set_for_all_days_ahead_are_held_and_not_in_force(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	directories[1].limits = NULL;
	read_all();
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].until = ldap_time_after(a, 25 * DAY / 24);
	send_directory(1);
	advance_time(0);
	advance_time(3 * DAY);
	for (int i = 0; i < ENTRIES; i++) {
		assert_string_equal(status_of(1, i), "active");
		assert_null(
		    entry_json_value(affiliation(1, i, NULL), "portvaktUntil"));
	}
	/* The directory takes it back: nothing is held any longer. */
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].until = NULL;
	send_directory(1);
	advance_time(10);
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
	arena_close(a);
}

static void an_invalid_last_day_suspends(void **state)
{
	(void)state;
	read_all();
	entries[1][7].until = "31.12.2026";
	send_directory(1);
	advance_time(0);
	assert_string_equal(status_of(1, 7), "suspended");
}

/* ---- configuration changes */

static void a_configuration_hold_survives_a_change_of_the_entry(void **state)
{
	(void)state;
	read_all();
	rules[0].kind = KIND_GUEST;
	(void)snprintf(region.hash, sizeof(region.hash), "the second");
	advance_time(0);
	assert_string_equal(
	    entry_json_value(affiliation(1, 8, NULL), "portvaktKind"),
	    "employee");
	entries[1][8].until = "2099-01-01";
	send_directory(1);
	advance_time(0);
	assert_string_equal(
	    entry_json_value(affiliation(1, 8, NULL), "portvaktKind"),
	    "employee");
	advance_time(60);
	assert_string_equal(
	    entry_json_value(affiliation(1, 8, NULL), "portvaktKind"),
	    "employee");
}

static void a_configuration_hold_ends_on_the_last_day(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all();
	rules[0].kind = KIND_GUEST;
	(void)snprintf(region.hash, sizeof(region.hash), "the second");
	advance_time(0);
	entries[1][8].until = ldap_time_after(a, 3 * DAY);
	send_directory(1);
	advance_time(0);
	advance_time(2 * DAY);
	assert_string_equal(status_of(1, 8), "active");
	advance_time(DAY + 60);
	assert_string_equal(status_of(1, 8), "suspended");
	assert_string_equal(status_of(1, 9), "active");
	arena_close(a);
}

/* ---- people who return */

static const char tombstones_dn[] = "ou=tombstones,ou=decisions,dc=region";

static size_t count_tombstones(void)
{
	const char *dn;
	json_t *entry;
	size_t count = 0;

	json_object_foreach(memory.entries, dn, entry)
	{
		count += text_equal(memory_parent_dn(dn), tombstones_dn);
	}
	return count;
}

static char *ids_of(struct arena *a, int s, int i)
{
	const char *dn = NULL;

	return affiliation(s, i, &dn) ? arena_strdup(a, dn) : NULL;
}

static void delete_for(int s, int i, int64_t seconds)
{
	entries[s][i].there = false;
	send_directory(s);
	advance_time(0);
	advance_time(seconds);
}

static void create_again(int s, int i)
{
	entries[s][i].there = true;
	entries[s][i].again++;
	send_directory(s);
	advance_time(0);
	advance_time(60);
}

static void remember(void)
{
	region.remember_ids = 3 * 365 * DAY;
	region.hold_released_names = 90 * DAY;
}

static void a_person_who_returns_after_removal_gets_the_ids_back(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	read_all();
	char *ids = ids_of(a, 1, 4);
	delete_for(1, 4, 31 * DAY);
	assert_null(affiliation(1, 4, NULL));
	assert_int_equal(count_tombstones(), 1);
	create_again(1, 4);
	assert_string_equal(ids_of(a, 1, 4), ids);
	assert_string_equal(status_of(1, 4), "active");
	advance_time(90 * DAY);
	assert_int_equal(count_tombstones(), 0);
	arena_close(a);
}

static void a_lost_cache_and_a_crash_lose_no_ids(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	read_all();
	char *ids = ids_of(a, 1, 4);
	delete_for(1, 4, 29 * DAY);
	/* Only the tombstone is written. */
	memory.writes_left = 1;
	advance_time(2 * DAY);
	memory.writes_left = -1;
	lose_cache();
	assert_int_equal(count_tombstones(), 1);
	for (int turn = 0; turn < 2; turn++)
		for (int s = 0; s < SOURCES; s++)
			send_directory(s);
	advance_time(120);
	assert_null(affiliation(1, 4, NULL));
	lose_cache();
	create_again(1, 4);
	send_directory(0);
	advance_time(60);
	assert_string_equal(ids_of(a, 1, 4), ids);
	arena_close(a);
}

static void ids_are_forgotten_in_time(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	read_all();
	char *ids = ids_of(a, 1, 4);
	delete_for(1, 4, 31 * DAY);
	advance_time(3 * 365 * DAY);
	assert_int_equal(count_tombstones(), 0);
	create_again(1, 4);
	assert_string_not_equal(ids_of(a, 1, 4), ids);
	arena_close(a);
}

static void a_person_without_a_number_leaves_no_ids(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	entries[1][4].has_no_number = true;
	read_all();
	delete_for(1, 4, 31 * DAY);
	/* The login name is still held, and nothing else is known. */
	assert_int_equal(count_tombstones(), 1);
	assert_int_equal(state_number("SELECT count(*) FROM tombstones WHERE"
	                              " joins IS NOT NULL",
	                              ""),
	                 0);
	advance_time(60 * DAY);
	assert_int_equal(count_tombstones(), 0);
	arena_close(a);
}

/* The other affiliation of the person stays. */
static void a_single_affiliation_gets_its_id_back(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	read_all();
	char *ids = ids_of(a, 1, 0);
	delete_for(1, 0, 31 * DAY);
	assert_null(affiliation(1, 0, NULL));
	assert_string_equal(status_of(0, 0), "active");
	create_again(1, 0);
	assert_string_equal(ids_of(a, 1, 0), ids);
	arena_close(a);
}

static void a_municipality_that_leaves_leaves_no_tombstones(void **state)
{
	(void)state;
	remember();
	read_all();
	delete_for(1, 4, 0);
	delete_for(0, 4, 31 * DAY);
	assert_int_equal(count_tombstones(), 2);
	municipalities[1].offboarding_date = clock_now() - DAY;
	municipalities[1].source_mapping_count = 0;
	(void)snprintf(region.hash, sizeof(region.hash), "without tinn");
	write_override("leave", NULL,
	               (const char *[]){ names[1], "step remove", NULL });
	advance_time(60);
	assert_null(affiliation(1, 3, NULL));
	advance_time(60);
	assert_int_equal(count_tombstones(), 1);
}

static void a_login_name_of_a_removed_person_is_held(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	remember();
	read_all();
	char *ids = ids_of(a, 1, 4);
	delete_for(1, 4, 31 * DAY);
	first_human = 500000;
	for (int i = 1; i < ENTRIES; i++)
		entries[1][i].there = i == 4;
	create_again(1, 4);
	assert_null(affiliation(1, 4, NULL));
	assert_int_equal(state_number("SELECT count(*) FROM quarantine WHERE"
	                              " reason = 'login-name-held'",
	                              ""),
	                 1);
	advance_time(60 * DAY);
	assert_non_null(affiliation(1, 4, NULL));
	assert_string_not_equal(ids_of(a, 1, 4), ids);
	arena_close(a);
}

/* ---- which identifiers services receive */

static const char *person_of(struct arena *a, int s, int i)
{
	const char *dn = NULL;

	assert_non_null(affiliation(s, i, &dn));
	return arena_memdup(a, memory_parent_dn(dn) + strlen("portvaktId="),
	                    strcspn(memory_parent_dn(dn), ",") -
	                        strlen("portvaktId="));
}

/* The id before a join, else the person's. */
static const char *subject_id_of(struct arena *a, int s, int i)
{
	const char *own =
	    entry_json_value(affiliation(s, i, NULL), "portvaktPersonBefore");

	return own ? arena_strdup(a, own) : person_of(a, s, i);
}

static void create(int s, int i)
{
	entries[s][i].there = true;
	send_directory(s);
	advance_time(60);
}

/* Entry 5 of notodden is a guest with the number and the name of entry 4 of
 * tinn, and is then removed as she is. */
static const char *join_and_remove_both(struct arena *a, const char **ret_own)
{
	struct entry *guest = &entries[0][5];

	remember();
	*guest = (struct entry){ .number = "join-1004", .given = "Navn1004" };
	read_all();
	const char *hers = person_of(a, 1, 4);
	create(0, 5);
	assert_string_equal(person_of(a, 0, 5), hers);
	*ret_own = subject_id_of(a, 0, 5);
	assert_string_not_equal(*ret_own, hers);
	delete_for(0, 5, 31 * DAY);
	delete_for(1, 4, 31 * DAY);
	assert_null(affiliation(1, 4, NULL));
	return hers;
}

static void
an_unproved_join_does_not_get_the_persons_identifier_after_her_removal(
    void **state)
{
	struct arena *a = arena_open();
	const char *own = NULL;

	(void)state;
	const char *hers = join_and_remove_both(a, &own);
	entries[0][5].is_guest = true;
	entries[0][5].given = "Enhver";
	create_again(0, 5);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	assert_string_equal(person_of(a, 0, 5), hers);
	arena_close(a);
}

static void her_own_municipality_gets_it_back_in_another_position(void **state)
{
	struct arena *a = arena_open();
	const char *own = NULL;

	(void)state;
	const char *hers = join_and_remove_both(a, &own);
	entries[1][4].is_guest = true;
	create_again(1, 4);
	assert_string_equal(subject_id_of(a, 1, 4), hers);
	create_again(0, 5);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	arena_close(a);
}

static void her_own_municipality_gets_it_back_while_another_has_her(
    void **state)
{
	struct arena *a = arena_open();
	const char *own = NULL;

	(void)state;
	const char *hers = join_and_remove_both(a, &own);
	create_again(0, 5);
	entries[1][4].is_guest = true;
	create_again(1, 4);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	assert_string_equal(subject_id_of(a, 1, 4), hers);
	arena_close(a);
}

/* Entries 5 and 6 of notodden join her together, with one identifier. */
static const char *join_two(struct arena *a)
{
	for (int i = 5; i < 7; i++)
		entries[0][i] = (struct entry){ .number = "join-1004",
			                        .given = "Navn1004",
			                        .is_guest = i == 6 };
	read_all();
	create(0, 5);
	create(0, 6);
	assert_string_equal(subject_id_of(a, 0, 6), subject_id_of(a, 0, 5));
	return subject_id_of(a, 0, 5);
}

static void one_of_two_that_joined_is_split_with_an_identifier_of_its_own(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	const char *own = join_two(a);
	const char *hers = person_of(a, 1, 4);
	write_override("part", NULL,
	               (const char *[]){ subject_of(a, 0, 6), hers, NULL });
	advance_time(60);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	assert_string_not_equal(person_of(a, 0, 6), hers);
	assert_string_not_equal(subject_id_of(a, 0, 6), own);
	/* The last one takes it along. */
	write_override("part", NULL,
	               (const char *[]){ subject_of(a, 0, 5), hers, NULL });
	advance_time(60);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	arena_close(a);
}

static void two_that_are_split_together_keep_their_identifier(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	const char *own = join_two(a);
	const char *hers = person_of(a, 1, 4);
	write_override("part", NULL,
	               (const char *[]){ subject_of(a, 0, 5),
	                                 subject_of(a, 0, 6), hers, NULL });
	advance_time(60);
	assert_string_equal(person_of(a, 0, 5), own);
	assert_string_equal(person_of(a, 0, 6), own);
	assert_string_equal(subject_id_of(a, 1, 4), hers);
	arena_close(a);
}

static void a_merged_entry_has_an_identifier_of_its_own_until_it_is_proved(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[0][5] = (struct entry){ .has_no_number = true };
	read_all();
	const char *hers = person_of(a, 1, 4);
	write_override("join", NULL,
	               (const char *[]){ subject_of(a, 0, 5), hers, NULL });
	advance_time(60);
	create(0, 5);
	assert_string_equal(person_of(a, 0, 5), hers);
	assert_string_not_equal(subject_id_of(a, 0, 5), hers);
	/* In her own municipality it is hers. */
	entries[1][5] = (struct entry){ .has_no_number = true };
	entries[1][5].again = 1;
	write_override("join", NULL,
	               (const char *[]){ subject_of(a, 1, 5), hers, NULL });
	advance_time(60);
	create(1, 5);
	assert_string_equal(subject_id_of(a, 1, 5), hers);
	arena_close(a);
}

static void one_of_two_that_joined_is_merged_with_an_identifier_of_its_own(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	const char *own = join_two(a);
	const char *other = person_of(a, 1, 3);
	write_override("join", NULL,
	               (const char *[]){ subject_of(a, 0, 6), other, NULL });
	advance_time(60);
	assert_string_equal(person_of(a, 0, 6), other);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	assert_string_not_equal(subject_id_of(a, 0, 6), own);
	assert_string_not_equal(subject_id_of(a, 0, 6), other);
	/* The last one takes it along. */
	write_override(
	    "join", NULL,
	    (const char *[]){ subject_of(a, 0, 5), person_of(a, 1, 2), NULL });
	advance_time(60);
	assert_string_equal(subject_id_of(a, 0, 5), own);
	arena_close(a);
}

static void one_of_her_own_entries_is_merged_with_the_identifier_of_that_person(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][5] = (struct entry){ .number = "join-1004",
		                        .given = "Navn1004",
		                        .is_guest = true };
	read_all();
	create(1, 5);
	const char *hers = person_of(a, 1, 4);
	assert_string_equal(subject_id_of(a, 1, 5), hers);
	const char *other = person_of(a, 1, 3);
	write_override("join", NULL,
	               (const char *[]){ subject_of(a, 1, 5), other, NULL });
	advance_time(60);
	assert_string_equal(subject_id_of(a, 1, 4), hers);
	assert_string_equal(subject_id_of(a, 1, 5), other);
	arena_close(a);
}

/* ---- one number under two names */

static void one_number_under_another_name_shares_no_address(void **state)
{
	(void)state;
	entries[1][4].mail = "kari@example.no";
	entries[1][5] = (struct entry){ .number = "join-1004",
		                        .given = "Anders",
		                        .is_guest = true,
		                        .mail = "kari@example.no" };
	read_all();
	create(1, 5);
	assert_null(affiliation(1, 5, NULL));
	assert_int_equal(state_number("SELECT count(*) FROM quarantine WHERE"
	                              " reason = 'mail-in-use'",
	                              ""),
	                 1);
	entries[1][5].given = "Navn1004";
	send_directory(1);
	advance_time(60);
	assert_string_equal(status_of(1, 5), "active");
}

static void an_entry_parted_from_her_shares_no_address(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][4].mail = "kari@example.no";
	entries[1][5] = (struct entry){ .number = "join-1004",
		                        .given = "Navn1004",
		                        .is_guest = true,
		                        .mail = "kari@example.no" };
	read_all();
	write_override(
	    "part", NULL,
	    (const char *[]){ subject_of(a, 1, 5), person_of(a, 1, 4), NULL });
	create(1, 5);
	assert_null(affiliation(1, 5, NULL));
	arena_close(a);
}

/* ---- new entries of known people */

static const char employees[] = "ou=ansatte";
static const char teachers[] = "ou=lærere";
static const char pupils[] = "ou=elever";

/* All of the second directory are in the container, for two months. */
static void read_all_in(const char *container)
{
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].container = container;
	read_all();
	advance_time(60 * DAY);
	directories[1].limits = NULL;
}

static const char *kind_of(int s, int i)
{
	return entry_json_value(affiliation(s, i, NULL), "portvaktKind");
}

static int64_t count_held(const char *reason)
{
	return state_number("SELECT count(*) FROM held WHERE reason = ?1", "t",
	                    reason);
}

/* They are deleted and created again, with another anchor. */
static void replace_entries(int first, int last, const char *container)
{
	for (int i = first; i <= last; i++) {
		entries[1][i].again++;
		entries[1][i].container = container;
	}
	send_directory(1);
	advance_time(0);
}

static void copy_entries(int first, int count, const char *container)
{
	for (int i = first; i < first + count; i++) {
		entries[1][i + 15].there = true;
		entries[1][i + 15].same_as = i;
		entries[1][i + 15].container = container;
	}
	send_directory(1);
	advance_time(0);
}

static void pupils_created_again_as_employees_are_held(void **state)
{
	(void)state;
	read_all_in(pupils);
	replace_entries(5, 9, employees);
	for (int i = 5; i < 10; i++)
		assert_null(affiliation(1, i, NULL));
	assert_int_equal(count_held("kinds"), 5);
	advance_time(2 * DAY);
	assert_null(affiliation(1, 5, NULL));
}

static void pupils_copied_to_the_employees_are_held(void **state)
{
	(void)state;
	for (int i = 15; i < ENTRIES; i++)
		entries[1][i].there = false;
	read_all_in(pupils);
	copy_entries(1, 3, employees);
	for (int i = 16; i < 19; i++)
		assert_null(affiliation(1, i, NULL));
	assert_int_equal(count_held("kinds"), 3);
}

static void a_hold_of_new_employees_ends_with_its_approval(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (int i = 15; i < ENTRIES; i++)
		entries[1][i].there = false;
	read_all_in(pupils);
	copy_entries(1, 3, employees);
	write_override("accept", NULL,
	               (const char *[]){
			   names[1], "kinds", subject_of(a, 1, 16),
			   subject_of(a, 1, 17), subject_of(a, 1, 18), NULL });
	advance_time(60);
	for (int i = 16; i < 19; i++)
		assert_string_equal(kind_of(1, i), "employee");
	assert_string_equal(kind_of(1, 1), "pupil");
	arena_close(a);
}

static void a_pupil_becomes_a_summer_substitute_at_once(void **state)
{
	(void)state;
	for (int i = 15; i < ENTRIES; i++)
		entries[1][i].there = false;
	read_all_in(pupils);
	copy_entries(1, 2, employees);
	assert_string_equal(kind_of(1, 16), "employee");
	assert_string_equal(kind_of(1, 17), "employee");
	/* Two a day, also after a lost cache. */
	lose_cache();
	for (int turn = 0; turn < 2; turn++)
		for (int s = 0; s < SOURCES; s++)
			send_directory(s);
	advance_time(60);
	copy_entries(3, 1, employees);
	assert_null(affiliation(1, 18, NULL));
	assert_int_equal(count_held("kinds"), 1);
}

static void employees_may_also_be_pupils(void **state)
{
	(void)state;
	for (int i = 15; i < ENTRIES; i++)
		entries[1][i].there = false;
	read_all_in(employees);
	copy_entries(1, 8, pupils);
	for (int i = 16; i < 24; i++)
		assert_string_equal(kind_of(1, i), "pupil");
	assert_int_equal(count_held("kinds"), 0);
}

static void a_rebuilt_directory_with_the_same_people_holds_nothing(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][3].protected = "6";
	read_all_in(employees);
	char *ids = ids_of(a, 1, 4);
	replace_entries(0, ENTRIES - 1, employees);
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
	assert_string_equal(ids_of(a, 1, 4), ids);
	assert_string_equal(protection_of_person(1, 3), "6");
	for (int i = 0; i < ENTRIES; i++)
		assert_string_equal(status_of(1, i), "active");
	arena_close(a);
}

static void a_rebuilt_directory_makes_no_teachers(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	read_all_in(employees);
	char *ids = ids_of(a, 1, 4);
	replace_entries(0, ENTRIES - 1, teachers);
	assert_string_equal(ids_of(a, 1, 4), ids);
	for (int i = 0; i < ENTRIES; i++)
		assert_string_equal(kind_of(1, i), "employee");
	assert_int_equal(count_held("kinds"), ENTRIES);
	arena_close(a);
}

static void a_rebuilt_directory_ends_none(void **state)
{
	(void)state;
	read_all_in(employees);
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].until = "2030-01-01";
	replace_entries(0, ENTRIES - 1, employees);
	for (int i = 0; i < ENTRIES; i++)
		assert_null(
		    entry_json_value(affiliation(1, i, NULL), "portvaktUntil"));
	assert_int_equal(count_held("dates"), ENTRIES);
}

static void a_rebuilt_directory_removes_no_protection(void **state)
{
	(void)state;
	entries[1][3].protected = "7";
	read_all_in(employees);
	entries[1][3].protected = NULL;
	replace_entries(0, ENTRIES - 1, employees);
	assert_string_equal(protection_of_person(1, 3), "7");
}

/* ---- changes while suspended */

static void set_disabled(int first, int last, const char *disabled)
{
	for (int i = first; i <= last; i++)
		entries[1][i].disabled = disabled;
	send_directory(1);
	advance_time(0);
}

static void move_entries(int first, int last, const char *container)
{
	for (int i = first; i <= last; i++)
		entries[1][i].container = container;
	send_directory(1);
	advance_time(0);
}

static void set_first_day(int first, int last, const char *from)
{
	for (int i = first; i <= last; i++)
		entries[1][i].from = from;
}

static void pupils_who_wait_for_their_first_day_do_not_become_employees(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	set_first_day(0, 14, ldap_time_after(a, 80 * DAY));
	read_all_in(pupils);
	assert_string_equal(status_of(1, 3), "suspended");
	move_entries(0, 14, employees);
	for (int i = 0; i < 15; i++)
		assert_string_equal(kind_of(1, i), "pupil");
	assert_int_equal(count_held("kinds"), 15);
	advance_time(20 * DAY);
	for (int i = 0; i < 15; i++) {
		assert_string_equal(kind_of(1, i), "pupil");
		assert_string_equal(status_of(1, i), "active");
	}
	arena_close(a);
}

static void those_who_wait_for_their_first_day_do_not_end_before(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	set_first_day(0, 14, ldap_time_after(a, 80 * DAY));
	read_all_in(employees);
	for (int i = 0; i < 15; i++)
		entries[1][i].until = ldap_time_after(a, DAY);
	send_directory(1);
	advance_time(0);
	advance_time(20 * DAY);
	for (int i = 0; i < 15; i++)
		assert_string_equal(status_of(1, i), "active");
	arena_close(a);
}

static void all_come_on_the_first_day_that_was_known(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	set_first_day(0, 14, ldap_time_after(a, 80 * DAY));
	read_all_in(employees);
	advance_time(20 * DAY);
	for (int i = 0; i < 15; i++)
		assert_string_equal(status_of(1, i), "active");
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
	arena_close(a);
}

static void suspend_some(int first, int last, const char *container)
{
	read_all_in(container);
	directories[1].limits = &generous_limits;
	set_disabled(first, last, "1");
	directories[1].limits = NULL;
	assert_string_equal(status_of(1, last), "suspended");
}

static void pupils_disabled_moved_and_enabled_stay_pupils(void **state)
{
	(void)state;
	suspend_some(2, 7, pupils);
	advance_time(DAY);
	move_entries(2, 7, employees);
	advance_time(DAY);
	set_disabled(2, 7, NULL);
	for (int i = 2; i < 8; i++)
		assert_string_equal(kind_of(1, i), "pupil");
}

static void pupils_disabled_and_moved_at_once_stay_pupils(void **state)
{
	(void)state;
	read_all_in(pupils);
	for (int i = 2; i < 6; i++)
		entries[1][i].disabled = "1";
	move_entries(2, 5, employees);
	advance_time(DAY);
	set_disabled(2, 5, NULL);
	for (int i = 2; i < 6; i++)
		assert_string_equal(kind_of(1, i), "pupil");
	assert_int_equal(count_held("kinds"), 4);
}

static void a_return_as_before_within_a_week_is_free(void **state)
{
	(void)state;
	suspend_some(2, 7, "ou=helse,ou=elever");
	/* They lose the role meanwhile, and get it back. */
	move_entries(2, 7, pupils);
	assert_null(entry_json_value(affiliation(1, 2, NULL), "portvaktRole"));
	advance_time(DAY);
	for (int i = 2; i < 8; i++)
		entries[1][i].container = "ou=helse,ou=elever";
	set_disabled(2, 7, NULL);
	for (int i = 2; i < 8; i++) {
		assert_string_equal(status_of(1, i), "active");
		assert_string_equal(
		    entry_json_value(affiliation(1, i, NULL), "portvaktRole"),
		    "health");
	}
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
}

static void a_return_without_the_former_roles_counts(void **state)
{
	(void)state;
	suspend_some(2, 7, "ou=helse,ou=elever");
	move_entries(2, 7, pupils);
	advance_time(DAY);
	set_disabled(2, 7, NULL);
	for (int i = 2; i < 8; i++)
		assert_string_equal(status_of(1, i), "suspended");
	assert_int_equal(count_held("returns"), 6);
}

/* ---- what is taken back */

/* One of the employees was a pupil until two days ago. */
static void read_employees_with_a_pupil(int i)
{
	for (int k = 0; k < ENTRIES; k++)
		entries[1][k].container = k == i ? pupils : employees;
	read_all();
	advance_time(60 * DAY);
	move_entries(i, i, employees);
	directories[1].limits = NULL;
	advance_time(2 * DAY);
}

static void four_who_move_and_one_who_goes_back_are_five(void **state)
{
	(void)state;
	read_employees_with_a_pupil(9);
	for (int i = 2; i < 6; i++)
		move_entries(i, i, pupils);
	assert_int_equal(count_held("kinds"), 0);
	move_entries(9, 9, pupils);
	assert_int_equal(count_held("kinds"), 1);
	assert_string_equal(kind_of(1, 9), "employee");
	/* The others go back: then it is an undo like theirs. */
	move_entries(2, 5, employees);
	advance_time(10);
	assert_int_equal(count_held("kinds"), 0);
	assert_string_equal(kind_of(1, 9), "pupil");
	assert_string_equal(kind_of(1, 5), "employee");
}

static void one_who_goes_back_counts_with_four_after_that(void **state)
{
	(void)state;
	read_employees_with_a_pupil(9);
	move_entries(9, 9, pupils);
	for (int i = 2; i < 5; i++)
		move_entries(i, i, pupils);
	assert_int_equal(count_held("kinds"), 0);
	move_entries(5, 5, pupils);
	assert_int_equal(count_held("kinds"), 1);
	assert_string_equal(kind_of(1, 5), "employee");
}

/* A third of a kind is few people. */
static void one_of_three_guests_who_goes_back_counts_with_one_other(
    void **state)
{
	(void)state;
	for (int k = 0; k < ENTRIES; k++)
		entries[1][k].is_guest = k >= 10 && k < 13;
	entries[1][10].is_guest = false;
	read_all();
	advance_time(60 * DAY);
	entries[1][10].is_guest = true;
	send_directory(1);
	advance_time(2 * DAY);
	assert_string_equal(kind_of(1, 10), "guest");
	directories[1].limits = NULL;
	entries[1][10].is_guest = entries[1][11].is_guest = false;
	send_directory(1);
	advance_time(0);
	assert_int_equal(count_held("kinds"), 2);
	assert_string_equal(kind_of(1, 11), "guest");
}

static void an_undo_of_many_is_free_beside_one_change(void **state)
{
	(void)state;
	read_all_in(employees);
	directories[1].limits = &generous_limits;
	move_entries(2, 8, pupils);
	directories[1].limits = NULL;
	advance_time(2 * DAY);
	entries[1][9].container = teachers;
	move_entries(2, 8, employees);
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
	for (int i = 2; i < 9; i++)
		assert_string_equal(kind_of(1, i), "employee");
	assert_string_equal(kind_of(1, 9), "teacher");
}

static void leavers_do_not_return_by_a_first_day(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	suspend_some(2, 7, employees);
	advance_time(10 * DAY);
	set_first_day(2, 7, ldap_time_after(a, DAY));
	set_disabled(2, 7, NULL);
	assert_int_equal(count_held("returns"), 6);
	advance_time(3 * DAY);
	for (int i = 2; i < 8; i++)
		assert_string_equal(status_of(1, i), "suspended");
	arena_close(a);
}

static void one_who_is_hired_again_comes_on_the_first_day(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	suspend_some(2, 2, employees);
	advance_time(10 * DAY);
	set_first_day(2, 2, ldap_time_after(a, DAY));
	set_disabled(2, 2, NULL);
	assert_string_equal(status_of(1, 2), "suspended");
	advance_time(2 * DAY);
	assert_string_equal(status_of(1, 2), "active");
	assert_int_equal(state_number("SELECT count(*) FROM held", ""), 0);
	arena_close(a);
}

/* ---- one address in several spellings */

static void an_address_is_the_same_in_every_spelling_of_its_domain(void **state)
{
	static const char *const spellings[][2] = {
		{ "kari@bø.no", "kari@xn--b-5ga.no" },
		{ "ola@xn--b-5ga.no", "OLA@BØ.no" },
		{ "kari\xe2\x80\x91"
		  "moen@example.no",
		  "kari-moen@example.no" },
		{ "eli@example.no\xc2\xa0", "\xe2\x80\x8b"
		                            "eli@example.no" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (int i = 0; i < 8; i++)
		entries[1][i + 4].mail = spellings[i / 2][i % 2];
	for (int i = 0; i < 8; i += 2)
		entries[1][i + 5].there = false;
	read_all();
	for (int i = 0; i < 8; i += 2) {
		create(1, i + 5);
		assert_string_equal(status_of(1, i + 4), "active");
		assert_null(affiliation(1, i + 5, NULL));
	}
	/* It waits until the other one gives the address up. */
	region.hold_released_names = 0;
	entries[1][4].mail = "kari.moen@bø.no";
	send_directory(1);
	advance_time(60);
	assert_string_equal(entry_json_value(affiliation(1, 5, NULL), "mail"),
	                    "kari@xn--b-5ga.no");
	arena_close(a);
}

/* ---- the name of a person of two municipalities */

static const char *name_of_person(int s, int i)
{
	const char *dn = NULL;

	assert_non_null(affiliation(s, i, &dn));
	return entry_json_value(
	    json_object_get(
		json_object_get(memory.entries, memory_parent_dn(dn)), "a"),
	    "cn");
}

static const char *doubt_of(int s, int i)
{
	return entry_json_value(affiliation(s, i, NULL), "portvaktDoubt");
}

static void change_name(int s, int i, const char *given, const char *family)
{
	entries[s][i].given = given;
	entries[s][i].family = family;
	send_directory(s);
	advance_time(60);
}

/* Entry 4 of tinn, whose home that is, and entry 5 of notodden. */
static void join_across(struct arena *a)
{
	entries[0][5] = (struct entry){ .number = "join-1004",
		                        .given = "Navn1004",
		                        .family = "SLEKT" };
	read_all();
	create(0, 5);
	assert_string_equal(person_of(a, 0, 5), person_of(a, 1, 4));
	assert_null(doubt_of(0, 5));
}

static void prove_link(struct arena *a)
{
	const char *one =
	    entry_json_value(affiliation(0, 5, NULL), "portvaktId");
	const char *other =
	    entry_json_value(affiliation(1, 4, NULL), "portvaktId");

	write_override("link", NULL,
	               (const char *[]){ arena_strdup(a, one),
	                                 arena_strdup(a, other), NULL });
	advance_time(60);
	send_directory(0);
	advance_time(60);
	assert_non_null(
	    entry_json_value(affiliation(0, 5, NULL), "portvaktProvedLink"));
}

static void an_unproved_join_names_the_person_after_her_home(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][4].is_guest = true;
	join_across(a);
	assert_string_equal(name_of_person(1, 4), "Navn1004 Slekt");
	prove_link(a);
	change_name(0, 5, "Navn1004", "SLEKTA Slekt");
	assert_string_equal(name_of_person(1, 4), "Navn1004 SLEKTA Slekt");
	arena_close(a);
}

static void another_name_after_the_join_is_a_doubt_until_it_is_mended(
    void **state)
{
	struct arena *a = arena_open();

	(void)state;
	join_across(a);
	prove_link(a);
	change_name(0, 5, "Anders", "Slekt");
	assert_string_equal(doubt_of(0, 5), "name-changed");
	assert_null(doubt_of(1, 4));
	assert_null(
	    entry_json_value(affiliation(1, 4, NULL), "portvaktProvedLink"));
	assert_string_equal(name_of_person(1, 4), "Navn1004 Slekt");
	change_name(0, 5, "Navn1004", "Annen");
	assert_string_equal(doubt_of(0, 5), "name-changed");
	change_name(0, 5, "Navn1004 Eli", "Slekt");
	assert_null(doubt_of(0, 5));
	assert_non_null(
	    entry_json_value(affiliation(1, 4, NULL), "portvaktProvedLink"));
	arena_close(a);
}

static void another_name_without_a_number_is_a_doubt(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	join_across(a);
	entries[0][5].has_no_number = true;
	change_name(0, 5, "Anders", "Slekt");
	assert_string_equal(doubt_of(0, 5), "name-changed");
	assert_string_equal(name_of_person(1, 4), "Navn1004 Slekt");
	arena_close(a);
}

static void two_entries_renamed_alike_are_both_in_doubt(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[0][6] = (struct entry){ .number = "join-1004",
		                        .given = "Navn1004",
		                        .is_guest = true };
	join_across(a);
	create(0, 6);
	assert_string_equal(person_of(a, 0, 6), person_of(a, 1, 4));
	change_name(0, 5, "Anders", "Annen");
	change_name(0, 6, "Anders", "Annen");
	assert_string_equal(doubt_of(0, 5), "name-changed");
	assert_string_equal(doubt_of(0, 6), "name-changed");
	arena_close(a);
}

/* The directory of her home is empty, or hidden, and is back later. */
static void empty_home_for_a_while(const char *doubt)
{
	empty_directory(1);
	advance_time(60);
	assert_string_equal(status_of(1, 4), "active");
	assert_string_equal(doubt_of(0, 5), doubt);
	assert_string_equal(name_of_person(1, 4), "Navn1004 Slekt");
	for (int i = 0; i < ENTRIES; i++)
		entries[1][i].there = true;
	send_directory(1);
	advance_time(60);
	assert_string_equal(doubt_of(0, 5), doubt);
	assert_null(doubt_of(1, 4));
	assert_string_equal(name_of_person(1, 4), "Navn1004 Slekt");
}

static void an_emptied_directory_ends_no_doubt_of_a_number(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	join_across(a);
	entries[0][5].number = "join-77";
	change_name(0, 5, "Navn1004", "Slekt");
	empty_home_for_a_while("join-value-changed");
	arena_close(a);
}

static void an_emptied_directory_ends_no_doubt_of_a_name(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	join_across(a);
	change_name(0, 5, "Anders", "Annen");
	empty_home_for_a_while("name-changed");
	arena_close(a);
}

static void a_marriage_at_home_is_no_doubt_elsewhere(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	join_across(a);
	change_name(1, 4, "Navn1004", "Gift");
	assert_string_equal(name_of_person(1, 4), "Navn1004 Gift");
	for (int turn = 0; turn < 2; turn++) {
		lose_cache();
		for (int s = 0; s < SOURCES; s++)
			send_directory(s);
		advance_time(120);
		assert_null(doubt_of(0, 5));
		assert_null(doubt_of(1, 4));
	}
	change_name(0, 5, "Navn1004", "Gift Slekt");
	assert_null(doubt_of(0, 5));
	change_name(0, 5, "Navn1004", "Gift");
	assert_null(doubt_of(0, 5));
	arena_close(a);
}

static void a_name_changed_within_one_municipality_is_no_doubt(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	entries[1][5] = (struct entry){ .number = "join-1004",
		                        .given = "Navn1004",
		                        .is_guest = true };
	join_across(a);
	create(1, 5);
	assert_string_equal(person_of(a, 1, 5), person_of(a, 1, 4));
	change_name(1, 5, "Anders", "Annen");
	assert_null(doubt_of(1, 5));
	change_name(1, 4, "Eli", "Annen");
	assert_null(doubt_of(1, 4));
	arena_close(a);
}

#define SCENARIO(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest scenarios[] = {
		SCENARIO(
		    a_lost_cache_keeps_protection_while_the_directory_is_unavailable),
		SCENARIO(an_emptied_directory_keeps_protection),
		SCENARIO(a_removed_protection_stays_until_it_is_accepted),
		SCENARIO(a_suspension_is_repeated_after_an_outage),
		SCENARIO(an_outage_is_no_rejection_by_the_catalogue),
		SCENARIO(
		    a_person_without_affiliations_is_kept_until_all_is_read),
		SCENARIO(an_excluded_entry_is_suspended_while_others_are_held),
		SCENARIO(
		    an_excluded_entry_is_suspended_while_the_directory_is_unavailable),
		SCENARIO(
		    an_entry_excluded_before_the_first_write_can_be_included_later),
		SCENARIO(a_removal_date_before_the_end_of_grace_applies),
		SCENARIO(an_invalid_removal_date_removes_nothing),
		SCENARIO(
		    an_incomplete_release_releases_neither_people_nor_groups),
		SCENARIO(last_days_set_for_all_on_the_same_day_are_held),
		SCENARIO(a_single_last_day_set_today_applies),
		SCENARIO(last_days_known_in_advance_apply_to_all),
		SCENARIO(
		    last_days_set_for_all_days_ahead_are_held_and_not_in_force),
		SCENARIO(an_invalid_last_day_suspends),
		SCENARIO(a_configuration_hold_ends_on_the_last_day),
		SCENARIO(a_configuration_hold_survives_a_change_of_the_entry),
		SCENARIO(a_person_who_returns_after_removal_gets_the_ids_back),
		SCENARIO(a_lost_cache_and_a_crash_lose_no_ids),
		SCENARIO(ids_are_forgotten_in_time),
		SCENARIO(a_person_without_a_number_leaves_no_ids),
		SCENARIO(a_single_affiliation_gets_its_id_back),
		SCENARIO(a_municipality_that_leaves_leaves_no_tombstones),
		SCENARIO(a_login_name_of_a_removed_person_is_held),
		SCENARIO(
		    an_unproved_join_does_not_get_the_persons_identifier_after_her_removal),
		SCENARIO(her_own_municipality_gets_it_back_in_another_position),
		SCENARIO(
		    her_own_municipality_gets_it_back_while_another_has_her),
		SCENARIO(
		    one_of_two_that_joined_is_split_with_an_identifier_of_its_own),
		SCENARIO(two_that_are_split_together_keep_their_identifier),
		SCENARIO(
		    a_merged_entry_has_an_identifier_of_its_own_until_it_is_proved),
		SCENARIO(
		    one_of_two_that_joined_is_merged_with_an_identifier_of_its_own),
		SCENARIO(
		    one_of_her_own_entries_is_merged_with_the_identifier_of_that_person),
		SCENARIO(one_number_under_another_name_shares_no_address),
		SCENARIO(an_entry_parted_from_her_shares_no_address),
		SCENARIO(pupils_created_again_as_employees_are_held),
		SCENARIO(pupils_copied_to_the_employees_are_held),
		SCENARIO(a_hold_of_new_employees_ends_with_its_approval),
		SCENARIO(a_pupil_becomes_a_summer_substitute_at_once),
		SCENARIO(employees_may_also_be_pupils),
		SCENARIO(
		    a_rebuilt_directory_with_the_same_people_holds_nothing),
		SCENARIO(a_rebuilt_directory_makes_no_teachers),
		SCENARIO(a_rebuilt_directory_ends_none),
		SCENARIO(a_rebuilt_directory_removes_no_protection),
		SCENARIO(
		    pupils_who_wait_for_their_first_day_do_not_become_employees),
		SCENARIO(those_who_wait_for_their_first_day_do_not_end_before),
		SCENARIO(all_come_on_the_first_day_that_was_known),
		SCENARIO(pupils_disabled_moved_and_enabled_stay_pupils),
		SCENARIO(pupils_disabled_and_moved_at_once_stay_pupils),
		SCENARIO(a_return_as_before_within_a_week_is_free),
		SCENARIO(a_return_without_the_former_roles_counts),
		SCENARIO(four_who_move_and_one_who_goes_back_are_five),
		SCENARIO(one_who_goes_back_counts_with_four_after_that),
		SCENARIO(
		    one_of_three_guests_who_goes_back_counts_with_one_other),
		SCENARIO(an_undo_of_many_is_free_beside_one_change),
		SCENARIO(leavers_do_not_return_by_a_first_day),
		SCENARIO(one_who_is_hired_again_comes_on_the_first_day),
		SCENARIO(
		    an_address_is_the_same_in_every_spelling_of_its_domain),
		SCENARIO(an_unproved_join_names_the_person_after_her_home),
		SCENARIO(
		    another_name_after_the_join_is_a_doubt_until_it_is_mended),
		SCENARIO(another_name_without_a_number_is_a_doubt),
		SCENARIO(two_entries_renamed_alike_are_both_in_doubt),
		SCENARIO(an_emptied_directory_ends_no_doubt_of_a_number),
		SCENARIO(an_emptied_directory_ends_no_doubt_of_a_name),
		SCENARIO(a_marriage_at_home_is_no_doubt_elsewhere),
		SCENARIO(a_name_changed_within_one_municipality_is_no_doubt),
	};
	struct arena *a = arena_open();
	int failed = 1;

	if (mkdtemp(folder)) {
		cache = arena_printf(a, "%s/cache.sqlite", folder);
		failed = cmocka_run_group_tests_name(__FILE__, scenarios, NULL,
		                                     NULL);
		(void)unlink(cache);
		(void)rmdir(folder);
	}
	arena_close(a);
	return failed;
}
