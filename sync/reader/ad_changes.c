/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_changes.c: three ways to read the changes of Active Directory
 * (DirSync, DirSync with object security, uSNChanged), and the cookie that
 * stores the position.  A cookie is valid for one domain controller and one
 * invocation of its database; with any other one a full read follows. */
#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/ad.h"
#include "sync/reader/ad.h"

enum {
	VERSION = 1,
	PAGE = 500,
	/* Tombstones live at least 60 days unless configured shorter (MS-ADTS
	 * 3.1.1.1.14); older cookies are not used. */
	OLDEST_S = 30 * 24 * 60 * 60,
};

/* By attributes that never change: an object that leaves the filter is not
 * reported any more.  Tombstones keep objectClass and lose objectCategory. */
const char ad_filter[] =
    "(|(&(objectClass=user)(!(objectClass=computer)))(objectClass=group)"
    "(objectClass=organizationalUnit)(objectClass=container))";

static const char *const ways[] = {
	[AD_DIRSYNC] = "dirsync",
	[AD_DIRSYNC_VISIBLE] = "dirsync-visible",
	[AD_USN] = "usn",
};

static const char *const only_guid[] = { "objectGUID", NULL };

/* ---- attribute names */

static const char **names_and(struct arena *a, const struct directory_conf *d,
                              const char *const *also, size_t count)
{
	const char **usual = fields_names(a, d);
	LIST(const char *) names = { 0 };

	for (; *usual; usual++)
		*list_add(a, &names) = *usual;
	for (size_t i = 0; i < count; i++)
		*list_add(a, &names) = also[i];
	*list_add(a, &names) = NULL;
	return names.at;
}

const char **ad_names(struct talk *t)
{
	static const char *const also[] = { "objectGUID", "memberOf" };

	return names_and(t->kept, t->directory, also, LENGTH(also));
}

/* ---- DirSync */

static void keep(struct ad *ad, const struct directory_value *cookie)
{
	struct arena *a = arena_open();
	char *bytes = arena_bytes(a, cookie->bytes, cookie->length);

	ad->cookie = (struct directory_value){ bytes, cookie->length };
	arena_close(ad->cookies);
	ad->cookies = a;
}

static bool ask_dirsync(struct ad *ad, const char *const *names,
                        bool (*each)(void *with, const char *guid,
                                     const struct directory_entry *e,
                                     struct fault *why),
                        void *with, struct fault *why)
{
	const struct directory_changes asked = {
		.head = ad->server.head,
		.filter = ad_filter,
		.names = names,
		.visible_only = ad->way == AD_DIRSYNC_VISIBLE,
		.cookie = ad->cookie,
	};
	struct arena *a = arena_open();
	struct directory_value cookie = { 0 };
	bool good = directory_ad_changes(ad->directory, a, &asked, each, with,
	                                 &cookie, why);

	if (good)
		keep(ad, &cookie);
	arena_close(a);
	return good;
}

static bool pass_over(void *with, const char *guid,
                      const struct directory_entry *e, struct fault *why)
{
	(void)with, (void)guid, (void)e, (void)why;
	return true;
}

/* Everything is reported once: there is no other way to get a cookie. */
static bool begin_dirsync(struct ad *ad, struct fault *why)
{
	ad->cookie = (struct directory_value){ 0 };
	return ask_dirsync(ad, only_guid, pass_over, NULL, why);
}

static bool is_true(const struct directory_entry *e, const char *name)
{
	const char *text = entry_text(e, name);

	return text && strcasecmp(text, "TRUE") == 0;
}

/* A deleted object is reported with its attributes, or by its GUID alone; a new
 * one has whenCreated. */
static bool note_change(void *with, const char *guid,
                        const struct directory_entry *e, struct fault *why)
{
	struct ad_changes *list = with;
	bool placed =
	    entry_attribute(e, "name") || entry_attribute(e, "parentGUID");

	(void)why;
	*list_add(list->arena, &list->all) = (struct ad_change){
		.guid = arena_copy(list->arena, guid),
		.deleted = !*e->dn || is_true(e, "isDeleted"),
		.moved = placed && !entry_attribute(e, "whenCreated"),
	};
	return true;
}

static bool changes_by_dirsync(struct ad *ad, struct ad_changes *list,
                               struct fault *why)
{
	static const char *const also[] = { "name", "parentGUID", "isDeleted",
		                            "whenCreated" };

	return ask_dirsync(
	    ad, names_and(list->arena, ad->talk->directory, also, LENGTH(also)),
	    note_change, list, why);
}

/* ---- uSNChanged */

static bool begin_usn(struct ad *ad, struct fault *why)
{
	(void)ad, (void)why;
	return true;
}

static bool note_found(struct ad_changes *list, const struct directory_entry *e,
                       bool deleted)
{
	const char *guid = ad_guid_of(list->arena, e, "objectGUID");

	if (guid)
		*list_add(list->arena, &list->all) = (struct ad_change){
			.guid = guid, .deleted = deleted, .moved = !deleted
		};
	return true;
}

static bool on_changed(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	(void)why;
	return note_found(with, e, false);
}

static bool on_deleted(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	(void)why;
	return note_found(with, e, true);
}

/* USNs belong to one controller, and decrease only when it was restored from a
 * backup. */
