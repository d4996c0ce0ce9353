/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_bundle.c: writes the files of an export bundle from the catalogue,
 * the configuration and the signer's responses. LDIF is RFC 2849. For a person
 * who keeps an affiliation elsewhere, only this municipality's values are
 * exported. */
#include <string.h>

#include "idp/admin/offboard/offboarding.h"
#include "lib/strbuf.h"

/* One file in progress. */
struct bundle_writer {
	const struct offboarding *off;
	struct reply_stream *out;
};

static const char *const all_attributes[] = { "*", NULL };

static bool bundle_name_is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}

/* ---- people.ldif */

/* Keeps the attributes to which no other municipality contributed. */
static bool bundle_keep_impersonal(void *data, const char *name,
                                   const struct directory_value *v)
{
	static const char *const names[] = {
		"objectClass",       "portvaktId",      "portvaktFormerId",
		"portvaktProtected", "portvaktVersion", NULL
	};

	(void)data, (void)v;
	return bundle_name_is_one_of(name, names);
}

static const char *bundle_surname(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return blank && blank[1] ? blank + 1 : name;
}

static void bundle_write_staying_person(struct reply_stream *out,
                                        const struct directory_entry *e,
                                        const json_t *known)
{
	const char *name = js_string(known, "name") ?: "-";

	ldif_write_entry(out, e, bundle_keep_impersonal, NULL);
	ldif_write_text(out, "cn", name);
	ldif_write_text(out, "sn", bundle_surname(name));
	ldif_write_text(out, "displayName", name);
	ldif_write_text(out, "portvaktStatus",
	                js_true(known, "active") ? "active" : "suspended");
}

static bool bundle_on_person(void *data, const struct directory_entry *e,
                             struct error *err)
{
	struct bundle_writer *writer = data;
	const char *id = directory_entry_text(e, "portvaktId");
	const json_t *known = id ? js_object(writer->off->people, id) : NULL;

	(void)err;
	if (!known)
		return true;
	if (js_true(known, "stays"))
		bundle_write_staying_person(writer->out, e, known);
	else
		ldif_write_entry(writer->out, e, NULL, NULL);
	reply_stream_append(writer->out, "\n");
	return true;
}

static bool bundle_on_entry(void *data, const struct directory_entry *e,
                            struct error *err)
{
	struct bundle_writer *writer = data;

	(void)err;
	ldif_write_entry(writer->out, e, NULL, NULL);
	reply_stream_append(writer->out, "\n");
	return true;
}

static bool bundle_write_people(const struct offboarding *off,
                                struct reply_stream *out, struct error *err)
{
	struct bundle_writer writer = { off, out };

	return offboarding_each_entry(off, "people", SCOPE_ONE_LEVEL,
	                              "(objectClass=portvaktPerson)",
	                              all_attributes, bundle_on_person, &writer,
	                              err) &&
	       offboarding_each_entry(
		   off, "people", SCOPE_SUBTREE,
		   arena_printf(off->arena, "(portvaktMunicipality=%s)",
	                        off->m->name),
		   all_attributes, bundle_on_entry, &writer, err);
}

/* ---- groups.ldif, bodies.ldif */

static bool bundle_keep_own_members(void *data, const char *name,
                                    const struct directory_value *v)
{
	const struct offboarding *off = data;

	return strcasecmp(name, "portvaktMember") != 0 ||
	       json_object_get(off->affiliations, v->bytes) != NULL;
}

static bool bundle_on_group(void *data, const struct directory_entry *e,
                            struct error *err)
{
	struct bundle_writer *writer = data;

	(void)err;
	ldif_write_entry(writer->out, e, bundle_keep_own_members,
	                 (void *)(uintptr_t)writer->off);
	reply_stream_append(writer->out, "\n");
	return true;
}

static bool bundle_write_groups(const struct offboarding *off,
                                struct reply_stream *out, struct error *err)
{
	struct bundle_writer writer = { off, out };

	return offboarding_each_entry(
	    off, "groups", SCOPE_SUBTREE,
	    arena_printf(off->arena, "(portvaktMunicipality=%s)", off->m->name),
	    all_attributes, bundle_on_group, &writer, err);
}

/* The municipality with its units and schools. */
static bool bundle_write_organisations(const struct offboarding *off,
                                       struct reply_stream *out,
                                       struct error *err)
{
	struct bundle_writer writer = { off, out };

	return offboarding_each_entry(
	    off, "municipalities", SCOPE_SUBTREE,
	    arena_printf(off->arena, "(|(portvaktId=%s)(portvaktId=%s.*))",
	                 off->m->name, off->m->name),
	    all_attributes, bundle_on_entry, &writer, err);
}

/* ---- roles.ldif, decisions.ldif */

static bool bundle_on_role(void *data, const struct directory_entry *e,
                           struct error *err)
{
	struct bundle_writer *writer = data;
	const char *holder = directory_entry_text(e, "portvaktHolder");

