/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_entity_ids.c: reads the entityID and the assertion consumer services from
 * SAML metadata files (SAML Metadata 2.3.2, 2.4.4). portvakt-web validates the
 * files; here their start tags are enough, and on error the signer refuses the
 * service. */
#include "idp/signer/sp_entity_ids.h"

#include <pthread.h>
#include <string.h>

#include "lib/file.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

#define BINDING_POST "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

enum { METADATA_MAX_BYTES = 1024 * 1024, CACHED_CONFIGS = 3 };

/* What the file of one service has. */
struct sp_registration {
	const char *entity_id;    /* NULL: none */
	VECTOR(const char *) acs; /* locations with the binding HTTP-POST */
};

/* The values of one configuration. */
struct sp_entity_ids {
	struct arena *arena;
	char hash[65];
	size_t count;
	struct sp_registration *services; /* one per service */
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
		{ "<![CDATA[", "]]>" },
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

/* Returns the text behind the "<" of the next tag, or NULL. */
static const char *sp_metadata_next_tag(const char *at)
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

/* Returns whether the tag has this name, with any prefix. */
static bool start_tag_is(const char *tag, const char *name)
{
	const size_t length = strcspn(tag, " \t\r\n>/");
	const char *colon = memchr(tag, ':', length);
	const char *local = colon ? colon + 1 : tag;

	return (size_t)(tag + length - local) == strlen(name) &&
	       strncmp(local, name, strlen(name)) == 0;
}

static char *sp_entity_id_parse(struct arena *a, const char *metadata)
{
	const char *root = sp_metadata_next_tag(metadata);
	char *found;

	if (!root || !start_tag_is(root, "EntityDescriptor"))
		return NULL;
	found = start_tag_attribute(a, root, "entityID");
	/* An entityID is a URI; one that contains a reference is refused. */
	return found && *found && !strchr(found, '&') ? found : NULL;
}

/* Returns the value with its "&amp;" decoded; NULL if it has another
 * reference, which no URL needs. */
static char *location_decode(struct arena *a, const char *value)
{
	struct strbuf out = strbuf_init(a);

	while (*value) {
		size_t length = strcspn(value, "&");

		strbuf_append_bytes(&out, value, length);
		value += length;
		if (!*value)
			break;
		if (!text_starts(value, "&amp;"))
			return NULL;
		strbuf_append(&out, "&");
		value += strlen("&amp;");
	}
	return out.length > 0 ? out.data : NULL;
}

/* Adds the location of an AssertionConsumerService that the tag begins. */
static void sp_acs_add(struct arena *a, struct arena *scratch,
                       struct sp_registration *sp, const char *tag)
{
	const char *binding, *location;

	if (!start_tag_is(tag, "AssertionConsumerService"))
		return;
	binding = start_tag_attribute(scratch, tag, "Binding");
	location = start_tag_attribute(scratch, tag, "Location");
	if (!text_equal(binding, BINDING_POST) || !location)
		return;
	location = location_decode(a, location);
	if (location)
		*vector_append(a, &sp->acs) = location;
}

/* ---- the cache */

static struct sp_registration sp_registration_read(struct arena *a,
                                                   const char *path)
{
	struct sp_registration sp = { 0 };
	struct arena *scratch = arena_open();
	const char *tag = NULL;
	char *bytes;
	size_t length;

	if (file_read(scratch, path, METADATA_MAX_BYTES, &bytes, &length,
	              NULL) &&
	    strlen(bytes) == length) {
		sp.entity_id = sp_entity_id_parse(a, bytes);
		tag = sp_metadata_next_tag(bytes);
	}
	for (; tag; tag = sp_metadata_next_tag(tag))
		sp_acs_add(a, scratch, &sp, tag);
	arena_close(scratch);
	return sp;
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
	k->services = arena_array(k->arena, struct sp_registration, k->count);
	for (size_t i = 0; i < k->count; i++)
		if (cfg->services[i].saml_metadata)
			k->services[i] = sp_registration_read(
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

static bool sp_has_acs(const struct sp_registration *sp, const char *acs)
{
	for (size_t i = 0; i < sp->acs.count; i++)
		if (text_equal(sp->acs.at[i], acs))
			return true;
	return false;
}

/* acs NULL: any.  entity_id NULL: any. */
static bool sp_is_registered(const struct config *cfg, const struct issuer *i,
                             const char *entity_id, const char *acs)
{
	bool found = false;

	(void)pthread_mutex_lock(&cache_lock);
	const struct sp_entity_ids *k = sp_entity_ids_get(cfg);

	for (size_t at = 0; at < k->count && !found; at++) {
		const struct sp_registration *sp = &k->services[at];

		found = sp->entity_id && cfg->services[at].issuer == i &&
		        (!entity_id || text_equal(sp->entity_id, entity_id)) &&
		        (!acs || sp_has_acs(sp, acs));
	}
	(void)pthread_mutex_unlock(&cache_lock);
	return found;
}

bool sp_entity_id_is_registered(const struct config *cfg,
                                const struct issuer *i, const char *entity_id)
{
	return entity_id && sp_is_registered(cfg, i, entity_id, NULL);
}

bool sp_acs_is_registered(const struct config *cfg, const struct issuer *i,
                          const char *entity_id, const char *acs)
{
	return acs && sp_is_registered(cfg, i, entity_id, acs);
}
