/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_handlers.c: which function serves which message. */
#include "idp/signer/signer.h"

const struct ipc_handlers signer_handlers = {
	.sign_token = handle_sign_token,
	.sign_saml = handle_sign_saml,
	.sign_saml_response = handle_sign_saml_response,
	.sign_query = handle_sign_query,
	.public_keys = handle_public_keys,
	.subject_identifier = handle_subject_identifier,
	.mac_create = handle_mac,
	.mac_verify = handle_verify_mac,
	.transaction_keys = handle_transaction_keys,
	.key_list = handle_list_keys,
	.key_rotate = handle_rotate_keys,
	.key_init = handle_init_keys,
	.sign_audit_head = handle_sign_audit_head,
	.export_salt = handle_export_salt,
	.import_public_key = handle_import_key,
	.sign_manifest = handle_sign_manifest,
	.import_salt = handle_import_salt,
	.purge_municipality = handle_delete_keys,
};

const struct ipc_handlers id_crypto_handlers = {
	.join_value = handle_join_value,
	.encrypt_national_id = handle_seal_national_id,
};
