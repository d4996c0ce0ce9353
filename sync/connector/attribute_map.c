/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_map.c: maps an entry of a source directory to our fields, by the
 * configuration or by the usual attributes of that kind of directory (RFC 4519,
 * RFC 2798, Active Directory).  Attributes that are not mapped are not sent. */
#include "sync/connector/attribute_map.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/config/attribute_conversion.h"
#include "region/ldap/ad_values.h"

/* An entry is sent in one frame, whatever its size; values beyond these limits
 * are left out. */
enum {
	MAX_VALUES = 50,
	MAX_VALUE_BYTES = 1000,
	MAX_ENTRY_BYTES = 24 * 1024, /* of all other values, in JSON */
	MAX_RIGHT_BYTES = 1024,      /* of a date or of `protected`, in JSON */
	MAX_DN_BYTES = 6000,
	DAY_SECONDS = 24 * 60 * 60,
	MAX_SHADOW_DAY = 1000000, /* in the year 4707 */
};

/* The attributes of a field if none is configured; the first one that the entry
 * has is used. */
struct default_mapping {
	const char *field;
	const char *attributes[2];
	const char *ad_attributes[2]; /* Active Directory */
};

static const struct default_mapping default_person_map[] = {
	{ "login", { "uid" }, { "sAMAccountName" } },
	{ "name", { "displayName", "cn" }, { "displayName", "cn" } },
	{ "given-name", { "givenName" }, { "givenName" } },
	{ "family-name", { "sn" }, { "sn" } },
	{ "language", { "preferredLanguage" }, { "preferredLanguage" } },
	{ "mail", { "mail" }, { "mail" } },
	{ "phone",
	  { "telephoneNumber", "mobile" },
	  { "telephoneNumber", "mobile" } },
	{ "title", { "title" }, { "title" } },
	{ "employee-number",
	  { "employeeNumber" },
	  { "employeeNumber", "employeeID" } },
	{ "unit", { "ou", "departmentNumber" }, { "department" } },
	{ "position", { NULL }, { NULL } },
	{ "acts-for", { NULL }, { NULL } },
};

/* Fields that restrict.  Each has its own space in the frame, and a value that
 * is left out counts as one that cannot be read: a date denies, and an address
 * is protected. */
static const struct default_mapping restriction_map[] = {
	{ "from", { NULL }, { NULL } },
	{ "until", { NULL }, { NULL } },
	{ "protected", { NULL }, { NULL } },
};

static const char unreadable[] = "unreadable";

/* Of groups, and of containers, which may be groups too. */
static const struct default_mapping default_group_map[] = {
	{ "group-name",
	  { "displayName", "description" },
	  { "displayName", "description" } },
	{ "group-code", { "cn", "ou" }, { "cn", "ou" } },
	{ "grep", { NULL }, { NULL } },
};

/* Always requested. */
static const char *const common_attributes[] = {
	"objectClass",          "member",        "uniqueMember",
	"pwdAccountLockedTime", "nsAccountLock", "shadowExpire",
	"pwdStartTime",         "pwdEndTime",    "entryCSN"
};
static const char *const common_ad_attributes[] = {
	"objectClass",    "member",         "userAccountControl",
	"accountExpires", "primaryGroupID", "objectSid"
};

static bool is_ad(const struct directory_conf *d)
{
	return d->type == DIRECTORY_AD;
}

/* Returns up to two attributes. */
static const char *const *default_attributes(
    const struct directory_conf *d, const struct default_mapping *mapping)
{
	return is_ad(d) ? mapping->ad_attributes : mapping->attributes;
}

struct name_list {
	VECTOR(const char *) all;
};

static void add_default_names(struct arena *a, struct name_list *names,
                              const struct directory_conf *d,
                              const struct default_mapping *mapping)
{
	for (size_t f = 0; f < 2 && default_attributes(d, mapping)[f]; f++)
		*vector_append(a, &names->all) =
		    default_attributes(d, mapping)[f];
}

