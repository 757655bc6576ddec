/* tconnectsync-simulator: plays Tandem Source and a Nightscout on loopback, for demo, tests and benchmarks.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "control.h"
#include "days.h"
#include "faults.h"
#include "help.h"
#include "nightscout.h"
#include "nightscout_site.h"
#include "simulator.h"
#include "tandem_side.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"

struct options {
    struct simulator *simulator;
    long tandem_port, nightscout_port, history_days;
    const char *pumper, *pump_logs;
    bool exit_with_stdin, warm;
};

static bool read_number(const char *text, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return end != text && *end == '\0' && *number >= 0;
}

static bool read_seed(const char *text, uint64_t *seed)
{
    char *end;
    *seed = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

/* "A,B,C": up to count instants or numbers; how many there were, -1 when one is unreadable. */
static int read_list(const char *text, int64_t *values, int count)
{
    int found = 0;
    char part[64];
    while (found < count) {
        size_t length = strcspn(text, ",");
        if (length == 0 || length >= sizeof part)
            return -1;
        memcpy(part, text, length);
        part[length] = '\0';
        if (!clock_parse_instant(part, &values[found++]))
            return -1;
        if (!text[length])
            return found;
        text += length + 1;
    }
    return -1;
}

static bool read_day(const char *text, int64_t *day)
{
    int64_t wall_ms;
    int offset;
    bool has_zone;
    if (!clock_parse(text, &wall_ms, &offset, &has_zone))
        return false;
    *day = clock_day(wall_ms / 1000);
    return true;
}

/* An option that shapes the pump's history; false: its value is unusable, or it is none of these (known
 * tells). */
static bool set_history_option(struct options *options, const char *name, const char *value, bool *known)
{
    struct simulator *simulator = options->simulator;
    struct history *history = &simulator->history;
    int64_t list[4] = {0};
    *known = true;
    if (strcmp(name, "off") == 0)
        return read_list(value, list, 2) == 2 && history_add_off(history, list[0], list[1]);
    if (strcmp(name, "clock-shift") == 0 || strcmp(name, "clock-jump") == 0)
        return read_list(value, list, 2) == 2 &&
               history_add_shift(history, list[0], list[1], strcmp(name, "clock-jump") == 0);
    if (strcmp(name, "clock-set") == 0)
        return read_list(value, list, 2) == 2 && history_add_setting(history, list[0], list[1]);
    if (strcmp(name, "drift") == 0) {
        bool good = read_list(value, list, 2) == 2;
        history->drift_line = history_line(history, list[0]);
        history->drift = (int32_t)list[1];
        return good;
    }
    if (strcmp(name, "hold") == 0)
        return read_list(value, list, 4) >= 3 &&
               simulator_hold(simulator, list[0], list[1], list[2], list[3]);
    if (strcmp(name, "replace-pump") == 0 || strcmp(name, "new-group") == 0)
        return read_day(value, &list[0]) && history_add_era(history, list[0], name[0] == 'r');
    if (strcmp(name, "sensor") == 0)
        return (history->sensor = sensor_find(value)) != NULL;
    *known = false;
    return false;
}

static bool set_option(struct options *options, const char *name, const char *value)
{
    bool known;
    if (strcmp(name, "tandem-port") == 0)
        return read_number(value, &options->tandem_port);
    if (strcmp(name, "nightscout-port") == 0)
        return read_number(value, &options->nightscout_port);
    if (strcmp(name, "history-days") == 0)
        return read_number(value, &options->history_days);
    if (strcmp(name, "pumper") == 0)
        return (options->pumper = value) != NULL;
    if (strcmp(name, "pump-logs") == 0)
        return (options->pump_logs = value) != NULL;
    bool good = set_history_option(options, name, value, &known);
    return known ? good : settings_set(&options->simulator->settings, name, value);
}

/* Zone and seed come first: the others are read in that zone, and the history begins with the seed. */
static const char *find_early(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            otherwise = argv[i + 1];
    return otherwise;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2, *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--exit-with-stdin") == 0) {
            options->exit_with_stdin = true;
        } else if (strcmp(argv[i], "--warm") == 0) {
            options->warm = true;
        } else if (strcmp(argv[i], "--ghost-pump") == 0) {
            options->simulator->ghost_pump = true;
        } else if (strcmp(argv[i], "--rare") == 0) {
            options->simulator->history.rare = true;
        } else if (strcmp(argv[i], "--fixed-clock") == 0) {
            options->simulator->history.follows_zone = false;
        } else if (strncmp(argv[i], "--", 2) != 0 || !value) {
            fprintf(stderr, "tconnectsync-simulator: %s is no option, or lacks a value; see --help\n",
                    argv[i]);
            return false;
        } else if (strcmp(name, "zone") != 0 && strcmp(name, "seed") != 0 &&
                   !set_option(options, name, value)) {
            fprintf(stderr, "tconnectsync-simulator: cannot use --%s %s; see --help\n", name, value);
            return false;
        } else {
            i++;
        }
    }
    return true;
}

static void write_pair(struct json_writer *writer, const char *name, const char *value)
{
    json_write_key(writer, name);
    json_write_text(writer, value);
}

