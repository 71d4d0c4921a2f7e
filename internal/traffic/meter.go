package traffic

import (
	"io/fs"
	"strings"
	"sync"
)

// meter adds up what all files have read and tells it, one at a time. It knows the size that each had when the reading
// began.
type meter struct {
	mu    sync.Mutex
	sizes map[string]int64 // by name
	all   int64            // of them; 0 where one is not known
	done  int64
	total int64
	tell  func(done, total int64)
}

func newMeter(srcs []Source, tell func(done, total int64)) *meter {
	m := &meter{sizes: map[string]int64{}, tell: tell}
	known := true
	for _, s := range srcs {
		files, ok := s.FS.(fs.StatFS) // opening a file to ask for its size may cost a query
		if !ok {
			known = false
			continue
		}
		st, err := files.Stat(s.Path)
		if err != nil || !st.Mode().IsRegular() {
			known = false
			continue
		}
		m.sizes[s.Name] = st.Size()
		m.all += st.Size()
	}
	if !known {
		m.all = 0
	}
	m.total = m.all
	return m
}

// size is 0 where it is not known.
func (m *meter) size(name string) int64 { return m.sizes[name] }

// records guesses how many records there are, at some 350 bytes each as they are written, and a tenth of it packed.
func (m *meter) records() int {
	n := int64(0)
	for name, size := range m.sizes {
		if strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst") {
			size *= 10
		}
		n += size / 350
	}
	return int(n)
}

// again announces another pass.
func (m *meter) again() { m.total += m.all }

func (m *meter) add(n int64) {
	if m.tell == nil || n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	m.tell(m.done, m.total)
}
