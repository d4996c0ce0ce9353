/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_directory.c: builds the source directories of the configuration. */
#include <strings.h>

#include "lib/strbuf.h"
#include "region/config/attribute_conversion.h"
#include "region/config/config_build.h"
#include "region/ldap/dn.h"

static const char *const directory_type_names[] = {
	[DIRECTORY_OPENLDAP] = "openldap",
	[DIRECTORY_389DS] = "389ds",
	[DIRECTORY_AD] = "active-directory",
	[DIRECTORY_OTHER] = "other",
};

static enum directory_type directory_type_from_name(const char *name)
{
	for (size_t i = 0; i < LENGTH(directory_type_names); i++)
		if (text_equal(directory_type_names[i], name))
			return (enum directory_type)i;
	return DIRECTORY_OPENLDAP;
}

/* The cost of a poll: a few milliseconds, or a full read for "other". */
static int64_t default_poll_interval(enum directory_type type)
{
	return type == DIRECTORY_OTHER ? 5 * 60 : 2;
}

static char **config_build_directory_uris(struct config_builder *b,
                                          const struct conf_statement *s)
{
	VECTOR(char *) list = { 0 };

	for (size_t i = 2; i < s->arg_count; i++)
		*vector_append(b->arena, &list) =
		    arena_strdup(b->arena, s->args[i]);
	*vector_append(b->arena, &list) = NULL;
	return list.at;
}

/* A condition on the national identity number would have to contain it. */
static void check_conversion_condition(struct config_builder *b,
                                       const struct conf_statement *s,
                                       const struct directory_conf *d,
                                       const struct attribute_mapping *m)
{
	const char *where = m->conversion.where_attribute;
	const char *national = config_national_id_attribute(d);

	if (where && national && strcasecmp(where, national) == 0)
		conf_error_add(b->errors, s, 0,
		               "only-where must not depend on the national "
		               "identity number (%s)",
		               national);
}

static void config_build_attribute_map(struct config_builder *b,
                                       const struct conf_block *in,
                                       struct directory_conf *d)
{
	const struct conf_statement **from =
	    arena_array(b->arena, const struct conf_statement *, in->count);

	d->attribute_map =
	    arena_array(b->arena, struct attribute_mapping, in->count);
	for (const struct conf_statement *s = conf_syntax_find(in, "map"); s;
	     s = conf_syntax_next(in, s)) {
		if (s->arg_count <= 3)
			continue;
		from[d->attribute_map_count] = s;
		d->attribute_map[d->attribute_map_count++] =
		    (struct attribute_mapping){
			    .field = s->args[1],
			    .attribute = s->args[3],
			    .conversion = attribute_conversion_parse(
				b->arena, s, b->errors),
		    };
	}
	for (size_t i = 0; i < d->attribute_map_count; i++)
		check_conversion_condition(b, from[i], d, &d->attribute_map[i]);
}

static bool statement_has_value(const struct conf_block *in, const char *name,
                                const char *value)
{
	const struct conf_statement *s = conf_syntax_find(in, name);

	for (size_t i = 1; s && i < s->arg_count; i++)
		if (text_equal(s->args[i], value))
			return true;
	return false;
}

const struct directory_limits directory_default_limits = {
	.deactivations = 4,
	.returns = 4,
	.kind_changes = 4,
	.upward_moves = 2,
	.role_grants = 3,
	.role_losses = 4,
	.end_dates = 4,
	.changed_names = 4,
	.lost_values = 4,
	.same_values = 4,
	.share_percent = 33,
	.unit_share_percent = 50,
};

static void config_build_limit(const struct conf_block *in, const char *name,
                               size_t *limit)
{
	const char *text = conf_syntax_value(in, name, NULL);
	long long number = 0;

	if (text && text_to_number(text, 0, 1000000, &number))
		*limit = (size_t)number;
}

static const struct directory_limits *config_build_limits(
    struct config_builder *b, const struct conf_block *in)
{
	const struct conf_statement *s = conf_syntax_find(in, "limits");

	if (!s)
		return &directory_default_limits;
	struct directory_limits *l =
	    arena_new(b->arena, struct directory_limits);
	const struct {
		const char *name;
		size_t *limit;
	} numbers[] = {
		{ "deactivations", &l->deactivations },
		{ "returns", &l->returns },
		{ "kind-changes", &l->kind_changes },
		{ "upward-moves", &l->upward_moves },
		{ "role-grants", &l->role_grants },
		{ "role-losses", &l->role_losses },
		{ "end-dates", &l->end_dates },
		{ "changed-names", &l->changed_names },
		{ "lost-values", &l->lost_values },
		{ "same-values", &l->same_values },
	};

	*l = directory_default_limits;
	for (size_t i = 0; i < LENGTH(numbers); i++)
		config_build_limit(&s->block, numbers[i].name,
		                   numbers[i].limit);
	l->share_percent = (size_t)conf_syntax_percent(&s->block, "share",
	                                               (int)l->share_percent);
	l->unit_share_percent = (size_t)conf_syntax_percent(
	    &s->block, "unit-share", (int)l->unit_share_percent);
	return l;
}

static void config_build_directory(struct config_builder *b,
                                   const struct conf_statement *s,
                                   struct directory_conf *d)
{
	const struct conf_block *in = &s->block;

