package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// plainLine appends a call of a made-up service to b; no id repeats.
func plainLine(b []byte, r *rand.Rand, n int) []byte {
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(30 * 24 * time.Hour))))
	return fmt.Appendf(b, `{"ts":"%s","id":"req_%08d","track":"track-%d","feature":"feature-%d","user":"user-%d","session":"session-%d","model":"model-%d","usage":{"input":%d,"cache_read":%d,"output":%d},"latency_ms":%d,"status":"ok"}`,
		at.Format(time.RFC3339), n, r.IntN(4), r.IntN(3), r.IntN(20_000), n/12, r.IntN(3), r.IntN(6000), r.IntN(20_000), 20+r.IntN(900), 200+r.IntN(20_000))
}

func plainLines(seed uint64, from, n int) (lines []string) {
	r := rand.New(rand.NewPCG(seed, uint64(from)))
	for i := range n {
		lines = append(lines, string(plainLine(nil, r, from+i)))
	}
	return lines
}

// saveShards writes calls to 16 packed files. Every so many calls the one before is written once more to the next file; 0
// repeats none.
func saveShards(t *testing.T, calls, every int) (paths []string) {
	t.Helper()
	const shards = 16
	dir := t.TempDir()
	var wait sync.WaitGroup
	errs := make([]error, shards)
	for i := range shards {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("calls-%02d.jsonl.gz", i)))
		wait.Go(func() { errs[i] = saveShard(paths[i], i, calls/shards, every) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func saveShard(path string, shard, calls, every int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(z)
	r := rand.New(rand.NewPCG(1, uint64(shard)))
	last := rand.New(rand.NewPCG(1, uint64(shard-1))) // writes the calls of the shard before
	for i := range calls {
		if _, err := w.Write(append(plainLine(w.AvailableBuffer(), r, shard*calls+i), '\n')); err != nil {
			return err
		}
		if every == 0 || shard == 0 {
			continue
		}
		if again := plainLine(nil, last, (shard-1)*calls+i); i%every == 0 {
			if _, err := w.Write(append(again, '\n')); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// scale is how many calls the equality test reads: 2 million, few with -short, or as many as TOKENGATE_BEAM_CALLS says.
func scale(t *testing.T) int {
	if s := os.Getenv("TOKENGATE_BEAM_CALLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 20_000
	}
	return 2_000_000
}

// 16 packed shards of 2 million calls come out as one machine's cube, to the byte.
func TestScale(t *testing.T) {
	calls := scale(t)
	for name, c := range map[string]struct{ calls, every int }{
		"each once":     {calls, 0},
		"some repeated": {calls / 20, 100},
	} {
		t.Run(name, func(t *testing.T) {
			paths := saveShards(t, c.calls, c.every)
			with := settings{Sampling: 1, Now: started}
			output := filepath.Join(t.TempDir(), "out.cube")
			begin := time.Now()
			if err := run([]string{filepath.Dir(paths[0]) + "/*.gz"}, output, with); err != nil {
				t.Fatal(err)
			}
			spread := time.Since(begin)
			want := local(t, paths, with)
			t.Logf("%d calls: pipeline %v, one machine %v, cube of %d bytes", c.calls, spread, time.Since(begin)-spread, len(want))
			same(t, output, want)
		})
	}
}
