# SPDX-License-Identifier: BSD-2-Clause
# What everything for Windows is compiled and linked with.
add_compile_definitions(
  _WIN32_WINNT=0x0A00 # Windows 10
  _FILE_OFFSET_BITS=64
  WIN32_LEAN_AND_MEAN
  _POSIX_C_SOURCE=200809L # gmtime_r
  __USE_MINGW_ANSI_STDIO=1) # printf as in C11
# Lines for a debugger, kept apart in the package; no path of this machine.
add_compile_options(-g1 -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
# One file to copy, the same bytes from the same sources.
add_link_options(-static -Wl,--no-insert-timestamp)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
