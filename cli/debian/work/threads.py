"""Threads, subprocesses, sqlite3, json, hashlib, files and signals, with answers that never differ."""
import hashlib
import json
import os
import queue
import random
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib


def threads():
    work, done = queue.Queue(), queue.Queue()

    def worker():
        while (n := work.get()) is not None:
            done.put((n, sum(i * i for i in range(n))))

    crew = [threading.Thread(target=worker) for _ in range(4)]
    for thread in crew:
        thread.start()
    for n in range(20):
        work.put(n * 10)
    for _ in crew:
        work.put(None)
    for thread in crew:
        thread.join()
    print("threads", sorted(done.queue))
    lock, total = threading.Lock(), [0]

    def add():
        for _ in range(500):
            with lock:
                total[0] += 1

    crew = [threading.Thread(target=add) for _ in range(5)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    event, local = threading.Event(), threading.local()
    local.value = 1
    timer = threading.Timer(0.01, event.set)
    timer.start()
    print("counted", total[0], "event", event.wait(5), local.value)


def processes():
    run = subprocess.run(["/usr/bin/tr", "a-z", "A-Z"], input=b"by a pipe\n", capture_output=True)
    print("tr", run.returncode, run.stdout)
    shell = subprocess.run("echo out; echo err >&2; exit 3", shell=True, capture_output=True, text=True)
    print("shell", shell.returncode, shell.stdout, shell.stderr)
    first = subprocess.Popen(["/usr/bin/seq", "1", "50"], stdout=subprocess.PIPE)
    last = subprocess.Popen(["/usr/bin/sort", "-rn"], stdin=first.stdout, stdout=subprocess.PIPE)
    first.stdout.close()
    print("pipeline", last.communicate()[0].split()[:3], first.wait(), last.returncode)
    sleeper = subprocess.Popen(["/usr/bin/sleep", "100"])
    sleeper.terminate()
    print("terminated", sleeper.wait())
    try:
        subprocess.run(["/usr/bin/sleep", "100"], timeout=0.05)
    except subprocess.TimeoutExpired:
        print("timed out")
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write_end, b"child")
        os._exit(9)
    print("fork", os.read(read_end, 10), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def database(folder):
    path = os.path.join(folder, "numbers.db")
    with sqlite3.connect(path) as db:
        db.execute("create table numbers (n integer primary key, square integer, name text)")
        rows = [(n, n * n, f"number {n}") for n in range(500)]
        db.executemany("insert into numbers values (?, ?, ?)", rows)
    with sqlite3.connect(path) as db:
        print("sum", db.execute("select sum(square), count(*) from numbers where n % 7 = 3").fetchone())
        print("like", db.execute("select name from numbers where name like '%9_' limit 3").fetchall())
        try:
            with db:
                db.execute("delete from numbers")
                raise RuntimeError("roll back")
        except RuntimeError as error:
            print(error, db.execute("select count(*) from numbers").fetchone())
    print("integrity", sqlite3.connect(path).execute("pragma integrity_check").fetchone())


def data():
    value = {"list": [1, 2.5, None, True], "text": "h\u00e9llo \u2713", "nested": {"a": {"b": []}}}
    text = json.dumps(value, sort_keys=True)
    print(text, json.loads(text) == value)
    for name in ("md5", "sha1", "sha256", "sha3_512", "blake2b"):
        print(name, hashlib.new(name, b"crucible" * 1000).hexdigest()[:32])
    print("zlib", zlib.crc32(b"x" * 10000), len(zlib.compress(b"abc" * 10000)))
    print("struct", struct.pack("<hIdq", -2, 7, 0.1, -(2**40)).hex())
    print("float", 0.1 + 0.2, 2**0.5, 1e308 * 10, float("nan"), 7.0 // 2, round(2.675, 2))
    print("big", 3**200, pow(7, 10**20, 10**9 + 7))
    random.seed(1)
    print("random", [random.randrange(1000) for _ in range(8)], random.random())
    print("re", re.findall(r"(\w+)@(\w+)\.org", "ann@here.org, bob@there.org"))


def files(folder):
    path = os.path.join(folder, "file")
    with open(path, "w+b") as file:
        file.write(b"0123456789" * 1000)
        file.seek(5000)
        print("read", file.read(7), file.tell())
        file.truncate(100)
    print("size", os.stat(path).st_size, os.listdir(folder))
    os.rename(path, path + ".new")
    os.symlink("file.new", path)
    print("links", os.path.islink(path), os.readlink(path), os.path.getsize(path))
    import mmap

    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:5] = b"abcde"
        mapped.flush()
    with open(path, "rb") as file:
        print("mapped", file.read(8))


def signals():
    seen = []
    signal.signal(signal.SIGUSR1, lambda signo, frame: seen.append(signo))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    signal.signal(signal.SIGALRM, lambda signo, frame: seen.append(signo))
    time.sleep(0.05)
    print("signals", [signal.Signals(signo).name for signo in seen])


threads()
processes()
data()
with tempfile.TemporaryDirectory() as folder:
    database(folder)
with tempfile.TemporaryDirectory() as folder:
    files(folder)
signals()
sys.exit(17)
