#!/bin/sh
# Fills /opt/model-monitor inside the image build; the Dockerfile calls it.
#   dependencies EXTRA... make the environment and install what pyproject.toml's extras need
#   project PACKAGE...   (with UNUSED="PATTERN...") install the project, keep only these of its packages, and make the result ready to ship
set -eu
environment=/opt/model-monitor

install() {
    python3 -m pip --python "$environment/bin/python" install --quiet --only-binary :all: "$@"
}

dependencies() {
    python3 -m venv --without-pip "$environment"
    python3 - "$@" > /tmp/requirements.txt <<'PYTHON'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
print(*project["dependencies"], *(each for extra in sys.argv[1:] for each in extras[extra]), sep="\n")
PYTHON
    install --requirement /tmp/requirements.txt
}

project() {
    python3 -m pip wheel --quiet --no-deps --wheel-dir /tmp/wheels .
    install --no-deps /tmp/wheels/*.whl
    packages=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    for package in model_monitor_crds model_monitor_jobs model_monitor_operator; do
        case " $* " in
            *" $package "*) ;;
            *) rm -rf "${packages:?}/$package"; grep -lr "from $package" "$environment/bin" | xargs -r rm ;;
        esac
    done
    trim "$packages"
    # Hashes that are never checked: the files are as they were built, whatever happens to their times.
    "$environment/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$environment/lib"
}

trim() {
    # Test suites, headers and sources of compiled modules: nothing imports them.
    find "$1" -depth -type d \( -name tests -o -name e2e_test -o -name include \) -exec rm -rf {} +
    find "$1" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' -o -name '*.cc' \) -delete
    rm -rf "$environment/bin/"[Aa]ctivate* "$environment/include"
    # Parts of packages that the caller knows to be unused, as patterns below site-packages.
    (cd "$1" && eval "rm -rf ${UNUSED:-}")
}

"$@"
