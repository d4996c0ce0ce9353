/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_syntax.c: parser of the configuration language; returns statements with
 * line and column. After a syntax error parsing continues, so that all errors
 * are reported at once. Depth, file size and number of files are limited. */
#include "lib/conf/conf_syntax.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum {
	MAX_BLOCK_DEPTH = 12,
	MAX_INCLUDE_DEPTH = 8,
	MAX_CONF_FILES = 2000,
	MAX_CONF_FILE_SIZE = 1024 * 1024,
};

enum conf_token_type {
	TOKEN_END = 0,
	TOKEN_NEWLINE,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_STRING
};

struct conf_token {
	enum conf_token_type type;
	const char *text;
	unsigned line, column;
};

typedef VECTOR(struct conf_statement) conf_statement_vector;
typedef VECTOR(const char *) conf_arg_vector;
typedef VECTOR(unsigned) conf_column_vector;

/* Parser of one file; parent is the parser of the file that includes it. */
struct conf_parser {
	struct arena *arena;
	struct conf_errors *errors;
	const struct conf_parser *parent;
	const char *file;
	const char *real_path; /* canonical path; NULL: from memory */
	const char *folder;    /* the main file's; NULL: include is an error */
	struct conf_files *files;
	const char *at, *end;
	unsigned line, column;
	unsigned depth;
	bool pushed_back; /* the current token is pushed back */
	struct conf_token token;
};

/* ---- characters into tokens */

/* A column counts characters, not bytes, as an editor does. */
static void conf_advance(struct conf_parser *r)
{
	unsigned char c = (unsigned char)*r->at++;

	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if ((c & 0xC0) != 0x80) {
		r->column++;
	}
}

static bool conf_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void conf_skip_blanks(struct conf_parser *r)
{
	while (r->at < r->end && conf_is_blank(*r->at))
		conf_advance(r);
	if (r->at < r->end && *r->at == '#')
		while (r->at < r->end && *r->at != '\n')
			conf_advance(r);
}

static bool conf_has_control(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7F)
			return true;
	return false;
}

/* Returns the bytes between from and the current position as a string. On a
 * control character or invalid UTF-8, adds an error and returns "?". */
static const char *conf_token_string(struct conf_parser *r,
                                     const struct conf_token *t,
                                     const char *from)
{
	size_t length = (size_t)(r->at - from);
	const char *problem = NULL;

	if (conf_has_control(from, length))
		problem = "this argument contains a control character";
	else if (!text_is_utf8(from, length))
		problem = "this argument is not valid UTF-8";
	if (!problem)
		return arena_memdup(r->arena, from, length);
	conf_error_add_at(r->errors, r->file, t->line, t->column, "%s",
	                  problem);
	return "?";
}

static bool conf_token_ends(const struct conf_parser *r)
{
	return r->at == r->end || *r->at == '\n' || conf_is_blank(*r->at);
}

static const char *conf_read_quoted(struct conf_parser *r,
                                    const struct conf_token *t)
{
	conf_advance(r);
	const char *from = r->at;

	while (r->at < r->end && *r->at != '"' && *r->at != '\n')
		conf_advance(r);
	const char *text = conf_token_string(r, t, from);

	if (r->at == r->end || *r->at == '\n') {
		conf_error_add_at(r->errors, r->file, t->line, t->column,
		                  "the closing \" is missing on this line");
		return text;
	}
	conf_advance(r);
	if (!conf_token_ends(r))
		conf_error_add_at(r->errors, r->file, r->line, r->column,
		                  "a space is missing after the closing \"");
	return text;
}

static const char *conf_read_unquoted(struct conf_parser *r,
                                      const struct conf_token *t)
{
	const char *from = r->at;
	size_t offset;

	while (!conf_token_ends(r))
		conf_advance(r);
	const char *text = conf_token_string(r, t, from);

	offset = strcspn(text, "\"{}");
	if (text[offset])
		conf_error_add_at(
		    r->errors, r->file, t->line, t->column,
		    "unexpected %c in an argument; put a space before it "
		    "or \"quotes\" around the argument",
		    text[offset]);
	return text;
}

/* A brace is a token only when it stands alone. */
static enum conf_token_type conf_brace_type(const struct conf_parser *r)
{
	bool alone =
	    r->at + 1 == r->end || r->at[1] == '\n' || conf_is_blank(r->at[1]);

