"""Looks for known secrets where they must not be. Prints a line for every hit: SECRET WHERE HOW.

search.py derive IDENTITY MACHINE.KEY KEY-DIRECTORY DOCUMENT.age…   the secrets of an agent, as lines "NAME HEX"
search.py identities NAME FILE…    identities that stand in files of their own, as such lines
search.py shares PAGE.txt…         what is printed on pages of an escrow, as such lines
search.py memory SECRETS PID…      memory of processes: "NAME COMM guarded|locked|open MAPPING"
search.py files SECRETS PATH…      files, everything beneath directories, devices and images: "NAME PATH"
search.py descriptors SECRETS PID… environment, command line, and files that processes still hold: "NAME COMM WHAT"
search.py traffic SECRETS TRACE    what `strace -f -xx` saw of sendmsg, recvmsg and execve: "NAME PROGRAM CALL"

A secret is looked for as it is and in hexadecimal and base64; an X25519 identity without its first and last byte too,
which clamping changes, and as age writes it. Keys are derived by packaging/examples/read-sealed-record, which knows
nothing of classd's code.
"""
import base64
import glob
import importlib.machinery
import importlib.util
import os
import re
import stat
import subprocess
import sys

PART = 1 << 20
sys.dont_write_bytecode = True


def reader():
    path = os.path.join(os.path.dirname(__file__), "../../packaging/examples/read-sealed-record")
    loader = importlib.machinery.SourceFileLoader("read_sealed_record", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("read_sealed_record", loader))
    loader.exec_module(module)
    return module


# The secrets

def file_key_of(r, identity, document):
    data = open(document, "rb").read(256 * 1024)
    end = data.index(b"\n---") + 4
    public = r.x25519(identity, (9).to_bytes(32, "little"))
    for line, body in r.stanzas_of(data[:end].decode("ascii")):
        if line.startswith("-> X25519 "):
            share = r.b64(line.split(" ")[2])
            key = r.open_aead(r.hkdf(r.x25519(identity, share), share + public, b"age-encryption.org/v1/X25519"),
                              bytes(12), b"", body)
            if key:
                return key, data[data.index(b"\n", end) + 1:][:16]
    sys.exit(f"{document}: not for this identity")


def raw_of(text):
    bits = "".join(f"{'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.index(c):05b}" for c in
                   text.strip().lower().rpartition("1")[2][:-6])
    return bytes(int(bits[i:i + 8], 2) for i in range(0, 256, 8))


def say_identity(name, text):
    print("identity:" + name, raw_of(text).hex())
    print("text:" + name, text.strip().encode().hex())


def identity_text(path):
    return next(line for line in open(path) if line.startswith("AGE-SECRET"))


def identities(*names_and_files):
    for name, path in zip(names_and_files[::2], names_and_files[1::2]):
        say_identity(name, identity_text(path))


def shares(*pages):
    """A share whole and without its end, and its first and last line as they are printed and without spaces."""
    for path in pages:
        lines = re.findall(r"^    [a-f]((?: [A-Z2-7]{4}){5}) [a-p]{4}$", open(path, encoding="utf-8").read(), re.M)
        name = "share:" + re.search(r"share-(\d+)", path)[1]
        raw = base64.b32decode("".join(lines).replace(" ", ""))
        print(name, raw.hex())
        print(name + ":half", raw[:32].hex())
        for line in (lines[0], lines[-1]):
            print(name + ":line", line.strip().encode().hex())
            print(name + ":typed", line.replace(" ", "").encode().hex())


def derive(identity_file, machine_file, keys, *documents):
    r = reader()
    identity = r.identity_of(identity_file)
    machine_text = open(machine_file).read().strip()
    machine = bytes.fromhex(machine_text)
    print("machine", machine.hex())
    print("identity:machine", r.hkdf(machine, b"", b"classd/v1/machine").hex())
    print("meta", r.hkdf(machine, b"", b"classd/v1/meta").hex())
    say_identity("escrow", identity_text(identity_file))
    for path in sorted(glob.glob(keys + "/*.*.age")):
        text = subprocess.run(["age", "-d", "-i", identity_file, path], check=True, capture_output=True).stdout.decode()
        say_identity(os.path.basename(path)[:-4], text)
    for path in documents:
        key, nonce = file_key_of(r, identity, path)
        name = os.path.basename(path).replace(" ", "_")
        print("file:" + name, key.hex())
        for purpose, salt in (("payload", nonce), ("classd/v1/record", b""), ("header", b"")):
            print(f"derived:{name}:{purpose}", r.hkdf(key, salt, purpose.encode()).hex())


