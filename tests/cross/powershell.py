# SPDX-License-Identifier: BSD-2-Clause
"""powershell.py [--prove] FOLDER...: the scripts of each FOLDER use cmdlets,
parameters and programs of this list only, spelt so; their brackets and strings end;
functions called are there; nothing is newer than 5.1.  There is no PowerShell here:
what is shown is spelling, not that they work."""
import pathlib
import re
import sys

# By Microsoft's reference of PowerShell 5.1 and its modules.
CMDLETS = {
    "Add-Content": "Path Value", "Compress-Archive": "Path DestinationPath Force",
    "Confirm-SecureBootUEFI": "", "ConvertFrom-Json": "",
    "Copy-Item": "Path Destination Force ErrorAction",
    "Disable-NetAdapter": "Name Confirm", "Disable-NetAdapterBinding": "Name ComponentID",
    "Enable-NetAdapter": "Name Confirm", "Enable-NetAdapterBinding": "Name ComponentID",
    "Expand-Archive": "Path DestinationPath Force",
    "Export-Certificate": "Cert FilePath", "ForEach-Object": "", "Format-List": "Property",
    "Get-AuthenticodeSignature": "FilePath", "Get-Date": "",
    "Get-ChildItem": "Path Filter Recurse ErrorAction CodeSigningCert",
    "Get-CimInstance": "ClassName Filter Namespace", "Get-Content": "Path Raw",
    "Get-FileHash": "Path", "Get-HotFix": "", "Get-Item": "Path ErrorAction",
    "Get-ItemProperty": "Path", "Get-NetAdapter": "Name",
    "Get-NetAdapterAdvancedProperty": "Name", "Get-NetAdapterBinding": "Name ComponentID",
    "Get-NetAdapterRsc": "Name", "Get-NetAdapterRss": "Name",
    "Get-NetAdapterStatistics": "Name", "Get-NetIPAddress": "", "Get-NetNeighbor": "",
    "Get-NetRoute": "", "Get-Random": "Minimum Maximum", "Get-Service": "Name",
    "Import-Certificate": "FilePath CertStoreLocation", "Join-Path": "Path ChildPath",
    "New-Item": "Path ItemType Force", "New-Object": "TypeName ArgumentList",
    "New-SelfSignedCertificate": "Type Subject HashAlgorithm CertStoreLocation",
    "Out-Null": "", "Out-String": "Width", "Remove-Item": "Path", "Resolve-Path": "Path",
    "Select-Object": "First Last ExpandProperty", "Select-String": "Path Quiet Pattern",
    "Set-AuthenticodeSignature": "FilePath Certificate HashAlgorithm",
    "Set-Content": "Path Value Encoding", "Set-StrictMode": "Version",
    "Sort-Object": "Property",
    "Start-Process": "FilePath ArgumentList PassThru NoNewWindow Wait "
                     "RedirectStandardOutput RedirectStandardError",
    "Start-Sleep": "Seconds Milliseconds", "Stop-Process": "Id Force ErrorAction",
    "Test-Path": "Path", "Where-Object": "", "Write-Host": "", "Write-Verbose": ""}
PROGRAMS = {"netcfg.exe", "pnputil.exe", "sc.exe", "bcdedit", "makecab", "Inf2Cat.exe",
            "bcdedit.exe", "cdb.exe", "driverquery.exe", "irl.exe", "netsh.exe",
            "ntoskrnl.exe", "systeminfo.exe", "verifier.exe", "wevtutil.exe"}
OPERATORS = {"f", "eq", "ne", "gt", "lt", "match", "notmatch", "notcontains", "and", "or", "not"}
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


# Of those that change a user's machine; the kit is for one that may be lost.
CAREFUL = ("Set-StrictMode -Version 2.0", "$ErrorActionPreference = 'Stop'",
           "SupportsShouldProcess")


def check(name, text, functions, careful):
    code, faults = bare(text)
    if not text.isascii():
        faults.append("bytes beyond ASCII: 5.1 reads them as it likes")
    if re.search(r"&&|\|\||\?\?|\?\.|\s\?\s", code):
        faults.append("an operator that 5.1 has not")
    for command, rest in re.findall(r"\b([A-Z]\w+-[A-Z]\w+)\b(?=([^\n|;{}]*))", code):
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
    for wanted in ("#Requires -Version 5.1", *(CAREFUL if careful else ())):
        if name != "common.ps1" and wanted not in text:
            faults.append(f"no {wanted}")
    return [f"{name}: {fault}" for fault in faults]


FAULTS = {
    "install.ps1": [
        ("Test-Path", "Test-Paht"), ("-Path", "-Pfad"), ("{", "("), ("sc.exe", "sc2.exe"),
        ("Stop-With", "Halt-With"), ("'Stop'", "'Stop"), (" -or ", " || "),
        ("SupportsShouldProcess", "Supports"), ("#Requires -Version 5.1", "")],
    "soak.ps1": [
        ("Start-Process $irl", "Begin-Process $irl"), ("-PassThru", "-PasThru"), ("}", ")"),
        ("Invoke-Kill {", "Invoke-Kil {"), ("-Maximum 4000", "-Max 4000"),
        ("'soak'", "'soak"), ("#Requires -Version 5.1", "")]}


def check_folder(folder, proving):
    texts = {file.name: file.read_bytes().decode().replace("\r\n", "\n")
             for file in folder.glob("*.ps1")}
    functions = {name for text in texts.values()
                 for name in re.findall(r"(?m)^function ([\w-]+)", text)}
    careful = "common.ps1" in texts
    faults = [fault for item in texts.items() for fault in check(*item, functions, careful)]
    for name in FAULTS if proving else ():
        for old, new in FAULTS[name] if name in texts else ():
            text = texts[name].replace(old, new, 1)
            known = functions - set(re.findall(r"(?m)^function ([\w-]+)", texts[name]))
            known |= set(re.findall(r"(?m)^function ([\w-]+)", text))
            if not check(name, text, known, careful):
                faults.append(f"{name}: {old} -> {new} is not found")
    if len(texts) < 4:
        faults.append(f"{folder}: scripts are missing")
    return faults


def main():
    proving = sys.argv[1] == "--prove"
    faults = [fault for folder in sys.argv[1 + proving:]
              for fault in check_folder(pathlib.Path(folder), proving)]
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
