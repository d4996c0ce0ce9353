/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_chain.c: formats and parses receipt codes, and verifies the hash
 * chain. */
#include "region/audit/audit_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/audit/audit_head_signature.h"

/* Crockford's base 32: no I, L, O, U, so that letters are not confused and
 * codes do not form readable text. */
static const char crockford_alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { BASE = 32, CODE_CHECK_MODULUS = 31, MIN_DIGITS = 3, MAX_DIGITS = 12 };

/* ---- receipt codes */

static int receipt_code_letter_value(char c)
{
	const char *at = c ? strchr(crockford_alphabet, c) : NULL;

	/* A node name may have letters outside this alphabet. */
	return at ? (int)(at - crockford_alphabet)
	          : (unsigned char)c % CODE_CHECK_MODULUS;
}

/* Weighted sum modulo 31: a wrong letter, or two adjacent letters swapped,
 * gives another check letter; except 0 for Z. */
static char receipt_code_check_letter(const char *node, const char *month_day,
                                      const char *digits)
{
	const char *const parts[] = { node, month_day, digits };
	int sum = 0;

	for (size_t i = 0; i < LENGTH(parts); i++)
		for (const char *c = parts[i]; *c; c++)
			sum = (2 * sum + receipt_code_letter_value(*c)) %
			      CODE_CHECK_MODULUS;
	return crockford_alphabet[sum];
}

static char *ascii_upper(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *c = copy; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return copy;
}

char *receipt_code_format(struct arena *a, const char *node,
                          const char *month_day, uint64_t counter)
{
	char digits[MAX_DIGITS + 2] = "";
	size_t at = sizeof(digits) - 1;
	const char *name = ascii_upper(a, node);

	digits[at] = '\0';
	do {
		digits[--at] = crockford_alphabet[counter % BASE];
		counter /= BASE;
	} while ((counter > 0 || sizeof(digits) - 1 - at < MIN_DIGITS) &&
	         at > 0);
	return arena_printf(
	    a, "%s-%s-%s%c", name, month_day, digits + at,
	    receipt_code_check_letter(name, month_day, digits + at));
}

static void receipt_code_normalise(char *digits)
{
	for (; *digits; digits++) {
		if (*digits == 'O')
			*digits = '0';
		if (*digits == 'I' || *digits == 'L')
			*digits = '1';
	}
}

static bool receipt_code_counter(const char *digits, uint64_t *ret_counter)
{
	uint64_t counter = 0;

	for (; *digits; digits++) {
		const char *at = strchr(crockford_alphabet, *digits);

		if (!at)
			return false;
		counter = counter * BASE + (uint64_t)(at - crockford_alphabet);
	}
	*ret_counter = counter;
	return true;
}

bool receipt_code_parse(struct arena *a, const char *typed,
                        const char **ret_code, const char **ret_node,
                        const char **ret_month_day, uint64_t *ret_counter)
{
	char *node = ascii_upper(a, typed);
	char *digits = strrchr(node, '-'), *day;
	uint64_t counter;

	if (!digits)
		return false;
	*digits++ = '\0';
	day = strrchr(node, '-');
	if (!day || day == node)
		return false;
	*day++ = '\0';
	receipt_code_normalise(digits);
	receipt_code_normalise(day);
	const size_t length = strlen(digits);

	if (length < MIN_DIGITS + 1 || length > MAX_DIGITS + 1 ||
	    strlen(day) != 4 || strspn(day, "0123456789") != 4)
		return false;
	const char check = digits[length - 1];

	digits[length - 1] = '\0';
	if (!receipt_code_counter(digits, &counter) ||
	    receipt_code_check_letter(node, day, digits) != check)
		return false;
	*ret_code = arena_printf(a, "%s-%s-%s%c", node, day, digits, check);
	*ret_node = text_lower(a, node);
	*ret_month_day = day;
	*ret_counter = counter;
	return true;
}

