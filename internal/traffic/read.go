// Package traffic owns the recorded call and the recording: it reads files of recorded LLM traffic in the dialects
// that tools write, turns every request into one Call with additive usage, counts each once however often it was
// written down, and says what it could not read. It also writes the native dialect.
//
// It does not know who recorded the traffic, what a token costs or which template a call should have used; it opens
// nothing itself but takes an fs.FS and the path of one file in it. One reader a file, in a literal list:
//
//	native.go       tokengate's own JSONL
//	nativecsv.go    the same as a table
//	claude.go       Claude Code session transcripts
//	litellm.go      LiteLLM logging payloads and spend-log rows
//	otlp.go         OpenTelemetry GenAI spans, log events and metrics as OTLP/JSON, Jaeger JSON, and what consoles print
//	responses.go    responses of Anthropic, OpenAI, Gemini and Bedrock, as loggers write them
//	…batch.go       the results of batches, one file a provider
//	vcr.go          cassettes of HTTP exchanges
//	langfuse.go     Langfuse observations, from its API, exports and ingestion batches
//	helicone.go     Helicone requests
//	tracecsv.go     public LLM inference traces as CSV
//	mooncake.go     Mooncake's traces as JSON lines
//	parquet.go      the native keys as columns of a Parquet file
//
// The text of prompts is not kept. With Options.Text it is reduced to counts while a line is decoded, for those who fit
// counts to what was billed; what cannot be counted whole has no count, a reason, and no part in whether a call counts.
//
// Nothing is lost silently. A record that is no call is counted with a reason. One that should have been a call and
// cannot be read is bad: a warning with file and line, a share of the whole in BadShare, and the run goes on. A file
// that cannot be read as a whole is an error. The result depends on what was recorded alone: neither the order of
// files, nor that of lines, nor how calls are split over files changes the calls or their order.
//
//	rec, diags, err := traffic.Read([]traffic.Source{{FS: root, Path: "traffic/may.jsonl.gz"}}, traffic.Options{})
package traffic

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Source is one file of recorded traffic.
type Source struct {
	FS       fs.FS
	Path     string   // of one file in FS; globs are the caller's
	Name     string   // how the file is shown and found again in Place.File; "" is Path
	Dialect  string   // one of Dialects; "" detects it from the content
	Sampling float64  // share of all traffic the file holds, in (0, 1]; 0 is 1
	Defaults Defaults // what calls get that the file does not say
}

// Defaults fill what a record lacks; they never replace what it says.
type Defaults struct {
	Track, Feature, Model, Template string
	// Day is when calls were made that have no time, as the results of a batch have none; its beginning, in UTC, becomes
	// their time. The zero time is none: such calls are then bad records.
	Day time.Time
}

// Options bound and watch a reading.
type Options struct {
	// Progress is told how many bytes of all files, as stored, were read so far, and how many there are to read: 0 where
	// that is not known. A second pass adds to both. Calls do not overlap. It may be nil.
	Progress func(done, total int64)
	// Now is the time of the reading: a call from the future is refused beyond what a clock or a zone explains. Zero
	// knows no future.
	Now time.Time
	// MaxBytes is the largest decompressed size of one file. A larger one is refused: it may be a bomb. 0 is 1 GiB, or
	// 250 times its stored size if that is more; text as it is recorded packs to a tenth or a twentieth.
	MaxBytes int64
	// MaxIDs is how many call ids are held in memory, at 16 to 48 bytes each; 0 is 5 million. With Scratch more of them
	// are written out and merged in the end; without it they are all held.
	MaxIDs int
	// Scratch makes an empty file for that.
	Scratch func() (Scratch, error)
	// Text asks for Call.Prompt: the text of prompts is counted while it is read, and not kept. Counting takes far
	// longer than reading does. Calls are the same with and without it, but for that field.
	Text bool
	// Map gives calls the labels that their dialect lacks; see Mapping.
	Map Mapping
	// Template names the template of a call, once rules and defaults have said theirs: it is given the file's dialect, and
	// what it returns becomes Call.Template. It depends on nothing else, and may be called from several goroutines; nil
	// changes nothing.
	Template func(dialect string, c *Call) string
	// Explain is told of every record that is counted, before copies of a call in several records are joined: they have
	// the same Call.ID. Calls do not overlap, and come in no particular order. It may be nil.
	Explain func(Explained)
}

func (o *Options) maxIDs() int { return cmp.Or(o.MaxIDs, defaultMaxIDs) }

// facts tells whether readers must tell facts.
func (o *Options) facts() bool { return o.Explain != nil || o.Map.needsFacts() }

// Read reads every source and holds all calls in memory, about 0.5 KB each: for those who need them together or in order.
// See Stream.
func Read(srcs []Source, opts Options) (*Recording, source.Diagnostics, error) {
	rec := &Recording{}
	sum, diags, err := Stream(srcs, opts, func() Consumer {
		rec.Calls = nil
		return func(c *Call) error {
			rec.Calls = append(rec.Calls, *c)
			return nil
		}
	})
	if err != nil {
		return nil, nil, err
	}
	rec.Summary = *sum
	order := func(a, b Call) int { return compareCalls(&a, &b) }
	if !slices.IsSortedFunc(rec.Calls, order) {
		slices.SortFunc(rec.Calls, order)
	}
	return rec, diags, nil
}

// prepare orders the sources by name, so that the order they were given in cannot show, and refuses a name listed
// twice: two sets of defaults would fight over one place.
func prepare(srcs []Source) ([]Source, source.Diagnostics, error) {
	var out []Source
	for _, s := range srcs {
		s.Name = cmp.Or(s.Name, s.Path)
		s.Sampling = cmp.Or(s.Sampling, 1)
		if !(s.Sampling > 0 && s.Sampling <= 1) {
			return nil, nil, fmt.Errorf("%s: sampling share %v is not in (0, 1]", s.Name, s.Sampling)
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	var diags source.Diagnostics
	once := slices.CompactFunc(slices.Clone(out), func(a, b Source) bool {
		if a.Name == b.Name {
			diags.Add(ruleTwice, source.Span{File: a.Name}, "let only one recordings entry match it", "the recording is listed twice; it was read once")
		}
		return a.Name == b.Name
	})
	return once, diags, nil
}
