/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_bundle.c: writes and verifies the manifest of an export bundle, and
 * rewrites its LDIF. */
#include "region/audit/export_bundle.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/audit/signed_manifest.h"

enum { FILE_MOST = 1 << 30, MAX_MANIFEST_SIZE = 1 << 24 };

const char *const export_bundle_files[] = {
	"bodies.ldif",   "groups.ldif",    "people.ldif",
	"roles.ldif",    "decisions.ldif", "salt.jwe",
	"services.json", "subjects.csv",   NULL,
};

static char *export_bundle_path(struct arena *a, const char *folder,
                                const char *file)
{
	return arena_printf(a, "%s/%s", folder, file);
}

/* ---- writing */

json_t *export_bundle_manifest_create(struct arena *a, const char *municipality)
{
	return js_own(a, json_pack("{s:i, s:s, s:s, s:{}}", "v", 1, "what",
	                           "bundle", "municipality", municipality,
	                           "files"));
}

static bool export_bundle_hash_file(const char *path, char ret[65],
                                    size_t *ret_length, struct error *err)
{
	struct arena *a = arena_open();
	char *bytes;
	bool good = file_read(a, path, FILE_MOST, &bytes, ret_length, err);

	if (good)
		memcpy(ret, hash_sha256_hex(a, bytes, *ret_length), 65);
	arena_close(a);
	return good;
}

bool export_bundle_add_file(struct arena *a, const char *folder,
                            const char *file, json_t *manifest,
                            struct error *err)
{
	char sha256[65];
	size_t length;

	if (!export_bundle_hash_file(export_bundle_path(a, folder, file),
	                             sha256, &length, err))
		return false;
	(void)json_object_set_new(js_object(manifest, "files"), file,
	                          json_pack("{s:s, s:I}", "sha256", sha256,
	                                    "bytes", (json_int_t)length));
	return true;
}

/* ---- reading */

static bool export_bundle_check_file(struct arena *a, const char *folder,
                                     const char *file, const json_t *expected,
                                     struct error *err)
{
	char sha256[65];
	size_t length;

	/* No path traversal. */
	if (*file == '/' || strstr(file, ".."))
		return error_set(err, ERROR_REFUSED,
		                 "file name %s is not allowed", file);
	if (!export_bundle_hash_file(export_bundle_path(a, folder, file),
	                             sha256, &length, err))
		return false;
	return text_equal(sha256, js_string(expected, "sha256")) ||
	       error_set(err, ERROR_REFUSED,
	                 "%s does not match its SHA-256 in manifest.json",
	                 file);
}

static bool export_bundle_check_files(struct arena *a, const char *folder,
                                      const json_t *manifest, struct error *err)
{
	json_t *files = js_object(manifest, "files");
	const char *name;
	json_t *expected;

	for (size_t i = 0; export_bundle_files[i]; i++)
		if (!files || !json_object_get(files, export_bundle_files[i]))
			return error_set(err, ERROR_REFUSED,
			                 "manifest.json does not list %s",
			                 export_bundle_files[i]);
	json_object_foreach(files, name, expected)
	{
		if (!export_bundle_check_file(a, folder, name, expected, err))
			return false;
	}
	return true;
}

static bool export_bundle_check_signature(struct arena *a, const char *folder,
                                          const char *thumbprint,
                                          const char *sha256,
                                          json_t **ret_statement,
                                          struct error *err)
{
	size_t length;
	char *jws;

	if (!file_read(a, export_bundle_path(a, folder, "manifest.jws"),
	               MAX_MANIFEST_SIZE, &jws, &length, err) ||
	    !signed_manifest_verify(a, jws, thumbprint, ret_statement, err))
		return false;
	if (!text_equal(js_string(*ret_statement, "what"), "bundle"))
		return error_set(err, ERROR_REFUSED,
		                 "signed statement is not of an export bundle");
	return text_equal(js_string(*ret_statement, "sha256"), sha256) ||
	       error_set(
		   err, ERROR_REFUSED,
		   "manifest.json does not match its SHA-256 in manifest.jws");
}

bool export_bundle_verify(struct arena *a, const char *folder,
                          const char *thumbprint, json_t **ret_manifest,
                          struct error *err)
{
	json_t *manifest, *statement;
	size_t length;
	char *text;

