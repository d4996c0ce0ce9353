/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config.c: loads the configuration file into one reference-counted structure.
 * Each build step reports all of its errors and continues. */
#include "region/region.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "region/build.h"
#include "region/region_words.h"

enum { LARGEST_FILE = 1024 * 1024 };

/* The allocation behind a struct config. */
struct held {
	struct region region; /* first: the pointers are interchangeable */
	struct arena *arena;
	atomic_int holders;
};

/* ---- region { } */

static void build_catalogue(struct build *b, const struct conf_block *region)
{
	const struct conf_statement *s = conf_find(region, "catalogue");
	const struct conf_block *in = s ? &s->block : NULL;
	const struct conf_statement *reader = conf_find(in, "reader");
	const struct conf_statement *writer = conf_find(in, "writer");
	const struct conf_statement *admin = conf_find(in, "admin");
	const struct conf_statement *feide = conf_find(in, "feide");
	struct region *r = b->region;

	r->catalogue.uri = conf_word_at(s, 1);
	r->catalogue.base = conf_value(in, "base", NULL);
	r->catalogue.trust = build_file(b, conf_find(in, "trust"));
	r->catalogue.reader = conf_word_at(reader, 1);
	r->catalogue.reader_secret = build_secret(b, reader, 3);
	r->catalogue.writer = conf_word_at(writer, 1);
	r->catalogue.writer_secret = build_secret(b, writer, 3);
	r->catalogue.admin = conf_word_at(admin, 1);
	r->catalogue.admin_secret = build_secret(b, admin, 3);
	r->catalogue.feide = conf_word_at(feide, 1);
	r->catalogue.feide_secret = build_secret(b, feide, 3);
}

static void build_sessions(struct build *b, const struct conf_block *region)
{
	const struct conf_statement *s = conf_find(region, "sessions");
	const struct conf_block *in = s ? &s->block : NULL;
	struct region *r = b->region;

	r->sessions.address = conf_word_at(s, 1);
	r->sessions.idle = conf_seconds(in, "idle", 30 * 60);
	r->sessions.longest = conf_seconds(in, "longest", 10 * 60 * 60);
	r->sessions.user = conf_value(in, "user", "portvakt");
	r->sessions.secret = build_secret(b, conf_find(in, "secret"), 1);
}

static char **languages_of(struct build *b, const struct conf_block *in)
{
	static const char *const all[] = { "nb", "nn", "en" };
	char **said = build_words(b, in, "languages");

	if (*said)
		return said;
	said = arena_array(b->arena, char *, LENGTH(all) + 1);
	for (size_t i = 0; i < LENGTH(all); i++)
		said[i] = arena_copy(b->arena, all[i]);
	return said;
}

static void build_region(struct build *b)
{
	const struct conf_statement *s = conf_find(b->top, "region");
	const struct conf_block *in = s ? &s->block : NULL;
	struct region *r = b->region;

	r->name = conf_word_at(s, 1);
	r->display = conf_value(in, "name", r->name);
	r->contact = conf_value(in, "contact", NULL);
	r->trust = build_file(b, conf_find(in, "trust"));
	r->node = conf_value(in, "node", "a");
	r->login_url = conf_value(in, "login", NULL);
	r->login_host = build_host(b, r->login_url);
	r->languages = languages_of(b, in);
	r->run = conf_value(in, "run", "/run/portvakt");
	r->state = conf_value(in, "state", "/var/lib/portvakt");
	r->credentials =
	    conf_value(in, "credentials", "/etc/portvakt/credentials");
	r->grace = conf_seconds(in, "grace", 30 * 24 * 60 * 60);
	r->plugins = build_words(b, b->top, "plugin");
	build_catalogue(b, in);
	build_sessions(b, in);
}

/* ---- hash of all statements with their position, and of referenced files */

