"""What people read, in both languages: texts.py BUILD. Prints `ok NAME` and `not ok NAME` with what is wrong.

The catalogue is whole (extracted afresh and compared), texts are marked, and the programs speak the language of the
environment, whether or not its locale was generated here, while what programs read stays as it is.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

import marks

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What stays as it is in Chinese: options and their values, commands, environment, files, formats.
KEPT = re.compile(
    r"^(?:\[\w+\])? +(?:[a-z_]+\*? )*[a-z_]+\*? {3,}|"  # the keys of a map
    r"\b\w+(?:[|,]\w+)+\b|"  # words to choose from, columns of a file
    r"--?[\w-]+|\$?\b[A-Z][A-Z0-9_]+\b|\b[\w./-]+\.(?:csv|sock|md)\b|\w+://\S*|\[[^\]]*\]|\w+=\w*|\b\w+_\w+\b|"
    r"\b(?:paidan|paidand|paidan-worker|lead|exec|district|residents|import|verify|people|notice|rollcall|visits|calendar set|orders|areas|stats|json|boshan)\b|"
    r"\b(?:error|warn|info|debug|ipc|sigma|p\d\d|completed|closed|accepted|submitted|waiting|parent|exit|t|loopback|id)\b")
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
failed = 0


def report(name, wrong):
    global failed
    print(f"{'not ok' if wrong else 'ok'} {name}")
    for line in list(wrong)[:20]:
        print(f"  {line}")
    failed += bool(wrong)


def sources():
    names = ["proto/errors.def"]
    for pattern in ("proto/*.c", "daemon/*.c", "daemon/store/*.c", "clients/*/*.c", "clients/cli/*/*.c", "workers/*.c"):
        names += glob.glob(pattern)
    return sorted(names)


# ---- the catalogue ----

def entries(path):
    """msgid -> (flags, plural, translations) of a .po file; the header's is left out."""
    found, flags, parts, field = {}, set(), {}, None

    def keep():
        if parts.get("msgid"):
            found[parts["msgid"]] = (set(flags), parts.get("msgid_plural"), [v for k, v in parts.items() if k.startswith("msgstr")])

    with open(path, encoding="utf-8") as file:
        for line in list(file) + ["\n"]:
            line = line.strip()
            match = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"$', line)
            if line.startswith("#,"):
                flags |= {flag.strip() for flag in line[2:].split(",")}
            elif match:
                field, parts[match[1]] = match[1], match[2]
            elif line.startswith('"'):
                parts[field] += line[1:-1]
            elif line.startswith("#~"):
                found.setdefault("#~", (set(), None, []))
            elif not line:
                keep()
                flags, parts = set(), {}
    return found


def check_catalogue(build):
    pot = os.path.join(build, "texts.pot")
    done = subprocess.run(["sh", "proto/po/extract.sh", pot, *sources()], stderr=subprocess.PIPE, text=True, check=False)
    report("the texts can be extracted", done.stderr.splitlines() if done.returncode else [])
    wanted = entries(pot)
    report("there are texts, refusals among them", [] if len(wanted) > 300 and "There is no such order." in wanted else [len(wanted)])
    for po in glob.glob("proto/po/*.po"):
        has = entries(po)
        wrong = [f'missing: "{text}"' for text in wanted if text not in has or not all(has[text][2])]
        wrong += [f'not of any program: "{text}"' for text in has if text not in wanted]
        wrong += [f'fuzzy: "{text}"' for text, (flags, _, _) in has.items() if "fuzzy" in flags]
        report(f"{po} has every text, and no other: make po, and translate", wrong)
        form = subprocess.run(["msgfmt", "--check", "-o", "/dev/null", po], stderr=subprocess.PIPE, text=True, check=False)
        report(f"{po}: its formats are those of the texts", form.stderr.splitlines() if form.returncode else [])
        shape = []
        for text, (_, _, translations) in has.items():
            for translation in translations:
                if text.endswith("\\n") != translation.endswith("\\n"):
                    shape.append(f'one ends its line, the other does not: "{text}"')
                if text.startswith(">") != translation.startswith(">"):
                    shape.append(f'one is a column of numbers, the other is not: "{text}"')
                if re.search(r"--[a-z][a-z-]+", text) and set(re.findall(r"--[a-z][a-z-]+", text)) != set(re.findall(r"--[a-z][a-z-]+", translation)):
                    shape.append(f'they name other options: "{text}"')
        report(f"{po}: lines, columns and options are those of the texts", shape)


