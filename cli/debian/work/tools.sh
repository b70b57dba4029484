# The tools that scripts are made of, each with something that is its own.
cd "$TMPDIR" || exit 1
printf 'ann,31,3.5\nbob,27,4.25\ncid,45,2\n' > people.csv
seq 1 200 > numbers

echo "## grep"
grep -nE '(^|[^0-9])[17]7$' numbers | head -n 3
grep -c 9 numbers; grep -oP '\d(?=0$)' numbers | sort -u | tr -d '\n'; echo
echo "## sed"
sed -n '5,7{s/^/line /;p}' numbers
sed -E 's/([a-z]+),([0-9]+),.*/\2 \1/' people.csv
echo "## gawk"
gawk -F, '{ s += $3; n[$1] = $2 } END { printf "%.3f\n", s; for (k in n) print k, n[k] | "sort"; }' people.csv
gawk 'BEGIN { print strftime("%F", 0, 1), toupper("x"), substr("abcdef", 2, 3), 2 ** 10, sprintf("%c", 65) }'
echo "## mawk"
mawk -F, 'BEGIN { OFS = ";" } { $2 += 1; print }' people.csv
echo "## find and xargs"
mkdir -p d/e && touch d/a.txt d/e/b.txt d/c.md
find d -name '*.txt' -printf '%f %s %y\n' | sort
find d -type f -print0 | sort -z | xargs -0 -n 1 basename
echo "## tar and gzip"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf d.tar d && tar -tvf d.tar
gzip -9 -n -k numbers && gzip -l numbers.gz | mawk 'NR == 2 { print $2 }' && zcat numbers.gz | cmp - numbers && echo same
mkdir out && tar -xf d.tar -C out && find out | sort
echo "## bc"
echo 'scale = 30; 4 * a(1); 2 ^ 200; define f(x) { if (x < 2) return 1; return x * f(x - 1); }; f(25)' | bc -l
echo "## coreutils"
sort -t, -k3,3n people.csv; cut -d, -f1 people.csv | paste -sd' '; tail -n 2 numbers; head -c 6 numbers; wc numbers
printf 'b\na\nb\n' | sort | uniq -c; sha256sum numbers; md5sum numbers; cksum numbers; base64 people.csv; nl people.csv
join -t, people.csv people.csv; comm -12 people.csv people.csv; tac people.csv; fold -w 4 people.csv | head -n 2
date -u -d @1217376000 +%FT%T; stat -c '%a %s %F' people.csv; ln -s people.csv link; readlink -f link | sed 's|.*/||'
factor 123456789; seq -f %05.1f 1 3; expr 6 \* 7; printf '%-5s|%5d\n' a 42; test -s numbers && echo full; numfmt --to=iec 1048576
od -An -tx1 -N8 people.csv; tr a-c A-C < people.csv; split -n 3 numbers part. && cat part.* | cmp - numbers && echo whole
timeout 0.05 sleep 5; echo "timed out: $?"; env -i A=1 env; nproc > nproc && echo counted; df . > /dev/null && echo df; du -s d | cut -f2
touch -d @86400 old && stat -c %Y old; mktemp -u XXXX | wc -c; truncate -s 10K big && stat -c %s big; shred -u big && ls big 2>&1
tee copy < people.csv | cmp - people.csv && cmp copy people.csv && echo teed; install -m 600 people.csv inst && stat -c %a inst
echo "## diff"
diff -u people.csv copy && echo equal; sed 's/27/28/' people.csv | diff people.csv -
echo "## sqlite3"
sqlite3 test.db 'create table t (n integer, s text); insert into t with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000) select x, printf("%d squared", x) from c; create index i on t (s);'
sqlite3 test.db 'select count(*), sum(n) from t where s like "%7 %"; pragma integrity_check; begin; delete from t; rollback; select max(n) from t;'
sqlite3 -csv -header test.db 'select n, s from t order by s desc limit 2'
echo "## dash"
dash -c 'x=1; while [ $x -le 3 ]; do printf "%s " $x; x=$((x + 1)); done; echo; trap "echo bye" EXIT; exit 3'
echo "status $?"
