/* Text to cleaned text and words. */
#include <string.h>

#include "rows_parts.h"

enum { BLANK, LETTER, SYMBOL, MARK }; /* MARK: a symbol that is a word, but not cut from its neighbours */

void rows_fill_bytes(struct rows *model)
{
    for (int reading = ROWS_LETTERS; reading <= ROWS_RAW; reading++)
        for (int c = 0; c < 128; c++) {
            int upper = c >= 'A' && c <= 'Z', letter = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            int seen = c > ' ' && c < 127;
            uint8_t other = !seen || reading == ROWS_LETTERS ? BLANK : reading == ROWS_WORDS ? SYMBOL : MARK;
            model->kind_of_byte[reading][c] = letter ? LETTER : other;
            model->clean_byte[reading][c] = (char)(upper && reading != ROWS_RAW ? c + 'a' - 'A' : c);
        }
}

static size_t stop_slot(const struct rows *model, const char *word)
{
    uint64_t half[2];
    memcpy(half, word, sizeof half);
    size_t slot = (size_t)(rows_mixed(half[0], half[1]) >> 54) % ROWS_STOP_SLOTS;
    while (model->stop[slot][0] && memcmp(model->stop[slot], word, ROWS_MAX_STOP)) slot = (slot + 1) % ROWS_STOP_SLOTS;
    return slot;
}

const char *rows_add_stop_words(struct rows *model, const char *words, size_t size)
{
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        if (words[i] != '\n') continue;
        char key[ROWS_MAX_STOP] = {0};
        if (i == start || i - start > ROWS_MAX_STOP || !words[start]) return "stop words: 1 to 16 bytes each are allowed";
        if (++model->n_stop > ROWS_STOP_SLOTS / 2) return "stop words: at most 512 are allowed";
        memcpy(key, words + start, i - start);
        memcpy(model->stop[stop_slot(model, key)], key, ROWS_MAX_STOP);
        start = i + 1;
    }
    return start == size ? NULL : "stop words: each must end with a newline";
}

static int stops(const struct rows *model, const uint8_t *word, size_t size)
{
    char key[ROWS_MAX_STOP] = {0};
    if (!model->n_stop || size > ROWS_MAX_STOP) return 0;
    memcpy(key, word, size);
    return model->stop[stop_slot(model, key)][0] != 0;
}

const char *rows_read(const struct rows *model, int reading, const struct rows_text *text, uint8_t *clean, uint32_t *spans,
                      struct view *view)
{
    const uint8_t *kinds = model->kind_of_byte[reading], *data = text->data;
    const char *cleaned = model->clean_byte[reading];
    size_t n = 0, n_words = 0, size = text->size;
    uint8_t all = 0;
    int open = 0; /* whether what comes goes on without a blank where the last word ended */
    for (size_t i = 0; i < size; i++) all |= data[i];
    if (all >= 128) return "text: only ASCII is cleaned here; pass any other text cleaned";
    for (size_t i = 0; i < size;) {
        uint8_t kind = kinds[data[i]];
        if (kind == BLANK) {
            open = 0, i++;
            continue;
        }
        size_t before = n;
        if (n && !open) clean[n++] = ' ';
        size_t start = n;
        if (kind == LETTER) {
            do clean[n++] = (uint8_t)cleaned[data[i++]];
            while (i < size && kinds[data[i]] == LETTER);
            if (reading == ROWS_LETTERS && stops(model, clean + start, n - start)) {
                n = before;
                continue;
            }
        } else clean[n++] = data[i++];
        open = reading == ROWS_RAW;
        spans[2 * n_words] = (uint32_t)start;
        spans[2 * n_words++ + 1] = (uint32_t)n;
    }
    memset(clean + n, 0, ROWS_SLACK);
    *view = (struct view){clean, clean, n, n, n_words, spans, 1};
    return NULL;
}

const char *rows_given(const struct rows_text *text, size_t reading, size_t n_readings, struct view *view, const uint8_t **spans)
{
    static const char *const damaged = "text: a cleaned text's sizes don't fit its bytes";
    const uint8_t *data = text->data;
    size_t left = text->size;
    for (size_t r = 0; r < n_readings; r++) {
        if (left < 12) return damaged;
        size_t clean_size = rows_number(data), words_size = rows_number(data + 4), n_words = rows_number(data + 8);
        data += 12, left -= 12;
        if (n_words > left / 8 || clean_size > left - 8 * n_words || words_size > left - 8 * n_words - clean_size) return damaged;
        if (clean_size > 2 * ROWS_LONGEST || words_size > 2 * ROWS_LONGEST || n_words > 2 * ROWS_LONGEST + 1)
            return "text: too long when it is cleaned";
        if (r == reading) {
            *view = (struct view){data + 8 * n_words, data + 8 * n_words + clean_size, clean_size, words_size, n_words, NULL, 0};
            *spans = data;
            for (size_t i = 0, last = 0; i < n_words; i++) {
                uint32_t start = rows_number(data + 8 * i), end = rows_number(data + 8 * i + 4);
                if (start < last || start > end || end > words_size) return damaged;
                last = end;
            }
        }
        data += 8 * n_words + clean_size + words_size, left -= 8 * n_words + clean_size + words_size;
    }
    return left ? damaged : NULL;
}
