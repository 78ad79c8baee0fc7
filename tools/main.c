/* SPDX-License-Identifier: BSD-2-Clause */
/* twostep VERB [USER] [options]: the tables of verbs and options, and nothing else. */
#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session.h"
#include "terminal.h"
#include "verb.h"

static const struct verb {
	const char *name;
	int (*run)(struct request *request);
	bool settings; /* reads the configuration before it runs */
	const char *argument;
	const char *more; /* what may stand behind it */
	const char *summary;
} verbs[] = {
	{ "enroll", verb_enroll, true, "USER", NULL, N_("link an authenticator app or token, with a QR code") },
	{ "status", verb_status, true, "USER", NULL, N_("devices, recovery codes left, lock, last use") },
	{ "verify", verb_verify, true, "USER", NULL, N_("read a code and judge it as a login would") },
	{ "recovery", verb_recovery, true, "USER", NULL, N_("how many recovery codes are left; make new ones") },
	{ "remove", verb_remove, true, "USER", NULL, N_("unlink a device, or everything") },
	{ "invite", verb_invite, true, "USER", NULL, N_("an activation code, for who enrolls at login") },
	{ "forget", verb_forget, true, "USER", NULL, N_("forget the places that are remembered") },
	{ "import", verb_import, true, "KIND", "FILE...",
	    N_("take over people from google-authenticator or pam_oath") },
	{ "export", verb_export, true, "USER", NULL, N_("the devices as otpauth:// URIs, for leaving") },
	{ "unlock", verb_unlock, true, "USER", NULL, N_("clear wrong codes, lock and block") },
	{ "report", verb_report, true, NULL, NULL, N_("who is enrolled and who is not, by group") },
	{ "enable", verb_enable, false, "SERVICE", NULL, N_("put the module into a service of PAM") },
	{ "disable", verb_disable, false, "SERVICE", NULL, N_("take it out again") },
	{ "rekey", verb_rekey, true, NULL, NULL, N_("a new host key, and every record under it") },
	{ "test", verb_test, false, "USER", NULL, N_("try a real service of PAM at this terminal") },
	{ "doctor", verb_doctor, false, NULL, NULL, N_("say what is wrong with the configuration") },
	{ "help", verb_help, false, "VERB", NULL, N_("this, or the options of one verb") },
};

#define VERBS (sizeof verbs / sizeof *verbs)

static const struct option_word {
	const char *word;
	const char *argument; /* NULL for a flag */
	size_t offset;        /* in struct request */
	const char *verbs;    /* blank before and after each; NULL for every one */
	const char *summary;  /* of one that every verb takes: what it stands instead of */
} options[] = {
#define FIELD(field) offsetof(struct request, field)
	{ "name", "DEVICE", FIELD(name), " enroll ", N_("what the device is called (phone)") },
	{ "add", NULL, FIELD(add), " enroll ", N_("beside the devices there are") },
	{ "replace", NULL, FIELD(replace), " enroll invite import ", N_("in place of the devices there are") },
	{ "key", "KEY", FIELD(key), " enroll ", N_("a token's own key: base32, hex:..., - to read it") },
	{ "hotp", NULL, FIELD(hotp), " enroll ", N_("counted codes instead of timed ones") },
	{ "algorithm", "NAME", FIELD(algorithm), " enroll ", N_("SHA1, SHA256 or SHA512") },
	{ "digits", "N", FIELD(digits), " enroll ", N_("6, 7 or 8") },
	{ "period", "TIME", FIELD(period), " enroll ", N_("15s to 120s") },
	{ "issuer", "NAME", FIELD(issuer), " enroll ", N_("what the app shows") },
	{ "qr", "FORM", FIELD(qr), " enroll export ", N_("auto, utf8, ansi, ascii or none") },
	{ "qr-file", "FILE", FIELD(qr_file), " enroll ", N_("the picture as a new PNG file") },
	{ "uri", NULL, FIELD(uri), " enroll ", N_("print the otpauth:// URI too") },
	{ "no-confirm", NULL, FIELD(no_confirm), " enroll ", N_("do not ask for a code first") },
	{ "quiet", NULL, FIELD(quiet), " enroll ", N_("print what a script needs, nothing else") },
	{ "new", NULL, FIELD(make_new), " recovery ", N_("make a new set; the old one is void") },
	{ "one", NULL, FIELD(one), " recovery ", N_("one code beside the set, for a time") },
	{ "all-missing", NULL, FIELD(all_missing), " invite ", N_("all who must enroll and have not") },
	{ "group", "NAME", FIELD(group), " invite report ", N_("the members of this group") },
	{ "out", "FILE", FIELD(out), " invite ", N_("the codes as a new .csv or .json file") },
	{ "valid", "TIME", FIELD(valid), " invite recovery ", N_("how long the code opens, as 1h or 3d") },
	{ "device", "NAME", FIELD(device), " remove ", N_("only this device") },
	{ "all", NULL, FIELD(all), " status ", N_("every enrolled user") },
	{ "all-homes", NULL, FIELD(all_homes), " import ", N_("the files in all home directories") },
	{ "dry-run", NULL, FIELD(dry_run), " import ", N_("only say what would be done") },
	{ "root", "DIR", FIELD(root), " doctor ", N_("look for the files of PAM and sshd below it") },
	{ "fix", NULL, FIELD(fix), " doctor ", N_("mend the modes of files that allow too much") },
	{ "service", "NAME", FIELD(service), " test ", N_("which one, as sshd or sudo") },
	{ "confirm", "TIME", FIELD(confirm), " enable ", N_("taken back after it, if not kept (5m)") },
	{ "keep", NULL, FIELD(keep), " enable ", N_("from a new login: leave it as it is now") },
	{ "force", NULL, FIELD(force), " enable ", N_("though no administrator is enrolled") },
	{ "unconfirmed", NULL, FIELD(unconfirmed), " disable ", N_("take back what was not kept in time") },
	{ "yes", NULL, FIELD(yes), " enable disable ", N_("do not ask") },
	{ "json", NULL, FIELD(json), " status recovery invite import report doctor ", N_("for scripts") },
	{ "conf", "FILE", FIELD(conf), NULL, TWOSTEP_CONF },
	{ "store", "WHERE", FIELD(store), NULL, TWOSTEP_STORE },
	{ "key-file", "FILE", FIELD(key_file), NULL, TWOSTEP_KEY },
#undef FIELD
};

