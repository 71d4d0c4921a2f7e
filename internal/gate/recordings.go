package gate

import (
	"bytes"
	"io/fs"
	"slices"

	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// recordings finds the traffic that the policy names. A recording that base holds is read from base: a change must
// not choose the traffic it is judged by. One that base lacks (fetched for the run, or new) is read from head. The rules
// that map calls to tracks are the policy's as well, for every recording.
func recordings(policy *side, in Input) (sources []traffic.Source, opts traffic.Options, diags source.Diagnostics) {
	sources = slices.Clone(in.Extra)
	for _, r := range policy.policy.Recordings {
		found := 0
		names, _ := match(in.Head.FS, r.Path.Value)
		if in.Base != nil {
			old, _ := match(in.Base.FS, r.Path.Value)
			names = append(names, old...)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if listed := func(s traffic.Source) bool { return s.Name == name }; slices.ContainsFunc(sources, listed) {
				found++ // an earlier entry matches it as well: the first one holds
				continue
			}
			from, changed := pick(in, name)
			if from == nil {
				continue
			}
			if changed {
				diags.Warn("recording-changed", source.Span{File: name}, "the new recording counts once merged", "this change edits a recording; it is judged by base's")
			}
			sources = append(sources, r.Source(from, name))
			found++
		}
		if found == 0 {
			diags.Warn("recording-missing", r.Path.Span, "record traffic there, or fetch it before the check", "%q matches no recording", r.Path.Value)
		}
		if found > 0 {
			r.WarnExample(&diags)
		}
	}
	rules, unusable := policy.policy.Mapping()
	return sources, traffic.Options{Progress: in.Progress, Now: in.Clock, Scratch: in.Scratch, Map: rules}, append(diags, unusable...)
}

// replayed reads the recordings once and replays each call as it comes, under every plan. The plans share one Sampling.
func replayed(plans []replay.Plan, sources []traffic.Source, opts traffic.Options) ([]*replay.Result, *traffic.Summary, source.Diagnostics, error) {
	for _, s := range sources {
		plans[0].Sampling[s.Name] = s.Sampling
	}
	var runs []*replay.Run
	sum, diags, err := traffic.Stream(sources, opts, func() traffic.Consumer {
		runs = nil
		for _, p := range plans {
			runs = append(runs, p.Start())
		}
		return addTo(runs)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	var out []*replay.Result
	for _, run := range runs {
		res, err := run.Result()
		if err != nil {
			return nil, nil, nil, err
		}
		out = append(out, res)
	}
	return out, sum, diags, nil
}

// addTo hands a call to every run.
func addTo(runs []*replay.Run) traffic.Consumer {
	if len(runs) == 1 {
		return runs[0].Add
	}
	return func(c *traffic.Call) error {
		for _, run := range runs {
			if err := run.Add(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// pick gives the side a recording is read from, and whether head's differs from it.
func pick(in Input, name string) (from fs.FS, changed bool) {
	onHead := exists(in.Head.FS, name)
	if in.Base == nil || !exists(in.Base.FS, name) {
		if !onHead {
			return nil, false
		}
		return in.Head.FS, false
	}
	if !onHead {
		return in.Base.FS, true
	}
	return in.Base.FS, !sameFile(in.Base.FS, in.Head.FS, name)
}

func sameFile(a, b fs.FS, name string) bool {
	x, errX := fs.ReadFile(a, name)
	y, errY := fs.ReadFile(b, name)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
