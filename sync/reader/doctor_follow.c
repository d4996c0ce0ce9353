/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check_syncrepl.c: tries whether the source directory lets us read
 * changes (RFC 4533, DirSync). */
#include <string.h>

#include "lib/text.h"
#include "sync/reader/doctor.h"

/* ---- RFC 4533 */

/* The first message is enough: the error ends the search. */
static bool stop_at_entry(void *with, const char *uuid,
                          const struct directory_entry *e, struct fault *why)
{
	bool *came = with;

	(void)uuid, (void)e;
	*came = true;
	return fault(why, FAULT_REFUSED, "enough");
}

static bool stop_at_end(void *with, const char *cookie, size_t length,
                        bool deletes, struct fault *why)
{
	bool *came = with;

	(void)cookie, (void)length, (void)deletes;
	*came = true;
	return fault(why, FAULT_REFUSED, "enough");
}

/* slapd announces the control as soon as the module is loaded, and 389-DS
 * announces it to accounts that may not use it; so it is tried. */
static void try_syncrepl(struct doctor *k)
{
	static const char *const none[] = { "1.1", NULL };
	const struct follow_events events = { .entry = stop_at_entry,
		                              .refreshed = stop_at_end };
	struct fault why = { 0 };
	bool came = false;
	int code = 0;

	(void)!directory_follow(k->d, k->conf->base, "(objectClass=*)", none,
	                        NULL, 0, &events, &came, &code, &why);
	if (came)
		doctor_well(k, arena_print(k->arena, "%s may be followed",
		                           k->conf->base));
	else
		doctor_wrong(
		    k,
		    arena_print(k->arena, "%s cannot be followed: %s",
		                k->conf->base, why.text),
		    k->conf->kind == DIRECTORY_389DS
			? "give our entry read on "
			  "oid=1.3.6.1.4.1.4203.1.9.1.1,cn=features,cn=config"
			: "slapd.conf, in that database: `overlay syncprov`, "
			  "`syncprov-sessionlog 1000`");
}

/* ---- Active Directory */

static bool stop_at_change(void *with, const char *guid,
                           const struct directory_entry *e, struct fault *why)
{
	bool *came = with;

	(void)guid, (void)e;
	*came = true;
	return fault(why, FAULT_UNAVAILABLE, "enough");
}

static void try_dirsync(struct doctor *k, const struct directory_ad *server)
{
	static const char *const names[] = { "objectGUID", NULL };
	const struct directory_changes all = { .head = server->head,
		                               .filter = "(objectClass=*)",
		                               .names = names };
	struct directory_value cookie = { 0 };
	struct fault why = { 0 };
	bool came = false;

	if (directory_ad_changes(k->d, k->arena, &all, stop_at_change, &came,
	                         &cookie, &why) ||
	    came)
		doctor_well(k, arena_print(k->arena,
		                           "%s tells of changes by DirSync",
		                           server->head));
	else
		doctor_wrong(
		    k,
		    arena_print(k->arena, "%s does not tell of changes: %s",
		                server->head, why.text),
		    arena_print(k->arena,
		                "dsacls \"%s\" /G \"ACCOUNT:CA;Replicating "
		                "Directory Changes\" (never \"... All\")",
		                server->head));
}

static void try_sight(struct doctor *k, const struct directory_ad *server)
{
	struct fault why = { 0 };
	bool sees = false;

	if (directory_ad_sees_deleted(k->d, server->head, &sees, &why) && sees)
		doctor_well(k, "what is deleted is shown to us");
	else
		doctor_wrong(
		    k, "what is deleted is hidden: leavers would stay",
		    arena_print(k->arena,
		                "dsacls \"CN=Deleted Objects,%s\" "
		                "/takeOwnership, then /G \"ACCOUNT:LCRP\"",
		                server->head));
}

static void try_ad(struct doctor *k)
{
	struct directory_ad server = { 0 };
	struct fault why = { 0 };

	if (!directory_ad_about(k->d, k->arena, k->conf->base, &server, &why)) {
		doctor_wrong(k, why.text, "is it a domain controller?");
		return;
	}
	doctor_well(k, arena_print(k->arena, "%s is the domain controller",
	                           server.host ? server.host : "this"));
	try_sight(k, &server);
	try_dirsync(k, &server);
}

static void (*const by_kind[])(struct doctor *k) = {
	[DIRECTORY_OPENLDAP] = try_syncrepl,
	[DIRECTORY_389DS] = try_syncrepl,
	[DIRECTORY_AD] = try_ad,
	[DIRECTORY_OTHER] = NULL,
};

void doctor_try_following(struct doctor *k)
{
	if (by_kind[k->conf->kind])
		by_kind[k->conf->kind](k);
}
