/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_syntax.c: parser of the configuration language; returns statements with
 * line and column. After a syntax error parsing continues, so that all errors
 * are reported at once. Depth, file size and number of files are limited. */
#include "lib/conf.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/list.h"
#include "lib/own.h"
#include "lib/text.h"

enum {
	DEEPEST_BLOCK = 12,
	DEEPEST_INCLUDE = 8,
	MOST_FILES = 2000,
	LARGEST_FILE = 1024 * 1024,
};

enum token_kind { AT_END = 0, LINE_BREAK, OPEN, CLOSE, WORD };

struct token {
	enum token_kind kind;
	const char *text;
	unsigned line, column;
};

typedef LIST(struct conf_statement) statement_list;
typedef LIST(const char *) word_list;
typedef LIST(unsigned) column_list;

/* Parser of one file; parent is the parser of the file that includes it. */
struct reader {
	struct arena *arena;
	struct conf_complaints *wrong;
	const struct reader *from;
	const char *file;
	const char *real; /* canonical path; NULL: from memory */
	unsigned *files;  /* files parsed so far, in all */
	const char *at, *end;
	unsigned line, column;
	unsigned depth;
	bool kept; /* the current token is pushed back */
	struct token token;
};

/* ---- characters into tokens */

/* A column counts characters, not bytes, as an editor does. */
static void step(struct reader *r)
{
	unsigned char c = (unsigned char)*r->at++;

	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if ((c & 0xC0) != 0x80) {
		r->column++;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		step(r);
	if (r->at < r->end && *r->at == '#')
		while (r->at < r->end && *r->at != '\n')
			step(r);
}

static bool has_control(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7F)
			return true;
	return false;
}

/* Returns the bytes between from and the current position as a string. On a
 * control character or invalid UTF-8, adds an error and returns "?". */
static const char *take_word(struct reader *r, const struct token *t,
                             const char *from)
{
	size_t length = (size_t)(r->at - from);
	const char *mistake = NULL;

	if (has_control(from, length))
		mistake = "a control character stands in this word";
	else if (!text_is_utf8(from, length))
		mistake = "this word is not UTF-8";
	if (!mistake)
		return arena_bytes(r->arena, from, length);
	conf_complain_at(r->wrong, r->file, t->line, t->column, "%s", mistake);
	return "?";
}

static bool ends_word(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' || is_blank(*r->at);
}

static const char *read_quoted(struct reader *r, const struct token *t)
{
	step(r);
	const char *from = r->at;

	while (r->at < r->end && *r->at != '"' && *r->at != '\n')
		step(r);
	const char *text = take_word(r, t, from);

	if (r->at == r->end || *r->at == '\n') {
		conf_complain_at(r->wrong, r->file, t->line, t->column,
		                 "this \" is never closed on its line");
		return text;
	}
	step(r);
	if (!ends_word(r))
		conf_complain_at(r->wrong, r->file, r->line, r->column,
		                 "a blank is missing behind the closing \"");
	return text;
}

static const char *read_bare(struct reader *r, const struct token *t)
{
	const char *from = r->at;
	size_t strange;

	while (!ends_word(r))
		step(r);
	const char *text = take_word(r, t, from);

	strange = strcspn(text, "\"{}");
	if (text[strange])
		conf_complain_at(r->wrong, r->file, t->line, t->column,
		                 "%c stands in the middle of a word; put a "
		                 "blank before it or \"quotes\" round the word",
		                 text[strange]);
	return text;
}

/* A brace is a token only when it stands alone. */
static enum token_kind brace(const struct reader *r)
{
	bool alone =
	    r->at + 1 == r->end || r->at[1] == '\n' || is_blank(r->at[1]);

	if (*r->at == '{' && alone)
		return OPEN;
	return *r->at == '}' && alone ? CLOSE : WORD;
}

static void next_token(struct reader *r)
{
	if (r->kept) {
		r->kept = false;
		return;
	}
	skip_blanks(r);
	r->token = (struct token){ .line = r->line, .column = r->column };
	if (r->at == r->end)
		return;
	if (*r->at == '"') {
		r->token.kind = WORD;
		r->token.text = read_quoted(r, &r->token);
		return;
	}
	r->token.kind = *r->at == '\n' ? LINE_BREAK : brace(r);
	if (r->token.kind == WORD)
		r->token.text = read_bare(r, &r->token);
	else
		step(r);
}

