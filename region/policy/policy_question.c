/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_question.c: an operator's question about a person and a service, for
 * `explain` by the active configuration or by a candidate. */
#include "region/policy/policy_question.h"

#include <arpa/inet.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/network.h"

bool policy_question_parse(char *const *argv, size_t argc, const char *flag,
                           struct policy_question *ret, struct error *err)
{
	const struct {
		const char *option, **to;
	} options[] = {
		{ "--from", &ret->from },
		{ "--at", &ret->at },
		{ "--listener", &ret->listener },
		{ "--with", &ret->with },
	};

	*ret = (struct policy_question){ .service = argv[2] };
	for (size_t i = 3; i < argc; i++) {
		size_t k = 0;

		if (text_equal(argv[i], flag))
			continue;
		while (k < LENGTH(options) &&
		       !text_equal(options[k].option, argv[i]))
			k++;
		if (k == LENGTH(options))
			return error_set(err, ERROR_INVALID,
			                 "explain has no option %s", argv[i]);
		if (++i == argc)
			return error_set(err, ERROR_INVALID,
			                 "%s requires a value", argv[i - 1]);
		*options[k].to = argv[i];
	}
	return true;
}

static const struct network *question_network(const struct config *cfg,
                                              const char *name)
{
	const struct network *n = config_network(cfg, name);

	for (size_t i = 0; !n && i < cfg->municipality_count; i++)
		n = config_network_for(cfg, &cfg->municipalities[i], name);
	return n;
}

/* --from is a network, whose first address or listener counts, or an
 * address. */
static bool question_read_from(struct arena *a, const struct config *cfg,
                               const struct policy_question *q,
                               struct policy_request *ret, struct error *err)
{
	const struct network *n =
	    q->from ? question_network(cfg, q->from) : NULL;
	struct in6_addr unused;

	ret->address = q->from && !n ? q->from : "";
	ret->listener = q->listener ?: "";
	if (n && n->listener)
		ret->listener = n->listener;
	else if (n)
		ret->address = network_first_address(a, n);
	return !q->from || n || inet_pton(AF_INET, q->from, &unused) == 1 ||
	       inet_pton(AF_INET6, q->from, &unused) == 1 ||
	       error_set(err, ERROR_INVALID,
	                 "--from %s is neither a network nor an address",
	                 q->from);
}

bool policy_question_read(struct arena *a, const struct config *cfg,
                          const struct policy_question *q,
                          struct policy_request *ret, struct error *err)
{
	*ret = (struct policy_request){ .service = q->service,
		                        .acr = "idporten-loa-low",
		                        .second_factor = q->with != NULL,
		                        .now = clock_now() };
	if (!text_equal(q->service, "portal") &&
	    !config_service(cfg, q->service))
		return error_set(err, ERROR_INVALID, "unknown service %s",
		                 q->service);
	if (q->with && !text_equal(q->with, "second-factor"))
		return error_set(err, ERROR_INVALID,
		                 "--with expects second-factor, not %s",
		                 q->with);
	if (q->at && !clock_parse_local(q->at, false, &ret->now))
		return error_set(err, ERROR_INVALID,
		                 "--at must be local time such as "
		                 "2026-11-21T23:05, or a date, not %s",
		                 q->at);
	return question_read_from(a, cfg, q, ret, err);
}

/* ---- the answer */

static const char *const verdict_names[] = {
	[POLICY_DENY] = "REFUSED",
	[POLICY_STEP_UP] = "NEEDS A SECOND FACTOR",
	[POLICY_ALLOW] = "ALLOWED",
};

static const char *answer_heading(struct arena *a, const struct affiliation *f,
                                  const struct policy_decision *d)
{
	return arena_printf(a, "as %s in %s (%s): %s%s%s",
	                    affiliation_type_name(f->kind), f->municipality,
	                    f->id, d ? verdict_names[d->verdict] : "",
	                    d && d->reason ? ", " : "",
	                    !d ? "not valid at this time" : d->reason ?: "");
}

void policy_question_answer(struct arena *a, const struct config *cfg,
                            const struct person *p,
                            const struct policy_request *c,
                            const struct plugin_evaluator *evaluator,
                            void (*print)(void *data, const char *line),
                            void *data)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];
		struct policy_decision d = { 0 };
		size_t count = 0;

		if (!affiliation_is_valid_at(f, c->now)) {
			print(data, answer_heading(a, f, NULL));
			continue;
		}
		policy_evaluate(a, cfg, p, f, c, evaluator, &d);
		print(data, answer_heading(a, f, &d));
		char **lines =
		    text_split(a, policy_explain(a, cfg, &d), "\n", &count);

		for (size_t k = 0; k < count; k++)
			print(data, arena_printf(a, "  %s", lines[k]));
	}
	if (p->affiliation_count == 0)
		print(data, "no affiliations");
}
