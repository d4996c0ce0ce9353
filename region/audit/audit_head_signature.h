/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_head_signature.h: verifies the signer's signature of an audit log
 * head. */
#ifndef REGION_AUDIT_AUDIT_HEAD_SIGNATURE_H
#define REGION_AUDIT_AUDIT_HEAD_SIGNATURE_H

#include <stdbool.h>

/* public_key: PEM. signature: base64url of r and s, as returned by the signer.
 * Returns false on any error. */
bool audit_head_verify(const char *public_key, const char *head,
                       const char *signature);

#endif
