# SPDX-License-Identifier: BSD-2-Clause
# Hours of load while programs are killed in mid-batch, the adapter is switched
# off and on and the drivers are restarted:
#   .\soak.ps1 -Peer 10.1.0.2 -Interface 'Ethernet 2' [-Hours 2] [-Out results]
#              [-Port xdpwin]      of XDP for Windows, not of our drivers
# irl.exe bench soak ends with 1 where counters do not add up: sent = accepted +
# refused, by cause, on the driver's word and on ours.
#Requires -Version 5.1
#Requires -RunAsAdministrator
param([Parameter(Mandatory = $true)][string]$Peer,
      [Parameter(Mandatory = $true)][string]$Interface,
      [ValidateSet('windows', 'xdpwin')][string]$Port = 'windows',
      [double]$Hours = 2, [string]$Out = 'results')
$ErrorActionPreference = 'Stop'
$irl = Join-Path $PSScriptRoot 'irl.exe'
New-Item -ItemType Directory -Force $Out | Out-Null
$log = Join-Path $Out 'soak.log'
$seconds = [int]($Hours * 3600)
# Who is killed, and which bindings are taken away for a while.
$contender, $filter, $last = 'irlstack', 'irl_irlstackf', 'irl_irlstackp'
if ($Port -eq 'xdpwin') { $contender, $filter, $last = 'xdpwin', 'ms_xdp', 'ms_xdp' }

function Write-Log($text) {
    $line = '{0:HH:mm:ss} {1}' -f (Get-Date), $text
    Add-Content $log $line
    Write-Host $line
}

# Start-Process joins its arguments with blanks and quotes none.
function Start-Irl($arguments, $name) {
    Start-Process $irl -ArgumentList $arguments -PassThru -NoNewWindow `
        -RedirectStandardOutput (Join-Path $Out "$name.out") `
        -RedirectStandardError (Join-Path $Out "$name.err")
}

# A program with batches under way, killed at any moment.
function Invoke-Kill {
    $p = Start-Irl @('bench', 'tx', '--peer', $Peer, '--contenders', $contender,
                     '--seconds', '60') 'killed'
    Start-Sleep -Milliseconds (Get-Random -Minimum 500 -Maximum 4000)
    Stop-Process -Id $p.Id -Force -ErrorAction SilentlyContinue
    if (-not $p.WaitForExit(30000)) { throw 'a killed program does not end: collect a dump' }
}

# A whole scan, whose ledger must balance, beside the load.
function Invoke-Scan {
    & $irl scan '198.18.0.0/20' '--target-ports=40010' '--allow-special=198.18.0.0/15' `
        "--interface=$Interface" "--port=$Port" '--rate=50000' '--cooldown-time=2' '--quiet' `
        "--output-file=$(Join-Path $Out 'scan.csv')"
    if ($LASTEXITCODE -ne 0) { Write-Log "irl scan ended with $LASTEXITCODE" }
}

# Connections, requests and answers beside the load.
function Invoke-Fetch {
    & $irl fetch '198.18.16.0/22' '--target-ports=40010' '--allow-special=198.18.0.0/15' `
        "--interface=$Interface" "--port=$Port" '--quiet' `
        "--output-file=$(Join-Path $Out 'fetch.json')"
    if ($LASTEXITCODE -ne 0) { Write-Log "irl fetch ended with $LASTEXITCODE" }
}

function Invoke-AdapterRestart {
    Disable-NetAdapter -Name $Interface -Confirm:$false
    Start-Sleep -Seconds 3
    Enable-NetAdapter -Name $Interface -Confirm:$false
    Start-Sleep -Seconds 8
}

function Invoke-BindingRestart($component) {
    Disable-NetAdapterBinding -Name $Interface -ComponentID $component
    Start-Sleep -Seconds 2
    Enable-NetAdapterBinding -Name $Interface -ComponentID $component
    Start-Sleep -Seconds 2
}

$soak = Start-Irl @('bench', 'soak', '--peer', $Peer, '--port', $Port, '--seconds', "$seconds",
                    '--json', "`"$(Join-Path $Out 'soak.json')`"") 'soak'
$null = $soak.Handle # or its exit code is lost
$actions = @('kill', 'scan', 'kill', 'fetch', 'adapter', 'kill', $filter, 'scan', $last)
$end = (Get-Date).AddSeconds($seconds - 60)
for ($i = 0; (Get-Date) -lt $end -and -not $soak.HasExited; $i++) {
    $action = $actions[$i % $actions.Count]
    Write-Log $action
    switch ($action) {
        'kill' { Invoke-Kill }
        'scan' { Invoke-Scan }
        'fetch' { Invoke-Fetch }
        'adapter' { Invoke-AdapterRestart }
        default { Invoke-BindingRestart $action }
    }
    Start-Sleep -Seconds (Get-Random -Minimum 2 -Maximum 15)
}
$soak.WaitForExit()
Write-Log "irl bench soak ended with $($soak.ExitCode)"
Get-Content (Join-Path $Out 'soak.out'), (Join-Path $Out 'soak.err')
exit $soak.ExitCode
