package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// account counts what was read, beside the cubes and on a way of its own, so that what an engine loses on either shows.
type account struct {
	Listed   int64  // files that the globs match
	Lines    int64  // not blank
	Records  int64  // calls as they were written down
	Calls    int64  // that were added to a cube
	IDs      int64  // of all files,
	Seen     int64  // and those that were looked through for repeated ones
	Repeated int64  // ids that repeat, once,
	Known    int64  // and once for each file that was told of them
	Aside    int64  // records that were put aside to be joined,
	Joined   int64  // and those that came there
	Remarks  []byte // what is wrong with the files: remarks as JSON; nothing where nothing is
}

func mergeAccounts(a, b account) (account, error) {
	sum := account{a.Listed + b.Listed, a.Lines + b.Lines, a.Records + b.Records, a.Calls + b.Calls, a.IDs + b.IDs, a.Seen + b.Seen,
		a.Repeated + b.Repeated, a.Known + b.Known, a.Aside + b.Aside, a.Joined + b.Joined, a.Remarks}
	if len(b.Remarks) == 0 {
		return sum, nil
	}
	if len(a.Remarks) == 0 {
		sum.Remarks = b.Remarks
		return sum, nil
	}
	ra, err := readRemarks(a.Remarks)
	if err != nil {
		return account{}, err
	}
	rb, err := readRemarks(b.Remarks)
	if err != nil {
		return account{}, err
	}
	sum.Remarks, err = json.Marshal(ra.merge(rb))
	return sum, err
}

// shown is how many diagnostics come out of the pipeline; the others are counted.
const shown = 100

// remarks are diagnostics of many files: the worst ones, in order, and how many there are.
type remarks struct {
	Shown    source.Diagnostics
	Errors   int64
	Warnings int64
	Notes    int64
}

func remarksOf(told source.Diagnostics) ([]byte, error) {
	if len(told) == 0 {
		return nil, nil
	}
	r := remarks{Shown: told}
	for _, d := range told {
		switch d.Severity {
		case source.Error:
			r.Errors++
		case source.Warning:
			r.Warnings++
		case source.Info:
			r.Notes++
		}
	}
	return json.Marshal(r.merge(remarks{}))
}

func readRemarks(b []byte) (r remarks, err error) {
	if len(b) > 0 {
		err = json.Unmarshal(b, &r)
	}
	return r, err
}

// merge keeps the same of all remarks whatever order they come in.
func (r remarks) merge(o remarks) remarks {
	r.Errors, r.Warnings, r.Notes = r.Errors+o.Errors, r.Warnings+o.Warnings, r.Notes+o.Notes
	both := slices.Concat(r.Shown, o.Shown)
	both.Sort()
	slices.SortStableFunc(both, func(a, b source.Diagnostic) int { return cmp.Compare(b.Severity, a.Severity) })
	r.Shown = both[:min(len(both), shown)]
	return r
}

// more says how many remarks are not shown; "" where all are.
func (r remarks) more() string {
	if n := r.Errors + r.Warnings + r.Notes - int64(len(r.Shown)); n > 0 {
		return fmt.Sprintf("… and %d more; all together %d errors, %d warnings, %d notes", n, r.Errors, r.Warnings, r.Notes)
	}
	return ""
}
