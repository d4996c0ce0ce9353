/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_command.c: `portvaktctl sync report`: prints the daily report, or
 * sends the notifications. */
#include <stdio.h>

#include "ctl/notify.h"
#include "ctl/report.h"
#include "lib/strbuf.h"

/* The arguments of `sync report`. */
struct report_options {
	const char *language; /* NULL: the region's first */
	bool send, only_new;
};

static bool report_parse_options(const struct command *c,
                                 struct report_options *ret)
{
	*ret = (struct report_options){ 0 };
	for (int i = 2; i < c->argc; i++) {
		if (text_equal(c->argv[i], "--send"))
			ret->send = true;
		else if (text_equal(c->argv[i], "--new"))
			ret->only_new = true;
		else if (text_equal(c->argv[i], "--language") &&
		         i + 1 < c->argc)
			ret->language = c->argv[++i];
		else
			return false;
	}
	return ret->send || !ret->only_new;
}

int command_report(const struct command *c)
{
	struct report_options options;

	if (!report_parse_options(c, &options)) {
		fprintf(stderr, "usage: portvaktctl sync report [--language "
		                "nb|nn|en] [--send [--new]]\n");
		return EXIT_USAGE;
	}
	struct config *cfg = ctl_load_config(c);
	bool good = cfg != NULL;

	if (good && options.send)
		good = notify_send(c, cfg, options.only_new);
	else if (good)
		good = report_print_daily(
		    c, cfg,
		    report_language_index(options.language
		                              ? options.language
		                              : cfg->languages[0]));
	config_unref(cfg);
	return good ? 0 : 1;
}
