/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_private.h: shared by the session store's files. */
#ifndef REGION_REDIS_STORE_PRIVATE_H
#define REGION_REDIS_STORE_PRIVATE_H

#include "region/redis/redis_conn.h"
#include "region/redis/session_store.h"
#include "region/redis/store_mac.h"

struct store_prefetch;

struct store {
	struct store_conns *conns;
	struct store_mac_cache *macs;
	struct store_prefetch *prefetch;
};

/* ---- store_prefetch.c */

struct store_prefetch *store_prefetch_open(void);
void store_prefetch_close(struct store_prefetch *g);
void store_prefetch_add(struct store *s, const char *hex,
                        const struct validity_keys *keys);
/* Returns whether the keys of the value are cached; they live in a. */
bool store_prefetch_find(struct store *s, struct arena *a, const char *hex,
                         struct validity_keys *ret_keys);

/* ---- store_keys.c */

/* Returns whether values of this kind carry a MAC.  kind is one of the
 * table. */
bool store_kind_has_mac(const char *kind);

/* Return pv:1:kind:hex, and the same for the hash of `<first> NUL <second>`. */
char *store_key_from_hash(struct arena *a, const char *kind, const char *hex);
char *store_key_from_pair(struct arena *a, const char *kind, const char *first,
                          const char *second);
bool store_is_hash(const char *hex); /* 64 digits, lower case */
char *store_format_seconds(struct arena *a, int64_t seconds);

/* Sets the error for a reply of an unexpected type; returns false. */
bool store_unexpected_reply(struct error *err);

bool store_set_text(struct store *s, const struct config *cfg, struct arena *a,
                    const char *key, const char *text, int64_t seconds,
                    bool if_absent, bool *ret_done,
                    struct error *err) must_check;
bool store_delete_key(struct store *s, const struct config *cfg,
                      struct arena *a, const char *key,
                      struct error *err) must_check;

/* Returns the value in a reply; NULL if its MAC is wrong or its version
 * unknown. */
bool store_read_value(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const struct store_reply *reply, json_t **ret_value,
                      struct error *err) must_check;

/* Parse the reply of HGETALL; build the arguments of MGET for those of the
 * three ids that are not NULL, returning their number; and parse its reply. */
bool store_parse_fields(struct arena *a, const struct store_reply *reply,
                        char ***ret_names, char ***ret_values,
                        size_t *ret_count, struct error *err) must_check;
size_t store_revoked_at_command(struct arena *a, const char *const ids[3],
                                const char *args[5]);
bool store_parse_revoked_at(struct arena *a, const char *const ids[3],
                            const struct store_reply *reply,
                            struct revoked_at *ret_revoked_at,
                            struct error *err) must_check;

/* Runs a script with one key and up to three arguments; returns its number. */
bool store_run_script(struct store *s, const struct config *cfg,
                      struct arena *a, const char *script, const char *key,
                      const char *const arguments[3], long long *ret_number,
                      struct error *err) must_check;

#endif
