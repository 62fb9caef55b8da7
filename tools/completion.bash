# Completion for vitrine: the command itself knows its groups, verbs and options.
_vitrine() {
    local word=${COMP_WORDS[COMP_CWORD]} words
    words=$("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD - 1}" 2>/dev/null)
    # Options only to whom begins one: else file names, by -o default.
    [[ $word == -* ]] || words=$(grep -v '^--' <<<"$words")
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _vitrine vitrine
