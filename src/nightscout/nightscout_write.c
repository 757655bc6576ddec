/* What is written to Nightscout. */
#include "nightscout_internal.h"

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/documents/document.h"

/* Counts the elements of an array without keeping them: an answer may be as long as what was sent. */
static bool count_element(void *context, const struct json_token *token)
{
    size_t *count = context;
    if (token->depth == 0)
        return token->type == JSON_ARRAY || token->type == JSON_ARRAY_END;
    if (token->depth == 1 && token->type == JSON_OBJECT)
        ++*count;
    return true;
}

static bool judge_created(struct nightscout_call *call, const struct http_response *response,
                          struct error *error)
{
    size_t count = 0;
    struct json_reader *reader = json_reader_new(count_element, &count);
    bool list =
        json_reader_feed(reader, response->body, response->length, NULL) && json_reader_finish(reader, NULL);
    json_reader_free(reader);
    if (!list)
        return error_set(error, ERROR_DATA, "Nightscout did not say what it stored. " NOTHING_LOST);
    if (count < call->count)
        return error_set(error, ERROR_DATA,
                         "Nightscout says that it stored %zu of %zu documents. " NOTHING_LOST, count,
                         call->count);
    return true;
}

void nightscout_create(struct nightscout *nightscout, enum collection collection, const struct buffer *body,
                       size_t count, nightscout_done *done, void *context)
{
    struct nightscout_call *call =
        nightscout_call_new(nightscout, collection_name(collection), done, context);
    call->judge = judge_created;
    call->count = count;
    nightscout_call_send(call, "POST",
                         collection == COLLECTION_ENTRIES ? "entries.json" : collection_name(collection),
                         body, (struct http_request){0});
}

void nightscout_replace_treatment(struct nightscout *nightscout, const struct buffer *body,
                                  nightscout_done *done, void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, "treatments", done, context);
    nightscout_call_send(call, "PUT", "treatments", body, (struct http_request){0});
}

void nightscout_delete(struct nightscout *nightscout, enum collection collection, const char *id,
                       nightscout_done *done, void *context)
{
    struct nightscout_call *call =
        nightscout_call_new(nightscout, collection_name(collection), done, context);
    struct buffer path;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s/", collection_name(collection));
    url_encode(&path, id);
    nightscout_call_send(call, "DELETE", path.data, NULL, (struct http_request){0});
    buffer_free(&path);
}

void nightscout_write_activity(struct nightscout *nightscout, bool replace, const struct buffer *body,
                               nightscout_done *done, void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, "activity", done, context);
    nightscout_call_send(call, replace ? "PUT" : "POST", "activity", body, (struct http_request){0});
}

void nightscout_write_profile(struct nightscout *nightscout, bool replace, const struct buffer *body,
                              nightscout_done *done, void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, "profile", done, context);
    nightscout_call_send(call, replace ? "PUT" : "POST", "profile", body, (struct http_request){0});
}
