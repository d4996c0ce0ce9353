/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.c: reads people from the regional catalogue with two searches: one
 * for the entry, one for the person's subtree. */
#include "region/catalogue/catalogue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/catalogue/catalogue_private.h"

enum {
	DEADLINE_MS = 2000,
	MAX_AFFILIATIONS = 200,  /* per person */
	MAX_SEARCH_RESULTS = 50, /* results of an operator's search */
	MAX_ROLE_GRANTS = 10000, /* role grants in the whole region */
	ROLE_GRANTS_TTL_MS = 2000,
};

/* 9999-12-31T23:59:59Z */
#define LDAP_TIME_MAX 253402300799

/* A role granted by an administrator.  All grants are read at once and cached:
 * the list is short, and a search per login would be a third one. */
struct role_grant {
	const char *holder, *role;
	int64_t from, until;
};

struct catalogue {
	struct directory_pool *pool;
	pthread_mutex_t lock;       /* protects the fields below */
	struct arena *grants_arena; /* owns grants */
	struct role_grant *grants;
	size_t grant_count;
	int64_t grants_loaded_at;
	char grants_config_hash[65]; /* hash of the configuration */
};

static const char *const person_attributes[] = {
	"objectClass",
	"portvaktId",
	"portvaktStatus",
	"portvaktFormerId",
	"portvaktProtected",
	"cn",
	"sn",
	"givenName",
	"displayName",
	"preferredLanguage",
	"portvaktMunicipality",
	"portvaktActsFor",
	"portvaktKind",
	"portvaktUnit",
	"portvaktPosition",
	"portvaktFrom",
	"portvaktUntil",
	"portvaktLogin",
	"portvaktDirectory",
	"portvaktAnchor",
	"portvaktRole",
	"portvaktPersonBefore",
	"portvaktDoubt",
	"portvaktProvedLink",
	"mail",
	"title",
	"telephoneNumber",
	"employeeNumber",
	NULL,
};
static const char *const class_attribute_only[] = { "objectClass", NULL };
static const char *const role_grant_attributes[] = {
	"portvaktHolder", "portvaktRole", "portvaktFrom", "portvaktUntil", NULL
};

