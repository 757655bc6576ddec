/* A document as the line that a person reads. */
#include "tconnectsync/documents/document.h"

#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"

#define DETAILS_MAXIMUM 400

static const char *separator(const struct buffer *out)
{
    return out->length ? ", " : "";
}

static void add_amount(struct buffer *out, int64_t thousandths, const char *unit)
{
    buffer_add_text(out, separator(out));
    buffer_add_thousandths(out, thousandths);
    buffer_add_text(out, unit);
}

static void add_bolus(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    int64_t amount;
    if (document_insulin(document, log, &amount))
        add_amount(out, amount, " U");
    if (document_carbs(document, log, &amount))
        add_amount(out, amount, " g carbs");
    if (document_glucose(document, log, &amount))
        add_amount(out, amount * 1000, " mg/dL");
}

static void add_details(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    struct buffer words;
    buffer_init(&words, DETAILS_MAXIMUM);
    if (document->kind == DOCUMENT_TEMP_BASAL)
        add_amount(out, document_rate(document, log), " U/h");
    else if (document->kind == DOCUMENT_COMBO_BOLUS)
        add_bolus(document, log, out);
    else if (document->kind == DOCUMENT_READING)
        add_amount(out, document_sgv(document, log) * 1000, " mg/dL");
    if (document->duration != NO_DURATION && document->duration > 0)
        add_amount(out, document->duration * 1000 / SECONDS_PER_MINUTE / 100 * 100, " min");
    if (document->kind == DOCUMENT_COMBO_BOLUS)
        document_notes(document, log, &words);
    else
        document_words(document, log, &words);
    if (words.length)
        buffer_addf(out, "%s%s", separator(out), words.data);
    buffer_free(&words);
}

void document_write_line(const struct document *document, const struct pump_log *log,
                         const struct time_zone *zone, struct buffer *out)
{
    char time[CIVIL_TEXT_SIZE];
    struct buffer details;
    buffer_init(&details, DETAILS_MAXIMUM);
    add_details(document, log, &details);
    time_zone_format(zone, time, document->time, 0);
    buffer_addf(out, "%.10s %.8s %s  %s%*s%s\n", time, time + 11, time + 19,
                document_kind_name(document->kind),
                details.length ? 18 - (int)strlen(document_kind_name(document->kind)) : 0, "", details.data);
    buffer_free(&details);
}
