package traffic

import (
	"encoding/base64"
	"encoding/hex"
	"hash/fnv"
	"strings"
)

// traceID and spanID are ids in binary, because one of each is kept for every span of a recording. The zero value is none.
type (
	traceID [16]byte
	spanID  [8]byte
)

type spanKey struct {
	trace traceID
	span  spanID
}

func keyOf(trace, span text) (k spanKey) {
	readID(k.trace[:], trace)
	readID(k.span[:], span)
	return k
}

func spanIDOf(s text) (id spanID) {
	readID(id[:], s)
	return id
}

// readID fills dst with an id. OTLP/JSON writes hex in either case; exports through protobuf's own JSON write base64, the
// Python console writes 0x before it, and Jaeger leaves out leading zeros. What is none of it is hashed.
func readID(dst []byte, s text) {
	digits := strings.TrimPrefix(string(s), "0x")
	if len(digits) <= 2*len(dst) {
		padded := strings.Repeat("0", 2*len(dst)-len(digits)) + digits
		if _, err := hex.Decode(dst, []byte(padded)); err == nil {
			return
		}
	}
	if b, err := base64.StdEncoding.DecodeString(string(s)); err == nil && len(b) == len(dst) {
		copy(dst, b)
		return
	}
	h := fnv.New128a()
	_, _ = h.Write([]byte(s)) // a hash does not fail
	copy(dst, h.Sum(nil))
}

// known tells a key that places a span in a tree.
func (k spanKey) known() bool { return k.span != spanID{} }

// String gives the key as the id of a call.
func (k spanKey) String() string {
	return hex.EncodeToString(k.trace[:]) + "/" + hex.EncodeToString(k.span[:])
}
