/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define TARGET "saml"
#include "tests/fuzz/saml_fuzz.c"
#include "tests/unit/fuzz/replay.h"
