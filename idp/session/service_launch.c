/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service_launch.c: the address of a login at a service. */
#include "idp/session/service_launch.h"

#include <string.h>

#include "lib/escape.h"
#include "lib/strbuf.h"

/* The names of the parameters, by protocol. */
static const struct launch_parameters {
	const char *issuer, *target;
} oidc_parameters = { "iss", "target_link_uri" },
  saml_parameters = { "entityID", "target" };

static void launch_append(struct strbuf *out, const char *name,
                          const char *value)
{
	strbuf_appendf(out, "%c%s=", strchr(out->data, '?') ? '&' : '?', name);
	escape_url(out, value);
}

const char *service_launch_address(struct arena *a, const struct service *s)
{
	const struct launch_parameters *names =
	    s->oidc ? &oidc_parameters : &saml_parameters;
	struct strbuf out = strbuf_init(a);

	if (!s->initiate_login_uri)
		return s->launch_url;
	strbuf_append(&out, s->initiate_login_uri);
	launch_append(&out, names->issuer,
	              s->oidc ? s->issuer->url : s->issuer->entity_id);
	if (s->launch_url)
		launch_append(&out, names->target, s->launch_url);
	return out.data;
}