#define OPTIONS (sizeof options / sizeof *options)
#define OPTION_FIRST 256 /* that is no letter */
#define OPTION_HELP (OPTION_FIRST + (int)OPTIONS)
#define OPTION_VERSION (OPTION_HELP + 1)

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
takes(const struct option_word *option, const char *verb)
{
	char word[32];

	(void)snprintf(word, sizeof word, " %s ", verb);
	return option->verbs == NULL || strstr(option->verbs, word) != NULL;
}

void
usage_of_all(FILE *out)
{
	fprintf(out, tr("usage: twostep VERB [USER] [options]\n\n"));
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-9s %s\n", verbs[i].name, tr(verbs[i].summary));
	fprintf(out, tr("\nUSER is you when left out; root must name one.\n"
		"Options of a verb: twostep help VERB. All of it: man twostep.\n"
		"Exit status: 0 done or yes, 1 refused or no, 2 usage, 3 system failed.\n"));
}

bool
usage_of(const char *name)
{
	const struct verb *verb = find_verb(name);

	if (verb == NULL)
		return false;
	printf(tr("usage: twostep %s%s%s%s%s%s [options]\n"), verb->name,
	    verb->argument != NULL ? " [" : "", verb->argument != NULL ? verb->argument : "",
	    verb->argument != NULL ? "]" : "", verb->more != NULL ? " " : "",
	    verb->more != NULL ? verb->more : "");
	printf("%s\n\n", tr(verb->summary));
	for (size_t i = 0; i < OPTIONS; i++) {
		char left[32];

		if (!takes(&options[i], name))
			continue;
		(void)snprintf(left, sizeof left, "--%s %s", options[i].word,
		    options[i].argument != NULL ? options[i].argument : "");
		printf("  %-18s ", left);
		printf(options[i].verbs != NULL ? "%s\n" : tr("instead of %s\n"),
		    options[i].verbs != NULL ? tr(options[i].summary) : options[i].summary);
	}
	return true;
}

/* The long options of getopt, from the table: an option's value tells its place in it. */
static void
long_options(struct option longs[static OPTIONS + 3])
{
	for (size_t i = 0; i < OPTIONS; i++)
		longs[i] = (struct option){ .name = options[i].word,
			.has_arg = options[i].argument != NULL ? required_argument : no_argument,
			.val = OPTION_FIRST + (int)i };
	longs[OPTIONS] = (struct option){ .name = "help", .val = OPTION_HELP };
	longs[OPTIONS + 1] = (struct option){ .name = "version", .val = OPTION_VERSION };
	longs[OPTIONS + 2] = (struct option){ .name = NULL };
}

