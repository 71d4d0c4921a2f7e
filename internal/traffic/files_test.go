package traffic

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tokengate/tokengate/internal/source"
)

const oneCall = `{"ts":"2026-05-04T07:00:00Z","model":"m","usage":{"input":1,"output":1}}` + "\n"

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zst(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// TestFiles holds files as a whole against what is said of them.
func TestFiles(t *testing.T) {
	many := nativeLines(t, 3000)
	packed, squeezed := gz(t, many), zst(t, many)
	broken := bytes.Clone(packed)
	broken[len(broken)/2] ^= 0xff
	utf16 := []byte{}
	for _, c := range []byte(oneCall) {
		utf16 = append(utf16, c, 0)
	}
	for _, c := range []struct {
		name    string
		data    []byte
		dialect string
		calls   int // -1: some, but not all
		want    string
	}{
		{"plain", many, "", 3000, ""},
		{"gzip under another name", packed, "", 3000, ""},
		{"gzip in two members", append(gz(t, many[:len(many)/2]), gz(t, many[len(many)/2:])...), "", 3000, ""},
		{"zstd", squeezed, "", 3000, ""},
		{"cut gzip", packed[:len(packed)*2/3], "", -1, "error traffic-damaged the gzip stream ends early, after "},
		{"gzip cut in its header", packed[:5], "", 0, "error traffic-damaged the gzip stream ends early"},
		{"damaged gzip", broken, "", -1, "error traffic-damaged the gzip stream is damaged"},
		{"cut zstd", squeezed[:len(squeezed)-7], "", -1, "error traffic-damaged the zstd stream ends early"},
		{"empty", nil, "", 0, "warning traffic-empty the recording is empty"},
		{"blank", []byte(" \n\r\n\t"), "", 0, "warning traffic-empty"},
		{"an empty gzip", gz(t, nil), "", 0, "warning traffic-empty"},
		{"byte order mark and CRLF", []byte("\ufeff" + strings.ReplaceAll(oneCall+oneCall, "\n", "\r\n")), "", 2, ""},
		{"no newline at the end", []byte(strings.TrimSpace(oneCall)), "", 1, ""},
		{"LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"), "", 0, "error traffic-lfs-pointer the recording is a Git LFS pointer, not its content | run git lfs pull"},
		{"UTF-16", append([]byte{0xff, 0xfe}, utf16...), "", 0, "error traffic-encoding the recording is UTF-16"},
		{"UTF-16 without a mark", utf16, "", 0, "error traffic-binary"},
		{"UTF-16 appended", append([]byte(oneCall), utf16...), "", 1, "error traffic-encoding the recording changes its encoding or holds binary data in line 2, after 1 records in 2 lines"},
		{"Parquet cut short", []byte("PAR1\x15\x00"), "", 0, "error traffic-damaged the Parquet file is cut short: it has no footer"},
		{"protocol buffers", []byte("\x0a\x9c\x02\x0a\x1f"), "", 0, "error traffic-binary"},
		{"a log", []byte("level=info msg=hello\n"), "", 0, "error traffic-dialect the format of the recording is not known; looked for JSON lines"},
		{"other JSON", []byte(`{"level":"info","message":"hi"}`), "", 0, "error traffic-dialect"},
		{"daily sums of LiteLLM", []byte(`[{"startTime":"2026-01-01","spend":1.5,"users":{},"models":{"m":1.5}}]`), "", 0, "summarize=false"},
		{"a dialect that does not exist", []byte(oneCall), "litelm", 0, `error traffic-dialect there is no dialect "litelm" | did you mean "litellm"?`},
		{"the wrong dialect", []byte(oneCall), TraceCSV, 0, "error traffic-dialect the header of the table cannot be read"},
		{"a trace without a model", []byte("timestamp_ms,input_tokens,output_tokens\n0,1,2\n"), "", 0, "error traffic-no-model an inference trace does not say which model was used | set defaults.model"},
		{"spans without calls", []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a","spanId":"b","name":"GET /"}]}]}]}`), "", 0, "warning traffic-no-calls no calls among 1 lines of otlp"},
		{"a line not in UTF-8", []byte(oneCall + `{"ts":"2026-05-04T07:00:00Z","model":"caf` + "\xe9" + `","usage":{"input":1,"output":1}}`), "", 1, "warning traffic-bad-line not valid JSON"},
		{"last line cut off", []byte(oneCall + oneCall[:40]), "", 1, "warning traffic-bad-line not valid JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := fstest.MapFS{"f": &fstest.MapFile{Data: c.data}}
			rec, diags, err := Read([]Source{{FS: root, Path: "f", Dialect: c.dialect}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(rec.Calls); n != c.calls && (c.calls != -1 || n == 0 || n >= 3000) {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
			if got := told(diags); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("diagnostics:\n%swant %q", got, c.want)
			}
		})
	}
}

func told(diags source.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		b.WriteString(d.Severity.String() + " " + d.Rule + " " + d.Summary + " | " + d.Hint + "\n")
	}
	return b.String()
}

func TestMissingAndDirectory(t *testing.T) {
	root := fstest.MapFS{"dir/a.jsonl": &fstest.MapFile{Data: []byte(oneCall)}}
	rec, diags, err := Read([]Source{{FS: root, Path: "gone.jsonl"}, {FS: root, Path: "dir"}, {FS: root, Path: "dir/a.jsonl"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := told(diags)
	if !strings.Contains(got, "error traffic-missing") || !strings.Contains(got, "error traffic-not-a-file") || len(diags) != 2 {
		t.Error(got)
	}
	if len(rec.Calls) != 1 || len(rec.Files) != 3 {
		t.Errorf("%d calls of %d files", len(rec.Calls), len(rec.Files))
	}
}

func TestListedTwice(t *testing.T) {
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(oneCall)}}
	rec, diags, err := Read([]Source{{FS: root, Path: "a"}, {FS: root, Path: "a", Sampling: 0.5}}, Options{})
	if err != nil || len(rec.Calls) != 1 || !strings.Contains(told(diags), "error traffic-listed-twice") {
		t.Error(len(rec.Calls), told(diags), err)
	}
}

func TestSampling(t *testing.T) {
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(oneCall)}}
	for _, share := range []float64{-0.1, 1.01} {
		if _, _, err := Read([]Source{{FS: root, Path: "a", Sampling: share}}, Options{}); err == nil {
			t.Errorf("sampling %v was taken", share)
		}
	}
	rec, _, err := Read([]Source{{FS: root, Path: "a", Name: "shown", Sampling: 0.25}}, Options{})
	if err != nil || rec.Files[0].Sampling != 0.25 || rec.Files[0].Name != "shown" || rec.Calls[0].Place != (Place{"shown", 1}) {
		t.Errorf("%+v %v", rec, err)
	}
}

