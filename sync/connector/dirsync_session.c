/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_session.c: a session with Active Directory, which does not push
 * changes (MS-ADTS 3.1.1.3.4.1.3, DirSync).  Changed objects are polled at the
 * configured interval, and each is read again as it is now; the content of the
 * change is not used.  Ends with an error; the next session resumes from the
 * committed cookie. */
#include "sync/connector/dirsync_session.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/ad_values.h"
#include "region/ldap/dn.h"
#include "sync/connector/dirsync_private.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_entry_send.h"
#include "sync/connector/source_session.h"
#include "sync/connector/went_back.h"

enum {
	PAGE_SIZE = 500,
	POLL_MS = 200,
	/* Between full syncs, if the account cannot see deleted objects. */
	HIDDEN_DELETES_INTERVAL_S = 15 * 60,
};

/* ---- one object as it is now */

static bool dirsync_in_base(struct ad_session *ad, struct arena *a,
                            const struct directory_entry *e)
{
	return dn_is_under(dn_normalize(a, e->dn), ad->base);
}

/* Adds the groups of an object to ad->groups.  When the object is renamed,
 * moved or restored, `member` of its groups changes, but DirSync does not
 * report the groups; so they are read again. */
static void dirsync_queue_groups(struct ad_session *ad, struct arena *a,
                                 const struct directory_entry *e)
{
	char **groups = directory_entry_texts(a, e, "memberOf");

	for (; *groups; groups++)
		(void)json_object_set_new(ad->groups, *groups, json_true());
}

static bool dirsync_send_deleted(struct ad_session *ad, const char *guid,
                                 struct error *err)
{
	char *guids[] = { (char *)guid };

	return provisioner_send_anchors(ad->session, false, guids, 1, err);
}

/* Sends an object that a search returned, as deleted if it is outside the base.
 */
static bool dirsync_on_object(void *data, const struct directory_entry *found,
                              struct error *err)
{
	struct ad_session *ad = data;
	struct arena *a = arena_open();
	const char *guid = ad_entry_guid(a, found, "objectGUID");
	struct directory_entry *e = NULL;
	bool good = true;

	if (guid && !dirsync_in_base(ad, a, found)) {
		good = dirsync_send_deleted(ad, guid, err);
	} else if (guid) {
		good = directory_ad_complete_ranges(ad->directory, a, found, &e,
		                                    err) &&
		       source_entry_send(ad->session, guid, e, err);
		if (good && ad->groups)
			dirsync_queue_groups(ad, a, e);
	}
	arena_close(a);
	return good;
}

static bool dirsync_has_class(const struct directory_entry *e,
                              const char *class)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "objectClass");

	for (size_t i = 0; t && i < t->count; i++)
		if (strcasecmp(t->values[i].bytes, class) == 0)
			return true;
	return false;
}

/* Reads the objects below a renamed or moved container: DirSync does not report
 * them, and they may have moved into the base or out of it. */
static bool dirsync_read_subtree(struct ad_session *ad,
                                 const struct directory_entry *e,
                                 struct error *err)
{
	return dirsync_has_class(e, "user") || dirsync_has_class(e, "group") ||
	       directory_search_paged(ad->directory, e->dn, ad_filter,
	                              ad->attributes, PAGE_SIZE,
	                              dirsync_on_object, ad, err);
}

static bool dirsync_read_change(struct ad_session *ad,
                                const struct ad_change *c, struct error *err)
{
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	bool good = directory_ad_read_entry(
	    ad->directory, a, arena_printf(a, "<GUID=%s>", c->guid),
	    ad->attributes, &e, err);

	if (good && (!e || !dirsync_in_base(ad, a, e)))
		good = dirsync_send_deleted(ad, c->guid, err);
	else if (good)
		good = source_entry_send(ad->session, c->guid, e, err);
	if (good && e && c->moved) {
		dirsync_queue_groups(ad, a, e);
		good = dirsync_read_subtree(ad, e, err);
	}
	arena_close(a);
	return good;
}

static bool dirsync_read_group(struct ad_session *ad, const char *dn,
                               struct error *err)
{
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	bool good = directory_ad_read_entry(ad->directory, a, dn,
	                                    ad->attributes, &e, err);
	const char *guid = e ? ad_entry_guid(a, e, "objectGUID") : NULL;

	if (good && guid && dirsync_in_base(ad, a, e))
		good = source_entry_send(ad->session, guid, e, err);
	arena_close(a);
	return good;
}

/* Deletions first: a new object may have the DN of a deleted one. */
static bool dirsync_read_all(struct ad_session *ad,
                             const struct ad_change_list *list,
                             struct error *err)
{
	const char *dn;
	json_t *unused;
	bool good = true;

	ad->groups = json_object();
	for (size_t i = 0; i < list->all.count && good; i++)
		if (list->all.at[i].deleted)
			good = dirsync_read_change(ad, &list->all.at[i], err);
	for (size_t i = 0; i < list->all.count && good; i++)
		if (!list->all.at[i].deleted)
			good = dirsync_read_change(ad, &list->all.at[i], err);
	json_object_foreach(ad->groups, dn, unused) good =
	    good && dirsync_read_group(ad, dn, err);
	json_decref(ad->groups);
	ad->groups = NULL;
	return good;
}

/* ---- full read and changes */

/* Takes the position before the read, so that a change made meanwhile is read
 * again and not lost. */
static bool dirsync_full_read(struct ad_session *ad, struct error *err)
{
	struct source_session *s = ad->session;

	s->full_run = true;
	if (!ad_changes_start(ad, err) || !provisioner_begin_run(s, err) ||
	    !directory_search_paged(ad->directory, s->directory->base,
	                            ad_filter, ad->attributes, PAGE_SIZE,
	                            dirsync_on_object, ad, err))
		return false;
	ad_cookie_save(ad);
	if (!provisioner_commit_run(s, true, err))
		return false;
	s->full_run = false;
	return true;
}

