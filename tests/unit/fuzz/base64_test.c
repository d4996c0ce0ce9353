/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "base64"
#include "tests/fuzz/base64_fuzz.c"
#include "tests/unit/fuzz/replay.h"
