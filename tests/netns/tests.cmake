# SPDX-License-Identifier: BSD-2-Clause
# Each area's own list.
file(GLOB areas CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cmake)
list(REMOVE_ITEM areas ${CMAKE_CURRENT_LIST_FILE})
foreach(area ${areas})
  include(${area})
endforeach()
