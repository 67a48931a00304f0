#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# flightbase check: a healthy cluster gives no error; then each thing is broken, found with its fix, and repaired.

setup_file() {
    load lab
    make_workspace vision 8 alice bob
    root_on ctl bash -ec 'flightbase workspace modify vision --max-gpus-per-user 6
        cp -a /etc/slurm /etc/slurm.kept; cp -a /etc/flightbase /etc/flightbase.kept' >/dev/null
    until_true 60 settled
}

teardown_file() {
    load lab
    repair
    root_on ctl rm -rf /etc/slurm.kept /etc/flightbase.kept
    remove_workspace vision
}

setup() { load lab; }
teardown() { repair; }

# repair: the files as they were; slurmctld is told if it had been told of others.
repair() {
    root_on ctl bash -ec 'cp -a /etc/slurm.kept/. /etc/slurm/; cp -a /etc/flightbase.kept/. /etc/flightbase/
        for file in /etc/flightbase/* /etc/flightbase/workspaces.d/*; do [[ -e ${file/flightbase/flightbase.kept} ]] || rm "$file"; done'
    if [[ -e $BATS_FILE_TMPDIR/told ]]; then
        rm "$BATS_FILE_TMPDIR/told"
        restart_slurmctld
    fi
    until_true 60 settled
}

# settled: slurmctld answers and runs with the file, and all nodes have told of themselves.
settled() { [[ $(root_on ctl flightbase check --json | root_on ctl jq '[.findings[] | select(.group == "daemons" or .object == "nodes" or .group == "slurm.conf")] | length') == 0 ]]; }

# slurm_conf SED: slurm.conf changed, and slurmctld told.
slurm_conf() {
    touch "$BATS_FILE_TMPDIR/told"
    root_on ctl bash -ec 'sed -i -E "$1" /etc/slurm/slurm.conf; lab-service restart slurmctld' sh "$1"
}

# check [NODE]: its findings and status.
check() { run root_on "${1:-ctl}" flightbase check; }

# finds SEVERITY "GROUP OBJECT: TEXT" FIX: there is such a finding, its fix below it.
finds() {
    local want found
    want=$(printf '%-9s  %s' "$1" "$2")
    found=$(grep -F -A1 -- "$want" <<<"$output") || { printf 'no "%s" in:\n%s\n' "$want" "$output" >&2; return 1; }
    [[ $found == *"fix: "*"$3"* ]] || { printf 'no fix "%s" in:\n%s\n' "$3" "$found" >&2; return 1; }
}

nothing_wrong() { [[ $output == *"0 errors, 0 warnings"* ]] || { printf '%s\n' "$output" >&2; return 1; }; }

sacctmgr() { root_on ctl sacctmgr -iQ "$@" >/dev/null; }

@test "a healthy cluster: nothing to say on controller, login and compute node, as root and as a user" {
    for node in ctl login n1; do
        check "$node"
        [ "$status" -eq 0 ]
        [[ $output == *"0 errors, 0 warnings, 0 unchecked, "* ]]
    done
    [[ $output == "flightbase "*" on n1 (compute node), cluster lab, Slurm 24.11.5"* ]]
    check ctl
    [[ $output == *" on ctl (controller), "* ]]
    run as alice flightbase check
    [ "$status" -eq 0 ]
    [[ $output == *" on login (login node), "* ]]
    run as carol flightbase check
    [ "$status" -eq 0 ]
    [[ $output == *"unchecked  directories /shared/flightbase/workspaces/vision: what is below it: only root and members may look"* ]]
}

@test "--verbose lists what is good, --json is for programs" {
    run root_on ctl flightbase check --verbose
    [[ $output == *"ok         slurm.conf  JobSubmitPlugins: flightbase"* ]]
    [[ $output == *"ok         topology    /etc/flightbase/topology.json: has all "* ]]
    run root_on ctl bash -c 'flightbase check --json | jq -r "[.host, .role, .error, .warning, (.findings | length)] | @tsv"'
    [ "$output" = $'ctl\tcontroller\t0\t0\t0' ]
    slurm_conf 's/^PrologFlags=.*//'
    run root_on ctl bash -c 'flightbase check --json | jq -r ".findings[] | select(.severity == \"error\") | [.group, .object, .fix] | @tsv"'
    [ "$output" = $'slurm.conf\tPrologFlags\tPrologFlags=Alloc' ]
    run root_on ctl bash -c 'flightbase check --json --verbose | jq -r "[.ok, ([.findings[] | select(.severity == \"ok\")] | length)] | .[0] == .[1]"'
    [ "$output" = true ]
    run as alice flightbase check now
    [ "$status" -eq 2 ]
}

