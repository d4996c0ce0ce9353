/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_syncrepl.c: LDAP content synchronization, refreshAndPersist (RFC
 * 4533).
 *
 * Not libldap's ldap_sync_*: it returns the first message of a chain again for
 * every following one, so entries are lost, and it advances its cookie before
 * the caller has stored the change. */
#include <string.h>

#include "lib/clock.h"
#include "region/ldap/directory_private.h"

enum {
	UUID_BYTES = 16,
	UUID_TEXT_LENGTH = 36,
	IDLE_INTERVAL_MS = 1000,
	IDLE_AFTER_CHANGE_MS = 25,
	IDLE_ROUNDS_PER_PROBE =
	    20, /* idle rounds before the server is probed */
};

enum syncrepl_stage { STAGE_REFRESH = 0, STAGE_PERSIST };

struct syncrepl {
	struct directory *d;
	int message_id;
	enum syncrepl_stage stage;
	int refresh_result; /* LDAP result that ended the refresh stage */
	bool is_idle;       /* idle() was called, and no message since */
	int idle_rounds;    /* consecutive idle rounds */
	struct berval
	    refresh_cookie; /* newest cookie of the refresh stage, in arena */
	struct arena *arena;
	const struct syncrepl_callbacks *callbacks;
	void *data;
};

/* One message being handled, with its own arena. */
struct syncrepl_message {
	struct arena *arena;
	struct syncrepl *sync;
	struct error *err;
};

DEFINE_CLEANUP(release_id_set, BerVarray, ber_bvarray_free)
DEFINE_CLEANUP(release_berval, struct berval *, ber_bvfree)

static char *syncrepl_format_uuid(struct arena *a, const struct berval *uuid)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, UUID_TEXT_LENGTH + 1);
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

static void syncrepl_set_refresh_result(struct syncrepl *sync, int code)
{
	if (sync->stage == STAGE_REFRESH)
		sync->refresh_result = code;
}

static bool syncrepl_malformed(struct syncrepl_message *msg)
{
	syncrepl_set_refresh_result(msg->sync, LDAP_DECODING_ERROR);
	return error_set(msg->err, ERROR_UNAVAILABLE,
	                 "syncrepl: message violates RFC 4533");
}

static bool cookie_is_present(const struct berval *cookie)
{
	return cookie->bv_val && cookie->bv_len > 0;
}

/* In the refresh stage a cookie is valid only at its end: slapd's cookies carry
 * delcsn, and after a crash the deletes they cover would be skipped.  In the
 * persist stage each cookie is valid once its change is stored. */
static bool syncrepl_handle_cookie(struct syncrepl_message *msg,
                                   const struct berval *cookie)
{
	struct syncrepl *sync = msg->sync;

	if (!cookie_is_present(cookie))
		return true;
	if (sync->stage == STAGE_PERSIST)
		return sync->callbacks->cookie(sync->data, cookie->bv_val,
		                               cookie->bv_len, msg->err);
	sync->refresh_cookie.bv_val =
	    arena_memdup(sync->arena, cookie->bv_val, cookie->bv_len);
	sync->refresh_cookie.bv_len = cookie->bv_len;
	return true;
}

/* ---- entries with a sync state control (RFC 4533 2.3) */

