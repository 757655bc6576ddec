/* The commands: one sync, one look at everything, or the server. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/server/application.h"
#include "tconnectsync/server/serve.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/check_report.h"
#include "tconnectsync/sync/request.h"

#define OUTPUT_MAXIMUM (1u << 20)
#define BAR_WIDTH      30

struct run {
    struct application *application;
    const struct arguments *arguments;
    int status;
    int unwritten; /* errno of a result that could not be printed, or 0 */
};

/* Everything that is printed passes the redactor, as the log does. */
static void print(struct run *run, FILE *stream, const struct buffer *text)
{
    struct buffer out;
    buffer_init(&out, OUTPUT_MAXIMUM);
    redact(run->application->redactor, text->data, text->length, &out);
    errno = 0;
    fwrite(out.data, 1, out.length, stream);
    if (fflush(stream) != 0 || ferror(stream))
        run->unwritten = errno ? errno : EIO;
    buffer_free(&out);
}

static void on_progress(void *context, const struct sync_progress *progress)
{
    (void)context;
    if (progress->total < 2 || !isatty(STDERR_FILENO))
        return;
    int filled = (int)(progress->done * BAR_WIDTH / progress->total);
    fprintf(stderr, "\r%-10s [%.*s%*s] %llu/%llu ", progress->step, filled, "##############################",
            BAR_WIDTH - filled, "", (unsigned long long)progress->done, (unsigned long long)progress->total);
    if (progress->done == progress->total)
        fputc('\n', stderr);
}

static void on_synced(void *context, struct sync *sync, struct report *report)
{
    struct run *run = context;
    struct buffer text;
    (void)sync;
    buffer_init(&text, OUTPUT_MAXIMUM);
    if (run->arguments->json) {
        report_write_json(report, run->application->zone, &text);
        buffer_add_text(&text, "\n");
    } else {
        report_write_table(report, &text);
        buffer_addf(&text, report->ok ? "Done.\n" : "FAILED: %s\n", report->error.text);
    }
    print(run, stdout, &text);
    buffer_free(&text);
    run->status = report->ok ? EXIT_DONE : EXIT_FAILED;
}

static void on_checked(void *context, struct sync *sync, struct report *report)
{
    struct run *run = context;
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    (run->arguments->json ? check_report_write_json : check_report_write)(
        run->application->configuration, run->application->zone, sync, report, (int64_t)time(NULL), &text);
    print(run, stdout, &text);
    buffer_free(&text);
    run->status = report->ok ? EXIT_DONE : EXIT_FAILED;
}

static int refuse(struct run *run, const char *reason)
{
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    if (run->arguments->json) {
        struct report report;
        report_init(&report, (int64_t)time(NULL));
        error_set(&report.error, ERROR_CONFIGURATION, "%s", reason);
        report_write_json(&report, run->application->zone, &text);
        buffer_add_text(&text, "\n");
        print(run, stdout, &text);
    } else {
        buffer_addf(&text, PROGRAM_NAME ": %s\n", reason);
        print(run, stderr, &text);
    }
    buffer_free(&text);
    return EXIT_USAGE;
}

static int refuse_settings(struct run *run)
{
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    check_report_problems(run->application->configuration, &text);
    int status = refuse(run, text.data);
    buffer_free(&text);
    return status;
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

static int run_sync(const struct arguments *arguments, bool check)
{
    struct run run = {.arguments = arguments, .status = EXIT_FAILED};
    struct sync_request request;
    struct error error = {0};
    const struct request_words words = {arguments->days, arguments->from, arguments->to, arguments->features,
                                        arguments->pretend};
    run.application = application_new(stderr, arguments->level);
    struct application *application = run.application;
    if (!application_is_usable(application)) {
        run.status = refuse_settings(&run);
    } else if (!request_read(&words, application->configuration, application->zone, (int64_t)time(NULL),
                             &request, &error)) {
        run.status = refuse(&run, error.text);
    } else {
        application_log_problems(application);
        signal(SIGHUP, SIG_IGN); /* it ends soon, and its writes with it */
        request.check_only = request.asked_by_person = check;
        sync_start(&application->account, &request,
                   &(struct sync_watcher){on_progress, check ? on_checked : on_synced, &run});
        event_base_dispatch(application->account.base);
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

/* Passwords and tokens live in this process's memory: no core file holds them. */
static void forbid_core_files(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

int command_serve(const struct arguments *arguments)
{
    forbid_core_files();
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct application *application = application_new(stdout, arguments->level);
    bool served = serve(application);
    application_free(application);
    return served ? EXIT_DONE : EXIT_FAILED;
}
