/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf.h: the configuration language, read into statements.
 *
 * The grammar, whole: a statement is words to the end of the line and may
 * have a { block }; # begins a comment; "quotes" go round a word with blanks
 * in it.  No escapes, no variables, no conditionals.  `include GLOB` stands
 * for the statements of those files, found from the including file's folder,
 * sorted by name.  What the words mean is conf_check.h's. */
#ifndef LIB_CONF_H
#define LIB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/attr.h"

struct conf_statement;

/* The statements between { and }, or of a whole configuration. */
struct conf_block {
	const struct conf_statement *at;
	size_t count;
	const char *file; /* where it begins */
	unsigned line;
};

/* words[0] is its name; columns[i] is where words[i] begins, in letters,
 * from 1.  words ends in a NULL that word_count does not count. */
struct conf_statement {
	const char *const *words;
	const unsigned *columns;
	size_t word_count;
	const char *file;
	unsigned line;
	bool has_block;
	struct conf_block block;
};

/* One thing that is wrong and where, for people: file:line:column: text. */
struct conf_complaint {
	const char *file;
	unsigned line;
	unsigned column;
	const char *text;
};

/* All that is wrong.  Begin with { .arena = a }; count 0 means good. */
struct conf_complaints {
	struct arena *arena;
	struct conf_complaint *at;
	size_t count;
	size_t room;
};

/* The statements of path and of all it includes, living in a.  Reading goes
 * on after a mistake, so that all are told at once; true if there was none
 * in the reading (not: in all that list holds). */
bool conf_read(struct arena *a, const char *path, struct conf_block *ret_top,
               struct conf_complaints *wrong) must_check;

/* The same from memory, under that name; an include there is a mistake. */
bool conf_read_bytes(struct arena *a, const char *name, const char *bytes,
                     size_t length, struct conf_block *ret_top,
                     struct conf_complaints *wrong) must_check;

/* The statements written out again, one blank between words: the same text
 * for the same meaning, whatever the files looked like.  Good to hash. */
char *conf_text(struct arena *a, const struct conf_block *top);

/* ---- finding things.  NULL goes in and out, so that calls may be nested. */

/* The first statement of that name; the next one after s. */
const struct conf_statement *conf_find(const struct conf_block *b,
                                       const char *name);
const struct conf_statement *conf_next(const struct conf_block *b,
                                       const struct conf_statement *s);

/* Word i, its name being word 0; NULL where there are not so many. */
const char *conf_word_at(const struct conf_statement *s, size_t i);

/* Word 1 of the first statement of that name, or otherwise. */
const char *conf_value(const struct conf_block *b, const char *name,
                       const char *otherwise);

/* The same as a number ("8"), seconds ("30m"), per cent ("2%"). */
long long conf_number(const struct conf_block *b, const char *name,
                      long long otherwise);
int64_t conf_seconds(const struct conf_block *b, const char *name,
                     int64_t otherwise);
int conf_percent(const struct conf_block *b, const char *name, int otherwise);

/* ---- complaining */

/* About word i of s.  Never put a secret into the text. */
void conf_complain(struct conf_complaints *wrong,
                   const struct conf_statement *s, size_t word,
                   const char *format, ...) printf_like(4, 5);
void conf_complain_at(struct conf_complaints *wrong, const char *file,
                      unsigned line, unsigned column, const char *format, ...)
    printf_like(5, 6);

/* By file, line, column; doubles go. */
void conf_sort(struct conf_complaints *wrong);

/* "region.conf:7:2: language is already said on line 6" */
char *conf_complaint_text(struct arena *a, const struct conf_complaint *c);

#endif
