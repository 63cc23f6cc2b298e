#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes each target for a bounded time, one on each processor. Then prints the share of lines of
# each parser that its corpus reaches.
#
# Fuzz/run.sh [SECONDS [TARGET ...]]      SECONDS per target (default 30); 0: only coverage
# Fuzz/run.sh -runs=NUMBER [TARGET ...]   NUMBER of runs per target, optimized and without coverage
# Fuzz/run.sh -merge [TARGET ...]         removes inputs that reach nothing beyond smaller ones
#
# A failing input is kept in Fuzz/FailCases/TARGET/ and replayed by the unit tests. Inputs that
# reach new lines are kept in .build-fuzz/corpus/TARGET, where the next run continues.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
shift
merges=
# What bounds the runs, and how the programs are built.
case $seconds in
  -runs=*) bound=$seconds kind=release options=(-c release -Xswiftc -enable-testing);;
  -merge)
    merges=yes seconds=0 kind=debug
    options=(-Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping);;
  *)
    bound=-max_total_time=$seconds kind=debug
    options=(-Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping);;
esac
all=$(sed -n 's/^runFuzzer(FuzzBody.named("\(.*\)"))$/\1/p' Fuzz/*/main.swift)
targets=${*:-$all}
least=80
# The longest input of a target, in bytes, and the longest run, in seconds.
longest() { case $1 in media) echo 32768;; feed) echo 20480;; *) echo 4096;; esac; }
limit() { case $1 in media) echo 20;; *) echo 5;; esac; }
# The most memory of a target, in MB: documents that grow within it are found.
memory() { case $1 in xml | playlists | encryption) echo 512;; *) echo 2048;; esac; }
# Media allocate much: with fewer freed bytes and shorter stacks kept, a run takes three quarters of
# the time, and a limit of memory has fewer freed bytes. A failing input that is run without these
# settings has the whole stack.
sanitizer() {
  case $1 in
    media | xml | playlists | encryption) echo quarantine_size_mb=4:malloc_context_size=1:;;
  esac
}
# Keeps the inputs of a target that libFuzzer keeps, under their names: it writes copies named by
# digests. An input that once failed is in Fuzz/FailCases, which stays as it is.
merge() {
  local kept=$build/merged/$1 corpus=Fuzz/Corpus/$1 file before
  rm -rf "$kept"
  mkdir -p "$kept"
  before=$(find "$corpus" -type f | wc -l)
  "$build/$kind/fuzz-$1" -merge=1 -timeout="$(limit "$1")" -artifact_prefix="$build/" "$kept" \
    "$corpus" >"$build/merge-$1.log" 2>&1 || { tail -12 "$build/merge-$1.log"; return 1; }
  [ -n "$(ls "$kept")" ] || { echo "fuzz-$1: nothing was kept"; return 1; }
  for file in "$corpus"/*; do
    [ -e "$kept/$(sha1sum <"$file" | cut -d ' ' -f 1)" ] || rm "$file"
  done
  echo "fuzz-$1: $(find "$corpus" -type f | wc -l) of $before inputs are kept"
}
tools=$(dirname "$(readlink -f "$(command -v swift)")")
build=.build-fuzz
export FUZZ=1
# Otherwise Swift handles the signal, and libFuzzer does not keep the input that caused it.
export SWIFT_BACKTRACE=enable=no
failed=0

# Fuzzes a target; prints its lines, all at once, since other targets run beside it.
fuzz() {
  local target=$1
  local corpus=Fuzz/Corpus/$target found=$build/corpus/$target fails=Fuzz/FailCases/$target
  local log=$build/run-$target.log
  mkdir -p "$corpus" "$found" "$fails"
  LLVM_PROFILE_FILE=/dev/null ASAN_OPTIONS=$(sanitizer "$target")detect_leaks=0 \
    "$build/$kind/fuzz-$target" "$bound" -max_len="$(longest "$target")" \
    -timeout="$(limit "$target")" -rss_limit_mb="$(memory "$target")" \
    -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$fails/" "$found" "$corpus" >"$log" 2>&1
  local status=$? text
  text=$(
    echo "fuzz-$target: $bound"
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|new_units_added|peak_rss_mb)' \
      "$log" | sed 's/^/  /'
    [ $status -eq 0 ] || echo "fuzz-$target FAILED; the input is in $fails:"
    [ $status -eq 0 ] || grep -v '^    #' "$log" | tail -12
  )
  echo "$text"
  return $status
}

# A fuzzer uses one processor. The next target is built while others run.
processors=$(nproc)
waiting=0 built=yes
for target in $targets; do
  log=$build/build-$target.log
  mkdir -p $build
  swift build --product "fuzz-$target" --scratch-path $build -Xswiftc -sanitize=fuzzer,address \
    "${options[@]}" >"$log" 2>&1 \
    || { grep -E 'error:' "$log" || tail -20 "$log"; built=no; break; }
  if [ -n "$merges" ]; then
    LLVM_PROFILE_FILE=/dev/null ASAN_OPTIONS=$(sanitizer "$target")detect_leaks=0 \
      merge "$target" || failed=1
  fi
  [ "$seconds" != 0 ] || continue
  if [ $waiting -ge "$processors" ]; then
    wait -n || failed=1
    waiting=$((waiting - 1))
  fi
  fuzz "$target" &
  waiting=$((waiting + 1))
done
while [ $waiting -gt 0 ]; do
  wait -n || failed=1
  waiting=$((waiting - 1))
done
[ $built = yes ] || exit 1

[ $kind = debug ] || exit $failed
echo "lines reached by the corpora in the repository"
for target in $targets; do
  program=$build/debug/fuzz-$target
  export LLVM_PROFILE_FILE=$build/$target.profraw ASAN_OPTIONS=detect_leaks=0
  log=$build/cover-$target.log
  mkdir -p Fuzz/FailCases/"$target"
  "$program" -runs=0 -artifact_prefix=$build/ Fuzz/Corpus/"$target" Fuzz/FailCases/"$target" \
    >"$log" 2>&1 || {
    failed=1
    echo "fuzz-$target FAILED on its corpus"
    grep -v '^    #' "$log" | tail -12
  }
  "$tools/llvm-profdata" merge -o "$build/$target.profdata" "$LLVM_PROFILE_FILE" || exit 1
  "$tools/llvm-cov" export -summary-only "$program" -instr-profile="$build/$target.profdata" \
    >"$build/$target.json" 2>/dev/null || exit 1
  python3 Fuzz/coverage.py "$target" $least "$build/$target.json" || failed=1
done
exit $failed
