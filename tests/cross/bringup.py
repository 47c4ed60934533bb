# SPDX-License-Identifier: BSD-2-Clause
"""bringup.py KIT DOCS WINE IRL: hold the kit for a real Windows to what can be
told without one.  Every file that its texts name is there; every option that
they give irl.exe exists; the checklist covers docs/windows.md; scripts are plain
PowerShell 5.1 with brackets in pairs, and facts.txt is whole."""
import pathlib
import re
import subprocess
import sys

KIT, DOCS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
WINE, IRL = sys.argv[3:5]
# Windows' own, its debuggers', and what the kit makes or the package has.
ELSEWHERE = {"cdb.exe", "Inf2Cat.exe", "kdnet.exe", "verifier.exe", "sc.exe", "systeminfo.exe",
             "bcdedit.exe", "pnputil.exe", "netsh.exe", "driverquery.exe",
             "wevtutil.exe", "ndis.sys", "ntoskrnl.exe", "irlstackp.sys",
             "irlstackf.sys", "xdp.sys", "xdp-setup.ps1", "notes.txt", "sign.ps1",
             "install.ps1", "uninstall.ps1"}
faults = []


def check(condition, *what):
    if not condition:
        faults.append(" ".join(map(str, what)))


def help_of(command):
    """The options of a command; None: this build has it not yet."""
    run = subprocess.run([WINE, IRL, command, "--help"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if "not on Windows yet" in run.stderr:
        return None
    run.check_returncode()
    return set(re.findall(r"--([a-z][a-z0-9-]+)", run.stdout))


def check_files(name, text):
    names = re.findall(r"(?<![\w*.])([\w-]+\.(?:ps1|exe|sys|txt))\b", text)
    made = set(re.findall(r"Save '([\w.]+)'", text))
    for file in set(names) - ELSEWHERE - made:
        check((KIT / file).exists(), f"{name}: there is no {file}")


def commands(text):
    """(command, its words up to the next one), as checklist and scripts have
    them: .\\irl.exe bench tx ..., & $irl scan ..., @('bench', 'tx', ...)."""
    joined = re.sub(r"`\n\s*", " ", text)
    joined = re.sub(r"',\s*\n?\s*'", "' '", joined)
    joined = re.sub(r"',\s*(\$\w+|\"[^\"\n]*\"),\s*\n?\s*'", r"' \1 '", joined)
    pattern = r"(?:irl\.exe|\$irl|irl|@\()\s+?'?(bench|scan|fetch)'?\b([^\n`|)]*)"
    return re.findall(pattern, joined.replace("@('", "@( '"))


def check_options(name, text, options):
    found = commands(text)
    for command, words in found:
        for option in re.findall(r"--([a-z][a-z0-9-]+)", words):
            check(options[command] is None or option in options[command],
                  f"{name}: irl {command} has no --{option}")
    return sum(len(re.findall(r"--[a-z]", words)) for _, words in found)


class Reader:
    """A PowerShell script's words, strings and comments told apart."""

    def __init__(self, text):
        self.text, self.at, self.code = text, 0, ""

    def string(self):
        """After a double quote: to its end, and the code of each $(...)."""
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            if c == "`":
                self.at += 1
            elif c == '"':
                return
            elif self.text[self.at - 1:self.at + 1] == "$(":
                self.at += 1
                self.run(")")
        raise ValueError("a string without an end")

    def run(self, end=None):
        """Code up to the bracket @end."""
        closes = {"(": ")", "{": "}", "[": "]"}
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            if c == "`":
                self.at += 1
            elif c == '"':
                self.string()
            elif c == "'":
                self.at = self.text.index("'", self.at) + 1
            elif c == "#" and (self.at < 2 or self.text[self.at - 2].isspace()):
                self.at = self.text.index("\n", self.at)
            elif c in closes:
                self.run(closes[c])
            elif c in ")}]":
                if c != end:
                    line = self.text.count("\n", 0, self.at) + 1
                    raise ValueError(f"line {line}: {c} for {end}")
                return
            else:
                self.code += c
        if end:
            raise ValueError(f"no {end}")


def check_script(name, text):
    check(text.isascii(), f"{name}: 5.1 reads bytes beyond ASCII as it likes")
    check("\r\n" in text, f"{name}: line ends")
    reader = Reader(text)
    try:
        reader.run()
    except ValueError as error:
        check(False, f"{name}: {error}")
    check(not re.search(r"&&|\|\||\?\?|\?\.", reader.code), f"{name}: not of 5.1")


def check_map(checklist):
    docs = DOCS.read_text(encoding="utf-8")
    section = docs.split("## What only a real Windows can show", 1)[1].split("\n## ")[0]
    points = re.findall(r"(?ms)^- (.*?)(?=^- |\Z)", section)
    check(len(points) > 5, "docs/windows.md: the list has gone")
    for point in points:
        point = " ".join(point.split())
        check(f"| {point} |" in checklist, f"CHECKLIST.md: no row for: {point}")


def main():
    options = {command: help_of(command) for command in ("bench", "scan", "fetch")}
    texts = {file.name: file.read_bytes().decode("utf-8")
             for pattern in ("*.ps1", "*.md") for file in KIT.glob(pattern)}
    checklist = texts["CHECKLIST.md"].replace("\r\n", "\n")
    seen = 0
    for name, text in texts.items():
        check_files(name, text)
        seen += check_options(name, text.replace("\r\n", "\n"), options)
        if name.endswith(".ps1"):
            check_script(name, text)
            check(f"{name}" in checklist, f"CHECKLIST.md: {name} is not in it")
    check(seen > 25, f"only {seen} options were seen: is the checker blind?")
    check_map(checklist)
    facts = (KIT / "facts.txt").read_text(encoding="ascii").splitlines()[1:]
    for fact in facts:
        check(re.fullmatch(r"(nt|ndis) \w+ (-|[\w.]+) \d+", fact), "facts.txt:", fact)
    check(len(facts) > 140, f"facts.txt: {len(facts)} facts")
    check("ndis NET_BUFFER_LIST - 352" in facts, "facts.txt: NET_BUFFER_LIST")
    check(len(list((KIT / "tests").glob("test_*.exe"))) > 30, "tests: programs are missing")
    print("\n".join(faults) or "the kit is whole")
    sys.exit(bool(faults))


main()
