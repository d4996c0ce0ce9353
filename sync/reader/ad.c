/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_session.c: a session with Active Directory, which does not push
 * changes (MS-ADTS 3.1.1.3.4.1.3, DirSync).  Changed objects are polled at the
 * configured interval, and each is read again as it is now: the change itself
 * is only a hint.  Ends with an error; the next session resumes from the
 * committed cookie. */
#include "sync/reader/ad.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/ad.h"

enum { PAGE = 500, LOOK_MS = 200, BLIND_COMPARE_S = 15 * 60 };

/* ---- one object as it is now */

static bool is_ours(struct ad *ad, struct arena *a,
                    const struct directory_entry *e)
{
	return dn_is_under(dn_normal(a, e->dn), ad->base);
}

/* When an object is renamed, moved or restored, the links of its groups change
 * without the groups being reported; so they are read again. */
static void note_groups(struct ad *ad, struct arena *a,
                        const struct directory_entry *e)
{
	char **groups = entry_texts(a, e, "memberOf");

	for (; *groups; groups++)
		(void)json_object_set_new(ad->groups, *groups, json_true());
}

static bool tell_gone(struct ad *ad, const char *guid, struct fault *why)
{
	char *anchors[] = { (char *)guid };

	return tell_anchors(ad->talk, ASK_DELETED, anchors, 1, why);
}

/* An entry that a search returned, possibly outside the base. */
static bool on_found(void *with, const struct directory_entry *found,
                     struct fault *why)
{
	struct ad *ad = with;
	struct arena *a = arena_open();
	const char *guid = ad_guid_of(a, found, "objectGUID");
	struct directory_entry *e = NULL;
	bool good = true;

	if (guid && !is_ours(ad, a, found)) {
		good = tell_gone(ad, guid, why);
	} else if (guid) {
		good = directory_ad_whole(ad->directory, a, found, &e, why) &&
		       tell_entry(ad->talk, guid, e, why);
		if (good && ad->groups)
			note_groups(ad, a, e);
	}
	arena_close(a);
	return good;
}

static bool has_class(const struct directory_entry *e, const char *class)
{
	const struct directory_attribute *t = entry_attribute(e, "objectClass");

	for (size_t i = 0; t && i < t->count; i++)
		if (strcasecmp(t->values[i].bytes, class) == 0)
			return true;
	return false;
}

/* A renamed or moved container moves everything below it unreported, into the
 * base or out of it. */
static bool settle_below(struct ad *ad, const struct directory_entry *e,
                         struct fault *why)
{
	return has_class(e, "user") || has_class(e, "group") ||
	       directory_pages(ad->directory, e->dn, ad_filter, ad->names, PAGE,
	                       on_found, ad, why);
}

static bool settle(struct ad *ad, const struct ad_change *c, struct fault *why)
{
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	bool good = directory_ad_read(ad->directory, a,
	                              arena_print(a, "<GUID=%s>", c->guid),
	                              ad->names, &e, why);

	if (good && (!e || !is_ours(ad, a, e)))
		good = tell_gone(ad, c->guid, why);
	else if (good)
		good = tell_entry(ad->talk, c->guid, e, why);
	if (good && e && c->moved) {
		note_groups(ad, a, e);
		good = settle_below(ad, e, why);
	}
	arena_close(a);
	return good;
}

static bool settle_group(struct ad *ad, const char *dn, struct fault *why)
{
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	bool good = directory_ad_read(ad->directory, a, dn, ad->names, &e, why);
	const char *guid = e ? ad_guid_of(a, e, "objectGUID") : NULL;

	if (good && guid && is_ours(ad, a, e))
		good = tell_entry(ad->talk, guid, e, why);
	arena_close(a);
	return good;
}

/* Deletions first: their names may be in use again. */
static bool settle_all(struct ad *ad, const struct ad_changes *list,
                       struct fault *why)
{
	const char *dn;
	json_t *one;
	bool good = true;

	ad->groups = json_object();
	for (size_t i = 0; i < list->all.count && good; i++)
		if (list->all.at[i].deleted)
			good = settle(ad, &list->all.at[i], why);
	for (size_t i = 0; i < list->all.count && good; i++)
		if (!list->all.at[i].deleted)
			good = settle(ad, &list->all.at[i], why);
	json_object_foreach(ad->groups, dn, one) good =
	    good && settle_group(ad, dn, why);
	json_decref(ad->groups);
	ad->groups = NULL;
	return good;
}

/* ---- full read and changes */

/* The position is taken before the read, so a change made meanwhile is sent
 * twice rather than lost. */
