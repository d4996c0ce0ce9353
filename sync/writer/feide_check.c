/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_check.c: the error classes of Feide's validator, checked before an
 * entry is published.  Checks the entry itself, independent of how it was
 * built. */
#include <ctype.h>
#include <string.h>

#include "lib/text.h"
#include "sync/writer/feide.h"

#define GROUP   "urn:mace:feide.no:go:group:"
#define GROUPID "urn:mace:feide.no:go:groupid:"
#define GREP    "urn:mace:feide.no:go:grep:"

static const struct feide_error_text texts[] = {
	[FEIDE_GOOD] = { "good", "nothing is wrong", "" },
	[FEIDE_DOUBLE_UNIT] = { "duplicate-unit-identifier",
	                        "two schools have the same number",
	                        "the municipality corrects `number` in feide "
	                        "{ school }" },
	[FEIDE_GROUPID_NOT_CANONICAL] = { "group-id-not-canonical",
	                                  "the id of a group is not written in "
	                                  "the one way it can be",
	                                  "a fault of ours: report it" },
	[FEIDE_GROUPID_WITHOUT_GROUP] = { "group-id-without-group",
	                                  "an id of a group has no group",
	                                  "a fault of ours: report it" },
	[FEIDE_GROUP_CODE_INVALID] = { "group-code-invalid",
	                               "the Grep code of a teaching group is "
	                               "no "
	                               "subject's",
	                               "the school corrects the subject's code "
	                               "in its school system: three letters "
	                               "and "
	                               "four digits" },
	[FEIDE_GROUP_WITHOUT_CODE] = { "group-without-code",
	                               "a teaching group has no Grep code",
	                               "the school gives the subject its code "
	                               "in its school system; IKT sees that "
	                               "`read grep from` names the attribute" },
	[FEIDE_GROUP_WITHOUT_GROUPID] = { "group-without-group-id",
	                                  "a group has no id of its own",
	                                  "a fault of ours: report it" },
	[FEIDE_NO_GREP] = { "missing-grep", "a pupil has no school year",
	                    "the school gives the class its year's Grep code "
	                    "(aarstrinn1 to 10) in its school system" },
	[FEIDE_NO_GROUPIDS] = { "missing-group-ids",
	                        "somebody in groups has no ids of groups",
	                        "a fault of ours: report it" },
	[FEIDE_NO_GROUPS] = { "missing-groups",
	                      "a teacher or pupil is in no class and no "
	                      "teaching "
	                      "group",
	                      "the school puts them into one in its school "
	                      "system" },
	[FEIDE_NO_UNIT] = { "missing-unit",
	                    "a teacher or pupil belongs to no school",
	                    "IKT moves the entry below a school, or names what "
	                    "it lies below in feide { school { under } }" },
	[FEIDE_NO_REQUIRED] = { "missing-attribute",
	                        "something every person must have is not "
	                        "there; "
	                        "the person is not published",
	                        "IKT sees that the directory has it" },
	[FEIDE_NAME_TAKEN] = { "login-name-taken",
	                       "the login name was another person's once, and "
	                       "Feide must never meet it again; the person is "
	                       "not published",
	                       "IKT gives another login name" },
	[FEIDE_PROTECTED] = { "protected",
	                      "somebody with a protected address is left out",
	                      "the school agrees with them how they log in" },
};

const struct feide_error_text *feide_error_text(enum feide_error e)
{
	return &texts[e];
}

enum feide_error feide_error_from(const char *word)
{
	for (size_t i = 0; i < LENGTH(texts); i++)
		if (text_equal(texts[i].word, word))
			return (enum feide_error)i;
	return FEIDE_GOOD;
}

void feide_find(json_t *found, enum feide_error e, const char *about)
{
	(void)json_array_append_new(found, json_pack("{s:s, s:s}", "error",
	                                             texts[e].word, "about",
	                                             about ? about : ""));
}

struct checking {
	struct arena *arena;
	const json_t *form;
	json_t *found;
};

static bool has(const json_t *form, const char *name, const char *value)
{
	const json_t *values = js_array(form, name);

	for (size_t i = 0; i < json_array_size(values); i++)
		if (text_equal(json_string_value(json_array_get(values, i)),
		               value))
			return true;
	return false;
}

static size_t count_starting(const json_t *form, const char *with)
{
	const json_t *values = js_array(form, "eduPersonEntitlement");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(values); i++)
		count += text_starts(
		    json_string_value(json_array_get(values, i)), with);
	return count;
}

static void each_entitlement(struct checking *c, const char *with,
                             void (*look)(struct checking *c, const char *v))
{
	const json_t *values = js_array(c->form, "eduPersonEntitlement");

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *value =
		    json_string_value(json_array_get(values, i));

		if (text_starts(value, with))
			look(c, value);
	}
}

