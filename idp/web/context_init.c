/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init.c: creates the request context: configuration, issuer by Host,
 * language. */
#include "idp/web/context_init.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "messages.h"
#include "region/config/network.h"
#include "region/ipc/ipc_queue.h"

/* Language tags (BCP 47); many browsers send "no" for nb. */
static const struct {
	const char *tag;
	enum language language;
} tags[] = {
	{ "nb", LANGUAGE_NB },
	{ "no", LANGUAGE_NB },
	{ "nn", LANGUAGE_NN },
	{ "en", LANGUAGE_EN },
};

/* Returns the language of a tag by lookup (RFC 4647 3.4): "nn-NO" is nn; NULL
 * if it is not supported. */
static const char *supported_language(const char *tag, size_t length)
{
	for (size_t i = 0; i < LENGTH(tags); i++) {
		size_t n = strlen(tags[i].tag);

		if (length >= n && strncasecmp(tag, tags[i].tag, n) == 0 &&
		    (length == n || tag[n] == '-'))
			return message_languages[tags[i].language];
	}
	return NULL;
}

/* Returns the quality value (RFC 9110 12.4.2) in thousandths; default 1000. */
static int quality_value(const char *range)
{
	const char *q = strstr(range, "q=");
	int weight = 0, digit_value = 1000;

	if (!q)
		return 1000;
	for (q += 2; *q && digit_value > 0; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		weight += (*q - '0') * digit_value;
		digit_value /= 10;
	}
	return weight;
}

static const char *language_from_header(const struct request *r)
{
	const char *header = request_header(r, "accept-language");
	const char *best = NULL;
	int best_weight = 0;
	size_t count;

	if (!header)
		return NULL;
	char **ranges = text_split(r->arena, header, ",", &count);

	for (size_t i = 0; i < count; i++) {
		const char *tag = ranges[i] + strspn(ranges[i], " ");
		const char *language =
		    supported_language(tag, strcspn(tag, "; "));

		if (language && quality_value(tag) > best_weight) {
			best = language;
			best_weight = quality_value(tag);
		}
	}
	return best;
}

/* The cookie is "municipality.language" (idp/login/preference_cookie.c). */
static const char *language_from_cookie(const struct request *r)
{
	const char *value = request_cookie(r, PREFERENCE_COOKIE);
	const char *dot = value ? strchr(value, '.') : NULL;

	return dot ? supported_language(dot + 1, strlen(dot + 1)) : NULL;
}

const char *negotiate_language(const struct request *r,
                               const struct config *cfg)
{
	const char *requested = request_query(r, "language");
	const char *language =
	    requested ? supported_language(requested, strlen(requested)) : NULL;

	if (!language)
		language = language_from_cookie(r);
	if (!language)
		language = language_from_header(r);
	if (!language && cfg->languages && cfg->languages[0])
		language = supported_language(cfg->languages[0],
		                              strlen(cfg->languages[0]));
	return language ? language : message_languages[LANGUAGE_NB];
}

static void context_release_config(void *cfg)
{
	config_unref(cfg);
}

/* A request whose head is malformed has no address. */
static const char *context_share(const struct config *cfg,
                                 const struct request *r)
{
	bool is_network;

	if (!r->address)
		return NULL;
	const char *subject = network_limit_subject(r->arena, cfg, r->address,
	                                            r->listener, &is_network);

	return is_network ? NULL : subject;
}

struct request_context *request_context_init(
    struct request *r, struct http_response *resp,
    const struct web_backends *backends)
{
	struct request_context *ctx =
	    arena_new(r->arena, struct request_context);
	struct config *cfg = config_current();

	arena_own(r->arena, cfg, context_release_config);
	*ctx = (struct request_context){
		.arena = r->arena,
		.cfg = cfg,
		.backends = backends,
		.request = r,
		.response = resp,
		.issuer = r->host ? config_issuer_by_host(cfg, r->host) : NULL,
		.on_login_host =
		    r->host && text_equal(r->host, cfg->login_host),
		.language = negotiate_language(r, cfg),
		.started_ms = clock_monotonic_ms(),
	};
	r->context = ctx;
	/* Calls that wait for a directory take turns by address. */
	ctx->share = context_share(cfg, r);
	ipc_share_set(ctx->share);
	return ctx;
}