static bool syncrepl_parse_state(LDAPControl *c, int *ret_state,
                                 struct berval *ret_uuid,
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

static bool syncrepl_dispatch_entry(struct syncrepl_message *msg,
                                    LDAPMessage *m, int state, char *uuid)
{
	const struct syncrepl_callbacks *callbacks = msg->sync->callbacks;
	void *data = msg->sync->data;

	if (state == LDAP_SYNC_PRESENT)
		return callbacks->present(data, &uuid, 1, msg->err);
	if (state == LDAP_SYNC_DELETE)
		return callbacks->deleted(data, &uuid, 1, msg->err);
	if (state != LDAP_SYNC_ADD && state != LDAP_SYNC_MODIFY)
		return syncrepl_malformed(msg);
	const struct directory_entry *e =
	    directory_read_entry(msg->sync->d, msg->arena, m);
	if (!e)
		return syncrepl_malformed(msg);
	return callbacks->entry(data, uuid, e, msg->err);
}

static bool syncrepl_on_search_entry(struct syncrepl_message *msg,
                                     LDAPMessage *m)
{
	own(release_controls) LDAPControl **controls = NULL;
	own(release_ber) BerElement *ber = NULL;
	struct berval uuid = { 0 };
	struct berval cookie = { 0 };
	int state = -1;

	if (ldap_get_entry_controls(msg->sync->d->ld, m, &controls) !=
	        LDAP_SUCCESS ||
	    !controls)
		return syncrepl_malformed(msg);
	LDAPControl *c =
	    ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	if (!c || !syncrepl_parse_state(c, &state, &uuid, &cookie, &ber))
		return syncrepl_malformed(msg);
	return syncrepl_dispatch_entry(
		   msg, m, state, syncrepl_format_uuid(msg->arena, &uuid)) &&
	       syncrepl_handle_cookie(msg, &cookie);
}

/* ---- sync info messages (RFC 4533 2.5) */

/* Reads SEQUENCE { cookie OPTIONAL, flag BOOLEAN DEFAULT ...: the start of all
 * three sequences.  *flag keeps its value if the flag is absent. */
static bool syncrepl_parse_info_header(BerElement *ber,
                                       struct berval *ret_cookie, bool *flag)
{
	ber_len_t length = 0;
	ber_int_t flag_value = *flag;

	if (ber_scanf(ber, "{") == LBER_ERROR)
		return false;
	if (ber_peek_tag(ber, &length) == LDAP_TAG_SYNC_COOKIE &&
	    ber_scanf(ber, "m", ret_cookie) == LBER_ERROR)
		return false;
	if (ber_peek_tag(ber, &length) == LBER_BOOLEAN &&
	    ber_scanf(ber, "b", &flag_value) == LBER_ERROR)
		return false;
	*flag = flag_value != 0;
	return true;
}

static bool syncrepl_finish_refresh(struct syncrepl_message *msg, bool deletes)
{
	struct syncrepl *sync = msg->sync;

	sync->stage = STAGE_PERSIST;
	return sync->callbacks->refresh_done(
	    sync->data, sync->refresh_cookie.bv_val,
	    sync->refresh_cookie.bv_len, deletes, msg->err);
}

static bool syncrepl_on_refresh_phase(struct syncrepl_message *msg,
                                      BerElement *ber, bool deletes)
{
	struct berval cookie = { 0 };
	bool done = true;

	if (!syncrepl_parse_info_header(ber, &cookie, &done))
		return syncrepl_malformed(msg);
	if (!syncrepl_handle_cookie(msg, &cookie))
		return false;
	if (!done || msg->sync->stage == STAGE_PERSIST)
		return true;
	return syncrepl_finish_refresh(msg, deletes);
}

static bool syncrepl_on_id_set(struct syncrepl_message *msg, BerElement *ber)
{
	own(release_id_set) BerVarray ids = NULL;
	struct berval cookie = { 0 };
	ber_len_t length = 0;
	bool deletes = false;
	size_t n = 0;

	if (!syncrepl_parse_info_header(ber, &cookie, &deletes))
		return syncrepl_malformed(msg);
	/* RFC 4533 2.5: the set may be empty, which "[W]" rejects. */
	if (ber_peek_tag(ber, &length) == LBER_SET && length > 0 &&
	    ber_scanf(ber, "[W]", &ids) == LBER_ERROR)
		return syncrepl_malformed(msg);
	while (ids && ids[n].bv_val)
		n++;
	char **uuids = arena_array(msg->arena, char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (ids[i].bv_len != UUID_BYTES)
			return syncrepl_malformed(msg);
		uuids[i] = syncrepl_format_uuid(msg->arena, &ids[i]);
	}
	const struct syncrepl_callbacks *callbacks = msg->sync->callbacks;
	bool good =
	    deletes ? callbacks->deleted(msg->sync->data, uuids, n, msg->err)
		    : callbacks->present(msg->sync->data, uuids, n, msg->err);
	return good && syncrepl_handle_cookie(msg, &cookie);
}

static bool syncrepl_on_new_cookie(struct syncrepl_message *msg,
                                   BerElement *ber)
{
	struct berval cookie = { 0 };
	ber_tag_t tag = 0;

	if (ber_scanf(ber, "tm", &tag, &cookie) == LBER_ERROR)
		return syncrepl_malformed(msg);
	return syncrepl_handle_cookie(msg, &cookie);
}

static bool syncrepl_on_info(struct syncrepl_message *msg,
                             const struct berval *data)
{
	own(release_ber) BerElement *ber = ber_init((struct berval *)data);
	ber_len_t length = 0;

	if (!ber)
		return syncrepl_malformed(msg);
	switch (ber_peek_tag(ber, &length)) {
	case LDAP_TAG_SYNC_NEW_COOKIE:
		return syncrepl_on_new_cookie(msg, ber);
	case LDAP_TAG_SYNC_REFRESH_DELETE:
		return syncrepl_on_refresh_phase(msg, ber, true);
	case LDAP_TAG_SYNC_REFRESH_PRESENT:
		return syncrepl_on_refresh_phase(msg, ber, false);
	case LDAP_TAG_SYNC_ID_SET:
		return syncrepl_on_id_set(msg, ber);
	default:
		return syncrepl_malformed(msg);
	}
}

static bool syncrepl_on_intermediate(struct syncrepl_message *msg,
                                     LDAPMessage *m)
{
	own(release_ldap_text) char *oid = NULL;
	own(release_berval) struct berval *data = NULL;

	if (ldap_parse_intermediate(msg->sync->d->ld, m, &oid, &data, NULL,
	                            0) != LDAP_SUCCESS)
		return syncrepl_malformed(msg);
	if (!oid || strcmp(oid, LDAP_SYNC_INFO) != 0)
		return true;
	return data ? syncrepl_on_info(msg, data) : syncrepl_malformed(msg);
}

/* ---- the final result */

/* A persistent search ends only by an error or when the server stops it.  An
 * unfinished refresh is then discarded. */
static bool syncrepl_on_result(struct syncrepl_message *msg, LDAPMessage *m)
{
	own(release_ldap_text) char *text = NULL;
	int code = LDAP_OTHER;

	if (ldap_parse_result(msg->sync->d->ld, m, &code, NULL, &text, NULL,
	                      NULL, 0) != LDAP_SUCCESS)
		return syncrepl_malformed(msg);
	syncrepl_set_refresh_result(msg->sync, code);
	if (code == LDAP_SUCCESS)
		return error_set(msg->err, ERROR_UNAVAILABLE,
		                 "syncrepl: server ended the search");
	(void)directory_ldap_error(msg->err, "syncrepl", code, text);
	if (msg->err)
		msg->err->kind = ERROR_UNAVAILABLE;
	return false;
}

static bool syncrepl_on_message(struct syncrepl *sync, int type, LDAPMessage *m,
                                struct error *err)
{
	struct syncrepl_message msg = { arena_open(), sync, err };
	bool keep_going = true;

	sync->is_idle = false;
	sync->idle_rounds = 0;
	if (type == LDAP_RES_SEARCH_ENTRY)
		keep_going = syncrepl_on_search_entry(&msg, m);
	else if (type == LDAP_RES_INTERMEDIATE)
		keep_going = syncrepl_on_intermediate(&msg, m);
	else if (type == LDAP_RES_SEARCH_RESULT)
		keep_going = syncrepl_on_result(&msg, m);
	arena_close(msg.arena);
	return keep_going;
}

/* A hung server keeps its TCP connections open, so a second request probes it.
 * Messages of the search that arrive meanwhile stay queued in libldap. */
static bool syncrepl_probe_server(struct syncrepl *sync, struct error *err)
{
	static char *no_attributes[] = { (char *)LDAP_NO_ATTRS, NULL };
	own(release_ldap_text) char *text = NULL;
	own(release_controls) LDAPControl **controls = NULL;
	int id = 0;
	int code = LDAP_OTHER;
	int rc = ldap_search_ext(sync->d->ld, "", LDAP_SCOPE_BASE,
	                         "(!(objectClass=*))", no_attributes, 0, NULL,
	                         NULL, NULL, LDAP_NO_LIMIT, &id);

	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "syncrepl", rc, NULL);
	/* Any response proves that the server is alive. */
	return directory_wait_result(sync->d, id, "syncrepl", &code, &text,
	                             &controls, err);
}

