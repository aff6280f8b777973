# What scripts/test and scripts/test-long have in common. Sourced by them, in the repository's root.
# shellcheck shell=bash
#
# Results are counted in $TEST_RESULTS (checks.sh).
# The last line of a suite is the sum, "N passed, N failed, N skipped".

# shellcheck source=scripts/testing/checks.sh
source scripts/testing/checks.sh

headline() {
  printf '\n== %s\n' "$*"
}

# begin_suite <name>: its results go to .test/<name>.
begin_suite() {
  suite=$1
  results=.test/$suite
  rm -rf "$results"
  mkdir -p "$results"
  export TEST_RESULTS=$PWD/$results/scripts.tsv
  : >"$TEST_RESULTS"
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
  # The tests start hundreds of short programs. Code that is profiled and compiled again does not pay off in them.
  export DOTNET_TieredPGO=0 DOTNET_EnableWriteXorExecute=0
  unset MAKEFLAGS MFLAGS MAKELEVEL
  trap end_suite EXIT
}

# Whatever happens, the sum is the last line, and it says so when something failed that is no test.
end_suite() {
  local status=$? passed failed skipped
  if ! scripts/testing/read-trx "$results"/*.trx >>"$TEST_RESULTS"; then
    printf 'failed\tread-trx\tthe results of dotnet test could not be read\n' >>"$TEST_RESULTS"
  fi
  count_second_attempts
  if ((status != 0)) && (($(count failed) == 0)); then printf 'failed\tmake %s\tended early with status %s\n' "$suite" "$status" >>"$TEST_RESULTS"; fi
  passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
  if ((failed > 0)); then
    headline 'Failed'
    awk -F '\t' '$1 == "failed" { print "  " $2 ($3 == "" ? "" : ": " $3) }' "$TEST_RESULTS"
  fi
  if [[ -s $results/unsteady.tsv ]]; then
    headline 'Passed at the second attempt only: each is a fault, of the test or of what it tests'
    awk -F '\t' '{ print "  " $2 ": " $3 }' "$results/unsteady.tsv"
  fi
  if ((skipped > 0)); then
    headline 'Skipped, and why'
    awk -F '\t' '$1 == "skipped" { print "  " $2 ": " $3 }' "$TEST_RESULTS"
  fi
  printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  if ((failed > 0)); then exit 1; fi
  exit 0
}

# A test that passed in repeat_failed_tests counts as passed, and its failure goes to unsteady.tsv.
count_second_attempts() {
  [[ -d $results/again ]] || return 0
  scripts/testing/read-trx "$results"/again/*.trx >"$results/again.tsv"
  awk -F '\t' -v OFS='\t' -v unsteady="$results/unsteady.tsv" '
    FILENAME == ARGV[1] { if ($1 == "passed") passed[$2]; next }
    $1 == "failed" && $2 in passed { print >unsteady; print "passed", $2, ""; next }
    { print }' "$results/again.tsv" "$TEST_RESULTS" >"$results/merged.tsv"
  mv "$results/merged.tsv" "$TEST_RESULTS"
}

install_and_build() {
  headline 'Packages'
  scripts/install-packages scripts/packages-demo.txt scripts/packages-test.txt
  scripts/install-node-packages

  headline 'Build'
  check 'the solution builds without a warning' scripts/build
  [[ $outcome == passed ]] || exit 1
  # The tests start it in place of the build's.
  check 'the proxy compiles to machine code, as its image has it' scripts/compile-proxy
  [[ $outcome == passed ]] || exit 1
  export SSHGATEWAY_PROXY=$PWD/.compiled/proxy/sshgateway-proxy
}

find_api_server() {
  local programs program
  headline 'A Kubernetes API server to test against'
  # Where it cannot be had, its tests skip themselves and say why.
  if programs=$(scripts/cluster/build); then
    printf '%s\n' "$programs"
    while read -r program; do export "${program?}"; done <<<"$programs"
  fi
}

find_helm() {
  local program
  headline 'Helm, to test the chart with'
  # Where it cannot be had, its tests skip themselves and say why.
  if program=$(scripts/install-helm); then
    printf '%s\n' "$program"
    export "${program?}"
  fi
}

prepare_cluster() {
  headline 'A real cluster to test on'
  # Where there can be none, its tests skip themselves and say why.
  if scripts/install-packages scripts/packages-cluster.txt && scripts/cluster/build --all; then
    scripts/cluster/images || true
  fi
}

# run_errors <file.trx…>: what went wrong outside of the tests, in one line.
run_errors() {
  sed -n '/<RunInfo .*outcome="Error"/,/<\/RunInfo>/p' "$@" | sed 's/<[^>]*>//g' | tr -s '[:space:]' ' ' | cut -c 1-1000
}

# dotnet_test <directory of the results> <prefix of their files> <filter> <limit>
dotnet_test() {
  # One project at a time: tests of the three would disturb each other's timing.
  dotnet test SshGateway.sln -m:1 -c Release --no-build --results-directory "$1" --filter "$3" \
    --logger 'console;verbosity=normal' --logger "trx;LogFilePrefix=$2" \
    --blame-hang --blame-hang-timeout "$4" --blame-hang-dump-type none </dev/null
}

# run_tests <name> <filter> <limit>: those of the solution that the filter chooses; one that takes longer than the limit
# (30m) has hung. The name is the beginning of the results' file names.
run_tests() {
  local name=$1 filter=$2 limit=$3 status=0 figures
  headline 'Tests'
  dotnet_test "$results" "$name" "$filter" "$limit" || status=$?
  # A crashed or hung test host fails the run also where no single test did, as does a fixture that cannot clean up; so
  # does a run without results.
  if ((status != 0)) && ! grep -qs '<UnitTestResult .*outcome="Failed"' "$results/$name"_*.trx; then
    printf 'failed\tdotnet test (%s)\tended with status %s: %s\n' "$name" "$status" "$(run_errors "$results/$name"_*.trx)" >>"$TEST_RESULTS"
  fi
  if ! grep -qs '<UnitTestResult ' "$results/$name"_*.trx; then
    printf 'failed\tdotnet test (%s)\tleft no results\n' "$name" >>"$TEST_RESULTS"
  fi

  # What tests measured on the way: dotnet test itself shows the output of failed tests only.
  if figures=$(grep -hoE 'Figure: [^<]*' "$results/$name"_*.trx 2>/dev/null); then
    headline 'Figures'
    printf '%s\n' "$figures" | sed -e 's/^Figure: //' -e 's/&#xD;//'
  fi
}

# repeat_failed_tests <limit>: those of run_tests that failed, once more, when nothing runs beside them. The suite says
# which passed only then. Five failures are no accident: they stand.
repeat_failed_tests() {
  local methods
  mapfile -t methods < <(scripts/testing/read-trx "$results"/*.trx | awk -F '\t' '$1 == "failed" { sub(/\(.*/, "", $2); print $2 }' | grep -v '^Debian 13: ' | sort -u)
  if ((${#methods[@]} == 0 || ${#methods[@]} >= 5)); then return; fi
  headline 'What failed, once more'
  dotnet_test "$results/again" again "$(printf 'FullyQualifiedName=%s|' "${methods[@]}" | sed 's/|$//')" "$1" || true
}

# run_tests_in_trixie <filter> <limit>: the same on Debian 13, with its OpenSSH and OpenSSL. Its tests' names begin with
# "Debian 13: ".
run_tests_in_trixie() {
  local status=0 project assemblies=()
  for project in Unit Integration EndToEnd; do assemblies+=("tests/$project/bin/Release/net10.0/SshGateway.Tests.$project.dll"); done
  headline 'Tests on Debian 13'
  if ! scripts/install-trixie 2>&1 | tee "$results/install-trixie.log"; then
    skip 'tests on Debian 13' "$(tail -n 1 "$results/install-trixie.log")"
    return
  fi
  timeout --kill-after 10 "$2" scripts/testing/in-trixie dotnet vstest "${assemblies[@]}" --TestCaseFilter:"$1" \
    --ResultsDirectory:"$results" --logger:'console;verbosity=normal' --logger:'trx;LogFileName=trixie.trx' </dev/null || status=$?
  if [[ ! -s $results/trixie.trx ]]; then
    printf 'failed\tdotnet vstest on Debian 13\tleft no results and ended with status %s\n' "$status" >>"$TEST_RESULTS"
    return
  fi
  sed -i 's/ testName="/&Debian 13: /g' "$results/trixie.trx"
  if ((status != 0)) && ! grep -q '<UnitTestResult .*outcome="Failed"' "$results/trixie.trx"; then
    printf 'failed\tdotnet vstest on Debian 13\tended with status %s\n' "$status" >>"$TEST_RESULTS"
  fi
}
