# The commands of the guide that people follow (README of esp_secure_cert_mgr's tools), for tests that source this.
# shellcheck shell=bash

# guide_inputs: cacert.pem, client.key and client.crt in the current folder, made as the guide makes them.
guide_inputs() {
    openssl req -newkey rsa:2048 -nodes -keyout prvtkey.pem -x509 -days 3650 -out cacert.pem -subj '/CN=Test CA'
    openssl genrsa -out client.key
    openssl req -out client.csr -key client.key -new -subj '/CN=device' # the guide lets openssl ask for the name
    openssl x509 -req -days 365 -in client.csr -CA cacert.pem -CAkey prvtkey.pem -sha256 -CAcreateserial -out client.crt
}

# guide_command PORT [--production]: the documented command line. BIN holds the program under its documented name.
guide_command() {
    local port=$1
    shift
    "$BIN/configure_esp_secure_cert.py" -p "$port" --keep_ds_data_on_host --efuse_key_id 1 --ca-cert cacert.pem \
        --device-cert client.crt --private-key client.key --target_chip esp32c3 --secure_cert_type cust_flash_tlv \
        --configure_ds "$@"
}
