"""The programs whose saves are recorded, and how each is made to save. Runs in the image that ./record makes, and for
live.py wherever they are installed; SAVES_HOME (environment): where the folder `docs` is."""
import functools
import http.server
import os
import pty
import select
import subprocess
import threading
import time

HOME = os.environ.get("SAVES_HOME", "/home/li")
DOCS = HOME + "/docs"
DISPLAY = ":77"
SCENARIOS = {}
LINE = "A line of a report that somebody writes, long enough to be one.\n"


class Scenario:
    def __init__(self, name, package, what, document, before, side, run):
        self.name, self.package, self.what, self.document = name, package, what, document
        self.before, self.side, self.run = before, side, run


def scenario(name, package, what, document="report.txt", before=("report.txt",), side=()):
    """before: what lies there; side: patterns of what the program leaves beside it that is nobody's document."""
    def note(run):
        SCENARIOS[name] = Scenario(name, package, what, document, before, side, run)
        return run
    return note


def until(condition, seconds=60, what="what was asked for"):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen")
        time.sleep(0.02)


def holds(name, words):
    def look():
        try:
            with open(os.path.join(DOCS, name), "rb") as f:
                return words in f.read()
        except OSError:
            return False
    return look


def state(name):
    try:
        s = os.stat(os.path.join(DOCS, name))
        return s.st_ino, s.st_mtime_ns, s.st_size
    except OSError:
        return None


def command(*argv):
    def run(tracer, _):
        subprocess.run(tracer + list(argv), cwd=DOCS, check=True, env=environment())
    return run


def environment():
    return {"HOME": HOME, "USER": "li", "LOGNAME": "li", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games",
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "DISPLAY": DISPLAY, "TERM": "xterm", "GSETTINGS_BACKEND": "keyfile",
            "GTK_USE_PORTAL": "0", "NO_AT_BRIDGE": "1", "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", HOME), "SAL_USE_VCLPLUGIN": "gen",
            "QT_QPA_PLATFORM": "xcb"}


# ---- programs of the terminal ----

def terminal(argv, steps, env=()):
    """steps: (keys, condition that they bring about, seconds to rest afterwards)."""
    def run(tracer, _):
        child, fd = pty.fork()
        if child == 0:
            os.chdir(DOCS)
            whole = tracer + list(argv)
            os.execvpe(whole[0], whole, environment() | dict(env))
        done = threading.Event()

        def swallow():
            while not done.is_set():
                if select.select([fd], [], [], 0.1)[0]:
                    try:
                        os.read(fd, 65536)
                    except OSError:
                        return
        reader = threading.Thread(target=swallow)
        reader.start()
        time.sleep(2)
        for keys, condition, rest in steps:
            for key in keys if isinstance(keys, list) else [keys]:
                os.write(fd, key)
                time.sleep(0.3)
            until(condition)
            time.sleep(rest)
        os.waitpid(child, 0)
        done.set()
        reader.join()
    return run


def always():
    return True


def edits(keys, name="report.txt", rests=(0.8, 0.1, 0.8)):
    """So many saves, each a line more: keys(words) types and saves."""
    return [(keys(b"Saved %d times." % n), holds(name, b"Saved %d times." % n), rest) for n, rest in enumerate(rests, 1)]


def vim(*options, more=(), name="report.txt"):
    argv = ["vim", "-u", "NONE", "-i", "NONE", "-N"]
    for option in options:
        argv += ["--cmd", option]
    return terminal(argv + [name], edits(lambda words: [b"Go" + words + b"\x1b", b":w\r"], name) +
                    list(more) + [(b":q\r", always, 0)])


scenario("vim", "vim", "three saves with :w, options as they come")(vim())
scenario("vim-defaults", "vim", "three saves, with the settings that Debian gives (defaults.vim)", before=("report.txt",))(
    terminal(["vim", "report.txt"], edits(lambda words: [b"Go" + words + b"\x1b", b":w\r"]) + [(b":q\r", always, 0)]))
scenario("vim-backup", "vim", "three saves with backup", side=("*~",))(vim("set backup backupcopy=no"))
scenario("vim-backup-copy", "vim", "three saves with backup and backupcopy=yes", side=("*~",))(
    vim("set backup backupcopy=yes"))
scenario("vim-backup-bak", "vim", "three saves with backup, backupext=.bak: the backup has a document's name")(
    vim("set backup backupcopy=no backupext=.bak backupskip="))
