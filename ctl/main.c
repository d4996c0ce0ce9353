/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvaktctl, the operator's command. It sends requests to the
 * processes' control sockets and changes nothing itself; what makes or removes
 * a region is a program of its own (program.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/capabilities.h"
#include "lib/strbuf.h"

#define SIGNED "--by NAME --reason TEXT"

/* One row per command. Rows with the same name are one group in the usage. */
static const struct command_row {
	const char *name, *sub; /* sub NULL: the command has none here */
	int (*run)(const struct command *c);
	int min_args, max_args; /* after name and sub; -1: any number */
	const char *usage;
	const char *description;
} command_rows[] = {
	{ "init", NULL, command_program, 1, -1,
	  "NAME --base DN --login-host HOST --contact TEXT [--name TEXT]\n"
	  "      [--certificate FILE] [--answers FILE] [--dry-run]\n"
	  "      [--stop-debian-services]",
	  "make a region on this machine" },
	{ "destroy", NULL, command_program, 2, 2, "--yes-destroy NAME",
	  "remove a region and all its keys from this machine" },
	{ "doctor", NULL, command_program, 0, 0, "",
	  "check everything that this machine's region needs" },
	{ "backup", "create", command_program, 1, 1, "FILE|DIRECTORY",
	  "write a sealed backup of the region" },
	{ "backup", "verify", command_program, 3, 3, "FILE --key KEYFILE",
	  "open a backup and load its catalogue for a trial" },
	{ "backup", "restore", command_program, 3, 3, "FILE --key KEYFILE",
	  "make the region of a backup on a machine without one" },
	{ "credentials", NULL, command_program, 1, 2, "[--check] DIRECTORY",
	  "give each process the credentials that it needs" },
	{ "check", NULL, command_check, 0, 3,
	  "[FILE|--active] [--example LDIF]",
	  "check the configuration and list all errors; print the mapped "
	  "fields\n      of example entries" },
	{ "test-policy", NULL, command_test_policy, 1, -1, "FILE.tries ...",
	  "test access policies with the cases in a file" },
	{ "config", "keywords", command_config_keywords, 1, 1, "--mdoc",
	  "print all keywords, for portvakt.conf(5)" },
	{ "config", "print", command_config_print, 0, 0, "",
	  "print the effective configuration, without secrets" },
	{ "config", "networks", command_config_networks, 0, 0, "",
	  "print the addresses of all networks, for haproxy" },
	{ "status", NULL, command_status, 0, 0, "",
	  "list processes: name, process id, start time, open descriptors" },
	{ "policy", "diff", command_policy_diff, 0, 1, "[--names]",
	  "print what a reload would change about access" },
	{ "policy", "trials", command_admin, 1, 3,
	  "MUNICIPALITY [--since TIME]",
	  "print what trial rules would have changed" },
	{ "reload", NULL, command_admin, 0, -1,
	  "[--accept MUNICIPALITY] ... [--accept-effects HASH " SIGNED "]",
	  "activate the changed configuration in all processes" },
	{ "sync", NULL, command_sync_status, 0, 0, "", "as sync status" },
	{ "sync", "status", command_sync, 0, 0, "",
	  "print the state of each directory" },
	{ "sync", "health", command_sync, 0, 0, "",
	  "print the state of each directory as JSON" },
	{ "sync", "metrics", command_metrics, 0, 0, "",
	  "print metrics in the Prometheus text format" },
	{ "sync", "report", command_report, 0, 2, "[--language nb|nn|en]",
	  "print the daily report" },
	{ "sync", "report", command_report, 1, 2, "--send [--new]",
	  "mail each municipality what is held or in doubt" },
	{ "sync", "check-source", command_check_source, 0, 1, "[DIRECTORY]",
	  "check connection, permissions and data of directories" },
	{ "sync", "full", command_sync, 0, 0, "",
	  "start a full synchronisation of all directories" },
	{ "sync", "pending", command_sync, 0, 0, "",
	  "list pending and held changes" },
	{ "sync", "approve", command_admin, 2, -1, "KIND DIRECTORY " SIGNED,
	  "approve the changes held now; KIND is deactivations, returns,\n"
	  "      creations, kinds, roles, dates, values, protected, "
	  "source or\n      configuration" },
	{ "sync", "dry-run", command_sync, 1, 1, "DIRECTORY",
	  "report what a directory in dry-run mode would change" },
	{ "sync", "preview", command_admin, 1, 1, "PERSON|ENTRY|DN",
	  "show what would come of one directory entry, and why" },
	{ "sync", "not-taken", command_sync, 0, 1, "[DIRECTORY]",
	  "list the values that were not taken, and why" },
	{ "sync", "export-ldif", command_sync, 0, 0, "",
	  "write the complete catalogue as LDIF to a file, for slapadd" },
	{ "sync", "groups", command_sync, 0, 0, "",
	  "count groups and list members without an entry" },
	{ "sync", "feide", command_sync, 1, 1, "MUNICIPALITY",
	  "list errors in the Feide data of a school owner" },
	{ "sync", "school-year", command_sync, 1, 1, "MUNICIPALITY",
	  "report the effect of the change of school year" },
	{ "person", "show", command_admin, 1, 1, "PERSON",
	  "print a person's affiliations and sources" },
	{ "person", "split", command_admin, 2, -1, "PERSON ENTRY ... " SIGNED,
	  "separate entries that were merged with a person by mistake" },
	{ "quarantine", NULL, command_admin, 0, 0, "", "as quarantine list" },
	{ "quarantine", "list", command_admin, 0, 2, "[--late DIRECTORY]",
	  "list entries that could not be matched to a person; late numbers" },
	{ "quarantine", "show", command_admin, 1, 1, "ENTRY",
	  "compare an entry with the people it may belong to" },
	{ "quarantine", "undo", command_admin, 1, -1, "ENTRY " SIGNED,
	  "as link resolve ENTRY undo" },
	{ "link", "resolve", command_admin, 2, -1, "ENTRY merge PERSON " SIGNED,
	  "merge the entry with a person" },
	{ "link", "resolve", command_admin, 2, -1,
	  "ENTRY separate|ignore|undo " SIGNED,
	  "make it a person of its own; exclude it; end the last decision" },
	{ "link", "accept-late", command_admin, 2, -1, "DIRECTORY LIST " SIGNED,
	  "merge all entries of quarantine list --late with their people" },
	{ "link", "list", command_admin, 0, 1, "[MUNICIPALITY]",
	  "list people of several municipalities, and if that is proved" },
	{ "link", "confirm", command_admin, 3, -1,
	  "PERSON --municipality NAME " SIGNED,
	  "confirm for a municipality that the person is the same elsewhere" },
	{ "explain", NULL, command_explain, 2, -1,
	  "PERSON SERVICE [--from ADDRESS|NETWORK]\n"
	  "      [--at TIME] [--listener LISTENER] [--with second-factor] "
	  "[--draft]",
	  "evaluate the access policy and print the deciding rules" },
	{ "audit", "show", command_admin, 1, 1, "CODE",
	  "print the audit event with this receipt code" },
	{ "audit", "verify", command_admin, 0, 1, "[MUNICIPALITY]",
	  "verify that the audit log is unchanged and complete" },
	{ "sessions", "list", command_admin, 0, 1, "[PERSON]",
	  "list login sessions" },
	{ "sessions", "memory", command_admin, 0, 1, "[--metrics]",
	  "print how much of its memory Redis uses" },
	{ "sessions", "end", command_admin, 1, 1, "PERSON",
	  "end a person's sessions" },
	{ "lockout", "clear", command_admin, 1, 1, "PERSON|NETWORK|ADDRESS",
	  "let new browsers log in again after many failed logins" },
	{ "role", "grant", command_admin, 2, -1,
	  "PERSON ROLE --reason TEXT [--by NAME]\n"
	  "      [--in MUNICIPALITY] [--until TIME] [--ticket NUMBER]",
	  "grant a role" },
	{ "role", "approve", command_admin, 2, -1,
	  "PERSON ROLE --by NAME\n      [--in MUNICIPALITY]",
	  "approve a role that another operator granted" },
	{ "role", "revoke", command_admin, 2, -1,
	  "PERSON ROLE [--in MUNICIPALITY]", "revoke a granted role" },
	{ "role", "list", command_admin, 1, 1, "PERSON",
	  "list a person's roles" },
	{ "plugin", "list", command_admin, 0, 0, "",
	  "list plugins: the hashes of what answers, workers, counters" },
	{ "plugin", "rollback", command_admin, 2, -1,
	  "MUNICIPALITY|region NAME\n      " SIGNED,
	  "return to the previous version of a plugin, until its files "
	  "change" },
	{ "plugin", "test", command_plugin_test, 1, -1,
	  "FILE.so [--data FILE] [--clause TEXT\n"
	  "      [--expect RESULT]] ... [--role NAME] ...",
	  "test a plugin in the sandbox before it is installed" },
	{ "service", "list", command_admin, 0, 0, "", "list services" },
	{ "service", "check", command_admin, 1, 1, "NAME",
	  "print a service's configuration and access rules" },
	{ "keys", "list", command_admin, 0, 0, "", "list signing keys" },
	{ "keys", "init", command_admin, 0, 7,
	  "[ISSUER [--begin-anew ISSUER " SIGNED "]]",
	  "make the first keys of an issuer, or of a new region's issuers" },
	{ "keys", "rotate", command_admin, 2, 4,
	  "ISSUER oidc|saml [--from DATE]",
	  "publish a new key and sign with it later" },
	{ "keys", "public", command_admin, 1, 1, "ISSUER",
	  "print an issuer's public keys for another installation" },
	{ "offboard", NULL, command_offboard, 2, -1, "MUNICIPALITY plan",
	  "print what leaving the region involves" },
	{ "offboard", NULL, command_offboard, 2, -1,
	  "MUNICIPALITY export DIRECTORY\n"
	  "      --to KEYFILE " SIGNED,
	  "write the export bundle" },
	{ "offboard", NULL, command_offboard, 2, -1,
	  "MUNICIPALITY adopt FILE " SIGNED,
	  "publish the receiver's public keys" },
	{ "offboard", NULL, command_offboard, 2, -1,
	  "MUNICIPALITY migrate SERVICE",
	  "print the configuration of a migrated service" },
	{ "offboard", NULL, command_offboard, 2, -1, "MUNICIPALITY end " SIGNED,
	  "end sessions and logins" },
	{ "offboard", NULL, command_offboard, 2, -1,
	  "MUNICIPALITY remove --after DATE|--now\n"
	  "      [--keep-audit-log] " SIGNED,
	  "remove all data of the municipality" },
	{ "import", NULL, command_import, 1, -1,
	  "DIRECTORY --from-key THUMBPRINT\n"
	  "      " SIGNED,
	  "import a municipality's bundle into an empty region" },
};

/* Former commands and what replaces them. */
static const struct {
	const char *name, *sub, *now;
} former_commands[] = {
	{ "try", NULL, "test-policy" },
	{ "words", NULL, "config keywords" },
	{ "receipt", NULL, "audit show" },
	{ "record", NULL, "audit verify" },
	{ "part", NULL, "person split" },
	{ "leave", NULL, "offboard" },
	{ "quarantine", "join", "link resolve ENTRY merge PERSON" },
	{ "quarantine", "new", "link resolve ENTRY separate" },
	{ "quarantine", "out", "link resolve ENTRY ignore" },
	{ "role", "give", "role grant" },
	{ "role", "take", "role revoke" },
	{ "keys", "roll", "keys rotate" },
	{ "sync", "now", "sync full" },
	{ "sync", "plan", "sync pending" },
	{ "sync", "doctor", "sync check-source" },
	{ "sync", "figures", "sync metrics" },
	{ "sync", "rehearsal", "sync dry-run" },
	{ "sync", "build", "sync export-ldif" },
	{ "sync", "release", "sync approve deactivations" },
	{ "sync", "welcome", "sync approve creations" },
	{ "sync", "accept", "sync approve" },
};

static void ctl_print_row(FILE *to, const struct command_row *row,
                          const char *lead)
{
	fprintf(to, "%s%s%s%s%s%s\n", lead, row->name, row->sub ? " " : "",
	        row->sub ?: "", *row->usage ? " " : "", row->usage);
}

static void ctl_print_usage(FILE *to)
{
	fprintf(to, "usage: portvaktctl [-c FILE] COMMAND [ARGUMENT ...]\n"
	            "       portvaktctl --help | --version\n\n");
	for (size_t i = 0; i < LENGTH(command_rows); i++) {
		ctl_print_row(to, &command_rows[i], "  ");
		fprintf(to, "      %s\n", command_rows[i].description);
	}
	fprintf(to, "\nPERSON is a login name, login@domain or id; ENTRY is "
	            "DIRECTORY:ANCHOR.\n"
	            "FILE is the configuration: by default $PORTVAKT_CONF or "
	            "/etc/portvakt/region.conf.\n"
	            "Exit status: 0 success, 1 error, 64 usage error. See "
	            "portvaktctl(8).\n");
}

/* Prints the usage of one command; all if there is no such command. */
static int ctl_print_command_usage(FILE *to, const char *name)
{
	const char *lead = "usage: portvaktctl ";

	for (size_t i = 0; i < LENGTH(command_rows); i++) {
		if (!text_equal(command_rows[i].name, name))
			continue;
		ctl_print_row(to, &command_rows[i], lead);
		lead = "       portvaktctl ";
	}
	if (text_starts(lead, "usage"))
		ctl_print_usage(to);
	return to == stdout ? 0 : EXIT_USAGE;
}

static const char *ctl_former_command(const struct command *c)
{
	for (size_t i = 0; i < LENGTH(former_commands); i++)
		if (text_equal(former_commands[i].name, c->argv[0]) &&
		    (!former_commands[i].sub ||
		     text_equal(former_commands[i].sub, c->argv[1])))
			return former_commands[i].now;
	return NULL;
}

static int ctl_print_unknown(const struct command *c)
{
	const char *now = ctl_former_command(c);

	if (now)
		fprintf(stderr,
		        "portvaktctl: unknown command; it is now \"%s\"\n",
		        now);
	else
		fprintf(stderr, "portvaktctl: unknown command or arguments\n");
	return ctl_print_command_usage(stderr, c->argv[0]);
}

static bool ctl_row_matches(const struct command_row *row,
                            const struct command *c)
{
	int args = c->argc - (row->sub ? 2 : 1);

	return text_equal(row->name, c->argv[0]) &&
	       (!row->sub ||
	        (c->argc > 1 && text_equal(row->sub, c->argv[1]))) &&
	       args >= row->min_args &&
	       (row->max_args < 0 || args <= row->max_args);
}

static int ctl_run_command(struct command *c)
{
	if (text_equal(c->argv[c->argc - 1], "--help"))
		return ctl_print_command_usage(stdout, c->argv[0]);
	for (size_t i = 0; i < LENGTH(command_rows); i++)
		if (ctl_row_matches(&command_rows[i], c))
			return command_rows[i].run(c);
	return ctl_print_unknown(c);
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
	struct error err = { 0 };

	if (c.argc >= 2 && text_equal(c.argv[0], "-c")) {
		c.conf = c.argv[1];
		c.argv += 2;
		c.argc -= 2;
	}
	if (c.argc == 0 || text_equal(c.argv[0], "-c")) {
		ctl_print_usage(stderr);
		return EXIT_USAGE;
	}
	if (text_equal(c.argv[0], "--help") || text_equal(c.argv[0], "help")) {
		ctl_print_usage(stdout);
		return 0;
	}
	if (text_equal(c.argv[0], "--version")) {
		(void)printf("portvaktctl %s\n", PORTVAKT_VERSION);
		return 0;
	}
	/* A reload by the unit has the capabilities of the supervisor. */
	if ((geteuid() != 0 && !capabilities_drop(&err)) ||
	    !clock_zone_open(&err)) {
		(void)fprintf(stderr, "portvaktctl: %s\n", err.text);
		return EXIT_FAILURE;
	}
	/* Sent with each request, so that it is in the log of all processes
	 * that take part. */
	log_request_new();
	c.arena = arena_open();
	int status = ctl_run_command(&c);

	arena_close(c.arena);
	/* A failed write of the output is an error. */
	return fflush(stdout) == 0 ? status : 1;
}
