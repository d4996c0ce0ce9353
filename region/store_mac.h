/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_mac.h: values sealed with the keeper's MAC, so that what somebody
 * else wrote into Redis is nothing. */
#ifndef REGION_STORE_MAC_H
#define REGION_STORE_MAC_H

#include "region/store.h"

struct store_macs;

struct store_macs *store_macs_open(struct ask *keeper);
void store_macs_close(struct store_macs *m);

/* The JSON text a value is written as, before the full stop; its version is
 * said where it is not. */
char *store_mac_text(struct arena *a, const json_t *value);

/* A value and the name it will have. */
struct mac_item {
	const char *kind, *hex;
	const json_t *value;
};

/* `{...}.<43 characters>` for count items in one question, living in a; and
 * what goes along with it (NULL: nothing). */
bool store_mac_write_items(struct store_macs *m, const struct region *r,
                           struct arena *a, const struct mac_item *items,
                           size_t count, struct store_along *along,
                           char **ret_texts, struct fault *why) must_check;

/* The same for count values of one name. */
bool store_mac_write(struct store_macs *m, const struct region *r,
                     struct arena *a, const char *kind, const char *hex,
                     const json_t *const *values, size_t count,
                     char **ret_texts, struct fault *why) must_check;

/* The value, living in a; NULL where the MAC is not ours, the text is not
 * JSON or its version is unknown.  False only when the keeper is away. */
bool store_mac_read(struct store_macs *m, const struct region *r,
                    struct arena *a, const char *kind, const char *hex,
                    const char *text, json_t **ret_value,
                    struct fault *why) must_check;

#endif
