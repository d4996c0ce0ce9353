/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_effects.h: what a change of the configuration does to access: for each
 * affiliation and service, how far its rules reach before and after.
 *
 * Address, time of day, second factor and plugins are those of a login, so they
 * are not known: a service is open always, sometimes (in some circumstances of
 * a login) or never. Maintenance is not counted. */
#ifndef REGION_POLICY_POLICY_EFFECTS_H
#define REGION_POLICY_POLICY_EFFECTS_H

#include "region/policy/policy_evaluate.h"

enum policy_reach { REACH_NEVER = 0, REACH_SOMETIMES, REACH_ALWAYS };

/* Of the affiliations of one type in one municipality. */
struct policy_effect {
	const char *municipality;
	enum affiliation_type kind;
	const char *service;
	size_t total;             /* affiliations that are valid now */
	size_t gained, lost;      /* from never, to never */
	size_t widened, narrowed; /* sometimes to always, and back */
};

struct policy_effects;

/* Starts a comparison; both configurations are kept by the caller until it is
 * done. Everything is allocated in a, except search trees, which
 * policy_effects_close() releases. */
struct policy_effects *policy_effects_open(struct arena *a,
                                           const struct config *before,
                                           const struct config *after,
                                           int64_t now);

/* Adds one affiliation of an active person. changed (NULL: none) is called for
 * each service whose reach differs. */
void policy_effects_add(struct policy_effects *e, const struct affiliation *f,
                        void (*changed)(void *data, const struct affiliation *f,
                                        const char *service,
                                        enum policy_reach before,
                                        enum policy_reach after),
                        void *data);

/* Returns the effects that are not 0, by municipality, service and type. */
const struct policy_effect *policy_effects_list(struct policy_effects *e,
                                                size_t *ret_count);

/* Calls note for each role, unit and position that rules of the next
 * configuration name and that none of the affiliations has (policy_usage.h). */
void policy_effects_notes(const struct policy_effects *e,
                          void (*note)(void *data, const char *text),
                          void *data);

/* Ends the additions; the effects stay. NULL is allowed. */
void policy_effects_close(struct policy_effects *e);

/* Returns the number of affiliations that were added. */
size_t policy_effects_total(const struct policy_effects *e);

/* Returns how far the rules reach for this affiliation and service. */
enum policy_reach policy_reach(struct arena *a, const struct config *cfg,
                               const struct affiliation *f, const char *service,
                               int64_t now);

/* Returns whether more than these per cent lose or gain, and not only a few. */
bool policy_effect_is_large(const struct policy_effect *e, int percent);

/* Returns the effect as text: "tinn: pupil: arkiv: 7 can enter now, of 84",
 * allocated in a. */
const char *policy_effect_text(struct arena *a, const struct policy_effect *e);

/* Returns the text of one affiliation's change, allocated in a. */
const char *policy_change_text(struct arena *a, const struct config *cfg,
                               const struct affiliation *f, const char *service,
                               enum policy_reach before,
                               enum policy_reach after);

/* Returns "never", "sometimes" or "always". */
const char *policy_reach_name(enum policy_reach r);

#endif
