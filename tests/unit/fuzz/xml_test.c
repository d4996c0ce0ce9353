/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "xml"
#include "tests/fuzz/xml_fuzz.c"
#include "tests/unit/fuzz/replay.h"
