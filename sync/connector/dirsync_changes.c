/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_changes.c: three methods to read the changes of Active Directory
 * (DirSync, DirSync with object security, uSNChanged), and the cookie that
 * stores method and position.  A cookie is valid for one domain controller and
 * one invocationId of its database; otherwise a full read follows. */
#include "sync/connector/dirsync_private.h"

#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ldap/ad_values.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_session.h"

enum {
	COOKIE_VERSION = 1,
	PAGE_SIZE = 500,
	/* Tombstones live at least 60 days unless configured shorter (MS-ADTS
	 * 3.1.1.1.14); older cookies are not used. */
	MAX_COOKIE_AGE_S = 30 * 24 * 60 * 60,
};

/* Tests only objectClass, which never changes: DirSync does not report that an
 * object no longer matches.  Tombstones keep objectClass, not objectCategory.
 */
const char ad_filter[] =
    "(|(&(objectClass=user)(!(objectClass=computer)))(objectClass=group)"
    "(objectClass=organizationalUnit)(objectClass=container))";

static const char *const change_method_names[] = {
	[AD_DIRSYNC] = "dirsync",
	[AD_DIRSYNC_OBJECT_SECURITY] = "dirsync-visible",
	[AD_USN] = "usn",
};

static const char *const guid_only[] = { "objectGUID", NULL };

/* ---- attribute names */

static const char **attribute_names_and(struct arena *a,
                                        const struct directory_conf *d,
                                        const char *const *extra, size_t count)
{
	const char **names_of_map = attribute_map_names(a, d);
	VECTOR(const char *) names = { 0 };

	for (; *names_of_map; names_of_map++)
		*vector_append(a, &names) = *names_of_map;
	for (size_t i = 0; i < count; i++)
		*vector_append(a, &names) = extra[i];
	*vector_append(a, &names) = NULL;
	return names.at;
}

const char **ad_attribute_names(struct source_session *s)
{
	static const char *const extra[] = { "objectGUID", "memberOf" };

	return attribute_names_and(s->arena, s->directory, extra,
	                           LENGTH(extra));
}

/* ---- DirSync */

static void ad_cookie_replace(struct ad_session *ad,
                              const struct directory_value *cookie)
{
	struct arena *a = arena_open();
	char *bytes = arena_memdup(a, cookie->bytes, cookie->length);

	ad->cookie = (struct directory_value){ bytes, cookie->length };
	arena_close(ad->cookie_arena);
	ad->cookie_arena = a;
}

static bool dirsync_search(struct ad_session *ad, const char *const *names,
                           bool (*callback)(void *data, const char *guid,
                                            const struct directory_entry *e,
                                            struct error *err),
                           void *data, struct error *err)
{
	const struct dirsync_request query = {
		.naming_context = ad->server.naming_context,
		.filter = ad_filter,
		.names = names,
		.object_security = ad->method == AD_DIRSYNC_OBJECT_SECURITY,
		.cookie = ad->cookie,
	};
	struct arena *a = arena_open();
	struct directory_value cookie = { 0 };
	bool good = directory_dirsync(ad->directory, a, &query, callback, data,
	                              &cookie, err);

	if (good)
		ad_cookie_replace(ad, &cookie);
	arena_close(a);
	return good;
}

static bool dirsync_ignore_entry(void *data, const char *guid,
                                 const struct directory_entry *e,
                                 struct error *err)
{
	(void)data, (void)guid, (void)e, (void)err;
	return true;
}

/* Reads all objects, and ignores them, to get a first cookie: DirSync has no
 * other method. */
static bool dirsync_init_cookie(struct ad_session *ad, struct error *err)
{
	ad->cookie = (struct directory_value){ 0 };
	return dirsync_search(ad, guid_only, dirsync_ignore_entry, NULL, err);
}

static bool dirsync_is_true(const struct directory_entry *e, const char *name)
{
	const char *text = directory_entry_text(e, name);

	return text && strcasecmp(text, "TRUE") == 0;
}

/* The report of a deleted object has its attributes, or its GUID alone; that of
 * a new object has whenCreated, that of a moved or renamed one does not. */
static bool dirsync_on_change(void *data, const char *guid,
                              const struct directory_entry *e,
                              struct error *err)
{
	struct ad_change_list *list = data;
	bool has_location = directory_entry_attribute(e, "name") ||
	                    directory_entry_attribute(e, "parentGUID");

