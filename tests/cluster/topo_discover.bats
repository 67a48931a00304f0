#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flightbase topo discover: what it prints of captured machines, and how it fails.

bats_require_minimum_version 1.5.0

data=$BATS_TEST_DIRNAME/../data/topologies

setup_file() {
    load lab
    tar -C "$data" -cf - . | root_on n1 bash -c 'mkdir -p /tmp/topo && tar --no-same-owner -C /tmp/topo -xf -'
}

teardown_file() {
    load lab
    root_on n1 rm -rf /tmp/topo
}

setup() { load lab; }

discover() { root_on n1 flightbase topo discover "$@"; }

@test "a machine in text: links, sockets with their cores, where it is from" {
    run --separate-stderr discover --hwloc /tmp/topo/power8gpudistances.v2.xml
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "${lines[0]}" = "power8gpudistances.v2: 4 GPUs of type p100 (Tesla P100-SXM2-16GB)" ]
    [ "${lines[2]}" = "    0    X  NV2  SYS  SYS" ]
    [[ $output == *"sockets     0: GPUs 0-1, cores 0-3"* ]]
    [[ $output == *"found       gpus from /tmp/topo/power8gpudistances.v2.xml, links from "* ]]
}

@test "a machine in JSON, with another name" {
    run --separate-stderr discover --json --hwloc /tmp/topo/nvidiaDGX2.v2.xml --name dgx-2
    [ "$status" -eq 0 ]
    jq -e '.node == "dgx-2" and .type.gpus == 16 and .type.nvswitch and (.type.links | flatten | unique) == ["NV6", "X"]
        and .type.sockets == [[range(8)], [range(8; 16)]] and .devices[15].pci == "0000:e7:00.0" and .adapters == []' <<<"$output"
}

@test "several files of one machine; a file that does not know NVLink" {
    run --separate-stderr discover --json --nccl /tmp/topo/azure-ndv4-topo.xml
    [ "$status" -eq 0 ]
    [ "$stderr" = "flightbase: /tmp/topo/azure-ndv4-topo.xml tells nothing of NVLink: the links are those of PCI" ]
    jq -e '.type.links[0][1] == "PIX" and .type.nics[7] == {"name": "mlx5_7", "near": [6, 7]}' <<<"$output"
    run --separate-stderr discover --json --nccl /tmp/topo/aws-p4d-24xl-topo.xml --matrix /tmp/topo/k8s-device-plugin-546-8gpu-pcie-nvlbridge.txt
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    jq -e '.type.links[0][2] == "NV12" and .type.gpu == "a100" and (.sources.links | endswith(".txt")) and (.sources.nics | endswith(".xml"))' <<<"$output"
}

@test "files of two machines" {
    run --separate-stderr -1 discover --nccl /tmp/topo/aws-p4d-24xl-topo.xml --hwloc /tmp/topo/nvidiaDGX2.v2.xml
    [ -z "$output" ]
    [ "$stderr" = "flightbase: /tmp/topo/nvidiaDGX2.v2.xml has 16 GPUs, but /tmp/topo/aws-p4d-24xl-topo.xml has 8: they are not of one machine" ]
}

@test "nothing is printed of a broken file" {
    root_on n1 bash -c 'head -c 20000 /tmp/topo/nvidiaDGX2.v2.xml >/tmp/topo/cut.xml; sed s/NV12/NV99/ /tmp/topo/k8s-device-plugin-436-4xA100-pcie.txt >/tmp/topo/odd.txt'
    run --separate-stderr -1 discover --json --hwloc /tmp/topo/cut.xml
    [ -z "$output" ]
    [[ $stderr =~ ^"flightbase: /tmp/topo/cut.xml:"[0-9]+": not valid XML: "[a-z\ ]+$ ]]
    run --separate-stderr -1 discover --matrix /tmp/topo/odd.txt
    [ -z "$output" ]
    [ "$stderr" = "flightbase: /tmp/topo/odd.txt:2: GPU0: 'NV99' is not a link (X, NV1 to NV64, PIX, PXB, PHB, NODE, SYS)" ]
    run --separate-stderr -1 discover --matrix /tmp/topo/none.txt
    [ "$stderr" = "flightbase: /tmp/topo/none.txt: No such file or directory" ]
}

@test "a node without NVIDIA's GPUs or driver says so in one line" {
    run --separate-stderr -1 discover
    [ -z "$output" ]
    [[ $stderr == "flightbase: node 'n1': no GPU is found: NVML cannot be loaded: libnvidia-ml.so.1: "*"; PCI shows none of NVIDIA's" ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "names" {
    run --separate-stderr -1 discover --matrix /tmp/topo/k8s-device-plugin-436-4xA100-pcie.txt --name 'a b'
    [ "$stderr" = "flightbase: node 'a b': not a name (letters, digits, '.', '_' and '-'); give another one" ]
    run --separate-stderr -1 discover --matrix /dev/stdin --name ''
    run --separate-stderr -2 discover n1
    [ "$stderr" = "flightbase: 'n1' is too much; see flightbase topo discover --help" ]
    run --separate-stderr -2 discover --matrix
    [ "$stderr" = "flightbase: option '--matrix' needs a value; see flightbase topo discover --help" ]
}

@test "its help and completion have each option" {
    run discover --help
    [ "$status" -eq 0 ]
    for option in --hwloc --matrix --name --nccl --json; do
        [[ $output == *" $option "* ]]
        [[ " $(as alice flightbase --complete topo discover -- | tr '\n' ' ') " == *" $option "* ]]
    done
}
