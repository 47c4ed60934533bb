# SPDX-License-Identifier: BSD-2-Clause
# How each Wine of these tests is run; WINEPREFIX is the caller's.
export PATH=$PATH:/usr/lib/wine WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
export WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe=d'
unset DISPLAY WAYLAND_DISPLAY
