/* SPDX-License-Identifier: AGPL-3.0-or-later
 * confine.c: the steps of confinement, in their order. */
#include "lib/process/confine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/process/capabilities.h"
#include "lib/process/identity.h"
#include "lib/strbuf.h"

static bool confine_no_new_privileges(struct error *err)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "cannot give up new privileges: %s", strerror(errno));
}

static enum syscall_action confine_unlisted_action(void)
{
	return text_equal(getenv("PORTVAKT_SYSCALL_FILTER"), "strict")
	           ? SYSCALL_KILL
	           : SYSCALL_NO_SUCH_CALL;
}

/* Of all calls that are permitted by the second filter, the first one refuses
 * (EPERM) a change to any other user than those of the supervisor's table. */
static bool confine_identities(struct syscall_table *tables, size_t count,
                               struct error *err)
{
	tables[count] = identity_rules();
	return tables[count].count == 0 ||
	       syscall_filter_load(tables, count + 1, SYSCALL_DENY, err);
}

static bool confine_syscalls(unsigned needs, struct error *err)
{
	struct syscall_table tables[CONFINE_TABLES + 1];
	size_t count = confine_syscall_tables(needs, tables);

	if (needs & CONFINE_SUPERVISE) {
		if (!confine_identities(tables, count, err))
			return false;
		tables[count++] = confine_identity_calls();
	}
	return syscall_filter_load(tables, count, confine_unlisted_action(),
	                           err);
}

/* A supervisor that changes users has given up all others already. */
static bool confine_capabilities(unsigned needs, struct error *err)
{
	return (needs & CONFINE_SUPERVISE && identity_can_change()) ||
	       capabilities_drop(err);
}

bool confine(const struct confinement *confinement, int *ret_landlock,
             struct error *err)
{
	*ret_landlock = confinement->paths ? landlock_version() : 0;
	return confine_no_new_privileges(err) &&
	       confine_capabilities(confinement->needs, err) &&
	       (*ret_landlock == 0 ||
	        landlock_restrict(confinement->paths, err)) &&
	       confine_syscalls(confinement->needs, err);
}
