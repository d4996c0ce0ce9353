/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims_parameter.c: parses the `claims` request parameter (OpenID Connect
 * Core 5.5). */
#include "idp/oidc/claims_parameter.h"

#include <string.h>

#include "lib/strbuf.h"

/* Claims of the protocol, not of the person: requests for them have no effect
 * here. */
static const char *const protocol_claims[] = {
	"sub", "acr", "amr",   "auth_time", "iss",     "aud",
	"exp", "iat", "nonce", "sid",       "at_hash", "azp",
};

static bool is_protocol_claim(const char *name)
{
	for (size_t i = 0; i < LENGTH(protocol_claims); i++)
		if (text_equal(protocol_claims[i], name))
			return true;
	return false;
}

static bool claims_request_member_is_valid(const json_t *member)
{
	return json_is_null(member) || json_is_object(member);
}

/* Returns the claim names of userinfo or id_token; NULL: none. */
static bool claims_request_read_names(struct arena *a, json_t *members,
                                      json_t **ret_names, struct error *err)
{
	json_t *names = js_own(a, json_array());
	const char *name;
	json_t *member;

	json_object_foreach(members, name, member)
	{
		if (!claims_request_member_is_valid(member))
			return error_set(
			    err, ERROR_INVALID,
			    "each requested claim must be null or an object");
		if (!is_protocol_claim(name))
			(void)json_array_append_new(names, json_string(name));
	}
	*ret_names = json_array_size(names) > 0 ? names : NULL;
	return true;
}

static bool claims_request_read_sub(const json_t *members,
                                    struct claims_request *ret,
                                    struct error *err)
{
	const json_t *sub = js_object(members, "sub");
	const json_t *value = json_object_get(sub, "value");

	if (json_object_get(sub, "values"))
		return error_set(err, ERROR_INVALID,
		                 "sub must be requested with one string value");
	if (!value)
		return true;
	if (!json_is_string(value) ||
	    (ret->sub && !text_equal(ret->sub, json_string_value(value))))
		return error_set(err, ERROR_INVALID,
		                 "sub must be requested with one string value");
	ret->sub = json_string_value(value);
	return true;
}

static const char *claims_request_read_acr(struct arena *a,
                                           const json_t *members)
{
	const json_t *acr = js_object(members, "acr");
	const char *single = js_string(acr, "value");
	struct strbuf values = strbuf_init(a);
	size_t i;
	json_t *value;

	json_array_foreach(js_array(acr, "values"), i, value) strbuf_appendf(
	    &values, "%s%s", values.length ? " " : "",
	    json_is_string(value) ? json_string_value(value) : "");
	if (single)
		return single;
	return values.length > 0 ? values.data : NULL;
}

bool claims_request_parse(struct arena *a, const char *claims,
                          struct claims_request *ret, struct error *err)
{
	struct claims_request request = { 0 };
	json_t *root;

	if (strlen(claims) > CLAIMS_PARAMETER_MAX)
		return error_set(err, ERROR_INVALID, "claims is too long");
	if (!js_parse(a, claims, strlen(claims), &root, err))
		return false;
	json_t *userinfo = json_object_get(root, "userinfo");
	json_t *id_token = json_object_get(root, "id_token");

	if ((userinfo && !claims_request_member_is_valid(userinfo)) ||
	    (id_token && !claims_request_member_is_valid(id_token)))
		return error_set(err, ERROR_INVALID,
		                 "userinfo and id_token must be objects");
	if (!claims_request_read_names(a, userinfo, &request.userinfo, err) ||
	    !claims_request_read_names(a, id_token, &request.id_token, err) ||
	    !claims_request_read_sub(id_token, &request, err) ||
	    !claims_request_read_sub(userinfo, &request, err))
		return false;
	request.acr = claims_request_read_acr(a, id_token);
	*ret = request;
	return true;
}
