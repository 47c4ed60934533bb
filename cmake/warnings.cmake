# Every target of ours is compiled with these; others' headers come as SYSTEM.
add_library(irl_warnings INTERFACE)
target_compile_options(irl_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Werror)
target_compile_definitions(irl_warnings INTERFACE _GNU_SOURCE)

if(IRL_SANITIZE)
  add_compile_options(-fsanitize=${IRL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${IRL_SANITIZE})
endif()
if(IRL_FUZZ) # coverage of the library guides the fuzzer
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
