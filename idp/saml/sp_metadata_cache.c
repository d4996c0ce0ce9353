/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_metadata_cache.c: the metadata of all SPs of a configuration: one table
 * for each configuration in use, reference-counted by the request contexts
 * that use it.  A changed file is noticed within seconds, without a reload. */
#include "idp/saml/sp_metadata.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum {
	SP_TABLES_MAX = 2,
	RECHECK_INTERVAL_MS = 5000,
	SP_METADATA_MAX = 512 * 1024
};

struct sp_table {
	struct arena *arena;
	char hash[65];
	uint64_t fingerprint; /* of the files' mtime, size and inode */
	int64_t checked_at_ms;
	unsigned refcount; /* one of them is the list below */
	struct sp_metadata *sps;
	size_t count;
};

static pthread_mutex_t sp_tables_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sp_table *sp_tables[SP_TABLES_MAX];

static void sp_table_unref(struct sp_table *t)
{
	if (t && --t->refcount == 0)
		arena_close(t->arena);
}

static void sp_table_release(void *table)
{
	pthread_mutex_lock(&sp_tables_lock);
	sp_table_unref(table);
	pthread_mutex_unlock(&sp_tables_lock);
}

/* Returns a value that changes when a file does. */
static uint64_t sp_table_fingerprint(const struct config *cfg)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < cfg->service_count; i++) {
		struct stat s = { 0 };

		if (!cfg->services[i].saml_metadata)
			continue;
		(void)stat(cfg->services[i].saml_metadata, &s);
		const uint64_t attrs[] = { (uint64_t)s.st_mtim.tv_sec,
			                   (uint64_t)s.st_mtim.tv_nsec,
			                   (uint64_t)s.st_size, s.st_ino };

		for (size_t k = 0; k < LENGTH(attrs); k++)
			hash = (hash ^ attrs[k]) * 1099511628211U;
	}
	return hash;
}

static bool sp_table_has_entity_id(const struct sp_table *t,
                                   const struct sp_metadata *sp)
{
	for (size_t i = 0; i < t->count; i++)
		if (text_equal(t->sps[i].issuer, sp->issuer) &&
		    text_equal(t->sps[i].entity_id, sp->entity_id))
			return true;
	return false;
}

static bool sp_table_load(struct sp_table *t, const struct service *s,
                          struct error *err)
{
	struct sp_metadata sp = { 0 };
	char *xml;
	size_t length;

	if (!file_read(t->arena, s->saml_metadata, SP_METADATA_MAX, &xml,
	               &length, err) ||
	    !sp_metadata_parse(t->arena, xml, length, &sp, err))
		return false;
	sp.service = arena_strdup(t->arena, s->name);
	sp.issuer = arena_strdup(t->arena, s->issuer->name);
	if (sp_table_has_entity_id(t, &sp))
		return error_set(err, ERROR_INVALID,
		                 "entityID is used by another service");
	t->sps[t->count++] = sp;
	return true;
}

/* A service with an invalid file is logged and omitted. */
static struct sp_table *sp_table_build(const struct config *cfg,
                                       uint64_t fingerprint)
{
	struct arena *a = arena_open();
	struct sp_table *t = arena_new(a, struct sp_table);

	*t = (struct sp_table){ .arena = a,
		                .fingerprint = fingerprint,
		                .refcount = 1 };
	memcpy(t->hash, cfg->hash, sizeof(t->hash));
	t->sps = arena_array(a, struct sp_metadata, cfg->service_count + 1);
	for (size_t i = 0; i < cfg->service_count; i++) {
		struct error err = { 0 };

		if (cfg->services[i].saml_metadata &&
		    !sp_table_load(t, &cfg->services[i], &err))
			log_event(LOG_SAML_METADATA_INVALID, "service",
			          cfg->services[i].name, "error", err.text,
			          NULL);
	}
	return t;
}

/* Newest first; the oldest table is released. */
static void sp_table_insert(struct sp_table *t)
{
	sp_table_unref(sp_tables[SP_TABLES_MAX - 1]);
	memmove(&sp_tables[1], &sp_tables[0],
	        sizeof(sp_tables) - sizeof(sp_tables[0]));
	sp_tables[0] = t;
}

static struct sp_table *sp_table_find(const struct config *cfg)
{
	for (size_t i = 0; i < SP_TABLES_MAX; i++)
		if (sp_tables[i] && memcmp(sp_tables[i]->hash, cfg->hash,
		                           sizeof(cfg->hash)) == 0)
			return sp_tables[i];
	return NULL;
}

static struct sp_table *sp_table_current(const struct config *cfg)
{
	struct sp_table *t = sp_table_find(cfg);
	int64_t now = clock_monotonic_ms();

	if (t && now - t->checked_at_ms < RECHECK_INTERVAL_MS)
		return t;
	uint64_t fingerprint = sp_table_fingerprint(cfg);

	if (!t || t->fingerprint != fingerprint) {
		t = sp_table_build(cfg, fingerprint);
		sp_table_insert(t);
	}
	t->checked_at_ms = now;
	return t;
}

static const struct sp_table *sp_table_acquire(struct request_context *ctx)
{
	pthread_mutex_lock(&sp_tables_lock);
	struct sp_table *t = sp_table_current(ctx->cfg);

	t->refcount++;
	pthread_mutex_unlock(&sp_tables_lock);
	return arena_own(ctx->arena, t, sp_table_release);
}

bool sp_metadata_by_entity_id(struct request_context *ctx,
                              const struct issuer *i, const char *entity_id,
                              const struct sp_metadata **ret_sp,
                              struct error *err)
{
	const struct sp_table *t = sp_table_acquire(ctx);

	for (size_t k = 0; k < t->count; k++) {
		if (!text_equal(t->sps[k].entity_id, entity_id) ||
		    !text_equal(t->sps[k].issuer, i->name))
			continue;
		*ret_sp = &t->sps[k];
		return true;
	}
	return error_set_reason(err, ERROR_INVALID, "unknown-service",
	                        "no SAML service with entityID %s at issuer %s",
	                        entity_id, i->name);
}

bool sp_metadata_of_service(struct request_context *ctx, const char *service,
                            const struct sp_metadata **ret_sp,
                            struct error *err)
{
	const struct sp_table *t = sp_table_acquire(ctx);

	for (size_t k = 0; k < t->count; k++) {
		if (!text_equal(t->sps[k].service, service))
			continue;
		*ret_sp = &t->sps[k];
		return true;
	}
	return error_set_reason(err, ERROR_INVALID, "unknown-service",
	                        "%s is not a known SAML service", service);
}
