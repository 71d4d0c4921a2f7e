package traffic

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	pq "github.com/parquet-go/parquet-go"

	"github.com/tokengate/tokengate/internal/parquet"
)

// parquetRows are what testdata/parquet/calls.parquet is written from.
type parquetCall struct {
	TS       time.Time           `parquet:"ts,timestamp(microsecond)"`
	ID       string              `parquet:"id"`
	Track    *string             `parquet:"track,optional,dict"`
	User     *int64              `parquet:"user,optional"`
	Model    string              `parquet:"model,dict"`
	Tier     *string             `parquet:"tier,optional"`
	Usage    parquetUsage        `parquet:"usage"`
	Latency  *float64            `parquet:"latency_ms,optional"`
	Weight   *int32              `parquet:"weight,optional"`
	Sources  []string            `parquet:"sources,list"`
	Outcome  map[string]*float64 `parquet:"outcome"`
	Resolved *bool               `parquet:"resolved,optional"`
	Score    *float64            `parquet:"outcome.score,optional"`
	Vars     map[string]string   `parquet:"vars"`
	Region   string              `parquet:"region,dict"`
	Feeture  *string             `parquet:"feeture,optional"`
	Messages *string             `parquet:"messages,optional"`
}

type parquetUsage struct {
	Input     *int64   `parquet:"input,optional"`
	CacheRead *float64 `parquet:"cache_read,optional"`
	Output    *int64   `parquet:"output,optional"`
	Reasoning *uint32  `parquet:"reasoning,optional"`
}

func ptr[T any](v T) *T { return &v }

func parquetCalls() []parquetCall {
	at := func(s string) time.Time {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			panic(err)
		}
		return t
	}
	usage := func(in, out int64) parquetUsage { return parquetUsage{Input: &in, Output: &out} }
	whole := usage(100, 20)
	whole.CacheRead, whole.Reasoning = ptr(900.0), ptr(uint32(5))
	half := usage(100, 20)
	half.CacheRead = ptr(0.5)
	return []parquetCall{
		{TS: at("2026-05-01T10:00:00.000001Z"), ID: "a", Track: ptr("retrieval"), User: ptr(int64(42)), Model: "gpt-4o", Tier: ptr("batch"), Usage: whole,
			Latency: ptr(1234.5), Weight: ptr(int32(3)), Sources: []string{"docs", "wiki"}, Outcome: map[string]*float64{"resolved": ptr(1.0)},
			Score: ptr(0.25), Vars: map[string]string{"q": "größer"}, Region: "eu", Messages: ptr(`[{"role":"user","content":"hello there"}]`)},
		{TS: at("2026-05-01T12:00:00+02:00"), ID: "b", Model: "gpt-4o", Usage: usage(0, 0), Region: "eu", Outcome: map[string]*float64{"resolved": nil}},
		{TS: at("2026-05-01T10:00:02Z"), ID: "no output", Model: "gpt-4o", Usage: parquetUsage{Input: ptr(int64(1))}},
		{TS: at("2026-05-01T10:00:03Z"), ID: "half a token", Model: "gpt-4o", Usage: half},
		{TS: at("2026-05-01T10:00:04Z"), ID: "negative", Model: "gpt-4o", Usage: usage(-1, 0)},
		{TS: at("2026-05-01T10:00:05Z"), ID: "no model", Usage: usage(1, 1)},
		{TS: at("2026-05-01T10:00:06Z"), ID: "weight", Model: "gpt-4o", Usage: usage(1, 1), Weight: ptr(int32(0))},
		{TS: at("2026-05-01T10:00:00.000001Z"), ID: "a", Track: ptr("retrieval"), Model: "gpt-4o", Usage: usage(100, 20)},
	}
}

func writeParquet[T any](t testing.TB, rows []T, opts ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, append([]pq.WriterOption{pq.CreatedBy("test", "1", "1")}, opts...)...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestParquetFixture keeps the fixture what parquetCalls says; -update writes it.
func TestParquetFixture(t *testing.T) {
	const name = "testdata/parquet/calls.parquet"
	want := writeParquet(t, parquetCalls(), pq.Compression(&pq.Zstd))
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, want, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Error("the fixture is not what the test writes; run with -update: ", err)
	}
}