	(void)err;
	*vector_append(list->arena, &list->all) = (struct ad_change){
		.guid = arena_strdup(list->arena, guid),
		.deleted = !*e->dn || dirsync_is_true(e, "isDeleted"),
		.moved = has_location &&
		         !directory_entry_attribute(e, "whenCreated"),
	};
	return true;
}

static bool changes_by_dirsync(struct ad_session *ad,
                               struct ad_change_list *list, struct error *err)
{
	static const char *const extra[] = { "name", "parentGUID", "isDeleted",
		                             "whenCreated" };

	return dirsync_search(ad,
	                      attribute_names_and(list->arena,
	                                          ad->session->directory, extra,
	                                          LENGTH(extra)),
	                      dirsync_on_change, list, err);
}

/* ---- uSNChanged */

static bool usn_init(struct ad_session *ad, struct error *err)
{
	(void)ad, (void)err;
	return true;
}

static bool usn_add_change(struct ad_change_list *list,
                           const struct directory_entry *e, bool deleted)
{
	const char *guid = ad_entry_guid(list->arena, e, "objectGUID");

	if (guid)
		*vector_append(list->arena, &list->all) = (struct ad_change){
			.guid = guid, .deleted = deleted, .moved = !deleted
		};
	return true;
}

static bool usn_on_changed(void *data, const struct directory_entry *e,
                           struct error *err)
{
	(void)err;
	return usn_add_change(data, e, false);
}

static bool usn_on_deleted(void *data, const struct directory_entry *e,
                           struct error *err)
{
	(void)err;
	return usn_add_change(data, e, true);
}

/* USNs are of one domain controller.  A lower highestCommittedUSN than ours
 * means that it was restored from a backup. */
static bool usn_check_server(struct ad_session *ad,
                             const struct directory_ad_info *now,
                             struct error *err)
{
	if (text_equal(now->ds_service_name, ad->server.ds_service_name) &&
	    text_equal(now->invocation_id, ad->server.invocation_id) &&
	    now->highest_committed_usn >= ad->usn)
		return true;
	return error_set(err, ERROR_REFUSED,
	                 "domain controller was replaced or restored");
}

static bool changes_by_usn(struct ad_session *ad, struct ad_change_list *list,
                           struct error *err)
{
	struct arena *a = list->arena;
	const char *naming_context = ad->server.naming_context;
	long long from = (long long)ad->usn + 1;
	struct directory_ad_info now;

	if (!directory_ad_read_info(ad->directory, a,
	                            ad->session->directory->base, &now, err) ||
	    !usn_check_server(ad, &now, err))
		return false;
	if (now.highest_committed_usn == ad->usn)
		return true;
	if (!directory_search_paged(
		ad->directory, naming_context,
		arena_printf(a, "(&%s(uSNChanged>=%lld))", ad_filter, from),
		guid_only, PAGE_SIZE, usn_on_changed, list, err) ||
	    !directory_ad_search_deleted(
		ad->directory,
		arena_printf(a, "CN=Deleted Objects,%s", naming_context),
		arena_printf(a, "(uSNChanged>=%lld)", from), guid_only,
		usn_on_deleted, list, err))
		return false;
	ad->usn = now.highest_committed_usn;
	return true;
}

/* ---- methods */

static const struct {
	bool (*start)(struct ad_session *ad, struct error *err);
	bool (*read)(struct ad_session *ad, struct ad_change_list *list,
	             struct error *err);
	const char *fallback; /* for the log; NULL: DirSync itself */
} change_methods[] = {
	[AD_DIRSYNC] = { dirsync_init_cookie, changes_by_dirsync, NULL },
	[AD_DIRSYNC_OBJECT_SECURITY] = { dirsync_init_cookie,
	                                 changes_by_dirsync,
	                                 "DirSync with "
	                                 "LDAP_DIRSYNC_OBJECT_SECURITY" },
	[AD_USN] = { usn_init, changes_by_usn, "search by uSNChanged" },
};

static void warn_change_method(const struct ad_session *ad)
{
	struct arena *a = arena_open();

	if (change_methods[ad->method].fallback)
		log_event(LOG_SYNC_SOURCE_DIRSYNC_DENIED, "directory",
		          ad->session->directory->name, "instead",
		          change_methods[ad->method].fallback, "grant",
		          arena_printf(a,
		                       "Replicating Directory Changes on %s "
		                       "to %s",
		                       ad->server.naming_context,
		                       ad->session->directory->bind_dn),
		          NULL);
	arena_close(a);
}