/* Also what the conversion `only-where` depends on. */
static void add_condition_names(struct arena *a, struct name_list *names,
                                const struct directory_conf *d)
{
	for (size_t i = 0; i < d->attribute_map_count; i++)
		if (d->attribute_map[i].conversion.where_attribute)
			*vector_append(a, &names->all) =
			    d->attribute_map[i].conversion.where_attribute;
}

const char **attribute_map_names(struct arena *a,
                                 const struct directory_conf *d)
{
	const char *const *common =
	    is_ad(d) ? common_ad_attributes : common_attributes;
	size_t count =
	    is_ad(d) ? LENGTH(common_ad_attributes) : LENGTH(common_attributes);
	struct name_list names = { 0 };

	for (size_t i = 0; i < count; i++)
		*vector_append(a, &names.all) = common[i];
	for (size_t i = 0; i < LENGTH(default_person_map); i++)
		add_default_names(a, &names, d, &default_person_map[i]);
	for (size_t i = 0; i < LENGTH(default_group_map); i++)
		add_default_names(a, &names, d, &default_group_map[i]);
	if (config_national_id_attribute(d))
		*vector_append(a, &names.all) = config_national_id_attribute(d);
	for (size_t i = 0; i < d->attribute_map_count; i++)
		*vector_append(a, &names.all) = d->attribute_map[i].attribute;
	add_condition_names(a, &names, d);
	*vector_append(a, &names.all) = NULL;
	return names.all.at;
}

char *attribute_map_scope_hash(struct arena *a, const struct directory_conf *d)
{
	struct strbuf t = strbuf_init(a);

	/* The anchor of an entry depends on the directory's type. */
	strbuf_appendf(&t, "%d\n%s\n%s\n", (int)d->type, d->base, d->bind_dn);
	for (char **uri = d->uris; *uri; uri++)
		strbuf_appendf(&t, "%s\n", *uri);
	for (size_t i = 0; i < d->attribute_map_count; i++)
		strbuf_appendf(&t, "%s %s%s\n", d->attribute_map[i].field,
		               d->attribute_map[i].attribute,
		               attribute_conversion_format(
				   a, &d->attribute_map[i].conversion));
	return hash_sha256_base64url(a, t.data);
}

/* No field is read from the attribute of the national identity number, also if
 * it is mapped to one: the number is never sent unencrypted. */
static bool is_national_id(const struct directory_conf *d, const char *name)
{
	const char *national = config_national_id_attribute(d);

	return national && strcasecmp(national, name) == 0;
}

static const struct directory_attribute *attribute_map_find(
    struct arena *a, const struct directory_conf *d,
    const struct directory_entry *e, const struct default_mapping *mapping)
{
	const struct attribute_mapping *configured =
	    config_mapping(d, mapping->field);
	const char *const *names = default_attributes(d, mapping);
	const struct directory_attribute *t = NULL;

	if (configured)
		return is_national_id(d, configured->attribute)
		           ? NULL
		           : attribute_conversion_apply(a, configured, e, NULL);
	for (size_t f = 0; f < 2 && names[f] && !t; f++)
		t = is_national_id(d, names[f])
		        ? NULL
		        : directory_entry_attribute(e, names[f]);
	return t;
}

/* Why values of a field are left out, each a bit of left_out. */
enum left_out { LEFT_OUT_UTF8, LEFT_OUT_LONG, LEFT_OUT_MANY, LEFT_OUT_SPACE };

static const char *const left_out_causes[] = {
	[LEFT_OUT_UTF8] = "not-utf8",
	[LEFT_OUT_LONG] = "too-long",
	[LEFT_OUT_MANY] = "too-many",
	[LEFT_OUT_SPACE] = "entry-too-large",
};

/* Returns the value without blanks, Unicode spaces and invisible characters at
 * its ends; NULL if it is empty, or left out. */
