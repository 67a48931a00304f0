#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flightbase topo fabric, build, show and check: the real SuperPOD, a simulated fat tree, a site put together and what it loses.

bats_require_minimum_version 1.5.0

data=$BATS_TEST_DIRNAME/../data

setup_file() {
    load lab
    tar -C "$data" -cf - fabrics topologies | root_on ctl bash -c 'mkdir -p /tmp/site && tar --no-same-owner -C /tmp/site -xf -'
    root_on ctl cp -a /etc/flightbase/topology.json /tmp/site/topology.kept
}

teardown_file() {
    load lab
    root_on ctl bash -c 'cp -a /tmp/site/topology.kept /etc/flightbase/topology.json; rm -rf /tmp/site'
    root_on ctl scontrol reconfigure
}

setup() { load lab; }

topo() { root_on ctl flightbase topo "$@"; }

# put FILE: standard input becomes a file in the test's folder.
put() { root_on ctl sh -c "cat >/tmp/site/$1"; }

SUPERPOD=/tmp/site/fabrics/superpod-ndr-rail.ibnetdiscover

@test "fabric: the SuperPOD in words" {
    run --separate-stderr topo fabric "$SUPERPOD"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "${lines[0]}" = "40 switches: 31 leaves, 9 spines" ]
    [ "${lines[1]}" = "542 adapters: 470 of 121 hosts, 72 unresolved" ]
    [ "${lines[2]}" = "119 compute nodes in 8 leaf groups, 4 rails, 1 pod" ]
    [[ $output == *"spines: A10-P1-IBSPINE-[01-04],B10-P1-IBSPINE-[05-09]"* ]]
    [[ $output == *"management: B11-P1-CUFM-02,ubuntu"* ]]
    [[ $output == *'69 "MT4129 ConnectX7   Mellanox Technologies"'* ]]
    [[ $output == *"warning: group g1 has no leaf of rail 3"* ]]
}

@test "fabric: the SuperPOD in JSON, from standard input" {
    run --separate-stderr bash -c "\"\$1\" run --user root --node ctl -- flightbase topo fabric - --json <'$data/fabrics/superpod-ndr-rail.ibnetdiscover'" - "$FLIGHTBASE_LAB"
    [ "$status" -eq 0 ]
    jq -e '[.groups[].count] == [10, 11, 18, 17, 18, 15, 16, 14] and .rails == 4 and (.unresolved | length) == 72
        and ([.switches[] | select(.level == "spine")] | length) == 9 and .groups[0].leaves[2] == "A09-P1-IBLEAF-04-01"
        and ([.hosts[] | select(.name == "a08-p1-dgx-04-c01") | .adapters[] | .use] == ["compute", "compute", "compute", "compute"])' <<<"$output"
}

@test "fabric: a live fat tree of 1,024 nodes" {
    root_on ctl bash -c 'cd /tmp/site && (setsid ibsim -s -n fabrics/synthetic-fattree-1024.net >ibsim.log 2>&1 </dev/null & echo $! >ibsim.pid)'
    live() { root_on ctl bash -c 'cd /tmp/site && ibsim-run flightbase topo fabric --live --json' >"$BATS_TEST_TMPDIR/live.json" 2>/dev/null; }
    until_true 30 live
    root_on ctl bash -c 'kill "$(cat /tmp/site/ibsim.pid)"'
    jq -e '([.groups[].count] | length == 32 and unique == [32]) and .rails == 1 and .pods == 1 and .oversubscription.leaf == 1
        and ([.switches[] | select(.level == "spine")] | length) == 16 and .unresolved == [] and .warnings == []
        and .groups[31].nodes == "node[0992-1023]"' "$BATS_TEST_TMPDIR/live.json"
}

@test "fabric: without an adapter, without ibnetdiscover, with broken files" {
    run --separate-stderr -1 topo fabric --live
    [[ $stderr == "flightbase: ibnetdiscover: failed with exit status "* ]]
    run --separate-stderr -1 root_on ctl env PATH=/nowhere /usr/bin/flightbase topo fabric --live
    [ "$stderr" = "flightbase: ibnetdiscover: is not installed; install infiniband-diags, or give its output as a file" ]
    root_on ctl sh -c "head -c 100000 $SUPERPOD >/tmp/site/cut"
    run --separate-stderr -1 topo fabric /tmp/site/cut
    [[ $stderr == "flightbase: /tmp/site/cut:1174: the cable leads to e09d73030037311c, which is nowhere in the text; it was cut, or is of several runs" ]]
    run --separate-stderr -1 topo fabric /etc/hostname
    [[ $stderr == "flightbase: /etc/hostname:1: "*" does not begin a line of ibnetdiscover's output"* ]]
    [ -z "$output" ]
}

@test "usage" {
    run --separate-stderr -2 topo fabric
    [ "$stderr" = "flightbase: FILE or --live is missing; see flightbase topo fabric --help" ]
    run --separate-stderr -2 topo fabric "$SUPERPOD" --live
    [ "$stderr" = "flightbase: give FILE or --live, not both; see flightbase topo fabric --help" ]
    run --separate-stderr -2 topo build
    [ "$stderr" = "flightbase: REPORT... is missing; see flightbase topo build --help" ]
    run --separate-stderr -2 topo build /tmp/site --live --fabric x
    [ "$stderr" = "flightbase: give --fabric or --live, not both; see flightbase topo build --help" ]
    for verb in fabric build show check; do
        for option in $(topo "$verb" --help | grep -oE ' --[a-z-]+'); do
            [[ " $(root_on ctl flightbase --complete topo "$verb" -- | tr '\n' ' ') " == *" $option "* ]]
        done
    done
}