scenario("vim-no-writebackup", "vim", "three saves with nowritebackup")(vim("set nowritebackup"))
scenario("vim-undo", "vim", "three saves with an undo file in the folder", side=(".*.un~",))(vim("set undofile undodir=."))
scenario("vim-new", "vim", "a new file, saved three times", before=())(vim())
scenario("vim-save-as", "vim", ":saveas another name, and a save there")(
    vim(more=[(b":saveas other.txt\r", holds("other.txt", b"Saved 3"), 0.8),
              ([b"GoElsewhere.\x1b", b":w\r"], holds("other.txt", b"Elsewhere."), 0.8)]))


def nano(*options, name="report.txt", new=False):
    def keys(words):
        return [b"\x1b/", words + b"\r", b"\x0f", b"\r"]
    return terminal(["nano", "-I", *options, name], edits(keys, name) + [(b"\x18", always, 0)])


scenario("nano", "nano", "three saves with ^O")(nano())
scenario("nano-backup", "nano", "three saves with -B", side=("*~",))(nano("-B"))
scenario("nano-lock", "nano", "three saves with --locking")(nano("--locking"))
scenario("nano-new", "nano", "a new file, saved three times", before=())(nano())


def emacs(*settings, name="report.txt", more=()):
    def keys(words):
        return [b"\x1b>", words + b"\r", b"\x18\x13"]
    argv = ["emacs", "-nw", "-Q"]
    for one in settings:
        argv += ["--eval", one]
    return terminal(argv + [name], edits(keys, name) + list(more) + [(b"\x18\x03", always, 0)])


scenario("emacs", "emacs-nox", "three saves, settings as they come", side=("*~",))(emacs())
scenario("emacs-copy", "emacs-nox", "three saves with backup-by-copying", side=("*~",))(
    emacs("(setq backup-by-copying t)"))
scenario("emacs-numbered", "emacs-nox", "three saves, a numbered backup for each", side=("*~",))(
    emacs("(setq version-control t)", "(add-hook 'before-save-hook (lambda () (setq buffer-backed-up nil)))"))
scenario("emacs-no-backup", "emacs-nox", "three saves without backup")(emacs("(setq make-backup-files nil)"))
scenario("emacs-precious", "emacs-nox", "three saves with file-precious-flag: to a temporary, then renamed", side=("*~",))(
    emacs("(setq-default file-precious-flag t)"))
scenario("emacs-autosave", "emacs-nox", "autosave after every 20 keys; then three saves", side=("*~",))(
    terminal(["emacs", "-nw", "-Q", "--eval", "(setq auto-save-interval 20)", "report.txt"],
             [([b"\x1b>", b"typed for a while, as one does, and long enough to be saved by itself\r"],
               holds("#report.txt#", b"typed"), 0.8)] +
             edits(lambda words: [b"\x1b>", words + b"\r", b"\x18\x13"]) + [(b"\x18\x03", always, 0)]))
scenario("emacs-new", "emacs-nox", "a new file, saved three times", before=(), side=("*~",))(emacs())
scenario("emacs-batch", "emacs-nox", "save-buffer in batch mode", side=("*~",))(
    command("emacs", "-Q", "--batch", "report.txt", "--eval",
            "(dotimes (i 3) (goto-char (point-max)) (insert (format \"Saved %d times.\\n\" i)) (save-buffer) (sleep-for 0.8))"))


# ---- commands ----

def shell(words):
    return command("sh", "-c", words)


scenario("cp", "coreutils", "cp of another file over the document", before=("report.txt", "../new.txt"))(
    command("cp", "../new.txt", "report.txt"))
scenario("cp-preserve", "coreutils", "cp -p --remove-destination over the document", before=("report.txt", "../new.txt"))(
    command("cp", "-p", "--remove-destination", "../new.txt", "report.txt"))
scenario("cp-backup", "coreutils", "cp --backup over the document", before=("report.txt", "../new.txt"), side=("*~",))(
    command("cp", "--backup", "../new.txt", "report.txt"))
scenario("cp-copy", "coreutils", "cp of the document to another name")(command("cp", "report.txt", "copy.txt"))
scenario("cp-into", "coreutils", "cp -a of a folder into a new one", document="folder/report.txt",
         before=("../plans/report.txt", "../plans/two.txt", "../plans/deep/three.txt"))(command("cp", "-a", "../plans", "folder"))
