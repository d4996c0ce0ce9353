/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.c: reads people from the regional catalogue with two searches: one
 * for the entry, one for the person's subtree. */
#include "region/catalogue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/catalogue_inner.h"

enum {
	DEADLINE_MS = 2000,
	MOST_AFFILIATIONS = 200, /* per person */
	MOST_FOUND = 50,         /* results of an operator's search */
	MOST_GIVEN = 10000,      /* role grants in the whole region */
	GIVEN_FRESH_MS = 2000,
};

/* 9999-12-31T23:59:59Z */
#define END_OF_9999 253402300799

/* A role granted by an administrator.  All grants are read at once and cached:
 * the list is short, and a search per login would be a third one. */
struct given {
	const char *holder, *role;
	int64_t from, until;
};

struct catalogue {
	struct directory_pool *pool;
	pthread_mutex_t lock; /* protects the fields below */
	struct arena *kept;   /* owns grants */
	struct given *given;
	size_t given_count;
	int64_t given_at;
	char given_for[65]; /* hash of the configuration */
};

static const char *const person_names[] = {
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
	"mail",
	"title",
	"telephoneNumber",
	"employeeNumber",
	NULL,
};
static const char *const no_names[] = { "objectClass", NULL };
static const char *const given_names[] = { "portvaktHolder", "portvaktRole",
	                                   "portvaktFrom", "portvaktUntil",
	                                   NULL };

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
	arena_close(c->kept);
	free(c);
}

/* ---- searching */

static bool put(struct directory *d, void *with, struct fault *why)
{
	struct catalogue_question *q = with;

	return directory_search(d, q->arena, q->base, q->scope, q->filter,
	                        q->names, q->most, &q->entries, &q->count, why);
}

bool catalogue_ask(struct catalogue *c, const struct region *r,
                   struct catalogue_question *q, struct fault *why)
{
	char *uris[] = { (char *)r->catalogue.uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .trust = r->catalogue.trust,
		                        .bind_as = r->catalogue.reader,
		                        .deadline_ms = DEADLINE_MS };
	struct fault inner = { 0 };
	char *password = NULL;

	if (!region_secret(r, q->arena, r->catalogue.reader_secret, &password,
	                   why))
		return false;
	at.password = password;
	if (directory_pool_use(c->pool, &at, put, q, &inner))
		return true;
	return fault_for(why, FAULT_UNAVAILABLE, "catalogue-away",
	                 "catalogue: %s", inner.text);
}

/* ---- role grants */

/* Returns 0 if the attribute is absent; an unparsable time makes the
 * affiliation or grant invalid. */
static int64_t time_in(const struct directory_entry *e, const char *name,
                       int64_t in_doubt)
{
	const char *text = entry_text(e, name);
	int64_t when = 0;

	if (text && !clock_from_ldap(text, &when))
		return in_doubt;
	return when;
}

static int64_t from_in(const struct directory_entry *e)
{
	return time_in(e, "portvaktFrom", END_OF_9999);
}

static int64_t until_in(const struct directory_entry *e)
{
	return time_in(e, "portvaktUntil", 1);
}

static void keep_given(struct catalogue *c, const struct region *r,
                       const struct catalogue_question *q)
{
	c->given = arena_array(q->arena, struct given, q->count);
	for (size_t i = 0; i < q->count; i++) {
		const struct directory_entry *e = &q->entries[i];

		c->given[i] = (struct given){ entry_text(e, "portvaktHolder"),
			                      entry_text(e, "portvaktRole"),
			                      from_in(e), until_in(e) };
	}
	c->given_count = q->count;
	c->given_at = clock_monotonic_ms();
	arena_close(c->kept);
	c->kept = q->arena;
	memcpy(c->given_for, r->hash, sizeof(c->given_for));
}

/* Requires the lock. */
static bool refresh_given(struct catalogue *c, const struct region *r,
                          struct fault *why)
{
	struct arena *a;

	if (c->kept && text_equal(c->given_for, r->hash) &&
	    clock_monotonic_ms() - c->given_at < GIVEN_FRESH_MS)
		return true;
	a = arena_open();
	struct catalogue_question q = {
		.arena = a,
		.base = arena_print(a, "ou=roles,%s", r->catalogue.base),
		.scope = SCOPE_ONE,
		.filter = "(objectClass=portvaktRoleGiven)",
		.names = given_names,
		.most = MOST_GIVEN,
	};
	if (!catalogue_ask(c, r, &q, why)) {
		arena_close(a);
		return false;
	}
	keep_given(c, r, &q);
	return true;
}

static bool holds_now(const struct given *g, const char *id, int64_t now)
{
	return g->role && text_equal(g->holder, id) &&
	       (g->from == 0 || now >= g->from) &&
	       (g->until == 0 || now < g->until);
}

