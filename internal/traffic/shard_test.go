package traffic

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// spread reads files each on its own, as machines that share nothing do.
func spread(t *testing.T, srcs []Source) (calls []Call, sum Summary) {
	t.Helper()
	const places = 3
	blocks := map[uint64][][]byte{}
	var shards [][]Call
	records := int64(0)
	for i, s := range srcs {
		shards = append(shards, nil)
		shard, _, err := ReadShard(s, Options{}, func(c *Call) error { shards[i] = append(shards[i], *c); return nil })
		if err != nil {
			t.Fatal(err)
		}
		shard.IDs(places, func(part uint64, b []byte) { blocks[part] = append(blocks[part], b) })
		records += shard.Records
		sum.Lines += shard.Lines
	}
	var repeated []uint64
	for _, b := range blocks {
		ids, err := Repeated(b)
		if err != nil {
			t.Fatal(err)
		}
		repeated = append(repeated, ids...)
	}
	slices.Sort(repeated)
	if len(repeated) > 0 {
		shards = [][]Call{nil}
		aside := map[uint64][][]byte{}
		take := func(c *Call) error { shards[0] = append(shards[0], *c); return nil }
		for _, s := range srcs {
			if _, _, err := RereadShard(s, Options{}, repeated, take, func(id uint64, r []byte) error { aside[id] = append(aside[id], r); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		for _, rs := range aside {
			if _, err := JoinAside(rs, take); err != nil {
				t.Fatal(err)
			}
		}
	}
	calls = slices.Concat(shards...)
	slices.SortFunc(calls, func(a, b Call) int { return compareCalls(&a, &b) })
	sum.Count, sum.Duplicates = int64(len(calls)), records-int64(len(calls))
	return calls, sum
}

// TestSpread reads files apart and holds the calls against those of one reading.
func TestSpread(t *testing.T) {
	for name, lines := range map[string][]string{
		Native:     append(fixture(t, "native/good.jsonl"), randomLines(t)...),
		ClaudeCode: append(fixture(t, "claude-code/session.jsonl"), streams()...),
		LiteLLM:    fixture(t, "litellm/rows.jsonl"),
		"once":     strings.Split(strings.TrimSpace(string(nativeLines(t, 500))), "\n"),
	} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 2))
			root, srcs := fstest.MapFS{}, []Source(nil)
			for i := range 4 {
				n := fmt.Sprint(i)
				root[n] = &fstest.MapFile{Data: []byte("\n")}
				srcs = append(srcs, Source{FS: root, Path: n, Dialect: cmp.Or(map[string]string{"once": Native}[name], name)})
			}
			for _, l := range lines {
				f := root[fmt.Sprint(r.IntN(4))]
				f.Data = append(f.Data, l+"\n"...)
			}
			want, _, err := Read(srcs, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, sum := spread(t, srcs)
			if diff := gocmp.Diff(want.Calls, got); diff != "" {
				t.Fatalf("%s, seed %d: %s", name, seed, diff)
			}
			if sum.Count != want.Count || sum.Duplicates != want.Duplicates || sum.Lines != want.Lines {
				t.Errorf("%s, seed %d: %+v, want %+v", name, seed, sum, want.Summary)
			}
		}
	}
}

func TestSpreadRefusesSpans(t *testing.T) {
	src := Source{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(strings.Join(fixture(t, "otlp/nested.jsonl"), "\n"))}}, Path: "a"}
	_, diags, err := ReadShard(src, Options{}, func(*Call) error { return nil })
	if err != nil || !strings.Contains(told(diags), "error traffic-spread calls of the dialect otlp cannot be told file by file") {
		t.Error(told(diags), err)
	}
}

func TestRepeatedRefusesDamage(t *testing.T) {
	if _, err := Repeated([][]byte{make([]byte, 13)}); err == nil {
		t.Error("a torn block was taken")
	}
}
