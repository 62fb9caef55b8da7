#!/bin/sh
# begin.sh FOLDER [FIRST-PORT] - a beginning to play with or to change into your own: keys,
# four witnesses in four jurisdictions (three are needed), their policy, a trust root that
# three holders signed, and an empty release ledger.  All in FOLDER, which must be new or
# empty, and all on this machine: in earnest each holder has a machine and a key of his own,
# and only public keys, the policy and the trust root travel.
#
# The witnesses listen on 127.0.0.1, from FIRST-PORT (else 7911) on; FOLDER/witnesses starts
# them, and ends them when it ends.  `vitrine` must be in the PATH.
set -eu
usage="usage: begin.sh FOLDER [FIRST-PORT]"
case ${1:-} in -h | --help) echo "$usage"; exit ;; esac
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "$usage" >&2
    exit 2
fi
port=${2:-7911}
case $port in *[!0-9]* | ?????? | "") port=0 ;; esac
if [ "$port" -lt 1024 ] || [ "$port" -gt 65531 ]; then
    echo "begin.sh: FIRST-PORT '${2:-}' is no number from 1024 to 65531" >&2
    exit 2
fi
program=$(command -v vitrine) || {
    echo "begin.sh: there is no vitrine in the PATH" >&2
    exit 3
}
PATH=$(cd "$(dirname "$program")" && pwd):$PATH # it may have been found by a path from here
mkdir -p "$1" && cd "$1"
if [ -n "$(ls -A)" ]; then
    echo "begin.sh: $1 is not empty; name a new folder" >&2
    exit 1
fi
origin=ledger.example/releases
vkey() { vitrine key show "$1.pub" --name "$2" | sed -n "s/^as $3 *//p"; }

# One key a holder and duty.  In earnest: --passphrase-file, or a pkcs11: URI.
for who in foundation vendor supervisor reviewer builder cell ledger ch de jp br; do
    vitrine key new --out "$who.key" >/dev/null
done

# Witnesses, and the policy: which log, which witnesses, how many jurisdictions.
log=$(vkey ledger.key $origin "a log")
echo "log $log" >policy.txt
cat >witnesses <<'END'
#!/bin/bash
# Starts the witnesses, and ends those, and nothing else, when it ends.
cd "$(dirname "$0")" || exit 3
pids=
end() {
    code=$?
    trap - INT TERM EXIT
    kill $pids 2>/dev/null
    wait
    exit $code
}
trap end EXIT
trap 'exit 0' INT TERM
END
for place in ch de jp br; do
    vitrine witness init --dir "witness-$place" --name "$place.example" --key "$place.key" >/dev/null
    vitrine witness add-log --dir "witness-$place" --vkey "$log" >/dev/null
    code=$(echo $place | tr a-z A-Z)
    echo "witness $place $(vkey $place.key $place.example witness) http://127.0.0.1:$port/" >>policy.txt
    echo "group $code any $place" >>policy.txt
    echo "vitrine witness serve --dir witness-$place --port $port & pids=\"\$pids \$!\"" >>witnesses
    port=$((port + 1))
done
echo "group jurisdictions 3 CH DE JP BR" >>policy.txt
echo "quorum jurisdictions" >>policy.txt
echo 'wait -n # one that ended: it was told to, or cannot begin and says so' >>witnesses
chmod +x witnesses

# The trust root: who may say what, where he stands, how many are enough.
vitrine trust init --out trust.json --origin $origin --policy policy.txt --threshold root=3/3/2 >/dev/null
add() { vitrine trust add-key --trust trust.json --role "$1" --public "$2.key.pub" --holder "$3" --jurisdiction "$4" ${5:+--site "$5"} >/dev/null; }
add root foundation Foundation CH
add root vendor Vendor DE
add root supervisor Supervisor CH
add vendor vendor Vendor DE
add supervisor supervisor Supervisor CH
add reviewer reviewer Reviewer BR
# A key's jurisdiction is where the key is kept and used, not where its holder is at home:
# this vendor of DE builds in Zurich.
add builder builder Vendor CH Zurich
add residency foundation Foundation CH
add residency vendor Vendor DE
add residency supervisor Supervisor CH
vitrine trust add-key --trust trust.json --role cell --public cell.key.pub --holder Cells --jurisdiction CH --product zurich >/dev/null
for who in foundation vendor supervisor; do
    vitrine trust sign --trust trust.json --key $who.key >/dev/null
done
vitrine trust show --trust trust.json

vitrine ledger init --dir log --origin $origin --key ledger.key --policy policy.txt --entries public >/dev/null
echo
echo "All is in $PWD.  Start the witnesses (./witnesses &), then begin a release:"
echo "  vitrine line lock --recipe RECIPE --store store --out lock.json"
echo "  vitrine release draft --desk desk --trust trust.json --recipe RECIPE --lock lock.json \\"
echo "      --store store --source FOLDER --key vendor.key"
echo "  vitrine line archive --recipe RECIPE --lock lock.json --store store --source FOLDER \\"
echo "      --to archive                (the packages, for the supervisor's --packages archive)"
echo "  vitrine release status --desk desk --trust trust.json     (says who acts next, and how)"
