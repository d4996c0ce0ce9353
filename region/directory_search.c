/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_search.c: LDAP searches (RFC 4511 4.5), plain and paged (RFC 2696).
 * Responses are read message by message, each within the deadline, and copied
 * into arenas. */
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "region/directory_ldap.h"

OWNER(release_values, BerVarray, ber_memfree)

/* Result codes that mean the server is unavailable, not that the request is
 * wrong. */
static const int server_codes[] = {
	LDAP_SERVER_DOWN,
	LDAP_TIMEOUT,
	LDAP_BUSY,
	LDAP_UNAVAILABLE,
	LDAP_OPERATIONS_ERROR,
	LDAP_TIMELIMIT_EXCEEDED,
	LDAP_ADMINLIMIT_EXCEEDED,
	LDAP_OTHER,
	LDAP_CONNECT_ERROR,
	LDAP_DECODING_ERROR,
	LDAP_LOCAL_ERROR,
	LDAP_INSUFFICIENT_ACCESS,
	LDAP_UNWILLING_TO_PERFORM,
	LDAP_REFERRAL,
};

bool ldap_fault(struct fault *why, const char *doing, int code,
                const char *text)
{
	enum fault_kind kind = FAULT_INVALID;

	for (size_t i = 0; i < LENGTH(server_codes); i++)
		if (server_codes[i] == code)
			kind = FAULT_UNAVAILABLE;
	return fault(why, kind, "%s: %s (%d)%s%s", doing, ldap_err2string(code),
	             code, text && *text ? ": " : "", text ? text : "");
}

int next_message(struct directory *d, int id, int all, int deadline_ms,
                 LDAPMessage **ret)
{
	struct timeval limit = { deadline_ms / 1000,
		                 deadline_ms % 1000 * 1000L };

	return ldap_result(d->ld, id, all, &limit, ret);
}

bool wait_result(struct directory *d, int id, const char *doing, int *ret_code,
                 char **ret_text, LDAPControl ***ret_controls,
                 struct fault *why)
{
	own(release_message) LDAPMessage *m = NULL;
	int type = next_message(d, id, LDAP_MSG_ALL, d->deadline_ms, &m);

	if (type == 0) {
		(void)ldap_abandon_ext(d->ld, id, NULL, NULL);
		return fault(why, FAULT_UNAVAILABLE, "%s: no answer in %d ms",
		             doing, d->deadline_ms);
	}
	if (type < 0)
		return ldap_fault(why, doing, LDAP_SERVER_DOWN, NULL);
	int rc = ldap_parse_result(d->ld, m, ret_code, NULL, ret_text, NULL,
	                           ret_controls, 0);
	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, doing, rc, NULL);
	return true;
}

/* ---- entries */

/* Frees a view of a message; the message keeps its bytes. */
static void release_view(BerElement **ber)
{
	if (*ber)
		ber_free(*ber, 0);
}

static void read_values(struct arena *a, struct directory_attribute *to,
                        BerVarray values)
{
	size_t n = 0;

	while (values && values[n].bv_val)
		n++;
	to->values = arena_array(a, struct directory_value, n);
	to->count = n;
	for (size_t i = 0; i < n; i++)
		to->values[i] =
		    (struct directory_value){ arena_bytes(a, values[i].bv_val,
			                                  values[i].bv_len),
			                      values[i].bv_len };
}

struct directory_entry *read_entry(struct directory *d, struct arena *a,
                                   LDAPMessage *message)
{
	struct directory_entry *e = arena_new(a, struct directory_entry);
	LIST(struct directory_attribute) found = { 0 };
	own(release_view) BerElement *ber = NULL;
	struct berval dn = { 0 };
	struct berval name = { 0 };
	BerVarray values = NULL;

	if (ldap_get_dn_ber(d->ld, message, &ber, &dn) != LDAP_SUCCESS)
		return NULL;
	e->dn = arena_bytes(a, dn.bv_val, dn.bv_len);
	while (ldap_get_attribute_ber(d->ld, message, ber, &name, &values) ==
	           LDAP_SUCCESS &&
	       name.bv_val) {
		struct directory_attribute *t = list_add(a, &found);

		t->name = arena_bytes(a, name.bv_val, name.bv_len);
		read_values(a, t, values);
		release_values(&values);
		values = NULL;
	}
	e->attributes = found.at;
	e->count = found.count;
	return e;
}

const struct directory_attribute *entry_attribute(
    const struct directory_entry *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++)
		if (strcasecmp(e->attributes[i].name, name) == 0)
			return &e->attributes[i];
	return NULL;
}

static bool is_text(const struct directory_value *v)
{
	return memchr(v->bytes, '\0', v->length) == NULL;
}