static void hash_block(struct text *out, const struct conf_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct conf_statement *s = &block->at[i];

		text_addf(out, "%s:%u", s->file, s->line);
		for (size_t w = 0; w < s->word_count; w++)
			text_addf(out, " %zu:%s", strlen(s->words[w]),
			          s->words[w]);
		text_add(out, s->has_block ? " {\n" : "\n");
		hash_block(out, &s->block);
		text_add(out, s->has_block ? "}\n" : "");
	}
}

static void hash_files(struct build *b, struct text *out)
{
	struct arena *a = out->arena;
	struct fault why = { 0 };
	char *bytes;
	size_t length;

	for (size_t i = 0; i < b->files.count; i++) {
		const char *path = b->files.at[i];

		if (!file_read(a, path, LARGEST_FILE, &bytes, &length, &why))
			conf_complain_at(b->wrong, path, 1, 1, "%s", why.text);
		else
			text_addf(out, "%s %s\n", path,
			          hash_hex(a, bytes, length));
	}
}

static void build_hash(struct build *b)
{
	struct arena *a = arena_open();
	struct text all = text_in(a);
	unsigned char digest[HASH_SHA256];

	hash_block(&all, b->top);
	hash_files(b, &all);
	hash_sha256(all.at, all.length, digest);
	memcpy(b->region->hash, hex_write(a, digest, sizeof(digest)),
	       sizeof(b->region->hash));
	arena_close(a);
}

/* ---- loading */

static struct held *held_new(void)
{
	struct arena *a = arena_open();
	struct held *h = arena_new(a, struct held);

	h->arena = a;
	atomic_init(&h->holders, 1);
	return h;
}

static void build_all(struct build *b)
{
	build_region(b);
	build_issuers(b);
	build_networks(b);
	build_directories(b);
	build_municipalities(b);
	build_services(b);
	build_rules(b);
	build_hash(b);
}

/* Returns the canonical path, so that every process computes the same hash. */
static const char *true_path(struct arena *a, const char *file)
{
	char *path = realpath(file, NULL);

	return path ? arena_keep(a, path, free) : arena_copy(a, file);
}

static struct region *read_region(struct arena *a, const char *file,
                                  bool rules_only,
                                  struct conf_complaints *wrong)
{
	struct held *h = held_new();
	struct conf_block top = { 0 };
	struct build b = { .arena = h->arena,
		           .top = &top,
		           .wrong = wrong,
		           .region = &h->region,
		           .rules_only = rules_only };

	*wrong = (struct conf_complaints){ .arena = a };
	h->region.file = true_path(h->arena, file);
	bool whole = conf_read(h->arena, h->region.file, &top, wrong);

	/* After a syntax error the rest of the file is missing; errors caused
	 * by that are not reported. */
	if (whole)
		build_all(&b);
	if (whole || top.count > 0)
		conf_check(&top, region_words, wrong);
	if (wrong->count == 0)
		return &h->region;
	/* The errors outlive the configuration they refer to. */
	for (size_t i = 0; i < wrong->count; i++)
		wrong->at[i].file = arena_copy(a, wrong->at[i].file);
	region_release(&h->region);
	return NULL;
}

struct region *region_read(struct arena *a, const char *file,
                           struct conf_complaints *ret_complaints)
{
	return read_region(a, file, false, ret_complaints);
}

struct region *region_read_rules(struct arena *a, const char *file,
                                 struct conf_complaints *ret_complaints)
{
	return read_region(a, file, true, ret_complaints);
}

void region_keep(struct region *r)
{
	struct held *h = (struct held *)r;

	atomic_fetch_add(&h->holders, 1);
}

void region_release(struct region *r)
{
	struct held *h = (struct held *)r;

	if (r && atomic_fetch_sub(&h->holders, 1) == 1)
		arena_close(h->arena);
}

bool region_secret(const struct region *r, struct arena *a, const char *name,
                   char **ret_secret, struct fault *why)
{
	return secret_read(a, r->credentials, name, ret_secret, why);
}
