/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_store.h: the session store in Redis.  Every key has an expiry; keys
 * are pv:1:<kind>:<SHA-256 of the secret>; values carry a MAC by the signer, so
 * that a value written by another program is not a session. */
#ifndef REGION_STORE_H
#define REGION_STORE_H

#include "lib/json.h"
#include "region/ask.h"
#include "region/region.h"

/* Connections are per thread, opened on first use and closed on any error; a
 * command takes at most 200 ms.  Functions that return bool return false on
 * error: ERROR_UNAVAILABLE with reason "store-away", or "keeper-away" or "busy"
 * if the signer returned no MAC. */
struct store;

/* signer: creates and verifies MACs; NULL for processes that only delete.
 * Returns a store that the caller closes, never NULL. */
struct store *store_open(struct ask *keeper);
void store_close(struct store *s);

/* Returns pv:1:kind:hex, living in a. */
char *store_key(struct arena *a, const char *kind, const char *secret);

/* Sets a value that expires after seconds.  if_absent: sets *ret_done to false
 * and writes nothing if the key exists; ret_done may be NULL.  "v":1 is added
 * to a value without "v". */
bool store_put(struct store *s, const struct region *r, const char *kind,
               const char *secret, const json_t *value, int64_t seconds,
               bool only_new, bool *ret_done, struct fault *why) must_check;

/* Records that subject used value (a jti, a request ID) under kind replay;
 * *ret_new is false if it was recorded before (RFC 7523 3). */
bool store_once(struct store *s, const struct region *r, const char *who,
                const char *what, int64_t seconds, bool *ret_new,
                struct fault *why) must_check;

/* Returns the value, living in a; NULL if there is none, its MAC is wrong or
 * its version is unknown.  store_get_delete() also deletes it, atomically
 * (GETDEL). */
bool store_get(struct store *s, const struct region *r, struct arena *a,
               const char *kind, const char *secret, json_t **ret_value,
               struct fault *why) must_check;
bool store_take(struct store *s, const struct region *r, struct arena *a,
                const char *kind, const char *secret, json_t **ret_value,
                struct fault *why) must_check;

/* Replaces the value only if it still equals old_value (the exact bytes);
 * *ret_done is false otherwise. */
bool store_swap(struct store *s, const struct region *r, const char *kind,
                const char *secret, const json_t *was, const json_t *now,
                int64_t seconds, bool *ret_done, struct fault *why) must_check;

/* A value to store, of a kind that has a MAC. */
struct store_item {
	const char *kind, *secret;
	const json_t *value;
	int64_t seconds;
};

/* A token that the signer signs in the same request as the MACs.  request: the
 * body of IPC_SIGN_TOKEN. */
struct store_along {
	struct arena *arena;
	json_t *question;
	char *token; /* the response, living in arena */
};

/* As store_compare_and_set() on the key of new_item, and atomically with it
 * stores the items, at most STORE_CAS_MAX_ITEMS.  token_request may be NULL;
 * its token is signed even if *ret_done is false. */
enum { STORE_WITH_MOST = 2 };
bool store_swap_with(struct store *s, const struct region *r, const json_t *was,
                     const struct store_item *now,
                     const struct store_item *items, size_t count,
                     struct store_along *along, bool *ret_done,
                     struct fault *why) must_check;

bool store_drop(struct store *s, const struct region *r, const char *kind,
                const char *secret, struct fault *why) must_check;
/* The same with a hashed key (64 hex digits); any other string is
 * ERROR_INVALID. */
bool store_drop_hashed(struct store *s, const struct region *r,
                       const char *kind, const char *hex,
                       struct fault *why) must_check;
bool store_get_hashed(struct store *s, const struct region *r, struct arena *a,
                      const char *kind, const char *hex, json_t **ret_value,
                      struct fault *why) must_check;

/* Sets of strings without a MAC: the sessions of a person. */
bool store_set_add(struct store *s, const struct region *r, const char *kind,
                   const char *secret, const char *member, int64_t seconds,
                   struct fault *why) must_check;
