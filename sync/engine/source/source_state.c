/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_state.c: whether a source directory is known, and was read. */
#include "sync/engine/source/source_state.h"

#include "sync/engine/state/state.h"

/* Absence means nothing in a directory that was not read completely. */
bool source_was_read(const char *directory)
{
	return state_number("SELECT wholes FROM sources WHERE directory = ?1",
	                    "t", directory) > 0;
}

bool source_is_complete(const char *directory)
{
	return state_number("SELECT complete FROM sources WHERE directory = ?1",
	                    "t", directory) == 1;
}

bool source_is_known(const struct config *cfg, const char *directory)
{
	return config_directory(cfg, directory) ||
	       state_number("SELECT count(*) FROM affiliations"
	                    " WHERE directory = ?1",
	                    "t", directory) > 0;
}
