/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config.c: loads the configuration file into one reference-counted structure.
 * Each build step reports all of its errors and continues. */
#include "region/config/config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/process/credential.h"
#include "lib/strbuf.h"
#include "region/config/config_build.h"
#include "region/config/config_keywords.h"

enum { LARGEST_FILE = 1024 * 1024, MIN_STALENESS_S = 10 };

/* The allocation behind a struct config. */
struct refcounted_config {
	struct config cfg; /* first: the pointers are interchangeable */
	struct arena *arena;
	atomic_int refcount;
};

/* ---- region { } */

/* Contact is proved every few seconds, so less would be no contact. */
static void config_build_staleness(struct config_builder *b,
                                   const struct conf_block *in)
{
	const struct conf_statement *s =
	    in ? conf_syntax_find(in, "max-staleness") : NULL;

	b->cfg->catalogue.max_staleness =
	    conf_syntax_seconds(in, "max-staleness", 60 * 60);
	if (s && b->cfg->catalogue.max_staleness < MIN_STALENESS_S)
		conf_error_add(b->errors, s, 1,
		               "max-staleness must be at least %ds",
		               MIN_STALENESS_S);
}

static void config_build_catalogue(struct config_builder *b,
                                   const struct conf_block *block)
{
	const struct conf_statement *s = conf_syntax_find(block, "catalogue");
	const struct conf_block *in = s ? &s->block : NULL;
	const struct conf_statement *reader = conf_syntax_find(in, "reader");
	const struct conf_statement *writer = conf_syntax_find(in, "writer");
	const struct conf_statement *admin = conf_syntax_find(in, "admin");
	const struct conf_statement *feide = conf_syntax_find(in, "feide");
	struct config *cfg = b->cfg;

	cfg->catalogue.uri = conf_syntax_arg(s, 1);
	cfg->catalogue.base = conf_syntax_value(in, "base", NULL);
	cfg->catalogue.tls_ca_file =
	    config_build_file(b, conf_syntax_find(in, "tls-ca-file"));
	cfg->catalogue.reader_dn = conf_syntax_arg(reader, 1);
	cfg->catalogue.reader_secret = config_build_secret(b, reader, 3);
	cfg->catalogue.writer_dn = conf_syntax_arg(writer, 1);
	cfg->catalogue.writer_secret = config_build_secret(b, writer, 3);
	cfg->catalogue.admin_dn = conf_syntax_arg(admin, 1);
	cfg->catalogue.admin_secret = config_build_secret(b, admin, 3);
	cfg->catalogue.feide_dn = conf_syntax_arg(feide, 1);
	cfg->catalogue.feide_secret = config_build_secret(b, feide, 3);
	config_build_staleness(b, in);
}

static void config_build_session_store(struct config_builder *b,
                                       const struct conf_block *block)
{
	const struct conf_statement *s =
	    conf_syntax_find(block, "session-store");
	const struct conf_block *in = s ? &s->block : NULL;
	struct config *cfg = b->cfg;

	cfg->session_store.url = conf_syntax_arg(s, 1);
	cfg->session_store.idle_timeout =
	    conf_syntax_seconds(in, "idle-timeout", 30 * 60);
	cfg->session_store.max_lifetime =
	    conf_syntax_seconds(in, "max-lifetime", 10 * 60 * 60);
	cfg->session_store.user = conf_syntax_value(in, "user", "portvakt");
	cfg->session_store.secret =
	    config_build_secret(b, conf_syntax_find(in, "secret"), 1);
}

static char **config_build_languages(struct config_builder *b,
                                     const struct conf_block *in)
{
	static const char *const all[] = { "nb", "nn", "en" };
	char **languages = config_build_values(b, in, "languages");

	if (*languages)
		return languages;
	languages = arena_array(b->arena, char *, LENGTH(all) + 1);
	for (size_t i = 0; i < LENGTH(all); i++)
		languages[i] = arena_strdup(b->arena, all[i]);
	return languages;
}

