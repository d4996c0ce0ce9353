/* SPDX-License-Identifier: MIT
 * portvakt-plugin.h: the plugin interface: a plugin teaches a condition of
 * policies and evaluates it. This header includes nothing of Portvakt.
 *
 * A plugin teaches `rules { }` one or more conditions: in
 *
 *	pupils  may enter skole  when consent for skole
 *
 * the condition is "consent" and its arguments are "for" and "skole". A plugin
 * is one file that ends in one struct called portvakt_plugin. Built-in plugins
 * have the same interface and run in the process that evaluates the policy; a
 * municipality's own run in portvakt-plugin-host, in a sandboxed worker without
 * files, network or other processes, which is killed on a timeout. The sandbox
 * is locked before the plugin is loaded, so it holds for constructors, too. A
 * municipality's plugin called NAME teaches the conditions NAME and
 * NAME-anything and no others, so that it cannot replace another's. Copy
 * plugins/example.c; compile with
 *
 *	gcc -shared -fPIC -O2 -I /usr/include/portvakt -o NAME.so NAME.c
 *
 * Calls: validate once per rule when the configuration is loaded, without a
 * person; evaluate for each request. A result must not depend on state from an
 * earlier call: a worker may be killed and restarted at any time. Parameters
 * are valid during the call only. */
#ifndef PLUGINS_PORTVAKT_PLUGIN_H
#define PLUGINS_PORTVAKT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/* The versions of the contract. Version 1 has no data, self_test and release;
 * both are loaded. Fields are added at the end of a struct only. */
#define PORTVAKT_PLUGIN_1 1
#define PORTVAKT_PLUGIN_2 2

/* Zero denies: a missing return value is a refusal. */
enum portvakt_verdict {
	PORTVAKT_DENY = 0,
	PORTVAKT_PERMIT = 1,
	PORTVAKT_STEP_UP = 2, /* permit after a second factor */
	PORTVAKT_ERROR = 3,   /* error: denies, and is logged */
};

/* The person and the request. Text is UTF-8; absent text is "", never NULL.
 * Names and national identity numbers are left out: a rule must not depend on
 * them. */
struct portvakt_context {
	const char *person;       /* catalogue id */
	const char *affiliation;  /* catalogue id */
	const char *municipality; /* its name in the configuration */
	const char *kind; /* employee teacher pupil politician guest vendor */
	const char *const *units; /* NULL-terminated */
	const char *const *roles; /* NULL-terminated */
	int position;             /* per cent, -1 where unknown */
	int64_t valid_from,
	    valid_until; /* of the affiliation, seconds since 1970; 0: none */
	const char *service;   /* the requested service */
	const char *acr;       /* authentication context so far */
	int has_second_factor; /* verified in this session */
	const char *address;   /* the client's, as text */
	const char *const
	    *networks; /* configured networks containing it; NULL-terminated */
	int64_t now;   /* seconds since 1970 */
	int year, month, day;      /* local time in Europe/Oslo */
	int hour, minute, weekday; /* weekday 1 is Monday, 7 Sunday */
	/* Networks and units of the requested service; NULL-terminated. */
	const char *const *service_networks;
	const char *const *service_units;
};

struct portvakt_condition {
	const char *name;
	/* One sentence for portvakt.conf(5), beginning with the arguments. */
	const char *description;
	/* Validates the arguments. Returns 0 if they are valid, else the number
	 * of the invalid one, from 1, or count + 1 if one is missing;
	 * *ret_expected is then the expected syntax ("HH:MM-HH:MM"). NULL: the
	 * condition has no arguments. */
	size_t (*validate)(size_t count, const char *const *arguments,
	                   const char **ret_expected);
	enum portvakt_verdict (*evaluate)(size_t count,
	                                  const char *const *arguments,
	                                  const struct portvakt_context *facts);
	/* Reason of a refusal (REASONS of portvakt.conf(5)); NULL:
	 * "plugin-refuses". */
	const char *reason;
};

/* The file that `plugin NAME { data FILE }` names, as read-only memory; size 0
 * without one. A NUL follows the last byte. It stays until the worker ends. */
struct portvakt_data {
	const char *bytes;
	size_t size;
};

struct portvakt_plugin {
	int version; /* PORTVAKT_PLUGIN_2 */
	const char *name;
	const struct portvakt_condition
	    *conditions; /* ends where name is NULL */
	/* Version 1: called once with "", because there is no folder. Returns 0
	 * when ready. Version 2 does not call it. */
	int (*prepare)(const char *folder);

	/* Since version 2; each may be NULL. */

	/* Called once in a worker, before the first request. Returns NULL when
	 * ready, else a sentence with what is wrong in the data; the
	 * configuration is then refused. */
	const char *(*prepare_data)(const struct portvakt_data *data);
	/* Called once in each worker after prepare_data. Returns NULL if the
	 * plugin's own tests pass, else a sentence. */
	const char *(*self_test)(void);
	const char *release; /* the plugin's own version, for `plugin list` */
};

/* Every plugin ends in
 *
 *	const struct portvakt_plugin PORTVAKT_PLUGIN = { ... };
 *
 * whose symbol is portvakt_plugin. A plugin linked into Portvakt defines
 * PORTVAKT_BUILT_IN as another symbol before it includes this header. */
#ifdef PORTVAKT_BUILT_IN
#define PORTVAKT_PLUGIN PORTVAKT_BUILT_IN
#else
#define PORTVAKT_PLUGIN portvakt_plugin
#endif
extern const struct portvakt_plugin PORTVAKT_PLUGIN;

#endif
