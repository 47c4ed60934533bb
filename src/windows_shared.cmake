# SPDX-License-Identifier: BSD-2-Clause
# irlstack.dll with its import library, and what Windows shows as a file's version.

# irl_version(FILE TYPE TEXT): FILE.rc in the build tree.
function(irl_version file type text)
  string(REPLACE "." "," commas "${PROJECT_VERSION},0")
  configure_file(${PROJECT_SOURCE_DIR}/src/abi/version.rc.in
    ${CMAKE_CURRENT_BINARY_DIR}/${file}.rc @ONLY)
endfunction()

irl_version(irl.exe VFT_APP "${PROJECT_DESCRIPTION}")
target_sources(irl PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/irl.exe.rc)

# Exported is what Linux exports but for what Windows has not.
set(lists ${CMAKE_CURRENT_SOURCE_DIR}/abi/irlstack.symbols
  ${CMAKE_CURRENT_SOURCE_DIR}/abi/windows.absent)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lists})
list(GET lists 0 public)
list(GET lists 1 absent)
file(STRINGS ${public} public)
file(STRINGS ${absent} absent REGEX "^irl_")
list(TRANSFORM public REPLACE "@@.*" "")
list(REMOVE_ITEM public ${absent})
list(JOIN public "\n" public)
set(def ${CMAKE_CURRENT_BINARY_DIR}/irlstack.def)
file(CONFIGURE OUTPUT ${def} CONTENT "LIBRARY irlstack.dll\nEXPORTS\n@public@\n"
  @ONLY)

irl_version(irlstack.dll VFT_DLL "irlstack library")
# From the archive, as programs take it: what nothing exported needs stays out.
add_library(irlstack_shared SHARED ${def} ${CMAKE_CURRENT_BINARY_DIR}/irlstack.dll.rc)
set_target_properties(irlstack_shared PROPERTIES LINKER_LANGUAGE C
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
  PREFIX "" OUTPUT_NAME irlstack IMPORT_PREFIX lib)
target_link_libraries(irlstack_shared PRIVATE irlstack_static)
