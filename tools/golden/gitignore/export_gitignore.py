#!/usr/bin/env python3
"""Asks git which files of a tree random ignore files leave, for the tests of the ignore rules.

Writes tests/McpLongContext.Context.Tests/Ingestion/GoldenData/gitignore.json:
{"git": version, "files": [path...], "cases": [{"rules": {ignore file: content}, "kept": [index into files...]}...]}
"""
import json
import os
import pathlib
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / "tests/McpLongContext.Context.Tests/Ingestion/GoldenData/gitignore.json"
NAMES = ["a", "b", "ab", "ba", "abc", "a.txt", "b.c", "#x", "!y", "a b", "é", "[a]", "a*b", "A", "x\\y", "end "]
PIECES = NAMES + ["*", "*", "**", "?", "/", "/", "/", "[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "[a", "[[:alpha:]]", "[[:no:]]",
                  "[\\]]", "\\", "\\*", "\\!", "\\#", " ", "\\ ", ".", "**/", "/**", "/**/", "*.txt", "***", "[!-a]", "[a-]"]
FIXED = ["**/a/**", "a/**/b", "/a", "a/", "!a", "*", "!*/", "/*", "!/a", "a/*", "a/**", "**", "**/", "\\!y", "\\#x", "#x", "a b ",
         "a\\ b", "end\\ ", "end ", "*.txt\r", "", "/", "//", "a//b", "a/b/", "**/b", "**a", "a**", "a**/b", "a/**b", "*/b", "?", "??",
         "[a]", "\\[a\\]", "a\\*b", "é", "[é]", "\ufeffa", "!", "!!y", "!\\!y", "x\\\\y", "x\\y", "/a/**/c", "a/b", "./a", "a/.", "a/../b"]


def tree(rng):
    files = set()
    while len(files) < 70:
        files.add("/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 4))))
    return sorted(path for path in files if not any(other.startswith(path + "/") for other in files))


def rules(rng):
    lines = []
    for _ in range(rng.randint(1, 6)):
        if rng.random() < 0.4:
            line = rng.choice(FIXED)
        else:
            line = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 5)))
        if rng.random() < 0.2:
            line = "!" + line
        if rng.random() < 0.15:
            line += "/"
        lines.append(line)
    return "\n".join(lines) + ("\n" if rng.random() < 0.9 else "")


def main():
    rng = random.Random(7)
    files = tree(rng)
    folders = sorted({os.path.dirname(path) for path in files if "/" in path})
    cases = []
    with tempfile.TemporaryDirectory() as root:
        git = ["git", "-C", root, "-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"]
        subprocess.run(["git", "init", "-q", root], check=True)
        for path in files:
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            pathlib.Path(root, path).write_text("x")
        for number in range(700):
            names = [".gitignore"]
            if number % 3 == 0:
                names += [folder + "/.gitignore" for folder in rng.sample(folders, 3)]
            if number % 5 == 0:
                names.append(".git/info/exclude")
            case = {name: rules(rng) for name in names}
            for name, content in case.items():
                pathlib.Path(root, name).write_text(content, encoding="utf-8", newline="")
            output = subprocess.run(git + ["ls-files", "-o", "-z", "--exclude-standard"], check=True, capture_output=True).stdout
            kept = set(output.decode().split("\0"))
            cases.append({"rules": case, "kept": [index for index, path in enumerate(files) if path in kept]})
            for name in case:
                pathlib.Path(root, name).unlink()
    version = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    with open(TARGET, "w", encoding="utf-8") as target:
        target.write(json.dumps({"git": version, "files": files, "cases": []}, ensure_ascii=False)[:-2])
        target.write("\n" + ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases) + "\n]}\n")
    print(f"{len(cases)} cases, {len(files)} files, {sum(len(case['kept']) for case in cases)} kept, {version}")


if __name__ == "__main__":
    main()
