/* SPDX-License-Identifier: AGPL-3.0-or-later
 * remote.c: commands sent to another process's control socket; prints its
 * response line by line. */
#include "region/ipc/ipc_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/conf/conf_syntax.h"
#include "lib/strbuf.h"
#include "region/accepted/accepted.h"
#include "region/config/config.h"
#include "region/policy/policy_evaluate.h"

/* Between two lines; a full synchronisation takes a while. */
enum { DEADLINE_MS = 120 * 1000 };

/* Reads the runtime directory only, so that a configuration with errors does
 * not prevent `status`. */
/* Reads the value without the configuration: it may have errors elsewhere. */
static const char *ctl_region_value(const struct command *c, const char *name,
                                    const char *otherwise)
{
	struct conf_errors ignored = { .arena = c->arena };
	struct conf_block top = { 0 };

	if (!conf_syntax_parse_file(c->arena, c->conf, &top, &ignored) &&
	    top.count == 0)
		fprintf(stderr, "portvaktctl: cannot read %s\n", c->conf);
	const struct conf_statement *region = conf_syntax_find(&top, "region");

	return conf_syntax_value(region ? &region->block : NULL, name,
	                         otherwise);
}

const char *ctl_runtime_directory(const struct command *c)
{
	return ctl_region_value(c, "runtime-directory", "/run/portvakt");
}

const char *ctl_state_directory(const struct command *c)
{
	return ctl_region_value(c, "state-directory", "/var/lib/portvakt");
}

static void ctl_remote_print_line(const char *line, void *unused)
{
	(void)unused;
	printf("%s\n", line);
}

int ctl_remote_lines(const struct command *c, const char *socket, char **argv,
                     void (*print)(const char *line, void *unused))
{
	struct error err = { 0 };
	const char *path =
	    arena_printf(c->arena, "%s/%s", ctl_runtime_directory(c), socket);

	if (ipc_command(path, DEADLINE_MS, argv, print, NULL, &err))
		return 0;
	/* A refusing process has sent its error as a line. */
	if (*err.text)
		fprintf(stderr, "portvaktctl: %s\n", err.text);
	return 1;
}

int ctl_remote_call(const struct command *c, const char *socket, char **argv)
{
	return ctl_remote_lines(c, socket, argv, ctl_remote_print_line);
}

struct config *ctl_load_config(const struct command *c)
{
	struct conf_errors errors;
	struct config *cfg = config_load_rules(c->arena, c->conf, &errors);

	if (cfg)
		return cfg;
	/* What runs is the last good version, so the commands know it, too. */
	const char *store = accepted_store(c->arena, c->conf);

	cfg = config_load_rules(c->arena, accepted_copy(c->arena, store, NULL),
	                        &errors);
	fprintf(stderr,
	        "portvaktctl: %s has errors%s; see `portvaktctl check`\n",
	        c->conf, cfg ? "; the active configuration is used" : "");
	return cfg;
}

int command_admin(const struct command *c)
{
	return ctl_remote_call(c, "admin.sock", c->argv);
}

int ctl_session_memory(const struct command *c, bool metrics)
{
	const char *path =
	    arena_printf(c->arena, "%s/admin.sock", ctl_runtime_directory(c));
	char *words[] = { arena_strdup(c->arena, "sessions"),
		          arena_strdup(c->arena, "memory"),
		          metrics ? arena_strdup(c->arena, "--metrics") : NULL,
		          NULL };

	/* A machine may have portvakt-sync alone. */
	if (metrics && access(path, F_OK) != 0)
		return 0;
	return ctl_remote_call(c, "admin.sock", words);
}
