package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// cubeOf holds calls of 10 tokens from one file with a line each.
func cubeOf(t *testing.T, calls int64) *cube.Cube {
	t.Helper()
	c := cube.New()
	for range calls {
		c.Add(&traffic.Call{Time: started, Model: "m", Weight: 3, Usage: token.Usage{Input: 10}}, 1)
	}
	c.Note(cube.Reading{Files: 1, Lines: calls})
	return c
}

func encoded(t *testing.T, c *cube.Cube) []byte {
	t.Helper()
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever an engine loses or repeats is an error.
func TestFinish(t *testing.T) {
	for _, c := range []struct {
		account account
		want    string
	}{
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4}, ""},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4, Aside: 2, Joined: 2}, ""},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4, IDs: 6, Seen: 6, Repeated: 2, Known: 2}, ""},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4, IDs: 6, Seen: 5}, "5 ids came through the pipeline, expected 6"},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4, Repeated: 3, Known: 2}, "2 repeated ids for each file together came through the pipeline, expected 3"},
		{account{Listed: 2, Lines: 4, Records: 6, Calls: 4}, "1 files came through the pipeline, expected 2"},
		{account{Listed: 1, Lines: 5, Records: 6, Calls: 4}, "4 lines came through the pipeline, expected 5"},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 5}, "4 calls came through the pipeline, expected 5"},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 3}, "4 calls came through the pipeline, expected 3"},
		{account{Listed: 1, Lines: 4, Records: 6, Calls: 4, Aside: 2, Joined: 1}, "1 records put aside came through the pipeline, expected 2"},
		{account{Listed: 1, Lines: 4, Records: 3, Calls: 4}, "4 calls were made of 3 records"},
	} {
		b, err := finish(cubeOf(t, 4), c.account)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: %v, want %s", c.account, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want := cubeOf(t, 4)
		want.Note(cube.Reading{Duplicates: 2})
		if !bytes.Equal(b, encoded(t, want)) {
			t.Errorf("%+v: another cube", c.account)
		}
	}
}

// iterator gives values as an engine does.
func iterator[T any](values ...T) func(*T) bool {
	return func(v *T) bool {
		if len(values) == 0 {
			return false
		}
		*v, values = values[0], values[1:]
		return true
	}
}

// An engine that lost the cube or the accounts as a whole is found out too, and the old cube stays.
func TestDeliver(t *testing.T) {
	output := filepath.Join(t.TempDir(), "out.cube")
	told, err := remarksOf(source.Diagnostics{{Severity: source.Error, Rule: "traffic-damaged", Summary: "cut short", Span: source.Span{File: "a", Start: source.Pos{Line: 7}}}})
	if err != nil {
		t.Fatal(err)
	}
	good := account{Listed: 1, Lines: 4, Records: 4, Calls: 4}
	bad := good
	bad.Remarks = told
	for _, c := range []struct {
		cubes    [][]byte
		accounts []account
		want     string
	}{
		{[][]byte{encoded(t, cubeOf(t, 4))}, []account{good}, ""},
		{nil, []account{good}, "0 cubes at the end of the pipeline"},
		{[][]byte{encoded(t, cubeOf(t, 4))}, nil, "0 accounts at the end of the pipeline"},
		{[][]byte{encoded(t, cubeOf(t, 4)), encoded(t, cubeOf(t, 4))}, []account{good}, "2 cubes at the end"},
		{[][]byte{encoded(t, cubeOf(t, 4))[:30]}, []account{good}, "the checksum differs"},
		{[][]byte{encoded(t, cubeOf(t, 4))}, []account{bad}, "a:7: error: cut short [traffic-damaged]"},
	} {
		if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := (&deliver{output}).ProcessElement(t.Context(), nil, iterator(c.cubes...), iterator(c.accounts...))
		got, readErr := os.ReadFile(output)
		if readErr != nil {
			t.Fatal(readErr)
		}
		switch {
		case c.want == "" && (err != nil || !bytes.Equal(got, c.cubes[0])):
			t.Error(err, len(got))
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || string(got) != "old"):
			t.Errorf("%v and %d bytes, want %s", err, len(got), c.want)
		}
	}
	if left, err := filepath.Glob(filepath.Dir(output) + "/.*"); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// Accounts add up to the same whatever order they come in, and show the worst of what is wrong.
