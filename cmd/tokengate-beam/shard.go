package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// shard is what one file leaves when it is read alone.
type shard struct {
	Path    string
	Cube    []byte // encoded
	Account account
}

// idBits cut the ids of all files into 256 parts, each of which is looked through on one worker: idSize bytes an id and
// file.
const (
	idBits = 8
	idSize = 12
)

// readShard reads a file. It gives what it holds, and the ids in it by part.
type readShard struct{ With settings }

// ProcessElement reads one file.
func (r *readShard) ProcessElement(ctx context.Context, path string, emit func(shard), ids func(int64, []byte)) error {
	c := cube.New()
	read, told, err := r.With.read(ctx, path, func(src traffic.Source, opts traffic.Options) (*traffic.Shard, source.Diagnostics, error) {
		return traffic.ReadShard(src, opts, r.With.into(c))
	})
	if err != nil {
		return err
	}
	s := shard{Path: path}
	if s.Cube, s.Account, err = summed(c, read, told); err != nil {
		return err
	}
	read.IDs(idBits, func(part uint64, block []byte) {
		ids(int64(part), block)
		s.Account.IDs += int64(len(block)) / idSize
	})
	emit(s)
	return nil
}

// read opens a file and reads it.
func (s *settings) read(ctx context.Context, path string, do func(traffic.Source, traffic.Options) (*traffic.Shard, source.Diagnostics, error)) (*traffic.Shard, source.Diagnostics, error) {
	src, opts, done, err := s.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	read, told, err := do(src, opts)
	if err = cmp.Or(err, done()); err != nil {
		return nil, nil, err
	}
	return read, told, nil
}

// into gives the consumer that counts calls in a cube.
func (s *settings) into(c *cube.Cube) traffic.Consumer {
	return func(call *traffic.Call) error {
		c.Add(call, s.Sampling)
		return nil
	}
}

// summed gives the cube and the account of a file. Which records repeat a call is not noted in the cube: only all files
// together tell.
func summed(c *cube.Cube, read *traffic.Shard, told source.Diagnostics) ([]byte, account, error) {
	noted := cube.ReadingOf(&read.Summary)
	noted.Duplicates = 0
	c.Note(noted)
	b, err := c.MarshalBinary()
	if err != nil {
		return nil, account{}, fmt.Errorf("%s: %w", read.Files[0].Name, err)
	}
	a := account{Lines: read.Lines, Records: read.Records, Calls: read.Count}
	a.Remarks, err = remarksOf(told)
	return b, a, err
}

// repeated gives the ids of one part that records of several files have, or records that differ; in order, 8 bytes each.
func repeated(_ int64, blocks func(*[]byte) bool, emit func([]byte), accounts func(account)) error {
	bs, a := all(blocks), account{}
	for _, b := range bs {
		a.Seen += int64(len(b)) / idSize
	}
	ids, err := traffic.Repeated(bs)
	if err != nil {
		return err
	}
	if a.Repeated = int64(len(ids)); a.Repeated > 0 {
		emit(packed(ids))
	}
	accounts(a)
	return nil
}

// sorted puts the parts of the repeated ids together.
func sorted(parts [][]byte) []uint64 {
	var ids []uint64
	for _, p := range parts {
		ids = append(ids, unpacked(p)...)
	}
	slices.Sort(ids)
	return ids
}
