/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_syncrepl.c: LDAP content synchronization, refreshAndPersist (RFC
 * 4533).
 *
 * Not libldap's ldap_sync_*: it returns the first message of a chain again for
 * every following one, so entries are lost, and it advances its cookie before
 * the caller has stored the change. */
#include <string.h>

#include "lib/clock.h"
#include "region/directory_ldap.h"

enum {
	UUID_BYTES = 16,
	UUID_TEXT = 36,
	REST_MS = 1000,
	QUIET_MS = 25,
	RESTS = 20, /* idle rounds before the server is probed */
};

enum stage { REFRESHING = 0, PERSISTING };

struct follow {
	struct directory *d;
	int id;
	enum stage stage;
	int code;           /* LDAP result that ended the refresh stage */
	bool resting;       /* idle() was called, and no message since */
	int rests;          /* consecutive idle rounds */
	struct berval last; /* newest cookie of the refresh stage, in arena */
	struct arena *kept;
	const struct follow_events *events;
	void *with;
};

/* One message being handled, with its own arena. */
struct step {
	struct arena *arena;
	struct follow *f;
	struct fault *why;
};

OWNER(release_id_set, BerVarray, ber_bvarray_free)
OWNER(release_berval, struct berval *, ber_bvfree)

static char *uuid_text(struct arena *a, const struct berval *uuid)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, UUID_TEXT + 1);
	size_t n = 0;

	for (size_t i = 0; i < UUID_BYTES; i++) {
		unsigned char c = (unsigned char)uuid->bv_val[i];

		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[n++] = '-';
		text[n++] = digits[c >> 4];
		text[n++] = digits[c & 15];
	}
	return text;
}

static void note_end(struct follow *f, int code)
{
	if (f->stage == REFRESHING)
		f->code = code;
}

static bool malformed(struct step *s)
{
	note_end(s->f, LDAP_DECODING_ERROR);
	return fault(s->why, FAULT_UNAVAILABLE,
	             "follow: not what RFC 4533 says");
}

static bool has_cookie(const struct berval *cookie)
{
	return cookie->bv_val && cookie->bv_len > 0;
}

/* In the refresh stage a cookie is valid only at its end: slapd's cookies carry
 * delcsn, and after a crash the deletes they cover would be skipped.  In the
 * persist stage each cookie is valid once its change is stored. */
static bool cookie_came(struct step *s, const struct berval *cookie)
{
	struct follow *f = s->f;

	if (!has_cookie(cookie))
		return true;
	if (f->stage == PERSISTING)
		return f->events->cookie(f->with, cookie->bv_val,
		                         cookie->bv_len, s->why);
	f->last.bv_val = arena_bytes(f->kept, cookie->bv_val, cookie->bv_len);
	f->last.bv_len = cookie->bv_len;
	return true;
}

/* ---- entries with a sync state control (RFC 4533 2.3) */

static bool read_state(LDAPControl *c, int *ret_state, struct berval *ret_uuid,
                       struct berval *ret_cookie, BerElement **ber)
{
	ber_len_t length = 0;

	*ber = ber_init(&c->ldctl_value);
	if (!*ber || ber_scanf(*ber, "{em", ret_state, ret_uuid) == LBER_ERROR)
		return false;
	if (ret_uuid->bv_len != UUID_BYTES)
		return false;
	if (ber_peek_tag(*ber, &length) == LDAP_TAG_SYNC_COOKIE)
		return ber_scanf(*ber, "m", ret_cookie) != LBER_ERROR;
	return true;
}

static bool entry_event(struct step *s, LDAPMessage *m, int state, char *uuid)
{
	const struct follow_events *on = s->f->events;
	void *with = s->f->with;

	if (state == LDAP_SYNC_PRESENT)
		return on->present(with, &uuid, 1, s->why);
	if (state == LDAP_SYNC_DELETE)
		return on->deleted(with, &uuid, 1, s->why);
	if (state != LDAP_SYNC_ADD && state != LDAP_SYNC_MODIFY)
		return malformed(s);
	const struct directory_entry *e = read_entry(s->f->d, s->arena, m);
	if (!e)
		return malformed(s);
	return on->entry(with, uuid, e, s->why);
}

static bool on_entry(struct step *s, LDAPMessage *m)
{
	own(release_controls) LDAPControl **controls = NULL;
	own(release_ber) BerElement *ber = NULL;
	struct berval uuid = { 0 };
	struct berval cookie = { 0 };
	int state = -1;

	if (ldap_get_entry_controls(s->f->d->ld, m, &controls) !=
	        LDAP_SUCCESS ||
	    !controls)
		return malformed(s);
	LDAPControl *c =
	    ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	if (!c || !read_state(c, &state, &uuid, &cookie, &ber))
		return malformed(s);
	return entry_event(s, m, state, uuid_text(s->arena, &uuid)) &&
	       cookie_came(s, &cookie);
}

