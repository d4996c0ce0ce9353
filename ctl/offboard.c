/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard.c: `offboard` and `import`, the parts that handle files. Admin sends
 * the content, the signer encrypts and signs it; the files belong to the
 * operator, and no process of Portvakt reads them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/audit/export_bundle.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"

enum {
	DEADLINE_MS = 120 * 1000,
	MAX_KEY_SIZE = 48 * 1024,
	MAX_LDIF_SIZE = 1 << 30,
	FILE_MODE = 0600,
	DIRECTORY_MODE = 0700
};

/* One export or import of a bundle. */
struct ctl_bundle {
	struct arena *arena;
	const struct command *command;
	const struct config *cfg;
	const struct municipality *municipality;
	const char *directory;
	const char *by, *reason;
	struct error err;
};

static const char *ctl_option(const struct command *c, const char *name)
{
	for (int i = 1; i + 1 < c->argc; i++)
		if (text_equal(c->argv[i], name))
			return c->argv[i + 1];
	return NULL;
}

static int ctl_bundle_print_error(const struct ctl_bundle *b)
{
	if (*b->err.text)
		fprintf(stderr, "portvaktctl: %s\n", b->err.text);
	return 1;
}

static bool ctl_bundle_call_admin(struct ctl_bundle *b, char **argv,
                                  void (*each)(const char *line, void *data),
                                  void *data)
{
	return ipc_command(
	    arena_printf(b->arena, "%s/admin.sock", b->cfg->runtime_directory),
	    DEADLINE_MS, argv, each, data, &b->err);
}

static void ctl_bundle_print_line(const char *line, void *unused)
{
	(void)unused;
	printf("%s\n", line);
}

static bool ctl_bundle_load_config(struct ctl_bundle *b)
{
	struct conf_errors errors;

	b->cfg = config_load_rules(b->arena, b->command->conf, &errors);
	return b->cfg || error_set(&b->err, ERROR_INVALID,
	                           "%s has errors; see `portvaktctl check`",
	                           b->command->conf);
}

static char *ctl_bundle_strdup(const struct ctl_bundle *b, const char *text)
{
	return arena_strdup(b->arena, text);
}

/* ---- export: one file after another */

/* Reads the recipient's public key: a JWK, or the output of `keys public`. */
static bool ctl_export_read_key(struct ctl_bundle *b, const char *path,
                                const char **ret)
{
	size_t length;
	json_t *key;
	char *text;

	if (!file_read(b->arena, path, MAX_KEY_SIZE, &text, &length, &b->err) ||
	    !js_parse(b->arena, text, length, &key, &b->err))
		return false;
	*ret = js_dump(b->arena, js_object(key, "transfer") ?: key);
	return true;
}

struct ctl_download {
	struct strbuf bytes;
};

static void ctl_export_append_chunk(const char *chunk, void *data)
{
	struct ctl_download *w = data;

	strbuf_append(&w->bytes, chunk);
}

/* On error the last line of admin's response is the reason. */
static bool ctl_export_download_file(struct ctl_bundle *b, const char *name,
                                     const char *key)
{
	struct arena *arena = arena_open();
	struct ctl_download w = { strbuf_init(arena) };
	char *argv[] = { ctl_bundle_strdup(b, "offboard"),
		         ctl_bundle_strdup(b, b->municipality->name),
		         ctl_bundle_strdup(b, "file"),
		         ctl_bundle_strdup(b, name),
		         ctl_bundle_strdup(b, "--to"),
		         ctl_bundle_strdup(b, key),
		         NULL };
	bool good = ctl_bundle_call_admin(b, argv, ctl_export_append_chunk, &w);

	if (!good && !*b->err.text)
		(void)error_set(&b->err, ERROR_REFUSED, "%s: %s", name,
		                w.bytes.data);
	good = good &&
	       file_write(arena_printf(arena, "%s/%s", b->directory, name),
	                  w.bytes.data, w.bytes.length, FILE_MODE, &b->err);
	arena_close(arena);
	return good;
}

static bool ctl_export_create_directory(struct ctl_bundle *b, const char *path)
{
	return mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST ||
	       error_set(&b->err, ERROR_UNAVAILABLE, "cannot create %s: %s",
	                 path, strerror(errno));
}

static bool ctl_export_copy_file(struct ctl_bundle *b, const char *from,
                                 const char *to)
{
	struct arena *arena = arena_open();
	size_t length;
	char *bytes;
	bool good =
	    file_read(arena, from, MAX_LDIF_SIZE, &bytes, &length, &b->err) &&
	    file_write(to, bytes, length, FILE_MODE, &b->err);

	arena_close(arena);
	return good;
}

