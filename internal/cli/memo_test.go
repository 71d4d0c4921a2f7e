package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var memoDay = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func keyOf(i int) memoKey { return sha256.Sum256(fmt.Append(nil, i)) }

// put writes counts i → 10·i for from ≤ i < to in a run of its own.
func put(dir string, now time.Time, from, to int) {
	m := newMemo(dir, now)
	for i := from; i < to; i++ {
		m.Put(keyOf(i), int64(10*i))
	}
	m.save()
}

// known counts how many of the first n a new run finds; a wrong number is an error.
func known(t *testing.T, dir string, now time.Time, n int) int {
	t.Helper()
	m, found := newMemo(dir, now), 0
	for i := range n {
		got, ok := m.Get(keyOf(i))
		if !ok {
			continue
		}
		if found++; got != int64(10*i) {
			t.Errorf("%d: %d tokens, want %d", i, got, 10*i)
		}
	}
	return found
}

// files lists what is in the cache folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestMemoRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if known(t, dir, memoDay, 100) != 0 {
		t.Error("counts in an empty cache")
	}
	put(dir, memoDay, 0, 60)
	put(dir, memoDay, 40, 100)
	if got := known(t, dir, memoDay, 110); got != 100 {
		t.Errorf("%d counts of two runs, want 100", got)
	}
	if diff := cmp.Diff([]string{memoFile}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
	first, err := os.ReadFile(filepath.Join(dir, memoFile))
	if err != nil || len(first) != 100*memoSize {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	other := t.TempDir()
	put(other, memoDay, 70, 100)
	put(other, memoDay, 0, 75)
	second, err := os.ReadFile(filepath.Join(other, memoFile))
	if err != nil || string(first) != string(second) {
		t.Errorf("the same counts in another order give other bytes, %v", err)
	}
	m := newMemo(dir, memoDay)
	m.Put(keyOf(200), 7)
	if n, ok := m.Get(keyOf(200)); !ok || n != 7 {
		t.Errorf("what this run counted: %d, %v", n, ok)
	}
}

// A run that counts nothing afresh writes nothing.
func TestMemoReadsOnly(t *testing.T) {
	dir := t.TempDir()
	put(dir, memoDay, 0, 20)
	path := filepath.Join(dir, memoFile)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	m := newMemo(dir, memoDay.AddDate(0, 0, memoRefresh))
	for i := range 20 {
		m.Get(keyOf(i))
	}
	m.save()
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written again: %v", err)
	}
}

// What is not used for a month goes; what is used stays, though it was never counted again.
func TestMemoTrims(t *testing.T) {
	dir := t.TempDir()
	put(dir, memoDay, 0, 20)
	for week := 1; week <= 6; week++ {
		m := newMemo(dir, memoDay.AddDate(0, 0, 8*week))
		for i := range 10 {
			if _, ok := m.Get(keyOf(i)); !ok {
				t.Fatalf("count %d is gone after %d weeks of use", i, week)
			}
		}
		m.save()
	}
	if got := known(t, dir, memoDay.AddDate(0, 0, 48), 20); got != 10 {
		t.Errorf("%d counts are left, want the 10 that were used", got)
	}
}

// A full memo drops what was unused for the longest.
func TestMemoFull(t *testing.T) {
	dir := t.TempDir()
	put(dir, memoDay, 0, 300)
	put(dir, memoDay.AddDate(0, 0, 1), 300, 300+memoEntries-100)
	m := newMemo(dir, memoDay.AddDate(0, 0, 2))
	m.Put(keyOf(-1), -10+10)
	m.save()
	info, err := os.Stat(filepath.Join(dir, memoFile))
	if err != nil || info.Size() != memoEntries*memoSize {
		t.Fatalf("%v %v", info.Size(), err)
	}
	if got := known(t, dir, memoDay, 300+memoEntries-100); got != memoEntries-1 {
		t.Errorf("%d counts are left, want %d", got, memoEntries-1)
	}
	if got := known(t, dir, memoDay, 300); got != 99 {
		t.Errorf("%d of the oldest 300 are left, want 99", got)
	}
	m = newMemo(dir, memoDay)
	for i := range memoEntries + 10 {
		m.Put(keyOf(i), 1)
	}
	if len(m.fresh) != memoEntries {
		t.Errorf("one run holds %d counts", len(m.fresh))
	}
}

// A byte that flips anywhere costs at most the counts around it: never a wrong one, and the next run mends the file.
func TestMemoDamaged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, memoFile)
	put(dir, memoDay, 0, 30)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := []byte(string(whole))
		damaged[at] ^= 0x40
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if found := known(t, dir, memoDay, 30); found == 30 || at%memoSize >= sha256.Size && found != 29 {
			t.Fatalf("byte %d flipped: %d of 30 found", at, found)
		}
	}
	put(dir, memoDay, 0, 30)
	if found := known(t, dir, memoDay, 30); found != 30 {
		t.Errorf("%d counts after mending", found)
	}
	mended, err := os.ReadFile(path)
	if err != nil || string(mended) != string(whole) {
		t.Errorf("damage is left in the file, %v", err)
	}
}