static void add_given(const struct catalogue *c, struct arena *a,
                      struct affiliation *f)
{
	int64_t now = clock_now();
	LIST(char *) roles = { 0 };

	for (char **role = f->roles; *role; role++)
		*list_add(a, &roles) = *role;
	for (size_t i = 0; i < c->given_count; i++)
		if (holds_now(&c->given[i], f->id, now))
			*list_add(a, &roles) = arena_copy(a, c->given[i].role);
	*list_add(a, &roles) = NULL;
	f->roles = roles.at;
}

static bool give_roles(struct catalogue *c, const struct region *r,
                       struct arena *a, struct person *p, struct fault *why)
{
	(void)pthread_mutex_lock(&c->lock);
	bool good = refresh_given(c, r, why);
	for (size_t i = 0; good && i < p->affiliation_count; i++)
		add_given(c, a, &p->affiliations[i]);
	(void)pthread_mutex_unlock(&c->lock);
	return good;
}

/* ---- entries to people */

static enum status status_of(const struct directory_entry *e)
{
	const char *text = entry_text(e, "portvaktStatus");

	if (text_equal(text, "active"))
		return STATUS_ACTIVE;
	return text_equal(text, "suspended") ? STATUS_SUSPENDED : STATUS_ENDED;
}

static int position_of(const struct directory_entry *e)
{
	const char *text = entry_text(e, "portvaktPosition");
	long long position = -1;

	if (text && !text_to_number(text, 0, 100, &position))
		return -1;
	return (int)position;
}

static void read_person(struct arena *a, const struct directory_entry *e,
                        struct person *p)
{
	p->id = entry_text(e, "portvaktId");
	p->former_ids = entry_texts(a, e, "portvaktFormerId");
	p->display = entry_text(e, "displayName");
	if (!p->display)
		p->display = entry_text(e, "cn");
	p->given = entry_text(e, "givenName");
	p->family = entry_text(e, "sn");
	p->language = entry_text(e, "preferredLanguage");
	p->is_protected = entry_attribute(e, "portvaktProtected") != NULL;
	p->status = status_of(e);
}

static struct affiliation read_affiliation(struct arena *a,
                                           const struct directory_entry *e)
{
	return (struct affiliation){
		.id = entry_text(e, "portvaktId"),
		.municipality = entry_text(e, "portvaktMunicipality"),
		.acts_for = entry_texts(a, e, "portvaktActsFor"),
		.kind = kind_from(entry_text(e, "portvaktKind")),
		.units = entry_texts(a, e, "portvaktUnit"),
		.roles = entry_texts(a, e, "portvaktRole"),
		.title = entry_text(e, "title"),
		.mail = entry_text(e, "mail"),
		.phone = entry_text(e, "telephoneNumber"),
		.employee_number = entry_text(e, "employeeNumber"),
		.login = entry_text(e, "portvaktLogin"),
		.directory = entry_text(e, "portvaktDirectory"),
		.anchor = entry_text(e, "portvaktAnchor"),
		.person_before = entry_text(e, "portvaktPersonBefore"),
		.position = position_of(e),
		.from = from_in(e),
		.until = until_in(e),
		.status = status_of(e),
	};
}

static bool has_class(const struct directory_entry *e, const char *name)
{
	const struct directory_attribute *t = entry_attribute(e, "objectClass");

	for (size_t i = 0; t && i < t->count; i++)
		if (text_equal(t->values[i].bytes, name))
			return true;
	return false;
}

/* Order by id: the same person always has the same form. */
static int by_id(const void *x, const void *y)
{
	const struct affiliation *f = x;
	const struct affiliation *g = y;

	return strcmp(f->id, g->id);
}

/* Reads the person entry at dn with its subtree; NULL if it no longer
 * exists. */
static bool read_whole(struct catalogue *c, const struct region *r,
                       struct arena *a, const char *dn,
                       const struct person **ret_person, struct fault *why)
{
	struct catalogue_question q = { .arena = a,
		                        .base = dn,
		                        .scope = SCOPE_SUBTREE,
		                        .filter = "(objectClass=*)",
		                        .names = person_names,
		                        .most = MOST_AFFILIATIONS };
	LIST(struct affiliation) found = { 0 };
	struct person *p = arena_new(a, struct person);

	if (!catalogue_ask(c, r, &q, why))
		return false;
	for (size_t i = 0; i < q.count; i++) {
		if (has_class(&q.entries[i], "portvaktPerson")) {
			read_person(a, &q.entries[i], p);
			continue;
		}
		struct affiliation f = read_affiliation(a, &q.entries[i]);
		if (f.id && f.municipality && f.kind != KIND_NONE)
			*list_add(a, &found) = f;
	}
	p->affiliations = found.at;
	p->affiliation_count = found.count;
	if (found.count > 0)
		qsort(found.at, found.count, sizeof(found.at[0]), by_id);
	if (p->id && !give_roles(c, r, a, p, why))
		return false;
	*ret_person = p->id ? p : NULL;
	return true;
}