@test "slurm.conf: plugins, accounting, scheduling" {
    slurm_conf 's/^JobSubmitPlugins=.*//; s/^TopologyPlugin=.*/TopologyPlugin=topology\/default/; s/^PrologFlags=.*//; s/^MpiDefault=.*/MpiDefault=none/;
        s/^MaxArraySize=.*//; s/^MaxJobCount=.*//; s/^PriorityType=.*/PriorityType=priority\/basic/; s/^AccountingStorageEnforce=.*/AccountingStorageEnforce=associations/;
        s/^DefMemPerGPU=.*//; s/ DefMemPerCPU=[0-9]*//'
    check
    [ "$status" -eq 1 ]
    finds error "slurm.conf  JobSubmitPlugins: '' lacks flightbase" "JobSubmitPlugins=flightbase"
    finds error "slurm.conf  TopologyPlugin: 'topology/default', not topology/flightbase" "TopologyPlugin=topology/flightbase"
    finds error "slurm.conf  PrologFlags: lacks Alloc" "PrologFlags=Alloc"
    finds error "slurm.conf  AccountingStorageEnforce: lacks limits,qos,safe" "AccountingStorageEnforce=associations,limits,qos,safe"
    finds warning "slurm.conf  MpiDefault: 'none'" "MpiDefault=pmi2"
    finds warning "slurm.conf  MaxArraySize: 1001 is small" "MaxArraySize=20001"
    finds warning "slurm.conf  MaxJobCount: 10000 is small" "MaxJobCount=50000"
    finds warning "slurm.conf  PriorityType: 'priority/basic'" "PriorityType=priority/multifactor"
    finds warning "slurm.conf  partition 'gpu': no DefMemPerGPU" "DefMemPerGPU=MEGABYTES"
}

@test "slurm.conf that slurmctld was not told of" {
    root_on ctl bash -c 'echo MaxStepCount=4000 >>/etc/slurm/slurm.conf'
    check
    [ "$status" -eq 0 ]
    finds warning "slurm.conf  /etc/slurm/slurm.conf: differs from what slurmctld runs with" "scontrol reconfigure"
    check login
    finds warning "slurm.conf  /etc/slurm/slurm.conf: differs from what slurmctld runs with" "scp ctl:/etc/slurm/slurm.conf /etc/slurm/slurm.conf"
}

@test "plugstack.conf: missing, optional, in an included file, nonsense" {
    root_on ctl bash -c 'echo "# nothing" >/etc/slurm/plugstack.conf'
    check login
    [ "$status" -eq 1 ]
    finds error "plugstack   /etc/slurm/plugstack.conf: does not name spank_flightbase.so" "echo 'required spank_flightbase.so' >>/etc/slurm/plugstack.conf"
    root_on ctl bash -c 'echo "include plugstack.conf.d/*.conf" >/etc/slurm/plugstack.conf; echo "optional spank_flightbase.so" >/etc/slurm/plugstack.conf.d/fb.conf'
    check login
    finds error "plugstack   /etc/slurm/plugstack.conf.d/fb.conf:1: spank_flightbase.so is optional" "required spank_flightbase.so"
    root_on ctl bash -c 'echo "required spank_flightbase.so" >/etc/slurm/plugstack.conf.d/fb.conf'
    check login
    [ "$status" -eq 0 ]
    root_on ctl bash -c 'echo "required /nowhere/spank_flightbase.so" >/etc/slurm/plugstack.conf.d/fb.conf'
    check login
    finds error "plugstack   /etc/slurm/plugstack.conf.d/fb.conf:1: /nowhere/spank_flightbase.so is not there" "required spank_flightbase.so"
    root_on ctl bash -c 'echo "please load it" >/etc/slurm/plugstack.conf.d/fb.conf'
    check login
    root_on ctl rm /etc/slurm/plugstack.conf.d/fb.conf
    finds error "plugstack   /etc/slurm/plugstack.conf: cannot be read: /etc/slurm/plugstack.conf.d/fb.conf:1: not a line of" "correct or remove that line"
}