struct catalogue *catalogue_open(int connections)
{
	struct catalogue *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->pool = directory_pool_open(connections);
	(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

void catalogue_close(struct catalogue *c)
{
	if (!c)
		return;
	directory_pool_close(c->pool);
	(void)pthread_mutex_destroy(&c->lock);
	arena_close(c->grants_arena);
	free(c);
}

/* ---- searching */

static bool catalogue_search_in_pool(struct directory *d, void *context,
                                     struct error *err)
{
	struct catalogue_query *q = context;

	return directory_search(d, q->arena, q->base, q->scope, q->filter,
	                        q->attributes, q->limit, &q->entries, &q->count,
	                        err);
}

bool catalogue_use(struct catalogue *c, const struct config *cfg,
                   struct arena *a,
                   bool (*work)(struct directory *d, void *data,
                                struct error *err),
                   void *data, struct error *err)
{
	char *uris[] = { (char *)cfg->catalogue.uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file =
		                            cfg->catalogue.tls_ca_file,
		                        .bind_dn = cfg->catalogue.reader_dn,
		                        .deadline_ms = DEADLINE_MS };
	struct error inner = { 0 };
	char *password = NULL;

	if (!config_read_secret(cfg, a, cfg->catalogue.reader_secret, &password,
	                        err))
		return false;
	at.password = password;
	if (directory_pool_use(c->pool, &at, work, data, &inner))
		return true;
	return error_set_reason(err, ERROR_UNAVAILABLE, "catalogue-unavailable",
	                        "catalogue: %s", inner.text);
}

bool catalogue_run_query(struct catalogue *c, const struct config *cfg,
                         struct catalogue_query *q, struct error *err)
{
	return catalogue_use(c, cfg, q->arena, catalogue_search_in_pool, q,
	                     err);
}

/* ---- role grants */

/* Returns 0 if the attribute is absent; an unparsable time makes the
 * affiliation or grant invalid. */
static int64_t catalogue_entry_time(const struct directory_entry *e,
                                    const char *name, int64_t invalid)
{
	const char *text = directory_entry_text(e, name);
	int64_t when = 0;

	if (text && !clock_parse_generalized_time(text, &when))
		return invalid;
	return when;
}

static int64_t catalogue_entry_valid_from(const struct directory_entry *e)
{
	return catalogue_entry_time(e, "portvaktFrom", LDAP_TIME_MAX);
}

static int64_t catalogue_entry_valid_until(const struct directory_entry *e)
{
	return catalogue_entry_time(e, "portvaktUntil", 1);
}

static void role_grants_store(struct catalogue *c, const struct config *cfg,
                              const struct catalogue_query *q)
{
	c->grants = arena_array(q->arena, struct role_grant, q->count);
	for (size_t i = 0; i < q->count; i++) {
		const struct directory_entry *e = &q->entries[i];

		c->grants[i] = (struct role_grant){
			directory_entry_text(e, "portvaktHolder"),
			directory_entry_text(e, "portvaktRole"),
			catalogue_entry_valid_from(e),
			catalogue_entry_valid_until(e)
		};
	}
	c->grant_count = q->count;
	c->grants_loaded_at = clock_monotonic_ms();
	arena_close(c->grants_arena);
	c->grants_arena = q->arena;
	memcpy(c->grants_config_hash, cfg->hash, sizeof(c->grants_config_hash));
}

/* Requires the lock. */
static bool role_grants_refresh(struct catalogue *c, const struct config *cfg,
                                struct error *err)
{
	struct arena *a;

	if (c->grants_arena && text_equal(c->grants_config_hash, cfg->hash) &&
	    clock_monotonic_ms() - c->grants_loaded_at < ROLE_GRANTS_TTL_MS)
		return true;
	a = arena_open();
	struct catalogue_query q = {
		.arena = a,
		.base = arena_printf(a, "ou=roles,%s", cfg->catalogue.base),
		.scope = SCOPE_ONE_LEVEL,
		.filter = "(objectClass=portvaktRoleGiven)",
		.attributes = role_grant_attributes,
		.limit = MAX_ROLE_GRANTS,
	};
	if (!catalogue_run_query(c, cfg, &q, err)) {
		arena_close(a);
		return false;
	}
	role_grants_store(c, cfg, &q);
	return true;
}

static bool role_grant_is_valid(const struct role_grant *g, const char *id,
                                int64_t now)
{
	return g->role && text_equal(g->holder, id) &&
	       (g->from == 0 || now >= g->from) &&
	       (g->until == 0 || now < g->until);
}

static void role_grants_add_to(const struct catalogue *c, struct arena *a,
                               struct affiliation *f)
{
	int64_t now = clock_now();
	VECTOR(char *) roles = { 0 };

	for (char **role = f->roles; *role; role++)
		*vector_append(a, &roles) = *role;
	for (size_t i = 0; i < c->grant_count; i++)
		if (role_grant_is_valid(&c->grants[i], f->id, now))
			*vector_append(a, &roles) =
			    arena_strdup(a, c->grants[i].role);
	*vector_append(a, &roles) = NULL;
	f->roles = roles.at;
}

bool catalogue_load_grants(struct catalogue *c, const struct config *cfg,
                           struct error *err)
{
	(void)pthread_mutex_lock(&c->lock);
	bool ok = role_grants_refresh(c, cfg, err);
	(void)pthread_mutex_unlock(&c->lock);
	return ok;
}

void catalogue_add_cached_grants(struct catalogue *c, struct arena *a,
                                 struct affiliation *f)
{
	(void)pthread_mutex_lock(&c->lock);
	role_grants_add_to(c, a, f);
	(void)pthread_mutex_unlock(&c->lock);
}

static bool catalogue_add_granted_roles(struct catalogue *c,
                                        const struct config *cfg,
                                        struct arena *a, struct person *p,
                                        struct error *err)
{
	(void)pthread_mutex_lock(&c->lock);
	bool ok = role_grants_refresh(c, cfg, err);
	for (size_t i = 0; ok && i < p->affiliation_count; i++)
		role_grants_add_to(c, a, &p->affiliations[i]);
	(void)pthread_mutex_unlock(&c->lock);
	return ok;
}

/* ---- entries to people */

static enum lifecycle_status catalogue_entry_status(
    const struct directory_entry *e)
{
	const char *text = directory_entry_text(e, "portvaktStatus");

	if (text_equal(text, "active"))
		return STATUS_ACTIVE;
	return text_equal(text, "suspended") ? STATUS_SUSPENDED : STATUS_ENDED;
}

static int catalogue_entry_position(const struct directory_entry *e)
{
	const char *text = directory_entry_text(e, "portvaktPosition");
	long long position = -1;

	if (text && !text_to_number(text, 0, 100, &position))
		return -1;
	return (int)position;
}

static void catalogue_entry_to_person(struct arena *a,
                                      const struct directory_entry *e,
                                      struct person *p)
{
	p->id = directory_entry_text(e, "portvaktId");
	p->former_ids = directory_entry_texts(a, e, "portvaktFormerId");
	p->display = directory_entry_text(e, "displayName");
	if (!p->display)
		p->display = directory_entry_text(e, "cn");
	p->given = directory_entry_text(e, "givenName");
	p->family = directory_entry_text(e, "sn");
	p->language = directory_entry_text(e, "preferredLanguage");
	p->is_protected =
	    directory_entry_attribute(e, "portvaktProtected") != NULL;
	p->status = catalogue_entry_status(e);
}

struct affiliation catalogue_entry_to_affiliation(
    struct arena *a, const struct directory_entry *e)
{
	return (struct affiliation){
		.id = directory_entry_text(e, "portvaktId"),
		.municipality = directory_entry_text(e, "portvaktMunicipality"),
		.acts_for = directory_entry_texts(a, e, "portvaktActsFor"),
		.kind = affiliation_type_from_name(
		    directory_entry_text(e, "portvaktKind")),
		.units = directory_entry_texts(a, e, "portvaktUnit"),
		.roles = directory_entry_texts(a, e, "portvaktRole"),
		.title = directory_entry_text(e, "title"),
		.mail = directory_entry_text(e, "mail"),
		.phone = directory_entry_text(e, "telephoneNumber"),
		.employee_number = directory_entry_text(e, "employeeNumber"),
		.login = directory_entry_text(e, "portvaktLogin"),
		.directory = directory_entry_text(e, "portvaktDirectory"),
		.anchor = directory_entry_text(e, "portvaktAnchor"),
		.previous_person_id =
		    directory_entry_text(e, "portvaktPersonBefore"),
		.doubt = directory_entry_text(e, "portvaktDoubt"),
		.proved_links =
		    directory_entry_texts(a, e, "portvaktProvedLink"),
		.position = catalogue_entry_position(e),
		.from = catalogue_entry_valid_from(e),
		.until = catalogue_entry_valid_until(e),
		.status = catalogue_entry_status(e),
	};
}

static bool catalogue_entry_has_class(const struct directory_entry *e,
                                      const char *name)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "objectClass");

