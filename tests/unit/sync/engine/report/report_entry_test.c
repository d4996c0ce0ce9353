/* SPDX-License-Identifier: AGPL-3.0-or-later
 * No report identifies a person with a protected address. */
#include "tests/unit/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/report/reports.h"
#include "sync/engine/state/state.h"

/* ---- the region */

static struct people_rule rules[] = {
	{ .kind = KIND_PUPIL, .subtree = "ou=elever" },
};
static struct directory_conf directories[] = {
	{ .name = "notodden", .base = "dc=example" },
	{ .name = "tinn", .base = "dc=example" },
};
static struct source_mapping mappings[] = {
	{ .directory = &directories[0],
	  .rules = rules,
	  .rule_count = LENGTH(rules),
	  .join_by_national_id = true },
	{ .directory = &directories[1],
	  .rules = rules,
	  .rule_count = LENGTH(rules),
	  .join_by_national_id = true },
};
static struct feide feide;
static struct municipality municipalities[] = {
	{ .name = "notodden",
	  .display = "Notodden",
	  .source_mappings = &mappings[0],
	  .source_mapping_count = 1 },
	{ .name = "tinn",
	  .display = "Tinn",
	  .feide = &feide,
	  .school_year = { .month = 8, .day = 1 },
	  .source_mappings = &mappings[1],
	  .source_mapping_count = 1 },
};
static struct config region = {
	.directories = directories,
	.directory_count = LENGTH(directories),
	.municipalities = municipalities,
	.municipality_count = LENGTH(municipalities),
};

/* ---- people: hemmelig is protected in tinn, and has an entry of notodden,
 * too, that is not; tvil has the same number; borte was protected and has left,
 * and is tilbake in notodden; uenig, usett and nabo have a name of hemmelig,
 * and etterpaa one of borte; synlig and annen have nothing to do with them. */

static struct arena *arena;
static char folder[] = "/tmp/pv-report-entry-XXXXXX";

/* protection: a value of `protected`, or NULL. */
static void add_record(const char *directory, const char *anchor,
                       const char *login, const char *number,
                       const char *protection)
{
	char *dn = arena_printf(arena, "uid=%s,ou=elever,dc=example", login);
	json_t *body = js_own(
	    arena,
	    json_pack("{s:[s], s:[s], s:[s], s:[s], s:[s], s:[s]}", "login",
	              login, "name", arena_printf(arena, "Navn %s", login),
	              "mail", arena_printf(arena, "%s@tinn.example", login),
	              "title", arena_printf(arena, "Elev %s", login),
	              "employee-number", arena_printf(arena, "nr-%s", login),
	              "unit", arena_printf(arena, "Skolen til %s", login)));

	if (protection)
		(void)json_object_set_new(body, "protected",
		                          json_pack("[s]", protection));
	state_exec("INSERT INTO records(directory, anchor, dn, place, class,"
	           " body, joins) VALUES(?1, ?2, ?3, ?4, 'person', ?5, ?6)",
	           "tttttt", directory, anchor, dn, dn_normalize(arena, dn),
	           js_dump(arena, body), number);
}

static void add_person(const char *id, const char *login, const char *number,
                       const char *protection)
{
	json_t *attrs = js_own(
	    arena, json_pack("{s:[s], s:[s]}", "portvaktStatus", "active", "cn",
	                     arena_printf(arena, "Navn %s", login)));

	if (protection)
		(void)json_object_set_new(attrs, "portvaktProtected",
		                          json_pack("[s]", protection));
	state_exec("INSERT INTO people(id, joins, form) VALUES(?1, ?2, ?3)",
	           "ttt", id, number, js_dump(arena, attrs));
}

static void add_affiliation(const char *id, const char *person,
                            const char *directory, const char *anchor,
                            const char *login)
{
	json_t *attrs = js_own(
	    arena, json_pack("{s:[s], s:[s], s:[s], s:[s], s:[s], s:[s]}",
	                     "portvaktMunicipality", directory, "portvaktKind",
	                     "pupil", "portvaktStatus", "active",
	                     "portvaktLogin", login, "mail",
	                     arena_printf(arena, "%s@tinn.example", login),
	                     "cn", arena_printf(arena, "Navn %s", login)));

	state_exec(
	    "INSERT INTO affiliations(id, person, directory, anchor,"
	    " form, status, made) VALUES(?1, ?2, ?3, ?4, ?5, 'active', ?6)",
	    "ttttti", id, person, directory, anchor, js_dump(arena, attrs),
	    clock_now());
}