@test "plugins: missing, of another release, none at all" {
    dir=$(root_on ctl bash -c 'scontrol show config | sed -n "s/^PluginDir *= *//p"')
    # The roots of all nodes are one.
    root_on ctl bash -ec 'cd "$1"; for p in topology job_submit spank; do cp -a "${p}_flightbase.so" "/tmp/$p.kept"; done
        rm spank_flightbase.so
        echo text >topology_flightbase.so.new; mv topology_flightbase.so.new topology_flightbase.so
        # 24.11.5 as a number, and the release before it.
        sed "s/\x05\x0b\x18\x00/\x04\x0b\x18\x00/g" job_submit_flightbase.so >job_submit_flightbase.so.new; mv job_submit_flightbase.so.new job_submit_flightbase.so' sh "$dir"
    check ctl
    finds error "plugins     topology_flightbase.so: is no plugin of Slurm: it exports no plugin_version" "install Flightbase's plugins anew in $dir"
    finds error "plugins     job_submit_flightbase.so: is for Slurm 24.11.4, but $dir has Slurm 24.11.5: it is not loaded" "DIR: exactly Slurm 24.11.5"
    check n1
    finds error "plugins     spank_flightbase.so: is missing in $dir" "install Flightbase's plugins there, built for Slurm 24.11.5"
    root_on ctl bash -ec 'for p in topology job_submit spank; do cp -a "/tmp/$p.kept" "$1/${p}_flightbase.so"; done' sh "$dir"
    check n1
    [ "$status" -eq 0 ]
}

@test "gres.conf: a GPU without type, without cores, with links; a device that is not there" {
    root_on ctl bash -ec 'f=/etc/slurm/gres.conf
        sed -i -E "1s/ Type=[^ ]+//; 2s/ Cores=[^ ]+//; 3s/$/ Links=0,4/; 4s/ File=[^ ]+//; 5s/nvidia4/nvidia44/" $f
        echo AutoDetect=nvml >>$f'
    check n1
    [ "$status" -eq 1 ]
    finds error "gres.conf   /etc/slurm/gres.conf:1: lacks Type=" "Type=MODEL File=/dev/nvidia0 Cores="
    finds error "gres.conf   /etc/slurm/gres.conf:2: lacks Cores=" "File=/dev/nvidia1 Cores=FIRST-LAST"
    finds warning "gres.conf   /etc/slurm/gres.conf:3: has Links=" "Name=gpu Type="
    finds error "gres.conf   /etc/slurm/gres.conf:4: lacks File=" "File=/dev/nvidiaN"
    finds error "gres.conf   /etc/slurm/gres.conf:5: /dev/nvidia44 is not there on this node" "nvidia-smi"
    finds warning "gres.conf   /etc/slurm/gres.conf:9: AutoDetect=nvml" "AutoDetect=off"
    check ctl
    [[ $output != *"is not there on this node"* ]]
    root_on ctl rm /etc/slurm/gres.conf
    check n1
    finds error "gres.conf   /etc/slurm/gres.conf: cannot be read: " "Name=gpu"
    check login
    [ "$status" -eq 0 ]
}

