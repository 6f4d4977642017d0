"""Replays recorded saves in real folders: the same calls, in the same order, with the pauses that matter.

replay.py prepare FOLDER SAVE…    what lay there before, in FOLDER/NAME
replay.py run FOLDER SAVE…        all of them at the same time
replay.py expect SAVE…            a line a file: NAME document|after|side FILE, then NAME temporary FILE

NAME is the recording's without .save; `NAME=DIR/FILE` instead of a recording's path replays in DIR, its document called FILE
FOLDER is then not used.

Pauses longer than one that lets everything settle are cut. What is written is new text, other each time, except where the
recording says that it is what another file held there.
"""
import ctypes
import fcntl
import heapq
import mmap
import os
import re
import sys
import time

PAUSE_MAX_MS = 450  # the settle time is 300
SLOW_MS = int(os.environ.get("SAVES_SLOW_MS", "0"))  # so long after each operation that other programs could see
NAMES = ("close", "rename", "exchange", "link", "linkfd", "symlink", "unlink", "mkdir", "rmdir")
LINE = "This is line %d of what was written by step %d of %s.\n"
AT_FDCWD, RENAME_EXCHANGE, AT_SYMLINK_FOLLOW = -100, 2, 0x400
libc = ctypes.CDLL(None, use_errno=True)


def name_of(quoted):
    return re.sub(r"%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), quoted)


class Recording:
    """A .save file: what it begins with, what is left in the end, and its operations."""

    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".save")
        self.program = self.what = self.document = ""
        self.before, self.after, self.side, self.steps = {}, {}, {}, []
        with open(path, encoding="utf-8") as f:
            for line in f:
                self.take(line.split())

    def take(self, words):
        if words[0] == "#":
            setattr(self, words[1], " ".join(words[2:]))
        elif words[0] == "document":
            self.document = name_of(words[1])
        elif words[0] in ("before", "after", "side"):
            getattr(self, words[0])[name_of(words[1])] = int(words[2])
        else:
            self.steps.append(words)

    def temporaries(self):
        """Names that came and went."""
        made = set()
        for words in self.steps:
            if words[1] == "open" and "creat" in words[4]:
                made.add(name_of(words[3]))
            elif words[1] in ("rename", "link", "linkfd", "exchange"):
                made.add(name_of(words[3]))
        return made - set(self.after) - set(self.side) - {self.document}


