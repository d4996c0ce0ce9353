/* SPDX-License-Identifier: AGPL-3.0-or-later
 * build.h: for the files that make a snapshot out of statements, and for
 * nobody else.  Each adds what is wrong and goes on, so that the snapshot of a
 * bad configuration is full of holes and never leaves region_read. */
#ifndef REGION_BUILD_H
#define REGION_BUILD_H

#include "lib/conf.h"
#include "lib/list.h"
#include "region/policy.h"
#include "region/region.h"

struct build {
	struct arena *arena; /* the snapshot's own */
	const struct conf_block *top;
	struct conf_complaints *wrong;
	struct region *region;
	bool rules_only; /* credentials and files named are not looked at */
	LIST(const char *) files; /* read by processes; part of the hash */
};

/* In this order: each finds what those before it made. */
void build_issuers(struct build *b);
void build_networks(struct build *b);
void build_directories(struct build *b);
void build_municipalities(struct build *b);
void build_services(struct build *b);
void build_rules(struct build *b);

/* groups { }, feide { } and school-year of that municipality. */
void build_school_owner(struct build *b, const struct conf_statement *s,
                        struct municipality *m);

struct place build_place(const struct conf_statement *s);

/* How many statements of that name the top has. */
size_t build_count(const struct build *b, const char *name);

/* All arguments of all statements of that name, NULL-terminated. */
char **build_words(struct build *b, const struct conf_block *block,
                   const char *name);

/* The credential's name without the @ in word i of s, or NULL; complains
 * where it is missing or others may read it. */
const char *build_secret(struct build *b, const struct conf_statement *s,
                         size_t i);

/* The file named in word 1 of s, absolute: beside the file that says so, or
 * beside the region's; complains where there is none.  NULL for NULL. */
const char *build_file(struct build *b, const struct conf_statement *s);

/* host[:port] of an address, living in the snapshot. */
const char *build_host(struct build *b, const char *url);

/* " ; did you mean ..." among the top's statements of that name. */
const char *build_suggest(struct build *b, const char *said, const char *name);

#endif