	if (*r->at == '{' && alone)
		return TOKEN_OPEN_BRACE;
	return *r->at == '}' && alone ? TOKEN_CLOSE_BRACE : TOKEN_STRING;
}

static void conf_next_token(struct conf_parser *r)
{
	if (r->pushed_back) {
		r->pushed_back = false;
		return;
	}
	conf_skip_blanks(r);
	r->token = (struct conf_token){ .line = r->line, .column = r->column };
	if (r->at == r->end)
		return;
	if (*r->at == '"') {
		r->token.type = TOKEN_STRING;
		r->token.text = conf_read_quoted(r, &r->token);
		return;
	}
	r->token.type = *r->at == '\n' ? TOKEN_NEWLINE : conf_brace_type(r);
	if (r->token.type == TOKEN_STRING)
		r->token.text = conf_read_unquoted(r, &r->token);
	else
		conf_advance(r);
}

/* ---- tokens into statements */

static void conf_parse_block(struct conf_parser *r,
                             const struct conf_token *opener,
                             struct conf_block *ret);
static void conf_include_files(struct conf_parser *r,
                               const struct conf_statement *s,
                               conf_statement_vector *into);

/* Skips a block without storing it. */
static void conf_skip_block(struct conf_parser *r)
{
	for (size_t open = 1; open > 0;) {
		conf_next_token(r);
		if (r->token.type == TOKEN_OPEN_BRACE)
			open++;
		if (r->token.type == TOKEN_CLOSE_BRACE)
			open--;
		if (r->token.type == TOKEN_END)
			return;
	}
}

static void conf_parse_inner_block(struct conf_parser *r,
                                   struct conf_statement *s)
{
	const struct conf_token opener = r->token;

	s->has_block = true;
	s->block = (struct conf_block){ .file = r->file, .line = opener.line };
	if (r->depth >= MAX_BLOCK_DEPTH) {
		conf_error_add_at(
		    r->errors, r->file, opener.line, opener.column,
		    "blocks are nested more than %d deep", MAX_BLOCK_DEPTH);
		conf_skip_block(r);
		return;
	}
	r->depth++;
	conf_parse_block(r, &opener, &s->block);
	r->depth--;
}

/* After a block a newline or the end of the enclosing block must follow. */
static void conf_expect_statement_end(struct conf_parser *r)
{
	conf_next_token(r);
	if (r->token.type == TOKEN_STRING || r->token.type == TOKEN_OPEN_BRACE)
		conf_error_add_at(r->errors, r->file, r->token.line,
		                  r->token.column,
		                  "a new statement must start on its own line");
	r->pushed_back = true;
}

static struct conf_statement conf_parse_statement(struct conf_parser *r)
{
	struct conf_statement s = { .file = r->file, .line = r->token.line };
	conf_arg_vector args = { 0 };
	conf_column_vector columns = { 0 };

	for (; r->token.type == TOKEN_STRING; conf_next_token(r)) {
		*vector_append(r->arena, &args) = r->token.text;
		*vector_append(r->arena, &columns) = r->token.column;
	}
	s.arg_count = args.count;
	*vector_append(r->arena, &args) = NULL;
	s.args = args.at;
	s.columns = columns.at;
	if (r->token.type != TOKEN_OPEN_BRACE) {
		r->pushed_back = true;
		return s;
	}
	conf_parse_inner_block(r, &s);
	conf_expect_statement_end(r);
	return s;
}

static void conf_add_statement(struct conf_parser *r,
                               conf_statement_vector *into)
{
	struct conf_statement s = conf_parse_statement(r);

	if (text_equal(s.args[0], "include"))
		conf_include_files(r, &s, into);
	else
		*vector_append(r->arena, into) = s;
}

static void conf_reject_open_brace(struct conf_parser *r)
{
	conf_error_add_at(r->errors, r->file, r->token.line, r->token.column,
	                  "a { must follow a keyword on the same line");
	conf_skip_block(r);
}

/* Parses statements to the end of the block. Returns true if the closing brace
 * was found. */
static bool conf_parse_statements(struct conf_parser *r, bool inside,
                                  conf_statement_vector *into)
{
	for (;;) {
		conf_next_token(r);
		if (r->token.type == TOKEN_END)
			return false;
		if (r->token.type == TOKEN_CLOSE_BRACE && inside)
			return true;
		if (r->token.type == TOKEN_CLOSE_BRACE)
			conf_error_add_at(r->errors, r->file, r->token.line,
			                  r->token.column,
			                  "this } has no matching {");
		if (r->token.type == TOKEN_OPEN_BRACE)
			conf_reject_open_brace(r);
		if (r->token.type == TOKEN_STRING)
			conf_add_statement(r, into);
	}
}

