/* SPDX-License-Identifier: AGPL-3.0-or-later
 * removal_certificate.c: the signed statement of what a removal deleted, with
 * hashes of the ids, so that the municipality can prove it later. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "idp/admin/offboard/removal_private.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"

json_t *removal_ids(const struct removal *x)
{
	json_t *ids = js_own(x->arena, json_object());
	const char *id;
	json_t *known;

	json_object_foreach(x->off.people, id, known)
	{
		if (!js_true(known, "stays"))
			(void)json_object_set_new(ids, id, json_true());
	}
	json_object_foreach(x->off.affiliations, id, known)
	{
		(void)json_object_set_new(ids, id, json_true());
	}
	return ids;
}

static json_t *removal_id_hashes(const struct removal *x)
{
	json_t *list = json_array();
	json_t *ids = removal_ids(x);
	const char *id;
	json_t *ignored;

	json_object_foreach(ids, id, ignored)
	{
		(void)json_array_append_new(
		    list,
		    json_string(hash_sha256_hex(x->arena, id, strlen(id))));
	}
	return list;
}

static const char *removal_certificate(const struct removal *x)
{
	const struct admin_command *cmd = x->cmd;
	size_t people = 0;
	const char *id;
	json_t *known;

	json_object_foreach(x->off.people, id, known)
	{
		people += !js_true(known, "stays");
	}
	json_t *c = js_own(
	    x->arena,
	    json_pack("{s:i, s:s, s:I, s:I, s:O, s:o}", "v", 1, "what",
	              "removed", "people", (json_int_t)people, "stay",
	              (json_int_t)(json_object_size(x->off.people) - people),
	              "removed", x->done, "ids", removal_id_hashes(x)));

	js_set_string(c, "municipality", x->off.m->name);
	js_set_string(c, "number", x->off.m->organisation_number);
	js_set_string(c, "region", cmd->cfg->name);
	js_set_string(c, "at", clock_format_iso(x->arena, clock_now()));
	js_set_string(c, "by", cmd_option(cmd, "by"));
	js_set_string(c, "reason", cmd_option(cmd, "reason"));
	js_set_string(c, "audit",
	              offboarding_keeps_audit_log(x->cmd) ? "kept" : "removed");
	return js_dump(x->arena, c);
}

static bool removal_sign_certificate(const struct removal *x, const char *text,
                                     const char **ret, struct error *err)
{
	const struct sign_manifest_request request = {
		.what = MANIFEST_KIND_REMOVAL,
		.municipality = x->off.m->name,
		.sha256 = hash_sha256_hex(x->arena, text, strlen(text)),
	};
	struct sign_manifest_reply reply;

	if (!sign_manifest_call(admin_backends.signer, x->arena,
	                        x->cmd->cfg->hash, &request, &reply, err))
		return false;
	*ret = reply.jws;
	return true;
}

/* Returns a new path: a repeated removal finds no data and must not overwrite
 * the first certificate. */
static const char *removal_certificate_path(const struct removal *x)
{
	const int64_t now = clock_now();
	const char *stem =
	    arena_printf(x->arena, "%s/admin/removed-%s",
	                 x->cmd->cfg->state_directory, x->off.m->name);
	const char *path = arena_printf(x->arena, "%s-%.10s", stem,
	                                clock_format_iso(x->arena, now));

	if (access(arena_printf(x->arena, "%s.json", path), F_OK) != 0)
		return path;
	return arena_printf(x->arena, "%s-%s", stem,
	                    clock_format_generalized_time(x->arena, now));
}

bool removal_write_certificate(const struct removal *x, struct error *err)
{
	const char *text = removal_certificate(x), *jws;
	const char *path = removal_certificate_path(x);

	if (!removal_sign_certificate(x, text, &jws, err) ||
	    !file_write(arena_printf(x->arena, "%s.json", path), text,
	                strlen(text), REMOVAL_FILE_MODE, err) ||
	    !file_write(arena_printf(x->arena, "%s.jws", path), jws,
	                strlen(jws), REMOVAL_FILE_MODE, err))
		return false;
	ipc_reply_line(x->cmd->request, "certificate   %s.json, .jws", path);
	return unlink(x->path) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot remove %s: %s",
	                 x->path, strerror(errno));
}
