/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_commands.c: checks the plugins of a configuration, for portvaktctl. */
#include "idp/plugin_host/plugin_commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_registry.h"
#include "idp/plugin_host/plugin_worker.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/candidate_plugins.h"

const char *plugin_host_program(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

	if (length <= 0 || (size_t)length == sizeof(path))
		abort();
	return arena_memdup(a, path, (size_t)length);
}

/* The plugins of a candidate are a copy of files that have their owner still;
 * last good ones are not. */
struct plugin_check {
	struct arena *arena;
	const struct config *cfg;
	bool is_candidate;
	char **last_good; /* names of municipalities; NULL-terminated */
	struct conf_errors faults;
};

static void check_owner(struct plugin_check *k, const char *owner)
{
	const struct plugin_registry_options options = {
		.program = plugin_host_program(k->arena),
		.argument = PLUGIN_WORKER_ARGUMENT,
		.owner = owner,
		.checks_copies =
		    k->is_candidate && !text_list_has(k->last_good, owner),
	};
	struct plugin_registry *r = plugin_registry_open(&options);

	(void)!plugin_registry_prepare(r, k->cfg, &k->faults);
	plugin_registry_close(r);
}

static void check_all(struct plugin_check *k)
{
	check_owner(k, "region");
	for (size_t i = 0; i < k->cfg->municipality_count; i++)
		check_owner(k, k->cfg->municipalities[i].name);
	conf_errors_sort(&k->faults);
}

/* Below the current directory it is relative, as in portvaktctl. */
static const char *relative_path(struct arena *a, const char *file)
{
	char *here = getcwd(NULL, 0);
	const char *prefix = arena_printf(a, "%s/", here ? here : "");

	free(here);
	return text_starts(file, prefix) ? file + strlen(prefix) : file;
}

int plugin_check_main(const char *file)
{
	struct arena *a = arena_open();
	struct plugin_check k = { .arena = a, .faults = { .arena = a } };
	struct conf_errors wrong;
	struct config *cfg;

	daemon_init("portvakt-plugin-host");
	k.cfg = cfg = config_load_rules(a, file, &wrong);
	if (cfg)
		check_all(&k);
	for (size_t i = 0; i < k.faults.count; i++) {
		k.faults.at[i].file = relative_path(a, k.faults.at[i].file);
		(void)printf("%s\n", conf_error_format(a, &k.faults.at[i]));
	}
	config_unref(cfg);
	bool good = k.faults.count == 0;

	arena_close(a);
	return fflush(stdout) == 0 && good ? 0 : 1;
}

/* ---- a candidate */

/* A plugin's sentence is one field of one line. */
static const char *fault_field(struct arena *a, const char *text)
{
	char *field = arena_strdup(a, text);

	for (char *c = field; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return field;
}

static bool candidate_print(const struct plugin_check *k)
{
	FILE *out = fdopen(PLUGIN_CANDIDATE_FD, "w");

	if (!out)
		return false;
	for (size_t i = 0; i < k->faults.count; i++) {
		const struct conf_error *one = &k->faults.at[i];

		(void)fprintf(out, "%s\t%u\t%u\t%s\n",
		              fault_field(k->arena, one->file), one->line,
		              one->column, fault_field(k->arena, one->text));
	}
	(void)fprintf(out, "%s\n", PLUGIN_CANDIDATE_DONE);
	return fclose(out) == 0;
}

int plugin_candidate_main(char **arguments)
{
	struct arena *a = arena_open();
	struct plugin_check k = { .arena = a,
		                  .is_candidate = true,
		                  .last_good = arguments + 2,
		                  .faults = { .arena = a } };
	const struct config_place place = { .source = arguments[1],
		                            .root = arguments[1],
		                            .file = arguments[0],
		                            .rules_only = true };
	struct conf_errors wrong;
	struct config *cfg;

	daemon_init("portvakt-plugin-host");
	k.cfg = cfg = config_load_place(a, &place, &wrong);
	if (cfg)
		check_all(&k);
	bool good = cfg && candidate_print(&k);

	config_unref(cfg);
	arena_close(a);
	return good ? 0 : 1;
}
