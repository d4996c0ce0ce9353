/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_dirsync.c: Active Directory requests (MS-ADTS): the rootDSE,
 * DirSync (3.1.1.3.4.1.3), deleted objects, and ranged attributes
 * (3.1.1.3.1.3.3). */
#include <string.h>
#include <strings.h>

#include "lib/list.h"
#include "lib/text.h"
#include "region/ad.h"
#include "region/directory_ldap.h"

enum { MOST_BYTES = 1024 * 1024, MOST_PARTS = 10000 };

OWNER(release_cookie, char *, ber_memfree)

/* ---- rootDSE */

/* Returns the longest naming context that contains base. */
static const char *head_of(struct arena *a, const struct directory_entry *root,
                           const char *base)
{
	char **contexts = entry_texts(a, root, "namingContexts");
	const char *wanted = dn_normal(a, base);
	const char *found = NULL;

	for (; *contexts; contexts++)
		if (dn_is_under(wanted, dn_normal(a, *contexts)) &&
		    (!found || strlen(*contexts) > strlen(found)))
			found = *contexts;
	return found;
}

static bool read_invocation(struct directory *d, struct arena *a,
                            struct directory_ad *ad, struct fault *why)
{
	static const char *const names[] = { "invocationId", NULL };
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(d, a, ad->service, SCOPE_BASE, "(objectClass=*)",
	                      names, 1, &e, &count, why))
		return false;
	char *text = count == 1 ? ad_guid_of(a, e, "invocationId") : NULL;
	ad->invocation = text ? text : "";
	return true;
}

bool directory_ad_about(struct directory *d, struct arena *a, const char *base,
                        struct directory_ad *ret, struct fault *why)
{
	static const char *const names[] = { "dsServiceName", "dnsHostName",
		                             "highestCommittedUSN",
		                             "namingContexts", NULL };
	struct directory_entry *root = NULL;
	size_t count = 0;
	long long usn = 0;

	if (!directory_search(d, a, "", SCOPE_BASE, "(objectClass=*)", names, 1,
	                      &root, &count, why))
		return false;
	const char *text =
	    count == 1 ? entry_text(root, "highestCommittedUSN") : NULL;
	if (!text || !text_to_number(text, 1, INT64_MAX, &usn) ||
	    !entry_text(root, "dsServiceName"))
		return fault(why, FAULT_INVALID,
		             "this is no Active Directory: its rootDSE has no "
		             "highestCommittedUSN");
	struct directory_ad ad = { .service = entry_text(root, "dsServiceName"),
		                   .host = entry_text(root, "dnsHostName"),
		                   .head = head_of(a, root, base),
		                   .usn = usn };
	if (!ad.head)
		return fault(why, FAULT_INVALID, "%s is not in this domain",
		             base);
	if (!read_invocation(d, a, &ad, why))
		return false;
	*ret = ad;
	return true;
}

/* ---- deleted objects */

static bool show_deleted(struct directory *d, LDAPControl **ret)
{
	return ldap_create_show_deleted_control(d->ld, ret) == LDAP_SUCCESS;
}

static bool search_deleted(struct directory *d, const char *base,
                           enum directory_scope scope, const char *filter,
                           const char *const *names,
                           bool (*each)(void *with,
                                        const struct directory_entry *e,
                                        struct fault *why),
                           void *with, struct fault *why)
{
	own(release_control) LDAPControl *show = NULL;
	struct reading r = { .d = d, .each = each, .with = with };

	if (!show_deleted(d, &show))
		return fault(why, FAULT_UNAVAILABLE, "search: no control");
	LDAPControl *controls[] = { show, NULL };
	bool good =
	    search_with(&r, base, scope, filter, names, 0, controls, why);
	release_controls(&r.controls);
	return good;
}

