/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_write.c: writes to the regional catalogue over one connection. */
#include "region/catalogue_write.h"

#include <stdlib.h>

#include "lib/escape.h"

enum { DEADLINE_MS = 10000 };

struct catalogue_writer {
	enum catalogue_who who;
	struct directory_pool *pool; /* with one connection */
};

struct catalogue_writer *catalogue_writer_open(enum catalogue_who who)
{
	struct catalogue_writer *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->who = who;
	w->pool = directory_pool_open(1);
	return w;
}

void catalogue_writer_close(struct catalogue_writer *w)
{
	if (!w)
		return;
	directory_pool_close(w->pool);
	free(w);
}

/* Parameters and result of one operation; unused fields are zero. */
struct work {
	struct arena *arena;
	const char *dn, *filter, *above;
	const struct directory_change *changes;
	size_t count;
	const char *assertion;
	enum directory_scope scope;
	const char *const *names;
	bool (*each)(void *with, const struct directory_entry *e,
	             struct fault *why);
	void *with;
	enum write_result result;
	char *csn;
};

static bool use(struct catalogue_writer *w, const struct region *r,
                struct arena *a,
                bool (*how)(struct directory *d, void *with, struct fault *why),
                struct work *k, struct fault *why)
{
	bool admin = w->who == CATALOGUE_ADMIN;
	char *uris[] = { (char *)r->catalogue.uri, NULL };
	struct directory_address at = {
		.uris = uris,
		.trust = r->catalogue.trust,
		.bind_as = admin ? r->catalogue.admin : r->catalogue.writer,
		.deadline_ms = DEADLINE_MS,
	};
	char *password = NULL;

	if (!region_secret(r, a,
	                   admin ? r->catalogue.admin_secret
	                         : r->catalogue.writer_secret,
	                   &password, why))
		return false;
	at.password = password;
	return directory_pool_use(w->pool, &at, how, k, why);
}

static bool do_add(struct directory *d, void *with, struct fault *why)
{
	struct work *k = with;

	return directory_add(d, k->arena, k->dn, k->changes, k->count,
	                     &k->result, &k->csn, why);
}

static bool do_modify(struct directory *d, void *with, struct fault *why)
{
	struct work *k = with;

	return directory_modify(d, k->arena, k->dn, k->changes, k->count,
	                        k->assertion, &k->result, &k->csn, why);
}

static bool do_move(struct directory *d, void *with, struct fault *why)
{
	struct work *k = with;

	return directory_move(d, k->arena, k->dn, k->above, &k->result, &k->csn,
	                      why);
}

static bool do_delete(struct directory *d, void *with, struct fault *why)
{
	struct work *k = with;

	return directory_delete(d, k->dn, NULL, &k->result, why);
}

static bool do_each(struct directory *d, void *with, struct fault *why)
{
	struct work *k = with;

	return directory_each(d, k->dn, k->scope, k->filter, k->names, k->each,
	                      k->with, why);
}

bool catalogue_add(struct catalogue_writer *w, const struct region *r,
                   struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum write_result *ret, char **ret_csn, struct fault *why)
{
	struct work k = {
		.arena = a, .dn = dn, .changes = attributes, .count = count
	};

	if (!use(w, r, a, do_add, &k, why))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_change(struct catalogue_writer *w, const struct region *r,
                      struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *csn, enum write_result *ret, char **ret_csn,
                      struct fault *why)
{
	struct work k = {
		.arena = a, .dn = dn, .changes = changes, .count = count
	};

	if (csn)
		k.assertion = arena_print(a, "(entryCSN=%s)",
		                          escaped(a, escape_filter, csn));
	if (!use(w, r, a, do_modify, &k, why))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_move(struct catalogue_writer *w, const struct region *r,
                    struct arena *a, const char *dn, const char *above,
                    enum write_result *ret, char **ret_csn, struct fault *why)
{
	struct work k = { .arena = a, .dn = dn, .above = above };

	if (!use(w, r, a, do_move, &k, why))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_remove(struct catalogue_writer *w, const struct region *r,
                      struct arena *a, const char *dn, enum write_result *ret,
                      struct fault *why)
{
	struct work k = { .arena = a, .dn = dn };

	if (!use(w, r, a, do_delete, &k, why))
		return false;
	*ret = k.result;
	return true;
}

bool catalogue_each(struct catalogue_writer *w, const struct region *r,
                    const char *base, enum directory_scope scope,
                    const char *filter, const char *const *names,
                    bool (*each)(void *with, const struct directory_entry *e,
                                 struct fault *why),
                    void *with, struct fault *why)
{
	struct arena *a = arena_open();
	struct work k = { .arena = a,
		          .dn = base,
		          .scope = scope,
		          .filter = filter,
		          .names = names,
		          .each = each,
		          .with = with };
	bool good = use(w, r, a, do_each, &k, why);

	arena_close(a);
	return good;
}
