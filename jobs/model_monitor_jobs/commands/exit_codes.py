"""How the command line's verbs end."""

from typing import Final

NO_VIOLATION: Final = 0
ERROR: Final = 1
VIOLATIONS: Final = 2
