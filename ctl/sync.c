/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.c: the commands of `portvaktctl sync` that portvakt-sync or a connector
 * serves. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

int command_sync(const struct command *c)
{
	return ctl_remote_call(c, "sync.sock", c->argv + 1);
}

int command_sync_status(const struct command *c)
{
	char *argv[] = { arena_strdup(c->arena, "status"), NULL };

	return ctl_remote_call(c, "sync.sock", argv);
}

/* The directory's own connector checks its source: that takes a while, and the
 * supervisor must not block. */
static int ctl_check_source(const struct command *c, const char *directory)
{
	char *argv[] = { arena_strdup(c->arena, "check-source"), NULL };

	char *values[] = { arena_strdup(c->arena, "check-values"),
		           arena_strdup(c->arena, directory), NULL };
	int status = ctl_remote_call(
	    c, arena_printf(c->arena, "connector@%s.sock", directory), argv);

	return status | ctl_remote_call(c, "sync.sock", values);
}

int command_check_source(const struct command *c)
{
	struct config *cfg = ctl_load_config(c);
	const char *only = c->argc > 2 ? c->argv[2] : NULL;
	int status = cfg ? 0 : 1;

	if (cfg && only && !config_directory(cfg, only)) {
		fprintf(stderr, "portvaktctl: unknown directory \"%s\"\n",
		        only);
		status = 1;
	}
	for (size_t i = 0; cfg && i < cfg->directory_count; i++)
		if (!only || text_equal(only, cfg->directories[i].name))
			status |= ctl_check_source(c, cfg->directories[i].name);
	config_unref(cfg);
	return status;
}
