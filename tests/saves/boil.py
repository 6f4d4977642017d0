"""Boils a trace down to what happened in one folder, in the words of README.md.

The trace is `strace -f -y -ttt -xx -s BIG` of a program and all its children. Names, contents and descriptors are
followed as the kernel would, so that a write is known by its place in its file, and as a copy when it holds what
another file of the folder held at that place.
"""
import collections
import os
import re

CALLS = ("open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,write,pwrite64,writev,pwritev,pwritev2,sendfile,"
         "copy_file_range,ioctl,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,"
         "rmdir,fsync,fdatasync,chmod,fchmod,fchmodat,truncate,ftruncate,fallocate,mmap,munmap,utimensat,utime,utimes,"
         "flock,chdir,fchdir,clone,clone3,fork,vfork,execve")
PAUSE_MS = 30  # a shorter gap between two operations is none

LINE = re.compile(r"^(\d+) +(\d+\.\d+) (.*)$")
CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<((?:[^>\\]|\\.)*)>)?(.*)$", re.S)


def text(quoted):
    """The bytes of "…" as strace writes them."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), quoted.encode("latin-1"))


def split(arguments):
    """Arguments of a call, at the commas that are not inside anything."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(arguments):
        c = arguments[i]
        if c == '"':
            i = arguments.find('"', i + 1) % len(arguments)
        elif c == "<" and re.match(r"<(?:[^>]*)>", arguments[i:]):
            i = arguments.index(">", i)
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(arguments[start:i].strip())
            start = i + 1
        i += 1
    return parts + [arguments[start:].strip()]


def calls(lines):
    """(seconds, thread, name, arguments, result, whole line), each call when it began, in the order of their ends."""
    begun = {}
    for line in lines:
        m = LINE.match(line.rstrip("\n"))
        if not m:
            continue
        thread, at, what = int(m[1]), float(m[2]), m[3]
        if what.endswith("<unfinished ...>"):
            begun[thread] = (at, what[: -len("<unfinished ...>")].rstrip())
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)$", what, re.S)
        if resumed:
            if thread not in begun:
                continue
            first, head = begun.pop(thread)
            at, what = first, head + resumed[1]
        if what.startswith("+++"):
            yield at, thread, "exit", [], 0
            continue
        m = CALL.match(what)
        if m:
            yield at, thread, m[1], split(m[2]), int(m[3], 0)


class Inode:
    def __init__(self, content=b""):
        self.content = bytearray(content)


class Handle:
    def __init__(self, inode, flags):
        self.inode, self.flags, self.at, self.users, self.tag = inode, flags, 0, 0, None


