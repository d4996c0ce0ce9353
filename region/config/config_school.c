/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_school.c: builds a municipality's group rules, its Feide host
 * organisation and its school year. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/config/config_build.h"

enum { YEAR_MONTH = 8, YEAR_DAY = 1, OVERLAP = 14 * 24 * 60 * 60 };

static const char *const group_type_names[] = {
	[GROUP_UNIT] = "unit",
	[GROUP_CLASS] = "class",
	[GROUP_TEACHING] = "teaching",
	[GROUP_ROLE] = "role",
};

const char *group_type_name(enum group_type k)
{
	return group_type_names[k];
}

enum group_type group_type_from_name(const char *name)
{
	for (size_t i = GROUP_NONE + 1; i < LENGTH(group_type_names); i++)
		if (text_equal(group_type_names[i], name))
			return (enum group_type)i;
	return GROUP_NONE;
}

static void config_build_groups(struct config_builder *b,
                                const struct conf_block *in,
                                struct municipality *m)
{
	m->groups = arena_array(b->arena, struct group_rule, in->count);
	for (size_t i = 0; i < in->count; i++) {
		const struct conf_statement *s = &in->statements[i];
		enum group_type kind = group_type_from_name(s->args[0]);

		if (kind != GROUP_NONE && conf_syntax_arg(s, 2))
			m->groups[m->group_count++] =
			    (struct group_rule){ kind, s->args[2],
				                 config_build_location(s) };
	}
}

/* Feide identifies a school by its organisation number. */
static void check_unique_school_number(struct config_builder *b,
                                       const struct conf_statement *s,
                                       const struct feide *f,
                                       const struct school *school)
{
	for (const struct school *e = f->schools; e < school; e++)
		if (school->organisation_number &&
		    text_equal(e->organisation_number,
		               school->organisation_number))
			conf_error_add(
			    b->errors,
			    conf_syntax_find(&s->block, "organisation-number"),
			    1, "%s is already the organisation number of %s",
			    school->organisation_number, e->code);
}

static void config_build_school(struct config_builder *b,
                                const struct conf_statement *s, struct feide *f)
{
	struct school *school = &f->schools[f->school_count++];

	*school = (struct school){
		.code = conf_syntax_arg(s, 1),
		.display = conf_syntax_arg(s, 2),
		.organisation_number =
		    conf_syntax_value(&s->block, "organisation-number", NULL),
		.subtrees = config_build_values(b, &s->block, "under"),
		.mail = conf_syntax_value(&s->block, "mail", NULL),
		.location = config_build_location(s),
	};
	check_unique_school_number(b, s, f, school);
}

static const struct feide *config_build_feide(struct config_builder *b,
                                              const struct conf_statement *s)
{
	const struct conf_block *in = &s->block;
	struct feide *f = arena_new(b->arena, struct feide);

	f->realm = conf_syntax_value(in, "realm", NULL);
	f->mail = conf_syntax_value(in, "mail", NULL);
	f->legal_name = conf_syntax_value(in, "legal-name", NULL);
	f->national_id =
	    text_equal(conf_syntax_value(in, "national-id", "no"), "yes");
	f->location = config_build_location(s);
	if (f->national_id && !b->cfg->catalogue.feide_dn)
		conf_error_add(
		    b->errors, conf_syntax_find(in, "national-id"), 1,
		    "national-id yes requires feide DN secret @NAME in "
		    "catalogue");
	f->schools = arena_array(b->arena, struct school, in->count);
	for (const struct conf_statement *school =
	         conf_syntax_find(in, "school");
	     school; school = conf_syntax_next(in, school))
		config_build_school(b, school, f);
	return f;
}

static struct school_year config_build_school_year(
    const struct conf_statement *s)
{
	struct school_year y = { YEAR_MONTH, YEAR_DAY, OVERLAP };
	const char *day = conf_syntax_arg(s, 1);
	long long month_of = 0;
	long long day_of = 0;

	if (!day || strlen(day) != 5 ||
	    !text_to_number((char[]){ day[0], day[1], '\0' }, 1, 12,
	                    &month_of) ||
	    !text_to_number(day + 3, 1, 31, &day_of))
		return y;
	y.month = (int)month_of;
	y.day = (int)day_of;
	y.overlap = conf_syntax_seconds(&s->block, "overlap", OVERLAP);
	return y;
}

void config_build_school_owner(struct config_builder *b,
                               const struct conf_statement *s,
                               struct municipality *m)
{
	const struct conf_statement *groups =
	    conf_syntax_find(&s->block, "groups");
	const struct conf_statement *feide =
	    conf_syntax_find(&s->block, "feide");

	m->school_year = config_build_school_year(
	    conf_syntax_find(&s->block, "school-year"));
	if (groups)
		config_build_groups(b, &groups->block, m);
	if (feide)
		m->feide = config_build_feide(b, feide);
}
