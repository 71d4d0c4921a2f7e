package traffic

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Recording is what a set of files holds.
type Recording struct {
	Calls       []Call      // each once, by time, id, content, file and line
	Files       []FileStats // by name; files that could not be read are listed too
	Lines       int64       // lines of all files that were not blank; the header of a table is not counted
	Duplicates  int64       // records that repeated a call, and so were not counted again
	Skipped     []Skip      // bad ones first, then by reason
	Lacks       []Lack      // with Options.Text: calls without a Prompt, by reason; with those that have one they are all
	First, Last time.Time   // of the calls; zero without any
}

// FileStats says what one file gave.
type FileStats struct {
	Name     string
	Dialect  string // "" where it could not be told
	Lines    int64  // not blank
	Calls    int64  // counted calls that were read here; a call that stands in several files counts in one
	Sampling float64
}

// Skip counts records that became no call.
type Skip struct {
	Reason string // one of few, without detail
	Bad    bool   // it should have been a call: counts in BadShare
	Count  int64
}

// Lack counts calls whose Prompt is not known though Options.Text asks for it.
type Lack struct {
	Reason string // one of few, without detail
	Count  int64
}

// BadShare is the share of bad records among those that were, or should have been, calls: bad / (bad + calls +
// duplicates). Records that are no calls by nature do not dilute it. It is 0 for an empty recording.
func (r *Recording) BadShare() float64 {
	var bad int64
	for _, s := range r.Skipped {
		if s.Bad {
			bad += s.Count
		}
	}
	if all := bad + int64(len(r.Calls)) + r.Duplicates; all > 0 {
		return float64(bad) / float64(all)
	}
	return 0
}

// merge makes one recording of the files. Calls are counted once across all of them, and spans are seen as the trees
// they form however they are spread over files.
func merge(files []*file) (*Recording, source.Diagnostics) {
	resolveSpans(files)
	rec := &Recording{}
	skipped := map[skipKey]int64{}
	n := 0
	for _, f := range files {
		n += f.records.n
	}
	all := newSet(n)
	for _, f := range files {
		rec.Lines += f.lines
		f.records.each(all.add)
		for k, n := range f.skipped {
			skipped[k] += n
		}
	}
	var diags source.Diagnostics
	rec.Calls, rec.Duplicates, diags = all.calls()
	for _, f := range files {
		diags = append(diags, f.report()...)
	}
	rec.Skipped, rec.Lacks = sortSkips(skipped), all.lacking()
	rec.Files = fileStats(files, rec.Calls)
	if n := len(rec.Calls); n > 0 {
		rec.First, rec.Last = rec.Calls[0].Time, rec.Calls[n-1].Time
	}
	return rec, append(diags, noCalls(files)...)
}

type skipKey struct {
	reason string
	bad    bool
}

func sortSkips(m map[skipKey]int64) []Skip {
	var out []Skip
	for k, n := range m {
		out = append(out, Skip{Reason: k.reason, Bad: k.bad, Count: n})
	}
	slices.SortFunc(out, func(a, b Skip) int {
		if a.Bad != b.Bad {
			return map[bool]int{true: -1, false: 1}[a.Bad]
		}
		return cmp.Compare(a.Reason, b.Reason)
	})
	return out
}

func fileStats(files []*file, calls []Call) []FileStats {
	counts := map[string]int64{}
	for i := range calls {
		counts[calls[i].Place.File]++
	}
	var out []FileStats
	for _, f := range files {
		out = append(out, FileStats{Name: f.name, Dialect: f.dialect, Lines: f.lines, Calls: counts[f.name], Sampling: f.src.Sampling})
	}
	return out
}

// noCalls warns of files that were read well and hold nothing to replay: the wrong file, or a recorder that is off.
// Claude Code leaves many transcripts without a response, so that one of them says nothing.
func noCalls(files []*file) source.Diagnostics {
	var diags source.Diagnostics
	for _, f := range files {
		if f.readable && f.lines > 0 && f.bad.n == 0 && f.records.n == 0 && f.usageSpans == 0 && f.dialect != ClaudeCode {
			diags.Warn(ruleNoCalls, source.Span{File: f.name}, "check that this is the file you meant, and that the recorder logs usage", "no calls among %d lines of %s", f.lines, f.dialect)
		}
	}
	return diags
}
