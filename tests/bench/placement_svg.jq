# SPDX-License-Identifier: GPL-2.0-or-later
# The rows of placement.jq drawn: a row of panels for each cluster and load, a panel for each measure, a bar for each
# variant and form, with the least and the greatest of the seeds as a line. Colours: Okabe and Ito's, told apart by
# people of any colour vision; the forms differ by fill and outline, and every bar has its name and number.

def left: 128;
def wide: 210;
def gap: 26;
def bar: 15;
def top: 92;
def head: 24;

def colour: { default: "#999999", tree: "#56b4e9", block: "#e69f00", tuned: "#0072b2", ours: "#d55e00" }[.];
def rank: { default: 0, tree: 1, block: 2, tuned: 3, ours: 4 }[.variant];
def words: { default: "default", tree: "tree", block: "block", tuned: "tree, weights", ours: "flightbase" }[.];

def measures: [
    { key: "island", title: "2-8 GPUs on one island", share: true },
    { key: "one_group", title: "several nodes, one leaf group", share: true },
    { key: "bandwidth", title: "bandwidth / best, by GPU-hours", share: true },
    { key: "intact", title: "islands wholly idle", share: true },
    { key: "wait_node_p95", title: "wait of 2-8 GPUs, p95, hours", share: false }
];

def text($x; $y; $words; $more): "<text x=\"\($x)\" y=\"\($y)\" \($more)>\($words)</text>";
def rect($x; $y; $w; $h; $more): "<rect x=\"\($x)\" y=\"\($y)\" width=\"\($w)\" height=\"\($h)\" \($more)/>";
def line($x; $y; $x2; $y2; $more): "<line x1=\"\($x)\" y1=\"\($y)\" x2=\"\($x2)\" y2=\"\($y2)\" \($more)/>";
def tenth: . * 10 | round / 10;

def value($m): .[$m.key] as $v | if $v == null then null elif $m.share then 100 * $v else $v / 3600 end;
def ends($m): .spread[$m.key] as $s | if $s == null then null else [$s.low, $s.high] | map(if $m.share then 100 * . else . / 3600 end) end;
def limit($m): if $m.share then 100 else [map(value($m), (ends($m) // [0])[])[] | select(. != null)] | (max // 0) | if . <= 0 then 1 else . end end;

def one_bar($m; $x; $y; $limit): value($m) as $v | ends($m) as $ends | (wide - 44) as $room
    | if $v == null then text($x + 4; $y + 11; "no such job"; "class=\"none\"") else
        rect($x; $y + 2; ([$v / $limit * $room, 0.5] | max | tenth); bar - 4; "fill=\"\(.variant | colour)\" stroke=\"\(.variant | colour)\" fill-opacity=\"\(if .form == "gpus" then 0.35 else 1 end)\""),
        (if .seeds > 1 and $ends != null then line($x + ($ends[0] / $limit * $room | tenth); $y + bar / 2; $x + ($ends[1] / $limit * $room | tenth); $y + bar / 2; "class=\"spread\"") else empty end),
        text($x + ([$v, ($ends // [0])[]] | max / $limit * $room | tenth) + 4; $y + 11; ($v | tenth); "class=\"number\"") end;

def panel($m; $x; $y): length as $bars | limit($m) as $limit
    | line($x; $y; $x; $y + $bars * bar; "class=\"axis\""),
      (range($bars) as $i | .[$i] | one_bar($m; $x; $y + $i * bar; $limit));

def strip($y): sort_by([rank, .form]) | . as $bars | length as $n
    | text(8; $y - 8; "\(.[0].cluster), \(.[0].nodes) nodes, load \(.[0].load)%, \(.[0].seeds) seed\(if .[0].seeds == 1 then "" else "s" end)"; "class=\"strip\""),
      (range($n) as $i | .[$i] | text(left - 8; $y + $i * bar + 11; "\(.variant | words) --\(.form)"; "class=\"name\"")),
      (range(measures | length) as $p | $bars | panel(measures[$p]; left + $p * (wide + gap); $y));

def drawing: group_by([.cluster, .nodes, .load]) as $strips
    | (left + (measures | length) * (wide + gap)) as $width
    | ([$strips[] | length * bar + head + 16]) as $heights
    | "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\($width)\" height=\"\(top + ($heights | add) + 10)\" viewBox=\"0 0 \($width) \(top + ($heights | add) + 10)\" font-family=\"sans-serif\" font-size=\"11\">",
      "<style>.title{font-size:15px;font-weight:bold}.strip{font-weight:bold}.name{text-anchor:end}.measure{font-weight:bold}.axis{stroke:#444}.spread{stroke:#000;stroke-width:1.5}.none{fill:#666;font-style:italic}</style>",
      rect(0; 0; $width; top + ($heights | add) + 10; "fill=\"#fff\""),
      text(8; 22; "Where slurmctld puts the jobs of a trace"; "class=\"title\""),
      text(8; 40; "Shares in percent. Full bars: --gres=gpu:N; light bars: --gpus=N. Black line: from the least to the greatest of the seeds."; ""),
      (range(measures | length) as $p | text(left + $p * (wide + gap); 64; measures[$p].title; "class=\"measure\"")),
      (range($strips | length) as $s | $strips[$s] | strip(top + head - 16 + ($heights[:$s] | add // 0))),
      "</svg>";
