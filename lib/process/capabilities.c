/* SPDX-License-Identifier: AGPL-3.0-or-later
 * capabilities.c: the only user of libcap-ng. */
#include "lib/process/capabilities.h"

#include <cap-ng.h>

#include "lib/compiler.h"

/* To change to the users of the other processes, and to end these. */
static const unsigned supervisor_capabilities[] = {
	CAP_SETUID,
	CAP_SETGID,
	CAP_KILL,
};

bool capabilities_can_change_user(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

static bool capabilities_select_for_supervisor(void)
{
	const capng_type_t sets =
	    (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED);

	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < LENGTH(supervisor_capabilities); i++)
		if (capng_update(CAPNG_ADD, sets, supervisor_capabilities[i]) !=
		    0)
			return false;
	return true;
}

bool capabilities_keep_for_supervisor(uid_t uid, gid_t gid, struct error *err)
{
	unsigned flags = CAPNG_DROP_SUPP_GRP;

	if (capng_get_caps_process() == 0 &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		flags |= CAPNG_CLEAR_BOUNDING;
	return (capabilities_select_for_supervisor() &&
	        capng_change_id((int)uid, (int)gid, (capng_flags_t)flags) ==
	            0) ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "cannot keep CAP_SETUID, CAP_SETGID and CAP_KILL, "
	                 "which a supervisor needs");
}

bool capabilities_drop(struct error *err)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot give up capabilities");
}
