/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvaktctl, the operator's command. It sends requests to the
 * processes' control sockets and changes nothing itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"

enum { WRONG_USAGE = 64 };

static const struct {
	const char *name;
	int (*run)(const struct command *c);
	int min_args, max_args; /* arguments; most -1: any number */
	const char *usage;
	const char *description;
} commands[] = {
	{ "check", command_check, 0, 1, "[FILE]",
	  "say everything that is wrong with the configuration" },
	{ "try", command_test_policy, 1, -1, "FILE.tries ...",
	  "see whether rules answer as the sentences in a file say" },
	{ "words", command_config_keywords, 1, 1, "--mdoc",
	  "every word of the configuration, for its manual page" },
	{ "status", command_status, 0, 0, "",
	  "which processes run, each as: name pid since" },
	{ "reload", command_admin, 0, 0, "",
	  "let every process use the configuration as it is now, or none" },
	{ "sync", command_sync, 0, -1,
	  "[status | health | now | plan | rehearsal DIRECTORY\n"
	  "              | doctor [DIRECTORY] | figures\n"
	  "              | report [--language nb|nn|en]\n"
	  "              | release DIRECTORY --by NAME --reason TEXT\n"
	  "              | welcome DIRECTORY --by NAME --reason TEXT\n"
	  "              | accept source|values|roles|configuration DIRECTORY\n"
	  "                --by NAME --reason TEXT",
	  "how far the catalogue follows its sources; what it may do although "
	  "it looks like an accident" },
	{ "person", command_admin, 1, 1, "WHO",
	  "a person and every affiliation, by login name or id" },
	{ "quarantine", command_admin, 0, -1,
	  "[list | show ENTRY | join ENTRY PERSON | new ENTRY | out ENTRY\n"
	  "             | undo ENTRY] --by NAME --reason TEXT",
	  "entries (DIRECTORY:ANCHOR) of which sync does not know who they "
	  "are" },
	{ "part", command_admin, 2, -1,
	  "PERSON ENTRY ... --by NAME --reason TEXT",
	  "entries that were joined to a person by mistake get their own "
	  "identity back" },
	{ "explain", command_explain, 2, -1,
	  "PERSON SERVICE [--from ADDRESS|NETWORK]\n"
	  "                 [--at TIME] [--listener LISTENER]",
	  "would they be let in, and which rule says so" },
	{ "receipt", command_admin, 1, 1, "CODE",
	  "what was decided, and why, under the code on a page" },
	{ "record", command_admin, 1, 2, "verify [MUNICIPALITY]",
	  "whether anything in the record was changed since it was written" },
	{ "sessions", command_admin, 1, -1, "list [WHO] | end WHO",
	  "who is logged in; end somebody's sessions" },
	{ "role", command_admin, 1, -1,
	  "give PERSON ROLE --why TEXT [--in MUNICIPALITY] [--until DATE]\n"
	  "              | take PERSON ROLE [--in MUNICIPALITY] | list PERSON",
	  "roles given by hand" },
	{ "service", command_admin, 1, 2, "list | check NAME",
	  "services as they are known; what one would be told" },
	{ "keys", command_admin, 1, -1,
	  "list | roll ISSUER oidc|saml [--from DATE] | public ISSUER",
	  "which keys sign and which will; what others may know of them" },
	{ "leave", command_offboard, 2, -1,
	  "NAME plan | export DIR --to KEYFILE | adopt FILE | move SERVICE\n"
	  "              | end | remove --after DATE|--now [--keep-record]\n"
	  "              [--by NAME --reason TEXT]",
	  "a municipality leaves, step by step: docs/LEAVING.md" },
	{ "import", command_import, 1, -1,
	  "DIR --from-key THUMBPRINT --by NAME --reason TEXT",
	  "take in what a municipality brings along, into an empty region" },
};

static void ctl_print_usage(FILE *to)
{
	fprintf(to, "usage: portvaktctl [-c FILE] COMMAND ...\n\n");
	for (size_t i = 0; i < LENGTH(commands); i++)
		fprintf(to, "  %s%s%s\n      %s\n", commands[i].name,
		        *commands[i].usage ? " " : "", commands[i].usage,
		        commands[i].description);
	fprintf(to, "\nFILE is the region's: /etc/portvakt/region.conf or "
	            "$PORTVAKT_CONF.  See portvaktctl(8).\n");
}

static int ctl_run_command(struct command *c)
{
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (!text_equal(commands[i].name, c->argv[0]))
			continue;
		bool too_many = commands[i].max_args >= 0 &&
		                c->argc - 1 > commands[i].max_args;

		if (c->argc - 1 >= commands[i].min_args && !too_many)
			return commands[i].run(c);
		fprintf(stderr, "usage: portvaktctl %s %s\n", commands[i].name,
		        commands[i].usage);
		return WRONG_USAGE;
	}
	fprintf(stderr, "portvaktctl: there is no command \"%s\"\n",
	        c->argv[0]);
	ctl_print_usage(stderr);
	return WRONG_USAGE;
}

static const char *ctl_default_conf(void)
{
	const char *named = getenv("PORTVAKT_CONF");

	return named && *named ? named : "/etc/portvakt/region.conf";
}

int main(int argc, char **argv)
{
	struct command c = { .conf = ctl_default_conf(),
		             .argv = argv + 1,
		             .argc = argc - 1 };

	if (c.argc >= 2 && text_equal(c.argv[0], "-c")) {
		c.conf = c.argv[1];
		c.argv += 2;
		c.argc -= 2;
	}
	if (c.argc == 0 || text_equal(c.argv[0], "-c")) {
		ctl_print_usage(stderr);
		return WRONG_USAGE;
	}
	if (text_equal(c.argv[0], "--help") || text_equal(c.argv[0], "help")) {
		ctl_print_usage(stdout);
		return 0;
	}
	if (text_equal(c.argv[0], "--version")) {
		(void)printf("portvaktctl %s\n", PORTVAKT_VERSION);
		return 0;
	}
	c.arena = arena_open();
	int status = ctl_run_command(&c);

	arena_close(c.arena);
	/* A failed write of the output is an error. */
	return fflush(stdout) == 0 ? status : 1;
}
