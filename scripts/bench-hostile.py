#!/usr/bin/env python3
"""bench-hostile.py SKEG [WORD…]: what hostile clients cost `skeg apiserver` in memory. A server of its own on loopback is sent each kind of abuse in
turn (those whose name has one of the WORDs); the highest resident memory while it lasts and the memory a moment after it are printed,
with how the server answered. Ends with 1 if a request of an honest client fails meanwhile, or memory passes LIMIT_MIB (default 512)."""
import asyncio, collections, gzip, json, os, ssl, struct, subprocess, sys, tempfile, time, urllib.request

LIMIT_MIB = int(os.environ.get("LIMIT_MIB", "512"))
PATH = "/api/v1/namespaces/default/configmaps"
TLS = ssl._create_unverified_context()
H2 = ssl._create_unverified_context()
H2.set_alpn_protocols(["h2"])
answers = collections.Counter()


class Server:
    def __init__(self, program, directory):
        self.port = 20000 + os.getpid() % 20000
        users = os.path.join(directory, "users.csv")
        with open(users, "w") as file:
            file.write('admin-token,admin,1,"system:masters"\n')
        self.log = open(os.path.join(directory, "log"), "w")
        command = [program, "apiserver", "--data-dir", os.path.join(directory, "data"), "--bind-address", "127.0.0.1",
                   "--secure-port", str(self.port), "--token-auth-file", users]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        for _ in range(400):
            try:
                self.get("/readyz")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server did not become ready")

    def get(self, path):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", headers={"Authorization": "Bearer admin-token"})
        return urllib.request.urlopen(request, context=TLS, timeout=20).read()

    def mib(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


async def connect(server, tls=TLS):
    return await asyncio.open_connection("127.0.0.1", server.port, ssl=tls)


def head(method="POST", path=PATH, **more):
    lines = [f"{method} {path} HTTP/1.1", "host: x", "authorization: Bearer admin-token"]
    return ("\r\n".join(lines + [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]) + "\r\n\r\n").encode()


async def answer(reader):
    try:
        line = await asyncio.wait_for(reader.readline(), 30)
        answers[line.decode().split(" ")[1] if line else "closed"] += 1
    except (OSError, asyncio.TimeoutError, IndexError) as error:
        answers[type(error).__name__] += 1


async def send(server, *pieces, wait=True):
    try:
        reader, writer = await connect(server)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if wait:
            await answer(reader)
            writer.close()
        return reader, writer
    except OSError as error:
        answers[type(error).__name__] += 1


async def many(count, at_once, one):
    places = asyncio.Semaphore(at_once)

    async def placed(n):
        async with places:
            return await one(n)
    return [done for done in await asyncio.gather(*(placed(n) for n in range(count))) if done]


def post(body, media="application/json", **more):
    return head(content_type=media, content_length=len(body), **more) + body


def config_map(name, data):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": data}}).encode()


async def huge_bodies(server):
    await many(200, 100, lambda _: send(server, head(content_type="application/json", content_length=64 << 20), *[b" " * (1 << 20)] * 5))


async def deep_nesting(server):
    deep = b'{"apiVersion":"v1","kind":"ConfigMap","x":' + b"[" * 1_400_000 + b"]" * 1_400_000 + b"}"
    await many(100, 50, lambda _: send(server, post(deep)))


async def many_members(server):
    wide = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{' + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}}"
    await many(60, 30, lambda _: send(server, post(wide)))


async def alias_bombs(server):
    lines = ["a: &a [x]"] + [f"{b}: &{b} [{','.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi")]
    bomb = ("apiVersion: v1\nkind: ConfigMap\n" + "\n".join(lines)).encode()
    await many(100, 50, lambda _: send(server, post(bomb, "application/yaml")))


async def gzip_bombs(server):
    bomb = gzip.compress(b" " * (200 << 20))
    await many(100, 50, lambda _: send(server, post(bomb, content_encoding="gzip")))


async def oversized_headers(server):
    await many(200, 100, lambda _: send(server, b"GET /version HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * (1 << 20) + b"\r\n\r\n"))


async def slow_heads(server):
    held = await many(1000, 50, lambda _: send(server, b"GET /version HTTP/1.1\r\nhost: x\r\nx-slow: ", wait=False))
    await still(server, held)


async def slow_bodies(server):
    start = head(content_type="application/json", content_length=1 << 20) + b"{" + b" " * (256 << 10)
    held = await many(300, 50, lambda _: send(server, start, wait=False))
    await still(server, held)


async def deaf_watches(server):
    held = await many(300, 50, lambda _: send(server, head("GET", PATH + "?watch=true"), wait=False))
    await many(400, 8, lambda n: send(server, post(config_map(f"m{n}", "x" * 50_000))))
    await still(server, held)


async def rapid_resets(server):
    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
    flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    flood += b"".join(frame(1, 5, n, b"\x82\x87\x84\x41\x01x") + frame(3, 0, n, b"\0\0\0\x08") for n in range(1, 40_000, 2))

    async def one(_):
        try:
            reader, writer = await connect(server, H2)
            writer.write(flood)
            ended = await asyncio.wait_for(reader.read(-1), 20)
            answers["ended" if ended else "closed"] += 1
        except (OSError, asyncio.TimeoutError) as error:
            answers[type(error).__name__] += 1
    await many(50, 25, one)


async def still(server, held):
    """Keeps connections for a moment, then drops them."""
    answers["held"] += len(held)
    await asyncio.sleep(2)
    for _, writer in held:
        writer.transport.abort()


async def measured(server, attack):
    answers.clear()
    peak, failed, ended = server.mib(), 0, asyncio.Event()

    async def sample():
        nonlocal peak
        while not ended.is_set():
            peak = max(peak, server.mib())
            await asyncio.sleep(0.02)

    async def honest():
        nonlocal failed
        while not ended.is_set():
            try:
                await asyncio.to_thread(server.get, "/api/v1/namespaces/default")
            except OSError:
                failed += 1
            await asyncio.sleep(0.2)
    before, tasks = server.mib(), [asyncio.create_task(sample()), asyncio.create_task(honest())]
    await attack(server)
    ended.set()
    await asyncio.gather(*tasks)
    await asyncio.sleep(1)
    said = ", ".join(f"{text} x{count}" for text, count in sorted(answers.items()))
    print(f"| {attack.__name__.replace('_', ' ')} | {before:.1f} | {peak:.1f} | {server.mib():.1f} | {failed} | {said} |", flush=True)
    return peak <= LIMIT_MIB and failed == 0


async def main():
    # Connections that are thrown away mid-way complain into the loop.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    attacks = [huge_bodies, deep_nesting, many_members, alias_bombs, gzip_bombs, oversized_headers, slow_heads, slow_bodies, deaf_watches, rapid_resets]
    words = sys.argv[2:]
    with tempfile.TemporaryDirectory() as directory:
        server = Server(sys.argv[1], directory)
        try:
            print("| abuse | MiB before | highest | after | honest requests failed | answers |\n|---|---|---|---|---|---|")
            good = [await measured(server, attack) for attack in attacks if not words or any(word in attack.__name__ for word in words)]
        finally:
            server.process.terminate()
            server.process.wait()
    raise SystemExit(0 if all(good) else 1)

asyncio.run(main())
