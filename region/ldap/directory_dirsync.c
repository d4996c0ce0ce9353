/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_dirsync.c: Active Directory requests (MS-ADTS): the rootDSE,
 * DirSync (3.1.1.3.4.1.3), deleted objects, and ranged attributes
 * (3.1.1.3.1.3.3). */
#include <string.h>
#include <strings.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/ad_values.h"
#include "region/ldap/directory_private.h"
#include "region/ldap/dn.h"

enum { MAX_RESPONSE_BYTES = 1024 * 1024, MAX_RANGES = 10000 };

DEFINE_CLEANUP(release_cookie, char *, ber_memfree)

/* ---- rootDSE */

/* Returns the longest naming context that contains base. */
static const char *find_naming_context(struct arena *a,
                                       const struct directory_entry *root,
                                       const char *base)
{
	char **contexts = directory_entry_texts(a, root, "namingContexts");
	const char *base_dn = dn_normalize(a, base);
	const char *found = NULL;

	for (; *contexts; contexts++)
		if (dn_is_under(base_dn, dn_normalize(a, *contexts)) &&
		    (!found || strlen(*contexts) > strlen(found)))
			found = *contexts;
	return found;
}

static bool read_invocation_id(struct directory *d, struct arena *a,
                               struct directory_ad_info *ad, struct error *err)
{
	static const char *const names[] = { "invocationId", NULL };
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(d, a, ad->ds_service_name, SCOPE_BASE,
	                      "(objectClass=*)", names, 1, &e, &count, err))
		return false;
	char *text = count == 1 ? ad_entry_guid(a, e, "invocationId") : NULL;
	ad->invocation_id = text ? text : "";
	return true;
}

bool directory_ad_read_info(struct directory *d, struct arena *a,
                            const char *base, struct directory_ad_info *ret,
                            struct error *err)
{
	static const char *const names[] = { "dsServiceName", "dnsHostName",
		                             "highestCommittedUSN",
		                             "namingContexts", NULL };
	struct directory_entry *root = NULL;
	size_t count = 0;
	long long usn = 0;

	if (!directory_search(d, a, "", SCOPE_BASE, "(objectClass=*)", names, 1,
	                      &root, &count, err))
		return false;
	const char *text =
	    count == 1 ? directory_entry_text(root, "highestCommittedUSN")
		       : NULL;
	if (!text || !text_to_number(text, 1, INT64_MAX, &usn) ||
	    !directory_entry_text(root, "dsServiceName"))
		return error_set(err, ERROR_INVALID,
		                 "server is not Active Directory: root DSE has "
		                 "no highestCommittedUSN");
	struct directory_ad_info ad = {
		.ds_service_name = directory_entry_text(root, "dsServiceName"),
		.dns_host_name = directory_entry_text(root, "dnsHostName"),
		.naming_context = find_naming_context(a, root, base),
		.highest_committed_usn = usn
	};
	if (!ad.naming_context)
		return error_set(err, ERROR_INVALID,
		                 "%s is not in a naming context of this domain",
		                 base);
	if (!read_invocation_id(d, a, &ad, err))
		return false;
	*ret = ad;
	return true;
}

/* ---- deleted objects */

static bool create_show_deleted_control(struct directory *d, LDAPControl **ret)
{
	return ldap_create_show_deleted_control(d->ld, ret) == LDAP_SUCCESS;
}

static bool search_with_show_deleted(
    struct directory *d, const char *base, enum directory_scope scope,
    const char *filter, const char *const *names,
    bool (*each)(void *data, const struct directory_entry *e,
                 struct error *err),
    void *data, struct error *err)
{
	own(release_control) LDAPControl *show = NULL;
	struct directory_search_state r = { .d = d,
		                            .each = each,
		                            .data = data };

	if (!create_show_deleted_control(d, &show))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "search: cannot create the control");
	LDAPControl *controls[] = { show, NULL };
	bool good = directory_search_run(&r, base, scope, filter, names, 0,
	                                 controls, err);
	release_controls(&r.controls);
	return good;
}

bool directory_ad_search_deleted(struct directory *d, const char *base,
                                 const char *filter, const char *const *names,
                                 bool (*each)(void *data,
                                              const struct directory_entry *e,
                                              struct error *err),
                                 void *data, struct error *err)
{
	return search_with_show_deleted(d, base, SCOPE_SUBTREE, filter, names,
	                                each, data, err);
}

/* Every account may read the container's name; objectGUID only with the right.
 */
static bool note_deleted_container(void *data, const struct directory_entry *e,
                                   struct error *err)
{
	bool *can_see = data;

	(void)err;
	*can_see = directory_entry_attribute(e, "objectGUID") != NULL;
	return true;
}

