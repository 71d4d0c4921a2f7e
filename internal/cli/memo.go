package cli

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// remember opens the memo of counts in the user's cache folder. save writes what the run counted afresh. Nothing about a
// memo is worth an error or a word: where there is no folder, or it cannot be read or written, everything is counted
// again. memo is nil where TOKENGATE_CACHE is "off".
func remember(env *Env) (memo token.Memo, save func()) {
	dir := cacheFolder(os.Getenv, os.UserCacheDir)
	if dir == "" {
		return nil, func() {}
	}
	m := newMemo(dir, env.Now())
	return m, m.save
}

// cacheFolder is TOKENGATE_CACHE, or tokengate in the user's cache folder: that of XDG_CACHE_HOME on every system, else
// the system's own. "" is no folder.
func cacheFolder(getenv func(string) string, system func() (string, error)) string {
	switch dir := getenv("TOKENGATE_CACHE"); dir {
	case "off":
		return ""
	case "":
	default:
		return dir
	}
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) { // a relative one is to be ignored, as its specification says
		return filepath.Join(dir, "tokengate")
	}
	dir, err := system()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tokengate")
}

// The limits of the memo file: 3.4 MB at most. An entry that no run used for a month is dropped; when the file is
// full, those unused for the longest go first. Days of use are brought up to date once a week, so that a run which counts
// nothing afresh seldom writes.
const (
	memoFile    = "counts-v1"
	memoEntries = 1 << 16
	memoDays    = 30
	memoRefresh = 7
)

// memo keeps exact counts in one file of entries sorted by key, which a run reads once and searches as it is. One file an
// entry, as a build cache has it, was measured and rejected: two files a text cost more to read than the text to count.
//
// The file is content-addressed: a key is a digest of vocabulary and text, so no text is in it and an entry is never
// stale. A new file replaces the old one by renaming: who reads has the one or the other whole, and of two runs that end
// at once the later one's file stands, which loses counts and never gets one wrong. Every entry carries a check of its
// own; one that was damaged is not found, and is dropped with the next write.
type memo struct {
	path  string
	today uint32 // days since 1970
	read  func() []byte

	mu    sync.RWMutex
	fresh map[memoKey]memoValue // counted, or used again after a while, by this run
}

func newMemo(dir string, now time.Time) *memo {
	m := &memo{path: filepath.Join(dir, memoFile), today: uint32(max(0, now.Unix()/(24*60*60))), fresh: map[memoKey]memoValue{}}
	m.read = sync.OnceValue(m.load)
	return m
}

// load reads the file; what is no regular file of a sensible size is none.
func (m *memo) load() []byte {
	info, err := os.Stat(m.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > memoEntries*memoSize {
		return nil
	}
	content, err := os.ReadFile(m.path)
	if err != nil {
		return nil
	}
	return content[:len(content)/memoSize*memoSize]
}

// Get finds a count of this run or of an earlier one.
func (m *memo) Get(key [sha256.Size]byte) (tokens int64, ok bool) {
	m.mu.RLock()
	v, ok := m.fresh[key]
	m.mu.RUnlock()
	if ok {
		return v.tokens, true
	}
	if v, ok = find(m.read(), key); !ok {
		return 0, false
	}
	if v.day+memoRefresh < m.today {
		m.Put(key, v.tokens)
	}
	return v.tokens, true
}

// Put notes a count for the next run, while there is room: the number of texts in a recording has no bound.
func (m *memo) Put(key [sha256.Size]byte, tokens int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.fresh) < memoEntries {
		m.fresh[key] = memoValue{tokens, m.today}
	}
}

// save writes the file anew with what this run adds to it, over what other runs have added since it was read.
func (m *memo) save() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.fresh) == 0 {
		return
	}
	var entries []memoEntry
	for raw := range slices.Chunk(m.load(), memoSize) {
		e, ok := decodeEntry(raw)
		if _, again := m.fresh[e.key]; ok && !again && e.day+memoDays >= m.today && e.day <= m.today {
			entries = append(entries, e)
		}
	}
	for key, v := range m.fresh {
		entries = append(entries, memoEntry{key, v})
	}
	if os.MkdirAll(filepath.Dir(m.path), 0o700) != nil {
		return
	}
	_ = replaceFile(m.path, encodeEntries(entries), 0o600) // what was not kept is counted again
	sweep(m.path, time.Unix(int64(m.today-1)*24*60*60, 0))
}
