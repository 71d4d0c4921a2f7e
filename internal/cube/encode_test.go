package cube

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

var update = flag.Bool("update", false, "write the golden file of the current version")

// one is a cube of two calls, of which every part is small.
func one() *Cube {
	c := New()
	c.Add(&traffic.Call{
		Time: time.Date(1970, 1, 3, 0, 0, 5, 0, time.UTC), Track: "b", Model: "a", User: "u", Weight: 3, Status: "error",
		Usage: token.Usage{Input: 100, Output: 2, Reasoning: 1}, Latency: 70 * time.Microsecond, Outcome: map[string]float64{"kpi": -0.5},
	}, 0.5)
	c.Add(&traffic.Call{Time: time.Date(1970, 1, 3, 0, 0, 9, 0, time.UTC), Track: "b", Model: "a", Latency: 65 * time.Microsecond}, 0.5)
	c.Note(Reading{Files: 1, Lines: 4, Duplicates: 1, Skipped: []traffic.Skip{{Reason: "no usage", Count: 1}}})
	return c
}

// The bytes of a small cube are those that encoding.md says, written out by hand.
func TestEncodingByHand(t *testing.T) {
	u64 := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	body := "TGCUBE\x01" +
		"\x06" + "\x00" + "\x01a" + "\x01b" + "\x03kpi" + "\x08no usage" + "\x08standard" + // texts 0 to 5
		"\x01" + u64(math.Float64bits(0.5)) + // shares
		"\x01" + // cells
		"\x02" + "\x02\x00\x00\x00\x01\x05" + "\x00" + "\x00" + // day 2; track b, no feature, template, version; model a, tier standard; class; share
		"\x02\x04\x03\x00\x00" + // records, calls, errors, bounds, means
		"\xac\x02\x00\x00\x00\x06\x03" + // 300 input tokens, 6 of output, 3 of reasoning
		"\x05\x04" + // first call at 00:00:05, last 4 seconds later
		"\x02" + "\x41\x01" + "\x05\x03" + // latency: bin 65 once, bin 70 thrice
		"\x00" + // no time to the first token
		"\x01" + "\x03\x03\x00\xe0\xc6\x5b\x00" + // kpi: 3 calls, no gain, a loss of 1,500,000 millionths, none odd
		"\x00" + "\x01" + "\x01" + u64(xxhash.Sum64String("u")) + "\x03" + "\xac\x02\x00\x00\x00\x06\x03" + // users: no more; one call without; one
		"\x00" + "\x04" + "\x00" + // sessions: no more, four calls without, none
		"\x01\x04\x01" + "\x01" + "\x00\x04\x01" // one file, four lines, one duplicate; one reason: not bad, its text, once
	want := body + u64(xxhash.Sum64String(body))
	if diff := cmp.Diff([]byte(want), encoded(t, one())); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyCube(t *testing.T) {
	got := encoded(t, New())
	want := "TGCUBE\x01" + strings.Repeat("\x00", 2+1+3+3+4)
	if string(got[:len(got)-8]) != want {
		t.Errorf("%q", got)
	}
	c, err := Read(bytes.NewReader(got))
	if first, last := c.Window(); err != nil || !first.IsZero() || !last.IsZero() || len(c.Keys()) != 0 || c.BadShare() != 0 {
		t.Errorf("%v to %v, %v", first, last, err)
	}
}

// Version 1 is read for ever. The file was written when it was the newest; do not write it again.
func TestVersion1(t *testing.T) {
	const file = "testdata/version1.cube"
	if *update && Version == 1 {
		if err := os.WriteFile(file, encoded(t, merged(one(), fullOf(randomCalls(5, 60)), fullOf(recorded(400)))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	calls, usage := c.Usage()
	first, last := c.Window()
	users, _ := c.Users().Distinct()
	sessions, _ := c.Sessions().Distinct()
	latency := c.Totals(ByProject)[0].Counts.Latency
	got := []any{len(c.Keys()), calls, usage, first.Format(time.DateTime), last.Format(time.DateTime), users, sessions, latency.Quantile(0.5), c.Reading()}
	want := []any{66, int64(510), token.Usage{Input: 15_198_253, CacheRead: 522_609, CacheWrite5m: 430, CacheWrite1h: 192, Output: 150_885, Reasoning: 2526},
		"1970-01-03 00:00:05", "2026-05-03 18:07:05", 427.0, 112.0, 6_389_759_500 * time.Nanosecond,
		Reading{Files: 3, Lines: 464, Duplicates: 5, Skipped: []traffic.Skip{{Reason: "not valid JSON", Bad: true, Count: 6}, {Reason: "no usage", Count: 3}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again := encoded(t, c)
	if Version == 1 && !bytes.Equal(again, data) {
		t.Error("it does not encode to the same bytes")
	}
	if _, err := Read(bytes.NewReader(again)); err != nil {
		t.Error(err)
	}
}