static void set_value(const char *anchor, const char *path, const char *value)
{
	state_exec("UPDATE records SET body = json_set(body, ?2, ?3)"
	           " WHERE anchor = ?1",
	           "ttt", anchor, path, value);
}

static void add_people(void)
{
	add_record("tinn", "a-1", "hemmelig", "1", "7");
	add_record("notodden", "a-2", "skjult", "1", NULL);
	add_record("tinn", "a-3", "synlig", "3", NULL);
	add_record("notodden", "a-5", "tvil", "1", NULL);
	add_record("notodden", "a-6", "uenig", "6", NULL);
	add_record("notodden", "a-7", "tilbake", "4", NULL);
	add_record("tinn", "a-8", "nabo", "8", NULL);
	add_record("notodden", "a-9", "usett", "9", NULL);
	add_record("notodden", "a-10", "annen", "10", NULL);
	add_record("tinn", "a-11", "etterpaa", "11", NULL);
	set_value("a-11", "$.login[0]", "borte");
	set_value("a-6", "$.mail[0]", "hemmelig@tinn.example");
	set_value("a-9", "$.mail[0]", "hemmelig@tinn.example");
	set_value("a-10", "$.mail[0]", "synlig@tinn.example");
	add_person("p-1", "hemmelig", "1", "7");
	add_person("p-3", "synlig", "3", NULL);
	add_person("p-4", "borte", "4", "6");
	add_person("p-8", "nabo", "8", NULL);
	add_affiliation("f-1", "p-1", "tinn", "a-1", "hemmelig");
	add_affiliation("f-2", "p-1", "notodden", "a-2", "skjult");
	add_affiliation("f-3", "p-3", "tinn", "a-3", "synlig");
	add_affiliation("f-4", "p-4", "tinn", "a-4", "borte");
	add_affiliation("f-8", "p-8", "tinn", "a-8", "nabo");
	state_exec("UPDATE affiliations SET status = 'suspended', form ="
	           " json_set(form, '$.portvaktLogin[0]', 'hemmelig')"
	           " WHERE id = 'f-8'",
	           "");
}

/* ---- what reports have of them */

static void add_doubt(const char *directory, const char *anchor,
                      const char *reason, int64_t area, const char *other)
{
	state_exec("INSERT INTO quarantine VALUES(?1, ?2, ?3, 1, ?4, ?5)",
	           "tttit", directory, anchor, reason, area, other);
}

static void add_hold(const char *anchor, const char *reason, int64_t mask,
                     const char *detail)
{
	state_exec("INSERT INTO held VALUES('tinn', ?1, ?2, ?3, 1)", "tti",
	           anchor, reason, mask);
	state_exec("INSERT INTO suspects(directory, anchor, what, detail)"
	           " VALUES('tinn', ?1, ?2, ?3)",
	           "tit", anchor, mask, detail);
}

static void add_not_taken(const char *directory, const char *anchor)
{
	state_exec("INSERT INTO not_taken VALUES(?1, ?2, 'phone', 'syntax', 1)",
	           "tt", directory, anchor);
}

static void add_to_feide(const char *affiliation, const char *login)
{
	state_exec("INSERT INTO feide(affiliation, municipality, uid, found)"
	           " VALUES(?1, 'tinn', ?2,"
	           " '{\"found\": [{\"error\": \"login-name-taken\","
	           " \"about\": \"' || ?2 || '\"}]}')",
	           "tt", affiliation, login);
}

static void add_member(const char *login, const char *former)
{
	state_exec("INSERT INTO members VALUES('tinn', 'g-1', 0,"
	           " 'uid=' || ?1 || ',ou=elever,dc=example', ?2)",
	           "tt", login, former);
}

static void add_groups(void)
{
	state_exec("INSERT INTO groups(id, directory, anchor, year,"
	           " municipality, kind, live, form) VALUES('g', 'tinn',"
	           " 'g-1', 2026, 'tinn', 'class', 1,"
	           " '{\"portvaktCode\": [\"1A\"]}')",
	           "");
	state_exec("INSERT INTO records(directory, anchor, dn, place, class,"
	           " body) VALUES('tinn', 'g-1', 'cn=1A', 'cn=1a', 'group',"
	           " '{}')",
	           "");
	state_exec("INSERT INTO former_places VALUES('tinn', 'uid=hemmelig0',"
	           " 'a-1')",
	           "");
	add_member("hemmelig", "uid=hemmelig0");
	add_member("borte", NULL);
	add_member("ukjent", NULL);
}

