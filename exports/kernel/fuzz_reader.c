/* Throws random readers, pages and texts, sound and hostile, at reader.c and compares its ways of reading with one another.
 *   cc -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover fuzz_reader.c reader.c
 *   ./a.out ROUNDS SEED        prints what it did; exit code 1 on the first difference
 *   ./a.out bench < FILE       the time of one text in nanoseconds; FILE is written by tests/cases/reader_case.py
 * Every buffer is allocated at exactly its size, so that a read beyond it is caught. */
#include <time.h>

#include "fuzz_common.h"

/* ---- pages ---- */

static void spoil_page(struct reader *reader, size_t round)
{
    struct reader_point *points = exactly(256 * sizeof *points);
    struct reader_piece *pieces = exactly(N_PIECES * sizeof *pieces);
    struct reader_point *point = points + below(256);
    uint32_t number = 5, many = N_PIECES << 8 | 1;
    size_t n_pieces = N_PIECES;
    make_page(READER_WORDS, 5, points, pieces);
    switch (below(9)) {
        case 0: number = READER_N_PAGES + (uint32_t)below(9); break;
        case 1: point->own = READER_KINDS; break;
        case 2: point->becomes = UINT32_MAX; break;
        case 3: point->lead = 0, point->flags = READER_LEADS; break;
        case 4: point->lead = 7, point->flags = 0; break;
        case 5: point->size = (uint8_t)(5 + below(250)); break;
        case 6: point->size = READER_MANY, memcpy(point->bytes, &many, 4); break;
        case 7: pieces[below(N_PIECES)].size = (uint8_t)(below(2) ? 0 : 5); break;
        default: point->lead = point->trail = 3, point->flags = READER_LEADS | READER_PURE, point->size = 2, point->becomes = READER_BLANK;
    }
    if (!reader_add_page(reader, number, points, pieces, n_pieces)) fail("a spoilt page was taken", round);
    free(points), free(pieces);
}

/* ---- readers ---- */

struct made {
    struct reader_spec spec;
    struct reader_alternative *alternatives;
    struct reader *reader;
};

static const uint8_t stop_words[] = "theofa1b2</s>a very long stop word";
static const uint32_t stop_ends[] = {3, 5, 9, 13, 34};

static void make_alternative(struct reader_alternative *one)
{
    static const uint8_t classes[] = {0, 1, READER_WORD_CLASS, READER_WORD_CLASS, READER_SPACE_CLASS};
    memset(one, 0, sizeof *one);
    one->n_heads = (uint8_t)below(4);
    one->tail = below(4) ? classes[below(sizeof classes)] : READER_NO_CLASS;
    for (size_t h = 0; h < one->n_heads; h++) one->heads[h] = below(2) && one->tail < 32 ? one->tail : classes[below(sizeof classes)];
    one->bound_before = below(2), one->bound_after = below(2);
    if (one->tail != READER_NO_CLASS) one->least = (uint32_t)below(3), one->most = below(2) ? READER_NO_LIMIT : one->least + (uint32_t)below(4);
    if (!one->n_heads && !one->least) one->n_heads = 1, one->heads[0] = READER_WORD_CLASS;
}

static struct made make(int scheme)
{
    struct made m = {.spec = {.scheme = scheme}};
    if (scheme == READER_TOKENS) {
        m.spec.n_alternatives = below(4);
        m.spec.collapse = !below(3);
    }
    m.spec.ends = scheme == READER_LINE && below(2);
    m.alternatives = exactly(m.spec.n_alternatives * sizeof *m.alternatives);
    for (size_t i = 0; i < m.spec.n_alternatives; i++) make_alternative(&m.alternatives[i]);
    if (m.spec.n_alternatives == 1 && below(2)) /* the usual one */
        *m.alternatives = (struct reader_alternative){.heads = {READER_WORD_CLASS}, .n_heads = 1, .tail = READER_WORD_CLASS,
                                                      .bound_before = 1, .bound_after = 1, .least = 1, .most = READER_NO_LIMIT};
    m.spec.alternatives = m.alternatives;
    if (scheme != READER_WORDS && scheme != READER_RAW && below(2)) {
        m.spec.stop_words = stop_words, m.spec.stop_words_size = sizeof stop_words - 1;
        m.spec.stop_ends = stop_ends, m.spec.n_stop_words = 5;
    }
    return m;
}

