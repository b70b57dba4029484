# A working day of bash: functions, arrays, pipes, traps, here-documents, job control, and what they leave.
set -u
export LC_ALL=C.UTF-8
section() { printf '\n## %s\n' "$*"; }

section functions and recursion
factorial() {
  local n=$1
  if ((n <= 1)); then echo 1; else echo $((n * $(factorial $((n - 1))))); fi
}
factorial 10
fibonacci() {
  local a=0 b=1 i
  for ((i = 0; i < $1; i++)); do
    printf '%d ' "$a"
    local t=$((a + b))
    a=$b b=$t
  done
  echo
}
fibonacci 15
returns() { return "$1"; }
returns 7 || echo "status $?"

section arrays
declare -a list=(pear apple fig "two words" kiwi)
list+=(date)
echo "${#list[@]} ${list[3]} ${list[@]:1:2}"
for i in "${!list[@]}"; do printf '%s=%s;' "$i" "${list[i]}"; done
echo
declare -A age=([ann]=31 [bob]=27 [cid]=45)
for name in $(printf '%s\n' "${!age[@]}" | sort); do echo "$name ${age[$name]}"; done
unset 'list[1]'
echo "${!list[@]}"
mapfile -t lines < <(printf 'x\ny\nz\n')
echo "${#lines[@]} ${lines[2]}"

section expansions
path=/usr/share/doc/bash/README.md
echo "${path##*/} ${path%/*} ${path%%.*} ${#path}"
echo "${path/share/SHARE} ${path//a/A} ${path:5:5}"
word=hello
echo "${word^} ${word^^} ${unset_name:-default} ${word:+set}"
echo {1..5} {a..e} file{1,2}.{c,h}
echo $((0x1f + 017 + 2#1010)) $((7 / 2)) $((-7 % 3)) $((1 << 40))
printf '%s\n' "$(printf 'nested %s' "$(echo deep)")"
[[ $word =~ ^h(.*)o$ ]] && echo "matched ${BASH_REMATCH[1]}"
case $word in
  h*) echo "begins with h" ;;
  *) echo "does not" ;;
esac

section here-documents
cat << END
a line with $word
  an indented one with $((6 * 7))
END
cat << 'END'
nothing is $expanded here
END
tr a-z A-Z <<< "a here-string"
while IFS=, read -r left right; do echo "$right-$left"; done << END
1,2
3,4
END

section pipes
seq 1 100 | grep 7 | sort -rn | head -n 5 | paste -sd+ | bc
printf '%s\n' b a c a | sort | uniq -c | gawk '{ print $2 ":" $1 }'
false | true
echo "pipe status ${PIPESTATUS[*]}"
set -o pipefail
false | true
echo "with pipefail $?"
set +o pipefail
diff <(seq 1 3) <(seq 2 4)
{ echo out; echo err >&2; } 2>&1 | sort
exec 5> "$TMPDIR/five"
echo "to five" >&5
exec 5>&-
cat "$TMPDIR/five"

section subshells and variables
value=outer
(value=inner; echo "$value")
echo "$value"
export EXPORTED=yes
bash -c 'echo "child sees $EXPORTED and $0 and $1"' name argument
coproc UPPER { while read -r line; do echo "${line^^}"; done; }
echo "through a coprocess" >&"${UPPER[1]}"
read -r answer <&"${UPPER[0]}"
echo "$answer"
upper=$UPPER_PID
eval "exec ${UPPER[1]}>&-"
wait "$upper"

section traps and signals
trap 'echo "caught USR1"' USR1
kill -USR1 $$
trap - USR1
(trap 'echo "leaving with $?"' EXIT; exit 3)
echo "status $?"
bash -c 'kill -TERM $$'
echo "ended by signal: $?"
(trap '' TERM; kill -TERM "$BASHPID"; echo "survived TERM")
interrupted() { echo "interrupted in ${FUNCNAME[0]}"; }
trap interrupted INT
kill -INT $$
trap - INT
bash -c 'trap "echo child got HUP; exit 5" HUP; kill -HUP $$; sleep 1'
echo "status $?"

section background jobs
sleep 0.05 &
first=$!
(sleep 0.02; exit 4) &
second=$!
wait "$second"
echo "second ended with $?"
wait "$first"
echo "first ended with $?"
for i in 3 1 2; do
  (echo "job $i") &
  wait $!
done
sleep 10 &
kill $!
wait $! 2> "$TMPDIR/ignored"
echo "killed: $?"

section job control
set -m
sleep 0.2 &
kill -STOP %sleep
sleep 0.01
jobs %sleep | sed 's/^.*\] *[-+]* *//; s/ \+/ /g'
kill -CONT %sleep
wait %sleep
echo "job ended with $?"
set +m

section files
cd "$TMPDIR" || exit 1
mkdir -p tree/a/b && touch tree/a/one tree/a/b/two
find tree -type f | sort
chmod 640 tree/a/one && stat -c '%a %n' tree/a/one
ln -s a/one tree/link && readlink tree/link && [[ -L tree/link && -f tree/link ]] && echo "a link to a file"
for f in tree/*; do [[ -d $f ]] && echo "directory $f"; done
shopt -s globstar nullglob
echo tree/**/ tree/nothing*
umask 027 && touch tree/private && stat -c %a tree/private
mv tree/private tree/renamed && rm -r tree && [[ ! -e tree ]] && echo gone

section select and getopts
parse() {
  local OPTIND option
  while getopts "ab:" option "$@"; do echo "option $option ${OPTARG-}"; done
}
parse -a -b value
printf '2\n' | { select fruit in pear fig; do echo "chose $fruit"; break; done; } 2> /dev/null
printf '%(%Y-%m-%d)T\n' 1217376000
echo "seconds passed: $((SECONDS < 100))"
exit 42
