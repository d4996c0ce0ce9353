/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "redirect"
#include "tests/fuzz/redirect_fuzz.c"
#include "tests/unit/fuzz/replay.h"
