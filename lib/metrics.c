/* SPDX-License-Identifier: AGPL-3.0-or-later
 * metrics.c: figures by name, printed as Prometheus text. */
#include "lib/metrics.h"

#include <pthread.h>
#include <string.h>

#include "lib/list.h"
#include "lib/text.h"

/* A label that grows with what strangers send would fill the memory. */
enum { MOST_FIGURES = 2000 };

enum kind { COUNTER = 0, GAUGE, THOUSANDTHS };

struct figure {
	const char *name;
	const char *labels; /* {label="value"}, or nothing */
	enum kind kind;
	int64_t number;
};

typedef LIST(struct figure) figure_list;

/* Guards all figures; they live as long as the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct arena *figures_in;
static figure_list figures;
static int64_t dropped;

/* Exposition format 0.0.4: \ " and line breaks are escaped in values. */
static void add_value(struct text *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			text_add(out, "\\n");
		else if (*value == '"' || *value == '\\')
			text_addf(out, "\\%c", *value);
		else
			text_add_bytes(out, value, 1);
	}
}

static const char *labels_of(struct arena *a, const char *label,
                             const char *value)
{
	struct text out = text_in(a);

	if (!label || !value)
		return "";
	text_addf(&out, "{%s=\"", label);
	add_value(&out, value);
	text_add(&out, "\"}");
	return out.at;
}

static int compare(const struct figure *x, const struct figure *y)
{
	int names = strcmp(x->name, y->name);

	return names ? names : strcmp(x->labels, y->labels);
}

/* Under the lock: where this one stands, or would. */
static size_t place_of(const struct figure *wanted)
{
	size_t low = 0, high = figures.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(&figures.at[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Under the lock; NULL when there are too many. */
static struct figure *find_figure(const struct figure *wanted)
{
	size_t place = place_of(wanted);

	if (place < figures.count && compare(&figures.at[place], wanted) == 0)
		return &figures.at[place];
	if (figures.count == MOST_FIGURES)
		return NULL;
	if (!figures_in)
		figures_in = arena_open();
	(void)list_add(figures_in, &figures);
	memmove(&figures.at[place + 1], &figures.at[place],
	        (figures.count - 1 - place) * sizeof(*figures.at));
	figures.at[place] =
	    (struct figure){ .name = arena_copy(figures_in, wanted->name),
		             .labels = arena_copy(figures_in, wanted->labels),
		             .kind = wanted->kind };
	return &figures.at[place];
}

/* The number is added, or for a gauge put in place of the old one. */
static void change(const struct figure *by)
{
	(void)pthread_mutex_lock(&lock);
	struct figure *f = find_figure(by);

	if (!f)
		dropped++;
	else
		f->number =
		    by->kind == GAUGE ? by->number : f->number + by->number;
	(void)pthread_mutex_unlock(&lock);
}

void metrics_count(const char *name, const char *label, const char *value)
{
	struct arena *a = arena_open();

	change(
	    &(struct figure){ name, labels_of(a, label, value), COUNTER, 1 });
	arena_close(a);
}

void metrics_set(const char *name, const char *label, const char *value,
                 int64_t now)
{
	struct arena *a = arena_open();

	change(
	    &(struct figure){ name, labels_of(a, label, value), GAUGE, now });
	arena_close(a);
}

void metrics_took(const char *name, const char *label, const char *value,
                  int64_t milliseconds)
{
	struct arena *a = arena_open();
	const char *labels = labels_of(a, label, value);

	change(&(struct figure){ arena_print(a, "%s_seconds_sum", name), labels,
	                         THOUSANDTHS, milliseconds });
	change(&(struct figure){ arena_print(a, "%s_seconds_count", name),
	                         labels, COUNTER, 1 });
	arena_close(a);
}

static void write_figure(struct text *out, const struct figure *f,
                         const char *name_before)
{
	if (!text_equal(f->name, name_before))
		text_addf(out, "# TYPE %s %s\n", f->name,
		          f->kind == GAUGE ? "gauge" : "counter");
	if (f->kind == THOUSANDTHS)
		text_addf(out, "%s%s %lld.%03d\n", f->name, f->labels,
		          (long long)(f->number / 1000),
		          (int)(f->number % 1000));
	else
		text_addf(out, "%s%s %lld\n", f->name, f->labels,
		          (long long)f->number);
}

char *metrics_text(struct arena *a)
{
	struct text out = text_in(a);
	const char *before = NULL;

	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < figures.count; i++) {
		write_figure(&out, &figures.at[i], before);
		before = figures.at[i].name;
	}
	text_addf(&out,
	          "# TYPE portvakt_figures_dropped_total counter\n"
	          "portvakt_figures_dropped_total %lld\n",
	          (long long)dropped);
	(void)pthread_mutex_unlock(&lock);
	return out.at;
}
