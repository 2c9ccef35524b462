#include "intl.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detail.h"

#ifndef PAIDAN_LOCALEDIR
#define PAIDAN_LOCALEDIR "/usr/local/share/locale"
#endif

enum { FOLDER_BYTES = 4096 + 64 };

/* Its translation says which language the catalogue in use is of, if one is. */
#define LANGUAGE_MARK N_("language of these texts: en")

static unsigned language = PD_language_english;

/* What the environment asks for texts to be in, as setlocale(3) looks it up. */
static const char *wanted_locale(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i]);
		if (value && *value)
			return value;
	}
	return "C";
}

static bool is_untranslated(const char *locale)
{
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 || strncmp(locale, "C.", 2) == 0;
}

/* Small machines have none but C.UTF-8, in which gettext follows LANGUAGE alone. There is one Chinese catalogue, for
 * whichever country. */
static void choose_messages(void)
{
	const char *wanted = wanted_locale();
	if (is_untranslated(wanted)) {
		setlocale(LC_MESSAGES, "C");
		return;
	}
	if (!setlocale(LC_MESSAGES, ""))
		setlocale(LC_MESSAGES, "C.UTF-8");
	char name[64];
	const char *named = getenv("LANGUAGE");
	snprintf(name, sizeof name, "%.*s", (int)strcspn(wanted, ".@"), wanted);
	if (!named || !*named)
		setenv("LANGUAGE", strncmp(name, "zh", 2) == 0 ? "zh_CN" : name, 1);
}

void intl_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static bool has_catalogue(const char *folder)
{
	char path[FOLDER_BYTES + 64];
	snprintf(path, sizeof path, "%s/zh_CN/LC_MESSAGES/" PAIDAN_TEXTS ".mo", folder);
	return access(path, R_OK) == 0;
}

/* Beside the program where it was built, or where it was installed, wherever that is. */
static const char *find_folder(char folder[static FOLDER_BYTES])
{
	static const char *const places[] = {"locale", "../share/locale"};
	char program[4096];
	ssize_t bytes = readlink("/proc/self/exe", program, sizeof program - 1);
	program[bytes < 0 ? 0 : bytes] = 0;
	char *slash = strrchr(program, '/');
	for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
		snprintf(folder, FOLDER_BYTES, "%.*s/%s", (int)(slash - program), program, places[i]);
		if (has_catalogue(folder))
			return folder;
	}
	return PAIDAN_LOCALEDIR;
}

void intl_init(void)
{
	char folder[FOLDER_BYTES];
	intl_utf8();
	choose_messages();
	bindtextdomain(PAIDAN_TEXTS, find_folder(folder));
	bind_textdomain_codeset(PAIDAN_TEXTS, "UTF-8");
	language = strstr(_(LANGUAGE_MARK), ": zh") ? PD_language_chinese : PD_language_english;
}

void intl_end(void)
{
	setlocale(LC_MESSAGES, "C");
	language = PD_language_english;
}

unsigned intl_language(void)
{
	return language;
}

const char *intl_word(const char *set, unsigned code)
{
	return pd_word_in(language, set, code);
}

const char *intl_move(unsigned type)
{
	return pd_move_in(language, (enum pd_type)type);
}

const char *intl_command(unsigned type)
{
	return pd_command_in(language, (enum pd_type)type);
}

/* ---- what the system says ---- */

/* The C library has its own catalogue, which small machines lack: those that people meet are in ours, too. */
static const char *const met[] __attribute__((unused)) = {
	N_("Address already in use"),
	N_("Address family not supported by protocol"),
	N_("Bad file descriptor"),
	N_("Broken pipe"),
	N_("Cannot allocate memory"),
	N_("Cannot assign requested address"),
	N_("Connection refused"),
	N_("Device or resource busy"),
	N_("Directory not empty"),
	N_("Disk quota exceeded"),
	N_("File exists"),
	N_("File name too long"),
	N_("File too large"),
	N_("Input/output error"),
	N_("Invalid argument"),
	N_("Is a directory"),
	N_("No space left on device"),
	N_("No such device"),
	N_("No such file or directory"),
	N_("Not a directory"),
	N_("Operation not permitted"),
	N_("Permission denied"),
	N_("Read-only file system"),
	N_("Resource temporarily unavailable"),
	N_("Success"),
	N_("Text file busy"),
	N_("Too many levels of symbolic links"),
	N_("Too many open files"),
	N_("Exec format error"),
};

const char *intl_error(int error)
{
	return _(strerror(error));
}
