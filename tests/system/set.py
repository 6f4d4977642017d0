#!/usr/bin/env python3
"""A decider's program that does not do what classctl does: set.py SOCKET KEY HOW NUMBER

Prepares and signs one decision and a set of it, and sends it to the agent. HOW: honest; other-label (the set names another label), other-set
(its signature is over another text), other-space (it is signed as a label), two (the set names two). Prints the refusal's code, or decided.
"""
import hashlib, json, os, socket, subprocess, sys, tempfile

path, key, how, number = sys.argv[1:]


def call(method, **parameters):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(30)
        s.connect(path)
        s.sendall(json.dumps({"method": "org.classd.Records." + method, "parameters": parameters}).encode() + b"\0")
        got = b""
        while b"\0" not in got:
            got += s.recv(65536) or b"\0"
    reply = json.loads(got.split(b"\0")[0])
    return reply.get("parameters", {}), reply.get("error")


def sign(text, space):
    with tempfile.TemporaryDirectory() as d:
        name = os.path.join(d, "text")
        open(name, "w").write(text)
        subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", space, name], check=True, stderr=subprocess.DEVNULL)
        return open(name + ".sig").read()


ready, error = call("PrepareDecision", number=number, act="approve")
if error:
    sys.exit("not prepared: " + ready.get("code", error))
record = next(l.split()[1] for l in ready["text"].splitlines() if l.startswith("record "))
digest = hashlib.sha256(ready["text"].encode()).hexdigest()
other = hashlib.sha256(b"other").hexdigest()
text = "classd-set/v1\nrecord %s %s\n" % (record, other if how == "other-label" else digest)
if how == "two":
    text += "record 0192f0c4-7a3b-7c1d-8e2f-0123456789ab %s\n" % other
signed = sign(text + ("more\n" if how == "other-set" else ""), "label@classd" if how == "other-space" else "set@classd")
said, error = call("Decide", number=number, act="approve", text=ready["text"], signature=sign(ready["text"], "label@classd"),
                   set={"text": text, "signature": signed})
print(said.get("code", error) if error else "decided")