static const char *trimmed_value(struct arena *a,
                                 const struct directory_value *v,
                                 unsigned *left_out)
{
	if (!text_is_utf8(v->bytes, v->length)) {
		*left_out |= 1u << LEFT_OUT_UTF8;
		return NULL;
	}
	if (v->length > MAX_VALUE_BYTES) {
		*left_out |= 1u << LEFT_OUT_LONG;
		return NULL;
	}
	const char *text = name_trim(a, v->bytes);

	return *text ? text : NULL;
}

/* Subtracts the value's size from *bytes_left; returns false if it is larger.
 */
static bool take_entry_space(struct arena *a, const json_t *value,
                             size_t *bytes_left)
{
	size_t needs = strlen(js_dump(a, value)) + 1;

	if (needs > *bytes_left)
		return false;
	*bytes_left -= needs;
	return true;
}

static int compare_values(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Lists "FIELD CAUSE". */
static void add_left_out(struct arena *a, json_t *fields, const char *field,
                         unsigned left_out)
{
	json_t *list = js_array(fields, "left-out");

	for (size_t i = 0; i < LENGTH(left_out_causes); i++) {
		if (!(left_out & 1u << i))
			continue;
		if (!list)
			(void)json_object_set_new(fields, "left-out",
			                          list = json_array());
		(void)json_array_append_new(
		    list, json_string(arena_printf(a, "%s %s", field,
		                                   left_out_causes[i])));
	}
}

/* The values of an attribute are a set (RFC 4511 4.1.7): sorted, so that the
 * order in which a server sends them makes no difference.  Returns whether all
 * are sent. */
static bool add_field_values(struct arena *a, json_t *fields, const char *field,
                             const struct directory_attribute *t,
                             size_t *bytes_left)
{
	VECTOR(const char *) texts = { 0 };
	json_t *list = json_array();
	unsigned left_out = 0;

	for (size_t i = 0; t && i < t->count; i++) {
		const char *text = trimmed_value(a, &t->values[i], &left_out);

		if (text)
			*vector_append(a, &texts) = text;
	}
	if (texts.count > 1)
		qsort(texts.at, texts.count, sizeof(texts.at[0]),
		      compare_values);
	if (texts.count > MAX_VALUES)
		left_out |= 1u << LEFT_OUT_MANY;
	for (size_t i = 0; i < texts.count && i < MAX_VALUES; i++) {
		json_t *value = json_string(texts.at[i]);

		if (take_entry_space(a, value, bytes_left))
			(void)json_array_append(list, value);
		else
			left_out |= 1u << LEFT_OUT_SPACE;
		json_decref(value);
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(fields, field, list);
	json_decref(list);
	add_left_out(a, fields, field, left_out);
	return left_out == 0;
}

static void add_fields(struct arena *a, json_t *fields,
                       const struct directory_conf *d,
                       const struct directory_entry *e,
                       const struct default_mapping *map, size_t count)
{
	size_t bytes_left = MAX_ENTRY_BYTES;

	for (size_t i = 0; i < count; i++)
		(void)add_field_values(a, fields, map[i].field,
		                       attribute_map_find(a, d, e, &map[i]),
		                       &bytes_left);
}

static void add_restrictions(struct arena *a, json_t *fields,
                             const struct directory_conf *d,
                             const struct directory_entry *e)
{
	for (size_t i = 0; i < LENGTH(restriction_map); i++) {
		const char *field = restriction_map[i].field;
		size_t bytes_left = MAX_RIGHT_BYTES;

		if (add_field_values(
			a, fields, field,
			attribute_map_find(a, d, e, &restriction_map[i]),
			&bytes_left))
			continue;
		if (!js_array(fields, field))
			(void)json_object_set_new(fields, field, json_array());
		(void)json_array_append_new(js_array(fields, field),
		                            json_string(unreadable));
	}
}

static bool is_true_value(const char *text)
{
	return text && (strcasecmp(text, "true") == 0 ||
	                strcasecmp(text, "yes") == 0 || text_equal(text, "1"));
}

/* The attribute mapped to `disabled` can have any value.  A value that is not
 * one of in_use means that the account is disabled. */
static bool value_means_disabled(const struct directory_attribute *t)
{
	static const char *const in_use[] = { "false",  "no",     "0",
		                              "nei",    "active", "aktiv",
		                              "enabled" };
	size_t recognised = 0;

	for (size_t v = 0; t && v < t->count; v++)
		for (size_t i = 0; i < LENGTH(in_use); i++)
			recognised +=
			    strcasecmp(t->values[v].bytes, in_use[i]) == 0;
	return t && recognised < t->count;
}

/* Disabled by an administrator; a lockout that expires does not count. */
static bool source_account_is_disabled(struct arena *a,
                                       const struct directory_conf *d,
                                       const struct directory_entry *e)
{
	const struct attribute_mapping *configured =
	    config_mapping(d, "disabled");
	const char *locked = directory_entry_text(e, "pwdAccountLockedTime");

	if (configured && value_means_disabled(attribute_conversion_apply(
			      a, configured, e, NULL)))
		return true;
	if (is_ad(d))
		return ad_is_disabled(e);
	return (locked && text_starts(locked, "000001010000")) ||
	       is_true_value(directory_entry_text(e, "nsAccountLock"));
}

/* When the account expires, Unix time; INT64_MAX: never. */
struct account_end {
	int64_t when;
	bool is_unreadable;
};

static void account_ends_at(struct account_end *end, bool is_readable,
                            const int64_t *when)
{
	end->is_unreadable |= !is_readable;
	if (is_readable && *when < end->when)
		end->when = *when;
}

/* shadowExpire: days since 1970; a negative number is no end (shadow(5)). */
static bool read_shadow_expire(const char *text, int64_t *ret_when)
{
	long long day = 0;

	*ret_when = INT64_MAX;
	if (text[0] == '-')
		return text_to_number(text + 1, 0, INT64_MAX, &day);
	if (!text_to_number(text, 0, MAX_SHADOW_DAY, &day))
		return false;
	*ret_when = day * DAY_SECONDS;
	return true;
}

/* The earlier of shadowExpire and pwdEndTime (slapo-ppolicy). */
static struct account_end account_expiry(const struct directory_entry *e)
{
	const char *expires = directory_entry_text(e, "shadowExpire");
	const char *ends = directory_entry_text(e, "pwdEndTime");
	struct account_end end = { .when = INT64_MAX };
	int64_t when = 0;

	if (expires)
		account_ends_at(&end, read_shadow_expire(expires, &when),
		                &when);
	if (ends)
		account_ends_at(&end, clock_parse_generalized_time(ends, &when),
		                &when);
	return end;
}

/* The same for Active Directory. */
static struct account_end ad_account_expiry(const struct directory_entry *e)
{
	const char *text = directory_entry_text(e, "accountExpires");
	struct account_end end = { .when = INT64_MAX };
	long long number = 0;
	int64_t when = 0;

	end.is_unreadable =
	    text && !text_to_number(text, 0, INT64_MAX, &number);
	if (ad_account_expires(e, &when))
		end.when = when;
	return end;
}

static void set_field(json_t *fields, const char *field, const char *value)
{
	(void)json_object_set_new(fields, field, json_pack("[s]", value));
}

/* A time that cannot be read is sent as such: it denies, and is a doubt. */
static void set_time(struct arena *a, json_t *fields, const char *field,
                     bool is_readable, int64_t when)
{
	set_field(fields, field,
	          is_readable ? clock_format_generalized_time(a, when)
	                      : unreadable);
}

static void add_account_state(struct arena *a, json_t *fields,
                              const struct directory_conf *d,
                              const struct directory_entry *e)
{
	const char *starts = directory_entry_text(e, "pwdStartTime");
	struct account_end end =
	    is_ad(d) ? ad_account_expiry(e) : account_expiry(e);
	int64_t when = 0;

	if (source_account_is_disabled(a, d, e))
		set_field(fields, "disabled", "1");
	if (end.is_unreadable || end.when < INT64_MAX)
		set_time(a, fields, "expires", !end.is_unreadable, end.when);
	if (!starts || js_array(fields, "from"))
		return;
	bool is_readable = clock_parse_generalized_time(starts, &when);

	set_time(a, fields, "from", is_readable, when);
}

/* By its SID, as `member` of the primary group does not have the account. */
static void add_ad_sid(json_t *fields, const char *field, const char *sid)
{
	if (sid)
		set_field(fields, field, sid);
}

static void add_member_dns(json_t *fields, const struct directory_entry *e)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "member");
	json_t *list = json_array();

	if (!t)
		t = directory_entry_attribute(e, "uniqueMember");
	for (size_t i = 0; t && i < t->count; i++) {
		json_t *dn = t->values[i].length <= MAX_DN_BYTES
		                 ? json_string(t->values[i].bytes)
		                 : NULL;

		if (dn)
			(void)json_array_append_new(list, dn);
	}
	(void)json_object_set_new(fields, "member", list);
}

