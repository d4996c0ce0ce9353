/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accepted_test.c: which configuration is chosen when files are bad, and that
 * the copy of it is complete. */
#include "tests/unit/region/config/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "region/accepted/accepted.h"
#include "region/config/policy_parse.h"

static struct fixture f;
static const char *path, *store;
static struct accepted_choice choice;
static struct conf_errors errors;

/* A plugin whose data has "bad" cannot be used. */
static bool check_plugins(struct arena *a,
                          const struct accepted_candidate *candidate,
                          struct conf_errors *faults, struct error *err)
{
	const struct config *cfg = candidate->cfg;

	(void)err;
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];
		const struct plugin_conf *p = m->plugins;

		if (m->plugin_count > 0 && p->data &&
		    strstr(whole_file(a, p->data), "bad"))
			conf_error_add_at(
			    faults, p->location.file,
			    (unsigned)p->location.line, (unsigned)p->column,
			    "plugin %s: its data are bad", p->name);
	}
	return true;
}

static bool prepare_accepting(char *const *accept)
{
	struct error err = { 0 };

	return accepted_prepare(
	    f.arena, store, path,
	    &(struct accepted_options){ .accept = accept,
	                                .check_plugins = check_plugins },
	    &choice, &errors, &err);
}

static bool prepare(void)
{
	return prepare_accepting(NULL);
}

static void start(void)
{
	struct error err = { 0 };

	if (!accepted_start(
		f.arena, store, path,
		&(struct accepted_options){ .check_plugins = check_plugins },
		&choice, &errors, &err))
		fail_msg("%s", err.text);
}

static void activate(void)
{
	struct error err = { 0 };

	if (!accepted_activate(f.arena, store, choice.hash, &err))
		fail_msg("%s", err.text);
}

/* The example, once accepted. */
static int open_region(void **state)
{
	(void)state;
	f = fixture_open();
	path = fixture_example(&f);
	fixture_put(&f, "state/none", "");
	store = fixture_path(&f, "state/configuration");
	if (!prepare())
		fail_msg("%s", conf_error_format(f.arena, &errors.at[0]));
	assert_int_equal(choice.kept.count, 0);
	activate();
	return 0;
}

static int close_region(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

static void change(const char *file, const char *was, const char *by)
{
	char *text = whole_file(f.arena, fixture_path(&f, file));

	if (!strstr(text, was))
		fail_msg("%s has no \"%s\"", file, was);
	fixture_put(&f, file, replaced(f.arena, text, was, by));
}

static struct config *chosen(void)
{
	struct conf_errors wrong;
	struct config *cfg = config_load(
	    f.arena, accepted_copy(f.arena, store, choice.hash), &wrong);

	if (!cfg)
		fail_msg("%s", conf_error_format(f.arena, &wrong.at[0]));
	return cfg;
}

static void expect_kept(const char *name, const char *cause)
{
	if (!prepare())
		fail_msg("refused: %s",
		         conf_error_format(f.arena, &errors.at[0]));
	assert_int_equal(choice.kept.count, 1);
	assert_string_equal(choice.kept.at[0].name, name);
	if (!strstr(choice.kept.at[0].cause, cause))
		fail_msg("%s has no \"%s\"", choice.kept.at[0].cause, cause);
}

/* Also when the files are gone. */
static void the_copy_is_read_by_its_own_paths(void **state)
{
	struct conf_errors wrong;
	struct config *from_files = config_load(f.arena, path, &wrong);
	struct config *copy = chosen();
	const struct municipality *m = config_municipality(copy, "tinn");

	(void)state;
	assert_string_equal(copy->hash, from_files->hash);
	assert_string_equal(copy->file, from_files->file);
	assert_string_equal(m->location.file,
	                    fixture_path(&f, "policies/tinn.conf"));
	assert_true(
	    text_starts(config_service(copy, "okonomi")->saml_metadata, store));
	config_unref(from_files);
	config_unref(copy);
	/* Commands that read rules only check no referenced files. */
	copy = config_load_rules(
	    f.arena, accepted_copy(f.arena, store, choice.hash), &wrong);
	assert_non_null(copy);
	config_unref(copy);
	assert_int_equal(unlink(fixture_path(&f, "metadata/okonomi.xml")), 0);
	assert_int_equal(unlink(path), 0);
	config_unref(chosen());
}

/* Returns whether a file below the copies has this text. */
static bool copies_have(const char *text)
{
	return system(arena_printf(f.arena, "grep -rqF '%s' '%s'", text,
	                           store)) == 0;
}

/* A municipality's file can name any file of the configuration's folder, and
 * its copy is readable by all. */
static void a_credential_is_never_copied(void **state)
{
	(void)state;
	fixture_put(&f, "credentials/redis", "a-secret-of-the-region");
	change("policies/tinn.conf", "plugin  consent\n",
	       "plugin  consent {\n\t\tdata ../credentials/redis\n\t}\n");
	expect_kept("tinn", "credentials/redis is not readable by all");
	assert_false(copies_have("a-secret-of-the-region"));
	change("services.d/okonomi.conf", "metadata/okonomi.xml",
	       "credentials/redis");
	expect_kept("region", "credentials/redis is not readable by all");
	assert_false(copies_have("a-secret-of-the-region"));
}

static void a_bad_file_keeps_its_municipality_and_no_other(void **state)
{
	static const struct {
		const char *text, *cause;
	} rows[] = {
		{ "", "tinn.conf:1:1: this file is empty" },
		{ "municipality tinn {\n", "this { has no matching }" },
		{ "service mine {\n}\n", "belongs to the region's files" },
		{ "include /etc/passwd\n", "include is not allowed here" },
	};

	(void)state;
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	for (size_t i = 0; i < LENGTH(rows); i++) {
		fixture_put(&f, "policies/tinn.conf", rows[i].text);
		expect_kept("tinn", rows[i].cause);
		struct config *cfg = chosen();

		assert_string_equal(config_municipality(cfg, "tinn")->display,
		                    "Tinn kommune");
		assert_string_equal(
		    config_municipality(cfg, "kongsberg")->display,
		    "Kongsberg by");
		config_unref(cfg);
	}
	activate();
	const struct accepted_choice active = accepted_active(f.arena, store);

	assert_int_equal(active.kept.count, 1);
	assert_string_equal(active.kept.at[0].name, "tinn");
	fixture_copy(&f, "policies/tinn.conf", "policies/tinn.conf");
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 0);
}