static bool syncrepl_on_idle(struct syncrepl *sync, struct error *err)
{
	if (++sync->idle_rounds % IDLE_ROUNDS_PER_PROBE == 0 &&
	    !syncrepl_probe_server(sync, err))
		return false;
	return sync->callbacks->idle(sync->data, err);
}

/* A timeout is an error in the refresh stage; in the persist stage it is idle
 * time. */
static bool syncrepl_on_timeout(struct syncrepl *sync, struct error *err)
{
	sync->is_idle = true;
	if (sync->stage == STAGE_PERSIST)
		return syncrepl_on_idle(sync, err);
	syncrepl_set_refresh_result(sync, LDAP_TIMEOUT);
	return error_set(err, ERROR_UNAVAILABLE,
	                 "syncrepl: no response within %d ms",
	                 sync->d->deadline_ms);
}

static int syncrepl_timeout_ms(const struct syncrepl *sync)
{
	if (sync->stage == STAGE_REFRESH)
		return sync->d->deadline_ms;
	return sync->is_idle ? IDLE_INTERVAL_MS : IDLE_AFTER_CHANGE_MS;
}

static bool syncrepl_run_loop(struct syncrepl *sync, struct error *err)
{
	for (;;) {
		own(release_message) LDAPMessage *m = NULL;
		int type = directory_next_message(
		    sync->d, sync->message_id, LDAP_MSG_ONE,
		    syncrepl_timeout_ms(sync), &m);

		if (type < 0) {
			syncrepl_set_refresh_result(sync, LDAP_SERVER_DOWN);
			return directory_ldap_error(err, "syncrepl",
			                            LDAP_SERVER_DOWN, NULL);
		}
		bool keep_going = type == 0
		                      ? syncrepl_on_timeout(sync, err)
		                      : syncrepl_on_message(sync, type, m, err);
		if (!keep_going)
			return false;
	}
}