	d->name = conf_syntax_arg(s, 1);
	d->uris = config_build_directory_uris(b, s);
	d->type =
	    directory_type_from_name(conf_syntax_value(in, "kind", "openldap"));
	d->base = conf_syntax_value(in, "base", NULL);
	d->bind_dn = conf_syntax_value(in, "bind-dn", NULL);
	d->secret = config_build_secret(b, conf_syntax_find(in, "secret"), 1);
	d->tls_ca_file =
	    config_build_file(b, conf_syntax_find(in, "tls-ca-file"));
	d->full_sync_interval =
	    conf_syntax_seconds(in, "full-sync-interval", 24 * 60 * 60);
	d->poll_interval = conf_syntax_seconds(in, "poll-interval",
	                                       default_poll_interval(d->type));
	d->max_deactivations_percent =
	    conf_syntax_percent(in, "max-deactivations", 2);
	d->self_password_change =
	    statement_has_value(in, "password-change", "self");
	d->teacher_password_reset =
	    statement_has_value(in, "password-change", "teachers");
	d->max_creations_percent = conf_syntax_percent(in, "max-creations", 20);
	d->limits = config_build_limits(b, in);
	d->canary = conf_syntax_value(in, "canary", NULL);
	d->replaces = conf_syntax_value(in, "replaces", NULL);
	d->shared_mail =
	    text_equal(conf_syntax_value(in, "shared-mail", "no"), "yes");
	d->dry_run = conf_syntax_find(in, "dry-run") != NULL;
	d->location = config_build_location(s);
	config_build_attribute_map(b, in, d);
}

/* ---- attribute precedence */

static const char *const precedence_names[] = {
	[PRECEDENCE_NAME] = "name", [PRECEDENCE_LANGUAGE] = "language"
};

static char **config_build_precedence_order(struct config_builder *b,
                                            const struct conf_statement *s)
{
	VECTOR(char *) list = { 0 };

	for (size_t i = 2; i < s->arg_count; i++) {
		if (!config_directory(b->cfg, s->args[i]))
			conf_error_add(b->errors, s, i,
			               "there is no directory \"%s\"%s",
			               s->args[i],
			               config_build_suggestion(b, s->args[i],
			                                       "directory"));
		*vector_append(b->arena, &list) =
		    arena_strdup(b->arena, s->args[i]);
	}
	*vector_append(b->arena, &list) = NULL;
	return list.at;
}

static void config_build_precedence(struct config_builder *b)
{
	const struct conf_statement *in = conf_syntax_find(b->top, "region");

	for (const struct conf_statement *s =
	         in ? conf_syntax_find(&in->block, "precedence") : NULL;
	     s; s = conf_syntax_next(&in->block, s))
		for (size_t i = 0; i < LENGTH(precedence_names); i++)
			if (text_equal(conf_syntax_arg(s, 1),
			               precedence_names[i]))
				b->cfg->precedence[i] =
				    config_build_precedence_order(b, s);
}

/* ---- overlapping directories */

static bool directories_share_uri(const struct directory_conf *d,
                                  const struct directory_conf *e)
{
	for (char **u = d->uris; *u; u++)
		for (char **o = e->uris; *o; o++)
			if (strcasecmp(*u, *o) == 0)
				return true;
	return false;
}

/* An entry read through two directories would become two affiliations. */
static void check_directory_overlap(struct config_builder *b,
                                    const struct conf_statement *s,
                                    const struct directory_conf *d)
{
	for (const struct directory_conf *e = b->cfg->directories; e < d; e++)
		if (d->base && e->base && directories_share_uri(d, e) &&
		    (dn_is_within(d->base, e->base) ||
		     dn_is_within(e->base, d->base)))
			conf_error_add(
			    b->errors, s, 1,
			    "%s overlaps with directory %s: it is on the "
			    "same server, and %s overlaps with %s",
			    d->name, e->name, d->base, e->base);
}

/* ---- replaced directories */

/* The replaced one may be gone from the configuration. */
static void check_replaced_directory(struct config_builder *b,
                                     const struct directory_conf *d,
                                     const struct conf_statement *s)
{
	const struct directory_conf *next = d;

	for (size_t i = 0;
	     next && next->replaces && i <= b->cfg->directory_count; i++) {
		next = config_directory(b->cfg, next->replaces);
		if (next == d) {
			conf_error_add(b->errors, s, 1,
			               "directory %s would replace itself",
			               d->name);
			return;
		}
	}
	for (const struct directory_conf *e = b->cfg->directories; e < d; e++)
		if (text_equal(e->replaces, d->replaces))
			conf_error_add(b->errors, s, 1,
			               "%s is already replaced by %s",
			               d->replaces, e->name);
}

static void check_replaced_directories(struct config_builder *b)
{
	size_t i = 0;

	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "directory");
	     s; s = conf_syntax_next(b->top, s), i++)
		if (b->cfg->directories[i].replaces)
			check_replaced_directory(
			    b, &b->cfg->directories[i],
			    conf_syntax_find(&s->block, "replaces"));
}

void config_build_directories(struct config_builder *b)
{
	struct directory_conf *all =
	    arena_array(b->arena, struct directory_conf,
	                config_build_count(b, "directory"));
	size_t count = 0;

	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "directory");
	     s; s = conf_syntax_next(b->top, s)) {
		config_build_directory(b, s, &all[count]);
		b->cfg->directories = all;
		check_directory_overlap(b, s, &all[count++]);
	}
	b->cfg->directories = all;
	b->cfg->directory_count = count;
	check_replaced_directories(b);
	config_build_precedence(b);
}
