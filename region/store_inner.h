/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_private.h: shared by the session store's files. */
#ifndef REGION_STORE_INNER_H
#define REGION_STORE_INNER_H

#include "region/store_link.h"
#include "region/store_mac.h"

struct store_guesses;

struct store {
	struct store_links *links;
	struct store_macs *macs;
	struct store_guesses *guesses;
};

struct store_guesses *store_guesses_open(void);
void store_guesses_close(struct store_guesses *g);

/* Return pv:1:kind:hex, and the same for the hash of `<first> NUL <second>`. */
char *store_key_of(struct arena *a, const char *kind, const char *hex);
char *store_key_of_two(struct arena *a, const char *kind, const char *one,
                       const char *other);
bool store_is_hex(const char *hex); /* 64 digits, lower case */
char *store_seconds(struct arena *a, int64_t seconds);

/* Sets the error for a reply of an unexpected type; returns false. */
bool store_strange(struct fault *why);

bool store_set_text(struct store *s, const struct region *r, struct arena *a,
                    const char *key, const char *text, int64_t seconds,
                    bool only_new, bool *ret_done,
                    struct fault *why) must_check;
bool store_drop_key(struct store *s, const struct region *r, struct arena *a,
                    const char *key, struct fault *why) must_check;

/* Returns the value in a reply; NULL if its MAC is wrong or its version
 * unknown. */
bool store_read_value(struct store *s, const struct region *r, struct arena *a,
                      const char *kind, const char *hex,
                      const struct reply *reply, json_t **ret_value,
                      struct fault *why) must_check;

/* Parse the reply of HGETALL; build the arguments of MGET for those of the
 * three ids that are not NULL, returning their number; and parse its reply. */
bool store_fields_read(struct arena *a, const struct reply *reply,
                       char ***ret_names, char ***ret_values, size_t *ret_count,
                       struct fault *why) must_check;
size_t store_ended_words(struct arena *a, const char *const names[3],
                         const char *words[5]);
bool store_ended_read(struct arena *a, const char *const names[3],
                      const struct reply *reply, struct ended *ret_ended,
                      struct fault *why) must_check;

/* Runs a script with one key and up to three arguments; returns its number. */
bool store_run_script(struct store *s, const struct region *r, struct arena *a,
                      const char *script, const char *key,
                      const char *const arguments[3], long long *ret_number,
                      struct fault *why) must_check;

#endif
