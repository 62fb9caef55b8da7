#!/bin/bash
# demo.sh BUILD [KEEP] - the main job, told by really doing it: real source through vendor's
# build, supervisor's rebuild, review, two signatures, ledger and witnesses to an offline
# verdict on a customer's machine; then nine attacks; then all of it in a Transparency
# Centre.  Works in build/demo, which it makes anew; packages and environments stay in
# build/demo-stores for the next run.  With KEEP the witnesses and the Centre are left
# running, else nothing is.  Exit 1 if any line is not as expected.
set -u
build=$(cd "$1" && pwd) || exit 3
keep=${2:-}
tools=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$tools")
products=$root/examples/products
PATH=$build:$PATH
place=$build/demo
vendor_store=$build/demo-stores/vendor
supervisor_store=$build/demo-stores/supervisor
rm -rf "$place"
mkdir -p "$place/customer" "$place/locks" "$build/demo-stores" && cd "$place" || exit 3
started=$SECONDS
served=()
stop_all() { [ "${#served[@]}" -eq 0 ] || kill "${served[@]}" 2>/dev/null; served=(); wait; }
trap '[ -n "$keep" ] || stop_all' EXIT
signify_deb=signify-openbsd_31-3_amd64.deb

# shellcheck source=/dev/null
for part in tell parties products attacks centre; do . "$tools/demo/$part.sh"; done

begin_parties
# What this customer and this supervisor demand.  A real policy lets an authorisation to
# collect wait for a day; a demonstration cannot.
echo '{"v": 1, "reviews": 1, "rebuild": "equal-robust", "builder_sites": ["Zurich"], "collection_delay_s": 0}' >demands.json
cp trust.json customer/trust.json
echo "   This customer and this supervisor demand one review and an equal-robust rebuild.  Their"
echo "   public delay for rules that collect is zero, so that the demonstration need not wait a day."

echo "2. Products, from source to the public folder"
mkdir -p old
make_product hello 1.0 "$products/hello/hello.recipe.json" --source "$products/hello/src"
check_product hello 1.0 hello
cp public/hello/1.0/hello public/hello/1.0/hello.evidence old/
sed 's/"1.0"/"1.1"/' "$products/hello/hello.recipe.json" >hello-1.1.recipe.json
mkdir -p hello-1.1 && sed 's/"hello"/"hello, world"/' "$products/hello/src/hello.c" >hello-1.1/hello.c
mkdir -p reviewer-jp
tell supervisor "enrols a second reviewer, on the ledger" enrol_reviewer
before_approval=review_too
make_product hello 1.1 hello-1.1.recipe.json --source hello-1.1
before_approval=:
make_product vitrine "$(cat "$root/VERSION")" "$root/vitrine.recipe.json" --source "$root"
make_pages
make_rules
make_product zlib 1.2.13.dfsg-1 "$products/zlib.recipe.json"
make_product signify-openbsd 31-3 "$products/signify-openbsd.recipe.json"
renew_list

echo "3. The customer, offline: only the public folder and the trust root"
check_product hello 1.1 hello
echo '{"v": 1, "reviews": 2}' >two-reviews.json
tell customer "demands two reviewers, and news of the last hour: yes" vitrine verify public/hello/1.1/hello \
    --trust customer/trust.json --policy two-reviews.json --max-age 1h
check_product vitrine "$(cat "$root/VERSION")" vitrine
[ ! -e public/vitrine-pages ] || check_product vitrine-pages "$(cat "$root/VERSION")" vitrine-pages.sha256
check_product threat-rules 2026.11 threat-rules.pack
check_product zlib 1.2.13.dfsg-1 zlib1g_1.2.13.dfsg-1_amd64.deb zlib1g-dev_1.2.13.dfsg-1_amd64.deb
check_product signify-openbsd 31-3 "$signify_deb"
tell anyone "compares every stored byte of the ledger with what was signed" \
    vitrine ledger fsck log --policy policy.txt

run_attacks
run_centre

echo
printf '  %-46s %-20s %-20s %s\n' "attack" "expected" "seen" ""
printf '%s\n' "${attacks[@]}"
echo
echo "Took $((SECONDS - started)) s.  Look at:"
echo "  $build/vitrine verify $place/public/zlib/1.2.13.dfsg-1/zlib1g_1.2.13.dfsg-1_amd64.deb --trust $place/customer/trust.json"
echo "  $build/vitrine release status --desk $place/desk --trust $place/trust.json"
echo "  $build/vitrine supervise inspect hello 1.1 --desk $place/desk --trust $place/trust.json"
echo "  $place/log/ and $place/public/: static files, any web server may serve them"
if [ -n "$keep" ]; then
    echo "Open the Transparency Centre: $(cat centre.url)"
else
    echo "Open the Transparency Centre, all of this in a browser, with"
    echo "  $build/vitrine centre serve --dir $place/centre$([ ! -d "$place/pages" ] || echo " --pages $place/pages") --port 7920    and then http://127.0.0.1:7920"
fi
[ -z "$keep" ] || echo "The witnesses and the Centre go on: $(cat ch.url de.url jp.url br.url | tr '\n' ' ')- end them with: kill ${served[*]}"
[ "$failed" -eq 0 ] || echo "Something was not as expected; see above."
exit "$failed"