static void config_build_region(struct config_builder *b)
{
	const struct conf_statement *s = conf_syntax_find(b->top, "region");
	const struct conf_block *in = s ? &s->block : NULL;
	struct config *cfg = b->cfg;

	cfg->name = conf_syntax_arg(s, 1);
	cfg->display = conf_syntax_value(in, "name", cfg->name);
	cfg->contact = conf_syntax_value(in, "contact", NULL);
	cfg->backchannel_ca_file =
	    config_build_file(b, conf_syntax_find(in, "backchannel-ca-file"));
	cfg->node_id = conf_syntax_value(in, "node-id", "a");
	cfg->login_url = conf_syntax_value(in, "login-url", NULL);
	cfg->login_host = config_build_host(b, cfg->login_url);
	cfg->languages = config_build_languages(b, in);
	cfg->notify_command =
	    in ? config_build_values(b, in, "notify-command") : NULL;
	cfg->runtime_directory =
	    conf_syntax_value(in, "runtime-directory", "/run/portvakt");
	cfg->state_directory =
	    conf_syntax_value(in, "state-directory", "/var/lib/portvakt");
	cfg->credentials_directory = conf_syntax_value(
	    in, "credentials-directory", "/etc/portvakt/credentials");
	cfg->max_access_change =
	    conf_syntax_percent(in, "max-access-change", 5);
	cfg->delete_after =
	    conf_syntax_seconds(in, "delete-after", 30 * 24 * 60 * 60);
	cfg->hold_released_names =
	    conf_syntax_seconds(in, "hold-released-names", 90 * 24 * 60 * 60);
	cfg->remember_ids =
	    conf_syntax_seconds(in, "remember-ids", 3 * 365 * 24 * 60 * 60);
	cfg->plugins =
	    config_build_plugins(b, b->top, "region", &cfg->plugin_count);
	config_build_catalogue(b, in);
	config_build_session_store(b, in);
}

/* ---- hash of all statements with their position, and of referenced files */

static void config_hash_block(struct strbuf *out,
                              const struct conf_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct conf_statement *s = &block->statements[i];

		strbuf_appendf(out, "%s:%u", s->file, s->line);
		for (size_t w = 0; w < s->arg_count; w++)
			strbuf_appendf(out, " %zu:%s", strlen(s->args[w]),
			               s->args[w]);
		strbuf_append(out, s->has_block ? " {\n" : "\n");
		config_hash_block(out, &s->block);
		strbuf_append(out, s->has_block ? "}\n" : "");
	}
}

static void config_hash_files(struct config_builder *b, struct strbuf *out)
{
	struct arena *a = out->arena;
	struct error err = { 0 };
	char *bytes;
	size_t length;

	for (size_t i = 0; i < b->referenced_files.count; i++) {
		const char *path = b->referenced_files.at[i];

		if (!file_read(a, config_build_place(b, path), LARGEST_FILE,
		               &bytes, &length, &err))
			conf_error_add_at(b->errors, path, 1, 1, "%s",
			                  err.text);
		else
			strbuf_appendf(out, "%s %s\n", path,
			               hash_sha256_hex(a, bytes, length));
	}
}

static void config_hash_plugins(const struct plugin_conf *plugins, size_t count,
                                struct strbuf *out)
{
	for (size_t i = 0; i < count; i++)
		strbuf_appendf(out, "%s %s %s\n", plugins[i].name,
		               plugins[i].hash, plugins[i].data_hash);
}

static void config_build_hash(struct config_builder *b)
{
	struct arena *a = arena_open();
	struct strbuf all = strbuf_init(a);
	unsigned char digest[HASH_SHA256_SIZE];

	config_hash_block(&all, b->top);
	config_hash_files(b, &all);
	config_hash_plugins(b->cfg->plugins, b->cfg->plugin_count, &all);
	for (size_t i = 0; i < b->cfg->municipality_count; i++)
		config_hash_plugins(b->cfg->municipalities[i].plugins,
		                    b->cfg->municipalities[i].plugin_count,
		                    &all);
	hash_sha256(all.data, all.length, digest);
	memcpy(b->cfg->hash, hex_encode(a, digest, sizeof(digest)),
	       sizeof(b->cfg->hash));
	arena_close(a);
}

/* ---- loading */

static struct refcounted_config *config_new(void)
{
	struct arena *a = arena_open();
	struct refcounted_config *h = arena_new(a, struct refcounted_config);

