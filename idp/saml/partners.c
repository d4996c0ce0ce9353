/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata_cache.c: the metadata of all SPs of a configuration: one table
 * for each configuration in use, reference-counted by the request contexts
 * that use it.  A changed file is noticed within seconds, without a reload. */
#include "idp/saml/partner.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"

enum { TABLES = 2, LOOK_AGAIN_MS = 5000, FILE_MOST = 512 * 1024 };

struct table {
	struct arena *arena;
	char hash[65];
	uint64_t print; /* of the files' mtime, size and inode */
	int64_t looked;
	unsigned users; /* one of them is the list below */
	struct partner *at;
	size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table *tables[TABLES];

static void let_go(struct table *t)
{
	if (t && --t->users == 0)
		arena_close(t->arena);
}

static void let_go_locked(void *table)
{
	pthread_mutex_lock(&lock);
	let_go(table);
	pthread_mutex_unlock(&lock);
}

/* Returns a value that changes when a file does. */
static uint64_t print_of(const struct region *r)
{
	uint64_t print = 14695981039346656037U;

	for (size_t i = 0; i < r->service_count; i++) {
		struct stat s = { 0 };

		if (!r->services[i].saml)
			continue;
		(void)stat(r->services[i].saml, &s);
		const uint64_t facts[] = { (uint64_t)s.st_mtim.tv_sec,
			                   (uint64_t)s.st_mtim.tv_nsec,
			                   (uint64_t)s.st_size, s.st_ino };

		for (size_t k = 0; k < LENGTH(facts); k++)
			print = (print ^ facts[k]) * 1099511628211U;
	}
	return print;
}

static bool is_taken(const struct table *t, const struct partner *p)
{
	for (size_t i = 0; i < t->count; i++)
		if (text_equal(t->at[i].issuer, p->issuer) &&
		    text_equal(t->at[i].entity_id, p->entity_id))
			return true;
	return false;
}

static bool load(struct table *t, const struct service *s, struct fault *why)
{
	struct partner p = { 0 };
	char *xml;
	size_t length;

	if (!file_read(t->arena, s->saml, FILE_MOST, &xml, &length, why) ||
	    !partner_read(t->arena, xml, length, &p, why))
		return false;
	p.service = arena_copy(t->arena, s->name);
	p.issuer = arena_copy(t->arena, s->issuer->name);
	if (is_taken(t, &p))
		return fault(why, FAULT_INVALID,
		             "its entityID is another service's");
	t->at[t->count++] = p;
	return true;
}

/* A service with an invalid file is logged and omitted. */
static struct table *make(const struct region *r, uint64_t print)
{
	struct arena *a = arena_open();
	struct table *t = arena_new(a, struct table);

	*t = (struct table){ .arena = a, .print = print, .users = 1 };
	memcpy(t->hash, r->hash, sizeof(t->hash));
	t->at = arena_array(a, struct partner, r->service_count + 1);
	for (size_t i = 0; i < r->service_count; i++) {
		struct fault why = { 0 };

		if (r->services[i].saml && !load(t, &r->services[i], &why))
			log_warn("service's metadata refused", "service",
			         r->services[i].name, "why", why.text, NULL);
	}
	return t;
}

/* Newest first; the oldest table is released. */
static void put_first(struct table *t)
{
	let_go(tables[TABLES - 1]);
	memmove(&tables[1], &tables[0], sizeof(tables) - sizeof(tables[0]));
	tables[0] = t;
}

static struct table *find(const struct region *r)
{
	for (size_t i = 0; i < TABLES; i++)
		if (tables[i] &&
		    memcmp(tables[i]->hash, r->hash, sizeof(r->hash)) == 0)
			return tables[i];
	return NULL;
}

static struct table *fresh(const struct region *r)
{
	struct table *t = find(r);
	int64_t now = clock_monotonic_ms();

	if (t && now - t->looked < LOOK_AGAIN_MS)
		return t;
	uint64_t print = print_of(r);

	if (!t || t->print != print) {
		t = make(r, print);
		put_first(t);
	}
	t->looked = now;
	return t;
}

static const struct table *hold(struct visit *v)
{
	pthread_mutex_lock(&lock);
	struct table *t = fresh(v->region);

	t->users++;
	pthread_mutex_unlock(&lock);
	return arena_keep(v->arena, t, let_go_locked);
}

bool partner_by_entity(struct visit *v, const struct issuer *i,
                       const char *entity_id,
                       const struct partner **ret_partner, struct fault *why)
{
	const struct table *t = hold(v);

	for (size_t k = 0; k < t->count; k++) {
		if (!text_equal(t->at[k].entity_id, entity_id) ||
		    !text_equal(t->at[k].issuer, i->name))
			continue;
		*ret_partner = &t->at[k];
		return true;
	}
	return fault_for(why, FAULT_INVALID, "unknown-service",
	                 "no SAML service is called %s at issuer %s", entity_id,
	                 i->name);
}

bool partner_of_service(struct visit *v, const char *service,
                        const struct partner **ret_partner, struct fault *why)
{
	const struct table *t = hold(v);

	for (size_t k = 0; k < t->count; k++) {
		if (!text_equal(t->at[k].service, service))
			continue;
		*ret_partner = &t->at[k];
		return true;
	}
	return fault_for(why, FAULT_INVALID, "unknown-service",
	                 "%s is no SAML service that we know", service);
}