static bool is_still(struct ad *ad, const struct directory_ad *now,
                     struct fault *why)
{
	if (text_equal(now->service, ad->server.service) &&
	    text_equal(now->invocation, ad->server.invocation) &&
	    now->usn >= ad->usn)
		return true;
	return fault(why, FAULT_REFUSED, "it is not what it was");
}

static bool changes_by_usn(struct ad *ad, struct ad_changes *list,
                           struct fault *why)
{
	struct arena *a = list->arena;
	const char *head = ad->server.head;
	long long from = (long long)ad->usn + 1;
	struct directory_ad now;

	if (!directory_ad_about(ad->directory, a, ad->talk->directory->base,
	                        &now, why) ||
	    !is_still(ad, &now, why))
		return false;
	if (now.usn == ad->usn)
		return true;
	if (!directory_pages(
		ad->directory, head,
		arena_print(a, "(&%s(uSNChanged>=%lld))", ad_filter, from),
		only_guid, PAGE, on_changed, list, why) ||
	    !directory_ad_deleted(ad->directory,
	                          arena_print(a, "CN=Deleted Objects,%s", head),
	                          arena_print(a, "(uSNChanged>=%lld)", from),
	                          only_guid, on_deleted, list, why))
		return false;
	ad->usn = now.usn;
	return true;
}

/* ---- methods */

static const struct {
	bool (*begin)(struct ad *ad, struct fault *why);
	bool (*ask)(struct ad *ad, struct ad_changes *list, struct fault *why);
	const char *instead; /* what is used in place of DirSync */
} by_way[] = {
	[AD_DIRSYNC] = { begin_dirsync, changes_by_dirsync, NULL },
	[AD_DIRSYNC_VISIBLE] = { begin_dirsync, changes_by_dirsync,
	                         "what this account may read is followed" },
	[AD_USN] = { begin_usn, changes_by_usn, "uSNChanged is asked for" },
};

static void say_way(const struct ad *ad)
{
	struct arena *a = arena_open();

	if (by_way[ad->way].instead)
		log_warn("DirSync is refused", "directory",
		         ad->talk->directory->name, "instead",
		         by_way[ad->way].instead, "grant",
		         arena_print(a,
		                     "Replicating Directory Changes on %s "
		                     "to %s",
		                     ad->server.head,
		                     ad->talk->directory->bind_as),
		         NULL);
	arena_close(a);
}

bool ad_begin(struct ad *ad, struct fault *why)
{
	ad->usn = ad->server.usn;
	for (ad->way = 0; ad->way < AD_WAYS; ad->way++) {
		struct fault inner = { 0 };

		if (by_way[ad->way].begin(ad, &inner)) {
			say_way(ad);
			return true;
		}
		if (inner.kind != FAULT_REFUSED)
			return fault(why, inner.kind, "%s", inner.text);
	}
	return fault(why, FAULT_UNAVAILABLE, "no way to ask what has changed");
}

bool ad_ask(struct ad *ad, struct ad_changes *list, struct fault *why)
{
	return by_way[ad->way].ask(ad, list, why);
}

/* ---- the cookie */

void ad_keep_cookie(struct ad *ad)
{
	struct arena *a = arena_open();
	json_t *kept =
	    js_keep(a, json_pack("{s:i, s:s, s:I, s:I}", "v", VERSION, "way",
	                         ways[ad->way], "usn", (json_int_t)ad->usn,
	                         "at", (json_int_t)clock_now()));

	js_put(kept, "service", ad->server.service);
	js_put(kept, "invocation", ad->server.invocation);
	js_put(kept, "cookie",
	       base64url_write(a, ad->cookie.bytes, ad->cookie.length));
	const char *text = js_write(a, kept);
	tell_cookie(ad->talk, text, strlen(text));
	arena_close(a);
}

static bool way_from(const char *word, enum ad_way *ret)
{
	for (size_t i = 0; i < LENGTH(ways); i++) {
		if (!text_equal(ways[i], word))
			continue;
		*ret = (enum ad_way)i;
		return true;
	}
	return false;
}

static bool is_of(const json_t *kept, const struct directory_ad *server)
{
	return js_number(kept, "v", 0) == VERSION &&
	       text_equal(js_string(kept, "service"), server->service) &&
	       text_equal(js_string(kept, "invocation"), server->invocation) &&
	       js_number(kept, "usn", INT64_MAX) <= server->usn &&
	       clock_now() - js_number(kept, "at", 0) < OLDEST_S;
}

static bool read_kept(struct ad *ad, struct arena *a, const json_t *kept)
{
	const char *text = js_string(kept, "cookie");
	unsigned char *bytes = NULL;
	size_t length = 0;
	enum ad_way way;

	if (!is_of(kept, &ad->server) || !text ||
	    !way_from(js_string(kept, "way"), &way) ||
	    !base64url_read(a, text, strlen(text), &bytes, &length) ||
	    (length == 0) != (way == AD_USN))
		return false;
	ad->way = way;
	ad->usn = js_number(kept, "usn", 0);
	keep(ad, &(struct directory_value){ (char *)bytes, length });
	return true;
}

bool ad_read_cookie(struct ad *ad, const char *cookie, size_t length)
{
	struct arena *a = arena_open();
	json_t *kept = NULL;
	bool good =
	    js_read(a, cookie, length, &kept, NULL) && read_kept(ad, a, kept);

	arena_close(a);
	return good;
}
