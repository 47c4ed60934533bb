# SPDX-License-Identifier: BSD-2-Clause
# What install.ps1 and uninstall.ps1 share; not run by itself.
$components = @(
    @{ Name = 'irlstackf'; Id = 'irl_irlstackf'; Class = 's' }
    @{ Name = 'irlstackp'; Id = 'irl_irlstackp'; Class = 'p' }
)

function Stop-With([string]$What, [string]$Mend) {
    throw "$What`r`n  $Mend"
}

function Assert-Machine {
    if (-not [Environment]::Is64BitProcess) {
        Stop-With 'This is the 32-bit PowerShell.' 'Open "Windows PowerShell", without "(x86)".'
    }
    if ([Environment]::OSVersion.Version.Major -lt 10) {
        Stop-With 'This Windows is older than 10.' 'The drivers are for Windows 10 and later.'
    }
    $who = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
    if (-not $who.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Stop-With 'Administrator rights are missing.' 'Right-click PowerShell, "Run as administrator".'
    }
}

# Of a driver: its service, or nothing.
function Get-Driver([string]$Name) {
    Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$Name'"
}

# The INF files that Windows keeps of a driver (oem12.inf), told by their catalog.
function Get-StoredInf([string]$Name) {
    Get-ChildItem -Path "$env:windir\INF" -Filter 'oem*.inf' |
        Where-Object { Select-String -Path $_.FullName -Quiet -Pattern "^\s*CatalogFile\s*=\s*$Name\.cat\s*$" }
}

# Is it a component of the network?  netcfg tells it in the user's language, the
# registry in none.
function Test-Component([string]$Id) {
    $network = 'HKLM:\SYSTEM\CurrentControlSet\Control\Network'
    foreach ($class in '{4D36E974-E325-11CE-BFC1-08002BE10318}', '{4D36E975-E325-11CE-BFC1-08002BE10318}') {
        foreach ($key in Get-ChildItem -Path "$network\$class" -ErrorAction SilentlyContinue) {
            if ($key.GetValue('ComponentId') -eq $Id) {
                return $true
            }
        }
    }
    return $false
}

# Run a program of Windows; its output is shown, and kept for the error.
function Invoke-Tool([string]$Tool, [string[]]$Arguments, [int[]]$Good = @(0)) {
    $path = "$env:windir\System32\$Tool"
    $said = & $path $Arguments | Out-String
    Write-Verbose "$Tool $Arguments`r`n$said"
    if ($Good -notcontains $LASTEXITCODE) {
        Stop-With "$Tool $Arguments ended with code ${LASTEXITCODE}: $said" "The end of $env:windir\INF\setupapi.dev.log has the cause."
    }
}

$stores = 'Cert:\LocalMachine\Root', 'Cert:\LocalMachine\TrustedPublisher'
