package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// assumed is what --assume says of the recordings named by hand.
func (o *checkOptions) assumed() (traffic.Defaults, error) {
	d := traffic.Defaults{Track: o.assume["track"], Feature: o.assume["feature"], Model: o.assume["model"], Template: o.assume["template"]}
	day, ok := o.assume["day"]
	if !ok {
		return d, nil
	}
	var err error
	if d.Day, err = time.Parse(time.DateOnly, day); err != nil {
		return d, usageError{fmt.Sprintf("--assume day=%s is not a day", day), "write it as day=2026-11-22"}
	}
	return d, nil
}

// input gathers the outside: time, prices, both revisions and the recordings named by hand.
func (o *checkOptions) input(ctx context.Context, env *Env) (in gate.Input, done func(), err error) {
	in = gate.Input{Version: version(), Stage: o.stage, Config: o.config, Named: o.config != ""}
	if in.Config == "" {
		in.Config = config.Name
	}
	if in.Now, err = parseDay(o.asOf, env.Now()); err != nil {
		return in, nil, err
	}
	if in.Catalog, err = pricing.Builtin(); err != nil {
		return in, nil, err
	}
	extra, closeExtra, err := o.extra()
	if err != nil {
		return in, nil, err
	}
	in.Extra = extra
	closeRepo, err := o.revisions(ctx, &in)
	if err != nil {
		closeExtra()
		return in, nil, err
	}
	progress, stop := newProgress(env)
	in.Progress, in.Scratch, in.Clock = progress, newScratch, env.Now()
	return in, func() { stop(); closeRepo(); closeExtra() }, nil
}

// revisions opens the working tree and the merge base. Outside git there is only the folder.
func (o *checkOptions) revisions(ctx context.Context, in *gate.Input) (func(), error) {
	if info, err := os.Stat(o.dir); err != nil || !info.IsDir() {
		return nil, usageError{fmt.Sprintf("%s is not a folder", o.dir), "name the project's folder with -C"}
	}
	r, err := repo.Open(ctx, o.dir)
	if errors.Is(err, repo.ErrNotGit) {
		if o.base != "" && o.base != "none" {
			return nil, usageError{"--base needs a git repository, and " + o.dir + " is in none", "pass --base none, or run inside the repository"}
		}
		in.Head.Revision = report.Revision{Ref: "folder"}
		in.Head.FS, err = repo.Folder(o.dir)
		return func() {}, err
	}
	if err != nil {
		return nil, err
	}
	closeRepo := func() { _ = r.Close() } // a helper process that already ended has nothing left to lose
	if in.Head.FS, err = r.WorkTree(); err != nil {
		return nil, err
	}
	in.Head.Revision = report.Revision{Ref: "working tree", Commit: r.Head(ctx)}
	if in.Head.Commit == "" { // no commit yet: nothing to compare with, unless it was asked for
		if o.base != "" && o.base != "none" {
			return nil, &repo.RefError{Ref: o.base, Reason: "the repository has no commits yet", Hint: "commit first, or pass --base none"}
		}
		return closeRepo, nil
	}
	in.History = r.History(ctx).Find
	if o.base == "none" {
		return closeRepo, nil
	}
	ref := o.base
	if ref == "" {
		if ref, err = r.DefaultBranch(ctx); err != nil {
			return nil, err
		}
	}
	base, err := r.MergeBase(ctx, ref)
	if err != nil {
		return nil, err
	}
	in.Base = &gate.Revision{Revision: report.Revision{Ref: ref, Commit: base.Commit, Time: base.Time}, FS: base.FS}
	return closeRepo, nil
}

func parseDay(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return now.UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return now, usageError{fmt.Sprintf("--as-of %q is not a day", s), "write it as 2026-11-22 or 2026-11-22T12:00:00Z"}
}

func contentOf(files fs.FS) func(string) []byte {
	return func(name string) []byte {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil // the place is outside the project: the diagnostic is shown without its line
		}
		return content
	}
}