func readParquetBytes(t *testing.T, b []byte, opts Options) (*Recording, string) {
	t.Helper()
	rec, diags, err := Read([]Source{{FS: fstest.MapFS{"f": {Data: b}}, Path: "f"}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return rec, told(diags)
}

// TestParquetShapes reads one call out of every shape of columns: flat, prefixed, grouped, and times of every kind.
func TestParquetShapes(t *testing.T) {
	when := time.Date(2026, 5, 1, 10, 0, 0, 123e6, time.UTC)
	type flat struct {
		TS     int64  `parquet:"ts,timestamp(nanosecond)"`
		Model  string `parquet:"model"`
		Input  int32  `parquet:"input"`
		Output uint64 `parquet:"output"`
	}
	type prefixed struct {
		TS     string  `parquet:"ts"`
		Model  string  `parquet:"model"`
		Input  float64 `parquet:"usage_input"`
		Output float32 `parquet:"usage_output"`
	}
	type local struct {
		TS     int64  `parquet:"ts,timestamp(millisecond:local)"`
		Model  string `parquet:"model"`
		Input  int64  `parquet:"usage.input"`
		Output int64  `parquet:"usage.output"`
	}
	for _, c := range []struct {
		name  string
		b     []byte
		diags string
	}{
		{"flat", writeParquet(t, []flat{{when.UnixNano(), "m", 7, 3}}), ""},
		{"prefixed", writeParquet(t, []prefixed{{"2026-05-01T12:00:00.123+02:00", "m", 7, 3}}), ""},
		{"local", writeParquet(t, []local{{when.UnixMilli(), "m", 7, 3}}), "traffic-no-zone"},
	} {
		rec, diags := readParquetBytes(t, c.b, Options{})
		if len(rec.Calls) != 1 || !strings.Contains(diags, c.diags) || (c.diags == "") != (diags == "") {
			t.Errorf("%s: %d calls, %s", c.name, len(rec.Calls), diags)
			continue
		}
		if got := rec.Calls[0]; !got.Time.Equal(when) || got.Usage.Input != 7 || got.Usage.Output != 3 || got.Model != "m" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// TestParquetRefused names what is wrong with the columns.
func TestParquetRefused(t *testing.T) {
	type langfuse struct {
		ID    string `parquet:"id"`
		Start int64  `parquet:"startTime,timestamp"`
		Name  string `parquet:"name"`
	}
	type twice struct {
		TS     string `parquet:"ts"`
		Model  string `parquet:"model"`
		Input  int64  `parquet:"input"`
		Again  int64  `parquet:"usage_input"`
		Output int64  `parquet:"output"`
	}
	type untimed struct {
		TS     int64  `parquet:"ts"`
		Model  string `parquet:"model"`
		Input  int64  `parquet:"input"`
		Output int64  `parquet:"output"`
	}
	type listed struct {
		TS     string   `parquet:"ts"`
		Model  []string `parquet:"model"`
		Input  int64    `parquet:"input"`
		Output int64    `parquet:"output"`
	}
	good := writeParquet(t, parquetCalls())
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"langfuse", writeParquet(t, []langfuse{{}}), "error traffic-columns the Parquet file has no column ts, model, input, output; not read are startTime, name"},
		{"twice", writeParquet(t, []twice{{}}), "the columns input and usage_input hold the same"},
		{"untimed", writeParquet(t, []untimed{{}}), "the column ts is INT64"},
		{"listed", writeParquet(t, []listed{{}}), "the column model is a list"},
		{"no rows", writeParquet(t, []untimed{}), "traffic-columns"},
		{"cut", good[:len(good)-1], "error traffic-damaged the Parquet file is cut short: it has no footer"},
		{"damaged", append(append(bytes.Clone(good[:4]), make([]byte, 700)...), good[704:]...), "error traffic-damaged the Parquet file is damaged: column"},
		{"brotli", writeParquet(t, parquetCalls(), pq.Compression(&pq.Brotli)), "error traffic-binary the Parquet file cannot be read: column"},
	} {
		if _, diags := readParquetBytes(t, c.b, Options{}); !strings.Contains(diags, c.want) {
			t.Errorf("%s: %s", c.name, diags)
		}
	}
	for dialect, want := range map[string]string{Native: "traffic-binary the recording is a Parquet file", Parquet: ""} {
		_, diags, err := Read([]Source{{FS: fstest.MapFS{"f": {Data: good}}, Path: "f", Dialect: dialect}}, Options{})
		if err != nil || !strings.Contains(told(diags), want) || diags.HasErrors() != (want != "") {
			t.Error(dialect, told(diags), err)
		}
	}
	_, diags, err := Read([]Source{{FS: fstest.MapFS{"f": {Data: []byte(oneCall)}}, Path: "f", Dialect: Parquet}}, Options{})
	if err != nil || !strings.Contains(told(diags), "traffic-dialect the recording is no Parquet file") {
		t.Error(told(diags), err)
	}
}

// TestParquetBomb: rows that take no room count against the limit.
func TestParquetBomb(t *testing.T) {
	type same struct {
		TS     string `parquet:"ts,dict"`
		Model  string `parquet:"model,dict"`
		Input  int64  `parquet:"input,dict"`
		Output int64  `parquet:"output,dict"`
	}
	rows := make([]same, 200_000)
	for i := range rows {
		rows[i] = same{"2026-05-01T10:00:00Z", "m", 1, 1}
	}
	b := writeParquet(t, rows, pq.Compression(&pq.Zstd), pq.MaxRowsPerRowGroup(50_000)) // of which one is within the limit
	if _, diags := readParquetBytes(t, b, Options{MaxBytes: 1 << 20}); len(b) > 100_000 || !strings.Contains(diags, "traffic-too-big") {
		t.Error(len(b), diags)
	}
	if rec, diags := readParquetBytes(t, b, Options{}); len(rec.Calls) != 200_000 || diags != "" {
		t.Error(len(rec.Calls), diags)
	}
}

// streamFS hides that its files can be read at an offset, as those of a git revision cannot.
type streamFS struct{ fs.FS }

type streamFile struct{ fs.File }

func (s streamFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return streamFile{f}, err
}

// TestParquetSources reads the same from a disk, packed once more, and from a file system without offsets; progress ends
// at the size of the file.
func TestParquetSources(t *testing.T) {
	b := writeParquet(t, parquetCalls(), pq.Compression(&pq.Snappy))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(b); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	var want *Recording
	for i, root := range []fs.FS{os.DirFS(dir), fstest.MapFS{"f": {Data: packed.Bytes()}}, streamFS{os.DirFS(dir)}} {
		var last, total int64
		rec, _, err := Read([]Source{{FS: root, Path: "f"}}, Options{Progress: func(done, all int64) { last, total = done, all }})
		if err != nil || len(rec.Calls) != 2 {
			t.Fatal(i, rec, err)
		}
		if want == nil {
			want = rec
		}
		if diff := cmp.Diff(want, rec); diff != "" {
			t.Error(i, diff)
		}
		if i == 0 && (last != total || total%int64(len(b)) != 0) {
			t.Errorf("source %d: progress ends at %d of %d", i, last, total)
		}
	}
}

// TestParquetFacts: other columns are facts for those who ask, and are not read for others.
func TestParquetFacts(t *testing.T) {
	f := newFile(Source{FS: fstest.MapFS{"f": {Data: writeParquet(t, parquetCalls()[:1])}}, Path: "f", Name: "f"})
	told := hearFacts(f)
	drain(f)
	got := slices.Concat(*told...)
	want := []Fact{{"id", "a", "id"}, {"track", "retrieval", "track"}, {"user", "42", "user"}, {"model", "gpt-4o", "model"}, {"tier", "batch", "tier"}, {"metadata.region", "eu", "region"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff, f.whole, f.err)
	}
}

func FuzzParquet(f *testing.F) {
	fuzz(f, Parquet, string(writeParquet(f, parquetCalls())), string(writeParquet(f, parquetCalls()[:2], pq.DataPageVersion(1), pq.Compression(&pq.Snappy))))
}

// TestParquetRows: a row group that claims other rows than its columns hold is damage, not fewer calls.
func TestParquetRows(t *testing.T) {
	b := writeParquet(t, parquetCalls())
	for _, by := range []int64{-1, 0, 1} {
		f := newFile(Source{Path: "f", Name: "f"})
		from, err := parquet.Open(bytes.NewReader(b), int64(len(b)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		p := &parquetReader{file: f, from: from, limit: 1 << 20}
		if p.columns, err = bindColumns(f, from); err != nil {
			t.Fatal(err)
		}
		from.Groups[0].Rows += by
		if err := p.group(0); errors.Is(err, errRows) != (by != 0) {
			t.Errorf("%+d rows: %v", by, err)
		}
	}
}