// TestBomb unpacks a file that is a thousand times larger than stored.
func TestBomb(t *testing.T) {
	bomb := gz(t, append([]byte(oneCall), bytes.Repeat([]byte(oneCall), 20_000)...))
	root := fstest.MapFS{"a": &fstest.MapFile{Data: bomb}}
	rec, diags, err := Read([]Source{{FS: root, Path: "a"}}, Options{MaxBytes: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(diags); !strings.Contains(got, "error traffic-too-big the recording unpacks to more than 100000 bytes, after ") {
		t.Error(got)
	}
	if n := len(rec.Calls); n < 1000 || n > 100_000/len(oneCall) {
		t.Errorf("%d calls", n)
	}
}

func TestProgress(t *testing.T) {
	root := fstest.MapFS{"a": &fstest.MapFile{Data: nativeLines(t, 2000)}, "b": &fstest.MapFile{Data: gz(t, nativeLines(t, 2000))}}
	var last, calls int64
	var inside atomic.Bool
	_, _, err := Read([]Source{{FS: root, Path: "a"}, {FS: root, Path: "b"}}, Options{Progress: func(n, total int64) {
		if !inside.CompareAndSwap(false, true) {
			t.Error("two calls at a time")
		}
		if total != int64(len(root["a"].Data)+len(root["b"].Data)) {
			t.Errorf("%d bytes in all", total)
		}
		if n <= last {
			t.Errorf("%d after %d bytes", n, last)
		}
		last, calls = n, calls+1
		inside.Store(false)
	}})
	if want := int64(len(root["a"].Data) + len(root["b"].Data)); err != nil || last != want || calls < 3 {
		t.Errorf("last %d of %d bytes in %d calls, %v", last, want, calls, err)
	}
}

// failing is a file on a disk that gives up.
type failing struct{ fs.FS }

type failingFile struct {
	fs.File
	reads int
}

var errDisk = errors.New("input/output error")

func (f failing) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	return &failingFile{File: file}, err
}

func (f *failingFile) Read(b []byte) (int, error) {
	if f.reads++; f.reads > 2 {
		return 0, errDisk
	}
	return f.File.Read(b[:min(len(b), 1000)])
}

func TestFailingDisk(t *testing.T) {
	for name, data := range map[string][]byte{"plain": nativeLines(t, 100), "gzip": gz(t, nativeLines(t, 1000)), "zstd": zst(t, nativeLines(t, 1000))} {
		root := failing{fstest.MapFS{"a": &fstest.MapFile{Data: data}}}
		if _, _, err := Read([]Source{{FS: root, Path: "a"}}, Options{}); !errors.Is(err, errDisk) || !strings.HasPrefix(err.Error(), "read a: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLongLines reads a line longer than any buffer, and passes over one beyond the limit.
func TestLongLines(t *testing.T) {
	long := strings.Replace(oneCall, `"model"`, `"messages":"`+strings.Repeat("x", 4<<20)+`","model"`, 1)
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(oneCall + long + oneCall)}}
	rec, diags, err := Read([]Source{{FS: root, Path: "a"}}, Options{})
	if err != nil || len(diags) > 0 || len(rec.Calls) != 3 || rec.Lines != 3 {
		t.Error(len(rec.Calls), rec.Lines, told(diags), err)
	}
}

func TestShownBadLines(t *testing.T) {
	root := fstest.MapFS{"a": &fstest.MapFile{Data: []byte(oneCall + strings.Repeat("{}\n", 50))}}
	rec, diags, err := Read([]Source{{FS: root, Path: "a"}}, Options{})
	if err != nil || len(diags) != shownBad+1 {
		t.Fatal(len(diags), err)
	}
	last := diags[len(diags)-1]
	if last.Span.Start.Line != shownBad+2 || !strings.Contains(last.Summary, "and 30 more") {
		t.Error(last)
	}
	if got, want := rec.BadShare(), 50.0/51; got != want {
		t.Errorf("bad share %v, want %v", got, want)
	}
}