static bool create_sync_request_control(const char *cookie, size_t length,
                                        LDAPControl **ret)
{
	own(release_ber) BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval cookie_value = { length, (char *)cookie };
	struct berval value = { 0 };

	if (!ber)
		return false;
	int rc =
	    cookie ? ber_printf(ber, "{eOb}", LDAP_SYNC_REFRESH_AND_PERSIST,
	                        &cookie_value, 0)
		   : ber_printf(ber, "{eb}", LDAP_SYNC_REFRESH_AND_PERSIST, 0);
	if (rc < 0 || ber_flatten2(ber, &value, 0) < 0)
		return false;
	return ldap_control_create(LDAP_CONTROL_SYNC, 1, &value, 1, ret) ==
	       LDAP_SUCCESS;
}

bool directory_syncrepl_run(struct directory *d, const char *base,
                            const char *filter, const char *const *names,
                            const char *cookie, size_t cookie_length,
                            const struct syncrepl_callbacks *callbacks,
                            void *data, int *ret_code, struct error *err)
{
	own(release_control) LDAPControl *request = NULL;
	struct syncrepl sync = { .d = d, .callbacks = callbacks, .data = data };

	*ret_code = LDAP_LOCAL_ERROR;
	if (!create_sync_request_control(cookie, cookie_length, &request))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "syncrepl: cannot create the control");
	LDAPControl *controls[] = { request, NULL };
	int rc = ldap_search_ext(d->ld, base, LDAP_SCOPE_SUBTREE, filter,
	                         (char **)names, 0, controls, NULL, NULL,
	                         LDAP_NO_LIMIT, &sync.message_id);
	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "syncrepl", rc, NULL);
	sync.arena = arena_open();
	(void)syncrepl_run_loop(&sync, err);
	arena_close(sync.arena);
	*ret_code = sync.refresh_result;
	(void)ldap_abandon_ext(d->ld, sync.message_id, NULL, NULL);
	return false;
}
