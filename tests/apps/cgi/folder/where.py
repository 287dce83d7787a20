from pathlib import Path

print("\n" + str(Path.cwd()), end="")
