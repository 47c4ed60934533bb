# SPDX-License-Identifier: BSD-2-Clause
<#
.SYNOPSIS
Signs both drivers for test machines: the .sys files, then catalogs of them.
.PARAMETER Inf2Cat
Inf2Cat.exe of the Windows Driver Kit; by default the newest that is installed.
.PARAMETER Subject
A certificate of the user's own store with that subject is used, or made.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param([string]$Inf2Cat, [string]$Subject = 'CN=irlstack test signing')
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# Windows 10 and 11, Server 2016 to 2025: Microsoft's page "Inf2Cat" has the names.
$systems = '10_X64,10_AU_X64,10_RS2_X64,10_RS3_X64,10_RS4_X64,10_RS5_X64,10_19H1_X64,10_VB_X64,' +
    '10_CO_X64,10_NI_X64,10_GE_X64,Server10_X64,ServerRS5_X64,ServerFE_X64,Server2025_X64'

if (-not $Inf2Cat) {
    $found = Get-ChildItem -Path "${env:ProgramFiles(x86)}\Windows Kits\10\bin" -Filter 'Inf2Cat.exe' -Recurse -ErrorAction SilentlyContinue |
        Sort-Object -Property LastWriteTime | Select-Object -Last 1
    if (-not $found) {
        throw 'There is no Inf2Cat.exe. Install the Windows Driver Kit, or give -Inf2Cat PATH.'
    }
    $Inf2Cat = $found.FullName
}
$certificate = Get-ChildItem -Path 'Cert:\CurrentUser\My' -CodeSigningCert |
    Where-Object { $_.Subject -eq $Subject -and $_.NotAfter -gt (Get-Date) } | Select-Object -First 1
if (-not $certificate -and $PSCmdlet.ShouldProcess($Subject, 'make a certificate')) {
    $certificate = New-SelfSignedCertificate -Type CodeSigningCert -Subject $Subject -HashAlgorithm SHA256 -CertStoreLocation 'Cert:\CurrentUser\My'
}

function Add-Signature([string]$File) {
    $signed = Set-AuthenticodeSignature -FilePath $File -Certificate $certificate -HashAlgorithm SHA256
    if (-not $signed.SignerCertificate) {
        throw "$File was not signed: $($signed.StatusMessage)"
    }
}

foreach ($name in 'irlstackp', 'irlstackf') {
    $folder = "$PSScriptRoot\$name"
    if ($PSCmdlet.ShouldProcess($folder, 'sign')) {
        Add-Signature "$folder\$name.sys"
        & $Inf2Cat "/driver:$folder" "/os:$systems" /verbose
        if ($LASTEXITCODE -ne 0) {
            throw "Inf2Cat refuses $folder. Names that it does not know are of a newer Windows than this kit: install a newer one."
        }
        Add-Signature "$folder\$name.cat"
    }
}
if ($certificate -and $PSCmdlet.ShouldProcess('irlstack-test.cer', 'write')) {
    [void](Export-Certificate -Cert $certificate -FilePath "$PSScriptRoot\irlstack-test.cer")
    Write-Host "Signed. On the test machine: .\install.ps1 -Certificate irlstack-test.cer"
}