static void lost_rules_need_a_named_acceptance(void **state)
{
	char tinn[] = "tinn", vinje[] = "vinje";
	char *accepted[] = { tinn, NULL }, *other[] = { vinje, NULL };

	(void)state;
	fixture_put(&f, "policies/tinn.conf",
	            replaced(f.arena, whole_file(f.arena, "policies/tinn.conf"),
	                     " may enter ", " may not enter "));
	expect_kept("tinn", "tinn has no `may` rule left, after ");
	assert_true(prepare_accepting(other));
	assert_int_equal(choice.kept.count, 1);
	assert_true(prepare_accepting(accepted));
	assert_int_equal(choice.kept.count, 0);
	/* Once it is active it is the last good version itself. */
	activate();
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 0);
}

static void use_data(const char *municipality, const char *text)
{
	fixture_put(&f, arena_printf(f.arena, "policies/%s.txt", municipality),
	            text);
}

static const char *data_of(const struct config *cfg, const char *municipality)
{
	return whole_file(
	    f.arena, config_municipality(cfg, municipality)->plugins[0].data);
}

static void expect_data(const char *tinn, const char *kongsberg)
{
	struct config *cfg = chosen();

	assert_string_equal(data_of(cfg, "tinn"), tinn);
	assert_string_equal(data_of(cfg, "kongsberg"), kongsberg);
	config_unref(cfg);
}

/* Its file is as it was, and its plugin's data are not. */
static void a_refused_plugin_keeps_its_municipality_with_its_data(void **state)
{
	(void)state;
	change("policies/tinn.conf", "plugin  consent\n",
	       "plugin  consent {\n\t\tdata tinn.txt\n\t}\n");
	change("policies/kongsberg.conf", "municipality kongsberg {\n",
	       "municipality kongsberg {\n\tplugin rota {\n"
	       "\t\tdata kongsberg.txt\n\t}\n");
	use_data("tinn", "old");
	use_data("kongsberg", "old");
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 0);
	activate();
	use_data("tinn", "bad");
	use_data("kongsberg", "new");
	expect_kept("tinn", "plugin consent: its data are bad");
	expect_data("old", "new");
	activate();
	/* Also at a start, and beside a file that cannot be parsed. */
	use_data("kongsberg", "newer");
	start();
	assert_string_equal(choice.kept.at[0].name, "tinn");
	expect_data("old", "newer");
	fixture_put(&f, "policies/notodden.conf", "");
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 2);
	expect_data("old", "newer");
	fixture_copy(&f, "policies/notodden.conf", "policies/notodden.conf");
	use_data("tinn", "good");
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 0);
	expect_data("good", "newer");
}

