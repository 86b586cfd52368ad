
/* Of a character of a cleaned text: TP_BLANK, TP_LETTER, TP_MARK, TP_ALONE or TP_SYMBOL. */
static unsigned tp_kind(uint32_t point)
{
    return tp_property(point) & TP_KINDS;
}