bool directory_ad_can_see_deleted(struct directory *d,
                                  const char *naming_context, bool *ret_can_see,
                                  struct error *err)
{
	static const char *const names[] = { "objectGUID", NULL };
	struct arena *a = arena_open();
	bool can_see = false;
	bool good = search_with_show_deleted(
	    d, arena_printf(a, "CN=Deleted Objects,%s", naming_context),
	    SCOPE_BASE, "(objectClass=*)", names, note_deleted_container,
	    &can_see, err);

	arena_close(a);
	if (good)
		*ret_can_see = can_see;
	return good;
}

/* ---- ranged attributes */

/* Retrieval of one ranged attribute. */
struct range_retrieval {
	struct directory *d;
	struct arena *arena;
	const char *base;
	struct ad_range range; /* of the last response */
	VECTOR(struct directory_value) values;
};

static bool append_range_values(struct range_retrieval *range_search,
                                const struct directory_attribute *t)
{
	long long expected = range_search->range.next;

	if (!ad_parse_range(range_search->arena, t->name,
	                    &range_search->range) ||
	    range_search->range.from != expected)
		return false;
	for (size_t i = 0; i < t->count; i++)
		*vector_append(range_search->arena, &range_search->values) =
		    t->values[i];
	return true;
}

static const struct directory_attribute *find_range_attribute(
    struct arena *a, const char *name, const struct directory_entry *e)
{
	struct ad_range r;

	for (size_t i = 0; i < e->count; i++)
		if (ad_parse_range(a, e->attributes[i].name, &r) &&
		    strcasecmp(r.name, name) == 0)
			return &e->attributes[i];
	return NULL;
}

static bool fetch_next_range(struct range_retrieval *range_search,
                             struct error *err)
{
	const char *names[] = { arena_printf(range_search->arena,
		                             "%s;range=%lld-*",
		                             range_search->range.name,
		                             range_search->range.next),
		                NULL };
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(range_search->d, range_search->arena,
	                      range_search->base, SCOPE_BASE, "(objectClass=*)",
	                      names, 1, &e, &count, err))
		return false;
	const struct directory_attribute *t =
	    count == 1 ? find_range_attribute(range_search->arena,
	                                      range_search->range.name, e)
		       : NULL;
	if (!t || !append_range_values(range_search, t))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "search: ranges of %s are not contiguous",
		                 range_search->range.name);
	return true;
}

static bool fetch_all_ranges(struct range_retrieval *range_search,
                             const struct directory_attribute *first,
                             struct directory_attribute *ret, struct error *err)
{
	if (!append_range_values(range_search, first))
		return error_set(
		    err, ERROR_UNAVAILABLE,
		    "search: first range of the attribute does not start at 0");
	for (int n = 0; range_search->range.next > 0; n++) {
		if (n == MAX_RANGES)
			return error_set(
			    err, ERROR_UNAVAILABLE,
			    "search: too many ranges of an attribute");
		if (!fetch_next_range(range_search, err))
			return false;
	}
	*ret = (struct directory_attribute){ range_search->range.name,
		                             range_search->values.at,
		                             range_search->values.count };
	return true;
}

/* Next to the first range, the attribute may appear again without values. */
static bool is_empty_range_duplicate(struct arena *a,
                                     const struct directory_entry *e,
                                     const struct directory_attribute *t)
{
	return t->count == 0 && find_range_attribute(a, t->name, e) != NULL;
}

static bool complete_ranged_attributes(struct directory *d, struct arena *a,
                                       const char *base,
                                       struct directory_entry *e,
                                       struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++) {
		struct directory_attribute *t = &e->attributes[i];
		struct range_retrieval range_search = { .d = d,
			                                .arena = a,
			                                .base = base };
		struct ad_range r;

		if (is_empty_range_duplicate(a, e, t))
			continue;
		if (ad_parse_range(a, t->name, &r) &&
		    !fetch_all_ranges(&range_search, t, t, err))
			return false;
		e->attributes[count++] = *t;
	}
	e->count = count;
	return true;
}

bool directory_ad_complete_ranges(struct directory *d, struct arena *a,
                                  const struct directory_entry *e,
                                  struct directory_entry **ret,
                                  struct error *err)
{
	struct directory_entry *copy = arena_new(a, struct directory_entry);

	*copy = directory_entry_copy(a, e);
	if (!complete_ranged_attributes(d, a, e->dn, copy, err))
		return false;
	*ret = copy;
	return true;
}

bool directory_ad_read_entry(struct directory *d, struct arena *a,
                             const char *base, const char *const *names,
                             struct directory_entry **ret, struct error *err)
{
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(d, a, base, SCOPE_BASE, "(objectClass=*)", names,
	                      1, &e, &count, err) ||
	    (count == 1 && !complete_ranged_attributes(d, a, base, e, err)))
		return false;
	*ret = count == 1 ? e : NULL;
	return true;
}

/* ---- DirSync */

/* A DirSync search: several responses, each with a cookie for the next request.
 */
