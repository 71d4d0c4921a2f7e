// Package pricing owns the price catalogue: which models there are, under which names, and what a token of each class
// costs at a given moment. It turns usage into money, exactly.
//
// The builtin catalogue is catalog.jsonl, embedded: one model a line, sorted by id, in our own fields (see row). It was
// normalised in November 2026 from public price lists and vendors' pages; each row carries the day it was last seen,
// how many lists agree that the model exists, and whether the vendor's own page was read. A price file in the
// repository overrides it (WithFile), so that a build does not change by itself.
//
// What is written is kept apart from what is not: an absent price is never zero. A cached token without a price of its
// own costs what an input token costs, since each prompt token is billed once, as plain, read or written. A service
// tier without a price is an error. A name that no rule resolves is an error with the nearest names, never $0.
//
// Prices that a tier or a band does not list for a class move with its input price (the vendors publish multipliers);
// a tier in a band is the product of the two.
//
// Fees per search, per image or per second, and the separate price of audio tokens, are not in usage and not counted:
// Model.Notes says so where a model has them. So it does for hours of the day that cost more.
//
//	c, err := pricing.Builtin()
//	m, err := c.Lookup("claude-opus-5", now)
//	r, err := m.Rates("batch", m.Band(u.Prompt()))
//	cost := r.Cost(u)
package pricing

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const originBuiltin = "builtin"

// Catalog is a set of models. It does not change once made and may be used from many goroutines.
type Catalog struct {
	rows  []*row // sorted by id
	index *index
	files []string // override files applied, in order
}

// Builtin is the catalogue the program ships, parsed on first use.
func Builtin() (*Catalog, error) { return builtinCatalog() }

var builtinCatalog = sync.OnceValues(func() (*Catalog, error) {
	rows, err := embedded()
	if err != nil {
		return nil, err
	}
	return &Catalog{rows: rows, index: newIndex(rows)}, nil
})

// Names lists the canonical id of every model, sorted.
func (c *Catalog) Names() []string {
	names := make([]string, len(c.rows))
	for i, r := range c.rows {
		names[i] = r.ID
	}
	return names
}

// Origin says in a few words where prices come from: the builtin catalogue with its newest date, then every override
// file in the order applied: "builtin catalogue 2026-11-22, prices.yaml".
func (c *Catalog) Origin() string {
	newest := ""
	for _, r := range c.rows {
		if r.origin == originBuiltin {
			newest = max(newest, r.AsOf)
		}
	}
	return strings.Join(append([]string{strings.TrimSpace("builtin catalogue " + newest)}, c.files...), ", ")
}

// Lookup finds a model by any of its names and gives it as it stands at a moment; at is a parameter so that a build can
// pin it. See names.go for how names are read. The error for a name that does not resolve is *UnknownModelError.
func (c *Catalog) Lookup(name string, at time.Time) (Model, error) {
	f, err := c.find(name)
	if err != nil {
		return Model{}, err
	}
	m, err := f.row.at(at, f.times)
	if err != nil {
		return Model{}, fmt.Errorf("price catalogue: %s: %w", f.row.ID, err)
	}
	m.ID = f.id()
	if f.note != "" {
		m.Notes = append(m.Notes, f.note)
	}
	return m, nil
}

// with returns a catalogue in which rows replace those of the same id.
func (c *Catalog) with(file string, rows []*row) *Catalog {
	byID := make(map[string]*row, len(c.rows)+len(rows))
	for _, r := range c.rows {
		byID[strings.ToLower(r.ID)] = r
	}
	for _, r := range rows {
		byID[strings.ToLower(r.ID)] = r
	}
	all := make([]*row, 0, len(byID))
	for _, r := range byID {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *row) int { return strings.Compare(a.ID, b.ID) })
	return &Catalog{rows: all, index: newIndex(all), files: append(slices.Clone(c.files), file)}
}