scenario("mv", "coreutils", "mv of the document to another name", document="moved.txt")(
    command("mv", "report.txt", "moved.txt"))
scenario("mv-folder", "coreutils", "mkdir -p and mv into it", document="a/b/report.txt")(
    shell("mkdir -p a/b && mv report.txt a/b/"))
scenario("sed", "sed", "sed -i three times")(
    shell("for n in 1 2 3; do sed -i \"s/line/line $n/\" report.txt; sleep 0.5; done"))
scenario("sed-backup", "sed", "sed -i.bak: the backup has a document's name")(command("sed", "-i.bak", "s/report/paper/", "report.txt"))
scenario("shell", "dash", "appended to by a shell, ten times")(
    shell("for n in 1 2 3 4 5 6 7 8 9 10; do echo line $n >> report.txt; sleep 0.1; done"))
scenario("patch", "patch", "patch -b: leaves the old one as .orig")(
    shell("sed '3s/report/paper/' report.txt > ../changed.txt; diff -u report.txt ../changed.txt > ../patch;"
          " patch -sb report.txt ../patch"))
RSYNC = ("report.txt", "../source/report.txt", "../source/two.txt")
scenario("rsync", "rsync", "rsync -a over the document and beside it", before=RSYNC)(command("rsync", "-a", "../source/", "./"))
scenario("rsync-inplace", "rsync", "rsync -a --inplace", before=RSYNC)(command("rsync", "-a", "--inplace", "../source/", "./"))
scenario("rsync-backup", "rsync", "rsync -a --backup", before=RSYNC, side=("*~",))(
    command("rsync", "-a", "--backup", "../source/", "./"))
scenario("rsync-partial", "rsync", "rsync -a --delay-updates --partial", before=RSYNC)(
    command("rsync", "-a", "--delay-updates", "--partial", "../source/", "./"))
scenario("rsync-slow", "rsync", "rsync -a of 200 KB at 100 KB/s over the document", before=("report.txt", "../source/report.txt:200000"))(
    command("rsync", "-a", "--bwlimit=100", "../source/", "./"))
scenario("rsync-into", "rsync", "rsync -a into a new folder", document="folder/report.txt", before=RSYNC[1:])(
    command("rsync", "-a", "../source/", "folder/"))
PACKED = ("report.txt", "../source/report.txt", "../source/two.txt", "../source/deep/three.txt")
scenario("tar", "tar", "tar x over the document and beside it", before=PACKED)(
    shell("tar cf ../a.tar -C ../source . && tar xf ../a.tar"))
scenario("tar-into", "tar", "tar x into a new folder", document="folder/report.txt", before=PACKED[1:])(
    shell("tar cf ../a.tar -C ../source . && mkdir folder && tar xf ../a.tar -C folder"))
scenario("tar-overwrite", "tar", "tar x --overwrite", before=PACKED)(
    shell("tar cf ../a.tar -C ../source . && tar xf ../a.tar --overwrite"))
scenario("unzip", "unzip", "unzip -o over the document and beside it", before=PACKED)(
    shell("(cd ../source && zip -qr ../a.zip .) && unzip -qo ../a.zip"))
scenario("unzip-into", "unzip", "unzip into a new folder", document="folder/report.txt", before=PACKED[1:])(
    shell("(cd ../source && zip -qr ../a.zip .) && unzip -q ../a.zip -d folder"))
scenario("unzip-backup", "unzip", "unzip -B over the document", before=PACKED, side=("*~",))(
    shell("(cd ../source && zip -qr ../a.zip .) && unzip -qoB ../a.zip"))
GIT = ("export GIT_AUTHOR_NAME=li GIT_AUTHOR_EMAIL=li@localhost GIT_COMMITTER_NAME=li GIT_COMMITTER_EMAIL=li@localhost"
       " GIT_DIR=../repository GIT_WORK_TREE=.; git init -q -b main; git add .; git commit -qm one; git checkout -qb other;"
       " sed -i s/report/paper/ report.txt; git commit -qam two; git checkout -q main")