char *audit_day(struct arena *a, int64_t when)
{
	const struct tm t = clock_oslo(when);

	return arena_printf(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                    t.tm_mday);
}

char *audit_file_name(struct arena *a, const char *day, const char *node,
                      const char *ending)
{
	return arena_printf(a, "%s.%s.%s", day, node, ending);
}

char *audit_head_text(struct arena *a, const char *municipality,
                      const char *file, uint64_t lines, const char *hash)
{
	return arena_printf(a, "%s %s %llu %s", municipality, file,
	                    (unsigned long long)lines, hash);
}

/* ---- verifying */

struct audit_chain_walk {
	struct arena *arena; /* for one file */
	const char *folder, *municipality, *public_key;
	struct audit_chain_summary *summary;
	char previous[AUDIT_HASH_DIGITS + 1]; /* "" before the first line of the
	                                   first file */
	struct error *err;
};

/* The heads of one file, in order. */
struct audit_chain_head {
	uint64_t lines;
	char hash[AUDIT_HASH_DIGITS + 1];
	const char *signature;
};

static bool audit_chain_error(struct audit_chain_walk *w, const char *file,
                              size_t line, const char *what)
{
	return error_set(w->err, ERROR_INVALID, "%s:%zu: %s", file, line, what);
}

/* Calls each(line, length, number) for every line, without its newline; a last
 * line without one is an error. */
static bool audit_chain_each_line(
    struct audit_chain_walk *w, const char *name, void *context,
    bool (*each)(struct audit_chain_walk *w, void *data, const char *name,
                 const char *line, size_t length, size_t number))
{
	FILE *in =
	    fopen(arena_printf(w->arena, "%s/%s", w->folder, name), "re");
	char *line = NULL;
	size_t capacity = 0, number = 0;
	ssize_t length;
	bool ok =
	    in || error_set(w->err, ERROR_UNAVAILABLE, "cannot open %s", name);

	while (ok && (length = getline(&line, &capacity, in)) > 0) {
		number++;
		if (line[length - 1] != '\n')
			ok = audit_chain_error(w, name, number,
			                       "incomplete last line");
		else
			ok = each(w, context, name, line, (size_t)length - 1,
			          number);
	}
	free(line);
	if (in)
		(void)fclose(in);
	return ok;
}

struct audit_chain_heads {
	VECTOR(struct audit_chain_head) list;
	size_t next;
	const char *file; /* the log file they belong to */
};

static bool audit_chain_read_head(struct audit_chain_walk *w, void *context,
                                  const char *name, const char *line,
                                  size_t length, size_t number)
{
	struct audit_chain_heads *heads = context;
	json_t *json;

	if (!js_parse(w->arena, line, length, &json, NULL))
		return audit_chain_error(w, name, number, "line is not JSON");
	const char *hash = js_string(json, "hash");
	const char *signature = js_string(json, "signature");
	const long long lines = js_number(json, "lines", 0);

	if (!hash || strlen(hash) != AUDIT_HASH_DIGITS || !signature ||
	    lines < 1)
		return audit_chain_error(w, name, number, "not a valid head");
	const char *head = audit_head_text(w->arena, w->municipality,
	                                   heads->file, (uint64_t)lines, hash);

	if (w->public_key && !audit_head_verify(w->public_key, head, signature))
		return audit_chain_error(w, name, number,
		                         "signature of the head is invalid");
	struct audit_chain_head *h = vector_append(w->arena, &heads->list);

	h->lines = (uint64_t)lines;
	memcpy(h->hash, hash, sizeof(h->hash));
	return true;
}

