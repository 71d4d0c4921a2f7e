package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"time"
)

type (
	memoKey   [sha256.Size]byte
	memoValue struct {
		tokens int64
		day    uint32 // of the last use
	}
	memoEntry struct {
		key memoKey
		memoValue
	}
)

const (
	memoCheck = 8
	memoSize  = sha256.Size + 8 + 4 + memoCheck
)

// find searches entries sorted by key. Damage can make it miss, not err: the entry found must pass its check.
func find(entries []byte, key memoKey) (memoValue, bool) {
	low, high := 0, len(entries)/memoSize
	for low < high {
		mid := (low + high) / 2
		entry := entries[mid*memoSize:][:memoSize]
		switch bytes.Compare(entry[:sha256.Size], key[:]) {
		case 0:
			e, ok := decodeEntry(entry)
			return e.memoValue, ok
		case -1:
			low = mid + 1
		default:
			high = mid
		}
	}
	return memoValue{}, false
}

func decodeEntry(raw []byte) (e memoEntry, ok bool) {
	body, check := raw[:memoSize-memoCheck], raw[memoSize-memoCheck:]
	copy(e.key[:], body)
	e.tokens = int64(binary.BigEndian.Uint64(body[sha256.Size:]))
	e.day = binary.BigEndian.Uint32(body[sha256.Size+8:])
	sum := sha256.Sum256(body)
	return e, e.tokens >= 0 && bytes.Equal(sum[:memoCheck], check)
}

func (e memoEntry) encode(out []byte) []byte {
	start := len(out)
	out = append(out, e.key[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(e.tokens))
	out = binary.BigEndian.AppendUint32(out, e.day)
	sum := sha256.Sum256(out[start:])
	return append(out, sum[:memoCheck]...)
}

// sweep removes what runs that were killed while they wrote have left behind, once it is surely old.
func sweep(path string, before time.Time) {
	left, err := filepath.Glob(temporary(path))
	if err != nil {
		return
	}
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(name) // the next run tries again
		}
	}
}

// encodeEntries sorts by key what is kept: when there is too much, what was used last, and of one day the smaller keys.
func encodeEntries(entries []memoEntry) []byte {
	byKey := func(a, b memoEntry) int { return bytes.Compare(a.key[:], b.key[:]) }
	if len(entries) > memoEntries {
		slices.SortFunc(entries, func(a, b memoEntry) int { return cmp.Or(cmp.Compare(b.day, a.day), byKey(a, b)) })
		entries = entries[:memoEntries]
	}
	slices.SortFunc(entries, byKey)
	entries = slices.CompactFunc(entries, func(a, b memoEntry) bool { return a.key == b.key }) // a foreign file may repeat itself
	out := make([]byte, 0, len(entries)*memoSize)
	for _, e := range entries {
		out = e.encode(out)
	}
	return out
}