// Truncated, foreign and impossible files are none.
func TestMemoForeign(t *testing.T) {
	negative := memoEntry{keyOf(3), memoValue{-5, 20000}}.encode(nil)
	future := memoEntry{keyOf(5), memoValue{50, 1 << 31}}.encode(nil)
	for name, content := range map[string]string{
		"empty": "", "text": "not a memo\n", "one byte": "x", "zeros": string(make([]byte, 50*memoSize)), "negative": string(negative),
		"too large": strings.Repeat("x", memoEntries*memoSize+1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, memoFile), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if found := known(t, dir, memoDay, 10); found != 0 {
				t.Errorf("%d counts found", found)
			}
			put(dir, memoDay, 0, 10)
			if found := known(t, dir, memoDay, 10); found != 10 {
				t.Errorf("%d counts after a run", found)
			}
		})
	}
	dir := t.TempDir()
	put(dir, memoDay, 0, 10)
	path := filepath.Join(dir, memoFile)
	if err := os.Truncate(path, 5*memoSize+17); err != nil {
		t.Fatal(err)
	}
	if found := known(t, dir, memoDay, 10); found != 5 {
		t.Errorf("truncated: %d counts, want the 5 that are whole", found)
	}
	if err := os.WriteFile(path, future, 0o600); err != nil {
		t.Fatal(err)
	}
	put(dir, memoDay, 0, 1)
	if known(t, dir, memoDay, 10) != 1 {
		t.Error("an entry that was used in the future is kept for ever")
	}
}

// A folder that cannot be written, or is none, costs nothing but speed.
func TestMemoUnwritable(t *testing.T) {
	dir := t.TempDir()
	put(dir, memoDay, 0, 10)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if found := known(t, dir, memoDay, 10); found != 10 {
		t.Errorf("%d counts in a folder that is read only", found)
	}
	put(dir, memoDay, 10, 20)
	if os.Geteuid() != 0 { // root may write anywhere
		if found := known(t, dir, memoDay, 20); found != 10 {
			t.Errorf("%d counts, 10 of them from nowhere", found-10)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(file, memoDay, 0, 10)
	if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
		t.Errorf("a file in the folder's place was touched: %q %v", content, err)
	}
	taken := t.TempDir()
	if err := os.Mkdir(filepath.Join(taken, memoFile), 0o700); err != nil {
		t.Fatal(err)
	}
	put(taken, memoDay, 0, 10)
	if diff := cmp.Diff([]string{memoFile}, files(t, taken)); diff != "" {
		t.Errorf("a folder in the file's place:\n%s", diff)
	}
}

// Runs that read and write one folder at once find right counts or none, and leave a whole file behind.
func TestMemoConcurrent(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for run := range 8 {
		wg.Go(func() {
			for round := range 10 {
				m := newMemo(dir, memoDay) // a handle of its own, as another process has it
				var inner sync.WaitGroup
				for part := range 2 {
					inner.Go(func() {
						for i := range 50 {
							k := (run*7 + round*13 + part + i) % 400
							if n, ok := m.Get(keyOf(k)); ok && n != int64(10*k) {
								t.Errorf("%d: %d tokens", k, n)
							}
							m.Put(keyOf(k), int64(10*k))
						}
					})
				}
				inner.Wait()
				m.save()
			}
		})
	}
	wg.Wait()
	content, err := os.ReadFile(filepath.Join(dir, memoFile))
	if err != nil || len(content) == 0 || len(content)%memoSize != 0 {
		t.Fatalf("%d bytes, %v", len(content), err)
	}
	if found := known(t, dir, memoDay, 400); found != len(content)/memoSize || found < 50 {
		t.Errorf("%d counts found in a file of %d", found, len(content)/memoSize)
	}
	if diff := cmp.Diff([]string{memoFile}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// What a run that was killed while it wrote has left goes after a day or two; what another is writing now stays.
func TestMemoSweeps(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]int{memoFile + ".tmp-1": 3, memoFile + ".tmp-2": 0, "other": 9} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if at := memoDay.AddDate(0, 0, -age); os.Chtimes(name, at, at) != nil {
			t.Fatal("cannot set a file's time")
		}
	}
	put(dir, memoDay, 0, 1)
	if diff := cmp.Diff([]string{memoFile, memoFile + ".tmp-2", "other"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestCacheFolder(t *testing.T) {
	system := func() (string, error) { return "/home/u/.cache", nil }
	none := func() (string, error) { return "", errors.New("no home") }
	for _, c := range []struct {
		memo, xdg string
		system    func() (string, error)
		want      string
	}{
		{"", "", system, "/home/u/.cache/tokengate"},
		{"", "/tmp/x", system, "/tmp/x/tokengate"},
		{"", "relative", system, "/home/u/.cache/tokengate"},
		{"/my/folder", "/tmp/x", system, "/my/folder"},
		{"off", "/tmp/x", system, ""},
		{"", "", none, ""},
		{"", "/tmp/x", none, "/tmp/x/tokengate"},
	} {
		env := map[string]string{"TOKENGATE_CACHE": c.memo, "XDG_CACHE_HOME": c.xdg}
		if got := cacheFolder(func(k string) string { return env[k] }, c.system); filepath.ToSlash(got) != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// FuzzMemo reads any bytes as a memo: what is found passes its check, and what is written over it is found again.
func FuzzMemo(f *testing.F) {
	f.Add(memoEntry{keyOf(1), memoValue{10, 20779}}.encode(nil), 1)
	f.Add([]byte("not a memo"), 2)
	f.Add(make([]byte, 3*memoSize), 0)
	f.Fuzz(func(t *testing.T, content []byte, i int) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, memoFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, ok := newMemo(dir, memoDay).Get(keyOf(i)); ok && n < 0 {
			t.Errorf("%d tokens", n)
		}
		m := newMemo(dir, memoDay)
		m.Put(keyOf(i), 42)
		m.save()
		if n, ok := newMemo(dir, memoDay).Get(keyOf(i)); !ok || n != 42 {
			t.Errorf("written and not found: %d, %v", n, ok)
		}
	})
}
