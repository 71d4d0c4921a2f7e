package traffic

import "github.com/tokengate/tokengate/internal/source"

const (
	ruleBadLine  = "traffic-bad-line"
	ruleMissing  = "traffic-missing"
	ruleNotFile  = "traffic-not-a-file"
	rulePointer  = "traffic-lfs-pointer"
	ruleBinary   = "traffic-binary"
	ruleEncoding = "traffic-encoding"
	ruleDialect  = "traffic-dialect"
	ruleDamaged  = "traffic-damaged"
	ruleTooBig   = "traffic-too-big"
	ruleEmpty    = "traffic-empty"
	ruleNoModel  = "traffic-no-model"
	ruleNoCalls  = "traffic-no-calls"
	ruleTwice    = "traffic-listed-twice"
	ruleConflict = "traffic-id-conflict"
	ruleNoZone   = "traffic-no-zone"
	ruleFees     = "traffic-fees"
	ruleText     = "traffic-text"
	ruleGrown    = "traffic-grown"
	ruleAhead    = "traffic-ahead"
	ruleSpread   = "traffic-spread"
	ruleLabel    = "traffic-label"
	ruleReversed = "traffic-end-before-start"
	ruleCallless = "traffic-calls-unknown"
	ruleSignals  = "traffic-two-signals"
	ruleHeader   = "traffic-header"

	ruleMap       = "map-rule"
	ruleMapUnused = "map-unused"
	ruleColumns   = "traffic-columns"
)

