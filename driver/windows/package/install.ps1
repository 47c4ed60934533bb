# SPDX-License-Identifier: BSD-2-Clause
<#
.SYNOPSIS
Installs irlstackf and irlstackp and starts them; run again it changes nothing.
.PARAMETER Certificate
A certificate for tests (sign.ps1 makes it) that this machine shall trust: every
program signed with it is trusted, too, until uninstall.ps1 takes it away.
.EXAMPLE
.\install.ps1 -Certificate irlstack-test.cer -WhatIf
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param([string]$Certificate)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot\common.ps1"

function Test-SecureBoot {
    try {
        return Confirm-SecureBootUEFI
    } catch {
        return $false # a BIOS has none
    }
}

# What the kernel was started with, which bcdedit tells only for the next start.
function Test-TestSigning {
    $control = Get-ItemProperty -Path 'HKLM:\SYSTEM\CurrentControlSet\Control'
    return $control.SystemStartOptions -match '\bTESTSIGNING\b'
}

function Add-Trust([string]$File) {
    foreach ($store in $stores) {
        if ($PSCmdlet.ShouldProcess($store, "trust $File")) {
            [void](Import-Certificate -FilePath $File -CertStoreLocation $store)
        }
    }
}

function Assert-Signed([string]$Name) {
    $folder = "$PSScriptRoot\$Name"
    if (-not (Test-Path -Path "$folder\$Name.cat")) {
        Stop-With "$folder has no $Name.cat: the driver is not signed." 'Run sign.ps1, or see docs\windows-signing.md.'
    }
    foreach ($file in "$folder\$Name.cat", "$folder\$Name.sys") {
        $signature = Get-AuthenticodeSignature -FilePath $file
        if (-not $signature.SignerCertificate -or $signature.Status -eq 'HashMismatch') {
            Stop-With "$file`: $($signature.StatusMessage)" 'Sign both drivers again: sign.ps1.'
        }
        if ($signature.Status -ne 'Valid' -and -not $WhatIfPreference) {
            Stop-With "$file`: $($signature.StatusMessage)" 'Give the certificate it was signed with: -Certificate FILE.cer'
        }
        if ($signature.SignerCertificate.Subject -notmatch 'O=Microsoft Corporation' -and -not (Test-TestSigning)) {
            $first = ''
            if (Test-SecureBoot) {
                $first = 'switch Secure Boot off in the firmware, '
            }
            Stop-With "$file is signed for tests, and this Windows does not accept that." "On a test machine: ${first}bcdedit /set testsigning on, restart."
        }
    }
}

function Install-Component($Component) {
    if (Test-Component $Component.Id) {
        Write-Host "$($Component.Name): installed already"
        return
    }
    $inf = "$PSScriptRoot\$($Component.Name)\$($Component.Name).inf"
    if ($PSCmdlet.ShouldProcess($Component.Id, "netcfg -l $inf")) {
        Invoke-Tool 'netcfg.exe' @('-v', '-l', $inf, '-c', $Component.Class, '-i', $Component.Id)
        if (-not (Test-Component $Component.Id)) {
            Stop-With "$($Component.Id) was not installed." "The end of $env:windir\INF\setupapi.dev.log has the cause."
        }
    }
}

# What sc.exe ends with, of winerror.h.
$causes = @{
    577  = 'Its signature was refused. Is test signing on since the last start? Was the file changed after it was signed?'
    1275 = 'Windows blocks this driver. Memory integrity or a code integrity policy may refuse it: see the event log, CodeIntegrity.'
    2    = 'Its file is missing. Run uninstall.ps1, then install.ps1.'
}

function Start-Driver([string]$Name) {
    $driver = Get-Driver $Name
    if ($driver -and $driver.State -eq 'Running') {
        Write-Host "$Name`: runs"
        return
    }
    if (-not $PSCmdlet.ShouldProcess($Name, 'start')) {
        return
    }
    [void](& "$env:windir\System32\sc.exe" start $Name)
    $code = $LASTEXITCODE
    $driver = Get-Driver $Name
    if (-not $driver -or $driver.State -ne 'Running') {
        $mend = $causes[$code]
        if (-not $mend) {
            $mend = "net helpmsg $code tells what that means."
        }
        Stop-With "$Name does not start: code $code." $mend
    }
    Write-Host "$Name`: runs"
}

Assert-Machine
if ($Certificate) {
    Add-Trust (Resolve-Path -Path $Certificate).Path
}
foreach ($component in $components) {
    Assert-Signed $component.Name
}
foreach ($component in $components) {
    Install-Component $component
}
foreach ($component in $components) {
    Start-Driver $component.Name
}
