"""A Varlink peer in a few lines, written from the protocol's text alone. Prints the first reply, or 'closed'.

varlink.py SOCKET METHOD [PARAMETERS]     one call
varlink.py SOCKET --raw ESCAPED           bytes as they are (\\0 and the like are unescaped)
varlink.py SOCKET --fd PATH METHOD PARAMETERS    with a descriptor of PATH beside the message; 'memfd', or 'pipe': the
                                                 read end of one that is empty and never ends
"""
import array
import json
import os
import socket
import sys


def first_reply(s):
    got = b""
    while b"\0" not in got:
        part = s.recv(65536)
        if not part:
            return "closed"
        got += part
    return got.split(b"\0")[0].decode()


def main(argv):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(30)
    s.connect(argv[1])
    beside = []
    if argv[2] == "--raw":
        data = argv[3].encode().decode("unicode_escape").encode("latin-1")
    else:
        if argv[2] == "--fd":
            if argv[3] == "memfd":
                fd = os.memfd_create("x")
            elif argv[3] == "pipe":
                fd, _ = os.pipe()
            else:
                fd = os.open(argv[3], os.O_RDWR | os.O_NONBLOCK)
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
            del argv[2:4]
        call = {"method": argv[2]}
        if len(argv) > 3:
            call["parameters"] = json.loads(argv[3])
        data = json.dumps(call).encode() + b"\0"
    try:
        s.sendmsg([data], beside)
        print(first_reply(s))
    except (BrokenPipeError, ConnectionResetError):
        print("closed")


main(sys.argv)
