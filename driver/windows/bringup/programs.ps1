# SPDX-License-Identifier: BSD-2-Clause
# The library's own tests, on this Windows: they need no network and no driver.
#   .\programs.ps1 [-Out results]
#Requires -Version 5.1
param([string]$Out = 'results')
$ErrorActionPreference = 'Stop'
New-Item -ItemType Directory -Force $Out | Out-Null
$failed = 0
$report = foreach ($program in Get-ChildItem (Join-Path $PSScriptRoot 'tests\test_*.exe')) {
    $log = Join-Path $Out $program.BaseName
    $p = Start-Process $program.FullName -PassThru -NoNewWindow -Wait `
        -RedirectStandardOutput "$log.log" -RedirectStandardError "$log.err"
    if ($p.ExitCode -eq 0) { "ok      $($program.BaseName)" }
    else { $failed++; "FAILED  $($program.BaseName): $($p.ExitCode)" }
}
$report += "$(@($report).Count) programs, $failed failed"
$report | Set-Content (Join-Path $Out 'programs.log')
$report
if ($failed) { exit 1 }
