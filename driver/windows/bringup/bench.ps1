# SPDX-License-Identifier: BSD-2-Clause
# Make the paper's tables again, on a cable with nobody else:
#   .\bench.ps1 -Peer 10.1.0.2 [-Seconds 2] [-Rounds 5] [-Out results]
# At the peer irl.exe bench far must be running.  Let nothing else run.
#Requires -Version 5.1
#Requires -RunAsAdministrator
param([Parameter(Mandatory = $true)][string]$Peer, [int]$Seconds = 2,
      [int]$Rounds = 5, [string]$Out = 'results')
$ErrorActionPreference = 'Stop'
$irl = Join-Path $PSScriptRoot 'irl.exe'
New-Item -ItemType Directory -Force $Out | Out-Null

foreach ($kind in 'tx', 'tcp') {
    $json = Join-Path $Out "$kind.json"
    & $irl bench $kind --peer $Peer --seconds $Seconds --rounds $Rounds --json $json
    if ($LASTEXITCODE -ne 0) { throw "irl bench $kind ended with $LASTEXITCODE" }
}

# As a table in Markdown, one row each.
function Write-Table($report, $title, $key, $rate, $scale, $unit) {
    "## $title"
    ''
    "| contender | $key | $unit | lowest | highest | cores busy |"
    '|---|---|---|---|---|---|'
    foreach ($row in $report.rows) {
        '| {0} | {1} | {2:n0} | {3:n0} | {4:n0} | {5:n2} |' -f $row.name, $row.$key,
            ($row.$rate * $scale), ($row.min * $scale), ($row.max * $scale), $row.cores
    }
    if ($report.not_available) {
        ''
        foreach ($p in $report.not_available.PSObject.Properties) {
            "Not available: $($p.Name): $($p.Value)"
        }
    }
    ''
}

$tx = Get-Content (Join-Path $Out 'tx.json') -Raw | ConvertFrom-Json
$tcp = Get-Content (Join-Path $Out 'tcp.json') -Raw | ConvertFrom-Json
$text = @("# $($tx.host.model), $($tx.host.cpus) processors, Windows $($tx.host.kernel)", '')
$text += Write-Table $tx 'Sending (Table 1 and 3)' 'batch' 'mpps' 1e6 'frames/s arrived'
$text += Write-Table $tcp 'Connections (Table 2)' 'outstanding' 'connections_per_s' 1 'exchanges/s'
$text | Set-Content -Encoding UTF8 (Join-Path $Out 'tables.md')
$text
