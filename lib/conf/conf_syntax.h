/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_syntax.h: parser of the configuration language.
 *
 * Grammar: a statement is a keyword and its arguments up to the end of the
 * line, and may have a { block }; # starts a comment; "quotes" enclose an
 * argument with white space. There are no escapes, variables or conditionals.
 * `include GLOB` inserts the statements of those files, relative to the
 * including file's directory, sorted by name; they are regular files *.conf
 * below the directory of the main file. conf_schema.h checks keywords and
 * arguments. */
#ifndef LIB_CONF_CONF_SYNTAX_H
#define LIB_CONF_CONF_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/compiler.h"
#include "lib/vector.h"

struct conf_statement;

/* The statements between { and }, or of a whole configuration. */
struct conf_block {
	const struct conf_statement *statements;
	size_t count;
	const char *file; /* where it begins */
	unsigned line;
};

/* args[0] is the keyword; columns[i] is the column of args[i] in characters,
 * from 1. args ends in a NULL that arg_count does not count. */
struct conf_statement {
	const char *const *args;
	const unsigned *columns;
	size_t arg_count;
	const char *file;
	unsigned line;
	bool has_block;
	struct conf_block block;
};

/* One error and its position, printed as file:line:column: text. */
struct conf_error {
	const char *file;
	unsigned line;
	unsigned column;
	const char *text;
};

/* All errors. Initialise with { .arena = a }; count 0 means no errors. */
struct conf_errors {
	struct arena *arena;
	struct conf_error *at;
	size_t count;
	size_t capacity;
	size_t renamed; /* how many name a former keyword or value */
};

/* Parses path and all files it includes into *ret_top, owned by the arena. On
 * an error parsing continues, so that all errors are added. Returns true if
 * this call added no error (the list may hold earlier ones). */
bool conf_syntax_parse_file(struct arena *a, const char *path,
                            struct conf_block *ret_top,
                            struct conf_errors *errors) must_check;

/* Where files are read, and which ones were. */
struct conf_files {
	const char *root; /* an absolute path begins here; NULL: at / */
	VECTOR(const char *) read;
};

/* The same, below files->root, which path begins with. Adds what was read to
 * files. */
bool conf_syntax_parse_files(struct arena *a, struct conf_files *files,
                             const char *path, struct conf_block *ret_top,
                             struct conf_errors *errors) must_check;

/* The same of one file that cannot include others. */
bool conf_syntax_parse_single_file(struct arena *a, struct conf_files *files,
                                   const char *path, struct conf_block *ret_top,
                                   struct conf_errors *errors) must_check;

/* Returns the files that argument 1 of s matches, as for include, relative to
 * the file of s; NULL-terminated, owned by the arena. None if a match is not a
 * regular file *.conf below the directory of main_file, or a named file does
 * not exist: each is an error. */
char **conf_syntax_find_files(struct arena *a, const struct conf_files *files,
                              const char *main_file,
                              const struct conf_statement *s,
                              struct conf_errors *errors);

/* Parses from memory; name stands for the path in errors. An include is an
 * error. */
bool conf_syntax_parse_bytes(struct arena *a, const char *name,
                             const char *bytes, size_t length,
                             struct conf_block *ret_top,
                             struct conf_errors *errors) must_check;

/* Returns the statements in canonical form, arguments separated by one space,
 * as input of a hash: the same value however the files are formatted. */
char *conf_syntax_format(struct arena *a, const struct conf_block *top);

/* ---- queries. A NULL parameter returns NULL or the default, so calls nest. */

/* Return the first statement with that keyword; the next one after s. */
const struct conf_statement *conf_syntax_find(const struct conf_block *b,
                                              const char *name);
const struct conf_statement *conf_syntax_next(const struct conf_block *b,
                                              const struct conf_statement *s);

/* Returns argument i (0 is the keyword); NULL if there is none. */
const char *conf_syntax_arg(const struct conf_statement *s, size_t i);

/* Returns argument 1 of the first statement with that keyword, or
 * default_value. */
const char *conf_syntax_value(const struct conf_block *b, const char *name,
                              const char *default_value);

int64_t conf_syntax_seconds(const struct conf_block *b, const char *name,
                            int64_t default_value);
int conf_syntax_percent(const struct conf_block *b, const char *name,
                        int default_value);

/* ---- errors */

/* Add an error at argument arg of s, or at a position. The text must not
 * contain a secret. */
void conf_error_add(struct conf_errors *errors, const struct conf_statement *s,
                    size_t arg, const char *format, ...) printf_like(4, 5);
void conf_error_add_at(struct conf_errors *errors, const char *file,
                       unsigned line, unsigned column, const char *format, ...)
    printf_like(5, 6);

/* Sorts by file, line and column, and removes duplicates. */
void conf_errors_sort(struct conf_errors *errors);

/* Returns "region.conf:7:2: TEXT". */
char *conf_error_format(struct arena *a, const struct conf_error *c);

#endif
