/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_build.h: private to the files that build the configuration from parsed
 * statements.  A build step reports an error and continues, so an invalid
 * configuration is incomplete; config_load() never returns it. */
#ifndef REGION_CONFIG_CONFIG_BUILD_H
#define REGION_CONFIG_CONFIG_BUILD_H

#include "lib/conf/conf_syntax.h"
#include "lib/vector.h"
#include "region/config/config.h"
#include "region/config/policy_parse.h"

struct text_list {
	char **at;
	size_t count, capacity;
};

struct config_builder {
	struct arena *arena; /* owned by the configuration */
	const struct conf_block *top;
	struct conf_errors *errors;
	struct config *cfg;
	struct config_place place;
	bool rules_only; /* do not check credentials and referenced files */
	VECTOR(const char *)
	referenced_files; /* own paths of referenced files, part of the hash */
};

/* In this order: each step uses the results of the earlier ones. */
void config_build_issuers(struct config_builder *b);
void config_build_networks(struct config_builder *b);
void config_build_directories(struct config_builder *b);
void config_build_municipalities(struct config_builder *b);
void config_build_services(struct config_builder *b);
void config_build_policy_names(struct config_builder *b);
void config_build_rules(struct config_builder *b);

/* Returns the directories of the main file, of the files that it includes or
 * names, and of credentials, ending in NULL; the last step. */
const char *const *config_build_read_paths(const struct config_builder *b);

/* Builds the networks of a municipality; after those of the region. */
void config_build_municipality_networks(struct config_builder *b,
                                        const struct conf_block *in,
                                        struct municipality *m);

/* Builds groups { }, feide { } and school-year of a municipality. */
void config_build_school_owner(struct config_builder *b,
                               const struct conf_statement *s,
                               struct municipality *m);

/* Returns where a file of this own path is read. */
const char *config_build_place(const struct config_builder *b,
                               const char *path);

struct source_location config_build_location(const struct conf_statement *s);

/* Returns the number of top-level statements with this name. */
size_t config_build_count(const struct config_builder *b, const char *name);

/* Returns whether a top-level statement has this keyword and name. */
bool config_build_has(const struct config_builder *b, const char *keyword,
                      const char *name);

/* Returns all arguments of all statements with this name, NULL-terminated. */
char **config_build_values(struct config_builder *b,
                           const struct conf_block *block, const char *name);

/* Returns the credential's name without the @ from argument i of s, or NULL if
 * there is none.  Reports an error if its file is missing or accessible to
 * others. */
const char *config_build_secret(struct config_builder *b,
                                const struct conf_statement *s, size_t i);

/* Returns the absolute path of the file named in argument 1 of s, within a copy
 * if there is one: relative to the file of the statement, else to the main
 * file.  Reports an error if it
 * cannot be read.  Returns NULL if s is NULL. */
const char *config_build_file(struct config_builder *b,
                              const struct conf_statement *s);

/* Returns the plugins of a block, with the hashes of their files; owner is a
 * municipality or "region". */
const struct plugin_conf *config_build_plugins(struct config_builder *b,
                                               const struct conf_block *in,
                                               const char *owner,
                                               size_t *ret_count);

/* Returns host[:port] of a URL in lower case; NULL if url has no host. */
const char *config_build_host(struct config_builder *b, const char *url);

/* Returns "; did you mean ..." from the top-level statements with this name. */
const char *config_build_suggestion(struct config_builder *b, const char *value,
                                    const char *name);

#endif
