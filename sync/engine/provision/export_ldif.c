/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_ldif.c: exports all people of the catalogue as LDIF (RFC 2849), for
 * slapadd into a new or lost catalogue, which is far faster than LDAP writes.
 * Known ids are kept, so verification of the loaded catalogue finds no
 * difference.  Fails when a source has not been read completely, or the file
 * cannot be written. */
#include "sync/engine/provision/export_ldif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/strbuf.h"
#include "sync/engine/provision/apply.h"
#include "sync/engine/provision/ldap_apply.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

enum { PIECE = 1000 }; /* then other threads may use the state */

struct ldif_export {
	const struct ipc_request *q;
	FILE *out;
	size_t people, entries;
};

/* ---- LDIF (RFC 2849) */

static bool export_is_safe_string(const struct directory_value *v)
{
	for (size_t i = 0; i < v->length; i++)
		if (v->bytes[i] < ' ' || v->bytes[i] > '~')
			return false;
	return v->length > 0 && !strchr(" :<", v->bytes[0]) &&
	       v->bytes[v->length - 1] != ' ';
}

static void export_write_value(struct ldif_export *b, struct arena *a,
                               const char *name,
                               const struct directory_value *v)
{
	if (export_is_safe_string(v))
		fprintf(b->out, "%s: %s\n", name, v->bytes);
	else
		fprintf(b->out, "%s:: %s\n", name,
		        base64_encode(a, v->bytes, v->length));
}

static void export_write_entry(struct ldif_export *b, struct arena *a,
                               const struct plan_step *s)
{
	size_t count = 0;
	const struct directory_change *all =
	    apply_step_attributes(a, s, &count);

	fprintf(b->out, "dn: %s\n", apply_step_dn(a, b->q->cfg, s));
	for (size_t i = 0; i < count; i++)
		for (size_t v = 0; v < all[i].count; v++)
			export_write_value(b, a, all[i].name,
			                   &all[i].values[v]);
	fputc('\n', b->out);
	b->entries++;
}

/* ---- all people */

/* People of a source not read yet would be missing. */
static bool export_sources_complete(const struct config *cfg, struct error *err)
{
	for (size_t i = 0; i < cfg->directory_count; i++)
		if (!source_is_complete(cfg->directories[i].name))
			return error_set(
			    err, ERROR_REFUSED,
			    "directory %s has not been read completely yet",
			    cfg->directories[i].name);
	return true;
}

static void export_yield(const struct ldif_export *b, const char *what,
                         size_t done)
{
	state_commit();
	state_unlock();
	/* Progress for the caller. */
	ipc_reply_line(b->q, "%s: %zu", what, done);
	state_lock();
	state_begin();
}

/* Finds the person of each source entry, as apply does. */
static void export_join_all(const struct ldif_export *b)
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
			(void)apply_join(a, b->q->cfg, rows[i][1], rows[i][2]);
		if (count > 0)
			(void)!text_to_number(rows[count - 1][0], 0, INT64_MAX,
			                      &last);
		arena_close(a);
		done += count;
		export_yield(b, "matched", done);
	}
}

static void export_person(struct ldif_export *b, const char *id)
{
	struct arena *a = arena_open();
	struct plan p = plan_full(a, b->q->cfg, id);

	for (size_t i = 0; i < p.count; i++)
		export_write_entry(b, a, &p.steps[i]);
	b->people += p.count > 0;
	arena_close(a);
}

static void export_all(struct ldif_export *b)
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
			export_person(b, rows[i][0]);
		if (count > 0)
			last = rows[count - 1][0];
		export_yield(b, "written", b->people);
	}
	arena_close(a);
}

/* ---- the file */

static FILE *export_create_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* The file appears only when complete: slapadd would load a truncated one. */
static bool export_commit_file(FILE *out, const char *from, const char *to,
                               struct error *err)
{
	bool good = fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;

	good = fclose(out) == 0 && good;
	if (!good || rename(from, to) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", to,
		                 strerror(errno));
	return true;
}

bool export_ldif(const struct ipc_request *q, char **argv, struct error *err)
{
	char *path = arena_printf(q->arena, "%s/sync/people.ldif",
	                          q->cfg->state_directory);
	char *new = arena_printf(q->arena, "%s.new", path);
	struct ldif_export b = { .q = q };

	(void)argv;
	if (!export_sources_complete(q->cfg, err))
		return false;
	b.out = export_create_file(new);
	if (!b.out)
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", new,
		                 strerror(errno));
	state_begin();
	export_join_all(&b);
	export_all(&b);
	state_commit();
	if (!export_commit_file(b.out, new, path, err))
		return false;
	ipc_reply_line(q, "%zu people in %zu entries: %s", b.people, b.entries,
	               path);
	return true;
}