/* Copies the municipality's audit log and its signed heads unchanged. */
static bool ctl_export_copy_audit_log(struct ctl_bundle *b, json_t *manifest)
{
	const char *from =
	    arena_printf(b->arena, "%s/audit/%s", b->cfg->state_directory,
	                 b->municipality->name);
	size_t count = 0;
	char **names = NULL;
	struct stat st;

	if (!ctl_export_create_directory(
		b, arena_printf(b->arena, "%s/audit", b->directory)))
		return false;
	if (stat(from, &st) != 0 && errno == ENOENT)
		return true;
	if (!file_list(b->arena, from, "", &names, &count, &b->err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *file = arena_printf(b->arena, "audit/%s", names[i]);

		if (!ctl_export_copy_file(
			b, arena_printf(b->arena, "%s/%s", from, names[i]),
			arena_printf(b->arena, "%s/%s", b->directory, file)) ||
		    !export_bundle_add_file(b->arena, b->directory, file,
		                            manifest, &b->err))
			return false;
	}
	return true;
}

static bool ctl_export_write_text(struct ctl_bundle *b, const char *name,
                                  const char *text)
{
	return file_write(arena_printf(b->arena, "%s/%s", b->directory, name),
	                  text, strlen(text), FILE_MODE, &b->err);
}

struct ctl_signed_reply {
	struct arena *arena;
	const char *lines[2];
	size_t count;
};

static void ctl_export_collect_reply(const char *line, void *data)
{
	struct ctl_signed_reply *s = data;

	if (s->count < LENGTH(s->lines))
		s->lines[s->count++] = arena_strdup(s->arena, line);
}

static bool ctl_export_sign_manifest(struct ctl_bundle *b, const char *manifest,
                                     const char **ret_thumbprint)
{
	struct ctl_signed_reply s = { .arena = b->arena };
	char *argv[] = { ctl_bundle_strdup(b, "offboard"),
		         ctl_bundle_strdup(b, b->municipality->name),
		         ctl_bundle_strdup(b, "sign"),
		         hash_sha256_hex(b->arena, manifest, strlen(manifest)),
		         NULL };

	if (!ctl_bundle_call_admin(b, argv, ctl_export_collect_reply, &s) ||
	    s.count != 2)
		return error_set(&b->err, ERROR_REFUSED,
		                 "the manifest was not signed: %s",
		                 s.lines[0] ?: b->err.text);
	*ret_thumbprint = s.lines[1];
	return ctl_export_write_text(b, "manifest.json", manifest) &&
	       ctl_export_write_text(b, "manifest.jws", s.lines[0]);
}

static json_t *ctl_export_directory_names(const struct municipality *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->source_mapping_count; i++)
		(void)json_array_append_new(
		    list, json_string(m->source_mappings[i].directory->name));
	return list;
}

static json_t *ctl_export_build_manifest(const struct ctl_bundle *b)
{
	json_t *manifest =
	    export_bundle_manifest_create(b->arena, b->municipality->name);

	js_set_string(manifest, "number", b->municipality->organisation_number);
	js_set_string(manifest, "region", b->cfg->name);
	js_set_string(manifest, "base", b->cfg->catalogue.base);
	js_set_string(manifest, "issuer",
	              b->municipality->issuer ? b->municipality->issuer->url
	                                      : NULL);
	js_set_string(manifest, "by", b->by);
	js_set_string(manifest, "at", clock_format_iso(b->arena, clock_now()));
	(void)json_object_set_new(manifest, "directories",
	                          ctl_export_directory_names(b->municipality));
	return manifest;
}

static bool ctl_export_build_bundle(struct ctl_bundle *b, const char *key,
                                    const char **ret_thumbprint)
{
	json_t *manifest = ctl_export_build_manifest(b);

	if (!ctl_export_create_directory(b, b->directory))
		return false;
	for (size_t i = 0; export_bundle_files[i]; i++)
		if (!ctl_export_download_file(b, export_bundle_files[i], key) ||
		    !export_bundle_add_file(b->arena, b->directory,
		                            export_bundle_files[i], manifest,
		                            &b->err))
			return false;
	return ctl_export_copy_audit_log(b, manifest) &&
	       ctl_export_sign_manifest(b, js_dump(b->arena, manifest),
	                                ret_thumbprint);
}

