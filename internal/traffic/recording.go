package traffic

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Recording is what a set of files holds.
type Recording struct {
	Summary
	Calls []Call // each once, by time, id, content, file and line
}

// Summary is what is said of a recording beside its calls.
type Summary struct {
	Count       int64       // calls
	Files       []FileStats // by name; files that could not be read are listed too
	Lines       int64       // lines of all files that were not blank; the header of a table is not counted
	Duplicates  int64       // records that repeated a call, and so were not counted again
	Replaced    int64       // calls on records that differ: the most complete of them was counted
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
func (r *Summary) BadShare() float64 {
	var bad int64
	for _, s := range r.Skipped {
		if s.Bad {
			bad += s.Count
		}
	}
	if all := bad + r.Count + r.Duplicates; all > 0 {
		return float64(bad) / float64(all)
	}
	return 0
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

// noCalls warns of files that were read well and hold nothing to replay: the wrong file, or a recorder that is off.
// Claude Code leaves many transcripts without a response, so that one of them says nothing.
func noCalls(files []*file) source.Diagnostics {
	var diags source.Diagnostics
	for _, f := range files {
		if f.readable && f.lines > 0 && f.bad.n == 0 && f.count == 0 && f.usageSpans == 0 && f.dialect != ClaudeCode {
			diags.Warn(ruleNoCalls, source.Span{File: f.name}, "check that this is the file you meant, and that the recorder logs usage", "no calls among %d lines of %s", f.lines, f.dialect)
		}
	}
	return diags
}