const char *entry_text(const struct directory_entry *e, const char *name)
{
	const struct directory_attribute *t = entry_attribute(e, name);

	if (!t || t->count == 0 || !is_text(&t->values[0]))
		return NULL;
	return t->values[0].bytes;
}

char **entry_texts(struct arena *a, const struct directory_entry *e,
                   const char *name)
{
	const struct directory_attribute *t = entry_attribute(e, name);
	size_t count = t ? t->count : 0;
	char **texts = arena_array(a, char *, count + 1);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (is_text(&t->values[i]))
			texts[n++] = t->values[i].bytes;
	return texts;
}

/* ---- searches */

static const int ldap_scopes[] = {
	[SCOPE_BASE] = LDAP_SCOPE_BASE,
	[SCOPE_ONE] = LDAP_SCOPE_ONELEVEL,
	[SCOPE_SUBTREE] = LDAP_SCOPE_SUBTREE,
};

static bool read_one(struct reading *r, LDAPMessage *m, struct fault *why)
{
	struct arena *a = arena_open();
	const struct directory_entry *e = read_entry(r->d, a, m);
	bool good = e ? r->each(r->with, e, why)
	              : ldap_fault(why, "search", LDAP_DECODING_ERROR, NULL);

	arena_close(a);
	return good;
}

static bool read_end(struct reading *r, LDAPMessage *m, struct fault *why)
{
	own(release_ldap_text) char *text = NULL;
	int rc = ldap_parse_result(r->d->ld, m, &r->code, NULL, &text, NULL,
	                           &r->controls, 0);

	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "search", rc, NULL);
	if (r->code == LDAP_SUCCESS || r->code == LDAP_NO_SUCH_OBJECT)
		return true;
	if (r->code == LDAP_SIZELIMIT_EXCEEDED)
		return fault(why, FAULT_INVALID,
		             "search: more than we asked for, or may have");
	return ldap_fault(why, "search", r->code, text);
}

/* Reads messages until searchResultDone; each within the deadline. */
static bool read_all(struct reading *r, struct fault *why)
{
	for (;;) {
		own(release_message) LDAPMessage *m = NULL;
		int type = next_message(r->d, r->id, LDAP_MSG_ONE,
		                        r->d->deadline_ms, &m);

		if (type == 0)
			return fault(why, FAULT_UNAVAILABLE,
			             "search: no answer in %d ms",
			             r->d->deadline_ms);
		if (type < 0)
			return ldap_fault(why, "search", LDAP_SERVER_DOWN,
			                  NULL);
		if (type == LDAP_RES_SEARCH_RESULT)
			return read_end(r, m, why);
		if (type == LDAP_RES_SEARCH_ENTRY && !read_one(r, m, why))
			return false;
	}
}

bool search_with(struct reading *r, const char *base,
                 enum directory_scope scope, const char *filter,
                 const char *const *names, size_t most, LDAPControl **controls,
                 struct fault *why)
{
	int rc = ldap_search_ext(r->d->ld, base, ldap_scopes[scope], filter,
	                         (char **)names, 0, controls, NULL, NULL,
	                         (int)most, &r->id);

	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "search", rc, NULL);
	if (read_all(r, why))
		return true;
	(void)ldap_abandon_ext(r->d->ld, r->id, NULL, NULL);
	return false;
}

static bool search(struct reading *r, const char *base,
                   enum directory_scope scope, const char *filter,
                   const char *const *names, size_t most, struct fault *why)
{
	bool good = search_with(r, base, scope, filter, names, most, NULL, why);

	release_controls(&r->controls);
	return good;
}

bool directory_each(struct directory *d, const char *base,
                    enum directory_scope scope, const char *filter,
                    const char *const *names,
                    bool (*each)(void *with, const struct directory_entry *e,
                                 struct fault *why),
                    void *with, struct fault *why)
{
	struct reading r = { .d = d, .each = each, .with = with };

	return search(&r, base, scope, filter, names, 0, why);
}

/* Entries found so far, copied into the caller's arena. */
struct found {
	struct arena *arena;
	LIST(struct directory_entry) entries;
};

static struct directory_attribute *copy_attributes(
    struct arena *a, const struct directory_entry *e)
{
	struct directory_attribute *to =
	    arena_array(a, struct directory_attribute, e->count);

	for (size_t i = 0; i < e->count; i++) {
		const struct directory_attribute *from = &e->attributes[i];

		to[i] = (struct directory_attribute){
			arena_copy(a, from->name),
			arena_array(a, struct directory_value, from->count),
			from->count
		};
		for (size_t v = 0; v < from->count; v++)
			to[i].values[v] = (struct directory_value){
				arena_bytes(a, from->values[v].bytes,
				            from->values[v].length),
				from->values[v].length
			};
	}
	return to;
}

