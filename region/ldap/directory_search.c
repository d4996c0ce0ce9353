/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_search.c: LDAP searches (RFC 4511 4.5), plain and paged (RFC 2696).
 * Responses are read message by message, each within the deadline, and copied
 * into arenas. */
#include <string.h>

#include "lib/clock.h"
#include "lib/vector.h"
#include "region/ldap/directory_private.h"

DEFINE_CLEANUP(release_values, BerVarray, ber_memfree)

/* Result codes that mean the server is unavailable, not that the request is
 * wrong. */
static const int unavailable_codes[] = {
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

bool directory_ldap_error(struct error *err, const char *operation, int code,
                          const char *text)
{
	enum error_kind kind = ERROR_INVALID;

	for (size_t i = 0; i < LENGTH(unavailable_codes); i++)
		if (unavailable_codes[i] == code)
			kind = ERROR_UNAVAILABLE;
	return error_set(err, kind, "%s: %s (%d)%s%s", operation,
	                 ldap_err2string(code), code, text && *text ? ": " : "",
	                 text ? text : "");
}

int directory_next_message(struct directory *d, int id, int all,
                           int deadline_ms, LDAPMessage **ret)
{
	struct timeval limit = { deadline_ms / 1000,
		                 deadline_ms % 1000 * 1000L };

	return ldap_result(d->ld, id, all, &limit, ret);
}

bool directory_wait_result(struct directory *d, int id, const char *operation,
                           int *ret_code, char **ret_text,
                           LDAPControl ***ret_controls, struct error *err)
{
	own(release_message) LDAPMessage *m = NULL;
	int type =
	    directory_next_message(d, id, LDAP_MSG_ALL, d->deadline_ms, &m);

	if (type == 0) {
		(void)ldap_abandon_ext(d->ld, id, NULL, NULL);
		return error_set(err, ERROR_UNAVAILABLE,
		                 "%s: no response within %d ms", operation,
		                 d->deadline_ms);
	}
	if (type < 0)
		return directory_ldap_error(err, operation, LDAP_SERVER_DOWN,
		                            NULL);
	int rc = ldap_parse_result(d->ld, m, ret_code, NULL, ret_text, NULL,
	                           ret_controls, 0);
	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, operation, rc, NULL);
	return true;
}

/* ---- entries */

/* Frees a view of a message; the message keeps its bytes. */
static void release_message_view(BerElement **ber)
{
	if (*ber)
		ber_free(*ber, 0);
}

static void copy_message_values(struct arena *a, struct directory_attribute *to,
                                BerVarray values)
{
	size_t n = 0;

	while (values && values[n].bv_val)
		n++;
	to->values = arena_array(a, struct directory_value, n);
	to->count = n;
	for (size_t i = 0; i < n; i++)
		to->values[i] =
		    (struct directory_value){ arena_memdup(a, values[i].bv_val,
			                                   values[i].bv_len),
			                      values[i].bv_len };
}

struct directory_entry *directory_read_entry(struct directory *d,
                                             struct arena *a,
                                             LDAPMessage *message)
{
	struct directory_entry *e = arena_new(a, struct directory_entry);
	VECTOR(struct directory_attribute) found = { 0 };
	own(release_message_view) BerElement *ber = NULL;
	struct berval dn = { 0 };
	struct berval name = { 0 };
	BerVarray values = NULL;

	if (ldap_get_dn_ber(d->ld, message, &ber, &dn) != LDAP_SUCCESS)
		return NULL;
	e->dn = arena_memdup(a, dn.bv_val, dn.bv_len);
	while (ldap_get_attribute_ber(d->ld, message, ber, &name, &values) ==
	           LDAP_SUCCESS &&
	       name.bv_val) {
		struct directory_attribute *t = vector_append(a, &found);

		t->name = arena_memdup(a, name.bv_val, name.bv_len);
		copy_message_values(a, t, values);
		release_values(&values);
		values = NULL;
	}
	e->attributes = found.at;
	e->count = found.count;
	return e;
}

/* ---- searches */

static const int ldap_scopes[] = {
	[SCOPE_BASE] = LDAP_SCOPE_BASE,
	[SCOPE_ONE_LEVEL] = LDAP_SCOPE_ONELEVEL,
	[SCOPE_SUBTREE] = LDAP_SCOPE_SUBTREE,
};

