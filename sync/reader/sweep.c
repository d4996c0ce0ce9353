/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_delete_policy.c: which entries the end of a refresh may delete (RFC
 * 4533 3.3).  Some servers ignore a cookie, and slapd and 389-DS do so in
 * different ways; so "all deletions were sent" and "entries not sent are gone"
 * are checked against the number of entries received. */
#include "sync/reader/reader.h"

/* Nearly all known entries were sent or named. */
static bool is_about_all(const struct sweep_facts *f)
{
	return (f->received + f->presents) * 10 >= f->known * 9;
}

/* refreshDeletes FALSE (entries not named are gone) is accepted from slapd when
 * nearly all were named or sent.  389-DS sends it with every change, naming
 * none. */
static enum sweep after_presents(const struct sweep_facts *f)
{
	if (f->kind == DIRECTORY_389DS)
		return SWEEP_NAMED;
	return is_about_all(f) ? SWEEP_ABSENT : SWEEP_AFRESH;
}

/* refreshDeletes TRUE (deletions were named) is not valid without a new cookie:
 * then the server did not understand ours and sent everything. */
static enum sweep after_deletes(const struct sweep_facts *f)
{
	if (f->cookie_came || f->kind == DIRECTORY_389DS)
		return SWEEP_NAMED;
	return f->received > 0 && is_about_all(f) ? SWEEP_ABSENT : SWEEP_AFRESH;
}

/* Other result codes are temporary. */
static enum sweep after_error(const struct sweep_facts *f)
{
	if (!f->cookie_sent)
		return SWEEP_DISCARD;
	if (f->code == FOLLOW_HISTORY_GONE)
		return SWEEP_AFRESH;
	return f->code == FOLLOW_UNWILLING ? SWEEP_BEHIND : SWEEP_DISCARD;
}

enum sweep sweep_decide(const struct sweep_facts *f)
{
	if (f->code != 0)
		return after_error(f);
	if (!f->cookie_sent)
		return SWEEP_ABSENT;
	return f->deletes ? after_deletes(f) : after_presents(f);
}