	for (size_t i = 0; t && i < t->count; i++)
		if (text_equal(t->values[i].bytes, name))
			return true;
	return false;
}

/* Order by id: the same person always has the same form. */
static int affiliation_compare_by_id(const void *x, const void *y)
{
	const struct affiliation *f = x;
	const struct affiliation *g = y;

	return strcmp(f->id, g->id);
}

/* Reads the person entry at dn with its subtree; NULL if it no longer
 * exists. */
static bool catalogue_read_person(struct catalogue *c, const struct config *cfg,
                                  struct arena *a, const char *dn,
                                  const struct person **ret_person,
                                  struct error *err)
{
	struct catalogue_query q = { .arena = a,
		                     .base = dn,
		                     .scope = SCOPE_SUBTREE,
		                     .filter = "(objectClass=*)",
		                     .attributes = person_attributes,
		                     .limit = MAX_AFFILIATIONS };
	VECTOR(struct affiliation) found = { 0 };
	struct person *p = arena_new(a, struct person);

	if (!catalogue_run_query(c, cfg, &q, err))
		return false;
	for (size_t i = 0; i < q.count; i++) {
		if (catalogue_entry_has_class(&q.entries[i],
		                              "portvaktPerson")) {
			catalogue_entry_to_person(a, &q.entries[i], p);
			continue;
		}
		struct affiliation f =
		    catalogue_entry_to_affiliation(a, &q.entries[i]);
		if (f.id && f.municipality && f.kind != KIND_NONE)
			*vector_append(a, &found) = f;
	}
	p->affiliations = found.at;
	p->affiliation_count = found.count;
	if (found.count > 0)
		qsort(found.at, found.count, sizeof(found.at[0]),
		      affiliation_compare_by_id);
	if (p->id && !catalogue_add_granted_roles(c, cfg, a, p, err))
		return false;
	*ret_person = p->id ? p : NULL;
	return true;
}

/* Returns the DN of the person entry: this entry or its parent. */
static const char *catalogue_person_dn(const struct directory_entry *e)
{
	if (!catalogue_entry_has_class(e, "portvaktAffiliation"))
		return e->dn;
	const char *comma = strchr(e->dn, ',');

	return comma ? comma + 1 : e->dn;
}

