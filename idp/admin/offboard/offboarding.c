/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboarding.c: reads from the catalogue which people, affiliations and
 * directory entries belong to a municipality, and which to it alone. */
#include "idp/admin/offboard/offboarding.h"

#include <string.h>

#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

/* ---- the catalogue */

bool offboarding_each_entry(const struct offboarding *off, const char *tree,
                            enum directory_scope scope, const char *filter,
                            const char *const *names,
                            bool (*each)(void *data,
                                         const struct directory_entry *e,
                                         struct error *err),
                            void *data, struct error *err)
{
	return directory_search_each(
	    off->catalogue,
	    arena_printf(off->arena, "ou=%s,%s", tree,
	                 off->cmd->cfg->catalogue.base),
	    scope, filter, names, each, data, err);
}

/* Returns the parent's id in
 * portvaktId=<affiliation>,portvaktId=<person>,... */
static char *offboarding_parent_id(struct arena *a, const char *dn)
{
	const char *comma = strchr(dn, ',');
	const char *equals = comma ? strchr(comma, '=') : NULL;

	return equals ? arena_memdup(a, equals + 1, strcspn(equals + 1, ","))
	              : NULL;
}

static bool offboarding_on_own(void *data, const struct directory_entry *e,
                               struct error *err)
{
	struct offboarding *off = data;
	const char *id = directory_entry_text(e, "portvaktId");
	const char *person = offboarding_parent_id(off->arena, e->dn);
	const char *directory = directory_entry_text(e, "portvaktDirectory");
	const char *anchor = directory_entry_text(e, "portvaktAnchor");
	bool active =
	    text_equal(directory_entry_text(e, "portvaktStatus"), "active");

	(void)err;
	if (!id || !person)
		return true;
	json_t *known = json_object_get(off->people, person);

	if (!known) {
		known = json_pack("{s:b, s:b}", "active", 0, "stays", 0);
		(void)json_object_set_new(off->people, person, known);
	}
	if (active || !js_string(known, "name"))
		js_set_string(known, "name", directory_entry_text(e, "cn"));
	if (active)
		(void)json_object_set_new(known, "active", json_true());
	js_set_string(off->affiliations, id, person);
	if (directory && anchor)
		(void)json_object_set_new(
		    off->anchors,
		    arena_printf(off->arena, "%s:%s", directory, anchor),
		    json_true());
	return true;
}

static bool offboarding_on_other(void *data, const struct directory_entry *e,
                                 struct error *err)
{
	struct offboarding *off = data;
	const char *person = offboarding_parent_id(off->arena, e->dn);
	json_t *known = person ? json_object_get(off->people, person) : NULL;

	(void)err;
	if (!known || js_true(known, "stays"))
		return true;
	(void)json_object_set_new(known, "stays", json_true());
	off->staying++;
	return true;
}

bool offboarding_load(const struct admin_command *cmd,
                      const struct municipality *m, struct offboarding *ret,
                      struct error *err)
{
	static const char *const own_names[] = { "portvaktId",
		                                 "portvaktDirectory",
		                                 "portvaktAnchor",
		                                 "portvaktStatus",
		                                 "cn",
		                                 NULL };
	static const char *const no_attributes[] = { "1.1", NULL };
	struct arena *a = cmd->arena;

	*ret = (struct offboarding){ .cmd = cmd,
		                     .arena = a,
		                     .m = m,
		                     .people = js_own(a, json_object()),
		                     .affiliations = js_own(a, json_object()),
		                     .anchors = js_own(a, json_object()) };
	return cmd_open_catalogue(cmd, &ret->catalogue, err) &&
	       offboarding_each_entry(
		   ret, "people", SCOPE_SUBTREE,
		   arena_printf(a, "(portvaktMunicipality=%s)", m->name),
		   own_names, offboarding_on_own, ret, err) &&
	       offboarding_each_entry(
		   ret, "people", SCOPE_SUBTREE,
		   arena_printf(a,
	                        "(&(objectClass=portvaktAffiliation)"
	                        "(!(portvaktMunicipality=%s)))",
	                        m->name),
		   no_attributes, offboarding_on_other, ret, err);
}

/* ---- ownership */

/* Returns whether the municipality reads people from that directory, or gave it
 * its name, and no other municipality reads it. */
static bool offboarding_is_only_reader(const struct offboarding *off,
                                       const char *directory)
{
	const struct config *cfg = off->cmd->cfg;
	bool ours = text_equal(directory, off->m->name);

	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		for (size_t p = 0; p < m->source_mapping_count; p++)
			if (text_equal(m->source_mappings[p].directory->name,
			               directory)) {
				if (m != off->m)
					return false;
				ours = true;
			}
	}
	return ours;
}

bool offboarding_owns_subject(const struct offboarding *off,
                              const char *subject)
{
	const char *colon = strchr(subject, ':');

	if (!colon)
		return json_object_get(off->affiliations, subject) != NULL;
	return json_object_get(off->anchors, subject) ||
	       offboarding_is_only_reader(
		   off, arena_memdup(off->arena, subject,
	                             (size_t)(colon - subject)));
}

static bool offboarding_may_use_service(const struct municipality *m,
                                        const char *service)
{
	for (size_t i = 0; i < m->rule_count; i++)
		for (char **n = m->rules[i].services; *n; n++)
			if (!m->rules[i].is_deny &&
			    (text_equal(*n, service) || text_equal(*n, "any")))
				return true;
	return false;
}

bool offboarding_service_needs_mapping(const struct municipality *m,
                                       const struct service *s)
{
	return !s->issuer->owner && offboarding_may_use_service(m, s->name);
}

/* ---- steps */

const char keep_audit_log[] = "keep audit-log";

static char *offboarding_step_subject(struct arena *a, const char *step)
{
	return arena_printf(a, "step %s", step);
}

bool offboarding_step_time(const struct offboarding *off, const char *step,
                           int64_t *ret, struct error *err)
{
	static const char *const names[] = { "portvaktFrom", "portvaktUntil",
		                             NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	*ret = 0;
	if (!directory_search(
		off->catalogue, off->arena,
		arena_printf(off->arena, "ou=decisions,%s",
	                     off->cmd->cfg->catalogue.base),
		SCOPE_ONE_LEVEL,
		arena_printf(off->arena,
	                     "(&(portvaktDecides=leave)(portvaktSubject=%s)"
	                     "(portvaktSubject=%s))",
	                     off->m->name,
	                     offboarding_step_subject(off->arena, step)),
		names, 1000, &found, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *when =
		    directory_entry_text(&found[i], "portvaktUntil")
			?: directory_entry_text(&found[i], "portvaktFrom");
		int64_t at = 0;

		if (when && clock_parse_generalized_time(when, &at) &&
		    at > *ret)
			*ret = at;
	}
	return true;
}

bool offboarding_keeps_audit_log(const struct admin_command *cmd)
{
	for (size_t i = 1; i < cmd->argc; i++)
		if (text_equal(cmd->argv[i], "--keep-audit-log"))
			return true;
	return false;
}

bool offboarding_order_step(const struct admin_command *cmd,
                            const struct municipality *m, const char *step,
                            int64_t until, struct error *err)
{
	const char *subjects[] = { offboarding_step_subject(cmd->arena, step),
		                   keep_audit_log };
	const struct operator_override d = {
		.kind = "leave",
		.target = m->name,
		.subjects = subjects,
		.count = offboarding_keeps_audit_log(cmd) ? 2 : 1,
		.until = until
	};

	return override_create(cmd, &d, NULL, err);
}
