/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "escape"
#include "tests/fuzz/escape_fuzz.c"
#include "tests/unit/fuzz/replay.h"
