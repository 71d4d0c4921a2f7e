package traffic

import (
	"encoding/binary"
	"sync"

	"github.com/cespare/xxhash/v2"
)

const (
	internPlaces = 1 << 12 // 64 KiB of places, which stay in a processor's second cache
	internLimit  = 256     // bytes; a longer string is no label, and a place would keep it for good
)

// interner keeps one copy of strings that repeat on many lines, such as model names. A string has one place, by its
// hash, and takes it from the one before: memory does not grow with the users and sessions of a recording, and of what
// comes back late there are two copies. The zero value is ready.
type interner struct{ places *[internPlaces]string }

// internPools hands places on from one part of a file to the next. What is found in them are equal strings, wherever
// they come from.
var internPools = sync.Pool{New: func() any { return new([internPlaces]string) }}

// bytes gives b as a string.
func (in *interner) bytes(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > internLimit {
		return string(b)
	}
	if in.places == nil {
		in.places = internPools.Get().(*[internPlaces]string)
	}
	place := &in.places[labelHash(b)%internPlaces]
	if *place != string(b) {
		*place = string(b)
	}
	return *place
}

// string gives a copy of s that does not hold on to the text it may be cut from.
func (in *interner) string(s string) string { return in.bytes([]byte(s)) }

// release gives the places back. The strings stay, and the interner can be used again.
func (in *interner) release() {
	if in.places != nil {
		internPools.Put(in.places)
		in.places = nil
	}
}

// labelHash is a hash of a text, quick for the lengths that labels have.
func labelHash(b []byte) uint64 {
	if n := len(b); n >= 8 && n <= 16 {
		return mix(binary.LittleEndian.Uint64(b)+uint64(n), binary.LittleEndian.Uint64(b[n-8:]))
	}
	return xxhash.Sum64(b)
}
