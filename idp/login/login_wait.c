/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_wait.c: the field is "SINCE ACCOUNT", sealed with the keys of
 * authentication transactions, so every node reads it. */
#include "idp/login/login_wait.h"

#include <string.h>

#include "idp/session/transaction_keys.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

#define PURPOSE "login_wait 1"

const char *login_wait_begin(struct request_context *ctx, const char *account)
{
	struct aead_key keys[TRANSACTION_KEYS];
	char *text = arena_printf(ctx->arena, "%lld %s", (long long)clock_now(),
	                          account);

	if (!transaction_keys_get(ctx, keys, NULL))
		return "";
	const char *sealed =
	    aead_encrypt(ctx->arena, &keys[0], PURPOSE, text, strlen(text));

	explicit_bzero(keys, sizeof(keys));
	return sealed;
}

static const char *login_wait_open(struct request_context *ctx,
                                   const char *field)
{
	struct aead_key keys[TRANSACTION_KEYS];
	unsigned char *bytes;
	size_t length;

	if (!transaction_keys_get(ctx, keys, NULL))
		return NULL;
	bool good = aead_decrypt(ctx->arena, keys, TRANSACTION_KEYS, PURPOSE,
	                         field, &bytes, &length, NULL);

	explicit_bzero(keys, sizeof(keys));
	return good ? (const char *)bytes : NULL;
}

int login_wait_elapsed(struct request_context *ctx, const char *account)
{
	const char *field = request_form(ctx->request, LOGIN_WAIT_FIELD);
	const char *text = field ? login_wait_open(ctx, field) : NULL;
	const char *blank = text ? strchr(text, ' ') : NULL;
	long long since;

	if (!blank || !text_equal(blank + 1, account) ||
	    !text_to_number(
		arena_memdup(ctx->arena, text, (size_t)(blank - text)), 0,
		INT64_MAX, &since))
		return -1;
	int64_t elapsed = clock_now() - since;

	return elapsed >= 0 && elapsed <= LOGIN_WAIT_MAX_S ? (int)elapsed : -1;
}
