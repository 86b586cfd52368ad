#ifndef TP_NO_SELF_TEST
@VECTORS@

int tp_self_test(void)
{
    const char *text = (const char *)tp_test_texts;
    int i;
    for (i = 0; i < TP_TESTS; text += tp_test_sizes[i], i++) {
        tp_answer answer;
        size_t c;
        if (tp_classify(text, tp_test_sizes[i], &answer) != TP_OK) return 1 + i;
        for (c = 0; c < TP_LOGITS; c++) {
            uint32_t bits;
            memcpy(&bits, &answer.logits[c], sizeof bits);
            if (bits != tp_test_logits[(size_t)i * TP_LOGITS + c]) return 1 + i;
        }
        for (c = 0; c < TP_CLASSES; c++)
            if (answer.decided[c] != tp_test_decided[(size_t)i * TP_CLASSES + c]) return 1 + i;
        if (answer.known != tp_test_known[i]) return 1 + i;
    }
    return 0;
}
#endif
