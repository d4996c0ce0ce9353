/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "request_check"
#include "tests/fuzz/request_check_fuzz.c"
#include "tests/unit/fuzz/replay.h"
