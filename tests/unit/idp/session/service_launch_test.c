/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service_launch_test.c: the address that the portal's link leads to. */
#include "tests/unit/test.h"

#include "idp/session/service_launch.h"
#include "lib/arena.h"

static const struct issuer issuer = {
	.url = "https://login.region.example",
	.entity_id = "https://login.region.example/saml/metadata",
};
static struct oidc_client client;

static void each_protocol_has_its_parameters(void **state)
{
	static const struct {
		struct service service;
		const char *address;
	} rows[] = {
		{ { .oidc = &client }, NULL },
		{ { .oidc = &client, .launch_url = "https://a.example/" },
		  "https://a.example/" },
		{ { .oidc = &client,
		    .launch_url = "https://a.example/x?y=1",
		    .initiate_login_uri = "https://a.example/start" },
		  "https://a.example/start"
		  "?iss=https%3A%2F%2Flogin.region.example"
		  "&target_link_uri=https%3A%2F%2Fa.example%2Fx%3Fy%3D1" },
		{ { .oidc = &client,
		    .initiate_login_uri = "https://a.example/start?z=1" },
		  "https://a.example/start?z=1"
		  "&iss=https%3A%2F%2Flogin.region.example" },
		{ { .launch_url = "https://b.example/",
		    .initiate_login_uri = "https://b.example/Login" },
		  "https://b.example/Login"
		  "?entityID=https%3A%2F%2Flogin.region.example"
		  "%2Fsaml%2Fmetadata&target=https%3A%2F%2Fb.example%2F" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct service s = rows[i].service;

		s.issuer = &issuer;
		const char *address = service_launch_address(a, &s);

		if (!rows[i].address)
			assert_null(address);
		else
			assert_string_equal(address, rows[i].address);
	}
	arena_close(a);
}

TESTS(each_protocol_has_its_parameters)
