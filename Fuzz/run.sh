#!/bin/bash
# Fuzzes each target for a bounded time, then prints which share of its parser's lines its corpus reaches.
#
# Fuzz/run.sh [SECONDS [TARGET ...]]      SECONDS for each target, 30; 0: only coverage
#
# An input that fails is kept in Fuzz/FailCases/TARGET/ and replayed by the unit tests from then on. What was found that
# reaches further stays in .build-fuzz/corpus/TARGET, where the next run goes on.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
shift
all=$(sed -n 's/^runFuzzer(FuzzBody.named("\(.*\)"))$/\1/p' Fuzz/*/main.swift)
targets=${*:-$all}
least=80
tools=$(dirname "$(readlink -f "$(command -v swift)")")
build=.build-fuzz
export FUZZ=1
# Else Swift takes the signal, and the input that caused it is not kept.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0
failed=0

for target in $targets; do
  log=$build/build-$target.log
  mkdir -p $build
  swift build --product "fuzz-$target" --scratch-path $build -Xswiftc -sanitize=fuzzer,address \
    -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping >"$log" 2>&1 \
    || { grep -E 'error:' "$log" || tail -20 "$log"; exit 1; }
done

for target in $targets; do
  program=$build/debug/fuzz-$target
  corpus=Fuzz/Corpus/$target found=$build/corpus/$target fails=Fuzz/FailCases/$target
  mkdir -p "$corpus" "$found" "$fails"
  export LLVM_PROFILE_FILE=/dev/null
  if [ "$seconds" -gt 0 ]; then
    echo "fuzz-$target: $seconds s"
    "$program" -max_total_time="$seconds" -max_len=4096 -timeout=5 -print_final_stats=1 -verbosity=1 \
      -artifact_prefix="$fails/" "$found" "$corpus" >"$build/run-$target.log" 2>&1
    status=$?
    grep -E 'stat::(number_of_executed_units|new_units_added|peak_rss_mb)' "$build/run-$target.log" | sed 's/^/  /'
    if [ $status -ne 0 ]; then
      failed=1
      echo "fuzz-$target FAILED; the input is in $fails:"
      tail -25 "$build/run-$target.log"
    fi
  fi
done

echo "lines reached by the corpora in the repository"
for target in $targets; do
  program=$build/debug/fuzz-$target
  export LLVM_PROFILE_FILE=$build/$target.profraw
  "$program" -runs=0 Fuzz/Corpus/"$target" Fuzz/FailCases/"$target" >"$build/cover-$target.log" 2>&1 \
    || { failed=1; echo "fuzz-$target FAILED on its corpus"; tail -25 "$build/cover-$target.log"; }
  "$tools/llvm-profdata" merge -o "$build/$target.profdata" "$LLVM_PROFILE_FILE" || exit 1
  "$tools/llvm-cov" export -summary-only "$program" -instr-profile="$build/$target.profdata" \
    >"$build/$target.json" 2>/dev/null || exit 1
  python3 Fuzz/coverage.py "$target" $least "$build/$target.json" || failed=1
done
exit $failed
