/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_lookup.c: lookups in the configuration by name.  Linear search: there
 * are dozens of elements. */
#include "lib/text.h"
#include "region/region.h"

/* Defines a function that returns the first element whose field equals the
 * given value. */
#define FIND(type, function, things, count, field)                            \
	const struct type *function(const struct region *r, const char *text) \
	{                                                                     \
		for (size_t i = 0; text && i < r->count; i++)                 \
			if (text_equal(r->things[i].field, text))             \
				return &r->things[i];                         \
		return NULL;                                                  \
	}

FIND(issuer, region_issuer, issuers, issuer_count, name)
FIND(issuer, region_issuer_at, issuers, issuer_count, host)
FIND(directory_conf, region_directory, directories, directory_count, name)
FIND(municipality, region_municipality, municipalities, municipality_count,
     name)
FIND(municipality, region_municipality_by_domain, municipalities,
     municipality_count, domain)
FIND(service, region_service, services, service_count, name)
FIND(network, region_network, networks, network_count, name)

const struct service *region_client(const struct region *r,
                                    const struct issuer *i,
                                    const char *client_id)
{
	for (size_t n = 0; n < r->service_count; n++) {
		const struct service *s = &r->services[n];

		if (s->issuer == i && s->oidc &&
		    text_equal(s->oidc->id, client_id))
			return s;
	}
	return NULL;
}