class Folder:
    """The folder as it stands at one moment of the trace, and what is to be told of it."""

    def __init__(self, path, home, files):
        self.path, self.home = path, home
        self.names = {name: Inode(content) for name, content in files.items()}
        self.told = []  # (milliseconds, who, words)
        self.handles = 0
        self.tables = collections.defaultdict(dict)  # descriptors of a process: number -> (handle, close on exec)
        self.group, self.cwd, self.order = {}, {}, {}
        self.living = collections.defaultdict(set)
        self.start = None
        self.born = set()

    # ---- who and where ----

    def process(self, thread):
        return self.group.setdefault(thread, thread)

    def who(self, thread):
        return self.order.setdefault(self.process(thread), len(self.order) + 1)

    def below(self, path):
        path = os.path.normpath(path)
        if path == self.path:
            return "."
        return os.path.relpath(path, self.path) if path.startswith(self.path + "/") else None

    def at(self, thread, directory, name):
        """The name in the folder that a call means; None: elsewhere."""
        path = text(name.strip('"')).decode("utf-8", "surrogateescape")
        if not path.startswith("/"):
            base = self.cwd.get(self.process(thread), self.home)
            m = re.search(r"<(.*)>", directory or "")
            path = os.path.join(text(m[1]).decode("utf-8", "surrogateescape") if m else base, path)
        return self.below(path)

    def handle(self, thread, argument):
        entry = self.tables[self.process(thread)].get(int(re.match(r"-?\d+", argument)[0]))
        return entry[0] if entry else None

    def tell(self, at, thread, *words):
        if self.start is None:
            self.start = at
        self.told.append((int((at - self.start) * 1000), self.who(thread), " ".join(str(w) for w in words)))

    # ---- descriptors ----

    def give(self, thread, number, handle, cloexec):
        handle.users += 1
        self.take(thread, number, None)
        self.tables[self.process(thread)][number] = (handle, cloexec)

    def take(self, thread, number, at):
        entry = self.tables[self.process(thread)].pop(number, None)
        if entry:
            entry[0].users -= 1
            if entry[0].users == 0 and at is not None:
                self.tell(at, thread, "close", entry[0].tag)

    def opened(self, at, thread, name, flags, mode, number):
        inode = self.names.get(name)
        if inode is None:
            if "O_CREAT" not in flags and "O_TMPFILE" not in flags:
                return
            inode = Inode()
            if "O_TMPFILE" not in flags:
                self.names[name] = inode
        if "O_TRUNC" in flags:
            del inode.content[:]
        handle = Handle(inode, flags)
        self.handles += 1
        handle.tag = f"@{self.handles}"
        words = ["w" if "O_WRONLY" in flags else "rw" if "O_RDWR" in flags else "r"]
        for flag, word in (("O_CREAT", "creat"), ("O_EXCL", "excl"), ("O_TRUNC", "trunc"), ("O_APPEND", "append"),
                           ("O_TMPFILE", "tmpfile")):
            if flag in flags:
                words.append(word)
        self.tell(at, thread, "open", handle.tag, quote(name), ",".join(words), mode or "-")
        self.give(thread, number, handle, "O_CLOEXEC" in flags)

    # ---- content ----

    def put(self, at, thread, handle, place, data):
        """data: bytes, or their number where the trace does not show them."""
        content = handle.inode.content
        n = data if isinstance(data, int) else len(data)
        origin = ""
        if not isinstance(data, int):
            for name, inode in sorted(self.names.items()):
                if inode is not handle.inode and n >= 16 and inode.content[place:place + n] == data:
                    origin = quote(name)
        if len(content) < place + n:
            content.extend(bytes(place + n - len(content)))
        content[place:place + n] = data if not isinstance(data, int) else bytes(n)
        words = ["write", handle.tag, place, n] + (["as", origin] if origin else [])
        last = self.told[-1] if self.told else None
        m = re.match(r"write (@\d+) (\d+) (\d+)( as .*)?$", last[2]) if last else None
        near = last and (at - self.start) * 1000 - last[0] < PAUSE_MS and last[1] == self.who(thread)
        if m and near and m[1] == handle.tag and int(m[2]) + int(m[3]) == place and \
                (m[4] or "") == (f" as {origin}" if origin else ""):
            words[2:4] = [int(m[2]), int(m[3]) + n]
            self.told[-1] = (last[0], last[1], " ".join(str(w) for w in words))
        else:
            self.tell(at, thread, *words)


def quote(name):
    return re.sub(r"[\s%@]", lambda m: "%%%02X" % ord(m[0]), name)


def strings(argument):
    """All the bytes of a buffer or an array of them."""
    return b"".join(text(m) for m in re.findall(r'"([^"]*)"', argument))


# ---- one function a call: (folder, seconds, thread, arguments, result) ----

def do_open(f, at, thread, directory, name, flags, mode, result):
    where = f.at(thread, directory, name)
    if where is not None and "O_PATH" not in flags and "O_DIRECTORY" not in flags.replace("O_TMPFILE", ""):
        f.opened(at, thread, where, flags, mode, result)


def do_write(f, at, thread, a, result, placed):
    handle = f.handle(thread, a[0])
    if not handle:
        return
    data = strings(a[1])[:result]
    place = int(a[-1].split()[0]) if placed else len(handle.inode.content) if "O_APPEND" in handle.flags else handle.at
    f.put(at, thread, handle, place, data if len(data) == result else result)
    if not placed:
        handle.at = place + result


def do_seek(f, at, thread, a, result):
    handle = f.handle(thread, a[0])
    if handle:
        handle.at = result


def do_copy(f, at, thread, to, source, result):
    """to, source: (descriptor, place or NULL)."""
    into, out = f.handle(thread, to), f.handle(thread, source)
    if into:
        data = bytes(out.inode.content[out.at:out.at + result]) if out else b""
        f.put(at, thread, into, into.at, data if len(data) == result else result)
        into.at += result
    if out:
        out.at += result


def do_rename(f, at, thread, old, new, flags):
    if old is None and new is None:
        return
    if "RENAME_EXCHANGE" in flags:
        f.names[old], f.names[new] = f.names[new], f.names[old]
        f.tell(at, thread, "exchange", quote(old), quote(new))
    elif old is None:
        f.names[new] = Inode()
        f.tell(at, thread, "arrive", quote(new))
    elif new is None:
        f.names.pop(old, None)
        f.tell(at, thread, "depart", quote(old))
    else:
        for name in [n for n in f.names if n == old or n.startswith(old + "/")]:
            f.names[new + name[len(old):]] = f.names.pop(name)
        f.tell(at, thread, "rename", quote(old), quote(new))


def do_link(f, at, thread, old, new, source):
    if new is None:
        return
    handle = None
    m = re.match(r"/proc/(?:self|\d+)/fd/(\d+)$", source)
    if old is None and m:
        handle = f.handle(thread, m[1])
    if handle:
        f.names[new] = handle.inode
        f.tell(at, thread, "linkfd", handle.tag, quote(new))
    elif old is not None:
        f.names[new] = f.names.get(old, Inode())
        f.tell(at, thread, "link", quote(old), quote(new))


