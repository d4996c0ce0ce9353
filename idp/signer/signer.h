/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer.h: the messages that portvakt-signer serves, one handler each. Every
 * handler checks its request against the signer's own configuration, whichever
 * process sent it. On error it returns false and sets err. */
#ifndef IDP_SIGNER_SIGNER_H
#define IDP_SIGNER_SIGNER_H

#include "idp/signer/keys.h"
#include "region/ipc/ipc_server.h"

extern const struct ipc_handlers signer_handlers;
/* Of synchronisation (--sync). */
extern const struct ipc_handlers id_crypto_handlers;

bool handle_sign_token(const struct ipc_request *req,
                       const struct sign_token_request *request,
                       struct sign_token_reply *reply,
                       struct error *err) must_check;
bool handle_sign_saml(const struct ipc_request *req,
                      const struct sign_saml_request *request,
                      struct sign_saml_reply *reply,
                      struct error *err) must_check;
bool handle_sign_saml_response(const struct ipc_request *req,
                               const struct sign_saml_response_request *request,
                               struct sign_saml_response_reply *reply,
                               struct error *err) must_check;
bool handle_sign_query(const struct ipc_request *req,
                       const struct sign_query_request *request,
                       struct sign_query_reply *reply,
                       struct error *err) must_check;
bool handle_public_keys(const struct ipc_request *req,
                        const struct public_keys_request *request,
                        struct public_keys_reply *reply,
                        struct error *err) must_check;
bool handle_subject_identifier(const struct ipc_request *req,
                               const struct subject_identifier_request *request,
                               struct subject_identifier_reply *reply,
                               struct error *err) must_check;
bool handle_mac(const struct ipc_request *req,
                const struct mac_create_request *request,
                struct mac_create_reply *reply, struct error *err) must_check;
bool handle_transaction_keys(const struct ipc_request *req,
                             const struct transaction_keys_request *request,
                             struct transaction_keys_reply *reply,
                             struct error *err) must_check;
bool handle_verify_mac(const struct ipc_request *req,
                       const struct mac_verify_request *request,
                       struct mac_verify_reply *reply,
                       struct error *err) must_check;
bool handle_list_keys(const struct ipc_request *req,
                      const struct key_list_request *request,
                      struct key_list_reply *reply,
                      struct error *err) must_check;
bool handle_rotate_keys(const struct ipc_request *req,
                        const struct key_rotate_request *request,
                        struct key_rotate_reply *reply,
                        struct error *err) must_check;
bool handle_init_keys(const struct ipc_request *req,
                      const struct key_init_request *request,
                      struct key_init_reply *reply,
                      struct error *err) must_check;
bool handle_sign_audit_head(const struct ipc_request *req,
                            const struct sign_audit_head_request *request,
                            struct sign_audit_head_reply *reply,
                            struct error *err) must_check;

/* A municipality moves to another installation, or an issuer moves in. */
bool handle_export_salt(const struct ipc_request *req,
                        const struct export_salt_request *request,
                        struct export_salt_reply *reply,
                        struct error *err) must_check;
bool handle_import_key(const struct ipc_request *req,
                       const struct import_public_key_request *request,
                       struct import_public_key_reply *reply,
                       struct error *err) must_check;
bool handle_sign_manifest(const struct ipc_request *req,
                          const struct sign_manifest_request *request,
                          struct sign_manifest_reply *reply,
                          struct error *err) must_check;
bool handle_import_salt(const struct ipc_request *req,
                        const struct import_salt_request *request,
                        struct import_salt_reply *reply,
                        struct error *err) must_check;
bool handle_delete_keys(const struct ipc_request *req,
                        const struct purge_municipality_request *request,
                        struct purge_municipality_reply *reply,
                        struct error *err) must_check;

/* The requests of synchronisation (--sync). */
bool national_id_keys_open(const char *credentials,
                           struct error *err) must_check;
bool handle_join_value(const struct ipc_request *req,
                       const struct join_value_request *request,
                       struct join_value_reply *reply,
                       struct error *err) must_check;
bool handle_seal_national_id(const struct ipc_request *req,
                             const struct encrypt_national_id_request *request,
                             struct encrypt_national_id_reply *reply,
                             struct error *err) must_check;

/* ---- issuer_keys.c */

/* Returns the issuer with this name, with its keys loaded. On error
 * ERROR_REFUSED: no such issuer; ERROR_UNAVAILABLE: a key is missing. */
bool request_issuer(const struct ipc_request *req, const char *name,
                    const struct issuer **ret_issuer,
                    struct error *err) must_check;
/* Loads the keys of the region and of every issuer, at start; logs which are
 * missing.  On error ERROR_INVALID: a file is not what its name promises. */
bool keys_load_all(const struct config *cfg, struct error *err) must_check;

/* The signing log: one line per signature, written before it is returned. */
bool signing_log_open(const char *folder, struct error *err) must_check;
bool signing_log_append(const char *what, const char *issuer,
                        const char *audience, const char *kid,
                        struct error *err) must_check;

/* Returns whether the log has a signature of that issuer (NULL: any signature).
 * The match is by prefix, so the SAML entityID below the issuer's URL counts
 * too. */
bool signing_log_has_issuer(const char *issuer, bool *ret,
                            struct error *err) must_check;

/* Returns a compact JWS (RFC 7515 7.1) of the claims with this typ; with_jwk
 * adds the public key to its header (4.1.3). */
bool jws_sign_compact(struct arena *a, const struct key *k, const char *typ,
                      bool with_jwk, const json_t *claims, char **ret_jws,
                      struct error *err) must_check;

#endif
