# SPDX-License-Identifier: BSD-2-Clause
.PHONY: build
build:
	cmake --preset release
	cmake --build --preset release
