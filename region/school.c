/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_school.c: builds a municipality's group rules, its Feide host
 * organisation and its school year. */
#include <string.h>

#include "lib/text.h"
#include "region/build.h"

enum { YEAR_MONTH = 8, YEAR_DAY = 1, OVERLAP = 14 * 24 * 60 * 60 };

static const char *const group_names[] = {
	[GROUP_UNIT] = "unit",
	[GROUP_CLASS] = "class",
	[GROUP_TEACHING] = "teaching",
	[GROUP_ROLE] = "role",
};

const char *group_kind_name(enum group_kind k)
{
	return group_names[k];
}

enum group_kind group_kind_from(const char *name)
{
	for (size_t i = GROUP_NONE + 1; i < LENGTH(group_names); i++)
		if (text_equal(group_names[i], name))
			return (enum group_kind)i;
	return GROUP_NONE;
}

static void build_groups(struct build *b, const struct conf_block *in,
                         struct municipality *m)
{
	m->groups = arena_array(b->arena, struct group_rule, in->count);
	for (size_t i = 0; i < in->count; i++) {
		const struct conf_statement *s = &in->at[i];
		enum group_kind kind = group_kind_from(s->words[0]);

		if (kind != GROUP_NONE && conf_word_at(s, 2))
			m->groups[m->group_count++] =
			    (struct group_rule){ kind, s->words[2],
				                 build_place(s) };
	}
}

/* Feide identifies a school by its organisation number. */
static void refuse_double(struct build *b, const struct conf_statement *s,
                          const struct feide *f, const struct school *now)
{
	for (const struct school *e = f->schools; e < now; e++)
		if (now->number && text_equal(e->number, now->number))
			conf_complain(b->wrong, conf_find(&s->block, "number"),
			              1, "%s is the number of %s already",
			              now->number, e->code);
}

static void build_school(struct build *b, const struct conf_statement *s,
                         struct feide *f)
{
	struct school *one = &f->schools[f->school_count++];

	*one = (struct school){
		.code = conf_word_at(s, 1),
		.display = conf_word_at(s, 2),
		.number = conf_value(&s->block, "number", NULL),
		.under = build_words(b, &s->block, "under"),
		.mail = conf_value(&s->block, "mail", NULL),
		.place = build_place(s),
	};
	refuse_double(b, s, f, one);
}

static const struct feide *build_feide(struct build *b,
                                       const struct conf_statement *s)
{
	const struct conf_block *in = &s->block;
	struct feide *f = arena_new(b->arena, struct feide);

	f->realm = conf_value(in, "realm", NULL);
	f->mail = conf_value(in, "mail", NULL);
	f->legal_name = conf_value(in, "legal-name", NULL);
	f->national_id = text_equal(conf_value(in, "national-id", "no"), "yes");
	f->place = build_place(s);
	if (f->national_id && !b->region->catalogue.feide)
		conf_complain(
		    b->wrong, conf_find(in, "national-id"), 1,
		    "catalogue { feide DN secret @NAME } must say who "
		    "writes the numbers");
	f->schools = arena_array(b->arena, struct school, in->count);
	for (const struct conf_statement *one = conf_find(in, "school"); one;
	     one = conf_next(in, one))
		build_school(b, one, f);
	return f;
}

static struct school_year build_year(const struct conf_statement *s)
{
	struct school_year y = { YEAR_MONTH, YEAR_DAY, OVERLAP };
	const char *day = conf_word_at(s, 1);
	long long month_of = 0;
	long long day_of = 0;

	if (!day || strlen(day) != 5 ||
	    !text_to_number((char[]){ day[0], day[1], '\0' }, 1, 12,
	                    &month_of) ||
	    !text_to_number(day + 3, 1, 31, &day_of))
		return y;
	y.month = (int)month_of;
	y.day = (int)day_of;
	y.overlap = conf_seconds(&s->block, "overlap", OVERLAP);
	return y;
}

void build_school_owner(struct build *b, const struct conf_statement *s,
                        struct municipality *m)
{
	const struct conf_statement *groups = conf_find(&s->block, "groups");
	const struct conf_statement *feide = conf_find(&s->block, "feide");

	m->school_year = build_year(conf_find(&s->block, "school-year"));
	if (groups)
		build_groups(b, &groups->block, m);
	if (feide)
		m->feide = build_feide(b, feide);
}
