"""Holds what the agent says of folders against what recordings left there. Prints a line for everything that is wrong.

judge.py records FOLDER SAVE…          STATUS.json on stdin (classctl status --all --json): after the recordings were
                                       replayed in FOLDER/NAME the document has the record that it had, and its digest;
                                       the other files have none; nothing else is known of.
                                       NUMBERS (environment): a file of lines "NAME NUMBER"; ROOT: the watched folder;
                                       INSIDE: the folder in FOLDER/NAME that counts
judge.py numbers FOLDER SAVE…          the same input: prints such lines, of the documents that lie there before
judge.py sealed FOLDER SAVE…           no input: every file that is left is sealed, and nothing else is
judge.py findings FOLDER SAVE…         FINDINGS.json on stdin: none about a temporary or side file
judge.py contents FILE                 RECORDS.json on stdin (classctl list --json); FILE: lines "NUMBER PATH" of checkouts
judge.py unrecorded FOLDER SAVE…       the same input: every file that is left has one finding that it has no record
"""
import hashlib
import json
import os
import sys

from replay import Recording

sys.dont_write_bytecode = True


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def rows_below(folder, name):
    """What the agent knows of files in FOLDER/NAME: name in it -> row."""
    top = os.path.join(folder, name, INSIDE)
    return {row["path"][len(top):]: row for row in ROWS if row["path"].startswith(top)}


def judge_records(folder, recording):
    number = NUMBERS.get(recording.name)
    rows = rows_below(folder, recording.name)
    for name in sorted(set(recording.after) - set(rows)):
        yield f"{name} is not known of"
    for name, row in sorted(rows.items()):
        wanted = number if name == recording.document else None
        if name not in recording.after:
            yield f"{name} is known of, as {row}"
        elif row.get("record") != wanted:
            yield f"{name} has the record {row.get('record')}, not {wanted}"
        elif row.get("digest") != digest(os.path.join(folder, recording.name, INSIDE, name)) or row["state"] != "settled":
            yield f"{name} is known as {row['state']} with {row.get('digest')}"


def judge_sealed(folder, recording):
    there = set()
    for top, _, names in os.walk(os.path.join(folder, recording.name)):
        there |= {os.path.relpath(os.path.join(top, n), os.path.join(folder, recording.name)) for n in names}
    wanted = {f"{name}.age" for name in recording.after} | set(recording.side)
    for name in sorted(there ^ wanted):
        yield f"{name} is {'left' if name in there else 'not'} there"


def top_of(folder, recording):
    """As findings name it: from the watched root on."""
    return os.path.relpath(os.path.join(folder, recording.name), os.environ["ROOT"]) + "/"


def judge_findings(folder, recording):
    top = top_of(folder, recording)
    for finding in ROWS:
        path = finding.get("path") or ""
        name = path[len(top):] if path.startswith(top) else None
        if name is not None and name not in recording.after and name not in recording.before:
            yield f"{name} has the finding {finding['code']}: {finding.get('evidence')}"


def judge_unrecorded(folder, recording):
    top = top_of(folder, recording)
    told = sorted(f["path"][len(top):] for f in ROWS if f["code"] == "D01" and (f.get("path") or "").startswith(top))
    if told != sorted(recording.after):
        yield f"told of {told}, not of {sorted(recording.after)}"


def judge_contents(checkouts):
    """Lines "NUMBER PATH": the newest content of the record is what lies there."""
    digests = {record["number"]: record.get("digest") for record in ROWS}
    with open(checkouts, encoding="utf-8") as lines:
        for number, path in map(str.split, lines):
            if digests.get(number) != digest(path):
                yield f"{number} is not what lies in {path}"


def main(what, folder, *files):
    if what == "contents":
        wrong = list(judge_contents(folder))
        print("".join(line + "\n" for line in wrong), end="")
        return len(wrong) != 0
    recordings = [Recording(f) for f in files]
    if what == "numbers":
        for recording in recordings:
            rows, name = rows_below(folder, recording.name), next(iter(recording.before), "")
            row = rows.get(name, rows.get(name + ".age"))
            if row and row.get("record"):
                print(recording.name, row["record"])
        return 0
    bad = 0
    for recording in recordings:
        for complaint in globals()["judge_" + what](folder, recording):
            bad += 1
            print(f"{recording.name}: {complaint}")
    return bad != 0


ROWS, NUMBERS, INSIDE = [], {}, os.path.join(os.environ.get("INSIDE", ""), "")
if os.environ.get("NUMBERS"):
    with open(os.environ["NUMBERS"], encoding="utf-8") as lines:
        NUMBERS = dict(line.split() for line in lines)
if sys.argv[1] != "sealed":
    text = json.load(sys.stdin)
    ROWS = next(text[key] for key in ("documents", "findings", "records") if key in text)
sys.exit(main(*sys.argv[1:]))
