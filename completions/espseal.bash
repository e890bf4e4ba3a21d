# bash completion of espseal; made by man/generate, do not edit
# shellcheck shell=bash disable=SC2207
_espseal()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W 'chip help --help --version' -- "$cur"))
        return
    fi
    case "${COMP_WORDS[1]}" in
    chip)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'list' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    *) set -- "${COMP_WORDS[1]}" ;;
    esac
    case "$1" in
    'chip list')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'help')
        case "$prev" in
        --completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--man --commands --completion --json --progress --help'
        ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -F _espseal espseal
