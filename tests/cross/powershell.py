# SPDX-License-Identifier: BSD-2-Clause
"""powershell.py [--prove] FOLDER: the scripts of FOLDER use cmdlets, parameters
and programs of this list only, spelt so; their brackets and strings end; functions
called are there; nothing is newer than 5.1.  There is no PowerShell here: what
is shown is spelling, not that they work."""
import pathlib
import re
import sys

# By Microsoft's reference of PowerShell 5.1 and its modules.
CMDLETS = {
    "Confirm-SecureBootUEFI": "", "Export-Certificate": "Cert FilePath",
    "Get-AuthenticodeSignature": "FilePath", "Get-Date": "",
    "Get-ChildItem": "Path Filter Recurse ErrorAction CodeSigningCert",
    "Get-CimInstance": "ClassName Filter", "Get-ItemProperty": "Path",
    "Import-Certificate": "FilePath CertStoreLocation",
    "New-Object": "TypeName ArgumentList",
    "New-SelfSignedCertificate": "Type Subject HashAlgorithm CertStoreLocation",
    "Out-String": "", "Remove-Item": "Path", "Resolve-Path": "Path",
    "Select-Object": "First Last", "Select-String": "Path Quiet Pattern",
    "Set-AuthenticodeSignature": "FilePath Certificate HashAlgorithm",
    "Set-StrictMode": "Version", "Sort-Object": "Property", "Test-Path": "Path",
    "Where-Object": "", "Write-Host": "", "Write-Verbose": ""}
PROGRAMS = {"netcfg.exe", "pnputil.exe", "sc.exe", "bcdedit", "makecab", "Inf2Cat.exe"}
OPERATORS = {"eq", "ne", "gt", "lt", "match", "notmatch", "notcontains", "and", "or", "not"}
CLOSES = {"(": ")", "{": "}", "[": "]"}


def bare(text):
    """@text without comments, its strings as "", and its faults."""
    out, open_, faults, at = [], [], [], 0
    lexer = re.compile(r"""<\#.*?\#>|(?<![^\s(){}])\#[^\n]*|'[^']*'|"(?:`.|\$\([^)]*\)|[^"`])*"|.""",
                       re.S)
    while at < len(text):
        word = lexer.match(text, at)[0]
        at += len(word)
        if word.startswith(("<#", "#")):
            continue
        if word[0] in "'\"":
            if len(word) < 2:
                faults.append("a string without an end")
            out.append('""')
            # Code stands in strings, too.
            out += [f"({code})" for code in re.findall(r"\$\(([^)]*)\)", word)]
            continue
        if word in CLOSES:
            open_.append(CLOSES[word])
        elif word in ")}]" and (not open_ or open_.pop() != word):
            line = text.count("\n", 0, at) + 1
            faults.append(f"line {line}: {word} closes nothing")
        out.append(word)
    return "".join(out), faults + [f"no {word}" for word in open_]


def check(name, text, functions):
    code, faults = bare(text)
    if not text.isascii():
        faults.append("bytes beyond ASCII: 5.1 reads them as it likes")
    if re.search(r"&&|\|\||\?\?|\?\.|\s\?\s", code):
        faults.append("an operator that 5.1 has not")
    for command, rest in re.findall(r"\b([A-Z]\w+-[A-Z]\w+)\b([^\n|;{}]*)", code):
        if command in functions or f"function {command}" in code:
            continue
        if command not in CMDLETS:
            faults.append(f"{command} is not in the list")
            continue
        nested = re.split(r"\(\s*[A-Z]\w+-[A-Z]", rest)[0]
        for parameter in re.findall(r"(?<=[\s])-([A-Za-z]+)", nested.split(")")[0]):
            if parameter not in CMDLETS[command].split() and parameter.lower() not in OPERATORS:
                faults.append(f"{command} has no -{parameter}")
    for tool in re.findall(r"\b([\w-]+\.exe)\b", text):
        if tool not in PROGRAMS:
            faults.append(f"{tool} is not in the list")
    for wanted in ("#Requires -Version 5.1", "Set-StrictMode -Version 2.0",
                   "$ErrorActionPreference = 'Stop'", "SupportsShouldProcess"):
        if name != "common.ps1" and wanted not in text:
            faults.append(f"no {wanted}")
    return [f"{name}: {fault}" for fault in faults]


FAULTS = [("Test-Path", "Test-Paht"), ("-Path", "-Pfad"), ("{", "("), ("sc.exe", "sc2.exe"),
          ("Stop-With", "Halt-With"), ("'Stop'", "'Stop"), (" -or ", " || "),
          ("SupportsShouldProcess", "Supports"), ("#Requires -Version 5.1", "")]


def main():
    proving = sys.argv[1] == "--prove"
    texts = {file.name: file.read_bytes().decode().replace("\r\n", "\n")
             for file in pathlib.Path(sys.argv[-1]).glob("*.ps1")}
    functions = set(re.findall(r"(?m)^function ([\w-]+)", texts["common.ps1"]))
    faults = [fault for item in texts.items() for fault in check(*item, functions)]
    if proving:
        install = texts["install.ps1"]
        for old, new in FAULTS:
            if not check("install.ps1", install.replace(old, new, 1), functions):
                faults.append(f"{old} -> {new} is not found")
    if len(texts) < 4:
        faults.append("scripts are missing")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
