/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_delete_policy.c: which entries the end of a refresh may delete (RFC
 * 4533 3.3).  Some servers ignore a cookie, and slapd and 389-DS do so in
 * different ways; so "all deletions were sent" and "entries not sent are gone"
 * are checked against the number of entries received. */
#include "sync/connector/refresh_delete_policy.h"

#include "region/ldap/directory.h"

/* Nearly all known entries were sent or named. */
static bool covers_nearly_all(const struct refresh_outcome *outcome)
{
	return (outcome->received_count + outcome->present_count) * 10 >=
	       outcome->known_entries * 9;
}

/* refreshDeletes FALSE: entries not named are deleted.  Accepted from slapd
 * only if nearly all were named or sent.  389-DS sends it with every change and
 * names no entry, so there only named entries are deleted. */
static enum refresh_delete_policy after_present_phase(
    const struct refresh_outcome *outcome)
{
	if (outcome->kind == DIRECTORY_389DS)
		return REFRESH_EXPLICIT_DELETES;
	return covers_nearly_all(outcome) ? REFRESH_IMPLICIT_DELETES
	                                  : REFRESH_RESTART;
}

/* refreshDeletes TRUE: deleted entries were named.  Without a new cookie this
 * is not believed: slapd did not understand our cookie and sent everything. */
static enum refresh_delete_policy after_delete_phase(
    const struct refresh_outcome *outcome)
{
	if (outcome->cookie_received || outcome->kind == DIRECTORY_389DS)
		return REFRESH_EXPLICIT_DELETES;
	return outcome->received_count > 0 && covers_nearly_all(outcome)
	           ? REFRESH_IMPLICIT_DELETES
	           : REFRESH_RESTART;
}

/* A result code other than these two is a temporary failure. */
static enum refresh_delete_policy after_refresh_error(
    const struct refresh_outcome *outcome)
{
	if (!outcome->cookie_sent)
		return REFRESH_DISCARD;
	if (outcome->result_code == SYNCREPL_REFRESH_REQUIRED)
		return REFRESH_RESTART;
	return outcome->result_code == SYNCREPL_UNWILLING_TO_PERFORM
	           ? REFRESH_STALE_PROVIDER
	           : REFRESH_DISCARD;
}

enum refresh_delete_policy refresh_delete_policy_of(
    const struct refresh_outcome *outcome)
{
	if (outcome->result_code != 0)
		return after_refresh_error(outcome);
	if (!outcome->cookie_sent)
		return REFRESH_IMPLICIT_DELETES;
	return outcome->refresh_deletes ? after_delete_phase(outcome)
	                                : after_present_phase(outcome);
}
