/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_map.c: maps an entry of a source directory to our fields, by the
 * configuration or by the usual attributes of that kind of directory (RFC 4519,
 * RFC 2798, Active Directory).  Attributes that are not mapped are not sent. */
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/ad.h"
#include "sync/reader/reader.h"

/* An entry is sent in one frame, whatever its size; values beyond these limits
 * are left out. */
enum {
	MOST_VALUES = 50,
	MOST_BYTES = 1000,        /* of a value */
	MOST_WRITTEN = 24 * 1024, /* of all values, in JSON */
	MOST_DN = 6000,
	DAY_SECONDS = 24 * 60 * 60,
};

/* Where a directory has each field unless configured; the first present
 * counts. */
struct usual {
	const char *what;
	const char *from[2];
	const char *ad[2]; /* Active Directory */
};

static const struct usual usual[] = {
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
	{ "from", { NULL }, { NULL } },
	{ "until", { NULL }, { NULL } },
	{ "acts-for", { NULL }, { NULL } },
	{ "protected", { NULL }, { NULL } },
};

/* Of groups, and of containers, which may be groups too. */
static const struct usual usual_group[] = {
	{ "group-name",
	  { "displayName", "description" },
	  { "displayName", "description" } },
	{ "group-code", { "cn", "ou" }, { "cn", "ou" } },
	{ "grep", { NULL }, { NULL } },
};

/* Always requested. */
static const char *const always[] = { "objectClass",   "member",
	                              "uniqueMember",  "pwdAccountLockedTime",
	                              "nsAccountLock", "shadowExpire",
	                              "pwdStartTime",  "pwdEndTime",
	                              "entryCSN" };
static const char *const always_ad[] = { "objectClass", "member",
	                                 "userAccountControl",
	                                 "accountExpires" };

static const char usual_national[] = "norEduPersonNIN";

static const char *said_for(const struct directory_conf *d, const char *what)
{
	for (size_t i = 0; i < d->read_count; i++)
		if (text_equal(d->reads[i].what, what))
			return d->reads[i].from;
	return NULL;
}

static bool is_ad(const struct directory_conf *d)
{
	return d->kind == DIRECTORY_AD;
}

/* Returns up to two attributes. */
static const char *const *usual_of(const struct directory_conf *d,
                                   const struct usual *u)
{
	return is_ad(d) ? u->ad : u->from;
}

/* Returns the attribute of the national number, which no other field may be
 * read from, or NULL where this directory has none. */
static const char *national_from(const struct directory_conf *d)
{
	const char *said = said_for(d, "national-id");

	if (said)
		return said;
	return is_ad(d) ? NULL : usual_national;
}

struct names {
	LIST(const char *) all;
};

static void add_usual(struct arena *a, struct names *names,
                      const struct directory_conf *d, const struct usual *u)
{
	for (size_t f = 0; f < 2 && usual_of(d, u)[f]; f++)
		*list_add(a, &names->all) = usual_of(d, u)[f];
}

const char **fields_names(struct arena *a, const struct directory_conf *d)
{
	const char *const *besides = is_ad(d) ? always_ad : always;
	size_t count = is_ad(d) ? LENGTH(always_ad) : LENGTH(always);
	struct names names = { 0 };

	for (size_t i = 0; i < count; i++)
		*list_add(a, &names.all) = besides[i];
	for (size_t i = 0; i < LENGTH(usual); i++)
		add_usual(a, &names, d, &usual[i]);
	for (size_t i = 0; i < LENGTH(usual_group); i++)
		add_usual(a, &names, d, &usual_group[i]);
	if (national_from(d))
		*list_add(a, &names.all) = national_from(d);
	for (size_t i = 0; i < d->read_count; i++)
		*list_add(a, &names.all) = d->reads[i].from;
	*list_add(a, &names.all) = NULL;
	return names.all.at;
}

