# SPDX-License-Identifier: BSD-2-Clause
# What everything for Windows is compiled and linked with.
add_compile_definitions(
  _WIN32_WINNT=0x0A00 # Windows 10
  _FILE_OFFSET_BITS=64
  WIN32_LEAN_AND_MEAN
  _POSIX_C_SOURCE=200809L # gmtime_r
  __USE_MINGW_ANSI_STDIO=1) # printf as in C11
# One file to copy, the same bytes from the same sources.
add_link_options(-static -Wl,--no-insert-timestamp)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