/* ---- tokens into statements */

static void read_block(struct reader *r, const struct token *opener,
                       struct conf_block *ret);
static void include_files(struct reader *r, const struct conf_statement *s,
                          statement_list *into);

/* Skips a block without storing it. */
static void skip_block(struct reader *r)
{
	for (size_t open = 1; open > 0;) {
		next_token(r);
		if (r->token.kind == OPEN)
			open++;
		if (r->token.kind == CLOSE)
			open--;
		if (r->token.kind == AT_END)
			return;
	}
}

static void read_statement_block(struct reader *r, struct conf_statement *s)
{
	const struct token opener = r->token;

	s->has_block = true;
	s->block = (struct conf_block){ .file = r->file, .line = opener.line };
	if (r->depth >= DEEPEST_BLOCK) {
		conf_complain_at(r->wrong, r->file, opener.line, opener.column,
		                 "blocks stand in one another over %d deep",
		                 DEEPEST_BLOCK);
		skip_block(r);
		return;
	}
	r->depth++;
	read_block(r, &opener, &s->block);
	r->depth--;
}

/* After a block a newline or the end of the enclosing block must follow. */
static void expect_end(struct reader *r)
{
	next_token(r);
	if (r->token.kind == WORD || r->token.kind == OPEN)
		conf_complain_at(r->wrong, r->file, r->token.line,
		                 r->token.column,
		                 "a new statement begins on a line of its own");
	r->kept = true;
}

static struct conf_statement read_statement(struct reader *r)
{
	struct conf_statement s = { .file = r->file, .line = r->token.line };
	word_list words = { 0 };
	column_list columns = { 0 };

	for (; r->token.kind == WORD; next_token(r)) {
		*list_add(r->arena, &words) = r->token.text;
		*list_add(r->arena, &columns) = r->token.column;
	}
	s.word_count = words.count;
	*list_add(r->arena, &words) = NULL;
	s.words = words.at;
	s.columns = columns.at;
	if (r->token.kind != OPEN) {
		r->kept = true;
		return s;
	}
	read_statement_block(r, &s);
	expect_end(r);
	return s;
}

static void add_statement(struct reader *r, statement_list *into)
{
	struct conf_statement s = read_statement(r);

	if (text_equal(s.words[0], "include"))
		include_files(r, &s, into);
	else
		*list_add(r->arena, into) = s;
}

static void refuse_open(struct reader *r)
{
	conf_complain_at(r->wrong, r->file, r->token.line, r->token.column,
	                 "a { needs a word before it on its line");
	skip_block(r);
}

/* Parses statements to the end of the block. Returns true if the closing brace
 * was found. */
static bool read_statements(struct reader *r, bool inside, statement_list *into)
{
	for (;;) {
		next_token(r);
		if (r->token.kind == AT_END)
			return false;
		if (r->token.kind == CLOSE && inside)
			return true;
		if (r->token.kind == CLOSE)
			conf_complain_at(r->wrong, r->file, r->token.line,
			                 r->token.column,
			                 "there is no { for this }");
		if (r->token.kind == OPEN)
			refuse_open(r);
		if (r->token.kind == WORD)
			add_statement(r, into);
	}
}

static void read_block(struct reader *r, const struct token *opener,
                       struct conf_block *ret)
{
	statement_list statements = { 0 };

	if (!read_statements(r, opener != NULL, &statements) && opener)
		conf_complain_at(r->wrong, r->file, opener->line,
		                 opener->column, "this { is never closed");
	ret->at = statements.at;
	ret->count = statements.count;
}

/* ---- files */

static void read_all(struct reader *r, const char *bytes, size_t length,
                     struct conf_block *ret)
{
	r->at = bytes;
	r->end = bytes + length;
	r->line = 1;
	r->column = 1;
	/* Skip a byte order mark. */
	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		r->at += 3;
	*ret = (struct conf_block){ .file = r->file, .line = 1 };
	read_block(r, NULL, ret);
}

