/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_check.c: the error classes of Feide's validator, checked before an
 * entry is published.  Checks the entry itself, independent of how it was
 * built. */
#include "sync/engine/feide/feide_check.h"

#include <ctype.h>
#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_value.h"

#define GROUP   "urn:mace:feide.no:go:group:"
#define GROUPID "urn:mace:feide.no:go:groupid:"
#define GREP    "urn:mace:feide.no:go:grep:"

static const struct feide_issue_text issue_texts[] = {
	[FEIDE_ISSUE_NONE] = { "good", "no error", "" },
	[FEIDE_DUPLICATE_UNIT] = { "duplicate-unit-identifier",
	                           "two schools have the same organisation "
	                           "number",
	                           "the municipality corrects "
	                           "`organisation-number` in "
	                           "feide { school }" },
	[FEIDE_GROUPID_NOT_CANONICAL] = { "group-id-not-canonical",
	                                  "the id of a group is not in "
	                                  "canonical form",
	                                  "an error in Portvakt: report it" },
	[FEIDE_GROUPID_WITHOUT_GROUP] = { "group-id-without-group",
	                                  "a group id has no group",
	                                  "an error in Portvakt: report it" },
	[FEIDE_GROUP_CODE_INVALID] = { "group-code-invalid",
	                               "the Grep code of a teaching group is "
	                               "not a subject's "
	                               "code",
	                               "the school corrects the subject's code "
	                               "in its school "
	                               "system: three letters and four "
	                               "digits" },
	[FEIDE_GROUP_WITHOUT_CODE] = { "group-without-code",
	                               "a teaching group has no Grep code",
	                               "the school sets the subject's code in "
	                               "its school "
	                               "system; IT checks that `map grep from` "
	                               "names the "
	                               "attribute" },
	[FEIDE_GROUP_WITHOUT_GROUPID] = { "group-without-group-id",
	                                  "a group has no id",
	                                  "an error in Portvakt: report it" },
	[FEIDE_MISSING_GREP] = { "missing-grep", "a pupil has no school year",
	                         "the school sets the Grep code of the class's "
	                         "year "
	                         "(aarstrinn1 to 10) in its school system" },
	[FEIDE_MISSING_GROUPIDS] = { "missing-group-ids",
	                             "a person in groups has no group ids",
	                             "an error in Portvakt: report it" },
	[FEIDE_MISSING_GROUPS] = { "missing-groups",
	                           "a teacher or pupil is in no class and no "
	                           "teaching group",
	                           "the school adds the person to a group in "
	                           "its school "
	                           "system" },
	[FEIDE_MISSING_UNIT] = { "missing-unit",
	                         "a teacher or pupil belongs to no school",
	                         "IT moves the entry below a school, or names "
	                         "its subtree "
	                         "in feide { school { under } }" },
	[FEIDE_MISSING_ATTRIBUTE] = { "missing-attribute",
	                              "a required attribute is missing; the "
	                              "person is not "
	                              "published",
	                              "IT adds it to the directory" },
	[FEIDE_NAME_TAKEN] = { "login-name-taken",
	                       "the login name was used by another person and "
	                       "must not "
	                       "be reused at Feide; the person is not "
	                       "published",
	                       "IT assigns another login name" },
	[FEIDE_PROTECTED] = { "protected",
	                      "a person with a protected address is not "
	                      "published",
	                      "the school agrees with the person on how to log "
	                      "in" },
};

const struct feide_issue_text *feide_issue_text(enum feide_issue e)
{
	return &issue_texts[e];
}

enum feide_issue feide_issue_from_code(const char *code)
{
	for (size_t i = 0; i < LENGTH(issue_texts); i++)
		if (text_equal(issue_texts[i].code, code))
			return (enum feide_issue)i;
	return FEIDE_ISSUE_NONE;
}

void feide_issue_add(json_t *issues, enum feide_issue e, const char *about)
{
	(void)json_array_append_new(
	    issues, json_pack("{s:s, s:s}", "error", issue_texts[e].code,
	                      "about", about ? about : ""));
}

struct person_check {
	struct arena *arena;
	const json_t *entry;
	json_t *issues;
};

static bool feide_has_value(const json_t *entry, const char *name,
                            const char *value)
{
	const json_t *values = js_array(entry, name);

	for (size_t i = 0; i < json_array_size(values); i++)
		if (text_equal(json_string_value(json_array_get(values, i)),
		               value))
			return true;
	return false;
}

static size_t count_entitlements(const json_t *entry, const char *prefix)
{
	const json_t *values = js_array(entry, "eduPersonEntitlement");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(values); i++)
		count += text_starts(
		    json_string_value(json_array_get(values, i)), prefix);
	return count;
}

static void each_entitlement(struct person_check *c, const char *prefix,
                             void (*callback)(struct person_check *c,
                                              const char *v))
{
	const json_t *values = js_array(c->entry, "eduPersonEntitlement");

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *value =
		    json_string_value(json_array_get(values, i));

		if (text_starts(value, prefix))
			callback(c, value);
	}
}

/* ---- a group and its id */

static bool is_subject_code(const char *code, size_t length)
{
	if (length != 7)
		return false;
	for (size_t i = 0; i < length; i++)
		if (i < 3 ? !isupper((unsigned char)code[i])
		          : !isdigit((unsigned char)code[i]))
			return false;
	return true;
}