@test "GPUs whose cores slurmctld does not know" {
    # It remembers them, so it has to forget.
    root_on ctl sed -i -E 's/ Cores=[^ ]+//' /etc/slurm/gres.conf
    forget
    until_true 30 cores_known 0
    check
    repair
    forget
    finds error "gres.conf   nodes n[1-$(nodes)]: slurmctld does not know the cores of the GPUs" "add Cores= to each line of gres.conf"
    until_true 30 cores_known "$(nodes)"
    check
    [ "$status" -eq 0 ]
}

forget() {
    root_on ctl bash -ec 'lab-service stop slurmctld; rm -f /var/spool/slurmctld/node_state*; lab-service start slurmctld'
    # shellcheck disable=SC2046
    restart_slurmd $(root_on ctl sinfo -h -N -o %N | sort -u)
}
nodes() { root_on ctl sh -c 'sinfo -h -N -o %N | sort -u' | wc -l; }
# All nodes are up, and of so many the cores are known.
cores_known() {
    [[ $(root_on ctl sinfo -h -N -t idle -o %N | sort -u | wc -l) -eq $(nodes) ]] &&
        [[ $(root_on ctl scontrol show node --oneliner | grep -c 'Gres=[^ ]*(S:') -eq $1 ]]
}

@test "topology.json: missing, broken, nodes that are not there, another number of GPUs" {
    root_on ctl rm /etc/flightbase/topology.json
    check
    [ "$status" -eq 0 ]
    finds warning "topology    /etc/flightbase/topology.json: is missing" "flightbase topo build"
    root_on ctl bash -c 'echo "{\"types\": 7}" >/etc/flightbase/topology.json'
    check
    [ "$status" -eq 1 ]
    finds error "topology    /etc/flightbase/topology.json: /etc/flightbase/topology.json:1: types: " "slurmctld goes by the last good copy"
    root_on ctl bash -c 'jq ".nodes[0].nodes = \"n[1-1],x[1-2],x2\"" /etc/flightbase.kept/topology.json >/etc/flightbase/topology.json'
    check
    rest="n[2-$(nodes)]"
    finds warning "topology    nodes ${rest/#n\[2-2\]/n2}: are not in the file" "add {\"nodes\""
    finds warning "topology    nodes x[1-2]: are in the file, but slurmctld has no such nodes" "take them out of"
    finds error "topology    nodes x2: are in the file twice" "name each node once"
    root_on ctl bash -c 'jq ".types[] |= {gpus: 2, links: [[\"X\",\"NV1\"],[\"NV1\",\"X\"]]}" /etc/flightbase.kept/topology.json >/etc/flightbase/topology.json'
    check
    finds error "topology    nodes n[1-" "give them a type with as many GPUs"
    root_on ctl bash -c 'jq ".types[].gpu = \"other\"" /etc/flightbase.kept/topology.json >/etc/flightbase/topology.json'
    check
    [ "$status" -eq 0 ]
    finds warning "topology    nodes n[1-" "give them their own type"
}

@test "settings: broken files, each of them; who may write them; the shared root" {
    root_on ctl bash -ec 'cd /etc/flightbase/workspaces.d; for i in {1..10}; do echo "{\"quota\": 1}" >"b$i.json"; done
        chmod 0664 ../flightbase.json; chown alice vision.json; chmod 0700 .'
    check
    [ "$status" -eq 1 ]
    [ "$(grep -cF 'workspaces.d/b' <<<"$(grep -F 'quota: unknown key' <<<"$output")")" -eq 10 ]
    finds error "settings    a file: /etc/flightbase/workspaces.d/b1.json:1: quota: unknown key" "flightbase.json(5)"
    finds error "settings    /etc/flightbase/flightbase.json: can be written by others than root (mode 0664)" "chmod go-w /etc/flightbase/flightbase.json"
    finds error "settings    /etc/flightbase/workspaces.d/vision.json: belongs to uid 2001" "chown root:root /etc/flightbase/workspaces.d/vision.json"
    finds warning "settings    /etc/flightbase/workspaces.d: cannot be read by users (mode 0700)" "chmod go+rx /etc/flightbase/workspaces.d"
    repair
    root_on ctl bash -c 'echo "{\"root\": \"/shared/none\"}" >/etc/flightbase/flightbase.json'
    check
    finds error "settings    /shared/none: No such file or directory on this host" "mount the shared file system"
    root_on ctl mv /etc/flightbase /etc/flightbase.away
    check
    root_on ctl mv /etc/flightbase.away /etc/flightbase
    finds error "settings    /etc/flightbase: is missing on this host" "copy /etc/flightbase from the controller"
    [[ $output == *"unchecked  accounting  workspaces: there are no site settings"* ]]
    [[ $output == *"unchecked  limits      QOS and associations: there are no site settings"* ]]
    [[ $output == *"unchecked  directories workspaces: there are no site settings"* ]]
}

