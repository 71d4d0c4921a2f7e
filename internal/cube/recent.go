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

// find gives the cell of a call; nil when there are too many. Calls come in runs of few keys, and comparing six texts is
// cheaper than hashing them.
func (c *Cube) find(call *traffic.Call, day int64, sampling float64) *slot {
	raw := Key{Day: day, Track: call.Track, Feature: call.Feature, Template: call.Template, Version: call.TemplateVersion,
		Model: call.Model, Tier: call.Tier, Band: Band(call.Usage.Prompt()), Sampling: sampling}
	if c.recent == nil {
		c.recent = make([]recent, recents)
	}
	r := &c.recent[raw.quick()%recents]
	if r.slot != nil && r.raw == raw {
		return r.slot
	}
	k := raw
	k.Template, k.Tier = cleanPath(raw.Template), tierName(raw.Tier)
	s := c.slot(k)
	if s != nil {
		own := s.key
		if raw.Template != own.Template {
			own.Template = strings.Clone(raw.Template)
		}
		if raw.Tier == "" {
			own.Tier = ""
		}
		*r = recent{own, s}
	}
	return s
}

// quick mixes the lengths and last bytes of a key's texts. Keys that it takes for equal only share a place.
func (k *Key) quick() uint64 {
	h := uint64(k.Day)<<8 ^ uint64(k.Band)
	for _, s := range k.names() {
		n := len(*s)
		h ^= uint64(n) << 8
		if n > 0 {
			h ^= uint64((*s)[n-1])
		}
		h *= 0x9e3779b97f4a7c15
	}
	return h >> 56
}
