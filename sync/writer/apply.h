/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.h: the one connection that changes the catalogue. */
#ifndef SYNC_WRITER_APPLY_H
#define SYNC_WRITER_APPLY_H

#include "region/catalogue_write.h"
#include "sync/writer/writer.h"

extern struct catalogue_writer *catalogue_writer;

char *dn_of(struct arena *a, const struct region *r, const struct step *s);

#endif
