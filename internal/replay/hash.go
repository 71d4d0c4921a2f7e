package replay

import (
	"math/bits"
	"strconv"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// callHash identifies a call by what it is, not by where it was read, so that a split of the file changes nothing.
// labels is the digest of what the call shares with others of its lane, session the session's hash.
func callHash(c *traffic.Call, labels digest, session uint64) uint64 {
	d := labels.int(session).text(c.ID).time(c.Time).usage(c.Usage)
	return finish(uint64(d.int(uint64(c.Latency)).int(uint64(c.Times()))))
}

// sessionHash gives calls of one session one hash. A call without a session clusters with its user's calls of the hour.
// It is 64-bit FNV-1a over the parts, each ended by a zero byte.
func sessionHash(c *traffic.Call) uint64 {
	if c.Session != "" {
		return finish(fnv(fnv(fnvStart, "session"), c.Session))
	}
	user := c.User
	if user == "" {
		user = "-"
	}
	var buf [16]byte
	h := fnv(fnv(fnvStart, "hour"), user)
	for _, b := range strconv.AppendInt(buf[:0], c.Time.Unix()/3600, 36) {
		h = (h ^ uint64(b)) * fnvPrime
	}
	return finish(h * fnvPrime)
}

const (
	fnvStart = 14695981039346656037
	fnvPrime = 1099511628211
)

func fnv(h uint64, part string) uint64 {
	for i := range len(part) {
		h = (h ^ uint64(part[i])) * fnvPrime
	}
	return h * fnvPrime
}

// finish is murmur3's finaliser, which spreads a hash over all bits.
func finish(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// digest is a hash in the making, eight bytes at a time: the two halves of a 128-bit product are folded into one. FNV
// goes byte by byte and took a fifth of a replay.
type digest uint64

func (d digest) int(v uint64) digest {
	hi, lo := bits.Mul64(uint64(d)^v^0x9e3779b97f4a7c15, 0xa0761d6478bd642f)
	return digest(hi ^ lo ^ v)
}

func (d digest) text(s string) digest {
	d = d.int(uint64(len(s)))
	for len(s) >= 8 {
		d = d.int(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	var rest uint64
	for i := range len(s) {
		rest |= uint64(s[i]) << (8 * i)
	}
	return d.int(rest)
}

func (d digest) time(t time.Time) digest {
	return d.int(uint64(t.Unix())).int(uint64(t.Nanosecond()))
}

func (d digest) usage(u token.Usage) digest {
	for _, n := range [...]int64{u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning} {
		d = d.int(uint64(n))
	}
	return d
}
