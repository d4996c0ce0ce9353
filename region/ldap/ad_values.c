/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ad_values.c: decodes Active Directory attribute values (MS-ADTS, MS-DTYP). */
#include "region/ldap/ad_values.h"

#include <string.h>

#include "lib/strbuf.h"

enum {
	GUID_BYTES = 16,
	/* SID (MS-DTYP 2.4.2.2): revision, count, authority, subauthorities */
	SID_REVISION = 1,
	SID_AUTHORITY_AT = 2,
	SID_AUTHORITY_BYTES = 6,
	SID_HEAD_BYTES = 8,
	SID_MAX_SUBAUTHORITIES = 15,
	SUBAUTHORITY_BYTES = 4,
	/* userAccountControl (MS-ADTS 2.2.16) */
	UF_ACCOUNT_DISABLE = 0x2,
	UF_INTERDOMAIN_TRUST_ACCOUNT = 0x800,
	UF_WORKSTATION_TRUST_ACCOUNT = 0x1000,
	UF_SERVER_TRUST_ACCOUNT = 0x2000,
};

/* The first three fields are little-endian. */
char *ad_format_guid(struct arena *a, const struct directory_value *v)
{
	static const size_t order[GUID_BYTES] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};
	struct strbuf t = strbuf_init(a);

	if (v->length != GUID_BYTES)
		return NULL;
	for (size_t i = 0; i < GUID_BYTES; i++)
		strbuf_appendf(&t, "%s%02x",
		               i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		               (unsigned char)v->bytes[order[i]]);
	return t.data;
}

char *ad_entry_guid(struct arena *a, const struct directory_entry *e,
                    const char *name)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, name);

	return t && t->count == 1 ? ad_format_guid(a, &t->values[0]) : NULL;
}

/* ---- SIDs */

static bool ad_sid_is_complete(const struct directory_value *v)
{
	const unsigned char *bytes = (const unsigned char *)v->bytes;

	return v->length >= SID_HEAD_BYTES && bytes[0] == SID_REVISION &&
	       bytes[1] <= SID_MAX_SUBAUTHORITIES &&
	       v->length ==
	           SID_HEAD_BYTES + (size_t)bytes[1] * SUBAUTHORITY_BYTES;
}

/* Appends the first count subauthorities, which are little-endian; the
 * authority is big-endian. */
static void ad_append_sid(struct strbuf *t, const struct directory_value *v,
                          size_t count)
{
	const unsigned char *at = (const unsigned char *)v->bytes;
	unsigned long long authority = 0;

	for (size_t i = 0; i < SID_AUTHORITY_BYTES; i++)
		authority = authority << 8 | at[SID_AUTHORITY_AT + i];
	strbuf_appendf(t, authority > UINT32_MAX ? "S-1-0x%012llX" : "S-1-%llu",
	               authority);
	at += SID_HEAD_BYTES;
	for (; count > 0; count--, at += SUBAUTHORITY_BYTES)
		strbuf_appendf(t, "-%lu",
		               (unsigned long)at[3] << 24 |
		                   (unsigned long)at[2] << 16 |
		                   (unsigned long)at[1] << 8 | at[0]);
}

char *ad_format_sid(struct arena *a, const struct directory_value *v)
{
	struct strbuf t = strbuf_init(a);

	if (!ad_sid_is_complete(v))
		return NULL;
	ad_append_sid(&t, v, (unsigned char)v->bytes[1]);
	return t.data;
}

static const struct directory_value *ad_sid_value(
    const struct directory_entry *e)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "objectSid");

	return t && t->count == 1 ? &t->values[0] : NULL;
}

char *ad_entry_sid(struct arena *a, const struct directory_entry *e)
{
	const struct directory_value *sid = ad_sid_value(e);

	return sid ? ad_format_sid(a, sid) : NULL;
}

char *ad_primary_group_sid(struct arena *a, const struct directory_entry *e)
{
	const struct directory_value *sid = ad_sid_value(e);
	const char *text = directory_entry_text(e, "primaryGroupID");
	struct strbuf t = strbuf_init(a);
	long long rid = 0;

	if (!sid || !ad_sid_is_complete(sid) || sid->bytes[1] == 0 || !text ||
	    !text_to_number(text, 1, UINT32_MAX, &rid))
		return NULL;
	ad_append_sid(&t, sid, (size_t)(unsigned char)sid->bytes[1] - 1);
	strbuf_appendf(&t, "-%lld", rid);
	return t.data;
}

/* ---- accounts */

/* An unreadable value counts as disabled. */
static long long ad_user_account_control(const struct directory_entry *e)
{
	const char *text = directory_entry_text(e, "userAccountControl");
	long long control = 0;

	if (!text || !text_to_number(text, 0, INT32_MAX, &control))
		return UF_ACCOUNT_DISABLE;
	return control;
}

bool ad_is_disabled(const struct directory_entry *e)
{
	return (ad_user_account_control(e) & UF_ACCOUNT_DISABLE) != 0;
}

bool ad_is_machine(const struct directory_entry *e)
{
	return (ad_user_account_control(e) &
	        (UF_INTERDOMAIN_TRUST_ACCOUNT | UF_WORKSTATION_TRUST_ACCOUNT |
	         UF_SERVER_TRUST_ACCOUNT)) != 0;
}

enum ad_time ad_parse_filetime(const char *text, int64_t *ret_when)
{
	static const long long second = 10000000, epoch = 11644473600;
	static const long long year_10000 = 253402300800;
	long long time = 0;

	if (!text || !text_to_number(text, 0, INT64_MAX, &time))
		return AD_TIME_UNREADABLE;
	if (time == 0 || time / second - epoch >= year_10000)
		return AD_TIME_NEVER;
	*ret_when = time / second - epoch;
	return AD_TIME_AT;
}

bool ad_account_expires(const struct directory_entry *e, int64_t *ret_when)
{
	return ad_parse_filetime(directory_entry_text(e, "accountExpires"),
	                         ret_when) == AD_TIME_AT;
}

bool ad_parse_range(struct arena *a, const char *name, struct ad_range *ret)
{
	static const char option[] = ";range=";
	const char *at = strcasestr(name, option);
	const char *dash = at ? strchr(at, '-') : NULL;
	struct ad_range r = { 0 };
	long long to = 0;

	if (!dash)
		return false;
	const char *from = at + strlen(option);
	if (!text_to_number(arena_memdup(a, from, (size_t)(dash - from)), 0,
	                    INT32_MAX, &r.from))
		return false;
	bool last = text_equal(dash + 1, "*");
	if (!last && !text_to_number(dash + 1, r.from, INT32_MAX, &to))
		return false;
	r.name = arena_memdup(a, name, (size_t)(at - name));
	r.next = last ? 0 : to + 1;
	*ret = r;
	return true;
}
