/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "conf"
#include "tests/fuzz/conf_fuzz.c"
#include "tests/unit/fuzz/replay.h"
