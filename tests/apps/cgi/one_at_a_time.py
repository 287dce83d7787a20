import os
import pathlib
import time

running = pathlib.Path(f"../spool/running-{os.getpid()}")
# Fails if it is there: then another script runs in this process.
running.touch(exist_ok=False)
time.sleep(0.02)
print("Content-Type: text/plain\n")
print(os.environ["QUERY_STRING"], pathlib.Path.cwd().name, end="")
running.unlink()