static const char *true_path(struct arena *a, const char *path)
{
	char *resolved = realpath(path, NULL);

	return resolved ? arena_keep(a, resolved, free) : arena_copy(a, path);
}

static bool is_open_already(const struct reader *r, const char *real)
{
	for (; r; r = r->from)
		if (text_equal(r->real, real))
			return true;
	return false;
}

static const char *why_not_include(const struct reader *r, const char *real)
{
	unsigned depth = 0;

	for (const struct reader *up = r; up; up = up->from)
		depth++;
	if (is_open_already(r, real))
		return "includes itself";
	if (depth > DEEPEST_INCLUDE)
		return "is included too deep";
	return *r->files >= MOST_FILES ? "is one file too many" : NULL;
}

/* Parses path as an included file. Errors refer to argument 1 of s. */
static void include_file(struct reader *r, const struct conf_statement *s,
                         const char *path, statement_list *into)
{
	struct reader child = { .arena = r->arena,
		                .wrong = r->wrong,
		                .from = r,
		                .file = path,
		                .real = true_path(r->arena, path),
		                .files = r->files,
		                .depth = r->depth };
	const char *mistake = why_not_include(r, child.real);
	struct conf_block block;
	struct fault why = { 0 };
	char *bytes;
	size_t length;

	if (mistake) {
		conf_complain(r->wrong, s, 1, "%s %s", path, mistake);
		return;
	}
	++*r->files;
	if (!file_read(r->arena, path, LARGEST_FILE, &bytes, &length, &why)) {
		conf_complain(r->wrong, s, 1, "%s", why.text);
		return;
	}
	read_all(&child, bytes, length, &block);
	for (size_t i = 0; i < block.count; i++)
		*list_add(r->arena, into) = block.at[i];
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static void include_matching(struct reader *r, const struct conf_statement *s,
                             const char *pattern, statement_list *into)
{
	own(globfree) glob_t found = { 0 };
	int failed = glob(pattern, GLOB_NOSORT, NULL, &found);

	/* A pattern may match no file; a named file must exist. */
	if (failed == GLOB_NOMATCH && strpbrk(pattern, "*?["))
		return;
	if (failed) {
		conf_complain(r->wrong, s, 1, "there is no file %s", pattern);
		return;
	}
	/* Sort by byte value: glob() would sort by the locale. */
	qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv), by_name);
	for (size_t i = 0; i < found.gl_pathc; i++)
		include_file(r, s, arena_copy(r->arena, found.gl_pathv[i]),
		             into);
}

static void include_files(struct reader *r, const struct conf_statement *s,
                          statement_list *into)
{
	if (s->word_count != 2 || s->has_block) {
		conf_complain(
		    r->wrong, s, 0,
		    "include wants one path: include policies/*.conf");
		return;
	}
	if (!r->real) {
		conf_complain(r->wrong, s, 0, "nothing can be included here");
		return;
	}
	include_matching(r, s, file_beside(r->arena, r->file, s->words[1]),
	                 into);
}

bool conf_read(struct arena *a, const char *path, struct conf_block *ret_top,
               struct conf_complaints *wrong)
{
	unsigned files = 1;
	struct reader r = { .arena = a,
		            .wrong = wrong,
		            .file = arena_copy(a, path),
		            .real = true_path(a, path),
		            .files = &files };
	size_t before = wrong->count;
	struct fault why = { 0 };
	char *bytes = NULL;
	size_t length = 0;

	if (!file_read(a, path, LARGEST_FILE, &bytes, &length, &why))
		conf_complain_at(wrong, r.file, 1, 1, "%s", why.text);
	read_all(&r, bytes ? bytes : "", length, ret_top);
	return wrong->count == before;
}

bool conf_read_bytes(struct arena *a, const char *name, const char *bytes,
                     size_t length, struct conf_block *ret_top,
                     struct conf_complaints *wrong)
{
	unsigned files = 1;
	struct reader r = { .arena = a,
		            .wrong = wrong,
		            .file = arena_copy(a, name),
		            .files = &files };
	size_t before = wrong->count;

	read_all(&r, bytes, length, ret_top);
	return wrong->count == before;
}
