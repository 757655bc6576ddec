/* The commands: one sync, one look at everything, or the server. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/server/application.h"
#include "tconnectsync/server/log_output.h"
#include "tconnectsync/server/serve.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/check_report.h"
#include "tconnectsync/sync/request.h"

#define OUTPUT_MAXIMUM (1u << 20)
#define BAR_WIDTH      30

struct run {
    struct application *application;
    const struct person *person; /* whose turn it is */
    const struct arguments *arguments;
    bool ended;    /* it has a result */
    int status;    /* the worst so far */
    int unwritten; /* errno of a result that could not be printed, or 0 */
};

/* Of several people only: whose result it is. 0: there is just one. */
static unsigned person_number(const struct run *run)
{
    return run->application->count > 1 && run->person ? run->person->configuration->person : 0;
}

static void worsen(struct run *run, int status)
{
    if (status > run->status)
        run->status = status;
}

static void add_heading(const struct run *run, struct buffer *text)
{
    if (person_number(run))
        buffer_addf(text, "Person %u:\n", person_number(run));
}

/* Everything that is printed passes the redactor, as the log does. */
static void print(struct run *run, FILE *stream, const struct buffer *text)
{
    struct buffer out;
    buffer_init(&out, OUTPUT_MAXIMUM);
    redact(run->person ? run->person->redactor : run->application->redactor, text->data, text->length, &out);
    log_output_flush(run->application->output);
    errno = 0;
    fwrite(out.data, 1, out.length, stream);
    if (fflush(stream) != 0 || ferror(stream))
        run->unwritten = errno ? errno : EIO;
    buffer_free(&out);
}

static void on_progress(void *context, const struct sync_progress *progress)
{
    const struct run *run = context;
    char text[128];
    if (progress->total < 2 || run->arguments->level > LOG_INFO)
        return;
    int filled = (int)(progress->done * BAR_WIDTH / progress->total);
    snprintf(text, sizeof text, "%-10s [%.*s%*s] %llu/%llu", progress->step, filled,
             "##############################", BAR_WIDTH - filled, "", (unsigned long long)progress->done,
             (unsigned long long)progress->total);
    log_output_progress(run->application->output, text);
}

static const char *pretended_word(const struct document *document)
{
    switch (document->fate) {
    case FATE_CREATE:
        return "new   ";
    case FATE_AMEND:
    case FATE_MOVE:
        return "change";
    default:
        return NULL;
    }
}

/* What pretend would have written, a line each; what is left in text is still to be printed. */
static void list_pretended(struct run *run, const struct sync *sync, const struct report *report,
                           struct buffer *text)
{
    const struct documents *documents = sync_documents(sync);
    const struct difference *difference = sync_difference(sync);
    for (size_t i = 0; i < documents->count && !run->unwritten; i++) {
        const struct document *document = &documents->items[i];
        const char *word = pretended_word(document);
        if (!word)
            continue;
        buffer_addf(text, "%s  ", word);
        document_write_line(document, sync_pump_log(sync), run->person->zone, text);
        if (text->length > OUTPUT_MAXIMUM / 2) { /* a year is no text to hold at once */
            print(run, stdout, text);
            buffer_clear(text);
        }
    }
    if (report->kinds[DOCUMENT_PROFILE].created)
        buffer_addf(text, "new     the pump's profiles, as they are now\n");
    if (difference->twin_count)
        buffer_addf(text, "delete  %zu exact twins, or readings that are written anew at their right time\n",
                    difference->twin_count);
    if (text->length)
        buffer_add_text(text, "\n");
}

static void on_synced(void *context, struct sync *sync, struct report *report)
{
    struct run *run = context;
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    if (run->arguments->json) {
        report->person = person_number(run);
        report_write_json(report, run->person->zone, &text);
        buffer_add_text(&text, "\n");
    } else {
        add_heading(run, &text);
        if (report->pretend && report->ok)
            list_pretended(run, sync, report, &text);
        if (report->ok || report->events_read)
            report_write_table(report, &text);
        buffer_addf(&text, report->ok ? "Done.\n" : "FAILED: %s\n", report->error.text);
    }
    print(run, stdout, &text);
    buffer_free(&text);
    run->ended = true;
    worsen(run, report->ok ? EXIT_DONE : EXIT_FAILED);
}

