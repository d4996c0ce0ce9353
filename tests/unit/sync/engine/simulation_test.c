/* SPDX-License-Identifier: AGPL-3.0-or-later
 * School years of several municipalities: ordinary life, which should not be
 * held, and accidents, which should.  Prints two tables: for each kind of
 * accident how many were tried and let through, and for each municipality how
 * often ordinary changes were held.  Fails if an accident was let through, or
 * if more than two incidents a year and municipality were held.
 * Environment: YEARS=N MUNICIPALITIES=N FIRST=N SEED=N (one year of a small one
 * by default); SIMULATION_SAYS=1 prints each case. */
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sync/engine/catalogue/catalogue_access.h"
#include "tests/unit/sync/engine/simulation/watch.h"

enum {
	STEP = 20 * MINUTE,
	FIRST_QUIET_DAYS = 40,
	UNDO_PATIENCE = HOUR,
	OPERATOR_PATIENCE = 5 * DAY,
	HELD_A_YEAR = 2
};

/* When people work, in minutes. */
static const int slots[] = { 80, 420, 540, 660, 780, 900, 1140 };

static struct accident running[TOWNS];
static int64_t next_accident[TOWNS];
static int accidents_of[TOWNS];
static int next_id;
static bool says;

/* ---- results */

static struct {
	int tried, let_through, people, most, small, undos_held;
	double undo_hours;
} by_kind[LENGTH(accident_kinds)];

static struct {
	json_t *incidents, *beside; /* "reason day" -> people */
	int not_followed;
} by_town[TOWNS];

