# Everything that is done to this project, one line each; what needs a loop is a script in scripts/.

set positional-arguments := true

[private]
default:
    @"{{ just_executable() }}" --justfile "{{ justfile() }}" --list --unsorted

# Build the service and start it with a small made-up community; arguments go to `suhbat serve`
run *arguments:
    @scripts/run "$@"

# Work on the web page: hot reload on port 5173, against a service that runs (./just run in another terminal, or SUHBAT_URL)
web *arguments:
    @scripts/web "$@"

# Test everything in order, or the layers named: rules domain protocol lexicon media storage postgres uploads realtime redis server service cluster hostile faults model chaos deploy web browser api-fuzz checks; durability, search-long, broken, outage and web-long by name only
test *layers:
    @scripts/test "$@"

# Break the parts of three nodes for so many minutes (30), with the faults of a seed, in a release build: `./just chaos 45 7`
chaos *arguments:
    @scripts/chaos long "$@"

# Look for mistakes without running the tests: format, clippy, documentation
check:
    @scripts/test checks

# Put all sources into the standard format
fmt:
    cargo fmt --all
    scripts/page packages && cd web && ../scripts/node npm run --silent format

# Measure speed and memory in a release build, everything or the runs named: start single throughput steady idle uploads hostile reads contacts; cluster soak search by name only; `--on sqlite,postgres` on both databases
bench *names:
    @scripts/bench "$@"

# Take screenshots of each main screen into web/shots: light and dark, phone and desktop, three languages
shots:
    @scripts/browser shots

# Write what is generated from the code: docs/rules.md, docs/{openapi,asyncapi}.json, web/packages/client/src/{schema,frames}.gen.ts
generate:
    @scripts/generate

# Open the documentation of the code, with how-tos for whoever changes it
doc:
    cargo doc --workspace --no-deps --open

# Run any command of the service, for instance `./just suhbat token --user 10`
suhbat *arguments:
    @cargo run --quiet --profile quick --package suhbat-server --bin suhbat -- "$@"
