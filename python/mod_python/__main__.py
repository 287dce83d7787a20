"""`python3 -m mod_python`: the same as the command `mod_python`."""

import sys

from mod_python._cli.main import main

if __name__ == "__main__":
    sys.exit(main())