struct directory_entry entry_copy(struct arena *a,
                                  const struct directory_entry *e)
{
	return (struct directory_entry){ arena_copy(a, e->dn),
		                         copy_attributes(a, e), e->count };
}

static bool collect(void *with, const struct directory_entry *e,
                    struct fault *why)
{
	struct found *f = with;

	(void)why;
	*list_add(f->arena, &f->entries) = entry_copy(f->arena, e);
	return true;
}

bool directory_search(struct directory *d, struct arena *a, const char *base,
                      enum directory_scope scope, const char *filter,
                      const char *const *names, size_t most,
                      struct directory_entry **ret_entries, size_t *ret_count,
                      struct fault *why)
{
	struct found f = { .arena = a };
	struct reading r = { .d = d, .each = collect, .with = &f };

	if (!search(&r, base, scope, filter, names, most, why))
		return false;
	if (most > 0 && f.entries.count > most)
		return fault(why, FAULT_INVALID, "search: more than %zu", most);
	*ret_entries = f.entries.at;
	*ret_count = f.entries.count;
	return true;
}

/* ---- paged results */

enum { MOST_EMPTY_PAGES = 100 };

/* A paged search in progress (RFC 2696). */
struct pages {
	struct reading page;
	struct berval cookie; /* allocated by libldap; empty: before the first
	                         page, or after the last */
	bool (*each)(void *with, const struct directory_entry *e,
	             struct fault *why);
	void *with;
	struct arena *arena;
	LIST(char *) firsts; /* first DN of each page */
	bool begun;          /* this page has an entry */
	size_t empty;        /* consecutive pages without an entry */
};

/* Cookies do not show progress: 389-DS uses one for the whole search, others
 * count up for ever.  So a page that starts with the same DN as an earlier one
 * is an error. */
static bool note_first(struct pages *p, const char *dn, struct fault *why)
{
	p->begun = true;
	p->empty = 0;
	for (size_t i = 0; i < p->firsts.count; i++)
		if (strcmp(p->firsts.at[i], dn) == 0)
			return fault(why, FAULT_UNAVAILABLE,
			             "search: its pages go round");
	*list_add(p->arena, &p->firsts) = arena_copy(p->arena, dn);
	return true;
}

static bool on_page(void *with, const struct directory_entry *e,
                    struct fault *why)
{
	struct pages *p = with;

	if (!p->begun && !note_first(p, e->dn, why))
		return false;
	return p->each(p->with, e, why);
}

/* Without the response control the server does not page: this was everything.
 */
static bool next_page(struct pages *p, struct fault *why)
{
	LDAPControl *c = p->page.controls
	                     ? ldap_control_find(LDAP_CONTROL_PAGEDRESULTS,
	                                         p->page.controls, NULL)
	                     : NULL;
	ber_int_t estimate = 0;

	ber_memfree(p->cookie.bv_val);
	p->cookie = (struct berval){ 0 };
	if (p->page.code != LDAP_SUCCESS)
		return ldap_fault(why, "search", p->page.code, NULL);
	if (c && ldap_parse_pageresponse_control(p->page.d->ld, c, &estimate,
	                                         &p->cookie) != LDAP_SUCCESS)
		return ldap_fault(why, "search", LDAP_DECODING_ERROR, NULL);
	if (!p->begun && ++p->empty > MOST_EMPTY_PAGES)
		return fault(why, FAULT_UNAVAILABLE,
		             "search: its pages are empty");
	return true;
}

static bool read_page(struct pages *p, const char *base, const char *filter,
                      const char *const *names, size_t size, struct fault *why)
{
	own(release_control) LDAPControl *ask = NULL;

	/* Not critical: a server without paging may send everything at once. */
	if (ldap_create_page_control(p->page.d->ld, (ber_int_t)size, &p->cookie,
	                             0, &ask) != LDAP_SUCCESS)
		return fault(why, FAULT_UNAVAILABLE, "search: no control");
	LDAPControl *controls[] = { ask, NULL };
	p->begun = false;
	bool good = search_with(&p->page, base, SCOPE_SUBTREE, filter, names, 0,
	                        controls, why) &&
	            next_page(p, why);
	release_controls(&p->page.controls);
	p->page.controls = NULL;
	return good;
}

bool directory_pages(struct directory *d, const char *base, const char *filter,
                     const char *const *names, size_t size,
                     bool (*each)(void *with, const struct directory_entry *e,
                                  struct fault *why),
                     void *with, struct fault *why)
{
	struct pages p = { .page = { .d = d, .each = on_page },
		           .each = each,
		           .with = with,
		           .arena = arena_open() };
	bool good;

	p.page.with = &p;
	do
		good = read_page(&p, base, filter, names, size, why);
	while (good && p.cookie.bv_len > 0);
	ber_memfree(p.cookie.bv_val);
	arena_close(p.arena);
	return good;
}
