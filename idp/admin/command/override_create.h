/* SPDX-License-Identifier: AGPL-3.0-or-later
 * override_create.h: writes operators' overrides of synchronisation. */
#ifndef IDP_ADMIN_COMMAND_OVERRIDE_CREATE_H
#define IDP_ADMIN_COMMAND_OVERRIDE_CREATE_H

#include "idp/admin/command/command.h"
#include "region/ldap/directory.h"

/* An operator's override of synchronisation (docs/decisions/0005). */
struct operator_override {
	const char *kind;
	const char *target; /* first portvaktSubject of each entry, or NULL */
	const char *qualifier; /* second portvaktSubject, or NULL */
	const char *const *subjects;
	size_t count; /* over 500 are split into several entries */
	const char *hash;
	const char *municipality; /* that decides, or NULL */
	const char *by, *reason;  /* NULL: --by and --reason of the command */
	int64_t until;            /* 0: no end */
};

/* Audits the override, writes it to ou=decisions with --by and --reason, and
 * notifies sync. p: the person concerned, or NULL. */
bool override_create(const struct admin_command *cmd,
                     const struct operator_override *d, const struct person *p,
                     struct error *err) must_check;

/* Writes it to ou=decisions by an open connection, without audit event and
 * notification. */
bool override_write(const struct admin_command *cmd, struct directory *to,
                    const struct operator_override *d,
                    struct error *err) must_check;

/* Returns whether the override of this entry has not ended. */
bool override_is_in_force(const struct directory_entry *e);

/* Sets the end of the override to now; the entry is kept. */
bool override_end(const struct admin_command *cmd, struct directory *d,
                  const struct directory_entry *e,
                  struct error *err) must_check;

#endif
