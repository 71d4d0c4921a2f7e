package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/klauspost/compress/gzip"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/traffic"
)

var started = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func run(globs []string, output string, with settings) error {
	p := beam.NewPipeline()
	build(p.Root(), globs, output, with)
	_, err := beam.Run(context.Background(), "prism", p)
	return err
}

// local is the cube that one machine makes.
func local(t *testing.T, paths []string, with settings) []byte {
	t.Helper()
	var srcs []traffic.Source
	for _, p := range paths {
		srcs = append(srcs, traffic.Source{FS: os.DirFS(filepath.Dir(p)), Path: filepath.Base(p), Name: p, Dialect: with.Dialect, Sampling: with.Sampling, Defaults: with.Defaults})
	}
	c, _, diags, err := cube.Of(srcs, traffic.Options{Now: with.Now})
	if err != nil || diags.HasErrors() {
		t.Fatal(diags, err)
	}
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// same holds the cube of a pipeline against that of one machine.
func same(t *testing.T, output string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, err := cube.Read(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	w, err := cube.Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	gn, gu := g.Usage()
	wn, wu := w.Usage()
	t.Errorf("the pipeline's cube has %d calls, %+v, %+v in %d cells; one machine's has %d, %+v, %+v in %d",
		gn, gu, g.Reading(), len(g.Keys()), wn, wu, w.Reading(), len(w.Keys()))
}

func duplicates(t *testing.T, encoded []byte) int64 {
	t.Helper()
	c, err := decodeCube(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c.Reading().Duplicates
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// save writes files, every other one packed.
func save(t *testing.T, lines [][]string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, ls := range lines {
		content, name := []byte(strings.Join(ls, "\n")+"\n"), fmt.Sprintf("traffic-%02d.jsonl", i)
		if i%2 == 1 {
			content, name = zipped(t, content), name+".gz"
		}
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(paths[i], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// nativeLines are calls of which some ids repeat: on equal records, or on such as differ.
func nativeLines(r *rand.Rand, n int) (lines []string) {
	for i := range n {
		id := fmt.Sprintf(`"id":"c%d",`, i)
		switch r.IntN(8) {
		case 0:
			id = fmt.Sprintf(`"id":"c%d",`, r.IntN(n))
		case 1:
			id = ""
		}
		line := fmt.Sprintf(`{"ts":"2026-05-%02dT09:%02d:00Z",%s"track":"t%d","user":"u%d","session":"s%d","model":"m%d","usage":{"input":%d,"output":%d},"latency_ms":%d}`,
			1+r.IntN(3), r.IntN(60), id, r.IntN(2), r.IntN(30), r.IntN(50), r.IntN(2), r.IntN(5000), r.IntN(400), 100+r.IntN(9000))
		lines = append(lines, line)
		if r.IntN(6) == 0 {
			lines = append(lines, line) // the same once more, later in whatever file
		}
		if r.IntN(40) == 0 {
			lines = append(lines, `{"ts":"2026-05-01T09:00:00Z","model":"m0","usage":{"input":-1}}`, "", `{"torn`)
		}
	}
	return lines
}

// sessionLines are responses of a session transcript, a line each for its parts, the last with its whole output.
func sessionLines(r *rand.Rand, n int) (lines []string) {
	for i := range n {
		parts := 1 + r.IntN(4)
		for p := range parts {
			request := ""
			if r.IntN(5) > 0 {
				request = fmt.Sprintf(`"requestId":"req_%d",`, i)
			}
			lines = append(lines, fmt.Sprintf(`{"type":"assistant","uuid":"u-%d-%d","sessionId":"s%d",%s"timestamp":"2026-05-01T10:%02d:%02d.000Z","isSidechain":%t,"message":{"id":"msg_%d","role":"assistant","model":"claude-sonnet-5-5","stop_reason":%s,"usage":{"input_tokens":12,"cache_read_input_tokens":%d,"output_tokens":%d}}}`,
				i, p, i%7, request, i%60, p, i%9 == 0, i, map[bool]string{true: `"end_turn"`, false: "null"}[p == parts-1], 100*i, 1+40*p))
		}
		if i%10 == 0 {
			lines = append(lines, fmt.Sprintf(`{"type":"user","sessionId":"s%d","message":{"role":"user"}}`, i%7))
		}
	}
	return lines
}

// scatter deals lines out to files; some lie in two of them, as those of sessions that were resumed or copied do.
func scatter(r *rand.Rand, files int, lines []string) [][]string {
	out := make([][]string, files)
	for _, l := range lines {
		at := r.IntN(files)
		out[at] = append(out[at], l)
		if r.IntN(10) == 0 {
			at = r.IntN(files)
			out[at] = append(out[at], l)
		}
	}
	return out
}

// However calls and their copies lie in files, the pipeline's cube is one machine's.
func TestPipeline(t *testing.T) {
	for name, c := range map[string]struct {
		dialect string
		repeat  bool
		deal    func(*rand.Rand) [][]string
	}{
		"native, no id repeats": {traffic.Native, false, func(*rand.Rand) [][]string { return [][]string{plainLines(1, 0, 100), plainLines(1, 100, 100)} }},
		"native":                {traffic.Native, true, func(r *rand.Rand) [][]string { return scatter(r, 5, nativeLines(r, 400)) }},
		"sessions":              {traffic.ClaudeCode, true, func(r *rand.Rand) [][]string { return scatter(r, 5, sessionLines(r, 120)) }},
	} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				with := settings{Dialect: c.dialect, Sampling: 0.25, Now: started, Defaults: traffic.Defaults{Track: "coding"}}
				paths := save(t, c.deal(rand.New(rand.NewPCG(seed, 4))))
				output := filepath.Join(t.TempDir(), "out.cube")
				if err := run([]string{filepath.Dir(paths[0]) + "/*", paths[0]}, output, with); err != nil {
					t.Fatal(err)
				}
				want := local(t, paths, with)
				same(t, output, want)
				if n := duplicates(t, want); n > 0 != c.repeat {
					t.Errorf("%d records repeat a call, want some: %t", n, c.repeat)
				}
			})
		}
	}
}

// A file on another file system than the machine's is read, and the cube written there.
func TestStore(t *testing.T) {
	lines := nativeLines(rand.New(rand.NewPCG(9, 9)), 300)
	paths := save(t, [][]string{lines[:200], lines[150:]})
	for i, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		memfs.Write(fmt.Sprintf("memfs://in/%d", i), b)
	}
	with := settings{Sampling: 1, Now: started}
	if err := run([]string{"memfs://in/*"}, "memfs://out/cube", with); err != nil {
		t.Fatal(err)
	}
	files, err := filesystem.New(context.Background(), "memfs://")
	if err != nil {
		t.Fatal(err)
	}
	got, err := filesystem.Read(context.Background(), files, "memfs://out/cube")
	if err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(t.TempDir(), "out.cube")
	if err := writeLocal(output, got); err != nil {
		t.Fatal(err)
	}
	same(t, output, local(t, paths, with))
}

// What cannot be read stops the pipeline, and nothing is written.
func TestPipelineFails(t *testing.T) {
	good := strings.Join(plainLines(1, 0, 50), "\n")
	for name, c := range map[string]struct{ content, want string }{
		"a stream that ends early": {string(zipped(t, []byte(good))[:900]), "traffic-1: error: the gzip stream ends early, after"},
		"spans": {`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat","attributes":[]}]}]}]}`,
			"calls of the dialect otlp cannot be told file by file [traffic-spread]"},
		"two encodings": {good + "\n\x00{\x00\n", "traffic-1: error: the recording changes its encoding or holds binary data in line 51, after 50 records"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i, content := range []string{good, c.content} {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("traffic-", i)), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			output := filepath.Join(dir, "out.cube")
			err := run([]string{dir + "/traffic-*"}, output, settings{Sampling: 1, Now: started})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if _, err := os.Stat(output); !os.IsNotExist(err) {
				t.Error("a cube was written")
			}
		})
	}
	if err := run([]string{t.TempDir() + "/none*"}, filepath.Join(t.TempDir(), "out.cube"), settings{Sampling: 1}); err == nil || !strings.Contains(err.Error(), "no file matches") {
		t.Error(err)
	}
}
