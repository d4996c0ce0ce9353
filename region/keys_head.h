/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys_head.h: whether the keeper signed a head of the record. */
#ifndef REGION_KEYS_HEAD_H
#define REGION_KEYS_HEAD_H

#include <stdbool.h>

/* public_key: PEM; signature: base64url of r and s, as ASK_SIGN_HEAD gave
 * them. */
bool head_is_signed(const char *public_key, const char *head,
                    const char *signature);

#endif
