/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "json"
#include "tests/fuzz/json_fuzz.c"
#include "tests/unit/fuzz/replay.h"
