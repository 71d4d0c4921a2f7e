package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// memoryScratch is a scratch file in memory.
type memoryScratch struct {
	bytes.Buffer
	closed bool
}

func (m *memoryScratch) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(b, at)
}

func (m *memoryScratch) Close() error {
	m.closed = true
	return nil
}

// TestSpilledIDs reads with room for a handful of ids: what repeats in whatever distance is counted once all the same.
func TestSpilledIDs(t *testing.T) {
	for name, lines := range map[string][]string{
		Native:     append(fixture(t, "native/good.jsonl"), randomLines(t)...),
		ClaudeCode: append(fixture(t, "claude-code/session.jsonl"), streams()...),
		LiteLLM:    fixture(t, "litellm/rows.jsonl"),
	} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 1))
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			root := fstest.MapFS{
				"a": &fstest.MapFile{Data: []byte(strings.Join(lines[:len(lines)/2], "\n"))},
				"b": &fstest.MapFile{Data: []byte(strings.Join(append(lines[len(lines)/2:], lines[:len(lines)/4]...), "\n"))},
			}
			srcs := []Source{{FS: root, Path: "a", Dialect: name}, {FS: root, Path: "b", Dialect: name}}
			want, wantDiags, err := Read(srcs, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, limit := range []int{1, 7, 40} {
				scratch := &memoryScratch{}
				got, diags, err := Read(srcs, Options{MaxIDs: limit, Scratch: func() (Scratch, error) { return scratch, nil }})
				if err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("%s, seed %d, room for %d ids: %s", name, seed, limit, diff)
				}
				if told(diags) != told(wantDiags) {
					t.Fatalf("%s, seed %d, room for %d ids: %s", name, seed, limit, told(diags))
				}
				if limit == 1 && scratch.Len() == 0 || scratch.Len() > 0 && !scratch.closed {
					t.Errorf("%d bytes written, closed: %v", scratch.Len(), scratch.closed)
				}
			}
		}
	}
}

// TestRounds joins records that differ in several passes.
func TestRounds(t *testing.T) {
	var lines []string
	for i := range 50 {
		for _, out := range []int{1, 2} {
			lines = append(lines, fmt.Sprintf(`{"ts":"2026-05-04T07:00:00Z","id":"%d","model":"m","usage":{"input":1,"output":%d}}`, i, out))
		}
	}
	src := []Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}}, Path: "a"}}
	maxAside = 7
	defer func() { maxAside = 100_000 }()
	rec, diags, err := Read(src, Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, told(diags))
	}
	if len(rec.Calls) != 50 || rec.Count != 50 || rec.Duplicates != 50 || rec.Replaced != 50 || rec.Lines != 100 || rec.Files[0].Calls != 50 {
		t.Errorf("%+v", rec.Summary)
	}
	for _, c := range rec.Calls {
		if c.Usage.Output != 2 {
			t.Errorf("%+v", c)
		}
	}
}

// TestVoidPass hands what is known late to a consumer of its own.
func TestVoidPass(t *testing.T) {
	data := oneCall + strings.Replace(oneCall, `"model"`, `"id":"x","model"`, 1) + strings.Replace(oneCall, `"model"`, `"id":"x","track":"t","model"`, 1)
	begun := []int{}
	_, _, err := Stream([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(data)}}, Path: "a"}}, Options{}, func() Consumer {
		begun = append(begun, 0)
		return func(*Call) error { begun[len(begun)-1]++; return nil }
	})
	if err != nil || !slices.Equal(begun, []int{2, 2}) {
		t.Error(begun, err)
	}
}

func TestConsumerFails(t *testing.T) {
	full := errors.New("no space left")
	root := fstest.MapFS{}
	var srcs []Source
	for i := range 9 {
		name := fmt.Sprint(i)
		root[name] = &fstest.MapFile{Data: nativeLines(t, 5000)}
		srcs = append(srcs, Source{FS: root, Path: name})
	}
	n := 0
	_, _, err := Stream(srcs, Options{}, func() Consumer {
		return func(*Call) error {
			if n++; n == 3 {
				return full
			}
			return nil
		}
	})
	if !errors.Is(err, full) || n != 3 {
		t.Error(n, err)
	}
	_, _, err = Stream(srcs, Options{MaxIDs: 10, Scratch: func() (Scratch, error) { return nil, full }}, func() Consumer { return func(*Call) error { return nil } })
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

// TestBlocks reads lines that end before, at and behind the ends of blocks, and counts them like the file does.
func TestBlocks(t *testing.T) {
	for _, fill := range []int{0, 1, blockSize - 200, blockSize - 80, blockSize, 2*blockSize + blockSize/2, 3 * blockSize} {
		long := strings.Replace(oneCall, `"model"`, `"messages":"`+strings.Repeat("x", fill)+`","model"`, 1)
		data := oneCall + "\n" + long + strings.Repeat(oneCall, 20_000) + "{}\n" + strings.TrimSpace(oneCall)
		rec, diags, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(data)}}, Path: "a"}}, Options{})
		if err != nil || rec.Count != 20_003 || rec.Lines != 20_004 {
			t.Fatalf("%d: %d calls in %d lines, %v", fill, rec.Count, rec.Lines, err)
		}
		if len(diags) != 1 || diags[0].Span.Start.Line != 20_004 {
			t.Errorf("%d: %v", fill, diags)
		}
		lines := map[int]bool{}
		for _, c := range rec.Calls {
			lines[c.Place.Line] = true
		}
		if len(lines) != 20_003 || !lines[1] || lines[2] || !lines[3] || !lines[20_005] {
			t.Errorf("%d: %d places", fill, len(lines))
		}
	}
}

