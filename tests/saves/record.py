"""Runs the programs in the image, each under strace, and writes what they did: record.py OUTPUT [NAME…]."""
import fnmatch
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time
import traceback

import boil
import programs
from programs import DOCS, HOME

TRACE = "/tmp/trace"
OFFICE = {".odt": "writer", ".ods": "calc", ".docx": "writer"}


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                          check=True).stdout


def make(path, size=0):
    """A file as somebody would have it: real ones for LibreOffice, lines of text else."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    ending = os.path.splitext(path)[1]
    if ending in OFFICE:
        shutil.copy(f"{HOME}/blank{ending}", path)
    else:
        words = programs.LINE * (size // len(programs.LINE) + 1) if size else programs.LINE * 20
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"{os.path.relpath(path, DOCS)}\n" + words)


def blanks():
    for ending, kind in OFFICE.items():
        where = f"{HOME}/blank{ending}"
        if os.path.exists(where):
            continue
        subprocess.run(["soffice", "--headless", "--convert-to", ending[1:], "--outdir", "/tmp", "/tmp/blank.csv"]
                       if kind == "calc" else ["soffice", "--headless", "--convert-to", ending[1:], "--outdir", "/tmp",
                                               "/tmp/blank.txt"], env=programs.environment(), check=True,
                       stdout=subprocess.DEVNULL)
        shutil.move(f"/tmp/blank{ending}", where)


def listing():
    found = {}
    for folder, _, names in os.walk(DOCS):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, DOCS)] = f.read()
    return found


class Me:
    """What a scenario may ask for: take the folder as it is now for the beginning."""

    def again(self):
        self.before = listing()


def record(one, output):
    for entry in glob.glob(HOME + "/*"):
        if os.path.isdir(entry):
            shutil.rmtree(entry)
        elif "/blank" not in entry:
            os.remove(entry)
    os.makedirs(DOCS)
    for name in one.before:
        name, _, size = name.partition(":")
        make(os.path.normpath(os.path.join(DOCS, name)), int(size or 0))
    me = Me()
    me.again()
    tracer = ["strace", "-f", "-y", "-ttt", "-xx", "-s", "300000", "--seccomp-bpf", "-o", TRACE,
              "-e", "trace=" + boil.CALLS]
    one.run(tracer, me)
    with open(TRACE, encoding="latin-1") as f:
        said = boil.boil(f, DOCS, DOCS, me.before)
    write(one, me.before, said, output)
    return len([s for s in said if not s.startswith("pause")])


def write(one, before, said, output):
    after = listing()
    if one.document not in after:
        raise RuntimeError(f"no {one.document} in the end, but {sorted(after)}")
    lines = [f"# program {one.package} {version(one.package)}", f"# what {one.what}"]
    for name, content in sorted(before.items()):
        lines.append(f"before {boil.quote(name)} {len(content)}")
    lines.append(f"document {boil.quote(one.document)}")
    for name, content in sorted(after.items()):
        side = any(fnmatch.fnmatchcase(name, p) for p in one.side)
        same = [n for n, c in sorted(before.items()) if c == content and n != name]
        lines.append(f"{'side' if side else 'after'} {boil.quote(name)} {len(content)}" +
                     (f" same {boil.quote(same[0])}" if same else ""))
    with open(os.path.join(output, one.name + ".save"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines + said) + "\n")


def main(output, wanted):
    os.environ.update(programs.environment())
    os.chdir("/tmp")
    for path, words in (("/tmp/blank.txt", programs.LINE), ("/tmp/blank.csv", "1,2,3\n")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(words)
    screen = [subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for argv in
              (["Xvfb", programs.DISPLAY, "-screen", "0", "1280x800x24"], ["sh", "-c", "sleep 2; exec openbox"])]
    bad = 0
    try:
        time.sleep(3)
        blanks()
        for name, one in programs.SCENARIOS.items():
            if wanted and not any(fnmatch.fnmatchcase(name, w) for w in wanted):
                continue
            try:
                print(f"{name}: {record(one, output)} operations", flush=True)
            except Exception:
                bad += 1
                print(f"{name}: failed", flush=True)
                traceback.print_exc()
    finally:
        for p in screen:
            p.terminate()
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