static void check_group_value(struct person_check *c, const char *value)
{
	const char *grep = value + strlen(GROUP) + 2;
	size_t length = strcspn(grep, ":");
	const char *id = feide_groupid_from_group(c->arena, value);
	bool subject = text_starts(value, GROUP "u:");

	if (!id)
		feide_issue_add(c->issues, FEIDE_GROUP_CODE_INVALID, value);
	else if (!feide_has_value(c->entry, "eduPersonEntitlement", id))
		feide_issue_add(c->issues, FEIDE_GROUP_WITHOUT_GROUPID, value);
	if (subject && length == 0)
		feide_issue_add(c->issues, FEIDE_GROUP_WITHOUT_CODE, value);
	else if (subject && !is_subject_code(grep, length))
		feide_issue_add(c->issues, FEIDE_GROUP_CODE_INVALID, value);
}

/* b, u or a; "NO" and nine digits; the id in lower case with upper-case
 * escapes; two dates. */
static bool is_canonical_groupid(const char *value)
{
	const char *at = value + strlen(GROUPID);

	if (!strchr("bua", at[0]) || at[1] != ':' ||
	    !text_starts(at + 2, "NO") || strspn(at + 4, "0123456789") != 9 ||
	    at[13] != ':')
		return false;
	for (at += 14; *at && *at != ':'; at++) {
		if (*at == '%') {
			if (strspn(at + 1, "0123456789ABCDEF") < 2)
				return false;
			at += 2;
		} else if (!islower((unsigned char)*at) &&
		           !isdigit((unsigned char)*at) &&
		           !strchr("-._~", *at)) {
			return false;
		}
	}
	return strlen(at) == strlen(":2020-08-01:2021-06-15") &&
	       strspn(at, ":-0123456789") == strlen(at);
}

static void check_groupid_value(struct person_check *c, const char *value)
{
	const json_t *values = js_array(c->entry, "eduPersonEntitlement");

	if (!is_canonical_groupid(value))
		feide_issue_add(c->issues, FEIDE_GROUPID_NOT_CANONICAL, value);
	for (size_t i = 0; i < json_array_size(values); i++)
		if (text_equal(feide_groupid_from_group(
				   c->arena, json_string_value(
						 json_array_get(values, i))),
		               value))
			return;
	feide_issue_add(c->issues, FEIDE_GROUPID_WITHOUT_GROUP, value);
}

/* ---- a person */

static const char *const required_attributes[] = {
	"cn",
	"displayName",
	"norEduPersonLegalName",
	"givenName",
	"sn",
	"uid",
	"eduPersonPrincipalName",
	"eduPersonOrgDN",
	"eduPersonAffiliation",
};

json_t *feide_check_person(struct arena *a, const json_t *entry)
{
	struct person_check c = { a, entry, js_own(a, json_array()) };
	bool pupil = feide_has_value(entry, "eduPersonAffiliation", "student");
	bool school =
	    pupil || feide_has_value(entry, "eduPersonAffiliation", "faculty");
	size_t groups = count_entitlements(entry, GROUP "b:") +
	                count_entitlements(entry, GROUP "u:");

	for (size_t i = 0; i < LENGTH(required_attributes); i++)
		if (!entry_json_value(entry, required_attributes[i]))
			feide_issue_add(c.issues, FEIDE_MISSING_ATTRIBUTE,
			                required_attributes[i]);
	each_entitlement(&c, GROUP, check_group_value);
	each_entitlement(&c, GROUPID, check_groupid_value);
	if (pupil && count_entitlements(entry, GREP) == 0)
		feide_issue_add(c.issues, FEIDE_MISSING_GREP, NULL);
	if (groups > 0 && count_entitlements(entry, GROUPID) == 0)
		feide_issue_add(c.issues, FEIDE_MISSING_GROUPIDS, NULL);
	if (school && groups == 0)
		feide_issue_add(c.issues, FEIDE_MISSING_GROUPS, NULL);
	if (school && (!entry_json_value(entry, "eduPersonOrgUnitDN") ||
	               !entry_json_value(entry, "eduPersonPrimaryOrgUnitDN")))
		feide_issue_add(c.issues, FEIDE_MISSING_UNIT, NULL);
	return c.issues;
}

json_t *feide_check_units(struct arena *a, const struct feide *f)
{
	json_t *issues = js_own(a, json_array());

	for (size_t i = 0; i < f->school_count; i++)
		for (size_t j = 0; j < i; j++)
			if (text_equal(f->schools[i].organisation_number,
			               f->schools[j].organisation_number))
				feide_issue_add(
				    issues, FEIDE_DUPLICATE_UNIT,
				    f->schools[i].organisation_number);
	return issues;
}

static void drop_entitlement(json_t *entry, const char *value)
{
	json_t *values = js_array(entry, "eduPersonEntitlement");

	for (size_t i = json_array_size(values); value && i > 0; i--)
		if (text_equal(json_string_value(json_array_get(values, i - 1)),
		               value))
			(void)json_array_remove(values, i - 1);
	if (values && json_array_size(values) == 0)
		(void)json_object_del(entry, "eduPersonEntitlement");
}

/* A group value and its id are removed together. */
bool feide_drop_invalid_values(struct arena *a, json_t *entry,
                               const json_t *issues)
{
	bool publishable = true;

	for (size_t i = 0; i < json_array_size(issues); i++) {
		const json_t *issue = json_array_get(issues, i);
		const char *about = js_string(issue, "about");
		enum feide_issue e =
		    feide_issue_from_code(js_string(issue, "error"));

		publishable = publishable && e != FEIDE_MISSING_ATTRIBUTE &&
		              e != FEIDE_PROTECTED && e != FEIDE_NAME_TAKEN;
		if (!text_starts(about, "urn:"))
			continue;
		drop_entitlement(entry, about);
		if (text_starts(about, GROUP))
			drop_entitlement(entry,
			                 feide_groupid_from_group(a, about));
	}
	return publishable;
}
