/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_municipality.c: builds issuers and municipalities, with the source
 * mappings of people { }. */
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/affiliation_type.h"
#include "region/config/config_build.h"
#include "region/ldap/dn.h"

/* ---- issuers */

static void config_add_issuer(struct config_builder *b, struct issuer *i,
                              const char *name, const struct conf_statement *s,
                              const char *url)
{
	const struct config *cfg = b->cfg;

	*i = (struct issuer){ .name = name, .url = url };
	if (!url)
		return;
	i->host = config_build_host(b, url);
	i->entity_id = arena_printf(b->arena, "%s/saml/metadata", url);
	for (const struct issuer *e = cfg->issuers; e < i; e++)
		if (text_equal(e->host, i->host))
			conf_error_add(b->errors, s, 1,
			               "%s is already the issuer of %s",
			               i->host, e->name);
}

static const struct conf_statement *issuer_statement(
    const struct conf_statement *owner)
{
	return owner ? conf_syntax_find(&owner->block, "issuer") : NULL;
}

/* The region's issuer defaults to the login host. */
static void config_add_region_issuer(struct config_builder *b, struct issuer *i)
{
	const struct conf_statement *region =
	    conf_syntax_find(b->top, "region");
	const struct conf_statement *s = issuer_statement(region);

	config_add_issuer(b, i, "region", s,
	                  s ? conf_syntax_arg(s, 1) : b->cfg->login_url);
}

/* A municipality's issuer on the login host would be identical to the
 * region's. */
static void check_issuer_is_not_login_host(struct config_builder *b,
                                           const struct conf_statement *s,
                                           const struct issuer *i)
{
	if (i->host && text_equal(i->host, b->cfg->login_host))
		conf_error_add(
		    b->errors, s, 1,
		    "%s is the region's login host; an issuer of its own "
		    "requires another host",
		    i->host);
}

void config_build_issuers(struct config_builder *b)
{
	struct issuer *all = arena_array(
	    b->arena, struct issuer, config_build_count(b, "municipality") + 1);
	size_t count = 1;

	b->cfg->issuers = all;
	config_add_region_issuer(b, &all[0]);
	for (const struct conf_statement *m =
	         conf_syntax_find(b->top, "municipality");
	     m; m = conf_syntax_next(b->top, m)) {
		const struct conf_statement *s = issuer_statement(m);

		if (!conf_syntax_arg(s, 1) || !conf_syntax_arg(m, 1))
			continue;
		config_add_issuer(b, &all[count], m->args[1], s, s->args[1]);
		check_issuer_is_not_login_host(b, s, &all[count++]);
	}
	b->cfg->issuer_count = count;
}

/* ---- people { } */

static const char *config_build_member_kind(struct config_builder *b,
                                            const struct conf_statement *s,
                                            size_t i,
                                            enum affiliation_type *ret_kind)
{
	static const char *const known[] = { "employees", "teachers",
		                             "pupils",    "politicians",
		                             "guests",    "vendors",
		                             NULL };
	const char *value = conf_syntax_arg(s, i);

	*ret_kind = affiliation_type_from_plural(value);
	if (value && *ret_kind == KIND_NONE)
		conf_error_add(b->errors, s, i,
		               "\"%s\" is not an affiliation type%s", value,
		               conf_did_you_mean(b->arena, value, known));
	return value;
}

/* employees under DN; teachers are employees in DN; role NAME is employees in
 * DN. pos: index of the keyword under, are or is. */
static void config_build_rule_scope(struct config_builder *b,
                                    const struct conf_statement *s, size_t pos,
                                    struct people_rule *rule)
{
	size_t last = s->arg_count - 1;
	const char *keyword = conf_syntax_arg(s, last - 1);

	rule->location = config_build_location(s);
	if (text_equal(keyword, "under"))
		rule->subtree = s->args[last];
	else
		rule->group = s->args[last];
	if (!text_equal(conf_syntax_arg(s, pos), "under"))
		(void)config_build_member_kind(b, s, pos + 1,
		                               &rule->member_kind);
}

static bool config_build_people_rule(struct config_builder *b,
                                     const struct conf_statement *s,
                                     struct people_rule *rule)
{
	if (text_equal(s->args[0], "join") || s->arg_count < 3)
		return false;
	if (text_equal(s->args[0], "role")) {
		rule->role = s->args[1];
		config_build_rule_scope(b, s, 2, rule);
		return true;
	}
	rule->kind = affiliation_type_from_plural(s->args[0]);
	config_build_rule_scope(b, s, 1, rule);
	return rule->kind != KIND_NONE;
}