/* ---- a group and its id */

static bool is_subject(const char *code, size_t length)
{
	if (length != 7)
		return false;
	for (size_t i = 0; i < length; i++)
		if (i < 3 ? !isupper((unsigned char)code[i])
		          : !isdigit((unsigned char)code[i]))
			return false;
	return true;
}

static void look_at_group(struct checking *c, const char *value)
{
	const char *grep = value + strlen(GROUP) + 2;
	size_t length = strcspn(grep, ":");
	const char *id = feide_groupid_of(c->arena, value);
	bool subject = text_starts(value, GROUP "u:");

	if (!id)
		feide_find(c->found, FEIDE_GROUP_CODE_INVALID, value);
	else if (!has(c->form, "eduPersonEntitlement", id))
		feide_find(c->found, FEIDE_GROUP_WITHOUT_GROUPID, value);
	if (subject && length == 0)
		feide_find(c->found, FEIDE_GROUP_WITHOUT_CODE, value);
	else if (subject && !is_subject(grep, length))
		feide_find(c->found, FEIDE_GROUP_CODE_INVALID, value);
}

/* b, u or a; "NO" and nine digits; the id in lower case with upper-case
 * escapes; two dates. */
static bool is_canonical(const char *value)
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

static void look_at_groupid(struct checking *c, const char *value)
{
	const json_t *values = js_array(c->form, "eduPersonEntitlement");

	if (!is_canonical(value))
		feide_find(c->found, FEIDE_GROUPID_NOT_CANONICAL, value);
	for (size_t i = 0; i < json_array_size(values); i++)
		if (text_equal(feide_groupid_of(c->arena,
		                                json_string_value(
						    json_array_get(values, i))),
		               value))
			return;
	feide_find(c->found, FEIDE_GROUPID_WITHOUT_GROUP, value);
}

/* ---- a person */

static const char *const required[] = {
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

json_t *feide_check(struct arena *a, const json_t *form)
{
	struct checking c = { a, form, js_keep(a, json_array()) };
	bool pupil = has(form, "eduPersonAffiliation", "student");
	bool school = pupil || has(form, "eduPersonAffiliation", "faculty");
	size_t groups =
	    count_starting(form, GROUP "b:") + count_starting(form, GROUP "u:");

	for (size_t i = 0; i < LENGTH(required); i++)
		if (!form_text(form, required[i]))
			feide_find(c.found, FEIDE_NO_REQUIRED, required[i]);
	each_entitlement(&c, GROUP, look_at_group);
	each_entitlement(&c, GROUPID, look_at_groupid);
	if (pupil && count_starting(form, GREP) == 0)
		feide_find(c.found, FEIDE_NO_GREP, NULL);
	if (groups > 0 && count_starting(form, GROUPID) == 0)
		feide_find(c.found, FEIDE_NO_GROUPIDS, NULL);
	if (school && groups == 0)
		feide_find(c.found, FEIDE_NO_GROUPS, NULL);
	if (school && (!form_text(form, "eduPersonOrgUnitDN") ||
	               !form_text(form, "eduPersonPrimaryOrgUnitDN")))
		feide_find(c.found, FEIDE_NO_UNIT, NULL);
	return c.found;
}

json_t *feide_check_units(struct arena *a, const struct feide *f)
{
	json_t *found = js_keep(a, json_array());

	for (size_t i = 0; i < f->school_count; i++)
		for (size_t j = 0; j < i; j++)
			if (text_equal(f->schools[i].number,
			               f->schools[j].number))
				feide_find(found, FEIDE_DOUBLE_UNIT,
				           f->schools[i].number);
	return found;
}

static void drop(json_t *form, const char *value)
{
	json_t *values = js_array(form, "eduPersonEntitlement");

	for (size_t i = json_array_size(values); value && i > 0; i--)
		if (text_equal(json_string_value(json_array_get(values, i - 1)),
		               value))
			(void)json_array_remove(values, i - 1);
	if (values && json_array_size(values) == 0)
		(void)json_object_del(form, "eduPersonEntitlement");
}

/* A group value and its id are removed together. */
bool feide_mend(struct arena *a, json_t *form, const json_t *found)
{
	bool good = true;

	for (size_t i = 0; i < json_array_size(found); i++) {
		const json_t *one = json_array_get(found, i);
		const char *about = js_string(one, "about");
		enum feide_error e = feide_error_from(js_string(one, "error"));

		good = good && e != FEIDE_NO_REQUIRED && e != FEIDE_PROTECTED &&
		       e != FEIDE_NAME_TAKEN;
		if (!text_starts(about, "urn:"))
			continue;
		drop(form, about);
		if (text_starts(about, GROUP))
			drop(form, feide_groupid_of(a, about));
	}
	return good;
}
