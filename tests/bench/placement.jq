# SPDX-License-Identifier: GPL-2.0-or-later
# From the runs' lines (tests/bench/placement --results): rows for the table, and the values that bars.json judges.

def mean: if length == 0 then null else add / length end;
def present: map(select(. != null));

# A share over several runs is of all their jobs, not the mean of shares.
def pooled($name): [.[] | select(.[$name] != null)] | if length == 0 then null
    else (map(.[$name] * .[$name + "_of"]) | add) / (map(.[$name + "_of"]) | add) end;

def spread($name): map(.[$name]) | present | if length == 0 then null else { mean: mean, low: min, high: max } end;

# One row for each cluster, load, variant and form; shares and means over seeds, [low, high] of the seeds.
def rows: [.[] | select(.kind == "replay")] | group_by([.cluster, .nodes, .load, .variant, .form]) | map(
    . as $runs | .[0] | { cluster, nodes, load, variant, form, seeds: ($runs | length), jobs: ($runs | map(.jobs) | add) }
    + ([("island", "island_free", "one_group", "groups_free") as $name | { ($name): ($runs | pooled($name)) }] | add)
    + ([("bandwidth", "bandwidth_by_gpus", "intact", "idle_intact", "busy", "cycle_us",
         (("1", "node", "nodes") as $class | (50, 95) as $p | "wait_\($class)_p\($p)")) as $name
        | { ($name): ($runs | map(.[$name]) | present | mean) }] | add)
    + { spread: ([("island", "island_free", "one_group", "bandwidth", "bandwidth_by_gpus", "intact", "wait_node_p95", "wait_nodes_p95") as $name
        | { ($name): ($runs | spread($name)) }] | add) });

def cycle_rows: [.[] | select(.kind == "cycles")] | group_by([.cluster, .nodes, .variant]) | map(
    . as $runs | .[0] | { cluster, nodes, load, variant, form, seeds: ($runs | length), jobs: ($runs | map(.jobs) | add),
        cycle_us: ($runs | map(.cycle_us) | mean), cycle_cpu_us: ($runs | map(.cycle_cpu_us) | mean) });

# --- Bars. Each is null if a run for it is missing. ---

def of($variant): [.[] | select(.kind == "replay" and .variant == $variant)];

# Ours less the better form of the tuned stock, in points, on the mix that the bars were set by.
def several: [.[] | select(.cluster == "three")];
def best_form($name): group_by(.form) | map(pooled($name)) | present | max;
def island_gain($load): several | map(select(.load == $load)) | (of("ours") | pooled("island")) as $ours
    | (of("tuned") | best_form("island")) as $tuned
    | if $ours == null or $tuned == null then null else 100 * ($ours - $tuned) end;

# The same runs of both, by cluster, load and seed; the better form of the peer.
def pairs($peer; $name): of("ours") as $ours | of($peer) as $theirs | [$ours[] as $o
    | [$theirs[] | select(.cluster == $o.cluster and .nodes == $o.nodes and .load == $o.load and .seed == $o.seed)] as $match
    | select($o[$name] != null and ($match | length) > 0) | { ours: $o[$name], theirs: ($match | map(.[$name]) | present), run: $o }]
    | map(select(.theirs | length > 0));
def bandwidth_ratio($load): several | map(select(.load == $load)) | pairs("tuned"; "bandwidth")
    | if length == 0 then null else (map(.ours) | mean) / (map(.theirs | max) | mean) end;

def group_gain: (of("ours") | pooled("one_group")) as $ours | (of("tree") | best_form("one_group")) as $tree
    | if $ours == null or $tree == null then null else 100 * ($ours - $tree) end;

# Seconds that a wait of ours is longer than tree's in the mean over seeds, beyond the spread of tree's seeds: the worst.
def wait_excess: . as $runs | [("1", "node", "nodes") as $class | (50, 95) as $p | "wait_\($class)_p\($p)" as $name
    | $runs | pairs("tree"; $name) | group_by([.run.cluster, .run.nodes, .run.load, .run.form])[]
    | (map(.theirs | min) | max - min) as $spread | (map(.ours) | mean) - (map(.theirs | min) | mean) - $spread] | max;

def cycle_ratio: (cycle_rows | map({ (.variant): .cycle_cpu_us }) | add) as $us
    | if $us.ours == null or $us.tree == null then null else $us.ours / $us.tree end;

def bars: [
    ["in one island whenever one was free, %", (of("ours") | pooled("island_free") | if . == null then null else 100 * . end)],
    ["in one island above tuned at 70%, points", island_gain(70)],
    ["in one island above tuned at 95%, points", island_gain(95)],
    ["bandwidth over tuned's at 70%", bandwidth_ratio(70)],
    ["bandwidth over tuned's at 95%", bandwidth_ratio(95)],
    ["in one leaf group above tree, points", group_gain],
    ["wait above tree's beyond its spread, s", wait_excess],
    ["scheduler's pass over tree's", cycle_ratio]
];

# --- Table ---

def percent: if . == null then "-" else . * 1000 | round / 10 | tostring | if test("\\.") then . else . + ".0" end end;
def hours: if . == null then "-" else . / 36 | round / 100 | tostring end;
def columns: ["cluster", "load", "variant", "form", "island", "free", "leaf", "bw", "bw/GPU", "intact", "busy",
    "w1p95", "w8p50", "w8p95", "w9p50", "w9p95", "pass_us"];
def cells: ["\(.cluster):\(.nodes)", "\(.load)%", .variant, .form, (.island | percent), (.island_free | percent), (.one_group | percent),
    (.bandwidth | percent), (.bandwidth_by_gpus | percent), (.intact | percent), (.busy | percent), (.wait_1_p95 | hours),
    (.wait_node_p50 | hours), (.wait_node_p95 | hours), (.wait_nodes_p50 | hours), (.wait_nodes_p95 | hours), (.cycle_us | round | tostring)];
def rank: { default: 0, tree: 1, block: 2, tuned: 3, ours: 4 }[.variant];
def table: sort_by([.cluster, .nodes, .load, rank, .form]) | columns, (.[] | cells) | join("\t");