scenario("git", "git", "git checkout of another branch, back and there again, the repository elsewhere")(
    lambda tracer, me: (subprocess.run(["sh", "-c", GIT], cwd=DOCS, check=True, env=environment()),
                        me.again(),
                        command("sh", "-c", "export GIT_DIR=../repository GIT_WORK_TREE=.; for b in other main other;"
                                " do git checkout -q $b; sleep 0.5; done")(tracer, me)))
scenario("git-clone", "git", "git clone into the folder, the repository in it", document="work/report.txt",
         before=("../source/report.txt", "../source/two.txt"))(
    lambda tracer, me: (subprocess.run(["sh", "-c", GIT.replace("../repository", ".git")], cwd=HOME + "/source",
                                       check=True, env=environment()),
                        command("git", "clone", "-q", "file://" + HOME + "/source", "work")(tracer, me)))


# ---- programs with windows ----

def xdo(*words):
    return subprocess.run(["xdotool", *words], env=environment(), check=True, capture_output=True, text=True).stdout


def window(name, seconds=90):
    def there():
        return subprocess.run(["xdotool", "search", "--onlyvisible", "--any", "--class", "--name", name],
                              env=environment(), capture_output=True, text=True).stdout.split()
    until(there, seconds, f"the window {name}")
    time.sleep(1)
    one = there()[-1]
    xdo("windowactivate", "--sync", one)
    time.sleep(1)
    return one


def typed(words):
    xdo("type", "--delay", "20", words)
    time.sleep(0.3)


def keys(*names):
    for name in names:
        xdo("key", name)
        time.sleep(0.2)


