# The command line: its parser as units, the program by its answers.
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
list(FILTER cli_sources EXCLUDE REGEX "/main\\.c$")
file(GLOB cli_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.c)
foreach(source ${cli_tests})
  get_filename_component(name ${source} NAME_WE)
  irl_test_program(${name} ${source} ${cli_sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/cli
    ${PROJECT_SOURCE_DIR}/src/app)
  target_compile_definitions(${name} PRIVATE IRL_VERSION="${PROJECT_VERSION}")
  add_test(NAME cli.${name} COMMAND ${name})
endforeach()
target_sources(test_interrupt PRIVATE ${PROJECT_SOURCE_DIR}/src/app/interrupt.c)
target_sources(test_scan_end PRIVATE ${PROJECT_SOURCE_DIR}/src/app/scan_end.c
  ${PROJECT_SOURCE_DIR}/src/app/report.c)
target_sources(test_bench_report PRIVATE
  ${PROJECT_SOURCE_DIR}/src/bench/report.c
  ${PROJECT_SOURCE_DIR}/src/bench/report_out.c
  ${PROJECT_SOURCE_DIR}/src/bench/machine.c)
target_sources(test_bench_far PRIVATE
  ${PROJECT_SOURCE_DIR}/src/bench/far_take.c
  ${PROJECT_SOURCE_DIR}/src/bench/datagrams.c)
target_sources(test_fetch_end PRIVATE ${PROJECT_SOURCE_DIR}/src/app/fetch_end.c
  ${PROJECT_SOURCE_DIR}/src/app/interrupt.c
  ${PROJECT_SOURCE_DIR}/src/app/report.c ${PROJECT_SOURCE_DIR}/src/app/resume.c)
target_sources(test_fetch_left PRIVATE ${PROJECT_SOURCE_DIR}/src/app/fetch_end.c
  ${PROJECT_SOURCE_DIR}/src/app/fetch_options.c
  ${PROJECT_SOURCE_DIR}/src/app/interrupt.c ${PROJECT_SOURCE_DIR}/src/app/paths.c
  ${PROJECT_SOURCE_DIR}/src/app/report.c ${PROJECT_SOURCE_DIR}/src/app/resume.c)
target_sources(test_fetch_list PRIVATE
  ${PROJECT_SOURCE_DIR}/src/app/fetch_allowed.c
  ${PROJECT_SOURCE_DIR}/src/app/fetch_list.c
  ${PROJECT_SOURCE_DIR}/src/app/fetch_json.c)
target_sources(test_unread PRIVATE ${PROJECT_SOURCE_DIR}/src/app/unread.c)
target_sources(test_report PRIVATE ${PROJECT_SOURCE_DIR}/src/app/report.c)
target_sources(test_resume PRIVATE ${PROJECT_SOURCE_DIR}/src/app/interrupt.c
  ${PROJECT_SOURCE_DIR}/src/app/resume.c)
target_link_options(test_report PRIVATE -Wl,--wrap=rename)
target_link_options(test_resume PRIVATE -Wl,--wrap=fsync -Wl,--wrap=fdatasync
  -Wl,--wrap=rename -Wl,--wrap=flock)
target_link_options(test_interrupt PRIVATE -Wl,--wrap=irl_os_clock_ns)

# Scripts get the program's path; they need no privilege unless they say so.
file(GLOB cli_scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sh)
foreach(script ${cli_scripts})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME cli.${name} COMMAND bash ${script} $<TARGET_FILE:irl>)
endforeach()
# Those with a world of their own mostly wait: beside those that keep a core busy.
set_tests_properties(cli.fetch_ipv6 cli.fetch_next_hops cli.fetch_nginx
  cli.fetch_resume cli.fetch_world cli.help_examples cli.scan_world
  PROPERTIES RESOURCE_LOCK quiet TIMEOUT 300)
set_tests_properties(cli.scan_world PROPERTIES LABELS threads)
