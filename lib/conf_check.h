/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_check.h: holds statements against tables, and says everything that is
 * wrong at once.  The tables are the language: the manual page is made of
 * them too.
 *
 *	static const struct conf_word session_words[] = {
 *		{ .name = "idle", .least = 1, .most = 1,
 *		  .args = { { CONF_SPAN } }, .otherwise = "30m",
 *		  .means = "A session unused for so long ends." },
 *		{ .name = "reader", .least = 3, .most = 3, .required = true,
 *		  .args = { { CONF_TEXT }, { CONF_ONE_OF, .words = "secret" },
 *		            { CONF_SECRET } },
 *		  .means = "..." },
 *		{ .name = NULL },
 *	};
 */
#ifndef LIB_CONF_CHECK_H
#define LIB_CONF_CHECK_H

#include "lib/conf.h"

enum conf_type {
	CONF_TEXT = 0, /* any words, not empty */
	CONF_NAME,     /* a to z, digits and hyphens, a letter first */
	CONF_NUMBER,   /* least to most; both 0: any not negative */
	CONF_SPAN,     /* 30m, 10h, 7d, 90s; not 0 */
	CONF_DATE,     /* 2026-12-31 */
	CONF_PERCENT,  /* 0% to 100% */
	CONF_URL,      /* begins with one of words; all encrypted or local */
	CONF_NETWORK,  /* 10.40.0.0/16, 2001:db8::/32 or one address */
	CONF_HOST,     /* a domain name */
	CONF_SECRET,   /* @name */
	CONF_ONE_OF,   /* one of words */
	CONF_COLOUR,   /* "#005b99" */
};

struct conf_arg {
	enum conf_type type;
	/* Separated by blanks.  CONF_ONE_OF: the words; a single one is a
	 * keyword such as "from".  CONF_URL: how it may begin ("ldaps://
	 * ldapi:// ldap://127.0.0.1"); NULL: ldaps:// ldapi:// https:// unix:
	 */
	const char *words;
	long long least, most; /* CONF_NUMBER */
	const char *called;    /* in the manual, instead of the type's name */
};

/* How often a word may stand in one block. */
enum conf_times {
	CONF_ONCE = 0,
	CONF_EACH,  /* once for each first argument: municipality NAME */
	CONF_OFTEN, /* as often as one likes */
};

enum { CONF_ARGS = 8, CONF_MANY = 1000 };

struct conf_word {
	const char *name; /* NULL ends a table; "*" stands for any word */
	int least, most;  /* how many arguments */
	/* By position.  Where most is CONF_MANY, those behind the least are
	 * like the last of the least. */
	struct conf_arg args[CONF_ARGS];
	const struct conf_word *block; /* what its block knows, or NULL */
	bool required;
	enum conf_times times;
	const char *otherwise; /* the default, as it would be written */
	const char *means;     /* one sentence, for portvakt.conf(5) */
	/* What no table can say; after the arguments were found good. */
	void (*also)(const struct conf_statement *s,
	             struct conf_complaints *wrong);
};

/* For .block: statements of any words, which another module reads. */
extern const struct conf_word conf_anything[];

/* Adds to wrong all that top has wrong by the table words, and sorts it. */
void conf_check(const struct conf_block *top, const struct conf_word *words,
                struct conf_complaints *wrong);

/* `; did you mean "contact"?` or an empty string.  known ends in NULL. */
char *conf_did_you_mean(struct arena *a, const char *said,
                        const char *const *known);

/* How a word is written, for the manual: "idle SPAN", "read NAME from TEXT". */
char *conf_usage(struct arena *a, const struct conf_word *word);

#endif