# reports NODE...: what each finds of a DGX-2.
reports() {
    local node
    for node; do
        topo discover --json --hwloc /tmp/site/topologies/nvidiaDGX2.v2.xml --name "$node"
    done
}

@test "build: reports to a file that slurmctld takes, with gres.conf and a drawing" {
    reports n1 n2 | put all.json
    run --separate-stderr topo build /tmp/site/all.json --gres /tmp/site/gres.conf --svg /tmp/site/site.svg
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "2 nodes of 1 type, 0 leaf groups" ]
    [[ ${lines[2]} =~ ^v100-16\ +2\ +16\ +120\ +NVLink\ \(NVSwitch\)\ 0-15\ n\[1-2\]$ ]]
    [ "${lines[-1]}" = "/etc/flightbase/topology.json is written; put it on all nodes, then: scontrol reconfigure" ]
    run -0 root_on ctl cat /tmp/site/gres.conf
    [ "$(grep -c '^NodeName=n\[1-2\] Name=gpu Type=v100 File=/dev/nvidia[0-9]* Cores=[0-9,-]*$' <<<"$output")" -eq 16 ]
    [[ $output != *Links=[a-z0-9]* ]]
    root_on ctl grep -q '</svg>' /tmp/site/site.svg
    root_on ctl scontrol reconfigure
    until_true 30 root_on ctl bash -c 'scontrol show topology | grep -q "1 node types, 2 nodes wired"'
    run -0 topo show --json
    jq -e '.types[0] | .name == "v100-16" and .nodes == "n[1-2]" and .islands[0].gpus == ["0-15"]' <<<"$output"
}

@test "build: what is wrong writes nothing" {
    reports n1 | put one.json
    topo build /tmp/site/one.json -o /tmp/site/out.json
    root_on ctl cp /tmp/site/out.json /tmp/site/before.json
    topo discover --json --matrix /tmp/site/topologies/k8s-device-plugin-436-4xA100-pcie.txt --name n1 | put other.json
    run --separate-stderr -1 topo build /tmp/site/one.json /tmp/site/other.json -o /tmp/site/out.json
    [ "$stderr" = "flightbase: node 'n1': two reports that differ, /tmp/site/one.json:1 and /tmp/site/other.json:1; take away the one that is old" ]
    echo '{ "node": "n1" }' | put broken.json
    run --separate-stderr -1 topo build /tmp/site/broken.json -o /tmp/site/out.json
    [ "$stderr" = "flightbase: /tmp/site/broken.json:1: key 'type' is missing" ]
    run --separate-stderr -1 topo build /tmp/site/one.json --fabric /etc/hostname -o /tmp/site/out.json
    run --separate-stderr -1 topo build /tmp/site/one.json -o /nonexistent/out.json
    root_on ctl cmp /tmp/site/out.json /tmp/site/before.json
    topo build /tmp/site/one.json --dry-run -o /tmp/site/dry.json
    run -1 root_on ctl test -e /tmp/site/dry.json
}

@test "build: nodes that get lost, and a node's own fault, are told" {
    reports n1 n2 n3 n4 n5 | put five.json
    topo build /tmp/site/five.json -o /tmp/site/five.topology
    { reports n1 n2 n3 n4; reports n6 | jq '.type.links |= map(map(sub("NV6"; "NV5")))'; } | put again.json
    run --separate-stderr topo build /tmp/site/again.json -o /tmp/site/five.topology
    [ "$status" -eq 0 ]
    [[ $output == *"warning: n5: is in /tmp/site/five.topology, but has no report: the new file does not have it"* ]]
    [[ $output == *"warning: n6: is of type v100-16-2, not of v100-16: GPU 0: NVLink to all others has 5 lanes, not 6"* ]]
}

@test "check: what reports lack is named, node by node, and folded" {
    reports n1 n2 n3 n4 | put four.json
    topo build /tmp/site/four.json -o /tmp/site/four.topology
    run --separate-stderr -0 topo check /tmp/site/four.json -f /tmp/site/four.topology
    [ "$output" = "4 of 4 nodes are as /tmp/site/four.topology says" ]
    { reports n1
      reports n2 n3 | jq '.type.links[2][5] = "NV3" | .type.links[5][2] = "NV3"'
      reports n9; } | put worse.json
    run --separate-stderr -1 topo check /tmp/site/worse.json -f /tmp/site/four.topology
    [ "${lines[0]}" = "missing: n[2-3]: NVLink of GPUs 2 and 5 has 3 lanes, not 6" ]
    [ "${lines[1]}" = "missing: n9: is not in /tmp/site/four.topology: flightbase topo build makes it anew" ]
    [ "${lines[2]}" = "1 of 4 nodes are as /tmp/site/four.topology says" ]
    run --separate-stderr -1 topo check /tmp/site/worse.json -f /tmp/site/four.topology --json
    jq -e '.nodes == 4 and .good == 1 and .missing[0].nodes == "n[2-3]" and .missing[0].count == 2 and .other == []' <<<"$output"
    run --separate-stderr -1 topo check -f /tmp/site/four.topology
    [[ $stderr == "flightbase: node '"*"': no GPU is found: "* ]]
    run --separate-stderr -1 topo check /tmp/site/four.json -f /tmp/site/none.topology
    [ "$stderr" = "flightbase: /tmp/site/none.topology: No such file or directory" ]
}
