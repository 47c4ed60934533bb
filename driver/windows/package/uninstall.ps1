# SPDX-License-Identifier: BSD-2-Clause
<#
.SYNOPSIS
Removes what install.ps1 has installed; run again it changes nothing.
.PARAMETER Certificate
The certificate that install.ps1 was given: no longer trusted.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param([string]$Certificate)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot\common.ps1"

function Remove-Component($Component) {
    if ((Test-Component $Component.Id) -and $PSCmdlet.ShouldProcess($Component.Id, 'netcfg -u')) {
        Invoke-Tool 'netcfg.exe' @('-v', '-u', $Component.Id)
    }
    foreach ($inf in @(Get-StoredInf $Component.Name)) {
        if ($PSCmdlet.ShouldProcess($inf.Name, 'pnputil /delete-driver')) {
            Invoke-Tool 'pnputil.exe' @('/delete-driver', $inf.Name)
        }
    }
}

# Where an installation broke off, or the driver could not stop.
function Remove-Rest([string]$Name) {
    if ((Get-Driver $Name) -and $PSCmdlet.ShouldProcess($Name, 'sc delete')) {
        Invoke-Tool 'sc.exe' @('stop', $Name) @(0, 1052, 1060, 1061, 1062)
        Invoke-Tool 'sc.exe' @('delete', $Name) @(0, 1060, 1072)
    }
    $file = "$env:windir\System32\drivers\$Name.sys"
    if ((Test-Path -Path $file) -and $PSCmdlet.ShouldProcess($file, 'delete')) {
        Remove-Item -Path $file
    }
}

function Remove-Trust([string]$File) {
    $trusted = New-Object -TypeName Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList $File
    foreach ($store in $stores) {
        $path = "$store\$($trusted.Thumbprint)"
        if ((Test-Path -Path $path) -and $PSCmdlet.ShouldProcess($path, 'delete')) {
            Remove-Item -Path $path
        }
    }
}

Assert-Machine
# irlstackp first: it uses irlstackf.
foreach ($component in $components[1], $components[0]) {
    Remove-Component $component
    Remove-Rest $component.Name
}
if ($Certificate) {
    Remove-Trust (Resolve-Path -Path $Certificate).Path
}
foreach ($component in $components) {
    if ((Get-Driver $component.Name) -and -not $WhatIfPreference) {
        Stop-With "$($component.Name) is still known to Windows." 'Close what uses it, restart, run uninstall.ps1 again.'
    }
}
if (-not $WhatIfPreference) {
    Write-Host 'Nothing of irlstack is installed.'
}