def check_marks():
    wrong = []
    for pattern in ("clients/*/*.c", "clients/cli/*/*.c", "workers/*.c", "daemon/store/*.c", "daemon/start.c", "daemon/main.c", "daemon/config.c"):
        for path in sorted(glob.glob(pattern)):
            with open(path, encoding="utf-8") as file:
                wrong += [f'{path}:{line}: not in _() or N_(): "{text}"' for line, text in marks.unmarked(file.read())]
    report("every text for people is marked", wrong)
    # A word that is shown, a sentence in quotes, a sentence given to a variable; but not what is marked.
    seen = list(marks.unmarked('void f(void)\n{\n\tprintf("it is %s", _("marked"));\n\tcli_fail(c, 1, "not \\"marked\\" here");\n\tx = "two words";\n}\n'))
    report("a text that is not marked is found", [] if [line for line, _ in seen] == [3, 4, 5] else seen)


# ---- the programs ----

def environment(**language):
    kept = {k: v for k, v in os.environ.items() if not re.match(r"LC_|LANG|PAIDAN_", k)}
    return {**kept, **language}


def run(program, *words, **language):
    done = subprocess.run([program, *words], env=environment(**language), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)
    return done.stdout.decode("utf-8"), done.returncode


def commands_of(program):
    text, _ = run(program, "--help", LANG="C")
    return re.findall(r"^  ([a-z]+) {2,}\S", text, re.M)


def english_left(text):
    return [line for line in text.splitlines() if SENTENCE.search(KEPT.sub("", line))]


def check_run(build):
    """workers/run.sh has its texts in the catalogue, too."""
    said = {}
    for language in ("zh_CN.UTF-8", "zh_XX", "C.UTF-8"):
        done = subprocess.run(["sh", "workers/run.sh"], env=environment(LANG=language, BUILD=build, RATE="many"), text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60)
        said[language] = (done.stdout, done.returncode)
    wrong = [f"{language}: {text!r}, exit {code}" for language, (text, code) in said.items()
             if code != 100 or "RATE='many'" not in text or bool(CHINESE.search(text)) != language.startswith("zh")]
    report("make run speaks the language of the environment", wrong)


def check_help(build):
    programs = [os.path.join(build, name) for name in ("paidan", "paidan-worker", "paidand")]
    for program in programs:
        name = os.path.basename(program)
        commands = commands_of(program) if name != "paidand" else []
        if name == "paidan":
            report("paidan has commands", [] if len(commands) > 15 else commands)
        for words in [["--help"]] + [[command, "--help"] for command in commands]:
            chinese, code = run(program, *words, LANG="zh_CN.UTF-8")
            english, _ = run(program, *words, LANG="C")
            wrong = english_left(chinese.split("例：")[0])
            wrong += [] if code == 0 and CHINESE.search(chinese) else ["it is not in Chinese"]
            wrong += [] if english != chinese and english_left(english) else ["in the locale C it is not in English"]
            report(f"{name} {' '.join(words)} is in Chinese", wrong)


def check_settings(build):
    """The comments are Chinese, and the file says the same."""
    words = [os.path.join(build, "paidand"), "--data", "/srv/paidan", "--print-config"]
    chinese, english = run(*words, LANG="zh_CN.UTF-8")[0], run(*words, LANG="C")[0]
    comments = [line for line in chinese.splitlines() if line.startswith("#")]
    bare = lambda text: [line for line in text.splitlines() if not line.startswith("#")]
    report("the comments of paidand --print-config are in Chinese", english_left("\n".join(comments)) + [line for line in comments if not line.endswith("。")])
    report("its settings are those of the English one", [] if bare(chinese) == bare(english) and len(comments) > 10 else bare(chinese))


