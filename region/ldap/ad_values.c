/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ad_values.c: decodes Active Directory attribute values (MS-ADTS, MS-DTYP). */
#include "region/ldap/ad_values.h"

#include <string.h>

#include "lib/strbuf.h"

enum {
	GUID_BYTES = 16,
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

/* A FILETIME: 100 ns since 1601.  0 and the maximum mean never (MS-ADTS
 * 2.2.17), as do times after the year 9999. */
bool ad_account_expires(const struct directory_entry *e, int64_t *ret_when)
{
	static const long long second = 10000000, epoch = 11644473600;
	static const long long year_10000 = 253402300800;
	const char *text = directory_entry_text(e, "accountExpires");
	long long time = 0;

	if (!text || !text_to_number(text, 1, INT64_MAX, &time) ||
	    time / second - epoch >= year_10000)
		return false;
	*ret_when = time / second - epoch;
	return true;
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