static const struct {
	const char *object_class;
	enum entry_class class;
} object_classes[] = {
	{ "groupOfNames", ENTRY_CLASS_GROUP },
	{ "groupOfUniqueNames", ENTRY_CLASS_GROUP },
	{ "group", ENTRY_CLASS_GROUP },
	{ "person", ENTRY_CLASS_PERSON },
};

/* A computer of Active Directory has objectClass person too. */
static enum entry_class entry_class_of(const struct directory_conf *d,
                                       const struct directory_entry *e)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "objectClass");

	if (is_ad(d) && ad_is_machine(e))
		return ENTRY_CLASS_OTHER;
	for (size_t i = 0; i < LENGTH(object_classes); i++)
		for (size_t v = 0; t && v < t->count; v++)
			if (strcasecmp(t->values[v].bytes,
			               object_classes[i].object_class) == 0)
				return object_classes[i].class;
	/* slapd returns the object classes of the entry without their
	 * superclasses, so inetOrgPerson may come without person. */
	for (size_t v = 0; t && v < t->count; v++)
		if (strcasestr(t->values[v].bytes, "person"))
			return ENTRY_CLASS_PERSON;
	return ENTRY_CLASS_OTHER;
}

/* Returns the text if it is UTF-8, else NULL. */
static const char *entry_text(const char *text)
{
	return text && text_is_utf8(text, strlen(text)) ? text : NULL;
}