def check_choice(build):
    """Each language is chosen as gettext and setlocale document it, though no locale but C.UTF-8 may be there."""
    program = os.path.join(build, "paidan")
    for chinese, language in ((True, {"LANG": "zh_CN.UTF-8"}), (True, {"LANG": "zh_CN"}), (True, {"LANG": "zh_SG.UTF-8"}),
                              (True, {"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}), (True, {"LC_MESSAGES": "zh_CN.UTF-8"}), (True, {"LANG": "zh_CN.UTF-8", "LANGUAGE": ""}),
                              (True, {"LANG": "en_GB.UTF-8", "LANGUAGE": "zh_CN"}), (False, {}), (False, {"LANG": "C"}),
                              (False, {"LANG": "C.UTF-8"}), (False, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}), (False, {"LANG": "en_US.UTF-8"}),
                              (False, {"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}), (False, {"LANG": "POSIX", "LANGUAGE": "zh_CN"})):
        text, code = run(program, "--nonsense", **language)
        said = "没有选项 --nonsense" if chinese else "there is no option --nonsense"
        report(f"{'Chinese' if chinese else 'English'} for {language or 'an empty environment'}", [] if said in text and code == 100 else [text])


def check_installed(build):
    """Away from where it was built, a program finds its texts in ../share/locale; without them it speaks English."""
    catalogue = "locale/zh_CN/LC_MESSAGES"
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.copy(os.path.join(build, "paidan"), os.path.join(folder, "paidan"))
        text, code = run(program, "--help", LANG="zh_CN.UTF-8")
        if not os.path.exists("/usr/local/share/" + catalogue + "/paidan.mo"):
            report("without its catalogue a program speaks English", [] if code == 0 and english_left(text) else [text])
        os.makedirs(os.path.join(folder, "bin"))
        shutil.copytree(os.path.join(build, catalogue), os.path.join(folder, "share", catalogue))
        text, _ = run(shutil.move(program, os.path.join(folder, "bin")), "--help", LANG="zh_CN.UTF-8")
        report("an installed program finds its catalogue", [] if "接单" in text and "用法" in text else [text])


def check_errors(build):
    paidan, worker, paidand = (os.path.join(build, name) for name in ("paidan", "paidan-worker", "paidand"))
    with tempfile.TemporaryDirectory() as folder:
        cases = ((paidan, "show", "xx"), (paidan, "nonsense"), (paidan, "people", "--post", "boss"), (paidan, "order", "x"), (paidan, "accept", "1"),
                 (paidan, "stats", "--connect", f"ipc://{folder}/none", "--timeout", "0.1"), (paidan, "import", folder), (paidan, "import", f"{folder}/none"),
                 (paidan, "verify", f"{folder}/none"), (paidan, "watch", "--since", "x"), (worker, "nonsense"), (worker, "lead"), (worker, "exec", "1"),
                 (worker, "residents", "--rate", "x"), (paidand, "--nonsense"), (paidand, "--data"), (paidand,), (paidand, "--config", f"{folder}/none"),
                 (paidand, "--data", folder, "--log-level", "x"), (paidand, "--data", folder, "--listen", "x"), (paidand, "--data", folder, "--check"))
        for program, *words in cases:
            text, _ = run(program, *words, LANG="zh_CN.UTF-8")
            wrong = english_left(re.sub(r"“[^”]*”|/\S+", "", text)) + ([] if CHINESE.search(text) else ["it is not in Chinese: " + text])
            report(f"{os.path.basename(program)} {' '.join(words).replace(folder, 'DIR')}: said in Chinese", wrong)


# ---- with a broker ----

def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def column_starts(line):
    """The terminal columns at which a cell begins, and those at which one ends."""
    cells = list(re.finditer(r"\S+(?: \S+)*", line))
    return {width(line[:c.start()]) for c in cells}, {width(line[:c.end()]) for c in cells}


def check_live(build):
    paidan, paidand = os.path.join(build, "paidan"), os.path.join(build, "paidand")
    with tempfile.TemporaryDirectory() as folder:
        connect = ["--connect", f"ipc://{folder}/c", "--subscribe", f"ipc://{folder}/e"]
        with open(os.path.join(folder, "reserve.ini"), "w", encoding="ascii") as settings:
            settings.write("[paidand]\nreserve_mib=0\nsegment_mib=1\n")
        log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        broker = subprocess.Popen([paidand, "--data", f"{folder}/data", "--config", f"{folder}/reserve.ini", "--listen", connect[1], "--publish",
                                   connect[3]], env=environment(LANG="zh_CN.UTF-8"), stderr=log)
        try:
            write_registry(os.path.join(folder, "registry"))
            say = lambda *words: run(paidan, *words, *connect, LANG="zh_CN.UTF-8")
            plain = lambda *words: run(paidan, *words, *connect, LANG="C")
            text, code = say("import", f"{folder}/registry")
            report("an import is told in Chinese", [] if code == 0 and "新增" in text else [text])
            text, _ = say("order", "灯不亮", "--category", "公共照明", "--household", "50")
            order = re.search(r"[0-9a-f-]{36}", text)[0]
            report("an order is told in Chinese", [] if "状态" in text and "待接单" in text else [text])
            for words, title in ((["orders"], "状态"), (["people"], "职务"), (["categories"], "承办级别"), (["areas"], "级别"), (["households"], "中心户")):
                text = wait_for_rows(say, words)
                lines = text.splitlines()
                starts, ends = column_starts(lines[0])
                loose = [line for line in lines[1:] for c in re.finditer(r"\S+(?: \S+)*", line)
                         if width(line[:c.start()]) not in starts and width(line[:c.end()]) not in ends and words != ["areas"]]
                report(f"paidan {words[0]}: columns stand under each other", [text] if loose or title not in lines[0] or len(lines) < 2 else [])
            said, _ = say("accept", order, "--as", "201", "--order-version", "9")
            report("a refusal, its detail and its advice are in Chinese",
                   [] if "该点单已有变化。（现为第 1 版、待接单，您指定的是第 9 版）" in said and not english_left(said) else [said])
            said, _ = plain("accept", order, "--as", "201", "--order-version", "9")
            report("and in English in the locale C", [] if "it is at version 1 and waiting, you named version 9" in said else [said])
            said, _ = say("cancel", order, "字" * 600, "--as", "301")
            report("a text that is too long is told in Chinese", [] if "现为 600 个字符" in said else [said])
            for words in (["show", order], ["stats"], ["watch", "--help"], ["orders", "999"], ["orders", "没有"]):
                said, _ = say(*words)
                report(f"paidan {words[0]} {'…' if len(words) > 1 else ''}: no English in it", english_left(said))
            for words in (["orders", "--json"], ["show", order, "--json"], ["people", "--json"], ["categories", "--json"]):
                report(f"paidan {words[0]} --json is the same in both", [] if say(*words) == plain(*words) else [say(*words)[0]])
            check_export(folder, say, plain)
            check_history(folder, say)
            check_top(folder, paidan, connect)
            said, _ = say("stats", "--every", "0.1", "--count", "1")
            report("the line of stats --every is for programs", [] if re.fullmatch(r"t=\d+ submitted=\d+ .* oldest_s=\d+\.\d .*\n", said) else [said])
        finally:
            broker.terminate()
            code = broker.wait()
            log.seek(0)
            text = log.read()
            log.close()
        report("paidand's log is English", [line for line in text.splitlines() if CHINESE.search(line)] or ([] if "level=" in text and code == 0 else [text]))


def check_export(folder, say, plain):
    for words in (["orders"], ["events", "--format", "jsonl"]):
        report(f"paidan export {' '.join(words)} is the same in both", [] if say("export", *words) == plain("export", *words) else [say("export", *words)[0]])
    for words, wanted in ((["orders", "-o", f"{folder}/out.csv"], "1 个点单"), (["events", "-o", f"{folder}/out.csv"], "条流水"),
                          (["orders", "--since", "x"], "不是时间"), (["orders", "--format", "xlsx"], "电子表格"), (["all"], "既不是 orders"),
                          (["orders", "-o", f"{folder}/none/x.csv"], "无法写入")):
        said, _ = say("export", *words)
        report(f"paidan export {' '.join(words).replace(folder, 'DIR')}: said in Chinese",
               english_left(re.sub(r"“[^”]*”|/\S+", "", said)) + ([] if wanted in said else [said]))


MAP = """[source]
name = 热线
[order]
key = {编号}
text = {内容}
category = {类别}
created = {时间}
status = {状态}
ended = {办结}
[status]
待办 = waiting
办结 = closed
[times]
zone = Asia/Shanghai
format = %Y-%m-%d %H:%M:%S
[areas]
root = 博山区
"""


def check_history(folder, say):
    """Rows that are taken, rows that are not and why, maps that are wrong."""
    names = {name: os.path.join(folder, name) for name in ("map.ini", "wrong.ini", "past.csv", "rejected.csv")}
    with open(names["map.ini"], "w", encoding="utf-8") as file:
        file.write(MAP)
    with open(names["past.csv"], "w", encoding="utf-8") as file:
        file.write("编号,内容,类别,时间,状态,办结\n1,灯不亮,公共照明,2024-05-01 10:00:00,办结,2024-05-02 10:00:00\n2,,公共照明,2024-05-01 10:00:00,待办,\n"
                   "3,路不平,公共照明,05/01/2024,待办,\n4,路不平,公共照明,2024-05-01 10:00:00,未知,\n5,路不平,公共照明,2024-05-01 10:00:00,办结,\n"
                   '6,路不平\n7,"路"不平,公共照明,2024-05-01 10:00:00,待办,\n8,未来,公共照明,2124-05-01 10:00:00,待办,\n')
    call = ["history", names["past.csv"], "--map", names["map.ini"], "--report", names["rejected.csv"]]
    for more, wanted in ((["--dry-run"], "试运行"), ([], "导入 1，已有 0，拒收 7"), ([], "导入 0，已有 1，拒收 7")):
        said, _ = say(*call, *more)
        report(f"paidan history {' '.join(more)}: said in Chinese", english_left(re.sub(r"/\S+", "", said)) + ([] if wanted in said else [said]))
    with open(names["rejected.csv"], encoding="utf-8") as file:
        reasons = file.read().splitlines()[1:]
    report("why rows are rejected is in Chinese", [row for row in reasons if english_left(row)] or ([] if len(reasons) == 7 else reasons))
    for was, wrong in (("root", "rot"), ("[times]", "[time]"), ("closed", "shut"), ("{编号}", "{编号"), ("{编号}", "{号}"), ("Asia/", "Asien/"),
                       ("%H", "%Q"), ("status =", "state ="), ("name = 热线", "name"), ("root = 博山区", "root = 淄川区"), ("[times]", "[place]\nbounds = 1 2\n[times]"),
                       ("[times]", "[categories]\nlevel = 省\n[times]"), ("[times]", "[categories]\nurgency = now\n[times]")):
        with open(names["wrong.ini"], "w", encoding="utf-8") as file:
            file.write(MAP.replace(was, wrong))
        said, code = say("history", names["past.csv"], "--map", names["wrong.ini"], "--report", names["rejected.csv"])
        told = re.sub(r"“[^”]*”|/\S+|^\[\w+\] 中可以有：.*|^对照文件的各节：.*", "", said, flags=re.M)
        report(f"a map with {wrong.splitlines()[-2 if chr(10) in wrong else 0]}: said in Chinese",
               english_left(told) + ([] if code and CHINESE.search(said) else [said]))


def check_top(folder, paidan, connect):
    """The screen as a terminal shows it: whole lines in Chinese, none too long, figures under their titles."""
    if not shutil.which("tmux"):
        report("paidan top # SKIP tmux is not installed", [])
        return
    kept = environment(LANG="zh_CN.UTF-8", LC_CTYPE="C.UTF-8")
    kept.pop("TMUX", None)
    terminal = lambda *words: subprocess.run(["tmux", "-u", "-f", "/dev/null", "-S", f"{folder}/tmux", *words], env=kept, stdout=subprocess.PIPE,
                                             stderr=subprocess.STDOUT, encoding="utf-8", check=False).stdout

    def await_screen(pattern):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            screen = terminal("capture-pane", "-p")
            if re.search(pattern, screen, re.M):
                return screen, []
            time.sleep(0.05)
        return screen, [f'nothing like "{pattern}" on it']

    terminal("new-session", "-d", "-x", "80", "-y", "24", " ".join([paidan, "top", *connect]))
    try:
        screen, wrong = await_screen(r"^>城东街道 +\d+ .* 点单 .*灯不亮|(?s:^>城东街道 +\d+ .* 点单 .*灯不亮)")
        lines = screen.splitlines()
        titles = [line for line in lines if line.startswith(" 区域")]
        row = [line for line in lines if line.startswith(">")]
        loose = [titles + row] if not titles or not row or width(titles[0].rstrip()) != width(row[0].rstrip()) else []
        report("paidan top is in Chinese", wrong + english_left(screen.replace("paidan top", "")) + ([] if not wrong else [screen]))
        report("paidan top: figures stand under their titles", loose)
        report("paidan top: the line of the keys is whole", [] if "空格 暂停" in lines[-1] and "…" not in lines[-1] else [screen])
        terminal("send-keys", "?")
        screen, wrong = await_screen("PgUp")
        texts = [re.match(r" *(\S+(?: (?!  )\S+)*) {2,}(?=\S)", line) for line in screen.splitlines() if line.startswith("  ")]
        columns = {width(found[0]) for found in texts if found}
        report("paidan top: its help is in Chinese, and in two columns", wrong + english_left(screen) + ([] if len(columns) == 2 else [columns, screen]))
    finally:
        terminal("kill-server")


def wait_for_rows(say, words):
    """Lists come from the book, which is a moment behind."""
    end = time.monotonic() + 20
    text, _ = say(*words)
    while len(text.splitlines()) < 2 and time.monotonic() < end:
        text, _ = say(*words)
    return text


def write_registry(folder):
    os.mkdir(folder)
    for name, rows in {
            "areas": ["id,parent,level,kind,name", "1,0,district,plain,博山区", "2,1,street,plain,城东街道", "3,2,community,urban,税务街社区",
                      "4,3,grid,plain,第一网格", "5,4,microgrid,plain,第一微网格"],
            "households": ["id,area,centre,address,lon,lat", "50,5,50,税务街12号院3号楼,117.858,36.497", "51,5,50,B座1室,117.8581,36.4971"],
            "people": ["id,post,area,household,name,phone", "201,leader,5,50,王秀英,0533-0000001", "301,resident,5,51,Li Ming,"],
            "categories": ["id,name,level,urgency,accept_within_s,complete_within_s", "3,公共照明,microgrid,normal,1800,86400", "7,A类,grid,high,60,7200"],
    }.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8") as file:
            file.write("\n".join(rows) + "\n")


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    os.chdir(ROOT)
    check_catalogue(build)
    check_marks()
    check_choice(build)
    check_installed(build)
    check_help(build)
    check_run(build)
    check_settings(build)
    check_errors(build)
    check_live(build)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