static void add_reported(void)
{
	add_doubt("tinn", "a-1", "login-name-in-use", 4, "tinn:a-8");
	add_doubt("tinn", "a-3", "mail-in-use", 4, "notodden:a-10");
	add_doubt("notodden", "a-6", "mail-in-use", 4, "tinn:a-1");
	add_doubt("notodden", "a-2", "late-number", 0, "tinn:a-1");
	add_doubt("notodden", "a-5", "late-number", 0, "tinn:a-1");
	add_hold("a-1", "values", HOLD_SAME_VALUE,
	         "mail hemmelig@tinn.example");
	add_hold("a-3", "values", HOLD_SAME_VALUE, "mail synlig@tinn.example");
	add_hold("a-4", "deactivations", HOLD_DEACTIVATE, "");
	add_not_taken("tinn", "a-1");
	add_not_taken("tinn", "a-3");
	add_not_taken("tinn", "a-4");
	add_not_taken("notodden", "a-2");
	add_not_taken("notodden", "a-6");
	add_to_feide("f-1", "hemmelig");
	add_to_feide("f-3", "synlig");
	add_groups();
	state_exec("INSERT INTO sources(directory, complete) VALUES('tinn', 1),"
	           " ('notodden', 1)",
	           "");
}

static int setup(void **state)
{
	struct error err = { 0 };

	(void)state;
	arena = arena_open();
	if (!state_open(arena_printf(arena, "%s/cache", folder), &err))
		fail_msg("%s", err.text);
	state_lock();
	return 0;
}

static int teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	(void)state;
	state_unlock();
	state_close();
	for (size_t i = 0; i < LENGTH(suffixes); i++)
		(void)unlink(
		    arena_printf(arena, "%s/cache%s", folder, suffixes[i]));
	arena_close(arena);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* ---- the reports */

static struct strbuf output;

void ipc_reply_line(const struct ipc_request *q, const char *format, ...)
{
	char line[4096];
	va_list values;

	(void)q;
	va_start(values, format);
	(void)vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	strbuf_appendf(&output, "%s\n", line);
}

typedef bool report_function(const struct ipc_request *q, char **argv,
                             struct error *err);

static const struct report {
	report_function *run;
	const char *argv[4];
	const char *shown; /* what it has of the protected person, and of */
	const char *other; /* another one; NULL: nothing */
} reports[] = {
	{ quarantine_command, { "quarantine" }, "tinn:a-1", "uid=synlig," },
	{ quarantine_command,
	  { "quarantine", "list" },
	  "tinn:a-8",
	  "uid=annen," },
	{ quarantine_command,
	  { "quarantine", "show", "notodden:a-6" },
	  "tinn:a-1",
	  NULL },
	{ preview_command,
	  { "preview", "notodden:a-6" },
	  "notodden:a-6",
	  NULL },
	{ quarantine_command,
	  { "quarantine", "show", "tinn:a-1" },
	  "a-1",
	  NULL },
	{ quarantine_command,
	  { "quarantine", "show", "notodden:a-5" },
	  "a-5",
	  NULL },
	{ quarantine_command,
	  { "quarantine", "show", "tinn:a-3" },
	  "a-3",
	  "uid=synlig," },
	{ quarantine_command,
	  { "quarantine", "show", "notodden:a-7" },
	  "(entry deleted)",
	  NULL },
	{ quarantine_command,
	  { "quarantine", "show", "tinn:a-11" },
	  "person p-4",
	  NULL },
	{ quarantine_command,
	  { "quarantine", "late", "notodden" },
	  "notodden:a-5",
	  NULL },
	{ pending_changes_show, { "pending" }, "tinn:a-1", "uid=synlig," },
	{ pending_held_show, { "held", "tinn", "values" }, "tinn:a-1", NULL },
	{ not_taken_command, { "not-taken" }, "tinn:a-1", "uid=synlig," },
	{ link_report, { "links" }, "p-1", NULL },
	{ provenance_command, { "person", "p-1" }, "tinn:a-1", NULL },
	{ provenance_command, { "person", "p-3" }, NULL, "Navn synlig" },
	{ provenance_command, { "person", "p-4" }, "tinn:a-4", NULL },
	{ preview_command, { "preview", "tinn:a-1" }, "tinn:a-1", NULL },
	{ preview_command,
	  { "preview", "notodden:a-2" },
	  "notodden:a-2",
	  NULL },
	{ preview_command,
	  { "preview", "notodden:a-5" },
	  "notodden:a-5",
	  NULL },
	{ preview_command, { "preview", "tinn:a-3" }, NULL, "uid=synlig," },
	{ preview_command, { "preview", "tinn:a-4" }, "tinn:a-4", NULL },
	{ dry_run_report,
	  { "dry-run", "notodden" },
	  "notodden:a-9",
	  "uid=annen," },
	{ dry_run_report, { "dry-run", "tinn" }, NULL, NULL },
	{ feide_report, { "feide", "tinn" }, "f-1", "synlig" },
	{ school_year_report, { "school-year", "tinn" }, "f-1", "synlig" },
	{ group_report, { "groups" }, "tinn:a-1", "uid=ukjent," },
	{ health_status, { "status" }, "tinn:a-1", NULL },
	{ health_metrics, { "health" }, NULL, NULL },
	{ attention_report, { "attention" }, NULL, NULL },
};

