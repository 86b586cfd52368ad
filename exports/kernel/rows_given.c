/* A text that was read elsewhere. */
#include "rows_parts.h"

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
