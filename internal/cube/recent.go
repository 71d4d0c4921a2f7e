package cube

import (
	"strings"

	"github.com/tokengate/tokengate/internal/traffic"
)

// recents is how many cells are found again without a look into the map.
const recents = 256

// recent is a cell and the key of the calls it was found for, as they have it: its path is not cleaned yet.
type recent struct {
	raw  Key
	slot *slot
}

// find gives the cell of a call; nil when slot has none. Calls come in runs of few keys, and comparing six texts is
// cheaper than hashing them.
func (c *Cube) find(call *traffic.Call, day int64, sampling float64) *slot {
	if c.recent == nil {
		c.recent = make([]recent, recents)
	}
	band := Band(call.Usage.Prompt())
	r := &c.recent[quick(call, day, band)]
	if r.slot != nil && r.holds(call, day, band, sampling) {
		return r.slot
	}
	s := c.slot(Key{Day: day, Track: call.Track, Feature: call.Feature, Template: call.Template, Version: call.TemplateVersion,
		Model: call.Model, Tier: call.Tier, Band: band, Sampling: sampling})
	if s == nil {
		return nil
	}
	raw := s.key
	if raw.Template != call.Template {
		raw.Template = strings.Clone(call.Template)
	}
	if call.Tier == "" {
		raw.Tier = ""
	}
	*r = recent{raw, s}
	return s
}

// holds tells whether a call's key is the one that was found.
func (r *recent) holds(call *traffic.Call, day int64, band int, sampling float64) bool {
	k := &r.raw
	return k.Day == day && k.Band == band && k.Sampling == sampling && k.Track == call.Track && k.Feature == call.Feature && k.Model == call.Model &&
		k.Tier == call.Tier && k.Template == call.Template && k.Version == call.TemplateVersion
}

// quick gives the place of a call's key, from the lengths and last bytes of its texts. Keys of one place only take it
// from each other.
func quick(call *traffic.Call, day int64, band int) uint64 {
	h := uint64(day)<<8 + uint64(band)
	h += ending(call.Track) * 0x9e3779b97f4a7c15
	h += ending(call.Feature) * 0xc2b2ae3d27d4eb4f
	h += ending(call.Template) * 0x165667b19e3779f9
	h += ending(call.TemplateVersion) * 0xff51afd7ed558ccd
	h += ending(call.Model) * 0xc4ceb9fe1a85ec53
	h += ending(call.Tier) * 0x85ebca77c2b2ae63
	return h * 0x9e3779b97f4a7c15 >> 56
}

func ending(s string) uint64 {
	if s == "" {
		return 0
	}
	return uint64(len(s))<<8 | uint64(s[len(s)-1])
}