bool store_set_remove(struct store *s, const struct region *r, const char *kind,
                      const char *secret, const char *member,
                      struct fault *why) must_check;
bool store_set_read(struct store *s, const struct region *r, struct arena *a,
                    const char *kind, const char *secret, char ***ret_members,
                    size_t *ret_count, struct fault *why) must_check;

/* Fields of a hash without a MAC: the participants of a session. */
bool store_field_put(struct store *s, const struct region *r, const char *kind,
                     const char *secret, const char *field, const char *value,
                     int64_t seconds, struct fault *why) must_check;
bool store_fields(struct store *s, const struct region *r, struct arena *a,
                  const char *kind, const char *secret, char ***ret_names,
                  char ***ret_values, size_t *ret_count,
                  struct fault *why) must_check;

/* Adds one and returns the new value.  The counter expires seconds after its
 * first increment. */
bool store_count(struct store *s, const struct region *r, const char *what,
                 const char *who, int64_t seconds, long long *ret_count,
                 struct fault *why) must_check;

/* The same for several counters, and a decrement of several: one round trip. */
enum { STORE_COUNTERS_MOST = 3 };
struct store_counter {
	const char *what, *who;
};
bool store_count_all(struct store *s, const struct region *r,
                     const struct store_counter *of, size_t count,
                     int64_t seconds, long long *ret_counts,
                     struct fault *why) must_check;
bool store_uncount_all(struct store *s, const struct region *r,
                       const struct store_counter *of, size_t count,
                       struct fault *why) must_check;

/* Returns the value; and decrements it if it is above zero, for attempts that
 * are counted before their outcome is known. */
bool store_counted(struct store *s, const struct region *r, const char *what,
                   const char *who, long long *ret_count,
                   struct fault *why) must_check;
bool store_uncount(struct store *s, const struct region *r, const char *what,
                   const char *who, struct fault *why) must_check;

/* Returns when person, affiliation and municipality were revoked (0: not), in
 * one round trip.  Each of the three ids may be NULL. */
struct ended {
	int64_t person, affiliation, municipality;
};
bool store_ended(struct store *s, const struct region *r, const char *person,
                 const char *affiliation, const char *municipality,
                 struct ended *ret_ended, struct fault *why) must_check;

/* What a session, or a grant issued in it, depends on: its participants, by
 * sid, and the subjects that may be revoked. */
struct watched {
	const char *sid, *person, *affiliation, *municipality;
};
struct standing {
	struct ended ended;
	char **names, **values;
	size_t count;
};

bool store_standing(struct store *s, const struct region *r, struct arena *a,
                    const struct watched *w, struct standing *ret_standing,
                    struct fault *why) must_check;

/* As store_get(), and the validity of what the value depends on, in the same
 * round trip if those keys are cached.  keys_of reads the keys from the value;
 * if it returns false, or the value is NULL, *ret_validity is not set. */
typedef bool store_watch(void *with, const json_t *value,
                         struct watched *ret_watched);
bool store_get_standing(struct store *s, const struct region *r,
                        struct arena *a, const char *kind, const char *secret,
                        store_watch *watch, void *with, json_t **ret_value,
                        struct standing *ret_standing,
                        struct fault *why) must_check;
/* Caches the validity keys of a secret, which saves a round trip later. */
void store_expect(struct store *s, const char *secret, const struct watched *w);

/* Revokes what was issued until now.  subject: "person", "affiliation" or
 * "municipality". */
bool store_note_ended(struct store *s, const struct region *r, const char *what,
                      const char *id, const char *reason,
                      struct fault *why) must_check;
bool store_clear_ended(struct store *s, const struct region *r,
                       const char *what, const char *id,
                       struct fault *why) must_check;

/* Returns every key of a kind, as 64 hex digits, by SCAN; for operators. */
bool store_each(struct store *s, const struct region *r, struct arena *a,
                const char *kind, char ***ret_hexes, size_t *ret_count,
                struct fault *why) must_check;

/* Returns this host's clock minus that of Redis, in seconds. */
bool store_skew(struct store *s, const struct region *r, int64_t *ret_seconds,
                struct fault *why) must_check;

#endif
