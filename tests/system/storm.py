#!/usr/bin/env python3
"""A storm of file operations in a folder: storm.py FOLDER OPERATIONS SEED.
Every kind of change by name there is, of files and of whole directories, as fast as it goes."""
import ctypes
import os
import random
import shutil
import sys

folder, operations, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
libc = ctypes.CDLL(None, use_errno=True)
EXCHANGE, AT_FDCWD = 2, -100
WORDS = ["plan", "entwurf-ä", "报告", "note 1", "x" * 60, "a'b"]


def directories():
    return [at for at, _, _ in os.walk(folder)]


def files(limit=200):
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return chance.sample(found, min(limit, len(found)))


known_dirs, known_files, serial = directories(), files(), 0


def new_name(suffix):
    global serial
    serial += 1
    return os.path.join(chance.choice(known_dirs), f"{chance.choice(WORDS)}-{serial}{suffix}")


def create():
    path = new_name(".txt")
    with open(path, "w") as f:
        f.write(path)
    known_files.append(path)


def rewrite():
    with open(chance.choice(known_files), "a") as f:
        f.write("more\n")


def save_by_rename():
    path = chance.choice(known_files)
    with open(path + ".new", "w") as f:
        f.write("saved")
    os.rename(path + ".new", path)


def move():
    path, to = chance.choice(known_files), new_name(".txt")
    os.rename(path, to)
    known_files.append(to)


def move_over():
    os.rename(chance.choice(known_files), chance.choice(known_files))


def exchange():
    a, b = chance.choice(known_files), chance.choice(known_files)
    libc.renameat2(AT_FDCWD, a.encode(), AT_FDCWD, b.encode(), EXCHANGE)


def link():
    path = new_name(".txt")
    os.link(chance.choice(known_files), path)
    known_files.append(path)


def unlink():
    os.unlink(chance.choice(known_files))


def make_tree():
    path = new_name("")
    for part in ("b", "c", "d"):
        path = os.path.join(path, part)
    os.makedirs(path)
    with open(os.path.join(path, "deep.txt"), "w") as f:
        f.write("deep")
    known_dirs.append(path)


def move_tree():
    path, to = chance.choice(known_dirs[1:]), new_name("")
    os.rename(path, to)
    known_dirs.append(to)


def remove_tree():
    shutil.rmtree(chance.choice(known_dirs[1:]))


def replace_tree():
    """Gone and back under the same name, with something else in it."""
    path = chance.choice(known_dirs[1:])
    shutil.rmtree(path)
    os.mkdir(path)
    with open(os.path.join(path, "again.txt"), "w") as f:
        f.write("again")


ACTS = [create] * 8 + [rewrite] * 2 + [save_by_rename] * 3 + [move] * 4 + [move_over, exchange, link] + [unlink] * 3 + \
       [make_tree] * 2 + [move_tree] * 2
for i in range(operations):
    if i % 500 == 0:
        known_dirs, known_files = directories(), files()
    act = chance.choice([remove_tree, replace_tree]) if i % 50 == 49 else chance.choice(ACTS)
    try:
        act()
    except (OSError, IndexError, shutil.Error):
        pass  # what it meant is somewhere else by now
