# SPDX-License-Identifier: BSD-2-Clause
# Programs whose output must not depend on the system: tests/windows.cmake
# compares them.
irl_test_program(records cross/records.c)
add_test(NAME cross.records COMMAND records json)
irl_test_program(fetch cross/fetch.c)
add_test(NAME cross.fetch COMMAND fetch records)
