/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_entity_ids.c: reads the entityID from SAML metadata files (SAML Metadata
 * 2.3.2). portvakt-web validates the files; here one attribute is enough, and
 * on error the signer refuses the service. */
#include "idp/signer/sp_entity_ids.h"

#include <pthread.h>
#include <string.h>

#include "lib/file.h"
#include "lib/strbuf.h"

enum { METADATA_MAX_BYTES = 1024 * 1024, CACHED_CONFIGS = 3 };

/* The values of one configuration. */
struct sp_entity_ids {
	struct arena *arena;
	char hash[65];
	size_t count;
	const char **entity_ids; /* one per service; NULL: none */
};

static pthread_mutex_t cache_lock =
    PTHREAD_MUTEX_INITIALIZER; /* for the cache */
static struct sp_entity_ids entity_ids_cache[CACHED_CONFIGS];
static size_t next_cache_entry;

/* ---- one file */

/* Returns the position after the comment, declaration or instruction that
 * begins here; NULL if none does. */
static const char *skip_xml_markup(const char *at)
{
	static const struct {
		const char *begin, *end;
	} rows[] = {
		{ "<!--", "-->" },
		{ "<?", "?>" },
		{ "<!", ">" },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (!text_starts(at, rows[i].begin))
			continue;
		const char *end =
		    strstr(at + strlen(rows[i].begin), rows[i].end);

		return end ? end + strlen(rows[i].end) : at + strlen(at);
	}
	return NULL;
}

static const char *sp_metadata_root_tag(const char *at)
{
	for (at = strchr(at, '<'); at; at = strchr(at, '<')) {
		const char *after = skip_xml_markup(at);

		if (!after)
			return at + 1;
		at = after;
	}
	return NULL;
}

/* Returns the value of name="..." in a start tag, or NULL. */
static char *start_tag_attribute(struct arena *a, const char *tag,
                                 const char *name)
{
	const char *at = tag + strcspn(tag, " \t\r\n>/");

	for (;;) {
		at += strspn(at, " \t\r\n");
		size_t length = strcspn(at, " \t\r\n=>/");
		const char *value = at + length;

		value += strspn(value, " \t\r\n");
		if (length == 0 || *value != '=')
			return NULL;
		value++;
		value += strspn(value, " \t\r\n");
		if (*value != '"' && *value != '\'')
			return NULL;
		const char *end = strchr(value + 1, *value);

		if (!end)
			return NULL;
		if (length == strlen(name) && strncmp(at, name, length) == 0)
			return arena_memdup(a, value + 1,
			                    (size_t)(end - value - 1));
		at = end + 1;
	}
}

static char *sp_entity_id_parse(struct arena *a, const char *metadata)
{
	const char *root = sp_metadata_root_tag(metadata);

	if (!root)
		return NULL;
	const char *name = arena_memdup(a, root, strcspn(root, " \t\r\n>/"));
	const char *colon = strchr(name, ':');
	char *found;

	if (!text_equal(colon ? colon + 1 : name, "EntityDescriptor"))
		return NULL;
	found = start_tag_attribute(a, root, "entityID");
	/* An entityID is a URI; one that contains a reference is refused. */
	return found && *found && !strchr(found, '&') ? found : NULL;
}

/* ---- the cache */

static char *sp_entity_id_read(struct arena *a, const char *path)
{
	struct arena *scratch = arena_open();
	char *bytes, *found = NULL;
	size_t length;

	if (file_read(scratch, path, METADATA_MAX_BYTES, &bytes, &length,
	              NULL) &&
	    strlen(bytes) == length)
		found = arena_strdup(a, sp_entity_id_parse(scratch, bytes));
	arena_close(scratch);
	return found;
}

/* Called with the lock held; replaces the entry that was read longest ago. */
static const struct sp_entity_ids *sp_entity_ids_load(const struct config *cfg)
{
	struct sp_entity_ids *k =
	    &entity_ids_cache[next_cache_entry++ % CACHED_CONFIGS];

	arena_close(k->arena);
	*k = (struct sp_entity_ids){ .arena = arena_open(),
		                     .count = cfg->service_count };
	memcpy(k->hash, cfg->hash, sizeof(k->hash));
	k->entity_ids = arena_array(k->arena, const char *, k->count);
	for (size_t i = 0; i < k->count; i++)
		if (cfg->services[i].saml_metadata)
			k->entity_ids[i] = sp_entity_id_read(
			    k->arena, cfg->services[i].saml_metadata);
	return k;
}

static const struct sp_entity_ids *sp_entity_ids_get(const struct config *cfg)
{
	for (size_t i = 0; i < CACHED_CONFIGS; i++)
		if (entity_ids_cache[i].arena &&
		    text_equal(entity_ids_cache[i].hash, cfg->hash))
			return &entity_ids_cache[i];
	return sp_entity_ids_load(cfg);
}

bool sp_entity_id_is_registered(const struct config *cfg,
                                const struct issuer *i, const char *entity_id)
{
	bool found = false;

	(void)pthread_mutex_lock(&cache_lock);
	const struct sp_entity_ids *k = sp_entity_ids_get(cfg);

	for (size_t at = 0; at < k->count && !found; at++)
		found = k->entity_ids[at] && cfg->services[at].issuer == i &&
		        text_equal(k->entity_ids[at], entity_id);
	(void)pthread_mutex_unlock(&cache_lock);
	return found;
}