static const char *day_text(struct arena *a, int64_t day)
{
	struct date d = date_of(day);

	return arena_printf(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static void say_accident(const struct accident *x, const char *what)
{
	struct arena *a = arena_open();

	if (says)
		printf("# %s %s: %s: %s, %d people, %d changed%s\n",
		       day_text(a, today()), x->t->size->name, what,
		       x->kind->label, x->count, x->worst,
		       x->must_stop ? "" : " (small)");
	arena_close(a);
}

static void record_accident(const struct accident *x)
{
	size_t k = (size_t)(x->kind - accident_kinds);
	double hours = (double)(clock_now() - x->undone_at) / HOUR;

	if (x->must_stop)
		by_kind[k].tried++;
	else
		by_kind[k].small++;
	by_kind[k].let_through += x->must_stop && x->let_through;
	if (x->must_stop && x->let_through)
		by_kind[k].people += x->worst;
	if (x->count > by_kind[k].most)
		by_kind[k].most = x->count;
	by_kind[k].undos_held += hours > 1;
	if (hours > by_kind[k].undo_hours)
		by_kind[k].undo_hours = hours;
	if (x->must_stop && x->let_through)
		say_accident(x, "LET THROUGH");
	if (hours > 1)
		say_accident(x, "UNDO HELD");
}

/* ---- accidents of a municipality */

/* Summer's batches would be mixed up with these. */
static bool meets_school_start(const struct accident *x)
{
	bool pupils = x->kind->top < 0 || x->kind->top == PUPILS ||
	              x->kind->change == do_make_pupil;
	int64_t first = today();
	int64_t last = x->undo_at / DAY + 2;

	for (int64_t day = first; day <= last; day++) {
		struct date d = date_of(day);

		if ((pupils && d.month == 8 && d.day <= 7) ||
		    (x->kind->change == do_restore && d.month >= 7 &&
		     d.month <= 8))
			return true;
	}
	return false;
}

static void postpone(struct accident *x, int low, int high)
{
	next_accident[x->t->m] =
	    clock_now() + between(x->t, low * 24, high * 24) * HOUR;
	accident_free(x);
	x->t->busy = false;
}

/* A backup is taken days before it is restored. */
static bool backup_is_due(struct accident *x)
{
	if (x->kind->change != do_restore)
		return true;
	if (!x->backup) {
		backup_take(x);
		x->backup_day = today();
		next_accident[x->t->m] =
		    clock_now() + between(x->t, 2, 14) * DAY;
		return false;
	}
	backup_collect(x);
	return true;
}

static void start_accident(struct accident *x)
{
	struct town *t = x->t;
	size_t nth = (size_t)(accidents_of[t->m] * 23) + (size_t)t->m * 7 +
	             (size_t)chance(t, 3);

	if (!x->kind) {
		x->kind = &accident_kinds[nth % LENGTH(accident_kinds)];
		accidents_of[t->m]++;
		x->id = ++next_id;
	}
	x->began = clock_now();
	x->undo_at = accident_undo_time(x);
	if (meets_school_start(x)) {
		postpone(x, 5, 12);
		return;
	}
	if (!backup_is_due(x))
		return;
	bool possible =
	    x->kind->change == do_restore ? x->count >= 1 : accident_prepare(x);
	if (!possible) {
		postpone(x, 1, 6);
		return;
	}
	t->busy = true;
	accident_copy(x);
	watch_begin(x);
	x->lost_cache = percent(t, 1);
	if (x->kind->change == do_restore)
		backup_restore(x);
	else
		accident_begin(x);
	say_accident(x, "begins");
	x->whole = x->kind->change == do_restore || percent(t, 10);
}

static bool is_running(const struct accident *x)
{
	return x->kind && x->arena;
}

static void accident_step(struct accident *x)
{
	if (!is_running(x)) {
		if (next_accident[x->t->m] <= clock_now())
			start_accident(x);
		return;
	}
	if (!x->undone && x->undo_at <= clock_now()) {
		accident_undo(x);
		x->undone_at = clock_now();
		x->whole = x->kind->change == do_restore;
	}
	if (x->kind->drip)
		accident_drip(x);
}

/* Prints once for whom the undo waits. */
static void say_waiting(struct accident *x)
{
	struct arena *a = arena_open();
	int aspects = x->kind->aspects | ASPECT_UNTIL;

	for (int i = 0; i < x->count && says && !x->waiting_said; i++) {
		const struct person *p = &x->t->people[x->who[i]];

		if (agrees(x->t, p, aspects))
			continue;
		x->waiting_said = true;
		printf("# %s %s: undo waits: %s %s: asked %s, found %s, held "
		       "for %s\n",
		       day_text(a, today()), x->t->size->name, x->kind->label,
		       anchor_of(a, x->t, p), asked_for(a, x->t, p, aspects),
		       found(a, x->t, p, aspects),
		       state_text(a,
		                  "SELECT group_concat(reason) FROM held WHERE"
		                  " directory = ?1 AND anchor = ?2",
		                  "tt", x->t->size->name,
		                  anchor_of(a, x->t, p)));
	}
	arena_close(a);
}

static void finish_or_wait(struct accident *x)
{
	int wrong = watch_undo(x);

	/* The directory is as it should be: the operator confirms it. */
	if (x->kind->change == do_restore && !x->source_accepted) {
		accept_source(x->t);
		x->source_accepted = true;
		return;
	}
	if (wrong > 0) {
		if (clock_now() - x->undone_at > HOUR)
			say_waiting(x);
		x->undo_held = clock_now() - x->undone_at > OPERATOR_PATIENCE;
		return;
	}
	record_accident(x);
	postpone(x, 6, 40);
}

static void lose_cache(struct accident *x)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct arena *a = arena_open();
	struct error err = { 0 };

	if (x->lost_cache && clock_now() > x->began + 2 * HOUR) {
		x->lost_cache = false;
		state_close();
		for (size_t i = 0; i < LENGTH(suffixes); i++)
			(void)unlink(
			    arena_printf(a, "%s%s", cache, suffixes[i]));
		if (!state_open(cache, &err))
			fail_msg("%s", err.text);
		loop_state = (struct main_loop){ 0 };
		for (int twice = 0; twice < 2; twice++) {
			for (int m = 0; m < town_count; m++)
				send_run(&towns[m], true, false);
			run_rounds(6);
		}
		say_accident(x, "cache lost");
	}
	arena_close(a);
}

static void watch_step(struct accident *x)
{
	if (!is_running(x))
		return;
	lose_cache(x);
	if (x->undone)
		finish_or_wait(x);
	else
		watch_accident(x);
}

/* Something may happen before the next slot. */
static bool is_hot(const struct accident *x)
{
	if (!is_running(x))
		return false;
	if (x->kind->drip && !x->undone && x->done < x->count)
		return true;
	return clock_now() - x->began < 2 * HOUR ||
	       (x->undone && clock_now() - x->undone_at < 2 * HOUR) ||
	       (clock_now() + STEP >= x->end && clock_now() < x->end + HOUR);
}

/* ---- ordinary changes that are held */

static void count_incident(struct town *t, const char *reason,
                           const struct person *p)
{
	struct arena *a = arena_open();
	bool beside = is_running(&running[t->m]);
	json_t *to = beside ? by_town[t->m].beside : by_town[t->m].incidents;
	char *name = arena_printf(a, "%s %s", reason, day_text(a, today()));
	int64_t before = json_integer_value(json_object_get(to, name));

	(void)json_object_set_new(to, name, json_integer(before + 1));
	if (says && before == 0)
		printf("# %s %s: held%s: %s: %s\n", day_text(a, today()),
		       t->size->name, beside ? " beside an accident" : "",
		       reason, p ? p->event : "group");
	arena_close(a);
}

static void scan_held(struct town *t, int64_t since)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT anchor, reason FROM held WHERE"
	                          " directory = ?1 AND since > ?2",
	                          "ti", t->size->name, since);

	for (size_t i = 0; i < count; i++) {
		const struct person *p = person_of_anchor(t, rows[i][0]);

		if (p && p->accident == 0)
			count_incident(t, rows[i][1], p);
	}
	arena_close(a);
}

