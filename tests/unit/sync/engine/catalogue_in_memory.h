/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_in_memory.h: implements catalogue_write.h on a table of entries,
 * with slapd's results, for tests with thousands of entries.  It can lose one
 * response, or become unavailable after a write. */
#ifndef TESTS_UNIT_SYNC_ENGINE_CATALOGUE_IN_MEMORY_H
#define TESTS_UNIT_SYNC_ENGINE_CATALOGUE_IN_MEMORY_H

#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/catalogue/catalogue_write.h"

struct catalogue_writer {
	json_t *entries; /* dn -> {"csn": text, "created": text,
	                  *         "a": {name: [text]}} */
	int64_t changes;
	int64_t writes_left; /* then it is unavailable; -1: unlimited */
	/* Rejects the next change of a status, and is unavailable then. */
	bool rejects_status;
};

static struct catalogue_writer memory;

static bool memory_unavailable(struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "no response");
}

/* The write was made, but its response may be lost. */
static bool memory_finish_write(json_t *entry, struct arena *a,
                                enum directory_write_result *ret,
                                char **ret_csn, struct error *err)
{
	char *csn = arena_printf(a, "csn-%" PRId64, ++memory.changes);

	if (entry)
		(void)json_object_set_new(entry, "csn", json_string(csn));
	if (memory.writes_left > 0 && --memory.writes_left == 0)
		return memory_unavailable(err);
	*ret = WRITE_OK;
	if (ret_csn)
		*ret_csn = csn;
	return true;
}

static const char *memory_parent_dn(const char *dn)
{
	const char *comma = strchr(dn, ',');

	return comma ? comma + 1 : "";
}

static void memory_modify(json_t *attributes,
                          const struct directory_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct directory_change *c = &changes[i];
		json_t *values = json_array();

		if (c->op == CHANGE_ADD)
			json_array_extend(values,
			                  json_object_get(attributes, c->name));
		for (size_t v = 0; v < c->count; v++)
			(void)json_array_append_new(
			    values, json_stringn(c->values[v].bytes,
			                         c->values[v].length));
		if (json_array_size(values) > 0)
			(void)json_object_set(attributes, c->name, values);
		else
			(void)json_object_del(attributes, c->name);
		json_decref(values);
	}
}

bool catalogue_add(struct catalogue_writer *w, const struct config *cfg,
                   struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum directory_write_result *ret, char **ret_csn,
                   struct error *err)
{
	(void)cfg;
	if (w->writes_left == 0)
		return memory_unavailable(err);
	if (json_object_get(w->entries, dn)) {
		*ret = WRITE_ALREADY_EXISTS;
		return true;
	}
	if (text_starts(memory_parent_dn(dn), "portvaktId=") &&
	    !json_object_get(w->entries, memory_parent_dn(dn))) {
		*ret = WRITE_NO_SUCH_OBJECT;
		return true;
	}
	json_t *entry = json_pack("{s:{}}", "a");
	memory_modify(json_object_get(entry, "a"), attributes, count);
	js_set_string(entry, "created",
	              clock_format_generalized_time(a, clock_now()));
	(void)json_object_set_new(w->entries, dn, entry);
	return memory_finish_write(entry, a, ret, ret_csn, err);
}

static bool memory_rejects(struct catalogue_writer *w,
                           const struct directory_change *changes, size_t count)
{
	for (size_t i = 0; w->rejects_status && i < count; i++)
		if (text_equal(changes[i].name, "portvaktStatus")) {
			w->rejects_status = false;
			w->writes_left = 0;
			return true;
		}
	return false;
}

bool catalogue_modify(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *csn, enum directory_write_result *ret,
                      char **ret_csn, struct error *err)
{
	json_t *entry = json_object_get(w->entries, dn);

	(void)cfg;
	if (w->writes_left == 0)
		return memory_unavailable(err);
	if (!entry || (csn && !text_equal(js_string(entry, "csn"), csn))) {
		*ret = entry ? WRITE_ASSERTION_FAILED : WRITE_NO_SUCH_OBJECT;
		return true;
	}
	if (memory_rejects(w, changes, count))
		return error_set(err, ERROR_INVALID, "rejected");
	memory_modify(json_object_get(entry, "a"), changes, count);
	return memory_finish_write(entry, a, ret, ret_csn, err);
}

static bool memory_has_children(const char *dn)
{
	const char *other;
	json_t *entry;

	json_object_foreach(memory.entries, other, entry)
	{
		if (strcmp(memory_parent_dn(other), dn) == 0)
			return true;
	}
	return false;
}

bool catalogue_delete(struct catalogue_writer *w, const struct config *cfg,
                      struct arena *a, const char *dn,
                      enum directory_write_result *ret, struct error *err)
{
	(void)cfg;
	if (w->writes_left == 0)
		return memory_unavailable(err);
	if (!json_object_get(w->entries, dn)) {
		*ret = WRITE_NO_SUCH_OBJECT;
		return true;
	}
	if (memory_has_children(dn))
		return error_set(err, ERROR_INVALID, "not allowed on non-leaf");
	(void)json_object_del(w->entries, dn);
	return memory_finish_write(NULL, a, ret, NULL, err);
}