static bool search_read_entry(struct directory_search_state *r, LDAPMessage *m,
                              struct error *err)
{
	struct arena *a = arena_open();
	const struct directory_entry *e = directory_read_entry(r->d, a, m);
	bool good =
	    e ? r->each(r->data, e, err)
	      : directory_ldap_error(err, "search", LDAP_DECODING_ERROR, NULL);

	arena_close(a);
	return good;
}

static bool search_read_result(struct directory_search_state *r, LDAPMessage *m,
                               struct error *err)
{
	own(release_ldap_text) char *text = NULL;
	int rc = ldap_parse_result(r->d->ld, m, &r->result_code, NULL, &text,
	                           NULL, &r->controls, 0);

	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "search", rc, NULL);
	if (r->result_code == LDAP_SUCCESS ||
	    r->result_code == LDAP_NO_SUCH_OBJECT)
		return true;
	if (r->result_code == LDAP_SIZELIMIT_EXCEEDED)
		return error_set(err, ERROR_INVALID,
		                 "search: size limit exceeded");
	return directory_ldap_error(err, "search", r->result_code, text);
}

/* Reads messages until searchResultDone; each within the deadline. */
static bool search_read_messages(struct directory_search_state *r,
                                 struct error *err)
{
	for (;;) {
		own(release_message) LDAPMessage *m = NULL;
		int type = directory_next_message(
		    r->d, r->message_id, LDAP_MSG_ONE, r->d->deadline_ms, &m);

		if (type == 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "search: no response within %d ms",
			                 r->d->deadline_ms);
		if (type < 0)
			return directory_ldap_error(err, "search",
			                            LDAP_SERVER_DOWN, NULL);
		if (type == LDAP_RES_SEARCH_RESULT)
			return search_read_result(r, m, err);
		if (type == LDAP_RES_SEARCH_ENTRY &&
		    !search_read_entry(r, m, err))
			return false;
	}
}

bool directory_search_run(struct directory_search_state *r, const char *base,
                          enum directory_scope scope, const char *filter,
                          const char *const *names, size_t max,
                          LDAPControl **controls, struct error *err)
{
	int rc = ldap_search_ext(r->d->ld, base, ldap_scopes[scope], filter,
	                         (char **)names, 0, controls, NULL, NULL,
	                         (int)max, &r->message_id);

	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "search", rc, NULL);
	if (search_read_messages(r, err))
		return true;
	(void)ldap_abandon_ext(r->d->ld, r->message_id, NULL, NULL);
	return false;
}

static bool search_without_controls(struct directory_search_state *r,
                                    const char *base,
                                    enum directory_scope scope,
                                    const char *filter,
                                    const char *const *names, size_t max,
                                    struct error *err)
{
	bool good =
	    directory_search_run(r, base, scope, filter, names, max, NULL, err);

	release_controls(&r->controls);
	return good;
}

bool directory_search_each(struct directory *d, const char *base,
                           enum directory_scope scope, const char *filter,
                           const char *const *names,
                           bool (*each)(void *data,
                                        const struct directory_entry *e,
                                        struct error *err),
                           void *data, struct error *err)
{
	struct directory_search_state r = { .d = d,
		                            .each = each,
		                            .data = data };

	return search_without_controls(&r, base, scope, filter, names, 0, err);
}

/* Entries found so far, copied into the caller's arena. */
struct entry_list {
	struct arena *arena;
	VECTOR(struct directory_entry) entries;
};

static bool search_collect_entry(void *data, const struct directory_entry *e,
                                 struct error *err)
{
	struct entry_list *f = data;

	(void)err;
	*vector_append(f->arena, &f->entries) =
	    directory_entry_copy(f->arena, e);
	return true;
}

bool directory_search(struct directory *d, struct arena *a, const char *base,
                      enum directory_scope scope, const char *filter,
                      const char *const *names, size_t max,
                      struct directory_entry **ret_entries, size_t *ret_count,
                      struct error *err)
{
	struct entry_list f = { .arena = a };
	struct directory_search_state r = { .d = d,
		                            .each = search_collect_entry,
		                            .data = &f };