struct dirsync_search {
	const struct dirsync_request *request;
	struct directory_search_state search;
	struct arena *arena;
	struct directory_value cookie;
	int more_results;
	bool (*each)(void *data, const char *guid,
	             const struct directory_entry *e, struct error *err);
	void *data;
};

/* An object without objectGUID cannot be identified and is skipped. */
static bool dirsync_on_entry(void *data, const struct directory_entry *e,
                             struct error *err)
{
	struct dirsync_search *c = data;
	struct arena *a = arena_open();
	const char *guid = ad_entry_guid(a, e, "objectGUID");
	bool good = !guid || c->each(c->data, guid, e, err);

	arena_close(a);
	return good;
}

/* Result codes by cause: a missing right or unsupported control, or, when a
 * cookie was sent, a rejected cookie. */
static const struct {
	int code;
	enum error_kind first, with_cookie;
} dirsync_error_kinds[] = {
	{ LDAP_INSUFFICIENT_ACCESS, ERROR_REFUSED, ERROR_REFUSED },
	{ LDAP_UNAVAILABLE_CRITICAL_EXTENSION, ERROR_REFUSED, ERROR_INVALID },
	{ LDAP_UNWILLING_TO_PERFORM, ERROR_REFUSED, ERROR_INVALID },
	{ LDAP_OPERATIONS_ERROR, ERROR_UNAVAILABLE, ERROR_INVALID },
	{ LDAP_PROTOCOL_ERROR, ERROR_REFUSED, ERROR_INVALID },
	{ LDAP_OTHER, ERROR_UNAVAILABLE, ERROR_INVALID },
};

static bool dirsync_map_error(const struct dirsync_search *c, struct error *err)
{
	bool first = c->cookie.length == 0;

	if (err && err->kind == ERROR_INVALID)
		err->kind = ERROR_UNAVAILABLE;
	for (size_t i = 0; i < LENGTH(dirsync_error_kinds); i++)
		if (err && c->search.result_code == dirsync_error_kinds[i].code)
			err->kind = first ? dirsync_error_kinds[i].first
			                  : dirsync_error_kinds[i].with_cookie;
	return false;
}

static bool dirsync_read_cookie(struct dirsync_search *c, struct error *err)
{
	LDAPControl **controls = c->search.controls;
	LDAPControl *answer =
	    controls ? ldap_control_find(LDAP_CONTROL_X_DIRSYNC, controls, NULL)
		     : NULL;
	own(release_cookie) char *bytes = NULL;
	struct berval cookie = { 0 };

	if (!answer || ldap_parse_dirsync_control(c->search.d->ld, answer,
	                                          &c->more_results,
	                                          &cookie) != LDAP_SUCCESS)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "DirSync: response has no cookie");
	bytes = cookie.bv_val;
	if (c->more_results && cookie.bv_len == c->cookie.length &&
	    memcmp(bytes, c->cookie.bytes, cookie.bv_len) == 0)
		return error_set(
		    err, ERROR_UNAVAILABLE,
		    "DirSync: server returned the same cookie again");
	c->cookie = (struct directory_value){
		arena_memdup(c->arena, bytes, cookie.bv_len), cookie.bv_len
	};
	return true;
}

static bool dirsync_search_once(struct dirsync_search *c, struct error *err)
{
	own(release_control) LDAPControl *sync = NULL;
	struct directory *d = c->search.d;
	struct berval cookie = { c->cookie.length, c->cookie.bytes };
	int flags = c->request->object_security
	                ? LDAP_CONTROL_X_DIRSYNC_OBJECT_SECURITY
	                : 0;

	if (ldap_create_dirsync_control(d->ld, (int)flags, MAX_RESPONSE_BYTES,
	                                &cookie, &sync) != LDAP_SUCCESS)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "DirSync: cannot create the control");
	LDAPControl *controls[] = { sync, NULL };
	bool good = directory_search_run(&c->search, c->request->naming_context,
	                                 SCOPE_SUBTREE, c->request->filter,
	                                 c->request->names, 0, controls, err)
	                ? dirsync_read_cookie(c, err)
	                : dirsync_map_error(c, err);
	release_controls(&c->search.controls);
	c->search.controls = NULL;
	return good;
}

bool directory_dirsync(struct directory *d, struct arena *a,
                       const struct dirsync_request *request,
                       bool (*each)(void *data, const char *guid,
                                    const struct directory_entry *e,
                                    struct error *err),
                       void *data, struct directory_value *ret_cookie,
                       struct error *err)
{
	struct dirsync_search c = { .request = request,
		                    .arena = a,
		                    .cookie = request->cookie,
		                    .each = each,
		                    .data = data };

	c.search = (struct directory_search_state){ .d = d,
		                                    .each = dirsync_on_entry,
		                                    .data = &c };
	do {
		if (!dirsync_search_once(&c, err))
			return false;
	} while (c.more_results);
	*ret_cookie = c.cookie;
	return true;
}
