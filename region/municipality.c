/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_municipality.c: builds issuers and municipalities, with the source
 * mappings of people { }. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/build.h"
#include "region/dn.h"
#include "region/kind.h"

/* ---- issuers */

static void add_issuer(struct build *b, struct issuer *i, const char *name,
                       const struct conf_statement *s, const char *url)
{
	const struct region *r = b->region;

	*i = (struct issuer){ .name = name, .url = url };
	if (!url)
		return;
	i->host = build_host(b, url);
	i->entity_id = arena_print(b->arena, "%s/saml/metadata", url);
	for (const struct issuer *e = r->issuers; e < i; e++)
		if (text_equal(e->host, i->host))
			conf_complain(b->wrong, s, 1,
			              "%s is the issuer of %s already", i->host,
			              e->name);
}

static const struct conf_statement *issuer_statement(
    const struct conf_statement *owner)
{
	return owner ? conf_find(&owner->block, "issuer") : NULL;
}

/* The region's issuer defaults to the login host. */
static void add_region_issuer(struct build *b, struct issuer *i)
{
	const struct conf_statement *region = conf_find(b->top, "region");
	const struct conf_statement *s = issuer_statement(region);

	add_issuer(b, i, "region", s,
	           s ? conf_word_at(s, 1) : b->region->login_url);
}

/* A municipality's issuer on the login host would be identical to the
 * region's. */
static void refuse_login_host(struct build *b, const struct conf_statement *s,
                              const struct issuer *i)
{
	if (i->host && text_equal(i->host, b->region->login_host))
		conf_complain(b->wrong, s, 1,
		              "%s is the region's login host; an issuer of its "
		              "own has a host of its own",
		              i->host);
}

void build_issuers(struct build *b)
{
	struct issuer *all = arena_array(b->arena, struct issuer,
	                                 build_count(b, "municipality") + 1);
	size_t count = 1;

	b->region->issuers = all;
	add_region_issuer(b, &all[0]);
	for (const struct conf_statement *m = conf_find(b->top, "municipality");
	     m; m = conf_next(b->top, m)) {
		const struct conf_statement *s = issuer_statement(m);

		if (!conf_word_at(s, 1) || !conf_word_at(m, 1))
			continue;
		add_issuer(b, &all[count], m->words[1], s, s->words[1]);
		refuse_login_host(b, s, &all[count++]);
	}
	b->region->issuer_count = count;
}

/* ---- people { } */

static const char *checked_kind(struct build *b, const struct conf_statement *s,
                                size_t i, enum kind *ret_kind)
{
	static const char *const known[] = { "employees", "teachers",
		                             "pupils",    "politicians",
		                             "guests",    "vendors",
		                             NULL };
	const char *said = conf_word_at(s, i);

	*ret_kind = kind_from_plural(said);
	if (said && *ret_kind == KIND_NONE)
		conf_complain(b->wrong, s, i, "\"%s\" is nobody%s", said,
		              conf_did_you_mean(b->arena, said, known));
	return said;
}

/* employees under DN; teachers are employees in DN; role NAME is employees in
 * DN. pos: index of the keyword under, are or is. */
static void build_who(struct build *b, const struct conf_statement *s,
                      size_t behind, struct people_rule *rule)
{
	size_t last = s->word_count - 1;
	const char *how = conf_word_at(s, last - 1);

	rule->place = build_place(s);
	if (text_equal(how, "under"))
		rule->under = s->words[last];
	else
		rule->group = s->words[last];
	if (!text_equal(conf_word_at(s, behind), "under"))
		(void)checked_kind(b, s, behind + 1, &rule->among);
}

static bool build_rule(struct build *b, const struct conf_statement *s,
                       struct people_rule *rule)
{
	if (text_equal(s->words[0], "same-person") || s->word_count < 3)
		return false;
	if (text_equal(s->words[0], "role")) {
		rule->role = s->words[1];
		build_who(b, s, 2, rule);
		return true;
	}
	rule->kind = kind_from_plural(s->words[0]);
	build_who(b, s, 1, rule);
	return rule->kind != KIND_NONE;
}

static const struct directory_conf *named_directory(
    struct build *b, const struct conf_statement *s)
{
	const char *name = conf_word_at(s, 2);
	const struct directory_conf *d = region_directory(b->region, name);

	if (name && !d)
		conf_complain(b->wrong, s, 2, "there is no directory \"%s\"%s",
		              name, build_suggest(b, name, "directory"));
	return d;
}

static void build_people(struct build *b, const struct conf_statement *s,
                         struct people_from *p)
{
	p->directory = named_directory(b, s);
	p->under = conf_word_at(s, 4);
	p->place = build_place(s);
	p->join_by_national_id = conf_find(&s->block, "same-person") != NULL;
	p->rules = arena_array(b->arena, struct people_rule, s->block.count);
	for (size_t i = 0; i < s->block.count; i++)
		p->rule_count +=
		    build_rule(b, &s->block.at[i], &p->rules[p->rule_count]);
}

static size_t count_in(const struct conf_block *block, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < block->count; i++)
		count += text_equal(block->at[i].words[0], name);
	return count;
}

