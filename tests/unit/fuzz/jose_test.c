/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "jose"
#include "tests/fuzz/jose_fuzz.c"
#include "tests/unit/fuzz/replay.h"
