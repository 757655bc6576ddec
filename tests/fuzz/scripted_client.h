/* scripted_client.h - stands where the HTTP client stands: what a service answers comes out of the input. */
#ifndef TCONNECTSYNC_SCRIPTED_CLIENT_H
#define TCONNECTSYNC_SCRIPTED_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_request;

/* The answers, one after another, parted by a byte 0x1e. The first line of each says "STATUS CONTENT-TYPE
   LOCATION"
   ("-": none); behind it stands the body. judge sees every request that goes out. */
void script_begin(const uint8_t *data, size_t size, void (*judge)(const struct http_request *request));
/* Answers the oldest request under way. Where the input has no more, nobody answers. False: none is under
 * way. */
bool script_answer(void);
/* No request is under way, none was answered twice. */
bool script_is_over(void);

#endif