static void conf_parse_block(struct conf_parser *r,
                             const struct conf_token *opener,
                             struct conf_block *ret)
{
	conf_statement_vector statements = { 0 };

	if (!conf_parse_statements(r, opener != NULL, &statements) && opener)
		conf_error_add_at(r->errors, r->file, opener->line,
		                  opener->column, "this { has no matching }");
	ret->statements = statements.at;
	ret->count = statements.count;
}

/* ---- files */

static void conf_parse_content(struct conf_parser *r, const char *bytes,
                               size_t length, struct conf_block *ret)
{
	r->at = bytes;
	r->end = bytes + length;
	r->line = 1;
	r->column = 1;
	/* Skip a byte order mark. */
	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		r->at += 3;
	*ret = (struct conf_block){ .file = r->file, .line = 1 };
	conf_parse_block(r, NULL, ret);
}

static const char *conf_real_path(struct arena *a, const char *path)
{
	char *resolved = realpath(path, NULL);

	return resolved ? arena_own(a, resolved, free) : arena_strdup(a, path);
}

static bool conf_is_being_included(const struct conf_parser *r,
                                   const char *real_path)
{
	for (; r; r = r->parent)
		if (text_equal(r->real_path, real_path))
			return true;
	return false;
}

static const char *conf_include_error(const struct conf_parser *r,
                                      const char *real_path)
{
	unsigned depth = 0;

	for (const struct conf_parser *up = r; up; up = up->parent)
		depth++;
	if (conf_is_being_included(r, real_path))
		return "includes itself";
	if (depth > MAX_INCLUDE_DEPTH)
		return "is included at too great a depth";
	return r->files->read.count >= MAX_CONF_FILES
	           ? "exceeds the number of files allowed"
	           : NULL;
}

/* Parses path as an included file. Errors refer to argument 1 of s. */
static void conf_include_file(struct conf_parser *r,
                              const struct conf_statement *s, const char *path,
                              conf_statement_vector *into)
{
	struct conf_parser child = { .arena = r->arena,
		                     .errors = r->errors,
		                     .parent = r,
		                     .file = path,
		                     .real_path =
		                         conf_real_path(r->arena, path),
		                     .folder = r->folder,
		                     .files = r->files,
		                     .depth = r->depth };
	const char *problem = conf_include_error(r, child.real_path);
	struct conf_block block;
	struct error err = { 0 };
	char *bytes;
	size_t length;

	if (problem) {
		conf_error_add(r->errors, s, 1, "%s %s", path, problem);
		return;
	}
	*vector_append(r->arena, &r->files->read) = path;
	if (!file_read(r->arena, path, MAX_CONF_FILE_SIZE, &bytes, &length,
	               &err)) {
		conf_error_add(r->errors, s, 1, "%s", err.text);
		return;
	}
	conf_parse_content(&child, bytes, length, &block);
	for (size_t i = 0; i < block.count; i++)
		*vector_append(r->arena, into) = block.statements[i];
}

