/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "form_urlencoded"
#include "tests/fuzz/form_urlencoded_fuzz.c"
#include "tests/unit/fuzz/replay.h"
