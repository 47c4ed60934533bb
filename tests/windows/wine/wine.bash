# SPDX-License-Identifier: BSD-2-Clause
# How each Wine of these tests is run; WINEPREFIX is the caller's.
export PATH=$PATH:/usr/lib/wine WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
export WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe=d'
unset DISPLAY WAYLAND_DISPLAY
# What a card tells, by standardized keywords.
class='HKLM\System\CurrentControlSet\Control\Class'
class+='\{4d36e972-e325-11ce-bfc1-08002be10318}\0000'
