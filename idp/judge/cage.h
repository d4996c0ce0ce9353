/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cage.h: what a process that runs foreign code gives up for good. */
#ifndef IDP_JUDGE_CAGE_H
#define IDP_JUDGE_CAGE_H

#include <stdbool.h>

#include "lib/fault.h"

/* Before foreign code is loaded, for loading runs it: from now on this process
 * starts nothing, reaches nobody and writes no file; it may still read. */
bool cage_narrow(struct fault *why) must_check;

/* From now on this process can think, and talk over the descriptors it has.
 * It opens nothing, starts nothing and maps no code; whatever else it tries
 * kills it, opening a file fails with EPERM. */
bool cage_close(struct fault *why) must_check;

#endif
