/* SPDX-License-Identifier: AGPL-3.0-or-later
 * check.c: checks the configuration and lists all errors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/check_example.h"
#include "ctl/ctl.h"
#include "ctl/kept.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted.h"
#include "region/config/config.h"
#include "region/policy/policy_lint.h"

enum { MAX_PATH_LENGTH = 4096 };

/* Returns the path relative to the current directory if it is below it. */
static const char *ctl_relative_path(const char *file)
{
	static char here[MAX_PATH_LENGTH];
	size_t length = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	if (length > 1 && strncmp(file, here, length) == 0 &&
	    file[length] == '/')
		return file + length + 1;
	return file;
}

static void ctl_print_errors(const struct command *c,
                             const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		struct conf_error one = errors->at[i];

		one.file = ctl_relative_path(one.file);
		printf("%s\n", conf_error_format(c->arena, &one));
	}
}

struct check_arguments {
	const char *file;
	const char *example; /* or NULL */
	bool active;         /* the copy that the processes read */
};

static bool check_arguments_parse(const struct command *c,
                                  struct check_arguments *ret)
{
	struct check_arguments found = { 0 };

	for (int i = 1; i < c->argc; i++) {
		if (text_equal(c->argv[i], "--active")) {
			found.active = true;
			continue;
		}
		bool example = text_equal(c->argv[i], "--example");
		const char **to = example ? &found.example : &found.file;

		i += example;
		if (*to || i >= c->argc || text_starts(c->argv[i], "--"))
			return false;
		*to = c->argv[i];
	}
	if (found.active && found.file)
		return false;
	found.file = found.file ?: c->conf;
	if (found.active)
		found.file = accepted_copy(
		    c->arena, accepted_store(c->arena, c->conf), NULL);
	*ret = found;
	return true;
}

/* What is unusual, but no error. */
static void ctl_print_shared_mail(const struct config *cfg)
{
	static const char text[] =
	    "note: %s %s has shared-mail yes: several of its people can have "
	    "one mail address\n";

	for (size_t i = 0; i < cfg->directory_count; i++)
		if (cfg->directories[i].shared_mail)
			printf(text, "directory", cfg->directories[i].name);
	for (size_t i = 0; i < cfg->municipality_count; i++)
		if (cfg->municipalities[i].shared_mail)
			printf(text, "municipality",
			       cfg->municipalities[i].name);
}

static void ctl_print_launches(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->service_count; i++)
		if (cfg->services[i].launch_url &&
		    !cfg->services[i].initiate_login_uri)
			printf("note: service %s has no initiate-login-uri: "
			       "its link in the portal may open it for the "
			       "person or role that used it last\n",
			       cfg->services[i].name);
}

static void ctl_print_note(void *unused, const struct source_location *at,
                           const char *text)
{
	(void)unused;
	printf("note: %s:%d: %s\n", ctl_relative_path(at->file), at->line,
	       text);
}

/* Runs the test cases that stand beside a municipality's file:
 * policies/tinn.conf and policies/tinn.tries. */
static bool check_policy_tests(const struct command *c,
                               const struct config *cfg)
{
	bool good = true;

	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const char *file = cfg->municipalities[i].location.file;
		const char *tests =
		    arena_printf(c->arena, "%.*s.tries",
		                 (int)(strlen(file) - strlen(".conf")), file);

		if (text_ends(file, ".conf") && access(tests, F_OK) == 0)
			good = ctl_run_policy_tests(
				   c, cfg, ctl_relative_path(tests), false) &&
			       good;
	}
	return good;
}

int command_check(const struct command *c)
{
	struct check_arguments arguments;
	struct conf_errors errors;

	if (!check_arguments_parse(c, &arguments)) {
		fprintf(stderr, "usage: portvaktctl check "
		                "[FILE|--active] [--example LDIF]\n");
		return EXIT_USAGE;
	}
	const char *file = arguments.file;
	struct config *cfg = config_load(c->arena, file, &errors);

	ctl_print_errors(c, &errors);
	(void)kept_print_notes(c, file);
	if (!cfg) {
		fprintf(stderr, "%s: %zu error%s\n", file, errors.count,
		        errors.count == 1 ? "" : "s");
		return 1;
	}
	if (!ctl_check_plugins(c, cfg)) {
		fprintf(stderr, "%s: a plugin cannot be used\n", file);
		config_unref(cfg);
		return 1;
	}
	/* Test cases belong to the files, not to the copy. */
	bool good = arguments.active || check_policy_tests(c, cfg);

	if (good)
		printf("%s is valid: %zu municipalities, %zu directories, %zu "
		       "services; hash %.16s\n",
		       file, cfg->municipality_count, cfg->directory_count,
		       cfg->service_count, cfg->hash);
	else
		printf("%s is not valid: a test case fails\n", file);
	ctl_print_shared_mail(cfg);
	ctl_print_launches(cfg);
	policy_lint(c->arena, cfg, clock_now(), ctl_print_note, NULL);
	if (arguments.example)
		good = check_example_print(c->arena, cfg, arguments.example) &&
		       good;
	config_unref(cfg);
	return good ? 0 : 1;
}