@test "accounting and settings drift apart" {
    root_on ctl bash -c 'echo "{}" >/etc/flightbase/workspaces.d/fresh.json; echo "{\"guarantee\": 9}" >/etc/flightbase/workspaces.d/vision.json'
    sacctmgr add qos ws-gone
    check
    [ "$status" -eq 1 ]
    finds error "accounting  workspace 'fresh': has settings but no account" "flightbase workspace create fresh --gpus NUMBER --manager USER"
    finds error "accounting  workspace 'vision': is guaranteed 9 GPUs, but its quota is 8" "flightbase workspace modify vision --guarantee 8"
    finds warning "accounting  workspace 'gone': only its QOS is left" "sacctmgr -i delete qos ws-gone"
    sacctmgr delete qos ws-gone
    repair
    root_on ctl rm /etc/flightbase/workspaces.d/vision.json
    check
    finds error "accounting  workspace 'vision': has an account and a QOS but no settings file:" "/etc/flightbase/workspaces.d/vision.json"
    repair
    sacctmgr modify account vision set GrpTRES=gres/gpu=-1 QosLevel=normal DefaultQOS=normal
    sacctmgr delete coordinator account=vision names=alice
    check
    sacctmgr modify account vision set GrpTRES=gres/gpu=8 QosLevel=ws-vision DefaultQOS=ws-vision
    sacctmgr add coordinator account=vision names=alice
    finds warning "accounting  workspace 'vision': has no quota" "flightbase workspace modify vision --gpus NUMBER"
    finds error "accounting  workspace 'vision': its jobs run in QOS 'normal', not in 'ws-vision'" "flightbase workspace modify vision"
    finds warning "accounting  workspace 'vision': has no manager" "flightbase workspace set-manager vision USER"
    finds warning "limits      QOS 'normal': may be used in 1 workspaces (vision) and lacks their limits" "QosLevel-=normal"
}

@test "the printed fixes mend what was found" {
    top=/shared/flightbase/workspaces/vision
    sacctmgr modify account vision set QosLevel=normal DefaultQOS=normal
    root_on ctl bash -ec 'cd "$1"; setfacl -x user:bob -m user:carol:rwx,group:daemon:rx,o::x .; rmdir models; chmod 0755 images; chown carol .
        chmod 0664 /etc/flightbase/flightbase.json' sh $top
    check
    [ "$status" -eq 1 ]
    [ "$(grep -c ^error <<<"$output")" -ge 8 ]
    # As an administrator would: each once, from top to bottom.
    root_on ctl bash -c 'flightbase check --json | jq -r ".findings[] | select(.severity == \"error\") | .fix" | while read -r fix; do bash -c "$fix"; done' >/dev/null
    check
    [ "$status" -eq 0 ]
    nothing_wrong
}

