#!/usr/bin/env python3
"""Small acts that a shell cannot do, for the tests of watching: watch.py ACT ARGUMENT..."""
import ctypes
import json
import mmap
import os
import signal
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)


def burst(root, n, where=""):
    """N small files, as fast as possible."""
    for i in range(int(n)):
        with open(f"{root}/{where}{i:06}.txt", "wb") as f:
            f.write(b"%d" % i)


def tree(root, directories, files):
    """DIRECTORIES of FILES each, ten directories beneath each other."""
    path = root
    for i in range(int(directories)):
        path = root if i % 10 == 0 else path
        path += f"/d{i}"
        os.mkdir(path)
        for k in range(int(files)):
            with open(f"{path}/f{k}.txt", "wb") as f:
                f.write(b"%d" % k)


def mapped(path, text, more):
    """Writes through a shared mapping only, its descriptor long closed: a line of input, and MORE is written too; one
    more, and the mapping ends."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    os.ftruncate(fd, 4096)
    m = mmap.mmap(fd, 4096)
    os.close(fd)
    m[: len(text)] = text.encode()
    print("mapped", flush=True)
    sys.stdin.readline()
    m[: len(more)] = more.encode()
    sys.stdin.readline()
    m.close()


def deep(root, name, length):
    """A folder whose path below ROOT is longer than LENGTH, of relative steps, and a file at the end."""
    os.chdir(root)
    at = 0
    while at < int(length):
        os.mkdir(name)
        os.chdir(name)
        at += len(name.encode()) + 1
    with open("deep.txt", "w", encoding="ascii") as f:
        f.write("deep")


def undeep(root, name):
    """Takes it away again: rm cannot always."""
    os.chdir(root)
    depth = 0
    while os.path.isdir(name):
        os.chdir(name)
        depth += 1
    if depth:
        os.unlink("deep.txt")
    for _ in range(depth):
        os.chdir("..")
        os.rmdir(name)


def raw(root, name_hex, text):
    """A file whose name is those bytes."""
    with open(os.fsencode(root) + b"/" + bytes.fromhex(name_hex), "w", encoding="ascii") as f:
        f.write(text)


def steal(pid):
    """Takes, and throws away, every event that waits in the queues of PID: they are lost for good."""
    pidfd = os.pidfd_open(int(pid))
    taken = 0
    for n in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{n}")
        except OSError:
            continue
        if link not in ("anon_inode:inotify", "inotify", "anon_inode:[fanotify]"):
            continue
        fd = libc.syscall(438, pidfd, int(n), 0)  # pidfd_getfd
        if fd < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        while True:
            try:
                taken += len(os.read(fd, 1 << 16))
            except BlockingIOError:
                break
    print(taken)


def scanning(path, root):
    """Asks for the status, again and again on one connection, from when a scan of ROOT goes on until it is over: a line
    for each answer, "LISTED FOLDERS LEFT FILES"."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    rest = b""
    began = False
    while True:
        s.sendall(b'{"method":"org.classd.Agent.GetStatus","parameters":{}}\0')
        while b"\0" not in rest:
            rest += s.recv(1 << 16)
        answer, rest = rest.split(b"\0", 1)
        r = next(r for r in json.loads(answer)["parameters"]["roots"] if r["path"] == root)
        if r["scanning"]:
            began = True
            print(r["listed"], r["folders"], r["folders_left"], r["files"], flush=True)
        elif began or r["scanned"]:
            print("over", r["listed"], r["folders"], r["folders_left"], r["files"], flush=True)
            return


def hog(where, left):
    """Takes every inotify watch that this user may have but LEFT, and holds them until it is ended."""
    with open("/proc/sys/fs/inotify/max_user_watches", encoding="ascii") as f:
        limit = int(f.read())
    names = [f"{where}/{i}".encode() for i in range(limit // 100 + 10)]
    for name in names:
        os.mkdir(name)
    taken, fds = [], []
    while len(taken) < limit:
        fd = libc.inotify_init1(0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        fds.append(fd)
        for name in names:
            wd = libc.inotify_add_watch(fd, name, 0x100)
            if wd < 0:
                break
            taken.append((fd, wd))
        else:
            continue
        break
    for fd, wd in taken[-int(left) :]:
        libc.inotify_rm_watch(fd, wd)
    print(len(taken), flush=True)
    signal.pause()


def special(root):
    """Everything that is no document: a FIFO, a socket, a device, links that lead nowhere and in circles."""
    os.mkfifo(f"{root}/pipe")
    s = socket.socket(socket.AF_UNIX)
    s.bind(f"{root}/socket")
    os.mknod(f"{root}/device", 0o600 | 0o020000, os.makedev(1, 3))
    os.mknod(f"{root}/block", 0o600 | 0o060000, os.makedev(7, 200))
    os.symlink("nowhere", f"{root}/dangling")
    os.symlink("loop", f"{root}/loop")
    os.symlink(".", f"{root}/circle")
    os.symlink("/etc/passwd", f"{root}/passwd")


def notified(path, out):
    """What the agent tells a service manager: each line of each message to OUT, until it is ended."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    os.chmod(path, 0o777)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(out, "ab", buffering=0) as f:
        print("ready", flush=True)
        while True:
            f.write(s.recv(8192) + b"\n")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
