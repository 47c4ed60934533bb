# SPDX-License-Identifier: BSD-2-Clause
# All that a report needs, in one file beside this one:
#   .\collect.ps1 [-Out results]
# It holds names of this machine, its adapters and addresses: look before you
# pass it on.
#Requires -Version 5.1
#Requires -RunAsAdministrator
param([string]$Out = 'results')
$ErrorActionPreference = 'Continue' # what cannot be had is left out
New-Item -ItemType Directory -Force $Out | Out-Null
$Out = (Resolve-Path $Out).Path

function Save($name, [scriptblock]$what) {
    & $what 2>&1 | Out-String -Width 250 | Set-Content -Encoding UTF8 (Join-Path $Out $name)
}

Save 'system.txt' { systeminfo.exe; bcdedit.exe /enum; Get-HotFix }
Save 'security.txt' { Get-CimInstance -Namespace root\Microsoft\Windows\DeviceGuard Win32_DeviceGuard
                      try { Confirm-SecureBootUEFI } catch { "$_" } }
Save 'adapters.txt' { Get-NetAdapter | Format-List *
                      Get-NetAdapterStatistics | Format-List *
                      Get-NetAdapterAdvancedProperty
                      Get-NetAdapterBinding
                      Get-NetAdapterRsc }
Save 'addresses.txt' { Get-NetIPAddress; Get-NetRoute; Get-NetNeighbor }
Save 'drivers.txt' { sc.exe query irlstackp; sc.exe query irlstackf; sc.exe query xdp
                     Get-FileHash "$env:SystemRoot\System32\drivers\xdp.sys"
                     Get-FileHash "$env:SystemRoot\System32\drivers\irlstack*.sys"
                     Get-AuthenticodeSignature "$env:SystemRoot\System32\drivers\irlstack*.sys" | Format-List *
                     pnputil.exe /enum-drivers }
Save 'filters.txt' { netsh.exe wfp show state file=-; driverquery.exe /v }
Save 'verifier.txt' { verifier.exe /querysettings; verifier.exe /query }
Save 'program.txt' { & (Join-Path $PSScriptRoot 'irl.exe') --version
                     Get-FileHash (Join-Path $PSScriptRoot '*.exe') }
foreach ($log in 'System', 'Application') {
    & wevtutil.exe epl $log (Join-Path $Out "$log.evtx") /ow:true
}

# Dumps: small ones always, the large one where a zip can hold it.
Copy-Item "$env:SystemRoot\Minidump\*.dmp" $Out -ErrorAction SilentlyContinue
$dump = Get-Item "$env:SystemRoot\MEMORY.DMP" -ErrorAction SilentlyContinue
if ($dump -and $dump.Length -lt 1500mb) {
    Copy-Item $dump.FullName $Out
} elseif ($dump) {
    Write-Host "$($dump.FullName) is too large for the zip: pass it on by itself"
}

$zip = Join-Path $PSScriptRoot ('irlstack-{0}-{1:yyyyMMdd-HHmm}.zip' -f $env:COMPUTERNAME, (Get-Date))
Compress-Archive -Path (Join-Path $Out '*') -DestinationPath $zip -Force
Write-Host "made $zip"