@test "what gets round a workspace's limits" {
    sacctmgr modify qos ws-vision set GrpTRES=gres/gpu=99 LimitFactor=3
    sacctmgr modify user bob where account=vision set QosLevel+=normal DefaultQOS=normal MaxTRESPerJob=gres/gpu=8 MaxWall=600
    sacctmgr modify account vision set MaxTRESPerJob=gres/gpu=4 MaxWall=60
    # The account's change reaches bob as well; his own comes after it.
    sacctmgr modify user bob where account=vision set MaxTRESPerJob=gres/gpu=8 MaxWall=600
    check
    sacctmgr modify account vision set MaxTRESPerJob=gres/gpu=-1 MaxWall=-1
    sacctmgr modify user bob where account=vision set QosLevel= DefaultQOS=-1 MaxTRESPerJob=gres/gpu=-1 MaxWall=-1
    sacctmgr modify qos ws-vision set GrpTRES=gres/gpu=-1 LimitFactor=-1
    [ "$status" -eq 1 ]
    finds error "limits      QOS 'ws-vision': has GrpTRES=gres/gpu=99, which takes the place of the quotas of 1 workspaces (vision)" "sacctmgr -i modify qos ws-vision set GrpTRES=gres/gpu=-1"
    finds error "limits      QOS 'ws-vision': has LimitFactor=3, which multiplies the quotas" "LimitFactor=-1"
    finds warning "limits      user 'bob' in 'vision': may use QOS that the workspace may not: normal" "sacctmgr -i modify user bob where account=vision set QosLevel="
    finds warning "limits      user 'bob' in 'vision': runs in QOS 'normal' by default" "DefaultQOS=-1"
    finds warning "limits      user 'bob' in 'vision': may use more GPUs in a job than the workspace's 4" "MaxTRESPerJob=gres/gpu=-1"
    finds warning "limits      user 'bob' in 'vision': may run jobs for longer than the workspace's 01:00:00" "MaxWall=-1"
    check
    [ "$status" -eq 0 ]
    nothing_wrong
}

@test "a QOS with a group limit does take the place of the quota: what the finding warns of" {
    sacctmgr modify qos ws-vision set GrpTRES=gres/gpu=16 MaxTRESPerUser=gres/gpu=-1
    until_true 20 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl scontrol show assoc_mgr qos=ws-vision flags=qos) == *"gres/gpu=16("* ]]'
    id=$(submit alice --workspace=vision --gpus=12 --wrap 'sleep 60')
    wait_job "$id" RUNNING || failed=yes
    cancel_jobs
    sacctmgr modify qos ws-vision set GrpTRES=gres/gpu=-1 MaxTRESPerUser=gres/gpu=6
    [ -z "${failed:-}" ]
}

@test "the QOS of a partition" {
    sacctmgr add qos part
    sacctmgr modify qos part set MaxTRESPerUser=gres/gpu=3
    slurm_conf 's/^(PartitionName=gpu .*)/\1 QOS=part/'
    check
    finds warning "limits      partition 'gpu': its QOS 'part' has limits of a user or of a job" "MaxTRESPerUser=gres/gpu=-1"
    sacctmgr modify qos part set GrpTRES=gres/gpu=3
    check
    finds error "limits      partition 'gpu': its QOS 'part' has GrpTRES=gres/gpu, which takes the place" "sacctmgr -i modify qos part set GrpTRES=gres/gpu=-1"
    repair
    sacctmgr delete qos part
}

@test "guarantees: more than there is, and GPUs that cannot be lent" {
    root_on ctl bash -c 'echo "{\"guarantee\": 500}" >/etc/flightbase/workspaces.d/vision.json'
    sacctmgr modify account vision set GrpTRES=gres/gpu=500
    check
    sacctmgr modify account vision set GrpTRES=gres/gpu=8
    [ "$status" -eq 1 ]
    finds error "guarantees  sum: 500 GPUs are guaranteed, but the cluster has " "lower 'guarantee' of workspaces by "
    finds warning "guarantees  preemption: there is no QOS 'preemptible'" "flightbase workspace modify NAME"
    root_on ctl bash -c 'echo "{\"guarantee\": 4}" >/etc/flightbase/workspaces.d/vision.json'
    sacctmgr add qos preemptible
    check
    finds warning "guarantees  preemption: 1 workspaces with a guarantee cannot take lent GPUs back (vision)" "flightbase workspace modify NAME"
    sacctmgr modify qos ws-vision set Preempt+=preemptible
    check
    [ "$status" -eq 0 ]
    nothing_wrong
    slurm_conf 's/^PreemptType=.*/PreemptType=preempt\/none/; s/^PreemptMode=.*//'
    check
    finds warning "guarantees  PreemptType: 'preempt/none', not preempt/qos" "PreemptType=preempt/qos"
    sacctmgr modify qos ws-vision set Preempt-=preemptible
    sacctmgr delete qos preemptible
}

