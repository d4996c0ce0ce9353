/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind_outcome.c: an account's immutable anchor, its disabled state, and the
 * outcome of a bind. */
#include <string.h>
#include <strings.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/base64.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "region/ldap/ad_values.h"

enum { GUID_DIGITS = 32, DAY_SECONDS = 24 * 60 * 60 };

/* Formats 32 hex digits as 8-4-4-4-12. */
static char *format_guid_hex(struct arena *a, const char *hex)
{
	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	                    hex + 12, hex + 16, hex + 20);
}

static char *anchor_from_entry_uuid(struct arena *a,
                                    const struct directory_entry *e)
{
	const char *uuid = directory_entry_text(e, "entryUUID");

	return uuid ? text_lower(a, uuid) : NULL;
}

/* 389-DS uses nsUniqueId, written as 8-8-8-8, for RFC 4533 controls, and not
 * the entryUUID that it also has. */
static char *anchor_from_ns_unique_id(struct arena *a,
                                      const struct directory_entry *e)
{
	const char *id = directory_entry_text(e, "nsUniqueId");
	char hex[GUID_DIGITS + 1] = "";
	size_t n = 0;

	for (; id && *id && n < GUID_DIGITS; id++)
		if (*id != '-')
			hex[n++] = *id;
	return n == GUID_DIGITS ? format_guid_hex(a, text_lower(a, hex)) : NULL;
}

static char *anchor_from_object_guid(struct arena *a,
                                     const struct directory_entry *e)
{
	return ad_entry_guid(a, e, "objectGUID");
}

char *entry_anchor(struct arena *a, enum directory_type kind,
                   const struct directory_entry *e)
{
	static char *(*const by_kind[])(struct arena *,
	                                const struct directory_entry *) = {
		[DIRECTORY_OPENLDAP] = anchor_from_entry_uuid,
		[DIRECTORY_389DS] = anchor_from_ns_unique_id,
		[DIRECTORY_AD] = anchor_from_object_guid,
		[DIRECTORY_OTHER] = anchor_from_entry_uuid,
	};

	return by_kind[kind](a, e);
}

static bool account_flag_is_true(const char *text)
{
	return text && (strcasecmp(text, "true") == 0 ||
	                strcasecmp(text, "yes") == 0 || text_equal(text, "1"));
}

static bool ad_account_is_off(const struct directory_entry *e, int64_t now)
{
	int64_t when = 0;

	return ad_is_disabled(e) ||
	       (ad_account_expires(e, &when) && when <= now);
}

bool account_is_disabled(const struct directory_entry *e,
                         enum directory_type kind, const char *mapped,
                         int64_t now)
{
	const char *locked = directory_entry_text(e, "pwdAccountLockedTime");
	const char *expires = directory_entry_text(e, "shadowExpire");
	long long day = 0;

	if (kind == DIRECTORY_AD && ad_account_is_off(e, now))
		return true;
	/* draft-behera-ldap-password-policy 5.3.3: locked by an administrator.
	 */
	if (locked && text_starts(locked, "000001010000"))
		return true;
	if (account_flag_is_true(directory_entry_text(e, "nsAccountLock")) ||
	    (mapped && account_flag_is_true(directory_entry_text(e, mapped))))
		return true;
	return expires && text_to_number(expires, 0, 1000000, &day) &&
	       day * DAY_SECONDS <= now;
}

bool account_has_login(struct arena *a, const struct directory_entry *e,
                       const char *attribute, const char *login)
{
	const char *whole = name_fold_case(a, login);
	const char *at = strrchr(whole, '@');
	const char *local =
	    at ? arena_memdup(a, whole, (size_t)(at - whole)) : whole;

	for (char **name = directory_entry_texts(a, e, attribute); *name;
	     name++)
		if (text_equal(name_fold_case(a, *name), whole) ||
		    text_equal(name_fold_case(a, *name), local))
			return true;
	return false;
}

struct bind_outcome bind_outcome_map(enum directory_bind_result r,
                                     bool is_disabled)
{
	static const struct bind_outcome outcomes[] = {
		[BIND_FAILED] = { PASSWORD_RESULT_WRONG, 0 },
		[BIND_OK] = { PASSWORD_RESULT_PROVED, 0 },
		[BIND_DISABLED] = { PASSWORD_RESULT_DISABLED, 0 },
		[BIND_LOCKED] = { PASSWORD_RESULT_WRONG,
		                  PASSWORD_DETAIL_LOCKED },
		[BIND_EXPIRED] = { PASSWORD_RESULT_EXPIRED, 0 },
		[BIND_MUST_CHANGE] = { PASSWORD_RESULT_MUST_CHANGE, 0 },
	};

	if (!is_disabled || r == BIND_FAILED || r == BIND_EXPIRED)
		return outcomes[r];
	return r == BIND_LOCKED
	           ? (struct bind_outcome){ PASSWORD_RESULT_WRONG,
		                            PASSWORD_DETAIL_DISABLED }
	           : outcomes[BIND_DISABLED];
}
