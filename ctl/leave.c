/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard.c: `leave` and `import`, the parts that handle files. Admin sends
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
#include "lib/text.h"
#include "region/ask.h"
#include "region/bundle.h"
#include "region/region.h"

enum {
	WRONG_USAGE = 64,
	DEADLINE_MS = 120 * 1000,
	KEY_MOST = 48 * 1024,
	LDIF_MOST = 1 << 30,
	FILE_MODE = 0600,
	FOLDER_MODE = 0700
};

/* One export or import of a bundle. */
struct bundling {
	struct arena *arena;
	const struct command *command;
	const struct region *region;
	const struct municipality *m;
	const char *folder;
	const char *by, *reason;
	struct fault why;
};

static const char *option(const struct command *c, const char *name)
{
	for (int i = 1; i + 1 < c->count; i++)
		if (text_equal(c->words[i], name))
			return c->words[i + 1];
	return NULL;
}

static int sorry(const struct bundling *b)
{
	if (*b->why.text)
		fprintf(stderr, "portvaktctl: %s\n", b->why.text);
	return 1;
}

static bool ask_admin(struct bundling *b, char **words,
                      void (*each)(const char *line, void *with), void *with)
{
	return ask_lines(arena_print(b->arena, "%s/admin.sock", b->region->run),
	                 DEADLINE_MS, words, each, with, &b->why);
}

static void print_line(const char *line, void *nothing)
{
	(void)nothing;
	printf("%s\n", line);
}

static bool read_configuration(struct bundling *b)
{
	struct conf_complaints wrong;

	b->region = region_read_rules(b->arena, b->command->conf, &wrong);
	return b->region ||
	       fault(&b->why, FAULT_INVALID, "%s has mistakes: check it",
	             b->command->conf);
}

static char *copy(const struct bundling *b, const char *word)
{
	return arena_copy(b->arena, word);
}

/* ---- export: one file after another */

/* Reads the recipient's public key: a JWK, or the output of `keys public`. */
static bool read_key(struct bundling *b, const char *path, const char **ret)
{
	size_t length;
	json_t *key;
	char *text;

	if (!file_read(b->arena, path, KEY_MOST, &text, &length, &b->why) ||
	    !js_read(b->arena, text, length, &key, &b->why))
		return false;
	*ret = js_write(b->arena, js_object(key, "transfer") ?: key);
	return true;
}

struct writing {
	struct text bytes;
};

static void take_piece(const char *piece, void *with)
{
	struct writing *w = with;

	text_add(&w->bytes, piece);
}

/* On error the last line of admin's response is the reason. */
static bool fetch_file(struct bundling *b, const char *name, const char *key)
{
	struct arena *own = arena_open();
	struct writing w = { text_in(own) };
	char *words[] = { copy(b, "leave"),
		          copy(b, b->m->name),
		          copy(b, "file"),
		          copy(b, name),
		          copy(b, "--to"),
		          copy(b, key),
		          NULL };
	bool good = ask_admin(b, words, take_piece, &w);

	if (!good && !*b->why.text)
		(void)fault(&b->why, FAULT_REFUSED, "%s: %s", name, w.bytes.at);
	good =
	    good && file_write(arena_print(own, "%s/%s", b->folder, name),
	                       w.bytes.at, w.bytes.length, FILE_MODE, &b->why);
	arena_close(own);
	return good;
}

static bool make_folder(struct bundling *b, const char *path)
{
	return mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST ||
	       fault(&b->why, FAULT_UNAVAILABLE, "cannot make %s: %s", path,
	             strerror(errno));
}

static bool copy_file(struct bundling *b, const char *from, const char *to)
{
	struct arena *own = arena_open();
	size_t length;
	char *bytes;
	bool good = file_read(own, from, LDIF_MOST, &bytes, &length, &b->why) &&
	            file_write(to, bytes, length, FILE_MODE, &b->why);

	arena_close(own);
	return good;
}

/* Copies the municipality's audit log and its signed heads unchanged. */
static bool copy_record(struct bundling *b, json_t *manifest)
{
	const char *from =
	    arena_print(b->arena, "%s/record/%s", b->region->state, b->m->name);
	size_t count = 0;
	char **names = NULL;
	struct stat st;

	if (!make_folder(b, arena_print(b->arena, "%s/record", b->folder)))
		return false;
	if (stat(from, &st) != 0 && errno == ENOENT)
		return true;
	if (!file_list(b->arena, from, "", &names, &count, &b->why))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *file = arena_print(b->arena, "record/%s", names[i]);

		if (!copy_file(
			b, arena_print(b->arena, "%s/%s", from, names[i]),
			arena_print(b->arena, "%s/%s", b->folder, file)) ||
		    !bundle_add(b->arena, b->folder, file, manifest, &b->why))
			return false;
	}
	return true;
}

static bool write_text(struct bundling *b, const char *name, const char *text)
{
	return file_write(arena_print(b->arena, "%s/%s", b->folder, name), text,
	                  strlen(text), FILE_MODE, &b->why);
}

