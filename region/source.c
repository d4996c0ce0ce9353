/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_directory.c: builds the source directories of the configuration. */
#include <strings.h>

#include "lib/text.h"
#include "region/build.h"
#include "region/dn.h"

static const char *const kinds[] = {
	[DIRECTORY_OPENLDAP] = "openldap",
	[DIRECTORY_389DS] = "389ds",
	[DIRECTORY_AD] = "active-directory",
	[DIRECTORY_OTHER] = "other",
};

static enum directory_kind kind_of(const char *word)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], word))
			return (enum directory_kind)i;
	return DIRECTORY_OPENLDAP;
}

/* The cost of a poll: a few milliseconds, or a full read for "other". */
static int64_t usual_poll(enum directory_kind kind)
{
	return kind == DIRECTORY_OTHER ? 5 * 60 : 2;
}

static char **addresses(struct build *b, const struct conf_statement *s)
{
	LIST(char *) list = { 0 };

	for (size_t i = 2; i < s->word_count; i++)
		*list_add(b->arena, &list) = arena_copy(b->arena, s->words[i]);
	*list_add(b->arena, &list) = NULL;
	return list.at;
}

static void build_reads(struct build *b, const struct conf_block *in,
                        struct directory_conf *d)
{
	d->reads = arena_array(b->arena, struct read_rule, in->count);
	for (const struct conf_statement *s = conf_find(in, "read"); s;
	     s = conf_next(in, s))
		if (s->word_count > 3)
			d->reads[d->read_count++] =
			    (struct read_rule){ .what = s->words[1],
				                .from = s->words[3] };
}

static bool says(const struct conf_block *in, const char *name,
                 const char *wanted)
{
	const struct conf_statement *s = conf_find(in, name);

	for (size_t i = 1; s && i < s->word_count; i++)
		if (text_equal(s->words[i], wanted))
			return true;
	return false;
}

static void build_directory(struct build *b, const struct conf_statement *s,
                            struct directory_conf *d)
{
	const struct conf_block *in = &s->block;

	d->name = conf_word_at(s, 1);
	d->uris = addresses(b, s);
	d->kind = kind_of(conf_value(in, "kind", "openldap"));
	d->base = conf_value(in, "base", NULL);
	d->bind_as = conf_value(in, "bind-as", NULL);
	d->secret = build_secret(b, conf_find(in, "secret"), 1);
	d->trust = build_file(b, conf_find(in, "trust"));
	d->compare = conf_seconds(in, "compare", 24 * 60 * 60);
	d->poll = conf_seconds(in, "poll", usual_poll(d->kind));
	d->brake_percent = conf_percent(in, "brake", 2);
	d->own_passwords = says(in, "passwords", "self");
	d->teachers_passwords = says(in, "passwords", "teachers");
	d->newcomers_percent = conf_percent(in, "newcomers", 20);
	d->canary = conf_value(in, "canary", NULL);
	d->rehearse = conf_find(in, "rehearse") != NULL;
	d->place = build_place(s);
	build_reads(b, in, d);
}

/* ---- attribute precedence */

static const char *const preferable[] = {
	[PREFER_NAME] = "name", [PREFER_LANGUAGE] = "language"
};

static char **preferred(struct build *b, const struct conf_statement *s)
{
	LIST(char *) list = { 0 };

	for (size_t i = 3; i < s->word_count; i++) {
		if (!region_directory(b->region, s->words[i]))
			conf_complain(
			    b->wrong, s, i, "there is no directory \"%s\"%s",
			    s->words[i],
			    build_suggest(b, s->words[i], "directory"));
		*list_add(b->arena, &list) = arena_copy(b->arena, s->words[i]);
	}
	*list_add(b->arena, &list) = NULL;
	return list.at;
}

static void build_preferences(struct build *b)
{
	const struct conf_statement *in = conf_find(b->top, "region");

	for (const struct conf_statement *s =
	         in ? conf_find(&in->block, "prefer") : NULL;
	     s; s = conf_next(&in->block, s))
		for (size_t i = 0; i < LENGTH(preferable); i++)
			if (text_equal(conf_word_at(s, 1), preferable[i]))
				b->region->prefers[i] = preferred(b, s);
}

/* ---- overlapping directories */

static bool share_address(const struct directory_conf *d,
                          const struct directory_conf *e)
{
	for (char **u = d->uris; *u; u++)
		for (char **o = e->uris; *o; o++)
			if (strcasecmp(*u, *o) == 0)
				return true;
	return false;
}

/* An entry read through two directories would become two affiliations. */
static void refuse_same(struct build *b, const struct conf_statement *s,
                        const struct directory_conf *d)
{
	for (const struct directory_conf *e = b->region->directories; e < d;
	     e++)
		if (d->base && e->base && share_address(d, e) &&
		    (dn_is_within(d->base, e->base) ||
		     dn_is_within(e->base, d->base)))
			conf_complain(b->wrong, s, 1,
			              "%s is in the directory %s already: the "
			              "same server, and %s overlaps %s",
			              d->name, e->name, d->base, e->base);
}

void build_directories(struct build *b)
{
	struct directory_conf *all = arena_array(
	    b->arena, struct directory_conf, build_count(b, "directory"));
	size_t count = 0;

	for (const struct conf_statement *s = conf_find(b->top, "directory"); s;
	     s = conf_next(b->top, s)) {
		build_directory(b, s, &all[count]);
		b->region->directories = all;
		refuse_same(b, s, &all[count++]);
	}
	b->region->directories = all;
	b->region->directory_count = count;
	build_preferences(b);
}
