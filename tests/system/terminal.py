#!/usr/bin/env python3
"""Somebody at a terminal: terminal.py COLUMNS [REGEX ANSWER]… -- COMMAND…

Runs COMMAND on a terminal of its own that is COLUMNS wide, waits for REGEX in what came since the last answer, types ANSWER
(\\n is Enter, \\x03 Ctrl-C, \\x04 Ctrl-D), and so on. Prints all that came and ends as the command did, 128 + N when signal N ended
it; with 99 when what was waited for did not come.
"""
import codecs, fcntl, os, pty, re, select, struct, sys, termios, time

columns, rest = int(sys.argv[1]), sys.argv[2:]
split = rest.index("--")
talk, command = rest[:split], rest[split + 1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(command[0], command)
seen, mark, end, status = b"", 0, time.monotonic() + 60, None
while True:
    if talk and re.search(talk[0].encode(), seen[mark:]):
        mark = len(seen)
        os.write(fd, codecs.decode(talk[1], "unicode_escape").encode("latin-1"))
        talk = talk[2:]
    if time.monotonic() > end:
        break
    if not select.select([fd], [], [], 0.2)[0]:
        continue
    try:
        more = os.read(fd, 65536)
    except OSError:
        more = b""
    if not more:
        status = os.waitpid(pid, 0)[1]
        break
    seen += more
sys.stdout.buffer.write(seen.replace(b"\r", b""))
if status is None:
    os.kill(pid, 9)
if status is None or talk:
    sys.stdout.buffer.write(b"\nterminal.py: still waits for: %s\n" % " ".join(talk[:1]).encode())
    sys.exit(99)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
