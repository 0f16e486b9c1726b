"""The comparison with R's packages says what it lacks, and does not break."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "peers_r.py"


def compare(path):
    """Run the comparison with these folders to look for programs in."""
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": str(path)},
    )


def test_without_r_it_says_what_to_install(tmp_path):
    ran = compare(tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == (
        "Rscript is not installed: install R (Debian: r-base-core) to compare with it.\n"
    )


def test_missing_packages_and_errors_are_told_and_the_rest_is_compared(tmp_path):
    """A stand-in for R: one package missing, one thing that R could not do, one that it did."""
    lines = ["-\tqicharts2", "+\tspc\t0.6.7", "!\tewma arl\tno such limit"]
    lines += ["cusum limit\t0.001\t4.38912974026413"]
    fake = tmp_path / "Rscript"
    fake.write_text(f"#!{sys.executable}\nprint({chr(10).join(lines)!r})\n")
    fake.chmod(0o755)
    ran = compare(tmp_path)
    assert ran.returncode == 0, ran.stderr
    told = ran.stdout.splitlines()
    assert told[:2] == ["qicharts2 is not installed: not compared", "spc 0.6.7"]
    assert told[2].split() == ["ewma", "arl", "R", "could", "not:", "no", "such", "limit"]
    difference = float(told[3].split("difference ")[1].split()[0])
    assert difference < 1e-8
