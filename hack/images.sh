#!/usr/bin/env bash
# Builds the two images and tries them out, with docker, podman or buildah, whichever works here.
#   hack/images.sh build    build model-monitor-operator and model-monitor-jobs; print their sizes
#   hack/images.sh check    run each image once, as uid 10001 on a read-only root, and look at what came
#   hack/images.sh save DIR write each image as DIR/NAME.tar
#
# Where the base image can't be pulled, a stand-in is made of Debian's packages with debootstrap (needs root).
#   ENGINE=docker|podman|buildah   BASE_IMAGE=python:3.12-slim   VERSION=…   PREFIX=…/ (put before both names)
set -euo pipefail
cd "$(dirname "$0")/.."
BASE_IMAGE=${BASE_IMAGE:-python:3.12-slim}
BUILD_IMAGE=${BUILD_IMAGE:-$BASE_IMAGE}
VERSION=${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml | head -1)}
REVISION=${REVISION:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}
PREFIX=${PREFIX:-}
STAND_IN=localhost/model-monitor-base
IMAGES=(operator jobs)
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

say() { printf '%s\n' "$*" >&2; }
name_of() { printf '%smodel-monitor-%s:%s' "$PREFIX" "$1" "$VERSION"; }

find_engine() {
    local engine
    for engine in ${ENGINE:-docker podman buildah}; do
        command -v "$engine" > /dev/null && timeout 20 "$engine" info > /dev/null 2>&1 && { echo "$engine"; return; }
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        say "no container engine that works: installing buildah"
        apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq buildah > /dev/null
        buildah info > /dev/null && { echo buildah; return; }
    fi
    say "error: neither docker nor podman nor buildah works here; install one of them and try again"
    return 1
}

# ---- the base ----------------------------------------------------------------------------------------------------
base_is_there() {
    case $ENGINE in
        buildah) buildah inspect --type image "$1" > /dev/null 2>&1 || timeout 60 buildah pull -q "$1" > /dev/null 2>&1 ;;
        *) "$ENGINE" image inspect "$1" > /dev/null 2>&1 || timeout 300 "$ENGINE" pull -q "$1" > /dev/null 2>&1 ;;
    esac
}

choose_base() {
    base_is_there "$BASE_IMAGE" && return
    say "the base image $BASE_IMAGE can't be pulled here"
    BASE_IMAGE=$STAND_IN:runtime BUILD_IMAGE=$STAND_IN:build
    if base_is_there "$BASE_IMAGE" && base_is_there "$BUILD_IMAGE"; then return; fi
    make_stand_in
}

