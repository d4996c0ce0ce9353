/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_tls_cause.h: why a server's certificate is refused. */
#ifndef REGION_LDAP_DIRECTORY_TLS_CAUSE_H
#define REGION_LDAP_DIRECTORY_TLS_CAUSE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"

/* Returns what is wrong with the server's certificate, in the DER encoding, at
 * this time (seconds since 1970): expired, not valid yet, for other names, or
 * of an authority that is not in ca_file.  The text lives in a or is static;
 * it has printable ASCII only.  NULL: no fault is found. */
const char *directory_certificate_fault(struct arena *a, const void *der,
                                        size_t length, const char *host,
                                        const char *ca_file, int64_t now);

#endif
