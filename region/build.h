/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_build.h: private to the files that build the configuration from parsed
 * statements.  A build step reports an error and continues, so an invalid
 * configuration is incomplete; config_load() never returns it. */
#ifndef REGION_BUILD_H
#define REGION_BUILD_H

#include "lib/conf.h"
#include "lib/list.h"
#include "region/policy.h"
#include "region/region.h"

struct build {
	struct arena *arena; /* owned by the configuration */
	const struct conf_block *top;
	struct conf_complaints *wrong;
	struct region *region;
	bool rules_only; /* do not check credentials and referenced files */
	LIST(const char *) files; /* referenced files, part of the hash */
};

/* In this order: each step uses the results of the earlier ones. */
void build_issuers(struct build *b);
void build_networks(struct build *b);
void build_directories(struct build *b);
void build_municipalities(struct build *b);
void build_services(struct build *b);
void build_rules(struct build *b);

/* Builds groups { }, feide { } and school-year of a municipality. */
void build_school_owner(struct build *b, const struct conf_statement *s,
                        struct municipality *m);

struct place build_place(const struct conf_statement *s);

/* Returns the number of top-level statements with this name. */
size_t build_count(const struct build *b, const char *name);

/* Returns all arguments of all statements with this name, NULL-terminated. */
char **build_words(struct build *b, const struct conf_block *block,
                   const char *name);

/* Returns the credential's name without the @ from argument i of s, or NULL if
 * there is none.  Reports an error if its file is missing or accessible to
 * others. */
const char *build_secret(struct build *b, const struct conf_statement *s,
                         size_t i);

/* Returns the absolute path of the file named in argument 1 of s: relative to
 * the file of the statement, else to the main file.  Reports an error if it
 * cannot be read.  Returns NULL if s is NULL. */
const char *build_file(struct build *b, const struct conf_statement *s);

/* Returns host[:port] of a URL in lower case; NULL if url has no host. */
const char *build_host(struct build *b, const char *url);

/* Returns "; did you mean ..." from the top-level statements with this name. */
const char *build_suggest(struct build *b, const char *said, const char *name);

#endif
