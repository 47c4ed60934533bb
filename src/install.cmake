# SPDX-License-Identifier: BSD-2-Clause
# What "cmake --install" puts where.  The .pc file finds its own prefix, so
# that --prefix at installation time needs no new configuration.
file(RELATIVE_PATH IRL_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" IRL_PC_UP "${IRL_PC_UP}")
configure_file(abi/irlstack.pc.in ${CMAKE_CURRENT_BINARY_DIR}/irlstack.pc @ONLY)

install(TARGETS irl RUNTIME)
install(TARGETS irlstack_shared irlstack_static)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/irl
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/irlstack.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Completion comes from the option tables, as the man pages do.
set(completion ${CMAKE_CURRENT_BINARY_DIR}/completion/irl)
add_custom_command(OUTPUT ${completion}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/completion
  COMMAND $<TARGET_FILE:irl> help --completion bash > ${completion}
  DEPENDS irl COMMENT "Writing the completion for bash" VERBATIM)
add_custom_target(completion ALL DEPENDS ${completion})
install(FILES ${completion}
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
