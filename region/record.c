/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_chain.c: formats and parses receipt codes, and verifies the hash
 * chain. */
#include "region/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/keys_head.h"

/* Crockford's base 32: no I, L, O, U, so that letters are not confused and
 * codes do not form readable text. */
static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { BASE = 32, CHECKED = 31, LEAST_DIGITS = 3, MOST_DIGITS = 12 };

/* ---- receipt codes */

static int value_of(char c)
{
	const char *at = c ? strchr(letters, c) : NULL;

	/* A node name may have letters outside this alphabet. */
	return at ? (int)(at - letters) : (unsigned char)c % CHECKED;
}

/* Weighted sum modulo 31: a wrong letter, or two adjacent letters swapped,
 * gives another check letter; except 0 for Z. */
static char check_letter(const char *node, const char *month_day,
                         const char *digits)
{
	const char *const parts[] = { node, month_day, digits };
	int sum = 0;

	for (size_t i = 0; i < LENGTH(parts); i++)
		for (const char *c = parts[i]; *c; c++)
			sum = (2 * sum + value_of(*c)) % CHECKED;
	return letters[sum];
}

static char *upper(struct arena *a, const char *text)
{
	char *copy = arena_copy(a, text);

	for (char *c = copy; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return copy;
}

char *record_code(struct arena *a, const char *node, const char *month_day,
                  uint64_t counter)
{
	char digits[MOST_DIGITS + 2] = "";
	size_t at = sizeof(digits) - 1;
	const char *name = upper(a, node);

	digits[at] = '\0';
	do {
		digits[--at] = letters[counter % BASE];
		counter /= BASE;
	} while ((counter > 0 || sizeof(digits) - 1 - at < LEAST_DIGITS) &&
	         at > 0);
	return arena_print(a, "%s-%s-%s%c", name, month_day, digits + at,
	                   check_letter(name, month_day, digits + at));
}

static void as_written(char *digits)
{
	for (; *digits; digits++) {
		if (*digits == 'O')
			*digits = '0';
		if (*digits == 'I' || *digits == 'L')
			*digits = '1';
	}
}

static bool count_of(const char *digits, uint64_t *ret_counter)
{
	uint64_t counter = 0;

	for (; *digits; digits++) {
		const char *at = strchr(letters, *digits);

		if (!at)
			return false;
		counter = counter * BASE + (uint64_t)(at - letters);
	}
	*ret_counter = counter;
	return true;
}

bool record_code_read(struct arena *a, const char *typed, const char **ret_code,
                      const char **ret_node, const char **ret_month_day,
                      uint64_t *ret_counter)
{
	char *node = upper(a, typed);
	char *digits = strrchr(node, '-'), *day;
	uint64_t counter;

	if (!digits)
		return false;
	*digits++ = '\0';
	day = strrchr(node, '-');
	if (!day || day == node)
		return false;
	*day++ = '\0';
	as_written(digits);
	as_written(day);
	const size_t length = strlen(digits);

	if (length < LEAST_DIGITS + 1 || length > MOST_DIGITS + 1 ||
	    strlen(day) != 4 || strspn(day, "0123456789") != 4)
		return false;
	const char check = digits[length - 1];

	digits[length - 1] = '\0';
	if (!count_of(digits, &counter) ||
	    check_letter(node, day, digits) != check)
		return false;
	*ret_code = arena_print(a, "%s-%s-%s%c", node, day, digits, check);
	*ret_node = text_lower(a, node);
	*ret_month_day = day;
	*ret_counter = counter;
	return true;
}

char *record_day(struct arena *a, int64_t when)
{
	const struct tm t = clock_oslo(when);

	return arena_print(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                   t.tm_mday);
}

char *record_file(struct arena *a, const char *day, const char *node,
                  const char *ending)
{
	return arena_print(a, "%s.%s.%s", day, node, ending);
}

char *record_head(struct arena *a, const char *municipality, const char *file,
                  uint64_t lines, const char *hash)
{
	return arena_print(a, "%s %s %llu %s", municipality, file,
	                   (unsigned long long)lines, hash);
}

/* ---- verifying */

struct walk {
	struct arena *arena; /* for one file */
	const char *folder, *municipality, *public_key;
	struct record_found *found;
	char previous[RECORD_HASH + 1]; /* "" before the first line of the
	                                   first file */
	struct fault *why;
};

/* The heads of one file, in order. */
struct head_line {
	uint64_t lines;
	char hash[RECORD_HASH + 1];
	const char *signature;
};

static bool flawed(struct walk *w, const char *file, size_t line,
                   const char *what)
{
	return fault(w->why, FAULT_INVALID, "%s:%zu: %s", file, line, what);
}

/* Calls each(line, length, number) for every line, without its newline; a last
 * line without one is an error. */
static bool each_line(struct walk *w, const char *name, void *with,
                      bool (*each)(struct walk *w, void *with, const char *name,
                                   const char *line, size_t length,
                                   size_t number))
{
	FILE *in = fopen(arena_print(w->arena, "%s/%s", w->folder, name), "re");
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;
	bool good =
	    in || fault(w->why, FAULT_UNAVAILABLE, "cannot open %s", name);

	while (good && (length = getline(&line, &room, in)) > 0) {
		number++;
		if (line[length - 1] != '\n')
			good = flawed(w, name, number, "a torn line");
		else
			good = each(w, with, name, line, (size_t)length - 1,
			            number);
	}
	free(line);
	if (in)
		(void)fclose(in);
	return good;
}

struct heads {
	LIST(struct head_line) list;
	size_t next;
	const char *file; /* the log file they belong to */
};

static bool read_head(struct walk *w, void *with, const char *name,
                      const char *line, size_t length, size_t number)
{
	struct heads *heads = with;
	json_t *said;

	if (!js_read(w->arena, line, length, &said, NULL))
		return flawed(w, name, number, "not JSON");
	const char *hash = js_string(said, "hash");
	const char *signature = js_string(said, "signature");
	const long long lines = js_number(said, "lines", 0);

	if (!hash || strlen(hash) != RECORD_HASH || !signature || lines < 1)
		return flawed(w, name, number, "not a head");
	const char *head = record_head(w->arena, w->municipality, heads->file,
	                               (uint64_t)lines, hash);

	if (w->public_key && !head_is_signed(w->public_key, head, signature))
		return flawed(w, name, number, "not signed by the keeper");
	struct head_line *h = list_add(w->arena, &heads->list);

	h->lines = (uint64_t)lines;
	memcpy(h->hash, hash, sizeof(h->hash));
	return true;
}

static bool follow_line(struct walk *w, void *with, const char *name,
                        const char *line, size_t length, size_t number)
{
	struct heads *heads = with;
	struct arena *a = arena_open();
	json_t *said = NULL;
	bool is_json = js_read(a, line, length, &said, NULL);
	bool chained =
	    is_json &&
	    (!*w->previous || text_equal(js_string(said, "prev"), w->previous));

	(void)snprintf(w->previous, sizeof(w->previous), "%s",
	               hash_hex(a, line, length));
	arena_close(a);
	if (!chained)
		return flawed(w, name, number,
		              is_json ? "not what followed the line before"
		                      : "not JSON");
	w->found->lines++;
	w->found->unsigned_lines++;
	for (; heads->next < heads->list.count &&
	       heads->list.at[heads->next].lines == number;
	     heads->next++) {
		if (!text_equal(heads->list.at[heads->next].hash, w->previous))
			return flawed(w, name, number, "not what was signed");
		w->found->heads++;
		w->found->unsigned_lines = 0;
	}
	return true;
}

/* `DAY.NODE.jsonl` and its `DAY.NODE.heads`. */
static bool follow_file(struct walk *w, const char *name)
{
	const size_t stem = strlen(name) - strlen("jsonl");
	const char *heads_name =
	    arena_print(w->arena, "%.*sheads", (int)stem, name);
	struct heads heads = { .file = name };
	FILE *there =
	    fopen(arena_print(w->arena, "%s/%s", w->folder, heads_name), "re");

	if (there) {
		(void)fclose(there);
		if (!each_line(w, heads_name, &heads, read_head))
			return false;
	}
	if (!each_line(w, name, &heads, follow_line))
		return false;
	w->found->files++;
	if (heads.next < heads.list.count)
		return flawed(w, name, heads.list.at[heads.next].lines,
		              "a line that was signed is missing");
	return true;
}

/* A .heads file without its .jsonl file: the log has been removed. */
static bool no_file_is_missing(struct walk *w, const char *ending)
{
	size_t count, record_count;
	char **names, **records;

	if (!file_list(w->arena, w->folder,
	               arena_print(w->arena, "%s.heads", ending), &names,
	               &count, w->why) ||
	    !file_list(w->arena, w->folder,
	               arena_print(w->arena, "%s.jsonl", ending), &records,
	               &record_count, w->why))
		return false;
	for (size_t i = 0, at = 0; i < count; i++) {
		const size_t stem = strlen(names[i]) - strlen("heads");

		while (at < record_count &&
		       strncmp(records[at], names[i], stem) < 0)
			at++;
		if (at == record_count ||
		    strncmp(records[at], names[i], stem) != 0)
			return flawed(w, names[i], 1, "its record is missing");
	}
	return true;
}

static bool follow_all(struct walk *w, const char *ending)
{
	size_t count;
	char **names;
	struct arena *outer = w->arena;

	if (!no_file_is_missing(w, ending) ||
	    !file_list(outer, w->folder, arena_print(outer, "%s.jsonl", ending),
	               &names, &count, w->why))
		return false;
	for (size_t i = 0; i < count; i++) {
		w->arena = arena_open();
		bool good = follow_file(w, names[i]);

		arena_close(w->arena);
		w->arena = outer;
		if (!good)
			return false;
	}
	return true;
}

bool record_verify(const char *folder, const char *municipality,
                   const char *node, const char *public_key,
                   struct record_found *ret_found, struct fault *why)
{
	struct record_found found = { 0 };
	struct walk w = { .arena = arena_open(),
		          .folder = folder,
		          .municipality = municipality,
		          .public_key = public_key,
		          .found = &found,
		          .why = why };
	bool good = follow_all(&w, arena_print(w.arena, ".%s", node));

	arena_close(w.arena);
	if (good)
		*ret_found = found;
	return good;
}