char *fields_scope(struct arena *a, const struct directory_conf *d)
{
	struct text t = text_in(a);

	/* The same entry has another anchor with another kind. */
	text_addf(&t, "%d\n%s\n%s\n", (int)d->kind, d->base, d->bind_as);
	for (char **uri = d->uris; *uri; uri++)
		text_addf(&t, "%s\n", *uri);
	for (size_t i = 0; i < d->read_count; i++)
		text_addf(&t, "%s %s\n", d->reads[i].what, d->reads[i].from);
	return hash_text(a, t.at);
}

/* The national number is never sent in clear, even if mapped twice. */
static const struct directory_attribute *attribute_called(
    const struct directory_conf *d, const struct directory_entry *e,
    const char *name)
{
	const char *national = national_from(d);

	if (national && strcasecmp(national, name) == 0)
		return NULL;
	return entry_attribute(e, name);
}

static const struct directory_attribute *attribute_for(
    const struct directory_conf *d, const struct directory_entry *e,
    const struct usual *u)
{
	const char *said = said_for(d, u->what);
	const struct directory_attribute *t = NULL;

	if (said)
		return attribute_called(d, e, said);
	for (size_t f = 0; f < 2 && usual_of(d, u)[f] && !t; f++)
		t = attribute_called(d, e, usual_of(d, u)[f]);
	return t;
}

/* Leading and trailing blanks are dropped. */
static json_t *value_of(struct arena *a, const struct directory_value *v)
{
	const char *from = v->bytes + strspn(v->bytes, " \t");
	size_t length = strlen(from);

	if (strlen(v->bytes) != v->length || v->length > MOST_BYTES)
		return NULL;
	while (length > 0 && strchr(" \t", from[length - 1]))
		length--;
	return length > 0 ? json_string(arena_bytes(a, from, length)) : NULL;
}

/* Subtracts the value's size from *room; returns false if it is too large. */
static bool take_room(struct arena *a, const json_t *value, size_t *room)
{
	size_t needs = strlen(js_write(a, value)) + 1;

	if (needs > *room)
		return false;
	*room -= needs;
	return true;
}