/* A change of days ago that is not in the catalogue although nothing holds
 * it. */
static void find_not_followed(struct town *t)
{
	struct arena *a = arena_open();
	int aspects = ASPECT_ACCESS | ASPECT_LOGIN | ASPECT_MAIL | ASPECT_UNIT;

	for (int i = 0; i < t->count; i++) {
		struct person *p = &t->people[i];
		bool active = is_active(t, p);

		if (p->accident || p->event_day + 3 > today() ||
		    agrees(t, p, active ? aspects : ASPECT_STATUS) ||
		    state_number("SELECT count(*) FROM held WHERE"
		                 " directory = ?1 AND anchor = ?2",
		                 "tt", t->size->name, anchor_of(a, t, p)) > 0)
			continue;
		by_town[t->m].not_followed++;
		if (says)
			printf("# %s %s: not followed: %s: %s, asked: %s, "
			       "found: %s, %s\n",
			       day_text(a, today()), t->size->name,
			       anchor_of(a, t, p), p->event,
			       asked_for(a, t, p, aspects),
			       found(a, t, p, aspects),
			       state_text(a,
			                  "SELECT reason FROM quarantine WHERE"
			                  " directory = ?1 AND anchor = ?2",
			                  "tt", t->size->name,
			                  anchor_of(a, t, p)));
		p->event_day = today() + 300;
	}
	arena_close(a);
}

/* ---- a day */

static int slot_at(int64_t minute)
{
	for (size_t i = 0; i < LENGTH(slots); i++)
		if (slots[i] / 20 == minute / 20)
			return (int)i;
	return -1;
}

static void step(int slot)
{
	static int64_t scanned_at;

	for (int m = 0; m < town_count; m++) {
		if (slot >= 0)
			live(&towns[m], slot);
		accident_step(&running[m]);
		if (slot == 2 && !is_holiday(today()))
			operator_works(&towns[m], &running[m]);
	}
	for (int m = 0; m < town_count; m++) {
		struct accident *x = &running[m];

		if (!is_running(x) || !x->whole || !towns[m].changed)
			continue;
		send_run(&towns[m], true,
		         x->kind->change == do_restore && !x->undone);
		x->whole = false;
		run_rounds(8);
	}
	send_changes();
	for (int m = 0; m < town_count; m++)
		watch_step(&running[m]);
	for (int m = 0; slot >= 0 && m < town_count; m++)
		scan_held(&towns[m], scanned_at);
	scanned_at = slot >= 0 ? clock_now() : scanned_at;
}

static void simulate_day(int64_t day)
{
	/* The nightly comparison, once a week. */
	if (date_of(day).weekday != 1)
		loop_state.verified_at = day * DAY;
	remove_expired_approvals();
	for (int64_t at = 0; at < DAY; at += STEP) {
		int slot = slot_at(at / MINUTE);
		bool hot = false;

		if (time_ms < (day * DAY + at) * 1000)
			time_ms = (day * DAY + at) * 1000;
		for (int m = 0; m < town_count; m++)
			hot |= is_hot(&running[m]);
		if (slot >= 0 || hot)
			step(slot);
	}
	for (int m = 0; date_of(day).weekday == 5 && m < town_count; m++)
		find_not_followed(&towns[m]);
}

/* ---- tables */

static bool print_accidents(bool *ret_undone)
{
	int tried = 0, let_through = 0, undos = 0;

	printf("%-32s %6s %6s %6s %6s %6s %6s %6s\n", "accident", "tried",
	       "let", "people", "most", "small", "undo", "hours");
	for (size_t k = 0; k < LENGTH(accident_kinds); k++) {
		printf("%-32s %6d %6d %6d %6d %6d %6d %6.1f\n",
		       accident_kinds[k].label, by_kind[k].tried,
		       by_kind[k].let_through, by_kind[k].people,
		       by_kind[k].most, by_kind[k].small, by_kind[k].undos_held,
		       by_kind[k].undo_hours);
		tried += by_kind[k].tried;
		let_through += by_kind[k].let_through;
		undos += by_kind[k].undos_held;
	}
	printf("%-32s %6d %6d; undos held longer than an hour: %d\n", "all",
	       tried, let_through, undos);
	*ret_undone = undos == 0;
	return let_through == 0;
}

