"""Recall of words of the texts that the benchmark `formats` wrote, against independent extractors.

    /usr/bin/python3 tools/formats/recall.py SAMPLES TEXTS

The references: pdftotext for PDF; pandoc for DOCX, EPUB, HTML and notebooks; for PPTX the PDF that LibreOffice makes of it,
for XLSX its CSV; the plain text that the samples were made of for what has no such tool.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=300).stdout.decode()


def office(path, kind):
    with tempfile.TemporaryDirectory() as folder:
        run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind, "--outdir",
            folder, path)
        made = next(pathlib.Path(folder).glob("*." + kind.split(":")[0]))
        return run("pdftotext", made, "-") if made.suffix == ".pdf" else made.read_text()


def reference(path):
    match path.suffix:
        case ".pdf":
            return run("pdftotext", path, "-"), "pdftotext"
        case ".docx" | ".epub" | ".html" | ".ipynb" | ".odt":
            return run("pandoc", path, "-t", "plain", "--wrap=none"), "pandoc"
        case ".pptx":
            return office(path, "pdf"), "LibreOffice, pdftotext"
        case ".xlsx":
            return office(path, "csv"), "LibreOffice (first sheet)"
        case _:
            chapters = (path.parent / "source.md").read_text().split("\n# ")[1:-1]
            chapters = chapters[1:2] if path.suffix == ".eml" else chapters
            return "\n".join(chapter.split("\n", 1)[1] for chapter in chapters), "the paragraphs it was made of"


def words(text):
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    text = re.sub(r"(\w)[-\u00ad\u2010]\n(\w)", r"\1\2", text)
    return collections.Counter(re.findall(r"\w+", text.lower()))


samples, texts = map(pathlib.Path, sys.argv[1:3])
for path in sorted(texts.glob("*.txt")):
    source = samples / path.stem
    if not source.exists():
        continue
    try:
        text, tool = reference(source)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{source.name}\t{error}")
        continue
    expected, found = words(text), words(path.read_text())
    missing = expected - found
    recall = 1 - missing.total() / max(1, expected.total())
    print(f"{source.name}\t{recall:.3f}\t{expected.total()} words\t{tool}\tmissing: {' '.join(list(missing)[:8])}")