@test "directories: missing, a link, who is let in and who is not" {
    top=/shared/flightbase/workspaces/vision
    root_on ctl bash -ec 'cd "$1"; setfacl -x user:bob -m user:carol:rwx,group:daemon:rx,o::x .; rmdir models; rmdir volume; ln -s /etc volume; chmod 0755 images' sh $top
    check
    root_on ctl bash -ec 'cd "$1"; rm volume; mkdir models volume; chmod 1777 models volume images; setfacl -b .; chmod 0700 .; setfacl -m user:bob:rwx .' sh $top
    [ "$status" -eq 1 ]
    finds error "directories $top: lets in others than its members" "flightbase workspace modify vision"
    finds error "directories $top: does not let in member 'bob'" "flightbase workspace modify vision"
    finds error "directories $top: lets in user 'carol', who is no member" "setfacl -x user:carol $top"
    finds error "directories $top: lets in group 'daemon', who is no member" "setfacl -x group:daemon $top"
    finds error "directories $top: lacks its directory 'models'" "flightbase workspace modify vision"
    finds error "directories $top: 'volume' below it is no directory" "if $top/volume is a link or a file, move it away first"
    finds error "directories $top: 'images' below it is no directory that its members can all write to" "flightbase workspace modify vision"
    root_on ctl chown carol $top
    check
    root_on ctl bash -ec 'chown alice "$1"; mv "$1" "$1.away"' sh $top
    finds error "directories $top: belongs to 'carol', who is no manager of the workspace" "flightbase workspace modify vision"
    check
    finds error "directories $top: is missing: workspace 'vision' has no place for its data" "flightbase workspace modify vision"
    root_on ctl ln -s /tmp $top
    check
    root_on ctl bash -ec 'rm "$1"; mv "$1.away" "$1"' sh $top
    finds error "directories $top: is a link or a file, not a directory" "mv $top $top.away && flightbase workspace modify vision"
    check
    nothing_wrong
}

@test "slurmdbd down: said, and the rest is looked at" {
    root_on ctl lab-service stop slurmdbd
    check
    root_on ctl lab-service start slurmdbd 3>&- # which keeps what it inherits open
    [ "$status" -eq 1 ]
    finds error "daemons     slurmdbd: slurmdbd on 'ctl': " "systemctl restart slurmdbd   # on ctl"
    [[ $output == *"unchecked  accounting  workspaces: slurmdbd does not tell of them"* ]]
    [[ $output == *"unchecked  limits      QOS and associations: slurmdbd does not tell of them"* ]]
    [[ $output == *"unchecked  directories workspaces: slurmdbd does not tell who the members are"* ]]
    [ "$(grep -c ^error <<<"$output")" -eq 1 ]
}

@test "slurmctld down: said, and the files are looked at" {
    root_on ctl lab-service stop slurmctld
    root_on ctl sed -i 's/^PrologFlags=.*//' /etc/slurm/slurm.conf
    check
    root_on ctl bash -ec 'cp -a /etc/slurm.kept/slurm.conf /etc/slurm/; lab-service start slurmctld'
    [ "$status" -eq 1 ]
    finds error "daemons     slurmctld: does not answer: " "systemctl restart slurmctld   # on ctl"
    finds error "slurm.conf  PrologFlags: lacks Alloc" "PrologFlags=Alloc"
    [[ $output == *"unchecked  gres.conf   nodes: their GPUs: slurmctld does not tell"* ]]
    [[ $output == *"unchecked  topology    /etc/flightbase/topology.json: is sound; against slurmctld's nodes"* ]]
    [[ $output == *"unchecked  plugins     libslurm: against slurmctld's version: slurmctld does not answer"* ]]
}
