# SPDX-License-Identifier: BSD-2-Clause
# The main paths under the kernel that Debian ships, whatever this machine has:
# its verifier accepts our programs, its ports are exact, results are the truth.
# The nightly configuration runs all tests of ports and namespaces there, but for
# those to whom an emulated machine is too slow a peer.
if(IRL_SANITIZE)
  return()
endif()
set(main_paths "^(port.live-veth|netns.live_steer|netns.live_probe|netns.live_vlan|netns.scan|netns.world_fetch)$")
set(vm bash ${CMAKE_CURRENT_LIST_DIR}/kernel.sh ${PROJECT_SOURCE_DIR}/scripts/vm
  ${PROJECT_SOURCE_DIR}/build/vm ${CMAKE_BINARY_DIR})
add_test(NAME kernel.debian COMMAND ${vm} ${main_paths})
set_tests_properties(kernel.debian PROPERTIES TIMEOUT 600 RESOURCE_LOCK net)
add_test(NAME kernel.backports CONFIGURATIONS nightly COMMAND ${vm} ${main_paths})
set_tests_properties(kernel.backports PROPERTIES TIMEOUT 600 RESOURCE_LOCK net
  ENVIRONMENT IRL_VM_KERNEL=linux-image-6.12-amd64)
add_test(NAME kernel.debian-all CONFIGURATIONS nightly COMMAND ${vm}
  "^(port|netns)[.]" "soak|bench|beside|live_share|coexist_peer")
set_tests_properties(kernel.debian-all PROPERTIES TIMEOUT 7200 RESOURCE_LOCK net
  ENVIRONMENT IRL_VM_SECONDS=7000)