/* A plugin host refused what the check found good. */
static void what_a_plugin_host_refused_is_kept(void **state)
{
	struct accepted_refusal tinn = { "tinn", "tinn.conf:1:1: refused" };
	const struct accepted_options options = {
		.check_plugins = check_plugins,
		.refused = { .at = &tinn, .count = 1 },
	};
	struct error err = { 0 };

	(void)state;
	change("policies/tinn.conf", "Tinn kommune", "Tinn by");
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	assert_true(accepted_prepare(f.arena, store, path, &options, &choice,
	                             &errors, &err));
	assert_int_equal(choice.kept.count, 1);
	assert_string_equal(choice.kept.at[0].cause, tinn.cause);
	struct config *cfg = chosen();

	assert_string_equal(config_municipality(cfg, "tinn")->display,
	                    "Tinn kommune");
	assert_string_equal(config_municipality(cfg, "kongsberg")->display,
	                    "Kongsberg by");
	config_unref(cfg);
}

/* The plugin is tried with each new file that stands beside the last good
 * ones, and the error of another municipality is in no file of its own. */
static void a_refused_plugin_is_found_one_by_one(void **state)
{
	(void)state;
	change("policies/tinn.conf", "plugin  consent\n",
	       "plugin  consent {\n\t\tdata tinn.txt\n\t}\n");
	use_data("tinn", "old");
	assert_true(prepare());
	activate();
	use_data("tinn", "bad");
	change("policies/notodden.conf", "\tissuer ", "\t# issuer ");
	assert_true(prepare());
	assert_int_equal(choice.kept.count, 2);
	assert_string_equal(choice.kept.at[0].name, "notodden");
	assert_string_equal(choice.kept.at[1].name, "tinn");
	struct config *cfg = chosen();

	assert_string_equal(data_of(cfg, "tinn"), "old");
	config_unref(cfg);
}

/* The error then stands in a file that is as it was. */
static void who_takes_what_another_has_is_kept(void **state)
{
	(void)state;
	change("policies/kongsberg.conf", "kongsberg.example", "tinn.example");
	expect_kept("kongsberg", "is already the domain of kongsberg");
	fixture_copy(&f, "policies/kongsberg.conf", "policies/kongsberg.conf");
	change("policies/notodden.conf", "\tissuer ", "\t# issuer ");
	expect_kept("notodden", "services.d/skole.conf:");
}

/* A network gets another name in the region's and in Kongsberg's file. */
static void files_that_change_together_stay_together(void **state)
{
	(void)state;
	change("policies/kongsberg.conf", "when until 2027-06-30",
	       "when from school");
	assert_true(prepare());
	activate();
	change("policies/kongsberg.conf", "from school", "from schools");
	change("region.conf", "network school ", "network schools ");
	fixture_put(&f, "policies/tinn.conf", "");
	expect_kept("tinn", "this file is empty");
	struct config *cfg = chosen();

	assert_non_null(config_network(cfg, "schools"));
	config_unref(cfg);
}

static void a_new_municipality_with_an_error_is_left_out(void **state)
{
	(void)state;
	fixture_put(&f, "policies/vinje.conf", "municipality vinje {\n");
	expect_kept("vinje", "vinje.conf:1:20: this { has no matching }");
	struct config *cfg = chosen();

	assert_null(config_municipality(cfg, "vinje"));
	assert_non_null(config_municipality(cfg, "tinn"));
	config_unref(cfg);
}

static void bad_files_of_the_region_keep_all(void **state)
{
	const char *before = choice.hash;

	(void)state;
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	change("services.d/arkiv.conf", "issuer", "isuer");
	expect_kept("region", "services.d/arkiv.conf:");
	assert_string_equal(choice.hash, before);
}

static void note_working(void)
{
	struct error err = { 0 };

	assert_true(accepted_note_working(f.arena, store, choice.hash, &err));
}

/* A start weighs nothing, so it activates no change. */
static void files_that_changed_wait_at_a_start(void **state)
{
	const char *before = choice.hash;

	(void)state;
	note_working();
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	for (int i = 0; i < 2; i++) {
		start();
		assert_true(choice.is_waiting);
		assert_string_equal(choice.hash, before);
		assert_string_equal(choice.kept.at[0].name, "region");
		config_unref(chosen());
	}
	assert_true(prepare());
	assert_string_not_equal(choice.hash, before);
	assert_int_equal(choice.kept.count, 0);
	activate();
	note_working();
	start();
	assert_false(choice.is_waiting);
	assert_string_not_equal(choice.hash, before);
	assert_int_equal(choice.kept.count, 0);
}

/* The files may mend what prevented it from working. */
static void a_copy_that_never_worked_gives_way_to_the_files(void **state)
{
	const char *before = choice.hash;

	(void)state;
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	start();
	assert_false(choice.is_waiting);
	assert_string_not_equal(choice.hash, before);
	assert_string_equal(accepted_active(f.arena, store).hash, choice.hash);
}

