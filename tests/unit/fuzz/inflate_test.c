/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "inflate"
#include "tests/fuzz/inflate_fuzz.c"
#include "tests/unit/fuzz/replay.h"