	if (holder && offboarding_owns_subject(writer->off, holder))
		return bundle_on_entry(data, e, err);
	return true;
}

static bool bundle_write_roles(const struct offboarding *off,
                               struct reply_stream *out, struct error *err)
{
	struct bundle_writer writer = { off, out };

	return offboarding_each_entry(
	    off, "roles", SCOPE_SUBTREE, "(objectClass=portvaktRoleGiven)",
	    all_attributes, bundle_on_role, &writer, err);
}

/* Overrides about the operation of this region are not exported. */
static bool bundle_has_override_kind(const struct directory_entry *e)
{
	static const char *const kinds[] = { "join", "new",   "out",
		                             "part", "grace", NULL };
	const char *decides = directory_entry_text(e, "portvaktDecides");

	return decides && bundle_name_is_one_of(decides, kinds);
}

static bool bundle_is_login_name_registry(const struct offboarding *off,
                                          const struct directory_entry *e)
{
	const char *name = directory_entry_text(e, "cn");

	return text_equal(directory_entry_text(e, "portvaktDecides"),
	                  "login-name") &&
	       name &&
	       text_starts(name, arena_printf(off->arena, "%s:", off->m->name));
}

static bool bundle_override_concerns(const struct offboarding *off,
                                     const struct directory_entry *e)
{
	char **subjects =
	    directory_entry_texts(off->arena, e, "portvaktSubject");

	for (; *subjects; subjects++)
		if (offboarding_owns_subject(off, *subjects))
			return true;
	return false;
}

/* Drops subjects that are not the municipality's entries, affiliations or
 * people. */
static bool bundle_keep_own_subjects(void *data, const char *name,
                                     const struct directory_value *v)
{
	const struct offboarding *off = data;

	if (strcasecmp(name, "portvaktSubject") != 0)
		return true;
	return offboarding_owns_subject(off, v->bytes) ||
	       json_object_get(off->people, v->bytes) != NULL;
}

static bool bundle_on_override(void *data, const struct directory_entry *e,
                               struct error *err)
{
	struct bundle_writer *writer = data;

	if (bundle_is_login_name_registry(writer->off, e))
		return bundle_on_entry(data, e, err);
	if (!bundle_has_override_kind(e) ||
	    !bundle_override_concerns(writer->off, e))
		return true;
	ldif_write_entry(writer->out, e, bundle_keep_own_subjects,
	                 (void *)(uintptr_t)writer->off);
	reply_stream_append(writer->out, "\n");
	return true;
}

static bool bundle_write_overrides(const struct offboarding *off,
                                   struct reply_stream *out, struct error *err)
{
	struct bundle_writer writer = { off, out };

	return offboarding_each_entry(
	    off, "decisions", SCOPE_SUBTREE, "(objectClass=portvaktDecision)",
	    all_attributes, bundle_on_override, &writer, err);
}

/* ---- salt.jwe */

static bool bundle_write_salt(const struct offboarding *off,
                              struct reply_stream *out, struct error *err)
{
	const char *to = cmd_option(off->cmd, "to");
	struct export_salt_request request = { 0 };
	struct export_salt_reply reply;

	if (!to || !js_parse(off->arena, to, strlen(to), &request.to, err))
		return error_set(err, ERROR_INVALID,
		                 "--to KEYFILE is required");
	if (!off->m->issuer)
		return error_set(err, ERROR_INVALID,
		                 "%s has no issuer of its own", off->m->name);
	request.issuer = off->m->issuer->name;
	if (!export_salt_call(admin_backends.signer, off->arena,
	                      off->cmd->cfg->hash, &request, &reply, err))
		return false;
	reply_stream_append(out, reply.sealed);
	reply_stream_append(out, "\n");
	return true;
}

/* ---- the files of a bundle */

static const struct {
	const char *name;
	bool (*write)(const struct offboarding *off, struct reply_stream *out,
	              struct error *err);
} bundle_files[] = {
	{ "people.ldif", bundle_write_people },
	{ "groups.ldif", bundle_write_groups },
	{ "bodies.ldif", bundle_write_organisations },
	{ "roles.ldif", bundle_write_roles },
	{ "decisions.ldif", bundle_write_overrides },
	{ "salt.jwe", bundle_write_salt },
	{ "services.json", offboard_services_json },
	{ "subjects.csv", offboard_subjects_csv },
};

bool offboard_bundle_file(const struct offboarding *off, const char *name,
                          struct error *err)
{
	struct reply_stream out = reply_stream_init(off->cmd);

	for (size_t i = 0; i < LENGTH(bundle_files); i++) {
		if (!text_equal(bundle_files[i].name, name))
			continue;
		if (!bundle_files[i].write(off, &out, err))
			return false;
		reply_stream_flush(&out);
		return true;
	}
	return error_set(err, ERROR_INVALID, "a bundle has no file %s", name);
}