static bool dirsync_read_changes(struct ad_session *ad, struct error *err)
{
	struct arena *a = arena_open();
	struct ad_change_list list = { .arena = a };
	bool good =
	    ad_changes_read(ad, &list, err) && dirsync_read_all(ad, &list, err);

	arena_close(a);
	if (!good || ad->session->run_id == 0)
		return good;
	ad_cookie_save(ad);
	return provisioner_commit_run(ad->session, false, err);
}

/* Opens a run even without changes, because its commit sends the health note.
 */
static bool dirsync_resume(struct ad_session *ad, struct error *err)
{
	return provisioner_begin_run(ad->session, err) &&
	       dirsync_read_changes(ad, err);
}

/* ---- visibility of deletions */

static int64_t dirsync_full_sync_interval_s(const struct ad_session *ad)
{
	int64_t every = ad->session->directory->full_sync_interval;

	return ad->can_see_deleted || every < HIDDEN_DELETES_INTERVAL_S
	           ? every
	           : HIDDEN_DELETES_INTERVAL_S;
}

static void dirsync_schedule_full_sync(struct ad_session *ad, int64_t age)
{
	int64_t remaining_s = dirsync_full_sync_interval_s(ad) - age;

	ad->session->full_sync_at =
	    clock_monotonic_ms() + (remaining_s > 0 ? remaining_s : 0) * 1000;
}

static void dirsync_warn_deletions_hidden(struct ad_session *ad)
{
	struct source_session *s = ad->session;
	const char *account = s->directory->bind_dn;
	char *grant = arena_printf(s->arena,
	                           "List Contents and Read Property on "
	                           "CN=Deleted Objects,%s to %s: dsacls "
	                           "\"CN=Deleted Objects,%s\" /G "
	                           "ACCOUNT:LCRP",
	                           ad->server.naming_context, account,
	                           ad->server.naming_context);

	log_event(LOG_SYNC_SOURCE_DELETIONS_UNSEEN, "directory",
	          s->directory->name, "grant", grant, NULL);
	s->health_note =
	    arena_printf(s->arena,
	                 "deleted objects are not readable; leavers are found "
	                 "only by a full sync every %lld s; grant %s",
	                 (long long)dirsync_full_sync_interval_s(ad), grant);
}

/* DirSync reports no deletion to an account that cannot read CN=Deleted
 * Objects. */
static bool dirsync_check_deletions(struct ad_session *ad, struct error *err)
{
	if (!directory_ad_can_see_deleted(ad->directory,
	                                  ad->server.naming_context,
	                                  &ad->can_see_deleted, err))
		return false;
	if (!ad->can_see_deleted)
		dirsync_warn_deletions_hidden(ad);
	return true;
}

/* ---- the session */

static bool dirsync_wait(struct ad_session *ad, struct error *err)
{
	static const struct timespec sleep_time = { 0, POLL_MS * 1000000L };
	int64_t until =
	    clock_monotonic_ms() + ad->session->directory->poll_interval * 1000;

	do {
		if (source_session_must_end(ad->session, err))
			return false;
		(void)nanosleep(&sleep_time, NULL);
	} while (clock_monotonic_ms() < until);
	return true;
}

static bool dirsync_start(struct ad_session *ad, bool from_cookie,
                          struct error *err)
{
	struct source_session *s = ad->session;
	int64_t age = from_cookie ? s->full_sync_age_s : 0;

	s->cookie_sent = from_cookie;
	s->restart_without_cookie = false;
	if (!dirsync_check_deletions(ad, err) ||
	    !(from_cookie ? dirsync_resume(ad, err)
	                  : dirsync_full_read(ad, err)))
		return false;
	s->refreshed = true;
	dirsync_schedule_full_sync(ad, age);
	daemon_trim_heap();
	return true;
}

/* An error other than ERROR_UNAVAILABLE means that the cookie was rejected: the
 * next session starts at once without one. */
static void dirsync_after_error(struct source_session *s,
                                const struct error *err)
{
	if (err->kind == ERROR_UNAVAILABLE || s->restart_now || s->full_run)
		return;
	s->restart_without_cookie = true;
	s->restart_now = true;
}

static void dirsync_follow(struct ad_session *ad, const char *cookie,
                           size_t length, struct error *err)
{
	bool from_cookie = cookie && ad_cookie_load(ad, cookie, length);

	if (!dirsync_start(ad, from_cookie, err))
		return;
	while (dirsync_wait(ad, err) && dirsync_read_changes(ad, err))
		continue;
}

bool dirsync_session_run(struct source_session *s, struct error *err)
{
	struct ad_session ad = { .session = s, .cookie_arena = arena_open() };
	struct error inner = { 0 };
	char *cookie = NULL;
	size_t length = 0;

	ad.attributes = ad_attribute_names(s);
	ad.base = dn_normalize(s->arena, s->directory->base);
	if (provisioner_get_state(s, &cookie, &length, &inner) &&
	    source_session_connect(s, &ad.directory, &inner) &&
	    directory_ad_read_info(ad.directory, s->arena, s->directory->base,
	                           &ad.server, &inner)) {
		if (ad_cookie_went_back(&ad.server, s->previous_cookie))
			went_back_note(s);
		dirsync_follow(&ad, cookie, length, &inner);
		dirsync_after_error(s, &inner);
	}
	directory_close(ad.directory);
	arena_close(ad.cookie_arena);
	return error_set(err, inner.kind, "%s", inner.text);
}
