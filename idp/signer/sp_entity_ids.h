/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sp_entity_ids.h: the SAML services of a configuration, by the entityID and
 * the addresses in their metadata files. */
#ifndef IDP_SIGNER_SP_ENTITY_IDS_H
#define IDP_SIGNER_SP_ENTITY_IDS_H

#include "region/config/config.h"

/* Returns whether a service of that issuer has this entityID. The files of a
 * configuration are read once; on error the service is unknown. */
bool sp_entity_id_is_registered(const struct config *cfg,
                                const struct issuer *i, const char *entity_id);

/* Returns whether acs is the location of an AssertionConsumerService with the
 * binding HTTP-POST in the metadata of the service with this entityID or, if
 * entity_id is NULL, of any service of that issuer. */
bool sp_acs_is_registered(const struct config *cfg, const struct issuer *i,
                          const char *entity_id, const char *acs);

#endif
