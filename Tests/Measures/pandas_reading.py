"""Reads a table with the call that Documentation/Language.md shows: labels must come out as they were recorded."""

import pathlib
import re
import subprocess
import sys
import tempfile

import pandas

LABELS = ["NA", "None", "null", "01", "1e3", "true", "", " padded ", "a,b"]


def documented_call() -> str:
    page = pathlib.Path(__file__).parents[2] / "Documentation/Language.md"
    return re.search(r"pandas\.read_csv\(.*\)", page.read_text(encoding="utf-8")).group(0)


def main(acuity: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        values = ", ".join(f'"{label}"' for label in LABELS)
        script = f'experiment "labels" {{\n    over label in [{values}]\n    record label = label, psnr_db = 27.5\n}}'
        subprocess.run([acuity, "-e", script, "--results", folder], check=True)
        call = documented_call().replace("results/labels.csv", f"{folder}/labels.csv")
        table = eval(call)
    assert list(table["label"]) == LABELS, list(table["label"])
    assert list(table["psnr_db"]) == [27.5] * len(LABELS)
    print(f"{len(LABELS)} labels survive {documented_call()}")


main(sys.argv[1])
