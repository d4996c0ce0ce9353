/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims_parameter.c: parses the `claims` request parameter (OpenID Connect
 * Core 5.5). */
#include "idp/oidc/asked.h"

#include <string.h>

#include "lib/text.h"

/* Claims of the protocol, not of the person: requests for them have no effect
 * here. */
static const char *const not_told[] = {
	"sub", "acr", "amr",   "auth_time", "iss",     "aud",
	"exp", "iat", "nonce", "sid",       "at_hash", "azp",
};

static bool is_not_told(const char *name)
{
	for (size_t i = 0; i < LENGTH(not_told); i++)
		if (text_equal(not_told[i], name))
			return true;
	return false;
}

static bool is_member(const json_t *member)
{
	return json_is_null(member) || json_is_object(member);
}

/* Returns the claim names of userinfo or id_token; NULL: none. */
static bool read_names(struct arena *a, json_t *from, json_t **ret_names,
                       struct fault *why)
{
	json_t *names = js_keep(a, json_array());
	const char *name;
	json_t *member;

	json_object_foreach(from, name, member)
	{
		if (!is_member(member))
			return fault(why, FAULT_INVALID,
			             "a claim asked for is null or an object");
		if (!is_not_told(name))
			(void)json_array_append_new(names, json_string(name));
	}
	*ret_names = json_array_size(names) > 0 ? names : NULL;
	return true;
}

static bool read_sub(const json_t *from, struct asked *ret, struct fault *why)
{
	const json_t *sub = js_object(from, "sub");
	const json_t *value = json_object_get(sub, "value");

	if (json_object_get(sub, "values"))
		return fault(why, FAULT_INVALID, "one sub at most");
	if (!value)
		return true;
	if (!json_is_string(value) ||
	    (ret->sub && !text_equal(ret->sub, json_string_value(value))))
		return fault(why, FAULT_INVALID, "one sub at most");
	ret->sub = json_string_value(value);
	return true;
}

static const char *read_acr(struct arena *a, const json_t *from)
{
	const json_t *acr = js_object(from, "acr");
	const char *one = js_string(acr, "value");
	struct text words = text_in(a);
	size_t i;
	json_t *value;

	json_array_foreach(js_array(acr, "values"), i, value)
	    text_addf(&words, "%s%s", words.length ? " " : "",
	              json_is_string(value) ? json_string_value(value) : "");
	if (one)
		return one;
	return words.length > 0 ? words.at : NULL;
}

bool asked_read(struct arena *a, const char *claims, struct asked *ret,
                struct fault *why)
{
	struct asked asked = { 0 };
	json_t *whole;

	if (strlen(claims) > ASKED_MOST)
		return fault(why, FAULT_INVALID, "claims is too long");
	if (!js_read(a, claims, strlen(claims), &whole, why))
		return false;
	json_t *userinfo = json_object_get(whole, "userinfo");
	json_t *in_token = json_object_get(whole, "id_token");

	if ((userinfo && !is_member(userinfo)) ||
	    (in_token && !is_member(in_token)))
		return fault(why, FAULT_INVALID,
		             "userinfo and id_token are objects");
	if (!read_names(a, userinfo, &asked.userinfo, why) ||
	    !read_names(a, in_token, &asked.in_token, why) ||
	    !read_sub(in_token, &asked, why) ||
	    !read_sub(userinfo, &asked, why))
		return false;
	asked.acr = read_acr(a, in_token);
	*ret = asked;
	return true;
}
