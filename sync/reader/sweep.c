/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sweep.c: what the end of a refresh means for entries that it did not name.
 * Some servers take no notice of a cookie (RFC 4533 3.3.2 b), and slapd and
 * 389-DS do, each in its way: what they then call "all that is gone was named"
 * or "the rest is gone" is weighed against what came. */
#include "sync/reader/reader.h"

/* Nearly all that we knew was sent or named. */
static bool is_about_all(const struct sweep_facts *f)
{
	return (f->received + f->presents) * 10 >= f->known * 9;
}

/* "What I did not name is gone": believed of slapd when it named nearly all,
 * or sent it.  389-DS says it of every change, naming nothing. */
static enum sweep after_presents(const struct sweep_facts *f)
{
	if (f->kind == DIRECTORY_389DS)
		return SWEEP_NAMED;
	return is_about_all(f) ? SWEEP_ABSENT : SWEEP_AFRESH;
}

/* "What is gone I named": unless no cookie came back, for then ours was not
 * understood and it began from nothing. */
static enum sweep after_deletes(const struct sweep_facts *f)
{
	if (f->cookie_came || f->kind == DIRECTORY_389DS)
		return SWEEP_NAMED;
	return f->received > 0 && is_about_all(f) ? SWEEP_ABSENT : SWEEP_AFRESH;
}

/* Only these say more than "not now". */
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
