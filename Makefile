# SPDX-License-Identifier: BSD-2-Clause
# The short way in; the build itself is CMake (see CMakePresets.json).
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

.PHONY: build check demo nightly windows install clean format abi deps

# The release program, at build/release/irl.
build: deps
	@cmake --preset release --log-level=NOTICE
	@cmake --build --preset release -j $(JOBS)

# Everything for Windows, into build/windows: the program, the library and their
# tests; the drivers; one zip of what users get.
windows:
	@scripts/install-deps --windows
	@cmake --preset windows --log-level=NOTICE
	@cmake --build --preset windows -j $(JOBS)
	@scripts/build-windows-drivers
	@scripts/build-bringup
	@scripts/package-windows

# All that CI runs: see scripts/check.
check:
	@scripts/install-deps --check
	@scripts/check

# A scan of a simulated Internet, judged against the truth.
demo: build
	@scripts/demo

# Hours, not minutes: long fuzzing, the large conformance runs.
nightly:
	@scripts/install-deps --nightly
	@scripts/check --nightly

install: build
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build

format:
	@scripts/check-format --fix

# Accept a changed list of exported symbols, knowingly.
abi: build
	@scripts/check-abi --update build/release

deps:
	@scripts/install-deps