make_stand_in() ( # a subshell, so that its folder goes when it ends
    if [ "$(id -u)" != 0 ]; then
        say "error: making a base image of Debian's packages needs root; or give one that is here: BASE_IMAGE=…"
        exit 1
    fi
    command -v debootstrap > /dev/null || { apt-get update -qq >&2; apt-get install -y -qq debootstrap > /dev/null; }
    local folder root suite mirror
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    root=$folder/root
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
    say "making one of Debian's packages ($suite), about a minute"
    debootstrap --variant=minbase --include=python3,python3-pip,ca-certificates "$suite" "$root" "$mirror" \
        > "$folder/log" 2>&1 || { tail -20 "$folder/log" >&2; exit 1; }
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/{doc,man,info,locale}/* \
        "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
    ln -sf python3 "$root/usr/bin/python"
    cp "$root/etc/ssl/certs/ca-certificates.crt" "$folder/own.crt"
    # pip inside the build goes out as this machine does, so it needs the authorities that this machine trusts.
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$root/etc/pip.conf"
    import_root "$root" "$STAND_IN:build"
    cp "$folder/own.crt" "$root/etc/ssl/certs/ca-certificates.crt"
    rm "$root/etc/pip.conf"
    chroot "$root" dpkg --purge python3-pip python3-wheel python3-setuptools python3-pkg-resources \
        python3-distutils python3-lib2to3 >> "$folder/log" 2>&1 || { tail -20 "$folder/log" >&2; exit 1; }
    rm -rf "$root"/var/log/* "$root"/var/cache/*
    import_root "$root" "$STAND_IN:runtime"
)

import_root() {
    local environment="PATH=/usr/local/bin:/usr/bin:/bin" container
    case $ENGINE in
        buildah)
            container=$(buildah from scratch)
            buildah add -q "$container" "$1" / > /dev/null
            buildah config --env "$environment" --cmd python3 "$container"
            buildah commit -q --rm "$container" "$2" > /dev/null
            ;;
        *) tar -C "$1" -c . | "$ENGINE" import --change "ENV $environment" --change 'CMD ["python3"]' - "$2" > /dev/null ;;
    esac
}

# ---- building ----------------------------------------------------------------------------------------------------
build() {
    local target started
    choose_base
    for target in "${IMAGES[@]}"; do
        started=$SECONDS
        say "building $(name_of "$target") with $ENGINE on $BASE_IMAGE"
        build_one "$target"
        printf '%-40s %5d MB   built in %d s\n' "$(name_of "$target")" "$(size_of "$target")" $((SECONDS - started))
    done
}

build_one() {
    local arguments=(--target "$1" --tag "$(name_of "$1")" --build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION"
        --build-arg "BASE_IMAGE=$BASE_IMAGE" --build-arg "BUILD_IMAGE=$BUILD_IMAGE" --file Dockerfile .)
    case $ENGINE in
        buildah) buildah bud --quiet --layers --pull-never "${arguments[@]}" > /dev/null ;;
        *) "$ENGINE" build --quiet "${arguments[@]}" > /dev/null ;;
    esac
}

size_of() {
    case $ENGINE in
        # buildah prints sizes for people only; its root is the exact sum of the layers.
        buildah) with_container "$1" sh -c 'du -sxm --apparent-size "$1" | cut -f 1' ;;
        *) "$ENGINE" image inspect --format '{{.Size}}' "$(name_of "$1")" | awk '{printf "%d", $1 / 1000000}' ;;
    esac
}

# Runs COMMAND … with the container's root folder as its last argument.
with_container() {
    local container root status=0
    container=$(buildah from --pull-never "$(name_of "$1")")
    root=$(buildah mount "$container")
    shift
    "$@" sh "$root" || status=$?
    buildah rm "$container" > /dev/null
    return $status
}

save() {
    local target
    mkdir -p "$1"
    for target in "${IMAGES[@]}"; do
        rm -f "$1/model-monitor-$target.tar"
        case $ENGINE in
            buildah) buildah push -q "$(name_of "$target")" "docker-archive:$1/model-monitor-$target.tar:$(name_of "$target")" ;;
            *) "$ENGINE" save --output "$1/model-monitor-$target.tar" "$(name_of "$target")" ;;
        esac
    done
}

# ---- trying them out -----------------------------------------------------------------------------------------------
# Runs a command in an image as a pod would: uid 10001, read-only root, only /tmp writable, no network needed.
run() {
    local target=$1
    shift
    case $ENGINE in
        buildah) with_container "$target" run_read_only "$@" ;;
        *) "$ENGINE" run --rm --read-only --tmpfs /tmp --user 10001:10001 --cap-drop ALL --network none \
            --entrypoint "$1" "$(name_of "$target")" "${@:2}" ;;
    esac
}

run_read_only() {
    local root=${*: -1} command=("${@:1:$#-2}")
    # shellcheck disable=SC2016
    unshare --mount --pid --fork sh -c '
        root=$1; shift
        mount --bind "$root" "$root" && mount -o remount,bind,ro "$root" && mount -t tmpfs -o mode=1777 tmp "$root/tmp" &&
        mount -t proc proc "$root/proc" && mount --bind -o ro /dev "$root/dev" || exit 125
        exec chroot --userspec=10001:10001 "$root" /usr/bin/env -i HOME=/tmp PYTHONDONTWRITEBYTECODE=1 \
            PATH=/opt/model-monitor/bin:/usr/local/bin:/usr/bin:/bin "$@"' sh "$root" "${command[@]}"
}

expect() { # what, command…: it must succeed
    local what=$1 started output milliseconds
    shift
    started=$(date +%s%N)
    if ! output=$("$@" 2>&1); then
        printf '  FAILED  %s\n%s\n' "$what" "$output"
        return 1
    fi
    milliseconds=$((($(date +%s%N) - started) / 1000000))
    printf '  ok      %-58s %6d ms\n' "$what" "$milliseconds"
}

check() {
    local target failed=0 own other command
    for target in "${IMAGES[@]}"; do
        case $target in
            operator) own=kopf other=pyarrow command=model-monitor-operator ;;
            jobs) own=pyarrow other=kopf command=model-monitor ;;
        esac
        printf '%s (%d MB)\n' "$(name_of "$target")" "$(size_of "$target")"
        expect "starts python" run "$target" python -c 'pass' || failed=1
        expect "$command --help" run "$target" "$command" --help || failed=1
        expect "runs as uid 10001" run "$target" sh -c '[ "$(id -u)" = 10001 ]' || failed=1
        expect "can write /tmp" run "$target" sh -c 'echo x > /tmp/x' || failed=1
        expect "can't write anywhere else" run "$target" sh -c \
            '! (: > /x) && ! (: > /opt/model-monitor/x) && ! (: > /var/tmp/x) && ! (: > /run/x)' || failed=1
        expect "has neither pip nor a compiler" run "$target" sh -c \
            '! python -m pip && ! /usr/bin/env -i python3 -m pip && ! command -v pip gcc cc make' || failed=1
        expect "has nothing of the other side ($other)" run "$target" python -c \
            "import importlib.util as u; assert u.find_spec('$other') is None" || failed=1
        expect "imports $own" run "$target" python -c "import $own, model_monitor_crds" || failed=1
        expect "knows time zones" run "$target" python -c 'import zoneinfo; zoneinfo.ZoneInfo("Europe/Berlin")' || failed=1
        expect "has CA certificates" run "$target" python -c \
            'import ssl; assert ssl.create_default_context().cert_store_stats()["x509_ca"] > 50' || failed=1
        expect "has compiled modules" run "$target" python -c \
            'import os, model_monitor_crds as m; assert os.path.exists(m.__cached__), m.__cached__' || failed=1
        if [ "$target" = jobs ]; then
            # shellcheck disable=SC2016
            expect "makes a baseline and checks against it" run jobs sh -c '
                cd /tmp && { echo a,b; for i in $(seq 1 500); do echo "$i,x"; done; } > d.csv &&
                model-monitor baseline d.csv --output base && ls base/statistics.json base/constraints.json &&
                model-monitor check d.csv --baseline base && { echo a; seq 1 500; } > e.csv &&
                { model-monitor check e.csv --baseline base; [ $? = 2 ]; }' || failed=1
            expect "model-monitor crds prints three definitions" run jobs sh -c \
                '[ "$(model-monitor crds | grep -c "^kind: CustomResourceDefinition")" = 3 ]' || failed=1
        fi
    done
    return $failed
}

ENGINE=$(find_engine)
case ${1:-} in
    build | check) "$1" ;;
    save) save "${2:?folder to write to}" ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
