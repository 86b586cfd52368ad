
/* Stop words that begin with one letter, in order: how many letters are those of the word before, how many follow. */
static int tp_is_stop(const uint32_t *word, int32_t size)
{
    int32_t same = 1;
    const uint8_t *at, *end;
    if (word[0] - 'a' >= 26) return 0;
    at = tp_stops + tp_stops_at[word[0] - 'a'];
    end = tp_stops + tp_stops_at[word[0] - 'a' + 1];
    while (at < end) {
        int32_t shared = *at >> 4, count = *at & 15, i = 0;
        at++;
        if (shared < same) return 0;
        if (shared == same) {
            while (i < count && same < size && word[same] == at[i]) same++, i++;
            if (i == count && same == size) return 1;
        }
        at += count;
    }
    return 0;
}

static int32_t tp_without_stops(uint32_t *points, int32_t n)
{
    int32_t at = 0, end, out = 0;
    while (at < n) {
        for (end = at; end < n && points[end] != ' ';) end++;
        if (!tp_is_stop(points + at, end - at)) {
            if (out) points[out++] = ' ';
            while (at < end) points[out++] = points[at++];
        }
        at = end + 1;
    }
    return out;
}
