/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_bundle.c: writes and verifies the manifest of an export bundle, and
 * rewrites its LDIF. */
#include "region/bundle.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "region/keys_said.h"

enum { FILE_MOST = 1 << 30, MANIFEST_MOST = 1 << 24 };

const char *const bundle_files[] = {
	"bodies.ldif",   "groups.ldif",    "people.ldif",
	"roles.ldif",    "decisions.ldif", "salt.jwe",
	"services.json", "subjects.csv",   NULL,
};

static char *path_in(struct arena *a, const char *folder, const char *file)
{
	return arena_print(a, "%s/%s", folder, file);
}

/* ---- writing */

json_t *bundle_manifest(struct arena *a, const char *municipality)
{
	return js_keep(a, json_pack("{s:i, s:s, s:s, s:{}}", "v", 1, "what",
	                            "bundle", "municipality", municipality,
	                            "files"));
}

static bool hash_file(const char *path, char ret[65], size_t *ret_length,
                      struct fault *why)
{
	struct arena *a = arena_open();
	char *bytes;
	bool good = file_read(a, path, FILE_MOST, &bytes, ret_length, why);

	if (good)
		memcpy(ret, hash_hex(a, bytes, *ret_length), 65);
	arena_close(a);
	return good;
}

bool bundle_add(struct arena *a, const char *folder, const char *file,
                json_t *manifest, struct fault *why)
{
	char sha256[65];
	size_t length;

	if (!hash_file(path_in(a, folder, file), sha256, &length, why))
		return false;
	(void)json_object_set_new(js_object(manifest, "files"), file,
	                          json_pack("{s:s, s:I}", "sha256", sha256,
	                                    "bytes", (json_int_t)length));
	return true;
}

/* ---- reading */

static bool check_file(struct arena *a, const char *folder, const char *file,
                       const json_t *said, struct fault *why)
{
	char sha256[65];
	size_t length;

	/* No path traversal. */
	if (*file == '/' || strstr(file, ".."))
		return fault(why, FAULT_REFUSED, "no file may be called %s",
		             file);
	if (!hash_file(path_in(a, folder, file), sha256, &length, why))
		return false;
	return text_equal(sha256, js_string(said, "sha256")) ||
	       fault(why, FAULT_REFUSED, "%s is not the file that was given",
	             file);
}

static bool check_files(struct arena *a, const char *folder,
                        const json_t *manifest, struct fault *why)
{
	json_t *files = js_object(manifest, "files");
	const char *name;
	json_t *said;

	for (size_t i = 0; bundle_files[i]; i++)
		if (!files || !json_object_get(files, bundle_files[i]))
			return fault(why, FAULT_REFUSED, "there is no %s",
			             bundle_files[i]);
	json_object_foreach(files, name, said)
	{
		if (!check_file(a, folder, name, said, why))
			return false;
	}
	return true;
}

static bool check_statement(struct arena *a, const char *folder,
                            const char *thumbprint, const char *sha256,
                            json_t **ret_said, struct fault *why)
{
	size_t length;
	char *jws;

	if (!file_read(a, path_in(a, folder, "manifest.jws"), MANIFEST_MOST,
	               &jws, &length, why) ||
	    !said_read(a, jws, thumbprint, ret_said, why))
		return false;
	if (!text_equal(js_string(*ret_said, "what"), "bundle"))
		return fault(why, FAULT_REFUSED,
		             "what was signed is no bundle");
	return text_equal(js_string(*ret_said, "sha256"), sha256) ||
	       fault(why, FAULT_REFUSED,
	             "manifest.json is not the one that was signed");
}

bool bundle_open(struct arena *a, const char *folder, const char *thumbprint,
                 json_t **ret_manifest, struct fault *why)
{
	json_t *manifest, *said;
	size_t length;
	char *text;

	if (!file_read(a, path_in(a, folder, "manifest.json"), MANIFEST_MOST,
	               &text, &length, why) ||
	    !check_statement(a, folder, thumbprint, hash_hex(a, text, length),
	                     &said, why) ||
	    !js_read(a, text, length, &manifest, why))
		return false;
	if (js_number(manifest, "v", 0) != 1)
		return fault(why, FAULT_INVALID,
		             "the bundle is of a version I cannot read");
	if (!text_equal(js_string(manifest, "municipality"),
	                js_string(said, "municipality")))
		return fault(why, FAULT_REFUSED,
		             "it was signed for another municipality");
	if (!check_files(a, folder, manifest, why))
		return false;
	*ret_manifest = manifest;
	return true;
}

/* ---- another base */

/* Returns true if dn is below from; an escaped comma is not a separator (RFC
 * 4514 2.4). */
static bool is_below(const char *dn, const char *from)
{
	const size_t length = strlen(dn), tail = strlen(from);

	return length > tail + 1 && strcasecmp(dn + length - tail, from) == 0 &&
	       dn[length - tail - 1] == ',' && dn[length - tail - 2] != '\\';
}

static bool new_place(struct arena *a, const char *dn, const char *from,
                      const char *to, const char **ret, struct fault *why)
{
	if (!is_below(dn, from))
		return fault(why, FAULT_REFUSED, "an entry lies outside of %s",
		             from);
	*ret =
	    arena_print(a, "%.*s%s", (int)(strlen(dn) - strlen(from)), dn, to);
	return true;
}

/* LDIF also permits `name:< file:///etc/shadow` and changetype: delete. */
static bool line_is_good(const char *line, struct fault *why)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	static const char *const never[] = {
		"changetype",
		"control",
		"version",
		"dn",
		"userPassword",
		"portvaktJoin",
		"portvaktNationalId",
	};
	const size_t length = strspn(line, letters);

	if (!*line)
		return true;
	if (length == 0 || line[length] != ':' || line[length + 1] == '<')
		return fault(why, FAULT_REFUSED, "a line is no attribute");
	for (size_t i = 0; i < LENGTH(never); i++)
		if (strlen(never[i]) == length &&
		    strncasecmp(line, never[i], length) == 0)
			return fault(why, FAULT_REFUSED, "a line says %s",
			             never[i]);
	return true;
}

static bool rebase_line(struct arena *a, const char *line, const char *from,
                        const char *to, struct text *out, struct fault *why)
{
	const char *plain = text_starts(line, "dn: ") ? line + 4 : NULL;
	const char *coded = text_starts(line, "dn:: ") ? line + 5 : NULL;
	unsigned char *bytes;
	const char *place = NULL;
	size_t length;

	if (!plain && !coded) {
		text_addf(out, "%s\n", line);
		return line_is_good(line, why);
	}
	if (coded && !base64_read(a, coded, strlen(coded), &bytes, &length))
		return fault(why, FAULT_INVALID, "not LDIF");
	if (!new_place(a, coded ? (const char *)bytes : plain, from, to, &place,
	               why))
		return false;
	text_addf(out, coded ? "dn:: %s\n" : "dn: %s\n",
	          coded ? base64_write(a, place, strlen(place)) : place);
	return true;
}

bool bundle_rebase(struct arena *a, const char *ldif, const char *from,
                   const char *to, char **ret_ldif, struct fault *why)
{
	struct text out = text_in(a);

	while (*ldif) {
		struct arena *own = arena_open();
		const size_t length = strcspn(ldif, "\n");
		bool good = rebase_line(own, arena_bytes(own, ldif, length),
		                        from, to, &out, why);

		arena_close(own);
		if (!good)
			return false;
		ldif += length + (ldif[length] == '\n');
	}
	*ret_ldif = out.at;
	return true;
}
