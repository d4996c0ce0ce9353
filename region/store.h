/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store.h: the door to Redis.  Nothing is kept without an end; names are
 * pv:1:<kind>:<SHA-256 of the secret>; values carry the keeper's MAC, so that
 * what somebody else planted in Redis is not a session. */
#ifndef REGION_STORE_H
#define REGION_STORE_H

#include "lib/json.h"
#include "region/ask.h"
#include "region/region.h"

/* Connections are per thread, opened when needed, freed on any error; 200 ms
 * for each command.  Every failure is UNAVAILABLE, reason "store-away", or
 * "keeper-away" where a MAC could not be had. */
struct store;

/* keeper: whom to ask for MACs; NULL for processes that only take away. */
struct store *store_open(struct ask *keeper);
void store_close(struct store *s);

/* pv:1:kind:hex, living in a. */
char *store_key(struct arena *a, const char *kind, const char *secret);

/* Sets value to live for seconds.  only_new: refused (ret_done false) where
 * the key exists: for what may happen once; ret_done may be NULL.  "v":1 is
 * added where value has no "v". */
bool store_put(struct store *s, const struct region *r, const char *kind,
               const char *secret, const json_t *value, int64_t seconds,
               bool only_new, bool *ret_done, struct fault *why) must_check;

/* Notes that who used what (a jti, a request's ID); ret_new false where that
 * was noted before.  The name is of kind replay. */
bool store_once(struct store *s, const struct region *r, const char *who,
                const char *what, int64_t seconds, bool *ret_new,
                struct fault *why) must_check;

/* The value, living in a; NULL where there is none, its MAC is not ours, or
 * its version is unknown.  take: also removes it, atomically (GETDEL). */
bool store_get(struct store *s, const struct region *r, struct arena *a,
               const char *kind, const char *secret, json_t **ret_value,
               struct fault *why) must_check;
bool store_take(struct store *s, const struct region *r, struct arena *a,
                const char *kind, const char *secret, json_t **ret_value,
                struct fault *why) must_check;

/* Replaces the value only if it is still the one that was read (the exact
 * bytes): ret_done false otherwise. */
bool store_swap(struct store *s, const struct region *r, const char *kind,
                const char *secret, const json_t *was, const json_t *now,
                int64_t seconds, bool *ret_done, struct fault *why) must_check;

/* Something to be kept, under a kind that has a MAC. */
struct store_item {
	const char *kind, *secret;
	const json_t *value;
	int64_t seconds;
};

/* A token that the keeper signs along with the MACs: one question to it
 * instead of two.  question: what ASK_SIGN_TOKEN is asked. */
struct store_along {
	struct arena *arena;
	json_t *question;
	char *token; /* the answer, living in arena */
};

/* As store_swap of what is kept as now's kind and secret; and in the same
 * moment, or not at all, keeps the items: at most STORE_WITH_MOST.  along may
 * be NULL; its token is there whether it was done or not. */
enum { STORE_WITH_MOST = 2 };
bool store_swap_with(struct store *s, const struct region *r, const json_t *was,
                     const struct store_item *now,
                     const struct store_item *items, size_t count,
                     struct store_along *along, bool *ret_done,
                     struct fault *why) must_check;

bool store_drop(struct store *s, const struct region *r, const char *kind,
                const char *secret, struct fault *why) must_check;
/* The same for a key already hashed (64 hex digits). */
bool store_drop_hashed(struct store *s, const struct region *r,
                       const char *kind, const char *hex,
                       struct fault *why) must_check;
bool store_get_hashed(struct store *s, const struct region *r, struct arena *a,
                      const char *kind, const char *hex, json_t **ret_value,
                      struct fault *why) must_check;

/* Sets of plain text without MAC: a person's sessions. */
bool store_set_add(struct store *s, const struct region *r, const char *kind,
                   const char *secret, const char *member, int64_t seconds,
                   struct fault *why) must_check;
bool store_set_remove(struct store *s, const struct region *r, const char *kind,
                      const char *secret, const char *member,
                      struct fault *why) must_check;
bool store_set_read(struct store *s, const struct region *r, struct arena *a,
                    const char *kind, const char *secret, char ***ret_members,
                    size_t *ret_count, struct fault *why) must_check;

/* Fields of a hash without MAC: who takes part in a session. */
bool store_field_put(struct store *s, const struct region *r, const char *kind,
                     const char *secret, const char *field, const char *value,
                     int64_t seconds, struct fault *why) must_check;
bool store_fields(struct store *s, const struct region *r, struct arena *a,
                  const char *kind, const char *secret, char ***ret_names,
                  char ***ret_values, size_t *ret_count,
                  struct fault *why) must_check;

/* Adds one; the new number.  The count ends seconds after its first. */
bool store_count(struct store *s, const struct region *r, const char *what,
                 const char *who, int64_t seconds, long long *ret_count,
                 struct fault *why) must_check;

/* The same for several at once, and one less of several: one trip each. */
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

/* The number as it is, and one less where it is above nothing: for counting
 * what failed while it is still being tried. */
bool store_counted(struct store *s, const struct region *r, const char *what,
                   const char *who, long long *ret_count,
                   struct fault *why) must_check;
bool store_uncount(struct store *s, const struct region *r, const char *what,
                   const char *who, struct fault *why) must_check;

/* When person, affiliation and municipality ended (0: they have not), in one
 * round trip.  Any of the three names may be NULL. */
struct ended {
	int64_t person, affiliation, municipality;
};
bool store_ended(struct store *s, const struct region *r, const char *person,
                 const char *affiliation, const char *municipality,
                 struct ended *ret_ended, struct fault *why) must_check;

/* What a session, or a grant given in it, hangs on: the fields of `parts`
 * under sid, and who may have ended. */
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

/* As store_get, and how what the value hangs on stands: read in the same
 * round trip where it was read or expected before.  watch says what that is;
 * where it says false, or the value is NULL, ret_standing is left alone. */
typedef bool store_watch(void *with, const json_t *value,
                         struct watched *ret_watched);
bool store_get_standing(struct store *s, const struct region *r,
                        struct arena *a, const char *kind, const char *secret,
                        store_watch *watch, void *with, json_t **ret_value,
                        struct standing *ret_standing,
                        struct fault *why) must_check;
/* What will be asked about with this secret: a guess that saves a trip. */
void store_expect(struct store *s, const char *secret, const struct watched *w);

/* what: "person", "affiliation" or "municipality". */
bool store_note_ended(struct store *s, const struct region *r, const char *what,
                      const char *id, const char *reason,
                      struct fault *why) must_check;
bool store_clear_ended(struct store *s, const struct region *r,
                       const char *what, const char *id,
                       struct fault *why) must_check;

/* Every key of a kind, as 64 hex digits, by SCAN: for operators. */
bool store_each(struct store *s, const struct region *r, struct arena *a,
                const char *kind, char ***ret_hexes, size_t *ret_count,
                struct fault *why) must_check;

/* Our clock less Redis' in seconds; over 30 either way nothing is issued. */
bool store_skew(struct store *s, const struct region *r, int64_t *ret_seconds,
                struct fault *why) must_check;

#endif
