# SPDX-License-Identifier: BSD-2-Clause
# The double, and the drivers' sources over it: for tests and fuzz targets.
set(here ${CMAKE_CURRENT_LIST_DIR})

# irl_windows(TARGET): what is compiled with the double's idea of <ntddk.h>.
# WCHAR has 16 bits; C's own types keep the size they have on Linux.
function(irl_windows target)
  target_include_directories(${target} PRIVATE ${here} ${here}/include
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(${target} PRIVATE -fshort-wchar)
  target_link_libraries(${target} PRIVATE irl_warnings Threads::Threads)
endfunction()

file(GLOB double CONFIGURE_DEPENDS ${here}/double/*.c)
add_library(windows_double STATIC ${double} ${here}/facts_double.c)
irl_windows(windows_double)

# The drivers from their sources.  Each has its DriverEntry; what both share is
# here once.
set(driver ${PROJECT_SOURCE_DIR}/driver/windows)
file(GLOB sources CONFIGURE_DEPENDS ${driver}/*.c)
add_library(windows_drivers STATIC ${sources} ${here}/facts_drivers.c)
irl_windows(windows_drivers)
target_include_directories(windows_drivers PRIVATE ${driver}
  ${PROJECT_SOURCE_DIR}/src)
set_source_files_properties(${driver}/protocol.c PROPERTIES
  COMPILE_DEFINITIONS DriverEntry=IrlpDriverEntry)
set_source_files_properties(${driver}/filter.c PROPERTIES
  COMPILE_DEFINITIONS DriverEntry=IrlfDriverEntry)
