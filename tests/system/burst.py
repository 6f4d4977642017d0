#!/usr/bin/env python3
"""Files as fast as possible, for t_burst.sh and benchmarks: burst.py ACT ARGUMENT..."""
import json
import os
import socket
import sys
import time


def wherever(top, act):
    """Acts on one of the two names that a folder has in turn."""
    while True:
        for name in (top, top.replace("top", "moved")):
            try:
                return act(name)
            except FileNotFoundError:
                pass


def create(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(fd, text)
    os.close(fd)
    return 1


def tops(root, n):
    """N empty folders."""
    for i in range(int(n)):
        os.mkdir(f"{root}/top{i}")


def flat(root, n_tops, files):
    """FILES in each of them."""
    print(sum(create(f"{root}/top{i}/f{k}.txt", b"%d" % k) for i in range(int(n_tops)) for k in range(int(files))))


def distinct(root, n_tops, files):
    """The same, no two of one content."""
    for i in range(int(n_tops)):
        for k in range(int(files)):
            create(f"{root}/top{i}/f{k}.txt", b"%d of %d" % (k, i))


def below(root, n_tops, folders, files):
    """FOLDERS in each, of FILES each."""
    n = 0
    for i in range(int(n_tops)):
        for j in range(int(folders)):
            wherever(f"top{i}", lambda top, j=j: os.mkdir(f"{root}/{top}/sub{j}"))
            for k in range(int(files)):
                n += wherever(f"top{i}", lambda top, j=j, k=k: create(f"{root}/{top}/sub{j}/f{k}.txt", b"%d" % k))
    print(n)


def names(root, agent):
    """What the agent knows in each folder of ROOT: paths below it."""
    for folder in os.scandir(root):
        if not folder.is_dir():
            continue
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(agent)
        fd = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
        call = {"method": "org.classd.Documents.List", "parameters": {"directory": 0}, "more": True}
        socket.send_fds(s, [json.dumps(call).encode() + b"\0"], [fd])
        replies = s.makefile("rb")
        goes_on, said = True, b""
        while goes_on:
            said += replies.read1(1 << 20) or sys.exit("the agent closed the connection")
            *whole, said = said.split(b"\0")
            for reply in map(json.loads, whole):
                if "error" in reply:
                    sys.exit(str(reply))
                for document in reply["parameters"]["documents"]:
                    print(document["path"].removeprefix(root + "/"))
                goes_on = reply.get("continues", False)
        os.close(fd)
        s.close()


def rename(root, n_tops, rounds):
    """Renames folders to and fro, those that are being filled too; ROUNDS is odd: their last names are other ones."""
    n = 0
    for turn in range(int(rounds)):
        for i in range(int(n_tops)):
            there, here = f"{root}/top{i}", f"{root}/moved{i}"
            os.rename(*((there, here) if turn % 2 == 0 else (here, there)))
            n += 1
            time.sleep(0.002)
    print(n)


if __name__ == "__main__":
    {"tops": tops, "flat": flat, "distinct": distinct, "below": below, "rename": rename, "names": names}[sys.argv[1]](*sys.argv[2:])