	if (!file_read(a, export_bundle_path(a, folder, "manifest.json"),
	               MAX_MANIFEST_SIZE, &text, &length, err) ||
	    !export_bundle_check_signature(a, folder, thumbprint,
	                                   hash_sha256_hex(a, text, length),
	                                   &statement, err) ||
	    !js_parse(a, text, length, &manifest, err))
		return false;
	if (js_number(manifest, "v", 0) != 1)
		return error_set(err, ERROR_INVALID,
		                 "unsupported version of the export bundle");
	if (!text_equal(js_string(manifest, "municipality"),
	                js_string(statement, "municipality")))
		return error_set(
		    err, ERROR_REFUSED,
		    "municipality of manifest.json and manifest.jws differ");
	if (!export_bundle_check_files(a, folder, manifest, err))
		return false;
	*ret_manifest = manifest;
	return true;
}

/* ---- another base */

/* Returns true if dn is below from; an escaped comma is not a separator (RFC
 * 4514 2.4). */
static bool export_bundle_dn_is_below(const char *dn, const char *from)
{
	const size_t length = strlen(dn), tail = strlen(from);

	return length > tail + 1 && strcasecmp(dn + length - tail, from) == 0 &&
	       dn[length - tail - 1] == ',' && dn[length - tail - 2] != '\\';
}

static bool export_bundle_new_dn(struct arena *a, const char *dn,
                                 const char *from, const char *to,
                                 const char **ret, struct error *err)
{
	if (!export_bundle_dn_is_below(dn, from))
		return error_set(err, ERROR_REFUSED,
		                 "DN of an entry is not below %s", from);
	*ret =
	    arena_printf(a, "%.*s%s", (int)(strlen(dn) - strlen(from)), dn, to);
	return true;
}

/* LDIF also permits `name:< file:///etc/shadow` and changetype: delete. */
static bool export_bundle_line_is_allowed(const char *line, struct error *err)
{
	static const char name_characters[] =
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	static const char *const forbidden[] = {
		"changetype",
		"control",
		"version",
		"dn",
		"userPassword",
		"portvaktJoin",
		"portvaktNationalId",
	};
	const size_t length = strspn(line, name_characters);

	if (!*line)
		return true;
	if (length == 0 || line[length] != ':' || line[length + 1] == '<')
		return error_set(err, ERROR_REFUSED,
		                 "LDIF line is not an attribute");
	for (size_t i = 0; i < LENGTH(forbidden); i++)
		if (strlen(forbidden[i]) == length &&
		    strncasecmp(line, forbidden[i], length) == 0)
			return error_set(err, ERROR_REFUSED,
			                 "LDIF attribute %s is not allowed",
			                 forbidden[i]);
	return true;
}

static bool export_bundle_rebase_line(struct arena *a, const char *line,
                                      const char *from, const char *to,
                                      struct strbuf *out, struct error *err)
{
	const char *plain = text_starts(line, "dn: ") ? line + 4 : NULL;
	const char *coded = text_starts(line, "dn:: ") ? line + 5 : NULL;
	unsigned char *bytes;
	const char *new_dn = NULL;
	size_t length;

	if (!plain && !coded) {
		strbuf_appendf(out, "%s\n", line);
		return export_bundle_line_is_allowed(line, err);
	}
	if (coded && !base64_decode(a, coded, strlen(coded), &bytes, &length))
		return error_set(err, ERROR_INVALID,
		                 "DN is not valid base64 in LDIF");
	if (!export_bundle_new_dn(a, coded ? (const char *)bytes : plain, from,
	                          to, &new_dn, err))
		return false;
	strbuf_appendf(out, coded ? "dn:: %s\n" : "dn: %s\n",
	               coded ? base64_encode(a, new_dn, strlen(new_dn))
	                     : new_dn);
	return true;
}

bool export_bundle_rebase(struct arena *a, const char *ldif, const char *from,
                          const char *to, char **ret_ldif, struct error *err)
{
	struct strbuf out = strbuf_init(a);

	while (*ldif) {
		struct arena *own = arena_open();
		const size_t length = strcspn(ldif, "\n");
		bool good = export_bundle_rebase_line(
		    own, arena_memdup(own, ldif, length), from, to, &out, err);

		arena_close(own);
		if (!good)
			return false;
		ldif += length + (ldif[length] == '\n');
	}
	*ret_ldif = out.data;
	return true;
}
