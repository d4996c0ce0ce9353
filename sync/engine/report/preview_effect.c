/* SPDX-License-Identifier: AGPL-3.0-or-later
 * preview_effect.c: the preview's effects: each attribute that would change,
 * dates, and whether the person can log in. */
#include "sync/engine/report/preview_private.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"

/* ---- lines */

void preview_line(const struct preview *p, const char *label, const char *text)
{
	ipc_reply_line(p->request, "%-12s %s", label, text);
}

/* ---- attributes */

/* Attributes that are never shown, and those that a protected address hides. */
static bool preview_is_hidden(const struct preview *p, const char *name)
{
	static const char *const always[] = { "portvaktJoin" };
	static const char *const if_protected[] = {
		"cn",
		"sn",
		"givenName",
		"displayName",
		"mail",
		"portvaktUnit",
		"telephoneNumber",
		"portvaktSourceDn",
		"portvaktFormerDn",
		"title",
		"employeeNumber",
		"portvaktLogin",
		"portvaktReleasedName",
		"portvaktRecentChange",
		"portvaktFormerName",
	};

	for (size_t i = 0; i < LENGTH(always); i++)
		if (text_equal(always[i], name))
			return true;
	for (size_t i = 0; p->is_protected && i < LENGTH(if_protected); i++)
		if (text_equal(if_protected[i], name))
			return true;
	return false;
}

static const char *preview_values(const struct preview *p, const json_t *attrs,
                                  const char *name)
{
	const json_t *list = js_array(attrs, name);
	struct strbuf text = strbuf_init(p->arena);

	if (!list)
		return "nothing";
	if (preview_is_hidden(p, name))
		return "(hidden)";
	for (size_t i = 0; i < json_array_size(list); i++)
		strbuf_appendf(&text, "%s\"%s\"", i ? ", " : "",
		               json_string_value(json_array_get(list, i)));
	return text.data;
}

static void preview_show_attribute(const struct preview *p, const char *name,
                                   const json_t *before, const json_t *after)
{
	if (json_equal(js_array(before, name), js_array(after, name)))
		return;
	ipc_reply_line(p->request, "  %s: %s -> %s", name,
	               preview_values(p, before, name),
	               preview_values(p, after, name));
}

/* Each attribute that differs. */
static void preview_show_difference(const struct preview *p,
                                    const struct plan_step *s)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)s->after, name, value)
	{
		preview_show_attribute(p, name, s->before, s->after);
	}
	json_object_foreach((json_t *)s->before, name, value)
	{
		if (!js_array(s->after, name))
			preview_show_attribute(p, name, s->before, s->after);
	}
}

void preview_show_step(const struct preview *p, const struct plan_step *s)
{
	static const char *const verbs[] = { [STEP_ADD] = "added",
		                             [STEP_CHANGE] = "changed",
		                             [STEP_REMOVE] = "removed" };

	ipc_reply_line(p->request, "%-12s %s would be %s",
	               s->is_person ? "person" : "affiliation",
	               s->kind == STEP_ADD ? "a new one" : s->id,
	               verbs[s->kind]);
	if (s->kind != STEP_REMOVE)
		preview_show_difference(p, s);
}

/* ---- dates and login */

static const char *preview_date(const struct preview *p, const char *name)
{
	const char *text = entry_json_value(p->after, name);
	int64_t when = 0;

	return text && clock_parse_generalized_time(text, &when)
	           ? clock_format_iso(p->arena, when)
	           : "-";
}

void preview_show_dates(const struct preview *p)
{
	const char *suspended = entry_json_value(p->after, "portvaktSuspended");
	int64_t since = 0;

	preview_line(p, "dates",
	             arena_printf(p->arena, "from %s until %s",
	                          preview_date(p, "portvaktFrom"),
	                          preview_date(p, "portvaktUntil")));
	if (!suspended || !clock_parse_generalized_time(suspended, &since))
		return;
	preview_line(
	    p, "  suspended",
	    arena_printf(
		p->arena, "since %s%s%s", clock_format_iso(p->arena, since),
		p->entry ? "" : ", removed after ",
		p->entry ? ""
			 : clock_format_iso(p->arena,
	                                    since + p->cfg->delete_after)));
}

static const char *preview_why_suspended(const struct preview *p)
{
	const char *why =
	    p->is_classified
		? source_entry_why_disabled(p->arena, p->entry, clock_now())
		: p->why_no_kind;

	return why ? why : "it was held or waits to be written";
}

/* Returns why the person cannot log in by this entry; NULL: it can. */
static const char *preview_why_no_login(const struct preview *p)
{
	const struct municipality *m = p->classification.municipality;
	const char *from = entry_json_value(p->after, "portvaktFrom");
	int64_t when = 0;

	if (!p->after)
		return p->is_classified ? "it has no affiliation"
		                        : p->why_no_kind;
	if (!text_equal(entry_json_value(p->after, "portvaktStatus"), "active"))
		return preview_why_suspended(p);
	if (!entry_json_value(p->after, "portvaktLogin"))
		return "it has no login name";
	if (from && clock_parse_generalized_time(from, &when) &&
	    when > clock_now())
		return "its first day is to come";
	if (m && m->offboarding_date > 0 && m->offboarding_date <= clock_now())
		return arena_printf(p->arena, "%s has left the region",
		                    m->name);
	return NULL;
}

void preview_show_login(const struct preview *p)
{
	const char *why = preview_why_no_login(p);
	const char *label = p->held_count > 0 ? "login then" : "login";
	const char *doubt = entry_json_value(p->after, "portvaktDoubt");

	if (why) {
		preview_line(p, label,
		             arena_printf(p->arena, "not possible: %s", why));
		return;
	}
	preview_line(
	    p, label,
	    arena_printf(p->arena,
	                 "possible as %s, with the password in "
	                 "directory %s",
	                 p->is_protected
	                     ? "(hidden)"
	                     : entry_json_value(p->after, "portvaktLogin"),
	                 p->directory));
	if (doubt)
		preview_line(p, "  limited",
		             arena_printf(p->arena,
		                          "to this affiliation, in doubt: %s",
		                          doubt));
}
