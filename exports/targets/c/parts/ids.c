/* Ids of the cleaned text, where its code points stood, between as many bytes of padding as windows look into. */

#if TP_SMALL
static unsigned char tp_id(uint32_t unit)
{
    size_t i;
    for (i = 0; i < TP_ALPHABET; i++)
        if (tp_alphabet[i] == unit) return (unsigned char)(i + 2);
    return 1;
}
#elif TP_BYTES
#define tp_id(unit) tp_id_of_byte[unit]
#else
static unsigned char tp_id(uint32_t unit)
{
    size_t low = 0, high = TP_OTHERS;
    if (unit < 128) return tp_id_of_byte[unit];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tp_others[middle] < unit) low = middle + 1;
        else high = middle;
    }
    return tp_others[low] == unit ? tp_other_ids[low] : 1;
}
#endif

#if TP_BYTES
static size_t tp_put_ids(uint32_t point, unsigned char *ids)
{
    if (point < 0x80) {
        ids[0] = tp_id(point);
        return 1;
    }
    if (point < 0x800) {
        ids[0] = tp_id(0xC0 | point >> 6);
        ids[1] = tp_id(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        ids[0] = tp_id(0xE0 | point >> 12);
        ids[1] = tp_id(0x80 | (point >> 6 & 63));
        ids[2] = tp_id(0x80 | (point & 63));
        return 3;
    }
    ids[0] = tp_id(0xF0 | point >> 18);
    ids[1] = tp_id(0x80 | (point >> 12 & 63));
    ids[2] = tp_id(0x80 | (point >> 6 & 63));
    ids[3] = tp_id(0x80 | (point & 63));
    return 4;
}
#endif

/* A character has at most as many ids as its code point has bytes, so that none is overwritten before it is read. */
static size_t tp_ids(uint32_t *work, size_t n, unsigned char *known)
{
    unsigned char *ids = (unsigned char *)work;
    const uint32_t *points = work + (TP_LEFT + 3) / 4;
    size_t size = 0, i;
    *known = 0;
    for (i = 0; i != TP_LEFT; i++) ids[i] = 0;
    ids += TP_LEFT;
    for (i = 0; i < n; i++) {
#if TP_BYTES
        size += tp_put_ids(points[i], ids + size);
#else
        ids[size++] = tp_id(points[i]);
#endif
    }
    for (i = 0; i < size; i++)
        if (ids[i] > 1 && ids[i] != TP_BLANK_ID) *known = 1;
    for (i = 0; i <= TP_RIGHT; i++) ids[size + i] = 0;
    return size ? size : 1;
}
