package traffic

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// mix folds numbers into a hash, as wyhash does: a product of 128 bits, folded.
func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, x^0xe7037ed1a0b428db)
	return hi ^ lo
}

func mixString(h uint64, s string) uint64 {
	if s == "" {
		return mix(h, 0)
	}
	return mix(h, xxhash.Sum64String(s))
}

// signLine is the hash of a record that is its line and nothing beside it. Lines that say the same in other words have
// another one: that they do is then found when their records are joined.
func signLine(line []byte) uint32 { return max(uint32(xxhash.Sum64(line)>>32), 1) }

// plain tells that a record depends on its line alone: not on defaults, not on the name of its file.
func (f *file) plain() bool {
	return !f.text && len(f.opts.Map.rules) == 0 && f.src.Defaults == Defaults{}
}

// sign gives a record the hash of its id and that of everything else it says but for its place: what it takes to see
// that another one says the same. It depends on nothing but the record, on whatever machine.
func (r *record) sign() {
	c := &r.call
	if c.ID == "" {
		return
	}
	r.id = xxhash.Sum64String(c.ID)
	if r.content != 0 {
		return
	}
	h := mix(uint64(c.Time.Unix()), uint64(c.Time.Nanosecond()))
	for _, s := range [...]string{c.Model, c.Track, c.Feature, c.User, c.Session, c.Template, c.TemplateVersion, c.Agent, c.Skill, c.Tier, c.Status, r.request} {
		h = mixString(h, s)
	}
	u := c.Usage
	for _, n := range [...]int64{u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning, int64(c.Latency), int64(c.FirstToken), c.Times(), r.fees} {
		h = mix(h, uint64(n))
	}
	h = mix(h, r.flags())
	for _, s := range c.Sources {
		h = mixString(h, s)
	}
	h = mix(h, hashMap(c.Outcome, func(f float64) uint64 { return math.Float64bits(f) }))
	h = mix(h, hashMap(c.Vars, xxhash.Sum64String))
	if !r.updated.IsZero() {
		h = mix(mix(h, uint64(r.updated.Unix())), uint64(r.updated.Nanosecond()))
	}
	if r.stream {
		h = mix(mix(h, uint64(r.began.Unix())), uint64(r.began.Nanosecond()))
	}
	if p := c.Prompt; p != nil {
		for _, n := range p.Text {
			h = mix(h, uint64(n))
		}
		h = mix(mix(mix(h, uint64(p.Messages)), uint64(p.Tools)), uint64(p.Images))
	}
	r.content = max(uint32(h>>32), 1)
}

func (r *record) flags() uint64 {
	f := uint64(r.lack)
	for _, b := range [...]bool{r.stream, r.final, r.side, r.strict, r.ended, r.main, r.differs, r.call.OutputIsBound, r.call.UsageIsMean, r.call.Prompt != nil} {
		f <<= 1
		if b {
			f |= 1
		}
	}
	return f
}

// hashMap does not depend on the order of the map.
func hashMap[V any](m map[string]V, hash func(V) uint64) uint64 {
	sum := uint64(len(m))
	for k, v := range m {
		sum += mix(xxhash.Sum64String(k), hash(v))
	}
	return sum
}
