"""Changes a row of a stopped agent's store: alter.py STORE SQL. As one would who gives the pages their checksums again,
(agent/library/sqlite_pages.c), so that it is the trace that finds it, and not the look at the pages."""
import sqlite3
import struct
import sys

PAGE, MASK = 4096, (1 << 64) - 1
FIRST, SECOND = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F


def rotate(x, by):
    return (x << by | x >> (64 - by)) & MASK


def checksum(page, offset):
    lane = [(i + 1) * SECOND & MASK for i in range(4)]
    for i, (word,) in enumerate(struct.iter_unpack("<Q", page[: PAGE - 8])):
        lane[i % 4] = rotate((lane[i % 4] ^ word) * FIRST & MASK, 31) * SECOND & MASK
    total = (offset + FIRST) & MASK
    for x in lane:
        total = rotate((total ^ x) * FIRST & MASK, 27) * SECOND & MASK
    return total


store = sqlite3.connect(sys.argv[1])
store.execute(sys.argv[2])
store.commit()
store.close()
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    for at in range(0, len(data), PAGE):
        file.seek(at + PAGE - 8)
        file.write(struct.pack("<Q", checksum(data[at : at + PAGE], at)))
