/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "gate"
#include "tests/fuzz/gate_fuzz.c"
#include "tests/unit/fuzz/replay.h"
