/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refused_values.c: leaves out what the catalogue's server rejects, so that the
 * rest of the entry, its rights above all, is written.  diagnosticMessage (RFC
 * 4511 4.1.9) is free text, but slapd names the attribute in it: "mail: value
 * #0 invalid per syntax".  If it names none, all optional attributes are left
 * out. */
#include "sync/engine/provision/refused_values.h"

#include <ctype.h>
#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/value_syntax.h"

static bool refused_is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* Returns whether the text has the name as a token. */
static bool refused_text_names(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strcasestr(at, name)) != NULL; at++)
		if ((at == text || !refused_is_name_character(at[-1])) &&
		    !refused_is_name_character(at[length]))
			return true;
	return false;
}

/* An attribute that is required keeps its value in the catalogue, if it has one
 * there; the entry is quarantined. */
static bool refused_keep_required(struct plan_step *s, json_t *after,
                                  const json_t *current, const char *name)
{
	const json_t *kept = js_array(current, name);

	if (!s->is_person || !kept ||
	    (!text_equal(name, "cn") && !text_equal(name, "sn")))
		return false;
	(void)json_object_set(after, name, (json_t *)kept);
	s->requires = true;
	return true;
}

static bool refused_remove(struct arena *a, struct plan_step *s, json_t *after,
                           const json_t *current, const char *name)
{
	if (!value_syntax_is_optional(name, s->is_person))
		return refused_keep_required(s, after, current, name);
	if (!s->refused)
		s->refused = js_own(a, json_array());
	(void)json_array_append_new(s->refused,
	                            json_string(value_syntax_field(name)));
	(void)json_object_del(after, name);
	return true;
}

/* text NULL: every attribute counts as named. */
static bool refused_remove_named(struct arena *a, struct plan_step *s,
                                 json_t *after, const json_t *current,
                                 const char *text)
{
	const char *name;
	json_t *values;
	void *next;
	bool found = false;

	json_object_foreach_safe(after, next, name, values)
	{
		if (json_equal(values, js_array(current, name)) ||
		    (text && !refused_text_names(text, name)))
			continue;
		found |=
		    refused_remove(a, s, after, current, arena_strdup(a, name));
	}
	return found;
}

bool refused_leave_out(struct arena *a, struct plan_step *s,
                       const json_t *current, const char *text)
{
	json_t *after = s->after ? js_own(a, json_deep_copy(s->after)) : NULL;

	if (!after || (!refused_remove_named(a, s, after, current, text) &&
	               !refused_remove_named(a, s, after, current, NULL)))
		return false;
	s->after = after;
	return true;
}
