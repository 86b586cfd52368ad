/* Largest response of 32 filters over a text. Included once for each instruction set and width of the sums, with
 *   NAME   the function          TARGET      its attribute
 *   ROW    vector of int8        SUM         vector of int8 or int16 with as many lanes
 *   WIDEN(row)   a ROW as SUM    MAX(a, b)   larger lanes of two SUMs
 * `floors` are SUMs that the running maxima start from. `row[t + k]` is where the rows of a character's id start, one
 * for each k: rows are added, nothing is multiplied. */

#define PIECES (TABLES_BLOCK / sizeof(ROW))
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

TARGET static inline __attribute__((always_inline)) void JOIN(NAME, _width)(const int8_t *table, const uint32_t *row,
                                                                             size_t length, size_t width,
                                                                             const void *floors, int16_t *best)
{
    SUM top[PIECES], sum[PIECES];
    for (size_t p = 0; p < PIECES; p++) top[p] = ((const SUM *)floors)[p];
    for (size_t t = 0; t < length; t++) {
        const ROW *first = (const ROW *)(table + row[t]);
        for (size_t p = 0; p < PIECES; p++) sum[p] = WIDEN(first[p]);
        for (size_t k = 1; k < width; k++) {
            const ROW *next = (const ROW *)(table + row[t + k] + k * TABLES_BLOCK);
            for (size_t p = 0; p < PIECES; p++) sum[p] += WIDEN(next[p]);
        }
        for (size_t p = 0; p < PIECES; p++) top[p] = MAX(sum[p], top[p]);
    }
    for (size_t p = 0; p < PIECES; p++)
        for (size_t i = 0; i < sizeof(ROW); i++) best[p * sizeof(ROW) + i] = top[p][i];
}

TARGET static void NAME(const int8_t *table, const uint32_t *row, size_t length, size_t width, const void *floors,
                        int16_t *best)
{
    FOR_EACH_WIDTH(JOIN(NAME, _width))
}

#undef PIECES
#undef JOIN
#undef JOIN2
#undef NAME
#undef ROW
#undef SUM
#undef WIDEN
#undef MAX