static void spoil_reader(size_t round)
{
    struct made m = make(READER_TOKENS);
    uint32_t ends[] = {3, 5, 9, 13, 34};
    struct reader *out = NULL;
    struct reader_alternative one = {.n_heads = 1, .tail = READER_NO_CLASS};
    m.spec.alternatives = &one, m.spec.n_alternatives = 1;
    m.spec.stop_words = stop_words, m.spec.stop_words_size = 34, m.spec.stop_ends = ends, m.spec.n_stop_words = 5;
    switch (below(9)) {
        case 0: m.spec.scheme = below(2) ? -1 : READER_SCHEMES; break;
        case 1: one.n_heads = READER_MAX_HEADS + 1; break;
        case 2: one.heads[0] = 32; break;
        case 3: one.n_heads = 0; break;
        case 4: one.tail = 32, one.most = 9; break;
        case 5: one.tail = 0, one.least = 2, one.most = 1; break;
        case 6: ends[below(5)] = below(2) ? 0 : 35; break;
        case 7: m.spec.n_alternatives = READER_MAX_ALTERNATIVES + 1; break;
        default: m.spec.scheme = READER_RAW;
    }
    if (!reader_new(&m.spec, &out) || out) fail("a spoilt reader was made", round);
    free(m.alternatives);
}

/* ---- texts ---- */

static void check_spans(const struct reader_text *text, int ends, size_t round)
{
    size_t before = 0, limit = text->size + (ends ? 4 : 0);
    for (size_t i = 0; i < text->n_words; i++) {
        if (text->words[i].start < before || text->words[i].end <= text->words[i].start || text->words[i].end > limit)
            fail("words overlap, are empty or lie outside", round);
        before = text->words[i].end;
    }
}

static int same(const struct reader_text *a, const struct reader_text *b)
{
    if (a->size != b->size || a->n_words != b->n_words || (a->size && memcmp(a->clean, b->clean, a->size))) return 0;
    return !a->n_words || !memcmp(a->words, b->words, a->n_words * sizeof *a->words);
}

/* Give the pages that a text needs, and read it to its end. */
static int read_with_pages(const struct made *m, const uint8_t *text, size_t size, int is_clean, struct reader_text *out, size_t round)
{
    struct reader_point points[256];
    struct reader_piece pieces[N_PIECES];
    int status;
    while ((status = reader_read(m->reader, text, size, is_clean, out)) == READER_NEEDS_PAGES) {
        if (reader_has_page(m->reader, out->missing)) fail("a page is missing that was given", round);
        make_page(m->spec.scheme, out->missing, points, pieces);
        const char *problem = reader_add_page(m->reader, out->missing, points, pieces, N_PIECES);
        if (problem) fail(problem, round);
    }
    return status;
}

static size_t make_text(uint8_t *out, int kind)
{
    static const char soup[] = "  the of a1b2 The THE-offer bthe_x-9Z@[`{/: </s> __label__a the \t\n\x1c a very long stop word abcdefghijklmnopqr";
    size_t n = below(12) ? below(90) : below(700), size = 0;
    for (size_t i = 0; i < n; i++) {
        if (kind == 0 || below(3)) out[size++] = below(9) ? (uint8_t)soup[below(sizeof soup - 1)] : (uint8_t)below(128);
        else if (kind == 1 || below(8)) size += spell((uint32_t)(below(3) ? 0x80 + below(0x500) : below(0x110000)), out + size);
        else out[size++] = (uint8_t)below(256);
    }
    return size;
}

static void check_text(const struct made *m, struct reader_text *first, struct reader_text *second, size_t round)
{
    static uint8_t room[4 * 700 + 8];
    int kind = (int)below(3), ends = m->spec.ends;
    size_t size = make_text(room, kind);
    uint8_t *text = exactly(size);
    memcpy(text, room, size);
    int status = read_with_pages(m, text, size, 0, first, round);
    if (kind == 0 && status) fail("plain ASCII was not read", round);
    if (kind == 1 && status != READER_DONE && status != READER_NEEDS_PYTHON) fail("UTF-8 was not read", round);
    if (!status) {
        check_spans(first, ends, round);
        /* The same without the way of plain ASCII. */
        if (kind == 0 && m->spec.scheme != READER_LINE) {
            uint8_t *longer = exactly(size + 2);
            memcpy(longer, text, size);
            spell(NOTHING_HERE, longer + size);
            if (read_with_pages(m, longer, size + 2, 0, second, round)) fail("a text was not read with nothing behind it", round);
            if (!same(first, second)) fail("a text was read otherwise with nothing behind it", round);
            free(longer);
        }
        /* What is clean is cut as it was; of random pages, where it is ASCII. */
        uint8_t *clean = exactly(first->size);
        if (first->size) memcpy(clean, first->clean, first->size);
        int again = read_with_pages(m, clean, first->size, 1, second, round);
        if (!again) check_spans(second, ends, round);
        if (kind == 0 && (again || !same(first, second))) fail("a clean text was cut otherwise", round);
        free(clean);
        status = reader_split(first);
        if (kind == 0 && status) fail("a text was not split", round);
    }
    status = read_with_pages(m, text, size, 1, second, round);
    if (!status) check_spans(second, ends, round);
    free(text);
}

