/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: a process with settings of its own takes logins through libpam and
 * says what it was before and what it is afterwards.
 *
 *	host [-c] [-n] [-u UID] SERVICE CONFDIR USER ANSWER ...
 *
 * Out come two parts, after the lines "before" and "after": one fact a line. -c looks at
 * libcrypto before, too (which starts it); -n takes no login at all; -u runs under that
 * real uid, as sudo and su do. Each ANSWER is one pam_authenticate and pam_acct_mgmt, all on
 * one handle; "!abort" breaks off the prompt. A line "returned N" says what each
 * pam_authenticate gave, and the log gets "host-says-so" from the host itself at the end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <security/pam_appl.h>

static void
die(const char *what)
{
	perror(what);
	exit(3);
}

/* ---- what it is ------------------------------------------------------------------------ */

static void
say_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	if (directory == NULL)
		die("/proc/self/fd");
	while ((entry = readdir(directory)) != NULL) {
		char link[512] = "";
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] == '.' || fd == dirfd(directory))
			continue;
		if (readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1) <
		    0)
			die("readlink");
		printf("descriptor %d %s flags %d %d at %ld\n", fd, link,
		    fcntl(fd, F_GETFD), fcntl(fd, F_GETFL),
		    fd > 2 ? (long)lseek(fd, 0, SEEK_CUR) : 0);
	}
	closedir(directory);
}

static void
say_signals(void)
{
	sigset_t mask, pending;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	for (int i = 1; i < SIGRTMAX; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) == 0)
			printf("signal %d handler %p flags %x blocked %d pending %d\n", i,
			    (void *)action.sa_handler, (unsigned)action.sa_flags,
			    sigismember(&mask, i), sigismember(&pending, i));
	}
}

static void
say_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			printf("limit %d %lu %lu\n", i, (unsigned long)limit.rlim_cur,
			    (unsigned long)limit.rlim_max);
	}
	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
		struct itimerval timer;

		getitimer((__itimer_which_t)i, &timer);
		printf("timer %d %d\n", i,
		    timer.it_value.tv_sec > 0 || timer.it_value.tv_usec > 0);
	}
}

/* Everything that the kernel says of the process and that no mere work changes. */
static void
say_status(void)
{
	static const char *const words[] = { "Umask", "Uid", "Gid", "Groups", "Threads",
		"NoNewPrivs", "Seccomp", "Cap", "VmLck", "VmPin", "CoreDumping",
		"THP_enabled" };
	char line[512];
	FILE *status = fopen("/proc/self/status", "re");

	if (status == NULL)
		die("/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strncmp(line, words[i], strlen(words[i])) == 0)
				printf("status %s", line);
	fclose(status);
}

static void
say_process(void)
{
	char directory[1024];

	if (getcwd(directory, sizeof(directory)) == NULL)
		die("getcwd");
	printf("directory %s\n", directory);
	for (char **variable = environ; *variable != NULL; variable++)
		printf("variable %s\n", *variable);
	for (int i = 0; i < LC_ALL; i++)
		printf("locale %d %s\n", i, setlocale(i, NULL));
	printf("thread locale %d\n", uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	printf(
	    "children %d\n", waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : 1);
}

static int
say_provider(OSSL_PROVIDER *provider, void *data)
{
	(void)data;
	printf("provider %s\n", OSSL_PROVIDER_get0_name(provider));
	return 1;
}

static void
say_libcrypto(void)
{
	OSSL_LIB_CTX *global = OSSL_LIB_CTX_set0_default(NULL);
	EVP_MD *digest = EVP_MD_fetch(NULL, "SHA1", NULL);

	printf(
	    "crypto global default %d\n", global == OSSL_LIB_CTX_get0_global_default());
	printf("crypto fips %d\n", EVP_default_properties_is_fips_enabled(NULL));
	printf("crypto SHA1 from %s\n",
	    digest ? OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(digest)) : "nowhere");
	printf("crypto errors %lu\n", ERR_peek_error());
	printf("crypto random %d\n", RAND_status());
	OSSL_PROVIDER_do_all(NULL, say_provider, NULL);
	EVP_MD_free(digest);
}

static void
say_all(const char *when, bool crypto)
{
	printf("%s\n", when);
	say_descriptors();
	say_signals();
	say_limits();
	say_status();
	say_process();
	if (crypto)
		say_libcrypto();
	fflush(stdout);
}

/* ---- what it does ------------------------------------------------------------------------ */

static void
on_signal(int number)
{
	(void)number;
}

/* Nothing here is as a process is born, so that a reset to the usual would be seen. */
static void
settle(void)
{
	sigset_t blocked;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	umask(0031);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	raise(SIGUSR2); /* must still be waiting at the end */
	setenv("TZ", "Pacific/Chatham", 1);
	setenv("LANG", "nl_NL.UTF-8", 1);
	setlocale(LC_ALL, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
	if (chdir("/usr") != 0 || open("/dev/null", O_RDONLY) < 0)
		die("settle");
	openlog("host-ident", LOG_PID | LOG_NDELAY, LOG_LOCAL3);
}

static int
converse(
    int count, const struct pam_message **messages, struct pam_response **out, void *data)
{
	const char *answer = *(const char **)data;

	*out = calloc((size_t)count, sizeof(**out));
	for (int i = 0; *out != NULL && i < count; i++) {
		if (messages[i]->msg_style > PAM_PROMPT_ECHO_ON)
			continue;
		if (strcmp(answer, "!abort") == 0) {
			free(*out);
			return PAM_CONV_ERR;
		}
		(*out)[i].resp = strdup(answer);
	}
	return *out != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void
no_delay(int code, unsigned us, void *data)
{
	(void)code;
	(void)us;
	(void)data;
}

static void
login(char **words)
{
	const char *answer = NULL;
	struct pam_conv conversation = { converse, (void *)&answer };
	pam_handle_t *handle = NULL;
	int code =
	    pam_start_confdir(words[0], words[2], &conversation, words[1], &handle);

	if (code != PAM_SUCCESS)
		die("pam_start");
	pam_set_item(handle, PAM_FAIL_DELAY, (const void *)no_delay);
	for (char **next = words + 3; *next != NULL; next++) {
		answer = *next;
		code = pam_authenticate(handle, 0);
		fprintf(stderr, "returned %d\n", code);
		pam_acct_mgmt(handle, 0);
		pam_setcred(handle, PAM_ESTABLISH_CRED);
	}
	pam_end(handle, code);
}

int
main(int argc, char **argv)
{
	bool crypto = false, none = false;
	long uid = 0;
	int option;

	while ((option = getopt(argc, argv, "+cnu:")) != -1) {
		if (option == 'c')
			crypto = true;
		else if (option == 'n')
			none = true;
		else if (option == 'u')
			uid = strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 4)
		return 2;
	settle();
	if (uid != 0 && setresuid((uid_t)uid, 0, 0) != 0)
		die("setresuid");
	say_all("before", crypto);
	if (!none)
		login(argv + optind);
	say_all("after", true);
	syslog(LOG_INFO, "host-says-so");
	return 0;
}
