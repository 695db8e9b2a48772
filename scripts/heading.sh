# shellcheck shell=bash
# Print a section's heading, coloured on a terminal only. To be sourced.
heading() {
    if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
        printf '\n\033[1;36m== %s\033[0m\n' "$*"
    else
        printf '\n== %s\n' "$*"
    fi
}