static const struct directory_conf *config_find_directory(
    struct config_builder *b, const struct conf_statement *s)
{
	const char *name = conf_syntax_arg(s, 2);
	const struct directory_conf *d = config_directory(b->cfg, name);

	if (name && !d)
		conf_error_add(b->errors, s, 2,
		               "there is no directory \"%s\"%s", name,
		               config_build_suggestion(b, name, "directory"));
	return d;
}

static void config_build_source_mapping(struct config_builder *b,
                                        const struct conf_statement *s,
                                        struct source_mapping *p)
{
	p->directory = config_find_directory(b, s);
	p->subtree = conf_syntax_arg(s, 4);
	p->location = config_build_location(s);
	p->join_by_national_id = conf_syntax_find(&s->block, "join") != NULL;
	p->rules = arena_array(b->arena, struct people_rule, s->block.count);
	for (size_t i = 0; i < s->block.count; i++)
		p->rule_count += config_build_people_rule(
		    b, &s->block.statements[i], &p->rules[p->rule_count]);
}

static size_t count_statements(const struct conf_block *block, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < block->count; i++)
		count += text_equal(block->statements[i].args[0], name);
	return count;
}

/* One source entry must not belong to two municipalities. */
static void check_mapping_overlap(struct config_builder *b,
                                  const struct source_mapping *earlier,
                                  const struct source_mapping *p)
{
	if (!p->directory || earlier->directory != p->directory)
		return;
	if (!dn_is_within(earlier->subtree, p->subtree) &&
	    !dn_is_within(p->subtree, earlier->subtree))
		return;
	conf_error_add_at(
	    b->errors, p->location.file, (unsigned)p->location.line, 1,
	    "people from %s overlap with those of %s:%d", p->directory->name,
	    earlier->location.file, earlier->location.line);
}

static void check_mapping_overlaps(struct config_builder *b,
                                   const struct municipality *m, size_t pos)
{
	const struct source_mapping *p = &m->source_mappings[pos];

	for (const struct municipality *e = b->cfg->municipalities; e <= m; e++)
		for (size_t i = 0; i < e->source_mapping_count; i++)
			if (&e->source_mappings[i] != p)
				check_mapping_overlap(b, &e->source_mappings[i],
				                      p);
}

static void config_build_source_mappings(struct config_builder *b,
                                         const struct conf_statement *s,
                                         struct municipality *m)
{
	size_t capacity = count_statements(&s->block, "people");

	m->source_mappings =
	    arena_array(b->arena, struct source_mapping, capacity);
	for (const struct conf_statement *p =
	         conf_syntax_find(&s->block, "people");
	     p; p = conf_syntax_next(&s->block, p)) {
		config_build_source_mapping(
		    b, p, &m->source_mappings[m->source_mapping_count]);
		check_mapping_overlaps(b, m, m->source_mapping_count++);
	}
}

/* ---- municipality { } */

static const struct issuer *municipality_issuer(struct config_builder *b,
                                                struct municipality *m)
{
	struct issuer *all = (struct issuer *)(uintptr_t)b->cfg->issuers;

	for (size_t i = 1; i < b->cfg->issuer_count; i++)
		if (text_equal(all[i].name, m->name)) {
			all[i].owner = m;
			return &all[i];
		}
	return NULL;
}

/* Domain and organisation number identify exactly one municipality. */
static void check_unique_municipality_value(struct config_builder *b,
                                            const struct conf_statement *s,
                                            const char *keyword,
                                            const char *value,
                                            const char *earlier,
                                            const char *name)
{
	if (value && text_equal(value, earlier))
		conf_error_add(b->errors, conf_syntax_find(&s->block, keyword),
		               1, "%s is already the %s of %s", value, keyword,
		               name);
}

static void check_unique_municipality(struct config_builder *b,
                                      const struct conf_statement *s,
                                      const struct municipality *m)
{
	for (const struct municipality *e = b->cfg->municipalities; e < m;
	     e++) {
		check_unique_municipality_value(b, s, "domain", m->domain,
		                                e->domain, e->name);
		check_unique_municipality_value(
		    b, s, "organisation-number", m->organisation_number,
		    e->organisation_number, e->name);
	}
	if (text_equal(m->name, "region"))
		conf_error_add(b->errors, s, 1,
		               "\"region\" is reserved for the region itself");
}

/* ---- logins of other municipalities */

static bool municipality_is_configured(const struct config_builder *b,
                                       const char *name)
{
	const struct conf_statement *s =
	    conf_syntax_find(b->top, "municipality");

	while (s && !text_equal(conf_syntax_arg(s, 1), name))
		s = conf_syntax_next(b->top, s);
	return s != NULL;
}

