/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "number"
#include "tests/fuzz/number_fuzz.c"
#include "tests/unit/fuzz/replay.h"