struct said {
	struct arena *arena;
	const char *lines[2];
	size_t count;
};

static void hear_said(const char *line, void *with)
{
	struct said *s = with;

	if (s->count < LENGTH(s->lines))
		s->lines[s->count++] = arena_copy(s->arena, line);
}

static bool sign(struct bundling *b, const char *manifest,
                 const char **ret_thumbprint)
{
	struct said s = { .arena = b->arena };
	char *words[] = { copy(b, "leave"), copy(b, b->m->name), copy(b, "say"),
		          hash_hex(b->arena, manifest, strlen(manifest)),
		          NULL };

	if (!ask_admin(b, words, hear_said, &s) || s.count != 2)
		return fault(&b->why, FAULT_REFUSED, "not signed: %s",
		             s.lines[0] ?: b->why.text);
	*ret_thumbprint = s.lines[1];
	return write_text(b, "manifest.json", manifest) &&
	       write_text(b, "manifest.jws", s.lines[0]);
}

static json_t *directories_of(const struct municipality *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->people_count; i++)
		(void)json_array_append_new(
		    list, json_string(m->people[i].directory->name));
	return list;
}

static json_t *begin_manifest(const struct bundling *b)
{
	json_t *manifest = bundle_manifest(b->arena, b->m->name);

	js_put(manifest, "number", b->m->number);
	js_put(manifest, "region", b->region->name);
	js_put(manifest, "base", b->region->catalogue.base);
	js_put(manifest, "issuer", b->m->issuer ? b->m->issuer->url : NULL);
	js_put(manifest, "by", b->by);
	js_put(manifest, "at", clock_iso(b->arena, clock_now()));
	(void)json_object_set_new(manifest, "directories",
	                          directories_of(b->m));
	return manifest;
}

static bool make_bundle(struct bundling *b, const char *key,
                        const char **ret_thumbprint)
{
	json_t *manifest = begin_manifest(b);

	if (!make_folder(b, b->folder))
		return false;
	for (size_t i = 0; bundle_files[i]; i++)
		if (!fetch_file(b, bundle_files[i], key) ||
		    !bundle_add(b->arena, b->folder, bundle_files[i], manifest,
		                &b->why))
			return false;
	return copy_record(b, manifest) &&
	       sign(b, js_write(b->arena, manifest), ret_thumbprint);
}

/* Admin records operator and reason before any file is written. */
static bool announce(struct bundling *b, const char *key)
{
	char *words[] = { copy(b, "leave"),   copy(b, b->m->name),
		          copy(b, "export"),  copy(b, "--to"),
		          copy(b, key),       copy(b, "--by"),
		          copy(b, b->by),     copy(b, "--reason"),
		          copy(b, b->reason), NULL };

	return ask_admin(b, words, print_line, NULL);
}

static int export(struct bundling *b)
{
	const char *path = option(b->command, "--to");
	const char *key, *thumbprint = NULL;

	b->folder = b->command->count > 3 ? b->command->words[3] : NULL;
	if (!b->folder || text_starts(b->folder, "--") || !path || !b->by ||
	    !b->reason) {
		fprintf(stderr,
		        "usage: portvaktctl leave NAME export DIR --to KEYFILE "
		        "--by NAME --reason TEXT\n");
		return WRONG_USAGE;
	}
	if (!read_key(b, path, &key) || !announce(b, key) ||
	    !make_bundle(b, key, &thumbprint))
		return sorry(b);
	printf("the bundle is whole in %s\n"
	       "it is signed with the key %s\n"
	       "say that to the receiver by another way than the bundle goes\n",
	       b->folder, thumbprint);
	return 0;
}

/* ---- adopt: admin cannot read the operator's files */

static int adopt(struct bundling *b)
{
	const char *path =
	    b->command->count > 3 ? b->command->words[3] : "(no file)";
	size_t length;
	char *text;

	if (!file_read(b->arena, path, KEY_MOST, &text, &length, &b->why))
		return sorry(b);
	char *words[] = { copy(b, "leave"),
		          copy(b, b->m->name),
		          copy(b, "adopt"),
		          text,
		          copy(b, "--by"),
		          copy(b, b->by ?: ""),
		          copy(b, "--reason"),
		          copy(b, b->reason ?: ""),
		          NULL };

	if (!b->by || !b->reason)
		words[4] = NULL;
	return ask_admin(b, words, print_line, NULL) ? 0 : sorry(b);
}

int command_leave(const struct command *c)
{
	struct bundling b = { .arena = c->arena,
		              .command = c,
		              .by = option(c, "--by"),
		              .reason = option(c, "--reason") };
	bool exports = text_equal(c->words[2], "export");

	if (!exports && !text_equal(c->words[2], "adopt"))
		return command_admin(c);
	if (!read_configuration(&b))
		return sorry(&b);
	b.m = region_municipality(b.region, c->words[1]);
	if (!b.m) {
		fprintf(stderr, "portvaktctl: no municipality is called %s\n",
		        c->words[1]);
		return 1;
	}
	return exports ? export(&b) : adopt(&b);
}

