/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_json.c: attributes of a catalogue entry as JSON, and the differences
 * between two of them. */
#include "sync/engine/catalogue/entry_json.h"

#include <stdlib.h>
#include <string.h>

#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

static int entry_json_compare_values(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void entry_json_set_sorted(json_t *attrs, const char *name,
                                  const char **values, size_t count)
{
	json_t *list = json_array();

	if (count > 0)
		qsort(values, count, sizeof(values[0]),
		      entry_json_compare_values);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(values[i], values[i - 1]) != 0)
			(void)json_array_append_new(list,
			                            json_string(values[i]));
	if (json_array_size(list) == 0) {
		json_decref(list);
		return;
	}
	(void)json_object_set_new(attrs, name, list);
}

size_t entry_json_keep_newest(const char **values, size_t count, size_t most)
{
	if (count <= most)
		return count;
	qsort(values, count, sizeof(values[0]), entry_json_compare_values);
	memmove(values, values + (count - most), most * sizeof(values[0]));
	return most;
}

void entry_json_set_values(json_t *attrs, const char *name, const char **values,
                           size_t count)
{
	(void)json_object_del(attrs, name);
	entry_json_set_sorted(attrs, name, values, count);
}

void entry_json_set(json_t *attrs, const char *name, const char *value)
{
	(void)json_object_del(attrs, name);
	if (value && *value)
		entry_json_set_sorted(attrs, name, &value, 1);
}

const char *entry_json_value(const json_t *attrs, const char *name)
{
	return json_string_value(json_array_get(js_array(attrs, name), 0));
}

json_t *entry_json_parse(struct arena *a, const char *text)
{
	json_t *object = NULL;

	return text && js_parse(a, text, strlen(text), &object, NULL) ? object
	                                                              : NULL;
}

json_t *entry_json_from_ldap(struct arena *a, const struct directory_entry *e,
                             const char *const *names)
{
	json_t *attrs = js_own(a, json_object());

	for (; *names; names++) {
		char **texts = directory_entry_texts(a, e, *names);
		size_t count = 0;

		while (texts[count])
			count++;
		entry_json_set_sorted(attrs, *names, (const char **)texts,
		                      count);
	}
	return attrs;
}

/* Sorts values and drops those that the catalogue treats as equal: it rejects
 * an entry with two values that differ by case or blanks only.  Returns how
 * many remain. */
static size_t entry_json_drop_equal_values(struct arena *a, const char **values,
                                           size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(values, count, sizeof(values[0]),
		      entry_json_compare_values);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < kept && !text_equal(name_fold_value(a, values[k]),
		                               name_fold_value(a, values[i])))
			k++;
		if (k == kept)
			values[kept++] = values[i];
	}
	return kept;
}

void entry_json_set_distinct(struct arena *a, json_t *attrs, const char *name,
                             const char **values, size_t count)
{
	entry_json_set_sorted(attrs, name, values,
	                      entry_json_drop_equal_values(a, values, count));
}

/* ---- differences */

static struct directory_change entry_json_replace(struct arena *a,
                                                  const char *name,
                                                  const json_t *values)
{
	size_t count = json_array_size(values);
	struct directory_value *to =
	    arena_array(a, struct directory_value, count);

	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(values, i));

		to[i] = (struct directory_value){ arena_strdup(a, text),
			                          strlen(text) };
	}
	return (struct directory_change){ CHANGE_REPLACE, arena_strdup(a, name),
		                          to, count };
}

const struct directory_change *entry_json_diff(struct arena *a,
                                               const json_t *before,
                                               const json_t *after,
                                               size_t *ret_count,
                                               char **ret_names)
{
	VECTOR(struct directory_change) changes = { 0 };
	struct strbuf names = strbuf_init(a);
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)after, name, values)
	{
		if (json_equal(values, js_array(before, name)))
			continue;
		*vector_append(a, &changes) =
		    entry_json_replace(a, name, values);
		strbuf_appendf(&names, " %s", name);
	}
	json_object_foreach((json_t *)before, name, values)
	{
		if (js_array(after, name))
			continue;
		*vector_append(a, &changes) = entry_json_replace(a, name, NULL);
		strbuf_appendf(&names, " -%s", name);
	}
	*ret_count = changes.count;
	*ret_names = names.length > 0 ? names.data + 1 : names.data;
	return changes.at;
}
