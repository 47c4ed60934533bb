# SPDX-License-Identifier: BSD-2-Clause
# The short way in; the build itself is CMake (see CMakePresets.json).
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

.PHONY: build check demo nightly windows install clean format abi deps

# The release program, at build/release/irl.
build: deps
	@cmake --preset release --log-level=NOTICE
	@cmake --build --preset release -j $(JOBS)

# All that CI runs: see scripts/check.
check:
	@scripts/install-deps --check
	@scripts/check

# A scan of a simulated Internet, judged against the truth.
demo: build
	@scripts/demo

# What runs on Windows, cross-compiled into build/windows.
windows:
	@scripts/install-deps --windows
	@scripts/build-windows-drivers

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