func TestMergeAccounts(t *testing.T) {
	var accounts []account
	for i := range 90 {
		told := source.Diagnostics{}
		told.Warn("traffic-bad-line", source.Span{File: fmt.Sprintf("f%02d", i), Start: source.Pos{Line: i}}, "", "one")
		told.Warn("traffic-bad-line", source.Span{File: fmt.Sprintf("f%02d", i), Start: source.Pos{Line: i + 1}}, "", "two")
		if i == 80 {
			told.Add("traffic-damaged", source.Span{File: "z"}, "", "cut short")
		}
		b, err := remarksOf(told)
		if err != nil {
			t.Fatal(err)
		}
		accounts = append(accounts, account{Listed: 1, Lines: 2, Records: 3, Calls: 4, Aside: 5, Joined: 6, IDs: 7, Seen: 8, Repeated: 9, Known: 10, Remarks: b}, account{Lines: 1})
	}
	var first account
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		left := append([]account(nil), accounts...)
		for len(left) > 1 { // any two neighbours of any order
			r.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
			sum, err := mergeAccounts(left[0], left[1])
			if err != nil {
				t.Fatal(err)
			}
			left = append(left[2:], sum)
		}
		if seed == 0 {
			first = left[0]
		}
		if diff := cmp.Diff(first, left[0]); diff != "" {
			t.Fatal(diff)
		}
	}
	counts := first
	counts.Remarks = nil
	if diff := cmp.Diff(account{Listed: 90, Lines: 270, Records: 270, Calls: 360, Aside: 450, Joined: 540, IDs: 630, Seen: 720, Repeated: 810, Known: 900}, counts); diff != "" {
		t.Error(diff)
	}
	var got remarks
	if err := json.Unmarshal(first.Remarks, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Shown) != shown || got.Shown[0].Summary != "cut short" || got.Shown[1].Span.String() != "f00" || got.Shown[99].Span.String() != "f49:49" {
		t.Errorf("%d: %v … %v", len(got.Shown), got.Shown[:2], got.Shown[len(got.Shown)-1])
	}
	if want := "… and 81 more; all together 1 errors, 180 warnings, 0 notes"; got.more() != want {
		t.Errorf("%s, want %s", got.more(), want)
	}
}

// A cube that cannot be used is an error where it comes up.
func TestMergeCubes(t *testing.T) {
	big := cube.New()
	big.AddCell(cube.Key{Day: 1, Model: "m", Sampling: 1}, &cube.Cell{Records: 1, Calls: 1, Usage: token.Usage{Input: 1 << 62}, First: 86400, Last: 86400})
	m := &mergeCubes{}
	sum, err := m.AddInput(m.CreateAccumulator(), encoded(t, big))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddInput(sum, encoded(t, big)); err == nil || !strings.Contains(err.Error(), "too large to count") {
		t.Error(err)
	}
	if _, err := m.AddInput(m.CreateAccumulator(), []byte("TGCUBE")); err == nil {
		t.Error("a torn cube was taken")
	}
	one, err := m.AddInput(m.CreateAccumulator(), encoded(t, big))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.MergeAccumulators(one, one); err == nil {
		t.Error("a sum that overflows was taken")
	}
}

// A file that is another one at the second reading stops the pipeline.
func TestSettleSeesChanges(t *testing.T) {
	path := save(t, [][]string{plainLines(1, 0, 20)})[0]
	with := settings{Sampling: 1, Now: started}
	drop := func([]byte) {}
	settled := func(lines int64) error {
		s := shard{Path: path, Account: account{Lines: lines, Records: lines}}
		return (&settle{with}).ProcessElement(t.Context(), s, iterator(packed([]uint64{7})), drop, func(account) {}, func(int64, []byte) {})
	}
	if err := settled(20); err != nil {
		t.Error(err)
	}
	if err := settled(21); err == nil || !strings.Contains(err.Error(), "changed while it was read: 21 records in 21 lines, then 20 in 20") {
		t.Error(err)
	}
}
