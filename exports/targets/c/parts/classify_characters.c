int tp_classify(const char *text, size_t size, tp_answer *answer)
{
    uint32_t work[TP_WORK];
    int32_t totals[TP_LOGITS];
    int32_t n;
    size_t length, c;
    if (size > TP_LONGEST) return TP_TOO_LONG;
    n = tp_clean_@CLEANING@((const unsigned char *)text, size, work + (TP_LEFT + 3) / 4);
    if (n < 0) return (int)n;
    length = tp_ids(work, (size_t)n, &answer->known);
    tp_sums((const unsigned char *)work, length, totals);
    for (c = 0; c < TP_LOGITS; c++) {
        TP_ROUNDED float product = tp_float(tp_scale[c]) * (float)totals[c];
        answer->logits[c] = product + tp_float(tp_bias[c]);
    }
    tp_finish(answer);
    return TP_OK;
}