static void print_reasons(json_t *incidents)
{
	json_t *reasons = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(incidents, name, value)
	{
		char reason[40];

		(void)snprintf(reason, sizeof(reason), "%.*s",
		               (int)strcspn(name, " "), name);
		(void)json_object_set_new(
		    reasons, reason,
		    json_integer(
			json_integer_value(json_object_get(reasons, reason)) +
			1));
	}
	json_object_foreach(reasons, name, value)
	    printf(" %s=%lld", name, (long long)json_integer_value(value));
	json_decref(reasons);
}

static bool print_municipalities(int years)
{
	bool good = true;

	printf("%-16s %6s %8s %8s %8s  reasons\n", "municipality", "held",
	       "a year", "beside", "missed");
	for (int m = 0; m < town_count; m++) {
		size_t held = json_object_size(by_town[m].incidents);

		printf("%-16s %6zu %8.2f %8zu %8d ", towns[m].size->name, held,
		       (double)held / years,
		       json_object_size(by_town[m].beside),
		       by_town[m].not_followed);
		print_reasons(by_town[m].incidents);
		printf("\n");
		good &= held <= (size_t)(HELD_A_YEAR * years) &&
		        by_town[m].not_followed == 0;
	}
	return good;
}

/* ---- all years */

static uint64_t number_from(const char *name, uint64_t if_unset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : if_unset;
}

/* deploy/ldap/tree.ldif */
static const char *const base_entries[] = {
	"dc=region",
	"ou=people,dc=region",
	"ou=groups,dc=region",
	"ou=municipalities,dc=region",
	"ou=feide,dc=region",
	"ou=decisions,dc=region",
	"ou=issued,ou=decisions,dc=region",
	"ou=tombstones,ou=decisions,dc=region",
};

static void add_base_entry(const char *dn)
{
	const char *from = strchr(dn, '=') + 1;
	char name[40];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, ","),
	               from);
	(void)json_object_set_new(
	    memory.entries, dn,
	    json_pack("{s:s, s:{s:[s]}}", "csn", "0", "a", "ou", name));
}

static void begin_region(int64_t day, uint64_t seed, int first)
{
	struct error err = { 0 };

	random_state = seed;
	time_ms = day * DAY * 1000;
	memory = (struct catalogue_writer){ .entries = json_object(),
		                            .writes_left = -1 };
	for (size_t i = 0; i < LENGTH(base_entries); i++)
		add_base_entry(base_entries[i]);
	catalogue_writer = &memory;
	if (!state_open(cache, &err))
		fail_msg("%s", err.text);
	for (int m = 0; m < town_count; m++) {
		towns[m].size = &town_sizes[(first + m) % TOWNS];
		begin_town(&towns[m], m, seed);
		running[m].t = &towns[m];
		next_accident[m] =
		    (day + FIRST_QUIET_DAYS + between(&towns[m], 0, 20)) * DAY;
		by_town[m].incidents = json_object();
		by_town[m].beside = json_object();
	}
	build_region();
	for (int m = 0; m < town_count; m++)
		send_run(&towns[m], true, false);
	run_rounds(20);
}

static void end_region(void)
{
	for (int m = 0; m < town_count; m++) {
		if (running[m].kind)
			accident_free(&running[m]);
		free(towns[m].people);
		json_decref(by_town[m].incidents);
		json_decref(by_town[m].beside);
	}
	json_decref(memory.entries);
	state_close();
}

static void simulate(int years, uint64_t seed, int first)
{
	int64_t day = day_of(2026, 9, 1);
	int64_t last = day_of(2026 + years, 9, 1);

	begin_region(day, seed, first);
	for (; day < last; day++)
		simulate_day(day);
}

static void school_years_pass_and_accidents_are_held(void **state)
{
	char in_memory[] = "/dev/shm/pv-simulation-XXXXXX";
	char *folder = mkdtemp(in_memory);
	int years = (int)number_from("YEARS", 1);
	struct arena *a = arena_open();

	(void)state;
	assert_non_null(folder);
	cache = arena_printf(a, "%s/cache.sqlite", folder);
	says = getenv("SIMULATION_SAYS") != NULL;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	town_count = (int)number_from("MUNICIPALITIES", 1);
	assert_in_range(town_count, 1, TOWNS);
	simulate(years, number_from("SEED", 1), (int)number_from("FIRST", 3));
	bool undone = false;
	bool stopped = print_accidents(&undone);
	bool quiet = print_municipalities(years);
	end_region();
	(void)unlink(cache);
	(void)rmdir(folder);
	arena_close(a);
	if (!stopped)
		print_error("--- stopped\n");
	if (!quiet)
		print_error("--- quiet\n");
	if (!undone)
		print_error("--- undone\n");
	assert_true(stopped && quiet && undone);
}

TESTS(school_years_pass_and_accidents_are_held)
