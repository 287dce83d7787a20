import os

print("\n" + os.getcwd(), end="")
