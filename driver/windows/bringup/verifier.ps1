# SPDX-License-Identifier: BSD-2-Clause
# Driver Verifier over both drivers: the standard checks and those of NDIS.
#   .\verifier.ps1 -Enable    and restart
#   .\verifier.ps1 -Query     what is on, what it has counted
#   .\verifier.ps1 -Reset     and restart
#Requires -Version 5.1
#Requires -RunAsAdministrator
param([switch]$Enable, [switch]$Query, [switch]$Reset)
$ErrorActionPreference = 'Stop'

# 0x000209bb  standard: special pool, IRQL, pool tracking, I/O, deadlocks, DMA,
#             security, miscellaneous, DDI compliance
# 0x00200000  NDIS/WIFI
$flags = '0x2209bb'

if ($Enable) {
    & verifier.exe /flags $flags /driver irlstackp.sys irlstackf.sys
    Write-Host 'Restart Windows now. If it does not come up: safe mode, then verifier.ps1 -Reset.'
} elseif ($Reset) {
    & verifier.exe /reset
    Write-Host 'Restart Windows now.'
} elseif ($Query) {
    & verifier.exe /querysettings
    & verifier.exe /query
} else {
    Write-Host 'usage: verifier.ps1 -Enable | -Query | -Reset'
    exit 2
}