def do_unlink(f, at, thread, name, word):
    if name is not None:
        f.names.pop(name, None)
        f.tell(at, thread, word, quote(name))


def do_named(f, at, thread, name, *words):
    if name is not None:
        f.tell(at, thread, words[0], quote(name), *words[1:])


def do_handled(f, at, thread, a, *words):
    handle = f.handle(thread, a[0])
    if handle:
        f.tell(at, thread, words[0], handle.tag, *words[1:])
    return handle


def do_truncate(f, at, thread, a, result):
    handle = do_handled(f, at, thread, a, "truncate", a[1])
    if handle:
        n = int(a[1])
        del handle.inode.content[n:]
        handle.inode.content.extend(bytes(n - len(handle.inode.content)))


def do_times(f, at, thread, directory, name, times):
    m = re.findall(r"tv_sec=(\d+)", times)
    age = max(0, int(at - int(m[1]))) if len(m) > 1 else 0
    if name.startswith('"'):
        do_named(f, at, thread, f.at(thread, directory, name), "times", age)
    else:
        do_handled(f, at, thread, [directory], "times", age)


def do_mmap(f, at, thread, a, result):
    if "PROT_WRITE" in a[2] and "MAP_SHARED" in a[3]:
        do_handled(f, at, thread, [a[4]], "mmap", a[1])


def do_fcntl(f, at, thread, a, result):
    handle = f.handle(thread, a[0])
    if handle and a[1].startswith("F_DUPFD"):
        f.give(thread, result, handle, "CLOEXEC" in a[1])
    elif handle and a[1] == "F_SETFD":
        f.tables[f.process(thread)][int(a[0].split("<")[0])] = (handle, "CLOEXEC" in a[2])
    elif handle and a[1] in ("F_SETLK", "F_SETLKW", "F_OFD_SETLK") and "F_UNLCK" not in a[2]:
        f.tell(at, thread, "lock", handle.tag)


def do_dup(f, at, thread, a, result):
    handle = f.handle(thread, a[0])
    if handle:
        f.give(thread, result, handle, "O_CLOEXEC" in a[-1])
    else:
        f.take(thread, result, at)


def do_clone(f, at, thread, a, result):
    flags = " ".join(a)
    parent = f.process(thread)
    if result in f.born or result == 0:
        return
    f.born.add(result)
    if "CLONE_THREAD" in flags or "CLONE_FILES" in flags and "CLONE_VFORK" not in flags:
        f.group[result] = parent
        f.living[parent].add(result)
        return
    f.group[result] = result
    f.living[result].add(result)
    f.cwd[result] = f.cwd.get(parent, f.home)
    for number, (handle, cloexec) in list(f.tables[parent].items()):
        f.give(result, number, handle, cloexec)


def do_exec(f, at, thread, a, result):
    for number, (_, cloexec) in list(f.tables[f.process(thread)].items()):
        if cloexec:
            f.take(thread, number, at)


def do_exit(f, at, thread, a, result):
    process = f.process(thread)
    f.living[process].discard(thread)
    if not f.living[process]:
        for number in list(f.tables[process]):
            f.take(thread, number, at)


def do_chdir(f, at, thread, a, result):
    path = text(a[0].strip('"')).decode()
    f.cwd[f.process(thread)] = os.path.join(f.cwd.get(f.process(thread), f.home), path)


def do_fchdir(f, at, thread, a, result):
    f.cwd[f.process(thread)] = text(re.search(r"<(.*)>", a[0])[1]).decode()


def mode_of(argument):
    return argument if re.match(r"^[0-7]+$", argument or "") else None


