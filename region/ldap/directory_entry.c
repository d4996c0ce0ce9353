/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_entry.c: attributes and values of an entry.  Without libldap, so
 * that programs that only read entries from elsewhere do not load it. */
#include <string.h>
#include <strings.h>

#include "region/ldap/directory.h"

const struct directory_attribute *directory_entry_attribute(
    const struct directory_entry *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++)
		if (strcasecmp(e->attributes[i].name, name) == 0)
			return &e->attributes[i];
	return NULL;
}

static bool value_is_string(const struct directory_value *v)
{
	return memchr(v->bytes, '\0', v->length) == NULL;
}

const char *directory_entry_text(const struct directory_entry *e,
                                 const char *name)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, name);

	if (!t || t->count == 0 || !value_is_string(&t->values[0]))
		return NULL;
	return t->values[0].bytes;
}

char **directory_entry_texts(struct arena *a, const struct directory_entry *e,
                             const char *name)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, name);
	size_t count = t ? t->count : 0;
	char **texts = arena_array(a, char *, count + 1);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (value_is_string(&t->values[i]))
			texts[n++] = t->values[i].bytes;
	return texts;
}

static struct directory_attribute *copy_entry_attributes(
    struct arena *a, const struct directory_entry *e)
{
	struct directory_attribute *to =
	    arena_array(a, struct directory_attribute, e->count);

	for (size_t i = 0; i < e->count; i++) {
		const struct directory_attribute *from = &e->attributes[i];

		to[i] = (struct directory_attribute){
			arena_strdup(a, from->name),
			arena_array(a, struct directory_value, from->count),
			from->count
		};
		for (size_t v = 0; v < from->count; v++)
			to[i].values[v] = (struct directory_value){
				arena_memdup(a, from->values[v].bytes,
				             from->values[v].length),
				from->values[v].length
			};
	}
	return to;
}

struct directory_entry directory_entry_copy(struct arena *a,
                                            const struct directory_entry *e)
{
	return (struct directory_entry){ arena_strdup(a, e->dn),
		                         copy_entry_attributes(a, e),
		                         e->count };
}
