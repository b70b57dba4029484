# One line an applet: its name, and what to do with it. Each is run as a program of its own.
set -u
cd "$TMPDIR" && rm -rf applets && mkdir applets && cd applets || exit 1

applet() {
  name=$1
  shift
  echo "== $name"
  eval "$@" 2>&1
  echo "-- status $?"
}
bb() { /usr/bin/busybox "$@"; }

printf 'pear 3\napple 10\nfig 7\napple 2\n' > fruit
printf 'one\ntwo\nthree\nfour\nfive\n' > words
printf '\000\001\002binary\377' > bytes

applet arch 'bb arch'
applet ash "bb ash -c 'x=5; echo \$((x * x)) \${x:-none} \${y:-none}'"
applet awk "bb awk '{ sum[\$1] += \$2 } END { for (k in sum) print k, sum[k] }' fruit | bb sort"
applet base64 'bb base64 bytes; bb base64 bytes | bb base64 -d | bb cmp - bytes'
applet basename 'bb basename /usr/lib/libc.so.6 .6'
applet bc 'echo "scale=20; sqrt(2); 2^100; s(1)" | bb bc -l'
applet bzip2 'bb bzip2 -k words && bb bunzip2 -c words.bz2 | bb cmp - words'
applet cal 'bb cal 2 2008'
applet cat 'bb cat -n words'
applet chmod 'bb chmod 741 words && bb stat -c %a words && bb chmod 644 words'
applet cmp 'bb cmp fruit words'
applet cp 'bb cp -p fruit fruit2 && bb cmp fruit fruit2'
applet cpio 'bb ls -1 fruit words | bb cpio -o -H newc 2>/dev/null | bb cpio -t 2>/dev/null'
applet crc32 'bb crc32 words'
applet cut "bb cut -d ' ' -f 2 fruit"
applet date 'bb date -u -d @1217376000 "+%Y-%m-%d %H:%M:%S %j %a"'
applet dc 'echo "2 64 ^ p 10 k 1 3 / p" | bb dc'
applet dd 'bb dd if=words of=part bs=4 skip=1 count=2 2>/dev/null; bb cat part'
applet diff 'bb diff -u fruit fruit2; bb diff fruit words | bb head -n 3'
applet dirname 'bb dirname /usr/lib/libc.so.6'
applet dos2unix 'printf "a\r\nb\r\n" > dos; bb dos2unix dos; bb od -c dos'
applet echo 'bb echo -e "a\tb\\\\c"'
applet env 'bb env -i A=1 B=2 /usr/bin/busybox env | bb sort'
applet expand 'printf "a\tb\n" | bb expand -t 4'
applet expr 'bb expr \( 3 + 4 \) \* 5; bb expr abcdef : "abc\(.*\)"'
applet factor 'bb factor 1000000007 360360'
applet false 'bb false'
applet find 'bb find . -name "f*" -type f | bb sort'
applet fold 'bb fold -w 3 words'
applet grep 'bb grep -n -E "^(t|f)" words; bb grep -c o words'
applet gzip 'bb gzip -c words | bb gunzip | bb cmp - words; bb gzip -c words | bb wc -c'
applet head 'bb head -n 2 words'
applet hexdump 'bb hexdump -C bytes'
applet id 'bb id -u'
applet install 'bb install -m 600 words installed && bb stat -c "%a %s" installed'
applet link 'bb link words hard && bb stat -c %h words && bb rm hard'
applet ln 'bb ln -s words soft && bb readlink soft && bb cat soft | bb head -n 1'
applet ls 'bb ls -1 -F | bb head -n 6'
applet md5sum 'bb md5sum words | bb md5sum -c'
applet mkdir 'bb mkdir -p d/e/f && bb find d | bb sort'
applet mkfifo 'bb mkfifo pipe && (bb echo through > pipe & bb cat pipe; wait)'
applet mktemp 'bb mktemp -d ./tXXXXXX | bb wc -c'
applet mv 'bb mv part piece && bb ls piece'
applet nl 'bb nl words | bb tail -n 1'
applet od 'bb od -An -tx1 bytes'
applet paste 'bb paste -d + words fruit'
applet patch 'printf "%s\n" "--- words" "+++ words" "@@ -1,2 +1,2 @@" "-one" "+ONE" " two" | bb patch -p0 && bb head -n 1 words'
applet printf 'bb printf "%05d %x %s %.3f\n" 42 255 text 3.14159'
applet pwd 'bb pwd | bb sed "s|.*/||"'
applet realpath 'bb realpath soft | bb sed "s|.*/||"'
applet rev 'bb rev words'
applet rm 'bb rm -r d && bb ls d'
applet rmdir 'bb mkdir x && bb rmdir x && bb ls x'
applet sed "bb sed -n -e 's/o/0/gp' -e '\$=' words"
applet seq 'bb seq -s , 3 3 15'
applet sha1sum 'bb sha1sum words'
applet sha256sum 'bb sha256sum bytes'
applet sha3sum 'bb sha3sum words'
applet sha512sum 'bb sha512sum bytes'
applet shuf 'bb shuf words | bb sort | bb cmp - sorted'
applet sleep 'bb sleep 0.01'
applet sort 'bb sort -k2,2n -r fruit'
applet stat 'bb stat -c "%s %F %a" words'
applet strings 'bb strings bytes'
applet tac 'bb tac words'
applet tail 'bb tail -c 5 words'
applet tar 'bb tar czf t.tgz fruit words && bb tar tzf t.tgz && bb mkdir out && bb tar xzf t.tgz -C out && bb cmp out/words words'
applet tee 'bb echo copied | bb tee copy && bb cat copy'
applet test 'bb test -f words -a ! -d words && bb test 3 -lt 10'
applet timeout 'bb timeout 0.05 /usr/bin/busybox sleep 5'
applet touch 'bb touch -d @1000000000 words && bb stat -c %Y words'
applet tr 'bb tr a-z A-Z < words'
applet true 'bb true'
applet truncate 'bb truncate -s 3 copy && bb cat copy'
applet uname 'bb uname -sm'
applet unexpand 'printf "        a\n" | bb unexpand | bb od -c'
applet uniq 'bb sort fruit | bb cut -d " " -f 1 | bb uniq -c'
applet unlink 'bb unlink copy; bb ls copy'
applet usleep 'bb usleep 1000'
applet uudecode 'bb uuencode words w > w.uu && bb uudecode -o w2 w.uu && bb cmp words w2'
applet wc 'bb wc words fruit'
applet which 'PATH=/usr/bin bb which busybox'
applet xargs 'bb seq 1 5 | bb xargs -n 2 /usr/bin/busybox echo got'
applet xxd 'bb xxd bytes'
applet yes 'bb yes y | bb head -n 2'
