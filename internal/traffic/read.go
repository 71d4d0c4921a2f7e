// Package traffic owns the recorded call and the recording: it reads files of recorded LLM traffic in the dialects
// that tools write, turns every request into one Call with additive usage, counts each once however often it was
// written down, and says what it could not read. It also writes the native dialect.
//
// It does not know who recorded the traffic, what a token costs or which template a call should have used; it opens
// nothing itself but takes an fs.FS and the path of one file in it. One reader a file, in a literal list:
//
//	native.go       tokengate's own JSONL
//	claude.go       Claude Code session transcripts
//	litellm.go      LiteLLM logging payloads and spend-log rows
//	otlp.go         OpenTelemetry GenAI spans as OTLP/JSON
//	tracecsv.go     public LLM inference traces as CSV
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
	"runtime"
	"slices"
	"sync"

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
}

// Options bound and watch a reading.
type Options struct {
	// Progress is told how many bytes of all files, as stored, were read so far. Calls do not overlap. It may be nil.
	Progress func(bytes int64)
	// MaxBytes is the largest decompressed size of one file; 0 is 8 GiB. A larger one is refused: it may be a bomb.
	MaxBytes int64
	// Text asks for Call.Prompt: the text of prompts is counted while it is read, and not kept. Counting takes far
	// longer than reading does. Calls are the same with and without it, but for that field.
	Text bool
}

const defaultMaxBytes = 8 << 30

// Read reads every source and merges them. Files are read side by side. What is wrong with a file or a line is in the
// diagnostics; the error is a failing machine or a sampling share outside (0, 1].
func Read(srcs []Source, opts Options) (*Recording, source.Diagnostics, error) {
	files, diags, err := prepare(srcs)
	if err != nil {
		return nil, nil, err
	}
	readFiles(files, opts)
	for _, f := range files {
		if f.err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", f.name, f.err)
		}
	}
	rec, more := merge(files)
	diags = append(diags, more...)
	diags.Sort()
	return rec, diags, nil
}

// prepare orders the sources by name, so that the order they were given in cannot show, and refuses a name listed
// twice: two sets of defaults would fight over one place.
func prepare(srcs []Source) ([]*file, source.Diagnostics, error) {
	var files []*file
	for _, s := range srcs {
		s.Name = cmp.Or(s.Name, s.Path)
		s.Sampling = cmp.Or(s.Sampling, 1)
		if !(s.Sampling > 0 && s.Sampling <= 1) {
			return nil, nil, fmt.Errorf("%s: sampling share %v is not in (0, 1]", s.Name, s.Sampling)
		}
		files = append(files, newFile(s))
	}
	slices.SortStableFunc(files, func(a, b *file) int { return cmp.Compare(a.name, b.name) })
	var diags source.Diagnostics
	once := slices.CompactFunc(slices.Clone(files), func(a, b *file) bool {
		if a.name == b.name {
			diags.Add(ruleTwice, source.Span{File: a.name}, "let only one recordings entry match it", "the recording is listed twice; it was read once")
		}
		return a.name == b.name
	})
	return once, diags, nil
}

// readFiles reads all files, as many at a time as there are processors, each into itself.
func readFiles(files []*file, opts Options) {
	meter := &meter{tell: opts.Progress}
	limit := cmp.Or(opts.MaxBytes, defaultMaxBytes)
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, f := range files {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			f.text = opts.Text
			f.read(meter, limit)
		})
	}
	wg.Wait()
}
