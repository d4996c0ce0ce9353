/* SPDX-License-Identifier: AGPL-3.0-or-later
 * failed_questions.c: a ring of the questions that ended a worker. */
#include "idp/plugin_host/failed_questions.h"

#include <string.h>

#include "lib/json.h"
#include "lib/strbuf.h"

/* Lengths before the texts: "a b" and "a", "b" differ. */
static void failed_question_append(struct strbuf *t, const char *text)
{
	strbuf_appendf(t, "%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

void failed_question_key(const struct plugin_question *question,
                         unsigned char ret[HASH_SHA256_SIZE])
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);

	failed_question_append(&t, js_string(question->facts, "affiliation"));
	failed_question_append(&t, question->condition);
	for (size_t i = 0; i < question->arguments_count; i++)
		failed_question_append(&t, question->arguments[i]);
	hash_sha256(t.data, t.length, ret);
	arena_close(a);
}

void failed_questions_add(struct failed_questions *t,
                          const unsigned char key[HASH_SHA256_SIZE],
                          int64_t now_ms)
{
	struct failed_question *one = &t->at[t->next];

	memcpy(one->key, key, HASH_SHA256_SIZE);
	one->until_ms = now_ms + FAILED_QUESTION_MS;
	t->next = (t->next + 1) % FAILED_QUESTIONS_MAX;
}

bool failed_questions_has(const struct failed_questions *t,
                          const unsigned char key[HASH_SHA256_SIZE],
                          int64_t now_ms)
{
	for (size_t i = 0; i < FAILED_QUESTIONS_MAX; i++)
		if (t->at[i].until_ms > now_ms &&
		    memcmp(t->at[i].key, key, HASH_SHA256_SIZE) == 0)
			return true;
	return false;
}

size_t failed_questions_count(const struct failed_questions *t, int64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < FAILED_QUESTIONS_MAX; i++)
		count += t->at[i].until_ms > now_ms;
	return count;
}
