#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tconnectsync/server/application.h"

#include "command.h"

/* Fits a screen of 80 by 24. */
/* clang-format off */
static const char help[] =
    "Carries insulin-pump data from Tandem Source to a Nightscout site.\n"
    "\n"
    "  " PROGRAM_NAME " [serve]      keeps running until stopped: server, timer\n"
    "  " PROGRAM_NAME " sync         one sync; without a range from the newest\n"
    "                                   documents on that Nightscout has\n"
    "  " PROGRAM_NAME " check        tries settings, both logins and time zone\n"
    "  " PROGRAM_NAME " healthcheck  asks the running server whether it is alive\n"
    "\n"
    "  --days N         the last N times 24 hours, 1 to 366\n"
    "  --from, --to     days such as 2026-05-14 in the pump's zone, both inclusive\n"
    "  --features LIST  of BASAL,BOLUS (the default),PUMP_EVENTS,PROFILES,CGM,\n"
    "                   CGM_ALERTS,DEVICE_STATUS,PUMP_EVENTS_BASAL_SUSPENSION,IOB\n"
    "  --person N       one of several people, by number or name, not all\n"
    "  --pretend        writes nothing and lists what would be written\n"
    "  --json           prints the report as JSON; the log goes to standard error\n"
    "  --verbose        logs every request\n"
    "  --help, --version\n"
    "\n"
    "Settings: the environment, ./.env or ~/.config/tconnectsync/.env, at least\n"
    "TCONNECT_EMAIL, TCONNECT_PASSWORD, NS_URL, NS_SECRET and TIMEZONE_NAME.\n"
    "Exit status: 0 done, 1 failed, 2 wrong words or settings.\n";
/* clang-format on */

static const struct {
    const char *name;
    int (*run)(const struct arguments *arguments);
} commands[] = {
    {"serve", command_serve},
    {"sync", command_sync},
    {"check", command_check},
    {"healthcheck", command_healthcheck},
};

static const struct option options[] = {
    {"days", required_argument, NULL, 'd'},
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 't'},
    {"features", required_argument, NULL, 'F'},
    {"pretend", no_argument, NULL, 'p'},
    {"json", no_argument, NULL, 'j'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"person", required_argument, NULL, 'P'},
    {NULL, 0, NULL, 0},
};

static int complain(const char *what, const char *word)
{
    fprintf(stderr, PROGRAM_NAME ": %s%s; see " PROGRAM_NAME " --help\n", what, word);
    return EXIT_USAGE;
}

/* A descriptor from 0 to 2 that is closed would be given to the next file or socket, and what is printed
 * would go there. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* None of these ends the program amid its writes. SIGHUP: see serve.c and command.c. */
static void ignore_signals(void)
{
    static const int numbers[] = {SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_IGN);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    int option;
    open_standard_streams();
    ignore_signals();
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            arguments.days = optarg;
            break;
        case 'f':
            arguments.from = optarg;
            break;
        case 't':
            arguments.to = optarg;
            break;
        case 'F':
            arguments.features = optarg;
            break;
        case 'P':
            arguments.person = optarg;
            break;
        case 'p':
            arguments.pretend = true;
            break;
        case 'j':
            arguments.json = true;
            break;
        case 'v':
            arguments.verbose = true;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_DONE;
        case 'V':
            puts(PROGRAM_NAME " " VERSION);
            return EXIT_DONE;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind + 1 < argc)
        return complain("too many words: ", argv[optind + 1]);
    arguments.command = optind < argc ? argv[optind] : "serve";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(arguments.command, commands[i].name) == 0)
            return commands[i].run(&arguments);
    return complain("unknown command ", arguments.command);
}
