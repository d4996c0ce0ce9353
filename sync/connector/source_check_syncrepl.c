/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check_syncrepl.c: checks that our account can read changes of the
 * source directory (RFC 4533, DirSync). */
#include "sync/connector/source_check_private.h"

#include <string.h>

#include "lib/error.h"
#include "lib/strbuf.h"

/* ---- RFC 4533 */

/* The first message is enough; the error ends the search. */
static bool source_check_stop_at_entry(void *data, const char *uuid,
                                       const struct directory_entry *e,
                                       struct error *err)
{
	bool *received = data;

	(void)uuid, (void)e;
	*received = true;
	return error_set(err, ERROR_REFUSED, "enough");
}

static bool source_check_stop_at_end(void *data, const char *cookie,
                                     size_t length, bool deletes,
                                     struct error *err)
{
	bool *received = data;

	(void)cookie, (void)length, (void)deletes;
	*received = true;
	return error_set(err, ERROR_REFUSED, "enough");
}

/* Sends a request with the control.  supportedControl is not enough: slapd
 * lists the control when the module is loaded, 389-DS also for accounts that
 * may not use it. */
static void source_check_syncrepl(struct source_check *check)
{
	static const char *const none[] = { "1.1", NULL };
	const struct syncrepl_callbacks callbacks = {
		.entry = source_check_stop_at_entry,
		.refresh_done = source_check_stop_at_end
	};
	struct error err = { 0 };
	bool received = false;
	int code = 0;

	(void)!directory_syncrepl_run(check->directory, check->conf->base,
	                              "(objectClass=*)", none, NULL, 0,
	                              &callbacks, &received, &code, &err);
	if (received)
		source_check_ok(
		    check, arena_printf(check->arena,
		                        "content synchronisation of %s works",
		                        check->conf->base));
	else
		source_check_fail(
		    check,
		    arena_printf(check->arena,
		                 "content synchronisation of %s fails: %s",
		                 check->conf->base, err.text),
		    check->conf->type == DIRECTORY_389DS
			? "grant our account read access to "
			  "oid=1.3.6.1.4.1.4203.1.9.1.1,cn=features,cn=config"
			: "slapd.conf, in that database: `overlay syncprov`, "
			  "`syncprov-sessionlog 1000`");
}

/* ---- Active Directory */

static bool source_check_stop_at_change(void *data, const char *guid,
                                        const struct directory_entry *e,
                                        struct error *err)
{
	bool *received = data;

	(void)guid, (void)e;
	*received = true;
	return error_set(err, ERROR_UNAVAILABLE, "enough");
}

static void source_check_dirsync(struct source_check *check,
                                 const struct directory_ad_info *server)
{
	static const char *const names[] = { "objectGUID", NULL };
	const struct dirsync_request all = { .naming_context =
		                                 server->naming_context,
		                             .filter = "(objectClass=*)",
		                             .names = names };
	struct directory_value cookie = { 0 };
	struct error err = { 0 };
	bool received = false;

	if (directory_dirsync(check->directory, check->arena, &all,
	                      source_check_stop_at_change, &received, &cookie,
	                      &err) ||
	    received)
		source_check_ok(check, arena_printf(check->arena,
		                                    "DirSync of %s works",
		                                    server->naming_context));
	else
		source_check_fail(
		    check,
		    arena_printf(check->arena, "DirSync of %s fails: %s",
		                 server->naming_context, err.text),
		    arena_printf(check->arena,
		                 "dsacls \"%s\" /G \"ACCOUNT:CA;Replicating "
		                 "Directory Changes\" (never \"... All\")",
		                 server->naming_context));
}

static void source_check_deletions(struct source_check *check,
                                   const struct directory_ad_info *server)
{
	struct error err = { 0 };
	bool visible = false;

	if (directory_ad_can_see_deleted(
		check->directory, server->naming_context, &visible, &err) &&
	    visible)
		source_check_ok(check, "deleted entries are readable");
	else
		source_check_fail(
		    check,
		    "deleted entries are not readable: deletions would be "
		    "missed",
		    arena_printf(check->arena,
		                 "dsacls \"CN=Deleted Objects,%s\" "
		                 "/takeOwnership, then /G \"ACCOUNT:LCRP\"",
		                 server->naming_context));
}

static void source_check_ad(struct source_check *check)
{
	struct directory_ad_info server = { 0 };
	struct error err = { 0 };

	if (!directory_ad_read_info(check->directory, check->arena,
	                            check->conf->base, &server, &err)) {
		source_check_fail(check, err.text,
		                  "check that it is a domain controller");
		return;
	}
	source_check_ok(
	    check,
	    arena_printf(check->arena, "%s is the domain controller",
	                 server.dns_host_name ? server.dns_host_name : "this"));
	source_check_deletions(check, &server);
	source_check_dirsync(check, &server);
}

static void (*const session_check_by_kind[])(struct source_check *check) = {
	[DIRECTORY_OPENLDAP] = source_check_syncrepl,
	[DIRECTORY_389DS] = source_check_syncrepl,
	[DIRECTORY_AD] = source_check_ad,
	[DIRECTORY_OTHER] = NULL,
};

void source_check_session(struct source_check *check)
{
	if (session_check_by_kind[check->conf->type])
		session_check_by_kind[check->conf->type](check);
}
