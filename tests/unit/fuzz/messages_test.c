/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "messages"
#include "tests/fuzz/messages_fuzz.c"
#include "tests/unit/fuzz/replay.h"
