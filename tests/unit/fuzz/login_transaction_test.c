/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "login_transaction"
#include "tests/fuzz/login_transaction_fuzz.c"
#include "tests/unit/fuzz/replay.h"
