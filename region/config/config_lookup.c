/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_lookup.c: lookups in the configuration by name.  Linear search: there
 * are dozens of elements. */
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/config/config.h"

/* Defines a function that returns the first element whose field equals the
 * given value. */
#define CONFIG_LOOKUP(type, function, things, count, field)                   \
	const struct type *function(const struct config *r, const char *text) \
	{                                                                     \
		for (size_t i = 0; text && i < r->count; i++)                 \
			if (text_equal(r->things[i].field, text))             \
				return &r->things[i];                         \
		return NULL;                                                  \
	}

CONFIG_LOOKUP(issuer, config_issuer, issuers, issuer_count, name)
CONFIG_LOOKUP(issuer, config_issuer_by_host, issuers, issuer_count, host)
CONFIG_LOOKUP(directory_conf, config_directory, directories, directory_count,
              name)
CONFIG_LOOKUP(municipality, config_municipality, municipalities,
              municipality_count, name)
CONFIG_LOOKUP(municipality, config_municipality_by_domain, municipalities,
              municipality_count, domain)
CONFIG_LOOKUP(service, config_service, services, service_count, name)
CONFIG_LOOKUP(network, config_network, networks, network_count, name)

bool config_has_plugins(const struct config *cfg)
{
	size_t count = cfg->plugin_count;

	for (size_t i = 0; i < cfg->municipality_count; i++)
		count += cfg->municipalities[i].plugin_count;
	return count > 0;
}

const struct network *config_network_for(const struct config *cfg,
                                         const struct municipality *m,
                                         const char *name)
{
	for (size_t i = 0; m && name && i < m->network_count; i++)
		if (text_equal(m->networks[i].name, name))
			return &m->networks[i];
	return config_network(cfg, name);
}

const struct service_group *config_service_group(const struct config *cfg,
                                                 const struct municipality *m,
                                                 const char *name)
{
	for (size_t i = 0; i < cfg->service_group_count; i++) {
		const struct service_group *g = &cfg->service_groups[i];

		if (text_equal(g->name, name) && (!g->owner || g->owner == m))
			return g;
	}
	return NULL;
}

bool service_is_offered_to(const struct service *s, const char *municipality)
{
	return !s->offered_to[0] || text_list_has(s->offered_to, municipality);
}

const struct role_conf *config_granted_role(const struct municipality *m,
                                            const char *name)
{
	for (size_t i = 0; i < m->role_count; i++)
		if (text_equal(m->roles[i].name, name))
			return &m->roles[i];
	return NULL;
}

const char *const *config_municipality_roles(struct arena *a,
                                             const struct municipality *m)
{
	VECTOR(const char *) names = { 0 };

	for (size_t i = 0; i < m->role_count; i++)
		*vector_append(a, &names) = m->roles[i].name;
	for (size_t i = 0; i < m->source_mapping_count; i++)
		for (size_t n = 0; n < m->source_mappings[i].rule_count; n++)
			if (m->source_mappings[i].rules[n].role)
				*vector_append(a, &names) =
				    m->source_mappings[i].rules[n].role;
	*vector_append(a, &names) = NULL;
	return names.at;
}

static bool source_mapping_has_role(const struct source_mapping *m,
                                    const char *name)
{
	for (size_t i = 0; i < m->rule_count; i++)
		if (m->rules[i].role && text_equal(m->rules[i].role, name))
			return true;
	return false;
}

bool config_municipality_has_role(const struct municipality *m,
                                  const char *name)
{
	for (size_t i = 0; i < m->source_mapping_count; i++)
		if (source_mapping_has_role(&m->source_mappings[i], name))
			return true;
	return config_granted_role(m, name) != NULL;
}

const struct attribute_mapping *config_mapping(const struct directory_conf *d,
                                               const char *field)
{
	for (size_t i = 0; i < d->attribute_map_count; i++)
		if (text_equal(d->attribute_map[i].field, field))
			return &d->attribute_map[i];
	return NULL;
}

const char *config_national_id_attribute(const struct directory_conf *d)
{
	const struct attribute_mapping *m = config_mapping(d, "national-id");

	if (m)
		return m->attribute;
	return d->type == DIRECTORY_AD ? NULL : "norEduPersonNIN";
}

const struct service *config_service_by_client_id(const struct config *cfg,
                                                  const struct issuer *i,
                                                  const char *client_id)
{
	for (size_t n = 0; n < cfg->service_count; n++) {
		const struct service *s = &cfg->services[n];

		if (s->issuer == i && s->oidc &&
		    text_equal(s->oidc->id, client_id))
			return s;
	}
	return NULL;
}