static void check_alphabet(size_t round)
{
    uint32_t points[200];
    uint8_t ids[200], text[400], *out;
    size_t n = below(200), size = 0, known = 0;
    int bytes = (int)below(2);
    struct reader_alphabet alphabet;
    for (size_t i = 0; i < n; i++) {
        points[i] = (uint32_t)(bytes || below(2) ? i : 0x100 + 50 * i);
        ids[i] = (uint8_t)(i + 2);
        if (!bytes) size += spell(points[i], text + size), known++;
        if (size > 390) break;
    }
    if (known) n = known;
    const char *problem = reader_alphabet_new(points, ids, n, 1, bytes, &alphabet);
    if (problem) fail(problem, round);
    uint8_t *exact = exactly(size);
    memcpy(exact, text, size);
    out = exactly(size);
    size_t n_ids = reader_ids(&alphabet, exact, size, out);
    if (!bytes && (n_ids != known || memcmp(out, ids, known))) fail("ids differ", round);
    for (size_t i = 0; i < size; i++) exact[i] = (uint8_t)below(256);
    if (reader_ids(&alphabet, exact, size, out) > size) fail("more ids than bytes", round);
    free(exact), free(out);
    reader_alphabet_free(&alphabet);
}

/* ---- time ---- */

static void *take(size_t size)
{
    void *memory = exactly(size);
    if (size && fread(memory, 1, size, stdin) != size) fail("the file ends early", 0);
    return memory;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Groups of: scheme, bytes of alternatives and of stop words, number of stop words, of pages, of texts; then those. */
static int bench(void)
{
    uint32_t head[6];
    while (fread(head, sizeof head, 1, stdin) == 1) {
        struct reader_spec spec = {.scheme = (int)head[0], .n_alternatives = head[1] / sizeof *spec.alternatives};
        spec.alternatives = take(head[1]);
        spec.stop_words = take(head[2]), spec.stop_words_size = head[2];
        spec.stop_ends = take(4 * (size_t)head[3]), spec.n_stop_words = head[3];
        struct reader *reader = NULL;
        const char *problem = reader_new(&spec, &reader);
        for (uint32_t i = 0; i < head[4] && !problem; i++) {
            uint32_t *page = take(8);
            struct reader_point *points = take(256 * sizeof *points);
            struct reader_piece *pieces = take(page[1] * sizeof *pieces);
            problem = reader_add_page(reader, page[0], points, pieces, page[1]);
            free(page), free(points), free(pieces);
        }
        if (problem) fail(problem, 0);
        for (uint32_t i = 0; i < head[5]; i++) {
            uint32_t *size = take(4);
            uint8_t *text = take(*size);
            struct reader_text out = {0};
            double best = 1e9;
            int status = 0;
            for (int round = 0; round < 300; round++) {
                double start = seconds();
                for (int k = 0; k < 100; k++) status |= reader_read(reader, text, *size, 0, &out);
                double took = (seconds() - start) / 100;
                best = took < best ? took : best;
            }
            printf("%d %u %zu %.1f\n", status, *size, out.n_words, best * 1e9);
            reader_text_free(&out);
            free(size), free(text);
        }
        reader_free(reader);
        free((void *)spec.alternatives), free((void *)spec.stop_words), free((void *)spec.stop_ends);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "bench")) return bench();
    size_t rounds = argc > 1 ? (size_t)atol(argv[1]) : 1000, texts = 0;
    state = argc > 2 ? (uint64_t)atoll(argv[2]) : 0;
    struct reader_text first = {0}, second = {0};
    for (size_t round = 0; round < rounds; round++) {
        struct made m = make((int)below(READER_SCHEMES));
        const char *problem = reader_new(&m.spec, &m.reader);
        if (problem) fail(problem, round);
        if (m.spec.scheme == READER_WORDS) spoil_page(m.reader, round);
        for (size_t n = below(20); n > 0; n--, texts++) check_text(&m, &first, &second, round);
        reader_free(m.reader);
        free(m.alternatives);
        spoil_reader(round);
        check_alphabet(round);
        if (!below(10)) reader_text_free(&first), reader_text_free(&second);
    }
    reader_text_free(&first), reader_text_free(&second);
    printf("%zu rounds, %zu texts: no difference\n", rounds, texts);
    return 0;
}
