"""A handler whose threads do the work."""

import queue
import threading

from mod_python import apache


def handler(req):
    number = int(req.args)
    results = queue.Queue()
    # An interpreter with a lock of its own allows no daemons, and a thread that httpd's start is one by itself.
    threads = [threading.Thread(target=_sum, args=(index, results), daemon=False) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    req.write(str(sum(results.get() for _ in threads)))
    return apache.OK


def _sum(index, results):
    results.put(sum(range(index * 1000)))
