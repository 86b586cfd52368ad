/* Largest response of 32 filters over a text. Included once for each instruction set and lane type, with
 *   NAME    the function         LANE   int8_t or int16_t (as wide as the sums need)
 *   VEC     vector of LANE       MAX(a, b)   larger lanes of two VECs        TARGET   function attribute
 * `row[t + k] * 32` is where the id's row starts in the k-th table; nothing is multiplied, rows are added. */

#define LOWEST ((LANE)(sizeof(LANE) == 1 ? INT8_MIN : INT16_MIN))
#define VECS (TABLES_BLOCK * sizeof(LANE) / sizeof(VEC))
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

TARGET static inline __attribute__((always_inline)) void JOIN(NAME, _width)(const LANE *table, const uint16_t *row,
                                                                             size_t length, size_t step, size_t width,
                                                                             int16_t *best)
{
    VEC top[VECS], sum[VECS];
    for (size_t v = 0; v < VECS; v++) top[v] = (VEC){0} + LOWEST;
    for (size_t t = 0; t < length; t++) {
        const VEC *first = (const VEC *)(table + row[t]);
        for (size_t v = 0; v < VECS; v++) sum[v] = first[v];
        for (size_t k = 1; k < width; k++) {
            const VEC *next = (const VEC *)(table + k * step + row[t + k]);
            for (size_t v = 0; v < VECS; v++) sum[v] += next[v];
        }
        for (size_t v = 0; v < VECS; v++) top[v] = MAX(sum[v], top[v]);
    }
    LANE flat[TABLES_BLOCK];
    memcpy(flat, top, sizeof flat);
    for (size_t n = 0; n < TABLES_BLOCK; n++) best[n] = flat[n];
}

/* The usual widths get a loop of constant length. */
TARGET static void NAME(const void *table, const uint16_t *row, size_t length, size_t step, size_t width, int16_t *best)
{
#define CASE(w) case w: JOIN(NAME, _width)(table, row, length, step, w, best); return;
    switch (width) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10)
        default: JOIN(NAME, _width)(table, row, length, step, width, best);
    }
#undef CASE
}

#undef VECS
#undef LOWEST
#undef JOIN
#undef JOIN2
#undef NAME
#undef LANE
#undef VEC
#undef MAX
