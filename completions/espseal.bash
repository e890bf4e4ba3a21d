# bash completion of espseal; made by man/generate, do not edit
# shellcheck shell=bash disable=SC2207
_espseal()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W 'provision prove audit boot-check profile identity ds secure-cert nvs ota wifi-prov bundle device jtag flash image secure-boot partition-table efuse apply flash-encryption unlock chip help --help --version' -- "$cur"))
        return
    fi
    case "${COMP_WORDS[1]}" in
    profile)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'init check show schema' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    identity)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'key csr ca cert enroll' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    ds)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'params' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    secure-cert)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'build inspect extract sign verify append-integrity scan' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    nvs)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'build encrypt decrypt keygen dump check' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    ota)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'keygen encrypt decrypt info' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    wifi-prov)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'make' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    bundle)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'build show verify' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    device)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'list watch info security-info exits' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    jtag)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'token' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    flash)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'id read write verify erase md5 merge' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    image)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'info' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    secure-boot)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'keygen sign verify digest info rotate' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    partition-table)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'show check decode encode' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    efuse)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'summary burn burn-bits burn-key burn-block burn-digest burn-mac protect set-flash-voltage check dump adc' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
    flash-encryption)
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W 'keygen encrypt decrypt' -- "$cur"))
            return
        fi
        set -- "${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        ;;
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
    'provision')
        case "$prev" in
        --profile) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --set) COMPREPLY=(); return ;;
        --mode) COMPREPLY=($(compgen -W 'development production' -- "$cur")); return ;;
        --storage) COMPREPLY=($(compgen -W 'ds ecdsa plaintext' -- "$cur")); return ;;
        --ca-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --seen) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --device-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --private-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --subject) COMPREPLY=(); return ;;
        --san) COMPREPLY=(); return ;;
        --eku) COMPREPLY=(); return ;;
        --serials) COMPREPLY=(); return ;;
        --serial) COMPREPLY=(); return ;;
        --key-type) COMPREPLY=($(compgen -W 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p192' -- "$cur")); return ;;
        --ca-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --days) COMPREPLY=(); return ;;
        --sign-cmd) COMPREPLY=(); return ;;
        --cmp) COMPREPLY=(); return ;;
        --cmp-ref) COMPREPLY=(); return ;;
        --cmp-secret-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --cmp-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --cmp-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --csr-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --efuse-key) COMPREPLY=(); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --offset) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --firmware) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --nvs-template) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --nvs-values) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --nvs-partition) COMPREPLY=(); return ;;
        --nvs-version) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --derive-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --transport) COMPREPLY=($(compgen -W 'ble softap' -- "$cur")); return ;;
        --out) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --ca-passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--profile --set --mode --storage --ca-cert --foreign-ca --seen --device-cert --private-key --subject --san --eku --any-subject --serials --serial --key-type --ca-key --days --sign-cmd --cmp --cmp-ref --cmp-secret-file --cmp-cert --cmp-key --cmp-update --csr-only --csr-out --efuse-key --hmac-key --offset --table-offset --firmware --nvs-template --nvs-values --nvs-partition --nvs-version --derive-key --transport --out --keep-secrets --force --allow --passphrase-file --ca-passphrase-file --pin-file --insecure-permissions --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'prove')
        case "$prev" in
        --offset) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--offset --table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'audit')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --flash-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --revision) COMPREPLY=(); return ;;
        --flash-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --sdkconfig) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --records) COMPREPLY=(); return ;;
        --require) COMPREPLY=(); return ;;
        --baseline) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --format) COMPREPLY=($(compgen -W 'text json sarif markdown' -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --flash-file --revision --fuses-only --whole-flash --flash-key --table-offset --sdkconfig --records --require --baseline --format --out --list --force --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'boot-check')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --flash-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --if) COMPREPLY=(); return ;;
        --revision) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --flash-file --key --if --revision --table-offset --rom-only --download --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'profile init')
        case "$prev" in
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --mode) COMPREPLY=($(compgen -W 'development production' -- "$cur")); return ;;
        --set) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --chip --mode --set --no-comments --force --json --progress --help'
        ;;
    'profile check')
        case "$prev" in
        --set) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--set --no-files --insecure-permissions --json --progress --help'
        ;;
    'profile show')
        case "$prev" in
        --set) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--set --json --progress --help'
        ;;
    'profile schema')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'identity key')
        case "$prev" in
        --type) COMPREPLY=($(compgen -W 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p192' -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--type --out --encrypt --passphrase-file --force --insecure-permissions --json --progress --help'
        ;;
    'identity csr')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --subject) COMPREPLY=(); return ;;
        --san) COMPREPLY=(); return ;;
        --eku) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--key --subject --san --eku --out --passphrase-file --pin-file --force --insecure-permissions --json --progress --help'
        ;;
    'identity ca')
        case "$prev" in
        --subject) COMPREPLY=(); return ;;
        --days) COMPREPLY=(); return ;;
        --eku) COMPREPLY=(); return ;;
        --out-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --type) COMPREPLY=($(compgen -W 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p192' -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--subject --days --eku --out-cert --out-key --key --type --encrypt --passphrase-file --pin-file --force --insecure-permissions --json --progress --help'
        ;;
    'identity cert')
        case "$prev" in
        --csr) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --ca-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --ca-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --days) COMPREPLY=(); return ;;
        --eku) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--csr --ca-cert --ca-key --days --eku --out --passphrase-file --pin-file --force --insecure-permissions --json --progress --help'
        ;;
    'identity enroll')
        case "$prev" in
        --server) COMPREPLY=(); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --subject) COMPREPLY=(); return ;;
        --san) COMPREPLY=(); return ;;
        --eku) COMPREPLY=(); return ;;
        --csr) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --ref) COMPREPLY=(); return ;;
        --secret-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --old-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --old-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --ca-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--server --key --subject --san --eku --csr --update --ref --secret-file --old-cert --old-key --ca-cert --out --passphrase-file --pin-file --force --insecure-permissions --json --progress --help'
        ;;
    'ds params')
        case "$prev" in
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --iv) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out-iv) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--chip --key --hmac-key --iv --out --out-iv --passphrase-file --force --insecure-permissions --json --progress --help'
        ;;
    'secure-cert build')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --csv) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --entries) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --base-dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --ca-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --device-cert) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --private-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key-storage) COMPREPLY=($(compgen -W 'plaintext ds ecdsa hmac-encrypted hmac-derived' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --efuse-key) COMPREPLY=(); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --iv) COMPREPLY=(); return ;;
        --salt) COMPREPLY=(); return ;;
        --size) COMPREPLY=(); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --sign-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --format) COMPREPLY=($(compgen -W 'tlv cust_flash nvs' -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --csv --entries --base-dir --ca-cert --device-cert --private-key --key-storage --chip --efuse-key --hmac-key --iv --salt --size --partition-table --sign-key --format --no-integrity --allow-private-key --production --flash-encryption --passphrase-file --pin-file --insecure-permissions --force --json --progress --help'
        ;;
    'secure-cert inspect')
        case "$prev" in
        --offset) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--offset --table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'secure-cert extract')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --layout) COMPREPLY=($(compgen -W 'plain parse_bin' -- "$cur")); return ;;
        --offset) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --layout --offset --table-offset --force --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'secure-cert sign')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --size) COMPREPLY=(); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key) COMPREPLY=(); return ;;
        --to-be-signed) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --signature) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --public-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --size --partition-table --key --to-be-signed --signature --public-key --passphrase-file --pin-file --insecure-permissions --force --json --progress --help'
        ;;
    'secure-cert verify')
        case "$prev" in
        --digest) COMPREPLY=(); return ;;
        --public-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--digest --public-key --signed --json --progress --help'
        ;;
    'secure-cert append-integrity')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --size) COMPREPLY=(); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --size --partition-table --force --json --progress --help'
        ;;
    'secure-cert scan')
        case "$prev" in
        --fingerprint) COMPREPLY=(); return ;;
        --fingerprints) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--fingerprint --fingerprints --json --progress --help'
        ;;
    'nvs build')
        case "$prev" in
        --size) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --version) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --values) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --mac) COMPREPLY=(); return ;;
        --serial) COMPREPLY=(); return ;;
        --derive-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --label) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --transport) COMPREPLY=($(compgen -W 'ble softap' -- "$cur")); return ;;
        --keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --new-keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--size --out --version --values --mac --serial --derive-key --label --transport --keys --hmac-key --new-keys --latest-namespace --no-wifi-entries --force --insecure-permissions --json --progress --help'
        ;;
    'nvs encrypt')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --new-keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --keys --hmac-key --new-keys --force --insecure-permissions --json --progress --help'
        ;;
    'nvs decrypt')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --partition) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --size) COMPREPLY=(); return ;;
        --keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --partition --table-offset --size --keys --hmac-key --force --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'nvs keygen')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --new-hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --hmac-key --new-hmac-key --insecure-permissions --json --progress --help'
        ;;
    'nvs dump')
        case "$prev" in
        --partition) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --size) COMPREPLY=(); return ;;
        --keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--csv --partition --table-offset --size --keys --hmac-key --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'nvs check')
        case "$prev" in
        --partition) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --size) COMPREPLY=(); return ;;
        --keys) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--partition --table-offset --size --keys --hmac-key --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'ota keygen')
        case "$prev" in
        --out-public) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --type) COMPREPLY=($(compgen -W 'rsa:3072 ec:p256' -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --new-hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out-public --out --type --hmac-key --new-hmac-key --encrypt --passphrase-file --force --insecure-permissions --json --progress --help'
        ;;
    'ota encrypt')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--key --out --force --json --progress --help'
        ;;
    'ota decrypt')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--key --hmac-key --out --force --passphrase-file --pin-file --insecure-permissions --json --progress --help'
        ;;
    'ota info')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'wifi-prov make')
        case "$prev" in
        --mac) COMPREPLY=(); return ;;
        --name) COMPREPLY=(); return ;;
        --security) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --user) COMPREPLY=(); return ;;
        --pop-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --transport) COMPREPLY=($(compgen -W 'ble softap' -- "$cur")); return ;;
        --salt) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --verifier) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --csv) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --namespace) COMPREPLY=(); return ;;
        --pop-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --payload) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --qr) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--mac --name --security --user --pop-file --transport --salt --verifier --csv --namespace --pop-out --payload --qr --show --force --insecure-permissions --json --progress --help'
        ;;
    'bundle build')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --filter) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --form) COMPREPLY=($(compgen -W 'offsets sequential' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --system --filter --form --force --json --progress --help'
        ;;
    'bundle show')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'bundle verify')
        case "$prev" in
        --chain) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--chain --json --progress --help'
        ;;
    'device list')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--probe --json --progress --help'
        ;;
    'device watch')
        case "$prev" in
        --count) COMPREPLY=(); return ;;
        --timeout) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--count --timeout --json --progress --help'
        ;;
    'device info')
        case "$prev" in
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'device security-info')
        case "$prev" in
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'device exits')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'jtag token')
        case "$prev" in
        --hmac-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--hmac-key --out --hex --force --insecure-permissions --json --progress --help'
        ;;
    'flash id')
        case "$prev" in
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash read')
        case "$prev" in
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --force --table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash write')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --encrypt-with) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --flash-mode) COMPREPLY=($(compgen -W 'keep qio qout dio dout' -- "$cur")); return ;;
        --flash-freq) COMPREPLY=(); return ;;
        --flash-size) COMPREPLY=(); return ;;
        --assume-size) COMPREPLY=(); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--compress --no-compress --encrypt --key --encrypt-with --partition-table --table-offset --insecure-permissions --diff --no-diff --verify --no-verify --flash-mode --flash-freq --flash-size --assume-size --allow --reset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash verify')
        case "$prev" in
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash erase')
        case "$prev" in
        --assume-size) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--all --no-verify --assume-size --table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash md5')
        case "$prev" in
        --table-offset) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--table-offset --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'flash merge')
        case "$prev" in
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --start) COMPREPLY=(); return ;;
        --pad-to) COMPREPLY=(); return ;;
        --fill) COMPREPLY=(); return ;;
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --flash-mode) COMPREPLY=($(compgen -W 'keep qio qout dio dout' -- "$cur")); return ;;
        --flash-freq) COMPREPLY=(); return ;;
        --flash-size) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --force --table-offset --start --pad-to --fill --chip --flash-mode --flash-freq --flash-size --json --progress --help'
        ;;
    'image info')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'secure-boot keygen')
        case "$prev" in
        --type) COMPREPLY=($(compgen -W 'rsa:3072 ec:p192 ec:p256 ec:p384' -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --public-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --allow) COMPREPLY=($(compgen -W 'SB-SCHEME' -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--type --out --public-out --chip --allow --encrypt --passphrase-file --force --insecure-permissions --json --progress --help'
        ;;
    'secure-boot sign')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --version) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --replace) COMPREPLY=($(compgen -W 'all 0 1 2' -- "$cur")); return ;;
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --allow) COMPREPLY=($(compgen -W 'SB-SCHEME' -- "$cur")); return ;;
        --bootloader-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --iv) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key) COMPREPLY=(); return ;;
        --to-be-signed) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --signature) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --public-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --version --append --replace --no-padding --chip --allow --bootloader-key --iv --key --to-be-signed --signature --public-key --passphrase-file --pin-file --insecure-permissions --force --json --progress --help'
        ;;
    'secure-boot verify')
        case "$prev" in
        --public-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --digest) COMPREPLY=(); return ;;
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --version) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --bootloader-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--public-key --digest --efuse-file --table-offset --version --bootloader-key --insecure-permissions --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'secure-boot digest')
        case "$prev" in
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --public-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --version) COMPREPLY=($(compgen -W '1 2' -- "$cur")); return ;;
        --bits) COMPREPLY=(); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --public-out --version --bits --passphrase-file --pin-file --insecure-permissions --force --json --progress --help'
        ;;
    'secure-boot info')
        case "$prev" in
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--json --progress --help'
        ;;
    'secure-boot rotate')
        case "$prev" in
        --add) COMPREPLY=(); return ;;
        --revoke) COMPREPLY=($(compgen -W '0 1 2' -- "$cur")); return ;;
        --image) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--add --revoke --image --table-offset --efuse-file --allow --passphrase-file --pin-file --insecure-permissions --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'partition-table show')
        case "$prev" in
        --flash-size) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --secure-boot) COMPREPLY=($(compgen -W 'v1 v2' -- "$cur")); return ;;
        --bootloader-offset) COMPREPLY=(); return ;;
        --recovery-offset) COMPREPLY=(); return ;;
        --subtype) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--flash-size --table-offset --secure-boot --bootloader-offset --recovery-offset --subtype --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'partition-table check')
        case "$prev" in
        --flash-size) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --secure-boot) COMPREPLY=($(compgen -W 'v1 v2' -- "$cur")); return ;;
        --bootloader-offset) COMPREPLY=(); return ;;
        --recovery-offset) COMPREPLY=(); return ;;
        --subtype) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--flash-size --table-offset --secure-boot --bootloader-offset --recovery-offset --subtype --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'partition-table decode')
        case "$prev" in
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --flash-size) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --secure-boot) COMPREPLY=($(compgen -W 'v1 v2' -- "$cur")); return ;;
        --bootloader-offset) COMPREPLY=(); return ;;
        --recovery-offset) COMPREPLY=(); return ;;
        --subtype) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --force --flash-size --table-offset --secure-boot --bootloader-offset --recovery-offset --subtype --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'partition-table encode')
        case "$prev" in
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --flash-size) COMPREPLY=(); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --secure-boot) COMPREPLY=($(compgen -W 'v1 v2' -- "$cur")); return ;;
        --bootloader-offset) COMPREPLY=(); return ;;
        --recovery-offset) COMPREPLY=(); return ;;
        --subtype) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--out --force --no-md5 --no-check --flash-size --table-offset --secure-boot --bootloader-offset --recovery-offset --subtype --json --progress --help'
        ;;
    'efuse summary')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --field) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --all --changed --field --show-keys --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'efuse burn')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse burn-bits')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse burn-key')
        case "$prev" in
        --purpose) COMPREPLY=(); return ;;
        --file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--purpose --file --keep-readable --keep-writable --passphrase-file --insecure-permissions --efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse burn-block')
        case "$prev" in
        --data) COMPREPLY=(); return ;;
        --offset) COMPREPLY=(); return ;;
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--data --offset --efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse burn-digest')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --slot) COMPREPLY=($(compgen -W '0 1 2' -- "$cur")); return ;;
        --block) COMPREPLY=(); return ;;
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--key --slot --block --keep-writable --efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse burn-mac')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse protect')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--read --write --efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse set-flash-voltage')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --plan-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --allow) COMPREPLY=(); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --plan-out --allow --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'efuse check')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --errors-only --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'efuse dump')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --format) COMPREPLY=($(compgen -W 'hex joint qemu espefuse' -- "$cur")); return ;;
        --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --format --out --force --show-keys --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'efuse adc')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --port --chip --baud --before --after --trace --json --progress --help'
        ;;
    'apply')
        case "$prev" in
        --efuse-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --port|-p) COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- "$cur")); return ;;
        --chip|-c) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --baud|-b) COMPREPLY=(); return ;;
        --before) COMPREPLY=($(compgen -W 'default-reset usb-reset no-reset' -- "$cur")); return ;;
        --after) COMPREPLY=($(compgen -W 'hard-reset watchdog-reset no-reset' -- "$cur")); return ;;
        --trace) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --confirm) COMPREPLY=($(compgen -W 'burn stdin' -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--efuse-file --insecure-permissions --port --chip --baud --before --after --trace --dry-run --confirm --json --progress --help'
        ;;
    'flash-encryption keygen')
        case "$prev" in
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --bits) COMPREPLY=(); return ;;
        --escrow-to) COMPREPLY=(); return ;;
        --escrow-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --mac) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--chip --out --bits --escrow-to --escrow-out --mac --json --progress --help'
        ;;
    'flash-encryption encrypt')
        case "$prev" in
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --address) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out-dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --crypt-config) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--chip --key --address --out --out-dir --partition-table --table-offset --crypt-config --pad --force --insecure-permissions --json --progress --help'
        ;;
    'flash-encryption decrypt')
        case "$prev" in
        --chip) COMPREPLY=($(compgen -W 'esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3' -- "$cur")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --address) COMPREPLY=(); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out-dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --partition-table) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --table-offset) COMPREPLY=(); return ;;
        --crypt-config) COMPREPLY=(); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--chip --key --address --out --out-dir --partition-table --table-offset --crypt-config --force --insecure-permissions --json --progress --help'
        ;;
    'unlock')
        case "$prev" in
        --key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --out|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --kind) COMPREPLY=(); return ;;
        --mac) COMPREPLY=(); return ;;
        --passphrase-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --pin-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --progress) COMPREPLY=($(compgen -W 'bar json none' -- "$cur")); return ;;
        esac
        words='--key --out --kind --mac --passphrase-file --pin-file --force --insecure-permissions --json --progress --help'
        ;;
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
        words='--man --profile-man --commands --completion --json --progress --help'
        ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -F _espseal espseal