static void run_report(const struct report *r)
{
	const struct ipc_request q = { .arena = arena, .cfg = &region };
	struct error err = { 0 };

	output = strbuf_init(arena);
	if (!r->run(&q, (char **)(uintptr_t)r->argv, &err))
		fail_msg("%s: %s", r->argv[0], err.text);
}

static void no_report_identifies_a_protected_person(void **state)
{
	static const char *const secrets[] = {
		"hemmelig", "skjult", "tvil",  "borte",   "tilbake",
		"uenig",    "nabo",   "usett", "etterpaa"
	};

	(void)state;
	add_people();
	add_reported();
	for (size_t i = 0; i < LENGTH(reports); i++) {
		run_report(&reports[i]);
		for (size_t s = 0; s < LENGTH(secrets); s++)
			if (strstr(output.data, secrets[s]))
				fail_msg("row %zu has %s:\n%s", i, secrets[s],
				         output.data);
	}
}

static void reports_have_the_anchor_or_id_and_other_people(void **state)
{
	(void)state;
	add_people();
	add_reported();
	for (size_t i = 0; i < LENGTH(reports); i++) {
		const struct report *r = &reports[i];

		run_report(r);
		if ((r->shown && !strstr(output.data, r->shown)) ||
		    (r->other && !strstr(output.data, r->other)))
			fail_msg("row %zu lacks %s or %s:\n%s", i, r->shown,
			         r->other, output.data);
	}
}

/* ---- an operator's override */

static void add_override(const char *action, const char *entry,
                         const char *person)
{
	json_t *body =
	    js_own(arena, json_pack("{s:s, s:s, s:[s, s]}", "decides", action,
	                            "by", "Kari", "subjects", entry, person));

	state_exec("INSERT INTO decisions VALUES(?1, ?2, 1, ?3)", "ttt", entry,
	           action, js_dump(arena, body));
	state_exec("INSERT INTO decided VALUES(?1, ?2, 1, ?1)", "tt", entry,
	           action);
}

static void a_preview_hides_who_is_protected_before_or_after_a_join(
    void **state)
{
	static const struct report previews[] = {
		{ .run = preview_command,
		  .argv = { "preview", "notodden:joins" } },
		{ .run = preview_command,
		  .argv = { "preview", "notodden:parts" } },
	};

	(void)state;
	add_people();
	add_record("notodden", "joins", "kommer", NULL, NULL);
	add_override("join", "notodden:joins", "p-1");
	add_record("notodden", "parts", "skilles", NULL, NULL);
	add_affiliation("f-parts", "p-1", "notodden", "parts", "skilles");
	add_override("new", "notodden:parts", "notodden:parts");
	state_exec("UPDATE records SET body = json_set(body, '$.phone',"
	           " json_array('35 ø 01')) WHERE anchor IN ('joins', 'parts')",
	           "");
	for (size_t i = 0; i < LENGTH(previews); i++) {
		run_report(&previews[i]);
		assert_non_null(strstr(output.data, "by a decision of Kari"));
		assert_non_null(strstr(output.data, "not taken: "));
		if (strstr(output.data, "kommer") ||
		    strstr(output.data, "skilles"))
			fail_msg("%s", output.data);
	}
}

/* ---- who is hidden */

static void anyone_with_that_person_or_number_is_hidden(void **state)
{
	static const struct {
		const char *directory, *anchor;
		bool hides;
	} rows[] = {
		{ "tinn", "a-1", true },      { "notodden", "a-2", true },
		{ "notodden", "a-5", true },  { "tinn", "a-4", true },
		{ "notodden", "a-7", true },  { "tinn", "a-3", false },
		{ "tinn", "unknown", false },
	};

	(void)state;
	add_people();
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (report_entry_is_protected(arena, rows[i].directory,
		                              rows[i].anchor) != rows[i].hides)
			fail_msg("row %zu", i);
	assert_true(report_entry_person_is_protected(arena, "p-1"));
	assert_true(report_entry_person_is_protected(arena, "p-4"));
	assert_false(report_entry_person_is_protected(arena, "p-3"));
}

