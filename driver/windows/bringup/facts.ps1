# SPDX-License-Identifier: BSD-2-Clause
# Hold the drivers' idea of NT and NDIS (facts.txt) against the public symbols of
# this very Windows.  Needs the Debugging Tools for Windows and the Internet:
#   .\facts.ps1 [-Cdb 'C:\...\cdb.exe'] [-Symbols C:\symbols] [-Out results]
# Ends with 1 where a fact is not so; "no type" is a type that the symbols lack.
#Requires -Version 5.1
param([string]$Cdb = "${env:ProgramFiles(x86)}\Windows Kits\10\Debuggers\x64\cdb.exe",
      [string]$Symbols = 'C:\symbols', [string]$Out = 'results')
$ErrorActionPreference = 'Stop'
New-Item -ItemType Directory -Force $Out | Out-Null
$images = @{ nt   = "$env:SystemRoot\System32\ntoskrnl.exe"
             ndis = "$env:SystemRoot\System32\drivers\ndis.sys" }
$facts = Get-Content (Join-Path $PSScriptRoot 'facts.txt') |
    Where-Object { $_ -notmatch '^#' } | ForEach-Object {
        $word = $_ -split ' '
        [pscustomobject]@{ Module = $word[0]; Type = $word[1]; Field = $word[2]
                           Value = [int]$word[3]; Key = "$($word[1]).$($word[2])" }
    }

# cdb prints "FACT key value" for each.
$found = @{}
foreach ($module in $images.Keys) {
    $script = Join-Path $Out "facts-$module.cdb"
    $lines = foreach ($fact in $facts | Where-Object { $_.Module -eq $module }) {
        $what = if ($fact.Field -eq '-') { "sizeof(_$($fact.Type))" }
                else { "#FIELD_OFFSET(_$($fact.Type), $($fact.Field))" }
        ".printf `"FACT $($fact.Key) %d\n`", @@c++($what)"
    }
    @($lines) + 'q' | Set-Content -Encoding ASCII $script
    $log = & $Cdb -z $images[$module] -y "srv*$Symbols*https://msdl.microsoft.com/download/symbols" -cf $script
    $log | Set-Content (Join-Path $Out "facts-$module.log")
    foreach ($line in $log) {
        if ($line -match 'FACT (\S+) (-?\d+)') { $found[$Matches[1]] = [int]$Matches[2] }
    }
}

$wrong = 0
$missing = 0
$report = foreach ($fact in $facts) {
    if (-not $found.ContainsKey($fact.Key)) {
        $missing++
        "no type  $($fact.Key)"
    } elseif ($found[$fact.Key] -ne $fact.Value) {
        $wrong++
        "WRONG    $($fact.Key): $($found[$fact.Key]) here, $($fact.Value) in the drivers"
    }
}
$report += "$(@($facts).Count) facts, $wrong wrong, $missing that the symbols do not tell"
$report | Set-Content (Join-Path $Out 'facts.log')
$report
if ($wrong -or $missing -eq @($facts).Count) { exit 1 }