struct sync_entry *attribute_map_entry(struct arena *a,
                                       const struct directory_conf *d,
                                       const char *anchor,
                                       const struct directory_entry *e)
{
	const enum entry_class class = entry_class_of(d, e);
	json_t *fields = js_own(a, json_object());
	struct sync_entry *entry = arena_new(a, struct sync_entry);

	*entry = (struct sync_entry){
		.anchor = anchor,
		.dn = strlen(e->dn) <= MAX_DN_BYTES ? entry_text(e->dn) : NULL,
		.class = class,
		.csn = class == ENTRY_CLASS_GROUP
		           ? NULL
		           : entry_text(directory_entry_text(e, "entryCSN")),
		.attributes = fields,
	};
	if (class == ENTRY_CLASS_GROUP)
		add_member_dns(fields, e);
	if (class == ENTRY_CLASS_GROUP && is_ad(d))
		add_ad_sid(fields, "sid", ad_entry_sid(a, e));
	if (class != ENTRY_CLASS_PERSON) {
		add_fields(a, fields, d, e, default_group_map,
		           LENGTH(default_group_map));
		return entry;
	}
	add_restrictions(a, fields, d, e);
	add_fields(a, fields, d, e, default_person_map,
	           LENGTH(default_person_map));
	add_account_state(a, fields, d, e);
	if (is_ad(d))
		add_ad_sid(fields, "primary-group", ad_primary_group_sid(a, e));
	return entry;
}

const char *attribute_map_national_id(const struct directory_conf *d,
                                      const struct directory_entry *e)
{
	const struct attribute_mapping *configured =
	    config_mapping(d, "national-id");
	const char *from = config_national_id_attribute(d);

	if (!from || (configured && !attribute_conversion_selects(
					&configured->conversion, e)))
		return NULL;
	return directory_entry_text(e, from);
}
