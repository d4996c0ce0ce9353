/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboarding.h: moves a municipality out of the region (docs/OFFBOARDING.md):
 * what belongs to it, the export bundle, and the removal. On error functions
 * return false and set err. */
#ifndef IDP_ADMIN_OFFBOARD_OFFBOARDING_H
#define IDP_ADMIN_OFFBOARD_OFFBOARDING_H

#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/reply_stream.h"

struct offboarding {
	const struct admin_command *cmd;
	struct arena *arena;
	const struct municipality *m;
	struct directory *catalogue;
	json_t *people;       /* id -> {name, active, stays} */
	json_t *affiliations; /* id -> its person's id */
	json_t *anchors;      /* "directory:anchor" -> true */
	size_t staying;       /* people with an affiliation elsewhere */
};

/* The command "offboard", one step per call. */
bool admin_offboard(const struct admin_command *cmd, struct error *err);

/* Returns the municipality's people, affiliations and anchors in the
 * catalogue. */
bool offboarding_load(const struct admin_command *cmd,
                      const struct municipality *m, struct offboarding *ret,
                      struct error *err) must_check;

/* Returns whether an override's subject is an entry or affiliation of the
 * municipality. In a directory that another municipality reads too, only the
 * entries of its own people are. */
bool offboarding_owns_subject(const struct offboarding *off,
                              const char *subject);

/* Returns whether the municipality's people use the service through the
 * region's issuer, so that it needs a mapping of subject identifiers. */
bool offboarding_service_needs_mapping(const struct municipality *m,
                                       const struct service *s);

/* Calls each for every entry at or below ou=<tree> that matches filter. */
bool offboarding_each_entry(const struct offboarding *off, const char *tree,
                            enum directory_scope scope, const char *filter,
                            const char *const *names,
                            bool (*each)(void *data,
                                         const struct directory_entry *e,
                                         struct error *err),
                            void *data, struct error *err) must_check;

/* Returns whether --keep-audit-log was given. A removal ordered for later
 * stores it as a subject of its override. */
bool offboarding_keeps_audit_log(const struct admin_command *cmd);
extern const char keep_audit_log[];

/* Steps are "end", "after" and "remove". The first returns the time for which a
 * step was ordered, 0 if it was not; the second orders it. */
bool offboarding_step_time(const struct offboarding *off, const char *step,
                           int64_t *ret, struct error *err) must_check;
bool offboarding_order_step(const struct admin_command *cmd,
                            const struct municipality *m, const char *step,
                            int64_t until, struct error *err) must_check;

/* Sends a file of the bundle. On error ERROR_INVALID: no such file. */
bool offboard_bundle_file(const struct offboarding *off, const char *name,
                          struct error *err) must_check;

/* ---- files for services: services.json, subjects.csv */

bool offboard_services_json(const struct offboarding *off,
                            struct reply_stream *out,
                            struct error *err) must_check;
bool offboard_subjects_csv(const struct offboarding *off,
                           struct reply_stream *out,
                           struct error *err) must_check;

/* ---- removal */

/* Revokes the sessions of the municipality's people. */
bool offboard_end_sessions(const struct admin_command *cmd,
                           const struct municipality *m,
                           struct error *err) must_check;
/* Removes everything; resumes after an earlier error. */
bool offboard_remove(const struct admin_command *cmd,
                     const struct municipality *m,
                     struct error *err) must_check;
/* Starts the thread that runs removals ordered for later. */
bool offboard_scheduler_start(struct error *err) must_check;
/* Deletes every value in Redis that contains one of these ids; returns the
 * number of such values. */
bool offboard_purge_redis(const struct admin_command *cmd, const json_t *ids,
                          size_t *ret_count, struct error *err) must_check;

#endif