char *catalogue_people_base(struct arena *a, const struct config *cfg)
{
	return arena_printf(a, "ou=people,%s", cfg->catalogue.base);
}

/* Returns the only person that matches the filter.  Two matches are an
 * error. */
static bool catalogue_find_one(struct catalogue *c, const struct config *cfg,
                               struct arena *a, const char *filter,
                               const struct person **ret_person,
                               struct error *err)
{
	struct catalogue_query q = { .arena = a,
		                     .base = catalogue_people_base(a, cfg),
		                     .scope = SCOPE_SUBTREE,
		                     .filter = filter,
		                     .attributes = class_attribute_only,
		                     .limit = 2 };

	if (!catalogue_run_query(c, cfg, &q, err))
		return false;
	if (q.count == 0) {
		*ret_person = NULL;
		return true;
	}
	const char *dn = catalogue_person_dn(&q.entries[0]);
	if (q.count > 1 && !text_equal(dn, catalogue_person_dn(&q.entries[1])))
		return error_set_reason(
		    err, ERROR_UNAVAILABLE, "catalogue-unavailable",
		    "catalogue: more than one person entry matches");
	return catalogue_read_person(c, cfg, a, dn, ret_person, err);
}

bool catalogue_find_by_anchor(struct catalogue *c, const struct config *cfg,
                              struct arena *a, const char *directory,
                              const char *anchor,
                              const struct person **ret_person,
                              struct error *err)
{
	char *filter =
	    arena_printf(a,
	                 "(&(portvaktAnchor=%s)(portvaktDirectory=%s)"
	                 "(objectClass=portvaktAffiliation))",
	                 escape_string(a, escape_filter, anchor),
	                 escape_string(a, escape_filter, directory));

	return catalogue_find_one(c, cfg, a, filter, ret_person, err);
}

bool catalogue_find_by_id(struct catalogue *c, const struct config *cfg,
                          struct arena *a, const char *id,
                          const struct person **ret_person, struct error *err)
{
	const char *value = escape_string(a, escape_filter, id);
	char *filter = arena_printf(
	    a, "(|(portvaktId=%s)(portvaktFormerId=%s))", value, value);

	return catalogue_find_one(c, cfg, a, filter, ret_person, err);
}

/* ---- operator searches */

/* The catalogue stores the login name without the domain; the domain selects
 * the municipality. */
static char *catalogue_login_filter(struct arena *a, const struct config *cfg,
                                    const char *term)
{
	const char *at = strrchr(term, '@');
	const struct municipality *m =
	    at ? config_municipality_by_domain(cfg, at + 1) : NULL;
	char *login = m ? arena_memdup(a, term, (size_t)(at - term))
	                : arena_strdup(a, term);
	const char *municipality_filter =
	    m ? arena_printf(a, "(portvaktMunicipality=%s)",
	                     escape_string(a, escape_filter, m->name))
	      : "";

	return arena_printf(
	    a, "(&(portvaktLogin=%s)%s)",
	    escape_string(a, escape_filter, text_lower(a, login)),
	    municipality_filter);
}

static bool catalogue_list_has_person(const struct person *const *found,
                                      size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(found[i]->id, id))
			return true;
	return false;
}

bool catalogue_search(struct catalogue *c, const struct config *cfg,
                      struct arena *a, const char *term,
                      const struct person ***ret_people, size_t *ret_count,
                      struct error *err)
{
	struct catalogue_query q = { .arena = a,
		                     .base = catalogue_people_base(a, cfg),
		                     .scope = SCOPE_SUBTREE,
		                     .filter =
		                         catalogue_login_filter(a, cfg, term),
		                     .attributes = class_attribute_only,
		                     .limit = MAX_SEARCH_RESULTS };
	VECTOR(const struct person *) found = { 0 };
	const struct person *p = NULL;

	if (!catalogue_find_by_id(c, cfg, a, term, &p, err))
		return false;
	if (p)
		*vector_append(a, &found) = p;
	if (!catalogue_run_query(c, cfg, &q, err))
		return false;
	for (size_t i = 0; i < q.count; i++) {
		if (!catalogue_read_person(
			c, cfg, a, catalogue_person_dn(&q.entries[i]), &p, err))
			return false;
		if (p && !p->is_protected &&
		    !catalogue_list_has_person(found.at, found.count, p->id))
			*vector_append(a, &found) = p;
	}
	*ret_people = found.at;
	*ret_count = found.count;
	return true;
}
