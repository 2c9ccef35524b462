"""Which string literals of C sources are for people and not marked for the catalogue: marks.py FILE... prints them.

A literal counts when it is given to a function that shows it, or reads like a sentence (two words with a blank between), and
stands neither in _(), N_() or P_() nor in a call that is not for people (logs, JSON, assertions).
"""
import re
import sys

SHOWN = {"printf", "puts", "fputs", "cli_fail", "cli_say", "lead_wrong", "problems_add", "client_fail", "journal_fault", "table_new"}
MARKED = {"_", "N_", "P_"}
NOT_FOR_PEOPLE = {"log_line", "assert", "_Static_assert", "docs_die", "json_string", "json_number", "json_object", "json_array", "strcmp",
                  "strncmp", "getenv", "format", "__attribute__", "log_quote", "sd_notify", "sd_notifyf", "open", "openat", "fopen", "strchr",
                  "strspn", "strcspn", "format_set_num_format"}
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_]\w*|\n|.', re.S)
CONVERSION = re.compile(r"%[-+ #0-9.*']*(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]")
SENTENCE = re.compile(r"[A-Za-z]{2,}'?[a-z]*[,;:]? [a-z]{2,}")
WORD = re.compile(r"[a-z]{3,}")
FOR_PROGRAMS = re.compile(r'true|false|null|[{,]?\\"\w+\\":.*|t=%.*| ?paidan[ \w-]* (?:%s)?|(?:  paidan [^\\]*\\n)+')  # pieces of JSON, lines of name=value, names of programs, command lines


def literals(text):
    """Each run of adjacent literals: its line, its text, the calls around it from the inside out, the words before it."""
    calls, run, line, before = [], None, 1, ""
    directive = False
    for match in TOKEN.finditer(text):
        token = match[0]
        if token == "#" and text[text.rfind("\n", 0, match.start()) + 1:match.start()].strip() == "":
            directive = True
        if token.startswith('"') and not directive:
            piece = token[1:-1]
            run = (run[0], run[1] + piece, run[2]) if run else (line, piece, list(reversed(calls)))
        elif re.fullmatch(r"PRI[a-zX]\d+|PAIDAN_VERSION|\s+", token) and run:
            pass
        elif token.strip() and not token.startswith("/*"):
            if run:
                yield run
            run = None
            if token == "(":
                calls.append(before if re.fullmatch(r"\w+", before) else "")
            elif token == ")" and calls:
                calls.pop()
            elif token in "{}" and not calls:
                pass
            before = token
        if token == "\n" and not text[:match.start()].endswith("\\"):
            directive = False
        line += token.count("\n")
    if run:
        yield run


def unmarked(text):
    for line, literal, calls in literals(text):
        if MARKED & set(calls) or NOT_FOR_PEOPLE & set(calls):
            continue
        if FOR_PROGRAMS.fullmatch(literal):
            continue
        bare = re.sub(r"\\[nrtx](?:[0-9a-f]{2})?|\\033\[K", " ", CONVERSION.sub("%", literal))
        shown = bool(calls) and calls[0] in SHOWN
        if SENTENCE.search(bare) or (shown and WORD.search(bare)):
            yield line, literal


def main():
    count = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            for line, literal in unmarked(file.read()):
                print(f"{path}:{line}: \"{literal}\"")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