def windowed(argv, title, act, settings=(), quit_keys=("ctrl+q",)):
    def run(tracer, _):
        for one in settings:
            subprocess.run(one, shell=True, env=environment(), check=True)
        p = subprocess.Popen(["dbus-run-session", "--"] + tracer + argv, cwd=DOCS, env=environment(),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            window(title)
            time.sleep(2)
            act()
            keys(*quit_keys)
            p.wait(60)
        finally:
            if p.poll() is None:
                subprocess.run(["import", "-window", "root", "/tmp/failed.png"], env=environment())
                p.terminate()
                p.wait()
    return run


def save_by_keys(name, times=3, rest=0.8):
    for n in range(1, times + 1):
        before = state(name)
        keys("ctrl+End")
        typed(f"Saved {n} times.\n")
        keys("ctrl+s")
        until(lambda: state(name) not in (before, None), 30, f"save {n} of {name}")
        time.sleep(rest)


def save_as_by_dialog(name, chord="ctrl+shift+s", path=None):
    keys(chord)
    time.sleep(2)
    keys("ctrl+a")
    typed(path or f"{DOCS}/{name}")
    keys("Return")
    until(lambda: state(name) is not None, 30, f"save as {name}")
    time.sleep(1)


def gedit(act, *settings, file=("report.txt",), title="gedit|report"):
    schema = "gsettings set org.gnome.gedit.preferences.editor "
    return windowed(["gedit", *file], title, act, [schema + s for s in ("create-backup-copy false", "auto-save false")] +
                    [schema + s for s in settings])


scenario("gedit", "gedit", "three saves with ^S")(gedit(lambda: save_by_keys("report.txt")))
scenario("gedit-backup", "gedit", "three saves with a backup copy", side=("*~",))(
    gedit(lambda: save_by_keys("report.txt"), "create-backup-copy true"))
scenario("gedit-new", "gedit", "a new document, named in the dialog, two more saves", before=())(
    gedit(lambda: (typed("Something new.\n"), save_as_by_dialog("report.txt", "ctrl+s"), save_by_keys("report.txt", 2)),
          file=(), title="gedit"))
scenario("gedit-save-as", "gedit", "two saves, save as another name, two saves there")(
    gedit(lambda: (save_by_keys("report.txt", 2), save_as_by_dialog("other.txt"), save_by_keys("other.txt", 2))))


def mousepad(act, *settings, file=("report.txt",), title="Mousepad"):
    schema = "gsettings set org.xfce.mousepad.preferences.file "
    return windowed(["mousepad", "--disable-server", *file], title, act, [schema + "make-backup false"] +
                    [schema + s for s in settings])


scenario("mousepad", "mousepad", "three saves with ^S")(mousepad(lambda: save_by_keys("report.txt")))
scenario("mousepad-backup", "mousepad", "three saves with a backup", side=("*~",))(
    mousepad(lambda: save_by_keys("report.txt"), "make-backup true"))
scenario("mousepad-new", "mousepad", "a new document, named in the dialog, two more saves", before=())(
    mousepad(lambda: (typed("Something new.\n"), save_as_by_dialog("report.txt", "ctrl+s"), save_by_keys("report.txt", 2)),
             file=()))


def kate(act, settings="", file=("report.txt",), title="Kate|report"):
    return windowed(["kate", "--startanon", "--block", *file], title, act,
                    [f"mkdir -p {HOME}/.config && rm -f {HOME}/.config/kate*rc && printf '[KTextEditor Document]\\n{settings}'"
                     f" > {HOME}/.config/katerc"])


scenario("kate", "kate", "three saves with ^S")(kate(lambda: save_by_keys("report.txt")))
scenario("kate-swap", "kate", "its swap file written while one types, then three saves")(
    kate(lambda: (typed("Typed, and left for the swap file.\n"), time.sleep(17), save_by_keys("report.txt"))))
scenario("kate-backup", "kate", "three saves with a backup for local files", side=("*~",))(
    kate(lambda: save_by_keys("report.txt"), "Backup Local=true\\nBackup Flags=1\\nBackup Prefix=\\nBackup Suffix=~\\n"))
scenario("kate-new", "kate", "a new document, named in the dialog, two more saves", before=())(
    kate(lambda: (keys("ctrl+n"), typed("Something new.\n"), save_as_by_dialog("report.txt", "ctrl+s"), save_by_keys("report.txt", 2)),
         file=()))


# ---- LibreOffice ----

UNO = r'''
import sys, time, uno
from com.sun.star.beans import PropertyValue
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(600):
    try:
        context = resolver.resolve("uno:pipe,name=@PIPE@;urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.1)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
def p(name, value):
    v = PropertyValue()
    v.Name, v.Value = name, value
    return v
def setting(path, **values):
    provider = context.ServiceManager.createInstanceWithContext("com.sun.star.configuration.ConfigurationProvider", context)
    access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationUpdateAccess", (p("nodepath", path),))
    for name, value in values.items():
        access.setPropertyValue(name, value)
    access.commitChanges()
def url(name):
    return "file://@DOCS@/" + name
def load(name):
    return desktop.loadComponentFromURL(url(name), "_blank", 0, ())
def new(kind):
    return desktop.loadComponentFromURL("private:factory/" + kind, "_blank", 0, ())
def edit(d, n):
    if d.supportsService("com.sun.star.text.TextDocument"):
        d.Text.insertString(d.Text.getEnd(), "Saved %d times. " % n, False)
    else:
        d.Sheets.getByIndex(0).getCellByPosition(0, n).String = "Saved %d times." % n
def saves(d, times=3, first=1):
    for n in range(first, first + times):
        edit(d, n)
        d.store()
        time.sleep(0.8)
'''


def office(script, settings=""):
    def run(tracer, me):
        pipe = f"saves{os.getpid()}"
        begin = UNO.replace("@DOCS@", DOCS).replace("@PIPE@", pipe)
        p = subprocess.Popen(tracer + ["soffice", "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"],
                             cwd=DOCS, env=environment() | {"SAL_USE_VCLPLUGIN": "svp"}, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        try:
            subprocess.run(["python3", "-c", begin + settings + "\n" + script + "\ntry:\n    desktop.terminate()\nexcept Exception:\n    pass\nimport os\nos._exit(0)\n"],
                           env=environment(), check=True, timeout=300)
            p.wait(60)
        finally:
            if p.poll() is None:
                p.terminate()
                p.wait()
    return run


PLAIN = 'setting("/org.openoffice.Office.Common/Save/Document", CreateBackup=False, AutoSave=False)'
BACKUP = 'setting("/org.openoffice.Office.Common/Save/Document", CreateBackup=True)'
for kind, package, ending, other, filters in (("writer", "libreoffice-writer", "odt", "docx", "MS Word 2007 XML"),
                                              ("calc", "libreoffice-calc", "ods", "xlsx", "Calc MS Excel 2007 XML")):
    scenario(kind, package, "opened, three saves", f"report.{ending}", (f"report.{ending}",))(
        office(f'd = load("report.{ending}")\nsaves(d)\nd.close(True)', PLAIN))
    scenario(f"{kind}-backup", package, "three saves, always with a backup copy", f"report.{ending}", (f"report.{ending}",))(
        office(f'd = load("report.{ending}")\nsaves(d)\nd.close(True)', BACKUP))
    scenario(f"{kind}-new", package, "a new document, saved three times", f"report.{ending}", ())(
        office(f'd = new("s{kind}")\nedit(d, 1)\nd.storeAsURL(url("report.{ending}"), ())\ntime.sleep(0.8)\nsaves(d, 2, 2)\nd.close(True)', PLAIN))
    scenario(f"{kind}-save-as", package, f"a save, save as {other}, two saves there, a copy as PDF", f"report.{ending}", (f"report.{ending}",))(
        office(f'd = load("report.{ending}")\nsaves(d, 1)\nd.storeAsURL(url("other.{other}"), (p("FilterName", "{filters}"),))\n'
               f'time.sleep(0.8)\nsaves(d, 2, 2)\nd.storeToURL(url("report.pdf"), (p("FilterName", "{kind}_pdf_Export"),))\n'
               'time.sleep(0.5)\nd.close(True)', PLAIN))
scenario("writer-docx", "libreoffice-writer", "a Word document opened, three saves", "report.docx", ("report.docx",))(
    office('d = load("report.docx")\nsaves(d)\nd.close(True)', PLAIN))


def writer_window(act, *settings):
    """A profile of its own: nothing to be recovered, no tip of the day."""
    quiet = 'setting("/org.openoffice.Office.Common/Misc", ShowTipOfTheDay=False, FirstRun=False)'

    def run(tracer, me):
        subprocess.run(["rm", "-rf", HOME + "/.config/libreoffice"], check=True)
        office("", "\n".join((quiet,) + settings))(["env"], me)
        windowed(["soffice", "--norestore", "--nologo", "report.odt"], "report.odt", act)(tracer, me)
        subprocess.run(["rm", "-rf", HOME + "/.config/libreoffice"], check=True)
    return run


def autosaved():
    before = state("report.odt")
    keys("ctrl+End")
    typed("Left for the autosave.\n")
    end = time.monotonic() + 130
    while time.monotonic() < end and state("report.odt") in (before, None):
        time.sleep(0.5)
    save_by_keys("report.odt", 2)


scenario("writer-keyboard", "libreoffice-writer", "with its window: opened, three saves with ^S", "report.odt", ("report.odt",))(
    writer_window(lambda: save_by_keys("report.odt")))
scenario("writer-autosave", "libreoffice-writer", "with its window: autosave every minute switched on, left for two minutes, then two saves",
         "report.odt", ("report.odt",))(
    writer_window(autosaved, 'setting("/org.openoffice.Office.Recovery/AutoSave", Enabled=True, TimeIntervall=1,'
                             ' UserAutoSaveEnabled=True)'))


# ---- a browser ----

class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = 8
        body = (LINE * 400).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Disposition", 'attachment; filename="report.txt"')
        self.send_header("Content-Length", str(len(body) * parts))
        self.end_headers()
        for _ in range(parts):
            self.wfile.write(body)
            self.wfile.flush()
            time.sleep(0.25)

    def log_message(self, *_):
        pass


def download(name, size):
    def run(tracer, _):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = HOME + "/.config/chromium/Default"
        subprocess.run(f"rm -rf {HOME}/.config/chromium; mkdir -p {profile}; printf '%s' '"
                       f'{{"download":{{"default_directory":"{DOCS}","prompt_for_download":false}}}}'
                       f"' > {profile}/Preferences", shell=True, env=environment(), check=True)
        p = subprocess.Popen(tracer + ["chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--password-store=basic",
                                       f"http://127.0.0.1:{server.server_port}/report.txt"], cwd=DOCS, env=environment(),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: (state(name) or (0, 0, 0))[2] == size, 120, f"the download {name}")
            time.sleep(1.5)
        finally:
            subprocess.run(["import", "-window", "root", "/tmp/last.png"], env=environment())
            subprocess.run(["pkill", "-TERM", "-P", str(p.pid)])
            p.wait()
            server.shutdown()
    return run


SIZE = len(LINE) * 400 * 8
scenario("chromium", "chromium", "a download of 200 KB in two seconds", before=())(download("report.txt", SIZE))
scenario("chromium-again", "chromium", "the same name downloaded, with the document there")(
    download("report (1).txt", SIZE))
