# SPDX-License-Identifier: BSD-2-Clause
# The library's own tests, on this Windows: they need no network and no driver.
#   .\programs.ps1 [-Out results]
#Requires -Version 5.1
param([string]$Out = 'results')
$ErrorActionPreference = 'Stop'
New-Item -ItemType Directory -Force $Out | Out-Null
$failed = 0
$report = foreach ($program in Get-ChildItem (Join-Path $PSScriptRoot 'tests\test_*.exe')) {
    & cmd.exe /c "`"$($program.FullName)`" > `"$(Join-Path $Out $program.BaseName).log`" 2>&1"
    if ($LASTEXITCODE -eq 0) { "ok      $($program.BaseName)" }
    else { $failed++; "FAILED  $($program.BaseName): $LASTEXITCODE" }
}
$report += "$(@($report).Count) programs, $failed failed"
$report | Set-Content (Join-Path $Out 'programs.log')
$report
if ($failed) { exit 1 }