static bool audit_chain_verify_line(struct audit_chain_walk *w, void *context,
                                    const char *name, const char *line,
                                    size_t length, size_t number)
{
	struct audit_chain_heads *heads = context;
	struct arena *a = arena_open();
	json_t *json = NULL;
	bool is_json = js_parse(a, line, length, &json, NULL);
	bool chained =
	    is_json &&
	    (!*w->previous || text_equal(js_string(json, "prev"), w->previous));

	(void)snprintf(w->previous, sizeof(w->previous), "%s",
	               hash_sha256_hex(a, line, length));
	arena_close(a);
	if (!chained)
		return audit_chain_error(
		    w, name, number,
		    is_json
			? "prev does not match the hash of the previous line"
			: "line is not JSON");
	w->summary->lines++;
	w->summary->unsigned_lines++;
	for (; heads->next < heads->list.count &&
	       heads->list.at[heads->next].lines == number;
	     heads->next++) {
		if (!text_equal(heads->list.at[heads->next].hash, w->previous))
			return audit_chain_error(
			    w, name, number,
			    "hash of the line does not match the signed head");
		w->summary->heads++;
		w->summary->unsigned_lines = 0;
	}
	return true;
}

/* `DAY.NODE.jsonl` and its `DAY.NODE.heads`. */
static bool audit_chain_verify_file(struct audit_chain_walk *w,
                                    const char *name)
{
	const size_t stem = strlen(name) - strlen("jsonl");
	const char *heads_name =
	    arena_printf(w->arena, "%.*sheads", (int)stem, name);
	struct audit_chain_heads heads = { .file = name };
	FILE *heads_file =
	    fopen(arena_printf(w->arena, "%s/%s", w->folder, heads_name), "re");

	if (heads_file) {
		(void)fclose(heads_file);
		if (!audit_chain_each_line(w, heads_name, &heads,
		                           audit_chain_read_head))
			return false;
	}
	if (!audit_chain_each_line(w, name, &heads, audit_chain_verify_line))
		return false;
	w->summary->files++;
	if (heads.next < heads.list.count)
		return audit_chain_error(w, name,
		                         heads.list.at[heads.next].lines,
		                         "log is shorter than its signed head");
	return true;
}

/* A .heads file without its .jsonl file: the log has been removed. */
static bool audit_chain_check_missing_files(struct audit_chain_walk *w,
                                            const char *ending)
{
	size_t count, log_count;
	char **names, **logs;

	if (!file_list(w->arena, w->folder,
	               arena_printf(w->arena, "%s.heads", ending), &names,
	               &count, w->err) ||
	    !file_list(w->arena, w->folder,
	               arena_printf(w->arena, "%s.jsonl", ending), &logs,
	               &log_count, w->err))
		return false;
	for (size_t i = 0, at = 0; i < count; i++) {
		const size_t stem = strlen(names[i]) - strlen("heads");

		while (at < log_count && strncmp(logs[at], names[i], stem) < 0)
			at++;
		if (at == log_count || strncmp(logs[at], names[i], stem) != 0)
			return audit_chain_error(w, names[i], 1,
			                         "log file is missing");
	}
	return true;
}

static bool audit_chain_verify_all(struct audit_chain_walk *w,
                                   const char *ending)
{
	size_t count;
	char **names;
	struct arena *outer = w->arena;

	if (!audit_chain_check_missing_files(w, ending) ||
	    !file_list(outer, w->folder,
	               arena_printf(outer, "%s.jsonl", ending), &names, &count,
	               w->err))
		return false;
	for (size_t i = 0; i < count; i++) {
		w->arena = arena_open();
		bool good = audit_chain_verify_file(w, names[i]);

		arena_close(w->arena);
		w->arena = outer;
		if (!good)
			return false;
	}
	return true;
}

bool audit_chain_verify(const char *folder, const char *municipality,
                        const char *node, const char *public_key,
                        struct audit_chain_summary *ret_summary,
                        struct error *err)
{
	struct audit_chain_summary summary = { 0 };
	struct audit_chain_walk w = { .arena = arena_open(),
		                      .folder = folder,
		                      .municipality = municipality,
		                      .public_key = public_key,
		                      .summary = &summary,
		                      .err = err };
	bool good =
	    audit_chain_verify_all(&w, arena_printf(w.arena, ".%s", node));

	arena_close(w.arena);
	if (good)
		*ret_summary = summary;
	return good;
}
