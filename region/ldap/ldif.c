/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldif.c: reads entries from LDIF (RFC 2849). */
#include "region/ldap/ldif.h"

#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

struct ldif_attribute {
	const char *name;
	VECTOR(struct directory_value) values;
};

struct ldif_reader {
	struct arena *arena;
	const char *at; /* the next line */
	unsigned line;  /* number of the line read */
	unsigned next;  /* number of the next line */
	const char *dn; /* of the entry being read, or NULL */
	VECTOR(struct ldif_attribute) attributes;
	VECTOR(struct directory_entry) entries;
};

/* ---- lines */

static size_t ldif_line_length(const char *at)
{
	return strcspn(at, "\n");
}

/* Appends a physical line without its line end and advances. */
static void ldif_take_line(struct ldif_reader *r, size_t skip,
                           struct strbuf *line)
{
	size_t length = ldif_line_length(r->at);
	size_t shown = length;

	if (shown > skip && r->at[shown - 1] == '\r')
		shown--;
	strbuf_append_bytes(line, r->at + skip, shown - skip);
	r->at += length + (r->at[length] == '\n');
	r->next++;
}

/* Returns the next logical line: continuation lines begin with a space.  NULL
 * at the end. */
static const char *ldif_next_line(struct ldif_reader *r)
{
	struct strbuf line = strbuf_init(r->arena);

	if (!*r->at)
		return NULL;
	r->line = r->next;
	strbuf_append(&line, "");
	ldif_take_line(r, 0, &line);
	while (line.length > 0 && *r->at == ' ')
		ldif_take_line(r, 1, &line);
	return line.data;
}

/* ---- entries */

static bool ldif_error(const struct ldif_reader *r, const char *text,
                       struct error *err)
{
	return error_set(err, ERROR_INVALID, "line %u: %s", r->line, text);
}

static void ldif_end_entry(struct ldif_reader *r)
{
	struct directory_attribute *attributes = arena_array(
	    r->arena, struct directory_attribute, r->attributes.count + 1);

	if (!r->dn)
		return;
	for (size_t i = 0; i < r->attributes.count; i++)
		attributes[i] = (struct directory_attribute){
			r->attributes.at[i].name, r->attributes.at[i].values.at,
			r->attributes.at[i].values.count
		};
	*vector_append(r->arena, &r->entries) =
	    (struct directory_entry){ r->dn, attributes, r->attributes.count };
	r->dn = NULL;
	r->attributes.count = 0;
}

static struct ldif_attribute *ldif_attribute_named(struct ldif_reader *r,
                                                   const char *name)
{
	for (size_t i = 0; i < r->attributes.count; i++)
		if (strcasecmp(r->attributes.at[i].name, name) == 0)
			return &r->attributes.at[i];
	struct ldif_attribute *made = vector_append(r->arena, &r->attributes);

	*made = (struct ldif_attribute){ .name = name };
	return made;
}

/* Parses ": text", ":: base64"; ":< url" is refused. */
static bool ldif_parse_value(const struct ldif_reader *r, const char *after,
                             struct directory_value *ret, struct error *err)
{
	bool encoded = after[1] == ':';
	unsigned char *bytes = NULL;

	if (after[1] == '<')
		return ldif_error(r, "a value by URL is not read", err);
	after += encoded ? 2 : 1;
	after += strspn(after, " ");
	if (!encoded) {
		*ret = (struct directory_value){ arena_strdup(r->arena, after),
			                         strlen(after) };
		return true;
	}
	if (!base64_decode(r->arena, after, strlen(after), &bytes,
	                   &ret->length))
		return ldif_error(r, "the base64 value is malformed", err);
	ret->bytes = arena_memdup(r->arena, bytes, ret->length);
	return true;
}

static bool ldif_begin_entry(struct ldif_reader *r,
                             const struct directory_value *dn,
                             struct error *err)
{
	if (r->dn)
		return ldif_error(r, "an entry has two DNs", err);
	if (strlen(dn->bytes) != dn->length)
		return ldif_error(r, "the DN contains a NUL", err);
	r->dn = dn->bytes;
	return true;
}

static bool ldif_add_line(struct ldif_reader *r, const char *line,
                          struct error *err)
{
	const char *colon = strchr(line, ':');
	struct directory_value value = { 0 };

	if (!colon || colon == line)
		return ldif_error(r, "expected \"ATTRIBUTE: VALUE\"", err);
	const char *name = arena_memdup(r->arena, line, (size_t)(colon - line));
	if (!ldif_parse_value(r, colon, &value, err))
		return false;
	if (strcasecmp(name, "dn") == 0)
		return ldif_begin_entry(r, &value, err);
	if (!r->dn && strcasecmp(name, "version") == 0)
		return true;
	if (!r->dn)
		return ldif_error(r, "an entry begins with \"dn:\"", err);
	if (strcasecmp(name, "changetype") == 0)
		return ldif_error(r, "a change is no entry", err);
	*vector_append(r->arena, &ldif_attribute_named(r, name)->values) =
	    value;
	return true;
}

bool ldif_parse(struct arena *a, const char *text, size_t length,
                struct directory_entry **ret_entries, size_t *ret_count,
                struct error *err)
{
	struct ldif_reader r = { .arena = a, .at = text, .next = 1 };
	const char *line;

	if (strlen(text) != length)
		return error_set(err, ERROR_INVALID, "the text contains a NUL");
	while ((line = ldif_next_line(&r)) != NULL) {
		if (!*line)
			ldif_end_entry(&r);
		else if (*line != '#' && !ldif_add_line(&r, line, err))
			return false;
	}
	ldif_end_entry(&r);
	*ret_entries = r.entries.at;
	*ret_count = r.entries.count;
	return true;
}
