/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "ldap_entry"
#include "tests/fuzz/ldap_entry_fuzz.c"
#include "tests/unit/fuzz/replay.h"
