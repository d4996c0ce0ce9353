/* SPDX-License-Identifier: AGPL-3.0-or-later
 * confine.c: the steps of confinement, in their order.  The only user of
 * libcap-ng. */
#include "lib/process/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"

static bool confine_no_new_privileges(struct error *err)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "cannot give up new privileges: %s", strerror(errno));
}

/* A process of another user than root has none already; one that systemd
 * started may have been given some. */
static bool confine_drop_capabilities(struct error *err)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot give up capabilities");
}

void confine_drop_bounding_set(void)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return;
	capng_clear(CAPNG_SELECT_BOUNDS);
	(void)capng_apply(CAPNG_SELECT_BOUNDS);
}

static const unsigned supervisor_capabilities[] = {
	CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_CHOWN, CAP_KILL,
};

/* A unit or a container may have taken some of them before. */
static bool confine_keep_capabilities(void)
{
	bool held[LENGTH(supervisor_capabilities)];
	capng_select_t which = CAPNG_SELECT_CAPS;

	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		which = CAPNG_SELECT_BOTH;
	for (size_t i = 0; i < LENGTH(held); i++)
		held[i] = capng_have_capability(CAPNG_EFFECTIVE,
		                                supervisor_capabilities[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < LENGTH(held); i++)
		if (held[i] && capng_update(CAPNG_ADD,
		                            (capng_type_t)(CAPNG_EFFECTIVE |
		                                           CAPNG_PERMITTED |
		                                           CAPNG_BOUNDING_SET),
		                            supervisor_capabilities[i]) != 0)
			return false;
	return capng_apply(which) == 0;
}

/* To change users and owners, and to signal. Another user than root has none.
 */
static bool confine_keep_supervisor_capabilities(struct error *err)
{
	return geteuid() != 0 || confine_keep_capabilities() ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot give up capabilities");
}

static enum syscall_action confine_unlisted_action(void)
{
	return text_equal(getenv("PORTVAKT_SYSCALL_FILTER"), "strict")
	           ? SYSCALL_KILL
	           : SYSCALL_NO_SUCH_CALL;
}

static bool confine_syscalls(unsigned needs, struct error *err)
{
	struct syscall_table tables[CONFINE_TABLES];
	size_t count = confine_syscall_tables(needs, tables);

	return syscall_filter_load(tables, count, confine_unlisted_action(),
	                           err);
}

bool confine(const struct confinement *confinement, int *ret_landlock,
             struct error *err)
{
	*ret_landlock = confinement->paths ? landlock_version() : 0;
	return confine_no_new_privileges(err) &&
	       (confinement->needs & CONFINE_SUPERVISE
	            ? confine_keep_supervisor_capabilities(err)
	            : confine_drop_capabilities(err)) &&
	       (*ret_landlock == 0 ||
	        landlock_restrict(confinement->paths, err)) &&
	       confine_syscalls(confinement->needs, err);
}
