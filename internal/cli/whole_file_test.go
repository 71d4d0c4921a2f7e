package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func read(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(name) {
	case ".gz":
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	case ".zst":
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWholeFile writes a file twice over: it holds what was written last, and stands under its name only when it is whole.
func TestWholeFile(t *testing.T) {
	for _, base := range []string{"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"} {
		name := filepath.Join(t.TempDir(), base)
		w, err := newWholeFile(io.Discard, name, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"a first and longer pass", "the second"} {
			if err := w.restart(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there before it is whole: %v", base, err)
		}
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, name); got != "the second" {
			t.Errorf("%s: %q", base, got)
		}
		leftAlone(t, filepath.Dir(name), base)
	}
}

// leftAlone fails where anything but the named files is in a folder.
func leftAlone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("%v in the folder, %v", entries, err)
	}
}

func TestWholeFileKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	var usage usageError
	if _, err := newWholeFile(io.Discard, name, false); !errors.As(err, &usage) {
		t.Error(err)
	}
	if _, err := newWholeFile(io.Discard, dir, true); !errors.As(err, &usage) {
		t.Error(err)
	}
	if _, err := newWholeFile(io.Discard, filepath.Join(dir, "no", "a"), true); !errors.As(err, &usage) {
		t.Error(err)
	}
	w, err := newWholeFile(io.Discard, name, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "half of a"); err != nil {
		t.Fatal(err)
	}
	if err := w.discard(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "old" {
		t.Error(got)
	}
	leftAlone(t, dir, "a")
}

// TestWholeFileToStandardOutput gives nothing before the end, and everything then; a device stays what it is.
func TestWholeFileToStandardOutput(t *testing.T) {
	var out bytes.Buffer
	w, err := newWholeFile(&out, "-", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "text"); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 0 {
		t.Error("half of it was written")
	}
	if err := w.finish(); err != nil || out.String() != "text" {
		t.Errorf("%q %v", out.String(), err)
	}
	if w, err = newWholeFile(&out, os.DevNull, false); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Error("the device was replaced")
	}
}
