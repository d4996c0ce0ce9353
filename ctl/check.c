/* SPDX-License-Identifier: AGPL-3.0-or-later
 * check.c: checks the configuration and lists all errors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

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

int command_check(const struct command *c)
{
	const char *file = c->argc > 1 ? c->argv[1] : c->conf;
	struct conf_errors errors;
	struct config *cfg = config_load(c->arena, file, &errors);

	ctl_print_errors(c, &errors);
	if (!cfg) {
		fprintf(stderr, "%s: %zu error%s\n", file, errors.count,
		        errors.count == 1 ? "" : "s");
		return 1;
	}
	printf(
	    "%s is valid: %zu municipalities, %zu directories, %zu services; "
	    "hash %.16s\n",
	    file, cfg->municipality_count, cfg->directory_count,
	    cfg->service_count, cfg->hash);
	config_unref(cfg);
	return 0;
}
