/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config.c: prints the keyword list of the manual, the addresses of networks
 * for haproxy, and the effective configuration: all included files in one, with
 * the defaults of absent keywords. Secrets are references (@name) in the files
 * and stay so. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config.h"
#include "region/config/config_keywords.h"
#include "region/config/network.h"

int command_config_keywords(const struct command *c)
{
	if (!text_equal(c->argv[2], "--mdoc")) {
		fprintf(stderr, "usage: portvaktctl config keywords --mdoc\n");
		return EXIT_USAGE;
	}
	printf("%s", config_mandoc(c->arena));
	return 0;
}

/* ---- config print */

static void config_print_indent(unsigned depth)
{
	for (; depth > 0; depth--)
		printf("\t");
}

/* Arguments with white space or syntax characters are quoted. */
static void config_print_argument(const char *arg)
{
	bool quote = !*arg || strpbrk(arg, " \t#{}") != NULL;

	printf(quote ? "\"%s\"" : "%s", arg);
}

static void config_print_arguments(const struct conf_statement *s)
{
	for (size_t i = 0; i < s->arg_count; i++) {
		if (i > 0)
			printf(" ");
		config_print_argument(s->args[i]);
	}
}

static const struct conf_keyword *config_find_keyword(
    const struct conf_keyword *keywords, const char *name)
{
	for (; keywords && keywords->name; keywords++)
		if (text_equal(keywords->name, name))
			return keywords;
	return NULL;
}

static void config_print_defaults(const struct conf_block *block,
                                  const struct conf_keyword *keywords,
                                  unsigned depth)
{
	for (; keywords && keywords->name; keywords++) {
		if (!keywords->default_value ||
		    conf_syntax_find(block, keywords->name))
			continue;
		config_print_indent(depth);
		printf("%s %s # default\n", keywords->name,
		       keywords->default_value);
	}
}

static void config_print_block(const struct conf_block *block,
                               const struct conf_keyword *keywords,
                               unsigned depth)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct conf_statement *s = &block->statements[i];
		const struct conf_keyword *keyword =
		    config_find_keyword(keywords, s->args[0]);

		/* The blocks of those files follow. */
		if (text_equal(s->args[0], "municipality-files"))
			continue;
		config_print_indent(depth);
		config_print_arguments(s);
		printf(s->has_block ? " {\n" : "\n");
		if (!s->has_block)
			continue;
		config_print_block(&s->block, keyword ? keyword->block : NULL,
		                   depth + 1);
		config_print_indent(depth);
		printf("}\n");
	}
	config_print_defaults(block, keywords, depth);
}

int command_config_print(const struct command *c)
{
	struct conf_errors errors = { .arena = c->arena };
	struct config_files files = { 0 };
	struct conf_block top = { 0 };
	struct config *cfg = ctl_load_config(c);

	if (!cfg)
		return 1;
	config_unref(cfg);
	if (!config_parse_files(c->arena, &files, c->conf, &top, &errors))
		return 1;
	config_print_block(&top, config_keywords, 0);
	return 0;
}

/* ---- config networks */

int command_config_networks(const struct command *c)
{
	struct config *cfg = ctl_load_config(c);

	if (!cfg)
		return 1;
	for (size_t i = 0; i < cfg->network_count; i++)
		for (size_t j = 0; j < cfg->networks[i].range_count; j++)
			printf("%s\n",
			       network_range_text(c->arena,
			                          &cfg->networks[i].ranges[j]));
	config_unref(cfg);
	return 0;
}