/* ---- sync info messages (RFC 4533 2.5) */

/* Reads SEQUENCE { cookie OPTIONAL, flag BOOLEAN DEFAULT ...: the start of all
 * three sequences.  *flag keeps its value if the flag is absent. */
static bool open_info(BerElement *ber, struct berval *ret_cookie, bool *flag)
{
	ber_len_t length = 0;
	ber_int_t said = *flag;

	if (ber_scanf(ber, "{") == LBER_ERROR)
		return false;
	if (ber_peek_tag(ber, &length) == LDAP_TAG_SYNC_COOKIE &&
	    ber_scanf(ber, "m", ret_cookie) == LBER_ERROR)
		return false;
	if (ber_peek_tag(ber, &length) == LBER_BOOLEAN &&
	    ber_scanf(ber, "b", &said) == LBER_ERROR)
		return false;
	*flag = said != 0;
	return true;
}

static bool refresh_over(struct step *s, bool deletes)
{
	struct follow *f = s->f;

	f->stage = PERSISTING;
	return f->events->refreshed(f->with, f->last.bv_val, f->last.bv_len,
	                            deletes, s->why);
}

static bool on_phase(struct step *s, BerElement *ber, bool deletes)
{
	struct berval cookie = { 0 };
	bool done = true;

	if (!open_info(ber, &cookie, &done))
		return malformed(s);
	if (!cookie_came(s, &cookie))
		return false;
	if (!done || s->f->stage == PERSISTING)
		return true;
	return refresh_over(s, deletes);
}

static bool on_id_set(struct step *s, BerElement *ber)
{
	own(release_id_set) BerVarray ids = NULL;
	struct berval cookie = { 0 };
	ber_len_t length = 0;
	bool deletes = false;
	size_t n = 0;

	if (!open_info(ber, &cookie, &deletes))
		return malformed(s);
	/* RFC 4533 2.5: the set may be empty, which "[W]" rejects. */
	if (ber_peek_tag(ber, &length) == LBER_SET && length > 0 &&
	    ber_scanf(ber, "[W]", &ids) == LBER_ERROR)
		return malformed(s);
	while (ids && ids[n].bv_val)
		n++;
	char **uuids = arena_array(s->arena, char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (ids[i].bv_len != UUID_BYTES)
			return malformed(s);
		uuids[i] = uuid_text(s->arena, &ids[i]);
	}
	const struct follow_events *on = s->f->events;
	bool good = deletes ? on->deleted(s->f->with, uuids, n, s->why)
	                    : on->present(s->f->with, uuids, n, s->why);
	return good && cookie_came(s, &cookie);
}

static bool on_new_cookie(struct step *s, BerElement *ber)
{
	struct berval cookie = { 0 };
	ber_tag_t tag = 0;

	if (ber_scanf(ber, "tm", &tag, &cookie) == LBER_ERROR)
		return malformed(s);
	return cookie_came(s, &cookie);
}

static bool read_info(struct step *s, const struct berval *data)
{
	own(release_ber) BerElement *ber = ber_init((struct berval *)data);
	ber_len_t length = 0;

	if (!ber)
		return malformed(s);
	switch (ber_peek_tag(ber, &length)) {
	case LDAP_TAG_SYNC_NEW_COOKIE:
		return on_new_cookie(s, ber);
	case LDAP_TAG_SYNC_REFRESH_DELETE:
		return on_phase(s, ber, true);
	case LDAP_TAG_SYNC_REFRESH_PRESENT:
		return on_phase(s, ber, false);
	case LDAP_TAG_SYNC_ID_SET:
		return on_id_set(s, ber);
	default:
		return malformed(s);
	}
}

static bool on_intermediate(struct step *s, LDAPMessage *m)
{
	own(release_ldap_text) char *oid = NULL;
	own(release_berval) struct berval *data = NULL;

	if (ldap_parse_intermediate(s->f->d->ld, m, &oid, &data, NULL, 0) !=
	    LDAP_SUCCESS)
		return malformed(s);
	if (!oid || strcmp(oid, LDAP_SYNC_INFO) != 0)
		return true;
	return data ? read_info(s, data) : malformed(s);
}

/* ---- the final result */

/* A persistent search ends only by an error or when the server stops it.  An
 * unfinished refresh is then discarded. */
static bool on_result(struct step *s, LDAPMessage *m)
{
	own(release_ldap_text) char *text = NULL;
	int code = LDAP_OTHER;

	if (ldap_parse_result(s->f->d->ld, m, &code, NULL, &text, NULL, NULL,
	                      0) != LDAP_SUCCESS)
		return malformed(s);
	note_end(s->f, code);
	if (code == LDAP_SUCCESS)
		return fault(s->why, FAULT_UNAVAILABLE,
		             "follow: the server ended it");
	(void)ldap_fault(s->why, "follow", code, text);
	if (s->why)
		s->why->kind = FAULT_UNAVAILABLE;
	return false;
}