AT = "AT_FDCWD"
TABLE = {
    "open": lambda f, t, p, a, r: do_open(f, t, p, None, a[0], a[1], mode_of(a[2]) if len(a) > 2 else None, r),
    "openat": lambda f, t, p, a, r: do_open(f, t, p, a[0], a[1], a[2], mode_of(a[3]) if len(a) > 3 else None, r),
    "creat": lambda f, t, p, a, r: do_open(f, t, p, None, a[0], "O_WRONLY|O_CREAT|O_TRUNC", mode_of(a[1]), r),
    "close": lambda f, t, p, a, r: f.take(p, int(re.match(r"\d+", a[0])[0]), t),
    "dup": do_dup, "dup2": do_dup, "dup3": do_dup, "fcntl": do_fcntl, "lseek": do_seek,
    "write": lambda f, t, p, a, r: do_write(f, t, p, a, r, False),
    "writev": lambda f, t, p, a, r: do_write(f, t, p, a, r, False),
    "pwrite64": lambda f, t, p, a, r: do_write(f, t, p, a, r, True),
    "pwritev": lambda f, t, p, a, r: do_write(f, t, p, a, r, True),
    "sendfile": lambda f, t, p, a, r: do_copy(f, t, p, a[0], a[1], r),
    "copy_file_range": lambda f, t, p, a, r: do_copy(f, t, p, a[2], a[0], r),
    "rename": lambda f, t, p, a, r: do_rename(f, t, p, f.at(p, None, a[0]), f.at(p, None, a[1]), ""),
    "renameat": lambda f, t, p, a, r: do_rename(f, t, p, f.at(p, a[0], a[1]), f.at(p, a[2], a[3]), ""),
    "renameat2": lambda f, t, p, a, r: do_rename(f, t, p, f.at(p, a[0], a[1]), f.at(p, a[2], a[3]), a[4]),
    "link": lambda f, t, p, a, r: do_link(f, t, p, f.at(p, None, a[0]), f.at(p, None, a[1]), ""),
    "linkat": lambda f, t, p, a, r: do_link(f, t, p, f.at(p, a[0], a[1]), f.at(p, a[2], a[3]),
                                            text(a[1].strip('"')).decode()),
    "symlink": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, None, a[1]), "symlink",
                                              quote(text(a[0].strip('"')).decode())),
    "symlinkat": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, a[1], a[2]), "symlink",
                                                quote(text(a[0].strip('"')).decode())),
    "unlink": lambda f, t, p, a, r: do_unlink(f, t, p, f.at(p, None, a[0]), "unlink"),
    "unlinkat": lambda f, t, p, a, r: do_unlink(f, t, p, f.at(p, a[0], a[1]),
                                                "rmdir" if "AT_REMOVEDIR" in a[2] else "unlink"),
    "rmdir": lambda f, t, p, a, r: do_unlink(f, t, p, f.at(p, None, a[0]), "rmdir"),
    "mkdir": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, None, a[0]), "mkdir", a[1]),
    "mkdirat": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, a[0], a[1]), "mkdir", a[2]),
    "fsync": lambda f, t, p, a, r: do_handled(f, t, p, a, "fsync"),
    "fdatasync": lambda f, t, p, a, r: do_handled(f, t, p, a, "fsync"),
    "chmod": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, None, a[0]), "chmod", a[1]),
    "fchmodat": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, a[0], a[1]), "chmod", a[2]),
    "fchmod": lambda f, t, p, a, r: do_handled(f, t, p, a, "chmod", a[1]),
    "truncate": lambda f, t, p, a, r: do_named(f, t, p, f.at(p, None, a[0]), "truncate", a[1]),
    "ftruncate": do_truncate,
    "fallocate": lambda f, t, p, a, r: do_handled(f, t, p, a, "allocate", a[2], a[3]),
    "mmap": do_mmap,
    "utimensat": lambda f, t, p, a, r: do_times(f, t, p, a[0], a[1], a[2]),
    "flock": lambda f, t, p, a, r: do_handled(f, t, p, a, "lock") if "LOCK_UN" not in a[1] else None,
    "clone": do_clone, "clone3": do_clone, "fork": do_clone, "vfork": do_clone, "execve": do_exec, "exit": do_exit,
    "chdir": do_chdir, "fchdir": do_fchdir,
}


def worth(told):
    """Without handles that were only looked at: opened for reading and closed, with nothing in between."""
    reading = {words.split()[1] for _, _, words in told if re.match(r"open \S+ \S+ r ", words)}
    used = {w for _, _, words in told for w in words.split()[1:2] if w[0] == "@" and words.split()[0] not in ("open", "close")}
    return [t for t in told if t[2].split()[0] not in ("open", "close") or t[2].split()[1] not in reading - used]


def boil(lines, path, home, files):
    """Lines "WHO OPERATION…" and "pause MS"; files: what lay in the folder before, by name."""
    f = Folder(path, home, files)
    all_calls = list(calls(lines))
    births = {call[4]: call for call in all_calls if TABLE.get(call[2]) is do_clone and call[4] > 0}
    for at, thread, name, arguments, result in all_calls:
        if thread in births and thread not in f.born:  # a child may be heard before its parent's call ends
            born = births[thread]
            do_clone(f, born[0], born[1], born[3], thread)
        f.living[f.process(thread)].add(thread)
        if result >= 0 and name in TABLE:
            TABLE[name](f, at, thread, arguments, result)
    said, last, tags = [], None, {}
    for ms, who, words in sorted(worth(f.told), key=lambda t: t[0]):
        words = re.sub(r"@\d+", lambda m: tags.setdefault(m[0], f"@{len(tags) + 1}"), words)
        if last is not None and ms - last >= PAUSE_MS:
            said.append(f"pause {round((ms - last) / 10) * 10}")
        last = ms
        said.append(f"{who} {words}")
    return said