/* One source entry must not belong to two municipalities. */
static void refuse_overlap(struct build *b, const struct people_from *earlier,
                           const struct people_from *p)
{
	if (!p->directory || earlier->directory != p->directory)
		return;
	if (!dn_is_within(earlier->under, p->under) &&
	    !dn_is_within(p->under, earlier->under))
		return;
	conf_complain_at(b->wrong, p->place.file, (unsigned)p->place.line, 1,
	                 "people from %s overlap those of %s:%d",
	                 p->directory->name, earlier->place.file,
	                 earlier->place.line);
}

static void refuse_overlaps(struct build *b, const struct municipality *m,
                            size_t which)
{
	const struct people_from *p = &m->people[which];

	for (const struct municipality *e = b->region->municipalities; e <= m;
	     e++)
		for (size_t i = 0; i < e->people_count; i++)
			if (&e->people[i] != p)
				refuse_overlap(b, &e->people[i], p);
}

static void build_peoples(struct build *b, const struct conf_statement *s,
                          struct municipality *m)
{
	size_t room = count_in(&s->block, "people");

	m->people = arena_array(b->arena, struct people_from, room);
	for (const struct conf_statement *p = conf_find(&s->block, "people"); p;
	     p = conf_next(&s->block, p)) {
		build_people(b, p, &m->people[m->people_count]);
		refuse_overlaps(b, m, m->people_count++);
	}
}

/* ---- municipality { } */

static const struct issuer *own_issuer(struct build *b, struct municipality *m)
{
	struct issuer *all = (struct issuer *)(uintptr_t)b->region->issuers;

	for (size_t i = 1; i < b->region->issuer_count; i++)
		if (text_equal(all[i].name, m->name)) {
			all[i].owner = m;
			return &all[i];
		}
	return NULL;
}

/* Domain and organisation number identify exactly one municipality. */
static void refuse_double(struct build *b, const struct conf_statement *s,
                          const char *word, const char *value,
                          const char *earlier, const char *name)
{
	if (value && text_equal(value, earlier))
		conf_complain(b->wrong, conf_find(&s->block, word), 1,
		              "%s is the %s of %s already", value, word, name);
}

static void refuse_doubles(struct build *b, const struct conf_statement *s,
                           const struct municipality *m)
{
	for (const struct municipality *e = b->region->municipalities; e < m;
	     e++) {
		refuse_double(b, s, "domain", m->domain, e->domain, e->name);
		refuse_double(b, s, "number", m->number, e->number, e->name);
	}
	if (text_equal(m->name, "region"))
		conf_complain(b->wrong, s, 1,
		              "\"region\" stands for the region itself");
}

/* ---- offboarding */

static bool is_named(const struct build *b, const char *service)
{
	const struct conf_statement *s = conf_find(b->top, "service");

	while (s && !text_equal(conf_word_at(s, 1), service))
		s = conf_next(b->top, s);
	return s != NULL;
}

static void check_moved(struct build *b, const struct conf_block *in)
{
	for (const struct conf_statement *s = conf_find(in, "moved"); s;
	     s = conf_next(in, s))
		for (size_t i = 1; i < s->word_count; i++)
			if (!is_named(b, s->words[i]))
				conf_complain(
				    b->wrong, s, i,
				    "there is no service \"%s\"%s", s->words[i],
				    build_suggest(b, s->words[i], "service"));
}

static void build_leaving(struct build *b, const struct conf_block *in,
                          struct municipality *m)
{
	const char *date = conf_value(in, "leaves", NULL);

	/* An invalid date has already been reported. */
	if (date && !clock_from_date(date, false, &m->leaves))
		m->leaves = 0;
	m->moved = build_words(b, in, "moved");
	check_moved(b, in);
}

static void build_municipality(struct build *b, const struct conf_statement *s,
                               struct municipality *m)
{
	const struct conf_block *in = &s->block;

	m->name = conf_word_at(s, 1);
	m->display = conf_value(in, "name", m->name);
	m->number = conf_value(in, "number", NULL);
	m->domain = conf_value(in, "domain", NULL);
	m->language = conf_value(in, "language", "nb");
	m->contact = conf_value(in, "contact", NULL);
	m->mark = conf_value(in, "mark", NULL);
	m->colour = conf_value(in, "colour", NULL);
	m->issuer = own_issuer(b, m);
	m->plugins = build_words(b, in, "plugin");
	m->place = build_place(s);
	build_leaving(b, in, m);
	refuse_doubles(b, s, m);
	build_peoples(b, s, m);
	build_school_owner(b, s, m);
}

bool municipality_has_left(const struct municipality *m, int64_t now)
{
	return m->leaves > 0 && m->leaves <= now;
}

void build_municipalities(struct build *b)
{
	struct municipality *all = arena_array(b->arena, struct municipality,
	                                       build_count(b, "municipality"));
	size_t count = 0;

	b->region->municipalities = all;
	for (const struct conf_statement *s = conf_find(b->top, "municipality");
	     s; s = conf_next(b->top, s))
		build_municipality(b, s, &all[count++]);
	b->region->municipality_count = count;
}
