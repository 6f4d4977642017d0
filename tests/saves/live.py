"""Runs a program as for its recording, without recording: live.py prepare|run HOME NAME FIXTURES.

The folder is HOME/docs. Exits with 77 where the program, or what it takes to make it save, is not installed.
"""
import importlib.util
import os
import shutil
import sys

NEEDED = {"libreoffice-writer": "soffice", "emacs-nox": "emacs", "coreutils": "cp", "dash": "sh"}
REAL = {".odt": "plain-en.odt", ".docx": "plain-en.docx"}


def is_there(one):
    if one.package.startswith("libreoffice") and not importlib.util.find_spec("uno"):
        return False
    zipped = one.package != "unzip" or shutil.which("zip")
    return bool(shutil.which(NEEDED.get(one.package, one.package)) and zipped)


def prepare(one, home, fixtures):
    os.makedirs(os.path.join(home, "docs"))
    for name in one.before:
        path = os.path.normpath(os.path.join(home, "docs", name.partition(":")[0]))
        real = REAL.get(os.path.splitext(path)[1])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if real:
            shutil.copy(os.path.join(fixtures, real), path)
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"{path}\n" + programs.LINE * 20)


class Me:
    def again(self):
        """Nothing is recorded: there is no beginning to be taken."""


def main(what, home, name, fixtures):
    one = programs.SCENARIOS[name]
    if not is_there(one):
        return 77
    if what == "prepare":
        prepare(one, home, fixtures)
    else:
        one.run([], Me())
    return 0


os.environ["SAVES_HOME"] = sys.argv[2]
import programs  # noqa: E402, it reads SAVES_HOME

sys.exit(main(*sys.argv[1:]))
