#!/bin/sh
# Builds the kernels and their tests for aarch64 and runs them under qemu-user. From Debian's packages:
#   apt install g++-aarch64-linux-gnu qemu-user-static
# Usage: run.sh SOURCE_DIR BUILD_DIR. Exits with 77 (skipped) and says so when a tool is missing.
set -eu
source=$1
build=$2
for tool in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
compile=aarch64-linux-gnu-g++
if command -v ccache >/dev/null; then compile="ccache $compile"; fi

# Only headers are taken from this machine's libraries, by name: its architecture is another.
mkdir -p "$build/include"
for header in doctest sodium sodium.h; do ln -sfn "/usr/include/$header" "$build/include/$header"; done

objects=
for file in src/crypto/cpu.cpp src/crypto/kernels/aes_gcm_armv8.cpp src/crypto/kernels/aes_gcm_portable.cpp \
            src/crypto/kernels/chacha20_poly1305_neon.cpp src/crypto/kernels/chacha20_poly1305_portable.cpp \
            tests/crypto_kernels/chacha20_poly1305_test.cpp \
            tests/crypto_kernels/aes_gcm_test.cpp tests/crypto_kernels/aarch64/stand_ins.cpp tests/support/main.cpp; do
  object=$build/$(basename "$file" .cpp).o
  $compile -std=c++23 -O2 -Wall -Wextra -Werror -fno-strict-aliasing -I "$source/include" -I "$source/src" \
    -I "$source/tests" -isystem "$build/include" -c "$source/$file" -o "$object"
  objects="$objects $object"
done
aarch64-linux-gnu-g++ -static $objects -o "$build/test_crypto_kernels_aarch64"
qemu-aarch64-static "$build/test_crypto_kernels_aarch64"