/* Admin records operator and reason before any file is written. */
static bool ctl_export_announce(struct ctl_bundle *b, const char *key)
{
	char *argv[] = { ctl_bundle_strdup(b, "offboard"),
		         ctl_bundle_strdup(b, b->municipality->name),
		         ctl_bundle_strdup(b, "export"),
		         ctl_bundle_strdup(b, "--to"),
		         ctl_bundle_strdup(b, key),
		         ctl_bundle_strdup(b, "--by"),
		         ctl_bundle_strdup(b, b->by),
		         ctl_bundle_strdup(b, "--reason"),
		         ctl_bundle_strdup(b, b->reason),
		         NULL };

	return ctl_bundle_call_admin(b, argv, ctl_bundle_print_line, NULL);
}

static int ctl_export(struct ctl_bundle *b)
{
	const char *path = ctl_option(b->command, "--to");
	const char *key, *thumbprint = NULL;

	b->directory = b->command->argc > 3 ? b->command->argv[3] : NULL;
	if (!b->directory || text_starts(b->directory, "--") || !path ||
	    !b->by || !b->reason) {
		fprintf(stderr,
		        "usage: portvaktctl offboard MUNICIPALITY export "
		        "DIRECTORY --to KEYFILE --by NAME --reason TEXT\n");
		return EXIT_USAGE;
	}
	if (!ctl_export_read_key(b, path, &key) ||
	    !ctl_export_announce(b, key) ||
	    !ctl_export_build_bundle(b, key, &thumbprint))
		return ctl_bundle_print_error(b);
	printf("the bundle in %s is complete\n"
	       "it is signed with the key %s\n"
	       "send this thumbprint to the receiver through another channel\n",
	       b->directory, thumbprint);
	return 0;
}

/* ---- adopt: admin cannot read the operator's files */

static int ctl_import_keys(struct ctl_bundle *b)
{
	const char *path =
	    b->command->argc > 3 ? b->command->argv[3] : "(no file)";
	size_t length;
	char *text;

	if (!file_read(b->arena, path, MAX_KEY_SIZE, &text, &length, &b->err))
		return ctl_bundle_print_error(b);
	char *argv[] = { ctl_bundle_strdup(b, "offboard"),
		         ctl_bundle_strdup(b, b->municipality->name),
		         ctl_bundle_strdup(b, "adopt"),
		         text,
		         ctl_bundle_strdup(b, "--by"),
		         ctl_bundle_strdup(b, b->by ?: ""),
		         ctl_bundle_strdup(b, "--reason"),
		         ctl_bundle_strdup(b, b->reason ?: ""),
		         NULL };

	if (!b->by || !b->reason)
		argv[4] = NULL;
	return ctl_bundle_call_admin(b, argv, ctl_bundle_print_line, NULL)
	           ? 0
	           : ctl_bundle_print_error(b);
}

int command_offboard(const struct command *c)
{
	struct ctl_bundle b = { .arena = c->arena,
		                .command = c,
		                .by = ctl_option(c, "--by"),
		                .reason = ctl_option(c, "--reason") };
	bool exports = text_equal(c->argv[2], "export");

	if (!exports && !text_equal(c->argv[2], "adopt"))
		return command_admin(c);
	if (!ctl_bundle_load_config(&b))
		return ctl_bundle_print_error(&b);
	b.municipality = config_municipality(b.cfg, c->argv[1]);
	if (!b.municipality) {
		fprintf(stderr, "portvaktctl: unknown municipality \"%s\"\n",
		        c->argv[1]);
		return 1;
	}
	return exports ? ctl_export(&b) : ctl_import_keys(&b);
}

/* ---- import */

static bool ctl_import_reads_directory(const struct municipality *m,
                                       const char *directory)
{
	for (size_t i = 0; i < m->source_mapping_count; i++)
		if (text_equal(m->source_mappings[i].directory->name,
		               directory))
			return true;
	return false;
}

/* Subject identifiers contain directory and issuer: both names must be the same
 * in the new region. */
