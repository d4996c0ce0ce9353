/* SPDX-License-Identifier: AGPL-3.0-or-later
 * syscall_filter.c: builds and loads a seccomp filter from tables. */
#include "lib/process/syscall_filter.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)
DEFINE_CLEANUP(release_filter, scmp_filter_ctx, seccomp_release)

static uint32_t seccomp_action(enum syscall_action action)
{
	switch (action) {
	case SYSCALL_ALLOW:
		return SCMP_ACT_ALLOW;
	case SYSCALL_DENY:
		return SCMP_ACT_ERRNO(EPERM);
	case SYSCALL_NO_FAMILY:
		return SCMP_ACT_ERRNO(EAFNOSUPPORT);
	case SYSCALL_NO_SUCH_CALL:
		return SCMP_ACT_ERRNO(ENOSYS);
	case SYSCALL_TRAP:
		return SCMP_ACT_TRAP;
	case SYSCALL_KILL:
		break;
	}
	return SCMP_ACT_KILL_PROCESS;
}

int syscall_number(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

const char *syscall_name(struct arena *a, int number)
{
	char *name =
	    seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number);
	const char *copy = arena_strdup(a, name);

	free(name);
	return copy;
}

static unsigned syscall_conditions(const struct syscall_rule *rule,
                                   struct scmp_arg_cmp *ret_compared)
{
	unsigned count = 0;

	for (size_t i = 0; i < SYSCALL_CONDITIONS; i++) {
		const struct syscall_condition *c = &rule->conditions[i];

		if (c->mask != 0)
			ret_compared[count++] = SCMP_CMP(
			    c->argument, SCMP_CMP_MASKED_EQ, c->mask, c->value);
	}
	return count;
}

/* libseccomp refuses a rule with the action of the filter itself. */
static int syscall_rule_add(scmp_filter_ctx filter,
                            const struct syscall_rule *rule,
                            enum syscall_action otherwise)
{
	struct scmp_arg_cmp compared[SYSCALL_CONDITIONS];
	unsigned count = syscall_conditions(rule, compared);
	own(close_arena) struct arena *a = arena_open();
	char *rest = arena_strdup(a, rule->names);
	int failed = 0;

	if (rule->action == otherwise)
		return 0;
	for (char *name = strtok_r(rest, " ", &rest); name && failed == 0;
	     name = strtok_r(NULL, " ", &rest)) {
		int number = syscall_number(name);

		if (number != __NR_SCMP_ERROR)
			failed = seccomp_rule_add_array(
			    filter, seccomp_action(rule->action), number, count,
			    compared);
	}
	return failed;
}

static int syscall_table_add(scmp_filter_ctx filter,
                             const struct syscall_table *table,
                             enum syscall_action otherwise)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < table->count; i++)
		failed = syscall_rule_add(filter, &table->rules[i], otherwise);
	return failed;
}

bool syscall_filter_load(const struct syscall_table *tables, size_t count,
                         enum syscall_action otherwise, struct error *err)
{
	own(release_filter) scmp_filter_ctx filter =
	    seccomp_init(seccomp_action(otherwise));
	int failed = filter ? 0 : -ENOMEM;

	for (size_t i = 0; failed == 0 && i < count; i++)
		failed = syscall_table_add(filter, &tables[i], otherwise);
	if (failed == 0)
		failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (failed == 0)
		failed = seccomp_load(filter);
	return failed == 0 ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "cannot load a seccomp filter: %s", strerror(-failed));
}
