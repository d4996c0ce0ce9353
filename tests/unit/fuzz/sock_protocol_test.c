/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "sock_protocol"
#include "tests/fuzz/sock_protocol_fuzz.c"
#include "tests/unit/fuzz/replay.h"