static int conf_compare_paths(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static const char *conf_folder(struct arena *a, const char *real_path)
{
	const char *slash = strrchr(real_path, '/');

	return slash ? arena_memdup(a, real_path, (size_t)(slash - real_path))
	             : ".";
}

/* A symbolic link counts where it leads. */
static bool conf_file_belongs(struct arena *a, const char *folder,
                              const char *path)
{
	const char *real_path = conf_real_path(a, path);
	struct stat st;

	return text_starts(real_path, folder) &&
	       real_path[strlen(folder)] == '/' &&
	       text_ends(real_path, ".conf") && stat(real_path, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* Returns the matching paths, sorted. If one does not belong to the
 * configuration, adds one error, which does not name it, and returns none. */
static char **conf_find_files(struct arena *a, struct conf_errors *errors,
                              const struct conf_statement *s, const char *root,
                              const char *folder)
{
	const char *pattern =
	    s->args[1][0] == '/'
		? arena_printf(a, "%s%s", root ? root : "", s->args[1])
		: file_relative_to(a, s->file, s->args[1]);
	own(globfree) glob_t found = { 0 };
	int failed = glob(pattern, GLOB_NOSORT, NULL, &found);
	char **paths = arena_array(a, char *, found.gl_pathc + 1);

	/* A pattern may match no file; a named file must exist. */
	if (failed && !(failed == GLOB_NOMATCH && strpbrk(pattern, "*?[")))
		conf_error_add(errors, s, 1, "there is no file %s", pattern);
	for (size_t i = 0; !failed && i < found.gl_pathc; i++) {
		paths[i] = arena_strdup(a, found.gl_pathv[i]);
		if (conf_file_belongs(a, folder, paths[i]))
			continue;
		conf_error_add(errors, s, 1,
		               "%s reads only files *.conf below %s",
		               s->args[0], *folder ? folder : "/");
		paths[0] = NULL;
		return paths;
	}
	/* Sort by byte value: glob() would sort by the locale. */
	if (!failed)
		qsort(paths, found.gl_pathc, sizeof(*paths),
		      conf_compare_paths);
	return paths;
}

static void conf_include_files(struct conf_parser *r,
                               const struct conf_statement *s,
                               conf_statement_vector *into)
{
	if (s->arg_count != 2 || s->has_block) {
		conf_error_add(
		    r->errors, s, 0,
		    "include expects one path: include services.d/*.conf");
		return;
	}
	if (!r->folder) {
		conf_error_add(r->errors, s, 0, "include is not allowed here");
		return;
	}
	char **paths =
	    conf_find_files(r->arena, r->errors, s, r->files->root, r->folder);

	for (; *paths; paths++)
		conf_include_file(r, s, *paths, into);
}

char **conf_syntax_find_files(struct arena *a, const struct conf_files *files,
                              const char *main_file,
                              const struct conf_statement *s,
                              struct conf_errors *errors)
{
	return conf_find_files(a, errors, s, files->root,
	                       conf_folder(a, conf_real_path(a, main_file)));
}

/* Reads the parser's file. A file with a NUL is no text: one error says so. */
static void conf_parse_whole_file(struct conf_parser *r, struct conf_block *ret)
{
	struct error err = { 0 };
	char *bytes = NULL;
	size_t length = 0;

	if (!file_read(r->arena, r->file, MAX_CONF_FILE_SIZE, &bytes, &length,
	               &err))
		conf_error_add_at(r->errors, r->file, 1, 1, "%s", err.text);
	else if (memchr(bytes, '\0', length))
		conf_error_add_at(r->errors, r->file, 1, 1,
		                  "this is not a text file");
	else {
		conf_parse_content(r, bytes, length, ret);
		return;
	}
	conf_parse_content(r, "", 0, ret);
}

static bool conf_parse_main(struct arena *a, struct conf_files *files,
                            const char *path, bool can_include,
                            struct conf_block *ret_top,
                            struct conf_errors *errors)
{
	struct conf_parser r = { .arena = a,
		                 .errors = errors,
		                 .file = arena_strdup(a, path),
		                 .real_path = conf_real_path(a, path),
		                 .files = files };
	size_t before = errors->count;

	if (can_include)
		r.folder = conf_folder(a, r.real_path);
	*vector_append(a, &files->read) = r.file;
	conf_parse_whole_file(&r, ret_top);
	return errors->count == before;
}

bool conf_syntax_parse_files(struct arena *a, struct conf_files *files,
                             const char *path, struct conf_block *ret_top,
                             struct conf_errors *errors)
{
	return conf_parse_main(a, files, path, true, ret_top, errors);
}

bool conf_syntax_parse_file(struct arena *a, const char *path,
                            struct conf_block *ret_top,
                            struct conf_errors *errors)
{
	struct conf_files files = { 0 };

	return conf_parse_main(a, &files, path, true, ret_top, errors);
}

bool conf_syntax_parse_single_file(struct arena *a, struct conf_files *files,
                                   const char *path, struct conf_block *ret_top,
                                   struct conf_errors *errors)
{
	return conf_parse_main(a, files, path, false, ret_top, errors);
}

bool conf_syntax_parse_bytes(struct arena *a, const char *name,
                             const char *bytes, size_t length,
                             struct conf_block *ret_top,
                             struct conf_errors *errors)
{
	struct conf_files files = { 0 };
	struct conf_parser r = { .arena = a,
		                 .errors = errors,
		                 .file = arena_strdup(a, name),
		                 .files = &files };
	size_t before = errors->count;

	conf_parse_content(&r, bytes, length, ret_top);
	return errors->count == before;
}