static int
usage_error(const char *verb, const char *what, const char *why)
{
	complain(verb, what, why);
	fprintf(stderr, tr("See: twostep help%s%s\n"), verb != NULL ? " " : "", verb != NULL ? verb : "");
	return EXIT_USAGE;
}

static void
take_option(struct request *request, const struct option_word *option)
{
	char *field = (char *)request + option->offset;

	if (option->argument != NULL)
		*(const char **)(void *)field = optarg;
	else
		*(bool *)field = true;
}

/* Refuses what a verb does not take; `given` has an entry for each option. */
static int
check_options(const struct verb *verb, const bool given[static OPTIONS])
{
	for (size_t i = 0; i < OPTIONS; i++) {
		char word[32];

		if (!given[i] || takes(&options[i], verb->name))
			continue;
		(void)snprintf(word, sizeof word, "--%s", options[i].word);
		return usage_error(verb->name, word, tr("not an option of this verb"));
	}
	return EXIT_DONE;
}

static int
run(const struct verb *verb, struct request *request)
{
	int status = verb->settings ? session_settings(request) : EXIT_DONE;

	if (status == EXIT_DONE)
		status = verb->run(request);
	if (terminal_flush())
		return status;
	complain(verb->name, tr("standard output"), tr("cannot be written"));
	return EXIT_SYSTEM;
}

static int
dispatch(struct request *request, int argc, char **argv, const bool given[static OPTIONS])
{
	const struct verb *verb;
	int status;

	if (optind == argc) {
		usage_of_all(stderr);
		return EXIT_USAGE;
	}
	request->verb = argv[optind];
	if ((verb = find_verb(request->verb)) == NULL)
		return usage_error(NULL, request->verb, tr("no such verb"));
	if (optind + 1 < argc)
		request->user = argv[optind + 1];
	request->more = argv + (optind + 2 < argc ? optind + 2 : argc);
	if (argc - optind > 2 && verb->more == NULL)
		return usage_error(verb->name, argv[optind + 2], tr("one word too many"));
	if (request->user != NULL && verb->argument == NULL)
		return usage_error(verb->name, request->user, tr("one word too many"));
	if ((status = check_options(verb, given)) != EXIT_DONE)
		return status;
	return run(verb, request);
}

/*
 * A file of the store below 3 would be taken for a standard stream, and written to. What is put there is open
 * the wrong way round: nobody shall believe that he was told what went nowhere.
 */
static void
occupy_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

/*
 * What getopt could not make sense of: a letter, or the word that it has just passed. (Of a letter beyond
 * ASCII it has the first byte, as a char, and of its word it may not be past.)
 */
static int
option_error(int found, char **argv)
{
	char letter[] = { '-', (char)optopt, '\0' };

	if (found == ':')
		return usage_error(NULL, argv[optind - 1], tr("needs a value"));
	if (optopt >= OPTION_FIRST)
		return usage_error(NULL, argv[optind - 1], tr("takes no value"));
	return usage_error(NULL, optopt != 0 ? letter : argv[optind - 1], tr("no such option"));
}

/* --help and --version win over whatever else is there. */
static int
tell(bool help, const char *verb)
{
	if (!help)
		printf("twostep " PACKAGE_VERSION "\n");
	else if (verb == NULL || !usage_of(verb))
		usage_of_all(stdout);
	if (terminal_flush())
		return EXIT_DONE;
	complain(NULL, tr("standard output"), tr("cannot be written"));
	return EXIT_SYSTEM;
}

int
main(int argc, char **argv)
{
	struct option longs[OPTIONS + 3];
	struct request request = { .verb = NULL };
	bool given[OPTIONS] = { false }, help = false, version = false;
	int found;

	/* What is written here is for nobody else, and a core file would hold the key that is on the screen. */
	(void)umask(S_IRWXG | S_IRWXO);
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
	occupy_streams();
	/* With it getopt would stop at the verb, and no option behind that would count. */
	(void)unsetenv("POSIXLY_CORRECT");
	terminal_start();
	long_options(longs);
	opterr = 0;
	while ((found = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		help = help || found == OPTION_HELP;
		version = version || found == OPTION_VERSION;
		if (found == OPTION_HELP || found == OPTION_VERSION)
			continue;
		if (found == '?' || found == ':')
			return option_error(found, argv);
		given[found - OPTION_FIRST] = true;
		take_option(&request, &options[found - OPTION_FIRST]);
		/* Complaints about the words, too, which come before settings are read. */
		if (request.json)
			(void)terminal_speak(language_named("en", 2));
	}
	if (help || version)
		return tell(help, optind < argc ? argv[optind] : NULL);
	return dispatch(&request, argc, argv, given);
}
