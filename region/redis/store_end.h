/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_end.h: begin and end of a session in Redis.  One script ends it: its
 * participants move to a record of the past session, and a notification of each
 * is queued, so that neither a crash nor a restart loses one.  The queues are
 * sorted sets of items by the time they are due.  Nothing here has a MAC: it
 * can end sessions and notify services of it, nothing else. */
#ifndef REGION_REDIS_STORE_END_H
#define REGION_REDIS_STORE_END_H

#include "region/redis/session_store.h"

/* The identity of a session in Redis. */
struct store_session {
	const char *hex; /* of its key: the hash of the cookie's value */
	const char *sid;
	const char *person_hex; /* of the key of the person's sessions */
};

/* Returns that of a session of the person with this id, allocated in a. */
struct store_session store_session_of(struct arena *a, const char *hex,
                                      const char *sid, const char *person);

/* Writes what precedes the value of a session: the field marker of its
 * participants, which expires after parts_s, its place among the sessions of
 * the person, and the time of its idle end, ttl_s from now. */
bool store_begin_session(struct store *s, const struct config *cfg,
                         const struct store_session *session,
                         const char *marker, int64_t parts_s, int64_t ttl_s,
                         struct error *err) must_check;

/* Sets the field of a participant, while the session with this sid lives:
 * *ret_set is false where it has ended.  Participants expire after seconds, or
 * later. */
bool store_set_participant(struct store *s, const struct config *cfg,
                           const char *sid, const char *participant,
                           const char *value, int64_t seconds, bool *ret_set,
                           struct error *err) must_check;

/* The field of the participants that exists as long as the session does, and
 * that of a past session's record with its end: {v, sid, cause, at}. */
#define STORE_SESSION_MARKER "session"
#define STORE_PAST_END       "end"

/* The fields of a hash, as HGETALL returns them. */
struct store_fields {
	char **names, **values;
	size_t count;
};

/* Notifications that wait at the same time. */
enum { STORE_LOGOUTS_MAX = 20000 };

struct store_end_result {
	/* The fields of its participants; none if it had ended before: of
	 * concurrent callers one receives them. */
	struct store_fields parts;
	size_t dropped; /* notifications that the queue had no room for */
	/* Another key has replaced this one (store_begin_session() with the
	 * same sid): that session was left alone. */
	bool is_replaced;
};

/* Ends a session: from now on its cookie and its grants are invalid.  Each
 * participant is notified notify_in_s from now, unless the caller settles it
 * before. */
bool store_end_session(struct store *s, const struct config *cfg,
                       struct arena *a, const struct store_session *session,
                       const char *cause, int64_t notify_in_s,
                       struct store_end_result *ret,
                       struct error *err) must_check;

/* Reads the record of a past session; no field, if there is none. */
bool store_past_read(struct store *s, const struct config *cfg, struct arena *a,
                     const char *hex, struct store_fields *ret_past,
                     struct error *err) must_check;

/* The status of a participant's notification, in the record. */
char *store_past_status_field(struct arena *a, const char *participant);

/* Records the status of the participant's notification.  retry_in_s 0: it is
 * done and leaves the queue; otherwise it is due again then. */
bool store_past_settle(struct store *s, const struct config *cfg,
                       const char *hex, const char *participant,
                       const char *status, int64_t retry_in_s,
                       struct error *err) must_check;

/* Takes at most max notifications and revocations that are due: for lease_s no
 * other process receives them.  They stay until they are settled, so the items
 * of a process that dies are taken again. */
bool store_logouts_take(struct store *s, const struct config *cfg,
                        struct arena *a, int64_t lease_s, size_t max,
                        char ***ret_items, size_t *ret_count,
                        struct error *err) must_check;
bool store_logout_remove(struct store *s, const struct config *cfg,
                         const char *item, struct error *err) must_check;

/* An item of that queue. */
struct store_logout_item {
	/* A participant to notify; NULL: the sessions of a person to end. */
	const char *hex, *participant;
	/* Sessions of this person that this affiliation (NULL: any)
	 * authenticated until then. */
	const char *person, *affiliation;
	int64_t until;
};
/* Parses an item.  Returns false for one of an unknown version. */
bool store_logout_parse(struct arena *a, const char *item,
                        struct store_logout_item *ret) must_check;

/* Queues the end of the sessions that a person, or an affiliation of it, has
 * now; for processes that cannot read a session.  Does nothing where the person
 * has none. */
bool store_queue_revocation(struct store *s, const struct config *cfg,
                            const char *person, const char *affiliation,
                            struct error *err) must_check;

/* A session that ended: the hash of its sid, 64 hex digits, and the time. */
struct store_gone {
	const char *sid_hex;
	int64_t at;
};

/* Returns at most max sessions that ended at or after since (Unix time of
 * Redis), the earliest first. */
bool store_gone_read(struct store *s, const struct config *cfg, struct arena *a,
                     int64_t since, size_t max, struct store_gone **ret_gone,
                     size_t *ret_count, struct error *err) must_check;

/* Takes at most max sessions whose time is over, as store_logouts_take(): those
 * that were used meanwhile get their new time instead. */
bool store_idle_take(struct store *s, const struct config *cfg, struct arena *a,
                     int64_t lease_s, size_t max,
                     struct store_session **ret_sessions, size_t *ret_count,
                     struct error *err) must_check;

#endif