bool ad_changes_start(struct ad_session *ad, struct error *err)
{
	ad->usn = ad->server.highest_committed_usn;
	for (ad->method = 0; ad->method < AD_CHANGE_METHOD_COUNT;
	     ad->method++) {
		struct error inner = { 0 };

		if (change_methods[ad->method].start(ad, &inner)) {
			warn_change_method(ad);
			return true;
		}
		if (inner.kind != ERROR_REFUSED)
			return error_set(err, inner.kind, "%s", inner.text);
	}
	return error_set(err, ERROR_UNAVAILABLE,
	                 "changes cannot be read: neither DirSync nor "
	                 "uSNChanged is available");
}

bool ad_changes_read(struct ad_session *ad, struct ad_change_list *list,
                     struct error *err)
{
	return change_methods[ad->method].read(ad, list, err);
}

/* ---- the cookie */

void ad_cookie_save(struct ad_session *ad)
{
	struct arena *a = arena_open();
	json_t *cookie = js_own(
	    a, json_pack("{s:i, s:s, s:I, s:I}", "v", COOKIE_VERSION, "way",
	                 change_method_names[ad->method], "usn",
	                 (json_int_t)ad->usn, "at", (json_int_t)clock_now()));

	js_set_string(cookie, "service", ad->server.ds_service_name);
	js_set_string(cookie, "invocation", ad->server.invocation_id);
	js_set_string(cookie, "cookie",
	              base64url_encode(a, ad->cookie.bytes, ad->cookie.length));
	const char *text = js_dump(a, cookie);
	provisioner_set_cookie(ad->session, text, strlen(text));
	arena_close(a);
}

static bool change_method_from_name(const char *name,
                                    enum ad_change_method *ret)
{
	for (size_t i = 0; i < LENGTH(change_method_names); i++) {
		if (!text_equal(change_method_names[i], name))
			continue;
		*ret = (enum ad_change_method)i;
		return true;
	}
	return false;
}

static bool ad_cookie_is_valid(const json_t *cookie,
                               const struct directory_ad_info *server)
{
	return js_number(cookie, "v", 0) == COOKIE_VERSION &&
	       text_equal(js_string(cookie, "service"),
	                  server->ds_service_name) &&
	       text_equal(js_string(cookie, "invocation"),
	                  server->invocation_id) &&
	       js_number(cookie, "usn", INT64_MAX) <=
	           server->highest_committed_usn &&
	       clock_now() - js_number(cookie, "at", 0) < MAX_COOKIE_AGE_S;
}

static bool ad_cookie_parse(struct ad_session *ad, struct arena *a,
                            const json_t *object)
{
	const char *text = js_string(object, "cookie");
	unsigned char *bytes = NULL;
	size_t length = 0;
	enum ad_change_method method;

	if (!ad_cookie_is_valid(object, &ad->server) || !text ||
	    !change_method_from_name(js_string(object, "way"), &method) ||
	    !base64url_decode(a, text, strlen(text), &bytes, &length) ||
	    (length == 0) != (method == AD_USN))
		return false;
	ad->method = method;
	ad->usn = js_number(object, "usn", 0);
	ad_cookie_replace(ad,
	                  &(struct directory_value){ (char *)bytes, length });
	return true;
}

/* Also a new database of the server that begins before our position. */
bool ad_cookie_went_back(const struct directory_ad_info *server,
                         const char *cookie)
{
	struct arena *a = arena_open();
	json_t *object = NULL;
	bool went_back =
	    cookie && js_parse(a, cookie, strlen(cookie), &object, NULL) &&
	    text_equal(js_string(object, "service"), server->ds_service_name) &&
	    js_number(object, "usn", 0) > server->highest_committed_usn;

	arena_close(a);
	return went_back;
}

bool ad_cookie_load(struct ad_session *ad, const char *cookie, size_t length)
{
	struct arena *a = arena_open();
	json_t *object = NULL;
	bool good = js_parse(a, cookie, length, &object, NULL) &&
	            ad_cookie_parse(ad, a, object);

	arena_close(a);
	return good;
}
