package cube

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

func nativeLine(id, model string, input int) string {
	return fmt.Sprintf(`{"ts":"2026-05-01T09:00:00Z","id":%q,"model":%q,"usage":{"input":%d,"output":1}}`, id, model, input)
}

// A repeated call counts once, at the share of the file that it counts in, and so does one whose records differ.
func TestOf(t *testing.T) {
	root := fstest.MapFS{
		"a": {Data: []byte(strings.Join([]string{nativeLine("1", "m", 10), nativeLine("2", "m", 20), nativeLine("1", "m", 10), "", "{"}, "\n"))},
		"b": {Data: []byte(nativeLine("2", "m", 25) + "\n" + nativeLine("3", "m", 40) + "\n")},
	}
	c, sum, diags, err := Of([]traffic.Source{{FS: root, Path: "b", Name: "half", Sampling: 0.5}, {FS: root, Path: "a"}}, traffic.Options{})
	if err != nil || diags.HasErrors() || len(diags) != 1 {
		t.Fatal(diags, err)
	}
	if sum.Count != 3 {
		t.Errorf("%d calls, want 3", sum.Count)
	}
	want := New()
	for _, w := range []struct {
		input int64
		share float64
	}{{10, 1}, {25, 0.5}, {40, 0.5}} {
		want.Add(&traffic.Call{Time: day.Add(9 * 3600e9), Model: "m", Usage: token.Usage{Input: w.input, Output: 1}}, w.share)
	}
	want.Note(Reading{Files: 2, Lines: 6, Duplicates: 2, Skipped: []traffic.Skip{{Reason: "not valid JSON", Bad: true, Count: 1}}})
	if diff := cmp.Diff(want.Reading(), c.Reading()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Keys(), c.Keys()); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(encoded(t, c), encoded(t, want)) {
		t.Error("the encodings differ")
	}
}

// A file that cannot be read is in the diagnostics; a failing disk and a cube that cannot be used are errors.
func TestOfFails(t *testing.T) {
	root := fstest.MapFS{"a": {Data: []byte(strings.Replace(nativeLine("1", "m", 1), `"id"`, `"track":"`+strings.Repeat("x", MaxName+1)+`","id"`, 1))}}
	if _, _, diags, err := Of([]traffic.Source{{FS: root, Path: "gone"}}, traffic.Options{}); err != nil || !diags.HasErrors() {
		t.Error(diags, err)
	}
	if _, _, _, err := Of([]traffic.Source{{FS: root, Path: "a"}}, traffic.Options{}); err == nil || !strings.Contains(err.Error(), "a name is longer") {
		t.Error(err)
	}
	if _, _, _, err := Of([]traffic.Source{{FS: failing{}, Path: "a"}}, traffic.Options{}); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Open(string) (fs.File, error) { return nil, fs.ErrPermission }