// TestEncodingChangesLate tells the line in a block that is not the first.
func TestEncodingChangesLate(t *testing.T) {
	data := strings.Repeat(oneCall, 30_000) + "\x00" + oneCall + oneCall
	rec, diags, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(data)}}, Path: "a"}}, Options{})
	if want := "holds binary data in line 30001, after 30000 records in 30001 lines"; err != nil || rec.Count != 30_000 || !strings.Contains(told(diags), want) {
		t.Error(rec.Count, told(diags), err)
	}
}

// growing is a file that a recorder writes to while it is read.
type growing struct {
	fs.FS
	grown bool
}

type growingFile struct {
	fs.File
	fs *growing
}

func (g *growing) Open(name string) (fs.File, error) {
	f, err := g.FS.Open(name)
	return &growingFile{f, g}, err
}

func (g *growing) Stat(name string) (fs.FileInfo, error) {
	st, err := fs.Stat(g.FS, name)
	return info{st, g.grown}, err
}

func (f *growingFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	f.fs.grown = true
	return n, err
}

func (f *growingFile) Stat() (fs.FileInfo, error) {
	st, err := f.File.Stat()
	return info{st, f.fs.grown}, err
}

type info struct {
	fs.FileInfo
	grown bool
}

func (i info) Size() int64 {
	if i.grown {
		return i.FileInfo.Size() + 100
	}
	return i.FileInfo.Size()
}

// TestGrowingFile leaves the line that is being written to the next reading; in a file that does not grow it is bad.
func TestGrowingFile(t *testing.T) {
	for _, c := range []struct {
		dialect, line string
	}{
		{Native, oneCall},
		{LiteLLM, `{"id":"chatcmpl-1","call_type":"acompletion","startTime":"2026-02-03T10:00:00Z","model":"gpt-5-mini","prompt_tokens":100,"completion_tokens":10}` + "\n"},
		{ClaudeCode, streams()[0] + "\n"},
	} {
		cut := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(c.line + c.line[:50])}}
		rec, diags, err := Read([]Source{{FS: &growing{FS: cut}, Path: "a"}}, Options{})
		if err != nil || rec.Count != 1 || len(rec.Skipped) > 0 || !strings.Contains(told(diags), "info traffic-grown the recording grew while it was read") {
			t.Errorf("%s: %d %v %s %v", c.dialect, rec.Count, rec.Skipped, told(diags), err)
		}
		rec, _, err = Read([]Source{{FS: cut, Path: "a"}}, Options{})
		if err != nil || rec.BadShare() != 0.5 {
			t.Errorf("%s: %v of a file that does not grow, %v", c.dialect, rec.BadShare(), err)
		}
	}
}

// TestFuture counts what a clock explains and refuses the rest.
func TestFuture(t *testing.T) {
	at := func(ts string) string { return strings.Replace(oneCall, "2026-05-04T07:00:00Z", ts, 1) }
	data := at("2026-05-04T07:00:00Z") + at("2026-05-04T09:30:00Z") + at("2026-05-05T06:00:00Z") + at("2026-05-06T09:00:00Z")
	src := []Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(data)}}, Path: "a"}}
	rec, diags, err := Read(src, Options{Now: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)})
	if err != nil || rec.Count != 3 || rec.BadShare() != 0.25 {
		t.Fatal(rec.Count, rec.BadShare(), err)
	}
	for _, want := range []string{"warning traffic-ahead 2 calls lie in the future, by up to 22h0m0s", "warning traffic-bad-line unreadable time: 2026-05-06T09:00:00Z lies in the future | set the clock"} {
		if !strings.Contains(told(diags), want) {
			t.Errorf("no %q in %s", want, told(diags))
		}
	}
	if rec, _, _ = Read(src, Options{}); rec.Count != 4 {
		t.Error("a future without a clock")
	}
}

// TestIDTable adds ids that share their leading bits, which decide where they are placed, beside ids that do not.
func TestIDTable(t *testing.T) {
	var table ids
	id := func(i uint64) uint64 {
		switch i % 3 {
		case 0:
			return i
		case 1:
			return ^i
		}
		return i * 0x9e3779b97f4a7c15
	}
	for i := range uint64(3000) {
		if table.add(id(i), 1) != fresh {
			t.Fatal(i)
		}
	}
	for i := range uint64(3000) {
		if !table.has(id(i)) || table.add(id(i), 1) != same {
			t.Fatal(i)
		}
	}
	if table.has(200_000) || table.add(6, 2) != differs || table.add(6, 1) != same {
		t.Error("what differs is said once")
	}
	last, n := uint64(0), 0
	table.each(func(id uint64, _ uint32) {
		if id <= last {
			t.Fatal("out of order")
		}
		last, n = id, n+1
	})
	if n != 3000 {
		t.Error(n)
	}
}

// hearFacts collects the facts of every record that a file accepts.
func hearFacts(f *file) *[][]Fact {
	facts := &[][]Fact{}
	f.facts = true
	f.explain = func(x Explained) { *facts = append(*facts, x.Facts) }
	return facts
}

// drain reads one file and gives its records as they were accepted.
func drain(f *file) (out []record) {
	f.turn = now()
	f.take = func(records []record, _ int) { out = append(out, records...) }
	f.read(newMeter(nil, nil))
	f.take, f.records = nil, nil
	resolveSignals([]*file{f})
	return append(out, f.records...)
}

// now is a turn that has come.
func now() <-chan struct{} {
	turn := make(chan struct{})
	close(turn)
	return turn
}

var _ io.ReaderAt = (*memoryScratch)(nil)
