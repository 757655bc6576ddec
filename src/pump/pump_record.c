/* One record of the pump's log, token by token. */
#include "pump_record.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"

enum record_field {
    FIELD_OTHER,
    FIELD_CODE,
    FIELD_GROUP,
    FIELD_SEQUENCE,
    FIELD_TIME,
    FIELD_PROPERTIES,
    FIELD_COUNT
};
#define WITH_LENGTH(text) text, sizeof(text) - 1
static const struct {
    const char *text;
    size_t length;
} field_names[FIELD_COUNT] = {
    {WITH_LENGTH("")},
    {WITH_LENGTH("eventCode")},
    {WITH_LENGTH("sequenceGroup")},
    {WITH_LENGTH("sequenceNumber")},
    {WITH_LENGTH("pumpDateTime")},
    {WITH_LENGTH("eventProperties")},
};

static void set_code(struct pump_record *record, const struct json_token *token)
{
    record->has_code =
        token->type == JSON_NUMBER && json_number_integer(token->text, token->length, &record->code);
    record->shape = record->has_code ? event_shape_find(record->code) : NULL;
    if (record->shape && !(record->shape->features & record->features))
        record->shape = NULL;
}

static void set_field(struct pump_record *record, const struct json_token *token)
{
    bool is_number = token->type == JSON_NUMBER;
    int32_t offset;
    switch (record->field) {
    case FIELD_CODE:
        set_code(record, token);
        break;
    case FIELD_SEQUENCE:
        record->has_sequence = is_number &&
                               json_number_integer(token->text, token->length, &record->sequence) &&
                               record->sequence >= 0;
        break;
    case FIELD_GROUP:
        record->group = 0; /* null is taken for the first group: it was never missing in what was seen */
        record->wrong_group =
            token->type != JSON_NULL &&
            (!is_number || !json_number_integer(token->text, token->length, &record->group) ||
             record->group < 0 || record->group > INT32_MAX);
        break;
    case FIELD_TIME:
        record->has_wall = token->type == JSON_STRING &&
                           civil_parse(token->text, token->length, &record->wall, NULL, &offset);
        break;
    case FIELD_PROPERTIES:
        record->wrong_properties = token->type != JSON_NULL && token->type != JSON_OBJECT;
        record->present = record->wrong = 0; /* the last of two lists counts */
        break;
    default:
        break;
    }
}

static bool is_property(int property, const struct json_token *token)
{
    return property != NO_PROPERTY && strlen(pump_properties[property].name) == token->length &&
           strncasecmp(pump_properties[property].name, token->text, token->length) == 0;
}

/* Of the event's own properties, of all as long as its code is not known; NO_PROPERTY
   for one that nobody wants. */
static int find_property(const struct pump_record *record, const struct json_token *token)
{
    int count = !record->has_code ? PROPERTY_COUNT : record->shape ? EVENT_FIELDS : 0;
    for (int i = 0; i < count; i++) {
        int property = record->shape ? record->shape->property[i] : i;
        if (is_property(property, token))
            return property;
    }
    return NO_PROPERTY;
}

static void set_property(struct pump_record *record, const struct json_token *token)
{
    uint64_t bit = UINT64_C(1) << record->property;
    int64_t *value = &record->value[record->property];
    enum property_type type = pump_properties[record->property].type;
    bool read = false;
    *value = 0;
    if (token->type == JSON_NUMBER)
        read = type == PROPERTY_THOUSANDTHS ? json_number_thousandths(token->text, token->length, value)
                                            : json_number_integer(token->text, token->length, value);
    else if (token->type == JSON_ARRAY)
        read = type == PROPERTY_BITS;
    record->present = read ? record->present | bit : record->present & ~bit;
    record->wrong = read || token->type == JSON_NULL ? record->wrong & ~bit : record->wrong | bit;
}

static void set_bit(struct pump_record *record, const struct json_token *token)
{
    int64_t number;
    if (token->type == JSON_NUMBER && json_number_integer(token->text, token->length, &number) &&
        number >= 0 && number < 32) {
        record->value[record->property] |= INT64_C(1) << number;
    } else {
        record->wrong |= UINT64_C(1) << record->property;
        record->present &= ~(UINT64_C(1) << record->property);
    }
}

static enum record_field find_field(const struct json_token *token)
{
    for (enum record_field field = FIELD_CODE; field < FIELD_COUNT; field++)
        if (field_names[field].length == token->length &&
            memcmp(field_names[field].text, token->text, token->length) == 0)
            return field;
    return FIELD_OTHER;
}

void pump_record_begin(struct pump_record *record, unsigned features)
{
    memset(record, 0, offsetof(struct pump_record, value));
    record->features = features;
    record->property = NO_PROPERTY;
}

void pump_record_take(struct pump_record *record, const struct json_token *token)
{
    bool is_key = token->type == JSON_KEY;
    if (token->type == JSON_OBJECT_END || token->type == JSON_ARRAY_END)
        return;
    if (token->depth == DEPTH_RECORD) {
        if (is_key)
            record->field = find_field(token);
        else
            set_field(record, token);
    } else if (record->field == FIELD_PROPERTIES && token->depth == DEPTH_PROPERTIES) {
        if (is_key)
            record->property = find_property(record, token);
        else if (record->property != NO_PROPERTY)
            set_property(record, token);
    } else if (record->field == FIELD_PROPERTIES && token->depth == DEPTH_BITS &&
               record->property != NO_PROPERTY) {
        set_bit(record, token);
    }
}
