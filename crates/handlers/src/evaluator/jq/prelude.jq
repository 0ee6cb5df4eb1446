# What jq 1.6 defines and jaq does not, or differently. Nothing here sees the process.
def env: {};

# Called by other names, which no script can write: the first by every assignment, the second by every text.
def _made(f): reduce (path(f)?) as $path (.; _made_at($path));
def setpath($path; $value): _made_at($path) | getpath($path) = $value;
def delpaths($paths): reduce ($paths | sort | reverse[]) as $path (.; _without($path));
def del(f): delpaths([path(f)]);

def _tojson: tojson;
def tojson: _plain | _tojson;
def tostring: if type == "string" then . else tojson end;
def @text: tostring;
def @json: tojson;

def _limit($count; f): limit($count; f);
def limit($count; f): if $count < 0 then f else _limit($count; f) end;
def ltrimstr($start):
  if type == "string" and ($start | type) == "string" and startswith($start) then .[($start | length):] else . end;
def rtrimstr($end):
  if type == "string" and ($end | type) == "string" and endswith($end) and $end != ""
  then .[:length - ($end | length)] else . end;

def input: error("No more inputs");
def inputs: empty;
def input_filename: null;
def input_line_number: 0;
def get_search_list: [];

def join($separator):
  reduce .[] as $x (null;
      (if . == null then "" else . + $separator end)
    + ($x | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end))
  // "";

def from_entries:
  reduce .[] as $x ({};
    ($x | if .key == null then .k // .name // .Name // .K // .Key else .key end) as $key
    | . + {($key | if type == "string" then . else tojson end):
        ($x | if has("value") then .value elif has("v") then .v elif has("Value") then .Value else .V end)});
def with_entries(f): to_entries | map(f) | from_entries;

def walk(f):
  . as $in
  | if type == "object" then
      reduce keys_unsorted[] as $key ({}; . + {($key): ($in[$key] | walk(f))}) | f
    elif type == "array" then map(walk(f)) | f
    else f end;

def recurse_down: recurse;
def leaf_paths: paths(scalars);
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def datesub($n): . - $n;
def ascii: [.] | implode;
def isvalid(f): try (f | true) catch false;
def finites: select(isinfinite or isnan | not);
def exp10: pow(10; .);

def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p)
  | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def fromstream(f): {x: null, e: false} as $init
  | foreach f as $i ($init;
      if .e then $init else . end
      | if $i | length == 2
        then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1])
        else setpath(["e"]; $i[0] | length == 1) end;
      if .e then .x else empty end);
def truncate_stream(stream):
  . as $n | null | stream | . as $input
  | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;

def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);
def INDEX(f): INDEX(.[]; f);
def GROUP_BY(f): group_by(f);
def UNIQUE_BY(f): [group_by(f)[] | .[0]];
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);

def @csv: [.[] | if type == "number" or type == "boolean" then tojson
  elif type == "string" then "\"" + gsub("\""; "\"\"") + "\""
  elif . == null then ""
  else error("\(type) (\(tojson)) is not valid in a csv row") end] | join(",");
def @tsv: [.[] | if type == "number" or type == "boolean" then tojson
  elif type == "string" then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
  elif . == null then ""
  else error("\(type) (\(tojson)) cannot be tsv-formatted, only an array of scalars can be") end] | join("\t");
