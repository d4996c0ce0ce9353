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

const char *plugin_host_program(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

	if (length <= 0 || (size_t)length == sizeof(path))
		abort();
	return arena_memdup(a, path, (size_t)length);
}

static void check_owner(struct arena *a, const struct config *cfg,
                        const char *owner, struct conf_errors *faults)
{
	const struct plugin_registry_options options = {
		.program = plugin_host_program(a),
		.argument = PLUGIN_WORKER_ARGUMENT,
		.owner = owner,
	};
	struct plugin_registry *r = plugin_registry_open(&options);

	(void)!plugin_registry_prepare(r, cfg, faults);
	plugin_registry_close(r);
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
	struct conf_errors wrong, faults = { .arena = a };
	struct config *cfg;

	daemon_init("portvakt-plugin-host");
	cfg = config_load_rules(a, file, &wrong);
	if (cfg) {
		check_owner(a, cfg, "region", &faults);
		for (size_t i = 0; i < cfg->municipality_count; i++)
			check_owner(a, cfg, cfg->municipalities[i].name,
			            &faults);
	}
	conf_errors_sort(&faults);
	for (size_t i = 0; i < faults.count; i++) {
		faults.at[i].file = relative_path(a, faults.at[i].file);
		(void)printf("%s\n", conf_error_format(a, &faults.at[i]));
	}
	config_unref(cfg);
	bool good = faults.count == 0;

	arena_close(a);
	return fflush(stdout) == 0 && good ? 0 : 1;
}
