/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_ldif.c: exports all people of the catalogue as LDIF (RFC 2849), for
 * slapadd into a new or lost catalogue, which is far faster than LDAP writes.
 * Known ids are kept, so verification of the loaded catalogue finds no
 * difference.  Fails when a source has not been read completely, or the file
 * cannot be written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/state.h"

enum { PIECE = 1000 }; /* then other threads may use the state */

struct build {
	const struct question *q;
	FILE *out;
	size_t people, entries;
};

/* ---- LDIF (RFC 2849) */

static bool is_safe(const struct directory_value *v)
{
	for (size_t i = 0; i < v->length; i++)
		if (v->bytes[i] < ' ' || v->bytes[i] > '~')
			return false;
	return v->length > 0 && !strchr(" :<", v->bytes[0]) &&
	       v->bytes[v->length - 1] != ' ';
}

static void write_value(struct build *b, struct arena *a, const char *name,
                        const struct directory_value *v)
{
	if (is_safe(v))
		fprintf(b->out, "%s: %s\n", name, v->bytes);
	else
		fprintf(b->out, "%s:: %s\n", name,
		        base64_write(a, v->bytes, v->length));
}

static void write_entry(struct build *b, struct arena *a, const struct step *s)
{
	size_t count = 0;
	const struct directory_change *all = step_attributes(a, s, &count);

	fprintf(b->out, "dn: %s\n", step_dn(a, b->q->region, s));
	for (size_t i = 0; i < count; i++)
		for (size_t v = 0; v < all[i].count; v++)
			write_value(b, a, all[i].name, &all[i].values[v]);
	fputc('\n', b->out);
	b->entries++;
}

/* ---- all people */

/* People of a source not read yet would be missing. */
static bool all_were_seen(const struct region *r, struct fault *why)
{
	for (size_t i = 0; i < r->directory_count; i++)
		if (!plan_is_complete(r->directories[i].name))
			return fault(why, FAULT_REFUSED,
			             "%s has not been seen whole yet",
			             r->directories[i].name);
	return true;
}

static void pause_for_others(const struct build *b, const char *doing,
                             size_t done)
{
	state_commit();
	state_unlock();
	/* Progress for the caller. */
	answer_line(b->q, "%s: %zu", doing, done);
	state_lock();
	state_begin();
}

/* Finds the person of each source entry, as apply does. */
static void match_all(const struct build *b)
{
	size_t done = 0;
	size_t count = PIECE;
	long long last = 0;

	while (count == PIECE) {
		struct arena *a = arena_open();
		char ***rows =
		    state_rows(a, &count,
		               "SELECT rowid, directory, anchor FROM records"
		               " WHERE class = 'person' AND rowid > ?1"
		               " ORDER BY rowid LIMIT ?2",
		               "ii", (int64_t)last, (int64_t)PIECE);

		for (size_t i = 0; i < count; i++)
			(void)apply_match(a, b->q->region, rows[i][1],
			                  rows[i][2]);
		if (count > 0)
			(void)!text_to_number(rows[count - 1][0], 0, INT64_MAX,
			                      &last);
		arena_close(a);
		done += count;
		pause_for_others(b, "matched", done);
	}
}

static void write_person(struct build *b, const char *id)
{
	struct arena *a = arena_open();
	struct plan p = plan_whole(a, b->q->region, id);

	for (size_t i = 0; i < p.count; i++)
		write_entry(b, a, &p.steps[i]);
	b->people += p.count > 0;
	arena_close(a);
}

static void write_all(struct build *b)
{
	struct arena *a = arena_open();
	const char *last = "";
	size_t count = PIECE;

	while (count == PIECE) {
		char ***rows = state_rows(
		    a, &count,
		    "SELECT id FROM people WHERE id > ?1 ORDER BY id LIMIT ?2",
		    "ti", last, (int64_t)PIECE);

		for (size_t i = 0; i < count; i++)
			write_person(b, rows[i][0]);
		if (count > 0)
			last = rows[count - 1][0];
		pause_for_others(b, "written", b->people);
	}
	arena_close(a);
}

/* ---- the file */

static FILE *open_new(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* The file appears only when complete: slapadd would load a truncated one. */
static bool put_in_place(FILE *out, const char *from, const char *to,
                         struct fault *why)
{
	bool good = fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;

	good = fclose(out) == 0 && good;
	if (!good || rename(from, to) != 0)
		return fault(why, FAULT_UNAVAILABLE, "%s: %s", to,
		             strerror(errno));
	return true;
}

bool build_catalogue_ldif(const struct question *q, char **words,
                          struct fault *why)
{
	char *path =
	    arena_print(q->arena, "%s/sync/people.ldif", q->region->state);
	char *new = arena_print(q->arena, "%s.new", path);
	struct build b = { .q = q };

	(void)words;
	if (!all_were_seen(q->region, why))
		return false;
	b.out = open_new(new);
	if (!b.out)
		return fault(why, FAULT_UNAVAILABLE, "%s: %s", new,
		             strerror(errno));
	state_begin();
	match_all(&b);
	write_all(&b);
	state_commit();
	if (!put_in_place(b.out, new, path, why))
		return false;
	answer_line(q, "%zu people in %zu entries: %s", b.people, b.entries,
	            path);
	return true;
}