static bool read_whole(struct ad *ad, struct fault *why)
{
	struct talk *t = ad->talk;

	t->whole = true;
	if (!ad_begin(ad, why) || !tell_begin(t, why) ||
	    !directory_pages(ad->directory, t->directory->base, ad_filter,
	                     ad->names, PAGE, on_found, ad, why))
		return false;
	ad_keep_cookie(ad);
	if (!tell_commit(t, true, why))
		return false;
	t->whole = false;
	return true;
}

static bool read_changes(struct ad *ad, struct fault *why)
{
	struct arena *a = arena_open();
	struct ad_changes list = { .arena = a };
	bool good = ad_ask(ad, &list, why) && settle_all(ad, &list, why);

	arena_close(a);
	if (!good || ad->talk->run == 0)
		return good;
	ad_keep_cookie(ad);
	return tell_commit(ad->talk, false, why);
}

/* A run is opened even without changes: it carries the health note. */
static bool go_on(struct ad *ad, struct fault *why)
{
	return tell_begin(ad->talk, why) && read_changes(ad, why);
}

/* ---- visibility of deletions */

static int64_t compare_every(const struct ad *ad)
{
	int64_t every = ad->talk->directory->compare;

	return ad->sees_deleted || every < BLIND_COMPARE_S ? every
	                                                   : BLIND_COMPARE_S;
}

static void plan_compare(struct ad *ad, int64_t age)
{
	int64_t left = compare_every(ad) - age;

	ad->talk->compare_at =
	    clock_monotonic_ms() + (left > 0 ? left : 0) * 1000;
}

static void say_blind(struct ad *ad)
{
	struct talk *t = ad->talk;
	const char *account = t->directory->bind_as;
	char *grant = arena_print(t->kept,
	                          "List Contents and Read Property on "
	                          "CN=Deleted Objects,%s to %s: dsacls "
	                          "\"CN=Deleted Objects,%s\" /G "
	                          "ACCOUNT:LCRP",
	                          ad->server.head, account, ad->server.head);

	log_warn("deletions cannot be seen", "directory", t->directory->name,
	         "grant", grant, NULL);
	t->health = arena_print(
	    t->kept,
	    "deletions cannot be seen, and leavers are found only by a full "
	    "compare every %lld s; grant %s",
	    (long long)compare_every(ad), grant);
}

/* An account that may not read Deleted Objects gets no deletions. */
static bool try_sight(struct ad *ad, struct fault *why)
{
	if (!directory_ad_sees_deleted(ad->directory, ad->server.head,
	                               &ad->sees_deleted, why))
		return false;
	if (!ad->sees_deleted)
		say_blind(ad);
	return true;
}

/* ---- the session */

static bool wait_for_next(struct ad *ad, struct fault *why)
{
	static const struct timespec look = { 0, LOOK_MS * 1000000L };
	int64_t until = clock_monotonic_ms() + ad->talk->directory->poll * 1000;

	do {
		if (talk_is_over(ad->talk, why))
			return false;
		(void)nanosleep(&look, NULL);
	} while (clock_monotonic_ms() < until);
	return true;
}

static bool begin(struct ad *ad, bool from_cookie, struct fault *why)
{
	struct talk *t = ad->talk;
	int64_t age = from_cookie ? t->age : 0;

	t->cookie_sent = from_cookie;
	t->whole_next = false;
	if (!try_sight(ad, why) ||
	    !(from_cookie ? go_on(ad, why) : read_whole(ad, why)))
		return false;
	t->was_good = true;
	plan_compare(ad, age);
	daemon_rest();
	return true;
}

/* A refused query restarts the session without a cookie. */
static void judge(struct talk *t, const struct fault *why)
{
	if (why->kind == FAULT_UNAVAILABLE || t->ended || t->whole)
		return;
	t->whole_next = true;
	t->ended = true;
}

static void follow(struct ad *ad, const char *cookie, size_t length,
                   struct fault *why)
{
	bool from_cookie = cookie && ad_read_cookie(ad, cookie, length);

	if (!begin(ad, from_cookie, why))
		return;
	while (wait_for_next(ad, why) && read_changes(ad, why))
		continue;
}

bool ad_converse(struct talk *t, struct fault *why)
{
	struct ad ad = { .talk = t, .cookies = arena_open() };
	struct fault inner = { 0 };
	char *cookie = NULL;
	size_t length = 0;

	ad.names = ad_names(t);
	ad.base = dn_normal(t->kept, t->directory->base);
	if (tell_hello(t, &cookie, &length, &inner) &&
	    talk_connect(t, &ad.directory, &inner) &&
	    directory_ad_about(ad.directory, t->kept, t->directory->base,
	                       &ad.server, &inner)) {
		follow(&ad, cookie, length, &inner);
		judge(t, &inner);
	}
	directory_close(ad.directory);
	arena_close(ad.cookies);
	return fault(why, inner.kind, "%s", inner.text);
}