static void add_values(struct arena *a, json_t *fields, const char *what,
                       const struct directory_attribute *t, size_t *room)
{
	json_t *list = json_array();

	for (size_t i = 0; t && i < t->count && i < MOST_VALUES; i++) {
		json_t *value = value_of(a, &t->values[i]);

		if (value && take_room(a, value, room))
			(void)json_array_append(list, value);
		json_decref(value);
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(fields, what, list);
	json_decref(list);
}

static bool is_true(const char *text)
{
	return text && (strcasecmp(text, "true") == 0 ||
	                strcasecmp(text, "yes") == 0 || text_equal(text, "1"));
}

/* The attribute of `disabled` may hold any string.  A value that does not
 * clearly mean an account in use means that it is disabled. */
static bool says_disabled(const struct directory_entry *e, const char *name)
{
	static const char *const in_use[] = { "false",  "no",     "0",
		                              "nei",    "active", "aktiv",
		                              "enabled" };
	const struct directory_attribute *t = entry_attribute(e, name);
	size_t good = 0;

	for (size_t v = 0; t && v < t->count; v++)
		for (size_t i = 0; i < LENGTH(in_use); i++)
			good += strcasecmp(t->values[v].bytes, in_use[i]) == 0;
	return t && good < t->count;
}

/* Disabled by an administrator; a lockout that expires does not count. */
static bool is_disabled(const struct directory_conf *d,
                        const struct directory_entry *e)
{
	const char *said = said_for(d, "disabled");
	const char *locked = entry_text(e, "pwdAccountLockedTime");

	if (said && says_disabled(e, said))
		return true;
	if (is_ad(d))
		return ad_is_disabled(e);
	return (locked && text_starts(locked, "000001010000")) ||
	       is_true(entry_text(e, "nsAccountLock"));
}

/* When the account expires, by shadowExpire or by pwdEndTime (slapo-ppolicy),
 * whichever is first; INT64_MAX: never. */
static int64_t end_of(const struct directory_entry *e)
{
	const char *expires = entry_text(e, "shadowExpire");
	const char *ends = entry_text(e, "pwdEndTime");
	long long day = 0;
	int64_t end = INT64_MAX;
	int64_t when = 0;

	if (expires && text_to_number(expires, 0, 1000000, &day))
		end = day * DAY_SECONDS;
	if (ends && clock_from_ldap(ends, &when) && when < end)
		end = when;
	return end;
}

/* INT64_MAX: never. */
static int64_t ad_end_of(const struct directory_entry *e)
{
	int64_t end = INT64_MAX;

	return ad_expires(e, &end) ? end : INT64_MAX;
}

static void put_one(json_t *fields, const char *what, const char *value)
{
	(void)json_object_set_new(fields, what, json_pack("[s]", value));
}

static void add_account(struct arena *a, json_t *fields,
                        const struct directory_conf *d,
                        const struct directory_entry *e)
{
	const char *starts = entry_text(e, "pwdStartTime");
	int64_t end = is_ad(d) ? ad_end_of(e) : end_of(e);
	int64_t when = 0;

	if (is_disabled(d, e))
		put_one(fields, "disabled", "1");
	if (end < INT64_MAX)
		put_one(fields, "expires", clock_ldap(a, end));
	if (starts && !js_array(fields, "from") &&
	    clock_from_ldap(starts, &when))
		put_one(fields, "from", clock_ldap(a, when));
}

static void add_members(json_t *fields, const struct directory_entry *e)
{
	const struct directory_attribute *t = entry_attribute(e, "member");
	json_t *list = json_array();

	if (!t)
		t = entry_attribute(e, "uniqueMember");
	for (size_t i = 0; t && i < t->count; i++) {
		json_t *dn = t->values[i].length <= MOST_DN
		                 ? json_string(t->values[i].bytes)
		                 : NULL;

		if (dn)
			(void)json_array_append_new(list, dn);
	}
	(void)json_object_set_new(fields, "member", list);
}

static const struct {
	const char *object_class, *is;
} classes[] = {
	{ "groupOfNames", "group" },
	{ "groupOfUniqueNames", "group" },
	{ "group", "group" },
	{ "person", "person" },
};

/* A computer of Active Directory has objectClass person too. */
static const char *class_of(const struct directory_conf *d,
                            const struct directory_entry *e)
{
	const struct directory_attribute *t = entry_attribute(e, "objectClass");

	if (is_ad(d) && ad_is_machine(e))
		return "other";
	for (size_t i = 0; i < LENGTH(classes); i++)
		for (size_t v = 0; t && v < t->count; v++)
			if (strcasecmp(t->values[v].bytes,
			               classes[i].object_class) == 0)
				return classes[i].is;
	/* slapd returns the structural class and those that were added, no
	 * superiors. */
	for (size_t v = 0; t && v < t->count; v++)
		if (strcasestr(t->values[v].bytes, "person"))
			return "person";
	return "other";
}

json_t *fields_entry(struct arena *a, const struct directory_conf *d,
                     const char *anchor, const struct directory_entry *e)
{
	const char *class = class_of(d, e);
	json_t *fields = json_object();
	json_t *entry = js_keep(a, json_object());
	size_t room = MOST_WRITTEN;

	js_put(entry, "anchor", anchor);
	js_put(entry, "dn", strlen(e->dn) <= MOST_DN ? e->dn : NULL);
	js_put(entry, "class", class);
	if (!text_equal(class, "group"))
		js_put(entry, "csn", entry_text(e, "entryCSN"));
	(void)json_object_set_new(entry, "attributes", fields);
	if (text_equal(class, "group"))
		add_members(fields, e);
	if (!text_equal(class, "person")) {
		for (size_t i = 0; i < LENGTH(usual_group); i++)
			add_values(a, fields, usual_group[i].what,
			           attribute_for(d, e, &usual_group[i]), &room);
		return entry;
	}
	for (size_t i = 0; i < LENGTH(usual); i++)
		add_values(a, fields, usual[i].what,
		           attribute_for(d, e, &usual[i]), &room);
	add_account(a, fields, d, e);
	return entry;
}

const char *fields_national(const struct directory_conf *d,
                            const struct directory_entry *e)
{
	const char *from = national_from(d);

	return from ? entry_text(e, from) : NULL;
}