static void on_checked(void *context, struct sync *sync, struct report *report)
{
    struct run *run = context;
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    if (!run->arguments->json)
        add_heading(run, &text);
    report->person = person_number(run);
    (run->arguments->json ? check_report_write_json : check_report_write)(
        run->person->configuration, run->person->zone, sync, report, (int64_t)time(NULL), &text);
    print(run, stdout, &text);
    buffer_free(&text);
    run->ended = true;
    worsen(run, report->ok ? EXIT_DONE : EXIT_FAILED);
}

static void refuse(struct run *run, const char *reason)
{
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    if (run->arguments->json) {
        struct report report;
        report_init(&report, (int64_t)time(NULL));
        report.person = person_number(run);
        error_set(&report.error, ERROR_CONFIGURATION, "%s", reason);
        report_write_json(&report, run->person ? run->person->zone : NULL, &text);
        buffer_add_text(&text, "\n");
        print(run, stdout, &text);
    } else {
        add_heading(run, &text);
        buffer_addf(&text, PROGRAM_NAME ": %s\n", reason);
        print(run, stderr, &text);
    }
    buffer_free(&text);
    worsen(run, EXIT_USAGE);
}

static void refuse_settings(struct run *run)
{
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    check_report_problems(run->person->configuration, &text);
    refuse(run, text.data);
    buffer_free(&text);
}

/* The status with which the command ends: a script must not take an empty file for a result. */
static int end_status(const struct run *run)
{
    if (!run->unwritten)
        return run->status;
    fprintf(stderr,
            PROGRAM_NAME ": the result could not be written: %s. What was synced is safe in Nightscout; make "
                         "room and run it again.\n",
            strerror(run->unwritten));
    return run->status == EXIT_DONE ? EXIT_FAILED : run->status;
}

/* False: the words are wrong, for whomever they are meant. */
static bool run_for(struct run *run, const struct person *person, bool check)
{
    const struct arguments *arguments = run->arguments;
    const struct request_words words = {arguments->days, arguments->from, arguments->to, arguments->features,
                                        arguments->pretend};
    struct sync_request request;
    struct error error = {0};
    run->person = person;
    if (!person_is_usable(person)) {
        refuse_settings(run);
        return true;
    }
    if (!request_read(&words, person->configuration, person->zone, (int64_t)time(NULL), &request, &error)) {
        refuse(run, error.text);
        return false;
    }
    if (!check) /* its report says them */
        person_log_problems(person);
    signal(SIGHUP, SIG_IGN); /* it ends soon, and its writes with it */
    request.is_listed = !arguments->json;
    request.is_told = !arguments->json && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
    request.check_only = request.asked_by_person = check;
    sync_start(&person->account, &request,
               &(struct sync_watcher){on_progress, check ? on_checked : on_synced, run});
    run->ended = false;
    event_base_dispatch(run->application->base);
    if (!run->ended)
        worsen(run, EXIT_FAILED);
    return true;
}

/* NULL: the settings' file cannot be read, which has been said. */
static struct application *open_application(const struct arguments *arguments, FILE *log_stream)
{
    struct error error = {0};
    struct application *application =
        application_new(log_stream, arguments->level, arguments->env_file, &error);
    if (!application)
        fprintf(stderr, PROGRAM_NAME ": %s\n", error.text);
    return application;
}

/* One after the other; what goes wrong for one keeps no other from a turn. */
static int run_sync(const struct arguments *arguments, bool check)
{
    struct application *application = open_application(arguments, stderr);
    if (!application)
        return EXIT_USAGE;
    struct run run = {.application = application, .arguments = arguments, .status = EXIT_DONE};
    const struct person *chosen = NULL;
    if (arguments->person && !(chosen = application_find(application, arguments->person, ~0u)))
        refuse(&run, "--person needs the number or the PERSON_NAME of somebody in the settings");
    for (size_t i = 0; i < application->count; i++) {
        const struct person *person = &application->people[i];
        if ((!arguments->person || person == chosen) && !run_for(&run, person, check))
            break;
    }
    application_free(application);
    return end_status(&run);
}

int command_sync(const struct arguments *arguments)
{
    return run_sync(arguments, false);
}

int command_check(const struct arguments *arguments)
{
    return run_sync(arguments, true);
}

/* ---- serve ---- */

int command_serve(const struct arguments *arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct application *application = open_application(arguments, stdout);
    if (!application)
        return EXIT_USAGE;
    bool served = serve(application);
    application_free(application);
    return served ? EXIT_DONE : EXIT_FAILED;
}
