/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_entity_ids.c: reads the entityID from SAML metadata files (SAML Metadata
 * 2.3.2). portvakt-web validates the files; here one attribute is enough, and
 * on error the signer refuses the service. */
#include "idp/keeper/providers.h"

#include <pthread.h>
#include <string.h>

#include "lib/file.h"
#include "lib/text.h"

enum { LARGEST_FILE = 1024 * 1024, SNAPSHOTS = 3 };

/* The values of one configuration. */
struct known {
	struct arena *arena;
	char hash[65];
	size_t count;
	const char **entity_ids; /* one per service; NULL: none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the cache */
static struct known known[SNAPSHOTS];
static size_t next_known;

/* ---- one file */

/* Returns the position after the comment, declaration or instruction that
 * begins here; NULL if none does. */
static const char *behind(const char *at)
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

static const char *find_root(const char *at)
{
	for (at = strchr(at, '<'); at; at = strchr(at, '<')) {
		const char *after = behind(at);

		if (!after)
			return at + 1;
		at = after;
	}
	return NULL;
}

/* Returns the value of name="..." in a start tag, or NULL. */
static char *attribute_in(struct arena *a, const char *tag, const char *name)
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
			return arena_bytes(a, value + 1,
			                   (size_t)(end - value - 1));
		at = end + 1;
	}
}

char *provider_entity_id(struct arena *a, const char *metadata)
{
	const char *root = find_root(metadata);

	if (!root)
		return NULL;
	const char *name = arena_bytes(a, root, strcspn(root, " \t\r\n>/"));
	const char *colon = strchr(name, ':');
	char *found;

	if (!text_equal(colon ? colon + 1 : name, "EntityDescriptor"))
		return NULL;
	found = attribute_in(a, root, "entityID");
	/* An entityID is a URI; one that contains a reference is refused. */
	return found && *found && !strchr(found, '&') ? found : NULL;
}

/* ---- the cache */

static char *entity_id_of(struct arena *a, const char *path)
{
	struct arena *own = arena_open();
	char *bytes, *found = NULL;
	size_t length;

	if (file_read(own, path, LARGEST_FILE, &bytes, &length, NULL) &&
	    strlen(bytes) == length)
		found = arena_copy(a, provider_entity_id(own, bytes));
	arena_close(own);
	return found;
}

/* Called with the lock held; replaces the entry that was read longest ago. */
static const struct known *read_snapshot(const struct region *r)
{
	struct known *k = &known[next_known++ % SNAPSHOTS];

	arena_close(k->arena);
	*k = (struct known){ .arena = arena_open(), .count = r->service_count };
	memcpy(k->hash, r->hash, sizeof(k->hash));
	k->entity_ids = arena_array(k->arena, const char *, k->count);
	for (size_t i = 0; i < k->count; i++)
		if (r->services[i].saml)
			k->entity_ids[i] =
			    entity_id_of(k->arena, r->services[i].saml);
	return k;
}

static const struct known *known_of(const struct region *r)
{
	for (size_t i = 0; i < SNAPSHOTS; i++)
		if (known[i].arena && text_equal(known[i].hash, r->hash))
			return &known[i];
	return read_snapshot(r);
}

bool provider_is_known(const struct region *r, const struct issuer *i,
                       const char *entity_id)
{
	bool found = false;

	(void)pthread_mutex_lock(&lock);
	const struct known *k = known_of(r);

	for (size_t at = 0; at < k->count && !found; at++)
		found = k->entity_ids[at] && r->services[at].issuer == i &&
		        text_equal(k->entity_ids[at], entity_id);
	(void)pthread_mutex_unlock(&lock);
	return found;
}
