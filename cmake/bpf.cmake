# irl_bpf(NAME [FOLDER]): FOLDER/NAME.bpf.c -> skeleton header NAME.skel.h in
# ${IRL_BPF_DIR}, with every driver/linux/*.bpf.h as a dependency.  FOLDER is
# driver/linux unless given.
find_program(IRL_CLANG NAMES clang clang-14 clang-15 clang-16 REQUIRED)
string(REGEX MATCH "x86|aarch64" IRL_BPF_ARCH "${CMAKE_SYSTEM_PROCESSOR}")
string(REPLACE aarch64 arm64 IRL_BPF_ARCH "${IRL_BPF_ARCH}")
find_program(IRL_BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)
set(IRL_BPF_DIR ${CMAKE_BINARY_DIR}/bpf)
file(MAKE_DIRECTORY ${IRL_BPF_DIR})

function(irl_bpf name)
  set(folder ${PROJECT_SOURCE_DIR}/driver/linux)
  if(ARGC GREATER 1)
    set(folder ${ARGV1})
  endif()
  set(source ${folder}/${name}.bpf.c)
  set(object ${IRL_BPF_DIR}/${name}.bpf.o)
  set(skeleton ${IRL_BPF_DIR}/${name}.skel.h)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h
    ${PROJECT_SOURCE_DIR}/driver/linux/*.h
    ${PROJECT_SOURCE_DIR}/src/probe/*.h ${PROJECT_SOURCE_DIR}/src/world/*.h
    ${PROJECT_SOURCE_DIR}/src/steer/*.h ${PROJECT_SOURCE_DIR}/src/target/*.h ${PROJECT_SOURCE_DIR}/include/irl/*.h
    ${PROJECT_SOURCE_DIR}/include/irl/abi/*.h)
  add_custom_command(OUTPUT ${skeleton}
    # -mcpu=v3: clang 14 refuses the value of an atomic add otherwise;
    # freestanding: glibc's headers want 32-bit stubs for this target.
    COMMAND ${IRL_CLANG} -O2 -g -target bpf -mcpu=v3 -ffreestanding
      -D__TARGET_ARCH_${IRL_BPF_ARCH} -Wall -Wextra -Wno-unused-parameter -Werror
      -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src
      -c ${source} -o ${object}
    COMMAND ${IRL_BPFTOOL} gen skeleton ${object} name ${name} > ${skeleton}
    # Made by a tool: nothing for clang-tidy to say.
    COMMAND sed -i -e "1i // NOLINTBEGIN" -e "\$a // NOLINTEND" ${skeleton}
    DEPENDS ${source} ${headers} VERBATIM)
  add_custom_target(bpf_${name} DEPENDS ${skeleton})
endfunction()
