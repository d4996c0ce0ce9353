/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_policy.c: builds what rules name or stand beside: groups of services,
 * roles that operators grant, and maintenance. */
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/config_build.h"

/* ---- service-group */

static const char *const *known_services(const struct config_builder *b)
{
	VECTOR(const char *) known = { 0 };

	*vector_append(b->arena, &known) = "portal";
	for (size_t i = 0; i < b->cfg->service_count; i++)
		*vector_append(b->arena, &known) = b->cfg->services[i].name;
	*vector_append(b->arena, &known) = NULL;
	return known.at;
}

static void config_check_service(struct config_builder *b,
                                 const struct conf_statement *s, size_t i)
{
	const char *name = s->args[i];

	if (!text_equal(name, "portal") && !config_service(b->cfg, name))
		conf_error_add(
		    b->errors, s, i, "there is no service \"%s\"%s", name,
		    conf_did_you_mean(b->arena, name, known_services(b)));
}

static void config_check_group_name(struct config_builder *b,
                                    const struct conf_statement *s,
                                    const struct municipality *owner)
{
	const char *name = conf_syntax_arg(s, 1);

	if (config_service(b->cfg, name) || text_equal(name, "portal") ||
	    text_equal(name, "any"))
		conf_error_add(b->errors, s, 1,
		               "\"%s\" is already the name of a service", name);
	else if (owner && config_service_group(b->cfg, NULL, name))
		conf_error_add(b->errors, s, 1,
		               "\"%s\" is already a group of the region", name);
}

static void config_build_groups_in(struct config_builder *b,
                                   const struct conf_block *in,
                                   const struct municipality *owner,
                                   struct service_group *all)
{
	for (const struct conf_statement *s =
	         conf_syntax_find(in, "service-group");
	     s; s = conf_syntax_next(in, s)) {
		struct service_group *g = &all[b->cfg->service_group_count];

		config_check_group_name(b, s, owner);
		*g = (struct service_group){
			.name = conf_syntax_arg(s, 1),
			.owner = owner,
			.services = arena_array(b->arena, char *, s->arg_count),
			.location = config_build_location(s)
		};
		for (size_t i = 2; i < s->arg_count; i++) {
			config_check_service(b, s, i);
			g->services[i - 2] = arena_strdup(b->arena, s->args[i]);
		}
		b->cfg->service_group_count++;
	}
}

static size_t count_statements(const struct conf_block *in, const char *keyword)
{
	size_t count = 0;

	for (const struct conf_statement *s = conf_syntax_find(in, keyword); s;
	     s = conf_syntax_next(in, s))
		count++;
	return count;
}

static void config_build_service_groups(struct config_builder *b)
{
	size_t count = config_build_count(b, "service-group"), i = 0;
	const struct conf_statement *m;

	for (m = conf_syntax_find(b->top, "municipality"); m;
	     m = conf_syntax_next(b->top, m))
		count += count_statements(&m->block, "service-group");
	struct service_group *all =
	    arena_array(b->arena, struct service_group, count);

	b->cfg->service_groups = all;
	config_build_groups_in(b, b->top, NULL, all);
	for (m = conf_syntax_find(b->top, "municipality"); m;
	     m = conf_syntax_next(b->top, m))
		config_build_groups_in(b, &m->block,
		                       &b->cfg->municipalities[i++], all);
}

/* ---- role { } */