bool directory_ad_deleted(struct directory *d, const char *base,
                          const char *filter, const char *const *names,
                          bool (*each)(void *with,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct fault *why)
{
	return search_deleted(d, base, SCOPE_SUBTREE, filter, names, each, with,
	                      why);
}

/* Every account may read the container's name; objectGUID only with the right.
 */
static bool note_sight(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	bool *sees = with;

	(void)why;
	*sees = entry_attribute(e, "objectGUID") != NULL;
	return true;
}

bool directory_ad_sees_deleted(struct directory *d, const char *head,
                               bool *ret_sees, struct fault *why)
{
	static const char *const names[] = { "objectGUID", NULL };
	struct arena *a = arena_open();
	bool sees = false;
	bool good = search_deleted(
	    d, arena_print(a, "CN=Deleted Objects,%s", head), SCOPE_BASE,
	    "(objectClass=*)", names, note_sight, &sees, why);

	arena_close(a);
	if (good)
		*ret_sees = sees;
	return good;
}

/* ---- ranged attributes */

/* Retrieval of one ranged attribute. */
struct parts {
	struct directory *d;
	struct arena *arena;
	const char *base;
	struct ad_range range; /* of the last response */
	LIST(struct directory_value) values;
};

static bool add_part(struct parts *p, const struct directory_attribute *t)
{
	long long expected = p->range.next;

	if (!ad_range(p->arena, t->name, &p->range) ||
	    p->range.from != expected)
		return false;
	for (size_t i = 0; i < t->count; i++)
		*list_add(p->arena, &p->values) = t->values[i];
	return true;
}

static const struct directory_attribute *part_of(
    struct arena *a, const char *name, const struct directory_entry *e)
{
	struct ad_range r;

	for (size_t i = 0; i < e->count; i++)
		if (ad_range(a, e->attributes[i].name, &r) &&
		    strcasecmp(r.name, name) == 0)
			return &e->attributes[i];
	return NULL;
}

static bool next_part(struct parts *p, struct fault *why)
{
	const char *names[] = { arena_print(p->arena, "%s;range=%lld-*",
		                            p->range.name, p->range.next),
		                NULL };
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(p->d, p->arena, p->base, SCOPE_BASE,
	                      "(objectClass=*)", names, 1, &e, &count, why))
		return false;
	const struct directory_attribute *t =
	    count == 1 ? part_of(p->arena, p->range.name, e) : NULL;
	if (!t || !add_part(p, t))
		return fault(why, FAULT_UNAVAILABLE,
		             "search: %s came in parts that do not fit",
		             p->range.name);
	return true;
}

static bool all_parts(struct parts *p, const struct directory_attribute *first,
                      struct directory_attribute *ret, struct fault *why)
{
	if (!add_part(p, first))
		return fault(why, FAULT_UNAVAILABLE,
		             "search: a part without its beginning");
	for (int n = 0; p->range.next > 0; n++) {
		if (n == MOST_PARTS)
			return fault(why, FAULT_UNAVAILABLE,
			             "search: parts without an end");
		if (!next_part(p, why))
			return false;
	}
	*ret = (struct directory_attribute){ p->range.name, p->values.at,
		                             p->values.count };
	return true;
}

/* Next to the first range, the attribute may appear again without values. */
static bool is_beside_parts(struct arena *a, const struct directory_entry *e,
                            const struct directory_attribute *t)
{
	return t->count == 0 && part_of(a, t->name, e) != NULL;
}

static bool make_whole(struct directory *d, struct arena *a, const char *base,
                       struct directory_entry *e, struct fault *why)
{
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++) {
		struct directory_attribute *t = &e->attributes[i];
		struct parts p = { .d = d, .arena = a, .base = base };
		struct ad_range r;

		if (is_beside_parts(a, e, t))
			continue;
		if (ad_range(a, t->name, &r) && !all_parts(&p, t, t, why))
			return false;
		e->attributes[count++] = *t;
	}
	e->count = count;
	return true;
}

bool directory_ad_whole(struct directory *d, struct arena *a,
                        const struct directory_entry *e,
                        struct directory_entry **ret, struct fault *why)
{
	struct directory_entry *copy = arena_new(a, struct directory_entry);

	*copy = entry_copy(a, e);
	if (!make_whole(d, a, e->dn, copy, why))
		return false;
	*ret = copy;
	return true;
}

bool directory_ad_read(struct directory *d, struct arena *a, const char *base,
                       const char *const *names, struct directory_entry **ret,
                       struct fault *why)
{
	struct directory_entry *e = NULL;
	size_t count = 0;

	if (!directory_search(d, a, base, SCOPE_BASE, "(objectClass=*)", names,
	                      1, &e, &count, why) ||
	    (count == 1 && !make_whole(d, a, base, e, why)))
		return false;
	*ret = count == 1 ? e : NULL;
	return true;
}

/* ---- DirSync */

/* A DirSync search: several responses, each with a cookie for the next request.
 */
struct changes {
	const struct directory_changes *asked;
	struct reading reading;
	struct arena *arena;
	struct directory_value cookie;
	int more;
	bool (*each)(void *with, const char *guid,
	             const struct directory_entry *e, struct fault *why);
	void *with;
};

