/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log.h: the audit log as files: a hash chain of JSON lines for each
 * municipality and day, append-only. */
#ifndef IDP_AUDIT_AUDIT_LOG_H
#define IDP_AUDIT_AUDIT_LOG_H

#include "ipc_messages.h"
#include "lib/json.h"

/* folder: <state>/audit. One per process and folder: waits for the previous
 * portvakt-audit to exit. */
bool audit_log_open(const char *folder, const char *node,
                    struct error *err) must_check;
void audit_log_close(void);

/* Writes an audit event (borrowed): appends it to the municipality's log. When
 * it returns true the kernel has the line; it is on disk within a second. The
 * returned receipt code lives in a. On error nothing is written. */
bool audit_log_append(struct arena *a, const char *municipality,
                      const json_t *event, char **ret_code,
                      struct error *err) must_check;

/* Returns the event with this code, as typed, allocated in a; NULL if there is
 * none. log_folder: the folder of all logs. On error ERROR_INVALID: not a
 * code. */
bool audit_lookup(struct arena *a, const char *log_folder, const char *code,
                  json_t **ret_event, struct error *err) must_check;

/* Returns what trial rules would have changed since then (Unix time), by the
 * municipality's log in folder, allocated in a: FILE:LINE of a rule ->
 * {"evaluated": N} and, where the decision would be another one, {"refuse",
 * "step-up", "allow": N}. */
json_t *audit_count_trials(struct arena *a, const char *folder, int64_t since);

/* The last emergencies, in a ring: number N is at N % 50. */
struct audit_emergencies {
	struct emergency last[50];
	size_t total;
};

/* Returns the accesses since then that only a "may always" rule allowed. */
void audit_find_emergencies(struct arena *a, const char *folder, int64_t since,
                            struct audit_emergencies *ret);

/* Deletes a municipality's log; returns the number of files. */
bool audit_log_delete(struct arena *a, const char *municipality,
                      size_t *ret_files, struct error *err) must_check;

/* Syncs everything written so far to disk. */
void audit_log_sync(void);

/* Has the head of each file that grew signed. sign(data, a, head, ret_members)
 * returns the members to write beside v, at, lines and hash. */
void audit_log_sign_heads(bool (*sign)(void *data, struct arena *a,
                                       const char *head, json_t **ret_members),
                          void *data);

#endif
