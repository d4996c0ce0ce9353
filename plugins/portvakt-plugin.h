/* SPDX-License-Identifier: MIT
 * portvakt-plugin.h: the whole contract between Portvakt and a word that
 * policies may use.  It includes nothing of Portvakt's.
 *
 * A plugin teaches `rules { }` one or more words: in
 *
 *	pupils  may enter skole  when consent for skole
 *
 * the word is "consent" and its arguments are "for" and "skole".  A plugin is
 * one file that ends in one struct called portvakt_plugin.  The words that
 * ship with Portvakt are made the same way and run inside whoever decides; a
 * municipality's own run in a judge, a caged process without files, network
 * or other processes, which is killed when it is late.  A plugin of a
 * municipality's own called NAME teaches the words NAME and NAME-anything and
 * no others, so that none can be mistaken for another's.  plugins/example.c is
 * the one to copy.
 *
 * How it is called: read once per clause when the configuration is read,
 * without any person; judge for each question.  Neither may keep state from
 * one call to the next that changes an answer: a judge may be killed and
 * started at any time.  Everything passed in lives during the call only. */
#ifndef PORTVAKT_PLUGIN_H
#define PORTVAKT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define PORTVAKT_PLUGIN_1 1

/* Zero is the safe answer: whoever forgets to answer has refused. */
enum portvakt_verdict {
	PORTVAKT_DENY = 0,
	PORTVAKT_PERMIT = 1,
	PORTVAKT_STEP_UP = 2, /* yes, once a second factor has been shown */
	PORTVAKT_ERROR = 3,   /* could not tell: refuses, and says so */
};

/* What is known about the person who knocks and the moment.  Text is UTF-8;
 * absent text is "", never NULL.  Names and numbers of people are not here:
 * a rule has no business with them. */
struct portvakt_facts {
	const char *person;       /* catalogue id */
	const char *affiliation;  /* catalogue id */
	const char *municipality; /* its name in the configuration */
	const char *kind; /* employee teacher pupil politician guest vendor */
	const char *const *units; /* NULL-terminated */
	const char *const *roles; /* NULL-terminated */
	int position;             /* per cent, -1 where unknown */
	int64_t from,
	    until; /* of the affiliation, seconds since 1970; 0: none */
	const char *service;   /* which service is to be entered */
	const char *acr;       /* what has been proved so far */
	int has_second_factor; /* shown in this session */
	const char *address;   /* the client's, as text */
	const char *const
	    *networks; /* configured networks it is in; NULL-terminated */
	int64_t now;   /* seconds since 1970 */
	int year, month, day;      /* local time in Europe/Oslo */
	int hour, minute, weekday; /* weekday 1 is Monday, 7 Sunday */
};

struct portvakt_word {
	const char *name;
	/* One sentence for portvakt.conf(5), beginning with the arguments. */
	const char *explained;
	/* Whether the arguments make sense.  0: they do.  Otherwise which one
	 * does not, from 1, or count + 1 where one is missing; *ret_why says
	 * what was wanted ("HH:MM-HH:MM").  NULL: the word takes none. */
	size_t (*read)(size_t count, const char *const *arguments,
	               const char **ret_why);
	enum portvakt_verdict (*judge)(size_t count,
	                               const char *const *arguments,
	                               const struct portvakt_facts *facts);
	/* A word of region/reasons.def for the refused; NULL: "plugin-refuses".
	 */
	const char *reason;
};

struct portvakt_plugin {
	int version; /* PORTVAKT_PLUGIN_1 */
	const char *name;
	const struct portvakt_word *words; /* ends where name is NULL */
	/* Called once in a judge, before the cage closes: the only moment when
	 * files can be read; folder is the plugin's data folder.  0: ready.
	 * NULL: nothing to prepare. */
	int (*prepare)(const char *folder);
};

/* Every plugin ends in
 *
 *	const struct portvakt_plugin PORTVAKT_PLUGIN = { ... };
 *
 * which is called portvakt_plugin; a file linked into Portvakt itself says
 * before it includes this what its struct is called instead. */
#ifdef PORTVAKT_BUILT_IN
#define PORTVAKT_PLUGIN PORTVAKT_BUILT_IN
#else
#define PORTVAKT_PLUGIN portvakt_plugin
#endif
extern const struct portvakt_plugin PORTVAKT_PLUGIN;

#endif