def forms(name, raw):
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    if name.startswith("identity:"):
        found.add(raw[1:-1])
    for skip in range(3):
        found.add(base64.b64encode(bytes(skip) + raw)[(0, 2, 3)[skip]:][:-4])
    return found


def load(path):
    secrets = {}
    for line in open(path):
        name, raw = line.split()
        secrets.setdefault(name, set()).update(forms(name, bytes.fromhex(raw)))
    return secrets


def hits(secrets, data):
    return [name for name, all_forms in secrets.items() if any(form in data for form in all_forms)]


# The places

def comm(pid):
    return open(f"/proc/{pid}/comm").read().strip()


def mappings(pid):
    """(start, end, name, flags) of all but those that are the same as their file, which is searched as a file."""
    at, rest = None, {}
    for line in open(f"/proc/{pid}/smaps"):
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+\s*(.*)", line)
        if head:
            at, rest = (int(head[1], 16), int(head[2], 16), head[3] or "anonymous"), {}
            continue
        name, value = line.split(":", 1)
        rest[name] = value.split()
        if name == "VmFlags" and at[0] < 1 << 47 and (at[2][0] != "/" or rest["Anonymous"][0] != "0"):
            yield (*at, rest[name])


def read_memory(memory, start, end):
    data = bytearray()
    while start < end:
        try:
            part = os.pread(memory, min(PART, end - start), start)
        except OSError:  # a guard page, or the kernel's own
            return bytes(data)
        if not part:
            break
        data += part
        start += len(part)
    return bytes(data)


def memory(secrets_file, *pids):
    secrets = load(secrets_file)
    for pid in pids:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        for start, end, name, flags in mappings(pid):
            how = "open" if "lo" not in flags else "guarded" if "dd" in flags else "locked"
            for secret in hits(secrets, read_memory(fd, start, end)):
                print(secret, comm(pid), how, name)
        os.close(fd)


def search_file(secrets, path, print_as):
    """Parts overlap, so that what lies across a border is seen."""
    found = set()
    with open(path, "rb") as f:
        tail = b""
        while part := f.read(PART):
            if part.count(0) < len(part):
                found.update(hits(secrets, tail + part))
            tail = part[-256:]
    for secret in sorted(found):
        print(secret, print_as)


def files(secrets_file, *paths):
    secrets = load(secrets_file)
    for top in paths:
        if not os.path.isdir(top):
            search_file(secrets, top, top)
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    search_file(secrets, path, path)


def descriptors(secrets_file, *pids):
    secrets = load(secrets_file)
    for pid in pids:
        for what in ("environ", "cmdline"):
            for secret in hits(secrets, open(f"/proc/{pid}/{what}", "rb").read()):
                print(secret, comm(pid), what)
        for fd in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{fd}"
            if os.path.exists(path) and stat.S_ISREG(os.stat(path).st_mode):
                search_file(secrets, path, f"{comm(pid)} {os.readlink(path).replace(' ', '_')}")


def traffic(secrets_file, trace):
    secrets = load(secrets_file)
    programs = {}
    for line in open(trace):
        pid, call = re.match(r"(\d+) +(?:<\.\.\. )?(\w*)", line).groups()
        texts = [bytes.fromhex(t.replace("\\x", "")) for t in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line)]
        if call.startswith("exec"):
            words = [t.decode(errors="replace") for t in texts if t]
            if words:  # the end of a call that was interrupted names nothing
                programs[pid] = os.path.basename(words[0])
        for secret in {s for t in texts for s in hits(secrets, t)}:
            print(secret, programs.get(pid, "classd"), call)


if __name__ == "__main__":
    commands = {f.__name__: f for f in (derive, identities, shares, memory, files, descriptors, traffic)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