/* ---- import */

static bool comes_from(const struct municipality *m, const char *directory)
{
	for (size_t i = 0; i < m->people_count; i++)
		if (text_equal(m->people[i].directory->name, directory))
			return true;
	return false;
}

/* Subject identifiers contain directory and issuer: both names must be the same
 * in the new region. */
static bool check_names(struct bundling *b, const json_t *manifest)
{
	const char *name = js_string(manifest, "municipality");
	const json_t *directories = js_array(manifest, "directories");

	b->m = name ? region_municipality(b->region, name) : NULL;
	if (!b->m)
		return fault(&b->why, FAULT_INVALID,
		             "no municipality is called %s here; it must have "
		             "the name it had",
		             name ?: "so");
	if (!b->m->issuer ||
	    !text_equal(b->m->issuer->url, js_string(manifest, "issuer")))
		return fault(&b->why, FAULT_INVALID,
		             "its services know it as %s: its issuer must be "
		             "that here too",
		             js_string(manifest, "issuer") ?: "?");
	for (size_t i = 0; i < json_array_size(directories); i++) {
		const char *d =
		    json_string_value(json_array_get(directories, i));

		if (d && !comes_from(b->m, d))
			return fault(&b->why, FAULT_INVALID,
			             "its people are known by directory %s: "
			             "they must come from a directory of that "
			             "name here too",
			             d);
	}
	return true;
}

static bool give_salt(struct bundling *b)
{
	size_t length;
	char *sealed;

	if (!file_read(b->arena,
	               arena_print(b->arena, "%s/salt.jwe", b->folder),
	               KEY_MOST, &sealed, &length, &b->why))
		return false;
	sealed[strcspn(sealed, "\n")] = '\0';
	char *words[] = { copy(b, "import"),
		          copy(b, b->m->name),
		          sealed,
		          copy(b, "--by"),
		          copy(b, b->by),
		          copy(b, "--reason"),
		          copy(b, b->reason),
		          NULL };

	return ask_admin(b, words, print_line, NULL);
}

static bool add_ldif(struct bundling *b, const char *file, const char *tree,
                     const char *base, struct text *all)
{
	const char *to =
	    arena_print(b->arena, "ou=%s,%s", tree, b->region->catalogue.base);
	size_t length;
	char *text, *placed;

	if (!file_read(b->arena,
	               arena_print(b->arena, "%s/%s", b->folder, file),
	               LDIF_MOST, &text, &length, &b->why) ||
	    !bundle_rebase(b->arena, text,
	                   arena_print(b->arena, "ou=%s,%s", tree, base), to,
	                   &placed, &b->why))
		return false;
	text_add(all, placed);
	return true;
}

static bool write_ldif(struct bundling *b, const json_t *manifest)
{
	static const char *const trees[][2] = {
		{ "bodies.ldif", "municipalities" },
		{ "groups.ldif", "groups" },
		{ "people.ldif", "people" },
		{ "roles.ldif", "roles" },
		{ "decisions.ldif", "decisions" },
	};
	const char *base = js_string(manifest, "base");
	struct text all = text_in(b->arena);

	for (size_t i = 0; i < LENGTH(trees); i++)
		if (!add_ldif(b, trees[i][0], trees[i][1], base ?: "", &all))
			return false;
	return file_write(arena_print(b->arena, "%s/catalogue.ldif", b->folder),
	                  all.at, all.length, FILE_MODE, &b->why);
}

int command_import(const struct command *c)
{
	struct bundling b = { .arena = c->arena,
		              .command = c,
		              .folder = c->words[1],
		              .by = option(c, "--by"),
		              .reason = option(c, "--reason") };
	const char *key = option(c, "--from-key");
	json_t *manifest;

	if (!key || !b.by || !b.reason) {
		fprintf(stderr, "usage: portvaktctl import DIR --from-key "
		                "THUMBPRINT --by NAME --reason TEXT\n");
		return WRONG_USAGE;
	}
	if (!bundle_open(c->arena, b.folder, key, &manifest, &b.why) ||
	    !read_configuration(&b) || !check_names(&b, manifest) ||
	    !write_ldif(&b, manifest) || !give_salt(&b))
		return sorry(&b);
	printf("%s of %s, given by %s on %.10s: whole, and the issuer's salt "
	       "is taken in\n"
	       "now load the catalogue as root, before portvakt-sync starts:\n"
	       "  ldapadd -Q -Y EXTERNAL -H %s -f %s/catalogue.ldif\n",
	       b.m->name, js_string(manifest, "region") ?: "?",
	       js_string(manifest, "by") ?: "?",
	       js_string(manifest, "at") ?: "?", b.region->catalogue.uri,
	       b.folder);
	return 0;
}
