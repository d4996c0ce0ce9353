/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "frame"
#include "tests/fuzz/frame_fuzz.c"
#include "tests/unit/fuzz/replay.h"