/* Returns the DN of the person entry: this entry or its parent. */
static const char *person_dn(const struct directory_entry *e)
{
	if (!has_class(e, "portvaktAffiliation"))
		return e->dn;
	const char *comma = strchr(e->dn, ',');

	return comma ? comma + 1 : e->dn;
}

static char *people(struct arena *a, const struct region *r)
{
	return arena_print(a, "ou=people,%s", r->catalogue.base);
}

/* Returns the only person that matches the filter.  Two matches are an
 * error. */
static bool find_one(struct catalogue *c, const struct region *r,
                     struct arena *a, const char *filter,
                     const struct person **ret_person, struct fault *why)
{
	struct catalogue_question q = { .arena = a,
		                        .base = people(a, r),
		                        .scope = SCOPE_SUBTREE,
		                        .filter = filter,
		                        .names = no_names,
		                        .most = 2 };

	if (!catalogue_ask(c, r, &q, why))
		return false;
	if (q.count == 0) {
		*ret_person = NULL;
		return true;
	}
	const char *dn = person_dn(&q.entries[0]);
	if (q.count > 1 && !text_equal(dn, person_dn(&q.entries[1])))
		return fault_for(why, FAULT_UNAVAILABLE, "catalogue-away",
		                 "catalogue: two people where one should be");
	return read_whole(c, r, a, dn, ret_person, why);
}

bool catalogue_find_by_anchor(struct catalogue *c, const struct region *r,
                              struct arena *a, const char *directory,
                              const char *anchor,
                              const struct person **ret_person,
                              struct fault *why)
{
	char *filter = arena_print(a,
	                           "(&(portvaktAnchor=%s)(portvaktDirectory=%s)"
	                           "(objectClass=portvaktAffiliation))",
	                           escaped(a, escape_filter, anchor),
	                           escaped(a, escape_filter, directory));

	return find_one(c, r, a, filter, ret_person, why);
}

bool catalogue_find(struct catalogue *c, const struct region *r,
                    struct arena *a, const char *id,
                    const struct person **ret_person, struct fault *why)
{
	const char *value = escaped(a, escape_filter, id);
	char *filter = arena_print(a, "(|(portvaktId=%s)(portvaktFormerId=%s))",
	                           value, value);

	return find_one(c, r, a, filter, ret_person, why);
}

/* ---- operator searches */

/* The catalogue stores the login name without the domain; the domain selects
 * the municipality. */
static char *login_filter(struct arena *a, const struct region *r,
                          const char *words)
{
	const char *at = strrchr(words, '@');
	const struct municipality *m =
	    at ? region_municipality_by_domain(r, at + 1) : NULL;
	char *login = m ? arena_bytes(a, words, (size_t)(at - words))
	                : arena_copy(a, words);
	const char *only = m ? arena_print(a, "(portvaktMunicipality=%s)",
	                                   escaped(a, escape_filter, m->name))
	                     : "";

	return arena_print(a, "(&(portvaktLogin=%s)%s)",
	                   escaped(a, escape_filter, text_lower(a, login)),
	                   only);
}

static bool is_known(const struct person *const *known, size_t count,
                     const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(known[i]->id, id))
			return true;
	return false;
}

bool catalogue_search(struct catalogue *c, const struct region *r,
                      struct arena *a, const char *words,
                      const struct person ***ret_people, size_t *ret_count,
                      struct fault *why)
{
	struct catalogue_question q = { .arena = a,
		                        .base = people(a, r),
		                        .scope = SCOPE_SUBTREE,
		                        .filter = login_filter(a, r, words),
		                        .names = no_names,
		                        .most = MOST_FOUND };
	LIST(const struct person *) found = { 0 };
	const struct person *p = NULL;

	if (!catalogue_find(c, r, a, words, &p, why))
		return false;
	if (p)
		*list_add(a, &found) = p;
	if (!catalogue_ask(c, r, &q, why))
		return false;
	for (size_t i = 0; i < q.count; i++) {
		if (!read_whole(c, r, a, person_dn(&q.entries[i]), &p, why))
			return false;
		if (p && !p->is_protected &&
		    !is_known(found.at, found.count, p->id))
			*list_add(a, &found) = p;
	}
	*ret_people = found.at;
	*ret_count = found.count;
	return true;
}
