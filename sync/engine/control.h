/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.h: the commands of portvaktctl to the provisioner, a function for
 * each.  argv is what was typed, the command first.  The state's lock is held.
 * Each sends its lines to the caller, and returns false with an error for
 * invalid parameters. */
#ifndef SYNC_ENGINE_CONTROL_H
#define SYNC_ENGINE_CONTROL_H

#include "sync/engine/engine.h"

/* quarantine [list | show DIRECTORY:ANCHOR] */
bool quarantine_command(const struct ipc_request *q, char **argv,
                        struct error *err);

/* person ID: the sources of each attribute of a person. */
bool provenance_command(const struct ipc_request *q, char **argv,
                        struct error *err);

/* status: lines for the operator.  metrics: a JSON object per directory, and
 * one for the catalogue. */
bool health_status(const struct ipc_request *q, char **argv, struct error *err);
bool health_metrics(const struct ipc_request *q, char **argv,
                    struct error *err);

/* pending: what would be done, and what is held and why.  approve: what an
 * approval would cover, one per line: a directory, then "leavers" (the
 * default), "newcomers", "values", "roles", "source" or "configuration". */
bool pending_changes_show(const struct ipc_request *q, char **argv,
                          struct error *err);
bool pending_held_show(const struct ipc_request *q, char **argv,
                       struct error *err);

/* dry-run: what a directory would change if it were applied. */
bool dry_run_report(const struct ipc_request *q, char **argv,
                    struct error *err);

/* Returns whether the directory is configured or still has affiliations. */
bool control_directory_is_known(const struct ipc_request *q,
                                const char *directory);

#endif