/* The one line that tells others where we are. */
static void announce(const struct simulator *simulator, const char *zone)
{
    const struct tandem_side *tandem = simulator->tandem;
    char tandem_url[64], nightscout_url[64];
    snprintf(tandem_url, sizeof tandem_url, "http://127.0.0.1:%u/", simulator->tandem_site.port);
    snprintf(nightscout_url, sizeof nightscout_url, "http://127.0.0.1:%u/", simulator->nightscout_site.port);
    struct buffer buffer;
    buffer_init(&buffer, 65536);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_object(writer);
    write_pair(writer, "tandemUrl", tandem_url);
    write_pair(writer, "nightscoutUrl", nightscout_url);
    json_write_key(writer, "env");
    json_open_object(writer);
    write_pair(writer, "TCONNECT_SSO_URL", tandem->login_page);
    write_pair(writer, "TCONNECT_ACCOUNTS_URL", tandem->issuer);
    write_pair(writer, "TCONNECT_SOURCE_URL", tandem_url);
    write_pair(writer, "TCONNECT_REDIRECT_URI", tandem->redirect_uri);
    write_pair(writer, "TCONNECT_CLIENT_ID", CLIENT_ID);
    write_pair(writer, "TCONNECT_EMAIL", simulator->settings.email);
    write_pair(writer, "TCONNECT_PASSWORD", simulator->settings.password);
    write_pair(writer, "NS_URL", nightscout_url);
    write_pair(writer, "NS_SECRET", simulator->settings.secret);
    write_pair(writer, "TIMEZONE_NAME", zone);
    json_close_object(writer);
    json_close_object(writer);
    json_writer_free(writer);
    puts(buffer.data);
    fflush(stdout);
    buffer_free(&buffer);
}

static void on_signal(evutil_socket_t number, short what, void *base)
{
    (void)number, (void)what;
    event_base_loopbreak(base);
}

static void on_input(evutil_socket_t descriptor, short what, void *base)
{
    (void)what;
    char ignored[512];
    ssize_t got = read(descriptor, ignored, sizeof ignored);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        event_base_loopbreak(base);
}

static void warm(struct simulator *simulator)
{
    for (int64_t number = simulator->history.first_day; number <= last_line_day(simulator); number++)
        history_day(&simulator->history, number);
}

static int64_t now_of(const void *simulator)
{
    return service_now(simulator);
}

static void prepare(struct site *site, struct simulator *simulator, const char *name, int keep_alive_seconds,
                    void (*handler)(void *simulator, struct exchange *exchange))
{
    *site = (struct site){
        .name = name,
        .keep_alive_seconds = keep_alive_seconds,
        .base = simulator->base,
        .statistics = &simulator->statistics,
        .faults = &simulator->faults,
        .latency = &simulator->settings.latency,
        .context = simulator,
        .handler = handler,
        .control = control_handle,
        .now = now_of,
    };
}

/* Listens and serves until a signal; false when it could not. */
static bool serve(struct options *options, const char *zone)
{
    struct simulator *simulator = options->simulator;
    prepare(&simulator->tandem_site, simulator, "tandem", 60, tandem_side_handle);
    prepare(&simulator->nightscout_site, simulator, "nightscout", 5, nightscout_handle);
    if (!site_start(&simulator->tandem_site, (uint16_t)options->tandem_port) ||
        !site_start(&simulator->nightscout_site, (uint16_t)options->nightscout_port)) {
        perror("tconnectsync-simulator: cannot listen");
        return false;
    }
    simulator->tandem = tandem_side_new(simulator, options->pumper, options->pump_logs);
    if (!simulator->tandem)
        return false;
    if (options->warm)
        warm(simulator);
    struct event *events[] = {
        evsignal_new(simulator->base, SIGTERM, on_signal, simulator->base),
        evsignal_new(simulator->base, SIGINT, on_signal, simulator->base),
        event_new(simulator->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, simulator->base),
    };
    size_t count = sizeof events / sizeof *events;
    for (size_t i = 0; i < count - !options->exit_with_stdin; i++)
        event_add(events[i], NULL);
    announce(simulator, zone);
    event_base_dispatch(simulator->base);
    for (size_t i = 0; i < count; i++)
        event_free(events[i]);
    return true;
}

/* Standard input may be a file, which epoll refuses. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    event_config_require_features(config, EV_FEATURE_FDS);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

int main(int argc, char **argv)
{
    struct simulator simulator = {0};
    struct options options = {.simulator = &simulator, .history_days = 60};
    const char *zone = find_early(argc, argv, "--zone", "America/New_York");
    uint64_t seed;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        help_print();
        return 0;
    }
    if (!clock_set_zone(zone) || !read_seed(find_early(argc, argv, "--seed", "1"), &seed)) {
        fprintf(stderr, "tconnectsync-simulator: no such zone, or a seed that is no number\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    settings_init(&simulator.settings);
    history_init(&simulator.history, seed);
    simulator.nightscout = nightscout_new();
    simulator.base = new_base();
    int status = 2;
    if (read_options(&options, argc, argv)) {
        simulator.history.first_day =
            clock_day(history_line(&simulator.history, pump_now(&simulator))) - options.history_days;
        statistics_reset(&simulator.statistics);
        status = serve(&options, zone) ? 0 : 1;
    }
    site_stop(&simulator.tandem_site);
    site_stop(&simulator.nightscout_site);
    tandem_side_free(simulator.tandem);
    nightscout_free(simulator.nightscout);
    /* Lets go of answers that quote the history. */
    event_base_free(simulator.base);
    days_free(&simulator.history);
    faults_free(simulator.faults);
    statistics_free(&simulator.statistics);
    settings_free(&simulator.settings);
    free(simulator.holds);
    return status;
}