static void what_was_held_is_kept_until_the_files_are_as_before(void **state)
{
	const char *before = choice.hash;
	struct error err = { 0 };

	(void)state;
	note_working();
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	assert_true(prepare());
	assert_true(accepted_hold(f.arena, store, choice.hash, &err));
	choice = accepted_active(f.arena, store);
	assert_string_equal(choice.hash, before);
	assert_string_equal(choice.kept.at[0].name, "region");
	change("policies/kongsberg.conf", "Kongsberg by", "Kongsberg kommune");
	start();
	assert_false(choice.is_waiting);
	assert_int_equal(accepted_active(f.arena, store).kept.count, 0);
}

/* Its copy is one, and a bad file of a municipality is another matter. */
static void a_bad_file_beside_a_change_waits_with_it(void **state)
{
	const char *before = choice.hash;

	(void)state;
	note_working();
	change("policies/kongsberg.conf", "Kongsberg kommune", "Kongsberg by");
	fixture_put(&f, "policies/tinn.conf", "");
	start();
	assert_true(choice.is_waiting);
	assert_string_equal(choice.hash, before);
}

static void a_damaged_copy_is_not_used(void **state)
{
	const char *copied =
	    arena_printf(f.arena, "%s/%s.files%s", store, choice.hash,
	                 fixture_path(&f, "policies/tinn.conf"));
	struct conf_errors wrong;
	char *text = whole_file(f.arena, copied);
	FILE *file;

	(void)state;
	text = replaced(f.arena, text, "Tinn kommune", "Tinn by");
	file = fopen(copied, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_null(
	    config_load(f.arena, accepted_copy(f.arena, store, NULL), &wrong));
	assert_non_null(strstr(wrong.at[0].text, "was changed"));
	/* The files are good: they replace it. */
	assert_true(prepare());
	config_unref(chosen());
}

static void without_a_copy_errors_are_errors(void **state)
{
	(void)state;
	store = fixture_path(&f, "state/other");
	fixture_put(&f, "policies/tinn.conf", "");
	assert_false(prepare());
	assert_int_equal(errors.count, 1);
}

static void the_last_eight_copies_stay(void **state)
{
	char **names;
	size_t count;
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		fixture_put(
		    &f, "services.d/note.conf",
		    arena_printf(f.arena, "%*s# note\nplugin p%d\n", i, "", i));
		assert_true(prepare());
		activate();
	}
	assert_true(file_list(f.arena, store, ".copy", &names, &count, &err));
	assert_int_equal(count, 8);
	assert_true(file_list(f.arena, store, ".files", &names, &count, &err));
	assert_int_equal(count, 8);
	config_unref(chosen());
}

/* portvakt-idp and portvakt-sync start together after a change. */
static void two_that_activate_the_same_both_succeed(void **state)
{
	struct error err = { 0 };

	(void)state;
	fixture_put(&f, "services.d/note.conf", "# note\n");
	assert_true(prepare());
	assert_true(prepare());
	activate();
	activate();
	config_unref(chosen());
	assert_false(accepted_activate(f.arena, store, "another", &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

#define REGION_TEST(function) \
	cmocka_unit_test_setup_teardown(function, open_region, close_region)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REGION_TEST(the_copy_is_read_by_its_own_paths),
		REGION_TEST(a_credential_is_never_copied),
		REGION_TEST(a_bad_file_keeps_its_municipality_and_no_other),
		REGION_TEST(lost_rules_need_a_named_acceptance),
		REGION_TEST(
		    a_refused_plugin_keeps_its_municipality_with_its_data),
		REGION_TEST(what_a_plugin_host_refused_is_kept),
		REGION_TEST(a_refused_plugin_is_found_one_by_one),
		REGION_TEST(who_takes_what_another_has_is_kept),
		REGION_TEST(files_that_change_together_stay_together),
		REGION_TEST(a_new_municipality_with_an_error_is_left_out),
		REGION_TEST(bad_files_of_the_region_keep_all),
		REGION_TEST(files_that_changed_wait_at_a_start),
		REGION_TEST(a_copy_that_never_worked_gives_way_to_the_files),
		REGION_TEST(
		    what_was_held_is_kept_until_the_files_are_as_before),
		REGION_TEST(a_bad_file_beside_a_change_waits_with_it),
		REGION_TEST(a_damaged_copy_is_not_used),
		REGION_TEST(without_a_copy_errors_are_errors),
		REGION_TEST(the_last_eight_copies_stay),
		REGION_TEST(two_that_activate_the_same_both_succeed),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