static bool ctl_import_check_names(struct ctl_bundle *b, const json_t *manifest)
{
	const char *name = js_string(manifest, "municipality");
	const json_t *directories = js_array(manifest, "directories");

	b->municipality = name ? config_municipality(b->cfg, name) : NULL;
	if (!b->municipality)
		return error_set(
		    &b->err, ERROR_INVALID,
		    "the configuration has no municipality %s; its name "
		    "must be the same here",
		    name ?: "of this bundle");
	if (!b->municipality->issuer ||
	    !text_equal(b->municipality->issuer->url,
	                js_string(manifest, "issuer")))
		return error_set(
		    &b->err, ERROR_INVALID,
		    "its services use the issuer %s; its issuer must be "
		    "the same here",
		    js_string(manifest, "issuer") ?: "?");
	for (size_t i = 0; i < json_array_size(directories); i++) {
		const char *d =
		    json_string_value(json_array_get(directories, i));

		if (d && !ctl_import_reads_directory(b->municipality, d))
			return error_set(
			    &b->err, ERROR_INVALID,
			    "its subject identifiers contain directory "
			    "%s; the directory must have the same name "
			    "here",
			    d);
	}
	return true;
}

static bool ctl_import_send_salt(struct ctl_bundle *b)
{
	size_t length;
	char *sealed;

	if (!file_read(b->arena,
	               arena_printf(b->arena, "%s/salt.jwe", b->directory),
	               MAX_KEY_SIZE, &sealed, &length, &b->err))
		return false;
	sealed[strcspn(sealed, "\n")] = '\0';
	char *argv[] = { ctl_bundle_strdup(b, "import"),
		         ctl_bundle_strdup(b, b->municipality->name),
		         sealed,
		         ctl_bundle_strdup(b, "--by"),
		         ctl_bundle_strdup(b, b->by),
		         ctl_bundle_strdup(b, "--reason"),
		         ctl_bundle_strdup(b, b->reason),
		         NULL };

	return ctl_bundle_call_admin(b, argv, ctl_bundle_print_line, NULL);
}

static bool ctl_import_append_ldif(struct ctl_bundle *b, const char *file,
                                   const char *tree, const char *base,
                                   struct strbuf *all)
{
	const char *to =
	    arena_printf(b->arena, "ou=%s,%s", tree, b->cfg->catalogue.base);
	size_t length;
	char *text, *placed;

	if (!file_read(b->arena,
	               arena_printf(b->arena, "%s/%s", b->directory, file),
	               MAX_LDIF_SIZE, &text, &length, &b->err) ||
	    !export_bundle_rebase(
		b->arena, text, arena_printf(b->arena, "ou=%s,%s", tree, base),
		to, &placed, &b->err))
		return false;
	strbuf_append(all, placed);
	return true;
}

static bool ctl_import_write_ldif(struct ctl_bundle *b, const json_t *manifest)
{
	static const char *const trees[][2] = {
		{ "bodies.ldif", "municipalities" },
		{ "groups.ldif", "groups" },
		{ "people.ldif", "people" },
		{ "roles.ldif", "roles" },
		{ "decisions.ldif", "decisions" },
	};
	const char *base = js_string(manifest, "base");
	struct strbuf all = strbuf_init(b->arena);

	for (size_t i = 0; i < LENGTH(trees); i++)
		if (!ctl_import_append_ldif(b, trees[i][0], trees[i][1],
		                            base ?: "", &all))
			return false;
	return file_write(
	    arena_printf(b->arena, "%s/catalogue.ldif", b->directory), all.data,
	    all.length, FILE_MODE, &b->err);
}

int command_import(const struct command *c)
{
	struct ctl_bundle b = { .arena = c->arena,
		                .command = c,
		                .directory = c->argv[1],
		                .by = ctl_option(c, "--by"),
		                .reason = ctl_option(c, "--reason") };
	const char *key = ctl_option(c, "--from-key");
	json_t *manifest;

	if (!key || !b.by || !b.reason) {
		fprintf(stderr,
		        "usage: portvaktctl import DIRECTORY --from-key "
		        "THUMBPRINT --by NAME --reason TEXT\n");
		return EXIT_USAGE;
	}
	if (!export_bundle_verify(c->arena, b.directory, key, &manifest,
	                          &b.err) ||
	    !ctl_bundle_load_config(&b) ||
	    !ctl_import_check_names(&b, manifest) ||
	    !ctl_import_write_ldif(&b, manifest) || !ctl_import_send_salt(&b))
		return ctl_bundle_print_error(&b);
	printf("%s of %s, exported by %s on %.10s: the bundle is complete, and "
	       "the issuer's salt is imported\n"
	       "now load the catalogue as root, before portvakt-sync starts:\n"
	       "  ldapadd -Q -Y EXTERNAL -H %s -f %s/catalogue.ldif\n",
	       b.municipality->name, js_string(manifest, "region") ?: "?",
	       js_string(manifest, "by") ?: "?",
	       js_string(manifest, "at") ?: "?", b.cfg->catalogue.uri,
	       b.directory);
	return 0;
}
