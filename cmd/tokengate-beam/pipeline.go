package main

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

// build is the pipeline:
//
//	globs ─ expand ─ by path ─ readShard ─┬─ shards ─────────────────┬─ settle ─┬─ partial cubes ────┬─ mergeCubes ─ deliver
//	                                      └─ ids by part ─ repeated ─┘          └─ aside ─ join ─────┘
//
// and accounts from every step, which mergeAccounts sums for deliver.
//
// A file is one element from beginning to end, and leaves one cube, so an engine moves little. Beam's textio is not used:
// it takes the size of a packed file for the number of bytes in it, and drops the rest of its lines without an error
// (seen in 2.77.0). Calls are therefore counted on a way of their own, the accounts, and deliver compares.
func build(s beam.Scope, globs []string, output string, with settings) {
	matched := beam.ParDo(s, expand, beam.CreateList(s, globs))
	paths := beam.ParDo(s, first, beam.GroupByKey(s, matched)) // each once, and on whichever worker is free
	shards, ids := beam.ParDo2(s, &readShard{with}, paths)
	repeats, looked := beam.ParDo2(s, repeated, beam.GroupByKey(s, ids))
	partial, told, aside := beam.ParDo3(s, &settle{with}, shards, beam.SideInput{Input: repeats})
	joined, toldLate := beam.ParDo2(s, &join{with}, beam.GroupByKey(s, aside))
	whole := beam.Combine(s, &mergeCubes{}, beam.Flatten(s, partial, joined))
	accounts := beam.Combine(s, mergeAccounts, beam.Flatten(s, beam.ParDo(s, listed, paths), looked, told, toldLate))
	beam.ParDo0(s, &deliver{output}, beam.Impulse(s), beam.SideInput{Input: whole}, beam.SideInput{Input: accounts})
}

// Beam finds functions and types by name on a worker, so they are known before main runs.
func init() {
	register.Function3x1(expand)
	register.Function2x1(first)
	register.Function1x1(listed)
	register.Function4x1(repeated)
	register.Function2x2(mergeAccounts)
	register.DoFn4x1[context.Context, string, func(shard), func(int64, []byte), error](&readShard{})
	register.DoFn6x1[context.Context, shard, func(*[]byte) bool, func([]byte), func(account), func(int64, []byte), error](&settle{})
	register.DoFn5x1[context.Context, int64, func(*[]byte) bool, func([]byte), func(account), error](&join{})
	register.DoFn4x1[context.Context, []byte, func(*[]byte) bool, func(*account) bool, error](&deliver{})
	register.Emitter1[[]byte]()
	register.Emitter1[shard]()
	register.Emitter1[account]()
	register.Emitter2[string, bool]()
	register.Emitter2[int64, []byte]()
	register.Iter1[[]byte]()
	register.Iter1[bool]()
	register.Iter1[account]()
	registerCubes()
}

// expand gives the files that a glob matches; the value says nothing.
func expand(ctx context.Context, glob string, emit func(string, bool)) error {
	paths, err := list(ctx, glob)
	for _, p := range paths {
		emit(p, true)
	}
	return err
}

// first gives a path once, however many globs match it.
func first(path string, _ func(*bool) bool) string { return path }

func listed(string) account { return account{Listed: 1} }

// all reads what an iterator holds.
func all[T any](next func(*T) bool) (out []T) {
	for v, ok := *new(T), true; ok; {
		if ok = next(&v); ok {
			out = append(out, v)
		}
	}
	return out
}

// one reads an iterator of a single value.
func one[T any](next func(*T) bool, what string) (v T, err error) {
	vs := all(next)
	if len(vs) != 1 {
		return v, fmt.Errorf("%d %s at the end of the pipeline, expected one: the engine lost data", len(vs), what)
	}
	return vs[0], nil
}