static void config_build_roles(struct config_builder *b)
{
	struct municipality *m =
	    (struct municipality *)(uintptr_t)b->cfg->municipalities;

	for (const struct conf_statement *in =
	         conf_syntax_find(b->top, "municipality");
	     in; in = conf_syntax_next(b->top, in), m++) {
		struct role_conf *roles =
		    arena_array(b->arena, struct role_conf,
		                count_statements(&in->block, "role"));

		m->roles = roles;
		for (const struct conf_statement *s =
		         conf_syntax_find(&in->block, "role");
		     s; s = conf_syntax_next(&in->block, s))
			roles[m->role_count++] = (struct role_conf){
				.name = conf_syntax_arg(s, 1),
				.max_time = conf_syntax_seconds(&s->block,
				                                "max-time", 0),
				.requires_ticket = text_equal(
				    conf_syntax_value(&s->block, "ticket", ""),
				    "yes"),
				.requires_approval =
				    text_equal(conf_syntax_value(
						   &s->block, "approval", ""),
				               "yes"),
				.location = config_build_location(s)
			};
	}
}

/* ---- maintenance */

/* Reads the argument after keyword i; returns the index after both. */
static size_t maintenance_read_pair(struct config_builder *b,
                                    const struct conf_statement *s, size_t i,
                                    struct maintenance *m)
{
	const char *keyword = s->args[i], *value = conf_syntax_arg(s, i + 1);
	const struct {
		const char *keyword;
		int64_t *time;
		const char **text;
	} pairs[] = {
		{ "from", &m->from, NULL },     { "until", &m->until, NULL },
		{ "nb", NULL, &m->message_nb }, { "nn", NULL, &m->message_nn },
		{ "en", NULL, &m->message_en },
	};

	for (size_t p = 0; p < LENGTH(pairs); p++) {
		if (!text_equal(pairs[p].keyword, keyword))
			continue;
		if (pairs[p].text)
			*pairs[p].text = value;
		else if (value &&
		         !clock_parse_local(value, p == 1, pairs[p].time))
			conf_error_add(b->errors, s, i + 1,
			               "%s expects local time such as "
			               "2026-12-05T22:00, not \"%s\"",
			               keyword, value);
		if (!value)
			conf_error_add(b->errors, s, i,
			               "a value is missing after \"%s\"",
			               keyword);
		return i + 2;
	}
	conf_error_add(b->errors, s, i,
	               "\"%s\" must not stand here: maintenance SERVICE ... "
	               "from TIME until TIME [nb TEXT] [nn TEXT] [en TEXT]",
	               keyword);
	return s->arg_count;
}

static void maintenance_add_service(struct config_builder *b,
                                    const struct conf_statement *s, size_t i,
                                    struct text_list *services)
{
	const struct service_group *g =
	    config_service_group(b->cfg, NULL, s->args[i]);

	for (char **name = g ? g->services : NULL; name && *name; name++)
		*vector_append(b->arena, services) = *name;
	if (g)
		return;
	if (!text_equal(s->args[i], "any"))
		config_check_service(b, s, i);
	*vector_append(b->arena, services) = arena_strdup(b->arena, s->args[i]);
}

static void config_build_one_maintenance(struct config_builder *b,
                                         const struct conf_statement *s,
                                         struct maintenance *m)
{
	struct text_list services = { 0 };
	size_t i = 1;

	m->location = config_build_location(s);
	for (; i < s->arg_count && !text_equal(s->args[i], "from"); i++)
		maintenance_add_service(b, s, i, &services);
	*vector_append(b->arena, &services) = NULL;
	m->services = services.at;
	while (i < s->arg_count)
		i = maintenance_read_pair(b, s, i, m);
	if (!m->services[0] || m->from == 0 || m->until <= m->from)
		conf_error_add(b->errors, s, 0,
		               "maintenance requires a service, and from TIME "
		               "before until TIME");
}

static void config_build_maintenance(struct config_builder *b)
{
	struct maintenance *all = arena_array(
	    b->arena, struct maintenance, config_build_count(b, "maintenance"));

	b->cfg->maintenance = all;
	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "maintenance");
	     s; s = conf_syntax_next(b->top, s))
		config_build_one_maintenance(b, s,
		                             &all[b->cfg->maintenance_count++]);
}

void config_build_policy_names(struct config_builder *b)
{
	config_build_service_groups(b);
	config_build_roles(b);
	config_build_maintenance(b);
}
