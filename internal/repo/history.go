package repo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// History finds earlier versions of a file, so that a call recorded under one can be replayed.
type History struct {
	repo *Repo
	ctx  context.Context //nolint:containedctx // the lookup outlives one call and is made for one run

	mu    sync.Mutex
	files map[string][]version
}

type version struct{ commit, blob, sha256 string }

// History returns a lookup over the commits that HEAD descends from.
func (r *Repo) History(ctx context.Context) *History {
	return &History{repo: r, ctx: ctx, files: map[string][]version{}}
}

// Find returns the project's files at the newest commit in which the file at name had the given version: a git blob
// id, or "sha256:" and the hex digest of its content. It returns nil where history holds no such version.
func (h *History) Find(name, id string) (fs.FS, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	versions, err := h.versions(name)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.blob == id || v.sha256 == id {
			rev, err := h.repo.Revision(h.ctx, v.commit)
			if err != nil {
				return nil, err
			}
			return rev.FS, nil
		}
	}
	return nil, nil
}

func (h *History) versions(name string) ([]version, error) {
	if vs, ok := h.files[name]; ok {
		return vs, nil
	}
	full := path.Join(h.repo.project, name)
	out, err := git(h.ctx, h.repo.top, "log", "-m", "--first-parent", "--raw", "--no-abbrev", "--no-renames", "-z", "--format=commit %H", "HEAD", "--", full)
	if err != nil {
		return nil, err
	}
	var vs []version
	fields := strings.Split(out, "\x00")
	commit := ""
	for i := 0; i < len(fields); i++ {
		f := strings.Fields(fields[i])
		switch {
		case len(f) == 2 && f[0] == "commit":
			commit = f[1]
		case len(f) == 5 && strings.HasPrefix(f[0], ":"): // :old-mode new-mode old-id new-id status, then the path
			i++
			if f[1] != "000000" {
				vs = append(vs, version{commit: commit, blob: f[3]})
			}
		}
	}
	for i := range vs {
		content, err := h.repo.objects.read(vs[i].blob)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		vs[i].sha256 = "sha256:" + hex.EncodeToString(sum[:])
	}
	h.files[name] = vs
	return vs, nil
}
