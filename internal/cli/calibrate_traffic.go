package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// evidence is what there is to fit: samples by family, and where they come from.
type evidence struct {
	calls   int64 // looked at
	texts   []onlineCount
	leftOut []token.LeftOut
	samples map[string][]token.Sample
	sums    map[string]string          // SHA-256 of each source, by name
	from    map[string]map[string]bool // sources by family
	first   map[string]time.Time
	last    map[string]time.Time
}

func newEvidence() *evidence {
	return &evidence{samples: map[string][]token.Sample{}, sums: map[string]string{}, from: map[string]map[string]bool{},
		first: map[string]time.Time{}, last: map[string]time.Time{}}
}

// add takes one sample; at is zero where it bears no time.
func (e *evidence) add(family, source string, at time.Time, s token.Sample) {
	e.samples[family] = append(e.samples[family], s)
	if e.from[family] == nil {
		e.from[family] = map[string]bool{}
	}
	e.from[family][source] = true
	if first, ok := e.first[family]; !ok || at.Before(first) {
		e.first[family] = at
	}
	if last, ok := e.last[family]; !ok || at.After(last) {
		e.last[family] = at
	}
}

func (e *evidence) families() []string { return slices.Sorted(maps.Keys(e.samples)) }

func (e *evidence) basis(family string) token.Basis {
	b := token.Basis{First: e.first[family], Last: e.last[family]}
	for _, name := range slices.Sorted(maps.Keys(e.from[family])) {
		b.Sources = append(b.Sources, token.SourceSum{Name: name, SHA256: e.sums[name]})
	}
	return b
}

// readRecordings reads the recordings of the configuration, or those named by hand, with their text.
func (o *calibrateOptions) readRecordings(env *Env, p *calibrateProject) (*evidence, error) {
	sources, done, err := o.sources(p)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(sources) == 0 {
		return nil, usageError{"there is no recorded traffic to calibrate on", "list it under recordings: in " + config.Name + ", or name it with --recording"}
	}
	progress, stop := newProgress(env)
	rec, diags, err := traffic.Read(sources, traffic.Options{Progress: progress, Now: env.Now(), Scratch: newScratch, Text: true})
	stop()
	if err != nil {
		return nil, err
	}
	if err := env.warnOrEnd(diags); err != nil {
		return nil, err
	}
	e := p.evidence(rec, env.Now())
	for _, s := range sources {
		if e.sums[s.Name], err = sumOf(s); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// evidence sorts the calls by the tokenizer of their model.
func (p *calibrateProject) evidence(rec *traffic.Recording, now time.Time) *evidence {
	e := newEvidence()
	e.calls = int64(len(rec.Calls))
	for _, l := range rec.Lacks {
		e.leftOut = append(e.leftOut, token.LeftOut{Reason: l.Reason, Count: l.Count})
	}
	families, unknown := map[string]string{}, map[string]int64{}
	for i := range rec.Calls {
		c := &rec.Calls[i]
		if c.Prompt == nil {
			continue // among Lacks
		}
		family, ok := families[c.Model]
		if !ok {
			if m, err := p.catalog.Lookup(c.Model, now); err == nil {
				family = m.Tokenizer
			}
			families[c.Model] = family
		}
		if family == "" {
			unknown[c.Model]++
			continue
		}
		e.add(family, c.Place.File, c.Time, token.Sample{Content: *c.Prompt, Tokens: c.Usage.Prompt()})
	}
	for _, model := range slices.Sorted(maps.Keys(unknown)) {
		e.leftOut = append(e.leftOut, token.LeftOut{Reason: fmt.Sprintf("model %q is not in the price catalogue", model), Count: unknown[model]})
	}
	return e
}

// sources lists the files to read.
func (o *calibrateOptions) sources(p *calibrateProject) (out []traffic.Source, done func(), err error) {
	var closers []func()
	done = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, name := range o.traffic.recordings {
		one := o.traffic
		one.recordings, one.text = []string{name}, true
		if i := strings.LastIndexByte(name, '='); i > 0 && slices.Contains(traffic.Dialects(), name[i+1:]) {
			one.recordings, one.dialect = []string{name[:i]}, name[i+1:]
		}
		files, c, err := one.extra()
		if err != nil {
			done()
			return nil, nil, err
		}
		closers = append(closers, c)
		out = append(out, files...)
	}
	if len(out) == 0 {
		out, err = p.recordings()
	}
	return out, done, err
}

// sumOf is the SHA-256 of a recording as it is stored.
func sumOf(s traffic.Source) (string, error) {
	f, err := s.FS.Open(s.Path)
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", s.Name, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("digest of %s: %w", s.Name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