static void each_place_of_the_protection_is_enough(void **state)
{
	(void)state;
	add_record("tinn", "own", "x", NULL, "unreadable");
	assert_true(report_entry_is_protected(arena, "tinn", "own"));
	add_record("tinn", "not", "x", NULL, "0");
	assert_false(report_entry_is_protected(arena, "tinn", "not"));
	/* In the catalogue alone, while the end of the protection is held. */
	add_record("tinn", "held", "x", NULL, NULL);
	add_person("p-held", "x", NULL, "7");
	add_affiliation("f-held", "p-held", "tinn", "held", "x");
	assert_true(report_entry_is_protected(arena, "tinn", "held"));
	/* In another entry, before that is written. */
	add_record("tinn", "new", "x", NULL, NULL);
	add_person("p-new", "x", NULL, NULL);
	add_affiliation("f-new", "p-new", "tinn", "new", "x");
	assert_false(report_entry_is_protected(arena, "tinn", "new"));
	add_record("notodden", "new", "x", NULL, "6");
	add_affiliation("f-new2", "p-new", "notodden", "new", "x");
	assert_true(report_entry_is_protected(arena, "tinn", "new"));
	/* In one of the same number that is not written. */
	add_record("tinn", "twin", "x", "12", NULL);
	assert_false(report_entry_is_protected(arena, "tinn", "twin"));
	add_record("notodden", "twin", "x", "12", "6");
	assert_true(report_entry_is_protected(arena, "tinn", "twin"));
	/* A person of the same number who has left. */
	add_record("tinn", "again", "x", "9", NULL);
	assert_false(report_entry_is_protected(arena, "tinn", "again"));
	add_person("p-left", "x", "9", "6");
	assert_true(report_entry_is_protected(arena, "tinn", "again"));
}

static void an_entry_in_conflict_with_a_protected_one_is_hidden(void **state)
{
	(void)state;
	add_people();
	assert_false(report_entry_is_protected(arena, "notodden", "a-6"));
	add_doubt("notodden", "a-6", "mail-in-use", 4, "tinn:a-3");
	assert_false(report_entry_is_protected(arena, "notodden", "a-6"));
	add_doubt("notodden", "a-6", "login-name-in-use", 5, "tinn:a-1");
	assert_true(report_entry_is_protected(arena, "notodden", "a-6"));
}

static void an_entry_is_named_by_its_dn_unless_that_is_hidden(void **state)
{
	bool hides = false;

	(void)state;
	add_people();
	assert_string_equal(report_entry_text(arena, "tinn", "a-3", NULL),
	                    "tinn:a-3  uid=synlig,ou=elever,dc=example");
	assert_string_equal(report_entry_text(arena, "tinn", "a-1", NULL),
	                    "tinn:a-1  (hidden)");
	assert_string_equal(report_entry_text(arena, "tinn", "a-4", NULL),
	                    "tinn:a-4  (entry deleted)");
	assert_string_equal(report_entry_subject_text(arena, "tinn:a-1", NULL),
	                    "tinn:a-1  (hidden)");
	assert_string_equal(report_entry_subject_text(arena, "p-1", NULL),
	                    "p-1");
	assert_string_equal(report_entry_text(arena, "tinn", "a-3", &hides),
	                    "tinn:a-3  uid=synlig,ou=elever,dc=example");
	assert_false(hides);
	(void)report_entry_text(arena, "tinn", "a-4", &hides);
	assert_true(hides);
	assert_string_equal(report_entry_text(arena, "tinn", "a-3", &hides),
	                    "tinn:a-3  (hidden)");
	assert_true(hides);
	assert_true(report_entry_subject_is_protected(arena, "tinn:a-1"));
	assert_false(report_entry_subject_is_protected(arena, "p-1"));
	assert_false(report_entry_subject_is_protected(arena, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_report_identifies_a_protected_person, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    reports_have_the_anchor_or_id_and_other_people, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_preview_hides_who_is_protected_before_or_after_a_join,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    anyone_with_that_person_or_number_is_hidden, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    an_entry_in_conflict_with_a_protected_one_is_hidden, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    each_place_of_the_protection_is_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_entry_is_named_by_its_dn_unless_that_is_hidden, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
	                                   remove_folder);
}