	if (!search_without_controls(&r, base, scope, filter, names, max, err))
		return false;
	if (max > 0 && f.entries.count > max)
		return error_set(err, ERROR_INVALID,
		                 "search: more than %zu entries", max);
	*ret_entries = f.entries.at;
	*ret_count = f.entries.count;
	return true;
}

/* ---- paged results */

enum { MAX_EMPTY_PAGES = 100 };

/* A paged search in progress (RFC 2696). */
struct paged_search {
	struct directory_search_state search;
	struct berval cookie; /* allocated by libldap; empty: before the first
	                         page, or after the last */
	bool (*each)(void *data, const struct directory_entry *e,
	             struct error *err);
	void *data;
	struct arena *arena;
	VECTOR(char *) first_dns; /* first DN of each page */
	bool has_entry;           /* this page has an entry */
	size_t empty_pages;       /* consecutive pages without an entry */
};

/* Cookies do not show progress: 389-DS uses one for the whole search, others
 * count up for ever.  So a page that starts with the same DN as an earlier one
 * is an error. */
static bool paged_check_first_dn(struct paged_search *p, const char *dn,
                                 struct error *err)
{
	p->has_entry = true;
	p->empty_pages = 0;
	for (size_t i = 0; i < p->first_dns.count; i++)
		if (strcmp(p->first_dns.at[i], dn) == 0)
			return error_set(
			    err, ERROR_UNAVAILABLE,
			    "search: server returned the same page twice");
	*vector_append(p->arena, &p->first_dns) = arena_strdup(p->arena, dn);
	return true;
}

static bool paged_on_entry(void *data, const struct directory_entry *e,
                           struct error *err)
{
	struct paged_search *p = data;

	if (!p->has_entry && !paged_check_first_dn(p, e->dn, err))
		return false;
	return p->each(p->data, e, err);
}

/* Without the response control the server does not page: this was everything.
 */
static bool paged_read_cookie(struct paged_search *p, struct error *err)
{
	LDAPControl *c = p->search.controls
	                     ? ldap_control_find(LDAP_CONTROL_PAGEDRESULTS,
	                                         p->search.controls, NULL)
	                     : NULL;
	ber_int_t estimate = 0;

	ber_memfree(p->cookie.bv_val);
	p->cookie = (struct berval){ 0 };
	if (p->search.result_code != LDAP_SUCCESS)
		return directory_ldap_error(err, "search",
		                            p->search.result_code, NULL);
	if (c && ldap_parse_pageresponse_control(p->search.d->ld, c, &estimate,
	                                         &p->cookie) != LDAP_SUCCESS)
		return directory_ldap_error(err, "search", LDAP_DECODING_ERROR,
		                            NULL);
	if (!p->has_entry && ++p->empty_pages > MAX_EMPTY_PAGES)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "search: too many empty pages");
	return true;
}

static bool paged_read_page(struct paged_search *p, const char *base,
                            const char *filter, const char *const *names,
                            size_t size, struct error *err)
{
	own(release_control) LDAPControl *control = NULL;

	/* Not critical: a server without paging may send everything at once. */
	if (ldap_create_page_control(p->search.d->ld, (ber_int_t)size,
	                             &p->cookie, 0, &control) != LDAP_SUCCESS)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "search: cannot create the control");
	LDAPControl *controls[] = { control, NULL };
	p->has_entry = false;
	bool good = directory_search_run(&p->search, base, SCOPE_SUBTREE,
	                                 filter, names, 0, controls, err) &&
	            paged_read_cookie(p, err);
	release_controls(&p->search.controls);
	p->search.controls = NULL;
	return good;
}

bool directory_search_paged(struct directory *d, const char *base,
                            const char *filter, const char *const *names,
                            size_t size,
                            bool (*each)(void *data,
                                         const struct directory_entry *e,
                                         struct error *err),
                            void *data, struct error *err)
{
	struct paged_search p = { .search = { .d = d, .each = paged_on_entry },
		                  .each = each,
		                  .data = data,
		                  .arena = arena_open() };
	bool good;

	p.search.data = &p;
	do
		good = paged_read_page(&p, base, filter, names, size, err);
	while (good && p.cookie.bv_len > 0);
	ber_memfree(p.cookie.bv_val);
	arena_close(p.arena);
	return good;
}
