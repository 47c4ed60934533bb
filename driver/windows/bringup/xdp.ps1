# SPDX-License-Identifier: BSD-2-Clause
# XDP for Windows, the way without drivers of ours, from Microsoft's runtime
# package (nuget.org, Microsoft.XDP-for-Windows.Runtime.x64):
#   .\xdp.ps1 -Install xdp.nupkg
#   .\xdp.ps1 -Check -Interface 'Ethernet 2' [-Out results]
#   .\xdp.ps1 -Remove xdp.nupkg
#Requires -Version 5.1
#Requires -RunAsAdministrator
param([string]$Install, [string]$Remove, [switch]$Check, [string]$Interface,
      [string]$Out = 'results')
$ErrorActionPreference = 'Stop'

# The package's own script beside a driver that Microsoft has signed.
function Expand-Package($package) {
    # Expand-Archive of 5.1 takes no other ending.
    $zip = Join-Path $env:TEMP 'irlstack-xdp.zip'
    $folder = Join-Path $env:TEMP 'irlstack-xdp'
    Copy-Item $package $zip -Force
    Expand-Archive -Path $zip -DestinationPath $folder -Force
    $setup = Get-ChildItem $folder -Recurse -Filter 'xdp-setup.ps1' | Select-Object -First 1
    if (-not $setup) {
        throw "$package has no xdp-setup.ps1: take Microsoft.XDP-for-Windows.Runtime.x64, 1.3 or later"
    }
    $signature = Get-AuthenticodeSignature (Join-Path $setup.DirectoryName 'xdp.sys')
    if ($signature.Status -ne 'Valid') { throw "xdp.sys of ${package}: $($signature.StatusMessage)" }
    return $setup.FullName
}

function Invoke-Check {
    New-Item -ItemType Directory -Force $Out | Out-Null
    $file = "$env:SystemRoot\System32\drivers\xdp.sys"
    $text = & {
        sc.exe query xdp
        Get-Item $file | Select-Object -ExpandProperty VersionInfo | Format-List 'FileVersion', 'ProductVersion'
        Get-AuthenticodeSignature $file | Format-List 'Status', 'StatusMessage', 'SignerCertificate'
        Get-NetAdapterBinding -ComponentID ms_xdp
        Get-NetAdapterRss -Name $Interface
        Get-NetAdapterRsc -Name $Interface
    } 2>&1 | Out-String -Width 250
    $text | Set-Content -Encoding UTF8 (Join-Path $Out 'xdp-check.log')
    $text
    if (-not (Get-NetAdapterBinding -Name $Interface -ComponentID ms_xdp).Enabled) {
        throw "XDP is not bound to ${Interface}: Enable-NetAdapterBinding -Name '$Interface' -ComponentID ms_xdp"
    }
    if ((Get-Service xdp).Status -ne 'Running') { throw 'xdp does not run: sc.exe start xdp' }
    Write-Host "xdp runs, bound to $Interface"
}

if ($Install) {
    & (Expand-Package $Install) -Install xdp
    Get-Service xdp
} elseif ($Remove) {
    & (Expand-Package $Remove) -Uninstall xdp
} elseif ($Check -and $Interface) {
    # Errors of what cannot be had are text of the log.
    $ErrorActionPreference = 'Continue'
    Invoke-Check
} else {
    Write-Host 'usage: xdp.ps1 -Install FILE.nupkg | -Remove FILE.nupkg | -Check -Interface NAME'
    exit 2
}