// Rules documents what Read and NewMapping report.
var Rules = []source.Rule{
	{ID: ruleBadLine, Summary: "a record that should be a call cannot be read",
		Explain: `Warning, at the line. The run goes on; the record counts as bad, and more than the configured share of bad
records (1 % unless set) makes the verdict inconclusive. In the native dialect an unknown key is a bad line too: a
misspelt key must not drop what it holds.`},
	{ID: ruleMissing, Summary: "the recording does not exist", Explain: `The path names no file in the revision that is read.`},
	{ID: ruleNotFile, Summary: "the recording is a directory", Explain: `A recording is one file, or a glob that matches files.`},
	{ID: rulePointer, Summary: "the recording is a Git LFS pointer",
		Explain: `The repository holds a pointer of a few lines in place of the file. Fetch the content with git lfs pull; in a
workflow, check out with lfs: true.`},
	{ID: ruleBinary, Summary: "the recording is not text", Explain: `Traffic is JSON, CSV or Parquet; the former may be packed with gzip
or zstd. Protocol buffers and archives are not read: export them as JSON lines.`},
	{ID: ruleEncoding, Summary: "the recording is not UTF-8 throughout",
		Explain: `The file, or a part that another tool appended, is UTF-16. Convert it: reading half of it would lose calls.`},
	{ID: ruleDialect, Summary: "the format of the recording is not known", Explain: `The beginning of the file matches no known dialect, or
the dialect named for it does not exist.`},
	{ID: ruleHeader, Summary: "the columns of a native table are not the native keys",
		Explain: `A column is unknown, is there twice, or one of ts, model, input and output is missing. The table is not read:
what an unknown column holds would be lost without a word.`},
	{ID: ruleDamaged, Summary: "the compressed recording is cut short or damaged",
		Explain: `The stream ends early or fails its checksum. What was read before is counted, but the run stops: the rest is
missing.`},
	{ID: ruleTooBig, Summary: "the recording is too large when unpacked", Explain: `A small file can unpack to terabytes. A packed file may unpack to 1 GiB,
or to 250 times its size if that is more; a recording packs to a tenth or a twentieth. Unpack one that is really so large.`},
	{ID: ruleGrown, Summary: "the recording grew while it was read", Explain: `Information: a recorder is still writing to the file. What was there
when the reading began was read, and a line that was cut off there is left to the next reading.`},
	{ID: ruleAhead, Summary: "calls lie in the future", Explain: `Warning: their clock is ahead, or their times are of another zone and do not say
so. They are counted, on the day that they name. A call that is more than a day ahead is a bad line.`},
	{ID: ruleSpread, Summary: "calls of the recording cannot be told file by file", Explain: `Spans of one trace may stand in several files, and only
all of them together show which are calls. A reading that is spread over machines takes other dialects.`},
	{ID: ruleEmpty, Summary: "the recording is empty", Explain: `Warning: an empty file usually means that the recorder did not run.`},
	{ID: ruleNoModel, Summary: "the recording does not say which model was used",
		Explain: `Inference traces hold no model name. Set defaults.model of the recording.`},
	{ID: ruleNoCalls, Summary: "the recording holds no calls", Explain: `Warning: the file was read to its end and nothing in it is a model call.`},
	{ID: ruleTwice, Summary: "a recording is listed twice", Explain: `Two entries match one file. It is read once, but whose sampling and defaults
hold cannot be told.`},
	{ID: ruleConflict, Summary: "records that differ share one id",
		Explain: `Warning: two records have the same id but another time, model or track. They were counted once, the most
complete of them. If they are different calls, the recorder reuses ids and spend is understated.`},
	{ID: ruleNoZone, Summary: "recorded times carry no zone", Explain: `They were read as UTC. Days may be off by the recorder's offset.`},
	{ID: ruleFees, Summary: "some calls were billed beyond their tokens",
		Explain: `Warning: server-side web searches have a price per request. Token budgets do not see it.`},
	{ID: ruleColumns, Summary: "the columns of a Parquet file are not those of calls",
		Explain: `Error where a column that every call needs is missing, stands there twice, or has a type that cannot hold it:
ts, model (or defaults.model), input and output. Input and output may also be named usage.input or usage_input, and stand
in a group usage. Rows of Langfuse or Helicone are not read from Parquet: export them as JSON lines. Warning where a column
that is not read is named nearly as one that is missing; other columns of a lake are passed over.`},
	{ID: ruleText, Summary: "the prompt text of a call cannot be counted",
		Explain: `Warning, at the line, and only where text is asked for, as calibrate does. The call counts like any other and
is replayed; it is only left out of what is fitted to prompt text. Text that holds a part whose tokens it does not tell,
such as audio or a file by its id, is not counted in part: the rest would be set against the tokens of the whole.`},
	{ID: ruleLabel, Summary: "a label of a call cannot be read, or stands twice",
		Explain: `Warning, at the line. The call counts; its track, feature or template may not be what was meant. Where two tags
name a track, the first one holds.`},
	{ID: ruleReversed, Summary: "requests end before they start",
		Explain: `Warning, once a file: two clocks disagree. The calls count; their latency is taken as not known.`},
	{ID: ruleCallless, Summary: "it is not known how many calls some tokens are",
		Explain: `Warning, once a file. A counter does not tell how many calls it sums, nor does the span of an agent that stands
without the spans of its requests; where their context is not propagated, such spans repeat each other unseen. Tokens are exact, and so is what they cost at prices that do not depend on the size of a
request. Each is one record: ceilings per call, and anything else per call, mean nothing on such a recording.`},
	{ID: ruleSignals, Summary: "two signals of one service tell of the same calls",
		Explain: `Warning, once a file. Spans, log events and metrics of one service repeat each other. Where ids pair them, each
call counts once without a word; where none do, spans are counted, then events, and metrics only where nothing else is.`},
	{ID: ruleMap, Summary: "a map rule cannot be used",
		Explain: `A rule under map: needs conditions under when: and at least one of track, feature, user, session, template and
template_version. A pattern must not be empty, and braces of a value name a fact, such as {metadata.user_id}. A rule that
cannot be read is an error: calls it was meant for would count on no track.`},
	{ID: ruleMapUnused, Summary: "a map rule did nothing in the whole recording",
		Explain: `Info, at the rule: no recorded call matches it, or what it would set is said already. The recorder may have
renamed a span or a tag, or an earlier rule may take its calls. tokengate traffic explain FILE shows which facts calls have
and which rule gave each value.`},
}