static void check_accepted_login(struct config_builder *b,
                                 const struct conf_statement *s, size_t i,
                                 const struct municipality *m)
{
	const char *name = s->args[i];

	if (text_equal(m->name, name))
		conf_error_add(b->errors, s, i,
		               "%s always accepts its own logins", name);
	else if (!municipality_is_configured(b, name))
		conf_error_add(
		    b->errors, s, i, "there is no municipality \"%s\"%s", name,
		    config_build_suggestion(b, name, "municipality"));
}

static void config_build_accepted_logins(struct config_builder *b,
                                         const struct conf_block *in,
                                         struct municipality *m)
{
	m->accept_login_from = config_build_values(b, in, "accept-login-from");
	for (const struct conf_statement *s =
	         conf_syntax_find(in, "accept-login-from");
	     s; s = conf_syntax_next(in, s))
		for (size_t i = 1; i < s->arg_count; i++)
			check_accepted_login(b, s, i, m);
}

/* ---- notifications */

static void config_build_notify(struct config_builder *b,
                                const struct conf_block *in,
                                struct municipality *m)
{
	const struct conf_statement *s = conf_syntax_find(in, "notify");
	const struct conf_statement *region =
	    conf_syntax_find(b->top, "region");

	m->notify = config_build_values(b, in, "notify");
	if (s &&
	    !conf_syntax_find(region ? &region->block : NULL, "notify-command"))
		conf_error_add(b->errors, s, 0,
		               "notify requires notify-command in region");
}

/* ---- offboarding */

static bool service_is_configured(const struct config_builder *b,
                                  const char *service)
{
	const struct conf_statement *s = conf_syntax_find(b->top, "service");

	while (s && !text_equal(conf_syntax_arg(s, 1), service))
		s = conf_syntax_next(b->top, s);
	return s != NULL;
}

static void check_migrated_services(struct config_builder *b,
                                    const struct conf_block *in)
{
	for (const struct conf_statement *s =
	         conf_syntax_find(in, "migrated-service");
	     s; s = conf_syntax_next(in, s))
		for (size_t i = 1; i < s->arg_count; i++)
			if (!service_is_configured(b, s->args[i]))
				conf_error_add(b->errors, s, i,
				               "there is no service \"%s\"%s",
				               s->args[i],
				               config_build_suggestion(
						   b, s->args[i], "service"));
}

static void config_build_offboarding(struct config_builder *b,
                                     const struct conf_block *in,
                                     struct municipality *m)
{
	const char *date = conf_syntax_value(in, "offboarding-date", NULL);

	/* An invalid date has already been reported. */
	if (date && !clock_parse_date(date, false, &m->offboarding_date))
		m->offboarding_date = 0;
	m->migrated_services = config_build_values(b, in, "migrated-service");
	check_migrated_services(b, in);
}

static void config_build_municipality(struct config_builder *b,
                                      const struct conf_statement *s,
                                      struct municipality *m)
{
	const struct conf_block *in = &s->block;

	m->name = conf_syntax_arg(s, 1);
	m->display = conf_syntax_value(in, "name", m->name);
	m->organisation_number =
	    conf_syntax_value(in, "organisation-number", NULL);
	m->domain = conf_syntax_value(in, "domain", NULL);
	m->language = conf_syntax_value(in, "language", "nb");
	m->contact = conf_syntax_value(in, "contact", NULL);
	m->logo = conf_syntax_value(in, "logo", NULL);
	m->colour = conf_syntax_value(in, "colour", NULL);
	m->issuer = municipality_issuer(b, m);
	m->shared_mail =
	    text_equal(conf_syntax_value(in, "shared-mail", "no"), "yes");
	m->plugins = config_build_plugins(b, in, m->name, &m->plugin_count);
	m->location = config_build_location(s);
	config_build_municipality_networks(b, in, m);
	config_build_accepted_logins(b, in, m);
	config_build_notify(b, in, m);
	config_build_offboarding(b, in, m);
	check_unique_municipality(b, s, m);
	config_build_source_mappings(b, s, m);
	config_build_school_owner(b, s, m);
}

bool municipality_is_offboarded(const struct municipality *m, int64_t now)
{
	return m->offboarding_date > 0 && m->offboarding_date <= now;
}

void config_build_municipalities(struct config_builder *b)
{
	struct municipality *all =
	    arena_array(b->arena, struct municipality,
	                config_build_count(b, "municipality"));
	size_t count = 0;

	b->cfg->municipalities = all;
	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "municipality");
	     s; s = conf_syntax_next(b->top, s))
		config_build_municipality(b, s, &all[count++]);
	b->cfg->municipality_count = count;
}
