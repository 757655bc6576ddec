/* The words of the command line: which commands there are, and which options belong to each. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/server/application.h"

#include "command.h"

/* Fits a screen of 80 by 24. */
/* clang-format off */
static const char help[] =
    "Carries insulin-pump data from Tandem Source to a Nightscout site.\n"
    "\n"
    "  " PROGRAM_NAME " [serve]      keeps running until stopped: server, timer\n"
    "  " PROGRAM_NAME " sync         one sync; without a range what is missing\n"
    "  " PROGRAM_NAME " check        tries settings, both logins and time zone\n"
    "  " PROGRAM_NAME " healthcheck  asks the running server whether it is alive\n"
    "  " PROGRAM_NAME " help COMMAND the options of that command\n"
    "\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "Settings: the environment, ./.env or ~/.config/tconnectsync/.env, at least\n"
    "TCONNECT_EMAIL, TCONNECT_PASSWORD, NS_URL, NS_SECRET and TIMEZONE_NAME.\n"
    "Results go to standard output, the log and progress to standard error.\n"
    "Exit status: 0 done, 1 failed, 2 wrong words or settings.\n";
/* clang-format on */

enum {
    OPTION_DAYS,
    OPTION_FROM,
    OPTION_TO,
    OPTION_FEATURES,
    OPTION_PERSON,
    OPTION_ENV_FILE,
    OPTION_PRETEND,
    OPTION_DRY_RUN,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT,
};
#define BIT(option) (1u << OPTION_##option)

static const struct {
    const char *name, *argument; /* NULL: it takes none */
    int letter;                  /* 0: none */
    const char *help;
} options[OPTION_COUNT] = {
    [OPTION_DAYS] = {"days", "N", 0, "the last N times 24 hours, 1 to 366"},
    [OPTION_FROM] = {"from", "DATE", 0, "from that day on, such as 2026-05-14, in the pump's zone"},
    [OPTION_TO] = {"to", "DATE", 0, "up to the end of that day"},
    [OPTION_FEATURES] = {"features", "LIST", 0, "what to carry over, such as BASAL,BOLUS,PUMP_EVENTS"},
    [OPTION_PERSON] = {"person", "N", 0, "only that one of several people, by number or name"},
    [OPTION_ENV_FILE] = {"env-file", "FILE", 0, "settings from that file, not from ./.env and ~/.config"},
    [OPTION_PRETEND] = {"pretend", NULL, 'n', "writes nothing and lists what would be written"},
    [OPTION_DRY_RUN] = {"dry-run", NULL, 0, "the same"},
    [OPTION_JSON] = {"json", NULL, 0, "prints the result as JSON"},
    [OPTION_QUIET] = {"quiet", NULL, 'q', "logs only what is wrong"},
    [OPTION_VERBOSE] = {"verbose", NULL, 'v', "logs every request"},
    [OPTION_HELP] = {"help", NULL, 'h', "this text"},
    [OPTION_VERSION] = {"version", NULL, 'V', "the version"},
};

static int command_help(const struct arguments *arguments);

static const struct command {
    const char *name;
    int (*run)(const struct arguments *arguments);
    unsigned options;
} commands[] = {
    {"serve", command_serve, BIT(ENV_FILE) | BIT(QUIET) | BIT(VERBOSE)},
    {"sync", command_sync,
     BIT(DAYS) | BIT(FROM) | BIT(TO) | BIT(FEATURES) | BIT(PERSON) | BIT(ENV_FILE) | BIT(PRETEND) |
         BIT(DRY_RUN) | BIT(JSON) | BIT(QUIET) | BIT(VERBOSE)},
    {"check", command_check, BIT(PERSON) | BIT(ENV_FILE) | BIT(JSON) | BIT(QUIET) | BIT(VERBOSE)},
    {"healthcheck", command_healthcheck, BIT(ENV_FILE)},
    {"help", command_help, 0},
};

/* Passwords and tokens live in this process's memory: no core file holds them, and no
   other process reads it. */
static void forbid_core_files(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

static int complain(const char *what, const char *word)
{
    fprintf(stderr, PROGRAM_NAME ": %s%s; see " PROGRAM_NAME " --help\n", what, word);
    return EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static int command_help(const struct arguments *arguments)
{
    const struct command *command = arguments->word ? find_command(arguments->word) : NULL;
    if (arguments->word && !command)
        return complain("unknown command ", arguments->word);
    if (!command) {
        fputs(help, stdout);
        return EXIT_DONE;
    }
    printf(PROGRAM_NAME " %s\n", command->name);
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((command->options | BIT(HELP)) & 1u << i)
            printf("  %c%c --%s %-*s %s\n", options[i].letter ? '-' : ' ',
                   options[i].letter ? options[i].letter : ' ', options[i].name,
                   12 - (int)strlen(options[i].name), options[i].argument ? options[i].argument : "",
                   options[i].help);
    return EXIT_DONE;
}

/* The options as getopt_long wants them; a letter stands for its option. */
static int next_option(int argc, char **argv)
{
    static struct option list[OPTION_COUNT + 1];
    static char letters[OPTION_COUNT + 1];
    size_t letter_count = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        list[i] = (struct option){options[i].name, options[i].argument ? required_argument : no_argument,
                                  NULL, 256 + i};
        if (options[i].letter)
            letters[letter_count++] = (char)options[i].letter;
    }
    int found = getopt_long(argc, argv, letters, list, NULL);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (found == options[i].letter && found)
            return i;
    return found >= 256 ? found - 256 : found;
}

static void take_option(struct arguments *arguments, int option)
{
    const char **const words[] = {&arguments->days,     &arguments->from,   &arguments->to,
                                  &arguments->features, &arguments->person, &arguments->env_file};
    if (option <= OPTION_ENV_FILE)
        *words[option] = optarg;
    arguments->pretend |= option == OPTION_PRETEND || option == OPTION_DRY_RUN;
    arguments->json |= option == OPTION_JSON;
    if (option == OPTION_QUIET || option == OPTION_VERBOSE)
        arguments->level = option == OPTION_QUIET ? LOG_WARN : LOG_DEBUG;
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

static bool belong_to(const struct command *command, unsigned given)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (given & ~command->options & 1u << i) {
            fprintf(stderr, PROGRAM_NAME ": %s takes no --%s; see " PROGRAM_NAME " help %s\n", command->name,
                    options[i].name, command->name);
            return false;
        }
    return true;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.level = LOG_INFO};
    unsigned given = 0;
    int option;
    open_standard_streams();
    http_own_memory();
    forbid_core_files();
    ignore_signals();
    while ((option = next_option(argc, argv)) != -1) {
        if (option < 0 || option >= OPTION_COUNT)
            return EXIT_USAGE;
        given |= 1u << option;
        take_option(&arguments, option);
    }
    const bool named = optind < argc;
    const char *name = named ? argv[optind++] : "serve";
    const struct command *command = find_command(name);
    if (!command)
        return complain("unknown command ", name);
    if (given & BIT(VERSION)) {
        puts(PROGRAM_NAME " " VERSION);
        return EXIT_DONE;
    }
    if (given & BIT(HELP) || command->run == command_help) {
        if (command->run != command_help)
            arguments.word = named ? name : NULL;
        else if (optind < argc)
            arguments.word = argv[optind++];
        command = find_command("help");
        given &= ~BIT(HELP);
    }
    if (optind < argc)
        return complain("too many words: ", argv[optind]);
    return belong_to(command, given) ? command->run(&arguments) : EXIT_USAGE;
}
