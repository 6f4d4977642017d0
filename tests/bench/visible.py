"""visible.py SOCKET ROOT N: saves N files and asks after each until it is counted. Prints median and p99 in ms."""
import json
import os
import socket
import sys
import time

s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
root, n = sys.argv[2], int(sys.argv[3])


def files():
    s.sendall(b'{"method":"org.classd.Agent.GetStatus","parameters":{}}\0')
    got = b""
    while not got.endswith(b"\0"):
        got += s.recv(65536)
    return sum(r["files"] for r in json.loads(got[:-1])["parameters"]["roots"] if r["path"] == root)


took = []
known = files()
for i in range(n):
    start = time.monotonic()
    with open(os.path.join(root, "%d.txt" % i), "w") as f:
        f.write("some text\n" * 100)
    while files() <= known:
        if time.monotonic() - start > 10:
            sys.exit("file %d is not seen" % i)
    took.append((time.monotonic() - start) * 1000)
    known += 1
took.sort()
print("%.4f %.4f" % (took[n // 2], took[n * 99 // 100]))
