/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init.c: creates the request context: configuration, issuer by Host,
 * language. */
#include "idp/web/visitor.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "words.h"

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

/* RFC 4647 3.4, lookup: "nn-NO" is nn. */
static const char *spoken(const char *tag, size_t length)
{
	for (size_t i = 0; i < LENGTH(tags); i++) {
		size_t n = strlen(tags[i].tag);

		if (length >= n && strncasecmp(tag, tags[i].tag, n) == 0 &&
		    (length == n || tag[n] == '-'))
			return word_languages[tags[i].language];
	}
	return NULL;
}

/* Returns the quality value (RFC 9110 12.4.2) in thousandths; default 1000. */
static int weight_of(const char *piece)
{
	const char *q = strstr(piece, "q=");
	int weight = 0, place = 1000;

	if (!q)
		return 1000;
	for (q += 2; *q && place > 0; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		weight += (*q - '0') * place;
		place /= 10;
	}
	return weight;
}

static const char *from_browser(const struct request *r)
{
	const char *said = request_header(r, "accept-language");
	const char *best = NULL;
	int best_weight = 0;
	size_t count;

	if (!said)
		return NULL;
	char **pieces = text_split(r->arena, said, ",", &count);

	for (size_t i = 0; i < count; i++) {
		const char *tag = pieces[i] + strspn(pieces[i], " ");
		const char *language = spoken(tag, strcspn(tag, "; "));

		if (language && weight_of(tag) > best_weight) {
			best = language;
			best_weight = weight_of(tag);
		}
	}
	return best;
}

/* "municipality.language" (idp/login/preference_cookie.c). */
static const char *from_cookie(const struct request *r)
{
	const char *value = request_cookie(r, "__Host-portvakt-choice");
	const char *dot = value ? strchr(value, '.') : NULL;

	return dot ? spoken(dot + 1, strlen(dot + 1)) : NULL;
}

const char *visitor_language(const struct request *r, const struct region *g)
{
	const char *word = request_query(r, "language");
	const char *language = word ? spoken(word, strlen(word)) : NULL;

	if (!language)
		language = from_cookie(r);
	if (!language)
		language = from_browser(r);
	if (!language && g->languages && g->languages[0])
		language = spoken(g->languages[0], strlen(g->languages[0]));
	return language ? language : word_languages[LANGUAGE_NB];
}

static void release_region(void *region)
{
	region_release(region);
}

struct visit *visitor_begin(struct request *r, struct answer *a,
                            const struct staff *staff)
{
	struct visit *v = arena_new(r->arena, struct visit);
	struct region *g = snapshot_current();

	arena_keep(r->arena, g, release_region);
	*v = (struct visit){
		.arena = r->arena,
		.region = g,
		.staff = staff,
		.request = r,
		.answer = a,
		.issuer = r->host ? region_issuer_at(g, r->host) : NULL,
		.on_login_host = r->host && text_equal(r->host, g->login_host),
		.language = visitor_language(r, g),
		.began_ms = clock_monotonic_ms(),
	};
	r->visit = v;
	return v;
}