bool catalogue_move(struct catalogue_writer *w, const struct config *cfg,
                    struct arena *a, const char *dn, const char *new_superior,
                    enum directory_write_result *ret, char **ret_csn,
                    struct error *err)
{
	int length = (int)strcspn(dn, ",");
	char *there = arena_printf(a, "%.*s,%s", length, dn, new_superior);
	json_t *entry = json_object_get(w->entries, dn);

	(void)cfg;
	if (w->writes_left == 0)
		return memory_unavailable(err);
	if (!entry || !json_object_get(w->entries, new_superior)) {
		*ret = WRITE_NO_SUCH_OBJECT;
		return true;
	}
	if (json_object_get(w->entries, there)) {
		*ret = WRITE_ALREADY_EXISTS;
		return true;
	}
	(void)json_object_set(w->entries, there, entry);
	(void)json_object_del(w->entries, dn);
	return memory_finish_write(entry, a, ret, ret_csn, err);
}

static bool memory_in_scope(const char *dn, const char *base,
                            enum directory_scope scope)
{
	if (scope == SCOPE_ONE_LEVEL)
		return strcmp(memory_parent_dn(dn), base) == 0;
	return strcmp(dn, base) == 0 || text_ends(dn, base);
}

static struct directory_attribute memory_attribute(struct arena *a,
                                                   const char *name,
                                                   const json_t *values)
{
	size_t count = json_array_size(values);
	struct directory_attribute t = {
		arena_strdup(a, name),
		arena_array(a, struct directory_value, count), count
	};

	for (size_t i = 0; i < count; i++) {
		const json_t *v = json_array_get(values, i);

		t.values[i] = (struct directory_value){
			arena_strdup(a, json_string_value(v)),
			json_string_length(v)
		};
	}
	return t;
}

static struct directory_entry memory_entry(struct arena *a, const char *dn,
                                           const json_t *entry)
{
	VECTOR(struct directory_attribute) all = { 0 };
	json_t *csn = js_own(a, json_pack("[s]", js_string(entry, "csn")));
	const char *name;
	json_t *values;

	json_object_foreach(json_object_get(entry, "a"), name, values) *
	    vector_append(a, &all) = memory_attribute(a, name, values);
	*vector_append(a, &all) = memory_attribute(a, "entryCSN", csn);
	if (js_string(entry, "created"))
		*vector_append(a, &all) = memory_attribute(
		    a, "createTimestamp",
		    js_own(a, json_pack("[s]", js_string(entry, "created"))));
	return (struct directory_entry){ arena_strdup(a, dn), all.at,
		                         all.count };
}

static bool memory_has_value(const json_t *values, const char *value,
                             size_t length)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *has = json_string_value(json_array_get(values, i));

		if (strlen(has) == length &&
		    strncasecmp(has, value, length) == 0)
			return true;
	}
	return false;
}

/* (name=value) and (name=*), at *at. */
static bool memory_item(const json_t *attributes, const char **at)
{
	size_t name = strcspn(*at, "=");
	const char *value = *at + name + 1;
	size_t length = strcspn(value, ")");
	struct arena *a = arena_open();
	const json_t *values =
	    json_object_get(attributes, arena_memdup(a, *at, name));
	bool any = length == 1 && *value == '*';
	bool is = any ? values || strncmp(*at, "objectClass", name) == 0
	              : memory_has_value(values, value, length);

	arena_close(a);
	*at = value + length + 1;
	return is;
}

/* The subset of RFC 4515 filters that sync uses. */
static bool memory_matches(const json_t *attributes, const char **at)
{
	char kind = *++*at;

	if (kind != '&' && kind != '|' && kind != '!')
		return memory_item(attributes, at);
	bool all = true;
	bool any = false;
	for (++*at; **at == '(';) {
		bool one = memory_matches(attributes, at);

		all &= one;
		any |= one;
	}
	++*at;
	return kind == '&' ? all : kind == '|' ? any : !any;
}

static bool memory_visit(const char *dn, const json_t *entry,
                         const char *filter,
                         bool (*each)(void *data,
                                      const struct directory_entry *e,
                                      struct error *err),
                         void *context, struct error *err)
{
	if (!memory_matches(json_object_get(entry, "a"), &filter))
		return true;
	struct arena *a = arena_open();
	const struct directory_entry e = memory_entry(a, dn, entry);
	bool good = each(context, &e, err);

	arena_close(a);
	return good;
}

bool catalogue_for_each(struct catalogue_writer *w, const struct config *cfg,
                        const char *base, enum directory_scope scope,
                        const char *filter, const char *const *names,
                        bool (*each)(void *data,
                                     const struct directory_entry *e,
                                     struct error *err),
                        void *context, struct error *err)
{
	const char *dn;
	json_t *entry;

	(void)cfg, (void)names;
	if (w->writes_left == 0)
		return memory_unavailable(err);
	if (scope == SCOPE_BASE)
		return !(entry = json_object_get(w->entries, base)) ||
		       memory_visit(base, entry, filter, each, context, err);
	json_object_foreach(w->entries, dn, entry)
	{
		if (memory_in_scope(dn, base, scope) &&
		    !memory_visit(dn, entry, filter, each, context, err))
			return false;
	}
	return true;
}

struct catalogue_writer *catalogue_writer_open(enum catalogue_account account)
{
	(void)account;
	return &memory;
}

void catalogue_writer_close(struct catalogue_writer *w)
{
	(void)w;
}

#endif