	h->arena = a;
	atomic_init(&h->refcount, 1);
	return h;
}

static void config_build_all(struct config_builder *b)
{
	config_build_region(b);
	config_build_issuers(b);
	config_build_networks(b);
	config_build_directories(b);
	config_build_municipalities(b);
	config_build_services(b);
	config_build_policy_names(b);
	config_build_rules(b);
	config_build_hash(b);
	b->cfg->read_paths = config_build_read_paths(b);
}

/* Returns the canonical path, so that every process computes the same hash. */
static const char *config_canonical_path(struct arena *a, const char *file)
{
	char *path = realpath(file, NULL);

	return path ? arena_own(a, path, free) : arena_strdup(a, file);
}

/* A copy that was changed is not what was accepted. */
static void config_check_copy(const struct config_builder *b)
{
	/* Without the referenced files the hash is another. */
	if (b->errors->count == 0 && b->place.hash && !b->rules_only &&
	    !text_equal(b->place.hash, b->cfg->hash))
		conf_error_add_at(b->errors, b->place.source, 1, 1,
		                  "this copy of the configuration was changed: "
		                  "its hash is %.16s, not %.16s",
		                  b->cfg->hash, b->place.hash);
}

static struct config *config_take(struct arena *a, struct config *cfg,
                                  struct conf_errors *errors)
{
	conf_errors_sort(errors);
	if (errors->count == 0)
		return cfg;
	/* The errors outlive the configuration they refer to. */
	for (size_t i = 0; i < errors->count; i++)
		errors->at[i].file = arena_strdup(a, errors->at[i].file);
	config_unref(cfg);
	return NULL;
}

struct config *config_load_place(struct arena *a,
                                 const struct config_place *place,
                                 struct conf_errors *errors)
{
	struct refcounted_config *h = config_new();
	struct conf_block top = { 0 };
	struct config_files files = { .all.root = place->root };
	struct config_builder b = { .arena = h->arena,
		                    .top = &top,
		                    .errors = errors,
		                    .cfg = &h->cfg,
		                    .place = *place,
		                    .rules_only = place->rules_only };

	*errors = (struct conf_errors){ .arena = a };
	h->cfg.file = arena_strdup(h->arena, place->file);
	h->cfg.source = arena_strdup(h->arena, place->source);
	bool whole =
	    config_parse_files(h->arena, &files, h->cfg.file, &top, errors);

	/* After a syntax error the rest of the file is missing, and a former
	 * keyword leaves its setting missing; errors caused by that are not
	 * reported. */
	if (whole || top.count > 0)
		conf_schema_check(&top, config_keywords, errors);
	if (whole && errors->renamed == 0) {
		config_build_all(&b);
		config_check_copy(&b);
	}
	return config_take(a, &h->cfg, errors);
}

static struct config *config_load_from(struct arena *a, const char *file,
                                       bool rules_only,
                                       struct conf_errors *errors)
{
	struct config_place place;

	if (!config_place_read(a, file, &place))
		place = (struct config_place){
			.source = config_canonical_path(a, file),
			.file = config_canonical_path(a, file),
		};
	place.rules_only = rules_only;
	return config_load_place(a, &place, errors);
}

struct config *config_load(struct arena *a, const char *file,
                           struct conf_errors *ret_errors)
{
	return config_load_from(a, file, false, ret_errors);
}

struct config *config_load_rules(struct arena *a, const char *file,
                                 struct conf_errors *ret_errors)
{
	return config_load_from(a, file, true, ret_errors);
}

void config_ref(struct config *cfg)
{
	struct refcounted_config *h = (struct refcounted_config *)cfg;

	atomic_fetch_add(&h->refcount, 1);
}

void config_unref(struct config *cfg)
{
	struct refcounted_config *h = (struct refcounted_config *)cfg;

	if (cfg && atomic_fetch_sub(&h->refcount, 1) == 1)
		arena_close(h->arena);
}

bool config_read_secret(const struct config *cfg, struct arena *a,
                        const char *name, char **ret_secret, struct error *err)
{
	return credential_read(a, cfg->credentials_directory, name, ret_secret,
	                       err);
}
