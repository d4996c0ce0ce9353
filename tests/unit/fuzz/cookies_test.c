/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "cookies"
#include "tests/fuzz/cookies_fuzz.c"
#include "tests/unit/fuzz/replay.h"
