/* SPDX-License-Identifier: AGPL-3.0-or-later
 * caged.h: the child that runs foreign code: the same program with a first
 * argument nobody types. */
#ifndef IDP_JUDGE_CAGED_H
#define IDP_JUDGE_CAGED_H

#define CAGED_ARGUMENT "--caged"

enum {
	CAGED_SOCKET = 3,
	CAGED_READY = 0, /* the id of the first frame, before any question */
};

/* argv: program, CAGED_ARGUMENT, folder of plugins, folder of data, plugin ...
 * Loads them, closes the cage and answers over descriptor 3 until it is
 * closed.  The exit status. */
int caged_main(int argc, char **argv);

#endif
