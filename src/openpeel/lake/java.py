"""The Java of the system, which Spark runs on."""

import os
import re
import shutil
import subprocess
from functools import lru_cache

OLDEST = 17
"""The oldest Java that Spark 4 runs on."""

_MEND = (
    f"Install Java {OLDEST} or newer (Debian: apt install openjdk-{OLDEST}-jre-headless), or set "
    "JAVA_HOME to where it is."
)


def lacking_java() -> str:
    """What is wrong with the system's Java, and what to do; '' where Spark can run on it."""
    home = os.environ.get("JAVA_HOME", "")
    # As Spark's own scripts look for it: JAVA_HOME alone, where it is set.
    found = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    if found is None:
        where = f"JAVA_HOME is {home}, and there is no bin/java" if home else "there is no Java"
        return f"{where}. {_MEND}"
    number, said = _asked(found)
    if number >= OLDEST:
        return ""
    return f"{found} is {f'Java {number}' if number else f'no Java: {said!r}'}. {_MEND}"


@lru_cache
def _asked(java: str) -> tuple[int, str]:
    """The Java's number (1.8 is 8; 0 for what is no Java), and the line it was read from."""
    try:
        ran = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 0, str(error)
    said = ran.stderr + ran.stdout
    number = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(number.group(1)) if number else 0, (said.splitlines() or [""])[0]