class Replay:
    def __init__(self, recording, folder, document=None):
        self.recording, self.folder, self.document = recording, folder, document
        self.handles, self.step, self.maps, self.late = {}, 0, {}, 0.0

    def at(self, quoted):
        name = name_of(quoted)
        return os.path.join(self.folder, self.document if self.document and name == self.recording.document else name)

    def text(self, n):
        words, line = "", 0
        while len(words) < n:
            line += 1
            words += LINE % (line, self.step, self.folder)
        return words[:n].encode()

    def prepare(self):
        os.makedirs(self.folder, exist_ok=True)
        for name, size in self.recording.before.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write((f"{path} " + self.text(size).decode())[:size].encode())

    def next(self):
        """Does one step; how many milliseconds to wait until the next, None: it was the last."""
        if self.step == len(self.recording.steps):
            for fd, _ in self.handles.values():
                os.close(fd)
            return None
        words = self.recording.steps[self.step]
        self.step += 1
        if words[0] == "pause":
            return min(int(words[1]), PAUSE_MAX_MS)
        try:
            getattr(self, "do_" + words[1])(*words[2:])
        except OSError as e:
            raise OSError(f"{self.recording.name}, operation {self.step}: {' '.join(words)}: {e}") from e
        return SLOW_MS if words[1] in NAMES or "creat" in words[-2] else 0

    def do_open(self, handle, name, flags, mode):
        how = flags.split(",")
        bits = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[how[0]]
        for word, bit in (("creat", os.O_CREAT), ("excl", os.O_EXCL), ("trunc", os.O_TRUNC), ("append", os.O_APPEND),
                          ("tmpfile", os.O_TMPFILE)):
            bits |= bit if word in how else 0
        fd = os.open(self.at(name), bits, int(mode, 8) & 0o7777 if mode != "-" else 0o666)
        self.handles[handle] = (fd, how)

    def do_write(self, handle, place, n, _=None, origin=None):
        fd, how = self.handles[handle]
        data = None
        if origin:
            try:
                with open(self.at(origin), "rb") as f:
                    data = os.pread(f.fileno(), int(n), int(place))
            except FileNotFoundError:
                pass
        if data is None or len(data) != int(n):
            data = self.text(int(n))
        if "append" in how:
            os.write(fd, data)
        else:
            os.pwrite(fd, data, int(place))

    def do_close(self, handle):
        if handle in self.maps:
            self.maps.pop(handle).close()
        os.close(self.handles.pop(handle)[0])

    def do_mmap(self, handle, n):
        self.maps[handle] = mmap.mmap(self.handles[handle][0], min(int(n), os.fstat(self.handles[handle][0]).st_size))
        self.maps[handle][:16] = self.text(16)

    def do_fsync(self, handle):
        os.fsync(self.handles[handle][0])

    def do_lock(self, handle):
        if self.handles[handle][1][0] != "r":
            fcntl.lockf(self.handles[handle][0], fcntl.LOCK_EX | fcntl.LOCK_NB)

    def do_allocate(self, handle, place, n):
        os.posix_fallocate(self.handles[handle][0], int(place), int(n))

    def do_truncate(self, what, n):
        os.truncate(self.target(what), int(n))

    def do_chmod(self, what, mode):
        os.chmod(self.target(what), int(mode, 8) & 0o7777)

    def do_times(self, what, age):
        if int(age):
            os.utime(self.target(what), (time.time() - int(age),) * 2)
        else:
            os.utime(self.target(what))

    def target(self, what):
        return self.handles[what][0] if what in self.handles else self.at(what)

    def do_rename(self, old, new):
        os.rename(self.at(old), self.at(new))

    def do_exchange(self, old, new):
        if libc.renameat2(AT_FDCWD, os.fsencode(self.at(old)), AT_FDCWD, os.fsencode(self.at(new)), RENAME_EXCHANGE):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def do_arrive(self, name):
        """Moved in from elsewhere: made beside the folder and renamed."""
        outside = self.folder.rstrip("/") + ".outside"
        with open(outside, "wb") as f:
            f.write(self.text(1000))
        os.rename(outside, self.at(name))

    def do_depart(self, name):
        os.rename(self.at(name), self.folder.rstrip("/") + ".outside")
        os.unlink(self.folder.rstrip("/") + ".outside")

    def do_link(self, old, new):
        os.link(self.at(old), self.at(new))

    def do_linkfd(self, handle, new):
        source = f"/proc/self/fd/{self.handles[handle][0]}".encode()
        if libc.linkat(AT_FDCWD, source, AT_FDCWD, os.fsencode(self.at(new)), AT_SYMLINK_FOLLOW):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def do_symlink(self, name, target):
        os.symlink(name_of(target), self.at(name))

    def do_unlink(self, name):
        os.unlink(self.at(name))

    def do_mkdir(self, name, mode):
        os.mkdir(self.at(name), int(mode, 8))

    def do_rmdir(self, name):
        os.rmdir(self.at(name))


def run(replays):
    """All at the same time, each at its own pace."""
    due = [(0.0, i) for i in range(len(replays))]
    heapq.heapify(due)
    start = time.monotonic()
    while due:
        at, i = heapq.heappop(due)
        time.sleep(max(0.0, at - (time.monotonic() - start)))
        pause = 0
        while pause == 0:
            pause = replays[i].next()
        if pause is not None:
            heapq.heappush(due, (time.monotonic() - start + pause / 1000, i))
    return sum(len([s for s in r.recording.steps if s[0] != "pause"]) for r in replays)


def replay_of(argument, folder):
    path, _, document = argument.partition("=")
    recording = Recording(path)
    if document:
        return Replay(recording, os.path.dirname(document), os.path.basename(document))
    return Replay(recording, os.path.join(folder, recording.name))


def main(what, *arguments):
    if what == "expect":
        for recording in map(Recording, arguments):
            for kind, names in (("after", recording.after), ("side", recording.side),
                                ("temporary", recording.temporaries())):
                for name in sorted(names):
                    print(recording.name, "document" if name == recording.document else kind, name, sep="\t")
        return
    replays = [replay_of(a, arguments[0]) for a in arguments[1:]]
    if what == "prepare":
        for replay in replays:
            replay.prepare()
    else:
        print(f"{len(replays)} recordings, {run(replays)} operations")


if __name__ == "__main__":
    main(*sys.argv[1:])
