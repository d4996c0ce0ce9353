/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_schema.h: checks statements against keyword tables and reports all
 * errors at once. The manual page is generated from the same tables.
 *
 *	static const struct conf_keyword session_keywords[] = {
 *		{ .name = "idle-timeout", .min_args = 1, .max_args = 1,
 *		  .args = { { CONF_DURATION } }, .default_value = "30m",
 *		  .description = "Idle timeout of a session." },
 *		{ .name = "reader", .min_args = 3, .max_args = 3,
 *		  .args = { { CONF_TEXT },
 *			    { CONF_ONE_OF, .choices = "secret" },
 *			    { CONF_SECRET } },
 *		  .required = true, .description = "..." },
 *		{ .name = NULL },
 *	};
 */
#ifndef LIB_CONF_CONF_SCHEMA_H
#define LIB_CONF_CONF_SCHEMA_H

#include "lib/conf/conf_syntax.h"

enum conf_type {
	CONF_TEXT = 0, /* any string, not empty */
	CONF_NAME,     /* a to z, digits and hyphens, a letter first */
	CONF_NUMBER,   /* min to max; both 0: any not negative */
	CONF_DURATION, /* 30m, 10h, 7d, 90s; not 0 */
	CONF_DATE,     /* 2026-12-31 */
	CONF_PERCENT,  /* 0% to 100% */
	CONF_URL,      /* begins with one of choices; encrypted or local */
	CONF_NETWORK,  /* 10.40.0.0/16, 2001:db8::/32 or one address */
	CONF_HOST,     /* a domain name */
	CONF_SECRET,   /* @name */
	CONF_ONE_OF,   /* one of choices */
	CONF_COLOUR,   /* "#005b99" */
};

/* A former name and its replacement. A check reports it; no reader accepts
 * it. */
struct conf_renamed {
	const char *old_name; /* NULL ends a list */
	const char *new_name; /* NULL: removed without replacement */
};

struct conf_arg {
	enum conf_type type;
	/* Separated by spaces. CONF_ONE_OF: the values; a single one is a
	 * keyword such as "from". CONF_URL: the allowed prefixes ("ldaps://
	 * ldapi:// ldap://127.0.0.1"); NULL: ldaps:// ldapi:// https://
	 * unix: */
	const char *choices;
	long long min, max;      /* CONF_NUMBER */
	const char *placeholder; /* in the manual; NULL: the type's */
	/* Former values, or NULL. Also set beyond max_args for an argument
	 * that was removed. */
	const struct conf_renamed *renamed;
};

/* How often a keyword may occur in one block. */
enum conf_occurrence {
	CONF_ONCE = 0,
	CONF_ONCE_PER_NAME, /* per first argument: municipality NAME */
	CONF_REPEATABLE,    /* any number of times */
};

enum { CONF_MAX_ARGS = 8, CONF_UNLIMITED = 1000 };

struct conf_keyword {
	const char *name;       /* NULL ends a table; "*" is any keyword */
	const char *formerly;   /* its name in an earlier version, or NULL */
	int min_args, max_args; /* number of arguments */
	/* By position. With CONF_UNLIMITED, arguments beyond min_args have the
	 * type of argument min_args. */
	struct conf_arg args[CONF_MAX_ARGS];
	const struct conf_keyword *block; /* keywords of its block, or NULL */
	bool required;
	enum conf_occurrence occurrence;
	const char *default_value; /* as in the file; NULL: none */
	const char *description;   /* one sentence, for portvakt.conf(5) */
	/* Further checks, called when the arguments are valid. */
	void (*validate)(const struct conf_statement *s,
	                 struct conf_errors *errors);
};

/* For .block: accepts any statement; another module parses it. */
extern const struct conf_keyword conf_any_statement[];

/* Checks top against the table and adds all errors, sorted, to the list. A
 * statement under a former keyword is an error that names the new one; its
 * arguments and block are checked as those of the new keyword. */
void conf_schema_check(const struct conf_block *top,
                       const struct conf_keyword *keywords,
                       struct conf_errors *errors);

/* Returns `; did you mean "contact"?` or an empty string. known ends in
 * NULL. */
char *conf_did_you_mean(struct arena *a, const char *value,
                        const char *const *known);

/* Returns the usage of a keyword for the manual: "idle-timeout DURATION". */
char *conf_schema_usage(struct arena *a, const struct conf_keyword *keyword);

#endif
