/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "dn"
#include "tests/fuzz/dn_fuzz.c"
#include "tests/unit/fuzz/replay.h"