/* An object without objectGUID cannot be identified and is skipped. */
static bool on_change(void *with, const struct directory_entry *e,
                      struct fault *why)
{
	struct changes *c = with;
	struct arena *a = arena_open();
	const char *guid = ad_guid_of(a, e, "objectGUID");
	bool good = !guid || c->each(c->with, guid, e, why);

	arena_close(a);
	return good;
}

/* Result codes by cause: a missing right or unsupported control, or, when a
 * cookie was sent, a rejected cookie. */
static const struct {
	int code;
	enum fault_kind first, with_cookie;
} change_codes[] = {
	{ LDAP_INSUFFICIENT_ACCESS, FAULT_REFUSED, FAULT_REFUSED },
	{ LDAP_UNAVAILABLE_CRITICAL_EXTENSION, FAULT_REFUSED, FAULT_INVALID },
	{ LDAP_UNWILLING_TO_PERFORM, FAULT_REFUSED, FAULT_INVALID },
	{ LDAP_OPERATIONS_ERROR, FAULT_UNAVAILABLE, FAULT_INVALID },
	{ LDAP_PROTOCOL_ERROR, FAULT_REFUSED, FAULT_INVALID },
	{ LDAP_OTHER, FAULT_UNAVAILABLE, FAULT_INVALID },
};

static bool not_answered(const struct changes *c, struct fault *why)
{
	bool first = c->cookie.length == 0;

	if (why && why->kind == FAULT_INVALID)
		why->kind = FAULT_UNAVAILABLE;
	for (size_t i = 0; i < LENGTH(change_codes); i++)
		if (why && c->reading.code == change_codes[i].code)
			why->kind = first ? change_codes[i].first
			                  : change_codes[i].with_cookie;
	return false;
}

static bool take_cookie(struct changes *c, struct fault *why)
{
	LDAPControl **controls = c->reading.controls;
	LDAPControl *answer =
	    controls ? ldap_control_find(LDAP_CONTROL_X_DIRSYNC, controls, NULL)
		     : NULL;
	own(release_cookie) char *bytes = NULL;
	struct berval cookie = { 0 };

	if (!answer ||
	    ldap_parse_dirsync_control(c->reading.d->ld, answer, &c->more,
	                               &cookie) != LDAP_SUCCESS)
		return fault(why, FAULT_UNAVAILABLE,
		             "changes: no cookie came back");
	bytes = cookie.bv_val;
	if (c->more && cookie.bv_len == c->cookie.length &&
	    memcmp(bytes, c->cookie.bytes, cookie.bv_len) == 0)
		return fault(why, FAULT_UNAVAILABLE, "changes: they go round");
	c->cookie = (struct directory_value){
		arena_bytes(c->arena, bytes, cookie.bv_len), cookie.bv_len
	};
	return true;
}

static bool ask_changes(struct changes *c, struct fault *why)
{
	own(release_control) LDAPControl *sync = NULL;
	struct directory *d = c->reading.d;
	struct berval cookie = { c->cookie.length, c->cookie.bytes };
	int flags =
	    c->asked->visible_only ? LDAP_CONTROL_X_DIRSYNC_OBJECT_SECURITY : 0;

	if (ldap_create_dirsync_control(d->ld, (int)flags, MOST_BYTES, &cookie,
	                                &sync) != LDAP_SUCCESS)
		return fault(why, FAULT_UNAVAILABLE, "changes: no control");
	LDAPControl *controls[] = { sync, NULL };
	bool good =
	    search_with(&c->reading, c->asked->head, SCOPE_SUBTREE,
	                c->asked->filter, c->asked->names, 0, controls, why)
		? take_cookie(c, why)
		: not_answered(c, why);
	release_controls(&c->reading.controls);
	c->reading.controls = NULL;
	return good;
}

bool directory_ad_changes(struct directory *d, struct arena *a,
                          const struct directory_changes *asked,
                          bool (*each)(void *with, const char *guid,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct directory_value *ret_cookie,
                          struct fault *why)
{
	struct changes c = { .asked = asked,
		             .arena = a,
		             .cookie = asked->cookie,
		             .each = each,
		             .with = with };

	c.reading = (struct reading){ .d = d, .each = on_change, .with = &c };
	do {
		if (!ask_changes(&c, why))
			return false;
	} while (c.more);
	*ret_cookie = c.cookie;
	return true;
}
