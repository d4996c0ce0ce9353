/* SPDX-License-Identifier: AGPL-3.0-or-later
 * kept.c: prints what runs by its last good version. */
#include "ctl/kept.h"

#include <stdio.h>

#include "region/accepted/accepted.h"

static struct accepted_choice kept_of(const struct command *c, const char *file)
{
	return accepted_active(c->arena, accepted_store(c->arena, file));
}

size_t kept_print_notes(const struct command *c, const char *file)
{
	const struct accepted_choice active = kept_of(c, file);

	for (size_t i = 0; i < active.kept.count; i++)
		printf("note: %s runs by its last good version, since %s: %s\n",
		       active.kept.at[i].name, active.kept.at[i].since,
		       active.kept.at[i].cause);
	return active.kept.count;
}

size_t kept_print_metric(const struct command *c)
{
	const struct accepted_choice active = kept_of(c, c->conf);

	printf("# HELP portvakt_configuration_kept 1 for a municipality, or "
	       "region for all, that runs by its last good version.\n"
	       "# TYPE portvakt_configuration_kept gauge\n");
	for (size_t i = 0; i < active.kept.count; i++)
		printf("portvakt_configuration_kept{municipality=\"%s\"} 1\n",
		       active.kept.at[i].name);
	return active.kept.count;
}

/* clang-format off */
static const struct {
	const char *before, *after;
} kept_texts[] = {
	{ "Konfigurasjonen for", "har feil. Den siste gode versjonen er i bruk. Rett feilen og kjør portvaktctl reload:" },
	{ "Konfigurasjonen for", "har feil. Den siste gode versjonen er i bruk. Rett feilen og køyr portvaktctl reload:" },
	{ "The configuration of", "has an error. Its last good version is in use. Correct the error and run portvaktctl reload:" },
};
/* clang-format on */

size_t kept_print_report(const struct command *c, int language)
{
	const struct accepted_choice active = kept_of(c, c->conf);

	for (size_t i = 0; i < active.kept.count; i++)
		printf("%s %s %s\n  %s\n\n", kept_texts[language].before,
		       active.kept.at[i].name, kept_texts[language].after,
		       active.kept.at[i].cause);
	return active.kept.count;
}
