# From audited source to a verdict on a customer's machine.  Sourced by tools/demo.sh.

on_desk=(--desk desk --trust trust.json)

# draft RECIPE LOCK [SOURCE-ARGUMENT...]
draft() {
    local recipe=$1 lock=$2
    shift 2
    vitrine release draft "${on_desk[@]}" --recipe "$recipe" --lock "$lock" --store "$vendor_store" \
        --key vendor/key "$@"
}
authorise() {
    vitrine supervise authorise "${on_desk[@]}" --ledger log --key supervisor/key "$@"
}
build() { vitrine release build "$1" "$2" "${on_desk[@]}" --store "$vendor_store" --out "vendor/out-$1-$2" --key builder/key; }
rebuild() {
    vitrine supervise rebuild "$1" "$2" "${on_desk[@]}" --store "$supervisor_store" --packages archive \
        --out "supervisor/out-$1-$2" --key supervisor/key --vary
}
review() { vitrine review sign "$1" "$2" "${on_desk[@]}" --verdict accept --key reviewer/key; }
approve() { vitrine supervise approve "$1" "$2" "${on_desk[@]}" --ledger log --policy demands.json --key supervisor/key; }
publish() {
    vitrine release publish "$1" "$2" "${on_desk[@]}" --policy demands.json --ledger log --public public --key vendor/key
}
renew() { vitrine release renew "${on_desk[@]}" --ledger log --public public --key "$1"; }
withdraw() {
    vitrine release withdraw "$1" "$2" "${on_desk[@]}" --ledger log --public public --key "$3" --reason "$4"
}
verify() { vitrine verify "$@" --trust customer/trust.json --policy demands.json; }

# A reviewer whom the trust root does not name.
enrol_reviewer() {
    vitrine key new --out reviewer-jp/key &&
        vitrine trust enrol --role reviewer --public reviewer-jp/key.pub --holder "Second reviewer" \
            --jurisdiction JP --site Tokyo --key supervisor/key --out reviewer-jp/enrolment.json &&
        vitrine supervise authorise "${on_desk[@]}" --ledger log --enrolment reviewer-jp/enrolment.json
}
review_too() {
    tell reviewer "a second one, enrolled since, accepts it too" vitrine review sign "$1" "$2" "${on_desk[@]}" \
        --verdict accept --key reviewer-jp/key
}

# make_product NAME VERSION RECIPE [SOURCE-ARGUMENT...] - the whole way, one line a step.
make_product() {
    local name=$1 version=$2 recipe=$3 lock=locks/$1.lock.json
    shift 3
    echo "   $name $version"
    [ -e "$lock" ] || tell vendor "finds and keeps the packages it needs" \
        vitrine line lock --recipe "$recipe" --store "$vendor_store" --out "$lock"
    tell vendor "drafts it: source, recipe and lock by digest" draft "$recipe" "$lock" "$@"
    [ -e "authorised-$name" ] || tell supervisor "authorises the environment, on the ledger" \
        authorise --environment "$lock"
    : >"authorised-$name"
    tell vendor "builds it in the sealed sandbox" build "$name" "$version"
    tell vendor "archives everything that a rebuild needs" \
        vitrine line archive --recipe "$recipe" --lock "$lock" --store "$vendor_store" --to archive "$@"
    tell supervisor "rebuilds it, twice, the second time under varied terms" rebuild "$name" "$version"
    [ "$name" != zlib ] || echo "                What zlib's two builds saw; those of every product differ so:"
    [ "$name" != zlib ] || sed -n 's/^/                /; /path  /,/variable  /p; /equal-robust/p' last.log
    tell reviewer "signs that he accepts this very source" review "$name" "$version"
    $before_approval "$name" "$version"
    tell supervisor "approves with his signature" approve "$name" "$version"
    tell vendor "signs too; ledger, three witnesses, public folder" publish "$name" "$version"
}

# The pages of the Centre, from the same source.  The packages that they are built with come
# from npm once, each with the digest that the recipe names; from then on they are kept.
make_pages() {
    local packages=$build/demo-stores/packages package inputs=()
    if [ -e "$build/web.missing" ]; then
        echo "   vitrine-pages is left out: $(cat "$build/web.missing")"
        return
    fi
    for package in $(sed -n 's/.*{"name": "\([^"]*\.tgz\)".*/\1/p' "$root/centre/web/pages.recipe.json"); do
        inputs+=(--input "$package=$packages/$package")
    done
    [ -e "$packages" ] || tell vendor "fetches the packages that the pages are built with" \
        node "$root/centre/web/packages.mjs" fetch "$packages"
    make_product vitrine-pages "$(cat "$root/VERSION")" "$root/centre/web/pages.recipe.json" --source "$root" "${inputs[@]}"
}

# A rule database, made by the tool that the line made before: the same two signatures, no
# fast lane.  One rule collects files, not only detects them: the supervisor must allow that
# one by name before he can approve.
make_rules() {
    local tool hash
    tool=public/vitrine/$(cat "$root/VERSION")/vitrine
    hash=$(sha256sum <"$tool" | cut -c1-64)
    sed "s/VITRINE/$hash/" "$products/rules.recipe.json" >rules.recipe.json
    before_approval=allow_collecting
    make_product threat-rules 2026.11 rules.recipe.json --source "$root/examples/rules" --input "vitrine=$tool"
    before_approval=:
}

allow_collecting() {
    expect supervisor "cannot approve: a rule collects files" "collects files and is not authorised" \
        approve threat-rules 2026.11
    tell supervisor "allows that rule to collect, on the ledger" authorise --product threat-rules \
        --collection Vitrine_Test_Dropper --note "demonstration"
}
before_approval=:

renew_list() {
    tell vendor "says again that nothing else was withdrawn" renew vendor/key
    tell supervisor "says so too: the list is fresh, cosigned" renew supervisor/key
}

# check_product NAME VERSION FILE...
check_product() {
    local name=$1 version=$2 file
    shift 2
    for file; do
        tell customer "checks $file offline: yes" \
            verify "public/$name/$version/$file" --product "$name" --state customer/state
    done
}
