/* The fewest bytes: numbers lie Huffman-coded, in the order in which they are needed, and a slice of the tables is made
 * in memory for a few filters at a time. */

typedef struct {
    const unsigned char *bytes, *counts, *symbols; /* counts: of symbols with a code of 1, 2, ... bits */
    uint32_t place;
    unsigned base, digits, shared, left;
} tp_stream;

static unsigned tp_symbol(tp_stream *stream)
{
    uint32_t code = 0, first = 0, index = 0, i = 0;
    for (;;) {
        uint32_t count = stream->counts[i++];
        code |= (uint32_t)(stream->bytes[stream->place >> 3] >> (7 - (stream->place & 7))) & 1;
        stream->place++;
        if (code - first < count) return stream->symbols[index + code - first];
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
}

/* The next number; a symbol holds several as digits, the lowest first, each half of `base` too large. */
static int tp_next(tp_stream *stream)
{
    unsigned digit;
    if (!stream->left) {
        stream->shared = tp_symbol(stream);
        stream->left = stream->digits;
    }
    stream->left--;
    digit = stream->shared % stream->base;
    stream->shared /= stream->base;
    return (int)digit - (int)(stream->base / 2);
}

#if TP_COLUMNS
/* Products of embedding and filters, rounded to 127ths of each filter's largest. */
static void tp_slice(tp_stream *stream, size_t width, size_t n, tp_value *table)
{
    int8_t filters[TP_COLUMNS * TP_TOGETHER];
    size_t k, v, g, j;
    for (k = 0; k < width; k++) {
        for (j = 0; j < TP_COLUMNS * n; j++) filters[j] = (int8_t)tp_next(stream);
        for (v = 0; v < TP_IDS; v++)
            for (g = 0; g < n; g++) {
                int32_t sum = 0;
                for (j = 0; j < TP_COLUMNS; j++) sum += (int32_t)tp_embedding[v * TP_COLUMNS + j] * filters[j * n + g];
                table[(k * TP_IDS + v) * TP_TOGETHER + g] = (tp_value)sum;
            }
    }
    for (g = 0; g < n; g++) {
        tp_wide largest = 1;
        for (v = 0; v < width * TP_IDS; v++) {
            int32_t value = table[v * TP_TOGETHER + g];
            tp_wide magnitude = (tp_wide)(value < 0 ? -value : value);
            if (magnitude > largest) largest = magnitude;
        }
        for (v = 0; v < width * TP_IDS; v++) {
            int32_t value = table[v * TP_TOGETHER + g];
            tp_wide magnitude = (tp_wide)(value < 0 ? -value : value);
            magnitude = (2 * magnitude * 127 + largest) / (2 * largest);
            table[v * TP_TOGETHER + g] = (tp_value)(value < 0 ? -(int32_t)magnitude : (int32_t)magnitude);
        }
    }
}
#else
static void tp_slice(tp_stream *stream, size_t width, size_t n, tp_value *table)
{
    size_t v, g;
    for (v = 0; v < width * TP_IDS; v++)
        for (g = 0; g < n; g++) table[v * TP_TOGETHER + g] = (tp_value)tp_next(stream);
}
#endif

static void tp_largest(const tp_value *table, size_t width, size_t n, const unsigned char *ids, size_t length,
                       int *best)
{
    size_t t, k, g;
    for (t = 0; t < length; t++)
        for (g = 0; g < n; g++) {
            int sum = 0;
            for (k = 0; k < width; k++) sum += table[(k * TP_IDS + ids[t + k]) * TP_TOGETHER + g];
            if (sum > best[g]) best[g] = sum;
        }
}

static void tp_sums(const unsigned char *ids, size_t length, int32_t *totals)
{
    static const uint32_t shapes[][2] = {@SHAPES@}; /* width, filters */
    tp_stream stream = {tp_stored, tp_stored_counts, tp_stored_symbols, 0, TP_STORED_BASE, TP_STORED_DIGITS, 0, 0};
    tp_stream head = {tp_head, tp_head_counts, tp_head_symbols, 0, TP_HEAD_BASE, TP_HEAD_DIGITS, 0, 0};
    tp_value table[TP_SLICE];
    size_t s, c, g, at, filter = 0;
    for (c = 0; c < TP_LOGITS; c++) totals[c] = 0;
    for (s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (at = 0; at < shapes[s][1]; at += TP_TOGETHER) {
            size_t width = shapes[s][0], n = shapes[s][1] - at < TP_TOGETHER ? shapes[s][1] - at : TP_TOGETHER;
            int best[TP_TOGETHER];
            tp_slice(&stream, width, n, table);
#if TP_FLOORED
            for (g = 0; g < n; g++) best[g] = tp_floors[filter + g];
#else
            for (g = 0; g < n; g++) best[g] = -32768;
#endif
            tp_largest(table, width, n, ids + (TP_LEFT - (width - 1) / 2), length, best);
            for (g = 0; g < n; g++)
                for (c = 0; c < TP_LOGITS; c++) totals[c] += tp_next(&head) * best[g];
            filter += n;
        }
    (void)filter;
}
