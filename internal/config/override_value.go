package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// scoped reads one value for all calls, or one by track.
func scoped[T any](r *overrideReader, what string, list Scoped, into *[]aimed[T], read func(source.At[string]) (T, error)) {
	for _, s := range list {
		at := s.Key
		if at.Span.IsZero() {
			at.Span = s.Value.Span
		}
		kind, name, _, ok := r.target(at, nil)
		if ok && kind == "template" {
			r.diags.Add("variant-setting", at.Span, "aim it at a track, or at all calls", "%s is not set by template", what)
			ok = false
		}
		value, err := read(s.Value)
		if err != nil {
			r.diags.Add("variant-setting", s.Value.Span, "", "%s: %v", what, err)
			ok = false
		}
		if !ok {
			continue
		}
		*into = append(*into, aimed[T]{kind, name, value})
		change := what + " " + s.Value.Value
		if kind != "" {
			change += " on " + kind + " " + name
		}
		r.o.Changes = append(r.o.Changes, change)
	}
}

// maxVolume is the largest factor; beyond it somebody forgot a percent sign.
const maxVolume = 1000

// volumeOf reads a change of volume: "+30%" is 1.3, "-20%" 0.8, "x2" 2. A bare percentage could be meant either way.
func volumeOf(at source.At[string]) (float64, error) {
	text := strings.ReplaceAll(strings.TrimSpace(at.Value), "−", "-")
	wrong := fmt.Errorf("cannot read %q as a change of volume; write it like +30%%, -20%% or x2", at.Value)
	factor := 0.0
	if times, ok := strings.CutPrefix(strings.ReplaceAll(text, "×", "x"), "x"); ok {
		f, err := strconv.ParseFloat(times, 64)
		if err != nil {
			return 0, wrong
		}
		factor = f
	} else {
		digits, percent := strings.CutSuffix(text, "%")
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil || !percent || !strings.ContainsAny(text[:1], "+-") {
			return 0, wrong
		}
		factor = (100 + f) / 100
	}
	if !(factor > 0 && factor <= maxVolume) {
		return 0, fmt.Errorf("%q is not between nothing and %d times as much", at.Value, maxVolume)
	}
	return factor, nil
}

// Tiers are the service tiers that a call may name.
var Tiers = []string{"standard", "batch", "flex", "priority"}

func tierOf(at source.At[string]) (source.At[string], error) {
	if !slices.Contains(Tiers, at.Value) {
		return at, fmt.Errorf("tier %q is not known; %s", at.Value, source.DidYouMean(at.Value, Tiers, "write one of "+strings.Join(Tiers, ", ")))
	}
	return at, nil
}

func (r *overrideReader) cacheOf(at source.At[string]) (source.At[bool], error) {
	switch at.Value {
	case "off":
		return source.Of(true, at.Span), nil
	case "on":
		r.o.Recached = true
		return source.Of(false, at.Span), nil
	}
	return source.At[bool]{}, fmt.Errorf("cache %q is not known; write off or on", at.Value)
}

// unknowable says why a setting of retrieval cannot be replayed; "" where it can. How much a call retrieved is not
// recorded: only what is declared says it.
func (r *overrideReader) unknowable(kind, name, key string) string {
	if key != "top_k" && key != "chunk_tokens" && key != "max_retrieved_tokens" {
		return ""
	}
	where := "the project"
	if kind != "" {
		where = kind + " " + name
	}
	half := ""
	for _, t := range append(r.paths(), "") {
		for _, track := range append(r.tracks(), "") {
			if kind == "track" && track != name || kind == "template" && t != name {
				continue
			}
			switch c := r.p.Limits(t, track).Context; {
			case c.TopK.Set && c.ChunkTokens.Set, key == "max_retrieved_tokens" && c.MaxRetrievedTokens.Set:
				return ""
			case c.TopK.Set:
				half = "top_k without chunk_tokens"
			case c.ChunkTokens.Set:
				half = "chunk_tokens without top_k"
			}
		}
	}
	if half != "" {
		return where + " declares " + half + ", so how many tokens a call retrieved is not known"
	}
	return where + " declares no top_k and chunk_tokens, so how many tokens a call retrieved is not known"
}

func (r *overrideReader) paths() (out []string) {
	for _, t := range r.p.Templates {
		out = append(out, t.Path)
	}
	return out
}

func (r *overrideReader) tracks() (out []string) {
	for _, d := range r.p.Declared() {
		out = append(out, d.Scope.Name)
	}
	return out
}
