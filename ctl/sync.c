/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.c: the commands of `portvaktctl sync`, each sent to the process that
 * serves it: portvakt-sync, a connector, or portvakt-admin. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

/* The directory's own connector checks its source: that takes a while, and the
 * supervisor must not block. */
static int ctl_check_source(const struct command *c, const char *directory)
{
	char *argv[] = { arena_strdup(c->arena, "doctor"), NULL };

	return ctl_remote_call(
	    c, arena_printf(c->arena, "connector@%s.sock", directory), argv);
}

static int command_check_source(const struct command *c)
{
	struct conf_errors ignored = { .arena = c->arena };
	struct config *cfg = config_load_rules(c->arena, c->conf, &ignored);
	int status = cfg ? 0 : 1;

	if (!cfg)
		fprintf(stderr,
		        "portvaktctl: %s has mistakes; see "
		        "`portvaktctl check`\n",
		        c->conf);
	for (size_t i = 0; cfg && i < cfg->directory_count; i++)
		if (c->argc < 3 ||
		    text_equal(c->argv[2], cfg->directories[i].name))
			status |= ctl_check_source(c, cfg->directories[i].name);
	config_unref(cfg);
	return status;
}

/* An operator's override is recorded by admin; sync applies it. */
static bool ctl_is_override(const char *keyword)
{
	static const char *const overrides[] = { "release", "welcome",
		                                 "accept" };

	for (size_t i = 0; i < LENGTH(overrides); i++)
		if (text_equal(keyword, overrides[i]))
			return true;
	return false;
}

int command_sync(const struct command *c)
{
	char *status[] = { arena_strdup(c->arena, "status"), NULL };

	static const struct {
		const char *keyword;
		int (*run)(const struct command *c);
	} ours[] = {
		{ "doctor", command_check_source },
		{ "figures", command_metrics },
		{ "report", command_report },
	};

	for (size_t i = 0; i < LENGTH(ours) && c->argc > 1; i++)
		if (text_equal(c->argv[1], ours[i].keyword))
			return ours[i].run(c);
	if (c->argc > 1 && ctl_is_override(c->argv[1]))
		return ctl_remote_call(c, "admin.sock", c->argv);
	return ctl_remote_call(c, "sync.sock",
	                       c->argc > 1 ? c->argv + 1 : status);
}
