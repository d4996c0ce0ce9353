/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_write.c: writes to the regional catalogue over one connection. */
#include "region/catalogue/catalogue_write.h"

#include <stdlib.h>

#include "lib/escape.h"

enum { DEADLINE_MS = 10000 };

struct catalogue_writer {
	enum catalogue_account account;
	struct directory_pool *pool; /* with one connection */
};

struct catalogue_writer *catalogue_writer_open(enum catalogue_account account)
{
	struct catalogue_writer *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->account = account;
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
struct catalogue_operation {
	struct arena *arena;
	const char *dn, *filter, *new_superior;
	const struct directory_change *changes;
	size_t count;
	const char *assertion;
	enum directory_scope scope;
	const char *const *names;
	bool (*each)(void *data, const struct directory_entry *e,
	             struct error *err);
	void *context;
	enum directory_write_result result;
	char *csn;
};

static bool catalogue_run_operation(
    struct catalogue_writer *w, const struct config *cfg, struct arena *a,
    bool (*operation)(struct directory *d, void *data, struct error *err),
    struct catalogue_operation *k, struct error *err)
{
	bool admin = w->account == CATALOGUE_ADMIN;
	char *uris[] = { (char *)cfg->catalogue.uri, NULL };
	struct directory_address at = {
		.uris = uris,
		.tls_ca_file = cfg->catalogue.tls_ca_file,
		.bind_dn =
		    admin ? cfg->catalogue.admin_dn : cfg->catalogue.writer_dn,
		.deadline_ms = DEADLINE_MS,
	};
	char *password = NULL;

	if (!config_read_secret(cfg, a,
	                        admin ? cfg->catalogue.admin_secret
	                              : cfg->catalogue.writer_secret,
	                        &password, err))
		return false;
	at.password = password;
	return directory_pool_use(w->pool, &at, operation, k, err);
}

static bool catalogue_do_add(struct directory *d, void *context,
                             struct error *err)
{
	struct catalogue_operation *k = context;

	return directory_add(d, k->arena, k->dn, k->changes, k->count,
	                     &k->result, &k->csn, err);
}

static bool catalogue_do_modify(struct directory *d, void *context,
                                struct error *err)
{
	struct catalogue_operation *k = context;

	return directory_modify(d, k->arena, k->dn, k->changes, k->count,
	                        k->assertion, &k->result, &k->csn, err);
}

static bool catalogue_do_move(struct directory *d, void *context,
                              struct error *err)
{
	struct catalogue_operation *k = context;

	return directory_move(d, k->arena, k->dn, k->new_superior, &k->result,
	                      &k->csn, err);
}

static bool catalogue_do_delete(struct directory *d, void *context,
                                struct error *err)
{
	struct catalogue_operation *k = context;

	return directory_delete(d, k->dn, NULL, &k->result, err);
}

static bool catalogue_do_search(struct directory *d, void *context,
                                struct error *err)
{
	struct catalogue_operation *k = context;

	return directory_search_each(d, k->dn, k->scope, k->filter, k->names,
	                             k->each, k->context, err);
}

bool catalogue_add(struct catalogue_writer *w, const struct config *cfg,
                   struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum directory_write_result *ret, char **ret_csn,
                   struct error *err)
{
	struct catalogue_operation k = {
		.arena = a, .dn = dn, .changes = attributes, .count = count
	};

	if (!catalogue_run_operation(w, cfg, a, catalogue_do_add, &k, err))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_modify(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *csn, enum directory_write_result *ret,
                      char **ret_csn, struct error *err)
{
	struct catalogue_operation k = {
		.arena = a, .dn = dn, .changes = changes, .count = count
	};

	if (csn)
		k.assertion = arena_printf(
		    a, "(entryCSN=%s)", escape_string(a, escape_filter, csn));
	if (!catalogue_run_operation(w, cfg, a, catalogue_do_modify, &k, err))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_move(struct catalogue_writer *w, const struct config *cfg,
                    struct arena *a, const char *dn, const char *new_superior,
                    enum directory_write_result *ret, char **ret_csn,
                    struct error *err)
{
	struct catalogue_operation k = { .arena = a,
		                         .dn = dn,
		                         .new_superior = new_superior };

	if (!catalogue_run_operation(w, cfg, a, catalogue_do_move, &k, err))
		return false;
	*ret = k.result;
	*ret_csn = k.csn;
	return true;
}

bool catalogue_delete(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      enum directory_write_result *ret, struct error *err)
{
	struct catalogue_operation k = { .arena = a, .dn = dn };

	if (!catalogue_run_operation(w, cfg, a, catalogue_do_delete, &k, err))
		return false;
	*ret = k.result;
	return true;
}

bool catalogue_for_each(struct catalogue_writer *w, const struct config *cfg,
                        const char *base, enum directory_scope scope,
                        const char *filter, const char *const *names,
                        bool (*each)(void *data,
                                     const struct directory_entry *e,
                                     struct error *err),
                        void *context, struct error *err)
{
	struct arena *a = arena_open();
	struct catalogue_operation k = { .arena = a,
		                         .dn = base,
		                         .scope = scope,
		                         .filter = filter,
		                         .names = names,
		                         .each = each,
		                         .context = context };
	bool good =
	    catalogue_run_operation(w, cfg, a, catalogue_do_search, &k, err);

	arena_close(a);
	return good;
}
