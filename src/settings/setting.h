/* setting.h - within core: a row of configuration.c's table, and what its column "read" may be. */
#ifndef TCONNECTSYNC_SETTING_H
#define TCONNECTSYNC_SETTING_H

#include "tconnectsync/settings/configuration.h"

struct reading {
    struct configuration *configuration;
    configuration_lookup *lookup;
    void *context;
};

struct setting;

/* Whose a setting is. */
enum setting_scope {
    INHERITED, /* each person's, and the first one's where it is not set for a person */
    OWN,       /* each person's alone */
    OF_ALL,    /* the server's */
};

/* Fills the setting's field from a value that is there; name is the variable that it stood in. False: a
   problem was noted, the field is as it was. */
typedef bool setting_reader(struct reading *reading, const struct setting *setting, const char *name,
                            const char *value);

struct setting {
    const char *name, *second_name;
    setting_reader *read;
    size_t field;
    bool text;        /* the field is an owned string ... */
    bool may_be_null; /* ... and NULL, not "", when unset */
    enum setting_scope scope;
    bool secret;      /* may come from a file of its own */
    bool verbatim;    /* blanks and quotes around it belong to it */
    long least, most;
    const char *standard, *standard_eu; /* taken when unset or unusable */
    const char *remedy; /* what to set it to; a setting without may_be_null has to be there then */
    const char *const *placeholders; /* the examples of guides, in small letters: they count as unset */
};

setting_reader setting_text, setting_secret, setting_own_secret, setting_email, setting_region, setting_pump_clock, setting_log_format,
    setting_boolean, setting_skip_tls_verify, setting_whole, setting_interval, setting_port, setting_decimal, setting_serial_number,
    setting_features, setting_upload_mode, setting_time_zone, setting_listen_host, setting_tandem_url,
    setting_redirect_uri, setting_proxy, setting_nightscout_url, setting_ping_url;

/* Adds a sentence to the configuration's list. The first is always false, so that a reader can return it. */
bool setting_problem(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
void setting_warning(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A setting's name as a person has it: NS_URL, the second one's is NS_URL_2. */
void setting_write_name(char text[SETTING_NAME_SIZE], const char *name, unsigned person);

/* The table's rows, from 0 on; NULL: there are no more. */
const struct setting *setting_at(size_t index);

/* Of a field that is text. */
char **setting_text_field(struct configuration *configuration, const struct setting *setting);

#endif
