"""The completion scripts of bash, zsh and fish, as literals.

Each asks `natscope` itself with `_NATSCOPE_COMPLETE` set and gets one candidate a line, `word<TAB>help`; the line
`:file` or `:folder` asks the shell to complete names of files.
"""

BASH = r"""# bash completion for natscope
_natscope_completion() {
    local line kind="" cur="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n'
    [[ $cur == "=" ]] && cur=""
    COMPREPLY=()
    while read -r line; do
        case $line in
            :file | :folder) kind=$line ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <(_NATSCOPE_COMPLETE=bash COMP_CWORD=$COMP_CWORD COMP_WORDS="${COMP_WORDS[*]}" "$1" 2>/dev/null)
    case $kind in
        :file) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$cur")) ;;
        :folder) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$cur")) ;;
    esac
}
complete -F _natscope_completion natscope
"""

ZSH = r"""#compdef natscope
# zsh completion for natscope
_natscope() {
    local line kind="" word
    local -a found
    local asked="${(pj:\n:)words}" at=$((CURRENT - 1))
    for line in "${(@f)$(_NATSCOPE_COMPLETE=zsh COMP_CWORD=$at COMP_WORDS=$asked natscope 2>/dev/null)}"; do
        case $line in
            "") ;;
            :file | :folder) kind=$line ;;
            *)
                word="${line%%$'\t'*}"
                if [[ $line == *$'\t'* ]]; then
                    found+=("${word//:/\\:}:${line#*$'\t'}")
                else
                    found+=("${word//:/\\:}")
                fi
                ;;
        esac
    done
    (( ${#found} )) && _describe -V natscope found
    case $kind in
        :file) _files ;;
        :folder) _files -/ ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _natscope "$@"
else
    compdef _natscope natscope
fi
"""

FISH = r"""# fish completion for natscope
function __natscope_completion
    set -l words (commandline -opc) (commandline -ct)
    set -l current (commandline -ct)
    set -l last (math (count $words) - 1)
    set -l asked (string join \n -- $words | string collect)
    for line in (env _NATSCOPE_COMPLETE=fish COMP_CWORD=$last COMP_WORDS=$asked natscope 2>/dev/null)
        switch $line
            case :file
                __fish_complete_path $current
            case :folder
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end
complete --no-files --command natscope --arguments '(__natscope_completion)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
