"""openpeel assesses police forces continually, from data and evidence, as PEEL does.

```python
import openpeel
lake = openpeel.Lake("lake")
openpeel.load(lake, openpeel.bundled())
profile = openpeel.assess(lake, "cambridgeshire")
print(openpeel.profile_text(profile))
```

It is not the inspectorate. Names here are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpeel.errors import OpenpeelError
    from openpeel.lake import Lake
    from openpeel.profiles import Assessor, Profile, assess, comparison, trace
    from openpeel.publish.terminal import profile_text
    from openpeel.sources import bundled, load

__all__ = [
    "Assessor",
    "Lake",
    "OpenpeelError",
    "Profile",
    "assess",
    "bundled",
    "comparison",
    "load",
    "profile_text",
    "trace",
]

_HOMES = {
    "Assessor": "profiles",
    "Lake": "lake",
    "OpenpeelError": "errors",
    "Profile": "profiles",
    "assess": "profiles",
    "bundled": "sources",
    "comparison": "profiles",
    "load": "sources",
    "profile_text": "publish.terminal",
    "trace": "profiles",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'openpeel' has no attribute '{name}'")
    return getattr(import_module(f"openpeel.{_HOMES[name]}"), name)