static bool on_message(struct follow *f, int type, LDAPMessage *m,
                       struct fault *why)
{
	struct step s = { arena_open(), f, why };
	bool go_on = true;

	f->resting = false;
	f->rests = 0;
	if (type == LDAP_RES_SEARCH_ENTRY)
		go_on = on_entry(&s, m);
	else if (type == LDAP_RES_INTERMEDIATE)
		go_on = on_intermediate(&s, m);
	else if (type == LDAP_RES_SEARCH_RESULT)
		go_on = on_result(&s, m);
	arena_close(s.arena);
	return go_on;
}

/* A hung server keeps its TCP connections open, so a second request probes it.
 * Messages of the search that arrive meanwhile stay queued in libldap. */
static bool is_there(struct follow *f, struct fault *why)
{
	static char *nothing[] = { (char *)LDAP_NO_ATTRS, NULL };
	own(release_ldap_text) char *text = NULL;
	own(release_controls) LDAPControl **controls = NULL;
	int id = 0;
	int code = LDAP_OTHER;
	int rc =
	    ldap_search_ext(f->d->ld, "", LDAP_SCOPE_BASE, "(!(objectClass=*))",
	                    nothing, 0, NULL, NULL, NULL, LDAP_NO_LIMIT, &id);

	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "follow", rc, NULL);
	/* Any response proves that the server is alive. */
	return wait_result(f->d, id, "follow", &code, &text, &controls, why);
}

static bool rest(struct follow *f, struct fault *why)
{
	if (++f->rests % RESTS == 0 && !is_there(f, why))
		return false;
	return f->events->idle(f->with, why);
}

/* A timeout is an error in the refresh stage; in the persist stage it is idle
 * time. */
static bool on_silence(struct follow *f, struct fault *why)
{
	f->resting = true;
	if (f->stage == PERSISTING)
		return rest(f, why);
	note_end(f, LDAP_TIMEOUT);
	return fault(why, FAULT_UNAVAILABLE, "follow: no answer in %d ms",
	             f->d->deadline_ms);
}

static int patience_of(const struct follow *f)
{
	if (f->stage == REFRESHING)
		return f->d->deadline_ms;
	return f->resting ? REST_MS : QUIET_MS;
}

static bool follow_on(struct follow *f, struct fault *why)
{
	for (;;) {
		own(release_message) LDAPMessage *m = NULL;
		int type =
		    next_message(f->d, f->id, LDAP_MSG_ONE, patience_of(f), &m);

		if (type < 0) {
			note_end(f, LDAP_SERVER_DOWN);
			return ldap_fault(why, "follow", LDAP_SERVER_DOWN,
			                  NULL);
		}
		bool go_on = type == 0 ? on_silence(f, why)
		                       : on_message(f, type, m, why);
		if (!go_on)
			return false;
	}
}

static bool sync_request(const char *cookie, size_t length, LDAPControl **ret)
{
	own(release_ber) BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval sent = { length, (char *)cookie };
	struct berval value = { 0 };

	if (!ber)
		return false;
	int rc =
	    cookie ? ber_printf(ber, "{eOb}", LDAP_SYNC_REFRESH_AND_PERSIST,
	                        &sent, 0)
		   : ber_printf(ber, "{eb}", LDAP_SYNC_REFRESH_AND_PERSIST, 0);
	if (rc < 0 || ber_flatten2(ber, &value, 0) < 0)
		return false;
	return ldap_control_create(LDAP_CONTROL_SYNC, 1, &value, 1, ret) ==
	       LDAP_SUCCESS;
}

bool directory_follow(struct directory *d, const char *base, const char *filter,
                      const char *const *names, const char *cookie,
                      size_t cookie_length, const struct follow_events *events,
                      void *with, int *ret_code, struct fault *why)
{
	own(release_control) LDAPControl *request = NULL;
	struct follow f = { .d = d, .events = events, .with = with };

	*ret_code = LDAP_LOCAL_ERROR;
	if (!sync_request(cookie, cookie_length, &request))
		return fault(why, FAULT_UNAVAILABLE, "follow: no control");
	LDAPControl *controls[] = { request, NULL };
	int rc = ldap_search_ext(d->ld, base, LDAP_SCOPE_SUBTREE, filter,
	                         (char **)names, 0, controls, NULL, NULL,
	                         LDAP_NO_LIMIT, &f.id);
	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "follow", rc, NULL);
	f.kept = arena_open();
	(void)follow_on(&f, why);
	arena_close(f.kept);
	*ret_code = f.code;
	(void)ldap_abandon_ext(d->ld, f.id, NULL, NULL);
	return false;
}
