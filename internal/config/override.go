package config

import (
	"cmp"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Override is a variant that was read: what it puts in the place of what the project declares.
type Override struct {
	Name, Description string
	Span              source.Span
	Changes           []string            // each on a line, as it was written
	Prices            []source.At[string] // paths of price files
	Templates         Settings            // by path of the template, the path of the file that stands in for it
	Recached          bool                // it asks for a cache that is on

	limits []aimed[prompt.Limits] // each with one key set
	volume []aimed[float64]
	cache  []aimed[source.At[bool]] // true: off
	tier   []aimed[source.At[string]]
}

// aimed is a value for all calls, for those of a track, or for those of a template.
type aimed[T any] struct {
	kind, name string // "", "track" or "template"
	value      T
}

// over reports whether the value holds for a call, and how closely it is aimed at it.
func (a aimed[T]) over(template, track string) (closeness int, ok bool) {
	switch a.kind {
	case "track":
		return 1, a.name == track
	case "template":
		return 2, a.name == template
	}
	return 0, true
}

// meant lists the values that hold for a call, the ones that are aimed at it most closely last; of equals the later one.
func meant[T any](list []aimed[T], template, track string) (out []T) {
	for want := range 3 {
		for _, a := range list {
			if at, ok := a.over(template, track); ok && at == want {
				out = append(out, a.value)
			}
		}
	}
	return out
}

// Limits lays the variant over the limits that hold for a call.
func (o Override) Limits(held prompt.Limits, template, track string) prompt.Limits {
	for _, l := range meant(o.limits, template, track) {
		fill(&l, held)
		held = l
	}
	return held
}

// Moves reports whether the variant replaces a limit, such as a model, rather than only texts, prices or volume.
func (o Override) Moves() bool { return len(o.limits) > 0 }

// Volume is how many calls there are on a track for each that was recorded.
func (o Override) Volume(track string) float64 { return cmp.Or(last(meant(o.volume, "", track)), 1) }

// Scales reports whether the variant is of another volume.
func (o Override) Scales() bool { return len(o.volume) > 0 }

// Tier is the service tier that the calls of a track move to; not set where they stay.
func (o Override) Tier(track string) source.At[string] { return last(meant(o.tier, "", track)) }

// Uncached says whether the calls of a track use no cache.
func (o Override) Uncached(track string) source.At[bool] { return last(meant(o.cache, "", track)) }

// Serves reports whether the variant asks for calls to be served otherwise than they were.
func (o Override) Serves() bool { return len(o.tier)+len(o.cache) > 0 }

// Models lists the models that the variant names.
func (o Override) Models() (out []source.At[string]) {
	for _, l := range o.limits {
		for _, m := range []source.At[string]{l.value.Model, l.value.Fallback.Model} {
			if m.Set {
				out = append(out, m)
			}
		}
	}
	return out
}

func last[T any](list []T) (none T) {
	if len(list) == 0 {
		return none
	}
	return list[len(list)-1]
}
